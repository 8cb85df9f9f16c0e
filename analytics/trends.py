"""Change over time within a person: a robust slope with its test, and the gates before it is called a trend.

Nights are placed by calendar day, never by row, so that a gap is a gap. The slope is Theil's and Sen's, the test
that of Mann and Kendall with its correction for continuity (SPEC 4.1; Sen 1968, doi 10.1080/01621459.1968.10480934;
Mann 1945, doi 10.2307/1907187). Nights of one person resemble their neighbours and repeat by week, so over 8 weeks
and more the medians of the weeks have to agree.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.by_day import Days, Floats, nights_by_number
from analytics.reliability import period_reliability, reliability
from analytics.smoothing import rolling_mean

__all__ = [
    "PRACTICAL",
    "LastSlopes",
    "MannKendall",
    "Trend",
    "last_slopes",
    "mann_kendall",
    "period_reliability",
    "reliability",
    "rolling_mean",
    "trend",
]

Counts = NDArray[np.int64]
Verdict = Literal["rising", "falling", "none", "too few"]

# The smallest change over the span that is worth speaking of, in the column's own unit (mid-sleep: minutes).
PRACTICAL: Final = {"tst_min": 15.0, "se_pct": 2.0, "midsleep": 15.0}
MINIMUM_NIGHTS = 14
MINIMUM_SPAN_DAYS = 21
SIGNIFICANT_P = 0.05
WEEKLY_SPAN_DAYS = 56
# A week's median needs as many nights as a week's mean.
MINIMUM_NIGHTS_OF_WEEK = 3
# Of 4 nights even the one order in 24 that rises throughout is no 95 % interval.
MINIMUM_NIGHTS_OF_INTERVAL = 5
# Of the normal distribution.
_QUANTILE_97_5 = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class MannKendall:
    """The test of Mann and Kendall for a monotonic change.

    Attributes:
        s: pairs of nights that rise minus pairs that fall.
        tau: Kendall's rank correlation (tau-b) with the time, -1 to 1; NaN when the values are all equal or under 3.
        z: s, a step of 1 nearer to 0 for continuity, by its standard deviation corrected for ties; NaN likewise.
        p: the two-sided p value of z; NaN likewise.
        values: how many values went in.
    """

    s: int
    tau: float
    z: float
    p: float
    values: int


def mann_kendall(values: ArrayLike) -> MannKendall:
    """Whether values in the order of time rise or fall more often than chance would have it.

    s = sum over i < j of sign(y_j - y_i); var = (n (n - 1) (2 n + 5) - sum over ties of t (t - 1) (2 t + 5)) / 18.
    Only the order counts, so the distance between the times does not enter.

    Args:
        values: one per point in time, earliest first; none is NaN.
    """
    y = np.asarray(values, dtype=np.float64)
    count = len(y)
    pairs = count * (count - 1) // 2
    later, earlier = _pairs(count)
    s = int(np.sign(y[later] - y[earlier]).sum())
    _, tied = np.unique(y, return_counts=True)
    untied = pairs - int((tied * (tied - 1) // 2).sum())
    if count < 3 or not untied:
        return MannKendall(s=s, tau=math.nan, z=math.nan, p=math.nan, values=count)
    variance = (count * (count - 1) * (2 * count + 5) - int((tied * (tied - 1) * (2 * tied + 5)).sum())) / 18
    z = math.copysign(max(abs(s) - 1, 0), s) / math.sqrt(variance)
    tau = s / math.sqrt(pairs * untied)
    return MannKendall(s=s, tau=tau, z=z, p=math.erfc(abs(z) * math.sqrt(0.5)), values=count)


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A change over time, and whether it may be called one.

    Attributes:
        verdict: "rising" or "falling" when all gates are passed, else "none"; "too few" below 14 nights or a
            span of 21 days.
        slope_per_week: change per 7 days in the values' unit; NaN for fewer than 2 nights.
        low_per_week: lower end of the 95 % interval of the slope; NaN for fewer than 5 nights.
        high_per_week: upper end; NaN likewise.
        first: day of the first value; None without values.
        last: day of the last one.
        value_first: the line on the first day.
        value_last: the line on the last day.
        tau: Kendall's rank correlation with the day, -1 to 1; NaN when the values are all equal or under 3.
        p: two-sided p value of the test of Mann and Kendall, with continuity; NaN likewise.
        p_weekly: the same for the medians of the weeks; NaN when the span is under 8 weeks.
        nights: how many values went in.
        span_days: calendar days from the first to the last, both included.
        practical: the smallest change over the span that counts.
    """

    verdict: Verdict
    slope_per_week: float
    low_per_week: float
    high_per_week: float
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    value_first: float
    value_last: float
    tau: float
    p: float
    p_weekly: float
    nights: int
    span_days: int
    practical: float

    @property
    def reason(self) -> str:
        """Why it is no trend, or what it rests on, in words; p as it counts, of nights or of weeks."""
        there = f"{wording.plural(self.nights, 'night')} in {wording.plural(self.span_days, 'day')}"
        if self.verdict == "too few":
            return f"a trend needs {MINIMUM_NIGHTS} nights over {MINIMUM_SPAN_DAYS} days, not {there}"
        if self.verdict != "none":
            return f"{self.verdict} over {there}"
        if abs(self.slope_per_week / 7 * self.span_days) < self.practical:
            return f"the change over {there} is smaller than what matters"
        if self.p < SIGNIFICANT_P and math.isnan(self.p_weekly):
            return f"too few weeks have {MINIMUM_NIGHTS_OF_WEEK} nights to confirm the change; {there}"
        if self.p < SIGNIFICANT_P:
            return f"the nights change, but the medians of the weeks do not agree; {there}"
        return f"the change may be chance; {there}"


