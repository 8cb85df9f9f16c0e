"""Both shapes of the vendor's payloads become the same values, and nothing but `MalformedAnswer` comes of the rest."""

import json
from collections.abc import Callable
from datetime import UTC, date
from typing import Any

import msgspec
import pytest

from asleep import contract, models
from asleep.errors import MalformedAnswer
from asleep.payloads import (
    create_user_body,
    parse_average_stats,
    parse_detail,
    parse_session,
    parse_session_list,
)
from tests.contract.reading import PARSERS, night_with, read, stat_with, utc

# The current shape


def test_a_night_in_any_zone_is_the_same_night() -> None:
    assert read("session_complete") == read("session_complete_utc")


def test_a_complete_night() -> None:
    night = read("session_complete")
    assert (night.session_id, night.state) == ("20260209214107_k3p9x", "COMPLETE")
    assert (night.start, night.end) == (utc(2026, 2, 9, 21, 41, 7), utc(2026, 2, 10, 5, 41, 22))
    assert night.start.tzinfo is UTC
    assert night.created_timezone == "Europe/Berlin"
    assert night.peculiarities == ("NO_BREATHING_STABILITY",)
    assert [len(stages) for stages in (night.sleep_stages, night.snoring_stages)] == [960, 960]
    assert night.breath_stages is None
    assert night.stat.time_in_sleep_s == 26310
    assert night.stat.longest_waso_s == 270
    assert night.stat.sleep_efficiency_ratio == 0.91
    assert night.stat.sleep_time == utc(2026, 2, 9, 21, 53, 7)
    assert night.stat.wake_time == utc(2026, 2, 10, 5, 21, 22)
    assert len(night.stat.sleep_cycle_times) == night.stat.sleep_cycle_count + 1


def test_a_night_of_the_clock_change_lasts_as_long_as_it_lasted() -> None:
    night = read("session_dst_night")
    assert (night.end - night.start).total_seconds() == night.stat.time_in_bed_s


def test_gaps_are_kept_as_received() -> None:
    assert -1 in read("session_with_gaps").sleep_stages


def test_stages_outside_the_known_codes_are_kept_for_the_analysis_to_flag() -> None:
    assert night_with(session__sleep_stages=[-128, -2, 4, 127]).sleep_stages == (-128, -2, 4, 127)


def test_a_list_page_in_the_order_received() -> None:
    items = read("session_list_page")
    assert [item.state for item in items] == ["OPEN", *["COMPLETE"] * 5]
    assert items[0].end is None
    assert items[0].time_in_bed_s is None
    assert items[-1] == models.SessionListItem(
        session_id="20260209214107_k3p9x",
        state="COMPLETE",
        start=utc(2026, 2, 9, 21, 41, 7),
        end=utc(2026, 2, 10, 5, 41, 22),
        created_timezone="Europe/Berlin",
        last_received_seq_num=959,
        time_in_bed_s=28815,
    )


def test_averages_carry_the_statistics_of_their_nights() -> None:
    week = read("average_stats")
    assert (week.timezone, week.first, week.last, week.days) == (
        "Europe/Berlin",
        date(2026, 2, 9),
        date(2026, 2, 15),
        7,
    )
    assert week.average.start_clock_s == 22 * 3600 + 57 * 60 + 10
    assert week.average.sleep_efficiency_ratio == 0.903
    assert [night.stat.sleep_index for night in week.slept] == [88, 74, 91]
    assert [night.session_id for night in week.never_slept] == ["20260211213000_q5z0d"]
    assert week.slept[0].stat.sleep_time == read("session_complete").stat.sleep_time


# The older shape of the reference files


def test_both_shapes_agree_where_both_speak() -> None:
    current, older = read("session_complete"), read("session_complete_reference_shape")
    for field in ("session_id", "state", "start", "end", "sleep_stages", "snoring_stages"):
        assert getattr(older, field) == getattr(current, field)
    told = {name: value for name, value in msgspec.structs.asdict(older.stat).items() if value is not None}
    assert told.pop("sleep_efficiency_ratio") == pytest.approx(current.stat.sleep_efficiency_ratio, abs=0.011)
    assert told == {name: getattr(current.stat, name) for name in told}
    assert {"sleep_time", "sleep_cycle_times", "sleep_cycle_count", "sleep_cycle_s"} <= set(told)


