"""What two weeks of short nights add up to, and against which need."""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.sleep_debt import sleep_debt, sleep_need

LAST = pd.Timestamp("2026-01-31")
NEED = sleep_need(own_h=8)


def last_days(number: int) -> pd.DatetimeIndex:
    return pd.date_range(end=LAST, periods=number)


@pytest.mark.parametrize(("age", "hours"), [(None, 8), (40, 8), (70, 8), (16, 9), (8, 10), (4, 11)])
def test_the_need_is_an_hour_above_the_least_recommended_at_the_age(age: float | None, hours: float) -> None:
    assert sleep_need(age_years=age).minutes == 60 * hours


def test_an_own_need_comes_before_the_age() -> None:
    need = sleep_need(own_h=7.5, age_years=8)
    assert (need.minutes, need.source) == (450, "set for this person")
    assert "(age not known)" in sleep_need().source
    assert sleep_need(age_years=16.7).source == "the least recommended for age 16, 8\u00a0h, plus an hour"


@pytest.mark.parametrize("own", [0, -1, 24, math.nan])
def test_a_need_that_no_day_holds_is_refused(own: float) -> None:
    with pytest.raises(ValueError, match="above 0 h and below 24 h"):
        sleep_need(own_h=own)


def test_a_night_above_the_need_sets_off_one_below_it() -> None:
    found = sleep_debt(last_days(14), [420, 540] * 7, need=NEED, last=LAST)
    assert (found.net_min, found.scaled_min, found.mean_deficit_min) == (0, 0, 0)
    assert found.shortfall_only_min == 7 * 60


def test_more_sleep_than_needed_is_no_debt() -> None:
    found = sleep_debt(last_days(14), [500] * 14, need=NEED, last=LAST)
    assert (found.net_min, found.scaled_min, found.shortfall_only_min) == (0, 0, 0)
    assert found.mean_deficit_min == -20


def test_9_of_14_nights_are_too_few_and_10_are_not() -> None:
    for count in (9, 10):
        slept = np.full(14, math.nan)
        slept[:count] = 450
        found = sleep_debt(last_days(14), slept, need=NEED, last=LAST)
        assert found.nights == count
        assert math.isnan(found.net_min) == math.isnan(found.scaled_min) == (count < 10)
    assert (found.net_min, found.scaled_min) == (300, 420)
    assert found.reason == "10 of 14 nights, naps counted, against 8\u00a0h: set for this person"
    few = sleep_debt(last_days(9), [450] * 9, need=NEED, last=LAST)
    assert few.reason == "a sleep debt needs 10 of 14 nights, not 9"


def test_only_the_last_14_days_count_whatever_their_order() -> None:
    slept = np.r_[np.zeros(6), np.arange(400, 414), [0, 0]]
    days = pd.date_range(LAST - pd.Timedelta(days=19), periods=22)
    shuffled = np.random.default_rng(1).permutation(22)
    found = sleep_debt(days[shuffled], slept[shuffled], need=NEED, last=LAST + pd.Timedelta(hours=9))
    assert (found.nights, found.net_min) == (14, (480 - np.arange(400, 414)).sum())


def test_naps_as_rows_of_their_own_are_refused() -> None:
    with pytest.raises(ValueError, match="add its naps to its main sleep"):
        sleep_debt(pd.DatetimeIndex([LAST, LAST]), [400, 30], need=NEED, last=LAST)
