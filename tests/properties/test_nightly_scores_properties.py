"""Whatever the nights of however many people: each has the score that it has alone."""

import math
from typing import Any, Final

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.nightly_scores import nightly_scores
from analytics.score import EVIDENCE, ScoreRules, night_score
from tests.properties.test_score_properties import rules

AGES: Final = {"ada": 40.0, "ben": 70.0, "cy": 16.0, "dee": math.nan}
FIRST: Final = pd.Timestamp("2026-01-20")
DAYS: Final = 40
LOOKED_AT: Final = 12

shares = st.sampled_from([0.0, 0.1, 0.3, 0.6])


@st.composite
def person(draw: st.DrawFn, who: str) -> pd.DataFrame:
    """Weeks of one person with gaps, naps, journeys, nights that are not valid and hours of any spread."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    gaps, invalid, naps, journeys = (draw(shares) for _ in range(4))
    days = np.flatnonzero(random.random(DAYS) >= gaps)
    known = draw(st.sampled_from([0, 900, 2880]))
    count = len(days)
    mains = pd.DataFrame(
        {
            "day_index": days,
            # A person whose zone changed may skip a date.
            "label": days + np.cumsum(random.random(count) < 0.05),
            "kind": "main",
            "valid": random.random(count) >= invalid,
            "reasons": np.where(random.random(count) < journeys / 3, "SHORT;AFTER_TRAVEL", ""),
            "tst_min": random.uniform(30, 900, count),
            "se_pct": random.uniform(20, 100, count),
            "se_known_pct": random.uniform(20, 100, count),
            "unknown_share": random.choice([0.0, 0.1, 0.2], count),
            "midsleep_clock_h": np.mod(
                random.normal(2, draw(st.sampled_from([0.0, 0.5, 3.0, 12.0])), count), 24
            ),
            "sri_agree": random.integers(0, known + 1, count),
            "sri_known": known,
        }
    )
    afternoon = mains[random.random(count) < naps].assign(kind="nap", tst_min=random.uniform(10, 120))
    lost = mains[random.random(count) < naps / 3].assign(
        kind="unusable", valid=False, tst_min=math.nan, se_pct=math.nan
    )
    return pd.concat([mains, afternoon, lost]).assign(person_id=who)


@st.composite
def people(draw: st.DrawFn) -> pd.DataFrame:
    """One to four people, their sleeps in any order."""
    who = draw(st.lists(st.sampled_from(sorted(AGES)), min_size=1, max_size=4, unique=True))
    frame = pd.concat([draw(person(each)) for each in who])
    frame["night"] = FIRST + pd.to_timedelta(frame["label"], unit="D")
    return frame.sample(frac=1, random_state=draw(st.integers(0, 99)), ignore_index=True).astype(
        {"person_id": "str", "kind": "str", "reasons": "str"}
    )


def alone(nights: pd.DataFrame, row: "pd.Series[Any]", how: ScoreRules) -> float:
    """The score that `night_score` gives a row; NaN for what is no valid main sleep."""
    if row["kind"] != "main" or not row["valid"]:
        return math.nan
    who = str(row["person_id"])
    age = None if math.isnan(AGES[who]) else AGES[who]
    label = pd.Timestamp(str(row["night"])).date()
    return night_score(nights[nights["person_id"] == who], age_years=age, night=label, rules=how).overall


@settings(deadline=None)
@given(nights=people(), how=st.just(EVIDENCE) | rules)
def test_a_night_among_many_has_the_score_that_it_has_alone(nights: pd.DataFrame, how: ScoreRules) -> None:
    found = nightly_scores(nights, ages=pd.Series(AGES), rules=how)
    looked_at = nights.iloc[:LOOKED_AT]
    expected = [alone(nights, row, how) for _, row in looked_at.iterrows()]
    np.testing.assert_allclose(found[:LOOKED_AT], expected, rtol=0, atol=1e-9)


@settings(deadline=None)
@given(nights=people(), seed=st.integers(0, 99))
def test_the_order_of_rows_changes_no_score(nights: pd.DataFrame, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(nights))
    mixed = nightly_scores(nights.iloc[order], ages=pd.Series(AGES))
    np.testing.assert_array_equal(mixed, nightly_scores(nights, ages=pd.Series(AGES))[order])