def test_both_shapes_of_averages_agree_where_both_speak() -> None:
    current, older = read("average_stats"), read("average_stats_reference_shape")
    assert older.days == current.days
    assert older.timezone is None
    assert [one.session_id for one in older.slept] == [one.session_id for one in current.slept]
    assert [one.start for one in older.slept] == [one.start for one in current.slept]
    assert [one.stat for one in older.slept] == [None] * 3
    for name, value in msgspec.structs.asdict(older.average).items():
        if value is not None and "count" not in name:
            assert value == pytest.approx(getattr(current.average, name), abs=0.002)


# What follows from what


def test_a_night_without_sleep_has_no_moments_of_sleep_whatever_its_latency() -> None:
    found = stat_with(time_in_sleep=0, sleep_latency=28800, wakeup_latency=0, sleep_time=None, wake_time=None)
    assert (found.sleep_time, found.wake_time) == (None, None)


def test_every_figure_of_the_contract_arrives_under_its_name_with_its_unit() -> None:
    served = contract.example("session_complete")["result"]["stat"]
    numbers = {name: float(place) for place, name in enumerate(served) if name not in NOT_FIGURES}
    read_back = msgspec.structs.asdict(stat_with(**numbers, sleep_efficiency=0.5, time_in_sleep=None))
    for name, number in numbers.items():
        if name not in {"sleep_efficiency", "time_in_sleep"}:
            ours = name if name in read_back else f"{name}_s"
            assert read_back[ours] == number, name


NOT_FIGURES = {
    "sleep_time",
    "wake_time",
    "sleep_cycle_time",
    "breathing_pattern",
    "sleep_efficiency",
    "time_in_sleep",
}


# What cannot be read


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"session__id": ...}, "id"),
        ({"session__id": ""}, "id"),
        ({"session__start_time": ...}, "start_time"),
        ({"session__start_time": None}, "start_time"),
        ({"session__start_time": "yesterday"}, "start_time"),
        ({"session__start_time": "0001-01-01T00:00:00+14:00"}, "start_time"),
        ({"session__end_time": "9999-12-31T23:59:59-14:00"}, "end_time"),
        ({"session__state": ...}, "state"),
        ({"session__state": "PAUSED"}, "state"),
        ({"session__sleep_stages": [0, 128]}, "sleep_stages"),
        ({"session__sleep_stages": [0, None]}, "sleep_stages"),
        ({"session__sleep_stages": "0123"}, "sleep_stages"),
        ({"stat__sleep_latency": "twelve"}, "sleep_latency"),
        ({"stat__sleep_cycle": [{"order": 1}]}, "start_time"),
        ({"peculiarities": "NEVER_SLEPT"}, "peculiarities"),
        ({"session": None}, "session"),
    ],
)
def test_what_cannot_be_read_is_named_without_its_value(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        night_with(**changes)
    assert named in caught.value.problem
    assert not any(
        isinstance(value, str) and value and value in str(caught.value) for value in changes.values()
    )
    assert "20260209214107_k3p9x" not in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"result":null}', b"<html>", b'{"result":"\xff"}', b"[" * 200_000]
)
@pytest.mark.parametrize("parse", list(PARSERS.values()), ids=list(PARSERS))
def test_a_body_that_is_something_else_is_malformed(parse: Callable[[bytes], Any], body: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        parse(body)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b" []", "the field at the top is not readable: Expected `object`, got `array`"),
        (b"7", "the field at the top is not readable: Expected `object`, got `int`"),
        (b'{"result": "x"}', "the field result is not readable: Expected `object`, got `str`"),
        (b'{"news": 1, "result": null}', "the field result is not readable: Expected `object`, got `null`"),
        (
            b'{"news": 1, "result": {"news": 2, "session": [0]}}',
            "the field result.session is not readable: Expected `object`, got `array`",
        ),
        (b'{"result": {', "it is not JSON (Input data was truncated)"),
        (b'{"result": {}}', "the field result is not readable: Object missing required field `session`"),
    ],
)
def test_the_sentence_says_where_and_what(body: bytes, problem: str) -> None:
    with pytest.raises(MalformedAnswer) as caught:
        parse_session(body)
    assert caught.value.problem == problem


