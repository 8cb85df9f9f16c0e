"""The promises C1 to C9 about the vendor client (GOALS, section 1), over real sockets against the simulator."""

import inspect
import itertools
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from asleep import errors
from asleep.client import AsleepClient, Backoff, Breaker, Pacer, RetryBudget, Timeouts
from asleep.simulator.faults import Fault, FaultKind
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from asleep.turns import Turns
from cache.client import Answer
from cache.policy import cache_key
from nocturne.access import local_actor
from nocturne.application import build
from nocturne.sync import synchronise
from settings import Settings
from tests.contract.pace import most_in_a_second
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people
from tests.reliability.conftest import NOW, UNTIL, MakeCached, MakeClient, redis_server, sessions_of
from tests.serving import free_port

NO_ANSWER: list[FaultKind] = ["reset", "hang", "drip", "drip-headers"]


def together(count: int, work: Callable[[], Any]) -> list[Any]:
    """What `count` threads got that began at the same moment."""
    start = threading.Barrier(count)

    def begin(_: int) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


class TestC1NoCallExceedsItsDeadline:
    """Whatever the vendor does: at most the deadline and half a second."""

    @pytest.mark.parametrize("fault", [*NO_ANSWER, "slow"])
    def test_whatever_the_vendor_does(
        self, vendor: Running, make_client: MakeClient, fault: FaultKind
    ) -> None:
        vendor.fail_all(fault)
        client = make_client(timeouts=Timeouts(connect_s=1, read_s=1, total_s=1.2))
        user_id, sessions = sessions_of(vendor)
        asks: list[Callable[[], object]] = [
            lambda: client.get_session(user_id, sessions[-1]),
            lambda: client.list_sessions(user_id),
            lambda: client.average_stats(user_id, first=UNTIL - timedelta(days=300), last=UNTIL),
            client.create_user,
        ]
        if fault != "drip":  # a 204 has no body that could drip
            asks.append(lambda: client.delete_session(user_id, sessions[0]))
        for ask in asks:
            began_s = time.monotonic()
            with pytest.raises(errors.TransportError):
                ask()
            assert time.monotonic() - began_s <= 1.2 + 0.5

    def test_ten_seconds_for_a_click_and_sixty_in_the_background_unless_said_otherwise(self) -> None:
        assert (Timeouts().total_s, Timeouts().background_s) == (10, 60)

    def test_the_background_has_its_own_deadline(self, vendor: Running, make_client: MakeClient) -> None:
        vendor.fail_all("hang")
        limits = Timeouts(connect_s=1, read_s=5, total_s=0.3, background_s=1.2)
        client = make_client(timeouts=limits)
        for asked, limit_s in ((client, 0.3), (client.in_background(), 1.2)):
            began_s = time.monotonic()
            with pytest.raises(errors.DeadlineExceeded, match=f"{limit_s:g} s"):
                asked.get_user(sessions_of(vendor)[0])
            assert limit_s - 0.1 <= time.monotonic() - began_s <= limit_s + 0.5

    def test_a_name_that_is_not_looked_up_in_time_does_not_hold_a_call(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        never = threading.Event()
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: never.wait(5))
        with AsleepClient(
            base_url="https://asleep.invalid", api_key="a-key-of-the-tests", timeouts=Timeouts(total_s=0.4)
        ) as client:
            began_s = time.monotonic()
            with pytest.raises(errors.TransportError):
                client.get_user("G-1")
            assert time.monotonic() - began_s < 0.9
        never.set()

    @pytest.mark.parametrize("fault", ["hang", "drip", "drip-headers", "too-many"])
    def test_work_that_is_stopped_ends_within_a_second(
        self, vendor: Running, make_client: MakeClient, fault: FaultKind
    ) -> None:
        vendor.fail_all(fault)
        stop = threading.Event()
        slow = Backoff(tries=50, first_s=30, longest_s=30)
        behind = make_client(timeouts=Timeouts(), backoff=slow, pacer=Pacer(2)).in_background(stop=stop)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(behind.get_user, sessions_of(vendor)[0]) for _ in range(4)]
            time.sleep(0.8)
            stop.set()
            began_s = time.monotonic()
            for one in asked:
                with pytest.raises(errors.AsleepError):
                    one.result(10)
            assert time.monotonic() - began_s < 1.0

    def test_two_clicks_on_a_hanging_service_both_keep_it(
        self, vendor: Running, make_cached: MakeCached
    ) -> None:
        cached = make_cached(timeouts=Timeouts(read_s=5, total_s=1.0))
        user_id, _ = sessions_of(vendor)
        vendor.fail_all("hang")
        took_s: list[float] = []

        def click() -> None:
            began_s = time.monotonic()
            with pytest.raises(errors.AsleepError):
                cached.get_user(user_id, fresh=True)
            took_s.append(time.monotonic() - began_s)

        clicks = [threading.Thread(target=click) for _ in range(3)]
        for one in clicks:
            one.start()
            time.sleep(0.1)
        for one in clicks:
            one.join()
        assert len(took_s) == 3
        assert max(took_s) <= 1.0 + 0.5

    def test_connecting_and_a_silent_handshake_together_keep_it(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen(8)  # takes connections, and never says a word of TLS
            address = f"https://127.0.0.1:{silent.getsockname()[1]}"
            limits = Timeouts(connect_s=3, read_s=3, total_s=1)
            with AsleepClient(base_url=address, api_key="a-key-of-the-tests", timeouts=limits) as client:
                began_s = time.monotonic()
                with pytest.raises(errors.TransportError):
                    client.get_user("G-1")
                assert time.monotonic() - began_s <= 1.5


class TestC2RepetitionsHaveABudget:
    """In an outage hardly more than the first tries, and with the breaker hardly those."""

    def test_a_full_outage_of_200_calls_is_200_stale_answers_and_at_most_10_upstream_hits(
        self, vendor: Running, make_cached: MakeCached
    ) -> None:
        moment = [NOW]
        cached = make_cached(now=lambda: moment[0])
        user_id, sessions = sessions_of(vendor)
        for session_id in sessions[-20:]:
            cached.get_session(user_id, session_id)
        moment[0] += timedelta(days=8)
        vendor.fail_all("unavailable")
        before = len(vendor.arrivals)
        answers = [
            cached.get_session(user_id, one) for one in itertools.islice(itertools.cycle(sessions[-20:]), 200)
        ]
        assert len(answers) == 200
        assert all(answer.stale and answer.reason and answer.fetched_at == NOW for answer in answers)
        assert 1 <= len(vendor.arrivals) - before <= 10

    @pytest.mark.parametrize("fault", ["internal", "reset"])
    def test_once_the_budget_is_spent_a_call_is_one_call(
        self, vendor: Running, make_client: MakeClient, fault: FaultKind
    ) -> None:
        vendor.fail_all(fault)
        # The breaker is out of the way, so that the budget alone has to hold.
        client = make_client(
            breaker=Breaker(failures=10**9), budget=RetryBudget(capacity=100), backoff=Backoff(first_s=0.001)
        )
        user_id, _ = sessions_of(vendor)
        for _ in range(200):
            with pytest.raises(errors.AsleepError):
                client.get_user(user_id)
        spent = 100 // (10 if fault == "reset" else 5)
        assert len(vendor.arrivals) == 200 + spent

    def test_a_service_that_fails_now_and_then_is_asked_again(self, world: World) -> None:
        with (
            serve(world, faults=(Fault(kind="internal", share=0.15),)) as vendor,
            AsleepClient(
                base_url=vendor.address,
                api_key=vendor.api_key,
                backoff=Backoff(tries=5, first_s=0.001, longest_s=0.01),
            ) as client,
        ):
            user_id, _ = sessions_of(vendor)
            for _ in range(300):
                client.get_user(user_id)
            assert 300 < len(vendor.arrivals) < 300 * 1.35


class TestC3TheRightThingsAreRepeated:
    """By method, status and words."""

    @pytest.mark.parametrize(
        ("fault", "tries", "kind"),
        [
            ("rate-limit", 3, errors.RateLimited),
            ("too-many", 3, errors.RateLimited),
            ("quota", 1, errors.QuotaExceeded),
            ("plan", 1, errors.PlanExpired),
            ("internal", 3, errors.ServerFault),
            ("server-error", 3, errors.ServerFault),
            ("unavailable", 3, errors.ServerFault),
            ("gateway-timeout", 3, errors.ServerFault),
            ("reset", 3, errors.TransportError),
            ("redirect", 1, errors.Redirected),
            ("malformed", 1, errors.MalformedAnswer),
            ("wrong-types", 1, errors.MalformedAnswer),
            ("empty", 1, errors.MalformedAnswer),
        ],
    )
    def test_a_read_and_a_new_person(
        self,
        vendor: Running,
        make_client: MakeClient,
        fault: FaultKind,
        tries: int,
        kind: type[errors.AsleepError],
    ) -> None:
        vendor.fail_all(fault)
        client = make_client(timeouts=Timeouts(total_s=8))
        with pytest.raises(kind):
            client.get_user(sessions_of(vendor)[0])
        assert len(vendor.arrivals) == tries
        with pytest.raises(kind):
            client.create_user()
        assert len(vendor.arrivals) == tries + 1, "a POST is never sent twice"

    def test_a_post_that_never_left_is_sent_again(self, world: World) -> None:
        with serve(world) as vendor:
            port = int(vendor.address.rpartition(":")[2])
            address, key = vendor.address, vendor.api_key
        patient = Backoff(tries=6, first_s=1.0, longest_s=1.0)
        with (
            ThreadPoolExecutor(1) as pool,
            AsleepClient(base_url=address, api_key=key, backoff=patient) as client,
        ):
            created = pool.submit(client.create_user)
            time.sleep(0.1)
            with serve(world, port=port) as again:
                assert created.result(10).startswith("G-")
                assert again.requests["createUser"] == 1

    def test_a_deletion_whose_answer_was_lost_is_done(self, vendor: Running, make_client: MakeClient) -> None:
        user_id, sessions = sessions_of(vendor)
        client = make_client(timeouts=Timeouts(read_s=0.3, total_s=5))
        vendor.plan_faults("internal", "reset")
        client.delete_session(user_id, sessions[0])
        with pytest.raises(errors.SessionNotFound):
            client.delete_session(user_id, sessions[0])

    def test_a_handshake_that_breaks_off_is_no_matter_of_trust_and_is_repeated(self) -> None:
        taken = list[int]()

        def hang_up(listening: socket.socket) -> None:
            with suppress(OSError):
                while True:
                    listening.accept()[0].close()
                    taken.append(1)

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(8)
            threading.Thread(target=hang_up, args=(listening,), daemon=True).start()
            address = f"https://127.0.0.1:{listening.getsockname()[1]}"
            quick = Backoff(first_s=0.01, longest_s=0.05)
            with (
                AsleepClient(base_url=address, api_key="a-key-of-the-tests", backoff=quick) as client,
                pytest.raises(errors.TransportError) as caught,
            ):
                client.get_user("G-1")
            assert not isinstance(caught.value, errors.Untrusted)
            assert len(taken) == 3
            listening.shutdown(socket.SHUT_RDWR)


WORKER = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from asleep.client import AsleepClient, Pacer
from asleep.turns import Turns
address, key, redis_url, user_id = sys.argv[1:5]
pacer = Pacer(100, turns=Turns(redis_url=redis_url, account=address))
with AsleepClient(base_url=address, api_key=key, pacer=pacer) as client, ThreadPoolExecutor(4) as pool:
    print("ready", flush=True)
    sys.stdin.readline()
    list(pool.map(lambda _: client.get_user(user_id), range(int(sys.argv[5]))))
"""


class TestC4TheRateIsKept:
    """Within 5 % of the limit, over all threads and processes, in any second."""

    def test_by_eight_threads_without_a_refusal(self, world: World) -> None:
        with (
            serve(world, rate_limit_per_s=50, latency_ms=20) as vendor,
            AsleepClient(base_url=vendor.address, api_key=vendor.api_key, pacer=Pacer(50)) as client,
            ThreadPoolExecutor(8) as pool,
        ):
            user_id, _ = sessions_of(vendor)
            list(pool.map(lambda _: client.get_user(user_id), range(150)))
            assert len(vendor.arrivals) == 150
            assert not vendor.refused
            assert most_in_a_second(vendor.arrivals) <= 50 * 1.05

    def test_by_four_processes_through_redis(self, world: World, redis_url: str) -> None:
        with serve(world) as vendor:
            user_id, _ = sessions_of(vendor)
            arguments = [vendor.address, vendor.api_key, redis_url, user_id, "75"]
            workers = [
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                for _ in range(4)
            ]
            for worker in workers:
                assert worker.stdout is not None
                assert worker.stdout.readline() == "ready\n"
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write("\n")
                worker.stdin.flush()
            for worker in workers:
                worker.communicate(timeout=60)
                assert worker.returncode == 0
            arrivals = vendor.arrivals
        assert len(arrivals) == 300
        assert most_in_a_second(arrivals) <= 100 * 1.05
        assert 300 / (max(arrivals) - min(arrivals)) >= 100 * 0.85, "and the rate is used"

    def test_without_redis_for_a_while_the_pace_is_kept_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr("asleep.turns._WITHOUT_REDIS_S", 0.2)
        caplog.set_level("INFO", logger="asleep.turns")
        port, moments_s = free_port(), list[float]()

        def keep_pace(pacer: Pacer) -> None:
            for _ in range(30):
                assert pacer.wait(within_s=2)
                moments_s.append(time.monotonic())

        with redis_server(tmp_path, port) as url:
            turns = Turns(redis_url=url, account="somebody")
            pacer = Pacer(50, turns=turns)
            keep_pace(pacer)
        keep_pace(pacer)
        with redis_server(tmp_path, port):
            keep_pace(pacer)
            turns.close()
        assert most_in_a_second(moments_s) <= 50 * 1.05
        assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]

    def test_a_vendor_that_allows_less_than_was_thought_teaches_it(self, world: World) -> None:
        with (
            serve(world, rate_limit_per_s=25) as vendor,
            AsleepClient(
                base_url=vendor.address,
                api_key=vendor.api_key,
                pacer=Pacer(100),
                backoff=Backoff(tries=8, first_s=0.2),
            ) as client,
            ThreadPoolExecutor(8) as pool,
        ):
            user_id, _ = sessions_of(vendor)
            list(pool.map(lambda _: client.get_user(user_id), range(200)))
            assert 0 < vendor.refused["rate-limit"] < 60

    def test_a_click_does_not_wait_for_the_synchronisation(self, world: World) -> None:
        with (
            serve(world) as vendor,
            AsleepClient(base_url=vendor.address, api_key=vendor.api_key, pacer=Pacer(10)) as client,
            ThreadPoolExecutor(8) as pool,
        ):
            user_id, _ = sessions_of(vendor)
            behind = client.in_background()
            synchronisation = [pool.submit(behind.get_user, user_id) for _ in range(20)]
            time.sleep(0.3)
            began_s = time.monotonic()
            client.get_user(user_id)
            assert time.monotonic() - began_s < 0.35
            assert sum(one.done() for one in synchronisation) < 15
            for one in synchronisation:
                one.result(10)


class TestC5TheBreaker:
    """Opens on what the service does wrong, never on what it rightly refuses."""

    def test_five_not_found_among_many_answers_do_not_open_it(
        self, vendor: Running, make_client: MakeClient
    ) -> None:
        client = make_client(breaker=Breaker(failures=5, rest_s=60))
        user_id, _ = sessions_of(vendor)
        for _ in range(30):
            with pytest.raises(errors.SessionNotFound):
                client.get_session(user_id, "20260101000000_none0")
        client.get_user(user_id)

    @pytest.mark.parametrize("fault", ["rate-limit", "quota", "plan", "too-many"])
    def test_refusals_do_not_open_it(
        self, vendor: Running, make_client: MakeClient, fault: FaultKind
    ) -> None:
        once, patient = Backoff(tries=1), Timeouts(total_s=8)
        client = make_client(breaker=Breaker(failures=2, rest_s=60), backoff=once, timeouts=patient)
        vendor.plan_faults(*[fault] * 4)
        user_id, _ = sessions_of(vendor)
        for _ in range(4):
            with pytest.raises(errors.StatusError):
                client.get_user(user_id)
        client.get_user(user_id)

    @pytest.mark.parametrize("fault", ["reset", "internal", "server-error", "unavailable", "gateway-timeout"])
    def test_failures_open_it_for_everybody_and_one_probe_closes_it(
        self, vendor: Running, make_client: MakeClient, fault: FaultKind
    ) -> None:
        client = make_client(breaker=Breaker(failures=3, rest_s=0.4), backoff=Backoff(tries=1))
        user_id, sessions = sessions_of(vendor)
        vendor.fail_all(fault)
        for _ in range(3):
            with pytest.raises(errors.AsleepError):
                client.get_user(user_id)
        for other in (sessions_of(vendor, 1)[0], user_id):
            with pytest.raises(errors.NotAsked, match="left alone"):
                client.get_user(other)
        assert vendor.requests.total() == 3
        time.sleep(0.45)

        def ask() -> str:
            try:
                client.get_session(user_id, sessions[0])
            except errors.NotAsked:
                return "not asked"
            except errors.AsleepError:
                return "failed"
            return "answered"

        assert together(50, ask).count("failed") == 1
        assert vendor.requests.total() == 4, "one probe under 50 threads"
        vendor.fail_all(None)
        time.sleep(0.45)
        assert "failed" not in together(50, ask)
        assert ask() == "answered"

    def test_eight_threads_in_the_background_outlast_it_together(
        self, vendor: Running, make_client: MakeClient
    ) -> None:
        client = make_client(breaker=Breaker(failures=5, rest_s=0.5), backoff=Backoff(tries=1))
        user_id, _ = sessions_of(vendor)
        client.get_user(user_id)
        for _ in range(5):
            vendor.plan_faults("internal")
            with pytest.raises(errors.ServerFault):
                client.get_user(user_id)
        behind = client.in_background()
        assert [one.user_id for one in together(8, lambda: behind.get_user(user_id))] == [user_id] * 8

    def test_a_service_that_never_was_up_is_not_waited_for(self) -> None:
        address = f"http://127.0.0.1:{free_port()}"
        with AsleepClient(base_url=address, api_key="a-key-of-the-tests", backoff=Backoff(tries=1)) as client:
            began_s = time.monotonic()
            for _ in range(8):
                with pytest.raises(errors.Unreachable, match="could not be reached"):
                    client.in_background().get_user("G-1")
            assert time.monotonic() - began_s < 5

    def test_a_hanging_service_opens_it_however_short_the_deadline(
        self, vendor: Running, make_client: MakeClient
    ) -> None:
        vendor.fail_all("hang")
        client = make_client(timeouts=Timeouts(total_s=0.3), backoff=Backoff(tries=1))
        for _ in range(5):
            with pytest.raises(errors.DeadlineExceeded):
                client.get_user(sessions_of(vendor)[0])
        with pytest.raises(errors.NotAsked, match="for the whole call ran out"):
            client.get_user(sessions_of(vendor)[0])

    def test_work_in_the_background_outlasts_a_short_failure(
        self, vendor: Running, make_client: MakeClient
    ) -> None:
        client = make_client(breaker=Breaker(failures=2, rest_s=0.3), backoff=Backoff(tries=1))
        user_id, _ = sessions_of(vendor)
        client.get_user(user_id)
        vendor.plan_faults("internal", "internal")
        for _ in range(2):
            with pytest.raises(errors.ServerFault):
                client.get_user(user_id)
        with pytest.raises(errors.NotAsked):
            client.get_user(user_id)
        assert client.in_background().get_user(user_id).user_id == user_id


class TestC6OneFlightAndALongMemory:
    """Equal questions are one; what cannot change is kept, what can is not."""

    def test_fifty_threads_that_ask_the_same_are_at_most_two_calls(
        self, make_cached: MakeCached, vendor: Running
    ) -> None:
        cached = make_cached()
        user_id, sessions = sessions_of(vendor)
        vendor.plan_faults("slow")  # so that all of them come while the first is under way
        cached_ok = together(50, lambda: cached.get_session(user_id, sessions[-1]).value.session_id)
        assert set(cached_ok) == {sessions[-1]}
        assert vendor.requests["getSession"] <= 2

    def test_a_complete_session_is_kept_for_days_and_asked_for_again_on_request(
        self, make_cached: MakeCached, vendor: Running
    ) -> None:
        moment = [NOW]
        cached = make_cached(now=lambda: moment[0])
        user_id, sessions = sessions_of(vendor)
        for days in (0, 1, 6):
            moment[0] = NOW + timedelta(days=days)
            cached.get_session(user_id, sessions[-1])
        assert vendor.requests["getSession"] == 1
        cached.get_session(user_id, sessions[-1], fresh=True)
        assert vendor.requests["getSession"] == 2
        moment[0] += timedelta(days=8)
        cached.get_session(user_id, sessions[-1])
        assert vendor.requests["getSession"] == 3

    def test_what_is_handed_out_cannot_be_changed(self, make_cached: MakeCached, vendor: Running) -> None:
        cached = make_cached()
        user_id, sessions = sessions_of(vendor)
        one = cached.get_session(user_id, sessions[-1]).value
        with pytest.raises(AttributeError):
            one.state = "OPEN"  # type: ignore[misc]
        assert isinstance(one.sleep_stages, tuple)
        assert hash(one) == hash(cached.get_session(user_id, sessions[-1]).value)

    def test_a_key_names_everything_but_the_api_key(self) -> None:
        named = set(inspect.signature(cache_key).parameters)
        assert named == {"organisation", "environment", "user_id", "operation", "parameters", "schema"}


class TestC7StaleIfError:
    """In an outage what is kept is shown with its age; the browser's part is tests/browser/test_vendor_down.py."""

    @pytest.mark.parametrize(
        "fault", [*NO_ANSWER, "unavailable", "quota", "plan", "malformed", "empty", "redirect"]
    )
    def test_every_read_stands_in_with_its_age_and_the_reason(
        self, vendor: Running, make_cached: MakeCached, fault: FaultKind
    ) -> None:
        moment = [NOW]
        limits = Timeouts(connect_s=0.3, read_s=0.3, total_s=0.4)
        cached = make_cached(now=lambda: moment[0], timeouts=limits)
        user_id, sessions = sessions_of(vendor)
        week: dict[str, Any] = {"first": UNTIL - timedelta(days=6), "last": UNTIL}
        reads: list[Callable[[], Answer[Any]]] = [
            lambda: cached.get_session(user_id, sessions[-1], fresh=True),
            lambda: cached.list_sessions(user_id, **week, fresh=True),
            lambda: cached.average_stats(user_id, **week, fresh=True),
            lambda: cached.get_user(user_id, fresh=True),
        ]
        before = [read().value for read in reads]
        moment[0] += timedelta(hours=2)
        vendor.fail_all(fault)
        for read, value in zip(reads, before, strict=True):
            answer = read()
            assert (answer.value, answer.stale, answer.fetched_at) == (value, True, NOW)
            assert answer.reason.endswith((".", "!"))


class TestC8TheKeyStays:
    """Not followed, not logged, not shown; more in tests/contract/test_client_secrets.py and tests/canary.py."""

    def test_a_redirect_to_another_host_does_not_take_the_key_along(
        self, vendor: Running, make_client: MakeClient
    ) -> None:
        vendor.fail_all("redirect")
        client = make_client()
        with pytest.raises(errors.Redirected, match="not followed"):
            client.get_user(sessions_of(vendor)[0])
        assert len(vendor.arrivals) == 1

    @pytest.mark.parametrize(
        "fault", [*NO_ANSWER, "internal", "quota", "malformed", "wrong-types", "redirect"]
    )
    def test_in_no_log_and_no_message(
        self, vendor: Running, make_client: MakeClient, caplog: pytest.LogCaptureFixture, fault: FaultKind
    ) -> None:
        caplog.set_level("DEBUG")
        vendor.fail_all(fault)
        client = make_client(timeouts=Timeouts(connect_s=0.3, read_s=0.3, total_s=0.4))
        user_id, _ = sessions_of(vendor)
        with pytest.raises(errors.AsleepError) as caught:
            client.get_user(user_id)
        assert vendor.api_key not in caplog.text + repr(caught.value) + str(vars(caught.value)) + repr(
            vars(client)
        )
        assert user_id not in str(caught.value)


class TestC9ABatchIsHonest:
    """Every person ends as ok or failed with a reason, the counts add up, and the next run goes on."""

    def test_with_one_call_in_ten_failing(self, tmp_path: Path) -> None:
        world = simulated_world(people=12, nights=10, seed=9, until=UNTIL, now=NOW)
        # No repetition gets over this one: a call that meets it fails its person.
        with serve(world, faults=(Fault(kind="redirect", share=0.1),)) as vendor:
            settings = Settings(
                asleep_api_key=vendor.api_key,  # type: ignore[arg-type]
                asleep_base_url=vendor.address,
                nocturne_data_dir=tmp_path / "data",
                nocturne_rate_limit_per_second=1000,
                nocturne_sync_days=30,
            )
            application = build(settings, now=lambda: NOW)
            actor = local_actor(application.organisation)
            try:
                import_people(application, actor, roster_csv(vendor))
                progress = synchronise(application, actor, application.people())
                assert progress.people == 12
                assert progress.people_complete + len(progress.failures) == 12
                assert 0 < len(progress.failures) < 12
                assert all(failure.reason for failure in progress.failures)
                for _ in range(20):
                    if not progress.failures:
                        break
                    progress = synchronise(application, actor, application.people())
                assert not progress.failures
                for person in application.people():
                    theirs = next(one for one in world.people if one.user_id == person.vendor_id)
                    frame = application.archive.sessions(application.organisation, person.person_id).frame
                    assert set(frame["session_id"]) == {
                        session.id for session in world.diary.sessions(theirs)
                    }
            finally:
                application.close()
