"""What a client sees on the wire of every fault, as bytes and as time, and how faults are chosen."""

import json
import logging
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
import requests

from asleep.contract import example
from asleep.simulator.faults import FAULT_KINDS, Fault, FaultKind, Troublemaker
from asleep.simulator.server import Running, serve
from asleep.simulator.service import ARRIVALS_KEPT
from asleep.simulator.world import World, simulated_world

LIMIT_S = 30
REFUSED = {
    "rate-limit": (403, example("error_403_rate_limit")),
    "quota": (403, example("error_403_quota")),
    "plan": (403, example("error_403_plan_expired")),
    "too-many": (429, {"detail": "Too Many Requests"}),
    "internal": (500, {"detail": "Internal Server Error"}),
    "unavailable": (503, {"detail": "Service Unavailable"}),
}


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(
        people=3, nights=20, until=date(2026, 4, 12), now=datetime(2026, 4, 15, 12, tzinfo=UTC)
    )


@pytest.fixture
def server(world: World) -> Iterator[Running]:
    with serve(world) as running:
        yield running


def user_path(server: Running) -> str:
    return f"/ai/v1/users/{server.world.people[0].user_id}"


def ask(server: Running, *, path: str | None = None, timeout_s: float = LIMIT_S) -> requests.Response:
    return requests.get(
        server.address + (path or user_path(server)),
        headers={"x-api-key": server.api_key, "x-user-id": server.world.people[0].user_id},
        timeout=timeout_s,
        allow_redirects=False,
    )


@contextmanager
def bare_call(server: Running, *, timeout_s: float = LIMIT_S) -> Iterator[socket.socket]:
    """A socket on which Get User was asked and nothing was read yet."""
    port = int(server.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        lines = (f"GET {user_path(server)} HTTP/1.1", "host: here", f"x-api-key: {server.api_key}", "", "")
        connection.sendall("\r\n".join(lines).encode())
        yield connection


@pytest.mark.parametrize("kind", list(REFUSED))
def test_a_refusal_has_its_status_and_text(server: Running, kind: FaultKind) -> None:
    server.plan_faults(kind)
    answer = ask(server)
    assert (answer.status_code, answer.json()) == REFUSED[kind]
    assert server.refused == {kind: 1}
    assert ask(server).status_code == 200


@pytest.mark.parametrize("kind", ["too-many", "unavailable"])
def test_who_is_told_to_come_back_is_told_when(server: Running, kind: FaultKind) -> None:
    server.plan_faults(kind)
    assert ask(server).headers["retry-after"] == "1"


@pytest.mark.parametrize(("kind", "status"), [("server-error", 502), ("gateway-timeout", 504)])
def test_what_stands_in_front_of_the_service_answers_with_a_page(
    server: Running, kind: FaultKind, status: int
) -> None:
    server.plan_faults(kind)
    answer = ask(server)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


def test_slow_is_three_seconds_and_then_the_true_answer(server: Running) -> None:
    truth = ask(server).content
    server.plan_faults("slow")
    asked = time.monotonic()
    answer = ask(server)
    assert 3.0 <= time.monotonic() - asked < 5.0
    assert (answer.status_code, answer.content) == (200, truth)


def test_a_reset_is_a_reset_and_not_an_orderly_end(server: Running) -> None:
    server.plan_faults("reset")
    with bare_call(server) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_a_hang_answers_nothing_and_keeps_the_connection(server: Running) -> None:
    server.plan_faults("hang")
    with bare_call(server, timeout_s=1.5) as connection, pytest.raises(TimeoutError):
        connection.recv(1)
    assert ask(server).status_code == 200


def test_a_drip_sends_the_headers_at_once_and_the_body_by_the_byte(server: Running) -> None:
    server.plan_faults("drip")
    with bare_call(server) as connection:
        seen = connection.recv(4096)
        asked = time.monotonic()
        head, _, body = seen.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"content-length: " in head
        pieces = [connection.recv(4096) for _ in range(6)]
    assert all(len(piece) == 1 for piece in pieces)
    assert time.monotonic() - asked >= 5 * 0.2
    truth = ask(server).content
    assert truth.startswith(body + b"".join(pieces))


def test_a_drip_in_the_headers_sends_not_even_the_status_at_once(server: Running) -> None:
    server.plan_faults("drip-headers")
    with bare_call(server) as connection:
        asked = time.monotonic()
        pieces = [connection.recv(4096) for _ in range(9)]
        assert time.monotonic() - asked >= 9 * 0.2
    assert b"".join(pieces) == b"HTTP/1.1 "


@pytest.mark.parametrize("kind", ["drip", "drip-headers"])
def test_whoever_waits_for_a_drip_gets_the_true_answer(
    server: Running, kind: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asleep.simulator.misbehaviour.DRIP_S", 0.001)
    truth = ask(server)
    server.plan_faults(kind)
    answer = ask(server)
    assert (answer.status_code, answer.content) == (200, truth.content)
    assert answer.headers["content-type"] == truth.headers["content-type"]


def test_a_malformed_answer_is_broken_json_that_claims_success(server: Running) -> None:
    server.plan_faults("malformed")
    answer = ask(server)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert len(answer.content) == int(answer.headers["content-length"]) > 0
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.content)


def test_wrong_types_are_valid_json_with_the_same_fields(server: Running) -> None:
    user = server.world.people[0]
    session = server.world.diary.sessions(user)[0].id
    for path in (user_path(server), f"/data/v3/sessions/{session}", "/data/v1/sessions"):
        truth = ask(server, path=path).json()
        server.plan_faults("wrong-types")
        answer = ask(server, path=path)
        assert answer.status_code == 200
        assert answer.json().keys() == truth.keys()
        assert_no_type_alike(truth["result"], answer.json()["result"])


def assert_no_type_alike(truth: dict[str, object], found: dict[str, object]) -> None:
    assert truth.keys() == found.keys()
    for name, value in truth.items():
        if isinstance(value, dict):
            inner = found[name]
            assert isinstance(inner, dict)
            assert_no_type_alike(value, inner)
        elif value is not None:
            assert type(found[name]) is not type(value)


def test_a_redirect_leads_to_another_origin_and_following_it_is_counted(server: Running) -> None:
    server.plan_faults("redirect")
    answer = ask(server)
    port = server.address.rpartition(":")[2]
    assert answer.status_code == 302
    assert answer.headers["location"] == f"http://localhost:{port}{user_path(server)}"
    assert server.requests == {"getUser": 1}
    followed = requests.get(
        answer.headers["location"], headers={"x-api-key": server.api_key}, timeout=LIMIT_S
    )
    assert followed.status_code == 200
    assert server.requests == {"getUser": 2}


def test_an_empty_answer_claims_success_and_says_nothing(server: Running) -> None:
    server.plan_faults("empty")
    answer = ask(server)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


@pytest.mark.parametrize("kind", ["malformed", "wrong-types"])
def test_a_true_refusal_is_not_dressed_up_as_a_success(server: Running, kind: FaultKind) -> None:
    server.plan_faults(kind)
    answer = ask(server, path="/data/v3/sessions/none")
    assert (answer.status_code, answer.json()) == (404, example("error_404_session"))


@pytest.mark.parametrize("kind", ["hang", "slow", "drip", "drip-headers"])
def test_a_call_that_is_held_does_not_hold_the_server(world: World, kind: FaultKind) -> None:
    server = serve(world)
    server.plan_faults(kind)
    with bare_call(server) as connection:
        while not server.refused[kind]:
            time.sleep(0.01)
        time.sleep(0.3)
        stopping = time.monotonic()
        server.stop()
        assert time.monotonic() - stopping < 2.0
        assert not connection_goes_on(connection)


def connection_goes_on(connection: socket.socket) -> bool:
    """Whether nothing but silence follows what is left to read."""
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return True
    except ConnectionResetError:
        return False
    return False


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What a server warns of; what it merely tells is shown or not as other tests left the loggers."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_client_that_gives_up_leaves_nothing_behind(
    server: Running, caplog: pytest.LogCaptureFixture
) -> None:
    held: tuple[FaultKind, ...] = ("hang", "slow", "drip", "drip-headers")
    for kind in held:
        server.plan_faults(kind)
        with bare_call(server):
            while not server.refused[kind]:
                time.sleep(0.01)
            time.sleep(0.3)
        assert ask(server).status_code == 200
    time.sleep(0.3)
    assert not complaints(caplog)


