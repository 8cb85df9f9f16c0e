"""LibreOffice opens our workbooks and CSV files as they are: every cell comes back, and no text becomes a formula.

Whatever these tests ask is gathered in a few files and opened once: LibreOffice takes seconds to start.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from reports.cells import csv_bytes, safe_text
from reports.cohort_tables import cohort_tables
from reports.person_tables import person_tables
from reports.sheet_cells import SHEET_UNITS, clean
from reports.tables import Column, Form, Measured, Table, Tables, Value, csv_documents
from reports.workbook import xlsx_bytes
from tests.reports.cohorts import report_of_cohort, squad
from tests.reports.made_up import report_of, week_of_nights
from tests.reports.test_cells import hostile
from tests.spreadsheets import NOTHING, Opened, Sheets, opened

MADE = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
CANARIES = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    '=HYPERLINK("http://127.0.0.1/x";"y")',
    "=cmd|' /C calc'!A0",
    '=DDE("soffice";"x";"y")',
    "a;=1+1",
    'a";=1+1',
    "a\t=1+1",
    "a\n=1+1",
    "{=1+1}",
    "'=1+1",
    "http://127.0.0.1/",
    "1e5",
    "007",
    "2026-02-11",
    "1/2",
    "TRUE",
    "50 %",
    "_x003D_1+1",
    "\u05d3\u05d5\u05d3 \u202e=1",
    "\U0001f634",
    "<b>&amp;",
    "x" * 40_000,
)
REPORTS = (
    person_tables(report_of(week_of_nights(), name="=1+1"), generated_at=MADE),
    cohort_tables(report_of_cohort(squad(8)), generated_at=MADE),
    person_tables(report_of([], person_id="p_none"), generated_at=MADE),
)


def made_up_texts(count: int) -> list[str]:
    """Hostile texts as hypothesis makes them, each once; those that say nothing are left out."""
    found = set[str]()

    @settings(max_examples=count, database=None, derandomize=True, phases=[Phase.generate])
    @given(hostile)
    def gather(text: str) -> None:
        if text.strip():
            found.add(text)

    gather()
    return sorted(found)


TEXTS = [*CANARIES, *made_up_texts(400)]


@dataclass(frozen=True, kw_only=True)
class Office:
    """What LibreOffice made of everything: workbooks, and CSV files split at commas and at semicolons."""

    workbooks: dict[str, Sheets]
    commas: dict[str, Sheets]
    semicolons: dict[str, Sheets]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    folder = tmp_path_factory.mktemp("office")
    workbooks = [
        _written(folder / f"{tables.stem}.xlsx", xlsx_bytes(tables)) for tables in (*REPORTS, _hostile())
    ]
    rows = [(n, text) for n, text in enumerate(TEXTS)]
    texts = [_written(folder / "texts.csv", csv_bytes(["n", "text"], rows)), _canaries(folder / "bare.csv")]
    texts += [_written(folder / name, data) for tables in REPORTS for name, data in csv_documents(tables)]
    return Office(
        workbooks=opened(workbooks, tmp_path_factory.mktemp("xlsx")),
        commas=opened(texts, tmp_path_factory.mktemp("commas"), csv_separator=","),
        semicolons=opened(texts, tmp_path_factory.mktemp("semicolons"), csv_separator=";"),
    )


def _hostile() -> Tables:
    columns = (Column(name="n", form=Form(kind="count")), Column(name="text", form=Form(kind="text")))
    table = Table(name="Texts", title="", columns=columns, rows=tuple(enumerate(TEXTS)))
    days = tuple((float(minute), minute / 60) for minute in range(24 * 60))
    minutes = (
        Column(name="duration", form=Form(kind="duration")),
        Column(name="clock", form=Form(kind="clock")),
    )
    of_a_day = Table(name="Minutes", title="", columns=minutes, rows=days)
    return Tables(stem="hostile", title="=1+1", subject="", generated_at=MADE, tables=(table, of_a_day))


def _canaries(path: Path) -> Path:
    """The same canaries as nobody should write them: what they become shows that these tests can fail."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([each] for each in CANARIES[:12])
    return _written(path, out.getvalue().encode())


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def formulas(sheets: Sheets) -> list[str]:
    """All formulas but those of true and false, which is how LibreOffice holds a truth value of a workbook."""
    held = [cell.formula for rows in sheets.values() for row in rows for cell in row if cell.formula]
    return [each for each in held if each not in {"of:=TRUE()", "of:=FALSE()"}]


def test_bare_canaries_do_become_formulas(office: Office) -> None:
    assert "of:=1+1" in formulas(office.commas["bare"])
    assert any("HYPERLINK" in each for each in formulas(office.commas["bare"]))


