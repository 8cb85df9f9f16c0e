"""Bootstrap intervals: how much a difference would move if other people of the same kind had been recorded.

People are drawn with replacement, never nights. The draws come from a seed that is stated, so the same people give the
same interval, on every machine.
"""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Centre = Literal["mean", "median"]

RESAMPLES: Final = 9_999
SEED: Final = 42
CONFIDENCE: Final = 0.95
_CENTRES: Final[dict[Centre, Callable[..., Floats]]] = {"mean": np.mean, "median": np.median}
# Draws are made some rows at a time: the numbers are the same, the memory is bounded.
_NUMBERS_AT_ONCE = 2_000_000


def bootstrap_difference(
    a: ArrayLike, b: ArrayLike, *, centre: Centre = "mean", resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """The percentile interval (95 %) of the difference of two groups' means or medians, b minus a.

    Each group is drawn anew with replacement `resamples` times; the interval runs from the 2.5th to the 97.5th
    percentile of the differences. Equals `scipy.stats.bootstrap(..., method="percentile")` with the group that sorts
    last as its first sample, whichever is a: so exchanging the groups exchanges and negates the ends exactly. Values
    count in the order given: sort them (by person) where the same people must give the same interval.

    Args:
        a: one value per person, none NaN.
        b: likewise.
        centre: "mean" or "median".
        resamples: how many times.
        seed: of numpy's default generator.

    Returns:
        (low, high); NaN where a group is empty.
    """
    first, second = (np.asarray(group, dtype=np.float64).reshape(-1) for group in (a, b))
    if not len(first) or not len(second):
        return np.nan, np.nan
    turned = first.tolist() > second.tolist()
    lower, upper = (second, first) if turned else (first, second)
    generator = np.random.default_rng(seed)
    drawn_first = _centres(upper, centre, resamples, generator)
    away = drawn_first - _centres(lower, centre, resamples, generator)
    if np.array_equal(first, second):
        # Nothing tells the groups apart, so neither may lie on top.
        away = np.concatenate([away, -away])
    low, high = _percentile_interval(away)
    return (-high, -low) if turned else (low, high)


def bootstrap_centre(
    values: ArrayLike, *, centre: Centre = "mean", resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """The percentile interval (95 %) of the mean or median of one group, e.g. of paired differences.

    Values that are all negated give the interval negated, exactly. NaN for an empty group.
    """
    group = np.asarray(values, dtype=np.float64).reshape(-1)
    if not len(group):
        return np.nan, np.nan
    turned = group.tolist() < (-group).tolist()
    generator = np.random.default_rng(seed)
    low, high = _percentile_interval(_centres(-group if turned else group, centre, resamples, generator))
    return (-high, -low) if turned else (low, high)


def _centres(group: Floats, centre: Centre, resamples: int, generator: np.random.Generator) -> Floats:
    find = _CENTRES[centre]
    rows = max(1, _NUMBERS_AT_ONCE // len(group))
    found = np.empty(resamples)
    for start in range(0, resamples, rows):
        size = min(rows, resamples - start)
        drawn = generator.integers(0, len(group), (size, len(group)))
        found[start : start + size] = find(group[drawn], axis=1)
    return found


def _percentile_interval(found: Floats) -> tuple[float, float]:
    edge = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(found, [edge, 100 - edge])
    return float(low), float(high)
