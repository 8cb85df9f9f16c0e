"""The Sleep Regularity Index of what a person recorded, by the local wall clock or by the clock of one fixed zone.

By the local clock a change of the clocks costs an hour and no agreement, and a journey across zones moves nothing by
itself. By the clock of one zone a journey shows as the shift of hours that the body had to make. For a window of nights
by the local clock the two numbers on their rows are enough (`regularity.sri_from_counts`). SPEC 2.1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analytics import wording
from analytics.daily_slots import ASLEEP, Recorded
from analytics.dating import anchor_clock_h, clock_hours, day_index
from analytics.day_words import Counts, regularity_counts
from analytics.regularity import MINIMUM_DAY_PAIRS, pairs_in_words, sri_from_counts
from analytics.zones import is_zone, wall_us


@dataclass(frozen=True, kw_only=True)
class RegularityIndex:
    """The index of recorded sessions and what it rests on.

    Attributes:
        value: -100 to 100; NaN below 5 day pairs, and when nobody slept.
        day_pairs: pairs of consecutive days known, in days.
        days: days with a valid main sleep.
        clock: the zone whose clock every day was read by; "" for the local wall clock of each recording.
        reason: what the value rests on, or why there is none, in words.
    """

    value: float
    day_pairs: float
    days: int
    clock: str
    reason: str


def regularity_index(
    recorded: Recorded,
    *,
    midsleep_us: Counts,
    zones: Sequence[str],
    clock: str = "",
    anchor_h: float | None = None,
) -> RegularityIndex:
    """The Sleep Regularity Index of everything recorded, from the days that have a valid main sleep.

    −100 + 200 · the share of 30 s slots, known on both of two consecutive days, in which sleep or wake is the same.

    Args:
        recorded: everything recorded in the period, in any order: sleeps, naps, and what could not be used.
        midsleep_us: instant of midsleep of each valid main sleep, in any order.
        zones: the zone of each of them.
        clock: a zone to read every day by; "" for each recording's own.
        anchor_h: the hour at which sleep days begin, such as the `anchor_clock_h` of the nights table; 12 h from the
            usual midsleep of these nights when not given.

    Raises:
        ValueError: the clock is not a zone of the IANA database, or not one zone for each main sleep.
    """
    if clock and not is_zone(clock):
        raise ValueError(f'"{clock}" is not a time zone; give a name such as "Europe/Berlin"')
    if len(zones) != len(midsleep_us):
        raise ValueError(f"{len(midsleep_us)} main sleeps come with {len(zones)} zones; give one for each")
    read_by = np.array([clock or zone for zone in zones], dtype=object)
    if clock:
        recorded = replace(recorded, zones=np.full(len(recorded.start_us), clock, dtype=object))
    wall = wall_us(midsleep_us, read_by)
    anchor = anchor_clock_h(clock_hours(wall)) if anchor_h is None else anchor_h
    # In a fixed zone two sleeps of a traveller may fall on one day, which is then one day.
    days, at = np.unique(day_index(wall, anchor), return_index=True)
    agree, known = regularity_counts(days, read_by[at].tolist(), recorded, anchor)
    sri, day_pairs = sri_from_counts(agree, known)
    slept = bool((recorded.slots == ASLEEP).any())
    enough = slept and day_pairs >= MINIMUM_DAY_PAIRS
    return RegularityIndex(
        value=sri if enough else math.nan,
        day_pairs=day_pairs,
        days=len(days),
        clock=clock,
        reason=_reason(sri, day_pairs, clock, slept=slept),
    )


def _reason(sri: float, day_pairs: float, clock: str, *, slept: bool) -> str:
    pairs = pairs_in_words(day_pairs)
    if day_pairs < MINIMUM_DAY_PAIRS:
        return (
            f"the regularity index needs {MINIMUM_DAY_PAIRS} pairs of consecutive nights; there are {pairs}"
        )
    if not slept:
        return "the regularity index needs sleep; there is none"
    by = f"the clock of {clock}" if clock else "the local wall clock"
    index = wording.number(sri, 0)
    return f"sleep regularity index {index} from recorded sessions, {pairs} of consecutive nights, by {by}"
