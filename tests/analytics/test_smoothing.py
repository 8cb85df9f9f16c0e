"""A line through nights: the one of statsmodels, on nights only, across midnight without a jump."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.nonparametric.smoothers_lowess import lowess as reference

from analytics.smoothing import broken_at_gaps, lowess, rolling_mean, unwrapped_h

START = pd.Timestamp("2026-01-05")


def scattered(nights: int, seed: int = 1) -> tuple[pd.DatetimeIndex, np.ndarray]:
    chance = np.random.default_rng(seed)
    number = np.sort(chance.choice(2 * nights, nights, replace=False))
    values = 420 + 20 * np.sin(number / 9) + chance.normal(0, 30, nights)
    values[chance.integers(0, nights, 2)] -= 200
    return START + pd.to_timedelta(number, unit="D"), values


@pytest.mark.parametrize("nights", [14, 15, 40, 365])
def test_the_line_is_that_of_statsmodels(nights: int) -> None:
    days, values = scattered(nights)
    number = (days - START).days.to_numpy(dtype=float)
    found = lowess(days, values)
    assert found.index.equals(days)
    np.testing.assert_allclose(found, reference(values, number, frac=0.5, it=3)[:, 1], rtol=1e-9)


def test_13_nights_have_no_line_and_14_have() -> None:
    days, values = scattered(14)
    assert lowess(days[:13], values[:13]).empty
    assert lowess(days, values).notna().all()
    assert lowess(days[:0], []).empty


def test_the_line_goes_neither_beyond_the_nights_nor_into_a_gap() -> None:
    days, values = scattered(30)
    missing = values.copy()
    missing[[0, 10, 11, 29]] = math.nan
    found = lowess(days, missing)
    assert found.index.equals(days.delete([0, 10, 11, 29]))
    assert found.notna().all()


def test_the_order_of_nights_does_not_matter() -> None:
    days, values = scattered(30)
    shuffled = np.random.default_rng(5).permutation(30)
    pd.testing.assert_series_equal(lowess(days[shuffled], values[shuffled]), lowess(days, values))


def test_one_wild_night_does_not_pull_the_line() -> None:
    days = pd.date_range(START, periods=40)
    values = 420 + np.where(np.arange(40) % 2, 3.0, -3.0)
    wild = values.copy()
    wild[20] = 60
    assert abs(lowess(days, wild) - lowess(days, values)).max() < 1


def test_nights_on_a_line_stay_on_it() -> None:
    days = pd.date_range(START, periods=30)
    np.testing.assert_allclose(lowess(days, 400 + 2.0 * np.arange(30)), 400 + 2.0 * np.arange(30))
    np.testing.assert_allclose(lowess(days, [420] * 30), 420)


def test_bedtimes_around_midnight_make_a_line_that_does_not_jump() -> None:
    days = pd.date_range(START, periods=28)
    drift = 23.5 + np.arange(28) / 27
    line = lowess(days, unwrapped_h(drift % 24))
    np.testing.assert_allclose(line % 24, drift % 24, atol=1e-9)
    assert abs(np.diff(line)).max() < 0.1


def test_times_of_day_lie_within_12_hours_of_their_mean() -> None:
    np.testing.assert_allclose(unwrapped_h([23.5, 0.5]), [-0.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(unwrapped_h([22, math.nan, 1]), [-2, math.nan, 1])
    np.testing.assert_allclose(unwrapped_h([8, 16]), [8, 16])
    assert np.isnan(unwrapped_h([23, 7, 15])).all()
    assert unwrapped_h([]).shape == (0,)


def test_a_line_breaks_where_fewer_than_4_of_7_nights_are_there() -> None:
    days = pd.date_range(START, periods=14)
    kept = [0, 1, 2, 3, 10, 11, 12, 13]
    found = rolling_mean(days[kept], np.array([1, 2, 3, 4, 5, 6, 7, 8.0]))
    assert found.index.equals(days)
    assert found.isna().tolist() == [True] * 3 + [False] * 4 + [True] * 6 + [False]
    assert found.iloc[3] == 2.5
    assert found.iloc[13] == 6.5


def test_a_day_with_two_values_counts_once() -> None:
    days = pd.date_range(START, periods=4)
    assert rolling_mean(pd.DatetimeIndex([*days, days[0]]), [10, 1, 1, 1, 30]).iloc[-1] == pytest.approx(
        23 / 4
    )


def test_an_empty_series_has_an_empty_mean() -> None:
    assert rolling_mean(pd.DatetimeIndex([]), []).empty


def test_dates_of_a_column_are_days_too() -> None:
    column = pd.Series(pd.date_range(START, periods=5))[[4, 2, 0, 1, 3]]
    assert rolling_mean(column, [5, 3, 1, 2, 4]).tolist()[3:] == [2.5, 3.0]


@pytest.mark.parametrize(("missing", "breaks"), [(3, 0), (4, 1), (20, 1)])
def test_a_line_breaks_at_four_missing_nights_and_not_at_three(missing: int, breaks: int) -> None:
    numbers = np.arange(40) + np.where(np.arange(40) < 20, 0, missing)
    days = START + pd.to_timedelta(numbers, unit="D")
    line = lowess(days, np.arange(40.0))
    broken = broken_at_gaps(line)
    assert broken.isna().sum() == breaks
    pd.testing.assert_series_equal(broken.dropna(), line)
    assert broken.index.is_monotonic_increasing
