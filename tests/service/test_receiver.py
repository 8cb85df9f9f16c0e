"""What the receiver answers, over real connections to a real process: an event is on disk, or it is refused.

A line of the table is a condition of docs/operating.md and the answer to it.
"""

import json
import re
import resource
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from asleep.contract import example, example_bytes, example_names
from asleep.webhooks import read_webhook
from service.bodies import LARGEST_BODY
from tests.service.running import (
    KEY,
    USER,
    Answer,
    Service,
    answer,
    connected,
    head,
    is_closed,
    kept,
    post,
    running,
    sent,
)

BLOCK = example_bytes("webhook_v3_inference_complete")
NIGHT = "20260214220530_m4t6b"
WEBHOOKS = [name for name in example_names() if name.startswith("webhook_")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("receiver") / "data") as started:
        yield started


def events(folder: Path, **where: object) -> list[dict[str, Any]]:
    """The inbox's rows with these values."""
    condition = " AND ".join(f"{name} = ?" for name in where) or "1"
    with closing(sqlite3.connect(folder / "inbox.sqlite3")) as inbox:
        inbox.row_factory = sqlite3.Row
        rows = inbox.execute(f"SELECT * FROM inbox_events WHERE {condition}", tuple(where.values()))  # noqa: S608
        return [dict(row) for row in rows]


def is_refusal(found: Answer, status: int, error: str) -> bool:
    """Whether it is this refusal, in the shape that all have."""
    assert found.headers["content-type"] == "application/json"
    assert set(found.json) == {"error", "message", "request_id"}
    assert found.json["request_id"] == found.headers["x-request-id"]
    assert found.json["message"].endswith((".", "does."))
    return (found.status, found.json["error"]) == (status, error)


@pytest.mark.parametrize("name", WEBHOOKS)
def test_every_example_of_the_contract_is_acknowledged_and_on_disk(service: Service, name: str) -> None:
    body = example_bytes(name)
    found = post(service.url, body, sent())
    assert (found.status, found.json) == (200, {"status": "accepted"})
    event = read_webhook(body, user_header=USER)
    assert event.kind == ("block" if "inference" in name else "complete")
    [row] = [
        row
        for row in events(service.folder, event=event.event, session_id=event.session_id, seq=event.seq)
        if row["length"] == len(event.stages)
    ]
    assert (row["vendor_id"], row["kind"], row["stages"]) == (USER, event.kind, event.stages)


def test_an_event_that_comes_again_is_acknowledged_and_kept_once(service: Service) -> None:
    body = json.dumps(
        {"event": "SESSION_COMPLETE", "version": "V3", "user_id": USER, "session_id": "again"}
    ).encode()
    assert [post(service.url, body, sent()).status for _ in range(3)] == [200, 200, 200]
    assert len(events(service.folder, session_id="again")) == 1


def test_an_unknown_event_is_acknowledged_and_kept_unhandled(service: Service) -> None:
    body = json.dumps({"event": "SESSION_PAUSED", "data": {"user_id": USER, "minutes": 5}}).encode()
    assert post(service.url, body, sent()).status == 200
    [row] = events(service.folder, event="SESSION_PAUSED")
    assert (row["kind"], row["state"], row["body"]) == ("other", "unhandled", body)