def trend(days: Days, values: ArrayLike, *, practical: float) -> Trend:
    """The robust trend of values over calendar days.

    It is "rising" or "falling" only with at least 14 nights over at least 21 days, p < 0.05, a slope that
    makes at least `practical` over the span, and, from 8 weeks, weekly medians that go the same way with
    p < 0.05. Times of day must come as differences to their circular mean.

    Args:
        days: one date per value, in any order.
        values: NaN is a missing night; several values of one day count as their mean.
        practical: the smallest change worth speaking of, in the values' unit; see `PRACTICAL`.
    """
    daily, number = nights_by_number(days, values)
    nights = len(daily)
    if nights < 2:
        return _no_line(daily, practical)
    y: Floats = np.asarray(daily, dtype=np.float64)
    line = _theil_sen(y, number)
    nightly = mann_kendall(y)
    span = int(number[-1]) + 1
    long = span >= WEEKLY_SPAN_DAYS
    weekly = _weekly(number, y) if long else nightly
    agreed = weekly.p < SIGNIFICANT_P and weekly.tau * nightly.tau > 0
    enough = nights >= MINIMUM_NIGHTS and span >= MINIMUM_SPAN_DAYS
    shown = nightly.p < SIGNIFICANT_P and bool(abs(line.slope * span) >= practical) and agreed
    bounded = nights >= MINIMUM_NIGHTS_OF_INTERVAL
    return Trend(
        verdict=_verdict(line.slope, enough=enough, shown=shown),
        slope_per_week=float(line.slope) * 7,
        low_per_week=float(line.low_slope) * 7 if bounded else math.nan,
        high_per_week=float(line.high_slope) * 7 if bounded else math.nan,
        first=daily.index[0],
        last=daily.index[-1],
        value_first=float(line.intercept),
        value_last=float(line.intercept + line.slope * number[-1]),
        tau=nightly.tau,
        p=nightly.p,
        p_weekly=weekly.p if long else math.nan,
        nights=nights,
        span_days=span,
        practical=practical,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class LastSlopes:
    """The slopes of many people up to a day.

    Attributes:
        per_week: float [people], change per 7 days in the values' unit; NaN below 14 nights or a span of 21 days.
        nights: int [people], how many nights of the window have a value.
    """

    per_week: Floats
    nights: Counts


def last_slopes(
    owner: Counts,
    day: Counts,
    values: ArrayLike,
    *,
    people: int,
    last: ArrayLike,
    window_days: int = 28,
) -> LastSlopes:
    """The slope of Theil and Sen of each of many people over the last calendar days, as `trend` gives it one by one.

    Args:
        owner: whose each value is, 0 to `people` - 1, in any order.
        day: its calendar day as a whole number, e.g. days since 1970.
        values: NaN is a missing night; several values of one day count as their mean.
        people: how many people there are.
        last: the last day of the window, one for all or one each.
        window_days: how many calendar days the window has, the last included.

    Raises:
        ValueError: a window of fewer than 21 days, over which there is no trend.
    """
    if window_days < MINIMUM_SPAN_DAYS:
        raise ValueError(f"a slope needs a window of {MINIMUM_SPAN_DAYS} days or more, not {window_days}")
    ends = np.broadcast_to(np.asarray(last, dtype=np.int64), (people,))
    column = day - (ends[owner] - window_days + 1)
    grid = _by_person_and_day(owner, column, np.asarray(values, dtype=np.float64), (people, window_days))
    known = ~np.isnan(grid)
    nights = known.sum(axis=1, dtype=np.int64)
    first, final = known.argmax(axis=1), window_days - 1 - known[:, ::-1].argmax(axis=1)
    enough = np.flatnonzero((nights >= MINIMUM_NIGHTS) & (final - first + 1 >= MINIMUM_SPAN_DAYS))
    earlier, later = np.triu_indices(window_days, 1)
    slopes = (grid[enough][:, later] - grid[enough][:, earlier]) / (later - earlier)
    # Pairs with a missing night are NaN and are sorted to the end.
    slopes.sort(axis=1)
    pairs = nights[enough] * (nights[enough] - 1) // 2
    row = np.arange(len(enough))
    per_week = np.full(people, np.nan)
    per_week[enough] = 7 * (slopes[row, (pairs - 1) // 2] + slopes[row, pairs // 2]) / 2
    return LastSlopes(per_week=per_week, nights=nights)


def _by_person_and_day(owner: Counts, column: Counts, values: Floats, shape: tuple[int, int]) -> Floats:
    """The values by person and day of the window, their mean where a day has several, NaN where it has none."""
    people, days = shape
    inside = np.flatnonzero((column >= 0) & (column < days) & ~np.isnan(values))
    cell = owner[inside] * days + column[inside]
    counts = np.bincount(cell, minlength=people * days)
    sums = np.bincount(cell, values[inside], people * days)
    return (sums / np.where(counts > 0, counts, np.nan)).reshape(shape)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """The line of Theil and Sen through some nights; the interval holds its slope with 95 % confidence."""

    slope: float
    intercept: float
    low_slope: float
    high_slope: float


def _theil_sen(y: Floats, number: Floats) -> _Line:
    """What scipy.stats.theilslopes gives to the last digit, without the second and the 60 MB that importing it takes.

    The slope is the median of those of all pairs, and the interval lies between two of them (Sen 1968, equation 2.6).

    Args:
        y: at least two values.
        number: the day of each, rising.
    """
    later, earlier = _pairs(len(y))
    slopes = np.sort((y[later] - y[earlier]) / (number[later] - number[earlier]))
    slope = float(np.median(slopes))
    nights, pairs = len(y), len(slopes)
    _, tied = np.unique(y, return_counts=True)
    ties = int((tied * (tied - 1) * (2 * tied + 5)).sum())
    sigma = math.sqrt(1 / 18 * (nights * (nights - 1) * (2 * nights + 5) - ties))
    reach = _QUANTILE_97_5 * sigma
    low = max(round((pairs - reach) / 2) - 1, 0)
    high = min(round((pairs + reach) / 2), pairs - 1)
    return _Line(
        slope=slope,
        intercept=float(np.median(y)) - slope * float(np.median(number)),
        low_slope=float(slopes[low]),
        high_slope=float(slopes[high]),
    )


@lru_cache(maxsize=8)
def _pairs(nights: int) -> tuple[Counts, Counts]:
    """The later and the earlier night of every pair."""
    earlier, later = np.triu_indices(nights, 1)
    return later, earlier


def _weekly(number: Floats, y: Floats) -> MannKendall:
    """The test of the weeks' medians, weeks counted from the first day."""
    weeks = np.split(y, np.flatnonzero(np.diff(number // 7)) + 1)
    return mann_kendall([np.median(week) for week in weeks if len(week) >= MINIMUM_NIGHTS_OF_WEEK])


def _verdict(slope: float, *, enough: bool, shown: bool) -> Verdict:
    if not enough:
        return "too few"
    if not shown:
        return "none"
    return "rising" if slope > 0 else "falling"


def _no_line(daily: "pd.Series[float]", practical: float) -> Trend:
    day = daily.index[0] if len(daily) else None
    value = float(daily.iloc[0]) if len(daily) else math.nan
    return Trend(
        verdict="too few",
        slope_per_week=math.nan,
        low_per_week=math.nan,
        high_per_week=math.nan,
        first=day,
        last=day,
        value_first=value,
        value_last=value,
        tau=math.nan,
        p=math.nan,
        p_weekly=math.nan,
        nights=len(daily),
        span_days=len(daily),
        practical=practical,
    )
