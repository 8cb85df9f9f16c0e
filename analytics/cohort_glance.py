"""A cohort at a glance: how many people there are nights of, their averages with interval, and how many nights came.

People are counted, never nights: a person is one dot, and the mean is that of people's means (SPEC 5.1).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analytics import figures, wording
from analytics.cohort_figures import CohortFigure
from analytics.cohort_overview import CohortOverview
from analytics.cohort_period import CohortPeriod
from analytics.cohorts import MINIMUM_PEOPLE
from analytics.evidence import mean_change
from analytics.figures import Kind

__all__ = ["Glance", "GlanceLine", "cohort_glance"]

_SHOWN: Final = ("mean_tst_min", "mean_se_pct", "mean_waso_min", "score")
WEEK_DAYS, MONTH_DAYS = 7, 28


@dataclass(frozen=True, kw_only=True, eq=False)
class GlanceLine:
    """One statistic of everybody.

    Attributes:
        id: of the figure, as in `figures.QUANTITIES`.
        label, kind: as there.
        values: one value a person as printed, by person_id, from the lowest; nobody without enough nights.
        mean, low, high: the mean of people's means with Student's 95 % interval; NaN below 5 people, the interval also
            where nobody differs from anybody.
        text: the mean in words; interval: its ends in words, "" where there is none.
    """

    id: str
    label: str
    kind: Kind
    values: "pd.Series[float]"
    mean: float
    low: float
    high: float
    text: str
    interval: str

    def words(self, value: float) -> str:
        """A value of this statistic in words."""
        return figures.in_words(self.kind, value)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """How many nights of the last days are valid, and of how many people.

    Attributes:
        days: how many days those are.
        people: who has a valid night in them.
        of: everybody, those too who are missing in the averages because they could not be computed.
        nights, expected: valid ones, and a night a day of everybody.
    """

    days: int
    people: int
    of: int
    nights: int
    expected: int


@dataclass(frozen=True, kw_only=True)
class Glance:
    """A cohort at a glance.

    Attributes:
        people: how many are in it.
        with_night: how many have a valid night in the period.
        days: calendar days of the period.
        lines: a statistic each.
        delivered: of the last 7 and the last 28 nights.
    """

    people: int
    with_night: int
    days: int
    lines: tuple[GlanceLine, ...]
    delivered: tuple[Delivered, ...]

    @property
    def title(self) -> str:
        """How many people there are nights of, and how long they sleep on average."""
        counted = f"{wording.of(self.with_night, self.people)} people have a valid night"
        asleep = self.lines[0]
        if math.isnan(asleep.mean):
            return f"{counted}: too few with enough for an average"
        return f"{counted}; people sleep {asleep.text} on average"


def cohort_glance(period: CohortPeriod, overview: CohortOverview) -> Glance:
    """What a cohort's period and its last night say at a glance; nothing is computed of nights again.

    Args:
        period: the cohort's.
        overview: of its last night.
    """
    return Glance(
        people=period.size,
        with_night=int((period.people["valid_nights"] > 0).sum()),
        days=period.days,
        lines=tuple(_line(period.figures[name], period.people[name]) for name in _SHOWN),
        delivered=tuple(_delivered(overview)),
    )


def _line(figure: CohortFigure, people: "pd.Series[float]") -> GlanceLine:
    values = people.dropna().sort_values()
    half = math.nan
    if len(values) >= MINIMUM_PEOPLE:
        around = mean_change(np.asarray(values, dtype=np.float64)).difference
        half = (around.high - around.low) / 2
    # Around the mean as it is printed elsewhere: values are rounded here, the mean is of those before.
    low, high = (figures.rounded(figure.kind, figure.mean + away) for away in (-half, half))
    ends = [figures.in_words(figure.kind, end) for end in (low, high)]
    return GlanceLine(
        id=figure.id,
        label=figure.label,
        kind=figure.kind,
        values=values,
        mean=figure.mean,
        low=low,
        high=high,
        text=figure.text,
        interval="" if math.isnan(low) else f"{ends[0]} to {ends[1]}",
    )


def _delivered(overview: CohortOverview) -> Iterator[Delivered]:
    for days in (WEEK_DAYS, MONTH_DAYS):
        valid = overview.people[f"valid_{days}"]
        yield Delivered(
            days=days,
            people=int((valid > 0).sum()),
            of=len(valid),
            nights=int(valid.sum()),
            expected=days * len(valid),
        )
