"""When a change may be called a trend, and when a line must break."""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.trends import PRACTICAL, last_slopes, mann_kendall, trend
from analytics.wording import NBSP

START = "2026-01-05"


def days(number: int) -> pd.DatetimeIndex:
    return pd.date_range(START, periods=number)


def steady(number: int, per_day: float, noise: float = 1.0) -> np.ndarray:
    # Alternating noise: no two values tie, and the direction is in the slope alone.
    return 420 + per_day * np.arange(number) + noise * np.where(np.arange(number) % 2, 1, -1)


def test_a_rise_and_a_fall_are_named() -> None:
    assert trend(days(28), steady(28, 2), practical=15).verdict == "rising"
    assert trend(days(28), steady(28, -2), practical=15).verdict == "falling"


def test_13_nights_are_too_few_and_14_are_not() -> None:
    every_other = days(40)[::2]
    for nights, verdict in ((13, "too few"), (14, "rising")):
        assert trend(every_other[:nights], steady(nights, 4), practical=15).verdict == verdict


def test_20_days_are_too_short_and_21_are_not() -> None:
    for span, verdict in ((20, "too few"), (21, "rising")):
        found = trend(days(span), steady(span, 2), practical=15)
        assert (found.verdict, found.span_days) == (verdict, span)


def test_a_sure_change_that_is_too_small_is_none() -> None:
    found = trend(days(28), steady(28, 0.5, noise=0.1), practical=15)
    assert found.p < 0.001
    assert found.verdict == "none"
    assert trend(days(28), steady(28, 0.5, noise=0.1), practical=14).verdict == "rising"


def test_a_large_change_that_may_be_chance_is_none() -> None:
    values = 420 + np.random.default_rng(3).normal(0, 60, 28)
    found = trend(days(28), values, practical=1)
    assert found.p > 0.05
    assert abs(found.slope_per_week) * 4 > 1
    assert found.verdict == "none"


def test_from_8_weeks_the_weeks_must_agree() -> None:
    # 56 nights in 8 levels, up and down from week to week: as nights they rise, as weeks that may be chance.
    levels = np.repeat([0, 3, 1, 4, 2, 5, 3, 2], 7)
    values = 420 + 10 * levels + np.tile(np.arange(7), 8)
    found = trend(days(56), values, practical=1)
    assert found.p < 0.05
    assert found.p_weekly > 0.05
    assert found.verdict == "none"


def test_weeks_that_go_the_other_way_do_not_agree() -> None:
    # Eight full weeks fall; then 30 weeks of two nights, too few for a median, lie far above them.
    full = np.arange(56)
    sparse = np.array([day for week in range(8, 38) for day in (7 * week, 7 * week + 1)])
    values = np.r_[420 - full / 7, 500 + sparse * 0.01]
    found = trend(days(300)[np.r_[full, sparse]], values, practical=15)
    assert found.p < 0.05
    assert found.p_weekly < 0.05
    assert found.slope_per_week > 0
    assert found.verdict == "none"


def test_below_8_weeks_the_weeks_are_not_asked() -> None:
    assert math.isnan(trend(days(55), steady(55, 2), practical=15).p_weekly)
    found = trend(days(56), steady(56, 2), practical=15)
    assert found.p_weekly < 0.05
    assert found.verdict == "rising"


def test_a_constant_long_series_is_none() -> None:
    found = trend(days(70), [420] * 70, practical=15)
    assert (found.verdict, found.slope_per_week) == ("none", 0)
    assert np.isnan([found.tau, found.p, found.p_weekly]).all()


def test_gaps_do_not_make_a_slope_steeper() -> None:
    every = trend(days(41), steady(41, 2, noise=0), practical=15)
    some = trend(days(41)[::2], steady(41, 2, noise=0)[::2], practical=15)
    assert some.slope_per_week == pytest.approx(every.slope_per_week) == pytest.approx(14)


def test_a_missing_night_is_no_night() -> None:
    values = steady(28, 2)
    values[[0, 5, 27]] = np.nan
    found = trend(days(28), values, practical=15)
    assert (found.nights, found.span_days) == (25, 26)
    assert (found.first, found.last) == (days(28)[1], days(28)[26])


def test_the_order_of_nights_does_not_matter() -> None:
    shuffled = np.random.default_rng(5).permutation(28)
    values = steady(28, 2)
    found = trend(days(28)[shuffled], values[shuffled], practical=15)
    # Compared as text: a value that does not exist is not equal to itself.
    assert repr(found) == repr(trend(days(28), values, practical=15))


