"""The evenings on which stories turn, and what a story changes in an evening."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal

Story = Literal["steady", "improves", "declines", "stopped", "travels"]

# From the intervention on, whoever improves goes to bed and falls asleep so many minutes earlier and rises 2 minutes
# later, so that total sleep grows by about as much: a few minutes of the time gained in bed are spent awake.
IMPROVEMENT_MIN = 25.0
IMPROVEMENT_LATER_RISING = 0.08

# Whoever declines goes to bed so much later, and rises as before.
DECLINE_MIN = 105.0

# Homes without clock changes and where their people travel, 7 hours away on every date: eastward, westward.
TRIPS = {"Africa/Lagos": "Asia/Singapore", "Asia/Seoul": "Africa/Johannesburg"}

# On the first evening of the trip the body goes to bed so much later (eastward) or earlier (westward) than the clock
# there wants, and keeps this share of it each day.
JET_LAG_H, JET_LAG_KEPT = 2.5, 0.7


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The range of evenings, and the evenings on which stories turn.

    `until` is the date of the last evening, `nights` how many there are. Nothing that ends after `now` has
    been recorded yet.
    """

    until: date
    nights: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def last(self) -> int:
        """Ordinal of the last evening."""
        return self.until.toordinal()

    @property
    def first(self) -> int:
        """Ordinal of the first evening."""
        return self.last - self.nights + 1

    @cached_property
    def intervention(self) -> int:
        """From here on the Intervention arm sleeps better: near the middle, in steps of four weeks."""
        return (self.last - self.nights // 2) // 28 * 28

    @property
    def decline(self) -> int:
        """From here on some sleep clearly less: the last 7 to 10 evenings."""
        return (self.last - 6) // 4 * 4

    @property
    def silence(self) -> int:
        """From here on some deliver nothing: the last 9 to 15 evenings."""
        return (self.last - 8) // 7 * 7

    @property
    def trip(self) -> range:
        """The nine evenings that travellers spend far away, in steps of four weeks."""
        start = (self.last - 2 * self.nights // 5) // 28 * 28
        return range(start, start + 9)
