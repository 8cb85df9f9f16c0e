"""Change over time within a person: smoothing, a robust slope with its test, and how many nights are enough.

Nights are placed by calendar day, never by row, so that a gap is a gap. The slope is Theil and Sen's, the
test is Kendall's rank correlation with the day (the Mann-Kendall test). Nights of one person resemble their
neighbours and repeat by week, so over 8 weeks and more the medians of the weeks have to agree.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Days = pd.DatetimeIndex | pd.Series
Verdict = Literal["rising", "falling", "none", "too few"]
Reliability = Literal["good", "low", "suppressed"]

# The smallest change over the span that is worth speaking of, in the column's own unit (mid-sleep: minutes).
PRACTICAL: Final = {"tst_min": 15.0, "se_pct": 2.0, "midsleep": 15.0}
MINIMUM_NIGHTS = 14
MINIMUM_SPAN_DAYS = 21
SIGNIFICANT_P = 0.05
WEEK_DAYS = 7
WEEKLY_SPAN_DAYS = 56
# A week's median needs as many nights as a week's mean.
MINIMUM_NIGHTS_OF_WEEK = 3

# (low from, good from) nights: where the intraclass correlation reaches 0.60 and 0.80 in 107,144 nights of
# 1,041 adults (PMC10104388). Variability within a week is printed from the second of the two only.
_NIGHTS_NEEDED: Final = {
    (True, "mean"): (3, 5),
    (False, "mean"): (5, 10),
    (True, "variability"): (6, 6),
    (False, "variability"): (11, 18),
}


def rolling_mean(days: Days, values: ArrayLike, window_days: int = 7, minimum: int = 4) -> "pd.Series[float]":
    """The mean over the trailing days, today included, for every calendar day from the first to the last.

    Args:
        days: one date per value, in any order.
        values: NaN is a missing night; several values of one day count as their mean.
        window_days: how many calendar days the mean looks back over, today included.
        minimum: how many of them must have a value; NaN otherwise, which breaks the line.

    Returns:
        float64 by date; empty without values.
    """
    daily = _by_day(days, values)
    if daily.empty:
        return daily
    calendar = daily.reindex(pd.date_range(daily.index[0], daily.index[-1], freq="D"))
    return calendar.rolling(window_days, min_periods=minimum).mean()


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A change over time, and whether it may be called one.

    Attributes:
        verdict: "rising" or "falling" when all gates are passed, else "none"; "too few" below 14 nights or a
            span of 21 days.
        slope_per_week: change per 7 days in the values' unit; NaN for fewer than 2 nights.
        low_per_week: lower end of the 95 % interval of the slope.
        high_per_week: upper end.
        first: day of the first value; None without values.
        last: day of the last one.
        value_first: the line on the first day.
        value_last: the line on the last day.
        tau: Kendall's rank correlation with the day, -1 to 1; NaN when the values are all equal or under 3.
        p: its two-sided p value; NaN likewise.
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
    daily = _by_day(days, values).dropna()
    nights = len(daily)
    if nights < 2:
        return _no_line(daily, practical)
    number = (daily.index - daily.index[0]).days.to_numpy(dtype=np.float64)
    y = np.asarray(daily, dtype=np.float64)
    line = stats.theilslopes(y, number, alpha=0.95)
    tau, p = _kendall(number, y)
    span = int(number[-1]) + 1
    weekly_tau, p_weekly = _weekly(number, y) if span >= WEEKLY_SPAN_DAYS else (tau, math.nan)
    agreed = span < WEEKLY_SPAN_DAYS or (p_weekly < SIGNIFICANT_P and weekly_tau * tau > 0)
    enough = nights >= MINIMUM_NIGHTS and span >= MINIMUM_SPAN_DAYS
    shown = p < SIGNIFICANT_P and abs(line.slope * span) >= practical and agreed
    return Trend(
        verdict=_verdict(line.slope, enough=enough, shown=shown),
        slope_per_week=float(line.slope) * 7,
        low_per_week=float(line.low_slope) * 7,
        high_per_week=float(line.high_slope) * 7,
        first=daily.index[0],
        last=daily.index[-1],
        value_first=float(line.intercept),
        value_last=float(line.intercept + line.slope * number[-1]),
        tau=tau,
        p=p,
        p_weekly=p_weekly,
        nights=nights,
        span_days=span,
        practical=practical,
    )


def reliability(
    nights_in_period: int, *, weekly: bool = True, statistic: Literal["mean", "variability"] = "mean"
) -> Reliability:
    """How far a figure over so many nights of a week, or of a month, can be trusted.

    | | low from | good from |
    |---|---|---|
    | mean of a week | 3 | 5 |
    | mean of a month | 5 | 10 |
    | variability of a week | - | 6 |
    | variability of a month | 11 | 18 |

    Below that it is "suppressed": not printed. Source: intraclass correlations of nights, PMC10104388.

    Raises:
        ValueError: another statistic.
    """
    needed = _NIGHTS_NEEDED.get((weekly, statistic))
    if needed is None:
        raise ValueError(f'statistic is "mean" or "variability", not "{statistic}"')
    low, good = needed
    if nights_in_period >= good:
        return "good"
    return "low" if nights_in_period >= low else "suppressed"


def period_reliability(
    nights: int, *, days: int, statistic: Literal["mean", "variability"] = "mean"
) -> Reliability:
    """How far a figure over so many nights of a period can be trusted: up to 7 days it is judged as a week's.

    Args:
        nights: how many nights of the period have a value.
        days: calendar days of the period.
        statistic: "mean" or "variability", as in `reliability`.
    """
    return reliability(nights, weekly=days <= WEEK_DAYS, statistic=statistic)


def _by_day(days: Days, values: ArrayLike) -> "pd.Series[float]":
    index = pd.DatetimeIndex(days).normalize()
    found = pd.Series(np.asarray(values, dtype=np.float64), index=index)
    return found.groupby(level=0).mean()


def _kendall(number: Floats, y: Floats) -> tuple[float, float]:
    if len(y) < 3 or (y == y[0]).all():
        return math.nan, math.nan
    found = stats.kendalltau(number, y, method="asymptotic")
    return float(found.statistic), float(found.pvalue)


def _weekly(number: Floats, y: Floats) -> tuple[float, float]:
    """The rank correlation of the weeks' medians, weeks counted from the first day."""
    weeks = pd.Series(y).groupby(number // 7).agg(["median", "count"])
    kept = weeks.loc[weeks["count"] >= MINIMUM_NIGHTS_OF_WEEK, "median"]
    week: Floats = kept.index.to_numpy(dtype=np.float64)
    median: Floats = kept.to_numpy(dtype=np.float64)
    return _kendall(week, median)


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
