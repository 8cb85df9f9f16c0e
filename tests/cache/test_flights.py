"""Equal questions asked at the same time are one question."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cache.flights import Flights


def test_fifty_threads_that_ask_together_are_one_flight() -> None:
    flights, calls, start = Flights(), list[int](), threading.Barrier(50)

    def work() -> str:
        calls.append(1)
        time.sleep(0.2)
        return "answer"

    def ask(_: int) -> str:
        start.wait()
        return flights.share("question", work)

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(ask, range(50))) == {"answer"}
    assert len(calls) == 1


def test_other_questions_fly_alone_and_later_ones_again() -> None:
    flights, calls = Flights(), list[str]()
    for key in ("a", "b", "a"):
        flights.share(key, lambda key=key: calls.append(key))  # type: ignore[misc]
    assert calls == ["a", "b", "a"]


def test_an_error_is_raised_for_everybody_who_waited() -> None:
    flights, calls, start = Flights(), list[int](), threading.Barrier(5)

    def work() -> None:
        calls.append(1)
        time.sleep(0.2)
        raise OSError("no luck")

    def ask(_: int) -> str:
        start.wait()
        try:
            flights.share("question", work)
        except OSError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(ask, range(5))) == ["no luck"] * 5
    assert len(calls) == 1
    assert flights.share("question", lambda: "again") == "again"


def test_who_needs_newer_waits_for_the_flight_and_shares_the_next() -> None:
    flights, calls, taken_off, land = Flights(), list[str](), threading.Event(), threading.Event()

    def old() -> str:
        taken_off.set()
        assert land.wait(5)
        return "old"

    def new() -> str:
        calls.append("new")
        time.sleep(0.05)
        return "new"

    with ThreadPoolExecutor(21) as pool:
        first = pool.submit(flights.share, "question", old)
        assert taken_off.wait(5)
        after_s = time.monotonic()
        others = [pool.submit(flights.share, "question", new, begun_after_s=after_s) for _ in range(20)]
        time.sleep(0.05)
        assert not any(other.done() for other in others)
        land.set()
        assert first.result(5) == "old"
        assert {other.result(5) for other in others} == {"new"}
    assert len(calls) == 1


def test_a_thread_that_is_stopped_does_not_stop_the_others() -> None:
    flights, taken_off, land = Flights(), threading.Event(), threading.Event()

    def stopped() -> str:
        taken_off.set()
        assert land.wait(5)
        raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(flights.share, "question", stopped)
        assert taken_off.wait(5)
        second = pool.submit(flights.share, "question", lambda: "mine")
        time.sleep(0.05)
        land.set()
        assert second.result(5) == "mine"
        with pytest.raises(KeyboardInterrupt):
            first.result(5)
