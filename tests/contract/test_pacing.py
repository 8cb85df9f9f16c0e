"""All threads together keep the pace, people before machines, and nobody waits longer than they would.

Processes that keep it together: tests/reliability/test_vendor_client.py, C4.
"""

import itertools
import math
import threading
import time
from collections.abc import Callable

import pytest

from asleep.pacing import SHARE_OF_RATE, Pacer
from asleep.turns import Turns
from tests.contract.pace import most_in_a_second


def in_threads(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("count", [1, 8])
def test_threads_together_stay_within_the_rate_and_waste_little_of_it(count: int) -> None:
    rate, turns = 100, 240
    pacer, lock = Pacer(rate), threading.Lock()
    moments_s: list[float] = []

    def work() -> None:
        for _ in range(turns // count):
            assert pacer.wait()
            with lock:
                moments_s.append(time.monotonic())

    in_threads(work, count)
    assert len(moments_s) == turns
    assert most_in_a_second(moments_s) <= rate * 1.05
    assert (turns - 1) / (max(moments_s) - min(moments_s)) > rate * 0.75  # a busy machine wakes threads late


def test_time_not_used_is_not_saved_up() -> None:
    pacer = Pacer(20)
    pacer.wait()
    time.sleep(0.5)
    began_s = time.monotonic()
    for _ in range(4):
        pacer.wait()
    assert time.monotonic() - began_s >= 3 / (SHARE_OF_RATE * 20) - 0.021


def test_without_a_rate_nobody_waits() -> None:
    pacer = Pacer(None)
    assert all(pacer.wait(within_s=0) for _ in range(1000))


def test_a_turn_too_late_is_refused_at_once_and_costs_nobody_theirs() -> None:
    pacer = Pacer(2)
    assert pacer.wait()
    began_s = time.monotonic()
    assert not pacer.wait(within_s=0.001)
    assert time.monotonic() - began_s < 0.1
    assert pacer.wait(within_s=2)
    assert time.monotonic() - began_s < 1 / (SHARE_OF_RATE * 2) + 0.1


def test_the_queue_ahead_counts_towards_a_turn_that_is_too_late() -> None:
    pacer = Pacer(5)
    pacer.wait()
    waiting = [threading.Thread(target=pacer.wait) for _ in range(5)]
    for thread in waiting:
        thread.start()
    time.sleep(0.05)
    began_s = time.monotonic()
    assert not pacer.wait(within_s=0.5)
    assert time.monotonic() - began_s < 0.1
    for thread in waiting:
        thread.join()


@pytest.mark.parametrize("rate", [2, 5, 20])
def test_a_modest_pace_is_kept_in_every_second(rate: int) -> None:
    pacer, moments_s = Pacer(rate), list[float]()
    until_s = time.monotonic() + 2.5
    while time.monotonic() < until_s:
        pacer.wait()
        moments_s.append(time.monotonic())
        time.sleep(0.3 if len(moments_s) == 3 else 0)  # a pause in which a turn passes by
    assert most_in_a_second(moments_s) <= rate


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused_with_what_to_write(rate: float) -> None:
    with pytest.raises(ValueError, match="or None for no limit"):
        Pacer(rate)


def test_a_click_goes_before_a_synchronisation_that_has_waited_longer() -> None:
    pacer, order, lock = Pacer(10), list[str](), threading.Lock()
    pacer.wait()

    def take(name: str, *, background: bool) -> None:
        assert pacer.wait(background=background)
        with lock:
            order.append(name)

    machines = [threading.Thread(target=take, args=("sync",), kwargs={"background": True}) for _ in range(6)]
    for thread in machines:
        thread.start()
    time.sleep(0.05)
    clicks = [threading.Thread(target=take, args=("click",), kwargs={"background": False}) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in (*machines, *clicks):
        thread.join()
    # One synchronisation may have had its turn before the clicks came.
    assert "click" not in order[3:]
    assert order.count("click") == 2


def test_nobody_holds_the_lock_while_waiting() -> None:
    pacer = Pacer(0.5)
    pacer.wait()
    sleeper = threading.Thread(target=pacer.wait, kwargs={"within_s": 2.5})
    sleeper.start()
    time.sleep(0.05)
    began_s = time.monotonic()
    pacer.refused()
    assert not pacer.wait(within_s=0.01)
    assert time.monotonic() - began_s < 0.1
    sleeper.join()


def test_a_wall_clock_that_is_set_does_not_disturb_a_single_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pacer = Pacer(50)
    pacer.wait()
    monkeypatch.setattr("time.time", lambda: 0.0)
    began_s = time.monotonic()
    for _ in range(10):
        assert pacer.wait(within_s=1)
    assert 0.1 < time.monotonic() - began_s < 0.5


def test_a_refusal_slows_everybody_down() -> None:
    pacer = Pacer(100)
    for _ in range(20):
        pacer.wait()
    pacer.refused()
    moments_s = []
    for _ in range(8):
        pacer.wait()
        moments_s.append(time.monotonic())
    gaps_s = [later - earlier for earlier, later in itertools.pairwise(moments_s)]
    assert sum(gaps_s) / len(gaps_s) > 1 / (100 * 0.75)


def test_a_common_clock_that_is_set_back_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(redis_url="redis://127.0.0.1:1/0", account="somebody")
    pacer = Pacer(50, turns=turns)
    assert pacer.wait(within_s=1)
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() - 600)
    began_s = time.monotonic()
    for _ in range(5):
        assert pacer.wait(within_s=1)
    assert time.monotonic() - began_s < 1


def test_a_wait_that_is_stopped_ends_soon() -> None:
    pacer, stop = Pacer(0.1), threading.Event()
    pacer.wait()
    waiting = threading.Thread(target=pacer.wait, kwargs={"stop": stop})
    waiting.start()
    time.sleep(0.05)
    stop.set()
    waiting.join(1)
    assert not waiting.is_alive()


def test_without_redis_one_process_keeps_the_pace_alone_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    turns = Turns(redis_url="redis://:canary-password@127.0.0.1:1/0", account="somebody")
    pacer = Pacer(100, turns=turns)
    began_s = time.monotonic()
    for _ in range(30):
        assert pacer.wait(within_s=2)
    assert time.monotonic() - began_s >= 28 / (SHARE_OF_RATE * 100)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Redis does not answer" in caplog.text
    assert "canary-password" not in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1", "redis://:canary-password@host:port/0", ""])
def test_an_address_that_is_no_redis_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="Write it like redis://") as refusal:
        Turns(redis_url=url, account="somebody")
    assert "canary" not in str(refusal.value)
    assert refusal.value.__context__ is None
