"""A cohort around the start of a phase of each one's own: whose start is when, and what the averages around it are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pandas as pd

from analytics.event_aligned import METRICS, EventAligned, Window, event_aligned_metrics
from analytics.nightly_scores import nightly_scores
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import cohort_people
from nocturne.grounds import kept, sleeper, statistics
from store.people import Person

__all__ = ["STEPS", "Started", "around_start", "phases_of_cohort"]

Step = Literal["week", "day"]
STEPS: Final[Mapping[Step, Window]] = {"week": Window(), "day": Window(before=28, after=28, step="day")}
"""4 weeks before and 8 after, or 28 days either way; the baseline is the same 28 days."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Started:
    """Averages around the start of a phase, one for each metric by its name.

    Attributes:
        found: looked at together: p values are adjusted for their number.
        repeated: how many people went through the phase more than once; they count by the first start.
    """

    found: Mapping[str, EventAligned]
    repeated: int


def phases_of_cohort(
    application: Application, actor: Actor, cohort: str, *, on: date | None = None
) -> Mapping[str, Mapping[str, tuple[date, ...]]]:
    """By name of a phase, in alphabetical order, the first days of everybody of the cohort who has it, by person_id.

    Raises:
        NotAllowed, UnknownCohort.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation)
    ids = {person.person_id for person in cohort_people(application, actor, cohort, on=on)}
    found: dict[str, dict[str, tuple[date, ...]]] = {}
    for phase in application.store.phases.of_organisation(application.organisation, kind="phase"):
        if phase.person_id in ids:
            starts = found.setdefault(phase.name, {})
            starts[phase.person_id] = (*starts.get(phase.person_id, ()), phase.first)
    return dict(sorted(found.items(), key=lambda pair: pair[0].casefold()))


def around_start(
    application: Application,
    actor: Actor,
    cohort: str,
    *,
    phase: str,
    step: Step = "week",
    on: date | None = None,
) -> Started:
    """Every metric of a cohort by weeks or days from the start of a phase.

    The event's night is the one whose label is the first day of the phase.

    Raises:
        NotAllowed, UnknownCohort.
    """
    starts = phases_of_cohort(application, actor, cohort, on=on).get(phase, {})
    people = [
        person for person in cohort_people(application, actor, cohort, on=on) if person.person_id in starts
    ]
    firsts = {person_id: min(days) for person_id, days in starts.items()}

    def _made() -> Started:
        found = event_aligned_metrics(
            _scored(application, people), firsts, phase=phase, metrics=METRICS, window=STEPS[step]
        )
        return Started(
            found={each.metric.name: each for each in found},
            repeated=sum(len(days) > 1 for days in starts.values()),
        )

    return kept(
        application,
        ("around start", actor, cohort, phase, step, on),
        _made,
        grounds=(tuple(people), starts),
    )


def _scored(application: Application, people: list[Person]) -> pd.DataFrame:
    """The nights of these people with the score of each."""
    nights = statistics(application, people)
    now = application.now().year
    years = {
        person.person_id: float("nan") if (age := sleeper(person).age_years(now)) is None else float(age)
        for person in people
    }
    ages = pd.Series(years, dtype="float64")
    return nights.assign(score=nightly_scores(nights, ages=ages, rules=application.score_rules))
