"""Journeys: which sleeps came after a change of time zone, and which are therefore left out of consistency (SPEC 7.7).

A new zone moves the wall clock by itself, so a change of bedtime in the first days says nothing of the person's
regularity. A clock change in the same zone is not a journey and is only told.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.time_of_day import wrap_h

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Names = NDArray[np.object_]

LEFT_OUT_OF_CONSISTENCY: Final = ("TRAVEL", "AFTER_TRAVEL")
"""Codes of the reasons for which a sleep is not counted in consistency, though it counts in everything else."""


def travel_flags(
    *,
    day: Counts,
    main: Flags,
    zone: Names,
    located: Flags,
    start_offset_min: Counts,
    end_offset_min: Counts,
    rules: ValidNight = DEFAULT_RULES,
) -> dict[str, Flags]:
    """Per code of a reason, which main sleeps came after a change of the clock; naps are never flagged.

    Each main sleep is compared with the main sleep before it, however long ago that was. `TRAVEL`: another zone, whose
    offset from UTC differs by 2 h or more, the short way round (24 h across the date line is the same clock).
    `AFTER_TRAVEL`: in the 2 sleep days after such a sleep. `CLOCK_CHANGE_BEFORE`: the same zone with another offset
    than a day before. A sleep whose zone is not known is not compared.

    Args:
        day: the sleep day of each sleep.
        main: whether it is the main sleep of that day.
        zone: the zone its clock is read in.
        located: whether that zone is known.
        start_offset_min: the offset from UTC when it began.
        end_offset_min: the offset when it ended.
        rules: `travel_zone_change_h`, `travel_days_after`.
    """
    flags = {
        code: np.zeros(len(day), dtype=np.bool_) for code in ("CLOCK_CHANGE_BEFORE", *LEFT_OUT_OF_CONSISTENCY)
    }
    rows = np.flatnonzero(main & located)
    rows = rows[np.argsort(day[rows])]
    if len(rows) < 2:
        return flags
    before, after = rows[:-1], rows[1:]
    moved_min = start_offset_min[after] - end_offset_min[before]
    another = np.asarray(zone[after] != zone[before], dtype=np.bool_)
    changed = another & (np.abs(wrap_h(moved_min / 60)) >= rules.travel_zone_change_h)
    flags["TRAVEL"][after[changed]] = True
    next_day = day[after] - day[before] == 1
    flags["CLOCK_CHANGE_BEFORE"][after[~another & next_day & (moved_min != 0)]] = True
    flags["AFTER_TRAVEL"] = (
        main & ~flags["TRAVEL"] & _within(day, day[after[changed]], rules.travel_days_after)
    )
    return flags


def left_out_of_consistency(reasons: ArrayLike, rules: ValidNight = DEFAULT_RULES) -> Flags:
    """Which rows of a nights table are left out of consistency because of a journey; none when the rules count them.

    Args:
        reasons: codes joined by ";".
        rules: `leave_out_travel`.
    """
    if not rules.leave_out_travel:
        return np.zeros(np.size(reasons), dtype=np.bool_)
    # Thousands of nights share a few combinations of codes: each is read once.
    of_row, codes = pd.factorize(np.asarray(reasons, dtype=object), use_na_sentinel=False)
    left_out = [not set(LEFT_OUT_OF_CONSISTENCY).isdisjoint(str(each).split(";")) for each in codes.tolist()]
    return np.array(left_out, dtype=np.bool_)[of_row]


def _within(day: Counts, journeys: Counts, days: int) -> Flags:
    """Which days lie up to so many days after a journey."""
    if not len(journeys):
        return np.zeros(len(day), dtype=np.bool_)
    latest = np.searchsorted(journeys, day, side="right") - 1
    since = day - journeys[np.maximum(latest, 0)]
    return (latest >= 0) & (since <= days)
