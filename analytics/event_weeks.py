"""Nights placed by how long before or after a person's own event they were, and reduced to one value a week.

The unit is the person: nights become one value per person and week before anything is said of people (SPEC 5.1).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.efficiency import counted_efficiency_pct
from analytics.reliability import WEEK_DAYS, least_nights
from analytics.shifts import Metric
from analytics.time_of_day import Counts, Floats, clocks_by_group, wrap_h
from analytics.travel import left_out_of_consistency

__all__ = ["WEEKS", "PeopleWeeks", "Placed", "Window", "people_weeks", "placed"]

Flags = NDArray[np.bool_]
CHANGE_DAYS: Final = 28
"""The change is that of so many days after the start, or of all that are looked at where they are fewer."""
# Sums of the same nights in another order differ in the last places; such differences are no differences of people.
_DECIMALS: Final = 9
_EFFICIENCY: Final = ("unknown_share", "se_known_pct", "se_pct")


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which weeks around an event are looked at.

    Attributes:
        before: how many before it; together they are what each person is compared with.
        after: how many from it on.
        step: "week", or "day" where each night stands for itself.
    """

    before: int = 4
    after: int = 8
    step: Literal["week", "day"] = "week"

    def __post_init__(self) -> None:
        if self.step not in {"week", "day"}:
            raise ValueError(f'step is "week" or "day", not {self.step!r}')
        if self.before < 1 or self.after < 1:
            raise ValueError(f"it takes at least one {self.step} before and one after the start")

    @property
    def step_days(self) -> int:
        """Calendar days of a step."""
        return WEEK_DAYS if self.step == "week" else 1

    @property
    def before_days(self) -> int:
        """Calendar days of the baseline."""
        return self.before * self.step_days

    @property
    def after_days(self) -> int:
        """Calendar days from the event's night on."""
        return self.after * self.step_days

    @property
    def change_days(self) -> int:
        """Calendar days from the event's night on that make the change."""
        return min(CHANGE_DAYS, self.after_days)

    @property
    def steps(self) -> range:
        """The steps by number: the one that begins with the event's night is 0, the one before it -1."""
        return range(-self.before, self.after)

    @property
    def nights_a_step(self) -> int:
        """The least nights of a step from which a person has a value there: 3 of a week, the night itself of a day."""
        return least_nights(days=WEEK_DAYS) if self.step == "week" else 1


WEEKS: Final = Window()


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """The valid main sleeps of people around their own events.

    Attributes:
        ids: everybody with an event, sorted.
        owner: position in `ids` of each night's person.
        away_days: days from the event's night to each night; below 0 before it.
        nights: the nights, with the columns that the metrics read.
        window: what is looked at.
        reached: the steps of it, up to the last in which anybody can have nights enough by the newest night there is.
    """

    ids: pd.Index
    owner: Counts
    away_days: Counts
    nights: pd.DataFrame
    window: Window
    reached: range


