"""The client against a service that misbehaves in every way, over true HTTP."""

import gzip
import json
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asleep import contract, errors
from asleep.client import AsleepClient, Backoff, Timeouts
from asleep.models import UserMetadata
from asleep.pacing import Pacer
from tests.contract.hostile import (
    Hostile,
    Reply,
    answers,
    breaks_off,
    drips,
    floods,
    hangs,
    hangs_up,
    hostile,
    refuses,
    resets,
)

KEY = "canary-7f3d91-key"
USER = "G-20260105081500-QmVubml0b1NsZWVwUVo"
SESSION = "20260209214107_k3p9x"
QUICK = Backoff(first_s=0.005, longest_s=0.01)


@contextmanager
def talking_to(
    *replies: Reply, timeouts: Timeouts | None = None, **options: Any
) -> Iterator[tuple[AsleepClient, Hostile]]:
    with (
        hostile(*replies) as service,
        AsleepClient(
            base_url=service.address,
            api_key=KEY,
            timeouts=timeouts or Timeouts(connect_s=1, read_s=2, total_s=5),
            backoff=QUICK,
            **options,
        ) as client,
    ):
        yield client, service


def example(name: str, status: int = 200) -> Reply:
    return answers(status, contract.example_bytes(name))


Ask = Callable[[AsleepClient], Any]


def get_user(client: AsleepClient) -> Any:
    return client.get_user(USER)


def get_session(client: AsleepClient) -> Any:
    return client.get_session(USER, SESSION)


def list_sessions(client: AsleepClient) -> Any:
    return client.list_sessions(USER)


def average_stats(client: AsleepClient) -> Any:
    return client.average_stats(USER, first=date(2026, 2, 9), last=date(2026, 2, 15))


def create_user(client: AsleepClient) -> Any:
    return client.create_user()


def delete_user(client: AsleepClient) -> Any:
    return client.delete_user(USER)


def delete_session(client: AsleepClient) -> Any:
    return client.delete_session(USER, SESSION)


READS: list[Ask] = [get_user, get_session, list_sessions, average_stats]
DELETIONS: list[Ask] = [delete_user, delete_session]
EVERY: list[Ask] = [*READS, *DELETIONS, create_user]
ANSWERED: dict[Ask, Reply] = {
    get_user: example("user"),
    get_session: example("session_complete"),
    list_sessions: example("session_list_page"),
    average_stats: example("average_stats"),
    delete_user: answers(204),
    delete_session: answers(204),
    create_user: example("user_created", 201),
}


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


# Status, text and method decide what is raised and what is tried again

REFUSALS: list[tuple[int, bytes | str, type[errors.StatusError], bool]] = [
    (400, "The invalid timezone is provided", errors.UnknownTimezone, False),
    (400, "Invalid timezone format", errors.UnknownTimezone, False),
    (400, "The period should be less than or equal to 100 days", errors.PeriodTooLong, False),
    (400, "Something else", errors.BadRequest, False),
    (401, "Unauthorized", errors.InvalidKey, False),
    (401, b"", errors.InvalidKey, False),
    (401, "x-user-id is invalid", errors.InvalidUserId, False),
    (401, "invalid user id", errors.InvalidUserId, False),
    (401, "user_id is invalid", errors.InvalidUserId, False),
    (403, "Rate limit exceeded", errors.RateLimited, True),
    (403, "you ran into the RATE LIMIT", errors.RateLimited, True),
    (403, "Quota exceeded", errors.QuotaExceeded, False),
    (403, "Plan is expired", errors.PlanExpired, False),
    (403, "No permission", errors.Forbidden, False),
    (403, b"<html>Rate limit exceeded</html>", errors.Forbidden, False),
    (404, "user does not exist", errors.UserNotFound, False),
    (404, f"Unable to find the user of id {USER}", errors.UserNotFound, False),
    (404, "session does not exist", errors.SessionNotFound, False),
    (404, "Session not found", errors.SessionNotFound, False),
    (404, b"<html>404</html>", errors.NotFound, False),
    (405, "Method not allowed", errors.StatusError, False),
    (422, "Invalid parameter", errors.InvalidParameter, False),
    (429, "slow down", errors.RateLimited, True),
    (500, b"<html>Internal Server Error</html>", errors.ServerFault, True),
    (501, "not here", errors.ServerFault, False),
    (502, b"", errors.ServerFault, True),
    (503, "later", errors.ServerFault, True),
    (504, b"\xff\xfe", errors.ServerFault, True),
]


@pytest.mark.parametrize(("status", "detail", "kind", "again"), REFUSALS)
@pytest.mark.parametrize("ask", [get_session, delete_session, create_user])
def test_status_text_and_method_decide(
    ask: Ask, status: int, detail: bytes | str, kind: type[errors.StatusError], again: bool
) -> None:
    reply = answers(status, detail) if isinstance(detail, bytes) else refuses(status, detail)
    with talking_to(reply) as (client, service), pytest.raises(errors.StatusError) as caught:
        ask(client)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(service.seen) == (3 if again and ask is not create_user else 1)
    assert len({seen.method for seen in service.seen}) == 1
    assert caught.value.operation in str(caught.value)
    assert len(caught.value.request_id) == 32
    if ask is not create_user:  # which names nobody
        assert USER not in str(caught.value)
        assert USER not in caught.value.detail


