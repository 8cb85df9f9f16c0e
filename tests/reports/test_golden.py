"""A golden cohort, as the simulator serves it: the same digits in the value, on the screen and in every format.

Nothing is made up here: nights come over HTTP, through the archive, and leave as the files that a person is handed.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from openpyxl import load_workbook

from analytics import figures, wording
from analytics.cohort_figures import CohortFigure, apart
from analytics.figures import QUANTITIES, Figure, Kind
from analytics.person_period import month_up_to
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import build
from nocturne.cohorts import cohorts
from nocturne.documents import Wanted, documents
from nocturne.runs import cohort_report, person_report
from nocturne.sync import synchronise
from reports.cohort_report import CohortReport
from reports.person_report import PersonReport
from settings import Settings
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people
from tests.pages.test_pages import run
from tests.pages.test_pages import words as said
from tests.reports.documents import read
from tests.reports.pdfs import text_of

UNTIL: Final = date(2026, 3, 10)
NOW: Final = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
PEOPLE, NIGHTS = 8, 65
_EDGES: Final = ("change_mean", "change_low", "change_high")
PERSON, COHORT = ("a person's week", "a person's month"), ("a cohort's week", "a cohort's month")


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A report, and what a reader finds in each of its files: words, and rows of the Summary by id."""

    report: PersonReport | CohortReport
    pdf: str
    html: str
    csv: dict[str, dict[str, str]]
    xlsx: dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Screens:
    """What the dashboard shows of the same month: the words of a person's page, and the table of the cohort's."""

    person: str
    cohort: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Golden:
    """Everything that is told of one cohort and of somebody in it."""

    handed: dict[str, Handed]
    screens: Screens


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Golden]:
    world = simulated_world(people=PEOPLE, nights=NIGHTS, seed=3, until=UNTIL, now=NOW)
    with serve(world) as simulator:
        settings = Settings(
            asleep_api_key=simulator.api_key,  # type: ignore[arg-type]
            asleep_base_url=simulator.address,
            nocturne_data_dir=tmp_path_factory.mktemp("golden") / "data",
            nocturne_rate_limit_per_second=1000,
            nocturne_sync_days=NIGHTS,
        )
        application = build(settings, now=lambda: NOW)
        try:
            actor = local_actor(application.organisation)
            import_people(application, actor, roster_csv(simulator))
            assert not synchronise(application, actor, application.people()).failures
            whole = next(each for each in cohorts(application, actor) if each.kind == "everyone")
            wanted = {kind: Wanted(kind=kind, ending=UNTIL) for kind in ("weekly", "monthly")}
            somebody = max(
                (
                    person_report(application, actor, each.person_id, wanted["weekly"])
                    for each in application.people()
                ),
                key=lambda report: sum(figure.shown for figure in report.period.figures.values()),
            ).period.sleeper.person_id
            told: dict[str, PersonReport | CohortReport] = {
                "a person's week": person_report(application, actor, somebody, wanted["weekly"]),
                "a person's month": person_report(application, actor, somebody, wanted["monthly"]),
                "a cohort's week": cohort_report(application, actor, whole, wanted["weekly"]),
                "a cohort's month": cohort_report(application, actor, whole, wanted["monthly"]),
            }
            applications.register(application, request_sync=lambda: None)
            yield Golden(
                handed={which: _handed(report) for which, report in told.items()}, screens=_screens(somebody)
            )
        finally:
            applications.forget()
            application.close()


@pytest.fixture
def handed(golden: Golden) -> dict[str, Handed]:
    return golden.handed


def _screens(somebody: str) -> Screens:
    """The pages as a link with the dates of the month opens them."""
    dates = {"from": month_up_to(UNTIL).isoformat(), "to": UNTIL.isoformat()}
    person = run("person.py", person=somebody, **dates)
    cohort = run("cohort.py", **dates)
    cohort.session_state["cohort_summary"] = True
    cohort.run()
    (table,) = [each.value for each in cohort.table if "Per person" in each.value.columns]
    return Screens(person=plain(said(person).replace("\\", "")), cohort=table)


