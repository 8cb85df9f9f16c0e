"""From a question of a page, a report or the command line to a value that answers it.

Here the people an actor may see (store), their nights (archive) and the statistics (analytics) meet. Which cohorts
there are, and who is in them, is in `cohorts`; what every view rests on in `grounds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import pandas as pd

from analytics.cohort_triage import cohort_standings
from analytics.night_view import NightView, night_view
from analytics.standing import Standing
from analytics.summary import (
    CohortDay,
    CohortOverview,
    CohortPeriod,
    PersonHeading,
    PersonPeriod,
    Profile,
    Sleeper,
    cohort_day,
    completed,
    person_heading,
)
from analytics.usual import comparable
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import Cohort, UnknownCohort, cohort_people, cohorts
from nocturne.freshness import Freshness, freshness
from nocturne.grounds import asked, kept, last_night, sleeper, statistics
from nocturne.roster import EVERYONE
from nocturne.summaries import PartOf, summary
from store.people import Person

__all__ = [
    "Cohort",
    "Freshness",
    "NightPage",
    "NothingRecorded",
    "UnknownCohort",
    "cohort_people",
    "cohort_summary",
    "cohorts",
    "day_of_cohort",
    "freshness",
    "heading",
    "last_night",
    "night",
    "overview",
    "period",
    "person",
    "person_nights",
    "sleeper",
    "statistics",
]

_RECENT_NIGHTS = 14


class NothingRecorded(LookupError):
    """The person has no session in the archive yet; the message says what to do."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NightPage:
    """A night with its neighbours; `recent` are the last 14 valid nights up to it, compared columns only."""

    sleeper: Sleeper
    view: NightView
    recent: pd.DataFrame
    previous_session_id: str | None
    next_session_id: str | None


def person(application: Application, actor: Actor, person_id: str) -> Person:
    """One person of the roster.

    Raises:
        UnknownPerson: nobody of this organisation has the id.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation, person_id)
    return application.person(person_id)


def overview(
    application: Application, actor: Actor, cohort: str, *, night: date | None = None, days: int = 42
) -> CohortOverview:
    """Everyone of a cohort on one night, and over the `days` days that end with it.

    Raises:
        NotAllowed, UnknownCohort.
    """
    return day_of_cohort(application, actor, cohort, night=night, days=days).overview


def day_of_cohort(
    application: Application, actor: Actor, cohort: str, *, night: date | None = None, days: int = 42
) -> CohortDay:
    """As `overview`, but nothing is computed before it is asked for: the title of a page first.

    Raises:
        NotAllowed, UnknownCohort.
    """
    people = cohort_people(application, actor, cohort, on=night)

    def _day() -> CohortDay:
        nights = statistics(application, people)
        return cohort_day(
            [sleeper(person) for person in people],
            nights,
            night=night or last_night(application, nights),
            days=days,
            synced=asked(application),
            rules=application.score_rules,
        )

    return kept(
        application,
        ("day of cohort", actor, cohort, night, days, application.now().date()),
        _day,
        grounds=(people, application.store.sync_states(application.organisation)),
    )


def cohort_summary(
    application: Application, actor: Actor, cohort: Cohort, *, first: date, last: date
) -> CohortPeriod:
    """A cohort's period as one value: people described, and against their own 28 days before it.

    Raises:
        NotAllowed, UnknownCohort.
        EngineFailed: large cohorts are computed elsewhere, and nobody works there.
    """
    people = cohort_people(application, actor, cohort.name, on=last)
    part_of = PartOf(
        organisation=application.organisation, first=first, last=last, rules=application.score_rules
    )
    return kept(
        application,
        ("cohort summary", actor, cohort, first, last),
        lambda: summary(
            cohort.label,
            [sleeper(person) for person in people],
            part_of,
            archive=application.archive,
            engine=application.engine,
            synced=asked(application),
            valid_night=application.night_rules,
        ),
        grounds=(people, application.store.sync_states(application.organisation)),
        lasting=lambda found: not found.unserved,  # the next try may serve everybody
    )


def person_nights(application: Application, actor: Actor, person_id: str) -> tuple[Person, pd.DataFrame]:
    """A person and every sleep of theirs, by start; the frame is shared and not to be written to.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    found = person(application, actor, person_id)
    nights = kept(
        application,
        ("nights", actor, person_id),
        lambda: application.archive.nights(application.organisation, person_id),
        grounds=None,
    )
    if nights.empty:
        raise NothingRecorded(
            f"No session of {found.name} has arrived yet. What the vendor has comes with the next synchronisation."
        )
    return found, nights


def period(
    application: Application,
    actor: Actor,
    person_id: str,
    *,
    first: date | None = None,
    last: date | None = None,
    days: int = 28,
) -> PersonPeriod:
    """A person's period; without dates the `days` days up to their newest night.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    _, nights = person_nights(application, actor, person_id)
    last = last or nights["night"].max().date()
    first = first or last - timedelta(days=days - 1)
    profile = Profile(
        rules=application.score_rules,
        need=application.organisation_settings.need,
        places=partial(_places, application, actor, person_id, last),
        valid_night=application.night_rules,
    )
    return kept(
        application,
        ("period", actor, person_id, first, last),
        lambda: completed(heading(application, actor, person_id, first=first, last=last), profile),
        grounds=(application.people(), profile.need),  # among whom the person has places
    )


def heading(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> PersonHeading:
    """What is said of a person's period first: its title and what it rests on.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    found, nights = person_nights(application, actor, person_id)
    return kept(
        application,
        ("heading", actor, person_id, first, last),
        lambda: person_heading(sleeper(found), nights, first=first, last=last),
        grounds=found,
    )


def _places(application: Application, actor: Actor, person_id: str, night: date) -> Mapping[str, Standing]:
    """Where a person's last week stands among everybody's; nowhere for who may not see the others."""
    try:
        people = cohort_people(application, actor, EVERYONE)
    except NotAllowed:
        return {}
    everybody = [sleeper(person) for person in people]
    return cohort_standings(
        everybody,
        statistics(application, people),
        night=night,
        person_id=person_id,
        rules=application.score_rules,
    )


def night(application: Application, actor: Actor, person_id: str, session_id: str | None = None) -> NightPage:
    """One sleep of a person with its neighbours; without a session the newest valid night, else the newest sleep.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded, UnknownNight.
    """
    found, nights = person_nights(application, actor, person_id)
    return kept(
        application,
        ("night", actor, person_id, session_id),
        lambda: _night_page(application, found, nights, session_id),
        grounds=found,
    )


def _night_page(
    application: Application, found: Person, nights: pd.DataFrame, session_id: str | None
) -> NightPage:
    if session_id is None:
        valid = nights[nights["valid"] & (nights["kind"] == "main")]
        session_id = str((valid if len(valid) else nights)["session_id"].iloc[-1])
    sessions = application.archive.sessions(application.organisation, found.person_id)
    view = night_view(sessions, nights, session_id)
    order = nights["session_id"].tolist()
    at = order.index(view.session_id)
    return NightPage(
        sleeper=sleeper(found),
        view=view,
        recent=_recent(nights, view),
        previous_session_id=order[at - 1] if at > 0 else None,
        next_session_id=order[at + 1] if at + 1 < len(order) else None,
    )


def _recent(nights: pd.DataFrame, view: NightView) -> pd.DataFrame:
    mains = nights[
        nights["valid"] & (nights["kind"] == "main") & (nights["start"] <= pd.Timestamp(view.start))
    ]
    return comparable(mains.tail(_RECENT_NIGHTS))
