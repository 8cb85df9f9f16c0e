"""How far two groups lie apart, in units that a reader can weigh: standard deviations, chances, minutes.

Every figure is b minus a, so exchanging the groups changes signs and nothing else. Values are one per person.
Source: SPEC 5.2; Hedges 1981 (J Educ Stat 6:107), Hodges and Lehmann 1963 (Ann Math Stat 34:598), McGraw and Wong 1992
(Psychol Bull 111:361).
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
# Up to here the rank sum's distribution is counted out; beyond, the normal one is as good.
_MOST_COUNTED = 20
# A spread this small against the size of the values is the last places of floating point, not of people.
_NO_SPREAD = 1e-12


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with the ends of its 95 % interval, in one unit; NaN where it is not defined."""

    value: float
    low: float
    high: float


NO_ESTIMATE = Estimate(value=math.nan, low=math.nan, high=math.nan)


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """A difference in units of the people's own spread.

    Attributes:
        hedges_g: Cohen's d times the small-sample correction.
        cohen_d: difference of the means over the pooled standard deviation.
        correction: J = 1 - 3 / (4 N - 9), N people in all (paired: 1 - 3 / (4 (n - 1) - 1)).
        low, high: the default 95 % interval, from the t distribution: it is the wider one, and the one that other tools
            print.
        low_normal, high_normal: the same with 1.96 standard errors.
    """

    hedges_g: float
    cohen_d: float
    correction: float
    low: float
    high: float
    low_normal: float
    high_normal: float


def flat(*groups: Floats) -> bool:
    """Whether nobody differs from anybody of their group, but for the last places of floating point."""
    known = [group for group in groups if len(group)]
    size = max(1.0, *(float(np.abs(group).max()) for group in known)) if known else 1.0
    return all(float(np.ptp(group)) <= _NO_SPREAD * size for group in known)


def hedges_g(a: ArrayLike, b: ArrayLike) -> Standardised:
    """The difference of two groups' means (b minus a) in pooled standard deviations, corrected for small samples.

    g = J (mean_b - mean_a) / s, s the pooled standard deviation, J = 1 - 3 / (4 N - 9);
    SE = sqrt(N / (n_a n_b) + g^2 / (2 N)); the interval is g +- t(N - 2) SE. Everything is NaN with fewer than 2 people
    in a group and where nobody differs within either.
    """
    first, second = _values(a), _values(b)
    n, m = len(first), len(second)
    if n < 2 or m < 2 or flat(first, second):
        return _no_standard()
    degrees = n + m - 2
    pooled = math.sqrt(((n - 1) * first.var(ddof=1) + (m - 1) * second.var(ddof=1)) / degrees)
    correction = 1 - 3 / (4 * (n + m) - 9)
    return _standardised(
        float(second.mean() - first.mean()),
        pooled,
        correction=correction,
        people=(n * m / (n + m), n + m),
        degrees=degrees,
    )


def paired_g(differences: ArrayLike) -> Standardised:
    """The mean of paired differences in their own standard deviations (d_z), corrected for small samples.

    g = J mean / sd, J = 1 - 3 / (4 (n - 1) - 1); SE = sqrt(1 / n + g^2 / (2 n)); the interval is g +- t(n - 1) SE.
    It is not comparable with the g of two groups. NaN with fewer than 2 people and where nobody's difference differs.
    """
    values = _values(differences)
    n = len(values)
    if n < 2 or flat(values):
        return _no_standard()
    correction = 1 - 3 / (4 * (n - 1) - 1)
    return _standardised(
        float(values.mean()), float(values.std(ddof=1)), correction=correction, people=(n, n), degrees=n - 1
    )


def probability_of_superiority(a: ArrayLike, b: ArrayLike) -> float:
    """The chance that somebody of b has a higher value than somebody of a, 0 to 1; ties count half.

    It is U_b / (n_a n_b) of Mann and Whitney; 0.5 is no difference. NaN for an empty group.
    """
    first, second = _values(a), _values(b)
    if not len(first) or not len(second):
        return math.nan
    ordered = np.sort(first)
    below = np.searchsorted(ordered, second, side="left")
    up_to = np.searchsorted(ordered, second, side="right")
    return float((below + up_to).sum() / 2 / (len(first) * len(second)))


