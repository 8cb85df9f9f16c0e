"""When a level counts as changed, and that no better cut of the nights exists."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analytics.change_points import (
    change_points,
    noise_sd,
    segment_ends,
)

START = "2026-01-05"


def days(number: int) -> pd.DatetimeIndex:
    return pd.date_range(START, periods=number)


def levels(*parts: tuple[int, float], noise: float = 4, seed: int = 1) -> np.ndarray:
    level = np.concatenate([np.full(nights, value, dtype=float) for nights, value in parts])
    return level + np.random.default_rng(seed).normal(0, noise, len(level))


def cost(y: np.ndarray, ends: tuple[int, ...], penalty: float) -> float:
    parts = np.split(y, ends[:-1])
    return sum(float(((part - part.mean()) ** 2).sum()) + penalty for part in parts)


def least_cost(y: np.ndarray, penalty: float, minimum: int) -> float:
    """The least over every way to cut the values, by trying all of them."""
    inner = range(minimum, len(y) - minimum + 1)
    ways = [
        (*cut, len(y))
        for steps in range(len(y) // minimum)
        for cut in combinations(inner, steps)
        if all(b - a >= minimum for a, b in zip((0, *cut), (*cut, len(y)), strict=True))
    ]
    return min(cost(y, way, penalty) for way in ways)


@pytest.mark.parametrize("seed", range(40))
def test_no_cut_is_better_than_the_one_that_is_found(seed: int) -> None:
    chance = np.random.default_rng(seed)
    minimum = int(chance.integers(1, 6))
    y = chance.normal(0, chance.choice([0.5, 3]), int(chance.integers(5, 13 if minimum < 3 else 22)))
    y += np.repeat(chance.normal(0, 5, len(y)), minimum + 1)[: len(y)]
    for penalty in (0.01, 0.5, 4, 30):
        ends = segment_ends(y, penalty=penalty, minimum=minimum)
        sizes = np.diff((0, *ends))
        assert ends[-1] == len(y)
        assert len(ends) == 1 or sizes.min() >= minimum
        assert cost(y, ends, penalty) == pytest.approx(least_cost(y, penalty, minimum), abs=1e-9)


def slow_best(y: np.ndarray, penalty: float, minimum: int) -> float:
    """The recursion without dropping any start."""
    best = [0.0] + [math.inf] * len(y)
    for end in range(minimum, len(y) + 1):
        best[end] = min(
            best[start] + cost(y[start:end], (end - start,), penalty)
            for start in (0, *range(minimum, end - minimum + 1))
        )
    return best[-1]


@pytest.mark.parametrize("seed", range(12))
def test_dropping_starts_loses_nothing_over_many_nights(seed: int) -> None:
    chance = np.random.default_rng(seed)
    y = chance.normal(0, 3, 120) + np.repeat(chance.normal(0, 8, 20), 6)
    penalty = float(chance.choice([1, 20, 100, 900]))
    found = segment_ends(y, penalty=penalty)
    assert cost(y, found, penalty) == pytest.approx(slow_best(y, penalty, 5), rel=1e-12)


def test_a_step_is_dated_by_the_nights_on_both_sides_of_it() -> None:
    kept = np.r_[0:12, 20:36]
    found = change_points(days(40)[kept], levels((12, 430), (16, 380)))
    (step,) = found.steps
    assert (step.last_before, step.first_after) == (days(40)[11], days(40)[20])
    assert (step.nights_before, step.nights_after) == (12, 16)
    assert step.shift == step.mean_after - step.mean_before == pytest.approx(-50, abs=5)
    assert found.reason == "1\u00a0change of level in 28\u00a0nights"


def test_steps_up_and_down_are_both_found() -> None:
    found = change_points(days(60), levels((20, 400), (20, 460), (20, 410)))
    assert [step.nights_before for step in found.steps] == [20, 20]
    assert [step.shift > 0 for step in found.steps] == [True, False]
    assert found.steps[0].mean_after == found.steps[1].mean_before


def test_nights_around_one_level_have_no_step() -> None:
    found = change_points(days(28), levels((28, 430), noise=20))
    assert found.steps == ()
    assert found.reason == "no change of level in 28\u00a0nights"


def test_20_nights_are_too_few_and_21_are_not() -> None:
    values = levels((10, 430), (11, 330))
    few = change_points(days(20), values[:20])
    assert few.steps == ()
    assert math.isnan(few.sigma)
    assert math.isnan(few.penalty)
    assert few.reason == "a change of level needs 21 nights, not 20\u00a0nights"
    assert len(change_points(days(21), values).steps) == 1


def test_a_level_of_4_nights_is_none_of_its_own() -> None:
    for nights, steps in ((4, 0), (5, 1)):
        found = change_points(days(24), levels((24 - nights, 430), (nights, 330)))
        assert all(min(step.nights_before, step.nights_after) >= 5 for step in found.steps)
        assert any(step.nights_after == nights for step in found.steps) == bool(steps)


def test_missing_nights_and_order_do_not_matter() -> None:
    values = levels((14, 430), (14, 380))
    shuffled = np.random.default_rng(2).permutation(28)
    with_gaps = pd.DatetimeIndex([*days(28)[shuffled], *days(40)[28:]])
    found = change_points(with_gaps, [*values[shuffled], *[math.nan] * 12])
    assert found == change_points(days(28), values)


@pytest.mark.parametrize("values", [[420.0] * 30, (420 + 0.1 * np.arange(30)).tolist()])
def test_nights_that_do_not_scatter_have_no_step(values: list[float]) -> None:
    found = change_points(days(30), values)
    assert found.steps == ()
    assert found.reason == "the nights do not scatter, so a change cannot be told from noise"


def test_one_step_between_equal_nights_is_found() -> None:
    # More than half of the differences are 0, so that their median deviation sees no noise at all.
    found = change_points(days(30), [420.0] * 15 + [380.0] * 15)
    assert [(step.nights_before, step.shift) for step in found.steps] == [(15, -40)]


def test_noise_is_that_of_neighbours_not_of_the_step() -> None:
    noise = np.random.default_rng(3).normal(0, 10, 4000)
    assert noise_sd(noise) == pytest.approx(10, rel=0.05)
    assert noise_sd(noise + np.repeat([0, 1000], 2000)) == pytest.approx(10, rel=0.05)
    assert noise_sd([1, 2]) == 0


def test_hardly_any_values_are_one_segment() -> None:
    assert segment_ends([], penalty=1) == ()
    assert segment_ends([3], penalty=1) == (1,)
    assert segment_ends([1, 1, 1, 1, 9, 9, 9, 9], penalty=0.1) == (8,)
    assert segment_ends([1, 1, 1, 1, 9, 9, 9, 9], penalty=0.1, minimum=4) == (4, 8)
    with pytest.raises(ValueError, match="1 value or more, not 0"):
        segment_ends([1, 2], penalty=1, minimum=0)
