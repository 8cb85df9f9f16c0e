"""The numbers of a score: efficiency and duration in points, the weighted sum, the word for it.

Efficiency puts the published edges of 85 % and 75 % on the edges of "Good" and "Fair" (Ohayon et al. 2017,
doi 10.1016/j.sleh.2016.11.006). Duration is 100 in the recommended range of the age, 80 at the limit of what may be
appropriate, and loses 20 points an hour beyond (Hirshkowitz et al. 2015, doi 10.1016/j.sleh.2014.12.010). SPEC 3.3.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from analytics import wording
from analytics.score_rules import Weights
from analytics.time_of_day import Floats

BANDS: Final = ((90.0, "Excellent"), (80.0, "Good"), (60.0, "Fair"), (-math.inf, "Poor"))
VENDOR_CONSISTENCY = 80.0

# National Sleep Foundation: the age in years from which a row holds, and its hours of sleep: may be
# appropriate from, recommended from, recommended to, may be appropriate to.
_AGES: Final = np.array([0, 4 / 12, 1, 3, 6, 14, 18, 26, 65])
_HOURS: Final = np.array(
    [
        [11, 14, 17, 19],
        [10, 12, 15, 18],
        [9, 11, 14, 16],
        [8, 10, 13, 14],
        [7, 9, 11, 12],
        [7, 8, 10, 11],
        [6, 7, 9, 11],
        [6, 7, 9, 10],
        [5, 7, 8, 9],
    ],
    dtype=np.float64,
)
_ADULT_AGE = 40.0


def efficiency_part(se_pct: ArrayLike) -> Floats:
    """The efficiency part, 0 to 100, of sleep efficiency in percent: 85 % gives 80, 75 % gives 60."""
    return np.clip(2 * np.asarray(se_pct, dtype=np.float64) - 90, 0, 100)


def duration_part(tst_h: ArrayLike, age_years: ArrayLike, *, long_sleep_counts: bool = True) -> Floats:
    """The duration part, 0 to 100, of total sleep time in hours at an age in years.

    An age of NaN is judged as an adult of 26 to 64. At 40 years 7 h to 9 h give 100, 6 h and 10 h give 80,
    5 h and 11 h give 60.

    Args:
        tst_h: hours asleep.
        age_years: at this age.
        long_sleep_counts: whether more than recommended loses points too.

    Raises:
        ValueError: an age below 0.
    """
    hours = np.asarray(tst_h, dtype=np.float64)
    low, recommended_low, recommended_high, high = np.moveaxis(_ranges(age_years), -1, 0)
    short = _fall(recommended_low - hours, recommended_low - low)
    if not long_sleep_counts:
        return short
    long = _fall(hours - recommended_high, high - recommended_high)
    return np.minimum(short, long)


def vendor_duration_part(tst_h: ArrayLike) -> Floats:
    """The duration part of the vendor's sample code: steps of 100, 80, 60 and 40, whatever the age; NaN stays NaN.

    7 h to 9 h give 100, from 6 h and up to 10 h 80, from 5 h and up to 11 h 60, all else 40: a minute under 7 h costs
    20 points.
    """
    hours = np.asarray(tst_h, dtype=np.float64)
    steps = 40.0 + 20 * sum((hours >= 8 - away) & (hours <= 8 + away) for away in (1, 2, 3))
    return np.where(np.isnan(hours), np.nan, steps)


def recommended_hours(age_years: float | None) -> tuple[float, float]:
    """The hours of sleep recommended at an age, from and to; an age of None or NaN is judged as an adult's.

    They are the hours to which `duration_part` gives 100. At 40 years they are 7 h and 9 h.

    Raises:
        ValueError: an age below 0; `Sleeper.age_years` gives none.
    """
    _, low, high, _ = _ranges(math.nan if age_years is None else age_years)
    return float(low), float(high)


def overall(
    efficiency: ArrayLike, consistency: ArrayLike, duration: ArrayLike, weights: Weights | None = None
) -> Floats:
    """The score, 0 to 100, of its three parts; NaN where one of them is."""
    shares = weights or Weights()
    return (
        shares.efficiency * np.asarray(efficiency, dtype=np.float64)
        + shares.consistency * np.asarray(consistency, dtype=np.float64)
        + shares.duration * np.asarray(duration, dtype=np.float64)
    )


def without_consistency(efficiency: float, duration: float, weights: Weights) -> float:
    """The weighted mean of efficiency and duration alone; NaN where one is, or where both weigh nothing."""
    share = weights.efficiency + weights.duration
    return (weights.efficiency * efficiency + weights.duration * duration) / share if share else math.nan


def band(score: float) -> str:
    """The score in a word: "Excellent" from 90, "Good" from 80, "Fair" from 60, else "Poor"; "" for NaN.

    The word belongs to the score as it is shown, with one decimal: 89.96 is shown as 90.0 and is excellent.
    """
    if math.isnan(score):
        return ""
    shown = wording.rounded(score, 1)
    return next(word for edge, word in BANDS if shown >= edge)


def _ranges(age_years: ArrayLike) -> Floats:
    ages = np.asarray(age_years, dtype=np.float64)
    if (ages < 0).any():
        raise ValueError(f"an age is 0 years or more, not {ages.min()}; check the year of birth")
    known = np.where(np.isnan(ages), _ADULT_AGE, ages)
    return _HOURS[np.searchsorted(_AGES, known, side="right") - 1]


def _fall(beyond_h: Floats, to_limit_h: Floats) -> Floats:
    """100 up to the edge of the recommended range, 80 at the limit, then 20 points an hour down to 0."""
    within = 100 - 20 * np.maximum(beyond_h, 0) / to_limit_h
    outside = 80 - 20 * (beyond_h - to_limit_h)
    return np.maximum(np.where(beyond_h <= to_limit_h, within, outside), 0)
