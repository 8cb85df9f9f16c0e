"""One metric of everybody of a cohort, night by night, with each person's mean and what is usual for them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import day_number
from analytics.cohort_means import DAYS_NEEDED, own_band
from analytics.cohort_overview import CohortOverview
from analytics.night_metrics import NightMetric, hours_count, metric_values
from analytics.person_values import gated_values
from analytics.reliability import WEEK_DAYS, week_mean
from analytics.score import CONSISTENCY_DAYS, EVIDENCE, ScoreRules
from analytics.sleeper import Sleeper
from analytics.time_of_day import Counts, Floats, circular_mean_h, clocks_by_group, wrap_h

__all__ = ["CohortNights", "cohort_nights"]

_MIDNIGHT: Final = 0.0
Grid = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortNights:
    """One metric of people of a cohort; every array has a row a person, in the order of `ids`.

    Attributes:
        metric: which one.
        ids: person_id of each row.
        names: what they are called.
        dates: night labels, oldest first.
        values: people x nights in the metric's unit, NaN where there is none; on the clock hours from 0 to 24.
        states: likewise 0 not synced, 1 no valid night, 2 valid, uint8.
        means: each person's mean of the period, on the clock the circular one; NaN below the nights that a mean needs
            (`person_values`), and without a typical time.
        counts: nights behind each mean.
        few: whether they are few, though enough.
        band_low, band_high: what is usual for each: the mean of the 28 days before the last 7, minus and plus one
            standard deviation (n - 1); NaN below the nights that a spread needs. On the clock of the times around the
            circular mean of these nights, NaN where they have no typical time; as hours on the line of `on_line`.
        recent: the mean of the last 7 days, likewise, within 12 h of the middle of the band; NaN below the nights that
            it needs.
        centre: on the clock the typical time of these people, or midnight where there is none; NaN otherwise. A page of
            them (`part`) keeps that of all.
    """

    metric: NightMetric
    ids: pd.Index
    names: tuple[str, ...]
    dates: pd.DatetimeIndex
    values: Grid
    states: NDArray[np.uint8]
    means: Floats
    counts: Counts
    few: NDArray[np.bool_]
    band_low: Floats
    band_high: Floats
    recent: Floats
    centre: float

    def of(self, people: Sequence[str] | pd.Index) -> "CohortNights":
        """The same of some of the people, in their order, and around their own centre.

        Raises:
            ValueError: somebody is not among them.
        """
        at = self.ids.get_indexer(pd.Index(people))
        if (at < 0).any():
            raise ValueError("somebody who is asked for is not in this cohort")
        return self._rows(at).recentred()

    def part(self, first: int, beyond: int) -> "CohortNights":
        """The people from one place up to another, not included."""
        return self._rows(np.arange(first, min(beyond, len(self.ids))))

    @property
    def scale(self) -> tuple[float, float]:
        """The ends of the colours, in the unit of `on_line`."""
        shift = self.centre if self.metric.circular else 0.0
        return self.metric.low + shift, self.metric.high + shift

    @property
    def wide_scale(self) -> tuple[float, float]:
        """The ends of an axis: a quarter beyond those of the colours, as far as there can be values."""
        low, high = self.scale
        room = (high - low) / 4
        if self.metric.circular:
            return low - room, high + room
        most = 100.0 if self.metric.kind in {"percent", "points"} else np.inf
        return max(low - room, 0.0), min(high + room, most)

    @cached_property
    def on_line(self) -> Floats:
        """The values for an axis: times of day within 12 h of the person's mean, which cuts no line in two.

        The mean is within 12 h of `centre`; without one the times themselves are.
        """
        values = self.values.astype(np.float64)
        if not self.metric.circular:
            return values
        own = self.own_centre[:, None]
        return own + wrap_h(values - own)

    @property
    def mean_line(self) -> Floats:
        """The means for an axis: on the clock within 12 h of `centre`."""
        return self.centre + wrap_h(self.means - self.centre) if self.metric.circular else self.means

    def recentred(self) -> "CohortNights":
        """The same around the typical time of these very people; what is no time of day stays as it is."""
        if not self.metric.circular:
            return self
        found = replace(self, centre=_centre(self.means))
        middle = (self.band_low + self.band_high) / 2
        moved = _days_between(np.where(np.isnan(middle), self.recent, middle), found.own_centre)
        return replace(
            found,
            band_low=self.band_low + moved,
            band_high=self.band_high + moved,
            recent=self.recent + moved,
        )

    @property
    def own_centre(self) -> Floats:
        """On the clock what each person's times lie around on the axis: their mean, or `centre` without one."""
        return np.where(np.isnan(self.means), self.centre, self.mean_line)

    @property
    def outside(self) -> NDArray[np.int8]:
        """Whether the last 7 nights lie below (-1), within (0) or above (1) what is usual; 0 where it is not known."""
        below, above = self.recent < self.band_low, self.recent > self.band_high
        return above.astype(np.int8) - below.astype(np.int8)

    def _rows(self, at: NDArray[np.intp]) -> "CohortNights":
        rows = {
            name: getattr(self, name)[at]
            for name in ("values", "states", "means", "counts", "few", "band_low", "band_high", "recent")
        }
        return replace(self, ids=self.ids[at], names=tuple(self.names[n] for n in at.tolist()), **rows)