@pytest.mark.parametrize("nights", [0, 1, 2])
def test_hardly_any_nights_are_too_few_without_warnings(nights: int) -> None:
    found = trend(days(nights), steady(nights, 1), practical=15)
    assert (found.verdict, found.nights, found.span_days) == ("too few", nights, nights)
    assert math.isnan(found.p)
    assert (found.first is None) == (nights == 0)


def test_four_nights_have_a_slope_and_no_interval() -> None:
    for nights in (4, 5):
        found = trend(days(nights), steady(nights, 2), practical=15)
        assert not math.isnan(found.slope_per_week)
        assert np.isnan([found.low_per_week, found.high_per_week]).tolist() == [nights < 5] * 2


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (steady(13, 2), "a trend needs 14 nights over 21 days, not 13 nights in 13 days"),
        (steady(28, 2), "rising over 28 nights in 28 days"),
        (steady(28, 0.1, noise=0.01), "the change over 28 nights in 28 days is smaller than what matters"),
        (
            420 + np.random.default_rng(3).normal(0, 60, 28),
            "the change may be chance; 28 nights in 28 days",
        ),
        (
            420 + 10 * np.repeat([0, 3, 1, 4, 2, 5, 3, 2], 7) + np.tile(np.arange(7), 8),
            "the nights change, but the medians of the weeks do not agree; 56 nights in 56 days",
        ),
    ],
)
def test_why_it_is_no_trend_is_said(values: np.ndarray, reason: str) -> None:
    found = trend(days(len(values)), values, practical=15)
    assert found.reason.replace(NBSP, " ") == reason


def test_weeks_of_two_nights_cannot_confirm_a_change() -> None:
    sparse = np.array([day for week in range(9) for day in (7 * week, 7 * week + 3)])
    found = trend(days(63)[sparse], 420 + 2.0 * sparse, practical=15)
    assert (found.verdict, found.p < 0.001) == ("none", True)
    assert found.reason.replace(NBSP, " ").startswith(
        "too few weeks have 3 nights to confirm the change; 18 nights"
    )


def test_ties_make_the_test_surer_of_less() -> None:
    found = mann_kendall([1, 1, 2, 2, 3, 3])
    # 12 pairs rise, 3 are tied: var = (6 * 5 * 17 - 3 * 2 * 1 * 9) / 18.
    assert (found.s, found.values) == (12, 6)
    assert found.z == pytest.approx(11 / math.sqrt((510 - 54) / 18))
    assert found.tau == pytest.approx(12 / math.sqrt(15 * 12))


@pytest.mark.parametrize("values", [[], [1], [1, 2], [5, 5, 5]])
def test_two_values_or_equal_ones_cannot_be_tested(values: list[float]) -> None:
    found = mann_kendall(values)
    assert np.isnan([found.tau, found.z, found.p]).all()


def test_practical_changes_are_stated_for_what_is_tested() -> None:
    assert PRACTICAL == {"tst_min": 15, "se_pct": 2, "midsleep": 15}


def test_the_last_slope_looks_back_28_days_and_needs_14_nights_over_21() -> None:
    start = np.arange(28)
    people = [start, start[:13], np.r_[0:20], np.r_[0:13, 20], start - 1, start - 28]
    owner = np.repeat(np.arange(len(people)), [len(person) for person in people])
    day = np.concatenate(people)
    found = last_slopes(owner, day, 2.0 * day, people=len(people) + 1, last=27)
    assert found.nights.tolist() == [28, 13, 20, 14, 27, 0, 0]
    np.testing.assert_allclose(found.per_week, [14, math.nan, math.nan, 14, 14, math.nan, math.nan])


def test_everybody_may_have_a_last_day_of_their_own() -> None:
    owner, day = np.repeat([0, 1], 40), np.tile(np.arange(40), 2)
    values = np.where(day < 28, day, 54 - day)
    found = last_slopes(owner, day, values, people=2, last=[27, 39])
    alone = trend(days(40)[12:], values[12:40], practical=15)
    np.testing.assert_allclose(found.per_week, [7, alone.slope_per_week])


def test_a_window_too_short_for_a_slope_is_refused() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match="a window of 21 days or more, not 20"):
        last_slopes(nobody, nobody, [], people=1, last=0, window_days=20)
    assert np.isnan(last_slopes(nobody, nobody, [], people=1, last=0).per_week).all()
