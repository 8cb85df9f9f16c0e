"""Report runs: many people's reports, each ending as files or as a failure with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Literal, get_args

from analytics.night_view import night_view
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.progress import Failure
from nocturne.views import NothingRecorded, period
from reports.person_report import PersonReport, file_name
from reports.weekly import weekly_csv, weekly_html
from store.people import Person

Format = Literal["html", "csv"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One file of a report: its name, made by us, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


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
    nights = application.archive.nights(application.organisation, person_id)
    sessions = application.archive.sessions(application.organisation, person_id)
    mains = week.nights[week.nights["kind"] == "main"]["session_id"]
    return PersonReport(
        period=week,
        hypnograms=tuple(night_view(sessions, nights, str(session_id)) for session_id in mains),
    )


def document(application: Application, report: PersonReport, kind: Format) -> Document:
    """A report as one file."""
    if kind == "html":
        content = weekly_html(report, generated_at=application.now())
        return Document(name=file_name(report, kind), media_type="text/html", content=content)
    return Document(name=file_name(report, kind), media_type="text/csv", content=weekly_csv(report))


def weekly_reports(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    *,
    ending: date,
    formats: Sequence[Format],
    folder: Path,
) -> RunReport:
    """The weekly reports of these people as files in `folder`, which is made when it is not there.

    A person of whom nothing was recorded in that week is listed as a failure; the others are served.

    Raises:
        NotAllowed: the actor may not make reports.
        OSError: the folder cannot be written.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    folder.mkdir(parents=True, exist_ok=True)
    files, failures = [], []
    for person in people:
        try:
            report = person_report(application, actor, person.person_id, ending=ending)
        except NothingRecorded as reason:
            failures.append(Failure(person_id=person.person_id, reason=str(reason)))
            continue
        if not report.period.coverage.recorded:
            nothing = f"Nothing was recorded in the week that ends on {ending}."
            failures.append(Failure(person_id=person.person_id, reason=nothing))
            continue
        for kind in formats:
            made = document(application, report, kind)
            path = folder / made.name
            path.write_bytes(made.content)
            files.append(path)
    return RunReport(files=tuple(files), failures=tuple(failures))
