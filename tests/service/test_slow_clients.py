"""Who speaks slowly, or too much, costs little memory and no time of those who speak as they should."""

import re
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from socket import socket

import pytest

from asleep.contract import example_bytes
from service.bodies import BODY_LIMIT_S
from service.connections import HEAD_LIMIT_S, LARGEST_HEAD
from tests.service.running import (
    Sender,
    Service,
    answer,
    connected,
    head,
    is_closed,
    kept,
    named,
    post,
    running,
    sent,
)

BLOCK = example_bytes("webhook_v3_inference_complete")
SLOW = 200
ROOM_BYTES = 50 * 2**20
LATE_S = 1.0
"""By how much a cut may be late on a busy machine."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("slow") / "data") as started:
        yield started


def cut_after_s(line: socket, began: float) -> float:
    """Seconds until the service had closed the connection."""
    line.settimeout(BODY_LIMIT_S + 5)
    while not is_closed(line):
        pass
    return time.monotonic() - began


def test_two_hundred_slow_clients_and_an_endless_body_disturb_nobody(service: Service) -> None:
    Sender(service, first=0, count=300, connections=4).wait()  # what is made once is made
    before = service.resident_bytes()
    beginnings = [
        head(service.url, sent(), length=200_000)[:40],  # a head that does not end
        head(service.url, sent(), length=200_000) + b'{"event"',  # a body that does not
        b"",
        head(service.url, {**sent(), "Transfer-Encoding": "chunked"}, length=None) + b"5\r\n{",
    ]
    with ExitStack() as held:
        slow = [held.enter_context(connected(service.url)) for _ in range(SLOW)]
        began = time.monotonic()
        for number, line in enumerate(slow):
            line.sendall(beginnings[number % len(beginnings)])
        flood = threading.Thread(target=endless, args=(service,))
        drip = threading.Thread(target=dripping, args=(slow,))
        flood.start()
        drip.start()
        good = Sender(service, first=10_000, count=1_000, connections=4)
        grown = []
        while time.monotonic() - began < 3:
            grown.append(service.resident_bytes() - before)
            time.sleep(0.05)
        good.wait()
        cut = [cut_after_s(line, began) for line in slow]
        flood.join()
        drip.join()
    assert good.progress.statuses == {200: 1_000}
    assert statistics.quantiles(good.progress.latencies_ms, n=100)[98] <= 200
    assert max(grown) <= ROOM_BYTES
    assert max(cut) <= max(BODY_LIMIT_S, HEAD_LIMIT_S) + LATE_S
    assert {named(number) for number in range(10_000, 11_000)} <= kept(service.folder)


def endless(service: Service) -> None:
    """Sends as much of 10 GB as the service takes."""
    with connected(service.url) as line, suppress(OSError):
        line.sendall(head(service.url, sent(), length=10 * 2**30))
        for _ in range(10 * 2**10):
            line.sendall(b" " * 2**20)
        pytest.fail("The service has taken 10 GB in.")


def dripping(lines: list[socket]) -> None:
    """A byte now and then on every connection that is open."""
    for _ in range(8):
        time.sleep(0.5)
        for line in lines:
            with suppress(OSError):
                line.sendall(b"1")


def test_a_slow_body_is_told_so_and_its_connection_closed(service: Service) -> None:
    with connected(service.url) as line:
        line.sendall(head(service.url, sent(), length=500) + b'{"event": ')
        began = time.monotonic()
        found = answer(line)
        assert BODY_LIMIT_S - 0.5 <= time.monotonic() - began <= BODY_LIMIT_S + LATE_S
        assert (found.status, found.json["error"]) == (408, "too_slow")
        assert found.headers["connection"] == "close"
        assert is_closed(line)


def test_a_stranger_with_a_slow_body_is_refused_sooner(service: Service) -> None:
    with connected(service.url) as line:
        line.sendall(head(service.url, sent(key="a-wrong-key-0123456789"), length=500) + b"{")
        began = time.monotonic()
        assert answer(line).status == 401
        assert time.monotonic() - began <= 2
        assert is_closed(line)


def test_a_head_that_does_not_end_is_not_kept(service: Service) -> None:
    with connected(service.url) as line, suppress(ConnectionError):
        line.sendall(head(service.url, sent(), length=None)[:-2])
        for number in range(2 * LARGEST_HEAD // 1_000):
            line.sendall(b"x-%d: " % number + b"y" * 990 + b"\r\n")
        found = answer(line)
        assert (found.status, found.json["error"]) == (431, "headers_too_large")


def test_a_head_that_begins_behind_a_large_body_is_not_taken_for_large(service: Service) -> None:
    body = BLOCK + b" " * (2 * LARGEST_HEAD)
    request = head(service.url, sent(), length=len(body)) + body
    for _ in range(5):  # how much is read at once is the kernel's to say
        with connected(service.url) as line:
            line.sendall(request + request[:40])
            assert answer(line).status == 200
            line.sendall(request[40:])
            assert answer(line).status == 200


def test_a_head_that_is_too_large_is_refused_after_what_came_before_it_is_answered(service: Service) -> None:
    first = head(service.url, sent(), length=len(BLOCK)) + BLOCK
    endless = head(service.url, {"x-many": "y" * 3 * LARGEST_HEAD}, length=None)[:-4]
    with connected(service.url) as line, suppress(ConnectionError):
        line.sendall(first + endless[:100])
        line.sendall(endless[100:])
        line.settimeout(HEAD_LIMIT_S + LATE_S)
        received = b""
        while more := line.recv(65_536):
            received += more
    assert re.findall(rb"HTTP/1.1 (\d+)", received) in ([b"200", b"431"], [b"200"])


@pytest.mark.parametrize("after", [b"\r\n", b"G"])
def test_a_connection_that_says_nothing_more_after_an_answer_is_cut(service: Service, after: bytes) -> None:
    with connected(service.url) as line:
        line.sendall(head(service.url, {}, length=None, method="GET", path="/nothing"))
        assert answer(line).status == 404
        line.sendall(after)
        assert cut_after_s(line, time.monotonic()) <= HEAD_LIMIT_S + LATE_S


def test_there_are_only_so_many_connections_and_who_comes_on_top_is_told(service: Service) -> None:
    with ExitStack() as held:
        for _ in range(1_000):
            held.enter_context(connected(service.url))
        time.sleep(0.5)
        line = held.enter_context(connected(service.url))
        found = answer(line)
        assert (found.status, found.json["error"], found.headers["retry-after"]) == (503, "unavailable", "5")
        assert is_closed(line)
    deadline = time.monotonic() + 10
    while (status := post(service.url, b"{}", sent()).status) == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert status == 400
