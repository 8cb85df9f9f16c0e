"""What a comparison takes of each person of a group in a period: one value of every metric, and the nights behind it.

It depends on the group and the period alone, so a page computes it once and compares as many times as it likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from analytics.cohort_metrics import METRICS as OF_COHORTS
from analytics.cohort_metrics import CohortMetric, given_values, midsleep_hours, people_values
from analytics.cohort_part import READ
from analytics.person_values import PersonValues, gated_values, person_spreads
from analytics.score import EVIDENCE, ScoreRules, period_scores
from analytics.sleeper import Sleeper

__all__ = ["METRICS", "READ", "GroupValues", "group_values", "metric_nights"]

METRICS: Final[Mapping[str, CohortMetric]] = {
    metric.id: metric for metric in (*OF_COHORTS, CohortMetric(id="sri"))
}
"""What can be compared, by its id, in the order in which it is read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupValues:
    """The people of a group in a period.

    Attributes:
        label: what readers call the group.
        people: ids of everybody of it, those without a night too.
        first, last: first and last night label, inclusive.
        values: one value a person of each metric, by its id (`METRICS`), people sorted by id.
        estimators: by person_id what the consistency of their score comes from; "" for nothing.
        valid_nights: by person_id, of those who have a valid main sleep.
    """

    label: str
    people: tuple[str, ...]
    first: date
    last: date
    values: Mapping[str, PersonValues]
    estimators: "pd.Series[str]"
    valid_nights: "pd.Series[int]"

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1


def group_values(
    label: str,
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    first: date,
    last: date,
    days: int | None = None,
    rules: ScoreRules = EVIDENCE,
) -> GroupValues:
    """One value a person of every metric.

    Args:
        label: what readers call the group.
        people: everybody of it.
        nights: of these people and maybe others, with `person_id` and the columns `READ`.
        first: first night label.
        last: last night label, inclusive.
        days: by how many calendar days it is decided how many nights a person needs; those of the period unless given,
            of two periods the shorter one's.
        rules: how scores are made.
    """
    inside = _inside(nights, people, first, last)
    mains = _mains(inside)
    ages = {sleeper.person_id: sleeper.age_years(last.year) for sleeper in people}
    scores = period_scores(
        inside,
        ages=pd.Series(ages, dtype="float64").rename_axis("person_id"),
        first=first,
        last=last,
        rules=rules,
    ).sort_index()
    judged_by = (last - first).days + 1 if days is None else days
    found = people_values(
        mains, scores, days=judged_by, spreads=person_spreads(midsleep_hours(mains), days=judged_by)
    )
    index = pd.Index(scores.index.astype("str"), name="person_id")
    regular = gated_values(
        index,
        scores["sri"].to_numpy(dtype=np.float64),
        scores["nights"].to_numpy(dtype=np.int64),
        days=judged_by,
    )
    return GroupValues(
        label=label,
        people=tuple(sleeper.person_id for sleeper in people),
        first=first,
        last=last,
        values={name: regular if name == "sri" else found[name] for name in METRICS},
        estimators=scores["estimator"].astype("object").fillna("").set_axis(index),
        valid_nights=mains["person_id"].astype("str").value_counts(),
    )


def metric_nights(
    metric: CohortMetric, people: Sequence[Sleeper], nights: pd.DataFrame, *, first: date, last: date
) -> pd.DataFrame:
    """The nights that a metric is the mean of: `person_id` and `value`, as `group_values` takes them.

    Raises:
        ValueError: the metric is no mean of nights.
    """
    if not metric.column:
        raise ValueError(f"{metric.label} is no mean of nights, so no night has a value of it")
    mains = _mains(_inside(nights, people, first, last))
    if metric.circular:
        return midsleep_hours(mains)[["person_id", "value"]]
    return given_values(mains, metric.column)


def _inside(nights: pd.DataFrame, people: Sequence[Sleeper], first: date, last: date) -> pd.DataFrame:
    """The nights of these people in the period, with the columns that are read."""
    label = nights["night"]
    rows = ((label >= pd.Timestamp(first)) & (label <= pd.Timestamp(last))).to_numpy()
    found = nights.loc[rows, [name for name in READ if name in nights]]
    ids = {sleeper.person_id for sleeper in people}
    whose = found["person_id"].isin(ids).to_numpy()
    return found if whose.all() else found[whose]


def _mains(inside: pd.DataFrame) -> pd.DataFrame:
    return inside[inside["valid"].astype(bool) & (inside["kind"] == "main")]
