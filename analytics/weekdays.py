"""What the day of the week does to sleep: a profile by weekday, and free days against working days.

A night belongs to the day on which it ends, so that the sleep before a free day is a free day's (as in the Munich
questionnaire). Differences are within one person and exploratory: nights of a person are not independent.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal

import numpy as np
import pandas as pd
import scipy
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.by_day import Days, Floats, mean_by_day
from analytics.reliability import week_variability

MINIMUM_OF_EACH = 2
# Of 4 nights the resamples of a median reach from the least to the most and still miss the truth 1 time in 8.
MINIMUM_OF_EACH_FOR_INTERVAL = 5
RESAMPLES = 9_999
SEED = 42
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SATURDAY = 5
_FEW_NIGHTS: Final = 60

Counts = NDArray[np.int16]
Basis = Literal["work calendar", "weekends"]


def weekday_profile(days: Days, values: ArrayLike) -> pd.DataFrame:
    """The typical value of each day of the week, Monday to Sunday, with how many nights it rests on.

    Args:
        days: one date per value, in any order.
        values: NaN is a missing night; several values of one day count as their mean. Times of day come as
            `smoothing.unwrapped_h`.

    Returns:
        7 rows by name of the day: `nights`; `median`, NaN below 2 nights; `low` and `high`, the quartiles, NaN
        below the 6 nights that a spread needs.
    """
    daily = mean_by_day(days, values).dropna()
    weekday = pd.DatetimeIndex(daily.index).day_of_week
    y: Floats = np.asarray(daily, dtype=np.float64)
    rows = [_typical(y[weekday == day]) for day in range(len(WEEKDAYS))]
    columns = ["nights", "median", "low", "high"]
    profile = pd.DataFrame(rows, columns=columns, index=pd.Index(WEEKDAYS, name="weekday"))
    return profile.astype({"nights": "int64"})


@dataclass(frozen=True, kw_only=True)
class FreeMinusWork:
    """How free days differ from working days, in the values' unit.

    Attributes:
        median_difference: median of the free days minus median of the working days; NaN below 2 of each.
        low: lower end of its 95 % interval; NaN below 5 of each.
        high: upper end; NaN likewise.
        mean_difference: the same of the means; NaN below 2 of each.
        hodges_lehmann: the median of all differences of a free and a working day; NaN below 2 of each.
        on_free: the values of nights before free days, by day.
        on_work: those before working days.
        basis: "work calendar", or "weekends" where Saturday and Sunday stand in for free days.
        reason: what it rests on, or why there is none, in words.
    """

    median_difference: float
    low: float
    high: float
    mean_difference: float
    hodges_lehmann: float
    on_free: tuple[float, ...]
    on_work: tuple[float, ...]
    basis: Basis
    reason: str

    @property
    def free(self) -> int:
        """How many nights before free days there are."""
        return len(self.on_free)

    @property
    def work(self) -> int:
        """How many before working days."""
        return len(self.on_work)

    @cached_property
    def p(self) -> float:
        """Two-sided p value of Mann and Whitney, exploratory; NaN below 2 of each."""
        if min(self.free, self.work) < MINIMUM_OF_EACH:
            return math.nan
        return float(scipy.stats.mannwhitneyu(self.on_free, self.on_work).pvalue)


def free_minus_work(days: Days, values: ArrayLike, *, free: ArrayLike | None = None) -> FreeMinusWork:
    """The difference between nights that end on free days and nights that end on working days.

    The interval is that of the median difference: percentiles of 9,999 resamples of the free and of the working days
    (bootstrap, seed 42, so that the same nights give the same interval). SPEC 4.5.

    Args:
        days: one date per value, in any order and each once.
        values: NaN is a missing night. Times of day come as `smoothing.unwrapped_h`.
        free: whether each day is free, from a work calendar; None where there is none: then Saturday and Sunday
            stand in for it, and the result says so.

    Raises:
        ValueError: a day comes twice, or `free` is not one truth a value.
    """
    index = pd.DatetimeIndex(days).normalize()
    if index.has_duplicates:
        raise ValueError(f"each day may come once; {wording.day(index[index.duplicated()][0])} comes twice")
    y = np.asarray(values, dtype=np.float64)
    is_free = weekend(index) if free is None else np.asarray(free)
    if is_free.dtype != np.bool_ or is_free.shape != y.shape:
        raise ValueError(f"free is one truth a value: {len(y)} booleans, not {is_free.dtype} {is_free.shape}")
    # In the order of days, so that the same nights are drawn whatever order they came in.
    order = np.argsort(index)
    is_free, y = is_free[order], y[order]
    known = ~np.isnan(y)
    basis: Basis = "weekends" if free is None else "work calendar"
    return _difference(y[known & is_free], y[known & ~is_free], basis)


def weekend(days: Days) -> NDArray[np.bool_]:
    """Whether each day is a Saturday or a Sunday: what stands in for free days where no work calendar is known."""
    return np.asarray(pd.DatetimeIndex(days).day_of_week >= _SATURDAY)


def _difference(free: Floats, work: Floats, basis: Basis) -> FreeMinusWork:
    fewest = min(len(free), len(work))
    if fewest < MINIMUM_OF_EACH:
        medians = means = shift = math.nan
    else:
        medians = float(np.median(free) - np.median(work))
        means = float(free.mean() - work.mean())
        shift = float(np.median(np.subtract.outer(free, work)))
    low, high = _interval(free, work) if fewest >= MINIMUM_OF_EACH_FOR_INTERVAL else (math.nan, math.nan)
    return FreeMinusWork(
        median_difference=medians,
        low=low,
        high=high,
        mean_difference=means,
        hodges_lehmann=shift,
        on_free=tuple(free.tolist()),
        on_work=tuple(work.tolist()),
        basis=basis,
        reason=_reason(len(free), len(work), basis),
    )


def _interval(free: Floats, work: Floats) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of the median difference over resamples."""
    of_free, of_work = _drawn(len(free), len(work))
    found = _medians(free, of_free) - _medians(work, of_work)
    low, high = np.percentile(found, (2.5, 97.5)).tolist()
    return low, high


