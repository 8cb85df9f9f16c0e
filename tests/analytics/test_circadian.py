"""The rhythm of days: interdaily stability and composite phase deviation, with their gates."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from analytics.circadian import (
    composite_phase_deviation,
    interdaily_stability,
    sleep_by_hour,
    stability_ratio,
)
from analytics.wording import NBSP

NIGHT = np.r_[np.ones(8), np.zeros(16)]
shapes = st.tuples(st.integers(1, 10), st.integers(1, 6))
tables = shapes.flatmap(
    lambda shape: arrays.arrays(np.float64, shape, elements=st.floats(0, 1) | st.just(math.nan))
)
weeks = st.lists(st.floats(0, 24, exclude_max=True) | st.just(math.nan), max_size=14)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


class TestInterdailyStability:
    def test_identical_days_are_1_and_never_more(self) -> None:
        found = interdaily_stability(np.tile(NIGHT, (8, 1)))
        assert (found.value, found.days, found.bins) == (1.0, 8, 24)
        assert (
            plain(found.reason) == "how well the average day foretells each of 8 days, from recorded sessions"
        )

    def test_a_week_is_too_short(self) -> None:
        found = interdaily_stability(np.tile(NIGHT, (7, 1)))
        assert math.isnan(found.value)
        assert plain(found.reason) == "interdaily stability needs more than 7 days; there are 7"

    def test_days_without_anything_known_are_no_days(self) -> None:
        table = np.tile(NIGHT, (9, 1))
        table[[2, 5]] = math.nan
        assert (interdaily_stability(table).days, math.isnan(interdaily_stability(table).value)) == (7, True)

    def test_who_never_sleeps_has_no_stability(self) -> None:
        found = interdaily_stability(np.zeros((10, 24)))
        assert math.isnan(found.value)
        assert (
            plain(found.reason) == "interdaily stability needs sleep and wake; 10 days have only one of them"
        )

    def test_it_is_the_share_of_variance_between_the_bins(self) -> None:
        table = np.random.default_rng(4).random((9, 6))
        n, p = table.size, table.shape[1]
        formula = (
            n * np.sum((table.mean(axis=0) - table.mean()) ** 2) / (p * np.sum((table - table.mean()) ** 2))
        )
        assert stability_ratio(table) == pytest.approx(formula, rel=1e-12)
        # The same share as scipy has it: the correlation ratio of a one-way analysis of variance.
        f = stats.f_oneway(*table.T).statistic
        assert stability_ratio(table) == pytest.approx(1 / (1 + (n - p) / ((p - 1) * f)), rel=1e-9)

    @given(table=tables)
    def test_it_is_a_share_whatever_is_missing(self, table: np.ndarray) -> None:
        value = stability_ratio(table)
        assert math.isnan(value) or 0 <= value <= 1

    @given(table=tables, seed=st.integers(0, 99))
    def test_the_order_of_the_days_does_not_matter(self, table: np.ndarray, seed: int) -> None:
        shuffled = np.random.default_rng(seed).permutation(table)
        assert stability_ratio(shuffled) == pytest.approx(stability_ratio(table), abs=1e-9, nan_ok=True)

    def test_days_must_be_a_matrix(self) -> None:
        with pytest.raises(ValueError, match=r"\[days, bins\]"):
            interdaily_stability(np.zeros(24))


class TestSleepByHour:
    def test_it_is_the_share_of_known_time_asleep(self) -> None:
        letters = np.array([list("ssw?"), list("????")])
        found = sleep_by_hour(letters == "s", letters != "?", bins=2)
        assert found[0].tolist() == [1.0, 0.0]
        assert np.isnan(found[1]).all()

    def test_bins_share_the_slots_evenly(self) -> None:
        with pytest.raises(ValueError, match="multiple of 24"):
            sleep_by_hour(np.ones((2, 25), bool), np.ones((2, 25), bool))


class TestCompositePhaseDeviation:
    def test_one_and_the_same_time_is_0(self) -> None:
        found = composite_phase_deviation([3.5] * 6, np.arange(6))
        assert (found.mean_h, found.pairs, found.nights) == (0, 5, 6)
        assert found.reference_h == pytest.approx(3.5)
        assert plain(found.reason) == "against a mid-sleep of 03:30, mean of 5 nights with a night before"

    def test_differences_go_the_short_way_round(self) -> None:
        found = composite_phase_deviation([23.5, 0.5], [1, 2], reference_h=0)
        assert found.daily_h[1] == pytest.approx(math.hypot(0.5, 1))

    def test_a_night_after_a_gap_has_nothing_to_compare_with(self) -> None:
        found = composite_phase_deviation([3, 3, 3, 3], [1, 2, 4, 5], reference_h=3)
        assert np.isnan(found.daily_h).tolist() == [True, False, True, False]

    def test_nights_may_come_in_any_order(self) -> None:
        found = composite_phase_deviation([4, 3, 5], [2, 1, 3], reference_h=3)
        assert found.daily_h == pytest.approx([math.hypot(1, 1), math.nan, math.hypot(2, 1)], nan_ok=True)

    def test_4_pairs_are_too_few(self) -> None:
        found = composite_phase_deviation([3.0] * 5, np.arange(5))
        assert math.isnan(found.mean_h)
        assert (
            plain(found.reason) == "composite phase deviation needs 5 nights with a night before; there are 4"
        )

    def test_a_rotating_shift_has_no_usual_time_but_may_be_given_one(self) -> None:
        times, days = [23.0, 7, 15, 23, 7, 15], np.arange(6)
        found = composite_phase_deviation(times, days)
        assert math.isnan(found.mean_h)
        assert plain(found.reason).endswith("6 nights lie all round the clock")
        assert composite_phase_deviation(times, days, reference_h=7).mean_h > 8

    def test_a_day_has_one_main_sleep(self) -> None:
        with pytest.raises(ValueError, match="each day once"):
            composite_phase_deviation([3, 4], [1, 1])
        with pytest.raises(ValueError, match="one day for each"):
            composite_phase_deviation([3, 4], [1])

    def test_no_nights_are_nothing(self) -> None:
        found = composite_phase_deviation([], [])
        assert math.isnan(found.mean_h)
        assert (found.nights, found.pairs) == (0, 0)

    @given(times=weeks, turn=st.integers(0, 23), weeks_later=st.integers(0, 5))
    def test_turning_the_clock_or_the_calendar_changes_nothing(
        self, times: list[float], turn: int, weeks_later: int
    ) -> None:
        days = np.arange(len(times))
        plain_ = composite_phase_deviation(times, days, reference_h=3)
        turned = composite_phase_deviation(
            [(time + turn) % 24 for time in times], days + 7 * weeks_later, reference_h=(3 + turn) % 24
        )
        assert turned.daily_h == pytest.approx(plain_.daily_h, abs=1e-6, nan_ok=True)
        assert (
            np.isnan(plain_.daily_h) | ((plain_.daily_h >= 0) & (plain_.daily_h <= 12 * math.sqrt(2)))
        ).all()

    @given(times=weeks, seed=st.integers(0, 99))
    def test_the_order_of_nights_does_not_matter(self, times: list[float], seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(times))
        one = composite_phase_deviation(times, np.arange(len(times)), reference_h=3)
        other = composite_phase_deviation(np.array(times)[order], order, reference_h=3)
        assert other.mean_h == pytest.approx(one.mean_h, abs=0, nan_ok=True)
        np.testing.assert_array_equal(other.daily_h, one.daily_h[order])
