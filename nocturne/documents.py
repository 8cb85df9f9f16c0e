"""A person's report from the archive alone, as the files of it: what a report run maps over people."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, get_args

from analytics.night_view import night_view
from analytics.score import ScoreRules
from analytics.sleep_debt import SleepNeed
from analytics.standing import Standing
from analytics.summary import PersonPeriod, Profile, Sleeper, person_period
from cache.archive import NightArchive
from nocturne.mapping import Unserved
from reports.person_report import PersonReport, file_name
from reports.weekly import weekly_csv, weekly_html

Format = Literal["html", "csv"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One file of a report: its name, made by us, its media type and its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person whose report is made.

    Attributes:
        sleeper: the person.
        places: by metric of triage their place in the cohort (`cohort_triage.cohort_standings`), where something moved.
    """

    sleeper: Sleeper
    places: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def person_id(self) -> str:
        """Whose report it is."""
        return self.sleeper.person_id


@dataclass(frozen=True, kw_only=True)
class WeeklyDocuments:
    """A person's week as documents: what is computed where the nights are read."""

    organisation: str
    ending: date
    formats: tuple[Format, ...]
    rules: ScoreRules
    need: SleepNeed | None
    generated_at: datetime

    def __call__(self, archive: NightArchive, reader: Reader, /) -> tuple[Document, ...]:
        """The person's documents, one for each format.

        Raises:
            Unserved: nothing was recorded of the person, in that week or at all.
        """
        nights = archive.nights(self.organisation, reader.person_id)
        if nights.empty:
            raise Unserved(
                f"No session of {reader.sleeper.name} has arrived yet. "
                "What the vendor has comes with the next synchronisation."
            )
        week = person_period(
            reader.sleeper,
            nights,
            first=self.ending - timedelta(days=6),
            last=self.ending,
            profile=Profile(
                rules=self.rules,
                need=self.need,
                places=lambda: reader.places,
                valid_night=archive.rules(self.organisation),
            ),
        )
        if not week.coverage.recorded:
            raise Unserved(f"Nothing was recorded in the week that ends on {self.ending}.")
        report = report_of(archive, self.organisation, week)
        return tuple(document(report, kind, generated_at=self.generated_at) for kind in self.formats)


def report_of(archive: NightArchive, organisation: str, week: PersonPeriod) -> PersonReport:
    """A person's period with the hypnograms of its main sleeps."""
    person_id = week.sleeper.person_id
    nights = archive.nights(organisation, person_id)
    sessions = archive.sessions(organisation, person_id)
    mains = week.nights[week.nights["kind"] == "main"]["session_id"]
    return PersonReport(
        period=week,
        hypnograms=tuple(night_view(sessions, nights, str(session_id)) for session_id in mains),
    )


def document(report: PersonReport, kind: Format, *, generated_at: datetime) -> Document:
    """A report as one file."""
    if kind == "html":
        content = weekly_html(report, generated_at=generated_at)
        return Document(name=file_name(report, kind), media_type="text/html", content=content)
    return Document(name=file_name(report, kind), media_type="text/csv", content=weekly_csv(report))


def written(folder: Path, made: Document) -> Path:
    """The document as a file of the folder, whole or not at all; one of the same name is replaced.

    Raises:
        OSError: it cannot be written; what was there before is there still.
    """
    path = folder / made.name
    part = folder / f".{made.name}.{secrets.token_hex(4)}.part"
    try:
        with part.open("xb") as file:
            file.write(made.content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path
