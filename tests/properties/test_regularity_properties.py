"""Whatever the days and times: the index stays in its range, and the circle has no seam."""

import math

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analytics.regularity import (
    clock_statistics,
    consistencies,
    consistency,
    pair_counts,
    sleep_regularity_index,
    sri_from_counts,
    wrap_h,
)

shapes = st.tuples(st.integers(1, 6), st.integers(1, 12))
matrices = shapes.flatmap(lambda shape: st.tuples(*[arrays.arrays(np.bool_, shape) for _ in range(2)]))
finite = st.floats(-1e4, 1e4)
times = st.lists(st.floats(0, 24, exclude_max=True), max_size=20)


@given(days=matrices)
def test_the_index_is_the_mean_agreement_of_known_pairs(days: tuple[np.ndarray, np.ndarray]) -> None:
    sleep, known = days
    pairs = [
        sleep[day, slot] == sleep[day + 1, slot]
        for day in range(len(sleep) - 1)
        for slot in range(sleep.shape[1])
        if known[day, slot] and known[day + 1, slot]
    ]
    sri, day_pairs = sleep_regularity_index(sleep, known)
    assert day_pairs == len(pairs) / sleep.shape[1]
    if pairs and (sleep & known).any():
        assert math.isclose(sri, -100 + 200 * sum(pairs) / len(pairs), abs_tol=1e-9)
        assert -100 <= sri <= 100
    else:
        assert math.isnan(sri)


@given(days=matrices)
def test_the_index_reads_the_same_backwards(days: tuple[np.ndarray, np.ndarray]) -> None:
    sleep, known = days
    forwards = sleep_regularity_index(sleep, known)
    backwards = sleep_regularity_index(sleep[::-1], known[::-1])
    np.testing.assert_equal(forwards, backwards)


@given(days=matrices, split=st.integers(0, 6))
def test_counts_of_pieces_add_up_to_the_index(days: tuple[np.ndarray, np.ndarray], split: int) -> None:
    agree, known = pair_counts(*days)
    slots = days[0].shape[1]
    pieces = [(agree[:split].sum(), known[:split].sum()), (agree[split:].sum(), known[split:].sum())]
    found = sri_from_counts([a for a, _ in pieces], [k for _, k in pieces], slots=slots)
    np.testing.assert_equal(found, sri_from_counts(agree, known, slots=slots))


@given(difference=finite)
def test_a_wrapped_difference_is_the_same_time_the_short_way(difference: float) -> None:
    wrapped = wrap_h(difference)
    assert -12 < wrapped <= 12
    turns = (difference - wrapped) / 24
    assert math.isclose(turns, round(turns), abs_tol=1e-9)


@settings(max_examples=200)
@given(hours=times, turn=st.floats(0, 24))
def test_turning_the_clock_turns_the_mean_and_keeps_the_spread(hours: list[float], turn: float) -> None:
    before, after = clock_statistics(hours), clock_statistics([(hour + turn) % 24 for hour in hours])
    # At the edge of R the last bit decides whether there is a typical time at all.
    assume(not hours or abs(before.r - 0.3) > 1e-6)
    assert before.nights == after.nights == len(hours)
    if math.isnan(before.mean_h):
        assert math.isnan(after.mean_h)
        return
    assert 0 <= after.mean_h < 24
    # Close to no direction the mean magnifies rounding; R >= 0.3 bounds by how much.
    assert abs(wrap_h(after.mean_h - before.mean_h - turn)) < 1e-9
    np.testing.assert_allclose(after.r, before.r, atol=1e-9)


@given(hours=st.lists(st.floats(2, 5), min_size=2, max_size=20), turn=st.floats(0, 24))
def test_within_half_a_day_the_spread_is_the_ordinary_one(hours: list[float], turn: float) -> None:
    found = clock_statistics([(hour + turn) % 24 for hour in hours])
    np.testing.assert_allclose(found.sd_min, np.std(hours, ddof=1) * 60, atol=1e-6)


@given(agree=st.integers(0, 40_000), extra=st.integers(0, 40_000), any_sleep=st.booleans(), hours=times)
def test_consistency_is_a_share_with_a_reason(
    agree: int, extra: int, any_sleep: bool, hours: list[float]
) -> None:
    found = consistency(agree, agree + extra, any_sleep, hours)
    assert math.isnan(found.value) == (found.estimator is None)
    assert found.estimator is None or 0 <= found.value <= 100
    assert found.reason


@given(day=arrays.arrays(np.bool_, st.integers(1, 40)), days=st.integers(2, 8))
def test_identical_days_are_100_unless_nobody_sleeps(day: np.ndarray, days: int) -> None:
    sleep = np.tile(day, (days, 1))
    sri, day_pairs = sleep_regularity_index(sleep, np.ones_like(sleep))
    assert day_pairs == days - 1
    assert sri == 100 if day.any() else math.isnan(sri)


@given(days=matrices)
def test_a_day_of_which_nothing_is_known_changes_nothing_at_the_end(
    days: tuple[np.ndarray, np.ndarray],
) -> None:
    sleep, known = days
    unknown = np.zeros((1, sleep.shape[1]), dtype=bool)
    with_it = sleep_regularity_index(np.vstack([sleep, ~unknown]), np.vstack([known, unknown]))
    np.testing.assert_equal(with_it, sleep_regularity_index(sleep, known))


@settings(deadline=None)
@given(sd_h=st.floats(0.25, 1.5), sleep_h=st.integers(6, 10), seed=st.integers(0, 999))
def test_the_spread_of_midsleep_foretells_the_index(sd_h: float, sleep_h: int, seed: int) -> None:
    # 300 nights of one length around independent normal mid-sleeps, in slots of 30 s on days from noon to noon.
    midsleep_h = np.random.default_rng(seed).normal(15, sd_h, 300)
    slot = np.arange(2880) / 120
    sleep = np.abs(slot - midsleep_h[:, np.newaxis]) < sleep_h / 2
    sri, day_pairs = sleep_regularity_index(sleep, np.ones_like(sleep))
    agree, known = pair_counts(sleep, np.ones_like(sleep))
    by_index = consistency(agree.sum(), known.sum(), any_sleep=True, midsleep_h=midsleep_h)
    by_spread = consistency(0, 0, any_sleep=True, midsleep_h=midsleep_h)
    assert (by_index.estimator, by_spread.estimator, day_pairs) == ("sri", "midsleep_sd", 299)
    assert by_index.value == by_index.sri == sri
    # The mean of 299 distances strays by a few hundredths of a standard deviation.
    assert math.isclose(by_spread.value, by_index.value, abs_tol=0.6 + 4 * sd_h)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 2880), st.floats(0, 24, exclude_max=True)),
        max_size=30,
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_people_and_nights_changes_nobodys_consistency(
    rows: list[tuple[str, int, float]], seed: int
) -> None:
    frame = pd.DataFrame(rows, columns=["person_id", "sri_agree", "midsleep_clock_h"])
    frame = frame.astype({"person_id": "str"}).assign(sri_known=2880.0, tst_min=420.0)
    shuffled = frame.sample(frac=1, random_state=seed)
    one, other = (consistencies(each).sort_index() for each in (frame, shuffled))
    pd.testing.assert_frame_equal(other, one, rtol=1e-9, atol=1e-9)
