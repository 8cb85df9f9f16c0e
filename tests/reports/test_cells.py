"""A spreadsheet that opens our CSV computes nothing, and loses nothing."""

import csv
import io
import math
import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reports.cells import Cell, cell, csv_bytes, safe_text

STARTERS = "=+-@\uff1d\uff0b\uff0d\uff20"
BLANKS = ' \t\r\n\v\f\xa0\u2003\u200b\ufeff"\x00'
# Text as an attacker would write it: mostly starters, separators and blanks, now and then a letter.
hostile = st.text(alphabet=st.sampled_from(list(STARTERS + BLANKS + ",;|'ab1")), max_size=12) | st.text(
    max_size=12
)


def starts_formula(piece: str) -> bool:
    """Whether a spreadsheet could take this text for a formula, by a rule written apart from the code's."""
    stripped = piece.lstrip(BLANKS + "".join(chr(code) for code in range(32)) + "\u2028\u2029\u1680\u3000")
    stripped = re.sub(r"^[\s\u200b-\u200f\u2060\ufeff\"]+", "", stripped)
    return stripped[:1] in tuple(STARTERS)


@given(hostile)
@example("=HYPERLINK(1)")
@example(" \t=1+1")
@example("a;=1+1")
@example('a,"=1+1')
@example("\uff1d1")
def test_no_text_cell_starts_a_formula_under_any_separator(text: str) -> None:
    written = safe_text(text)

    assert not starts_formula(written)
    assert not written.startswith(("\t", "\r", "\n"))
    assert not any(starts_formula(piece) for piece in re.split(r"[,;|\t\r\n]", written))


@given(hostile)
def test_guarding_only_adds_apostrophes(text: str) -> None:
    assert safe_text(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "text", ["Person A", "a-b", "x = y", "UNKNOWN_OVER_20;BROKE_OFF", "2026-02-11", "", "Zoë+Ann"]
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1", "'=1"),
        ("  -5", "'  -5"),
        ("\tx", "'\tx"),
        ("\r", "'\r"),
        ("\uff201", "'\uff201"),
        ("a; =1", "a; '=1"),
    ],
)
def test_guarded_text_reads_as_documented(text: str, written: str) -> None:
    assert safe_text(text) == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers_in_full_precision(number: float) -> None:
    assert float(cell(number)) == number
    assert "'" not in cell(number)


@given(st.integers())
def test_whole_numbers_stay_whole(number: int) -> None:
    assert int(cell(number)) == number


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (math.nan, ""),
        (True, "true"),
        (False, "false"),
        (date(2026, 2, 11), "2026-02-11"),
        (-480, "-480"),
    ],
)
def test_other_values_have_one_spelling(value: Cell, written: str) -> None:
    assert cell(value) == written


@given(st.lists(st.tuples(hostile, st.floats(allow_nan=False, allow_infinity=False)), max_size=5))
def test_rows_come_back_from_rfc_4180(rows: list[tuple[str, float]]) -> None:
    written = csv_bytes(["text", "number"], rows).decode()

    assert not written.startswith("\ufeff")
    read = list(csv.reader(io.StringIO(written, newline=""), strict=True))
    assert read[0] == ["text", "number"]
    assert [[text, float(number)] for text, number in read[1:]] == [
        [safe_text(text), number] for text, number in rows
    ]


def test_lines_end_as_rfc_4180_says() -> None:
    assert csv_bytes(["a", "b"], [["x,y", 'say "z"'], ["two\nlines", 1.5]]) == (
        b'a,b\r\n"x,y","say ""z"""\r\n"two\nlines",1.5\r\n'
    )


def test_a_lone_surrogate_does_not_stop_the_file() -> None:
    assert csv_bytes(["a"], [["x\ud800y"]]) == b"a\r\nx?y\r\n"
