"""A metric followed over weeks: the values that count, the same slope as everywhere, and what is said of it."""

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.calendar_days import NOT_RECORDED, NOT_VALID, VALUE, calendar_days
from analytics.followed import METRICS, Followed, FollowedMetric, followed
from analytics.person_period import PersonPeriod, person_period
from analytics.trends import trend
from tests.analytics.lives import LAST, Minutes, life, person, scattered
from tests.serving import ROOT

BY_ID = {metric.id: metric for metric in METRICS}


def period(
    days: int = 56,
    *,
    asleep: Minutes | None = None,
    later: Minutes | None = None,
    missing: tuple[int, ...] = (),
) -> PersonPeriod:
    nights = life(
        person(1),
        days=days,
        asleep_min=asleep or (lambda day: 440 + scattered(1, 20)(day)),
        later_min=later or scattered(2, 25),
        missing=missing,
    )
    return person_period(person(1), nights, first=LAST - timedelta(days=27), last=LAST)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_slope_of_a_metric_is_the_one_of_its_nights(metric: FollowedMetric) -> None:
    found = followed(period(), metric.id)
    again = trend(pd.DatetimeIndex(found.values.index), found.values, practical=found.metric.practical)
    assert found.trend.slope_per_week == pytest.approx(again.slope_per_week)
    assert (found.trend.verdict, found.trend.nights) == (again.verdict, len(found.values))


def test_mid_sleep_that_drifts_over_midnight_is_one_line_and_getting_later() -> None:
    # To bed at 19:00 at first, four minutes later every day; 440 min asleep and 30 awake: from 22:45 over midnight.
    found = followed(period(later=lambda day: -240 + 4 * day), "midsleep_clock_h")
    steps = np.diff(found.values)
    assert steps == pytest.approx(np.full(len(steps), 4), abs=45)
    assert found.values.max() - found.values.min() < 6 * 60
    assert found.trend.slope_per_week == pytest.approx(28, abs=3)
    assert found.title.startswith("Mid-sleep is getting later, by ")
    assert "+28\u00a0min" in found.caption


def test_times_all_round_the_clock_have_no_line_and_it_is_said() -> None:
    found = followed(period(later=lambda day: 480 * (day % 3)), "midsleep_clock_h")
    if len(found.values):
        pytest.fail(f"{len(found.values)} nights lie round the clock and still have a usual time")
    assert "all round the clock" in found.note
    assert found.title == "No night with mid-sleep"
    assert "all round the clock" in found.caption


def test_a_percentage_moves_in_points() -> None:
    found = followed(period(), "se_pct")
    assert "points a week" in found.caption
    assert found.metric.text(91.6) == "92\u00a0%"


def test_too_few_nights_are_no_trend() -> None:
    found = followed(period(9), "deep_min")
    assert found.title == "9\u00a0nights: too few for a trend"
    assert found.caption.startswith("Dots are nights")


def test_without_a_night_there_is_nothing_and_no_fault() -> None:
    empty = person_period(
        person(1), life(person(1), days=20), first=LAST - timedelta(days=200), last=LAST - timedelta(days=150)
    )
    for metric in METRICS:
        found: Followed = followed(empty, metric.id)
        assert found.title == f"No night with {metric.noun}"
        assert math.isnan(found.range[0])
        assert calendar_days(empty, metric).nights == 0


def test_another_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"tst_min.*midsleep_clock_h.*'sleep'"):
        followed(period(), "sleep")


def test_a_calendar_keeps_what_is_missing_apart_from_what_is_low() -> None:
    # Night 50 is too short to count, 52 was not recorded.
    shown = period(asleep=lambda day: 50.0 if day == 50 else 440.0, missing=(52,))
    found = calendar_days(shown, BY_ID["tst_min"])
    at = found.days.reset_index(drop=True)
    first = 56 - 28
    assert at["state"].tolist()[50 - first] == NOT_VALID
    assert at["state"].tolist()[52 - first] == NOT_RECORDED
    assert (at["state"] == VALUE).sum() == found.nights == 26
    assert np.isnan(found.share[52 - first])
    assert at["session_id"][50 - first] == "p_01-50"
    assert at["session_id"][52 - first] == ""
    assert found.counted == "26 of 28 nights"


def test_the_colours_of_a_calendar_span_the_same_values_whatever_lies_in_it() -> None:
    short = calendar_days(period(asleep=lambda _day: 330.0), BY_ID["tst_min"])
    long = calendar_days(period(asleep=lambda _day: 510.0), BY_ID["tst_min"])
    assert short.share[0] == pytest.approx((330 - 300) / 240, abs=0.01)
    assert long.share[0] == pytest.approx((510 - 300) / 240, abs=0.01)


def test_a_calendar_of_a_time_of_day_is_counted_from_the_usual_time() -> None:
    found = calendar_days(
        period(asleep=lambda _day: 440.0, later=lambda day: 30.0 * (day % 3)), BY_ID["midsleep_clock_h"]
    )
    assert sorted(set(np.round(found.share, 3))) == pytest.approx([0.375, 0.5, 0.625], abs=0.01)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_limits_of_a_metric_stand_in_the_definitions_as_they_are(metric: FollowedMetric) -> None:
    page = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    section = page.split("### One metric followed over weeks")[1].split("###")[0]
    (row,) = [line for line in section.splitlines() if line.startswith(f"| `{metric.id}` |")]
    _, _, label, practical, shift, low, high, _ = (cell.strip() for cell in row.split("|"))

    def amount(value: float) -> str:
        return metric.change(value).removeprefix("+").replace("\u00a0", " ")

    assert (label, practical, shift) == (metric.label, amount(metric.practical), amount(metric.shift))
    if metric.kind == "clock":
        assert (low, high) == ("2 h before the usual", "2 h after")
        assert (metric.low, metric.high) == (-120, 120)
    else:
        assert (low, high) == tuple(
            metric.text(end).replace("\u00a0", " ") for end in (metric.low, metric.high)
        )
