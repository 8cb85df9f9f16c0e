"""Whatever the series: the trend turns with it, and a mean is the mean of what the window holds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analytics.change_points import MINIMUM_SEGMENT, change_points
from analytics.reliability import period_gate
from analytics.sleep_debt import sleep_debt, sleep_need
from analytics.smoothing import lowess, rolling_mean, unwrapped_h
from analytics.trends import Trend, last_slopes, mann_kendall, trend
from analytics.weekdays import free_minus_work, weekday_profile

START = pd.Timestamp("2026-01-05")
Pairs = list[tuple[int, float]]


def drawn_at_once(nights: int, seed: int, slope: float) -> Pairs:
    """Many whole nights from one seed: drawn one by one, a list seldom grows past the gates."""
    chance = np.random.default_rng(seed)
    number = np.sort(chance.choice(81, nights, replace=False))
    values = np.round(410 + slope * number + chance.normal(0, 15, nights))
    return list(zip(number.tolist(), values.tolist(), strict=True))


many = st.builds(
    drawn_at_once, st.integers(10, 81), st.integers(0, 2**32 - 1), st.sampled_from([-2.0, 0.0, 0.5, 3.0])
)
series = many | st.lists(
    st.tuples(st.integers(0, 80), st.floats(200, 600)), max_size=40, unique_by=lambda pair: pair[0]
).map(sorted)
# Whole minutes: a shift or a doubling of them is exact, so that what is equal stays equal.
whole = many | st.lists(
    st.tuples(st.integers(0, 80), st.integers(380, 440)), max_size=40, unique_by=lambda pair: pair[0]
).map(sorted)
stepped = st.tuples(whole, st.integers(0, 80), st.integers(-90, 90)).map(
    lambda drawn: [(day, value + drawn[2] * (day > drawn[1])) for day, value in drawn[0]]
)


def split(pairs: Pairs) -> tuple[pd.DatetimeIndex, np.ndarray]:
    days = pd.DatetimeIndex([START + pd.Timedelta(days=day) for day, _ in pairs], dtype="datetime64[us]")
    return days, np.array([value for _, value in pairs], dtype=float)


def with_missing(pairs: Pairs, missing: set[int]) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """The same nights, and some without a value among, before and after them."""
    known = {day for day, _ in pairs}
    return split([*pairs, *((day, math.nan) for day in sorted(missing - known))])


gaps = st.sets(st.integers(-20, 100), max_size=12)


@settings(max_examples=100, deadline=None)
@given(pairs=series)
def test_a_series_upside_down_has_the_opposite_trend(pairs: Pairs) -> None:
    days, values = split(pairs)
    up, down = trend(days, values, practical=15), trend(days, -values, practical=15)
    assert_opposite(up, down)
    np.testing.assert_allclose(down.p, up.p)


@settings(max_examples=100, deadline=None)
@given(pairs=series)
def test_time_turned_round_turns_the_slope(pairs: Pairs) -> None:
    days, values = split(pairs)
    back = START + (START + pd.Timedelta(days=80) - days)
    there, again = trend(days, values, practical=15), trend(back, values, practical=15)
    np.testing.assert_allclose(again.slope_per_week, -there.slope_per_week, atol=1e-9)
    np.testing.assert_allclose([again.tau, again.p], [-there.tau, there.p])
    if there.span_days < 56:
        # Weeks are counted from the first day, so that over 8 weeks they are other weeks backwards.
        assert_opposite(there, again)


def assert_opposite(one: Trend, other: Trend) -> None:
    opposite = {"rising": "falling", "falling": "rising", "none": "none", "too few": "too few"}
    assert other.verdict == opposite[one.verdict]
    np.testing.assert_allclose(other.slope_per_week, -one.slope_per_week, atol=1e-9)
    np.testing.assert_allclose(
        [other.low_per_week, other.high_per_week], [-one.high_per_week, -one.low_per_week], atol=1e-9
    )


@settings(max_examples=100, deadline=None)
@given(pairs=whole, shift=st.integers(-1000, 1000))
def test_another_level_has_the_same_slope(pairs: Pairs, shift: int) -> None:
    days, values = split(pairs)
    here, there = trend(days, values, practical=15), trend(days, values + shift, practical=15)
    assert (there.verdict, there.nights, there.reason) == (here.verdict, here.nights, here.reason)
    for name in ("slope_per_week", "low_per_week", "high_per_week", "tau", "p", "p_weekly"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), err_msg=name)
    np.testing.assert_allclose(there.value_first, here.value_first + shift)


@settings(max_examples=100, deadline=None)
@given(pairs=stepped, missing=gaps)
def test_nights_without_a_value_change_nothing(pairs: Pairs, missing: set[int]) -> None:
    (days, values), (more, padded) = split(pairs), with_missing(pairs, missing)
    # Compared as text: a value that does not exist is not equal to itself.
    assert repr(trend(more, padded, practical=15)) == repr(trend(days, values, practical=15))
    assert repr(change_points(more, padded)) == repr(change_points(days, values))
    assert repr(free_minus_work(more, padded)) == repr(free_minus_work(days, values))
    pd.testing.assert_series_equal(lowess(more, padded), lowess(days, values), check_freq=False)
    pd.testing.assert_frame_equal(weekday_profile(more, padded), weekday_profile(days, values))


@settings(max_examples=100, deadline=None)
@given(pairs=series, practical=st.floats(0, 100))
def test_a_trend_is_only_named_through_its_gates(pairs: Pairs, practical: float) -> None:
    days, values = split(pairs)
    found = trend(days, values, practical=practical)
    assert found.nights == len(pairs)
    assert np.isnan([found.low_per_week, found.high_per_week]).tolist() == [found.nights < 5] * 2
    if found.verdict in {"rising", "falling"}:
        assert found.nights >= 14
        assert found.span_days >= 21
        assert found.p < 0.05
        assert abs(found.slope_per_week / 7 * found.span_days) >= practical
        assert found.span_days < 56 or found.p_weekly < 0.05
        assert (found.slope_per_week > 0) == (found.verdict == "rising") == (found.tau > 0)


@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.integers(0, 12), min_size=3, max_size=40).filter(lambda drawn: len(set(drawn)) > 1))
def test_the_test_of_a_trend_is_kendalls_with_a_step_for_continuity(values: list[int]) -> None:
    found = mann_kendall(values)
    number = range(len(values))
    scipys = stats.kendalltau(number, values, method="asymptotic")
    assert found.tau == pytest.approx(scipys.statistic)
    assert found.s == sum(np.sign(values[j] - values[i]) for j in number for i in range(j))
    if abs(found.s) > 1:
        without = abs(found.z) * abs(found.s) / (abs(found.s) - 1)
        assert 2 * stats.norm.sf(without) == pytest.approx(scipys.pvalue)
    else:
        assert found.p == 1


@settings(max_examples=100, deadline=None)
@given(pairs=series, window=st.integers(1, 10), minimum=st.integers(1, 10))
def test_a_rolling_mean_is_the_mean_of_its_window(pairs: Pairs, window: int, minimum: int) -> None:
    minimum = min(minimum, window)
    found = rolling_mean(*split(pairs), window_days=window, minimum=minimum)
    known = dict(pairs)
    for label, mean in found.items():
        day = (pd.Timestamp(str(label)) - START).days
        held = [known[d] for d in range(day - window + 1, day + 1) if d in known]
        expected = sum(held) / len(held) if len(held) >= minimum else math.nan
        np.testing.assert_allclose(mean, expected, rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(pairs=whole, shift=st.integers(-1000, 1000), scale=st.sampled_from([-1.0, 0.25, 4.0]))
def test_a_smooth_line_moves_with_its_nights(pairs: Pairs, shift: int, scale: float) -> None:
    days, values = split(pairs)
    line = lowess(days, values)
    assert len(line) == (len(pairs) if len(pairs) >= 14 else 0)
    np.testing.assert_allclose(lowess(days, scale * values + shift), scale * line + shift, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(pairs=stepped, shift=st.integers(-1000, 1000), scale=st.sampled_from([-2.0, -1.0, 0.25, 1.0, 8.0]))
def test_steps_stay_where_they_are_at_another_level_and_scale(pairs: Pairs, shift: int, scale: float) -> None:
    days, values = split(pairs)
    here, there = change_points(days, values), change_points(days, scale * values + shift)
    assert [step.first_after for step in there.steps] == [step.first_after for step in here.steps]
    np.testing.assert_allclose(there.sigma, abs(scale) * here.sigma)
    for one, other in zip(here.steps, there.steps, strict=True):
        np.testing.assert_allclose(other.shift, scale * one.shift, atol=1e-9)
        assert min(one.nights_before, one.nights_after) >= MINIMUM_SEGMENT
    assert here.nights >= 21 or not here.steps


@settings(max_examples=40, deadline=None)
@given(people=st.lists(whole, min_size=1, max_size=4), last=st.integers(0, 90), shuffle=st.randoms())
def test_the_last_slopes_of_many_are_those_of_each(people: list[Pairs], last: int, shuffle: object) -> None:
    rows = [(at, day, value) for at, pairs in enumerate(people) for day, value in pairs]
    shuffle.shuffle(rows)  # type: ignore[attr-defined]
    owner, day = (np.array([row[part] for row in rows], dtype=np.int64) for part in (0, 1))
    values = np.array([row[2] for row in rows], dtype=float)
    found = last_slopes(owner, day, values, people=len(people), last=last)
    for at, pairs in enumerate(people):
        inside = [pair for pair in pairs if last - 28 < pair[0] <= last]
        alone = trend(*split(inside), practical=15)
        assert found.nights[at] == alone.nights
        expected = math.nan if alone.verdict == "too few" else alone.slope_per_week
        np.testing.assert_allclose(found.per_week[at], expected, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(pairs=whole, shift=st.integers(-100, 100), free=st.integers(0, 2**32 - 1))
def test_free_days_differ_by_what_they_are_moved(pairs: Pairs, shift: int, free: int) -> None:
    days, values = split(pairs)
    is_free = np.random.default_rng(free).random(len(pairs)) < 0.4
    here = free_minus_work(days, values, free=is_free)
    there = free_minus_work(days, values + shift * is_free, free=is_free)
    for name in ("median_difference", "low", "high", "mean_difference", "hodges_lehmann"):
        np.testing.assert_allclose(getattr(there, name), getattr(here, name) + shift, atol=1e-9)
    turned = free_minus_work(days, values, free=~is_free)
    np.testing.assert_allclose(turned.hodges_lehmann, -here.hodges_lehmann)
    np.testing.assert_allclose(turned.p, here.p)


@settings(max_examples=100, deadline=None)
@given(slept=st.lists(st.none() | st.integers(0, 700), min_size=14, max_size=14), more=st.integers(0, 60))
def test_more_sleep_is_never_more_debt(slept: list[int | None], more: int) -> None:
    days = pd.date_range(START, periods=14)
    values, need = np.array(slept, dtype=float), sleep_need()
    less, rested = (sleep_debt(days, values + extra, need=need, last=days[-1]) for extra in (0, more))
    assert math.isnan(less.net_min) == (less.nights < 10)
    if less.nights >= 10:
        assert rested.net_min <= less.net_min <= less.shortfall_only_min
        assert less.net_min <= less.scaled_min
        assert rested.shortfall_only_min <= less.shortfall_only_min


@settings(max_examples=100, deadline=None)
@given(hours=st.lists(st.floats(0, 24, exclude_max=True) | st.just(math.nan), max_size=20))
def test_an_unwrapped_time_is_the_same_time_of_day(hours: list[float]) -> None:
    found = unwrapped_h(hours)
    if not np.isnan(found).all():
        apart = (found - np.array(hours) + 12) % 24 - 12
        np.testing.assert_allclose(apart[~np.isnan(hours)], 0, atol=1e-9)
        assert np.ptp(found[~np.isnan(found)]) <= 24


@given(nights=st.integers(0, 60), days=st.integers(1, 60), statistic=st.sampled_from(["mean", "variability"]))
def test_another_night_never_closes_a_gate(nights: int, days: int, statistic: str) -> None:
    order = {"suppressed": 0, "low": 1, "good": 2}
    fewer, more = (period_gate(count, days=days, statistic=statistic) for count in (nights, nights + 1))  # type: ignore[arg-type]
    assert order[fewer.verdict] <= order[more.verdict]
    assert fewer.shown == (fewer.nights >= fewer.low_from)
    assert (fewer.words == "") == (fewer.verdict == "good") == (nights >= fewer.good_from)


@settings(max_examples=100, deadline=None)
@given(pairs=series.filter(lambda pairs: len(pairs) >= 5))
def test_the_line_of_theil_and_sen_is_that_of_scipy_to_the_last_digit(pairs: Pairs) -> None:
    days, values = split(pairs)
    found = trend(days, values, practical=15)
    number = np.array([day - pairs[0][0] for day, _ in pairs], dtype=float)
    line = stats.theilslopes(values, number, alpha=0.95)
    assert found.value_first == line.intercept
    assert found.slope_per_week == line.slope * 7
    assert (found.low_per_week, found.high_per_week) == (line.low_slope * 7, line.high_slope * 7)
    assert found.value_last == line.intercept + line.slope * number[-1]


@settings(max_examples=50, deadline=None)
@given(
    free=st.lists(st.integers(300, 600), min_size=5, max_size=20),
    work=st.lists(st.integers(300, 600), min_size=5, max_size=45),
)
def test_the_interval_is_that_of_resamples_drawn_one_by_one(free: list[int], work: list[int]) -> None:
    days = pd.date_range(START, periods=len(free) + len(work))
    is_free = np.arange(len(days)) < len(free)
    found = free_minus_work(days, [*free, *work], free=is_free)
    chance = np.random.default_rng(42)
    medians = [
        np.median(np.array(nights)[chance.integers(0, len(nights), (9999, len(nights)))], axis=1)
        for nights in (free, work)
    ]
    assert [found.low, found.high] == np.percentile(medians[0] - medians[1], (2.5, 97.5)).tolist()
