"""What the client asks for, and what it makes of the answers, over true HTTP."""

import gzip
import json
import threading
import time
from datetime import date, timedelta
from typing import Any

import pytest

from asleep import contract, errors
from asleep.client import AsleepClient
from asleep.models import UserMetadata
from asleep.simulator.payloads import Shape
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from tests.contract.asking import (
    ANSWERED,
    DELETIONS,
    KEY,
    LONG,
    READS,
    SESSION,
    USER,
    Ask,
    average_stats,
    create_user,
    delete_session,
    delete_user,
    example,
    get_session,
    get_user,
    list_sessions,
    listed,
    talking_to,
)
from tests.contract.hostile import (
    Reply,
    answers,
    floods,
    hostile,
)

# What is asked


def test_each_operation_is_asked_as_the_contract_says() -> None:
    expected: dict[Ask, tuple[str, str, str | None]] = {
        get_user: ("GET", f"/ai/v1/users/{USER}", None),
        get_session: ("GET", f"/data/v3/sessions/{SESSION}", USER),
        list_sessions: ("GET", "/data/v1/sessions?order_by=DESC&limit=100&offset=0", USER),
        average_stats: (
            "GET",
            f"/data/v1/users/{USER}/average-stats?start_date=2026-02-09&end_date=2026-02-15",
            None,
        ),
        delete_user: ("DELETE", f"/ai/v1/users/{USER}", None),
        delete_session: ("DELETE", f"/ai/v1/sessions/{SESSION}", USER),
        create_user: ("POST", "/ai/v1/users", None),
    }
    for ask, (method, target, owner) in expected.items():
        with talking_to(ANSWERED[ask]) as (client, service):
            ask(client)
        [seen] = service.seen
        assert (seen.method, seen.target) == (method, target)
        assert (seen.headers["x-api-key"], seen.headers["timezone"]) == (KEY, "UTC")
        assert seen.headers.get("x-user-id") == owner


def test_values_come_back_typed() -> None:
    with talking_to(*ANSWERED.values()) as (client, _):
        found = [ask(client) for ask in ANSWERED]
    assert found[0].user_id == USER
    assert len(found[1].sleep_stages) == 960
    assert len(found[2]) == 6
    assert found[3].days == 7
    assert found[4:] == [None, None, USER]


def test_a_new_person_is_described_in_the_body() -> None:
    with talking_to(example("user_created", 201)) as (client, service):
        client.create_user(UserMetadata(birth_year=1988, weight_kg=61.2))
    assert json.loads(service.seen[0].body) == {"metadata": {"birth_year": 1988, "weight": 61.2}}
    assert service.seen[0].headers["content-type"] == "application/json"


def test_dates_and_order_of_a_list_are_asked_for() -> None:
    with talking_to(example("session_list_empty")) as (client, service):
        client.list_sessions(USER, first=date(2026, 2, 1), last=date(2026, 2, 28), newest_first=False)
    assert service.targets == [
        "/data/v1/sessions?date_gte=2026-02-01&date_lte=2026-02-28&order_by=ASC&limit=100&offset=0"
    ]


def test_surroundings_touch_neither_the_key_nor_the_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password stolen\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with hostile(answers(500)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        monkeypatch.setenv("no_proxy", "")
        with talking_to(answers(200, contract.example("user"), **{"Set-Cookie": "a=b; Path=/"})) as (
            client,
            service,
        ):
            client.get_user(USER)
            client.get_user(USER)
    assert proxy.seen == []
    assert ["authorization" in seen.headers or "cookie" in seen.headers for seen in service.seen] == [
        False
    ] * 2


# Bodies


@pytest.mark.parametrize("ask", [*READS, create_user])
@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b'{"detail": "OK"}', b"null"])
def test_a_success_that_is_no_answer_is_malformed(ask: Ask, body: bytes) -> None:
    with talking_to(answers(200, body)) as (client, service), pytest.raises(errors.MalformedAnswer) as caught:
        ask(client)
    assert caught.value.status == 200
    assert caught.value.operation in str(caught.value)
    assert caught.value.request_id
    assert len(service.seen) == 1


