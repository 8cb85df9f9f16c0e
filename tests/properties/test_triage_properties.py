"""Whatever was recorded: attention has a reason and a day since when, and nobody's depends on who else is looked at."""

from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.asked import Asked
from analytics.triage import triage
from tests.analytics.plain_triage import plain_since

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
        begun = np.arange(NIGHTS) >= draw(st.sampled_from([0, 0, 30, 51, 58, 60, 61]))
        frames.append(frame[~gaps & ~silent & begun])
    return pd.concat(frames, ignore_index=True)


@st.composite
def askings(draw: st.DrawFn) -> dict[str, Asked]:
    """For which days each person's nights have been asked for: never, up to a day, or from one day to another."""
    last = st.integers(0, 5).map(lambda n: TODAY - timedelta(days=n))
    spans = st.tuples(last, st.sampled_from([0, 1, 2, 3, 8, 300])).map(
        lambda drawn: (drawn[0] - timedelta(days=drawn[1]), drawn[0])
    )
    return {who: draw(st.one_of(st.none(), last, spans)) for who in PEOPLE}


@settings(deadline=None, max_examples=60)
@given(nights=lives(), asked=askings())
def test_since_is_the_first_of_the_unbroken_days_of_need_by_the_plain_definition(
    nights: pd.DataFrame, asked: dict[str, Asked]
) -> None:
    found = triage(nights, TODAY, people=PEOPLE, asked=asked)
    for who in PEOPLE:
        edges = asked[who]
        span = (None, edges) if isinstance(edges, date) else edges
        since = plain_since(nights[nights["person_id"] == who], TODAY, span)
        assert found.at[who, "attention"] == (since is not None)
        told = found["since"].dropna().dt.date.to_dict()
        assert told.get(who) == since


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
    assert found["attention"].is_monotonic_decreasing
    assert found.groupby("attention")["red"].is_monotonic_decreasing.all()


@settings(deadline=None)
@given(nights=lives())
def test_nobodys_triage_depends_on_who_else_is_looked_at(nights: pd.DataFrame) -> None:
    together = triage(nights, TODAY)
    for who in together.index:
        alone = triage(nights[nights["person_id"] == who], TODAY)
        pd.testing.assert_frame_equal(alone, together.loc[[who]])
