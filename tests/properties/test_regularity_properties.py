"""Whatever the days and times: the index stays in its range, and the circle has no seam."""

import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analytics.regularity import (
    clock_statistics,
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
