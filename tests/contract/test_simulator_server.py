"""The simulated API answers over HTTP as the contract says, for every operation and every kind of session."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from asleep.contract import example
from asleep.simulator.faults import Fault
from asleep.simulator.payloads import Shape
from asleep.simulator.people import Person
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from tests.contract.calling import NOBODY, Caller, calling, validator

UNTIL = date(2026, 4, 12)
NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(until=UNTIL, now=NOW)


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Running]:
    with serve(world) as server:
        yield server


@pytest.fixture
def call(running: Running) -> Iterator[Caller]:
    with calling(running) as caller:
        yield caller


def of_each_kind(world: World) -> list[tuple[Person, str, str]]:
    """Some sessions of each kind and state: person, session id, kind."""
    found: dict[tuple[str, str], list[tuple[Person, str, str]]] = {}
    for person in world.people:
        for session in world.diary.sessions(person):
            found.setdefault((session.kind, session.state), []).append((person, session.id, session.kind))
    return [entry for entries in found.values() for entry in entries[:4]]


@pytest.mark.parametrize("zone", [None, "Asia/Kolkata", "America/New_York"])
def test_every_kind_of_session_is_in_the_current_shape(world: World, call: Caller, zone: str | None) -> None:
    kinds = set()
    for person, session_id, kind in of_each_kind(world):
        answer = call.get(f"/data/v3/sessions/{session_id}", person.user_id, zone)
        assert answer.status_code == 200
        body = answer.json()
        validator("SessionResponse").validate(body)
        validator("SessionResultCurrent").validate(body["result"])
        assert body["detail"] == "OK"
        assert body["result"]["timezone"] == (zone or "UTC")
        kinds.add(kind)
    assert len(kinds) >= 8


def test_every_kind_of_session_is_in_the_reference_shape(world: World) -> None:
    model = example("session_complete_reference_shape")
    with serve(world, shape="reference") as server, calling(server) as call:
        for person, session_id, kind in of_each_kind(world):
            body = call.get(f"/data/v3/sessions/{session_id}", person.user_id, "Europe/Berlin").json()
            validator("SessionResponse").validate(body)
            assert body.keys() == model.keys()
            assert body["result"].keys() == model["result"].keys()
            assert body["result"]["session"].keys() == model["result"]["session"].keys()
            if kind == "night" and body["result"]["stat"] is not None:
                assert body["result"]["stat"].keys() == model["result"]["stat"].keys()
                assert body["result"]["stat"]["sleep_efficiency"] > 1


def test_the_current_shape_has_the_examples_fields(world: World, call: Caller) -> None:
    person = world.people[0]
    session = next(found for found in world.diary.sessions(person) if found.kind == "night")
    body = call.get(f"/data/v3/sessions/{session.id}", person.user_id).json()
    model = example("session_complete")
    assert body["result"].keys() == model["result"].keys()
    assert body["result"]["session"].keys() == model["result"]["session"].keys()
    assert list(body["result"]["stat"]) == list(model["result"]["stat"])


def test_an_open_session_shows_whole_blocks_and_no_end(world: World, call: Caller) -> None:
    person, session_id = next(
        (person, session.id)
        for person in world.people
        for session in world.diary.sessions(person)
        if session.state == "OPEN"
    )
    session = call.get(f"/data/v3/sessions/{session_id}", person.user_id).json()["result"]["session"]
    assert session["end_time"] is None
    assert len(session["sleep_stages"]) % 10 == 0
    newest = call.get("/data/v1/sessions", person.user_id, limit=1).json()["result"]["sleep_session_list"][0]
    assert (newest["state"], newest["time_in_bed"], newest["session_end_time"]) == ("OPEN", None, None)
    assert 0 <= newest["last_received_seq_num"] + 1 - len(session["sleep_stages"]) < 10
    info = call.get(f"/ai/v1/users/{person.user_id}").json()["result"]["last_session_info"]
    assert (info["state"], info["end_time"], info["complete_time"]) == ("OPEN", None, None)


def test_the_zone_changes_the_offset_and_not_the_instant(world: World, call: Caller) -> None:
    person = world.people[0]
    session = world.diary.sessions(person)[0]
    utc = call.get(f"/data/v3/sessions/{session.id}", person.user_id).json()["result"]
    seoul = call.get(f"/data/v3/sessions/{session.id}", person.user_id, "Asia/Seoul").json()["result"]
    assert utc["session"]["start_time"].endswith("+00:00")
    assert seoul["session"]["start_time"].endswith("+09:00")
    for name in ("sleep_time", "wake_time"):
        assert datetime.fromisoformat(utc["stat"][name]) == datetime.fromisoformat(seoul["stat"][name])
    assert utc["session"]["sleep_stages"] == seoul["session"]["sleep_stages"]


def test_lists_are_newest_first_in_pages(world: World, call: Caller) -> None:
    person = max(world.people, key=lambda person: len(world.diary.sessions(person)))
    everything = call.every_session(person.user_id)
    assert len(everything) == len(world.diary.sessions(person)) > 100
    starts = [datetime.fromisoformat(entry["session_start_time"]) for entry in everything]
    assert starts == sorted(starts, reverse=True)
    page = call.get("/data/v1/sessions", person.user_id).json()
    validator("SessionListResponse").validate(page)
    assert page["result"]["sleep_session_list"] == everything[:20]
    second = call.get("/data/v1/sessions", person.user_id, offset=100, limit=100).json()["result"]
    assert second["sleep_session_list"] == everything[100:]
    oldest = call.get("/data/v1/sessions", person.user_id, order_by="ASC", limit=3).json()["result"]
    assert oldest["sleep_session_list"] == everything[::-1][:3]
    assert call.get("/data/v1/sessions", person.user_id, limit=0).json()["result"]["sleep_session_list"] == []


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_dates_are_read_in_the_zone_of_the_header(world: World, call: Caller, zone: str) -> None:
    person = world.people[0]
    query = {"date_gte": "2026-03-01", "date_lte": "2026-03-07", "limit": 100}
    found = call.get("/data/v1/sessions", person.user_id, zone, **query).json()["result"][
        "sleep_session_list"
    ]
    everything = call.get("/data/v1/sessions", person.user_id, zone, limit=100).json()["result"]
    # The text is local to the zone asked for, so its first ten characters are the local date.
    expected = [
        entry
        for entry in everything["sleep_session_list"]
        if "2026-03-01" <= entry["session_start_time"][:10] <= "2026-03-07"
    ]
    assert found == expected
    assert 4 <= len(found) <= 9


def test_users_are_in_the_contracts_form(world: World, call: Caller) -> None:
    for person in world.people[:10]:
        body = call.get(f"/ai/v1/users/{person.user_id}").json()
        validator("UserResponse").validate(body)
        assert body["detail"] == "success"
        assert body["result"].keys() == example("user")["result"].keys()
        info = body["result"]["last_session_info"]
        assert info.keys() == example("user")["result"]["last_session_info"].keys()
        newest = call.get("/data/v1/sessions", person.user_id, limit=1).json()["result"][
            "sleep_session_list"
        ][0]
        assert newest["session_id"] == info["session_id"]


def test_a_user_lives_from_creation_to_deletion(world: World) -> None:
    with serve(world) as server, calling(server) as call:
        created = call.post("/ai/v1/users", example("user_create_request"))
        assert created.status_code == 201
        validator("UserCreatedResponse").validate(created.json())
        user_id = created.json()["result"]["user_id"]
        assert user_id not in {person.user_id for person in world.people}
        body = call.get(f"/ai/v1/users/{user_id}").json()
        validator("UserResponse").validate(body)
        assert body["result"]["metadata"] == example("user_create_request")["metadata"]
        assert body["result"]["last_session_info"] is None
        assert call.every_session(user_id) == []
        gone = call.delete(f"/ai/v1/users/{user_id}")
        assert (gone.status_code, gone.content) == (204, b"")
        for answer in (call.get(f"/ai/v1/users/{user_id}"), call.delete(f"/ai/v1/users/{user_id}")):
            assert (answer.status_code, answer.json()) == (404, {"detail": "user does not exist"})
        assert call.post("/ai/v1/users").status_code == 201


@pytest.mark.parametrize(
    "metadata",
    [
        {"birth_year": 1850},
        {"birth_year": 2100},
        {"birth_month": 13},
        {"gender": "cat"},
        {"height": "tall"},
        5,
    ],
)
def test_metadata_out_of_range_is_refused(call: Caller, metadata: Any) -> None:
    answer = call.post("/ai/v1/users", {"metadata": metadata})
    assert answer.status_code == 422
    validator("Error").validate(answer.json())


@pytest.mark.parametrize("body", [b"\n", b" ", b"\t\r\n", b"{", b"nonsense"])
def test_a_body_that_is_no_json_is_refused_and_none_at_all_is_not(call: Caller, body: bytes) -> None:
    address = f"{call.address}/ai/v1/users"
    answer = call.session.post(address, data=body, timeout=30)
    assert answer.status_code == 422
    validator("Error").validate(answer.json())
    assert call.session.post(address, data=b"", timeout=30).status_code == 201


def test_a_deleted_session_is_gone_here_and_stays_on_another_server(world: World, call: Caller) -> None:
    person = world.people[1]
    session_id = world.diary.sessions(person)[4].id
    with serve(world) as server, calling(server) as here:
        gone = here.delete(f"/ai/v1/sessions/{session_id}", person.user_id)
        assert (gone.status_code, gone.content) == (204, b"")
        for answer in (
            here.get(f"/data/v3/sessions/{session_id}", person.user_id),
            here.delete(f"/ai/v1/sessions/{session_id}", person.user_id),
        ):
            assert (answer.status_code, answer.json()) == (404, example("error_404_session"))
        assert session_id not in {entry["session_id"] for entry in here.every_session(person.user_id)}
    assert call.get(f"/data/v3/sessions/{session_id}", person.user_id).status_code == 200


@pytest.mark.parametrize("shape", ["current", "reference"])
def test_averages_are_in_the_contracts_form(world: World, shape: Shape) -> None:
    schema = "AverageStatsResultCurrent" if shape == "current" else "AverageStatsResult"
    model = example("average_stats" if shape == "current" else "average_stats_reference_shape")
    start, end = UNTIL - timedelta(days=98), UNTIL
    with serve(world, shape=shape) as server, calling(server) as call:
        for person in world.people[:12]:
            path = f"/data/v1/users/{person.user_id}/average-stats"
            body = call.get(path, zone="Europe/Berlin", start_date=start, end_date=end).json()
            validator("AverageStatsResponse").validate(body)
            validator(schema).validate(body["result"])
            assert body["result"].keys() == model["result"].keys()
            assert body["result"]["average_stats"].keys() == model["result"]["average_stats"].keys()
            slept = body["result"]["slept_sessions"]
            assert slept[0].keys() == model["result"]["slept_sessions"][0].keys()


def test_averages_account_for_every_complete_session_with_statistics(world: World, call: Caller) -> None:
    person = world.people[0]
    expected: dict[str, set[str]] = {"slept_sessions": set(), "never_slept_sessions": set()}
    for session in world.diary.sessions(person):
        stat = world.diary.recording(person, session).stat
        if stat is not None:
            expected["slept_sessions" if stat["time_in_sleep"] else "never_slept_sessions"].add(session.id)
    path = f"/data/v1/users/{person.user_id}/average-stats"
    result = call.get(path, start_date=UNTIL - timedelta(days=98), end_date=UNTIL + timedelta(days=1)).json()[
        "result"
    ]
    for name, ids in expected.items():
        assert {entry["id"] for entry in result[name]} == ids
    detail = call.get(f"/data/v3/sessions/{result['slept_sessions'][0]['id']}", person.user_id).json()[
        "result"
    ]
    shared = result["slept_sessions"][0].keys() & detail["stat"].keys()
    assert {name: result["slept_sessions"][0][name] for name in shared} == {
        name: detail["stat"][name] for name in shared
    }


def test_a_period_without_sleep_has_no_averages(world: World, call: Caller) -> None:
    path = f"/data/v1/users/{world.people[0].user_id}/average-stats"
    body = call.get(path, zone="Europe/Berlin", start_date="2024-01-01", end_date="2024-01-31").json()
    assert body == example("average_stats_no_sleep") | {"result": body["result"]}
    assert body["result"]["average_stats"] is None
    validator("AverageStatsResultCurrent").validate(body["result"])


@pytest.mark.parametrize(("days", "status"), [(99, 200), (100, 200), (101, 400)])
def test_a_period_holds_at_most_100_days(world: World, call: Caller, days: int, status: int) -> None:
    path = f"/data/v1/users/{world.people[0].user_id}/average-stats"
    answer = call.get(path, start_date=UNTIL - timedelta(days=days - 1), end_date=UNTIL)
    assert answer.status_code == status
    if status == 400:
        assert answer.json() == example("error_400_period_too_long")


def refusals(user: str) -> list[tuple[dict[str, Any], int, str]]:
    listed = "/data/v1/sessions"
    averages = f"/data/v1/users/{user}/average-stats"
    return [
        ({"path": listed}, 401, "x-user-id is invalid"),
        ({"path": listed, "user": "someone"}, 401, "x-user-id is invalid"),
        ({"path": "/data/v3/sessions/x"}, 401, "x-user-id is invalid"),
        ({"path": listed, "user": NOBODY}, 404, "user does not exist"),
        ({"path": "/data/v3/sessions/x", "user": NOBODY}, 404, "user does not exist"),
        ({"path": "/data/v3/sessions/x", "user": user}, 404, "session does not exist"),
        ({"path": f"/ai/v1/users/{NOBODY}"}, 404, "user does not exist"),
        ({"path": listed, "user": user, "zone": "Mars/Base"}, 400, "The invalid timezone is provided"),
        ({"path": averages, "zone": "Berlin"}, 400, "The invalid timezone is provided"),
        ({"path": "/health"}, 404, "Not Found"),
    ]


@pytest.mark.parametrize("place", range(10))
def test_refusals_have_the_contracts_status_and_text(world: World, call: Caller, place: int) -> None:
    request, status, text = refusals(world.people[0].user_id)[place]
    answer = call.get(**request)
    assert (answer.status_code, answer.json()) == (status, {"detail": text})
    validator("Error").validate(answer.json())


def test_averages_of_nobody_name_the_identifier(call: Caller) -> None:
    answer = call.get(f"/data/v1/users/{NOBODY}/average-stats", start_date=UNTIL, end_date=UNTIL)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"Unable to find the user of id {NOBODY}"})


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", 101),
        ("limit", -1),
        ("limit", "ten"),
        ("offset", -1),
        ("order_by", "newest"),
        ("date_gte", "2026-13-01"),
        ("date_lte", "20260301"),
    ],
)
def test_parameters_that_do_not_fit_are_unprocessable(
    world: World, call: Caller, parameter: str, value: Any
) -> None:
    answer = call.get("/data/v1/sessions", world.people[0].user_id, **{parameter: value})
    assert answer.status_code == 422
    validator("Error").validate(answer.json())
    assert answer.json()["detail"][0]["loc"] == ["query", parameter]
    if (parameter, value) == ("limit", 101):
        assert answer.json() == example("error_422_validation")


@pytest.mark.parametrize(
    "dates", [{}, {"start_date": "2026-03-01"}, {"start_date": "2026-03-02", "end_date": "2026-03-01"}]
)
def test_a_period_needs_two_dates_in_order(world: World, call: Caller, dates: dict[str, str]) -> None:
    path = f"/data/v1/users/{world.people[0].user_id}/average-stats"
    assert call.get(path, **dates).status_code == 422


@pytest.mark.parametrize("key", [None, "", "simulated-key-2"])
def test_without_the_key_every_operation_is_unauthorized(
    running: Running, world: World, key: str | None
) -> None:
    user = world.people[0].user_id
    headers = {"x-user-id": user} | ({} if key is None else {"x-api-key": key})
    before = running.requests.total()
    for method, path in (
        ("POST", "/ai/v1/users"),
        ("GET", f"/ai/v1/users/{user}"),
        ("DELETE", f"/ai/v1/users/{user}"),
        ("GET", "/data/v1/sessions"),
        ("GET", "/data/v3/sessions/x"),
        ("DELETE", "/ai/v1/sessions/x"),
        ("GET", f"/data/v1/users/{user}/average-stats"),
    ):
        answer = requests.request(method, running.address + path, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()) == (401, example("error_401_api_key"))
    assert running.requests.total() == before


def test_a_method_the_contract_does_not_have_is_refused(call: Caller, world: World) -> None:
    answer = call.post(f"/ai/v1/users/{world.people[0].user_id}", {})
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})


def test_calls_are_counted_by_operation(world: World) -> None:
    person = world.people[0]
    with serve(world) as server, calling(server) as call:
        call.get("/data/v1/sessions", person.user_id)
        call.get("/data/v1/sessions", NOBODY)
        call.get(f"/data/v3/sessions/{world.diary.sessions(person)[0].id}", person.user_id)
        call.get(f"/ai/v1/users/{person.user_id}")
        assert server.requests == {"listSessions": 2, "getSession": 1, "getUser": 1}
        assert not server.refused


def test_calls_over_the_rate_are_refused_and_the_next_second_is_free(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    with serve(world, rate_limit_per_s=5) as server, calling(server) as call:
        answers = [call.get(path) for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 403]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert 4 <= len(refused) <= 7
        assert refused[0].json() == example("error_403_rate_limit")
        assert server.refused == {"rate-limit": len(refused)}
        time.sleep(1.1)
        assert [call.get(path).status_code for _ in range(5)] == [200] * 5


def test_latency_delays_every_answer(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    with serve(world, latency_ms=120) as server, calling(server) as call:
        started = time.monotonic()
        assert call.get(path).status_code == 200
        assert time.monotonic() - started >= 0.12


def test_planned_faults_come_in_order_and_then_no_more(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    with serve(world) as server, calling(server) as call:
        server.plan_faults("server-error", "rate-limit")
        broken = call.get(path)
        assert broken.status_code == 502
        assert "json" not in broken.headers["content-type"]
        limited = call.get(path)
        assert (limited.status_code, limited.json()) == (403, example("error_403_rate_limit"))
        assert call.get(path).status_code == 200
        assert server.refused == {"server-error": 1, "rate-limit": 1}


def test_a_reset_cuts_the_connection_and_the_server_goes_on(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    with serve(world) as server, calling(server) as call:
        assert call.get(path).status_code == 200
        server.plan_faults("reset")
        with pytest.raises(requests.ConnectionError):
            call.get(path)
        assert call.get(path).status_code == 200
        assert server.refused == {"reset": 1}


def test_a_slow_call_is_answered_in_the_end(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    with serve(world) as server:
        server.plan_faults("slow")
        with pytest.raises(requests.ReadTimeout):
            requests.get(server.address + path, headers={"x-api-key": server.api_key}, timeout=0.3)


def test_faults_by_chance_meet_about_their_share_of_calls(world: World) -> None:
    path = f"/ai/v1/users/{world.people[0].user_id}"
    statuses = []
    for _ in range(2):
        with serve(world, faults=(Fault(kind="server-error", share=0.3),)) as server, calling(server) as call:
            statuses.append([call.get(path).status_code for _ in range(200)])
    assert statuses[0] == statuses[1]
    assert 40 <= statuses[0].count(502) <= 80


@pytest.mark.parametrize("text", ["slow", "slow:2", "slow:-1", "slow:often", "fire:0.1", "slow:nan"])
def test_a_fault_that_makes_no_sense_is_explained(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        Fault.parse(text)


def test_eight_threads_get_the_same_answers_as_one(world: World, running: Running, call: Caller) -> None:
    wanted = [(person, session_id) for person, session_id, _ in of_each_kind(world)] * 4
    headers = {"x-api-key": running.api_key}

    def fetched(entry: tuple[Person, str]) -> bytes:
        address = f"{running.address}/data/v3/sessions/{entry[1]}"
        answer = requests.get(address, headers=headers | {"x-user-id": entry[0].user_id}, timeout=30)
        return answer.content

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(fetched, wanted))
    alone = [
        call.get(f"/data/v3/sessions/{session_id}", person.user_id).content for person, session_id in wanted
    ]
    assert together == alone


def test_a_stopped_server_frees_its_port(world: World) -> None:
    server = serve(world)
    port = int(server.address.rpartition(":")[2])
    server.stop()
    server.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(server.address, timeout=5)
    with serve(world, port=port) as again:
        assert again.address == server.address
        with pytest.raises(OSError, match="in use"):
            serve(world, port=port)
