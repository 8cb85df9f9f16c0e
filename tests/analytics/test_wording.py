"""A value reads the same everywhere: half up, real minus, values and units held together, nothing is a dash."""

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import wording
from analytics.wording import MINUS, NBSP, NOTHING

NAN = math.nan


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 min"),
        (0.49, "0 min"),
        (0.5, "1 min"),
        (45, "45 min"),
        (59.5, "1 h"),
        (60, "1 h"),
        (432, "7 h 12 min"),
        (1500, "25 h"),
        (-0.4, "0 min"),
        (-41, "−41 min"),
        (-61, "−1 h 1 min"),
        (NAN, NOTHING),
    ],
)
def test_duration(minutes: float, text: str) -> None:
    assert plain(wording.duration(minutes)) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(32, "+32 min"), (-61, "−1 h 1 min"), (0.4, "0 min"), (-0.4, "0 min"), (NAN, NOTHING)],
)
def test_a_difference_of_duration_has_its_sign(minutes: float, text: str) -> None:
    assert plain(wording.signed_duration(minutes)) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1204, 1, "1,204"),
        (92.44, 1, "92.4"),
        (92.45, 1, "92.5"),
        (0.05, 1, "0.1"),
        (3.0, 1, "3"),
        (-3.14159, 1, "−3.1"),
        (-0.04, 1, "0"),
        (2.5, 0, "3"),
        (NAN, 1, NOTHING),
    ],
)
def test_number(value: float, decimals: int, text: str) -> None:
    assert wording.number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(86.5, 0, 87.0), (-20.5, 0, -21.0), (92.45, 1, 92.5), (7.25, 1, 7.3), (-0.4, 0, 0.0), (480, 0, 480.0)],
)
def test_a_number_in_a_table_is_rounded_as_it_is_written(value: float, decimals: int, shown: float) -> None:
    found = wording.rounded(value, decimals)
    assert found == shown
    assert math.copysign(1, found) == math.copysign(1, shown)
    assert math.isnan(wording.rounded(NAN, decimals))


@given(st.lists(st.floats(-100_000, 100_000, width=32) | st.just(NAN)), st.integers(0, 2))
def test_a_column_is_rounded_as_its_numbers_are_written(values: list[float], decimals: int) -> None:
    column = pd.Series(values, dtype="float32", index=[f"p{n}" for n in range(len(values))])
    found = wording.rounded_series(column, decimals)
    assert found.index.equals(column.index)
    assert found.tolist() == pytest.approx([wording.rounded(v, decimals) for v in values], nan_ok=True, abs=0)
    assert [wording.number(v, decimals) for v in found] == [wording.number(v, decimals) for v in values]
    assert not (np.signbit(found) & (found == 0)).any()


def test_quantities_and_percentages_keep_their_unit() -> None:
    assert plain(wording.quantity(12.5, "min")) == "12.5 min"
    assert plain(wording.minutes(90)) == "90 min"
    assert plain(wording.percent(91.5)) == "92 %"
    assert plain(wording.percent(91.46, 1)) == "91.5 %"
    assert wording.percent(NAN) == wording.quantity(NAN, "%") == NOTHING


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (4, 1, "+4 points"),
        (-9, 1, "−9 points"),
        (0.4, 0, "0 points"),
        (-3.14, 1, "−3.1 points"),
        (NAN, 1, NOTHING),
    ],
)
def test_a_difference_has_its_sign(value: float, decimals: int, text: str) -> None:
    assert plain(wording.signed_quantity(value, "points", decimals)) == text


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (23.0833333, "23:05"),
        (0, "00:00"),
        (24, "00:00"),
        (23.9999, "00:00"),
        (-0.5, "23:30"),
        (49.25, "01:15"),
        (NAN, NOTHING),
    ],
)
def test_clock(hours: float, text: str) -> None:
    assert wording.clock(hours) == text


def test_the_clock_of_a_moment_is_that_of_its_zone() -> None:
    assert wording.clock_of(datetime(2026, 2, 10, 22, 5, tzinfo=ZoneInfo("Asia/Seoul"))) == "22:05"


