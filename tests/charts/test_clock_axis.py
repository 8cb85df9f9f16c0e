"""The labels of a time axis are what the clock on the wall showed."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charts.clock_axis import clock_at, clock_ticks, minutes_between, moment_at

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def berlin(*when: int) -> datetime:
    year, month, day, hour, minute = when
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin"))


def test_a_plain_night_is_labelled_every_hour_with_its_dates() -> None:
    ticks = clock_ticks(berlin(2026, 2, 10, 22, 52), 500)
    assert [tick.clock for tick in ticks] == [
        "23:00",
        "00:00",
        "01:00",
        "02:00",
        "03:00",
        "04:00",
        "05:00",
        "06:00",
        "07:00",
    ]
    assert [tick.at_min for tick in ticks][:3] == [8, 68, 128]
    assert [tick.note for tick in ticks[:3]] == ["Tue\u00a010\u00a0Feb", "Wed\u00a011\u00a0Feb", ""]
    assert ticks[0].text == "23:00<br>Tue\u00a010\u00a0Feb"
    assert ticks[2].text == "01:00"


def test_the_first_date_gives_way_to_one_that_follows_too_closely() -> None:
    def notes(apart_min: float) -> list[str]:
        ticks = clock_ticks(berlin(2026, 2, 10, 22, 52), 500, apart_min=apart_min)
        return [tick.note for tick in ticks if tick.note]

    assert notes(60) == ["Tue\u00a010\u00a0Feb", "Wed\u00a011\u00a0Feb"]
    assert notes(61) == ["Wed\u00a011\u00a0Feb"]


def test_in_spring_two_o_clock_never_comes() -> None:
    ticks = clock_ticks(berlin(2026, 3, 28, 23, 0), 420)
    assert [tick.clock for tick in ticks] == [
        "23:00",
        "00:00",
        "01:00",
        "03:00",
        "04:00",
        "05:00",
        "06:00",
        "07:00",
    ]
    assert {later.at_min - sooner.at_min for sooner, later in pairwise(ticks)} == {60}
    assert ticks[3].note == "clocks\u00a0+1\u00a0h"


def test_in_autumn_two_o_clock_comes_twice() -> None:
    ticks = clock_ticks(berlin(2026, 10, 24, 23, 0), 540)
    assert [tick.clock for tick in ticks] == [
        "23:00", "00:00", "01:00", "02:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00",
    ]  # fmt: skip
    assert ticks[4].note == "clocks\u00a0\u22121\u00a0h"


def test_a_phone_has_a_label_every_two_hours_and_midnight_is_one() -> None:
    ticks = clock_ticks(berlin(2026, 2, 10, 22, 52), 500, narrow=True)
    assert [tick.clock for tick in ticks] == ["00:00", "02:00", "04:00", "06:00"]
    assert ticks[0].note == "Wed\u00a011\u00a0Feb"


@pytest.mark.parametrize(("length_min", "first"), [(20, "14:05"), (60, "14:15"), (150, "14:30")])
def test_a_nap_is_labelled_closely_enough_to_be_read(length_min: float, first: str) -> None:
    ticks = clock_ticks(berlin(2026, 2, 10, 14, 3), length_min)
    assert ticks[0].clock == first
    assert len(ticks) >= 4


@given(
    zone=st.sampled_from(ZONES),
    naive=st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2026, 12, 31)),  # noqa: DTZ001
    length=st.integers(min_value=30, max_value=960),
)
def test_every_label_is_true_and_in_order(zone: str, naive: datetime, length: int) -> None:
    start = naive.replace(tzinfo=ZoneInfo(zone))
    ticks = clock_ticks(start, length)
    assert ticks
    for tick in ticks:
        assert 0 <= tick.at_min <= length
        moment = moment_at(start, tick.at_min)
        assert tick.clock == f"{moment:%H:%M}"
        assert moment.second == moment.microsecond == 0
    at = [tick.at_min for tick in ticks]
    assert at == sorted(set(at))


@given(
    zone=st.sampled_from([*ZONES, "Africa/Monrovia"]),
    naive=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2026, 12, 31)),  # noqa: DTZ001
    length=st.integers(min_value=30, max_value=960),
)
def test_every_full_hour_of_the_clock_has_a_label(zone: str, naive: datetime, length: int) -> None:
    start = naive.replace(tzinfo=ZoneInfo(zone))  # until 1972 Monrovia was 44 minutes and 30 seconds behind
    first_min = (60 - start.second - start.microsecond / 1e6) % 60 / 60
    minutes = [first_min + passed for passed in range(length + 1) if first_min + passed <= length]
    full = [f"{each:%H:%M}" for minute in minutes if not (each := moment_at(start, minute)).minute]
    labels = [tick.clock for tick in clock_ticks(start, length) if tick.clock.endswith(":00")]
    assert labels == full


def test_time_that_passes_is_counted_not_the_clock() -> None:
    assert minutes_between(berlin(2026, 3, 28, 23, 0), berlin(2026, 3, 29, 7, 0)) == 420
    assert minutes_between(berlin(2026, 10, 24, 23, 0), berlin(2026, 10, 25, 7, 0)) == 540
    assert clock_at(berlin(2026, 3, 28, 23, 0), 180) == "03:00"
    assert moment_at(berlin(2026, 3, 28, 23, 0), 180).utcoffset() == timedelta(hours=2)
