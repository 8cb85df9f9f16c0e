"""Pauses have full jitter, and repetitions a budget."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from asleep.patience import Backoff, RetryBudget


def test_pauses_are_spread_from_nothing_to_the_longest_that_doubles() -> None:
    backoff = Backoff(first_s=0.5, longest_s=4)
    for attempt, longest_s in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (9, 4.0)):
        pauses_s = [backoff.pause_s(attempt) for _ in range(2000)]
        assert 0 <= min(pauses_s) < longest_s * 0.01
        assert longest_s * 0.99 < max(pauses_s) <= longest_s
        mean_s = sum(pauses_s) / len(pauses_s)
        assert 0.45 * longest_s < mean_s < 0.55 * longest_s


def test_a_pause_that_was_asked_for_is_kept_and_spread_beyond() -> None:
    pauses_s = [Backoff(first_s=0.5).pause_s(1, at_least_s=2) for _ in range(500)]
    assert 2 <= min(pauses_s) < 2.02
    assert 2.4 < max(pauses_s) <= 2.5


def test_an_outage_ends_the_repetitions_and_answers_bring_them_back() -> None:
    budget = RetryBudget(capacity=100, cost=5, silent_cost=10)
    assert [budget.spend(silent=True) for _ in range(12)] == [10] * 10 + [0, 0]
    for _ in range(4):
        budget.answered(0)
    assert budget.spend(silent=False) == 0
    budget.answered(0)
    assert budget.spend(silent=False) == 5
    assert budget.left == 0


def test_a_repetition_that_was_answered_costs_nothing_in_the_end() -> None:
    budget = RetryBudget(capacity=20)
    for _ in range(1000):
        budget.answered(budget.spend(silent=False) + budget.spend(silent=True))
    assert budget.left == 20


def test_threads_together_never_spend_more_than_there_is() -> None:
    budget, spent = RetryBudget(capacity=100, cost=1), list[int]()

    def spend() -> None:
        spent.extend(budget.spend(silent=False) for _ in range(50))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent) == 100


@given(st.lists(st.sampled_from(["silent", "refused", "answered"]), max_size=300))
def test_the_tokens_stay_between_none_and_all(steps: list[str]) -> None:
    budget, owed = RetryBudget(capacity=30), 0
    for step in steps:
        if step == "answered":
            budget.answered(owed)
            owed = 0
        else:
            owed += budget.spend(silent=step == "silent")
        assert 0 <= budget.left <= 30
