"""The chart around a start: band, line and dots, broken at gaps, and nobody's words become markup."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.event_aligned import METRICS, EventAligned, Window
from analytics.event_aligned import event_aligned as a_start
from charts.chart import Chart
from charts.event_aligned import event_aligned
from charts.theme import theme
from tests.charts.made_up import HOSTILE

LIGHT, DARK = theme("light"), theme("dark")
START = date(2026, 1, 29)
BY_NAME = {metric.name: metric for metric in METRICS}


def found(
    people: int = 14,
    *,
    phase: str = "Camp",
    metric: str = "tst_min",
    ends: tuple[int, ...] = (),
    hole: tuple[int, ...] = (),
    window: Window | None = None,
) -> EventAligned:
    """People who sleep 30 min longer from the start on; `hole` are weeks without nights, `ends` last days."""
    draw = np.random.default_rng(people)
    rows = []
    for n in range(people):
        last = ends[n] if n < len(ends) else 56
        rows += [
            (f"p{n:02d}", pd.Timestamp(START + timedelta(days=day)), 4 + n / 10 + (day >= 0) + draw.normal())
            for day in range(-28, last)
            if day // 7 not in hole
        ]
    frame = pd.DataFrame(rows, columns=["person_id", "night", "value"])
    scale = 1.0 if metric == "midsleep_clock_h" else 30.0
    frame = frame.assign(kind="main", valid=True, reasons="", **{metric: scale * frame["value"]})
    starts = {f"p{n:02d}": START for n in range(people)}
    return a_start(frame, starts, phase=phase, metric=BY_NAME[metric], window=window or Window())


def traces(chart: Chart) -> dict[str, Any]:
    return {trace.name: trace for trace in chart.figure.data}


def test_line_and_band_are_mean_and_interval_grey_before_and_accent_after() -> None:
    each = found()
    drawn = traces(event_aligned(each, LIGHT))
    assert set(drawn) == {"95 % interval, before", "95 % interval, after", "Mean, before", "Mean, after"}
    after, band = drawn["Mean, after"], drawn["95 % interval, after"]
    assert list(after.x) == [n + 0.5 for n in range(8)]
    assert list(after.y) == each.steps["mean"].loc[0:].tolist()
    assert list(band.y) == [*each.steps["high"].loc[0:], *each.steps["low"].loc[0:][::-1]]
    assert after.line.color == after.marker.color == LIGHT.accent
    assert drawn["Mean, before"].line.color == LIGHT.text_secondary
    assert traces(event_aligned(each, DARK))["Mean, after"].line.color == DARK.accent


def test_a_gap_breaks_line_and_band_and_a_week_alone_keeps_its_interval() -> None:
    each = found(hole=(1, 3))
    chart = event_aligned(each, LIGHT)
    after = traces(chart)["Mean, after"]
    assert after.connectgaps is False
    assert [value is None for value in after.y] == [False, True, False, True, False, False, False, False]
    bands = [trace for trace in chart.figure.data if trace.name == "95 % interval, after"]
    assert [len(band.x) for band in bands] == [4, 4, 8]
    assert np.mean(bands[1].x) == 2.5


def test_many_people_are_no_dots_and_few_are() -> None:
    assert "People" not in traces(event_aligned(found(10), LIGHT))
    nine = traces(event_aligned(found(9), LIGHT))
    assert len(nine["People"].x) == 9 * 12
    four = traces(event_aligned(found(4), LIGHT))
    assert set(four) == {"People"}
    ended = traces(event_aligned(found(12, ends=(28,) * 8), LIGHT))
    assert sorted({int(x) for x in ended["People"].x}) == [4, 5, 6, 7]


def test_dots_stay_within_their_week_and_say_whose_they_are() -> None:
    each = found(4)
    dots = traces(event_aligned(each, LIGHT, names={"p00": HOSTILE}))["People"]
    assert set(np.floor(dots.x)) == set(range(-4, 8))
    assert "&lt;b&gt;" in dots.hovertext[0]
    assert not any("<" in words for words in dots.hovertext)
    assert "one person" in traces(event_aligned(each, LIGHT))["People"].hovertext[0]


def test_the_start_is_a_line_with_the_phase_s_name_and_zero_another() -> None:
    figure = event_aligned(found(), LIGHT).figure
    flat, upright = figure.layout.shapes
    assert (flat.y0, flat.y1, flat.xref) == (0, 0, "paper")
    assert (upright.x0, upright.x1, upright.yref) == (0, 0, "paper")
    assert figure.layout.annotations[0].text == "Camp begins"
    assert figure.layout.xaxis.title.text == "weeks from the start of Camp"
    assert list(figure.layout.xaxis.ticktext) == ["\u22124", "\u22123", "\u22122", "\u22121", *"012345678"]


def test_people_are_counted_under_each_week_and_on_hover() -> None:
    each = found(12, ends=(28,) * 4)
    chart = event_aligned(each, LIGHT)
    counts = [note.text for note in chart.figure.layout.annotations[1:]]
    assert counts == ["people\u00a0", *["12"] * 8, *["8"] * 4]
    words = traces(chart)["Mean, after"].hovertext[0].replace("\u00a0", " ")
    assert words.startswith("Week 1: +")
    assert words.endswith(" min), 12 people, 84 nights")


def test_the_axis_ends_with_the_last_week_that_has_happened() -> None:
    chart = event_aligned(found(12, ends=(32,) * 12), LIGHT)
    assert list(chart.figure.layout.xaxis.range) == [-4, 5]
    assert chart.figure.layout.xaxis.ticktext[-1] == "5"
    counts = [note.text for note in chart.figure.layout.annotations[1:]]
    assert counts == ["people\u00a0", *["12"] * 9]
    assert len(chart.table) == 9
    few = traces(event_aligned(found(4, ends=(32,) * 4), LIGHT))["People"]
    assert set(np.floor(few.x)) == set(range(-4, 5))


def test_one_person_is_one_in_words() -> None:
    assert "; 1 of 1 person;" in event_aligned(found(1), LIGHT).alt


def test_what_a_user_wrote_is_never_markup() -> None:
    chart = event_aligned(found(phase=HOSTILE), LIGHT)
    layout = chart.figure.layout
    for words in (layout.xaxis.title.text, layout.annotations[0].text):
        assert "<" not in words
        assert "&lt;b&gt;" in words
    assert HOSTILE in chart.alt
    empty = event_aligned(found(0, phase=HOSTILE), LIGHT)
    assert "<" not in empty.figure.layout.annotations[0].text


def test_a_long_name_is_cut_and_on_a_phone_left_to_the_line() -> None:
    name = "A phase of a study whose name goes on and on and on"
    wide, narrow = (
        event_aligned(found(phase=name), LIGHT, narrow=small).figure.layout for small in (False, True)
    )
    assert wide.annotations[0].text == "A phase of a study whose name goes on a… begins"
    assert narrow.annotations[0].text == "A phase of a stud… begins"
    assert narrow.xaxis.title.text == "weeks from the start"
    assert len(narrow.xaxis.tickvals) <= 7 < len(wide.xaxis.tickvals)
    assert 0 in narrow.xaxis.tickvals


@pytest.mark.parametrize(
    ("metric", "unit"), [("tst_min", "min"), ("midsleep_clock_h", "min"), ("score", "points")]
)
def test_the_axis_is_a_change_with_sign_and_unit(metric: str, unit: str) -> None:
    each = found(metric=metric)
    axis = event_aligned(each, LIGHT).figure.layout.yaxis
    at_zero = axis.ticktext[list(axis.tickvals).index(0)]
    assert at_zero == "0 "
    assert any(unit in words or "h" in words for words in axis.ticktext)
    assert all(words[0] in "+\u22120" for words in axis.ticktext)
    low, high = axis.range
    drawn = each.steps[["low", "high"]].to_numpy()
    assert low < np.nanmin(drawn) < np.nanmax(drawn) < high


def test_days_are_drawn_without_a_row_of_counts() -> None:
    chart = event_aligned(found(window=Window(before=14, after=28, step="day")), LIGHT)
    assert chart.figure.layout.xaxis.title.text == "days from the start of Camp"
    assert len(chart.figure.layout.annotations) == 1
    assert chart.table["From the start"].iloc[0] == "Day\u00a014 before"
    assert len(chart.table) == 42


def test_words_and_table_hold_the_numbers() -> None:
    each = found()
    chart = event_aligned(each, LIGHT)
    words = chart.alt.replace("\u00a0", " ")
    assert words.startswith(f"{each.title.replace(chr(160), ' ')}; time asleep by week from the start")
    assert "14 of 14 people" in words
    assert "95 % interval +" in words
    assert "lowest in week " in words
    assert chart.table["From the start"].tolist()[3:5] == ["Week\u00a01 before", "Week\u00a01"]
    assert chart.table["People"].tolist() == ["14"] * 12
    few = event_aligned(found(4), LIGHT)
    assert "people's changes from " in few.alt
    assert few.table["Mean change"].tolist() == ["–"] * 12


def test_nobody_is_a_sentence() -> None:
    chart = event_aligned(found(0), LIGHT)
    assert chart.alt == "Nobody has a start of Camp."
    assert not chart.figure.data
