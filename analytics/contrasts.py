"""Two groups of people side by side, or the same people in two periods, before anything slow is computed.

A person is the unit, never a night. What a screen says first rests on means (`evidence.OfMeans`); ranks and bootstrap
(`Contrast.sensitivity`) may follow, and `cohorts` puts both together. Below 5 people a group there is nothing but the
people themselves. Source: SPEC 5.1 to 5.5.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from analytics import wording
from analytics.evidence import (
    OfMeans,
    Sensitivity,
    means_between,
    means_within,
    sensitivity_between,
    sensitivity_within,
)
from analytics.person_values import PersonValues
from analytics.resampling import RESAMPLES, SEED, BootstrapShape, centre_shape, difference_shape
from analytics.time_of_day import Floats, circular_mean_h, unrolled_h

__all__ = [
    "ENOUGH_PEOPLE",
    "MINIMUM_PEOPLE",
    "NO_TYPICAL_CHANGE",
    "NO_TYPICAL_TIME",
    "RESAMPLED",
    "Contrast",
    "Design",
    "Group",
    "changes",
    "contrast_people",
    "contrast_periods",
    "describe",
]

Design = Literal["independent", "paired"]

MINIMUM_PEOPLE: Final = 5
ENOUGH_PEOPLE: Final = 10
RESAMPLED: Final = f"Bootstrap: {RESAMPLES:,} draws of people, seed {SEED}, percentile interval."
NO_TYPICAL_TIME: Final = "The people's times lie all round the clock: there is no typical time to compare."
NO_TYPICAL_CHANGE: Final = "People's changes lie all round the clock: there is no typical change."
NO_TYPICAL_TIMES: Final = (
    "In one period at least people's times lie all round the clock: there is a change, and no typical time."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """The people of one group, or of one period.

    Attributes:
        people: how many people have a value.
        nights: nights behind all of their values.
        nights_least, nights_most: nights behind one person's value, at least and at most; 0 for nobody.
        mean, sd, median, q1, q3: of the people's values (sd with n - 1); NaN below 5 people. On the clock in hours, the
            sd too; q1 may lie before midnight of q3's day, and every time is taken modulo 24 to be shown.
        values: each person's value by person_id, for the dots.
        left_out: ids of those with too few nights, or with no typical time.
    """

    people: int
    nights: int
    nights_least: int
    nights_most: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    values: "pd.Series[float]"
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Contrast:
    """Two groups of people, or two periods of the same people, by their means.

    Attributes:
        design: "independent" or "paired".
        a, b: the groups (paired: the first and the second period, of the people who have both).
        means: None below 5 people in a group: then there are dots and no figure.
        notes: what a reader must know beside the figures, in words.
        only_a, only_b: paired: who has a value in one period only; empty otherwise.
        in_both: independent: who was in both groups and is counted in neither; empty otherwise.
        compared: what the figures are computed from: the values of a and of b, or of each person the difference.
    """

    design: Design
    a: Group
    b: Group
    means: OfMeans | None
    notes: tuple[str, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    in_both: tuple[str, ...] = ()
    compared: tuple[Floats, ...] = ()

    def sensitivity(self) -> Sensitivity | None:
        """Ranks and bootstrap of the same values; None where there are no means either."""
        if self.means is None:
            return None
        if self.design == "paired":
            return sensitivity_within(self.compared[0])
        return sensitivity_between(*self.compared)

    def shape(self) -> BootstrapShape | None:
        """How the bootstrap's differences are spread; None where there are no means."""
        if self.means is None:
            return None
        return centre_shape(self.compared[0]) if self.design == "paired" else difference_shape(*self.compared)


