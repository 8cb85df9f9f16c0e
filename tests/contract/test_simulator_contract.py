"""The simulator refuses by the letter of the contract, and does what it says: odd requests, one by one."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from asleep.contract import example
from asleep.simulator.people import Person
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from tests.contract.calling import LIMIT_S, NOBODY, Caller, calling, validator

UNTIL = date(2026, 4, 12)
PATHS = (
    "/ai/v1/users/{user}",
    "/data/v1/sessions",
    "/data/v3/sessions/{session}",
    "/ai/v1/sessions/{session}",
)


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=4, nights=40, until=UNTIL, now=datetime(2026, 4, 15, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def running(world: World) -> Iterator[Running]:
    with serve(world) as server:
        yield server


@pytest.fixture
def call(running: Running) -> Iterator[Caller]:
    with calling(running) as caller:
        yield caller


@pytest.fixture
def fresh(world: World) -> Iterator[Caller]:
    """A caller of a server whose account may be changed."""
    with serve(world) as server, calling(server) as caller:
        yield caller


@pytest.fixture(scope="module")
def person(world: World) -> Person:
    return world.people[0]


def complete_sessions(world: World, person: Person) -> list[str]:
    return [session.id for session in world.diary.sessions(person) if session.state == "COMPLETE"]


def averages(call: Caller, person: Person, **query: Any) -> requests.Response:
    asked = {"start_date": UNTIL - timedelta(days=39), "end_date": UNTIL + timedelta(days=1)} | query
    return call.get(f"/data/v1/users/{person.user_id}/average-stats", **asked)


def exchanged(running: Running, *lines: bytes, body: bytes = b"") -> tuple[int, Any]:
    """Status and JSON of a request that is sent as these bytes."""
    port = int(running.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S) as connection:
        connection.sendall(b"\r\n".join((*lines, b"host: here", b"connection: close", b"", body)))
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, found = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(found)


def key_line(running: Running) -> bytes:
    return f"x-api-key: {running.api_key}".encode()


def user_line(person: Person) -> bytes:
    return f"x-user-id: {person.user_id}".encode()


@pytest.mark.parametrize("path", [*PATHS, "/ai/v1/users", "/data/v1/users/{user}/average-stats"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "BREW"])
def test_a_method_that_is_not_in_the_contract_is_told_the_others(
    running: Running, person: Person, path: str, method: str
) -> None:
    address = running.address + path.format(user=person.user_id, session="x")
    answer = requests.request(method, address, headers={"x-api-key": running.api_key}, timeout=LIMIT_S)
    assert answer.status_code == 405
    allowed = set(answer.headers["allow"].split(", "))
    assert allowed == ALLOWED[path]
    if method != "HEAD":
        assert answer.json() == {"detail": "Method Not Allowed"}


ALLOWED = {
    "/ai/v1/users": {"POST"},
    "/ai/v1/users/{user}": {"GET", "DELETE"},
    "/data/v1/sessions": {"GET"},
    "/data/v3/sessions/{session}": {"GET"},
    "/ai/v1/sessions/{session}": {"DELETE"},
    "/data/v1/users/{user}/average-stats": {"GET"},
}


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/ai/v1/users/", "/data/v1/sessions/", "//data/v1/sessions", "/data/v3/sessions/"),
        *("/users", "/sessions", "/health", "/ai/v1/Users", "/data/v2/sessions/x", "/openapi.json", "/docs"),
        *("/ai/v1/users/{user}/", "/ai/v1/users/{user}/sessions", "/data/v1/users/{user}/average-stats/"),
    ],
)
def test_a_path_that_is_not_in_the_contract_is_not_found_and_leads_nowhere_else(
    running: Running, person: Person, path: str
) -> None:
    address = running.address + path.format(user=person.user_id)
    headers = {"x-api-key": running.api_key, "x-user-id": person.user_id}
    answer = requests.get(address, headers=headers, timeout=LIMIT_S, allow_redirects=False)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_an_identifier_may_be_encoded(call: Caller, world: World, person: Person) -> None:
    session = complete_sessions(world, person)[0]
    encoded_user = "".join(f"%{ord(letter):02X}" for letter in person.user_id)
    encoded_session = "".join(f"%{ord(letter):02x}" for letter in session)
    assert (
        call.get(f"/ai/v1/users/{encoded_user}").json() == call.get(f"/ai/v1/users/{person.user_id}").json()
    )
    answer = call.get(f"/data/v3/sessions/{encoded_session}", person.user_id)
    assert answer.json()["result"]["session"]["id"] == session


@pytest.mark.parametrize(
    "name", ["a%2Fb", "..%2F..%2Fusers", "%00", "%FF", "a%20b", "%E2%98%83", "a" * 4000, "%"]
)
def test_an_identifier_that_nobody_has_is_not_found_however_it_is_written(
    call: Caller, person: Person, name: str
) -> None:
    address = f"{call.address}/ai/v1/users/{name}"
    user = call.session.get(address, timeout=LIMIT_S)
    assert (user.status_code, user.json()) == (404, example("error_404_user"))
    session = call.get(f"/data/v3/sessions/{name}", person.user_id)
    assert (session.status_code, session.json()) == (404, example("error_404_session"))


@pytest.mark.parametrize(
    "user",
    [
        *("", "someone", "me@example.org", "G-2026-abc", "g-20260105081500-QmVubml0b1NsZWVwUVo"),
        *(
            "G-20260105081500-",
            "G-20260105081500-QmVubml0b1Ns_WVwUVo",
            "G-20260105081500-" + "a" * 41,
            "G-" + "1" * 5000,
        ),
    ],
)
def test_an_identifier_in_another_shape_is_unauthorized_in_the_header(call: Caller, user: str) -> None:
    for path in ("/data/v1/sessions", "/data/v3/sessions/x"):
        answer = call.get(path, user)
        assert (answer.status_code, answer.json()) == (401, example("error_401_user_id"))
    deletion = call.delete("/ai/v1/sessions/x", user)
    assert (deletion.status_code, deletion.json()) == (401, example("error_401_user_id"))


def test_another_persons_session_is_not_found(call: Caller, world: World) -> None:
    theirs = complete_sessions(world, world.people[1])[0]
    answer = call.get(f"/data/v3/sessions/{theirs}", world.people[0].user_id)
    assert (answer.status_code, answer.json()) == (404, example("error_404_session"))
    deletion = call.delete(f"/ai/v1/sessions/{theirs}", world.people[0].user_id)
    assert deletion.status_code == 404
    assert call.get(f"/data/v3/sessions/{theirs}", world.people[1].user_id).status_code == 200


@pytest.mark.parametrize(
    "zone",
    ["", "utc", "Berlin", "Europe/Berlín", "../../etc/passwd", "localtime", "Factory", "+02:00", "Z" * 3000],
)
def test_a_zone_that_is_none_is_a_bad_request_in_every_operation_that_reads_it(
    call: Caller, person: Person, zone: str
) -> None:
    for path in (
        "/data/v1/sessions",
        "/data/v3/sessions/x",
        f"/data/v1/users/{person.user_id}/average-stats",
    ):
        answer = call.session.get(
            call.address + path,
            headers={"x-user-id": person.user_id, "timezone": zone.encode("latin-1")},
            timeout=LIMIT_S,
        )
        assert (answer.status_code, answer.json()) == (400, example("error_400_timezone"))


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Seoul", "Etc/GMT+12", "Pacific/Kiritimati", "Asia/Kathmandu", "GB"]
)
def test_every_zone_of_the_list_is_read(call: Caller, person: Person, zone: str) -> None:
    answer = call.get("/data/v1/sessions", person.user_id, zone)
    assert answer.json()["result"]["timezone"] == zone
    validator("SessionListResponse").validate(answer.json())


def test_a_header_sent_twice_counts_once_if_it_says_the_same(running: Running, person: Person) -> None:
    listing = b"GET /data/v1/sessions HTTP/1.1"
    key, user, zone = key_line(running), user_line(person), b"timezone: Asia/Seoul"
    status, body = exchanged(running, listing, key, key, user, user, zone, zone)
    assert (status, body["result"]["timezone"]) == (200, "Asia/Seoul")


@pytest.mark.parametrize(
    ("line", "status", "text"),
    [
        (b"x-api-key: another", 401, "Unauthorized"),
        (f"x-user-id: {NOBODY}".encode(), 401, "x-user-id is invalid"),
        (b"timezone: UTC", 400, "The invalid timezone is provided"),
    ],
)
def test_a_header_sent_twice_with_two_values_is_refused_as_a_wrong_one(
    running: Running, person: Person, line: bytes, status: int, text: str
) -> None:
    once = (key_line(running), user_line(person), b"timezone: Asia/Seoul")
    assert exchanged(running, b"GET /data/v1/sessions HTTP/1.1", *once, line) == (status, {"detail": text})


@pytest.mark.parametrize("line", [b"x-api-key: \xff\xfe", b"x-api-key: simulated-k\xe9y", b"x-api-key:"])
def test_a_key_in_odd_letters_is_no_key(running: Running, line: bytes) -> None:
    assert exchanged(running, b"GET /data/v1/sessions HTTP/1.1", line) == (401, {"detail": "Unauthorized"})


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        *(("limit=", "limit"), ("limit=ten", "limit"), ("limit=1.0", "limit"), ("limit=%2B5", "limit")),
        *(
            ("limit=1e2", "limit"),
            ("limit=%D9%A1", "limit"),
            ("limit=" + "9" * 5000, "limit"),
            ("limit=0x10", "limit"),
        ),
        *(
            ("limit=5&limit=6", "limit"),
            ("limit=-1", "limit"),
            ("limit=101", "limit"),
            ("limit=%20", "limit"),
        ),
        *(("offset=-1", "offset"), ("offset=null", "offset"), ("offset=1_000", "offset")),
        *(
            ("order_by=", "order_by"),
            ("order_by=asc", "order_by"),
            ("order_by=ASC&order_by=DESC", "order_by"),
        ),
        *(("date_gte=", "date_gte"), ("date_gte=2026-02-30", "date_gte"), ("date_gte=2026-2-3", "date_gte")),
        *(("date_lte=2026-04-12T00:00:00", "date_lte"), ("date_lte=0000-01-01", "date_lte")),
        *(("date_lte=%D9%A2026-01-01", "date_lte"), ("date_gte=2026-01-01%0A", "date_gte")),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    call: Caller, person: Person, query: str, parameter: str
) -> None:
    answer = call.get(f"/data/v1/sessions?{query}", person.user_id)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", parameter]
    validator("Error").validate(answer.json())


@pytest.mark.parametrize(
    ("query", "count"),
    [
        *(
            ("limit=0", 0),
            ("limit=00", 0),
            ("limit=-0", 0),
            ("limit=3&limit=3", 3),
            ("offset=" + "9" * 4000, 0),
        ),
        *(
            ("date_gte=9999-12-31", 0),
            ("date_lte=0001-01-01", 0),
            ("date_gte=2026-04-12&date_lte=2026-04-01", 0),
        ),
        *(("limit=2&unknown=1&limits=9", 2), ("limit=1&timezone=Mars", 1)),
    ],
)
def test_an_odd_question_that_fits_is_answered(call: Caller, person: Person, query: str, count: int) -> None:
    answer = call.get(f"/data/v1/sessions?{query}", person.user_id)
    assert answer.status_code == 200
    assert len(answer.json()["result"]["sleep_session_list"]) == count


def test_all_dates_are_those_of_the_calendar(call: Caller, world: World, person: Person) -> None:
    answer = call.get("/data/v1/sessions?date_gte=0001-01-01&date_lte=9999-12-31&limit=100", person.user_id)
    assert len(answer.json()["result"]["sleep_session_list"]) == len(world.diary.sessions(person))


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        (("2026-01-01", "2026-04-10"), 200),  # 100 days
        (("2026-01-01", "2026-04-11"), 400),  # 101 days
        (("0001-01-01", "9999-12-31"), 400),
        (("9999-12-31", "9999-12-31"), 200),
        (("0001-01-01", "0001-01-01"), 200),
        (("2026-04-11", "2026-04-10"), 422),
        (("2026-02-30", "2026-04-10"), 422),
        (("", "2026-04-10"), 422),
    ],
)
def test_a_period_is_two_dates_in_order_at_most_100_days(
    call: Caller, person: Person, dates: tuple[str, str], status: int
) -> None:
    answer = averages(call, person, start_date=dates[0], end_date=dates[1])
    assert answer.status_code == status
    if status == 400:
        assert answer.json() == example("error_400_period_too_long")
    elif status == 422:
        validator("Error").validate(answer.json())
    else:
        assert answer.json()["result"]["period"] == {
            "timezone": "UTC",
            "start_date": dates[0],
            "end_date": dates[1],
        }


def test_a_missing_date_is_named(call: Caller, person: Person) -> None:
    path = f"/data/v1/users/{person.user_id}/average-stats"
    assert call.get(path, start_date=UNTIL).json()["detail"][0]["loc"] == ["query", "end_date"]
    assert call.get(path, end_date=UNTIL).json()["detail"][0]["loc"] == ["query", "start_date"]


def test_averages_need_no_user_header(call: Caller, person: Person) -> None:
    path = f"/data/v1/users/{person.user_id}/average-stats"
    answer = call.get(path, NOBODY, start_date=UNTIL, end_date=UNTIL)
    assert answer.status_code == 200


METADATA = {
    "birth_year": 1988,
    "birth_month": 11,
    "birth_day": 3,
    "gender": "prefer_not_to_say",
    "height": 168.5,
    "weight": 61.2,
}


@pytest.mark.parametrize(
    "metadata",
    [
        METADATA,
        {},
        dict.fromkeys(METADATA),
        {"birth_month": 2, "birth_day": 29},
        {"birth_year": 2024, "birth_month": 2, "birth_day": 29},
        {"height": 0, "weight": 1000},
        METADATA | {"nickname": "Zoë ☾", "devices": [{"os": None}], "points": 1e300},
    ],
)
def test_metadata_come_back_with_every_field_as_sent(fresh: Caller, metadata: dict[str, Any]) -> None:
    created = fresh.post("/ai/v1/users", {"metadata": metadata})
    assert created.status_code == 201
    user_id = created.json()["result"]["user_id"]
    found = fresh.get(f"/ai/v1/users/{user_id}").json()
    assert found["result"]["metadata"] == metadata
    validator("UserResponse").validate(found)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"metadata": null}', b'{"user_id": "mine"}'])
def test_a_user_without_metadata_has_none_and_the_services_identifier(fresh: Caller, body: bytes) -> None:
    created = fresh.session.post(f"{fresh.address}/ai/v1/users", data=body, timeout=LIMIT_S)
    assert created.status_code == 201
    validator("UserCreatedResponse").validate(created.json())
    user_id = created.json()["result"]["user_id"]
    assert user_id != "mine"
    assert fresh.get(f"/ai/v1/users/{user_id}").json()["result"]["metadata"] is None


def bodies() -> dict[str, bytes]:
    odd: dict[str, list[Any]] = {
        "birth_year": [1850, 2100, 1988.5, "1988", True],
        "birth_month": [0, 13],
        "birth_day": [0, 32, [3]],
    }
    odd |= {
        "gender": ["cat", "", 1, ["male"], {}],
        "height": [-1, 300.5, 168.55, "tall"],
        "weight": [1001, False],
    }
    wrong = {f"{name}={value!r}": {name: value} for name, values in odd.items() for value in values}
    wrong["no such day"] = {"birth_year": 2023, "birth_month": 2, "birth_day": 29}
    wrong["no such day in any year"] = {"birth_month": 2, "birth_day": 30}
    encoded = {name: json.dumps({"metadata": value}).encode() for name, value in wrong.items()}
    return encoded | {
        "no JSON": b"metadata=1",
        "cut off": b'{"metadata": {"birth_year": 19',
        "an array": b"[]",
        "null": b"null",
        "a text": b'"metadata"',
        "metadata of text": b'{"metadata": "none"}',
        "metadata of an array": b'{"metadata": [1]}',
        "not UTF-8": b'{"metadata": {"gender": "\xff\xfe"}}',
        "half a surrogate": b'{"metadata": {"note": "\\ud800"}}',
        "NaN": b'{"metadata": {"height": NaN}}',
        "beyond numbers": b'{"metadata": {"height": 1e999}}',
        "5,000 digits": b'{"metadata": {"note": ' + b"9" * 5000 + b"}}",
        "nested 20 times": b'{"metadata": {"note": ' + b"[" * 20 + b"]" * 20 + b"}}",
        "nested 20,000 times": b"[" * 20_000 + b"]" * 20_000,
        "70 kB": b'{"metadata": {"note": "' + b"x" * 70_000 + b'"}}',
        "3 MB": b'{"metadata": {"note": "' + b"x" * 3_000_000 + b'"}}',
    }


@pytest.mark.parametrize("name", list(bodies()))
def test_a_body_that_does_not_fit_creates_nobody(call: Caller, running: Running, name: str) -> None:
    answer = call.session.post(f"{call.address}/ai/v1/users", data=bodies()[name], timeout=LIMIT_S)
    assert answer.status_code == 422
    validator("Error").validate(answer.json())
    assert "result" not in answer.json()


def test_a_body_where_none_belongs_changes_nothing(call: Caller, person: Person) -> None:
    address = f"{call.address}/ai/v1/users/{person.user_id}"
    assert (
        call.session.get(address, data=b"[" * 9000, timeout=LIMIT_S).json()
        == call.get(f"/ai/v1/users/{person.user_id}").json()
    )


def test_a_deleted_session_is_in_no_list_no_average_and_no_last_session(
    fresh: Caller, world: World, person: Person
) -> None:
    before = averages(fresh, person).json()["result"]
    last = fresh.every_session(person.user_id)[0]["session_id"]
    slept = before["slept_sessions"][3]["id"]
    for session in {last, slept}:
        assert fresh.delete(f"/ai/v1/sessions/{session}", person.user_id).status_code == 204
    listed = {entry["session_id"] for entry in fresh.every_session(person.user_id)}
    assert not listed & {last, slept}
    assert len(listed) == len(world.diary.sessions(person)) - len({last, slept})
    after = averages(fresh, person).json()["result"]
    assert slept not in {entry["id"] for entry in after["slept_sessions"]}
    assert after["average_stats"] != before["average_stats"]
    info = fresh.get(f"/ai/v1/users/{person.user_id}").json()["result"]["last_session_info"]
    assert info["session_id"] != last
    again = fresh.delete(f"/ai/v1/sessions/{slept}", person.user_id)
    assert (again.status_code, again.json()) == (404, example("error_404_session"))


def test_a_person_all_of_whose_sessions_are_deleted_is_a_person_without_sessions(
    fresh: Caller, person: Person
) -> None:
    for entry in fresh.every_session(person.user_id):
        assert fresh.delete(f"/ai/v1/sessions/{entry['session_id']}", person.user_id).status_code == 204
    assert fresh.every_session(person.user_id) == []
    assert fresh.get(f"/ai/v1/users/{person.user_id}").json()["result"]["last_session_info"] is None
    result = averages(fresh, person).json()["result"]
    assert (result["average_stats"], result["slept_sessions"], result["never_slept_sessions"]) == (
        None,
        [],
        [],
    )


def test_a_deleted_user_is_gone_with_every_session(fresh: Caller, world: World, person: Person) -> None:
    session = complete_sessions(world, person)[0]
    assert fresh.delete(f"/ai/v1/users/{person.user_id}").status_code == 204
    gone = {"detail": "user does not exist"}
    for answer in (
        fresh.get(f"/ai/v1/users/{person.user_id}"),
        fresh.delete(f"/ai/v1/users/{person.user_id}"),
        fresh.get("/data/v1/sessions", person.user_id),
        fresh.get(f"/data/v3/sessions/{session}", person.user_id),
        fresh.delete(f"/ai/v1/sessions/{session}", person.user_id),
    ):
        assert (answer.status_code, answer.json()) == (404, gone)
    missing = averages(fresh, person)
    assert (missing.status_code, missing.json()) == (
        404,
        {"detail": f"Unable to find the user of id {person.user_id}"},
    )
    assert fresh.get("/data/v1/sessions", world.people[1].user_id).status_code == 200


def test_a_deletion_answers_without_a_body(fresh: Caller, person: Person) -> None:
    answer = fresh.delete(f"/ai/v1/users/{person.user_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers


def test_the_order_of_refusals_is_key_then_user_then_zone_then_parameters_then_existence(
    call: Caller,
) -> None:
    wrong = {"limit": "ten"}
    unauthorized = requests.get(f"{call.address}/data/v1/sessions", params=wrong, timeout=LIMIT_S)
    assert unauthorized.json() == example("error_401_api_key")
    assert call.get("/data/v1/sessions", "me", "Mars", **wrong).status_code == 401
    assert call.get("/data/v1/sessions", NOBODY, "Mars", **wrong).status_code == 400
    assert call.get("/data/v1/sessions", NOBODY, "UTC", **wrong).status_code == 422
    assert call.get("/data/v1/sessions", NOBODY, "UTC").status_code == 404


def test_the_reference_shape_has_the_fields_of_its_examples_everywhere(world: World, person: Person) -> None:
    model = example("user_reference_shape")["result"]
    with serve(world, shape="reference") as server, calling(server) as call:
        body = call.get(f"/ai/v1/users/{person.user_id}").json()
        validator("UserResponse").validate(body)
        info = body["result"]["last_session_info"]
        assert info.keys() == model["last_session_info"].keys()
        assert info["session_start_time"].endswith("+00:00")
        listed = call.get("/data/v1/sessions", person.user_id).json()
        assert listed["detail"] == example("session_complete_reference_shape")["detail"] == "success"
        validator("SessionListResponse").validate(listed)
        period = averages(call, person).json()["result"]["period"]
        assert period.keys() == example("average_stats_reference_shape")["result"]["period"].keys()
        assert period["days"] == 41
