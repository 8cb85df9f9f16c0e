"""Whatever the nights: better sleep never scores less, and nobody's score depends on who else is asked about."""

import math
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.score import (
    EVIDENCE,
    SCORE_COLUMNS,
    VENDOR,
    ScoreRules,
    Weights,
    duration_part,
    efficiency_part,
    overall,
    period_score,
    period_scores,
    recommended_hours,
    vendor_duration_part,
)

FIRST, LAST = date(2026, 2, 1), date(2026, 2, 14)
PEOPLE: Final = ("ada", "ben", "cy", "dee")

percents = st.floats(0, 100)
hours = st.floats(0, 24)
ages = st.floats(0, 100) | st.just(math.nan)
cuts = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
weights = cuts.map(
    lambda cut: Weights(
        efficiency=cut[0] / 100, consistency=(cut[1] - cut[0]) / 100, duration=(100 - cut[1]) / 100
    )
)
rules = st.one_of(
    st.builds(
        ScoreRules,
        weights=weights,
        long_sleep_counts=st.booleans(),
        naps_count=st.booleans(),
        journeys_count=st.booleans(),
    ),
    st.builds(ScoreRules, profile=st.just("vendor"), weights=weights, placeholder=st.booleans()),
)


@st.composite
def cohorts(draw: st.DrawFn) -> pd.DataFrame:
    """Main sleeps and naps of a few people over two weeks, some of them invalid or missing."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PEOPLE),
                st.integers(0, 13),
                st.sampled_from(["main", "nap"]),
                st.booleans(),
                st.floats(30, 900),
                percents,
                st.floats(0, 24, exclude_max=True),
                st.integers(0, 2880),
            ),
            max_size=40,
            unique_by=lambda row: row[:3],
        )
    )
    names = ["person_id", "day_index", "kind", "valid", "tst_min", "se_pct", "midsleep_clock_h", "sri_agree"]
    frame = pd.DataFrame(rows, columns=names)
    frame["night"] = pd.Timestamp(FIRST) + pd.to_timedelta(frame["day_index"].astype("int64"), unit="D")
    return frame.assign(
        person_id=frame["person_id"].astype("str"),
        valid=frame["valid"].astype(bool),
        se_known_pct=frame["se_pct"],
        unknown_share=0.0,
        sri_known=2880.0,
    )


def table_of(nights: pd.DataFrame, how: ScoreRules) -> pd.DataFrame:
    years = pd.Series({"ada": 40.0, "ben": 70.0, "cy": 16.0, "dee": math.nan})
    return period_scores(nights, ages=years, first=FIRST, last=LAST, rules=how)


@given(one=percents, other=percents)
def test_more_efficient_sleep_never_scores_less(one: float, other: float) -> None:
    less, more = efficiency_part(sorted([one, other]))
    assert 0 <= less <= more <= 100


@given(one=hours, other=hours, age=ages)
def test_duration_rises_to_the_recommended_range_and_falls_after_it(
    one: float, other: float, age: float
) -> None:
    low, high = recommended_hours(age)
    short, long = sorted([one, other])
    less, more = duration_part([short, long], age)
    assert 0 <= min(less, more) <= max(less, more) <= 100
    assert long > low or less <= more
    assert short < high or less >= more


@given(tst_h=hours, age=ages)
def test_without_a_penalty_long_sleep_scores_no_less_and_short_sleep_the_same(
    tst_h: float, age: float
) -> None:
    plain, free = duration_part(tst_h, age), duration_part(tst_h, age, long_sleep_counts=False)
    assert free == plain if tst_h <= recommended_hours(age)[1] else free == 100 >= plain


@given(tst_h=st.one_of(hours, st.integers(0, 24).map(float)))
def test_the_vendors_steps_are_its_own(tst_h: float) -> None:
    if 7 <= tst_h <= 9:
        expected = 100.0
    elif 6 <= tst_h <= 10:
        expected = 80.0
    elif 5 <= tst_h <= 11:
        expected = 60.0
    else:
        expected = 40.0
    assert vendor_duration_part(tst_h) == expected


@settings(deadline=None)
@given(se_pct=percents, tst_min=st.integers(0, 1_440))
def test_the_vendor_profile_is_the_vendors_sum(se_pct: float, tst_min: int) -> None:
    nights = pd.DataFrame({"night": pd.date_range(FIRST, periods=5), "day_index": range(5)}).assign(
        person_id="ada", kind="main", valid=True, se_pct=se_pct, se_known_pct=se_pct, unknown_share=0.0,
        tst_min=float(tst_min), midsleep_clock_h=3.0, sri_agree=0, sri_known=0,
    )  # fmt: skip
    found = period_score(nights, age_years=None, first=FIRST, last=LAST, rules=VENDOR)
    total = se_pct * 0.4 + 80.0 * 0.3 + float(vendor_duration_part(tst_min / 60)) * 0.3
    assert math.isclose(found.overall, total, abs_tol=1e-9)


@given(parts=st.tuples(*[percents] * 3), better=st.tuples(*[st.floats(0, 50)] * 3), shares=weights)
def test_a_better_part_never_makes_a_worse_score(
    parts: tuple[float, float, float], better: tuple[float, float, float], shares: Weights
) -> None:
    risen = [min(part + more, 100) for part, more in zip(parts, better, strict=True)]
    before, after = overall(*parts, shares), overall(risen[0], risen[1], risen[2], shares)
    assert -1e-9 <= before <= after + 1e-9
    assert after <= 100 + 1e-9


@settings(deadline=None)
@given(nights=cohorts(), how=rules, seed=st.integers(0, 99))
def test_the_order_of_people_and_nights_changes_nothing(
    nights: pd.DataFrame, how: ScoreRules, seed: int
) -> None:
    shuffled = nights.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(table_of(shuffled, how), table_of(nights, how), rtol=1e-9)


@settings(deadline=None)
@given(nights=cohorts(), how=rules)
def test_a_persons_score_is_the_same_alone_and_explains_itself(nights: pd.DataFrame, how: ScoreRules) -> None:
    table = table_of(nights, how)
    assert tuple(table.columns) == SCORE_COLUMNS
    for person_id, years in (("ada", 40.0), ("dee", None)):
        alone = nights[nights["person_id"] == person_id]
        found = period_score(alone, age_years=years, first=FIRST, last=LAST, rules=how)
        parts = (found.efficiency, found.consistency, found.duration)
        values = [found.overall, *(part.value for part in parts)]
        np.testing.assert_allclose(
            values, table.loc[person_id, ["score", "score_e", "score_c", "score_d"]].astype(float), rtol=1e-9
        )
        assert math.isnan(found.overall) == any(math.isnan(part.value) for part in parts)
        assert all(part.reason and part.inputs for part in parts)
        assert all(bool(part.estimator) != math.isnan(part.value) for part in parts)
        assert bool(found.reason) or not math.isnan(found.overall)


@given(one=rules, other=rules)
def test_scores_by_different_rules_have_different_tags(one: ScoreRules, other: ScoreRules) -> None:
    assert (one.version == other.version) == (one == other)
    assert (one == EVIDENCE) == (one.version == "evidence-2")