def placed(
    nights: pd.DataFrame,
    starts: "Mapping[str, date] | pd.Series[pd.Timestamp]",
    window: Window,
    *,
    metrics: Sequence[Metric],
) -> Placed:
    """The valid main sleeps of the window, by days from the event's night: the one that has its date as label.

    Args:
        nights: rows of `night_table` of any number of people with `person_id`, in any order.
        starts: one date a person, as the label of a night; a missing one is nobody's. People without nights count.
        window: what is looked at.
        metrics: of which the columns are kept.

    Raises:
        ValueError: a person with two events.
    """
    days = pd.Series(starts, dtype="datetime64[s]").dropna()
    days.index = pd.Index(days.index.astype("str"), name="person_id")
    if not days.index.is_unique:
        raise ValueError("somebody has two events; pass one start a person, for example the first")
    days = days.sort_index()
    event = _day_numbers(days.to_numpy())
    whose, people = pd.factorize(nights["person_id"])
    # One more place, so that a night of nobody (-1) is not taken for the last person's.
    found = np.append(days.index.get_indexer(pd.Index(people).astype("str")), -1)
    owner = found[whose]
    kept = owner >= 0
    kept &= nights["valid"].to_numpy(dtype=bool)
    away = _day_numbers(nights["night"].to_numpy()) - np.append(event, 0)[owner]
    kept &= (away >= -window.before_days) & (away < window.after_days)
    rows = np.flatnonzero(kept)
    # Reading the kind of every row costs more than all else, so only the window's rows are asked.
    rows = rows[(nights["kind"].iloc[rows] == "main").to_numpy(dtype=bool)]
    return Placed(
        ids=days.index,
        owner=owner[rows].astype(np.int64),
        away_days=away[rows],
        nights=nights[_columns(nights, metrics)].iloc[rows],
        window=window,
        reached=_reached(nights, days, window),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PeopleWeeks:
    """Each person's nights as differences from their own baseline, in minutes or points.

    Attributes:
        ids: everybody with an event, sorted.
        away: people x steps; mean of the step minus baseline, NaN without nights enough in either.
        nights: nights with a value, people x steps.
        baseline: mean over the nights before, in the metric's unit (on the clock in hours, 0 to 24); NaN with fewer
            than a mean of so many days needs, or without a typical time.
        change: mean of the first days after minus baseline; NaN likewise.
        nights_before, nights_after: nights behind baseline and change.
    """

    ids: pd.Index
    away: Floats
    nights: Counts
    baseline: Floats
    change: Floats
    nights_before: Counts
    nights_after: Counts

    def of(self, people: Flags) -> "PeopleWeeks":
        """Some of the people."""
        return replace(self, **{name: getattr(self, name)[people] for name in self.__dataclass_fields__})


def people_weeks(around: Placed, metric: Metric) -> PeopleWeeks:
    """One value a person and step of the window; on the clock the circular mean, and differences the short way round.

    Nights of a journey have no time of day (`travel`); efficiency is the one that counts (`efficiency`).
    """
    window, people, steps = around.window, len(around.ids), len(around.window.steps)
    value = _values(around.nights, metric)
    # In the order of their values nights add up to the same sum in whatever order they came; NaN comes last.
    order = np.argsort(value)[: int(np.count_nonzero(~np.isnan(value)))]
    value, owner, away_days = value[order], around.owner[order], around.away_days[order]
    circular = metric.kind == "clock"
    step = away_days // window.step_days + window.before
    weekly, counts = _means(owner * steps + step, value, people * steps, circular=circular)
    weekly[counts < window.nights_a_step] = np.nan
    sides = []
    for inside, days in (
        (away_days < 0, window.before_days),
        ((away_days >= 0) & (away_days < window.change_days), window.change_days),
    ):
        mean, count = _means(owner[inside], value[inside], people, circular=circular)
        sides.append((np.where(count >= least_nights(days=days), mean, np.nan), count))
    (baseline, nights_before), (after, nights_after) = sides
    return PeopleWeeks(
        ids=around.ids,
        away=_away(weekly.reshape(people, steps), baseline[:, None], circular=circular),
        nights=counts.reshape(people, steps),
        baseline=baseline,
        change=_away(after, baseline, circular=circular),
        nights_before=nights_before,
        nights_after=nights_after,
    )


def _reached(nights: pd.DataFrame, events: "pd.Series[pd.Timestamp]", window: Window) -> range:
    """The steps up to the last that the first to have begun can have nights enough in; always one from the start on."""
    newest = nights["night"][nights["valid"].to_numpy(dtype=bool)].max()
    if pd.isna(newest) or not len(events):
        return window.steps[: window.before + 1]
    since = (newest - events.min()).days
    after = (since + 1 - window.nights_a_step) // window.step_days + 1
    return window.steps[: window.before + min(max(after, 1), window.after)]


def _day_numbers(moments: NDArray[np.generic]) -> Counts:
    """Days since 1970."""
    return moments.astype("datetime64[D]").astype(np.int64)


def _columns(nights: pd.DataFrame, metrics: Sequence[Metric]) -> list[str]:
    read: set[str] = set()
    for metric in metrics:
        read.update(_EFFICIENCY if metric.name == "se_pct" else (metric.name,))
        if metric.kind == "clock":
            read.update({"reasons"} & set(nights.columns))
    return sorted(read)


def _values(nights: pd.DataFrame, metric: Metric) -> Floats:
    if metric.name == "se_pct":
        return counted_efficiency_pct(nights)
    values = nights[metric.name].to_numpy(dtype=np.float64)
    if metric.kind == "clock" and "reasons" in nights:
        return np.where(left_out_of_consistency(nights["reasons"]), np.nan, values)
    return values


def _means(group: Counts, values: Floats, groups: int, *, circular: bool) -> tuple[Floats, Counts]:
    """Mean and number of the values of each group; NaN for none, and on the clock where there is no typical time."""
    if circular:
        mean, _, _, count = clocks_by_group(group, values, groups)
        return mean, count
    count = np.bincount(group, minlength=groups)
    return np.bincount(group, values, groups) / np.where(count > 0, count, np.nan), count


def _away(values: Floats, baseline: Floats, *, circular: bool) -> Floats:
    away = np.round(values - baseline, _DECIMALS)
    # On the clock hours become minutes. Twelve hours are as far one way as the other: rounded before it is decided.
    return np.round(60 * wrap_h(away), _DECIMALS) if circular else away
