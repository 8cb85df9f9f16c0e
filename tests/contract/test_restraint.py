"""A refusal for the rate slows calls down at once; answers speed them up again, slowly."""

import pytest

from asleep.restraint import CUT, RECOVERY_S, Restraint


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def sending(restraint: Restraint, clock: Clock, *, per_second: float, seconds: float) -> None:
    for _ in range(int(per_second * seconds)):
        clock.now_s += 1 / per_second
        restraint.sent()


def test_without_a_refusal_nothing_is_held_back() -> None:
    restraint = Restraint(10)
    for _ in range(100):
        restraint.sent()
    assert not restraint.in_force
    assert restraint.free_in_s() == 0


@pytest.mark.parametrize("allowed", [None, 200.0])
def test_a_refusal_cuts_to_a_share_of_what_was_really_sent(allowed: float | None) -> None:
    clock = Clock()
    restraint = Restraint(allowed, clock=clock)
    sending(restraint, clock, per_second=50, seconds=3)
    restraint.refused()
    assert 1 / restraint.spacing_s == pytest.approx(CUT * 50, rel=0.03)


def test_refusals_of_calls_that_were_under_way_together_count_once() -> None:
    clock = Clock()
    restraint = Restraint(50, clock=clock)
    sending(restraint, clock, per_second=50, seconds=2)
    for _ in range(20):
        clock.now_s += 0.04
        restraint.refused()
    assert 1 / restraint.spacing_s > 50 * CUT * 0.95
    clock.now_s += 1
    restraint.refused()
    assert 1 / restraint.spacing_s < 50 * CUT * CUT


def test_it_recovers_within_a_minute_and_is_then_forgotten() -> None:
    clock = Clock()
    restraint = Restraint(50, clock=clock)
    sending(restraint, clock, per_second=50, seconds=2)
    restraint.refused()
    rates = []
    while restraint.in_force:
        clock.now_s += 1
        restraint.answered()
        rates.append(1 / restraint.spacing_s if restraint.spacing_s else 50)
    assert rates == sorted(rates)
    assert 0.25 * RECOVERY_S < len(rates) < RECOVERY_S


def test_without_an_allowed_rate_it_grows_until_it_is_not_felt() -> None:
    clock = Clock()
    restraint = Restraint(None, clock=clock)
    sending(restraint, clock, per_second=50, seconds=2)
    restraint.refused()
    for _ in range(60):
        clock.now_s += 1
        restraint.answered()
    assert 1 / restraint.spacing_s == pytest.approx(CUT * 50 * 2.718, rel=0.05)
    for _ in range(200):
        clock.now_s += 1
        restraint.answered()
    assert not restraint.in_force


def test_nobody_calls_while_the_service_asks_to_stay_away() -> None:
    clock = Clock()
    restraint = Restraint(50, clock=clock)
    restraint.refused(retry_after_s=7)
    assert restraint.free_in_s() == 7
    clock.now_s += 7
    assert restraint.free_in_s() == 0


def test_an_absurd_absence_is_cut_short() -> None:
    restraint = Restraint(50, clock=Clock())
    restraint.refused(retry_after_s=1e12)
    assert restraint.free_in_s() == 300


def test_it_never_comes_to_a_standstill() -> None:
    clock = Clock()
    restraint = Restraint(5, clock=clock)
    for _ in range(200):
        clock.now_s += 2
        restraint.refused()
    assert restraint.spacing_s == 2
