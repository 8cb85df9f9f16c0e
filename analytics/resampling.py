"""Bootstrap intervals: how much a difference would move if other people of the same kind had been recorded.

People are drawn with replacement, never nights. The draws come from a seed that is stated, so the same people give the
same interval, on every machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Centre = Literal["mean", "median"]

RESAMPLES: Final = 9_999
SEED: Final = 42
CONFIDENCE: Final = 0.95
_CENTRES: Final[dict[Centre, Callable[..., Floats]]] = {"mean": np.mean, "median": np.median}
# Draws are made some rows at a time: the numbers are the same, the memory is bounded.
_NUMBERS_AT_ONCE = 2_000_000
_POINTS, _NO_SPREAD = 61, 1e-12


@dataclass(frozen=True, kw_only=True)
class BootstrapShape:
    """How the figures of all draws are spread.

    Attributes:
        at: figures, from the least to the greatest that was drawn, evenly apart; empty where all draws are alike.
        density: how many draws lie around each, the most being 1 (a kernel estimate by Scott's rule).
    """

    at: tuple[float, ...]
    density: tuple[float, ...]


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
    turned, away = _differences(a, b, centre, resamples, seed)
    return _interval(away, turned=turned)


def difference_shape(
    a: ArrayLike, b: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED
) -> BootstrapShape:
    """How the draws behind `bootstrap_difference` are spread, as a curve; empty where all are alike."""
    turned, away = _differences(a, b, "mean", resamples, seed)
    return _shape(away, turned=turned)


def bootstrap_centre(
    values: ArrayLike, *, centre: Centre = "mean", resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """The percentile interval (95 %) of the mean or median of one group, e.g. of paired differences.

    Values that are all negated give the interval negated, exactly. NaN for an empty group.
    """
    turned, away = _means(values, centre, resamples, seed)
    return _interval(away, turned=turned)


def centre_shape(values: ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> BootstrapShape:
    """How the draws behind `bootstrap_centre` are spread, as a curve; empty where all are alike."""
    turned, away = _means(values, "mean", resamples, seed)
    return _shape(away, turned=turned)


def _differences(
    a: ArrayLike, b: ArrayLike, centre: Centre, resamples: int, seed: int
) -> tuple[bool, Floats]:
    """The differences of the draws, and whether they are a minus b."""
    first, second = (np.asarray(group, dtype=np.float64).reshape(-1) for group in (a, b))
    if not len(first) or not len(second):
        return False, np.empty(0)
    turned = first.tolist() > second.tolist()
    lower, upper = (second, first) if turned else (first, second)
    generator = np.random.default_rng(seed)
    drawn_first = _centres(upper, centre, resamples, generator)
    away = drawn_first - _centres(lower, centre, resamples, generator)
    if np.array_equal(first, second):
        # Nothing tells the groups apart, so neither may lie on top.
        away = np.concatenate([away, -away])
    return turned, away


def _means(values: ArrayLike, centre: Centre, resamples: int, seed: int) -> tuple[bool, Floats]:
    """The centres of the draws, and whether they are of the values negated."""
    group = np.asarray(values, dtype=np.float64).reshape(-1)
    if not len(group):
        return False, np.empty(0)
    turned = group.tolist() < (-group).tolist()
    return turned, _centres(-group if turned else group, centre, resamples, np.random.default_rng(seed))


def _interval(found: Floats, *, turned: bool) -> tuple[float, float]:
    if not len(found):
        return np.nan, np.nan
    low, high = _percentile_interval(found)
    return (-high, -low) if turned else (low, high)


def _shape(found: Floats, *, turned: bool) -> BootstrapShape:
    found = -found if turned else found
    if len(found) < 2 or not float(np.ptp(found)) > _NO_SPREAD * max(1.0, float(np.abs(found).max())):
        return BootstrapShape(at=(), density=())
    at = np.linspace(float(found.min()), float(found.max()), _POINTS)
    density = scipy.stats.gaussian_kde(found)(at)
    return BootstrapShape(at=tuple(at.tolist()), density=tuple((density / density.max()).tolist()))


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
