"""A night that is under way, and whether it goes on: stages come as they are recorded, hours late, or no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from analytics.live_night import NightSoFar
from analytics.stages import AWAKE
from analytics.wording import NBSP, clock_of, day, duration
from nocturne.application import Application
from nocturne.nights_so_far import UnderWay
from store.people import Person

QUIET_AFTER: Final = timedelta(minutes=60)
"""Blocks come every 5, 20 or 40 minutes: whoever has not been heard of for so long may have ended."""
_BEHIND_AFTER_MIN: Final = 120.0
"""So far behind the clock no stages are that come as they are recorded."""
SHOWN_FOR: Final = timedelta(hours=24)
"""A recording without a sign for so long is not shown any more."""
_JUST_NOW: Final = timedelta(minutes=5)
"""So long after they came, stages of hours ago are caught up with; without others it has gone silent then."""
# Until then the moment of the latest stage says as much.
_WORTH_SAYING_MIN: Final = 10.0
_AT_LAST_WORD_MIN: Final = 60.0
"""Stages up to so long ago tell that somebody is asleep now."""

Pace = Literal["recording", "catching up", "silent"]
"""Whether stages come as they are recorded, or have just come hours late, or nothing comes any more."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """Somebody whose night is under way.

    Attributes:
        session_id: the vendor's.
        night: the stages so far, on the clock of the place.
        heard_at: when the latest block arrived, or the recording was first heard of.
        behind_min: how long ago the latest stages were recorded; without any, since the start.
        pace: how they come; where they come no more, it may have ended.
        announced: whether the vendor announces nights as they happen; else a synchronisation has brought this one.
    """

    person_id: str
    name: str
    session_id: str
    night: NightSoFar
    heard_at: datetime
    behind_min: float
    pace: Pace
    announced: bool

    @property
    def now(self) -> bool:
        """Whether it is known to go on."""
        return self.pace == "recording"

    @property
    def asleep_now(self) -> bool:
        """Whether the latest stages are of these minutes, and sleep."""
        return self.night.asleep and self._of_these_minutes

    @property
    def awake_now(self) -> bool:
        """Likewise awake."""
        return self.night.latest == AWAKE and self._of_these_minutes

    @property
    def _of_these_minutes(self) -> bool:
        return self.behind_min <= _AT_LAST_WORD_MIN and self.now and self.announced

    @property
    def words(self) -> str:
        """What has arrived in one sentence without its full stop; so far, or until when."""
        return self.night.words if self.now else self.night.words_until

    @property
    def clock(self) -> str:
        """What the clock shows now where the person is."""
        return clock_of(self.night.at.astimezone(self.night.start.tzinfo))

    @property
    def facts(self) -> str:
        """Since when, for how long, and the clock of the place: `since 23:04 · 3 h 12 min · 02:16 there now`.

        Of a night that is not known to go on, until when there are stages: `since 23:04 · until 06:55`.
        """
        if self.now:
            return f"{self.since} · {duration(self.night.elapsed_min)} · {self.clock}{NBSP}there{NBSP}now"
        return f"{self.since} · until{NBSP}{self.night.until}" if self.night.stages else self.since

    @property
    def since(self) -> str:
        """`since 23:04`, with the date where that is another day than today there."""
        start = self.night.start
        begun = (
            clock_of(start)
            if start.date() == self.night.at.astimezone(start.tzinfo).date()
            else f"{day(start.date(), year=False, weekday=False, short=True)}{NBSP}{clock_of(start)}"
        )
        return f"since{NBSP}{begun}"

    @property
    def heard_words(self) -> str:
        """How long ago the latest block came, where that is a while, and what silence or lateness means."""
        quiet_min = (self.night.at - self.heard_at) / timedelta(minutes=1)
        if self.pace == "catching up":
            if not self.night.stages:
                return f"Begun {duration(self.behind_min)} ago and heard of just now"
            return f"Stages until {self.night.until} have just come: it may have ended, or more may follow"
        if self.pace == "silent":
            since = (
                f"Nothing after {self.night.until}"
                if self.night.stages
                else f"Nothing for {duration(quiet_min)}"
            )
            asked = " The vendor is asked." if self.announced else ""
            return f"{since}: it may have ended and be analysed, or the device be offline.{asked}"
        if not self.night.stages or quiet_min < _WORTH_SAYING_MIN:
            return ""
        return f"last block {duration(quiet_min)} ago"


def recordings(
    application: Application, people: Sequence[Person], now: datetime, *, announced: bool
) -> list[Recording]:
    """The nights under way of these people, who began last first.

    Args:
        application: whose.
        people: the roster.
        now: the moment that they are looked at.
        announced: whether the vendor announces nights as they happen.

    Raises:
        StoreError: the inbox cannot be read.
    """
    nights = application.nights_so_far.under_way(
        application.inbox,
        application.organisation,
        application.settings.asleep_environment,
        {person.vendor_id: person for person in people},
        now=now,
        since=now - SHOWN_FOR,
    )
    found = [_recording(night, now, announced=announced) for night in nights]
    # Two clocks are compared slowly, and of thousands each many times.
    return sorted(found, key=lambda each: (each.night.start.timestamp(), each.name), reverse=True)


def _recording(under_way: UnderWay, now: datetime, *, announced: bool) -> Recording:
    night, person, so_far = under_way
    heard_at = night.last_block_at or night.seen_at
    behind_min, quiet = so_far.elapsed_min - so_far.known_until_min, now - heard_at
    pace: Pace = "recording"
    if quiet > (_JUST_NOW if behind_min > _BEHIND_AFTER_MIN else QUIET_AFTER):
        pace = "silent"
    elif behind_min > _BEHIND_AFTER_MIN:
        pace = "catching up"
    return Recording(
        person_id=person.person_id,
        name=person.name,
        session_id=night.session_id,
        night=so_far,
        heard_at=heard_at,
        behind_min=behind_min,
        pace=pace,
        announced=announced,
    )
