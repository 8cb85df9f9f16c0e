"""A usual takes 5 nights and its range 11; between the two there is a usual that says why it has no range."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.usual import COMPARED, Against, against_usual, no_usual, note_of, range_finding
from analytics.wording import NBSP, NOTHING

VALUES = {name: 23.5 if kind == "clock" else 30.0 for name, _, kind in COMPARED}


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def reference(nights: int, clocks_h: list[float] | None = None) -> pd.DataFrame:
    """Nights whose durations and percents are 401, 402, ... and whose bedtimes are 23:00 or as given."""
    columns = {name: np.arange(nights) + 401.0 for name, _, _ in COMPARED}
    return pd.DataFrame(columns | {"start_clock_h": clocks_h or [23.0] * nights})


def compared(nights: int, clocks_h: list[float] | None = None, **values: float) -> dict[str, Against]:
    rows = against_usual(VALUES | values, reference(nights, clocks_h))
    return {row.name: row for row in rows}


@pytest.mark.parametrize(
    ("nights", "has_usual", "has_range", "note"),
    [
        (0, False, False, "a usual needs 5 nights; there is none"),
        (1, False, False, "a usual needs 5 nights; there is 1"),
        (4, False, False, "a usual needs 5 nights; there are 4"),
        (5, True, False, "a range needs 11 nights; there are 5 (low confidence, 10 are good)"),
        (9, True, False, "a range needs 11 nights; there are 9 (low confidence, 10 are good)"),
        (10, True, False, "a range needs 11 nights; there are 10"),
        (11, True, True, "range of low confidence: 11 nights, 18 are good"),
        (17, True, True, "range of low confidence: 17 nights, 18 are good"),
        (18, True, True, ""),
        (28, True, True, ""),
    ],
)
def test_how_many_nights_a_usual_and_its_range_take(
    nights: int, has_usual: bool, has_range: bool, note: str
) -> None:
    for row in compared(nights).values():
        assert (row.has_usual, row.has_range) == (has_usual, has_range)
        assert (math.isnan(row.usual), math.isnan(row.delta)) == (not has_usual, not has_usual)
        assert (math.isnan(row.low), math.isnan(row.high)) == (not has_range, not has_range)
        assert row.outside == has_range
        assert (row.nights, plain(row.note)) == (nights, note)


def test_a_usual_without_a_range_is_told_with_its_difference_and_nothing_is_outside() -> None:
    asleep, bedtime = (compared(10, tst_min=300)[name] for name in ("tst_min", "start_clock_h"))
    assert (asleep.usual, asleep.delta, asleep.outside) == (405.5, -105.5, False)
    assert plain(asleep.usual_text) == "6 h 46 min"
    assert plain(asleep.delta_text) == "−1 h 46 min"
    assert (bedtime.usual_text, plain(bedtime.delta_text), bedtime.outside) == ("23:00", "+30 min", False)


def test_with_one_night_more_the_range_is_told() -> None:
    asleep = compared(11, tst_min=300)["tst_min"]
    assert (asleep.low, asleep.high, asleep.outside) == (402, 410, True)
    assert plain(asleep.usual_text) == "6 h 42 min to 6 h 50 min"


def test_nights_round_the_clock_have_no_usual_time_however_many() -> None:
    bedtime = compared(12, [23.0, 7.0, 15.0] * 4)["start_clock_h"]
    assert (bedtime.has_usual, bedtime.has_range, bedtime.usual_text) == (False, False, NOTHING)
    assert plain(bedtime.note) == "no usual time; these 12 nights lie all round the clock"


def test_a_nap_has_no_usual_and_does_not_ask_for_nights() -> None:
    assert {(row.has_usual, row.note) for row in no_usual(VALUES)} == {(False, "")}


def test_a_statistic_with_fewer_values_has_its_own_gate() -> None:
    nights = reference(12)
    nights.loc[:1, "sol_min"] = np.nan
    rows = {row.name: row for row in against_usual(VALUES, nights)}
    assert (rows["sol_min"].has_range, rows["tst_min"].has_range) == (False, True)
    assert plain(note_of(tuple(rows.values()))) == "Range of low confidence: 12 nights, 18 are good."


@pytest.mark.parametrize(
    ("nights", "finding"),
    [
        (4, "4 nights: too few for a usual"),
        (5, "5 nights: too few for a usual range"),
        (11, "7 of 7 lie outside the usual range"),
    ],
)
def test_the_finding_counts_what_is_outside_only_where_there_is_a_range(nights: int, finding: str) -> None:
    assert plain(range_finding(tuple(compared(nights).values()))) == finding


def test_one_lies_and_none_lie() -> None:
    row = replace(compared(11)["tst_min"], outside=False)
    assert range_finding([row] * 2) == "None of 2 lie outside the usual range"
    assert range_finding([row, replace(row, outside=True)]) == "1 of 2 lies outside the usual range"


def test_good_numbers_of_nights_need_no_note() -> None:
    assert note_of(tuple(compared(28).values())) == note_of(()) == ""


@given(st.lists(st.floats(200, 700), max_size=40), st.floats(100, 800))
def test_a_range_holds_its_usual_and_never_stands_without_one(lengths: list[float], value: float) -> None:
    nights = reference(len(lengths)).assign(tst_min=np.array(lengths, dtype=np.float64))
    asleep = against_usual(VALUES | {"tst_min": value}, nights)[0]
    assert asleep.has_usual or not asleep.has_range
    assert not asleep.has_range or asleep.low <= asleep.usual <= asleep.high
    assert asleep.outside == (asleep.has_range and not asleep.low <= value <= asleep.high)
    assert bool(asleep.note) == (len(lengths) < 18)
