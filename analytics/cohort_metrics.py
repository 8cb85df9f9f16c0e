"""What is told of a cohort, and the one value that each person has of it.

A person is the unit: somebody's nights become one value before anything is said of the group (SPEC 5.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analytics import figures
from analytics.efficiency import counted_efficiency_pct
from analytics.figures import Kind
from analytics.multiplicity import PRIMARY_METRICS
from analytics.person_values import PersonValues, gated_values, person_values
from analytics.travel import left_out_of_consistency

__all__ = ["METRICS", "CohortMetric", "given_values", "midsleep_hours", "people_values"]


@dataclass(frozen=True, kw_only=True)
class CohortMetric:
    """What is told of a cohort.

    Attributes:
        id: the figure of one person, an id of `figures.QUANTITIES`.
        column: column of the nights table that is averaged; "" for what is not a mean of nights.
        primary: whether it was declared beforehand (`multiplicity.PRIMARY_METRICS`).
    """

    id: str
    column: str = ""
    primary: bool = False

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return figures.QUANTITIES[self.id].label

    @property
    def kind(self) -> Kind:
        """How one person's value is written."""
        return figures.QUANTITIES[self.id].kind

    @property
    def circular(self) -> bool:
        """Whether it is a time of day."""
        return self.kind == "clock"


METRICS: Final = (
    CohortMetric(id="mean_tst_min", column="tst_min", primary="tst_min" in PRIMARY_METRICS),
    CohortMetric(id="mean_se_pct", column="se_pct", primary="se_pct" in PRIMARY_METRICS),
    CohortMetric(id="sd_midsleep_min", primary="midsleep_sd_min" in PRIMARY_METRICS),
    CohortMetric(id="score"),
    CohortMetric(id="mean_midsleep_h", column="midsleep_clock_h"),
    CohortMetric(id="mean_sol_min", column="sol_min"),
    CohortMetric(id="mean_waso_min", column="waso_min"),
    CohortMetric(id="mean_deep_min", column="deep_min"),
    CohortMetric(id="mean_rem_min", column="rem_min"),
)
"""In the order in which they are read."""


def people_values(
    nights: pd.DataFrame, scores: pd.DataFrame, *, days: int, spreads: PersonValues
) -> Mapping[str, PersonValues]:
    """One value a person of each metric, by its id.

    Args:
        nights: valid main sleeps of the period with `person_id`; the hours of a journey do not count.
        scores: `score.period_scores` of the same period.
        days: its calendar days.
        spreads: each person's spread of mid-sleep (`midsleep_hours` has the nights).
    """
    found: dict[str, PersonValues] = {}
    for metric in METRICS:
        if metric.column:
            given = midsleep_hours(nights) if metric.circular else given_values(nights, metric.column)
            found[metric.id] = person_values(given, days=days, circular=metric.circular)
    found["sd_midsleep_min"] = spreads
    found["score"] = gated_values(
        pd.Index(scores.index.astype("str"), name="person_id"),
        scores["score"].to_numpy(dtype=np.float64),
        scores["nights"].to_numpy(dtype=np.int64),
        days=days,
    )
    return found


def midsleep_hours(nights: pd.DataFrame) -> pd.DataFrame:
    """Mid-sleep of the nights that count where hours are judged: `person_id`, `night`, `value` in hours of the day."""
    hours = nights["midsleep_clock_h"].to_numpy(dtype=np.float64)
    kept = ~left_out_of_consistency(nights["reasons"])
    return pd.DataFrame(
        {
            "person_id": nights["person_id"].astype("str").to_numpy()[kept],
            "night": nights["night"].to_numpy()[kept],
            "value": hours[kept],
        }
    )


def given_values(nights: pd.DataFrame, column: str) -> pd.DataFrame:
    """The values of a column that count, a row a night: `person_id` and `value`."""
    values = (
        counted_efficiency_pct(nights) if column == "se_pct" else nights[column].to_numpy(dtype=np.float64)
    )
    return pd.DataFrame({"person_id": nights["person_id"].astype("str").to_numpy(), "value": values})
