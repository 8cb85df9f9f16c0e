"""The cached client: hit, miss, stand-in; what is forgotten; what never reaches another organisation."""

import contextlib
import hashlib
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from asleep.client import AsleepClient
from asleep.contract import example
from asleep.errors import (
    AsleepError,
    InvalidKey,
    MalformedAnswer,
    ServerFault,
    SessionNotFound,
    TransportError,
    UserNotFound,
    status_error,
)
from asleep.models import (
    AverageStats,
    SessionListItem,
    SessionResult,
    SessionStat,
    SessionState,
    User,
    UserMetadata,
)
from cache.client import VENDOR_FAILS, Answer, CachedAsleep
from cache.disk import CacheBusy, DiskCache
from cache.seal import PlainSeal
from tests.cache.samples import NOW, MirrorSeal, bytes_under

DAY = timedelta(days=1)
MARCH: dict[str, Any] = {"first": date(2026, 3, 1), "last": date(2026, 3, 7)}
Handler = Callable[[str, tuple[Any, ...]], Any]


def session(session_id: str = "s1", state: SessionState = "COMPLETE", epochs: int = 960) -> SessionResult:
    return SessionResult(
        session_id=session_id,
        state=state,
        start=NOW - DAY,
        end=NOW - DAY / 2,
        created_timezone="Asia/Seoul",
        sleep_stages=tuple((n // 7) % 4 for n in range(epochs)),
        snoring_stages=(0,) * epochs,
        stat=SessionStat(sleep_index=80.0, sleep_efficiency_ratio=0.91, sleep_time=NOW - DAY),
    )


def vendor(verb: str, arguments: tuple[Any, ...]) -> Any:
    """A vendor that knows everybody."""
    answers: dict[str, Callable[[], Any]] = {
        "get_session": lambda: session(arguments[1]),
        "list_sessions": lambda: (
            SessionListItem(session_id="s1", state="COMPLETE", start=NOW - DAY, time_in_bed_s=28_815.0),
        ),
        "average_stats": lambda: AverageStats(timezone="UTC", first=arguments[1], last=arguments[2], days=7),
        "get_user": lambda: User(user_id=arguments[0], metadata=UserMetadata(birth_year=1980)),
        "create_user": lambda: "G-new",
        "delete_user": lambda: None,
        "delete_session": lambda: None,
    }
    return answers[verb]()


def failing(error: AsleepError) -> Handler:
    def answer(_verb: str, _arguments: tuple[Any, ...]) -> Any:
        raise error

    return answer


@dataclass
class FakeAsleep:
    """The client's verbs, answered by a function; every call is noted."""

    handler: Handler = vendor
    calls: list[str] = field(default_factory=list)

    def _ask(self, verb: str, *arguments: Any) -> Any:
        self.calls.append(verb)
        return self.handler(verb, arguments)

    limit_s = 10.0

    def in_background(self, *, stop: threading.Event | None = None) -> "FakeAsleep":  # noqa: ARG002
        return self

    def within(self, seconds: float) -> "FakeAsleep":  # noqa: ARG002
        return self

    def get_session(self, user_id: str, session_id: str) -> SessionResult:
        return self._ask("get_session", user_id, session_id)  # type: ignore[no-any-return]

    def list_sessions(
        self, user_id: str, *, first: date | None = None, last: date | None = None, newest_first: bool = True
    ) -> tuple[SessionListItem, ...]:
        return self._ask("list_sessions", user_id, first, last, newest_first)  # type: ignore[no-any-return]

    def average_stats(self, user_id: str, *, first: date, last: date) -> AverageStats:
        return self._ask("average_stats", user_id, first, last)  # type: ignore[no-any-return]

    def get_user(self, user_id: str) -> User:
        return self._ask("get_user", user_id)  # type: ignore[no-any-return]

    def create_user(self, metadata: UserMetadata | None = None) -> str:
        return self._ask("create_user", metadata)  # type: ignore[no-any-return]

    def delete_user(self, user_id: str) -> None:
        self._ask("delete_user", user_id)

    def delete_session(self, user_id: str, session_id: str) -> None:
        self._ask("delete_session", user_id, session_id)


@dataclass
class Bench:
    """A cached client over a fake one, with a clock that the test sets."""

    folder: Path
    disk: DiskCache
    fake: FakeAsleep
    now: datetime = NOW

    def cached(self, organisation: str = "north", environment: str = "live") -> CachedAsleep:
        return CachedAsleep(
            self.fake, self.disk, organisation=organisation, environment=environment, now=lambda: self.now
        )


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    disk = DiskCache(tmp_path / "answers", request.param())
    yield Bench(tmp_path / "answers", disk, FakeAsleep())
    disk.close()


Read = Callable[..., Answer[Any]]
READS: dict[str, tuple[Read, timedelta, timedelta]] = {
    "get_session": (lambda c, **k: c.get_session("u", "s1", **k), 7 * DAY, 90 * DAY),
    "list_sessions": (lambda c, **k: c.list_sessions("u", **MARCH, **k), timedelta(seconds=60), 7 * DAY),
    "average_stats": (lambda c, **k: c.average_stats("u", **MARCH, **k), timedelta(minutes=15), 7 * DAY),
    "get_user": (lambda c, **k: c.get_user("u", **k), timedelta(minutes=5), 7 * DAY),
}
FAILURES: dict[str, AsleepError] = {
    "no connection": TransportError("The service could not be reached; try again later."),
    "503": status_error(status=503, detail="", operation="GET /x"),
    "429": status_error(status=429, detail="", operation="GET /x"),
    "rate limit": status_error(status=403, detail="Rate limit exceeded", operation="GET /x"),
    "quota": status_error(status=403, detail="Quota exceeded", operation="GET /x"),
    "plan": status_error(status=403, detail="Plan is expired", operation="GET /x"),
    "redirect": status_error(status=302, detail="", operation="GET /x"),
    "a gateway's 404": status_error(status=404, detail="", operation="GET /x"),
    "nonsense": MalformedAnswer("it is not JSON", status=200, operation="GET /x"),
}


@pytest.mark.parametrize("verb", READS)
class TestEveryRead:
    """One contract for all four reads."""

    def test_a_miss_asks_and_a_hit_does_not(self, bench: Bench, verb: str) -> None:
        read, fresh_for, _ = READS[verb]
        first = read(bench.cached())
        assert (first.fetched_at, first.stale, first.reason) == (NOW, False, "")
        bench.now += fresh_for
        assert read(bench.cached()) == first
        assert bench.fake.calls == [verb]

    def test_an_answer_that_is_not_fresh_is_asked_for_again(self, bench: Bench, verb: str) -> None:
        read, fresh_for, _ = READS[verb]
        read(bench.cached())
        bench.now += fresh_for + timedelta(seconds=1)
        assert read(bench.cached()).fetched_at == bench.now
        assert bench.fake.calls == [verb, verb]

    def test_fresh_asks_again_and_renews_what_is_kept(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        read(bench.cached())
        bench.now += timedelta(seconds=30)
        renewed = read(bench.cached(), fresh=True)
        assert renewed.fetched_at == bench.now
        assert read(bench.cached()) == renewed
        assert bench.fake.calls == [verb, verb]

    @pytest.mark.parametrize("failure", FAILURES)
    def test_a_kept_answer_stands_in_with_its_age_and_the_reason(
        self, bench: Bench, verb: str, failure: str
    ) -> None:
        read, _, kept_for = READS[verb]
        first = read(bench.cached())
        bench.now += kept_for
        bench.fake.handler = failing(FAILURES[failure])
        stand_in = read(bench.cached())
        assert stand_in == Answer(
            value=first.value, fetched_at=NOW, stale=True, reason=str(FAILURES[failure])
        )
        bench.now = NOW
        assert read(bench.cached(), fresh=True).stale

    @pytest.mark.parametrize("failure", FAILURES)
    def test_without_a_kept_answer_the_failure_rises(self, bench: Bench, verb: str, failure: str) -> None:
        read, _, kept_for = READS[verb]
        bench.fake.handler = failing(FAILURES[failure])
        with pytest.raises(type(FAILURES[failure])):
            read(bench.cached())
        bench.fake.handler = vendor
        read(bench.cached())
        bench.fake.handler = failing(FAILURES[failure])
        bench.now += kept_for + timedelta(seconds=1)
        with pytest.raises(type(FAILURES[failure])):
            read(bench.cached())

    def test_a_refusal_of_the_key_rises_and_what_is_kept_stays(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        read(bench.cached())
        bench.fake.handler = failing(status_error(status=401, detail="Unauthorized", operation="GET /x"))
        with pytest.raises(InvalidKey):
            read(bench.cached(), fresh=True)
        assert read(bench.cached()).fetched_at == NOW

    def test_what_the_vendor_does_not_know_is_forgotten_here(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        read(bench.cached())
        bench.fake.handler = failing(status_error(status=404, detail="user not exist", operation="GET /x"))
        with pytest.raises(UserNotFound):
            read(bench.cached(), fresh=True)
        bench.fake.handler = failing(FAILURES["503"])
        with pytest.raises(ServerFault):
            read(bench.cached())

    def test_a_404_is_never_kept(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        bench.fake.handler = failing(status_error(status=404, detail="user not exist", operation="GET /x"))
        for _ in range(2):
            with pytest.raises(UserNotFound):
                read(bench.cached())
        bench.fake.handler = vendor
        assert read(bench.cached()).fetched_at == NOW
        assert len(bench.fake.calls) == 3

    def test_organisations_and_environments_share_nothing(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        read(bench.cached())
        bench.fake.handler = failing(FAILURES["503"])
        for other in (bench.cached(organisation="south"), bench.cached(environment="test")):
            with pytest.raises(ServerFault):
                read(other)
        assert not read(bench.cached()).stale

    def test_bytes_that_cannot_be_read_are_a_miss(
        self, bench: Bench, verb: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        read, _, _ = READS[verb]
        for spoilt in (b"", b"no frame", b"\x28\xb5\x2f\xfd", bytes(100)):
            read(bench.cached())
            row = sqlite3.connect(bench.folder / "cache.db", isolation_level=None)
            row.execute("UPDATE Cache SET value = ?", (sqlite3.Binary(spoilt),))
            row.close()
            with caplog.at_level(logging.WARNING):
                assert not read(bench.cached()).stale
        assert bench.fake.calls == [verb] * 5

    def test_a_clock_set_back_makes_nothing_fresh_for_ever(self, bench: Bench, verb: str) -> None:
        read, _, _ = READS[verb]
        read(bench.cached())
        bench.now -= DAY
        assert read(bench.cached()).fetched_at == NOW - DAY
        assert bench.fake.calls == [verb, verb]


def test_an_open_session_is_kept_for_a_minute_and_its_completion_for_days(bench: Bench) -> None:
    states: list[SessionState] = ["OPEN", "CLOSED", "COMPLETE"]
    bench.fake.handler = lambda _verb, arguments: session(arguments[1], states[len(bench.fake.calls) - 1])
    seen = []
    for _ in range(4):
        seen.append(bench.cached().get_session("u", "s1").value.state)
        bench.now += timedelta(seconds=61)
    assert seen == ["OPEN", "CLOSED", "COMPLETE", "COMPLETE"]
    bench.now += 6 * DAY
    assert bench.cached().get_session("u", "s1").value.state == "COMPLETE"
    assert len(bench.fake.calls) == 3


def test_an_open_session_does_not_stand_in_after_its_minute(bench: Bench) -> None:
    bench.fake.handler = lambda _verb, arguments: session(arguments[1], "OPEN")
    bench.cached().get_session("u", "s1")
    bench.now += timedelta(seconds=61)
    bench.fake.handler = failing(FAILURES["503"])
    with pytest.raises(ServerFault):
        bench.cached().get_session("u", "s1")


def test_every_field_of_an_answer_survives_the_disk(bench: Bench) -> None:
    for read, _, _ in READS.values():
        asked, kept = read(bench.cached()), read(bench.cached())
        assert asked == kept
        assert type(asked.value) is type(kept.value)
        assert kept.fetched_at.tzinfo is not None


def test_another_question_is_another_answer(bench: Bench) -> None:
    cached = bench.cached()
    cached.list_sessions("u", **MARCH)
    cached.list_sessions("u", **MARCH, newest_first=False)
    cached.list_sessions("u")
    cached.list_sessions("other", **MARCH)
    cached.get_session("u", "s1")
    cached.get_session("u", "s2")
    assert len(bench.fake.calls) == 6


def test_a_session_that_is_gone_is_forgotten_alone(bench: Bench) -> None:
    cached = bench.cached()
    cached.get_session("u", "s1")
    cached.get_session("u", "s2")
    bench.fake.handler = failing(status_error(status=404, detail="session not found", operation="GET /x"))
    with pytest.raises(SessionNotFound):
        cached.get_session("u", "s1", fresh=True)
    bench.fake.handler = failing(FAILURES["503"])
    with pytest.raises(ServerFault):
        cached.get_session("u", "s1")
    assert cached.get_session("u", "s2").value.session_id == "s2"


def fill(cached: CachedAsleep, user_id: str) -> None:
    for session_id in ("s1", "s2"):
        cached.get_session(user_id, session_id)
    cached.list_sessions(user_id, **MARCH)
    cached.average_stats(user_id, **MARCH)
    cached.get_user(user_id)


def test_deleting_a_session_makes_untrue_what_named_it_and_nothing_else(bench: Bench) -> None:
    cached = bench.cached()
    fill(cached, "u")
    fill(cached, "other")
    cached.delete_session("u", "s1")
    bench.fake.calls.clear()
    fill(cached, "other")
    assert bench.fake.calls == []
    fill(cached, "u")
    assert bench.fake.calls == ["get_session", "list_sessions", "average_stats", "get_user"]


def test_deleting_a_person_leaves_no_byte_of_them(bench: Bench) -> None:
    cached = bench.cached()
    fill(cached, "u")
    fill(cached, "other")
    cached.delete_user("u")
    bench.fake.calls.clear()
    fill(cached, "other")
    assert bench.fake.calls == []
    fill(cached, "u")
    assert len(bench.fake.calls) == 5
    assert cached.forget("u") == 5
    assert cached.forget("u") == 0


def test_what_is_kept_is_forgotten_even_when_the_vendor_cannot_delete(bench: Bench) -> None:
    cached = bench.cached()
    fill(cached, "u")
    bench.fake.handler = failing(FAILURES["no connection"])
    with pytest.raises(TransportError):
        cached.delete_user("u")
    with pytest.raises(TransportError):
        cached.get_session("u", "s1")


def test_creating_a_person_passes_through_and_is_never_kept(bench: Bench) -> None:
    cached = bench.cached()
    assert [cached.create_user(UserMetadata(birth_year=1980)) for _ in range(2)] == ["G-new", "G-new"]
    assert bench.fake.calls == ["create_user", "create_user"]


def test_an_answer_too_large_to_keep_is_handed_out_and_asked_for_again(bench: Bench) -> None:
    def long_list(_verb: str, _arguments: tuple[Any, ...]) -> Any:
        ids = (hashlib.sha256(b"%d" % n).hexdigest() for n in range(20_000))  # nothing to compress: 650 kB
        return tuple(SessionListItem(session_id=name, state="COMPLETE", start=NOW) for name in ids)

    cached = bench.cached()
    cached.list_sessions("u")
    bench.now += timedelta(seconds=61)
    bench.fake.handler = long_list
    assert [len(cached.list_sessions("u").value) for _ in range(2)] == [20_000, 20_000]
    assert len(bench.fake.calls) == 3
    bench.fake.handler = failing(FAILURES["503"])
    with pytest.raises(ServerFault):  # the short list of a minute ago must not come back instead
        cached.list_sessions("u")


def test_the_disk_names_neither_person_nor_session(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, MirrorSeal())
    CachedAsleep(FakeAsleep(), disk, organisation="north", environment="live").get_session(
        "G-CANARY", "s-CANARY"
    )
    disk.close()
    assert b"CANARY" not in bytes_under(tmp_path)


def test_the_answers_of_threads_do_not_mix(bench: Bench) -> None:
    cached = bench.cached()
    wrong: list[str] = []

    def read(user_id: str) -> None:
        for number in range(30):
            name = f"s{number % 5}-{user_id}"
            if cached.get_session(user_id, name).value.session_id != name:
                wrong.append(name)

    threads = [threading.Thread(target=read, args=(f"u{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(bench.fake.calls) == 30


class Vendor(BaseHTTPRequestHandler):
    """Serves one example session, or 503 when the server is told to fail."""

    failing = False

    def do_GET(self) -> None:
        body = json.dumps(example("session_complete_utc")).encode()
        status = 503 if type(self).failing else 200
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_over_the_true_client_a_session_comes_once_and_stands_in_later(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    disk = DiskCache(tmp_path, PlainSeal())
    now = datetime.now(UTC)
    try:
        with AsleepClient(
            base_url=f"http://127.0.0.1:{server.server_port}", api_key="a-key-of-the-tests-0123456789"
        ) as client:
            cached = CachedAsleep(client, disk, organisation="north", environment="live", now=lambda: now)
            asked = cached.get_session("G-1", "s1")
            Vendor.failing = True
            assert cached.get_session("G-1", "s1") == asked
            now += 8 * DAY
            stand_in = cached.get_session("G-1", "s1")
    finally:
        Vendor.failing = False
        server.shutdown()
        server.server_close()
        thread.join()
        disk.close()
    assert (stand_in.stale, stand_in.value) == (True, asked.value)
    assert "try again later" in stand_in.reason
    assert len(asked.value.sleep_stages or ()) == 960


def in_another_thread(work: Callable[[], Any]) -> "tuple[threading.Thread, list[Any]]":
    got: list[Any] = []

    def run() -> None:
        try:
            got.append(work())
        except AsleepError as error:
            got.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, got


def held(bench: Bench, answers: list[Any]) -> tuple[threading.Event, threading.Event]:
    """The first call waits until it is let go, and answers first of the list; later calls answer at once."""
    asked, let_go, lock = threading.Event(), threading.Event(), threading.Lock()
    queue = list(answers)

    def answer(_verb: str, _arguments: tuple[Any, ...]) -> Any:
        with lock:
            mine, first = queue.pop(0), len(queue) == len(answers) - 1
        if first:
            asked.set()
            assert let_go.wait(5)
        return mine

    bench.fake.handler = answer
    return asked, let_go


def test_who_asks_after_a_deletion_does_not_get_what_was_asked_before(bench: Bench) -> None:
    cached = bench.cached()
    gone = status_error(status=404, detail="user does not exist", operation="GET /x")
    asked, let_go = held(bench, [User(user_id="u"), None, gone])
    before, got_before = in_another_thread(lambda: cached.get_user("u"))
    assert asked.wait(5)
    cached.delete_user("u")
    bench.fake.handler = failing(gone)
    with pytest.raises(UserNotFound):
        cached.get_user("u")
    let_go.set()
    before.join(5)
    assert got_before[0].value == User(user_id="u"), "who had asked before gets the answer"
    with pytest.raises(UserNotFound):
        cached.get_user("u")
    assert cached.forget("u") == 0, "and nothing of it was kept"


def test_a_late_answer_does_not_cover_a_newer_one(bench: Bench) -> None:
    cached = bench.cached()
    older, newer = session(epochs=10), session(epochs=20)
    asked, let_go = held(bench, [older, newer])
    slow, _ = in_another_thread(lambda: cached.get_session("u", "s1"))
    assert asked.wait(5)
    bench.now += timedelta(seconds=1)
    assert cached.get_session("u", "s1", fresh=True).value == newer
    let_go.set()
    slow.join(5)
    assert cached.get_session("u", "s1").value == newer
    assert cached.get_session("u", "s1").fetched_at == bench.now


def test_forgetting_somebody_does_not_hold_up_the_others(bench: Bench) -> None:
    cached = bench.cached()
    cached.get_user("ada")
    with contextlib.closing(sqlite3.connect(bench.folder / "cache.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM Cache").fetchone()
        erasing, _ = in_another_thread(lambda: cached.forget("ada"))
        began_s = time.monotonic()
        cached.get_user("bo")
        assert time.monotonic() - began_s < 2
        reader.execute("COMMIT")
        erasing.join(10)


def test_a_busy_cache_does_not_hide_that_the_vendor_did_not_delete(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = bench.cached()
    cached.get_user("u")

    def busy(_tag: str) -> int:
        raise CacheBusy("What should go is still in the cache; delete it again.")

    monkeypatch.setattr(bench.disk, "erase", busy)
    bench.fake.handler = failing(FAILURES["503"])
    with pytest.raises(ServerFault) as caught:
        cached.delete_user("u")
    assert "still in the cache" in "".join(caught.value.__notes__)
    bench.fake.handler = vendor
    with pytest.raises(CacheBusy):
        cached.delete_user("u")


def test_in_the_background_nothing_stands_in(bench: Bench) -> None:
    cached = bench.cached()
    cached.get_user("u")
    bench.fake.handler = failing(FAILURES["503"])
    assert cached.get_user("u", fresh=True).stale
    with pytest.raises(ServerFault):
        cached.in_background().get_user("u", fresh=True)


def test_every_failure_of_the_vendor_is_tried_here() -> None:
    assert {type(error) for error in FAILURES.values()} == set(VENDOR_FAILS)
