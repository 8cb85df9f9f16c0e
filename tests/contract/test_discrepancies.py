"""The 33 places where the vendor's sources disagree (contract README, section 2), each by its number.

`test_07_...` is row 7: both forms in, one model out; where the row is about what a client does, the client does
it over HTTP. What the rows have in common, that both whole shapes agree wherever both speak, is in test_models.
"""

import dataclasses
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from analytics import wording
from analytics.nights import night_table
from analytics.score import efficiency_part, night_score
from analytics.stages import night_statistics
from asleep import contract, errors
from asleep.averages import joined
from asleep.client import AsleepClient
from asleep.models import AverageFigures, AverageStats, SessionResult, UserMetadata
from asleep.payloads import parse_average_stats, parse_session_list, parse_user
from asleep.simulator.payloads import Shape
from asleep.simulator.server import Running, serve
from asleep.simulator.statistics import vendor_statistics
from asleep.simulator.world import World, simulated_world
from cache.answers import session_set
from store.people import Person
from tests.contract.asking import ANSWERED, EVERY, USER, Ask, average_stats, get_session, get_user, talking_to
from tests.contract.calling import Caller, calling
from tests.contract.generated import document
from tests.contract.hostile import answers
from tests.contract.reading import night_with, read, stat_with, utc

SHARED = Path(__file__).parents[3] / "shared" / "asleep-api" / "README.md"
ROWS = range(1, 34)


def test_every_row_has_a_test_and_no_other_number() -> None:
    numbers = {int(found[1]) for name in globals() if (found := re.match(r"test_(\d\d)_", name))}
    assert numbers == set(ROWS)


def test_the_contract_has_these_rows() -> None:
    if not SHARED.is_file():
        pytest.skip("the specification ../shared/asleep-api/README.md is not here to count its rows")
    section = SHARED.read_text(encoding="utf-8").split("## 2. Discrepancies")[1].split("\n## ")[0]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == list(ROWS)


# Session statistics


def nights_of(*results: SessionResult) -> pd.DataFrame:
    received = datetime(2026, 3, 1, tzinfo=UTC)
    return night_table(session_set(results, received=received), zone="Europe/Berlin")


def row_of(night: SessionResult) -> dict[str, Any]:
    """The one row that the night becomes."""
    [row] = nights_of(night).to_dict("records")
    return {str(name): value for name, value in row.items()}


def statistics_of(night: SessionResult) -> dict[str, float]:
    """Our own statistics of the night's stages."""
    stages = night.sleep_stages or ()
    [row] = night_statistics(stages, [0, len(stages)]).to_dict("records")
    return {str(name): value for name, value in row.items()}


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
def test_01_efficiency_is_a_ratio_and_the_seconds_decide_where_it_contradicts_them(
    served: float | None, believed: float | None, recomputed: bool
) -> None:
    found = stat_with(sleep_efficiency=served)
    assert found.sleep_efficiency_ratio == (None if believed is None else pytest.approx(believed))
    assert found.sleep_efficiency_recomputed is recomputed


@pytest.mark.parametrize(
    ("served", "believed"), [(0.5, 0.5), (1, 1), (1.5, 0.015), (50, 0.5), (100, 1), (101, None), (-0.1, None)]
)
def test_01_without_seconds_an_efficiency_stands_if_it_can_be_one(
    served: float, believed: float | None
) -> None:
    found = stat_with(sleep_efficiency=served, time_in_sleep=None)
    assert found.sleep_efficiency_ratio == believed
    assert not found.sleep_efficiency_recomputed


def test_01_both_shapes_show_the_same_percentage() -> None:
    shown = [
        row_of(read(name))["vendor_se_pct"]
        for name in ("session_complete", "session_complete_reference_shape")
    ]
    assert shown == pytest.approx([91.31, 91.31], abs=1.1)
    older = read("average_stats_reference_shape").average
    assert older.sleep_efficiency_ratio == read("average_stats").average.sleep_efficiency_ratio


