"""A report as tables: one row a thing, every column explained, what is left out adds up, and the files they become."""

import csv
import io
import math
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from analytics import wording
from analytics.cohort_metrics import METRICS
from analytics.figures import QUANTITIES
from analytics.grades import REASONS
from analytics.nights import NIGHT_COLUMNS
from reports.cohort_tables import cohort_tables
from reports.definitions import Undefined, definition
from reports.explaining_tables import definitions_table
from reports.person_tables import person_tables
from reports.tables import Column, Form, Measured, Table, Tables, Value, csv_documents, table_csv
from reports.weekly import weekly_csv
from reports.workbook import xlsx_bytes
from tests.reports.cohorts import report_of_cohort, squad
from tests.reports.made_up import Sleep, at, report_of, week_of_nights
from tests.serving import ROOT

MADE = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
SQUAD = squad(8)
COHORT = report_of_cohort(SQUAD)
UNUSABLE = Sleep(
    begun=at("2026-02-09 02:10"), stages=(0,) * 20, kind="unusable", grade="X",
    reasons="NEVER_SLEPT;BROKE_OFF", label=date(2026, 2, 9),
)  # fmt: skip
ANOTHER = replace(UNUSABLE, begun=at("2026-02-08 02:10"), label=date(2026, 2, 8))
NAP = Sleep(begun=at("2026-02-07 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap")


def of_person(sleeps: list[Sleep], **more: str) -> Tables:
    return person_tables(report_of(sleeps, **more), generated_at=MADE)  # type: ignore[arg-type]


def of_cohort() -> Tables:
    return cohort_tables(COHORT, generated_at=MADE)


def rows(table: Table) -> list[dict[str, Value]]:
    return [dict(zip((each.name for each in table.columns), row, strict=True)) for row in table.rows]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_a_person_and_a_cohort_have_their_sheets_in_order() -> None:
    names = [table.name for table in of_person(week_of_nights()).tables]
    assert names == ["Summary", "Nights", "Excluded", "Definitions", "Method"]
    names = [table.name for table in of_cohort().tables]
    assert names == ["Summary", "People", "Nights", "Excluded", "Definitions", "Method"]


def test_the_summary_has_every_figure_as_it_is_printed() -> None:
    report = report_of(week_of_nights())
    told = {str(row["id"]): row for row in rows(person_tables(report, generated_at=MADE).of("Summary"))}
    assert set(report.period.figures) == set(QUANTITIES)
    for name, figure in report.period.figures.items():
        row = told[name]
        assert isinstance(row["value"], Measured)
        assert row["value"].value == figure.value or (not figure.shown and math.isnan(row["value"].value))
        assert (row["figure"], row["as_printed"], row["nights_counted"], row["of_nights"], row["note"] or "") == (
            figure.label, figure.text, figure.nights, figure.of, figure.note,
        )  # fmt: skip


def test_what_is_against_usual_is_rounded_as_its_words_are() -> None:
    report = report_of(week_of_nights())
    told = rows(person_tables(report, generated_at=MADE).of("Summary"))
    against = {str(row["id"]): row for row in told if row["section"] == "Against usual"}
    assert list(against) == [each.name for each in report.period.against]
    efficiency = against["se_pct"]
    assert isinstance(efficiency["value"], Measured)
    assert efficiency["value"].value == 91.0  # of 90.8
    assert efficiency["as_printed"] == wording.percent(90.8)
    bed = against["start_clock_h"]
    assert isinstance(bed["usual"], Measured)
    assert bed["usual"].value * 60 == pytest.approx(23 * 60 + 28)
    assert bed["outside_usual"] is True


def test_a_cohort_s_summary_has_every_figure_with_spread_and_change() -> None:
    told = {str(row["id"]): row for row in rows(of_cohort().of("Summary"))}
    for metric in METRICS:
        figure = COHORT.period.figures[metric.id]
        row = told[metric.id]
        held = {name: value.value for name, value in row.items() if isinstance(value, Measured)}
        assert held["value"] == pytest.approx(figure.mean, nan_ok=True)
        assert held["sd"] == pytest.approx(figure.sd, nan_ok=True)
        assert held["lower_quartile"] == pytest.approx(figure.q1, nan_ok=True)
        assert row["as_printed"] == figure.text
        assert figure.change is not None
        assert row["change_as_printed"] == figure.change.text
        scale = 60 if metric.kind == "clock" else 1
        assert held["change_mean"] == pytest.approx(scale * figure.change.difference, abs=1e-9)


def test_people_have_a_row_each_in_the_order_of_the_period() -> None:
    told = rows(of_cohort().of("People"))
    assert [row["person_id"] for row in told] == COHORT.period.people.index.tolist()
    assert {row["expected_nights"] for row in told} == {7}
    first = COHORT.period.people.iloc[0]
    assert told[0]["mean_tst_min"] == first["mean_tst_min"]
    assert told[0]["tags"] == "squad early"


def test_nights_of_a_cohort_have_the_columns_of_a_person_s_file() -> None:
    ours = of_person(week_of_nights()).of("Nights")
    theirs = of_cohort().of("Nights")
    assert [each.name for each in ours.columns] == [each.name for each in theirs.columns]
    owners = [str(row["person_id"]) for row in rows(theirs)]
    assert owners == sorted(owners)
    assert len(owners) == len(COHORT.nights)


def test_a_name_says_how_a_column_is_kept() -> None:
    forms = {each.name: each.form.kind for each in of_person(week_of_nights()).of("Nights").columns}
    assert forms["tst_min"] == forms["vendor_tst_min"] == "duration"
    assert forms["start_offset_min"] == "number"  # may be below 0, and is no length
    assert forms["start_clock_h"] == "clock"
    assert forms["se_pct"] == "percent"
    assert forms["night"] == "date"
    assert forms["start_local"] == forms["received_utc"] == "moment"
    assert forms["valid"] == "boolean"
    assert forms["session_ids"] == "text"


@pytest.mark.parametrize(
    "tables", [of_person([*week_of_nights(), NAP, UNUSABLE]), of_cohort()], ids=["person", "cohort"]
)
def test_what_is_left_out_adds_up_with_the_ledger(tables: Tables) -> None:
    ledger = (
        COHORT.period.ledger
        if "cohort" in tables.stem
        else report_of([*week_of_nights(), NAP, UNUSABLE]).period.ledger
    )
    sessions, nights = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in rows(tables.of("Excluded")):
        key = str(row["step"]), str(row["code"])
        sessions[key] += int(str(row["sessions"]))
        nights[key] += int(str(row["nights_left_out"]))
    assert ledger.exclusions
    assert dict(sessions) == {(each.step, each.code): each.sessions for each in ledger.exclusions}
    assert {key: count for key, count in nights.items() if count} == {
        (each.step, each.code): each.nights for each in ledger.exclusions if each.nights
    }
    told = [row for row in rows(tables.of("Summary")) if row["id"] == "excluded_sessions"]
    assert len(told) == len(ledger.exclusions)
    by_id = {str(row["id"]): row["value"] for row in rows(tables.of("Summary"))}
    recorded, analysed = by_id["recorded_sessions"], by_id["analysed_sessions"]
    assert isinstance(recorded, Measured)
    assert isinstance(analysed, Measured)
    assert recorded.value - sum(sessions.values()) == analysed.value


def test_what_is_left_out_carries_every_reason_in_words() -> None:
    (row,) = rows(of_person([UNUSABLE]).of("Excluded"))
    assert (row["code"], row["reason"]) == ("NEVER_SLEPT", REASONS["NEVER_SLEPT"][0])
    assert row["reasons"] == "NEVER_SLEPT;BROKE_OFF"
    assert row["reasons_in_words"] == f"{REASONS['NEVER_SLEPT'][0]} {REASONS['BROKE_OFF'][0]}"


@pytest.mark.parametrize("tables", [of_person(week_of_nights()), of_cohort()], ids=["person", "cohort"])
def test_every_column_and_figure_has_its_sentence(tables: Tables) -> None:
    explained = {str(row["name"]): row["definition"] for row in rows(tables.of("Definitions"))}
    for table in tables.tables:
        if table.name != "Definitions":
            assert {column.name for column in table.columns} <= set(explained)
    assert {str(row["id"]) for row in rows(tables.of("Summary"))} <= set(explained)
    assert all(sentence == definition(name) for name, sentence in explained.items())


@pytest.mark.parametrize("name", NIGHT_COLUMNS)
def test_every_column_that_nights_can_have_is_explained(name: str) -> None:
    assert definition(name)


def test_a_column_without_an_entry_is_refused() -> None:
    of_tomorrow = Column(name="of_tomorrow_min", form=Form(kind="duration"))
    with pytest.raises(Undefined, match="of_tomorrow_min"):
        definitions_table([Table(name="Nights", title="", columns=(of_tomorrow,), rows=())])


def test_the_method_says_how_it_was_made_and_how_to_read_it() -> None:
    told = {str(row["item"]): str(row["text"]) for row in rows(of_person(week_of_nights()).of("Method"))}
    assert told["Score version"] == "evidence-2"
    assert told["Time zone"] == "America/Los_Angeles"
    assert (told["First night"], told["Last night"]) == ("2026-02-05", "2026-02-11")
    assert told["Made at"].replace("\u00a0", " ") == "12 February 2026, 07:30 UTC"
    assert told["Not a medical device"] == "Not a medical device and not a diagnosis."
    assert "1440" in told["Durations"]


def test_the_files_of_a_person() -> None:
    report = report_of(week_of_nights())
    made = dict(csv_documents(person_tables(report, generated_at=MADE)))
    stem = "weekly-p_abc-2026-02-11"
    assert list(made) == [
        f"{stem}{end}.csv" for end in ("", "-summary", "-excluded", "-definitions", "-method")
    ]
    assert made[f"{stem}.csv"] == weekly_csv(report)


def test_the_files_of_a_cohort() -> None:
    made = dict(csv_documents(of_cohort()))
    stem = "weekly-cohort-Squad-2026-02-11"
    ends = ("", "-summary", "-people", "-excluded", "-definitions", "-method")
    assert list(made) == [f"{stem}{end}.csv" for end in ends]
    assert len(read(made[f"{stem}.csv"])) == len(COHORT.nights)


def test_a_csv_file_keeps_minutes_hours_and_the_unit_beside_the_value() -> None:
    made = dict(csv_documents(of_person(week_of_nights())))
    told = {row["id"]: row for row in read(made["weekly-p_abc-2026-02-11-summary.csv"])}
    figures = report_of(week_of_nights()).period.figures
    for name, unit in (
        ("mean_tst_min", "min"), ("mean_se_pct", "%"), ("mean_bed_h", "h after midnight"), ("score", "points"),
        ("sjl_h", "h"), ("naps", ""),
    ):  # fmt: skip
        assert float(told[name]["value"]) == figures[name].value
        assert told[name]["unit"] == unit
    assert told["sri"]["value"] == ""


def test_a_zone_that_is_at_utc_is_not_utc() -> None:
    there = datetime(2026, 2, 4, 23, 20, tzinfo=timezone(timedelta(0), "local"))
    form = Form(kind="moment")
    columns = (Column(name="start_utc", form=form), Column(name="start_local", form=form))
    table = Table(name="Nights", title="", columns=columns, rows=((there.astimezone(UTC), there),))
    assert table_csv(table).splitlines()[1] == b"2026-02-04T23:20:00Z,2026-02-04T23:20:00+00:00"
    row = read(weekly_csv(report_of(week_of_nights()[:1], zone="Africa/Abidjan")))[0]
    assert (row["start_utc"][-1], row["start_local"][-6:]) == ("Z", "+00:00")
    assert ZoneInfo(row["zone"]).key == "Africa/Abidjan"


def test_a_number_of_numpy_is_a_number_in_a_file() -> None:
    columns = tuple(Column(name=name, form=Form(kind="number")) for name in ("a", "b"))
    row: tuple[Value, ...] = (np.float64(0.1), Measured(value=np.float64(0.1), form=Form(kind="number")))
    assert table_csv(Table(name="x", title="", columns=columns, rows=(row,))) == b"a,b\r\n0.1,0.1\r\n"


@pytest.mark.parametrize(
    "sleeps",
    [[], week_of_nights()[:1], [UNUSABLE], [NAP], [ANOTHER, UNUSABLE]],
    ids=["nothing", "one night", "all left out", "a nap alone", "two left out"],
)  # fmt: skip
def test_few_or_no_nights_make_tables_all_the_same(sleeps: list[Sleep]) -> None:
    tables = of_person(sleeps)
    assert len(tables.of("Nights").rows) == len(sleeps)
    told = {str(row["id"]): row for row in rows(tables.of("Summary"))}
    assert told["mean_tst_min"]["as_printed"] == wording.NOTHING
    assert all(data for _, data in csv_documents(tables))


@pytest.mark.parametrize(
    "name", ["../../etc", "a/b", "\U0001f634 Zoë", "\u05d3\u05d5\u05d3", "n" * 200, "\ud800", "=1+1"]
)
def test_a_person_s_name_is_in_no_file_name_and_stops_nothing(name: str) -> None:
    tables = of_person(week_of_nights(), name=name)
    assert {file for file, _ in csv_documents(tables)} == {
        file for file, _ in csv_documents(of_person(week_of_nights()))
    }
    assert tables.subject.startswith(name)


def test_a_cohort_with_nobody_and_one_without_nights() -> None:
    nobody = cohort_tables(report_of_cohort([]), generated_at=MADE)
    assert nobody.of("People").rows == nobody.of("Nights").rows == nobody.of("Excluded").rows == ()
    people = squad(3)
    without = cohort_tables(report_of_cohort(people, COHORT.nights.iloc[:0], name="../x"), generated_at=MADE)
    assert len(without.of("People").rows) == 3
    assert "/" not in without.stem


def test_who_could_not_be_computed_is_named_with_the_reason() -> None:
    period = replace(COHORT.period, unserved={"p_99": "The archive could not be read."})
    tables = cohort_tables(
        replace(COHORT, period=period, sleepers=(*SQUAD, replace(SQUAD[0], person_id="p_99", name="Nobody"))),
        generated_at=MADE,
    )
    told = {str(row["item"]): row["text"] for row in rows(tables.of("Method"))}
    assert told["Not computed: Nobody"] == "The archive could not be read."
    assert len(tables.of("Nights").rows) == len(COHORT.nights)


def test_what_the_page_for_statisticians_says_loads_and_gives_our_own_means(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = cohort_tables(report_of_cohort(SQUAD, name="Rowers"), generated_at=MADE)
    for name, data in (*csv_documents(tables), (f"{tables.stem}.xlsx", xlsx_bytes(tables))):
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "exports.md").read_text(), re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - the page is ours
    means, people = found["means"], found["people"]
    assert len(means) == len(SQUAD)
    for person, shown in COHORT.period.people["mean_tst_min"].items():
        assert wording.rounded(means[person]) == shown
        assert people.loc[person, "mean_tst_min"].total_seconds() == shown * 60


def test_the_page_for_statisticians_names_every_sheet_and_its_file() -> None:
    page = (ROOT / "docs" / "exports.md").read_text()
    for table in of_cohort().tables:
        end = "" if table.name == "Nights" else f"-{table.name.lower()}"
        assert f"| {table.name} | `<stem>{end}.csv` |" in page


def test_values_that_cannot_be_are_refused() -> None:
    column = Column(name="a", form=Form(kind="text"))
    with pytest.raises(ValueError, match="twice: a"):
        Table(name="x", title="", columns=(column, column), rows=())
    with pytest.raises(ValueError, match="must have 1 cells"):
        Table(name="x", title="", columns=(column,), rows=(("1", "2"),))
    with pytest.raises(ValueError, match="no time zone"):
        person_tables(report_of([]), generated_at=datetime(2026, 2, 12))  # noqa: DTZ001


def test_numbers_of_nights_are_not_rounded() -> None:
    night = COHORT.nights.iloc[0]
    row = rows(of_cohort().of("Nights"))[0]
    assert row["sfi_per_h"] == float(str(pd.Series([night["sfi_per_h"]], dtype="float32").iloc[0]))