def test_a_client_that_does_not_wait_for_a_late_answer_is_no_fault_of_the_server(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(world, latency_ms=300) as server:
        for _ in range(5):
            with bare_call(server):
                pass
        while server.requests["getUser"] < 5:
            time.sleep(0.01)
        time.sleep(0.5)
        assert ask(server).status_code == 200
    assert not complaints(caplog)


def test_an_outage_meets_every_call_until_it_ends(server: Running) -> None:
    server.plan_faults("quota")
    server.fail_all("unavailable")
    assert [ask(server).status_code for _ in range(5)] == [503] * 5
    server.fail_all(None)
    assert [ask(server).status_code for _ in range(2)] == [403, 200]
    assert server.refused == {"unavailable": 5, "quota": 1}


def test_the_rate_limit_changes_while_the_server_runs(server: Running) -> None:
    assert [ask(server).status_code for _ in range(5)] == [200] * 5
    server.limit_rate(2)
    assert [ask(server).status_code for _ in range(4)] == [200, 200, 403, 403]
    server.limit_rate(None)
    assert [ask(server).status_code for _ in range(5)] == [200] * 5


def test_arrivals_are_the_moments_of_calls_with_a_valid_key(server: Running) -> None:
    before = time.monotonic()
    ask(server)
    server.plan_faults("quota")
    ask(server)
    requests.get(server.address + user_path(server), timeout=LIMIT_S)
    assert len(server.arrivals) == 2
    assert before <= server.arrivals[0] <= server.arrivals[1] <= time.monotonic()


def test_only_the_newest_arrivals_are_kept(server: Running) -> None:
    kept = server._service.counted.arrivals
    kept.extend(float(number) for number in range(ARRIVALS_KEPT))
    ask(server)
    assert len(server.arrivals) == ARRIVALS_KEPT
    assert server.arrivals[0] == 1.0


def test_each_of_several_kinds_meets_its_own_share() -> None:
    shares: dict[FaultKind, float] = {"slow": 0.5, "hang": 0.3, "reset": 0.2}
    trouble = Troublemaker(tuple(Fault.parse(f"{kind}:{share}") for kind, share in shares.items()), seed=1)
    met = Counter(trouble.next() for _ in range(4000))
    assert {kind: met[kind] / 4000 for kind in shares} == pytest.approx(shares, abs=0.03)


def test_shares_of_more_than_every_call_are_refused(world: World) -> None:
    tenths = tuple(Fault(kind=kind, share=0.1) for kind in FAULT_KINDS[:10])
    assert Troublemaker(tenths, seed=1).next() is not None
    with pytest.raises(ValueError, match=r"add up to 1\.1"):
        serve(world, faults=(*tenths, Fault(kind="empty", share=0.1)))


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_kind_is_written_with_a_share(kind: FaultKind) -> None:
    assert Fault.parse(f"{kind}:0.25") == Fault(kind=kind, share=0.25)
