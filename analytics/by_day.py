"""One value a calendar day: what every statistic over time starts from, so that a gap stays a gap."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Days = pd.DatetimeIndex | pd.Series
Floats = NDArray[np.float64]


def mean_by_day(days: Days, values: ArrayLike) -> "pd.Series[float]":
    """The mean of each day's values, in the order of the days; a day with none but NaN stays, as NaN.

    Args:
        days: one date per value, in any order; a time of day is dropped.
        values: NaN is a missing night.

    Returns:
        float64 by date; empty without values.
    """
    index = pd.DatetimeIndex(days).normalize()
    found = pd.Series(np.asarray(values, dtype=np.float64), index=index)
    each_once_in_order = index.is_monotonic_increasing and index.is_unique and not index.hasnans
    return found if each_once_in_order else found.groupby(level=0).mean()


def nights_by_number(days: Days, values: ArrayLike) -> tuple["pd.Series[float]", Floats]:
    """The days that have a value, and how many calendar days after the first of them each lies.

    Counting days, not rows, is what keeps a slope from growing steeper where nights are missing.
    """
    daily = mean_by_day(days, values).dropna()
    if daily.empty:
        return daily, np.empty(0)
    since = pd.DatetimeIndex(daily.index) - pd.Timestamp(daily.index[0])
    return daily, since.days.to_numpy(dtype=np.float64)
