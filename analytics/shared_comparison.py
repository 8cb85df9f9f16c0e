"""A comparison as it may leave the team: no single person, no least or greatest, no small group.

Figures that give the number of people away exactly (degrees of freedom, rank sums, the small-sample correction) go too
where counts are rounded. Source: SPEC 5.6.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

from analytics.cohorts import ENOUGH_PEOPLE, Comparison, Group
from analytics.disclosure import SHARED, Disclosure
from analytics.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class SharedGroup:
    """One group: the number of its people as it may be shown, and their figures; NaN is "not shown".

    Median and quartiles are single people's values and need a rule that lets those out.
    """

    people: float
    mean: float
    sd: float
    median: float
    q1: float
    q3: float


@dataclass(frozen=True, kw_only=True)
class SharedComparison:
    """Two groups as they may be shown; `evidence` is None where either is too small, for one mean tells the other."""

    design: Literal["independent", "paired"]
    a: SharedGroup
    b: SharedGroup
    evidence: Evidence | None
    notes: tuple[str, ...]


def shared_comparison(found: Comparison, rule: Disclosure = SHARED) -> SharedComparison:
    """The part of a comparison that a rule lets out.

    Args:
        found: of `cohorts.compare` or `cohorts.paired`.
        rule: what may be shown.
    """
    least = min(found.a.people, found.b.people)
    evidence = found.evidence if least >= rule.k else None
    notes = []
    if evidence is None:
        notes.append(f"A group has fewer than {rule.k} people, so nothing is told of how the two differ.")
    elif least < ENOUGH_PEOPLE:
        notes.append("Small sample.")
    if rule.round_to > 1:
        notes.append(f"Numbers of people are rounded to {rule.round_to}.")
    return SharedComparison(
        design=found.design,
        a=_group(found.a, rule),
        b=_group(found.b, rule),
        evidence=_without_counts(evidence) if evidence and rule.round_to > 1 else evidence,
        notes=tuple(notes),
    )


def _group(group: Group, rule: Disclosure) -> SharedGroup:
    def own(value: float) -> float:
        """A median or a quartile, which is one person's value or lies between two people's."""
        return rule.figure(value, group.people) if rule.individuals else math.nan

    return SharedGroup(
        people=rule.count(group.people),
        mean=rule.figure(group.mean, group.people),
        sd=rule.figure(group.sd, group.people),
        median=own(group.median),
        q1=own(group.q1),
        q3=own(group.q3),
    )


def _without_counts(evidence: Evidence) -> Evidence:
    bare = replace(evidence.standardised, cohen_d=math.nan, correction=math.nan)
    return replace(evidence, standardised=bare, degrees=math.nan, rank_statistic=math.nan)