@pytest.mark.parametrize("ask", READS)
@pytest.mark.parametrize(
    "trouble",
    [resets, hangs_up, breaks_off, refuses(403, "Rate limit exceeded"), refuses(429, "x"), refuses(503, "x")],
)
def test_a_read_gets_over_two_troubles(ask: Ask, trouble: Reply) -> None:
    with talking_to(trouble, trouble, ANSWERED[ask]) as (client, service):
        assert ask(client) is not None
    assert len(service.seen) == 3


@pytest.mark.parametrize("trouble", [resets, hangs_up, breaks_off])
@pytest.mark.parametrize("ask", EVERY)
def test_a_broken_connection_is_told_apart_from_a_refusal(ask: Ask, trouble: Reply) -> None:
    with talking_to(trouble) as (client, service), pytest.raises(errors.TransportError) as caught:
        ask(client)
    assert not isinstance(caught.value, errors.DeadlineExceeded)
    assert len(service.seen) == (1 if ask is create_user else 3)
    if ask is create_user:
        assert "Whether it took effect is unknown" in str(caught.value)


def test_nobody_listening_is_a_transport_error() -> None:
    with hostile(answers(200)) as service:
        address = service.address
    with (
        AsleepClient(base_url=address, api_key=KEY, backoff=QUICK) as client,
        pytest.raises(errors.TransportError, match="could not be reached"),
    ):
        client.get_user(USER)


@pytest.mark.parametrize("first", [refuses(503, "later"), resets])
@pytest.mark.parametrize(
    ("ask", "gone"), [(delete_user, "user does not exist"), (delete_session, "session does not exist")]
)
def test_a_deletion_that_finds_nothing_the_second_time_is_done(ask: Ask, gone: str, first: Reply) -> None:
    with talking_to(first, refuses(404, gone)) as (client, service):
        ask(client)
    assert len(service.seen) == 2


def test_a_deletion_that_finds_nothing_after_a_mere_rate_limit_says_so() -> None:
    with (
        talking_to(refuses(429, "x"), refuses(404, "session does not exist")) as (client, _),
        pytest.raises(errors.SessionNotFound),
    ):
        client.delete_session(USER, SESSION)


def test_a_person_missing_when_a_session_is_deleted_is_never_taken_for_done() -> None:
    with (
        talking_to(refuses(503, "x"), refuses(404, "user does not exist")) as (client, _),
        pytest.raises(errors.UserNotFound),
    ):
        client.delete_session(USER, SESSION)


def test_a_404_in_unknown_words_is_what_was_looked_for() -> None:
    with talking_to(refuses(404, "nothing here")) as (client, _):
        with pytest.raises(errors.SessionNotFound):
            client.get_session(USER, SESSION)
        with pytest.raises(errors.UserNotFound):
            client.get_user(USER)


# Waiting


def test_retry_after_is_honoured() -> None:
    began_s = time.monotonic()
    with talking_to(refuses(429, "x", **{"Retry-After": "0.4"}), example("user")) as (client, _):
        client.get_user(USER)
    assert time.monotonic() - began_s >= 0.4


@pytest.mark.parametrize(
    "wait",
    ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)],
    ids=["seconds", "date"],
)
def test_a_wait_beyond_the_deadline_is_not_begun(wait: str) -> None:
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
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"


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
        assert time.monotonic() - began_s >= 3 / 9.8
    with (
        talking_to(example("user"), pacer=Pacer(0.1), timeouts=Timeouts(total_s=1)) as (client, service),
    ):
        client.get_user(USER)
        began_s = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded, match="was not sent"):
            client.get_user(USER)
        assert time.monotonic() - began_s < 0.5
    assert len(service.seen) == 1


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


def listed(place: int, state: str = "COMPLETE") -> dict[str, Any]:
    start = datetime(2026, 2, 1, tzinfo=UTC) - timedelta(hours=place)
    return {"session_id": f"s{place}", "state": state, "session_start_time": start.isoformat()}


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


# Ids


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=st.one_of(
        st.sampled_from(
            ["", ".", "..", "?", "#", "%2f", "%2e%2e", "/", "../../../ai/v1/users/x", "a?x=1", "a#b"]
        ),
        st.text(max_size=12),
        st.text(alphabet="./%?#&;\\ \r\n2fea", max_size=8),
    )
)
def test_an_id_reaches_its_place_whole_or_is_refused(one: str) -> None:
    with talking_to(example("session_complete")) as (client, service):
        try:
            client.get_session(one, one)
        except errors.UnusableIdentifier:
            assert service.seen == []
            return
    [seen] = service.seen
    prefix, _, segment = seen.target.rpartition("/")
    assert prefix == "/data/v3/sessions"
    assert not {"?", "#", ".."} & {segment, *segment}
    assert bytes_of(segment) == one.encode()
    assert seen.headers["x-user-id"] == one


