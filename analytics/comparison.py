"""Two groups of people, or two periods of one group, by every metric at once: what a screen says first.

Everything here rests on means and is quick; ranks, bootstrap and the mixed model are of one metric
(`comparison_detail`). The p values of all metrics are adjusted together, and the intervals that go with them. Every
difference is b minus a. Source: SPEC 5.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from analytics.cohort_metrics import CohortMetric
from analytics.comparison_people import METRICS, GroupValues
from analytics.contrasts import Contrast, Design, Group, contrast_people, contrast_periods
from analytics.effects import NO_ESTIMATE, Estimate, flat
from analytics.evidence import mean_change
from analytics.multiplicity import (
    benjamini_hochberg,
    benjamini_hochberg_confidence,
    holm,
    holm_confidence,
)
from analytics.person_values import PersonValues
from analytics.trends import SIGNIFICANT_P

__all__ = ["TOO_SMALL_SD", "Compared", "ComparedMetric", "MetricPeople", "two_groups", "two_periods"]

Way = Literal["more", "less", "unclear"]
TOO_SMALL_SD: Final = 0.2
"""Differences of fewer standard deviations are too small to matter (Cohen's "small"; SPEC has none, [P])."""

# The index of regularity goes from one day to the next; a spread grows with the length of the period.
_OF_ANY_LENGTH: Final = ("sri", "")


@dataclass(frozen=True, kw_only=True)
class MetricPeople:
    """Who of a group is behind a metric, and who is not.

    Attributes:
        people: how many are counted.
        size: how many the group has.
        nights: nights behind all values.
        of: nights that the counted people could have had.
        too_few: ids of those with nights, but too few of them or no typical time.
        without: ids of those without any night for it.
        not_compared: ids of those with a value that is not compared: in both groups, in one period only, or a score
            whose consistency comes from another estimator in the other period (in periods of different lengths: from a
            spread).
    """

    people: int
    size: int
    nights: int
    of: int
    too_few: tuple[str, ...]
    without: tuple[str, ...]
    not_compared: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedMetric:
    """One metric of both.

    Attributes:
        metric: what is compared.
        contrast: groups, difference and notes, nothing rounded.
        a, b: who is behind it.
        mean_a, mean_b: of the people's values with Student's 95 % interval; NaN below 5 people, and on the clock where
            there is no typical time.
        p_adjusted: by Holm (declared beforehand) or Benjamini and Hochberg (the others), over all metrics; NaN where no
            test was made.
        adjusted: the difference with an interval that leaves 0 out exactly where `p_adjusted` is under 0.05.
        confidence: of that interval, 0 to 1; NaN where no test was made.
        sd: standard deviation of the people, pooled over both; NaN where there is none.
        withheld: why it is not compared although people have values, in a sentence; "" where it is.
    """

    metric: CohortMetric
    contrast: Contrast
    a: MetricPeople
    b: MetricPeople
    mean_a: Estimate
    mean_b: Estimate
    p_adjusted: float = math.nan
    adjusted: Estimate = NO_ESTIMATE
    confidence: float = math.nan
    sd: float = math.nan
    withheld: str = ""

    @property
    def way(self) -> Way:
        """Whether b has more or less; unclear from an adjusted p of 0.05, and without a test."""
        if self.contrast.means is None or not self.p_adjusted < SIGNIFICANT_P:
            return "unclear"
        return "more" if self.contrast.means.difference.value > 0 else "less"

    @property
    def in_sd(self) -> Estimate:
        """The difference with its adjusted interval in standard deviations of the people."""
        if not self.sd > 0:
            return NO_ESTIMATE
        of = self.adjusted
        return Estimate(value=of.value / self.sd, low=of.low / self.sd, high=of.high / self.sd)

    @property
    def too_small(self) -> bool:
        """Whether the whole adjusted interval lies where a difference is too small to matter."""
        found = self.in_sd
        return found.low > -TOO_SMALL_SD and found.high < TOO_SMALL_SD


@dataclass(frozen=True, kw_only=True, eq=False)
class Compared:
    """Two groups, or two periods of one group, by every metric.

    Attributes:
        design: "independent" for groups, "paired" for periods.
        a, b: the groups, or the first and the second period.
        metrics: by id, in the order of `METRICS`.
    """

    design: Design
    a: GroupValues
    b: GroupValues
    metrics: Mapping[str, ComparedMetric]

    @property
    def withheld(self) -> Mapping[str, str]:
        """By id of a metric why it is not compared although people have values, in a sentence."""
        return {name: each.withheld for name, each in self.metrics.items() if each.withheld}

    @property
    def tested(self) -> tuple[ComparedMetric, ...]:
        """The metrics with a test, which is what p values are adjusted for."""
        return tuple(each for each in self.metrics.values() if not math.isnan(each.p_adjusted))


def two_groups(a: GroupValues, b: GroupValues) -> Compared:
    """Group b against group a; whoever is in both is counted in neither.

    Args:
        a: one group in the period.
        b: the other in the same period.

    Raises:
        ValueError: the two are of different periods.
    """
    if (a.first, a.last) != (b.first, b.last):
        raise ValueError("two groups are compared over one period; for two periods use two_periods")

    def contrast(name: str) -> Contrast:
        return contrast_people(a.values[name], b.values[name], circular=METRICS[name].circular)

    return _compared("independent", a, b, contrast, withheld={})


def two_periods(before: GroupValues, after: GroupValues) -> Compared:
    """The second period of a group against the first, of the people who have both.

    Scores count where consistency comes from the same estimator in both; spreads of periods of different lengths are
    not compared, nor scores whose consistency is one, because the shorter one would seem steadier in everybody.

    Args:
        before: the group in the first period; how many nights a person needs is judged by the shorter one.
        after: in the second.
    """
    same = _same_estimator(before, after)
    withheld = {}
    if before.days != after.days:
        withheld["sd_midsleep_min"] = (
            "Spreads of periods of different lengths are not compared: the shorter would seem steadier in everybody."
        )

    def contrast(name: str) -> Contrast:
        one, other = before.values[name], after.values[name]
        if name == "score":
            one, other = (_only(values, same) for values in (one, other))
        if name in withheld:
            one, other = (_only(values, set()) for values in (one, other))
        found = contrast_periods(one, other, circular=METRICS[name].circular)
        # Notes on how few people are left would give a reason that is none.
        return replace(found, notes=()) if name in withheld else found

    return _compared("paired", before, after, contrast, withheld=withheld)


def _compared(
    design: Design,
    a: GroupValues,
    b: GroupValues,
    contrast: Callable[[str], Contrast],
    *,
    withheld: Mapping[str, str],
) -> Compared:
    bare = {name: _bare(METRICS[name], contrast(name), a, b, withheld.get(name, "")) for name in METRICS}
    adjusted = dict(_adjusted(bare))
    return Compared(
        design=design,
        a=a,
        b=b,
        metrics={name: adjusted[name] for name in METRICS},
    )


def _bare(
    metric: CohortMetric, contrast: Contrast, a: GroupValues, b: GroupValues, withheld: str
) -> ComparedMetric:
    """A metric before its p value is adjusted."""
    one, other = _people(contrast.a, a, metric), _people(contrast.b, b, metric)
    return ComparedMetric(
        metric=metric,
        contrast=contrast,
        a=one,
        b=other,
        mean_a=_mean(contrast, contrast.a),
        mean_b=_mean(contrast, contrast.b),
        sd=_pooled_sd(contrast),
        withheld=withheld,
    )


def _people(counted: Group, of: GroupValues, metric: CohortMetric) -> MetricPeople:
    found = of.values[metric.id]
    known = {*found.values.index, *found.left_out}
    return MetricPeople(
        people=counted.people,
        size=len(of.people),
        nights=counted.nights,
        of=counted.people * of.days,
        too_few=found.left_out,
        without=tuple(who for who in of.people if who not in known),
        not_compared=tuple(found.values.index.difference(counted.values.index)),
    )


def _mean(contrast: Contrast, group: Group) -> Estimate:
    """A group's mean with its interval; of neither where one is too small or has no typical time."""
    if contrast.means is None or math.isnan(group.mean):
        return NO_ESTIMATE
    return mean_change(np.asarray(group.values, dtype=np.float64)).difference


def _pooled_sd(contrast: Contrast) -> float:
    n, m = contrast.a.people, contrast.b.people
    x, y = (np.asarray(group.values, dtype=np.float64) for group in (contrast.a, contrast.b))
    if contrast.means is None or flat(x, y):
        return math.nan
    return math.sqrt(((n - 1) * contrast.a.sd**2 + (m - 1) * contrast.b.sd**2) / (n + m - 2))


def _adjusted(bare: Mapping[str, ComparedMetric]) -> Iterator[tuple[str, ComparedMetric]]:
    """Each metric with adjusted p and interval: Holm among those declared, Benjamini and Hochberg among the others."""
    families = ((True, holm, holm_confidence), (False, benjamini_hochberg, benjamini_hochberg_confidence))
    for primary, adjust, confident in families:
        family = {name: each for name, each in bare.items() if each.metric.primary == primary}
        p = [math.nan if each.contrast.means is None else each.contrast.means.p for each in family.values()]
        confidence = confident(p)
        for (name, each), p_adjusted in zip(family.items(), adjust(p).tolist(), strict=True):
            means = each.contrast.means
            if means is None or math.isnan(p_adjusted):
                yield name, each
            else:
                yield (
                    name,
                    replace(
                        each,
                        p_adjusted=p_adjusted,
                        adjusted=means.interval(confidence),
                        confidence=confidence,
                    ),
                )


def _same_estimator(before: GroupValues, after: GroupValues) -> set[str]:
    one = before.estimators
    other = after.estimators.reindex(one.index)
    same = one.eq(other)
    if before.days != after.days:
        same &= one.isin(_OF_ANY_LENGTH)
    return set(one.index[same.to_numpy()])


def _only(values: PersonValues, ids: set[str]) -> PersonValues:
    kept = values.values.index.isin(list(ids))
    return PersonValues(
        values=values.values[kept],
        nights=values.nights[kept],
        low_confidence=tuple(who for who in values.low_confidence if who in ids),
        left_out=values.left_out,
    )