@pytest.mark.parametrize("ask", DELETIONS)
@pytest.mark.parametrize("reply", [answers(204), answers(200, b"gone"), answers(200, {"detail": "success"})])
def test_a_deletion_needs_no_body(ask: Ask, reply: Reply) -> None:
    with talking_to(reply) as (client, service):
        ask(client)
    assert len(service.seen) == 1


def test_a_compressed_answer_is_read_and_a_false_one_is_not() -> None:
    packed = gzip.compress(contract.example_bytes("session_complete"))
    with talking_to(
        answers(200, packed, **{"Content-Encoding": "gzip"}),
        answers(200, b"not gzip", **{"Content-Encoding": "gzip"}),
    ) as (client, _):
        assert client.get_session(USER, SESSION).session_id == SESSION
        with pytest.raises(errors.TransportError, match="compression"):
            client.get_session(USER, SESSION)


@pytest.mark.parametrize(
    "reply",
    [
        floods(LONG),
        floods(b"HTTP/1.1 200 OK\r\n\r\n"),
        answers(200, gzip.compress(b" " * (9 * 1024 * 1024)), **{"Content-Encoding": "gzip"}),
    ],
    ids=["announced", "without end", "compressed"],
)
def test_a_body_beyond_eight_mebibytes_is_refused(reply: Reply) -> None:
    with talking_to(reply) as (client, service), pytest.raises(errors.MalformedAnswer, match="longer than"):
        client.get_session(USER, SESSION)
    assert len(service.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("ask", [get_user, delete_user, create_user])
def test_a_redirect_is_refused_and_the_key_stays(ask: Ask, status: int) -> None:
    with hostile(example("user")) as other:
        with (
            talking_to(answers(status, b"elsewhere", Location=f"{other.address}/x")) as (client, service),
            pytest.raises(errors.Redirected, match="not followed") as caught,
        ):
            ask(client)
        assert other.seen == []
    assert caught.value.status == status
    assert len(service.seen) == 1


def test_the_body_of_a_redirect_is_not_awaited() -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 1000000000\r\n\r\n"
    with talking_to(floods(head)) as (client, _):
        began_s = time.monotonic()
        with pytest.raises(errors.Redirected):
            client.get_user(USER)
        assert time.monotonic() - began_s < 1


# Pages


def page(*places: int, state: str = "COMPLETE") -> Reply:
    return answers(200, {"result": {"sleep_session_list": [listed(place, state) for place in places]}})


@pytest.mark.parametrize(("total", "calls"), [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 3)])
def test_paging_runs_to_the_end_and_no_further(total: int, calls: int) -> None:
    pages = [page(*range(begin, min(begin + 100, total))) for begin in range(0, total + 1, 100)]
    with talking_to(*pages) as (client, service):
        items = client.list_sessions(USER)
    assert [item.session_id for item in items] == [f"s{place}" for place in range(total)]
    assert [target.rpartition("=")[2] for target in service.targets] == [str(100 * n) for n in range(calls)]


def test_a_session_that_moved_to_the_next_page_is_listed_once_and_as_last_seen() -> None:
    with talking_to(page(*range(100), state="OPEN"), page(*range(98, 120))) as (client, _):
        items = client.list_sessions(USER)
    assert [item.session_id for item in items] == [f"s{place}" for place in range(120)]
    assert [item.state for item in items[97:100]] == ["OPEN", "COMPLETE", "COMPLETE"]


def test_a_service_that_ignores_the_offset_is_found_out() -> None:
    with (
        talking_to(page(*range(100))) as (client, service),
        pytest.raises(errors.MalformedAnswer, match="repeats a full page"),
    ):
        client.list_sessions(USER)
    assert len(service.seen) == 2


# Long periods


