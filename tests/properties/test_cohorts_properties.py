"""Whoever the people: their order tells nothing, a swap of groups turns signs, intervals hold their estimate."""

import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analytics.cohorts import Comparison, compare, paired
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.standing import standing_among

minutes = st.integers(200, 600).map(float)
nights_of_one = st.lists(minutes, min_size=1, max_size=8)


def people(prefix: str, least: int = 0) -> st.SearchStrategy[pd.DataFrame]:
    return st.lists(nights_of_one, min_size=least, max_size=12).map(lambda each: frame(prefix, each))


def frame(prefix: str, each: list[list[float]]) -> pd.DataFrame:
    rows = [(f"{prefix}{who:02d}", value) for who, values in enumerate(each) for value in values]
    return pd.DataFrame(rows, columns=["person_id", "value"]).astype({"person_id": "str", "value": "float64"})


def figures(found: Comparison) -> dict[str, object]:
    """All of a comparison that can be compared with `==`; NaN as a word."""
    plain: dict[str, object] = {
        "notes": found.notes,
        "evidence": repr(found.evidence),
        "lists": (found.only_a, found.only_b, found.in_both),
    }
    for name, group in (("a", found.a), ("b", found.b)):
        plain[name] = repr({**asdict(group), "values": group.values.to_dict()})
    return plain


@settings(max_examples=40, deadline=None)
@given(a=people("a"), b=people("b"), seed=st.integers(0, 99))
def test_the_order_of_people_and_nights_changes_no_figure(
    a: pd.DataFrame, b: pd.DataFrame, seed: int
) -> None:
    mixed_up = [each.sample(frac=1, random_state=seed) for each in (a, b)]
    for way in (compare, paired):
        assert figures(way(a, b, days=7)) == figures(way(*mixed_up, days=7))


@settings(max_examples=40, deadline=None)
@given(a=people("a", 5), b=people("b", 5))
def test_a_swap_of_the_groups_turns_the_signs_and_nothing_else(a: pd.DataFrame, b: pd.DataFrame) -> None:
    one, other = compare(a, b, days=7), compare(b, a, days=7)
    check_turned(one, other)
    if one.evidence and other.evidence:
        people_ = one.a.people * one.b.people
        assert one.evidence.rank_statistic + other.evidence.rank_statistic == people_


@settings(max_examples=40, deadline=None)
@given(a=people("p", 5), b=people("p", 5))
def test_a_swap_of_the_periods_turns_the_signs_and_nothing_else(a: pd.DataFrame, b: pd.DataFrame) -> None:
    one, other = paired(a, b, days=7), paired(b, a, days=7)
    check_turned(one, other)
    assert (one.only_a, one.only_b) == (other.only_b, other.only_a)


def check_turned(one: Comparison, other: Comparison) -> None:
    assert (one.evidence is None) == (other.evidence is None)
    if one.evidence is None or other.evidence is None:
        return
    e, f = one.evidence, other.evidence
    for x, y in ((e.difference, f.difference), (e.shift, f.shift)):
        assert (x.value, x.low, x.high) == pytest.approx((-y.value, -y.high, -y.low), nan_ok=True)
    g, h = e.standardised, f.standardised
    assert (g.hedges_g, g.low, g.high_normal) == pytest.approx(
        (-h.hedges_g, -h.high, -h.low_normal), nan_ok=True
    )
    assert (e.bootstrap_low, e.bootstrap_high) == pytest.approx(
        (-f.bootstrap_high, -f.bootstrap_low), abs=1e-9
    )
    assert e.superiority == pytest.approx(1 - f.superiority)
    assert (e.p, e.rank_p, e.t) == pytest.approx((f.p, f.rank_p, -f.t), nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(a=people("p", 5), b=people("p", 5), shift=st.sampled_from([0.0, 30.0]))
def test_every_interval_holds_its_estimate(a: pd.DataFrame, b: pd.DataFrame, shift: float) -> None:
    apart = b.assign(person_id="b" + b["person_id"], value=b["value"] + shift)
    for found in (compare(a, apart, days=7), paired(a, b, days=7)):
        e = found.evidence
        if e is None:
            assert min(found.a.people, found.b.people) < 5
            continue
        g = e.standardised
        rounding = 1e-9 * max(1.0, abs(e.difference.value))
        assert e.shift.low <= e.shift.value <= e.shift.high
        assert e.bootstrap_low - rounding <= e.difference.value <= e.bootstrap_high + rounding
        if not math.isnan(e.p):
            assert e.difference.low <= e.difference.value <= e.difference.high
            assert g.low <= g.low_normal <= g.hedges_g <= g.high_normal <= g.high
            assert (e.p < 0.05) == (not e.difference.low <= 0 <= e.difference.high)
        assert 0 <= e.superiority <= 1


@settings(max_examples=40, deadline=None)
@given(a=people("a", 5), b=people("b", 5), twice=st.integers(2, 4))
def test_more_of_the_same_nights_make_no_more_evidence(a: pd.DataFrame, b: pd.DataFrame, twice: int) -> None:
    steady = [each.groupby("person_id").filter(lambda nights: len(nights) >= 5) for each in (a, b)]
    once = compare(*steady, days=7).evidence
    more = compare(*(pd.concat([each] * twice) for each in steady), days=7).evidence
    assert (once is None) == (more is None)
    if once and more:
        assert more.p == pytest.approx(once.p, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_those_of_statsmodels_and_never_smaller(p: list[float]) -> None:
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1], atol=1e-12)
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], atol=1e-12)
    assert (holm(p) >= np.array(p)).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(group=st.lists(minutes, min_size=5, max_size=40), value=minutes)
def test_a_percentile_is_that_of_scipy_whatever_the_order(group: list[float], value: float) -> None:
    found = standing_among(group, value)
    assert found.percentile == pytest.approx(stats.percentileofscore(group, value, kind="mean"))
    assert standing_among(group[::-1], value) == found or math.isnan(found.z) or math.isnan(found.robust_z)


@settings(max_examples=60, deadline=None)
@given(
    group=st.lists(st.integers(0, 300).map(lambda five: five / 60), min_size=5, max_size=30),
    value=st.integers(0, 300).map(lambda five: five / 60),
    turn=st.integers(0, 23),
)
def test_a_place_on_the_clock_does_not_depend_on_where_midnight_is(
    group: list[float], value: float, turn: int
) -> None:
    here = standing_among(group, value, circular=True)
    there = standing_among(np.mod(np.array(group) + turn, 24), (value + turn) % 24, circular=True)
    assert there.percentile == pytest.approx(here.percentile)
    assert there.z == pytest.approx(here.z, abs=1e-5, nan_ok=True)