def changed(**fields: object) -> bytes:
    body = example("webhook_v3_inference_complete")
    body["data"] |= fields
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        (sent(key=None), BLOCK, 401, "wrong_key"),
        (sent(key=""), BLOCK, 401, "wrong_key"),
        (sent(key="a-wrong-key-0123456789"), BLOCK, 401, "wrong_key"),
        (sent(key=KEY + "0"), BLOCK, 401, "wrong_key"),
        (sent(key=KEY[:-1]), BLOCK, 401, "wrong_key"),
        (sent(key=KEY.upper()), BLOCK, 401, "wrong_key"),
        (sent(key="schlüssel-schlüssel"), BLOCK, 401, "wrong_key"),
        (sent(user="G-20260101000000-somebody"), BLOCK, 400, "foreign_user"),
        (sent(), changed(user_id="G-20260101000000-somebody"), 400, "foreign_user"),
        (sent(user="ü"), BLOCK, 400, "unreadable"),
        (sent(), b"", 400, "unreadable"),
        (sent(), b"{", 400, "unreadable"),
        (sent(), b"[" * 200_000, 400, "unreadable"),
        (sent(), b'{"event": "NEW", "x": ' + b"[" * 200_000, 400, "unreadable"),
        (sent(), changed(inference_seq_num="35"), 400, "unreadable"),
        (sent(), changed(session_id="s\u0000"), 400, "unreadable"),
        (sent(), b" " * (LARGEST_BODY + 1), 413, "too_large"),
        (sent(kind=None), BLOCK, 415, "not_json"),
        (sent(kind="text/plain"), BLOCK, 415, "not_json"),
        (sent(kind="application/x-www-form-urlencoded"), BLOCK, 415, "not_json"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_and_leaves_nothing(
    service: Service, headers: dict[str, str], body: bytes, status: int, error: str
) -> None:
    before = kept(service.folder)
    assert is_refusal(post(service.url, body, headers), status, error)
    assert kept(service.folder) == before


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/cloudevents+json"]
)
def test_json_is_json_under_each_of_its_names(service: Service, kind: str) -> None:
    assert post(service.url, BLOCK, sent(kind=kind)).status == 200


def test_without_the_header_the_body_says_whose_event_it_is(service: Service) -> None:
    assert post(service.url, BLOCK, sent(user=None)).status == 200


@pytest.mark.parametrize(
    "path", ["/webhooks/asleep/", "/webhooks/asleep/wrong", "/webhooks/asleep/%C3%A9", "/webhooks/asleep/a/b"]
)
def test_an_unknown_address_is_like_one_that_there_is_not(service: Service, path: str) -> None:
    assert is_refusal(post(service.url, BLOCK, sent(), path=path), 404, "unknown_address")
    assert is_refusal(post(service.url, BLOCK, sent(key=None), path=path), 404, "unknown_address")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_webhooks_are_posted(service: Service, method: str) -> None:
    found = post(service.url, BLOCK, sent(), method=method)
    assert is_refusal(found, 405, "method_not_allowed")
    assert found.headers["allow"] == "POST"


def test_what_there_is_not_is_refused_in_the_same_shape(service: Service) -> None:
    assert is_refusal(post(service.url, b"", {}, path="/nothing", method="GET"), 404, "not_found")


def test_what_is_no_http_is_refused_in_the_same_shape(service: Service) -> None:
    with connected(service.url) as line:
        line.sendall(b"Good evening\r\n\r\n")
        assert is_refusal(answer(line), 400, "bad_request")
        assert is_closed(line)


def test_a_sane_request_id_is_echoed_and_another_one_is_made_anew(service: Service) -> None:
    def echoed(given: str) -> str:
        return post(service.url, BLOCK, {**sent(), "X-Request-Id": given}).headers["x-request-id"]

    assert echoed("proxy-7f.3_d") == "proxy-7f.3_d"
    made = [echoed(given) for given in ("", "a b", "ä", "x" * 65, '"><script>')]
    assert all(re.fullmatch(r"[0-9a-f]{8}-\d+", each) for each in made)
    assert len(set(made)) == len(made)


def test_the_request_id_is_kept_with_the_event(service: Service) -> None:
    post(service.url, changed(session_id="with-an-id"), {**sent(), "X-Request-Id": "night-7"})
    assert [row["request_id"] for row in events(service.folder, session_id="with-an-id")] == ["night-7"]


def test_a_body_that_is_said_to_be_large_is_refused_before_it_comes(service: Service) -> None:
    with connected(service.url) as line:
        line.sendall(head(service.url, sent(), length=10 * 2**30))
        found = answer(line)
        assert is_refusal(found, 413, "too_large")
        assert found.headers["connection"] == "close"
        assert is_closed(line)