def contrast_people(a: PersonValues, b: PersonValues, *, circular: bool = False) -> Contrast:
    """Group b against group a, of people's values, each in one group; who is in both is counted in neither and named.

    Args:
        a: one value a person.
        b: likewise.
        circular: whether the values are times of day in hours; differences are then taken the short way round.
    """
    both = tuple(a.values.index[a.values.index.isin(b.values.index)])
    first, second = (_without(group, both) for group in (a, b))
    notes = [*_about_both(both), *_about_nights(a, b)]
    one, other = _side_by_side(first.values, second.values) if circular else (first.values, second.values)
    if one is None or other is None:
        least = min(len(first.values), len(second.values))
        notes += [NO_TYPICAL_TIME] if least >= MINIMUM_PEOPLE else _about_size(least, None, "a group")
        return Contrast(
            design="independent",
            a=_group(first, first.values, summarised=False),
            b=_group(second, second.values, summarised=False),
            means=None,
            notes=tuple(notes),
            in_both=both,
            compared=(_floats(first.values), _floats(second.values)),
        )
    x, y = _floats(one), _floats(other)
    means = means_between(x, y) if min(len(x), len(y)) >= MINIMUM_PEOPLE else None
    notes += _about_size(min(len(x), len(y)), means, "a group")
    return Contrast(
        design="independent",
        a=_group(first, one),
        b=_group(second, other),
        means=means,
        notes=tuple(notes),
        in_both=both,
        compared=(x, y),
    )


def contrast_periods(before: PersonValues, after: PersonValues, *, circular: bool = False) -> Contrast:
    """The second period against the first, of the people who have a value in both.

    Args:
        before: one value a person in the first period.
        after: likewise in the second.
        circular: whether the values are times of day in hours; differences are then taken the short way round.
    """
    only_a, only_b = (
        tuple(one.values.index.difference(other.values.index))
        for one, other in ((before, after), (after, before))
    )
    notes = [*_about_one_period(only_a, "second"), *_about_one_period(only_b, "first")]
    notes += _about_nights(before, after)
    before, after = (_without(period, only) for period, only in ((before, only_a), (after, only_b)))
    away = _floats(changes(before, after, circular=circular))
    one, other, typical = before.values, after.values, True
    lost = circular and len(away) >= MINIMUM_PEOPLE and math.isnan(circular_mean_h(away)[0])
    if circular:
        typical = not any(_no_typical_time(each.values) for each in (before, after))
        line = _on_a_line(one)
        one = one if line is None else line
        other = one + away
    means = means_within(away) if len(away) >= MINIMUM_PEOPLE and not lost else None
    notes += [NO_TYPICAL_CHANGE] if lost else _about_size(len(away), means, "with both periods")
    if means is not None and not typical:
        notes.append(NO_TYPICAL_TIMES)
    return Contrast(
        design="paired",
        a=_group(before, one, summarised=typical),
        b=_group(after, other, summarised=typical),
        means=means,
        notes=tuple(notes),
        only_a=only_a,
        only_b=only_b,
        compared=(away,),
    )


def changes(before: PersonValues, after: PersonValues, *, circular: bool = False) -> "pd.Series[float]":
    """How far each person with a value in both periods moved: after - before, by person_id.

    Args:
        before: one value a person in the first period.
        after: likewise in the second.
        circular: whether the values are times of day in hours; everybody's way round is then the one that lies within
            12 h of the typical change, and the short one where there is none.
    """
    both = after.values.index.intersection(before.values.index)
    away = after.values.loc[both] - before.values.loc[both]
    if not circular:
        return away
    # Half a day is as far one way as the other; a rounding error must not choose between them.
    moved = np.round(_floats(away), 9)
    centre = round(circular_mean_h(moved)[0], 9) if len(moved) else math.nan
    if math.isnan(centre):
        return pd.Series(unrolled_h(moved, 0.0), index=both, name="value")
    return pd.Series(unrolled_h(moved, float(unrolled_h(np.array(centre), 0.0))), index=both, name="value")


def describe(people: PersonValues, *, circular: bool = False) -> Group:
    """One group of people by itself: how many, their nights, centre and spread; NaN below 5 people.

    Args:
        people: one value per person.
        circular: whether the values are times of day in hours; where they lie all round the clock there is no centre.
    """
    if not circular:
        return _group(people, people.values)
    line = _on_a_line(people.values)
    if line is None:
        return _group(people, people.values, summarised=False)
    return _group(people, line)


