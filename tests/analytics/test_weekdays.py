"""Days of the week: what each rests on, and free days against working days as scipy would have it."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.smoothing import unwrapped_h
from analytics.weekdays import free_minus_work, weekday_profile, weekend

MONDAY = "2026-01-05"


def nights(number: int, seed: int = 1) -> tuple[pd.DatetimeIndex, np.ndarray]:
    days = pd.date_range(MONDAY, periods=number)
    values = np.random.default_rng(seed).normal(420, 30, number) + 60 * weekend(days)
    return days, values


def test_saturday_and_sunday_are_the_weekend() -> None:
    assert weekend(pd.date_range(MONDAY, periods=7)).tolist() == [False] * 5 + [True] * 2


def test_a_profile_has_a_row_for_every_day_of_the_week() -> None:
    days, values = nights(45)
    found = weekday_profile(days, values)
    assert found.index.tolist()[::6] == ["Monday", "Sunday"]
    assert found["nights"].tolist() == [7, 7, 7, 6, 6, 6, 6]
    for number, name in enumerate(found.index):
        of_day = values[number::7]
        assert found.loc[name, "median"] == np.median(of_day)
        assert found.loc[name, ["low", "high"]].tolist() == np.percentile(of_day, [25, 75]).tolist()


def test_one_night_of_a_weekday_is_not_typical_and_five_have_no_spread() -> None:
    days, values = nights(7)
    assert weekday_profile(days, values)["median"].isna().all()
    days, values = nights(35)
    found = weekday_profile(days, values)
    assert found["median"].notna().all()
    assert found[["low", "high"]].isna().all(axis=None)
    assert weekday_profile(days[:0], [])["nights"].tolist() == [0] * 7


def test_the_difference_is_that_of_scipy() -> None:
    days, values = nights(63)
    found = free_minus_work(days, values)
    free, work = values[weekend(days)], values[~weekend(days)]
    interval = stats.bootstrap(
        (free, work),
        lambda a, b, axis: np.median(a, axis=axis) - np.median(b, axis=axis),
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(42),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert found.p == stats.mannwhitneyu(free, work).pvalue
    assert found.median_difference == np.median(free) - np.median(work)
    assert found.mean_difference == pytest.approx(free.mean() - work.mean())
    assert found.hodges_lehmann == np.median([a - b for a in free for b in work])
    assert found.low < found.median_difference < found.high
    assert (found.free, found.work) == (18, 45)


def test_a_work_calendar_comes_before_the_weekend() -> None:
    days, values = nights(28)
    shifts = np.arange(28) % 4 < 2
    found = free_minus_work(days, values, free=shifts)
    assert found.basis == "work calendar"
    assert found.median_difference == np.median(values[shifts]) - np.median(values[~shifts])
    assert found.reason == "14\u00a0free days and 14\u00a0working days"


def test_weekends_that_stand_in_for_free_days_are_named() -> None:
    found = free_minus_work(*nights(28))
    assert found.basis == "weekends"
    assert found.reason.endswith("taking Saturday and Sunday for free")


def test_one_free_day_is_too_few_and_four_have_no_interval() -> None:
    days, values = nights(28)
    for count in (1, 2, 4, 5):
        free = np.arange(28) < count
        found = free_minus_work(days, values, free=free)
        given = [found.median_difference, found.mean_difference, found.hodges_lehmann, found.p]
        assert (np.isnan(given) == (count < 2)).all()
        assert (np.isnan([found.low, found.high]) == (count < 5)).all()
        assert ("needs 2 nights of each kind" in found.reason) == (count < 2)
        assert ("an interval needs 5 of each" in found.reason) == (2 <= count < 5)


def test_no_night_at_all_has_no_difference() -> None:
    found = free_minus_work(pd.DatetimeIndex([]), [])
    assert math.isnan(found.p)
    assert (found.free, found.work) == (0, 0)


def test_equal_nights_differ_by_nothing() -> None:
    found = free_minus_work(pd.date_range(MONDAY, periods=28), [420] * 28)
    assert (found.median_difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_order_and_missing_nights_do_not_matter() -> None:
    days, values = nights(35)
    shuffled = np.random.default_rng(3).permutation(35)
    more = pd.DatetimeIndex([*days[shuffled], *pd.date_range("2027-01-01", periods=6)])
    assert free_minus_work(more, [*values[shuffled], *[math.nan] * 6]) == free_minus_work(days, values)


def test_bedtimes_across_midnight_differ_by_the_short_way() -> None:
    days = pd.date_range(MONDAY, periods=28)
    hours = np.where(weekend(days), 0.5, 23.0)
    assert free_minus_work(days, unwrapped_h(hours)).median_difference == pytest.approx(1.5)


def test_a_day_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="Mon 5 January 2026 comes twice".replace(" ", ".")):
        free_minus_work(pd.DatetimeIndex([MONDAY, MONDAY]), [1, 2])


@pytest.mark.parametrize("free", [[True], [1, 0]])
def test_free_days_that_are_no_truths_are_refused(free: list[bool]) -> None:
    with pytest.raises(ValueError, match="free is one truth a value: 2 booleans"):
        free_minus_work(pd.date_range(MONDAY, periods=2), [1, 2], free=free)


def test_people_with_a_year_of_nights_leave_little_behind() -> None:
    years = [nights(number) for number in range(360, 366)]
    tracemalloc.start()
    try:
        for days, values in years:
            free_minus_work(days, values)
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    one_bytes = 2 * 9_999 * 365
    assert kept_bytes < 2.5 * one_bytes
