"""Adjusted intervals and p values say the same, whatever the p values; a comparison turned round turns its signs."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from analytics.contrasts import contrast_people
from analytics.evidence import means_between, means_within
from analytics.multiplicity import benjamini_hochberg, benjamini_hochberg_confidence, holm, holm_confidence
from analytics.resampling import bootstrap_difference, difference_shape
from charts.swarm import swarm
from tests.charts.test_estimation import of

Adjust = Callable[[ArrayLike], NDArray[np.float64]]
values = st.lists(st.integers(200, 600).map(float), min_size=5, max_size=30)
p_values = st.lists(
    st.one_of(st.floats(0.001, 0.06), st.floats(1e-6, 1), st.just(math.nan)), min_size=1, max_size=12
)


@settings(max_examples=200, deadline=None)
@given(p=p_values)
@pytest.mark.parametrize(
    ("adjust", "confident"), [(holm, holm_confidence), (benjamini_hochberg, benjamini_hochberg_confidence)]
)
def test_what_is_found_is_what_an_interval_of_that_confidence_leaves_zero_out_of(
    adjust: Adjust, confident: Callable[[ArrayLike], float], p: list[float]
) -> None:
    adjusted, confidence = adjust(p), confident(p)
    if all(math.isnan(each) for each in p):
        assert math.isnan(confidence)
        return
    for each, found in zip(p, adjusted, strict=True):
        if math.isnan(each) or abs(found - 0.05) < 1e-9 or abs(each - (1 - confidence)) < 1e-12:
            continue
        assert (found < 0.05) == (each < 1 - confidence)
    assert 1 - 0.05 - 1e-12 <= confidence <= 1 - 0.05 / len(p) + 1e-12


@settings(max_examples=60, deadline=None)
@given(x=values, y=values, confidence=st.floats(0.5, 0.9999))
def test_an_interval_is_wider_the_surer_it_is_and_that_of_95_percent_is_the_printed_one(
    x: list[float], y: list[float], confidence: float
) -> None:
    for found in (means_between(np.array(x), np.array(y)), means_within(np.array(x))):
        if math.isnan(found.p):
            assert math.isnan(found.interval(confidence).low)
            continue
        usual, asked = found.interval(0.95), found.interval(confidence)
        assert (usual.low, usual.high) == pytest.approx((found.difference.low, found.difference.high))
        assert (asked.low <= usual.low + 1e-9) == (confidence >= 0.95) or asked.low == pytest.approx(
            usual.low
        )
        assert (found.p < 1 - confidence) == (not asked.low <= 0 <= asked.high) or found.p == pytest.approx(
            1 - confidence
        )


@settings(max_examples=25, deadline=None)
@given(x=values, y=values)
def test_the_shape_is_of_the_draws_of_the_interval_and_turns_with_the_groups(
    x: list[float], y: list[float]
) -> None:
    shape, turned = difference_shape(x, y), difference_shape(y, x)
    low, high = bootstrap_difference(x, y)
    if not shape.at:
        assert low == pytest.approx(high)
        return
    assert shape.at[0] <= low <= high <= shape.at[-1]
    assert max(shape.density) == 1
    assert turned.at == pytest.approx([-each for each in reversed(shape.at)])
    assert turned.density == pytest.approx(list(reversed(shape.density)), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(one=st.integers(0, 12), other=st.integers(0, 12), shared=st.integers(0, 4))
def test_nobody_counts_in_both_groups(one: int, other: int, shared: int) -> None:
    a, b = of("A", "s", one).values["mean_tst_min"], of("B", "s", min(other, shared)).values["mean_tst_min"]
    found = contrast_people(a, b)
    assert not set(found.a.values.index) & set(found.b.values.index)
    assert set(found.in_both) == set(a.values.index) & set(b.values.index)
    assert (found.means is None) == (min(found.a.people, found.b.people) < 5)


@settings(max_examples=60, deadline=None)
@given(heights=st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=80), most=st.floats(0.05, 0.5))
def test_a_swarm_moves_nobody_out_of_the_column(heights: list[float], most: float) -> None:
    offsets = swarm(heights, tall=7.0, wide=0.04, most=most)
    assert len(offsets) == len(heights)
    assert all(abs(each) <= most for each in offsets)