def _drawn(free: int, work: int) -> tuple[Counts, Counts]:
    """How often each night is in each resample, [nights, resamples]: the same for everybody with as many nights."""
    return _few(free, work) if free + work <= _FEW_NIGHTS else _many(free, work)


def _draw(free: int, work: int) -> tuple[Counts, Counts]:
    chance = np.random.default_rng(SEED)
    return _counts(chance, free), _counts(chance, work)


# A night takes 20 kB: a cohort's weeks are many and small, and a year of one person is asked for a few times in a row.
_few = lru_cache(maxsize=16)(_draw)
_many = lru_cache(maxsize=2)(_draw)


def _counts(chance: np.random.Generator, nights: int) -> Counts:
    drawn = chance.integers(0, nights, (RESAMPLES, nights))
    drawn += nights * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=RESAMPLES * nights).reshape(RESAMPLES, nights)
    return np.ascontiguousarray(counts.T, dtype=np.int16)


def _medians(values: Floats, counts: Counts) -> Floats:
    """The median of each resample: the value, or the mean of the two, up to which half of its nights lie."""
    nights = len(values)
    order = np.argsort(values)
    up_to = np.cumsum(counts[order], axis=0, dtype=np.int16)
    ranked = values[order]
    lower, upper = (
        ranked[(up_to <= rank).sum(axis=0, dtype=np.int16)] for rank in ((nights - 1) // 2, nights // 2)
    )
    medians: Floats = lower if nights % 2 else (lower + upper) / 2
    return medians


def _reason(free: int, work: int, basis: Basis) -> str:
    there = f"{wording.plural(free, 'free day')} and {wording.plural(work, 'working day')}"
    judged = there if basis == "work calendar" else f"{there}, taking Saturday and Sunday for free"
    if min(free, work) < MINIMUM_OF_EACH:
        return f"a difference needs {MINIMUM_OF_EACH} nights of each kind, not {judged}"
    if min(free, work) < MINIMUM_OF_EACH_FOR_INTERVAL:
        return f"{judged}; an interval needs {MINIMUM_OF_EACH_FOR_INTERVAL} of each"
    return judged


def _typical(values: Floats) -> tuple[int, float, float, float]:
    nights = len(values)
    median = float(np.median(values)) if nights >= MINIMUM_OF_EACH else math.nan
    low = high = math.nan
    if week_variability(nights).shown:
        low, high = np.percentile(values, (25, 75)).tolist()
    return nights, median, low, high
