"""What the values of people say about a difference: its interval, its size, and the tests.

Independent groups have Welch's test with Mann and Whitney's beside it; two periods of the same people have Student's
with Wilcoxon's. Source: SPEC 5.2; Welch 1947 (Biometrika 34:28).
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy

from analytics.effects import (
    Estimate,
    Floats,
    Standardised,
    flat,
    hedges_g,
    hodges_lehmann,
    paired_g,
    probability_of_superiority,
    pseudo_median,
)
from analytics.resampling import bootstrap_centre, bootstrap_difference


@dataclass(frozen=True, kw_only=True)
class OfMeans:
    """How far b lies above a (the second period above the first) by the means, and how sure that is.

    Attributes:
        difference: of the means, with Welch's interval (paired: Student's).
        standardised: Hedges' g, its interval from the t distribution (the default) and from the normal one.
        superiority: chance that somebody of b lies above somebody of a, 0 to 1 (paired: that a person lies higher in
            the second period), ties half.
        error: standard error of the difference.
        t, degrees, p: of Welch's test (paired: of Student's); NaN where nobody differs from anybody of their group.
    """

    difference: Estimate
    standardised: Standardised
    superiority: float
    error: float
    t: float
    degrees: float
    p: float

    def interval(self, confidence: float) -> Estimate:
        """The difference with the interval of the same test at another confidence, e.g. 0.99 instead of 0.95."""
        half = float(scipy.stats.t.ppf((1 + confidence) / 2, self.degrees)) * self.error
        value = self.difference.value
        return Estimate(value=value, low=value - half, high=value + half)


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """The same question asked without means, and without assuming anything of how values are spread.

    Attributes:
        shift: Hodges and Lehmann's (paired: the pseudo-median of the differences), with its interval.
        bootstrap_low, bootstrap_high: percentile interval of the difference; draws and seed as in `resampling`.
        rank_statistic, rank_p: Mann and Whitney's U of b (paired: Wilcoxon's sum of the ranks that rose).
    """

    shift: Estimate
    bootstrap_low: float
    bootstrap_high: float
    rank_statistic: float
    rank_p: float


@dataclass(frozen=True, kw_only=True)
class Evidence(OfMeans, Sensitivity):
    """Both: the means first, and beside them what does not rest on means."""


def between(x: Floats, y: Floats) -> Evidence:
    """How far the people of y lie above those of x; each has 2 people at least, none with NaN.

    `means_between` and `sensitivity_between` in one.
    """
    return both_of(means_between(x, y), sensitivity_between(x, y))


def both_of(means: OfMeans, sensitivity: Sensitivity) -> Evidence:
    """The two parts of the evidence as one."""
    return Evidence(**vars(means), **vars(sensitivity))


def means_between(x: Floats, y: Floats) -> OfMeans:
    """How far the mean of y lies above that of x; each has 2 people at least, none with NaN.

    The interval is Welch's: difference +- t(df) sqrt(s_x^2 / n_x + s_y^2 / n_y), df by Welch and Satterthwaite. Test
    and interval are NaN where nobody differs from anybody of their group.
    """
    error_x, error_y = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    error = math.sqrt(error_x + error_y)
    difference = float(y.mean() - x.mean())
    t, degrees, p, half = math.nan, math.nan, math.nan, math.nan
    if not flat(x, y):
        degrees = (error_x + error_y) ** 2 / (error_x**2 / (len(x) - 1) + error_y**2 / (len(y) - 1))
        t, p, half = _student(difference, error, degrees)
    return OfMeans(
        difference=Estimate(value=difference, low=difference - half, high=difference + half),
        standardised=hedges_g(x, y),
        superiority=probability_of_superiority(x, y),
        error=math.nan if math.isnan(t) else error,
        t=t,
        degrees=float(degrees),
        p=p,
    )


def sensitivity_between(x: Floats, y: Floats) -> Sensitivity:
    """Ranks and bootstrap of the people of y against those of x; each has 2 people at least, none with NaN."""
    rank = scipy.stats.mannwhitneyu(y, x, method="auto")
    low, high = bootstrap_difference(x, y)
    return Sensitivity(
        shift=hodges_lehmann(x, y),
        bootstrap_low=low,
        bootstrap_high=high,
        rank_statistic=float(rank.statistic),
        rank_p=float(rank.pvalue),
    )


@dataclass(frozen=True, kw_only=True)
class MeanChange:
    """How far people rose on average, and how sure that is; interval and p are NaN where nobody differs from another.

    Attributes:
        difference: mean of the people's differences with Student's 95 % interval.
        error: standard error of that mean.
        t, degrees, p: of Student's test.
    """

    difference: Estimate
    error: float
    t: float
    degrees: float
    p: float


def mean_change(away: Floats) -> MeanChange:
    """The mean of one difference a person, with Student's interval and test: mean +- t(n - 1) sd / sqrt(n).

    Args:
        away: 2 people at least, none with NaN.
    """
    difference = float(away.mean())
    error, t, degrees, p, half = math.nan, math.nan, math.nan, math.nan, math.nan
    if not flat(away):
        degrees, error = float(len(away) - 1), float(away.std(ddof=1)) / math.sqrt(len(away))
        t, p, half = _student(difference, error, degrees)
    return MeanChange(
        difference=Estimate(value=difference, low=difference - half, high=difference + half),
        error=error,
        t=t,
        degrees=degrees,
        p=p,
    )


def within(away: Floats) -> Evidence:
    """How far people rose, from one difference a person; 2 people at least, none with NaN.

    `means_within` and `sensitivity_within` in one.
    """
    return both_of(means_within(away), sensitivity_within(away))


def means_within(away: Floats) -> OfMeans:
    """How far people rose on average, from one difference a person: mean, interval and test of `mean_change`."""
    found = mean_change(away)
    return OfMeans(
        difference=found.difference,
        standardised=paired_g(away),
        superiority=float(((away > 0) + 0.5 * (away == 0)).mean()),
        error=found.error,
        t=found.t,
        degrees=found.degrees,
        p=found.p,
    )


def sensitivity_within(away: Floats) -> Sensitivity:
    """Ranks and bootstrap of one difference a person; Wilcoxon's test leaves out who did not move."""
    moved = away[away != 0]
    rank = scipy.stats.wilcoxon(moved, alternative="two-sided") if len(moved) else None
    ranks = scipy.stats.rankdata(np.abs(moved))
    low, high = bootstrap_centre(away)
    return Sensitivity(
        shift=pseudo_median(away),
        bootstrap_low=low,
        bootstrap_high=high,
        rank_statistic=float(ranks[moved > 0].sum()),
        rank_p=math.nan if rank is None else float(rank.pvalue),
    )


def _student(difference: float, error: float, degrees: float) -> tuple[float, float, float]:
    """t, its two-sided p, and half the 95 % interval."""
    t = difference / error
    return t, float(2 * scipy.stats.t.sf(abs(t), degrees)), float(scipy.stats.t.ppf(0.975, degrees)) * error
