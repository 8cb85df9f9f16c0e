"""No call outlives its deadline, whatever the service does; waits and paces are kept within it."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from asleep import errors
from asleep.client import Timeouts
from asleep.pacing import Pacer
from tests.contract.asking import EVERY, LONG, USER, Ask, example, get_session, listed, talking_to
from tests.contract.hostile import (
    Reply,
    answers,
    drips,
    hangs,
    refuses,
)


def test_retry_after_is_honoured() -> None:
    began_s = time.monotonic()
    with talking_to(refuses(429, "x", **{"Retry-After": "0.4"}), example("user")) as (client, _):
        client.get_user(USER)
    assert time.monotonic() - began_s >= 0.4


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_wait_beyond_the_deadline_is_not_begun(form: str) -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    wait = {"seconds": "3600", "date": in_an_hour}[form]
    began_s = time.monotonic()
    with (
        talking_to(refuses(403, "rate limit", **{"Retry-After": wait})) as (client, service),
        pytest.raises(errors.RateLimited) as caught,
    ):
        client.get_user(USER)
    assert time.monotonic() - began_s < 1
    assert len(service.seen) == 1
    assert caught.value.retry_after_s == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("wait", ["soon", "-5", "nan", "Wed, 99 Foo"])
def test_a_wait_that_is_none_is_ignored(wait: str) -> None:
    with talking_to(refuses(429, "x", **{"Retry-After": wait}), example("user")) as (client, service):
        client.get_user(USER)
    assert len(service.seen) == 2


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


SLOW: dict[str, Reply] = {
    "silence": hangs,
    "dripping body": drips(b" ", every_s=0.05),
    "dripping chunks": drips(b"1\r\n \r\n", every_s=0.05, head=CHUNKED),
    "dripping length of a chunk": drips(b"0", every_s=0.05, head=CHUNKED),
    "dripping headers": drips(b"X-A: b\r\n", every_s=0.05, head=b"HTTP/1.1 200 OK\r\n"),
    "dripping status line": drips(b"HTTP/1.1", every_s=0.05, head=b""),
    "no end of continue": drips(b"HTTP/1.1 100 Continue\r\n\r\n", every_s=0.01, head=b""),
    "dripping refusal": drips(b" ", every_s=0.05, head=LONG.replace(b"200 OK", b"500 No")),
}


@pytest.mark.parametrize(
    ("ask", "slow"), [*((get_session, slow) for slow in SLOW), *((ask, "dripping body") for ask in EVERY)]
)
def test_no_call_outlives_its_deadline(ask: Ask, slow: str) -> None:
    limits = Timeouts(connect_s=0.3, read_s=0.4, total_s=0.4)
    with talking_to(SLOW[slow], timeouts=limits) as (client, _):
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded, match=r"0\.4 s"):
            ask(client)
        assert 0.3 < time.monotonic() - began_s < 0.9


def test_the_deadline_spans_tries_and_pages() -> None:
    full = {"result": {"sleep_session_list": [listed(place) for place in range(100)]}}

    def slow(line: Any, seen: Any) -> None:
        line.pause(0.15)
        answers(200, full)(line, seen)

    with talking_to(refuses(503, "x"), slow, timeouts=Timeouts(total_s=0.25)) as (client, _):
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded):
            client.list_sessions(USER)
        assert time.monotonic() - began_s < 0.75


def test_a_silent_service_is_asked_again_while_there_is_time() -> None:
    with talking_to(hangs, example("user"), timeouts=Timeouts(read_s=0.1, total_s=3)) as (client, service):
        assert client.get_user(USER).user_id == USER
    assert len(service.seen) == 2


def test_calls_keep_the_pace_and_refuse_a_turn_after_the_deadline() -> None:
    with talking_to(
        example("user"), pacer=Pacer(10), timeouts=Timeouts(connect_s=1, read_s=1, total_s=1)
    ) as (client, service):
        began_s = time.monotonic()
        for _ in range(4):
            client.get_user(USER)
        assert time.monotonic() - began_s >= 3 / 9.8 - 0.021  # a thread that wakes late may catch up 20 ms
    with (
        talking_to(example("user"), pacer=Pacer(0.1), timeouts=Timeouts(total_s=1)) as (client, service),
    ):
        client.get_user(USER)
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded, match="was not sent"):
            client.get_user(USER)
        assert time.monotonic() - began_s < 0.5
    assert len(service.seen) == 1