@pytest.mark.parametrize("served", ["07:18:30", None, "soon", ...])
def test_02_a_sleep_time_that_is_no_moment_is_ignored_and_derived(served: Any) -> None:
    assert stat_with(sleep_time=served) == stat_with()
    assert stat_with().sleep_time == utc(2026, 2, 9, 21, 53, 7)


@pytest.mark.parametrize("served", [None, ...])
def test_03_a_missing_wake_time_is_the_end_less_the_wakeup_latency(served: Any) -> None:
    assert stat_with(wake_time=served) == stat_with()
    assert stat_with().wake_time == utc(2026, 2, 10, 5, 21, 22)
    assert stat_with(wake_time=served, wakeup_latency=served).wake_time is None


@pytest.mark.parametrize("field", document()["components"]["schemas"]["StatFields"]["properties"])
def test_04_every_figure_may_be_null_or_absent(field: str) -> None:
    absent = stat_with(**{field: ...})
    assert stat_with(**{field: None}) == absent
    served, left = msgspec.structs.asdict(stat_with()), msgspec.structs.asdict(absent)
    gone = {name for name in served if served[name] is not None and left[name] is None}
    assert gone <= {field, f"{field}_s", f"{field}_ratio"}


def test_04_a_night_without_a_single_figure_is_a_night() -> None:
    assert night_with(stat={}).stat is not None
    assert row_of(night_with(stat={}))["valid"]


def test_05_latencies_of_stages_count_from_the_onset_of_sleep() -> None:
    night = read("session_complete")
    assert night.stat.sleep_latency_s == 720
    assert night.stat.light_latency_s == 0
    ours = statistics_of(night)
    for stage in ("light", "deep", "rem"):
        from_start_s = 60 * ours[f"latency_{stage}_min"]
        assert getattr(night.stat, f"{stage}_latency_s") == from_start_s - night.stat.sleep_latency_s
    assert 60 * ours["rem_latency_min"] == night.stat.rem_latency_s


def test_06_wake_is_that_inside_the_sleep_period() -> None:
    night = read("session_complete")
    ours = statistics_of(night)
    assert 60 * ours["waso_min"] == night.stat.time_in_wake_s == 570
    in_bed_s = night.stat.sleep_latency_s + night.stat.time_in_wake_s + night.stat.wakeup_latency_s
    assert 60 * ours["wake_min"] == in_bed_s
    assert night.stat.time_in_wake_s != night.stat.time_in_bed_s - night.stat.time_in_sleep_s


def test_06_a_missing_wake_is_not_taken_for_bed_less_sleep() -> None:
    assert stat_with(time_in_wake=...).time_in_wake_s is None


def test_07_ratios_of_whatever_base_give_way_to_the_seconds() -> None:
    week = read("average_stats")
    of_sleep = [
        msgspec.structs.replace(
            one, stat=msgspec.structs.replace(one.stat, light_ratio=0.5, deep_ratio=0.25, rem_ratio=0.25)
        )
        for one in week.slept
    ]
    shares = ("light_ratio", "deep_ratio", "rem_ratio", "wake_ratio")
    for nights in (week.slept, of_sleep):
        halves = [week_of(week, slept=tuple(nights[:1])), week_of(week, slept=tuple(nights[1:]))]
        whole = joined(halves).average
        assert whole is not None
        assert sum(getattr(whole, name) for name in shares) == pytest.approx(1)
        for name in shares:
            assert getattr(whole, name) == pytest.approx(getattr(week.average, name), abs=0.002)


def week_of(week: AverageStats, **changes: Any) -> AverageStats:
    """Part of a week, as an answer of its own."""
    changed: AverageStats = msgspec.structs.replace(week, **{"average": None, "never_slept": (), **changes})
    return changed


@pytest.mark.parametrize("served", [0, 42, 50, 77.727, 85.5, 100])
def test_08_the_score_is_kept_on_its_scale(served: float) -> None:
    assert stat_with(sleep_index=served).sleep_index == served
    assert row_of(night_with(stat__sleep_index=served))["vendor_sleep_index"] == served