def test_no_cell_of_a_workbook_or_a_csv_file_is_a_formula(office: Office) -> None:
    for made in (office.workbooks, office.commas, office.semicolons):
        for stem, sheets in made.items():
            assert stem == "bare" or formulas(sheets) == [], stem


def test_every_text_comes_back_from_a_workbook_as_text(office: Office) -> None:
    rows = office.workbooks["hostile"]["Texts"][1:]
    assert len(rows) == len(TEXTS)
    for text, row in zip(TEXTS, rows, strict=True):
        assert row[1].kind == "string"
        shown = row[1].shown
        if len(text) > 32_767:
            assert shown.endswith("[Cut here: the text has 40,000 characters, a cell holds 32,767.]")
        elif "\n" in clean(text):  # of a text of several lines flat XML leaves out the tabs
            assert shown.replace("\t", "") == clean(text).replace("\t", ""), repr(text)
        else:
            assert shown == clean(text), repr(text)


def test_no_text_of_a_csv_file_becomes_anything_that_computes(office: Office) -> None:
    for made in (office.commas, office.semicolons):
        kinds = {cell.kind for row in made["texts"]["texts"] for cell in row}
        assert kinds <= {"string", "float", "date", "percentage", "boolean", "time", ""}
    by_number = {row[0].shown: row[1] for row in office.commas["texts"]["texts"] if len(row) > 1}
    for n, text in enumerate(TEXTS[:9]):
        assert by_number[str(n)].kind == "string"
        assert by_number[str(n)].shown.lstrip("'") != "2", text
        assert safe_text(text) != text


@pytest.mark.parametrize("tables", REPORTS, ids=[tables.stem for tables in REPORTS])
def test_every_cell_of_every_sheet_comes_back(office: Office, tables: Tables) -> None:
    sheets = office.workbooks[tables.stem]
    assert list(sheets) == [table.name for table in tables.tables]
    for table in tables.tables:
        header, *rows = sheets[table.name]
        assert [cell.shown for cell in header] == [column.name for column in table.columns]
        assert len(rows) == len(table.rows)
        for written, read in zip(table.rows, rows, strict=True):
            _equal(table.columns, written, read)


def _equal(columns: Sequence[Column], written: Sequence[Value], read: Sequence[Opened]) -> None:
    padded = [*read, *[NOTHING] * (len(columns) - len(read))]
    for column, value, cell in zip(columns, written, padded, strict=True):
        assert _same(column.form, value, cell), (column.name, value, cell)


def _same(form: Form, value: Value, cell: Opened) -> bool:
    if isinstance(value, Measured):
        return _same(value.form, value.value, cell)
    if isinstance(value, Form):
        value = value.unit or SHEET_UNITS.get(value.kind, "")
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return cell == NOTHING
    if isinstance(value, str):
        return (cell.kind, cell.shown) == ("string", clean(value))
    if isinstance(value, bool):
        return cell.shown == str(value).upper()
    return _number(form, value, cell)


def _number(form: Form, value: float | date, cell: Opened) -> bool:
    if isinstance(value, date):
        moment = datetime.fromisoformat(value.isoformat()).replace(tzinfo=None)
        away = datetime.fromisoformat(cell.value) - moment
        return cell.kind == "date" and abs(away) < timedelta(milliseconds=1)
    per_day = {"duration": 1440, "hours": 24, "clock": 24}.get(form.kind)
    if per_day is None:
        return math.isclose(float(cell.value), value, rel_tol=1e-12)
    return abs(_seconds(cell) - value * 86_400 / per_day) < 0.06


def _seconds(cell: Opened) -> float:
    """How long a cell is, which is written in days or as `PT08H10M00S`."""
    if cell.kind == "float":
        return float(cell.value) * 86_400
    assert cell.kind == "time"
    hours, rest = cell.value.removeprefix("PT").split("H")
    minutes, seconds = rest.removesuffix("S").split("M")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_every_minute_is_shown_as_it_is_printed(office: Office) -> None:
    rows = office.workbooks["hostile"]["Minutes"][1:]
    assert [[cell.shown for cell in row] for row in rows] == [
        [f"{minute // 60}:{minute % 60:02d}", f"{minute // 60:02d}:{minute % 60:02d}"]
        for minute in range(24 * 60)
    ]


def test_the_rows_of_a_csv_file_are_those_of_the_table(office: Office) -> None:
    for tables in REPORTS:
        for (name, _), table in zip(csv_documents(tables), _csv_order(tables), strict=True):
            (rows,) = office.commas[name.removesuffix(".csv")].values()
            assert len(rows) == 1 + len(table.rows), name
            assert [cell.shown for cell in rows[0]] == [column.name for column in table.columns]


def _csv_order(tables: Tables) -> list[Table]:
    return [tables.of("Nights"), *(table for table in tables.tables if table.name != "Nights")]