def test_one_unreadable_entry_is_named_by_its_place_and_none_is_left_out() -> None:
    body = contract.example("average_stats")
    body["result"]["slept_sessions"][1]["sleep_latency"] = "secret"
    with pytest.raises(MalformedAnswer) as caught:
        parse_average_stats(json.dumps(body).encode())
    assert caught.value.problem == (
        "entry 2 of 3 in result.slept_sessions cannot be read, so none of them is used: "
        "the field sleep_latency is not readable: Expected `float | null`, got `str`"
    )
    page = contract.example("session_list_page")
    page["result"]["sleep_session_list"][5]["state"] = "PAUSED"
    with pytest.raises(MalformedAnswer, match=r"entry 6 of 6 in result\.sleep_session_list .* OPEN, CLOSED"):
        parse_session_list(json.dumps(page).encode())


def test_every_one_of_a_hundred_entries_arrives_in_the_order_received() -> None:
    page, week = contract.example("session_list_page"), contract.example("average_stats")
    ids = [f"night-{place}" for place in range(100)]
    [item, *_], stats = page["result"]["sleep_session_list"], week["result"]
    page["result"]["sleep_session_list"] = [{**item, "session_id": name} for name in ids]
    for field in ("slept_sessions", "never_slept_sessions"):
        stats[field] = [{**stats[field][0], "id": name} for name in ids]
    found = parse_average_stats(json.dumps(week).encode())
    listed = parse_session_list(json.dumps(page).encode())
    assert [[one.session_id for one in many] for many in (listed, found.slept, found.never_slept)] == [
        ids
    ] * 3


def test_a_session_with_two_ids_is_refused_and_one_that_is_told_twice_is_kept_twice() -> None:
    with pytest.raises(MalformedAnswer, match="id and session_id of a session contradict"):
        night_with(session__session_id="another")
    assert night_with(session__session_id="20260209214107_k3p9x") == read("session_complete")
    body = contract.example("session_list_page")
    body["result"]["sleep_session_list"] *= 2
    assert parse_session_list(json.dumps(body).encode()) == read("session_list_page") * 2


def test_a_clock_time_that_is_none_is_named() -> None:
    body = contract.example("average_stats")
    body["result"]["average_stats"]["wake_time"] = "25:00:00"
    with pytest.raises(MalformedAnswer, match=r"average_stats\.wake_time is not a time of day"):
        parse_average_stats(json.dumps(body).encode())


def test_a_period_that_ends_before_it_begins_is_malformed() -> None:
    body = contract.example("average_stats_no_sleep")
    body["result"]["period"]["end_date"] = "2025-12-31"
    with pytest.raises(MalformedAnswer, match="ends before it begins"):
        parse_average_stats(json.dumps(body).encode())


# Refusals and requests


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"detail": "Quota exceeded"}', "Quota exceeded"),
        (b'{"detail": "two\\r\\nlines"}', "two lines"),
        (
            contract.example_bytes("error_422_validation"),
            "query.limit: ensure this value is less than or equal to 100",
        ),
        (b'{"detail": [{"loc": ["body"], "msg": "wrong", "input": "secret"}]}', "body: wrong"),
        (b'{"detail": {"code": 1}}', ""),
        (b'{"error": "x"}', ""),
        (b"<html>Rate limit exceeded</html>", ""),
        (b"\xff", ""),
        (b"[" * 200_000, ""),
        (b"", ""),
    ],
)
def test_the_sentence_of_a_refusal(body: bytes, detail: str) -> None:
    assert parse_detail(body) == detail


def test_a_new_person_is_described_in_the_vendors_words() -> None:
    known = models.UserMetadata(
        birth_year=1988, birth_month=11, birth_day=3, gender="female", height_cm=168.5, weight_kg=61.2
    )
    assert json.loads(create_user_body(known)) == contract.example("user_create_request")
    assert read("user").metadata == known
    assert json.loads(create_user_body(models.UserMetadata(height_cm=180))) == {"metadata": {"height": 180}}
    assert create_user_body(None) == b"{}"
