"""Mistakes of sample code for webhooks and their operation that is often copied (GOALS, section 5): ours makes none.

Items 15 to 21 and 24; 1 to 14 are in test_sample_mistakes.py.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest

from asleep.contract import example, example_bytes
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from bench.webhook_sender import body
from service.receiver import Door, Receiver
from store.inbox import Inbox, InboxState
from tests.service.running import KEY, USER, Service, answered, kept, post, running, sent

BLOCK = example_bytes("webhook_v3_inference_complete")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("mistakes") / "data") as started:
        yield started


def complete(session_id: str, **more: object) -> bytes:
    said = {"event": "SESSION_COMPLETE", "version": "V3", "user_id": USER, "session_id": session_id, **more}
    return json.dumps(said).encode()


def state(service: Service) -> InboxState:
    inbox = Inbox(f"sqlite:///{service.folder / 'inbox.sqlite3'}")
    try:
        return inbox.state("main", "live")
    finally:
        inbox.close()


def test_mistake_15_an_unset_key_and_a_missing_header_are_not_each_other(service: Service) -> None:
    receiver = Receiver()
    receiver.open(
        Door(
            organisation="main",
            environment="live",
            token=b"token",
            keys=(),
            mark=lambda _: b"",
            full=lambda: "",
            submit=lambda *_: pytest.fail("An event was let in."),
        )
    )
    for given in ([], [(b"x-api-key", b"")], [(b"x-api-key", b"None")]):
        assert answered(receiver, given) == 401
    assert post(service.url, BLOCK, sent(key=None)).status == 401
    assert post(service.url, BLOCK, sent(key="schlüssel-über-ascii")).status == 401, "and no fault"


def test_mistake_16_no_event_passes_unchecked_and_the_header_is_held_against_the_body(
    service: Service,
) -> None:
    for name in (
        "webhook_v1_session_complete",
        "webhook_v2_inference_complete",
        "webhook_v3_session_complete_flat",
    ):
        assert post(service.url, example_bytes(name), sent(key=None)).status == 401
        assert post(service.url, example_bytes(name), sent(user="G-20260101000000-somebody")).status == 400


def test_mistake_17_twenty_events_from_sixteen_threads_are_twenty(service: Service) -> None:
    before = len(kept(service.folder))
    with ThreadPoolExecutor(16) as threads:
        answers = list(
            threads.map(
                lambda number: post(service.url, body(number % 20), sent(user=None)).status, range(320)
            )
        )
    assert set(answers) == {200}
    assert len(kept(service.folder)) - before == 20


def test_mistake_17_no_event_swallows_another_and_a_time_stamp_makes_no_new_one(service: Service) -> None:
    before = state(service)
    flat = example("webhook_v3_inference_complete_flat") | {"session_id": "swallowed"}
    for moment in ("2026-02-15T01:05:50Z", "2026-02-15T01:06:10Z"):
        post(service.url, json.dumps(flat | {"timestamp": moment}).encode(), sent())
    post(service.url, complete("swallowed", timestamp="2026-02-10T05:45:31Z"), sent())
    post(service.url, complete("swallowed", timestamp="2026-02-10T05:49:00Z"), sent())
    after = state(service)
    assert after.waiting - before.waiting == 2, "the block, and the end once"
    assert after.revised - before.revised == 0, "nothing else was said"
    post(service.url, complete("swallowed", timestamp="2026-02-10T05:49:00Z", stat=None), sent())
    assert state(service).revised - before.revised == 1


def test_mistake_18_what_comes_again_is_counted_once(service: Service) -> None:
    before = state(service)
    for _ in range(3):
        post(service.url, complete("counted"), sent())
    after = state(service)
    assert after.received_since_midnight - before.received_since_midnight == 1
    assert (after.waiting - before.waiting, after.revised - before.revised) == (1, 0)


def test_mistake_19_what_fails_later_changes_no_answer_and_no_answer_tells_of_the_inside(
    service: Service,
) -> None:
    assert post(service.url, complete("a-session-that-nobody-has"), sent()).status == 200
    refused = post(service.url, b'{"event": "SESSION_COMPLETE", "secret-word": [', sent())
    with closing(sqlite3.connect(service.folder / "inbox.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        unstored = post(service.url, complete("unstored"), sent())
    assert (refused.status, unstored.status) == (400, 503)
    for word in ("secret-word", "msgspec", "sqlite", "lock", "Error", "Traceback"):
        assert word not in refused.json["message"] + unstored.json["message"]


def test_mistake_20_what_is_acknowledged_is_in_the_file_already(service: Service) -> None:
    for number in range(20):
        assert post(service.url, complete(f"at-once-{number}"), sent()).status == 200
        assert (USER, f"at-once-{number}", -1) in kept(service.folder)


def test_mistake_21_who_asks_for_life_is_answered_while_the_database_hangs(service: Service) -> None:
    with closing(sqlite3.connect(service.folder / "inbox.sqlite3", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=post, args=(service.url, complete("hanging"), sent()))
        waiting.start()
        took_s = []
        for _ in range(20):
            began = time.monotonic()
            assert post(service.url, b"", {}, method="GET", path="/live").status == 200
            took_s.append(time.monotonic() - began)
        assert waiting.is_alive(), "The database did not hang."
        holder.execute("ROLLBACK")
        waiting.join()
    assert max(took_s) < 0.5


def test_mistake_24_probes_ask_the_vendor_nothing_and_tell_nobody_why(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    world = simulated_world(
        people=1, nights=3, until=date(2026, 4, 12), now=datetime(2026, 4, 15, 12, tzinfo=UTC)
    )
    folder = tmp_path_factory.mktemp("probed") / "data"
    with (
        serve(world) as vendor,
        running(folder, ASLEEP_BASE_URL=vendor.address, ASLEEP_API_KEY=KEY) as service,
    ):
        found: dict[str, Any] = {}
        for path in ("/live", "/ready", "/health", "/metrics") * 3:
            found[path] = post(service.url, b"", {}, method="GET", path=path)
        assert vendor.requests.total() == vendor.refused.total() == 0
        vendor.stop()
        assert post(service.url, b"", {}, method="GET", path="/ready").status == 200
    assert {answer.status for answer in found.values()} == {200}
    assert found["/health"].json["vendor"]["state"] == "untried"
