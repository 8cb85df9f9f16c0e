"""Whatever was recorded: attention has a reason and a day since when, and nobody's depends on who else is looked at."""

from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.triage import triage
from analytics.triage_days import LOOKED_BACK

TODAY: Final = date(2026, 3, 31)
PEOPLE: Final = ("ada", "ben", "cy")
NIGHTS: Final = 62

steps = st.sampled_from([0.0, 25.0, 60.0, 150.0])


@st.composite
def lives(draw: st.DrawFn) -> pd.DataFrame:
    """Two months of some people: steady or not, with a change, gaps, silence, lost signal, and nights of no use."""
    frames = []
    for who in draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True)):
        random = np.random.default_rng(draw(st.integers(0, 2**32)))
        after = np.arange(NIGHTS) >= NIGHTS - draw(st.integers(0, 20))
        length = draw(st.sampled_from([340.0, 430.0])) + np.where(after, -draw(steps), 0)
        frame = pd.DataFrame(
            {
                "person_id": who,
                "night": pd.date_range(end=TODAY, periods=NIGHTS, unit="us"),
                "kind": np.where(random.random(NIGHTS) < 0.1, "nap", "main"),
                "valid": random.random(NIGHTS) > 0.1,
                "tib_min": 500.0,
                "missing_share": random.random(NIGHTS) * draw(st.sampled_from([0.0, 0.1, 0.5])),
                "unknown_share": 0.0,
                "tst_min": random.normal(length, draw(st.sampled_from([5.0, 30.0]))),
                "se_pct": random.normal(np.where(after, 88 - draw(steps) / 10, 88.0), 2),
                "midsleep_clock_h": np.mod(random.normal(np.where(after, draw(steps) / 60, 0), 0.4), 24),
                "waso_min": random.normal(np.where(after, 40 - draw(steps) / 5, 40.0), 6),
                "score": random.normal(np.where(after, 80 - draw(steps) / 8, 80.0), 3),
            }
        ).assign(se_known_pct=90.0)
        gaps = random.random(NIGHTS) < draw(st.sampled_from([0.0, 0.2, 0.6]))
        silent = np.arange(NIGHTS) >= NIGHTS - draw(st.sampled_from([0, 0, 0, 2, 3, 6, 20]))
        frames.append(frame[~gaps & ~silent])
    return pd.concat(frames, ignore_index=True)


@settings(deadline=None, max_examples=40)
@given(nights=lives())
def test_since_is_what_triage_of_each_day_would_have_said(nights: pd.DataFrame) -> None:
    found = triage(nights, TODAY, people=PEOPLE)
    days = [
        triage(nights, TODAY - timedelta(days=n), people=PEOPLE)["attention"] for n in range(LOOKED_BACK + 1)
    ]
    for who in PEOPLE:
        since = found["since"][who]
        unbroken = 0
        while unbroken <= LOOKED_BACK and days[unbroken][who]:
            unbroken += 1
        assert pd.isna(since) == (unbroken == 0)
        assert unbroken == 0 or since.date() == TODAY - timedelta(days=unbroken - 1)


@settings(deadline=None)
@given(nights=lives())
def test_who_needs_attention_has_a_label_and_a_reason(nights: pd.DataFrame) -> None:
    found = triage(nights, TODAY, people=PEOPLE)
    for _, row in found.iterrows():
        assert not row["attention"] or (row["label"] and row["reasons"])
        assert bool(row["label"]) == bool(row["reasons"])
        levels = row[["no_data", "short_sleep", "low_efficiency", "much_unknown"]].any()
        assert row["attention"] or not levels
        assert not row["attention"] or levels or row["flag"] in {"red", "amber"}
    assert found["red"].is_monotonic_decreasing


@settings(deadline=None)
@given(nights=lives())
def test_nobodys_triage_depends_on_who_else_is_looked_at(nights: pd.DataFrame) -> None:
    together = triage(nights, TODAY)
    for who in together.index:
        alone = triage(nights[nights["person_id"] == who], TODAY)
        pd.testing.assert_frame_equal(alone, together.loc[[who]])
