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
)
from tests.contract.reading import PARSERS, READABLE, read, utc


def session(**changes: Any) -> models.SessionResult:
    """The complete example with changes: `session__end_time=None` sets that field, the value `...` removes it."""
    body = contract.example("session_complete")
    for path, value in changes.items():
        *folders, field = path.split("__")
        place = body["result"]
        for folder in folders:
            place = place[folder]
        if value is ...:
            del place[field]
        else:
            place[field] = value
    return parse_session(json.dumps(body).encode())


def stat(**changes: Any) -> models.SessionStat:
    found = session(**{f"stat__{field}": value for field, value in changes.items()}).stat
    assert found is not None
    return found


# The current shape


@pytest.mark.parametrize("name", READABLE)
def test_every_example_is_readable_and_survives_the_cache(name: str) -> None:
    value = read(name)
    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value or isinstance(
        value, tuple
    )


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


@pytest.mark.parametrize(
    ("name", "state", "stages", "end"),
    [
        ("session_in_progress", "OPEN", 360, False),
        ("session_in_progress_no_polling", "OPEN", None, False),
        ("session_closed_analysing", "CLOSED", 860, True),
        ("session_too_short", "COMPLETE", None, True),
        ("session_too_many_defects", "COMPLETE", 960, True),
    ],
)
def test_a_session_without_statistics(name: str, state: str, stages: int | None, end: bool) -> None:
    night = read(name)
    assert night.stat is None
    assert night.state == state
    assert (night.sleep_stages and len(night.sleep_stages)) == stages
    assert (night.end is not None) == end


def test_gaps_are_kept_as_received() -> None:
    assert -1 in read("session_with_gaps").sleep_stages


def test_stages_outside_the_known_codes_are_kept_for_the_analysis_to_flag() -> None:
    assert session(session__sleep_stages=[-128, -2, 4, 127]).sleep_stages == (-128, -2, 4, 127)


def test_unknown_labels_are_kept() -> None:
    assert session(peculiarities=["MOON_TOO_BRIGHT", "NEVER_SLEPT"]).peculiarities == (
        "MOON_TOO_BRIGHT",
        "NEVER_SLEPT",
    )


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


def test_nothing_slept_has_no_average() -> None:
    period = read("average_stats_no_sleep")
    assert period.average is None
    assert period.slept == ()


# The older shape of the reference files


def test_an_efficiency_above_one_is_a_percentage() -> None:
    assert read("session_complete_reference_shape").stat.sleep_efficiency_ratio == pytest.approx(0.9131)
    assert read("average_stats_reference_shape").average.sleep_efficiency_ratio == pytest.approx(0.903)


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


def test_both_shapes_of_a_last_session_agree() -> None:
    current, older = read("user").last_session, read("user_reference_shape").last_session
    assert (
        (current.start, current.end)
        == (older.start, older.end)
        == (
            utc(2026, 2, 12, 21, 18, 3),
            utc(2026, 2, 13, 3, 29, 33),
        )
    )
    assert current.completed == utc(2026, 2, 13, 3, 33, 42)
    assert older.completed is None
    assert read("user_reference_shape").to_be_deleted


# Single rules of section 2 of the contract's README


@pytest.mark.parametrize(
    ("served", "believed", "recomputed"),
    [
        (0.91, 0.91, False),
        (91.31, 0.9131, False),
        (0.93, 0.93, False),  # 0.0169 away: rounding
        (0.89, 26310 / 28815, True),  # 0.0231 away
        (0.5, 26310 / 28815, True),
        (50, 26310 / 28815, True),
        (250, 26310 / 28815, True),
        (None, None, False),
    ],
)
def test_the_seconds_decide_where_the_efficiency_contradicts_them(
    served: float | None, believed: float | None, recomputed: bool
) -> None:
    found = stat(sleep_efficiency=served)
    assert found.sleep_efficiency_ratio == (None if believed is None else pytest.approx(believed))
    assert found.sleep_efficiency_recomputed is recomputed


@pytest.mark.parametrize(("served", "believed"), [(0.5, 0.5), (50, 0.5), (100, 1), (101, None), (-0.1, None)])
def test_without_seconds_an_efficiency_stands_if_it_can_be_one(served: float, believed: float | None) -> None:
    found = stat(sleep_efficiency=served, time_in_sleep=None)
    assert found.sleep_efficiency_ratio == believed
    assert not found.sleep_efficiency_recomputed


@pytest.mark.parametrize("served", ["07:18:30", None, "soon", ...])
def test_a_sleep_time_that_is_no_moment_is_derived_from_the_latency(served: Any) -> None:
    assert stat(sleep_time=served).sleep_time == utc(2026, 2, 9, 21, 53, 7)


def test_a_missing_wake_time_is_derived_from_the_end() -> None:
    assert stat(wake_time=...).wake_time == utc(2026, 2, 10, 5, 21, 22)
    assert stat(wake_time=..., wakeup_latency=...).wake_time is None


def test_a_night_without_sleep_has_no_moments_of_sleep_whatever_its_latency() -> None:
    found = stat(time_in_sleep=0, sleep_latency=28800, wakeup_latency=0, sleep_time=None, wake_time=None)
    assert (found.sleep_time, found.wake_time) == (None, None)


def test_cycle_times_that_are_durations_are_ignored() -> None:
    assert stat(sleep_cycle_time=[4500, 5040]).sleep_cycle_times == ()


def test_an_empty_list_of_cycles_is_no_cycle() -> None:
    found = stat(sleep_cycle=[], sleep_cycle_count=..., sleep_cycle_time=...)
    assert (found.sleep_cycle_count, found.sleep_cycle_s, found.sleep_cycle_times) == (0, None, ())


def test_a_moment_without_an_offset_is_utc() -> None:
    assert session(session__start_time="2026-02-09T21:41:07").start == read("session_complete").start


def test_every_figure_of_the_contract_arrives_under_its_name_with_its_unit() -> None:
    served = contract.example("session_complete")["result"]["stat"]
    numbers = {name: float(place) for place, name in enumerate(served) if name not in NOT_FIGURES}
    read_back = msgspec.structs.asdict(stat(**numbers, sleep_efficiency=0.5, time_in_sleep=None))
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
        session(**changes)
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


def test_a_long_refusal_is_cut() -> None:
    assert len(parse_detail(json.dumps({"detail": "x" * 5000}).encode())) == 200


def test_a_new_person_is_described_in_the_vendors_words() -> None:
    known = models.UserMetadata(
        birth_year=1988, birth_month=11, birth_day=3, gender="female", height_cm=168.5, weight_kg=61.2
    )
    assert json.loads(create_user_body(known)) == contract.example("user_create_request")
    assert read("user").metadata == known
    assert json.loads(create_user_body(models.UserMetadata(height_cm=180))) == {"metadata": {"height": 180}}
    assert create_user_body(None) == b"{}"