def hodges_lehmann(a: ArrayLike, b: ArrayLike) -> Estimate:
    """The shift between two groups: the median of all differences (b minus a) of a person of each.

    The 95 % interval (Moses) runs between two of the sorted differences, the same number from either end as the rank
    sum test leaves out; counted exactly up to 20 people a group, by the normal approximation beyond, and never narrower
    than 95 %. NaN for an empty group; with too few people for 95 % the interval is all of the differences.
    """
    first, second = _values(a), _values(b)
    if not len(first) or not len(second):
        return NO_ESTIMATE
    away = np.sort((second[None, :] - first[:, None]).ravel())
    return _between_ranks(away, _rank_sum_tail(len(first), len(second)))


def pseudo_median(differences: ArrayLike) -> Estimate:
    """The centre of paired differences: the median of the means of all pairs of them (Walsh averages).

    The 95 % interval follows the signed rank test in the same way as that of `hodges_lehmann`.
    """
    values = _values(differences)
    if not len(values):
        return NO_ESTIMATE
    rows, columns = np.triu_indices(len(values))
    walsh = np.sort((values[rows] + values[columns]) / 2)
    return _between_ranks(walsh, _signed_rank_tail(len(values)))


def _values(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64).reshape(-1)


def _standardised(
    difference: float, spread: float, *, correction: float, people: tuple[float, int], degrees: int
) -> Standardised:
    """Of a difference and its spread; `people` are the effective number behind the means, and all of them."""
    if not spread > 0:
        return _no_standard()
    d = difference / spread
    g = correction * d
    error = math.sqrt(1 / people[0] + g * g / (2 * people[1]))
    t, z = (float(value) for value in (scipy.stats.t.ppf(0.975, degrees), scipy.stats.norm.ppf(0.975)))
    return Standardised(
        hedges_g=g,
        cohen_d=d,
        correction=correction,
        low=g - t * error,
        high=g + t * error,
        low_normal=g - z * error,
        high_normal=g + z * error,
    )


def _no_standard() -> Standardised:
    return Standardised(
        hedges_g=math.nan,
        cohen_d=math.nan,
        correction=math.nan,
        low=math.nan,
        high=math.nan,
        low_normal=math.nan,
        high_normal=math.nan,
    )


def _between_ranks(ordered: Floats, tail: int) -> Estimate:
    """The median of sorted values, and the values that have `tail` others outside of them at either end."""
    return Estimate(
        value=float(np.median(ordered)),
        low=float(ordered[tail]),
        high=float(ordered[len(ordered) - 1 - tail]),
    )


def _rank_sum_tail(n: int, m: int) -> int:
    """How many differences may lie outside at either end, so that the interval holds at least 95 %."""
    if max(n, m) > _MOST_COUNTED:
        return _normal_tail(n * m / 2, n * m * (n + m + 1) / 12)
    ways = np.zeros(n * m + 1)
    ways[0] = 1
    # The product of (1 - x^(m + i)) / (1 - x^i) over i = 1..n counts the orders of the people by their U.
    for i in range(1, n + 1):
        ways[m + i :] -= ways[: len(ways) - m - i].copy()
        for start in range(i):
            ways[start::i] = np.cumsum(ways[start::i])
    return _counted_tail(ways)


def _signed_rank_tail(n: int) -> int:
    if n > _MOST_COUNTED:
        return _normal_tail(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24)
    ways = np.zeros(n * (n + 1) // 2 + 1)
    ways[0] = 1
    for rank in range(1, n + 1):
        ways[rank:] += ways[: len(ways) - rank].copy()
    return _counted_tail(ways)


def _counted_tail(ways: Floats) -> int:
    below = np.cumsum(ways) / ways.sum()
    return max(0, int(np.searchsorted(below, (1 - CONFIDENCE) / 2, side="right")) - 1)


def _normal_tail(mean: float, variance: float) -> int:
    z = float(scipy.stats.norm.ppf((1 + CONFIDENCE) / 2))
    return max(0, math.floor(mean - z * math.sqrt(variance) - 0.5))
