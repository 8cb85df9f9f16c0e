"""The workbook as a program reads it: real types, a header in sight, no formula, the same bytes for the same report."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from charts.theme import theme
from reports.cohort_tables import cohort_tables
from reports.person_tables import person_tables
from reports.sheet_cells import LONGEST_TEXT, clean, fitting, serial
from reports.tables import Column, Form, Measured, Table, Tables, Value
from reports.workbook import MOST_ROWS, TooManyRows, sheet_name, xlsx_bytes
from tests.reports.cohorts import report_of_cohort, squad
from tests.reports.made_up import report_of, week_of_nights

MADE = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
PERSON = person_tables(report_of(week_of_nights()), generated_at=MADE)
COHORT = cohort_tables(report_of_cohort(squad(8)), generated_at=MADE)


def read(tables: Tables) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx_bytes(tables)))


def one(value: Value, form: Form, *more: Value) -> Tables:
    """A table of a single column."""
    table = Table(
        name="Nights",
        title="",
        columns=(Column(name="a", form=form),),
        rows=tuple((each,) for each in (value, *more)),
    )
    return Tables(stem="x", title="A", subject="B", generated_at=MADE, tables=(table,))


def cell(value: Value, form: Form) -> Any:
    sheet = read(one(value, form))["Nights"]
    return sheet["A2"].value


def by_name(sheet: Worksheet, row: int) -> dict[str, Any]:
    header = [str(each.value) for each in sheet[1]]
    return {name: each.value for name, each in zip(header, sheet[row], strict=True)}


def test_the_sheets_are_those_of_the_report() -> None:
    assert read(PERSON).sheetnames == [table.name for table in PERSON.tables]
    assert read(COHORT).sheetnames == [table.name for table in COHORT.tables]


def test_dates_durations_times_and_numbers_are_what_they_say() -> None:
    row = by_name(read(PERSON)["Nights"], 2)
    assert row["night"] == datetime(2026, 2, 5)  # noqa: DTZ001 - what a workbook has
    assert row["start_utc"] == datetime(2026, 2, 5, 7, 20)  # noqa: DTZ001
    assert row["start_local"] == datetime(2026, 2, 4, 23, 20)  # noqa: DTZ001
    assert row["start_offset_min"] == -480
    assert row["start_clock_h"] == time(23, 20)
    frame = report_of(week_of_nights()).period.nights.sort_values("start").iloc[0]
    assert row["tst_min"] == timedelta(minutes=frame["tst_min"])
    assert row["se_pct"] == pytest.approx(frame["se_pct"], rel=1e-12)
    assert row["valid"] is True
    assert row["awakenings"] == frame["awakenings"]
    assert row["vendor_deep_min"] is None


def test_the_summary_holds_the_printed_digits() -> None:
    sheet = read(PERSON)["Summary"]
    told = {row["id"]: row for row in (by_name(sheet, n) for n in range(2, 40))}
    figures = report_of(week_of_nights()).period.figures
    assert told["mean_tst_min"]["value"] == timedelta(minutes=figures["mean_tst_min"].value)
    assert told["mean_se_pct"]["value"] == figures["mean_se_pct"].value
    assert told["score"]["value"] == figures["score"].value
    hours = figures["mean_bed_h"].value
    assert told["mean_bed_h"]["value"] == time(int(hours), round(hours % 1 * 60))
    assert told["sri"]["value"] is None
    assert told["mean_tst_min"]["unit"] == "h:mm"
    assert told["mean_bed_h"]["unit"] == "time of day"


@pytest.mark.parametrize("tables", [PERSON, COHORT], ids=["person", "cohort"])
def test_a_header_stays_in_sight_in_the_product_s_colours_with_a_filter(tables: Tables) -> None:
    book, look = read(tables), theme("print")
    for table in tables.tables:
        sheet = book[table.name]
        assert [each.value for each in sheet[1]] == [column.name for column in table.columns]
        assert sheet.freeze_panes == f"{get_column_letter(table.held + 1)}2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet["A1"].font.b
        assert sheet["A1"].fill.fgColor.rgb == f"FF{look.accent[1:].upper()}"
        assert sheet["A1"].font.color.rgb == f"FF{look.background[1:].upper()}"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == "$1:$1"


@pytest.mark.parametrize("tables", [PERSON, COHORT], ids=["person", "cohort"])
def test_columns_are_as_wide_as_their_header_and_never_wider_than_a_screen(tables: Tables) -> None:
    book = read(tables)
    for table in tables.tables:
        # Neighbours of the same width are one entry.
        entries = book[table.name].column_dimensions.values()
        widths = {at: each.width for each in entries for at in range(each.min or 0, (each.max or 0) + 1)}
        for at, column in enumerate(table.columns, start=1):
            assert len(column.name) + 3 <= widths[at] <= 80


def test_a_row_is_as_high_as_the_lines_of_its_sentence() -> None:
    sheet = read(PERSON)["Method"]
    for n, (item, text) in enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2):
        height = sheet.row_dimensions[n].height
        if len(str(text)) > 66:
            assert height is not None, item
            assert height >= 15 * len(str(text)) / 70
        else:
            assert height in {None, 15}, item


@pytest.mark.parametrize("tables", [PERSON, COHORT], ids=["person", "cohort"])
def test_no_cell_is_a_formula_and_nothing_is_a_link(tables: Tables) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes(tables))) as held:
        for name in held.namelist():
            text = held.read(name).decode()
            assert not re.search(r"<f[ >]|<hyperlink", text), name


def test_the_same_report_makes_the_same_bytes_and_says_what_it_is() -> None:
    assert xlsx_bytes(PERSON) == xlsx_bytes(PERSON)
    assert xlsx_bytes(PERSON) != xlsx_bytes(replace(PERSON, generated_at=MADE + timedelta(hours=1)))
    properties = read(PERSON).properties
    assert properties.title == "Weekly sleep report"
    assert properties.subject.replace("\u00a0", " ") == "Person A, 5 to 11 February 2026"
    assert properties.creator == "Nocturne"
    assert properties.created == datetime(2026, 2, 12, 7, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("form", "value", "held"),
    [
        (Form(kind="duration"), 425.0, timedelta(hours=7, minutes=5)),
        (Form(kind="duration", seconds=True), 1500.5, timedelta(days=1, hours=1, seconds=30)),
        (Form(kind="duration", seconds=True), 12.333333, timedelta(minutes=12, seconds=20)),
        (Form(kind="hours"), 70 / 60, timedelta(hours=1, minutes=10)),
        (Form(kind="clock", seconds=True), 23.083332, time(23, 5)),
        (Form(kind="clock"), 24.0, time(0, 0)),
        (Form(kind="clock"), 23.9999999, time(0, 0)),
        (Form(kind="number", decimals=0, signed=True), -41.0, -41),
        (Form(kind="count"), 1204, 1204),
        (Form(kind="percent"), 92.76556776556777, 92.76556776556777),
        (Form(kind="number"), float("nan"), None),
        (Form(kind="number"), float("inf"), None),
        (Form(kind="number"), np.float64(0.1), 0.1),
        (Form(kind="measured"), Measured(value=np.float64(0.1), form=Form(kind="number")), 0.1),
        (Form(kind="boolean"), False, False),
        (Form(kind="text"), "", None),
        (Form(kind="text"), "007", "007"),
        (Form(kind="text"), "1e5", "1e5"),
        (Form(kind="text"), "https://example.org", "https://example.org"),
        (Form(kind="date"), date(2026, 2, 11), datetime(2026, 2, 11)),  # noqa: DTZ001
        (Form(kind="date"), date(1899, 1, 1), "1899-01-01"),
    ],
)
def test_a_value_is_kept_as_its_form_says(form: Form, value: Value, held: Any) -> None:
    found = cell(value, form)
    assert found == held
    assert type(found) is type(held) or isinstance(held, int | float)


def test_a_duration_below_0_stays_in_days_and_can_be_shown() -> None:
    sheet = read(one(-3.0, Form(kind="duration", seconds=True)))["Nights"]
    assert sheet["A2"].value == timedelta(minutes=-3)
    assert sheet["A2"].number_format == '[h]:mm:ss;-0.00000" d"'


@given(st.integers(0, 24 * 60 - 1))
def test_every_minute_of_a_day_comes_back_exactly(minute: int) -> None:
    for kind, unit in (("duration", 1), ("hours", 60), ("clock", 60)):
        days = serial(Form(kind=kind), minute / unit)  # type: ignore[arg-type]
        assert round(days * 86_400 * 1000) == minute * 60_000


@given(st.text(max_size=40))
@example("_x0041_ and _x000D_")
@example("\x00\x07\ud800\ufffe\uffff")
@example("a\r\nb\rc\td ")
@example("<&>\"'")
@example("=1+1")
def test_text_comes_back_but_for_what_xml_cannot_hold(text: str) -> None:
    found = cell(f"a{text}", Form(kind="text"))
    allowed = "".join(
        each
        if each in "\t\n" or " " <= each <= "\ud7ff" or "\ue000" <= each <= "\ufffd" or each > "\uffff"
        else "\ufffd"
        for each in text.replace("\r\n", "\n").replace("\r", "\n")
    )
    # openpyxl leaves the escape of an escape as it is; spreadsheets undo it (tests/reports/test_in_libreoffice.py).
    assert found.replace("_x005F_", "_") == f"a{allowed}"


@pytest.mark.parametrize("letter", ["x", "\U0001f634"])
def test_a_text_that_is_too_long_is_cut_and_says_so(letter: str) -> None:
    text = letter * 40_000
    found = cell(text, Form(kind="text"))
    assert len(found.encode("utf-16-le")) // 2 <= LONGEST_TEXT
    size = "40,000" if letter == "x" else "80,000"
    assert found.endswith(f" [Cut here: the text has {size} characters, a cell holds 32,767.]")
    assert found.startswith(letter * 10_000)
    whole = "x" * LONGEST_TEXT
    assert fitting(whole) == whole


def test_a_name_that_no_xml_can_hold_does_not_spoil_the_properties() -> None:
    tables = replace(PERSON, subject="x\x00\ud800<&>", title="t\x07")
    properties = read(tables).properties
    assert (properties.title, properties.subject) == ("t\ufffd", "x\ufffd\ufffd<&>")


@given(st.text(max_size=60), st.text(max_size=60))
@example("Summary", "summary")
@example("'", "History")
@example("a/b\\c?d*e[f]g:h", "x" * 40)
def test_a_sheet_name_is_one_that_spreadsheets_take(first: str, second: str) -> None:
    one_name = sheet_name(first)
    other = sheet_name(second, {one_name.casefold()})
    for name in (one_name, other):
        assert 0 < len(name) <= 31
        assert not re.search(r"[\[\]:*?/\\]", name)
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.casefold() != "history"
        assert clean(name) == name
    assert one_name.casefold() != other.casefold()


def test_more_rows_than_a_sheet_has_are_refused_with_what_to_do() -> None:
    row: tuple[Value, ...] = (1,)
    table = Table(
        name="Nights", title="", columns=(Column(name="a", form=Form(kind="count")),), rows=(row,) * MOST_ROWS
    )
    with pytest.raises(TooManyRows, match=r"Nights has 1,048,576 rows .* choose a shorter period"):
        xlsx_bytes(replace(PERSON, tables=(table,)))


def test_a_value_with_a_form_of_its_own_is_shown_in_it() -> None:
    table = one(
        Measured(value=425.0, form=Form(kind="duration")),
        Form(kind="measured"),
        Measured(value=92.0, form=Form(kind="percent", decimals=0)),
    )
    sheet = read(table)["Nights"]
    assert (sheet["A2"].value, sheet["A3"].value) == (timedelta(minutes=425), 92)
    assert sheet["A3"].number_format == '0" %"'


@pytest.mark.parametrize("sleeps", [[], week_of_nights()[:1]], ids=["no night", "one night"])
def test_a_report_without_nights_is_a_workbook_all_the_same(sleeps: list[Any]) -> None:
    book = read(person_tables(report_of(sleeps), generated_at=MADE))
    assert book["Nights"].max_row == 1 + len(sleeps)
    assert book["Nights"].auto_filter.ref == book["Nights"].dimensions
