"""One metric of the people whom a page shows: their nights, how people are spread, and what that says; made once."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import numpy as np
import pandas as pd

from analytics import cohort_nights_words, cohort_words
from analytics.cohort_narrowed import narrowed
from analytics.cohort_nights import CohortNights, cohort_nights
from analytics.cohort_spread import Spread, cohort_spread
from analytics.night_metrics import NightMetric
from analytics.summary import CohortOverview
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.cohorts import cohort_people
from nocturne.grounds import kept, sleeper, statistics
from nocturne.views import day_of_cohort
from store.cohort_rules import CohortRule
from store.people import Person

_Drawn = TypeVar("_Drawn")

__all__ = ["CohortSeen", "MetricSeen", "drawn", "metric_seen"]


@dataclass(frozen=True, kw_only=True)
class CohortSeen:
    """What a page shows of a cohort.

    Attributes:
        cohort: how links name it.
        night, days: the last night, and how many up to it.
        rule: which of its people; a rule that says nothing is everybody.
        people: whom that takes in; the rest decides it, with the roster.
    """

    cohort: str
    night: date
    days: int
    rule: CohortRule
    people: tuple[Person, ...] = field(compare=False)

    def overview(self, application: Application, actor: Actor) -> CohortOverview:
        """The overview of these people, the findings counted among them.

        Raises:
            NotAllowed, UnknownCohort.
        """
        day = day_of_cohort(application, actor, self.cohort, night=self.night, days=self.days)
        if self.rule == CohortRule():
            return day.overview
        return kept(
            application,
            ("narrowed", actor, self),
            lambda: narrowed(day.overview, [person.person_id for person in self.people]),
            grounds=_grounds(application, actor, self),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class MetricSeen:
    """One metric of the people who are shown.

    Attributes:
        nights: night by night, in the order of the table.
        spread: how people are spread.
        map_title: the finding of the map.
        panels_title: the finding of the panels.
    """

    nights: CohortNights
    spread: Spread
    map_title: str
    panels_title: str


def metric_seen(application: Application, actor: Actor, seen: CohortSeen, metric: NightMetric) -> MetricSeen:
    """One metric of the people who are shown.

    Raises:
        NotAllowed, UnknownCohort.
    """

    def _whole() -> CohortNights:
        people = cohort_people(application, actor, seen.cohort, on=seen.night)
        day = day_of_cohort(application, actor, seen.cohort, night=seen.night, days=seen.days)
        return cohort_nights(
            day.overview,
            statistics(application, people),
            metric,
            people=[sleeper(person) for person in people],
            rules=application.score_rules,
        )

    def _some() -> MetricSeen:
        whole = kept(
            application,
            ("nights of a cohort", actor, seen.cohort, seen.night, seen.days, metric.name),
            _whole,
            grounds=_grounds(application, actor, seen),
        )
        ids = [person.person_id for person in seen.people]
        return told(whole if len(ids) == len(whole.ids) else whole.of(_in_order(whole, ids)))

    return kept(
        application,
        ("metric of a cohort", actor, seen, metric.name),
        _some,
        grounds=_grounds(application, actor, seen),
    )


def drawn(
    application: Application,
    actor: Actor,
    seen: CohortSeen,
    question: tuple[Hashable, ...],
    make: Callable[[], _Drawn],
) -> _Drawn:
    """What is drawn of a cohort, made once for all who look at it in the same way.

    Args:
        application: whose.
        actor: who looks.
        seen: the people and the nights.
        question: what is drawn of them and how: metric, page, theme, width.
        make: draws it.
    """
    return kept(
        application,
        ("drawn of a cohort", actor, seen, *question),
        make,
        grounds=_grounds(application, actor, seen),
    )


def told(nights: CohortNights) -> MetricSeen:
    """What these nights say."""
    values = pd.DataFrame(nights.values, columns=nights.dates)
    known = ~np.isnan(nights.band_low) & ~np.isnan(nights.recent)
    return MetricSeen(
        nights=nights,
        spread=cohort_spread(nights),
        map_title=cohort_words.map_title(values, nights.metric),
        panels_title=cohort_nights_words.panels_title(nights.outside, int(known.sum())),
    )


def _in_order(whole: CohortNights, people: Sequence[str]) -> pd.Index:
    return whole.ids[whole.ids.isin(people)]


def _grounds(application: Application, actor: Actor, seen: CohortSeen) -> object:
    people = cohort_people(application, actor, seen.cohort, on=seen.night)
    return people, application.store.sync_states(application.organisation)
