"""Regularity: what the index compares, what it refuses, and when consistency may be given at all."""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.regularity import (
    circular_mean_h,
    clock_statistics,
    consistencies,
    consistency,
    in_words,
    pair_counts,
    sleep_regularity_index,
    sri_from_counts,
    wrap_h,
)
from analytics.reliability import period_gate
from analytics.wording import NBSP

DAY = 2880


def plain(text: str) -> str:
    """The text as a reader types it: values and units are held together by non-breaking spaces."""
    return text.replace(NBSP, " ")


def matrix(*rows: str) -> tuple[np.ndarray, np.ndarray]:
    """Days of few slots: s asleep, w awake, ? unknown."""
    letters = np.array([list(row) for row in rows])
    return letters == "s", letters != "?"


def test_only_slots_known_on_both_days_count() -> None:
    agree, known = pair_counts(*matrix("ssww", "s?ws", "????", "ssww"))
    assert known.tolist() == [3, 0, 0]
    assert agree.tolist() == [2, 0, 0]


def test_two_unknown_slots_do_not_agree() -> None:
    agree, known = pair_counts(*matrix("s??", "s??"))
    assert (agree.tolist(), known.tolist()) == ([1], [1])


def test_a_single_day_has_no_pairs() -> None:
    sri, day_pairs = sleep_regularity_index(*matrix("ssww"))
    assert math.isnan(sri)
    assert day_pairs == 0


def test_who_never_sleeps_is_not_regular() -> None:
    sri, day_pairs = sleep_regularity_index(*matrix("wwww", "wwww"))
    assert math.isnan(sri)
    assert day_pairs == 1


def test_sleep_that_is_not_known_is_no_sleep() -> None:
    sleep, known = matrix("ww?", "ww?")
    sleep[:, 2] = True
    assert math.isnan(sleep_regularity_index(sleep, known)[0])


def test_counts_summed_over_a_window_give_the_index() -> None:
    sleep, known = matrix("sswwss", "swws?s", "wwssss", "s?wwss")
    agree, both = pair_counts(sleep, known)
    assert sri_from_counts(agree, both, slots=6) == sleep_regularity_index(sleep, known)
    assert sri_from_counts(agree.sum(), both.sum(), slots=6) == sleep_regularity_index(sleep, known)


def test_matrices_must_be_boolean_and_alike() -> None:
    with pytest.raises(ValueError, match="boolean"):
        pair_counts(np.array([[0.0, np.nan]]), np.array([[True, False]]))
    with pytest.raises(ValueError, match="one shape"):
        pair_counts(np.ones((2, 3), bool), np.ones((2, 4), bool))


@pytest.mark.parametrize(
    ("difference", "wrapped"), [(0, 0), (12, 12), (-12, 12), (13, -11), (-23.5, 0.5), (36, 12), (47, -1)]
)
def test_differences_go_the_short_way_round(difference: float, wrapped: float) -> None:
    assert wrap_h(difference) == wrapped
    assert wrap_h(np.array([difference])).tolist() == [wrapped]


def test_times_that_do_not_exist_are_left_out() -> None:
    found = clock_statistics([23, math.nan, 1])
    assert found.nights == 2
    assert found.mean_h == pytest.approx(0, abs=1e-9)
    assert found.sd_min == pytest.approx(math.sqrt(2) * 60)


def test_a_typical_time_is_below_24() -> None:
    assert circular_mean_h([24 - 1e-17])[0] == 0


def test_no_times_have_no_statistics() -> None:
    found = clock_statistics([math.nan])
    assert found.nights == 0
    assert np.isnan([found.mean_h, found.median_h, found.sd_min, found.r]).all()


def test_one_time_has_no_spread() -> None:
    found = clock_statistics([22.5])
    assert [found.mean_h, found.median_h, found.r] == pytest.approx([22.5, 22.5, 1])
    assert math.isnan(found.sd_min)