def test_09_cycles_are_a_mean_length_a_list_or_nothing() -> None:
    bounds = [utc(2026, 2, 9, 21, 53, 7) + timedelta(seconds=seconds) for seconds in (0, 4500, 10_020)]
    spans = [
        {"start_time": start.isoformat(), "end_time": end.isoformat()} for start, end in pairwise(bounds)
    ]
    current = stat_with(
        sleep_cycle=5010, sleep_cycle_count=2, sleep_cycle_time=[moment.isoformat() for moment in bounds]
    )
    for name, first in (("order", 1), ("index", 0)):
        numbered = [{name: place, **span} for place, span in enumerate(spans, first)]
        older = stat_with(sleep_cycle=numbered, sleep_cycle_count=..., sleep_cycle_time=...)
        assert older == current
    none = stat_with(sleep_cycle=None, sleep_cycle_count=0, sleep_cycle_time=[])
    assert (none.sleep_cycle_s, none.sleep_cycle_count, none.sleep_cycle_times) == (None, 0, ())
    assert stat_with(sleep_cycle=[], sleep_cycle_count=..., sleep_cycle_time=...) == none


def test_10_cycle_times_are_moments_one_more_than_cycles_and_durations_are_ignored() -> None:
    assert len(stat_with().sleep_cycle_times) == 6 == (stat_with().sleep_cycle_count or 0) + 1
    assert stat_with().sleep_cycle_times[0] == stat_with().sleep_time
    for served in ([4500, 5040], [4500.5], [], None, ...):
        assert stat_with(sleep_cycle_time=served).sleep_cycle_times == ()


def test_11_wake_before_and_after_the_sleep_is_no_awakening() -> None:
    stages = np.array([0, 0, 0, 1, 0, 0, 2, 0, 3, 0, 0, 0, 0], dtype=np.int8)
    ours = statistics_of(night_with(session__sleep_stages=stages.tolist()))
    assert (ours["awakenings"], 60 * ours["longest_wake_min"]) == (2, 60)
    simulated = vendor_statistics(stages, None, start_s=0, end_s=30 * len(stages))
    assert (simulated["waso_count"], simulated["longest_waso"]) == (2, 60)


BREATH = {
    "time_in_stable_breath": 20_000,
    "time_in_unstable_breath": 6310,
    "stable_breath_ratio": 0.76,
    "unstable_breath_ratio": 0.24,
    "breathing_index": 3.2,
    "breathing_pattern": "STABLE",
    "unstable_breath_count": 14,
}


def test_12_breathing_is_there_with_that_contract_and_none_without() -> None:
    for absent in (None, ...):
        told = msgspec.structs.asdict(stat_with(**dict.fromkeys(BREATH, absent)))
        assert {told.get(name, told.get(f"{name}_s")) for name in BREATH} == {None}
        assert night_with(session__breath_stages=absent).breath_stages is None
    told = msgspec.structs.asdict(stat_with(**BREATH))
    assert {name: told.get(name, told.get(f"{name}_s")) for name in BREATH} == BREATH
    assert night_with(session__breath_stages=[0, 1, 2, -1]).breath_stages == (0, 1, 2, -1)


# Envelope, state, labels


@pytest.mark.parametrize("ask", [get_user, get_session, average_stats])
def test_13_the_detail_of_a_success_is_never_tested(ask: Ask) -> None:
    with talking_to(ANSWERED[ask]) as (client, _):
        expected = ask(client)
    names: dict[Ask, str] = {
        get_user: "user",
        get_session: "session_complete",
        average_stats: "average_stats",
    }
    for detail in ("OK", "success", "Rate limit exceeded", "", None, {"code": 1}, ...):
        body = contract.example(names[ask]) | {"detail": detail}
        if detail is ...:
            del body["detail"]
        with talking_to(answers(200, body)) as (client, _):
            assert ask(client) == expected


