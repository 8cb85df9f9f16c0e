"""Report runs: many people's reports, each ending as files or as a failure with its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Final

from analytics.cohort_triage import standings_of_moved
from nocturne.access import Actor, NotAllowed, Permission, authorize
from nocturne.application import Application
from nocturne.documents import (
    FORMATS,
    Document,
    Format,
    Reader,
    WeeklyDocuments,
    document,
    report_of,
    written,
)
from nocturne.engines import Engine, InProcess
from nocturne.mapping import Each, MapProgress, map_people, outcomes
from nocturne.progress import Failure
from nocturne.roster import EVERYONE
from nocturne.views import cohort_people, period, sleeper, statistics
from reports.person_report import PersonReport
from store.people import Person

__all__ = [
    "FORMATS",
    "Document",
    "Format",
    "RunReport",
    "document",
    "map_people",
    "person_report",
    "weekly_reports",
]

_PEOPLE_PER_BATCH: Final = 10
"""A report takes a tenth of a second or more: smaller batches than of other work, so that a bar moves."""


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What a run wrote, and whom it could not serve."""

    files: tuple[Path, ...]
    failures: tuple[Failure, ...]


def person_report(application: Application, actor: Actor, person_id: str, *, ending: date) -> PersonReport:
    """A person's week that ends with the night labelled `ending`.

    Raises:
        NotAllowed, UnknownPerson, NothingRecorded.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation, person_id)
    week = period(application, actor, person_id, first=ending - timedelta(days=6), last=ending)
    return report_of(application.archive, application.organisation, week)


def weekly_reports(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    *,
    ending: date,
    formats: Sequence[Format],
    folder: Path,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> RunReport:
    """The weekly reports of these people as files in `folder`, which is made when it is not there.

    A person who cannot be served (nothing was recorded in that week, or it failed) is listed as a failure; the others
    are served. A file is there whole or not at all. `tell` hears how far it is; when `cancel` is set, whose turn had
    not come is a failure, too.

    Raises:
        NotAllowed: the actor may not make reports.
        EngineFailed: many reports are made elsewhere, and nobody works there.
        OSError: the folder cannot be written.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    folder.mkdir(parents=True, exist_ok=True)
    weeks = WeeklyDocuments(
        organisation=application.organisation,
        ending=ending,
        formats=tuple(formats),
        rules=application.score_rules,
        need=application.organisation_settings.need,
        generated_at=application.now(),
    )
    readers = _readers(application, actor, people, ending)
    files: list[Path] = []
    failures: list[Failure] = []
    # Written as they come, so that a run of thousands holds a handful of documents and no more.
    for outcome in outcomes(
        Each(function=weeks),
        readers,
        _engine(application, readers),
        people_per_batch=_PEOPLE_PER_BATCH,
        tell=tell,
        cancel=cancel,
    ):
        files += [written(folder, made) for documents in outcome.values for made in documents]
        failures += outcome.failures
    return RunReport(files=tuple(files), failures=tuple(failures))


def _engine(application: Application, readers: Sequence[Reader]) -> Engine:
    """What is one batch alone is done in this process."""
    if len(readers) <= _PEOPLE_PER_BATCH:
        return InProcess(application.organisation, application.archive)
    return application.engine


def _readers(application: Application, actor: Actor, people: Sequence[Person], ending: date) -> list[Reader]:
    """The people with their places in the cohort; nowhere for who may not see the others."""
    try:
        everyone = cohort_people(application, actor, EVERYONE)
    except NotAllowed:
        everyone = ()
    places = standings_of_moved(
        [sleeper(person) for person in everyone],
        statistics(application, everyone),
        night=ending,
        rules=application.score_rules,
    )
    return [Reader(sleeper=sleeper(person), places=places.get(person.person_id, {})) for person in people]
