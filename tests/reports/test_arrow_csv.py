"""Columns written at once are the CSV that is written cell by cell."""

import csv
import io
import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.arrow_csv import csv_lines, header_line
from reports.cells import csv_bytes

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1)


def cells_of(table: pa.Table) -> list[list[str]]:
    data = header_line(table.column_names) + bytes(csv_lines(table))
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))[1:]


@given(TEXTS)
def test_texts_are_the_cells_of_every_other_csv_of_ours(texts: list[str | None]) -> None:
    table = pa.table({"a": pa.array(texts, pa.string()), "b": ["x"] * len(texts)})
    written = header_line(["a", "b"]) + bytes(csv_lines(table))
    assert written == csv_bytes(["a", "b"], [[text, "x"] for text in texts])


@given(TEXTS)
def test_text_that_repeats_is_written_like_any_other(texts: list[str | None]) -> None:
    table = pa.table({"a": pa.array(texts, pa.string()), "b": ["x"] * len(texts)})
    repeating = table.set_column(0, "a", table["a"].dictionary_encode())
    assert bytes(csv_lines(repeating)) == bytes(csv_lines(table))


@given(st.lists(st.floats(width=32), min_size=1))
def test_a_number_reads_back_as_the_same_bits_and_what_is_none_is_empty(values: list[float]) -> None:
    found = cells_of(pa.table({"a": pa.array(np.array(values, dtype=np.float32)), "b": values}))
    for value, (narrow, wide) in zip(values, found, strict=True):
        if not math.isfinite(value):
            assert (narrow, wide) == ("", "")
            continue
        assert np.float32(narrow).tobytes() == np.float32(value).tobytes()
        assert float(wide) == value
        assert len(narrow.lstrip("-")) <= max(len(repr(float(np.float32(value)))), 12)


def test_instants_dates_and_truth_are_plain() -> None:
    moments = [
        datetime(2026, 2, 4, 23, 20, tzinfo=UTC),
        datetime(2026, 2, 4, 23, 20, 0, 1500, tzinfo=UTC),
        None,
    ]
    table = pa.table(
        {
            "at": pa.array(moments, pa.timestamp("us", tz="UTC")),
            "day": pa.array([20_000, None, 0], pa.date32()),
            "yes": [True, False, None],
            "number": pa.array([None, -5, 7], pa.int32()),
        }
    )
    assert cells_of(table) == [
        ["2026-02-04T23:20:00Z", "2024-10-04", "true", ""],
        ["2026-02-04T23:20:00.001500Z", "", "false", "-5"],
        ["", "1970-01-01", "", "7"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_never_starts_a_formula(start: str) -> None:
    (cell,) = cells_of(pa.table({"a": [f"{start}1+1"]}))[0]
    assert cell.startswith("'")


def test_no_rows_are_no_lines_and_digits_are_left_as_they_are() -> None:
    table = pa.table({"a": ["001", "9"], "b": [1, 2]})
    assert bytes(csv_lines(table, plain={"a"})) == b"001,1\r\n9,2\r\n"
    assert bytes(csv_lines(table.slice(0, 0))) == b""
    assert bytes(csv_lines(table.slice(1, 1), plain={"a"})) == b"9,2\r\n"