def cohort_nights(
    overview: CohortOverview,
    nights: pd.DataFrame,
    metric: NightMetric,
    *,
    people: Sequence[Sleeper],
    rules: ScoreRules = EVIDENCE,
) -> CohortNights:
    """A metric of everybody of an overview, in the order and over the nights of its map.

    Args:
        overview: of the cohort.
        nights: `night_table` of all of them (and maybe others) with `person_id` and the columns that the metric reads.
        metric: which one.
        people: the same people, for their ages.
        rules: how scores are made.
    """
    ids = overview.map_states.index
    days = len(overview.map_dates)
    reach = max(days, DAYS_NEEDED)
    grid, counted = _grids(ids, nights, metric, night=overview.night, reach=reach, people=people, rules=rules)
    means, nights_of = _means(counted[:, -days:], circular=metric.circular)
    gated = gated_values(ids, means, nights_of, days=days)
    low, high, recent = _week_beside_usual(counted, circular=metric.circular)
    return CohortNights(
        metric=metric,
        ids=ids,
        names=tuple(overview.people["name"].astype(str)),
        dates=overview.map_dates,
        values=grid[:, -days:].astype(np.float32),
        states=overview.map_states.to_numpy(dtype=np.uint8),
        means=np.asarray(gated.values.reindex(ids), dtype=np.float64),
        counts=nights_of,
        few=ids.isin(gated.low_confidence),
        band_low=low,
        band_high=high,
        recent=recent,
        centre=np.nan,
    ).recentred()


def _grids(
    ids: pd.Index,
    nights: pd.DataFrame,
    metric: NightMetric,
    *,
    night: date,
    reach: int,
    people: Sequence[Sleeper],
    rules: ScoreRules,
) -> tuple[Floats, Floats]:
    """The values of valid main sleeps by person and day, and those of them that count in a mean."""
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    day = label - (day_number(night) - reach + 1)
    before = CONSISTENCY_DAYS if metric.name == "score" else 0
    rows = np.flatnonzero((day >= -before) & (day < reach))
    inside = nights[metric.read].iloc[rows]
    owner, day = ids.get_indexer(pd.Index(inside["person_id"])), day[rows]
    ages = pd.Series(
        {sleeper.person_id: sleeper.age_years(night.year) for sleeper in people}, dtype="float64"
    ).rename_axis("person_id")
    values = metric_values(inside, metric, ages=ages, rules=rules)
    valid = (inside["valid"] & (inside["kind"] == "main")).to_numpy(dtype=bool) & (owner >= 0) & (day >= 0)
    grid = np.full((len(ids), reach), np.nan)
    grid[owner[valid], day[valid]] = values[valid]
    if not metric.circular:
        return grid, grid
    counts = valid & hours_count(inside)
    counted = np.full_like(grid, np.nan)
    counted[owner[counts], day[counts]] = values[counts]
    return grid, counted


def _means(table: Floats, *, circular: bool) -> tuple[Floats, Counts]:
    """The mean of each row, and how many values it rests on."""
    if not circular:
        return _row_means(table)
    owner, at = np.nonzero(~np.isnan(table))
    mean, _, _, nights = clocks_by_group(owner, table[owner, at], len(table))
    return mean, nights


def _week_beside_usual(counted: Floats, *, circular: bool) -> tuple[Floats, Floats, Floats]:
    """What is usual for each person, from and to, and the mean of the last 7 days.

    On the clock each is of times around their own circular mean: around that of other people it would be cut in two
    where somebody sleeps by day. The week then stands within 12 h of the usual.
    """
    before, week = counted[:, -DAYS_NEEDED:-WEEK_DAYS], counted[:, -WEEK_DAYS:]
    if circular:
        before, week = _around_own_mean(before), _around_own_mean(week)
    low, high = own_band(before)
    mean, nights = _row_means(week)
    recent = np.where(nights >= week_mean(0).low_from, mean, np.nan)
    return low, high, recent + _days_between(recent, (low + high) / 2) if circular else recent


def _around_own_mean(hours: Floats) -> Floats:
    """Times within 12 h of the circular mean of their row; NaN where the row has no typical time."""
    typical = _means(hours, circular=True)[0][:, None]
    return typical + wrap_h(hours - typical)


def _days_between(hours: Floats, near: Floats) -> Floats:
    """The whole days, in hours, that bring each time within 12 h of another; none where one of the two is missing."""
    return 24 * np.rint(np.nan_to_num(near - hours) / 24)


def _row_means(table: Floats) -> tuple[Floats, Counts]:
    nights = np.count_nonzero(~np.isnan(table), axis=1)
    return np.nansum(table, axis=1) / np.where(nights > 0, nights, np.nan), nights


def _centre(means: Floats) -> float:
    typical = circular_mean_h(means)[0]
    return _MIDNIGHT if np.isnan(typical) else typical
