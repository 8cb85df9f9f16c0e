"""The trend chart: dots for nights, gaps left as gaps, a slope only where there may be one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.followed import followed
from analytics.smoothing import broken_at_gaps
from analytics.wording import signed_duration
from charts.theme import theme
from charts.trend import trend
from tests.charts.made_up import person_period

LIGHT = theme("light")


def drawn(**more: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in trend(followed(person_period(**more)), LIGHT).figure.data}


def test_every_night_is_a_dot_in_hours() -> None:
    period = person_period()
    dots = drawn()["Nights"]
    assert np.array(dots.y) == pytest.approx(period.history["tst_min"].to_numpy() / 60, abs=0.001)
    assert dots.hovertext[0] == "Asleep 6\u00a0h\u00a014\u00a0min, night to Tue\u00a028\u00a0Oct\u00a02025"


def test_the_line_is_the_local_regression_and_breaks_at_the_gap() -> None:
    period = person_period()
    line = drawn()["Smooth line"]
    assert line.connectgaps is False
    found = broken_at_gaps(period.patterns.line)
    assert [value is None for value in line.y] == found.isna().tolist()
    assert line.y.count(None) == 1
    gap = line.x[line.y.index(None)]
    assert gap == (pd.Timestamp("2025-10-28") + pd.Timedelta(days=40)).isoformat()


def test_with_few_nights_the_line_is_the_mean_of_seven_days() -> None:
    period = person_period(days=13, missing=(5,))
    traces = {trace.name: trace for trace in trend(followed(period), LIGHT).figure.data}
    assert [value is None for value in traces["Mean of 7 days"].y] == period.patterns.rolling.isna().tolist()
    assert "Smooth line" not in traces


def test_a_lasting_change_is_a_dotted_line_with_its_shift() -> None:
    period = person_period(step_min=-120)
    (step,) = period.patterns.changes.steps
    chart = trend(followed(period), LIGHT)
    line = chart.figure.layout.shapes[1]
    assert (line.line.dash, line.x0, line.x1) == ("dot", line.x1, line.x0)
    assert pd.Timestamp(line.x0) == step.first_after - pd.Timedelta(hours=12)
    label = chart.figure.layout.annotations[1]
    assert label.text == signed_duration(step.shift)
    assert f"on {signed_duration(step.shift)}" in chart.alt
    assert len(trend(followed(person_period()), LIGHT).figure.layout.shapes) == 1


def test_slope_and_interval_are_those_of_the_trend() -> None:
    found = person_period(slope_min_a_day=-1).trend
    traces = drawn(slope_min_a_day=-1)
    slope, interval = traces["Slope"], traces["95 % interval of the slope"]
    assert slope.line.dash == "dash"
    assert list(slope.y) == [found.value_first / 60, found.value_last / 60]
    weeks = (found.span_days - 1) / 7
    upper, lower = interval.y[2] - interval.y[0], interval.y[3] - interval.y[5]
    assert upper == pytest.approx(found.high_per_week * weeks / 120 + found.low_per_week * weeks / 120)
    assert interval.y[2] - interval.y[3] == pytest.approx(
        (found.high_per_week - found.low_per_week) * weeks / 120
    )
    assert interval.y[3] <= slope.y[1] <= interval.y[2]
    assert upper == pytest.approx(lower)


def test_too_few_nights_have_neither_slope_nor_interval() -> None:
    traces = drawn(days=9, missing=())
    assert set(traces) == {"Nights", "Mean of 7 days"}
    assert "too few nights for a trend" in trend(followed(person_period(days=9, missing=())), LIGHT).alt


@pytest.mark.parametrize(
    ("born", "low_h", "high_h", "who"),
    [
        (1986, 7, 9, "adults"),
        (None, 7, 9, "adults"),
        (2010, 8, 10, "age 16"),
        (2005, 7, 9, "age 21"),
        (1950, 7, 8, "adults from 65"),
    ],
)
def test_the_band_is_what_is_recommended_at_that_age(
    born: int | None, low_h: float, high_h: float, who: str
) -> None:
    chart = trend(followed(person_period(birth_year=born)), LIGHT)
    band = chart.figure.layout.shapes[0]
    assert (band.y0, band.y1) == (low_h, high_h)
    assert (
        chart.figure.layout.annotations[0].text
        == f"{low_h} to {high_h}\u00a0h recommended for {who} (NSF 2015)"
    )
    assert "National Sleep Foundation 2015" in chart.alt


def test_band_and_nights_lie_inside_the_axis() -> None:
    for shift in (-3.0, 0.0, 2.0):
        figure = trend(followed(person_period(slope_min_a_day=shift)), LIGHT).figure
        bottom, top = figure.layout.yaxis.range
        hours = next(trace for trace in figure.data if trace.name == "Nights").y
        assert bottom < min(*hours, 7)
        assert max(*hours, 9) < top


def test_on_a_phone_the_band_is_named_above_the_nights() -> None:
    note = trend(followed(person_period()), LIGHT, narrow=True).figure.layout.annotations[0]
    assert note.yref == "paper"
    assert note.y == 1
    assert note.text.startswith("Band: 7 to 9")


def test_words_and_table_hold_the_numbers() -> None:
    period = person_period(slope_min_a_day=-1)
    chart = trend(followed(period), LIGHT)
    assert period.trend.verdict == "falling"
    assert "falling: \u2212" in chart.alt
    assert "99\u00a0nights from 28\u00a0October\u00a02025 to 11\u00a0February\u00a02026" in chart.alt
    assert len(chart.table) == 99
    assert chart.table["Mean of 7 days"].iloc[0] == "–"
    assert "no clear trend" in trend(followed(person_period()), LIGHT).alt


def test_no_night_is_a_sentence() -> None:
    period = person_period(days=3, missing=())
    empty = replace(period, history=period.history.iloc[:0])
    chart = trend(followed(empty), LIGHT)
    assert chart.alt == "No valid night with time asleep in these weeks."
    assert not chart.figure.data
