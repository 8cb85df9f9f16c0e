"""Report runs: one report, a cohort's, or many people's, each ending as files or as a failure with its reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from typing import Final

import pandas as pd

from analytics.cohort_triage import standings_of_moved
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import Cohort
from nocturne.documents import FORMATS, Document, PersonDocuments, Reader, Wanted, documents, report_of
from nocturne.engines import Engine, InProcess
from nocturne.grounds import kept
from nocturne.mapping import Each, MapProgress, outcomes
from nocturne.places import Place
from nocturne.progress import Failure
from nocturne.pseudonyms import pseudonyms
from nocturne.renamed import cohort_under_pseudonyms, told_label
from nocturne.roster import EVERYONE
from nocturne.views import (
    cohort_people,
    cohort_summary,
    last_night,
    period,
    person_nights,
    sleeper,
    statistics,
)
from reports.cohort_report import CohortReport
from reports.person_report import PersonReport
from reports.plotly_page import PLOTLY_FILE, plotly_js
from store.people import Person, UnknownPerson

__all__ = [
    "NotYet",
    "RemovedMeanwhile",
    "RunReport",
    "called",
    "check_that_it_has_been",
    "cohort_documents",
    "cohort_report",
    "everybody_is_there",
    "not_made",
    "people_reports",
    "person_report",
]

_PEOPLE_PER_BATCH: Final = 5
"""A report takes a tenth of a second or more: smaller batches than of other work, so that a bar moves."""
REMOVED: Final = "The person was removed while the reports were made."


_AGAIN: Final = "Nothing of it is kept; ask again."


class RemovedMeanwhile(RuntimeError):
    """Reports that hold somebody who is not there any more; the message says what to do."""


class NotYet(ValueError):
    """The period has not been yet; the message says which nights there are."""


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What a run made, and whom it could not serve.

    Attributes:
        files: where each document is, as its place says.
        failures: who has none, each with the reason.
    """

    files: tuple[str, ...]
    failures: tuple[Failure, ...]


def check_that_it_has_been(application: Application, wanted: Wanted) -> None:
    """Returns when the report's last night has been; it may still be missing.

    Raises:
        NotYet: it lies in the future everywhere on earth.
    """
    latest = (application.now() + timedelta(hours=14)).date()
    if wanted.ending > latest:
        newest = last_night(application, application.archive.statistics(application.organisation))
        raise NotYet(
            f"A report on {wanted.period} cannot be made yet: that is in the future. The last night is {newest}."
        )


def person_report(application: Application, actor: Actor, person_id: str, wanted: Wanted) -> PersonReport:
    """A person's week or month.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation, person_id)
    found, nights = person_nights(application, actor, person_id)

    def _report() -> PersonReport:
        if wanted.pseudonyms:
            return _under_a_pseudonym(application, actor, found, wanted)
        told = period(application, actor, person_id, first=wanted.first, last=wanted.ending)
        sessions = application.archive.sessions(application.organisation, person_id)
        return report_of(told, nights, sessions, kind=wanted.kind)

    return kept(
        application,
        ("person report", actor, person_id, wanted),
        _report,
        grounds=(application.people(), application.organisation_settings.need),
    )


def _under_a_pseudonym(application: Application, actor: Actor, found: Person, wanted: Wanted) -> PersonReport:
    """The same, made of nights in which the person goes by the pseudonym already."""
    (reader,) = _readers(application, actor, [found], wanted)
    # As every format: whoever looks at a report may ask for it in any.
    return _made_of(application, replace(wanted, formats=FORMATS)).report(application.archive, reader)


def cohort_report(application: Application, actor: Actor, cohort: Cohort, wanted: Wanted) -> CohortReport:
    """A cohort's week or month.

    Raises:
        NotAllowed, UnknownCohort, EngineFailed.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    people = cohort_people(application, actor, cohort.name, on=wanted.ending)
    return kept(
        application,
        ("cohort report", actor, cohort, wanted),
        lambda: _cohort_report(application, actor, cohort, people, wanted),
        grounds=(people, application.store.sync_states(application.organisation)),
        lasting=lambda report: not report.period.unserved,  # the next try may serve everybody
    )


def _cohort_report(
    application: Application, actor: Actor, cohort: Cohort, people: Sequence[Person], wanted: Wanted
) -> CohortReport:
    found = cohort_summary(application, actor, cohort, first=wanted.first, last=wanted.ending)
    nights = statistics(application, people)
    inside = nights["night"].between(pd.Timestamp(wanted.first), pd.Timestamp(wanted.ending))
    report = CohortReport(
        kind=wanted.kind,
        period=found,
        nights=nights[inside].reset_index(drop=True),
        sleepers=tuple(sleeper(person) for person in people),
    )
    if not wanted.pseudonyms:
        return report
    label = told_label(found.name, people, pseudonyms=True)
    return cohort_under_pseudonyms(application, report, label)


def cohort_documents(
    application: Application, actor: Actor, cohort: Cohort, wanted: Wanted, place: Place
) -> RunReport:
    """A cohort's one report, put where `place` keeps it; who could not be computed is a failure.

    Raises:
        NotAllowed, UnknownCohort, NotYet, EngineFailed.
        CannotKeep: the place cannot be written.
        RemovedMeanwhile: somebody of it is gone now; nothing is kept.
    """
    check_that_it_has_been(application, wanted)
    people = cohort_people(application, actor, cohort.name, on=wanted.ending)
    report = cohort_report(application, actor, cohort, wanted)
    made = documents(report, wanted, generated_at=application.now())
    files = [place.take(each) for each in made]
    if not everybody_is_there(application, people):
        _drop(place, files)
        raise RemovedMeanwhile(f"Somebody of the cohort was removed while its report was made. {_AGAIN}")
    return RunReport(
        files=tuple(files),
        failures=tuple(
            Failure(person_id=person_id, reason=reason)
            for person_id, reason in report.period.unserved.items()
        ),
    )


