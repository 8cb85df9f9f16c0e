"""How steady the daily rhythm is: interdaily stability, and the composite phase deviation of mid-sleep.

Both are secondary to the Sleep Regularity Index. Interdaily stability asks how well the average day foretells each day
(Witting et al. 1990; Van Someren 2007, doi 10.1111/j.1365-2869.2007.00592.x). The composite phase deviation joins how
far a night's mid-sleep lies from the usual one with how far it lies from the night before (Fischer et al. 2016,
Sci Rep 6:38601), so it suits shift workers too. SPEC 2.3 and 2.4.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.time_of_day import Floats, circular_mean_h, wrap_h

BINS_PER_DAY = 24
# It needs more than a week (Van Someren 2007).
MINIMUM_DAYS = 8
# As many pairs of days as the regularity index needs [P].
MINIMUM_PAIRS = 5


@dataclass(frozen=True, kw_only=True)
class InterdailyStability:
    """How alike the days are, 0 to 1, and what that rests on.

    Attributes:
        value: 1 when all days are the same, about 0 when the hour says nothing; NaN when it cannot be given.
        days: days with anything known.
        bins: bins of a day.
        reason: what the value rests on, or why there is none, in words.
    """

    value: float
    days: int
    bins: int
    reason: str


def interdaily_stability(days: ArrayLike) -> InterdailyStability:
    """The interdaily stability of more than 7 days, 0 to 1; `stability_ratio` with its gate and its reason.

    Args:
        days: [days, bins] as in `stability_ratio`, for instance `sleep_by_hour`.
    """
    table = _table(days)
    counted = int((~np.isnan(table)).any(axis=1).sum())
    value = stability_ratio(table) if counted >= MINIMUM_DAYS else math.nan
    return InterdailyStability(
        value=value, days=counted, bins=table.shape[1], reason=_stability_reason(value, counted)
    )


def stability_ratio(days: ArrayLike) -> float:
    """The share of the variance of all values that the average day explains, 0 to 1, however few the days.

    IS = n Σ_h (x̄_h − x̄)² / (p Σ_i (x_i − x̄)²) over p bins of the day and n values, with population variances: variances
    divided by n − 1 give identical days 1.04. Where values are missing each bin counts with the number of its days,
    which keeps the ratio within 0 to 1 and is the same formula when none is missing. The three days 1100, 1000 and
    1101 have 0.5556.

    Args:
        days: [days, bins], one value per bin of the day; NaN where nothing is known.

    Returns:
        NaN when the values do not vary or there are none.

    Raises:
        ValueError: not a matrix.
    """
    table = _table(days)
    known = ~np.isnan(table)
    values = table[known]
    # Equal values must not seem to vary by the rounding of their mean.
    if not len(values) or values.min() == values.max():
        return math.nan
    # On one scale no square is too small for a number.
    scaled = (table - values.min()) / (values.max() - values.min())
    away = np.where(known, scaled - scaled[known].mean(), 0.0)
    count = known.sum(axis=0)
    of_bin = away.sum(axis=0) / np.maximum(count, 1)
    ratio = float((count * of_bin**2).sum() / (away**2).sum())
    # Rounding may carry identical days a last bit above 1.
    return min(ratio, 1.0)


def sleep_by_hour(sleep: NDArray[np.bool_], known: NDArray[np.bool_], bins: int = BINS_PER_DAY) -> Floats:
    """The share of the known time asleep in each bin of each day, [days, bins]; NaN where nothing is known.

    Args:
        sleep: [days, slots], whether asleep.
        known: likewise, whether that is known.
        bins: bins of a day, a divisor of the slots: 24 are hours.

    Raises:
        ValueError: the two have not one shape, or the slots of a day cannot be shared among the bins.
    """
    if sleep.ndim != 2 or sleep.shape != known.shape or bins < 1 or sleep.shape[1] % bins:
        raise ValueError(
            f"sleep and known must be [days, slots] of one shape with slots a multiple of {bins}; "
            f"these are {sleep.shape} and {known.shape}"
        )
    shape = (len(sleep), bins, sleep.shape[1] // bins)
    asleep = (sleep & known).reshape(shape).sum(axis=2)
    counted = known.reshape(shape).sum(axis=2)
    return np.where(counted > 0, asleep / np.maximum(counted, 1), np.nan)


@dataclass(frozen=True, kw_only=True)
class PhaseDeviation:
    """How far sleep strays from its usual time and from the night before, in hours.

    Attributes:
        mean_h: mean of `daily_h`; NaN when it cannot be given.
        daily_h: of each night as given; NaN where the day before has none, or nothing to compare with.
        reference_h: the mid-sleep that nights are compared with, hours after midnight; NaN when there is none.
        nights: nights with a mid-sleep.
        pairs: nights whose day before has one too: what the mean is over.
        reason: what the mean rests on, or why there is none, in words.
    """

    mean_h: float
    daily_h: Floats
    reference_h: float
    nights: int
    pairs: int
    reason: str


def composite_phase_deviation(
    midsleep_h: ArrayLike, days: ArrayLike, *, reference_h: float | None = None
) -> PhaseDeviation:
    """The composite phase deviation, in hours: 0 for who sleeps at one and the same time every day.

    Of a day d: hypot(MS_d − reference, MS_d − MS_{d−1}), both differences taken the short way round the clock, where
    the day before is there. The mean is given from 5 such days on [P]. Mid-sleep at 3, 3.5, 3, 4, 6, 5.5 and 3.25 with
    reference 3.5 gives 1.642 h.

    Args:
        midsleep_h: hours after midnight of each day's main sleep, in any order; NaN is no sleep.
        days: whole numbers of those days, none twice.
        reference_h: what is usual; the circular mean of these nights when not given, or `Chronotype.msfsc_h`.

    Raises:
        ValueError: not one day for each time, or a day twice.
    """
    times = np.asarray(midsleep_h, dtype=np.float64).reshape(-1)
    numbers = np.asarray(days, dtype=np.int64).reshape(-1)
    if len(times) != len(numbers):
        raise ValueError(f"{len(times)} times come with {len(numbers)} days; there must be one day for each")
    if len(np.unique(numbers)) != len(numbers):
        raise ValueError("a day has one main sleep; give each day once")
    order = np.argsort(numbers)
    times, numbers = times[order], numbers[order]
    usual = circular_mean_h(times)[0] if reference_h is None else float(reference_h)
    before = np.full(len(times), np.nan)
    if len(times):
        before[1:] = np.where(np.diff(numbers) == 1, times[:-1], np.nan)
    sorted_h = np.hypot(wrap_h(times - usual), wrap_h(times - before))
    daily = np.empty(len(times))
    daily[order] = sorted_h
    return _phase_deviation(daily, usual, nights=int((~np.isnan(times)).sum()))


def _phase_deviation(daily: Floats, usual: float, *, nights: int) -> PhaseDeviation:
    pairs = int((~np.isnan(daily)).sum())
    # Summed in order of size, so that the order in which nights are given leaves no trace in the last bit.
    mean = float(np.sort(daily[~np.isnan(daily)]).mean()) if pairs >= MINIMUM_PAIRS else math.nan
    return PhaseDeviation(
        mean_h=mean,
        daily_h=daily,
        reference_h=usual,
        nights=nights,
        pairs=pairs,
        reason=_phase_reason(mean, usual, nights=nights, pairs=pairs),
    )


def _phase_reason(mean: float, usual: float, *, nights: int, pairs: int) -> str:
    if not math.isnan(mean):
        return (
            f"against a mid-sleep of {wording.clock(usual)}, mean of "
            f"{wording.plural(pairs, 'night')} with a night before"
        )
    if nights and math.isnan(usual):
        lie = "lies" if nights == 1 else "lie"
        return (
            f"composite phase deviation needs a usual time of sleep; {wording.plural(nights, 'night')} "
            f"{lie} all round the clock"
        )
    return (
        f"composite phase deviation needs {MINIMUM_PAIRS} nights with a night before; "
        f"there {'is' if pairs == 1 else 'are'} {pairs}"
    )


def _stability_reason(value: float, days: int) -> str:
    counted = wording.plural(days, "day")
    if days < MINIMUM_DAYS:
        there = f"there {'is' if days == 1 else 'are'} {days}"
        return f"interdaily stability needs more than {MINIMUM_DAYS - 1} days; {there}"
    if math.isnan(value):
        return f"interdaily stability needs sleep and wake; {counted} have only one of them"
    return f"how well the average day foretells each of {counted}, from recorded sessions"


def _table(days: ArrayLike) -> Floats:
    table = np.asarray(days, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"days must be [days, bins]; this has shape {table.shape}")
    return table