KNOWN_LABELS = [
    "IN_PROGRESS",
    "NEVER_SLEPT",
    "TOO_SHORT_FOR_ANALYSIS",
    "TOO_LONG_FOR_ANALYSIS",
    "TOO_MANY_DEFECTS_IN_SLEEP_STAGES",
    "NO_BREATHING_STABILITY",
    "NO_REALTIME_POLLING",
]


def test_14_labels_are_an_open_set() -> None:
    assert document()["components"]["schemas"]["Peculiarity"]["examples"] == KNOWN_LABELS
    labels = [*KNOWN_LABELS, "MOON_TOO_BRIGHT"]
    assert list(night_with(peculiarities=labels).peculiarities) == labels
    body = contract.example("average_stats")
    body["result"]["peculiarities"] = labels
    assert list(parse_average_stats(json.dumps(body).encode()).peculiarities) == labels
    assert night_with(peculiarities=...).peculiarities == night_with(peculiarities=[]).peculiarities == ()


def test_14_an_unknown_label_costs_no_night() -> None:
    pd.testing.assert_frame_equal(
        nights_of(night_with(peculiarities=["MOON_TOO_BRIGHT"])), nights_of(night_with(peculiarities=[]))
    )


def test_15_no_breathing_contract_says_nothing_of_the_night() -> None:
    labelled = night_with(peculiarities=["NO_BREATHING_STABILITY"])
    pd.testing.assert_frame_equal(nights_of(labelled), nights_of(night_with(peculiarities=[])))
    assert row_of(labelled)["grade"] == "A"


@pytest.mark.parametrize("minutes", [4, 12, 30, 90])
def test_16_the_label_and_no_length_of_ours_says_what_was_too_short_to_analyse(minutes: int) -> None:
    end = utc(2026, 2, 9, 21, 41, 7) + timedelta(minutes=minutes)
    recording: dict[str, Any] = {
        "session__end_time": end.isoformat(),
        "session__sleep_stages": [1] * (2 * minutes),
        "session__snoring_stages": None,
    }
    analysed = row_of(night_with(**recording, peculiarities=[]))
    assert "TOO_SHORT" not in analysed["reasons"].split(";")
    assert analysed["tst_min"] == minutes
    labelled = row_of(night_with(**recording, peculiarities=["TOO_SHORT_FOR_ANALYSIS"], stat=None))
    assert "TOO_SHORT" in labelled["reasons"].split(";")


@pytest.mark.parametrize(
    ("name", "state", "stages", "ended"),
    [
        ("session_in_progress", "OPEN", 360, False),
        ("session_in_progress_no_polling", "OPEN", None, False),
        ("session_closed_analysing", "CLOSED", 860, True),
        ("session_too_short", "COMPLETE", None, True),
        ("session_too_many_defects", "COMPLETE", 960, True),
    ],
)
def test_17_a_session_without_statistics_is_a_session(
    name: str, state: str, stages: int | None, ended: bool
) -> None:
    night = read(name)
    assert night.stat is None
    assert night.state == state
    assert (night.sleep_stages and len(night.sleep_stages)) == stages
    assert (night.end is not None) == ended
    row = row_of(night)
    assert row["session_id"] == night.session_id
    assert not row["valid"]


def test_17_an_absent_stat_is_none() -> None:
    assert night_with(stat=...) == night_with(stat=None)


@pytest.mark.parametrize("field", ["unexpected_end_time", "created_timezone", "breath_stages"])
def test_18_what_only_some_sources_have_is_optional(field: str) -> None:
    assert night_with(**{f"session__{field}": ...}) == night_with(**{f"session__{field}": None})


def test_18_where_it_broke_off_and_where_it_was_are_kept() -> None:
    night = night_with(
        session__unexpected_end_time="2026-02-10T05:00:00+01:00", session__created_timezone="Asia/Seoul"
    )
    assert night.unexpected_end == utc(2026, 2, 10, 4)
    assert night.created_timezone == "Asia/Seoul"
    [item] = parse_session_list(
        json.dumps(
            {
                "result": {
                    "sleep_session_list": [
                        {"session_id": "s", "state": "OPEN", "session_start_time": "2026-02-10T05:00:00Z"}
                    ]
                }
            }
        ).encode()
    )
    assert (item.created_timezone, item.unexpected_end, item.end) == (None, None, None)


