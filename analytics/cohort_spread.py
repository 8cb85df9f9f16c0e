"""How people of a cohort are spread in one metric: everybody's mean, the middle, the middle half, and who lies apart.

A person is one value, the mean of their nights (SPEC 5.1); below 5 people there is no mean, only the people.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analytics import cohort_nights_words as words
from analytics.cohort_nights import CohortNights
from analytics.cohorts import MINIMUM_PEOPLE
from analytics.evidence import mean_change
from analytics.night_metrics import NightMetric
from analytics.time_of_day import Floats

__all__ = ["EACH_AS_A_DOT", "Bin", "Spread", "cohort_spread"]

EACH_AS_A_DOT: Final = 500
"""Up to so many people are drawn one by one; more of them are counted in bins."""
# Beyond the quartiles by so many times their distance somebody lies apart (Tukey's fences), from 10 people on [P].
_FENCE: Final = 1.5
_ENOUGH_FOR_APART: Final = 10
_MOST_BINS: Final = 40
_PARTS: Final = (30, 15, 6, 3, 1, 0.5)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """How many people have a mean from `low` up to `high`, not included."""

    low: float
    high: float
    people: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """How people are spread in one metric; on the clock every value lies within 12 h of the typical time.

    Attributes:
        metric: which one.
        values: each person's mean, by person_id, from the lowest; nobody without enough nights.
        names: what people are called, likewise.
        nights: nights behind each, likewise.
        of: how many people there are.
        days: calendar days of the period.
        mean, low, high: the mean of people's means with Student's 95 % interval; NaN below 5 people, the interval also
            where nobody differs from anybody.
        median, q1, q3: of people's means; NaN below 5 people.
        apart: ids of those beyond 1.5 times the distance of the quartiles from them; from 10 people on.
        bins: of equal width, from 501 people on; empty otherwise.
        title: the finding.
    """

    metric: NightMetric
    values: "pd.Series[float]"
    names: "pd.Series[str]"
    nights: "pd.Series[int]"
    of: int
    days: int
    mean: float
    low: float
    high: float
    median: float
    q1: float
    q3: float
    apart: tuple[str, ...]
    bins: tuple[Bin, ...]
    title: str


def cohort_spread(seen: CohortNights) -> Spread:
    """How the people of these nights are spread."""
    # Around the typical time of these people: around that of others they might be cut in two.
    line = seen.recentred().mean_line
    known = np.flatnonzero(~np.isnan(line))
    order = known[np.argsort(line[known], kind="stable")]
    x, ids = line[order], seen.ids[order]
    mean, low, high = _mean(x)
    q1, median, q3 = (
        (float(q) for q in np.percentile(x, (25, 50, 75))) if len(x) >= MINIMUM_PEOPLE else [math.nan] * 3
    )
    return Spread(
        metric=seen.metric,
        values=pd.Series(x, index=ids, name="value"),
        names=pd.Series([seen.names[n] for n in order.tolist()], index=ids, dtype="str"),
        nights=pd.Series(seen.counts[order], index=ids),
        of=len(seen.ids),
        days=len(seen.dates),
        mean=mean,
        low=low,
        high=high,
        median=median,
        q1=q1,
        q3=q3,
        apart=_apart(x, ids, q1, q3),
        bins=_bins(x, seen.metric) if len(x) > EACH_AS_A_DOT else (),
        title=words.spread_title(seen.metric, x, of=len(seen.ids), quartiles=(q1, q3)),
    )


def _mean(x: Floats) -> tuple[float, float, float]:
    if len(x) < MINIMUM_PEOPLE:
        return math.nan, math.nan, math.nan
    found = mean_change(x).difference
    return found.value, found.low, found.high


def _apart(x: Floats, ids: pd.Index, q1: float, q3: float) -> tuple[str, ...]:
    if len(x) < _ENOUGH_FOR_APART:
        return ()
    far = _FENCE * (q3 - q1)
    return tuple(ids[(x < q1 - far) | (x > q3 + far)])


def _bins(x: Floats, metric: NightMetric) -> tuple[Bin, ...]:
    """Bins of the least even part of the axis's step (for 30 min: 1, 2, 5, 10 or 30 min) that makes few enough."""
    reach = float(x[-1] - x[0])
    widths = [metric.step / part for part in _PARTS]
    width = next((each for each in widths if reach / each <= _MOST_BINS), reach / _MOST_BINS)
    # A value on an edge must not fall below it by the last places of floating point.
    at = np.floor(np.round(x / width, 6)).astype(np.int64)
    return tuple(
        Bin(low=(at[0] + n) * width, high=(at[0] + n + 1) * width, people=people)
        for n, people in enumerate(np.bincount(at - at[0]).tolist())
    )
