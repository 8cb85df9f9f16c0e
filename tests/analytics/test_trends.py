"""When a change may be called a trend, and when a line must break."""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.trends import PRACTICAL, period_reliability, reliability, rolling_mean, trend

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


def test_practical_changes_are_stated_for_what_is_tested() -> None:
    assert PRACTICAL == {"tst_min": 15, "se_pct": 2, "midsleep": 15}


def test_a_line_breaks_where_fewer_than_4_of_7_nights_are_there() -> None:
    kept = [0, 1, 2, 3, 10, 11, 12, 13]
    found = rolling_mean(days(14)[kept], np.array([1, 2, 3, 4, 5, 6, 7, 8.0]))
    assert found.index.equals(days(14))
    assert found.isna().tolist() == [True] * 3 + [False] * 4 + [True] * 6 + [False]
    assert found.iloc[3] == 2.5
    assert found.iloc[13] == 6.5


def test_a_day_with_two_values_counts_once() -> None:
    twice = pd.DatetimeIndex([*days(4), *days(1)])
    assert rolling_mean(twice, [10, 1, 1, 1, 30]).iloc[-1] == pytest.approx(23 / 4)


def test_an_empty_series_has_an_empty_mean() -> None:
    assert rolling_mean(days(0), []).empty


def test_dates_of_a_column_are_days_too() -> None:
    column = pd.Series(days(5))[[4, 2, 0, 1, 3]]
    assert rolling_mean(column, [5, 3, 1, 2, 4]).tolist()[3:] == [2.5, 3.0]


@pytest.mark.parametrize(
    ("nights", "weekly", "statistic", "verdict"),
    [
        (2, True, "mean", "suppressed"),
        (3, True, "mean", "low"),
        (4, True, "mean", "low"),
        (5, True, "mean", "good"),
        (4, False, "mean", "suppressed"),
        (9, False, "mean", "low"),
        (10, False, "mean", "good"),
        (5, True, "variability", "suppressed"),
        (6, True, "variability", "good"),
        (10, False, "variability", "suppressed"),
        (17, False, "variability", "low"),
        (18, False, "variability", "good"),
    ],
)
def test_how_many_nights_a_figure_needs(nights: int, weekly: bool, statistic: str, verdict: str) -> None:
    assert reliability(nights, weekly=weekly, statistic=statistic) == verdict  # type: ignore[arg-type]


def test_another_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match='"mean" or "variability", not "median"'):
        reliability(5, statistic="median")  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "needed"), [(5, 6), (7, 6), (8, 11), (28, 11)])
def test_a_period_longer_than_a_week_is_judged_as_a_month(days: int, needed: int) -> None:
    verdicts = [period_reliability(n, days=days, statistic="variability") for n in (needed - 1, needed)]
    assert [verdict == "suppressed" for verdict in verdicts] == [True, False]
