"""A report as its files, and a person's report from the archive alone: what a run maps over people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

import pandas as pd

from analytics.drawn_night import drawn_nights
from analytics.night_view import night_views
from analytics.person_period import month_up_to
from analytics.raster import raster
from analytics.score import ScoreRules
from analytics.sessions import SessionSet
from analytics.sleep_debt import SleepNeed
from analytics.standing import Standing
from analytics.summary import PersonPeriod, Profile, Sleeper, person_period
from cache.archive import NightArchive
from nocturne import writers
from nocturne.aliases import alias_of, pseudonymous
from nocturne.mapping import Unserved
from reports.cohort_report import CohortReport
from reports.cohort_report import file_name as cohort_file_name
from reports.kinds import FORMATS, KINDS, MEDIA_TYPES, PAPERS, Ending, Format, Kind, Paper
from reports.person_report import PersonReport
from reports.person_report import file_name as person_file_name

__all__ = [
    "FORMATS",
    "KINDS",
    "MEDIA_TYPES",
    "PAPERS",
    "Document",
    "Format",
    "Kind",
    "Paper",
    "PersonDocuments",
    "Reader",
    "Served",
    "Wanted",
    "documents",
    "named",
    "report_of",
]

_WEEK: Final = timedelta(days=6)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which report, and as what.

    Attributes:
        kind: weekly or monthly.
        ending: the label of its last night.
        formats: as what it is handed out.
        paper: of the PDF.
        pseudonyms: whether people go by pseudonyms everywhere in it.
        plotly: whether an HTML holds the script that draws its charts, or finds it in a file beside it.
    """

    kind: Kind = "weekly"
    ending: date
    formats: tuple[Format, ...] = FORMATS
    paper: Paper = "a4"
    pseudonyms: bool = False
    plotly: Literal["inside", "beside"] = "inside"

    @property
    def first(self) -> date:
        """The label of its first night: of 7, or the day after the same day of the month before."""
        return self.ending - _WEEK if self.kind == "weekly" else month_up_to(self.ending)

    @property
    def period(self) -> str:
        """What it covers, in words: `the week that ends on 2026-02-11`."""
        return f"the {'week' if self.kind == 'weekly' else 'month'} that ends on {self.ending}"


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
        pseudonym: what the person is called in the report; "" for their name.
    """

    sleeper: Sleeper
    places: Mapping[str, Standing] = field(default_factory=dict)
    pseudonym: str = ""

    @property
    def person_id(self) -> str:
        """Whose report it is."""
        return self.sleeper.person_id


@dataclass(frozen=True, kw_only=True)
class Served:
    """A person's documents."""

    person_id: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, kw_only=True)
class PersonDocuments:
    """A person's report, and its documents: what is computed where the nights are read."""

    organisation: str
    wanted: Wanted
    rules: ScoreRules
    need: SleepNeed | None
    generated_at: datetime

    def __call__(self, archive: NightArchive, reader: Reader, /) -> Served:
        """The person's documents, those of each format.

        Raises:
            Unserved: nothing was recorded of the person, in that period or at all.
        """
        report = self.report(archive, reader)
        if not report.period.coverage.recorded:
            raise Unserved(f"Nothing was recorded in {self.wanted.period}.")
        made = documents(report, self.wanted, generated_at=self.generated_at)
        return Served(person_id=reader.person_id, documents=made)

    def report(self, archive: NightArchive, reader: Reader) -> PersonReport:
        """The value that the documents are made of.

        Raises:
            Unserved: nothing has arrived of the person.
        """
        nights = archive.nights(self.organisation, reader.person_id)
        if nights.empty:
            # Nobody's name: reasons stand in logs and settings, and beside pseudonyms.
            raise Unserved(
                "No session has arrived yet. What the vendor has comes with the next synchronisation."
            )
        sleeper, sessions = reader.sleeper, archive.sessions(self.organisation, reader.person_id)
        if reader.pseudonym:
            alias = alias_of(reader.pseudonym, sessions)
            sleeper = pseudonymous(sleeper, reader.pseudonym)
            nights, sessions = alias.of_nights(nights), alias.of_sessions(sessions)
        profile = Profile(
            rules=self.rules,
            need=self.need,
            places=lambda: reader.places,
            valid_night=archive.rules(self.organisation),
        )
        found = person_period(
            sleeper, nights, first=self.wanted.first, last=self.wanted.ending, profile=profile
        )
        whole = "html" in self.wanted.formats
        return report_of(found, nights, sessions, kind=self.wanted.kind, whole=whole)


def report_of(
    period: PersonPeriod, nights: pd.DataFrame, sessions: SessionSet, *, kind: Kind, whole: bool = True
) -> PersonReport:
    """A person's period with the hypnograms of its main sleeps, and of a month the raster.

    Args:
        period: the week or the month.
        nights: every sleep of the person.
        sessions: the recordings that they were made of.
        kind: of the report.
        whole: whether the hypnograms are whole views, as an HTML shows them; print draws them and no more, which takes
            a third of the time.
    """
    mains = period.nights["session_id"][period.nights["kind"] == "main"].tolist()
    drawn = raster(sessions, nights, first=period.first, last=period.last) if kind == "monthly" else None
    return PersonReport(
        kind=kind,
        period=period,
        raster=drawn,
        hypnograms=(night_views if whole else drawn_nights)(sessions, nights, mains),
    )


def documents(
    report: PersonReport | CohortReport, wanted: Wanted, *, generated_at: datetime
) -> tuple[Document, ...]:
    """A report as the files of every format that is wanted."""
    return tuple(
        Document(name=name, media_type=MEDIA_TYPES[kind], content=content)
        for kind in wanted.formats
        for name, content in _made(report, kind, wanted, generated_at)
    )


def named(report: PersonReport | CohortReport, ending: Ending) -> str:
    """The name of a report's file."""
    if isinstance(report, PersonReport):
        return person_file_name(report, ending)
    return cohort_file_name(report, ending)


def _made(
    report: PersonReport | CohortReport, kind: Format, wanted: Wanted, generated_at: datetime
) -> Iterable[tuple[str, bytes]]:
    """Names and bytes of the files of one format."""
    if kind == "csv":
        return writers.csv_files(report, generated_at=generated_at)
    if kind == "xlsx":
        content = writers.workbook(report, generated_at=generated_at)
    elif kind == "pdf":
        content = writers.pdf(report, generated_at=generated_at, paper=wanted.paper)
    else:
        content = writers.html(report, generated_at=generated_at, plotly=wanted.plotly)
    return [(named(report, kind), content)]
