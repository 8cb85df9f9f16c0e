"""The figures of a cohort's period: people's values described, and against their own 28 days before; rounded once.

A person is the unit: somebody's nights become one value before anything is said of the group (SPEC 5.1). The change is
that of the people who have both periods; its p values are adjusted, by Holm among the metrics declared beforehand and
by Benjamini and Hochberg among the others.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analytics import figures, wording
from analytics.cohort_metrics import METRICS, CohortMetric
from analytics.cohorts import ENOUGH_PEOPLE, MINIMUM_PEOPLE, Group, changes, describe
from analytics.effects import paired_g
from analytics.evidence import mean_change
from analytics.figures import Kind
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.person_values import PersonValues
from analytics.time_of_day import Floats
from analytics.trends import SIGNIFICANT_P

__all__ = ["CohortChange", "CohortFigure", "apart", "cohort_figures"]

Direction = Literal["up", "down", "unclear"]


@dataclass(frozen=True, kw_only=True)
class CohortChange:
    """How the people who have both periods moved against the 28 days before.

    Attributes:
        people: how many have both.
        difference, low, high: mean change with its 95 % interval (Student's), rounded as printed; minutes, points, or
            for a time of day hours.
        text: the same in words: `+14 min (+3 min to +25 min)`.
        g: Hedges' g of the change, two decimals.
        p: of Student's test.
        p_adjusted: by Holm (primary metrics) or Benjamini and Hochberg (the others); NaN where no test was made.
        direction: "up" or "down" where the adjusted p value is under 0.05 and the printed interval, which is that of
            the metric alone, leaves 0 out; else "unclear".
        note: what to know of it: a small sample, few nights; "" when there is nothing to say.
    """

    people: int
    difference: float
    low: float
    high: float
    text: str
    g: float
    p: float
    p_adjusted: float
    direction: Direction
    note: str


@dataclass(frozen=True, kw_only=True)
class CohortFigure:
    """One quantity of a cohort: people's values, and how they changed.

    Attributes:
        id: its entry in docs/definitions.md; what one person's value is.
        label: what a reader calls it.
        kind: how a value is written (`figures.Quantity`).
        primary: whether it was declared beforehand.
        people: how many have a value.
        of: how many are in the cohort.
        nights: nights behind all values.
        mean, median, q1, q3: of the people's values, rounded as printed; NaN below 5 people.
        sd: standard deviation (n - 1) likewise; of a time of day in hours.
        text: the mean in words.
        spread: standard deviation and middle half in words; "" below 5 people.
        change: against the 28 days before; None where fewer than 5 people have both periods.
        note: what a reader must know beside it; "" when there is nothing to say.
    """

    id: str
    label: str
    kind: Kind
    primary: bool
    people: int
    of: int
    nights: int
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    text: str
    spread: str
    change: CohortChange | None
    note: str

    @property
    def counted(self) -> str:
        """What it rests on, in words: `43 of 48 people, 1,032 nights`."""
        return f"{wording.of(self.people, self.of)} people, {wording.plural(self.nights, 'night')}"


def cohort_figures(
    now: Mapping[str, PersonValues], before: Mapping[str, PersonValues], *, people: int
) -> Mapping[str, CohortFigure]:
    """The figures of a cohort by id, in the order of `METRICS`.

    Args:
        now: `people_values` of the period.
        before: of the 28 days before it.
        people: how many people the cohort has.
    """
    away = {
        metric.id: changes(before[metric.id], now[metric.id], circular=metric.circular) for metric in METRICS
    }
    adjusted = dict(_adjusted(away))
    return {
        metric.id: _figure(
            metric,
            now[metric.id],
            people,
            _change(
                metric,
                away[metric.id],
                p_adjusted=adjusted[metric.id],
                few={*now[metric.id].low_confidence, *before[metric.id].low_confidence},
            ),
        )
        for metric in METRICS
    }


def _floats(values: "pd.Series[float]") -> Floats:
    return np.asarray(values, dtype=np.float64)


def _adjusted(away: "Mapping[str, pd.Series[float]]") -> Iterator[tuple[str, float]]:
    """The adjusted p value of each metric: Holm among those declared, Benjamini and Hochberg among the others."""
    for primary, adjust in ((True, holm), (False, benjamini_hochberg)):
        ids = [metric.id for metric in METRICS if metric.primary == primary]
        p = [mean_change(_floats(away[name])).p if _enough(away[name]) else math.nan for name in ids]
        yield from zip(ids, adjust(p).tolist(), strict=True)


def _enough(away: "pd.Series[float]") -> bool:
    return len(away) >= MINIMUM_PEOPLE


def _figure(
    metric: CohortMetric, values: PersonValues, people: int, change: CohortChange | None
) -> CohortFigure:
    group = describe(values, circular=metric.circular)
    rounded = {
        name: figures.rounded(metric.kind, getattr(group, name)) for name in ("mean", "median", "q1", "q3")
    }
    return CohortFigure(
        id=metric.id,
        label=metric.label,
        kind=metric.kind,
        primary=metric.primary,
        people=group.people,
        of=people,
        nights=group.nights,
        **rounded,
        sd=figures.rounded(apart(metric.kind), group.sd),
        text=figures.in_words(metric.kind, rounded["mean"]),
        spread=_spread(metric, group),
        change=change,
        note=_note(group, values),
    )


def apart(kind: Kind) -> Kind:
    """How a difference of two values of a kind is written: hours for times of day, points for percent."""
    return {"clock": "hours", "percent": "points"}.get(kind, kind)  # type: ignore[return-value]


def _spread(metric: CohortMetric, group: Group) -> str:
    if math.isnan(group.sd):
        return ""
    low, high = (
        figures.in_words(metric.kind, figures.rounded(metric.kind, edge)) for edge in (group.q1, group.q3)
    )
    sd = _difference_in_words(metric, group.sd).removeprefix("+")
    return f"SD {sd}; middle half {low} to {high}"


def _change(
    metric: CohortMetric, away: "pd.Series[float]", *, p_adjusted: float, few: set[str]
) -> CohortChange | None:
    """How people moved; None of fewer than 5 people."""
    if not _enough(away):
        return None
    found = mean_change(_floats(away))
    edges = (found.difference.value, found.difference.low, found.difference.high)
    difference, low, high = (figures.rounded(apart(metric.kind), edge) for edge in edges)
    words = [_difference_in_words(metric, edge) for edge in edges]
    bounded = "" if math.isnan(low) else f" ({words[1]} to {words[2]})"
    sure = p_adjusted < SIGNIFICANT_P
    return CohortChange(
        people=len(away),
        difference=difference,
        low=low,
        high=high,
        text=f"{words[0]}{bounded}",
        g=wording.rounded(paired_g(_floats(away)).hedges_g, 2),
        p=found.p,
        p_adjusted=p_adjusted,
        direction="up" if sure and low > 0 else "down" if sure and high < 0 else "unclear",
        note=_small(len(away), len(few.intersection(away.index))),
    )


def _difference_in_words(metric: CohortMetric, value: float) -> str:
    kind = apart(metric.kind)
    return figures.in_words(kind, figures.rounded(kind, value), signed=True)


def _small(people: int, few: int) -> str:
    """What to know of a change: that few people have both periods, or some of them few nights in one."""
    parts = []
    if people < ENOUGH_PEOPLE:
        parts.append(f"small sample: {wording.plural(people, 'person', 'people')} with both periods")
    if few:
        parts.append(f"few nights of {wording.plural(few, 'person', 'people')}")
    return "; ".join(parts)


def _note(group: Group, values: PersonValues) -> str:
    parts = []
    if group.people < MINIMUM_PEOPLE:
        parts.append(f"no mean of {wording.plural(group.people, 'person', 'people')}")
    elif math.isnan(group.mean):
        parts.append("no typical time: the people's times lie all round the clock")
    if values.low_confidence:
        few = wording.plural(len(values.low_confidence), "person", "people")
        parts.append(f"low confidence: few nights of {few}")
    if values.left_out:
        out = wording.plural(len(values.left_out), "person", "people")
        parts.append(f"{out} left out: too few nights or no typical time")
    return "; ".join(parts)