class TestConsistency:
    def test_it_is_the_index_from_5_pairs(self) -> None:
        found = consistency(4.5 * DAY, 5 * DAY, any_sleep=True, midsleep_h=[3] * 6)
        assert (found.estimator, found.day_pairs) == ("sri", 5)
        assert found.value == pytest.approx(80)
        assert plain(found.reason) == "sleep regularity index 80, from 5 pairs of consecutive nights"

    def test_a_negative_index_counts_as_0_and_is_named(self) -> None:
        found = consistency(2 * DAY, 5 * DAY, any_sleep=True, midsleep_h=[])
        assert found.value == 0
        assert "index −20, counted as 0" in plain(found.reason)

    def test_just_under_5_pairs_it_is_the_spread_of_midsleep(self) -> None:
        found = consistency(5 * DAY - 1, 5 * DAY - 1, any_sleep=True, midsleep_h=[2, 3, 3, 3, 4])
        assert found.estimator == "midsleep_sd"
        assert found.value == pytest.approx(100 - 18.8063 * math.sqrt(0.5), abs=1e-3)

    def test_5_nights_make_a_part_of_a_score_and_no_spread_is_printed(self) -> None:
        found = consistency(5 * DAY - 1, 5 * DAY - 1, any_sleep=True, midsleep_h=[2, 3, 3, 3, 4])
        assert plain(found.reason) == (
            "from the spread of mid-sleep over 5 nights; "
            "the regularity index needs 5 pairs of consecutive nights, there are 4.9 pairs"
        )
        assert not period_gate(5, days=7, statistic="variability").shown

    def test_a_wild_spread_counts_as_0(self) -> None:
        found = consistency(0, 0, any_sleep=True, midsleep_h=[0, 0, 11, 11, 5])
        assert (found.value, found.estimator) == (0, "midsleep_sd")

    def test_4_nights_are_too_few_for_either(self) -> None:
        found = consistency(3 * DAY, 3 * DAY, any_sleep=True, midsleep_h=[3, 3, 3, 3, math.nan])
        assert math.isnan(found.value)
        assert found.estimator is None
        assert plain(found.reason) == (
            "consistency needs 5 pairs of consecutive nights, or 5 nights; there are 3 pairs and 4 nights"
        )

    def test_it_needs_sleep(self) -> None:
        found = consistency(6 * DAY, 6 * DAY, any_sleep=False, midsleep_h=[])
        assert (found.estimator, found.reason) == (None, "consistency needs sleep; there is none")
        assert math.isnan(found.value)

    def test_it_needs_a_typical_time_where_it_rests_on_one(self) -> None:
        found = consistency(0, 0, any_sleep=True, midsleep_h=[23, 7, 15, 23, 7, 15])
        assert math.isnan(found.value)
        assert plain(found.reason).endswith("these 6 nights lie all round the clock")


def test_a_cohort_is_everyone_alone() -> None:
    random = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "person_id": random.choice(["ada", "ben", "cy", "dee", "eve"], 60, p=[0.4, 0.3, 0.2, 0.06, 0.04]),
            "sri_agree": random.integers(1500, 2000, 60).astype(float),
            "sri_known": 2880.0,
            "midsleep_clock_h": random.normal(3.5, 1, 60) % 24,
            "tst_min": 420.0,
        }
    )
    frame.loc[frame["person_id"] == "ben", ["sri_agree", "sri_known"]] = 0
    frame.loc[frame["person_id"] == "cy", "tst_min"] = 0
    frame.loc[7, "midsleep_clock_h"] = np.nan
    frame.loc[8, ["sri_agree", "sri_known"]] = np.nan
    together = consistencies(frame)
    assert set(together["estimator"].dropna()) == {"sri", "midsleep_sd"}
    for person, rows in frame.groupby("person_id"):
        alone = consistency(
            rows["sri_agree"].sum(),
            rows["sri_known"].sum(),
            any_sleep=bool((rows["tst_min"] > 0).any()),
            midsleep_h=rows["midsleep_clock_h"],
        )
        found = in_words(together[together.index == person].iloc[0])
        assert (found.estimator, found.nights, found.reason) == (alone.estimator, alone.nights, alone.reason)
        assert (found.value, found.day_pairs) == pytest.approx((alone.value, alone.day_pairs), nan_ok=True)


def test_nobody_is_nobody() -> None:
    columns = ["person_id", "sri_agree", "sri_known", "midsleep_clock_h", "tst_min"]
    assert consistencies(pd.DataFrame(columns=columns, dtype=float)).empty