def test_a_body_that_grows_too_large_in_pieces_is_refused_while_it_comes(service: Service) -> None:
    piece = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    with connected(service.url) as line:
        line.sendall(head(service.url, {**sent(), "Transfer-Encoding": "chunked"}, length=None))
        for _ in range(LARGEST_BODY // 0x8000 + 1):
            line.sendall(piece)
        assert is_refusal(answer(line), 413, "too_large")
        assert is_closed(line)


def test_a_body_in_pieces_is_read_like_a_whole_one(service: Service) -> None:
    body = changed(session_id="in-pieces")
    with connected(service.url) as line:
        line.sendall(head(service.url, {**sent(), "Transfer-Encoding": "chunked"}, length=None))
        for part in (body[:50], body[50:]):
            line.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            time.sleep(0.05)
        line.sendall(b"0\r\n\r\n")
        assert answer(line).status == 200
    assert [row["body"] for row in events(service.folder, session_id="in-pieces")] == [body]


def test_a_refused_request_leaves_the_connection_to_the_next(service: Service) -> None:
    with connected(service.url) as line:
        for key, status in (("wrong", 401), (KEY, 200), ("wrong", 401), (KEY, 200)):
            line.sendall(head(service.url, sent(key=key), length=len(BLOCK)) + BLOCK)
            assert answer(line).status == status


def test_two_users_are_told_to_the_log_of_security_without_naming_either(service: Service) -> None:
    post(service.url, changed(user_id="G-20260101000000-somebody"), {**sent(), "X-Request-Id": "two-users-1"})
    [line] = [line for line in service.log.splitlines() if "two-users-1" in line]
    assert "Security" in line
    assert re.search(r"header [0-9a-f]{12}", line)
    assert USER not in service.log
    assert "somebody" not in service.log


def test_neither_key_nor_token_nor_person_is_in_the_log(service: Service) -> None:
    token = service.url.rpartition("/")[2]
    for secret in (KEY, token, USER, NIGHT):
        assert secret not in service.log


# What cannot be stored is refused with a time to come again, and taken in when it can.


def is_to_be_tried_again(found: Answer, error: str) -> bool:
    assert int(found.headers["retry-after"]) >= 5
    return is_refusal(found, 503, error)


def test_while_somebody_else_holds_the_inbox_events_are_sent_away(service: Service) -> None:
    body = changed(session_id="while-locked")
    with closing(sqlite3.connect(service.folder / "inbox.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert is_to_be_tried_again(post(service.url, body, sent()), "not_stored")
        holder.execute("ROLLBACK")
    assert events(service.folder, session_id="while-locked") == []
    assert post(service.url, body, sent()).status == 200
    assert len(events(service.folder, session_id="while-locked")) == 1


def test_on_a_full_disk_events_are_sent_away_until_there_is_room(tmp_path: Path) -> None:
    with running(tmp_path / "data") as service:
        assert post(service.url, changed(session_id="before"), sent()).status == 200
        pid = service.process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        assert is_to_be_tried_again(post(service.url, changed(session_id="full"), sent()), "not_stored")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        assert post(service.url, changed(session_id="after"), sent()).status == 200
        assert {name for _, name, _ in kept(service.folder)} == {"before", "after"}


def test_above_the_backlog_events_are_sent_away_until_some_are_done(tmp_path: Path) -> None:
    with running(tmp_path / "data", NOCTURNE_WEBHOOK_BACKLOG="2") as service:

        def until(status: int) -> Answer:
            deadline = time.monotonic() + 10
            while True:
                found = post(service.url, changed(session_id=f"s{time.monotonic_ns()}"), sent())
                if found.status == status or time.monotonic() > deadline:
                    return found
                time.sleep(0.1)

        assert is_to_be_tried_again(until(503), "full")
        with closing(sqlite3.connect(service.folder / "inbox.sqlite3")) as inbox:
            inbox.execute("UPDATE inbox_events SET state = 'done'")
            inbox.commit()
        assert until(200).status == 200


@pytest.mark.parametrize("left", ["another", "none"])
def test_into_an_inbox_that_was_replaced_no_event_is_taken(tmp_path: Path, left: str) -> None:
    with running(tmp_path / "data") as service:
        file = service.folder / "inbox.sqlite3"
        if left == "another":
            shutil.copy(file, service.folder / "aside")
            (service.folder / "aside").replace(file)
        else:
            file.unlink()
        deadline = time.monotonic() + 10
        while (found := post(service.url, BLOCK, sent())).status == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert is_to_be_tried_again(found, "full")
        assert "is not the one that was opened" in found.json["message"]


def test_without_webhooks_their_address_is_like_one_that_there_is_not(tmp_path: Path) -> None:
    with running(tmp_path / "data", NOCTURNE_WEBHOOKS="off") as service:
        assert is_refusal(post(service.url, BLOCK, sent()), 404, "unknown_address")
