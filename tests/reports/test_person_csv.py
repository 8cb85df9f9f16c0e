"""The week as CSV: every sleep, every statistic, exact."""

import csv
import io
import math
import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.grades import REASONS
from analytics.stages import STATISTICS
from reports.cells import cell
from reports.night_table import shortest
from reports.weekly import weekly_csv
from tests.reports.made_up import NAN, Sleep, at, report_of, week_of_nights

EXCLUDING = next(code for code, (_, excludes) in REASONS.items() if excludes)


def week() -> list[Sleep]:
    nights = week_of_nights()
    return [
        Sleep(begun=at("2026-02-07 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap"),
        *nights[:3],
        Sleep(
            begun=at("2026-02-09 02:10"), stages=(0,) * 20, kind="unusable", grade="X", reasons=EXCLUDING,
            label=date(2026, 2, 9),
        ),
    ]  # fmt: skip


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_there_is_one_row_for_every_sleep_in_order_of_time() -> None:
    rows = read(weekly_csv(report_of(week())))

    assert [row["kind"] for row in rows] == ["main", "main", "main", "nap", "unusable"]
    assert [row["start_utc"] for row in rows] == sorted(row["start_utc"] for row in rows)
    assert [row["valid"] for row in rows] == ["true"] * 4 + ["false"]


def test_the_file_begins_with_its_header_and_nothing_else() -> None:
    data = weekly_csv(report_of(week()))

    assert data.startswith(
        b"person_id,person_name,night,kind,grade,valid,reasons,reasons_in_words,start_date_local"
    )
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_every_column_of_the_frame_is_in_the_file_and_the_vendors_come_last() -> None:
    report = report_of(week())
    header = list(read(weekly_csv(report))[0])

    renamed = {
        name: f"{name}_utc" for name in ("start", "end", "onset", "final_wake", "midsleep", "received")
    }
    assert {renamed.get(name, name) for name in report.period.nights.columns} <= set(header)
    assert len(header) == len(set(header))
    vendors = [name for name in header if name.startswith("vendor_")]
    assert header[-len(vendors) :] == vendors
    assert set(STATISTICS) < set(header)


def test_statistics_keep_their_full_precision_and_undefined_is_empty() -> None:
    report = report_of(week())
    frame = report.period.nights.sort_values("start").to_dict("records")

    rows = read(weekly_csv(report))

    for row, received in zip(rows, frame, strict=True):
        for name in STATISTICS:
            value = float(received[name])
            assert row[name] == "" if math.isnan(value) else float(row[name]) == value, name
    assert rows[-1]["sol_min"] == ""
    assert rows[0]["vendor_tst_min"] == repr(float(frame[0]["tst_min"]) + 0.5)


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        (float(np.float32(88.478745)), "88.478745"),
        (float(np.float32(0.2)), "0.2"),
        (float(np.float32(100 / 3)), "33.333332"),
        (450.5, "450.5"),
        (100 / 3, "33.333333333333336"),
        (1e300, "1e+300"),
        (math.inf, ""),
    ],
)
def test_a_number_of_an_archive_is_written_in_its_own_digits(kept: float, written: str) -> None:
    report = report_of(week_of_nights()[:1])
    frame = report.period.nights.assign(sfi_per_h=kept)

    row = read(weekly_csv(replace(report, period=replace(report.period, nights=frame))))[0]

    assert row["sfi_per_h"] == written


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_what_an_archive_keeps_comes_back_from_its_text(kept: float) -> None:
    written = cell(float(shortest(np.array([kept]))[0]))

    assert np.float32(written) == np.float32(kept)
    assert len(written) <= len(repr(kept))


def test_instants_stand_in_utc_and_on_the_local_clock_with_both_dates() -> None:
    row = read(weekly_csv(report_of(week_of_nights()[:1])))[0]

    assert row["start_utc"] == "2026-02-05T07:20:00Z"
    assert row["start_local"] == "2026-02-04T23:20:00-08:00"
    assert row["start_offset_min"] == "-480"
    assert (row["start_date_local"], row["end_date_local"], row["night"]) == (
        "2026-02-04",
        "2026-02-05",
        "2026-02-05",
    )
    assert datetime.fromisoformat(row["end_local"]) == datetime.fromisoformat(row["end_utc"])


def test_a_night_of_a_clock_change_carries_both_offsets() -> None:
    night = Sleep(begun=at("2025-11-01 23:00"), stages=(0,) * 10 + (1,) * 1070)

    row = read(weekly_csv(report_of([night])))[0]

    assert (row["start_offset_min"], row["end_offset_min"]) == ("-420", "-480")
    assert row["end_local"] == "2025-11-02T07:00:00-08:00"
    assert row["tib_min"] == "540.0"


def test_a_recording_without_an_end_leaves_its_cells_empty() -> None:
    report = report_of(week()[-1:])
    open_ended = report.period.nights.assign(
        end=pd.Series([pd.NaT], dtype="datetime64[us, UTC]"), end_offset_min=NAN
    )

    row = read(weekly_csv(replace(report, period=replace(report.period, nights=open_ended))))[0]

    assert (row["end_utc"], row["end_local"], row["end_date_local"]) == ("", "", "")
    assert row["start_utc"] == "2026-02-09T10:10:00Z"


def test_a_session_without_a_start_is_still_a_row() -> None:
    report = report_of(week()[-1:])
    nowhere = pd.Series([pd.NaT], dtype="datetime64[us, UTC]")
    frame = report.period.nights.assign(start=nowhere, night=pd.Series([pd.NaT], dtype="datetime64[us]"))

    row = read(weekly_csv(replace(report, period=replace(report.period, nights=frame))))[0]

    assert (row["night"], row["start_utc"], row["start_local"]) == ("", "", "")
    assert row["reasons"] == EXCLUDING


def test_reasons_stand_as_codes_and_in_words() -> None:
    row = read(weekly_csv(report_of(week())))[-1]

    assert row["reasons"] == EXCLUDING
    assert row["reasons_in_words"] == REASONS[EXCLUDING][0]


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "\t-2", "\uff0b1", "Ann;=1"])
def test_a_name_cannot_become_a_formula(name: str) -> None:
    row = read(weekly_csv(report_of(week(), name=name)))[0]

    assert "'" in row["person_name"]
    assert row["person_name"].replace("'", "") == name
    assert not re.match(r"[=+\-@\t\uff0b]", row["person_name"])


def test_a_week_without_sleeps_is_a_header() -> None:
    data = weekly_csv(report_of([]))

    assert data.count(b"\r\n") == 1
    assert data.split(b"\r\n")[0] == weekly_csv(report_of(week())).split(b"\r\n")[0]


def test_the_order_of_the_rows_it_is_given_does_not_matter() -> None:
    report = report_of(week())
    backwards = replace(report, period=replace(report.period, nights=report.period.nights.iloc[::-1]))

    assert weekly_csv(report) == weekly_csv(backwards)
