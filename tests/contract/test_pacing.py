"""All threads together keep the pace, and nobody waits longer than they would."""

import itertools
import math
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.pacing import SHARE_OF_RATE, Pacer


class Clock:
    """A clock that stands still except while somebody sleeps on it."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def test_turns_are_spaced_at_98_percent_of_the_rate() -> None:
    clock = Clock()
    pacer = Pacer(5, clock=clock, sleep=clock.sleep)
    turns_s = []
    for _ in range(4):
        assert pacer.wait()
        turns_s.append(clock.now_s - 100)
    assert turns_s == pytest.approx([0, 1 / 4.9, 2 / 4.9, 3 / 4.9])


def test_time_not_used_is_not_saved_up() -> None:
    clock = Clock()
    pacer = Pacer(1, clock=clock, sleep=clock.sleep)
    pacer.wait()
    clock.now_s += 60
    began_s = clock.now_s
    pacer.wait()
    pacer.wait()
    assert clock.now_s - began_s == pytest.approx(1 / SHARE_OF_RATE)


def test_without_a_rate_nobody_waits() -> None:
    def never(_: float) -> None:
        raise AssertionError("an unpaced call slept")

    pacer = Pacer(None, sleep=never)
    assert all(pacer.wait(within_s=0) for _ in range(1000))


def test_a_turn_too_late_is_refused_at_once_and_costs_nobody_theirs() -> None:
    clock = Clock()
    pacer = Pacer(1, clock=clock, sleep=clock.sleep)
    pacer.wait()
    began_s = clock.now_s
    assert not pacer.wait(within_s=0.5)
    assert clock.now_s == began_s
    assert pacer.wait(within_s=2)
    assert clock.now_s - began_s == pytest.approx(1 / SHARE_OF_RATE)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused_with_what_to_write(rate: float) -> None:
    with pytest.raises(ValueError, match="or None for no limit"):
        Pacer(rate)


def test_a_sleeping_thread_does_not_keep_others_from_booking() -> None:
    asleep, wake = threading.Event(), threading.Event()
    slept_s: list[float] = []

    def sleep(seconds: float) -> None:
        slept_s.append(seconds)
        if threading.current_thread() is sleeper:
            asleep.set()
            assert wake.wait(5)

    pacer = Pacer(10, clock=lambda: 100.0, sleep=sleep)
    pacer.wait()
    sleeper = threading.Thread(target=pacer.wait)
    sleeper.start()
    assert asleep.wait(5)
    pacer.wait()  # would hang here if the sleeper held the lock
    wake.set()
    sleeper.join(5)
    assert slept_s == pytest.approx([1 / 9.8, 2 / 9.8])


@given(
    rate=st.floats(0.1, 1000),
    pauses_s=st.lists(st.floats(0, 3), max_size=40),
    patience_s=st.floats(0, 2),
)
def test_no_two_turns_are_ever_closer_than_the_spacing(
    rate: float, pauses_s: list[float], patience_s: float
) -> None:
    clock = Clock()
    pacer = Pacer(rate, clock=clock, sleep=clock.sleep)
    turns_s = []
    for pause_s in pauses_s:
        clock.now_s += pause_s
        if pacer.wait(within_s=patience_s):
            turns_s.append(clock.now_s)
    gaps_s = [later - earlier for earlier, later in itertools.pairwise(turns_s)]
    assert all(gap_s >= 1 / (SHARE_OF_RATE * rate) - 1e-9 for gap_s in gaps_s)


def test_eight_real_threads_stay_within_five_percent_of_the_rate() -> None:
    rate, turns = 200, 120
    pacer, lock = Pacer(rate), threading.Lock()
    times_s: list[float] = []

    def work() -> None:
        for _ in range(turns // 8):
            pacer.wait()
            with lock:
                times_s.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times_s) == turns
    assert (turns - 1) / (max(times_s) - min(times_s)) <= rate * 1.05
