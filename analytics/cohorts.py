"""Two groups of people side by side, or the same people in two periods; a person is the unit, never a night.

Both ways end in one value object with counts, the difference with its interval, how large it is against the people's
own spread, and the tests; below 5 people a group there is nothing but the people themselves. Source: SPEC 5.1 to 5.5.
"""

from dataclasses import dataclass

import pandas as pd

from analytics.contrasts import (
    ENOUGH_PEOPLE,
    MINIMUM_PEOPLE,
    RESAMPLED,
    Contrast,
    Design,
    Group,
    changes,
    contrast_people,
    contrast_periods,
    describe,
)
from analytics.evidence import Evidence, both_of
from analytics.person_values import PersonValues, Reduce, person_values

__all__ = [
    "ENOUGH_PEOPLE",
    "MINIMUM_PEOPLE",
    "RESAMPLED",
    "Comparison",
    "Evidence",
    "Group",
    "changes",
    "compare",
    "compare_people",
    "describe",
    "paired",
    "paired_people",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two groups of people, or two periods of the same people.

    Attributes:
        design: "independent" or "paired".
        a, b: the groups (paired: the first and the second period, of the people who have both).
        evidence: None below 5 people in a group: then there are dots and no figure.
        notes: what a reader must know beside the figures, in words.
        only_a, only_b: paired: who has a value in one period only; empty otherwise.
        in_both: independent: who was in both groups and is counted in neither; empty otherwise.
    """

    design: Design
    a: Group
    b: Group
    evidence: Evidence | None
    notes: tuple[str, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    in_both: tuple[str, ...] = ()


def compare(
    a: pd.DataFrame, b: pd.DataFrame, *, days: int, reduce: Reduce = "mean", circular: bool = False
) -> Comparison:
    """Group b against group a, each person being the mean (or median) of their nights.

    Whoever is in both groups is counted in neither and named: such values are not independent.

    Args:
        a: one row per night, columns `person_id` and `value`; NaN is a night without a value.
        b: likewise.
        days: calendar days of the period, which decide how many nights a person needs (`person_values`).
        reduce: what a person's nights become.
        circular: whether the values are times of day in hours; differences are then taken the short way round.
    """
    return compare_people(
        person_values(a, days=days, reduce=reduce, circular=circular),
        person_values(b, days=days, reduce=reduce, circular=circular),
        circular=circular,
    )


def compare_people(a: PersonValues, b: PersonValues, *, circular: bool = False) -> Comparison:
    """Group b against group a, of people's values; see `compare`."""
    return _whole(contrast_people(a, b, circular=circular))


def paired(
    first: pd.DataFrame, second: pd.DataFrame, *, days: int, reduce: Reduce = "mean", circular: bool = False
) -> Comparison:
    """The second period against the first, of the people who have both.

    Args:
        first: one row per night of the first period, columns `person_id` and `value`.
        second: likewise of the second one.
        days: calendar days of each period, the shorter one's where they differ.
        reduce: what a person's nights of a period become.
        circular: whether the values are times of day in hours; differences are then taken the short way round.
    """
    return paired_people(
        person_values(first, days=days, reduce=reduce, circular=circular),
        person_values(second, days=days, reduce=reduce, circular=circular),
        circular=circular,
    )


def paired_people(before: PersonValues, after: PersonValues, *, circular: bool = False) -> Comparison:
    """The second period against the first, of people's values; see `paired`."""
    return _whole(contrast_periods(before, after, circular=circular))


def _whole(found: Contrast) -> Comparison:
    """The comparison with everything that is slow to compute."""
    sensitivity = found.sensitivity()
    return Comparison(
        design=found.design,
        a=found.a,
        b=found.b,
        evidence=both_of(found.means, sensitivity) if found.means and sensitivity else None,
        notes=found.notes,
        only_a=found.only_a,
        only_b=found.only_b,
        in_both=found.in_both,
    )