def bytes_of(segment: str) -> bytes:
    """One level of percent-encoding undone by hand, independent of what the client uses."""
    plain, place = bytearray(), 0
    while place < len(segment):
        if segment[place] == "%":
            plain.append(int(segment[place + 1 : place + 3], 16))
            place += 3
        else:
            plain.append(ord(segment[place]))
            place += 1
    return bytes(plain)


@pytest.mark.parametrize("bad", ["", ".", "..", "a b", "a\r\nx-evil: 1", "ü", "x" * 201])
@pytest.mark.parametrize("ask", ["get_user", "delete_user", "list_sessions"])
def test_an_id_with_no_place_in_an_address_is_never_sent(ask: str, bad: str) -> None:
    with (
        talking_to(answers(200)) as (client, service),
        pytest.raises(errors.UnusableIdentifier, match="Correct the id"),
    ):
        getattr(client, ask)(bad)
    assert service.seen == []


# The key

TROUBLES: list[Reply] = [
    hangs,
    resets,
    breaks_off,
    answers(200, b"nothing"),
    answers(302, b"", Location="http://127.0.0.1:9/"),
    answers(200, b"x", **{"Content-Encoding": "gzip"}),
    refuses(401, f"the key {KEY} is unknown"),
    refuses(403, "quota"),
    refuses(500, KEY),
    floods(LONG),
]


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_key_and_the_person_show_in_no_error(
    ask: Ask, trouble: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="asleep")
    limits = Timeouts(connect_s=0.3, read_s=0.3, total_s=0.3)
    with talking_to(trouble, timeouts=limits) as (client, _):
        error = failure_of(ask, client)
        if error is None:
            assert ask in DELETIONS  # whatever a 200 to a deletion holds, it is done
            return
        said = str(error) + repr(error) + repr(vars(error)) + repr(client)
    logged = "".join(record.getMessage() for record in caplog.records)
    assert error.request_id in logged
    frames = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "asleep.errors." in frames
    assert "deadline = Deadline(" in frames
    assert KEY not in said + logged + frames
    assert USER not in said + logged


def failure_of(ask: Ask, client: AsleepClient) -> errors.AsleepError | None:
    try:
        ask(client)
    except errors.AsleepError as error:
        return error
    return None


def test_no_error_of_a_library_hangs_on_ours() -> None:
    for trouble in TROUBLES:
        with talking_to(trouble, timeouts=Timeouts(total_s=0.3)) as (client, _):
            with pytest.raises(errors.AsleepError) as caught:
                client.get_user(USER)
            assert caught.value.__context__ is None
            assert caught.value.__cause__ is None


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "schlüssel"])
def test_a_key_no_header_can_carry_is_refused_unshown(key: str) -> None:
    with pytest.raises(ValueError, match="Copy it again") as caught:
        AsleepClient(base_url="https://api.asleep.ai", api_key=key)
    if key.strip():
        assert key not in "".join(traceback.format_exception(caught.value))


def test_a_refused_address_does_not_show_the_key_in_any_frame_of_ours() -> None:
    with pytest.raises(ValueError, match="Write it like") as caught:
        AsleepClient(base_url="ftp://api.asleep.ai", api_key=KEY)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in report.stack if "asleep/" in frame.filename.replace("tests/", "")]
    assert ours
    assert all(KEY not in str(frame.locals) for frame in ours)


# The address and the time-outs


@pytest.mark.parametrize(
    "address",
    [
        "https://api.asleep.ai",
        "https://api.asleep.ai/",
        "https://proxy.example:8443/asleep",
        "http://127.0.0.1:8080",
        "http://127.8.9.1",
        "http://localhost:1",
        "http://[::1]:8080",
    ],
)
def test_an_address_that_keeps_the_key_safe_is_taken(address: str) -> None:
    with AsleepClient(base_url=address, api_key=KEY) as client:
        assert client.base_url == address.rstrip("/")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "is empty"),
        ("api.asleep.ai", "does not begin with https"),
        ("ftp://api.asleep.ai", "does not begin with https"),
        ("http://api.asleep.ai", "uses http to another machine"),
        ("http://127.0.0.1.evil.example", "uses http to another machine"),
        ("http://localhost.evil.example", "uses http to another machine"),
        ("https://me:secret@api.asleep.ai", "carries a user name"),
        ("http://127.0.0.1@evil.example", "carries a user name"),
        ("https://api.asleep.ai?x=1", "carries a query"),
        ("https://api.asleep.ai#x", "carries a query or a fragment"),
        ("https://", "names no host"),
        ("https://api.asleep.ai:port", "no readable host and port"),
        ("https://[::1", "no readable host and port"),
        ("http://127.0.0.1\\@evil.example", "a backslash"),
        ("https://api.asleep.ai\r\nx: y", "a space"),
    ],
)
def test_an_address_that_does_not_is_refused_with_what_to_write(address: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        AsleepClient(base_url=address, api_key=KEY)
    assert "https://api.asleep.ai" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["connect_s", "read_s", "total_s"])
@pytest.mark.parametrize("value", [0, -1, None, True, "10", float("nan"), float("inf")])
def test_a_time_out_that_is_none_is_refused_with_what_to_write(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name}=10"):
        Timeouts(**{name: value})


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