def _handed(report: PersonReport | CohortReport) -> Handed:
    made = {
        Path(each.name).suffix if "-summary" not in each.name else "summary": each.content
        for each in documents(report, Wanted(kind=report.kind, ending=UNTIL), generated_at=NOW)
    }
    sheet = list(load_workbook(io.BytesIO(made[".xlsx"]))["Summary"].iter_rows(values_only=True))
    cells = [dict(zip(map(str, sheet[0]), row, strict=True)) for row in sheet[1:]]
    return Handed(
        report=report,
        pdf=plain(text_of(made[".pdf"])),
        html=plain(read(made[".html"]).text),
        csv={
            row["id"]: row
            for row in _figures(csv.DictReader(io.StringIO(made["summary"].decode("utf-8-sig"))))
        },
        xlsx={row["id"]: row for row in _figures(cells)},
    )


def _figures(rows: Any) -> Iterator[Any]:
    """The rows of figures: what follows them (against usual, the ledger) has ids of its own."""
    return (row for row in rows if row["section"] in {"Figures", "Score"})


def plain(text: str) -> str:
    """Words with one blank between them and no marks of where a word may be broken."""
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").split())


def number(cell: Any, kind: Kind) -> float:
    """What a cell of a workbook holds, in the unit of the kind; NaN for nothing."""
    if cell is None:
        return float("nan")
    if isinstance(cell, timedelta):
        minutes = cell / timedelta(minutes=1)
        return minutes / 60 if kind in {"hours", "clock"} else minutes
    if isinstance(cell, time):
        hours = cell.hour + cell.minute / 60 + cell.second / 3600
        return 60 * hours if kind == "duration" else hours
    return float(cell)


def written(kind: Kind, value: float, *, signed: bool = False) -> str:
    """A value of a table as it is printed; a difference in hours is kept in minutes there."""
    kept_in = "duration" if signed and kind == "hours" else kind
    return figures.in_words(kept_in, value, signed=signed)


@pytest.mark.parametrize("which", PERSON)
def test_every_figure_of_a_person_has_the_same_digits_in_every_format(
    handed: dict[str, Handed], which: str
) -> None:
    found = handed[which]
    told = found.report.period.figures
    assert set(told) == set(found.csv) == set(found.xlsx) == set(QUANTITIES)
    shown = [figure for figure in told.values() if isinstance(figure, Figure) and figure.shown]
    assert len(shown) >= 32
    for figure in told.values():
        assert isinstance(figure, Figure)
        signed = QUANTITIES[figure.id].signed
        row, cells = found.csv[figure.id], found.xlsx[figure.id]
        kept = float(row["value"]) if row["value"] else float("nan")
        assert row["as_printed"].removeprefix("'") == cells["as_printed"] == figure.text, figure.id
        assert written(figure.kind, kept, signed=signed) == figure.text, figure.id
        assert written(figure.kind, number(cells["value"], figure.kind), signed=signed) == figure.text, (
            figure.id
        )
        assert int(row["nights_counted"]) == cells["nights_counted"] == figure.nights
        assert int(row["of_nights"]) == cells["of_nights"] == figure.of
    assert {figure.id for figure in shown if plain(figure.text) not in found.pdf} == set()
    assert {figure.id for figure in shown if plain(figure.text) not in found.html} == set()


