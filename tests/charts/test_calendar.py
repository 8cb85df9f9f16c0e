"""The calendar: each day in its week and weekday, missing apart from low, and the night behind it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.calendar_days import NOT_RECORDED, NOT_VALID, VALUE, CalendarDays
from analytics.followed import METRICS
from charts.calendar import calendar
from charts.theme import theme

LIGHT = theme("light")
BY_ID = {metric.id: metric for metric in METRICS}


def days_of(days: int = 28, *, first: date = date(2026, 4, 16), metric: str = "tst_min") -> CalendarDays:
    """Values that rise from 4 h to 10 h, the third day not valid and the fifth not recorded."""
    labels = pd.date_range(first, periods=days, freq="D")
    value = pd.Series(np.linspace(240, 600, days), index=labels)
    state = np.full(days, VALUE, dtype=np.uint8)
    if days > 4:
        state[2], state[4] = NOT_VALID, NOT_RECORDED
    value[state != VALUE] = np.nan
    session = [f"s-{n}" if state[n] != NOT_RECORDED else "" for n in range(days)]
    frame = pd.DataFrame({"value": value, "state": state, "session_id": session}, index=labels)
    return CalendarDays(metric=BY_ID[metric], days=frame, centre=0.0, note="")


def traces(found: CalendarDays) -> dict[str, Any]:
    return {trace.name: trace for trace in calendar(found, LIGHT).figure.data}


def test_weeks_run_down_up_to_six_of_them_with_the_values_written() -> None:
    drawn = traces(days_of())
    assert drawn["Days"].z.dtype == np.uint8
    assert drawn["Days"].z.shape == (5, 7)
    # 16 April 2026 is a Thursday.
    assert (drawn["Nights"].x[0], drawn["Nights"].y[0]) == (3, 0)
    assert drawn["Values"].text[0] == "4:00"
    assert len(drawn["Values"].text) == 26


def test_weeks_run_across_from_there_on_with_the_months_over_them() -> None:
    chart = calendar(days_of(365), LIGHT)
    assert chart.figure.data[0].z.shape == (7, 53)
    assert list(chart.figure.layout.xaxis.ticktext)[:3] == ["May", "Jun", "Jul"]
    assert len(chart.figure.to_json()) < 100_000


def test_neither_a_missing_nor_an_invalid_night_has_a_colour_of_the_scale() -> None:
    drawn = traces(days_of())
    codes = drawn["Days"].z
    assert (codes[0, 5], codes[1, 0]) == (NOT_VALID, NOT_RECORDED)
    assert codes[0, 3] == 2  # 4 h is below the scale: it has the colour of its low end, which is no state
    assert len(drawn["No valid night"].x) == len(drawn["No recording"].x) == 1


def test_what_lies_beyond_the_scale_is_said_at_its_ends() -> None:
    words = [each.text for each in calendar(days_of(), LIGHT).figure.layout.annotations]
    assert words == ["≤\u00a05\u00a0h", "≥\u00a09\u00a0h"]


def test_every_day_says_what_it_was_and_which_night_it_opens() -> None:
    nights = traces(days_of())["Nights"]
    assert nights.hovertext[0] == "Night to Thu\u00a016\u00a0Apr\u00a02026: time asleep 4\u00a0h"
    assert nights.hovertext[2].endswith("no valid night")
    assert nights.hovertext[4].endswith("no recording")
    assert list(nights.customdata[:5]) == ["s-0", "s-1", "s-2", "s-3", ""]


def test_the_words_have_the_numbers() -> None:
    chart = calendar(days_of(), LIGHT)
    assert "26 of 28 nights with a value; 1 without a valid night; 1 without a recording" in chart.alt
    assert len(chart.table) == 28


@pytest.mark.parametrize("metric", list(BY_ID))
@pytest.mark.parametrize("days", [1, 42, 43, 366])
def test_every_metric_and_length_can_be_drawn(metric: str, days: int) -> None:
    for name in ("light", "dark"):
        for narrow in (False, True):
            chart = calendar(days_of(days, metric=metric), theme(name), narrow=narrow)
            assert chart.height_px < 320


def test_without_a_value_it_is_a_sentence() -> None:
    found = days_of()
    empty = replace(found, days=found.days.assign(value=np.nan, state=np.uint8(NOT_VALID)))
    assert calendar(empty, LIGHT).alt == "No valid night with time asleep in this period."


def test_a_day_of_the_year_change_and_of_a_leap_year_has_its_own_square() -> None:
    found = days_of(60, first=date(2027, 12, 20))
    nights = traces(found)["Nights"]
    assert len(set(zip(nights.x, nights.y, strict=True))) == 60
    assert (date(2027, 12, 20) + timedelta(days=59)).weekday() == nights.y[-1]
