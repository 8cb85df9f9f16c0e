"""Both shapes of the vendor's payloads become the same values, and nothing but `MalformedAnswer` comes of the rest."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asleep import contract, models
from asleep.averages import joined
from asleep.errors import MalformedAnswer
from asleep.payloads import (
    create_user_body,
    parse_average_stats,
    parse_created_user,
    parse_detail,
    parse_session,
    parse_session_list,
    parse_user,
)

PARSERS: dict[str, Callable[[bytes], Any]] = {
    "session_list": parse_session_list,
    "session": parse_session,
    "average_stats": parse_average_stats,
    "user_created": parse_created_user,
    "user": parse_user,
}
READABLE = [
    name
    for name in contract.example_names()
    if name.startswith(tuple(PARSERS)) and name != "user_create_request"
]


def parser_of(name: str) -> Callable[[bytes], Any]:
    return next(parse for prefix, parse in PARSERS.items() if name.startswith(prefix))


def read(name: str) -> Any:
    return parser_of(name)(contract.example_bytes(name))


def assert_survives(value: Any) -> None:
    """The value, or each of a page, is equal to itself after encoding and decoding."""
    for one in value if isinstance(value, tuple) else (value,):
        assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


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


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


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


# Joined averages


def piece_of_week(nights: slice, first: date, last: date) -> models.AverageStats:
    week: models.AverageStats = read("average_stats")
    return msgspec.structs.replace(
        week, first=first, last=last, days=1, average=None, slept=week.slept[nights]
    )


def test_a_joined_mean_is_the_mean_of_the_whole() -> None:
    week = read("average_stats")
    whole = joined(
        [
            piece_of_week(slice(0, 2), date(2026, 2, 9), date(2026, 2, 11)),
            piece_of_week(slice(1, 3), date(2026, 2, 12), date(2026, 2, 15)),
        ]
    )
    assert (whole.first, whole.last, whole.days, whole.timezone) == (week.first, week.last, 7, week.timezone)
    assert whole.slept == week.slept
    assert whole.never_slept == week.never_slept
    assert whole.average is not None
    for name, served in msgspec.structs.asdict(week.average).items():
        if served is not None:
            tolerance = 0.002 if name.endswith("_ratio") else 0.51
            assert getattr(whole.average, name) == pytest.approx(served, abs=tolerance), name


def test_pieces_without_statistics_are_weighted_with_their_nights() -> None:
    week = read("average_stats_reference_shape")
    one = msgspec.structs.replace(
        week, slept=week.slept[:1], average=models.AverageFigures(time_in_bed_s=100, start_clock_s=82800)
    )
    two = msgspec.structs.replace(
        week, slept=week.slept[1:], average=models.AverageFigures(time_in_bed_s=400, start_clock_s=82800)
    )
    whole = joined([one, two]).average
    assert whole is not None
    assert whole.time_in_bed_s == pytest.approx(300)
    assert whole.start_clock_s == pytest.approx(82800)
    assert whole.sleep_efficiency_ratio is None


def test_times_around_midnight_average_to_midnight() -> None:
    start, bed = utc(2026, 2, 9, 23, 0), models.SessionStat(time_in_bed_s=1.0)
    nights = [
        models.SleptSession(session_id=str(place), start=moment, stat=bed)
        for place, moment in enumerate([start, start + timedelta(hours=2)])
    ]
    pieces = [
        models.AverageStats(
            timezone="UTC", first=date(2026, 2, 9), last=date(2026, 2, 9), days=1, slept=(night,)
        )
        for night in nights
    ]
    average = joined(pieces).average
    assert average is not None
    assert min(average.start_clock_s or 0, 86400 - (average.start_clock_s or 0)) == pytest.approx(0, abs=1e-6)


def test_one_piece_is_itself_and_none_is_a_mistake() -> None:
    week = read("average_stats")
    assert joined([week]) is week
    with pytest.raises(ValueError, match="nothing to join"):
        joined([])


def test_pieces_without_sleep_have_no_average() -> None:
    empty = read("average_stats_no_sleep")
    assert joined([empty, empty]).average is None


# Properties

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(timezones=st.just(UTC))
stages = st.none() | st.lists(st.integers(-128, 127)).map(tuple)
stats = st.builds(
    models.SessionStat,
    **dict.fromkeys(models.Figures.__struct_fields__, numbers),
    sleep_time=st.none() | moments,
    wake_time=st.none() | moments,
    sleep_cycle_times=st.lists(moments, max_size=6).map(tuple),
    breathing_pattern=st.none() | st.text(),
    sleep_efficiency_recomputed=st.booleans(),
)
sessions = st.builds(
    models.SessionResult,
    session_id=st.text(min_size=1),
    state=st.sampled_from(models.SESSION_STATES),
    start=moments,
    end=st.none() | moments,
    unexpected_end=st.none() | moments,
    created_timezone=st.none() | st.text(),
    peculiarities=st.lists(st.text()).map(tuple),
    missing_data_ratio=numbers,
    sleep_stages=stages,
    snoring_stages=stages,
    breath_stages=stages,
    stat=st.none() | stats,
)


@given(value=sessions)
def test_a_session_survives_encoding_and_decoding(value: models.SessionResult) -> None:
    assert msgspec.json.decode(msgspec.json.encode(value), type=models.SessionResult) == value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["2026-02-09T22:41:07+01:00", "0001-01-01T00:00:00+14:00", "07:18:30", "COMPLETE"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a decoded payload, of lists the first two entries only."""
    found = [path] if path else []
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        found += places(inner, (*path, key))
    return found


def read_or_refuse(parse: Callable[[bytes], Any], body: bytes) -> None:
    try:
        value = parse(body)
    except MalformedAnswer:
        return
    assert_survives(value)


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(READABLE))
def test_a_payload_with_anything_anywhere_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = copy.deepcopy(contract.example(name))
    for *folders, key in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        place = body
        try:
            for folder in folders:
                place = place[folder]
            place[key] = data.draw(json_values)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change removed the place
    read_or_refuse(parser_of(name), json.dumps(body).encode())


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(READABLE))
def test_a_payload_with_damaged_bytes_is_read_or_refused(data: st.DataObject, name: str) -> None:
    body = bytearray(contract.example_bytes(name))
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=4)):
        body[place] = data.draw(st.integers(0, 255))
    read_or_refuse(parser_of(name), bytes(body[: data.draw(st.integers(0, len(body)))]))


@given(body=st.binary(max_size=200), parse=st.sampled_from(list(PARSERS.values())))
def test_any_bytes_are_read_or_refused(body: bytes, parse: Callable[[bytes], Any]) -> None:
    read_or_refuse(parse, body)
    assert isinstance(parse_detail(body), str)