def test_19_only_the_three_states_of_the_api_are_states() -> None:
    assert [night_with(session__state=state).state for state in ("OPEN", "CLOSED", "COMPLETE")] == [
        "OPEN",
        "CLOSED",
        "COMPLETE",
    ]
    for state in ("IDLE", "INITIALIZING", "TRACKING_STARTED", "TRACKING_STOPPING", "complete", ""):
        with pytest.raises(errors.MalformedAnswer, match="OPEN, CLOSED, COMPLETE"):
            night_with(session__state=state)


# Users


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=2, nights=150, seed=5, until=date(2026, 2, 14))


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Running]:
    with serve(world) as server:
        yield server


@pytest.fixture
def client(running: Running) -> Iterator[AsleepClient]:
    with AsleepClient(base_url=running.address, api_key=running.api_key) as client:
        yield client


@pytest.fixture
def call(running: Running) -> Iterator[Caller]:
    with calling(running) as caller:
        yield caller


def test_20_the_service_issues_the_id_and_the_body_holds_metadata_only(client: AsleepClient) -> None:
    known = UserMetadata(birth_year=1988, gender="female")
    first, second = client.create_user(known), client.create_user(known)
    assert first != second
    assert client.get_user(first).metadata == known
    with talking_to(answers(201, {"result": {"user_id": USER}})) as (other, service):
        assert other.create_user(known) == USER
    assert json.loads(service.seen[0].body) == {"metadata": {"birth_year": 1988, "gender": "female"}}


def test_20_the_issued_id_is_stored_beside_our_own() -> None:
    assert {"person_id", "vendor_id"} <= {field.name for field in dataclasses.fields(Person)}


def test_21_a_last_session_is_the_same_in_both_shapes_and_without_an_offset_in_utc() -> None:
    current, older = read("user").last_session, read("user_reference_shape").last_session
    assert (current.start, current.end) == (older.start, older.end)
    assert current.start == utc(2026, 2, 12, 21, 18, 3)
    assert current.start.strftime("%Y%m%d%H%M%S") == current.session_id.partition("_")[0]
    assert current.completed == utc(2026, 2, 13, 3, 33, 42)
    assert older.completed is None
    assert read("user_tracking_now").last_session.end is None
    assert read("user_without_sessions").last_session is None
    assert night_with(session__start_time="2026-02-09T21:41:07") == night_with()


def test_21_either_name_of_a_time_is_read() -> None:
    body = contract.example("user")
    told = body["result"]["last_session_info"]
    told["session_start_time"], told["session_end_time"] = told.pop("start_time"), told.pop("end_time")
    assert parse_user(json.dumps(body).encode()) == read("user")


@pytest.mark.parametrize("ask", EVERY)
def test_22_nothing_changes_a_person_and_24_only_documented_paths_are_asked(ask: Ask) -> None:
    with talking_to(ANSWERED[ask]) as (client, service):
        ask(client)
    for seen in service.seen:
        assert seen.method in {"GET", "POST", "DELETE"}
        assert re.match(r"/(ai/v1/(users|sessions)|data/v1/(sessions|users)|data/v3/sessions)\b", seen.target)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_22_the_service_has_no_such_page(call: Caller, world: World, method: str) -> None:
    path = f"{call.address}/ai/v1/users/{world.people[0].user_id}"
    assert call.session.request(method, path, json={"metadata": {}}, timeout=30).status_code in {404, 405}


def test_23_nobody_lists_the_people_of_an_account(call: Caller) -> None:
    assert call.get("/ai/v1/users").status_code in {404, 405}
    assert not [name for name in vars(AsleepClient) if re.search(r"list_(users|people)|update|^users", name)]