def test_days() -> None:
    when = date(2026, 2, 11)
    assert plain(wording.day(when)) == "Wed 11 February 2026"
    assert plain(wording.day(when, short=True, year=False)) == "Wed 11 Feb"
    assert plain(wording.day(when, short=True, year=False, weekday=False)) == "11 Feb"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 2, 10), date(2026, 2, 11), "Night of Tue 10 to Wed 11 February 2026"),
        (date(2026, 1, 31), date(2026, 2, 1), "Night of Sat 31 January to Sun 1 February 2026"),
        (date(2025, 12, 31), date(2026, 1, 1), "Night of Wed 31 December 2025 to Thu 1 January 2026"),
        (date(2026, 2, 11), date(2026, 2, 11), "Sleep of Wed 11 February 2026"),
    ],
)
def test_both_dates_of_a_night(start: date, end: date, text: str) -> None:
    assert plain(wording.night_dates(start, end)) == text


@pytest.mark.parametrize(
    ("begun", "evening"),
    [("2026-02-10 22:52", 10), ("2026-02-11 00:40", 10), ("2026-02-11 05:59", 10), ("2026-02-11 06:00", 11)],
)
def test_a_bedtime_past_midnight_belongs_to_the_evening_before(begun: str, evening: int) -> None:
    start = datetime.fromisoformat(begun).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert wording.evening_of(start) == date(2026, 2, evening)


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 2, 5), date(2026, 2, 11), "5 to 11 February 2026"),
        (date(2026, 1, 16), date(2026, 2, 11), "16 January to 11 February 2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 December 2025 to 2 January 2026"),
        (date(2026, 2, 11), date(2026, 2, 11), "11 February 2026"),
    ],
)
def test_a_period_by_its_dates(first: date, last: date, text: str) -> None:
    assert plain(wording.span(first, last)) == text


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.5, "just now"), (4.9, "4 min old"), (60, "1 h old"), (47 * 60, "47 h old"), (72 * 60, "3 days old")],
)
def test_age_is_coarse(minutes: float, text: str) -> None:
    assert plain(wording.age(minutes)) == text


def test_counts() -> None:
    assert wording.of(26, 28) == "26 of 28"
    assert wording.of(1811, 2016) == "1,811 of 2,016"
    assert plain(wording.plural(1, "night")) == "1 night"
    assert plain(wording.plural(0, "person", "people")) == "0 people"
    assert plain(wording.plural(1204, "night")) == "1,204 nights"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "No cycle"), (1, "One cycle"), (2, "Two cycles"), (12, "Twelve cycles"), (13, "13 cycles")],
)
def test_a_count_at_the_head_of_a_sentence_is_in_letters(count: int, text: str) -> None:
    assert wording.spelled(count, "cycle") == text


@given(st.floats(-10_000, 10_000))
def test_what_is_written_is_never_off_by_more_than_half_of_its_last_place(value: float) -> None:
    digits = wording.number(value).replace(MINUS, "-").replace(",", "")
    assert abs(float(digits) - value) <= 0.05 + 1e-9
    assert not wording.number(value).startswith("-")
    assert wording.number(value) != f"{MINUS}0"


@given(st.floats(-100_000, 100_000))
def test_a_duration_is_never_off_by_more_than_half_a_minute(value: float) -> None:
    parts = plain(wording.duration(value)).removeprefix(MINUS).split(" ")
    units = dict(zip(parts[1::2], map(int, parts[::2]), strict=True))
    assert units.get("min", 0) < 60
    assert abs(60 * units.get("h", 0) + units.get("min", 0) - abs(value)) <= 0.5


@given(st.floats(-1000, 1000))
def test_a_clock_is_a_time_of_day(hours: float) -> None:
    hour, minute = (int(part) for part in wording.clock(hours).split(":"))
    assert 0 <= hour < 24
    assert 0 <= minute < 60
    apart = (60 * hour + minute - 60 * hours + 720) % 1440 - 720
    assert abs(apart) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0896, "0.090"), (0.0009, "<\u00a00.001"), (0.001, "0.001"), (1.0, "1.000"), (math.nan, "–")],
)
def test_a_p_value_has_three_places(value: float, text: str) -> None:
    assert wording.p_value(value) == text


def test_a_half_is_a_half_in_whatever_order_it_was_summed() -> None:
    one, other = 0.4 * 52 + 0.3 * 80 + 0.3 * 85.5, 0.3 * 85.5 + 0.3 * 80 + 0.4 * 52
    assert {wording.number(one), wording.number(other), wording.number(70.45)} == {"70.5"}
    assert wording.rounded(70.44999999999999, 1) == 70.5
    assert wording.rounded_series(pd.Series([70.44999999999999]), 1).tolist() == [70.5]
    assert wording.duration(424.49999999999994) == wording.duration(424.5)
    assert wording.number(70.4499, 1) == "70.4"
