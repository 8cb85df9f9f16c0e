"""Several p values of one question, adjusted for their number.

Holm's method guards the metrics that were named before looking (one false alarm among all of them in 20 such
comparisons); Benjamini and Hochberg's bounds the share of false alarms among the findings of an exploratory grid.
Source: SPEC 5.4; Holm 1979 (Scand J Stat 6:65), Benjamini and Hochberg 1995 (J R Stat Soc B 57:289).
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ALPHA: Final = 0.05
PRIMARY_METRICS: Final = ("tst_min", "se_pct", "midsleep_sd_min")
"""What a comparison of cohorts is about, declared before anybody looks; everything else is exploratory [P]."""


def holm(p: ArrayLike) -> Floats:
    """Adjusted p values in the order given: the i-th smallest times (n - i + 1), never falling, at most 1.

    NaN (no test was made) stays NaN and does not count in n. `[.012, .034, .041, .30, .003]` becomes
    `[.048, .102, .102, .30, .015]`.

    Raises:
        ValueError: a value outside 0 to 1.
    """
    values, order = _ordered(p)
    adjusted = values.copy()
    left = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * left), 1.0)
    return adjusted


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p values in the order given: the i-th smallest times n / i, never rising from the largest down.

    NaN stays NaN and does not count in n. `[.012, .034, .041, .30, .003]` becomes
    `[.03, .05125, .05125, .30, .015]`.

    Raises:
        ValueError: a value outside 0 to 1.
    """
    values, order = _ordered(p)
    adjusted = values.copy()
    rank = np.arange(1, len(order) + 1)
    raised = (values[order] * len(order) / rank)[::-1]
    adjusted[order] = np.minimum(np.minimum.accumulate(raised)[::-1], 1.0)
    return adjusted


def holm_confidence(p: ArrayLike, *, alpha: float = ALPHA) -> float:
    """The confidence of intervals that leave 0 out exactly where `holm` finds a difference: 1 - alpha / (n - r).

    r of the n p values are found (adjusted under alpha); Holm's method stopped at that step, and the interval of
    whatever was not found is as wide as its step asks. Without a find it is Bonferroni's 1 - alpha / n. NaN without p.
    """
    adjusted = holm(p)
    known = int((~np.isnan(adjusted)).sum())
    return 1 - alpha / max(known - int((adjusted < alpha).sum()), 1) if known else math.nan


def benjamini_hochberg_confidence(p: ArrayLike, *, alpha: float = ALPHA) -> float:
    """The confidence of intervals that leave 0 out exactly where `benjamini_hochberg` finds something: 1 - r alpha / n.

    Of the intervals of the r that were found so large a share as alpha fails to hold its value, on average (false
    coverage rate; Benjamini and Yekutieli 2005, J Am Stat Assoc 100:71). Without a find it is 1 - alpha / n; NaN
    without p.
    """
    adjusted = benjamini_hochberg(p)
    known = int((~np.isnan(adjusted)).sum())
    return 1 - max(int((adjusted < alpha).sum()), 1) * alpha / known if known else math.nan


def _ordered(p: ArrayLike) -> tuple[Floats, NDArray[np.intp]]:
    """The values, and where the known ones are, smallest first."""
    values = np.array(p, dtype=np.float64).reshape(-1)
    known = np.flatnonzero(~np.isnan(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("a p value lies between 0 and 1; pass p values, not statistics")
    return values, known[np.argsort(values[known], kind="stable")]