@pytest.mark.parametrize("path", ["/users", "/sessions", "/users/x/statistics/average", "/health"])
def test_24_the_short_paths_are_none(call: Caller, path: str) -> None:
    assert call.get(path).status_code == 404


# List and averages


@pytest.mark.parametrize("ask", EVERY)
def test_25_the_zone_is_always_sent(ask: Ask) -> None:
    with talking_to(ANSWERED[ask]) as (client, service):
        ask(client)
    assert [seen.headers["timezone"] for seen in service.seen] == ["UTC"]


def test_25_a_list_is_dated_by_the_start_and_a_day_more_on_each_side_holds_every_night(
    client: AsleepClient, world: World
) -> None:
    person, day = world.people[0], date(2026, 1, 20)
    everything = client.list_sessions(person.user_id)
    near = [item for item in everything if abs(item.start.date() - day) < timedelta(days=5)]
    on_the_day = client.list_sessions(person.user_id, first=day, last=day)
    assert set(on_the_day) == {item for item in everything if item.start.date() == day}
    around = client.list_sessions(person.user_id, first=day - timedelta(days=1), last=day + timedelta(days=1))
    nights = nights_of(*(client.get_session(person.user_id, item.session_id) for item in near))
    found = set(nights[nights["night"] == pd.Timestamp(day)]["session_id"])
    assert found <= {item.session_id for item in around}
    assert found
    # The evening's date is the list's, the morning's is ours.
    late = night_with(session__start_time="2026-02-09T23:40:00Z")
    assert row_of(late)["night"] == pd.Timestamp(2026, 2, 10)


def test_26_full_pages_are_asked_for_until_a_short_one(
    running: Running, client: AsleepClient, world: World
) -> None:
    for person in world.people:
        before = running.requests["listSessions"]
        found = [item.session_id for item in client.list_sessions(person.user_id)]
        assert len(found) == len(set(found)) > 100
        assert set(found) == {session.id for session in world.diary.sessions(person)}
        assert running.requests["listSessions"] - before == len(found) // 100 + 1


def test_27_the_days_of_a_period_are_counted_whatever_is_served() -> None:
    expected = read("average_stats").days
    assert expected == read("average_stats_reference_shape").days == 7
    body = contract.example("average_stats")
    for served in (1, 8, None, "seven"):
        body["result"]["period"]["days"] = served
        assert parse_average_stats(json.dumps(body).encode()) == read("average_stats")


def test_28_a_slept_session_has_its_statistics_or_its_id_and_start_alone() -> None:
    current, older = read("average_stats"), read("average_stats_reference_shape")
    assert [(one.session_id, one.start) for one in older.slept] == [
        (one.session_id, one.start) for one in current.slept
    ]
    assert [one.stat for one in older.slept] == [None, None, None]
    first = current.slept[0].stat
    served = read("session_complete").stat
    for name in ("sleep_index", "time_in_sleep_s", "sleep_time", "wake_time", "rem_latency_s", "waso_count"):
        assert getattr(first, name) == getattr(served, name)


@pytest.mark.parametrize("shape", ["current", "reference"])
def test_28_one_call_yields_a_hundred_days_in_either_shape(world: World, shape: Shape) -> None:
    last = date(2026, 2, 14)
    person = world.people[0]
    with (
        serve(world, shape=shape) as server,
        AsleepClient(base_url=server.address, api_key=server.api_key) as client,
    ):
        found = client.average_stats(person.user_id, first=last - timedelta(days=98), last=last)
        assert server.requests["getAverageStats"] == 1
        assert server.requests["getSession"] == 0
    assert len(found.slept) > 50
    assert all((one.stat is not None) == (shape == "current") for one in found.slept)


