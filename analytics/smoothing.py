"""Lines through scattered nights: the trailing mean, and the local regression that outliers do not pull.

A line never goes beyond the first and the last night, and never over a gap as if it were known.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics.by_day import Days, Floats, mean_by_day, nights_by_number
from analytics.time_of_day import clock_statistics, wrap_h

LOWESS_SHARE = 0.5
LOWESS_ROUNDS = 3
LOWESS_MINIMUM_NIGHTS = 14
# Nights this many days apart have 4 nights between them: of 7 days fewer than the 4 that a rolling mean needs remain.
BREAKING_GAP_DAYS = 4


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
    daily = mean_by_day(days, values)
    if daily.empty:
        return daily
    calendar = daily.reindex(pd.date_range(daily.index[0], daily.index[-1], freq="D"))
    return calendar.rolling(window_days, min_periods=minimum).mean()


def lowess(days: Days, values: ArrayLike) -> "pd.Series[float]":
    """The local regression line at each night that has a value: LOWESS over the nearest half of the nights.

    Each point is a straight line through the nearest half of the nights, weighted by their distance in calendar
    days (tricube); three rounds then give less weight to nights far off the line (bisquare). Cleveland 1979,
    doi 10.1080/01621459.1979.10481038; SPEC 4.3. The line is given on nights only: it goes neither beyond the
    first and the last of them nor into gaps. Where a wild night makes all of its neighbours look wild (nearly noiseless
    values), the line is the night itself there, as in Cleveland's own program.

    Args:
        days: one date per value, in any order.
        values: in any unit, which the line keeps; NaN is a missing night; several values of one day count as
            their mean. Times of day come as `unwrapped_h`.

    Returns:
        float64 by date, only dates with a value; empty below 14 nights.
    """
    # Imported where it is drawn: with it come 10 MB of what a weekly report never runs.
    from statsmodels.nonparametric.smoothers_lowess import lowess as local_line  # noqa: PLC0415

    daily, number = nights_by_number(days, values)
    if len(daily) < LOWESS_MINIMUM_NIGHTS:
        return daily.iloc[:0]
    # Around the median nights of one value lie on the line to the last digit; else rounding alone would be the
    # spread against which the rounds judge what lies far off.
    level = float(daily.median())
    line = local_line(
        daily.to_numpy(dtype=np.float64) - level,
        number,
        frac=LOWESS_SHARE,
        it=LOWESS_ROUNDS,
        is_sorted=True,
        return_sorted=False,
    )
    return pd.Series(line + level, index=daily.index, dtype="float64")


def broken_at_gaps(line: "pd.Series[float]") -> "pd.Series[float]":
    """A line of nights as it may be drawn: NaN, which breaks it, wherever 4 nights or more in a row are missing [P].

    Args:
        line: float64 by date, in order; what `lowess` gives.

    Returns:
        The same with one NaN inside each such gap.
    """
    if len(line) < 2:
        return line
    nights = pd.DatetimeIndex(line.index)
    before = np.flatnonzero(np.diff(nights).astype("timedelta64[D]").astype(np.int64) > BREAKING_GAP_DAYS)
    holes = pd.Series(np.nan, index=nights[before] + pd.Timedelta(days=1), dtype="float64")
    return pd.concat([line, holes]).sort_index()


def unwrapped_h(hours: ArrayLike) -> Floats:
    """Times of day as hours that do not jump at midnight: each within 12 h of their circular mean.

    They count from midnight, before it below 0: 23:30 and 00:30 become -0.5 and 0.5, so that a mean, a slope or a line
    of them is right. The mean itself lies above -12 and up to 12 h.
    All are NaN where there is no typical time (R < 0.3); NaN stays NaN.
    """
    times = np.asarray(hours, dtype=np.float64)
    centre = clock_statistics(times).mean_h
    if math.isnan(centre):
        return np.full(times.shape, np.nan)
    return wrap_h(centre) + wrap_h(times - centre)
