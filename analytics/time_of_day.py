"""Times of day lie on a circle: their centre and spread, and differences taken the short way round.

The mean is circular; the spread is the ordinary standard deviation of the differences to that mean, because
that is what published cut-points (minutes of mid-sleep) are stated in.
"""

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# Below this length of the mean vector the times lie all round the clock and have no typical value.
MINIMUM_R = 0.3


@overload
def wrap_h(difference: float) -> float: ...
@overload
def wrap_h(difference: Floats) -> Floats: ...
def wrap_h(difference: float | Floats) -> float | Floats:
    """A difference of two times of day in hours, the short way round: above -12, up to 12."""
    wrapped = 12 - np.mod(12 - np.asarray(difference, dtype=np.float64), 24)
    # A difference a rounding error above 12 ends on the open side.
    wrapped = np.where(wrapped == -12, 12.0, wrapped)
    return float(wrapped) if np.ndim(difference) == 0 else wrapped


def unrolled_h(hours: Floats, centre: float | Floats) -> Floats:
    """Times of day, or changes of them, moved by whole days to within 12 h of a centre: above -12, up to 12 from it."""
    away = np.asarray(hours - centre, dtype=np.float64)
    # Whole days are taken off instead of the difference added to the centre: what need not move keeps its last places.
    moved: Floats = hours - 24 * np.round((away - wrap_h(away)) / 24)
    return moved


def circular_mean_h(hours: ArrayLike) -> tuple[float, float]:
    """The typical time of day in hours, 0 to 24, and R: how close together the times lie, at most 1.

    The mean is NaN when R is below 0.3. NaN among the hours is left out; without any time both are NaN.
    """
    found = clock_statistics(hours)
    return found.mean_h, found.r


@dataclass(frozen=True, kw_only=True)
class ClockStatistics:
    """Centre and spread of times of day.

    Attributes:
        mean_h: circular mean in hours after midnight; NaN when R < 0.3 ("no typical time").
        median_h: circular mean plus the median difference to it; NaN likewise.
        sd_min: standard deviation (n - 1) of the differences in minutes; NaN likewise, and for one night.
        r: length of the mean vector, 0 to 1; NaN without nights.
        nights: how many times went in.
    """

    mean_h: float
    median_h: float
    sd_min: float
    r: float
    nights: int

    @property
    def circular_sd_min(self) -> float:
        """The circular standard deviation, sqrt(-2 ln R) turned into minutes; NaN where `sd_min` has no typical time.

        It is scipy's `circstd`. Published cut-points are stated for the ordinary `sd_min`, which is the one to show.
        """
        if math.isnan(self.mean_h):
            return math.nan
        # Rounding may carry equal times a last bit above 1.
        return math.sqrt(-2 * math.log(min(self.r, 1.0))) * 24 * 60 / (2 * math.pi)


def clock_statistics(hours: ArrayLike) -> ClockStatistics:
    """Centre and spread of times of day given in hours after midnight; NaN is left out.

    Bedtimes of 23:00 and 1:00 have mean 0.0 h and a standard deviation of 84.9 min.
    """
    times = np.asarray(hours, dtype=np.float64).reshape(-1)
    times = times[~np.isnan(times)]
    mean, sd, r, nights = clocks_by_group(np.zeros(len(times), dtype=np.int64), times, 1)
    median = math.nan
    if not math.isnan(mean[0]):
        median = _of_day(mean + np.median(wrap_h(times - mean[0])))[0]
    return ClockStatistics(
        mean_h=float(mean[0]),
        median_h=float(median),
        sd_min=float(sd[0]),
        r=float(r[0]),
        nights=int(nights[0]),
    )


def clocks_by_group(group: Counts, hours: Floats, groups: int) -> tuple[Floats, Floats, Floats, Counts]:
    """Circular mean (h), standard deviation (min), R and number of times of each group, as `ClockStatistics`.

    Args:
        group: 0 to `groups` - 1 for each time.
        hours: the times; none is NaN.
        groups: how many groups there are.
    """
    nights = np.bincount(group, minlength=groups)
    angle = hours * (2 * np.pi / 24)
    known = np.where(nights > 0, nights, np.nan)
    x = np.bincount(group, np.cos(angle), groups) / known
    y = np.bincount(group, np.sin(angle), groups) / known
    r = np.hypot(x, y)
    mean = np.where(r >= MINIMUM_R, _of_day(np.arctan2(y, x) * (24 / (2 * np.pi))), np.nan)
    away = wrap_h(hours - mean[group])
    centred = away - (np.bincount(group, away, groups) / known)[group]
    variance = np.bincount(group, centred**2, groups) / np.where(nights > 1, nights - 1, np.nan)
    return mean, np.sqrt(variance) * 60, r, nights


def _of_day(hours: Floats) -> Floats:
    wrapped = np.mod(hours, 24)
    # The remainder of a tiny negative number rounds to 24 itself.
    return np.where(wrapped == 24, 0.0, wrapped)