def test_29_nights_without_sleep_are_counted_apart_and_are_in_no_mean() -> None:
    week = read("average_stats")
    assert [one.session_id for one in week.never_slept] == ["20260211213000_q5z0d"]
    assert week.never_slept[0].end is not None
    halves = [week_of(week, slept=week.slept[:1]), week_of(week, slept=week.slept[1:])]
    without = joined(halves)
    among = joined([halves[0], week_of(week, slept=week.slept[1:], never_slept=week.never_slept)])
    assert among.average == without.average
    assert (len(among.slept), len(among.never_slept)) == (3, 1)


def test_30_nothing_slept_has_no_mean() -> None:
    period = read("average_stats_no_sleep")
    assert (period.average, period.slept) == (None, ())
    body = contract.example("average_stats_no_sleep")
    del body["result"]["average_stats"]
    assert parse_average_stats(json.dumps(body).encode()) == period


def test_31_the_times_of_a_mean_are_times_of_day_averaged_around_the_clock() -> None:
    body = contract.example("average_stats")
    told = body["result"]["average_stats"]
    for zone in ("", "T"):
        told["sleep_time"] = f"{'2026-02-09' if zone else ''}{zone}07:15:00{'+01:00' if zone else ''}"
        average = parse_average_stats(json.dumps(body).encode()).average
        assert average is not None
        assert average.sleep_clock_s == 7 * 3600 + 15 * 60
    week = read("average_stats")
    halves = [week_of(week, slept=week.slept[:1]), week_of(week, slept=week.slept[1:])]
    whole = joined(halves).average
    assert whole is not None
    for name in ("start_clock_s", "end_clock_s", "sleep_clock_s", "wake_clock_s"):
        assert getattr(whole, name) == pytest.approx(getattr(week.average, name), abs=0.51)


@pytest.mark.parametrize(
    ("served", "differs"), [(0.913, False), (0.91354, False), (0.91, False), (0.92, False), (0.93, True)]
)
def test_32_two_and_three_decimals_are_the_same_and_more_is_named(served: float, differs: bool) -> None:
    row = row_of(night_with(stat__sleep_efficiency=served))
    assert ("DIFFERS_FROM_VENDOR" in row["reasons"].split(";")) == differs


@pytest.mark.parametrize("counts", [3, 2.667])
def test_32_counts_of_means_may_be_whole_or_not(counts: float) -> None:
    body = contract.example("average_stats")
    body["result"]["average_stats"] |= {"waso_count": counts, "sleep_cycle_count": counts}
    average = parse_average_stats(json.dumps(body).encode()).average
    assert isinstance(average, AverageFigures)
    assert (average.waso_count, average.sleep_cycle_count) == (counts, counts)


def test_33_means_that_contradict_each_other_are_kept_as_served() -> None:
    # The official example: snoring adds up to more than the time in bed, and end less wake is not the latency.
    served = {
        "time_in_snoring": 53,
        "time_in_no_snoring": 18_270,
        "time_in_bed": 16_381,
        "wakeup_latency": 714,
    }
    body = contract.example("average_stats")
    body["result"]["average_stats"] |= served
    average = parse_average_stats(json.dumps(body).encode()).average
    assert average is not None
    told = msgspec.structs.asdict(average)
    assert {name: told[f"{name}_s"] for name in served} == served


# Mistakes in the seed's sample code that follow from the above. That a deletion needs no body is in test_client, that
# the body of a 403 decides in test_client_refusals, that people without nights are in no mean in test_summary.


def test_a_good_night_is_91_percent_and_not_1() -> None:
    for name in ("session_complete", "session_complete_reference_shape"):
        row = row_of(read(name))
        for column in ("se_pct", "vendor_se_pct"):
            assert wording.percent(row[column]).replace("\N{NO-BREAK SPACE}", " ") == "91 %"


def test_the_score_of_a_night_is_the_same_in_both_shapes() -> None:
    current, older = (
        night_score(nights_of(read(name)).assign(person_id="p"), age_years=38, night=date(2026, 2, 10))
        for name in ("session_complete", "session_complete_reference_shape")
    )
    assert repr(older) == repr(current)
    assert efficiency_part([row_of(read("session_complete"))["se_pct"]])[0] > 80
