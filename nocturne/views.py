"""From a question of a page, a report or the command line to a value that answers it.

Here, and only here, the people an actor may see (store), their nights (archive) and the statistics (analytics) meet.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

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
from analytics.wording import age
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.roster import EVERYONE
from nocturne.summaries import PartOf, summary
from store.people import Person

_Answer = TypeVar("_Answer")

_LATE_AFTER_MIN = 90.0
_RECENT_NIGHTS = 14


class UnknownCohort(LookupError):
    """No such cohort; the message names those there are."""


class NothingRecorded(LookupError):
    """The person has no session in the archive yet; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """A named set of people: everyone, or everyone with one tag."""

    name: str
    label: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old what is shown is.

    Attributes:
        as_of: when the last successful synchronisation began; None when there was none.
        age_min: minutes since then; NaN when there was none.
        stale: whether a reader should be told: the last attempt failed, or it is long ago.
        reason: why the last attempt failed, in a sentence; "" otherwise.
        failed: how many people's last attempt failed.
        behind: how many people are not as fresh as `as_of` says: never synchronised, or clearly before the others.
    """

    as_of: datetime | None
    age_min: float
    stale: bool
    reason: str
    failed: int
    behind: int

    @property
    def in_words(self) -> str:
        """`9 h old`, or that nothing was brought yet."""
        return age(self.age_min) if self.as_of is not None else "not synchronised yet"


@dataclass(frozen=True, kw_only=True)
class NightPage:
    """A night with its neighbours; `recent` are the last 14 valid nights up to it, compared columns only."""

    sleeper: Sleeper
    view: NightView
    recent: pd.DataFrame
    previous_session_id: str | None
    next_session_id: str | None


def cohorts(application: Application, actor: Actor) -> tuple[Cohort, ...]:
    """Everyone first, then one cohort per tag by name."""
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    people = application.people()
    counts = Counter(tag for entry in people for tag in entry.tags)
    return (
        Cohort(name=EVERYONE, label="Everyone", size=len(people)),
        *(Cohort(name=tag, label=tag, size=count) for tag, count in sorted(counts.items())),
    )


def cohort_people(application: Application, actor: Actor, name: str) -> tuple[Person, ...]:
    """The people of a cohort, by name.

    Raises:
        UnknownCohort: there is no such tag.
    """
    authorize(actor, Permission.SEE_COHORTS, application.organisation)
    if name == EVERYONE:
        return application.people()
    people = application.people(tag=name)
    if not people:
        known = ", ".join(cohort.name for cohort in cohorts(application, actor))
        raise UnknownCohort(f"There is no cohort {name!r}. Cohorts are {known}.")
    return people


def person(application: Application, actor: Actor, person_id: str) -> Person:
    """One person of the roster.

    Raises:
        UnknownPerson: nobody of this organisation has the id.
    """
    authorize(actor, Permission.SEE_PEOPLE, application.organisation, person_id)
    return application.person(person_id)


def freshness(application: Application, people: Sequence[Person]) -> Freshness:
    """How old the nights of these people are, how many are behind the others, and why the last attempt failed."""
    states = application.store.sync_states(application.organisation)
    mine = [states.get(person.person_id) for person in people]
    succeeded = [state.succeeded_at for state in mine if state is not None and state.succeeded_at is not None]
    reasons = [state.error for state in mine if state is not None and state.error]
    as_of = max(succeeded, default=None)
    age_min = (application.now() - as_of).total_seconds() / 60 if as_of is not None else float("nan")
    late_after = max(_LATE_AFTER_MIN, 2 * application.settings.nocturne_sync_interval_minutes)
    on_time = 0
    if as_of is not None:
        on_time = sum(as_of - moment <= timedelta(minutes=late_after) for moment in succeeded)
    return Freshness(
        as_of=as_of,
        age_min=age_min,
        stale=bool(people) and (len(reasons) == len(people) or age_min > late_after),
        reason=reasons[0] if reasons else "",
        failed=len(reasons),
        behind=len(people) - on_time,
    )


def statistics(application: Application, people: Sequence[Person]) -> pd.DataFrame:
    """The nights of these people, with `person_id`; shared and not to be written to."""
    table = application.archive.statistics(application.organisation)
    wanted = {person.person_id for person in people}
    if set(table["person_id"].unique()) <= wanted:
        return table
    return table[table["person_id"].isin(wanted)]


def last_night(application: Application, nights: pd.DataFrame) -> date:
    """The label of last night: today once half of those who sleep have slept, else yesterday.

    People live in different zones, and a day sleeper or a broken night ends early; one row of today must not turn
    everybody else's night into a missing one.
    """
    today = pd.Timestamp(application.now().date())
    nights = nights[["person_id", "night", "kind", "valid"]]
    recent = nights[nights["night"] >= today - pd.Timedelta(days=2)]
    mains = recent[recent["valid"] & (recent["kind"] == "main")]
    sleeping = mains["person_id"].nunique()
    already = mains[mains["night"] == today]["person_id"].nunique()
    return (today if sleeping and 2 * already >= sleeping else today - pd.Timedelta(days=1)).date()


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
    people = cohort_people(application, actor, cohort)

    def _day() -> CohortDay:
        nights = statistics(application, people)
        return cohort_day(
            [sleeper(person) for person in people],
            nights,
            night=night or last_night(application, nights),
            days=days,
            synced=_asked(application),
            rules=application.score_rules,
        )

    return _kept(
        application,
        ("day of cohort", actor, cohort, night, days, application.now().date()),
        _day,
        grounds=(people, application.store.sync_states(application.organisation)),
    )


def _kept(
    application: Application,
    question: tuple[object, ...],
    make: Callable[[], _Answer],
    *,
    grounds: object,
    lasting: Callable[[_Answer], bool] = lambda _: True,
) -> _Answer:
    """The answer to a question about the nights as they are now, made once for all sessions.

    What the actor may see is asked before, every time; the actor is part of every question all the same.
    """
    organisation = application.organisation
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        (*question, application.score_rules, application.settings.nocturne_sync_days),
        make,
        grounds=grounds,
        lasting=lasting,
    )


def _asked(application: Application) -> dict[str, tuple[date, date]]:
    """By person_id the first and last date for which the vendor has been asked."""
    states = application.store.sync_states(application.organisation)
    days = timedelta(days=application.settings.nocturne_sync_days)
    asked = {
        key: [moment for moment in (state.succeeded_at, state.statistics_at) if moment is not None]
        for key, state in states.items()
    }
    # The statistics name every night that was slept: who has none there has recorded none.
    return {key: ((max(of) - days).date(), max(of).date()) for key, of in asked.items() if of}


def cohort_summary(
    application: Application, actor: Actor, cohort: Cohort, *, first: date, last: date
) -> CohortPeriod:
    """A cohort's period as one value: people described, and against their own 28 days before it.

    Raises:
        NotAllowed, UnknownCohort.
        EngineFailed: large cohorts are computed elsewhere, and nobody works there.
    """
    people = cohort_people(application, actor, cohort.name)
    part_of = PartOf(
        organisation=application.organisation, first=first, last=last, rules=application.score_rules
    )
    return _kept(
        application,
        ("cohort summary", actor, cohort, first, last),
        lambda: summary(
            cohort.label,
            [sleeper(person) for person in people],
            part_of,
            archive=application.archive,
            engine=application.engine,
            synced=_asked(application),
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
    nights = _kept(
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
        rules=application.score_rules, places=partial(_places, application, actor, person_id, last)
    )
    return _kept(
        application,
        ("period", actor, person_id, first, last),
        lambda: completed(heading(application, actor, person_id, first=first, last=last), profile),
        grounds=application.people(),  # among whom the person has places
    )


def heading(
    application: Application, actor: Actor, person_id: str, *, first: date, last: date
) -> PersonHeading:
    """What is said of a person's period first: its title and what it rests on.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    found, nights = person_nights(application, actor, person_id)
    return _kept(
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
    if session_id is None:
        valid = nights[nights["valid"] & (nights["kind"] == "main")]
        session_id = str((valid if len(valid) else nights)["session_id"].iloc[-1])
    sessions = application.archive.sessions(application.organisation, person_id)
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


def sleeper(person: Person) -> Sleeper:
    """The facts of a person that statistics and views need."""
    return Sleeper(
        person_id=person.person_id,
        name=person.name,
        zone=person.zone,
        birth_year=person.birth_year,
        sex=person.sex,
        tags=person.tags,
    )
