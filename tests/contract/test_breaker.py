"""A service that is down is left alone, and one call finds out when it is back."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.breaker import Breaker, Pass


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def entered(breaker: Breaker) -> Pass:
    leave = breaker.enter()
    assert leave is not None
    return leave


def down(clock: Clock, *, failures: int = 5) -> Breaker:
    breaker = Breaker(failures=failures, rest_s=30, clock=clock)
    for _ in range(failures):
        breaker.settle(entered(breaker), up=False)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(failures=3)
    for _ in range(2):
        breaker.settle(entered(breaker), up=False)
    assert breaker.enter() is not None
    breaker.settle(entered(breaker), up=False)
    assert breaker.enter() is None
    assert 9 < breaker.rests_s() <= 10


def test_a_success_resets_the_count() -> None:
    breaker = Breaker(failures=2)
    for _ in range(50):
        breaker.settle(entered(breaker), up=False)
        breaker.settle(entered(breaker), up=True)
    assert breaker.enter() is not None


def test_calls_that_do_not_tell_are_not_counted() -> None:
    breaker = Breaker(failures=1)
    for _ in range(50):
        breaker.settle(entered(breaker), up=None)
    assert breaker.enter() is not None


def test_after_its_rest_one_probe_of_fifty_threads_goes_and_a_success_closes_it() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now_s += 29.9
    assert breaker.enter() is None
    clock.now_s += 0.1
    start, given_leave = threading.Barrier(50), list[Pass | None]()

    def ask() -> None:
        start.wait()
        given_leave.append(breaker.enter())

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probes = [leave for leave in given_leave if leave is not None]
    assert len(given_leave) == 50
    assert len(probes) == 1
    breaker.settle(probes[0], up=True)
    assert breaker.enter() is not None


def test_a_probe_that_fails_begins_a_new_rest() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now_s += 30
    breaker.settle(entered(breaker), up=False)
    clock.now_s += 29
    assert breaker.enter() is None
    clock.now_s += 1
    assert breaker.enter() is not None


def test_a_probe_that_does_not_tell_makes_room_for_another() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now_s += 30
    breaker.settle(entered(breaker), up=None)
    assert breaker.enter() is not None


def test_a_call_from_before_it_opened_says_nothing_about_the_probe() -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=30, clock=clock)
    late = entered(breaker)
    for _ in range(2):
        breaker.settle(entered(breaker), up=False)
    breaker.settle(late, up=True)
    assert breaker.enter() is None
    clock.now_s += 30
    probe = entered(breaker)
    breaker.settle(late, up=False)
    assert breaker.enter() is None, "the late failure must not make room for a second probe"
    breaker.settle(probe, up=True)
    breaker.settle(late, up=False)
    breaker.settle(late, up=False)
    assert breaker.enter() is not None


def test_a_wall_clock_that_is_set_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    breaker = Breaker(failures=1, rest_s=30)
    breaker.settle(entered(breaker), up=False)
    monkeypatch.setattr("time.time", lambda: 4e9)
    assert breaker.enter() is None


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"rest_s": 0}, {"rest_s": float("nan")}])
def test_a_breaker_that_could_not_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least 1 failure"):
        Breaker(**wrong)  # type: ignore[arg-type]


@given(st.lists(st.sampled_from(["up", "down", "unclear", "wait"]), max_size=200))
def test_it_never_lets_two_probes_go_and_always_ends_its_rest(steps: list[str]) -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=10, clock=clock)
    for step in steps:
        if step == "wait":
            clock.now_s += 10
            continue
        leave = breaker.enter()
        if leave is None:
            assert 0 < breaker.rests_s() <= 10
            continue
        if leave.probe:
            assert breaker.enter() is None
        breaker.settle(leave, up={"up": True, "down": False, "unclear": None}[step])
    clock.now_s += 10
    assert breaker.enter() is not None