def period_of(seen: Any) -> tuple[date, date]:
    _, _, query = seen.target.partition("?")
    told = dict(part.split("=") for part in query.split("&"))
    return date.fromisoformat(told["start_date"]), date.fromisoformat(told["end_date"])


@pytest.mark.parametrize(("days", "pieces"), [(1, 1), (99, 1), (100, 2), (198, 2), (199, 3), (365, 4)])
def test_a_long_period_is_asked_in_pieces_that_leave_nothing_out(days: int, pieces: int) -> None:
    def reply(line: Any, seen: Any) -> None:
        first, last = period_of(seen)
        body = contract.example("average_stats")
        body["result"]["period"] |= {"start_date": f"{first}", "end_date": f"{last}"}
        answers(200, body)(line, seen)

    first, last = date(2025, 3, 1), date(2025, 3, 1) + timedelta(days=days - 1)
    with talking_to(reply) as (client, service):
        found = client.average_stats(USER, first=first, last=last)
    periods = [period_of(seen) for seen in service.seen]
    assert len(periods) == pieces
    covered = [begin + timedelta(days=day) for begin, end in periods for day in range((end - begin).days + 1)]
    assert covered == [first + timedelta(days=day) for day in range(days)]
    assert max((end - begin).days + 1 for begin, end in periods) <= 99
    assert (found.first, found.last, found.days) == (first, last, days)
    assert [one.session_id for one in found.slept] == [
        one["id"] for one in contract.example("average_stats")["result"]["slept_sessions"]
    ]


@pytest.mark.parametrize("ask", ["list_sessions", "average_stats"])
def test_a_period_backwards_is_refused_before_anything_is_sent(ask: str) -> None:
    with talking_to(answers(200)) as (client, service), pytest.raises(ValueError, match="swap the two dates"):
        getattr(client, ask)(USER, first=date(2026, 2, 2), last=date(2026, 2, 1))
    assert service.seen == []


# Threads


def test_one_client_serves_many_threads() -> None:
    found: list[str] = []
    with talking_to(example("user")) as (client, service):
        threads = [
            threading.Thread(target=lambda: found.append(client.get_user(USER).user_id)) for _ in range(32)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [USER] * 32
    assert len(service.seen) == 32


# The simulator, which everybody else meets the API through


@pytest.mark.parametrize("shape", ["current", "reference"])
def test_the_client_reads_all_that_the_simulator_serves(shape: Shape) -> None:
    last = date(2026, 2, 14)
    world = simulated_world(people=2, nights=120, seed=3, until=last)
    with (
        serve(world, shape=shape) as simulator,
        AsleepClient(base_url=simulator.address, api_key=simulator.api_key) as client,
    ):
        for person in world.people:
            newest = client.list_sessions(person.user_id)
            oldest = client.list_sessions(person.user_id, newest_first=False)
            assert {one.session_id for one in newest} == {one.session_id for one in oldest}
            assert len(newest) > 100
            for item in newest[:20]:
                found = client.get_session(person.user_id, item.session_id)
                assert (found.session_id, found.start, found.end) == (item.session_id, item.start, item.end)
            period = client.average_stats(person.user_id, first=last - timedelta(days=199), last=last)
            slept = {one.session_id for one in period.slept}
            assert slept <= {one.session_id for one in newest}
            assert len(slept) > 100
            assert period.average is not None
            assert 0.5 < (period.average.sleep_efficiency_ratio or 0) < 1
            assert all((one.stat is not None) == (shape == "current") for one in period.slept)


def test_a_person_of_the_simulator_comes_and_goes() -> None:
    with (
        serve(simulated_world(people=1, nights=1)) as simulator,
        AsleepClient(base_url=simulator.address, api_key=simulator.api_key) as client,
    ):
        user_id = client.create_user(UserMetadata(birth_year=1988, gender="female"))
        assert client.get_user(user_id).metadata == UserMetadata(birth_year=1988, gender="female")
        client.delete_user(user_id)
        with pytest.raises(errors.UserNotFound):
            client.get_user(user_id)