@pytest.mark.parametrize("which", COHORT)
def test_every_figure_of_a_cohort_has_the_same_digits_in_every_format(
    handed: dict[str, Handed], which: str
) -> None:
    found = handed[which]
    told = found.report.period.figures
    assert set(told) == set(found.csv) == set(found.xlsx)
    assert any(isinstance(figure, CohortFigure) and figure.change is not None for figure in told.values())
    for figure in told.values():
        assert isinstance(figure, CohortFigure)
        row, cells = found.csv[figure.id], found.xlsx[figure.id]
        kept = float(row["value"]) if row["value"] else float("nan")
        assert row["as_printed"] == cells["as_printed"] == figure.text, figure.id
        assert written(figure.kind, kept) == figure.text
        assert written(figure.kind, number(cells["value"], figure.kind)) == figure.text
        assert int(row["people_counted"]) == cells["people_counted"] == figure.people
        assert plain(f"{figure.label} {figure.text} {figure.spread or wording.NOTHING}") in found.pdf
        for words in (figure.text, figure.spread, figure.counted):
            assert plain(words) in found.html, figure.id
        _same_change(figure, found)


def _same_change(figure: CohortFigure, found: Handed) -> None:
    """The change against the 28 days before, made again of the three numbers that a table keeps of it."""
    change = figure.change
    row, cells = found.csv[figure.id], found.xlsx[figure.id]
    if change is None:
        assert not row["change_mean"]
        assert cells["change_mean"] is None
        return
    # In CSV what starts like a formula is kept from being one by an apostrophe (`reports.cells`).
    assert row["change_as_printed"].removeprefix("'") == cells["change_as_printed"] == change.text
    for read_ in ({name: float(row[name] or "nan") for name in _EDGES}, cells):
        words = [
            written(apart(figure.kind), number(read_[name], apart(figure.kind)), signed=True)
            for name in _EDGES
        ]
        bounded = "" if words[1] == wording.NOTHING else f" ({words[1]} to {words[2]})"
        assert f"{words[0]}{bounded}" == change.text, figure.id
    for text in (change.text, wording.p_value(change.p_adjusted)):
        assert plain(text) in found.pdf, figure.id
        assert plain(text) in found.html, figure.id


@pytest.mark.parametrize("which", COHORT)
def test_everybody_in_a_cohort_has_the_digits_of_their_own_row_everywhere(
    handed: dict[str, Handed], which: str
) -> None:
    found = handed[which]
    assert isinstance(found.report, CohortReport)
    for row in found.report.period.people.to_dict("records"):
        words = [
            figures.in_words("duration", row["mean_tst_min"]),
            figures.in_words("duration", row["change_tst_min"], signed=True),
            *(
                figures.in_words(QUANTITIES[name].kind, row[name])
                for name in ("mean_se_pct", "mean_midsleep_h", "score")
            ),
        ]
        assert plain(" ".join(words)) in found.pdf, row["name"]


@pytest.mark.parametrize("which", [*PERSON, *COHORT])
def test_the_finding_and_its_numbers_read_the_same_everywhere(handed: dict[str, Handed], which: str) -> None:
    found = handed[which]
    for words in (found.report.period.title, found.report.period.lead):
        assert plain(words) in found.pdf
        assert plain(words) in found.html


def test_the_cohort_page_shows_the_digits_of_the_month(golden: Golden) -> None:
    period = golden.handed["a cohort's month"].report.period
    assert (period.first, period.last) == (month_up_to(UNTIL), UNTIL)
    shown = golden.screens.cohort.to_dict("records")
    for figure, row in zip(period.figures.values(), shown, strict=True):
        assert isinstance(figure, CohortFigure)
        change = figure.change
        assert change is not None
        assert (row["Per person"], row["Mean"], row["Spread"]) == (figure.label, figure.text, figure.spread)
        assert (row["Change"], row["Adjusted p"]) == (change.text, wording.p_value(change.p_adjusted))


def test_the_person_page_shows_the_digits_of_the_month(golden: Golden) -> None:
    told = golden.handed["a person's month"].report.period.figures
    for name in (
        "mean_tst_min",
        "mean_se_pct",
        "score",
        "score_e",
        "score_c",
        "score_d",
        "score_change",
        "sri",
    ):
        assert plain(told[name].text) in golden.screens.person, name
