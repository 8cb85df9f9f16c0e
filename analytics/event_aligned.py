"""What people's sleep did around an event of their own: averages by week from the start of a phase, with interval.

Each person is compared with themselves: a week's mean minus their own mean of the weeks before the start. Then people
are averaged, never nights (SPEC 5.1); below 5 people there is no average, only the people, from 5 to 9 it is a small
sample (SPEC 5.5). It describes what came after; of what caused it, it says nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from analytics import event_words
from analytics.cohorts import MINIMUM_PEOPLE
from analytics.effects import CONFIDENCE, NO_ESTIMATE, Estimate
from analytics.event_weeks import WEEKS, PeopleWeeks, Placed, Window, people_weeks, placed
from analytics.evidence import mean_change
from analytics.multiplicity import PRIMARY_METRICS, benjamini_hochberg, holm
from analytics.reliability import least_nights, period_gate
from analytics.shifts import METRICS, Metric
from analytics.time_of_day import Counts, Floats

__all__ = [
    "METRICS",
    "WEEKS",
    "Change",
    "EventAligned",
    "LeftOut",
    "Window",
    "event_aligned",
    "event_aligned_metrics",
]

Reason = Literal["no_night", "few_before", "no_typical_time", "none_after"]
# A spread this small against the size of the values is the last places of floating point, not of people.
_NO_SPREAD: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """People with an event who are not counted.

    Attributes:
        reason: "no_night" (no valid night with a value in the window), "few_before" (too few nights before for a
            baseline), "no_typical_time" (the times before lie all round the clock) or "none_after" (no week from the
            start on with nights enough).
        people: their ids, sorted.
        words: the reason with its number, for a reader: `2 people with fewer than 5 nights in the 4 weeks before`.
    """

    reason: Reason
    people: tuple[str, ...]
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Change:
    """How far people were from their own baseline in the first 4 weeks from the start.

    Attributes:
        days: calendar days of it: 28, or all after the start where fewer are looked at.
        values: each person's, by person_id; minutes (also on the clock) or points.
        nights_before, nights_after: nights behind all of their values.
        difference: the mean with Student's 95 % interval over people; NaN below 5 people.
        p: of Student's test; NaN below 5 people, and where nobody differs from anybody.
        p_adjusted: for the number of metrics that were looked at together; `p` where it was one.
        few_nights: ids of those with few nights on either side, though enough to be counted.
        left_out: ids of those who are in some week but have nights too few after the start for this mean.
    """

    days: int
    values: "pd.Series[float]"
    nights_before: int
    nights_after: int
    difference: Estimate
    p: float
    p_adjusted: float
    few_nights: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def people(self) -> int:
        """How many people have one."""
        return len(self.values)


@dataclass(frozen=True, kw_only=True, eq=False)
class EventAligned:
    """One metric of many people around the start of a phase of their own.

    Attributes:
        metric: what is looked at; differences are in minutes (durations, times of day) or points.
        phase: what began, as a user wrote it.
        window: the weeks looked at.
        steps: one row a week up to the last that anybody can have reached by the newest night, index `step` (-1 is the
            week before the event's night, 0 begins with it):

            | column | meaning |
            |---|---|
            | position | middle of the week in weeks from the start, for the axis |
            | mean | mean of people's differences from their own baseline; NaN below 5 people |
            | low, high | its 95 % interval, Student's over people; NaN likewise, and where nobody differs |
            | people | how many have a value |
            | nights | nights behind their values |
            | too_few | people with nights in the week, but too few of them (weeks: fewer than 3 of 7) |

        values: the differences of the people counted, index person_id, columns `step`; NaN without nights enough.
        baseline: their means of the weeks before, by person_id; on the clock in hours, 0 to 24.
        change: the first 4 weeks from the start against the baseline.
        starts: how many people have an event.
        left_out: those of them who are not counted, by reason; empty for nobody.
    """

    metric: Metric
    phase: str
    window: Window
    steps: pd.DataFrame
    values: pd.DataFrame
    baseline: "pd.Series[float]"
    change: Change
    starts: int
    left_out: tuple[LeftOut, ...]

    @property
    def people(self) -> int:
        """How many people are counted."""
        return len(self.values)

    @property
    def direction(self) -> Literal["up", "down", "unclear"]:
        """Where people moved: clear with an adjusted p under 0.05 and a printed interval that leaves 0 out."""
        return event_words.direction(self)

    @property
    def title(self) -> str:
        """The finding in a sentence; where nothing is clear it says so. Holds the phase's name as it was written."""
        return event_words.title(self)

    @property
    def caption(self) -> str:
        """How to read the marks, and on how many people and nights they rest."""
        return event_words.caption(self)

    @property
    def method(self) -> str:
        """How it was computed, for the foot of a report."""
        return event_words.method(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know beside the figures, in sentences."""
        return event_words.notes(self)


def event_aligned(
    nights: pd.DataFrame,
    starts: "Mapping[str, date] | pd.Series[pd.Timestamp]",
    *,
    phase: str,
    metric: Metric,
    window: Window = WEEKS,
) -> EventAligned:
    """One metric of people by week from the start of a phase, against their own weeks before.

    A person's week is the mean of their valid main sleeps in it, from 3 of 7; their baseline the mean of the weeks
    before the start, from as many nights as a mean of so many days needs (28 days: 5). Who has no baseline, or no week
    from the start on, is left out and named.

    Args:
        nights: rows of `night_table` of any people with `person_id`, in any order, with `score` where that is asked.
        starts: the label of each person's first night of the phase. The night to a date is the one that ended on it;
            of something that began during a day, pass the day after.
        phase: its name, for titles.
        metric: one of `METRICS`.
        window: the weeks looked at; with steps of a day each night stands for itself.

    Raises:
        ValueError: a person with two events.
    """
    return _aligned(placed(nights, starts, window, metrics=(metric,)), metric, phase)


def event_aligned_metrics(
    nights: pd.DataFrame,
    starts: "Mapping[str, date] | pd.Series[pd.Timestamp]",
    *,
    phase: str,
    metrics: Sequence[Metric] = METRICS,
    window: Window = WEEKS,
) -> tuple[EventAligned, ...]:
    """Several metrics of the same people, as `event_aligned` each, in the order given.

    The p values of the changes are adjusted for their number, by Holm among the metrics declared beforehand and by
    Benjamini and Hochberg among the others; titles go by the adjusted ones. A metric that the table lacks is left out.
    """
    metrics = [metric for metric in metrics if metric.name in nights]
    around = placed(nights, starts, window, metrics=metrics)
    found = [_aligned(around, metric, phase) for metric in metrics]
    adjusted = np.full(len(found), np.nan)
    for primary, adjust in ((True, holm), (False, benjamini_hochberg)):
        at = [n for n, metric in enumerate(metrics) if (metric.name in PRIMARY_METRICS) == primary]
        adjusted[at] = adjust([found[n].change.p for n in at])
    return tuple(
        replace(each, change=replace(each.change, p_adjusted=float(p)))
        for each, p in zip(found, adjusted, strict=True)
    )


def _aligned(around: Placed, metric: Metric, phase: str) -> EventAligned:
    everybody = people_weeks(around, metric)
    window = around.window
    left_out, counted = _sorted_out(everybody, window)
    people = everybody.of(counted)
    labels = pd.Index(list(around.reached), name="step")
    away, nights = people.away[:, : len(labels)], people.nights[:, : len(labels)]
    known = ~np.isnan(away)
    return EventAligned(
        metric=metric,
        phase=phase,
        window=window,
        steps=pd.DataFrame(
            {
                "position": labels.to_numpy() + 0.5,
                **_averages(away),
                "people": known.sum(axis=0),
                "nights": np.where(known, nights, 0).sum(axis=0),
                "too_few": ((nights > 0) & ~known).sum(axis=0),
            },
            index=labels,
        ),
        values=pd.DataFrame(away, index=people.ids, columns=labels),
        baseline=pd.Series(people.baseline, index=people.ids, name="baseline"),
        change=_change(people, window),
        starts=len(around.ids),
        left_out=left_out,
    )


def _sorted_out(everybody: PeopleWeeks, window: Window) -> tuple[tuple[LeftOut, ...], NDArray[np.bool_]]:
    """Who is left out and why, the first reason that holds; and who is counted."""
    without_after = np.isnan(everybody.away[:, window.before :]).all(axis=1)
    reasons: tuple[tuple[Reason, NDArray[np.bool_]], ...] = (
        ("no_night", everybody.nights.sum(axis=1) == 0),
        ("few_before", everybody.nights_before < least_nights(days=window.before_days)),
        ("no_typical_time", np.isnan(everybody.baseline)),
        ("none_after", np.asarray(without_after)),
    )
    counted = np.ones(len(everybody.ids), dtype=np.bool_)
    found = []
    for reason, holds in reasons:
        ids = tuple(everybody.ids[counted & holds])
        counted &= ~holds
        if ids:
            found.append(
                LeftOut(reason=reason, people=ids, words=event_words.left_out(reason, len(ids), window))
            )
    return tuple(found), counted


def _averages(away: Floats) -> dict[str, Floats]:
    """Mean over people of each step with Student's 95 % interval; NaN below 5 people."""
    known = ~np.isnan(away)
    people = known.sum(axis=0)
    enough = people >= MINIMUM_PEOPLE
    n = np.where(enough, people, np.nan)
    mean = np.where(known, away, 0).sum(axis=0) / n
    squares = (np.where(known, away - mean, 0) ** 2).sum(axis=0)
    sd = np.sqrt(squares / (n - 1))
    sd[sd <= _NO_SPREAD * np.maximum(1, np.abs(mean))] = np.nan
    half = scipy.stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * sd / np.sqrt(n)
    return {"mean": mean, "low": mean - half, "high": mean + half}


def _change(people: PeopleWeeks, window: Window) -> Change:
    known = ~np.isnan(people.change)
    has = people.of(known)
    few = _few(has.nights_before, window.before_days) | _few(has.nights_after, window.change_days)
    found = mean_change(has.change) if known.sum() >= MINIMUM_PEOPLE else None
    p = math.nan if found is None else found.p
    return Change(
        days=window.change_days,
        values=pd.Series(has.change, index=has.ids, name="change"),
        nights_before=int(has.nights_before.sum()),
        nights_after=int(has.nights_after.sum()),
        difference=NO_ESTIMATE if found is None else found.difference,
        p=p,
        p_adjusted=p,
        few_nights=tuple(has.ids[few]),
        left_out=tuple(people.ids[~known]),
    )


def _few(nights: Counts, days: int) -> NDArray[np.bool_]:
    """Whose mean of so many days has low confidence."""
    return np.asarray(nights < period_gate(0, days=days).good_from)
