"""Whatever the nights: their order, the calendar and other people change nothing, and the counts add up."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.event_aligned import METRICS, EventAligned, Window, event_aligned

BY_NAME = {metric.name: metric for metric in METRICS}
FIRST = date(2026, 1, 1)
WINDOW = Window(before=2, after=3)
Lives = tuple[pd.DataFrame, dict[str, date]]


@st.composite
def lives(draw: st.DrawFn) -> Lives:
    """Up to nine people with holes in their nights, and starts before, among and after them."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    people = draw(st.integers(0, 9))
    share = draw(st.sampled_from([0.3, 0.6, 0.95]))
    rows, starts = [], {}
    for n in range(people):
        starts[f"p{n}"] = FIRST + timedelta(days=int(random.integers(-5, 65)))
        rows += [
            (f"p{n}", pd.Timestamp(FIRST + timedelta(days=day)), float(random.integers(200, 600)), hour / 4)
            for day, hour in enumerate(random.integers(0, 96, 60) % random.integers(8, 96))
            if random.random() < share
        ]
    frame = pd.DataFrame(rows, columns=["person_id", "night", "tst_min", "midsleep_clock_h"])
    frame = frame.astype(
        {"person_id": "str", "night": "datetime64[s]", "tst_min": "float64", "midsleep_clock_h": "float64"}
    )
    return frame.assign(kind="main", valid=True, reasons=""), starts


def aligned(given_: Lives, metric: str = "tst_min") -> EventAligned:
    return event_aligned(*given_, phase="Camp", metric=BY_NAME[metric], window=WINDOW)


def figures(found: EventAligned) -> dict[str, object]:
    """All of it that can be compared with `==`."""
    return {
        "steps": found.steps.to_json(double_precision=15),
        "values": found.values.to_json(double_precision=15),
        "baseline": found.baseline.to_json(double_precision=15),
        "change": repr((found.change.difference, found.change.p, found.change.values.to_dict())),
        "left_out": found.left_out,
        "words": (found.title, found.caption, found.notes),
    }


@settings(max_examples=40, deadline=None)
@given(each=lives(), seed=st.integers(0, 99), metric=st.sampled_from(["tst_min", "midsleep_clock_h"]))
def test_the_order_of_people_and_nights_changes_nothing(each: Lives, seed: int, metric: str) -> None:
    frame, starts = each
    turned = dict(sorted(starts.items(), reverse=True))
    mixed = frame.sample(frac=1, random_state=seed)
    assert figures(aligned((frame, starts), metric)) == figures(aligned((mixed, turned), metric))


@settings(max_examples=40, deadline=None)
@given(each=lives(), days=st.integers(-400, 400), metric=st.sampled_from(["tst_min", "midsleep_clock_h"]))
def test_the_calendar_changes_nothing(each: Lives, days: int, metric: str) -> None:
    frame, starts = each
    moved = frame.assign(night=frame["night"] + pd.Timedelta(days=days))
    later = {who: start + timedelta(days=days) for who, start in starts.items()}
    assert figures(aligned((frame, starts), metric)) == figures(aligned((moved, later), metric))


@settings(max_examples=40, deadline=None)
@given(each=lives())
def test_everybody_with_a_start_is_counted_or_named_once(each: Lives) -> None:
    found = aligned(each)
    out = [who for left in found.left_out for who in left.people]
    assert sorted([*out, *found.values.index]) == sorted(each[1])
    assert found.steps["people"].tolist() == found.values.notna().sum().tolist()
    assert (found.steps["nights"] >= 3 * found.steps["people"]).all()
    assert (found.steps["nights"] <= 7 * found.steps["people"]).all()
    assert found.steps.loc[found.steps["people"] < 5, ["mean", "low", "high"]].isna().all(axis=None)


@settings(max_examples=40, deadline=None)
@given(each=lives(), minutes=st.integers(-60, 60))
def test_a_constant_added_to_all_nights_of_a_person_changes_no_difference(each: Lives, minutes: int) -> None:
    frame, starts = each
    moved = frame.assign(tst_min=frame["tst_min"] + minutes)
    np.testing.assert_allclose(
        aligned((moved, starts)).values.to_numpy(), aligned((frame, starts)).values.to_numpy(), atol=1e-6
    )


@settings(max_examples=40, deadline=None)
@given(each=lives(), turn=st.integers(0, 23))
def test_where_midnight_is_changes_no_difference(each: Lives, turn: int) -> None:
    frame, starts = each
    turned = frame.assign(midsleep_clock_h=np.mod(frame["midsleep_clock_h"] + turn, 24))
    one, other = (aligned((nights, starts), "midsleep_clock_h") for nights in (frame, turned))
    # Times as far apart as half a day, and means all but undefined, may fall on either side by rounding.
    far = np.abs(np.nan_to_num(one.values.to_numpy())).max(initial=0) > 700
    if not far and one.values.isna().equals(other.values.isna()):
        np.testing.assert_allclose(one.values.to_numpy(), other.values.to_numpy(), atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(each=lives())
def test_weeks_are_what_plain_loops_make_of_them(each: Lives) -> None:
    frame, starts = each
    found = aligned(each)
    for who in found.values.index:
        mine = frame[frame["person_id"] == who]
        away = (mine["night"] - pd.Timestamp(starts[who])).dt.days
        usual = mine.loc[away.between(-14, -1), "tst_min"].mean()
        for step in WINDOW.steps:
            week = mine.loc[away.between(7 * step, 7 * step + 6), "tst_min"]
            expected = week.mean() - usual if len(week) >= 3 else np.nan
            if step not in found.values:
                assert np.isnan(expected), "a week that somebody has reached is missing"
                continue
            assert found.values.loc[who, step] == pytest.approx(expected, nan_ok=True, abs=1e-8)