def _without(group: PersonValues, ids: tuple[str, ...]) -> PersonValues:
    kept = ~group.values.index.isin(list(ids))
    return PersonValues(
        values=group.values[kept],
        nights=group.nights[kept],
        low_confidence=tuple(who for who in group.low_confidence if who not in ids),
        left_out=group.left_out,
    )


def _on_a_line(times: "pd.Series[float]") -> "pd.Series[float] | None":
    """Times of day unrolled around their own circular mean; None where there is no typical time."""
    centre = circular_mean_h(times)[0] if len(times) else 0.0
    return None if math.isnan(centre) else pd.Series(unrolled_h(_floats(times), centre), index=times.index)


def _no_typical_time(times: "pd.Series[float]") -> bool:
    return len(times) > 0 and math.isnan(circular_mean_h(times)[0])


def _side_by_side(
    a: "pd.Series[float]", b: "pd.Series[float]"
) -> "tuple[pd.Series[float], pd.Series[float]] | tuple[None, None]":
    """Each group unrolled around its own circular mean, b on the day on which the two lie within 12 h.

    Around a mean of both a group that lies half a day from it would be cut in two. None where either group has no
    typical time.
    """
    one, other = _on_a_line(a), _on_a_line(b)
    if one is None or other is None:
        return None, None
    if len(one) and len(other):
        centre = circular_mean_h(b)[0]
        beside = float(unrolled_h(np.array(centre), circular_mean_h(a)[0]))
        other = other + round(beside - centre)
    return one, other


def _group(people: PersonValues, values: "pd.Series[float]", *, summarised: bool = True) -> Group:
    x = _floats(values)
    enough = summarised and len(x) >= MINIMUM_PEOPLE
    q1, median, q3 = (float(q) for q in np.percentile(x, [25, 50, 75])) if enough else [math.nan] * 3
    return Group(
        people=len(x),
        nights=int(people.nights.sum()),
        nights_least=int(people.nights.min()) if len(x) else 0,
        nights_most=int(people.nights.max()) if len(x) else 0,
        mean=float(x.mean()) if enough else math.nan,
        sd=float(x.std(ddof=1)) if enough else math.nan,
        median=median,
        q1=q1,
        q3=q3,
        values=values,
        left_out=people.left_out,
    )


def _floats(values: "pd.Series[float]") -> Floats:
    return np.asarray(values, dtype=np.float64)


def _about_size(people: int, means: OfMeans | None, which: str) -> list[str]:
    if means is None:
        return [
            f"Fewer than {MINIMUM_PEOPLE} people {which}: no test and no mean, only the people themselves."
        ]
    notes = [RESAMPLED]
    if people < ENOUGH_PEOPLE:
        notes.insert(0, f"Small sample: {wording.plural(people, 'person', 'people')} {which}.")
    if math.isnan(means.p):
        notes.insert(0, "Nobody differs from the others of their group: there is nothing to test against.")
    return notes


def _about_nights(a: PersonValues, b: PersonValues) -> list[str]:
    notes = []
    counts = np.concatenate([a.nights.to_numpy(), b.nights.to_numpy()])
    if len(counts) and counts.min() != counts.max():
        span = f"{counts.min()} to {wording.plural(int(counts.max()), 'night')}"
        notes.append(f"People have from {span}; each counts once, whatever the number.")
    few = len({*a.low_confidence, *b.low_confidence})
    if few:
        notes.append(f"Few nights behind the value of {wording.plural(few, 'person', 'people')}.")
    out = len({*a.left_out, *b.left_out})
    if out:
        notes.append(
            f"Left out, with too few nights or no typical time: {wording.plural(out, 'person', 'people')}."
        )
    return notes


def _about_both(both: tuple[str, ...]) -> list[str]:
    if not both:
        return []
    return [f"In both groups and counted in neither: {wording.plural(len(both), 'person', 'people')}."]


def _about_one_period(ids: tuple[str, ...], lacking: str) -> list[str]:
    if not ids:
        return []
    return [f"Left out, without the {lacking} period: {wording.plural(len(ids), 'person', 'people')}."]
