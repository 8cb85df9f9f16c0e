"""How far a person's last week lies from the four weeks before, in units of their own night-to-night spread.

It is a robust z of medians, and no p value: 2 means twice that spread, or twice the least spread that is counted where
the person's own is smaller. The two windows share no night, because a part compared with its whole is drawn to it.
Source: SPEC 5.8 [P].
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.standing import MAD_TO_SD
from analytics.time_of_day import MINIMUM_R, wrap_h

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RECENT_DAYS: Final = 7
BEFORE_DAYS: Final = 28
MINIMUM_RECENT: Final = 4
MINIMUM_BEFORE: Final = 14
AMBER_Z: Final = 2.0
RED_Z: Final = 3.0
INSUFFICIENT: Final = "insufficient data"
# An archive keeps seven digits of an hour on the clock; a threshold that is met up to those is met.
_ROUNDING = 1e-4


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What triage looks at.

    Attributes:
        name: column of the nights table; `score` only where the table has one.
        label: what a reader calls it.
        kind: how it is written.
        floor: the smallest night-to-night spread that counts, in the unit of the change (on the clock: minutes).
        practical: the smallest change that matters, likewise.
    """

    name: str
    label: str
    kind: Literal["duration", "percent", "clock", "points"]
    floor: float
    practical: float


METRICS: Final = (
    Metric(name="tst_min", label="Asleep", kind="duration", floor=10, practical=30),
    Metric(name="se_pct", label="Efficiency", kind="percent", floor=1.5, practical=4),
    Metric(name="midsleep_clock_h", label="Mid-sleep", kind="clock", floor=10, practical=45),
    # The specification names no such change of wake after onset; 20 min is its limit of a good night (SPEC 3.2).
    Metric(name="waso_min", label="Awake after onset", kind="duration", floor=5, practical=20),
    Metric(name="score", label="Score", kind="points", floor=3, practical=8),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shifts:
    """The shift of one metric of many people; every attribute has one entry a person.

    Attributes:
        before: median of the 28 days; NaN with fewer than 14 nights there or 4 in the last 7.
        recent: median of the last 7 days; NaN likewise.
        mad: 1.4826 times the median distance of a night to `before`; NaN likewise.
        scale: the larger of `mad` and the floor.
        delta: recent - before.
        z: delta / scale.
        nights_before, nights_recent: nights with a value.
        flag: "red" (|z| of 3 and a change that matters), "amber" (2 likewise), "none" or "insufficient data".
    """

    before: Floats
    recent: Floats
    mad: Floats
    scale: Floats
    delta: Floats
    z: Floats
    nights_before: Counts
    nights_recent: Counts
    flag: "NDArray[np.str_]"


def shifts(before: Floats, recent: Floats, *, floor: float, practical: float) -> Shifts:
    """The shifts of a metric between two windows of nights.

    Args:
        before: people x 28 days before the last 7, NaN where there is no night.
        recent: people x last 7 days.
        floor: the smallest spread that counts as one, in the metric's unit.
        practical: the smallest change that matters, likewise.
    """
    nights_before, nights_recent = (np.count_nonzero(~np.isnan(table), axis=1) for table in (before, recent))
    enough = (nights_before >= MINIMUM_BEFORE) & (nights_recent >= MINIMUM_RECENT)
    usual = np.where(enough, medians(before), np.nan)
    now = np.where(enough, medians(recent), np.nan)
    mad = MAD_TO_SD * medians(np.abs(before - usual[:, None]))
    scale = np.maximum(mad, floor)
    delta = now - usual
    z = delta / scale
    matters = np.abs(delta) >= practical - _ROUNDING
    red, amber = (matters & (np.abs(z) >= edge - _ROUNDING) for edge in (RED_Z, AMBER_Z))
    return Shifts(
        before=usual,
        recent=now,
        mad=mad,
        scale=scale,
        delta=delta,
        z=z,
        nights_before=nights_before,
        nights_recent=nights_recent,
        flag=np.select([~enough, red, amber], [INSUFFICIENT, "red", "amber"], default="none"),
    )


def clock_shifts(before: Floats, recent: Floats, *, floor: float, practical: float) -> Shifts:
    """The shifts of a time of day: windows in hours, floor, change and spread in minutes, medians in hours, 0 to 24.

    Times are taken as differences, the short way round, to the circular mean of the person's 28 days; where those lie
    all round the clock (R < 0.3) there is no shift.
    """
    angle = before * (np.pi / 12)
    nights = np.maximum(np.count_nonzero(~np.isnan(before), axis=1), 1)
    x, y = (np.nansum(side, axis=1) / nights for side in (np.cos(angle), np.sin(angle)))
    centre = np.where(np.hypot(x, y) >= MINIMUM_R, np.arctan2(y, x) * (12 / np.pi), np.nan)[:, None]
    found = shifts(
        60 * wrap_h(before - centre), 60 * wrap_h(recent - centre), floor=floor, practical=practical
    )
    usual, now = (np.mod(centre[:, 0] + away / 60, 24) for away in (found.before, found.recent))
    return Shifts(
        before=usual,
        recent=now,
        mad=found.mad,
        scale=found.scale,
        delta=found.delta,
        z=found.z,
        nights_before=np.count_nonzero(~np.isnan(before), axis=1),
        nights_recent=np.count_nonzero(~np.isnan(recent), axis=1),
        flag=found.flag,
    )


def medians(table: Floats) -> Floats:
    """The median of each row, NaN left out; NaN for a row without any."""
    if not table.size:
        return np.full(len(table), np.nan)
    ordered = np.sort(table, axis=1)
    known = np.count_nonzero(~np.isnan(table), axis=1)
    middle = np.stack([np.maximum(known - 1, 0) // 2, np.minimum(known // 2, table.shape[1] - 1)], axis=1)
    return np.asarray(np.take_along_axis(ordered, middle, axis=1).mean(axis=1))