def called(application: Application, people: Sequence[Person], wanted: Wanted) -> dict[str, str]:
    """What each of these people is called in a report, by person_id."""
    if wanted.pseudonyms:
        return pseudonyms(application, [person.person_id for person in people])
    return {person.person_id: person.name for person in people}


def not_made(failures: Sequence[Failure], names: Mapping[str, str]) -> Document:
    """A list of whom a run could not serve and why, for whoever opens its ZIP.

    Args:
        failures: of the run.
        names: what people are called in its reports, by person_id.
    """
    lines = [f"{names.get(failure.person_id, failure.person_id)}: {failure.reason}" for failure in failures]
    text = "\r\n".join(["Not made:", *lines, ""])
    return Document(
        name="not-made.txt", media_type="text/plain", content=text.encode("utf-8", errors="replace")
    )


def people_reports(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    wanted: Wanted,
    place: Place,
    *,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> RunReport:
    """The reports of these people, put where `place` keeps them.

    A person who cannot be served (nothing was recorded in that period, it failed, or somebody removed them meanwhile)
    is listed as a failure; the others are served. `tell` hears how far it is; when `cancel` is set, whose turn had not
    come is a failure, too.

    Raises:
        NotAllowed: the actor may not make reports.
        NotYet: the period lies in the future.
        EngineFailed: many reports are made elsewhere, and nobody works there.
        CannotKeep: the place cannot be written.
        RemovedMeanwhile: somebody is gone whose report the place cannot let go of, being a ZIP.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    check_that_it_has_been(application, wanted)
    if len(people) > 1:
        wanted = replace(wanted, plotly="beside")
    made_of = _made_of(application, wanted)
    readers = _readers(application, actor, people, wanted)
    files: dict[str, list[str]] = {}
    failures: list[Failure] = []
    # Written as they come, so that a run of thousands holds a handful of documents and no more.
    for outcome in outcomes(
        Each(function=made_of),
        readers,
        _engine(application, readers),
        people_per_batch=_PEOPLE_PER_BATCH,
        tell=tell,
        cancel=cancel,
    ):
        for served in outcome.values:
            if _is_there(application, served.person_id):
                files[served.person_id] = [place.take(made) for made in served.documents]
            else:
                failures.append(Failure(person_id=served.person_id, reason=REMOVED))
        failures += outcome.failures
    gone = [person_id for person_id in files if not _is_there(application, person_id)]
    for person_id in gone:
        _drop(place, files.pop(person_id))
        failures.append(Failure(person_id=person_id, reason=REMOVED))
    shared = _shared_script(place, wanted) if files else []
    return RunReport(
        files=(*(where for each in files.values() for where in each), *shared),
        failures=tuple(failures),
    )


def _shared_script(place: Place, wanted: Wanted) -> list[str]:
    """Where the script is that HTML reports of one place share."""
    if wanted.plotly != "beside" or "html" not in wanted.formats:
        return []
    return [place.take(Document(name=PLOTLY_FILE, media_type="text/javascript", content=plotly_js()))]


def _drop(place: Place, files: Sequence[str]) -> None:
    """Takes documents of somebody who was removed out again.

    Raises:
        RemovedMeanwhile: the place keeps what it has.
    """
    if not all(place.drop(where) for where in files):
        raise RemovedMeanwhile(f"Somebody was removed while the reports were made. {_AGAIN}")


def _made_of(application: Application, wanted: Wanted) -> PersonDocuments:
    return PersonDocuments(
        organisation=application.organisation,
        wanted=wanted,
        rules=application.score_rules,
        need=application.organisation_settings.need,
        generated_at=application.now(),
    )


def everybody_is_there(application: Application, people: Sequence[Person]) -> bool:
    """Whether each of these people is on the roster still."""
    return all(_is_there(application, person.person_id) for person in people)


def _is_there(application: Application, person_id: str) -> bool:
    """Whether the person is on the roster still: of somebody who was erased meanwhile nothing may be written."""
    if application.archive.is_erased(application.organisation, person_id):
        return False
    try:
        application.person(person_id)
    except UnknownPerson:
        return False
    return True


def _engine(application: Application, readers: Sequence[Reader]) -> Engine:
    """What is one batch alone is done in this process."""
    if len(readers) <= _PEOPLE_PER_BATCH:
        return InProcess(application.organisation, application.archive)
    return application.engine


def _readers(
    application: Application, actor: Actor, people: Sequence[Person], wanted: Wanted
) -> list[Reader]:
    """The people with their places in the cohort; nowhere for who may not see the others."""
    try:
        everyone = cohort_people(application, actor, EVERYONE)
    except NotAllowed:
        everyone = ()
    places = standings_of_moved(
        [sleeper(person) for person in everyone],
        statistics(application, everyone),
        night=wanted.ending,
        rules=application.score_rules,
    )
    aliases = called(application, people, wanted) if wanted.pseudonyms else {}
    return [
        Reader(
            sleeper=sleeper(person),
            places=places.get(person.person_id, {}),
            pseudonym=aliases.get(person.person_id, ""),
        )
        for person in people
    ]
