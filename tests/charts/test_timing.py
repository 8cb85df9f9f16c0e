"""Bars on the clock: whole sleeps, earliest on top, whoever sleeps when."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.summary import ClockSpread
from charts.chart import Chart
from charts.theme import theme
from charts.timing import timing
from tests.charts.made_up import NAN, nights_frame

LIGHT = theme("light")
FIRST, LAST = date(2026, 1, 15), date(2026, 2, 11)
BED = ClockSpread(mean_h=23.25, sd_min=50, nights=26)
RISE = ClockSpread(mean_h=7.75, sd_min=60, nights=26)
NEITHER = ClockSpread(mean_h=NAN, sd_min=NAN, nights=4)


def of(nights: pd.DataFrame, **more: Any) -> Chart:
    """The chart of four weeks of somebody whose bedtime is 23:15 and who rises at 7:45, unless told otherwise."""
    given: dict[str, Any] = {"first": FIRST, "last": LAST, "bed": BED, "rise": RISE}
    return timing(nights, LIGHT, **(given | more))


def drawn(nights: pd.DataFrame, **more: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in of(nights, **more).figure.data}


def clock_words(figure: Any) -> dict[str, float]:
    axis = figure.layout.yaxis
    return {word.strip(): at for at, word in zip(axis.tickvals, axis.ticktext, strict=True)}


def test_one_bar_a_valid_night_and_a_gap_for_each_other() -> None:
    nights = nights_frame(missing=(9, 17))
    bars = drawn(nights)
    assert len(bars["Nights, in bed"].x) == len(bars["Nights, asleep"].x) == 26
    days = {pd.Timestamp(day).date() for day in bars["Nights, in bed"].x}
    assert FIRST + timedelta(days=9) not in days
    nights.loc[0, "valid"] = False
    assert len(drawn(nights)["Nights, in bed"].x) == 25


def test_a_bar_lasts_from_bed_to_rise_and_sleep_lies_in_it() -> None:
    nights = nights_frame()
    bars = drawn(nights)
    bed, asleep = bars["Nights, in bed"], bars["Nights, asleep"]
    assert np.array(bed.y) == pytest.approx(nights["tib_min"].to_numpy() / 60)
    assert (np.array(asleep.base) >= np.array(bed.base)).all()
    assert (np.array(asleep.base) + asleep.y <= np.array(bed.base) + bed.y + 1e-9).all()


@pytest.mark.parametrize("bed_h", [23.3, 11.5, 8.0, 3.0, 17.0])
def test_nobody_is_cut_in_two_by_midnight_or_noon(bed_h: float) -> None:
    figure = of(nights_frame(bed_h=bed_h)).figure
    bars = figure.data[0]
    begun, ended = np.array(bars.base), np.array(bars.base) + bars.y
    assert np.ptp(begun) < 8
    bottom, top = figure.layout.yaxis.range
    assert top <= begun.min() < ended.max() <= bottom
    # The first label below a bar's top names the clock there.
    anchor = float(nights_frame(bed_h=bed_h)["anchor_clock_h"].iloc[-1])
    for word, at in clock_words(figure).items():
        assert int(word[:2]) == round(anchor + at) % 24


def test_the_earliest_hour_is_on_top() -> None:
    figure = of(nights_frame()).figure
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    words = clock_words(figure)
    assert words["00:00"] < words["06:00"]


def test_naps_stand_apart_narrower_and_to_the_side() -> None:
    bars = drawn(nights_frame(naps=(3, 8)))
    night, nap = bars["Nights, in bed"], bars["Naps, in bed"]
    assert len(nap.x) == 2
    assert nap.width < night.width
    shifts = {pd.Timestamp(x) - pd.Timestamp(x).normalize() for x in nap.x}
    assert min(shifts) > pd.Timedelta(hours=3)
    assert "Naps, in bed" not in drawn(nights_frame())


def lines(chart: Chart) -> list[Any]:
    return [shape for shape in chart.figure.layout.shapes if shape.type == "line"]


def test_the_typical_times_of_the_period_are_drawn_and_named() -> None:
    chart = of(nights_frame())
    assert [line.line.dash for line in lines(chart)] == ["dot", "dot"]
    written = [note.text for note in chart.figure.layout.annotations]
    assert written == ["usual bed<br>23:15", "usual rise<br>07:45"]
    assert "usual bed 23:15; usual rise 07:45" in chart.alt


@pytest.mark.parametrize("bed_h", [23.3, 11.5, 8.0, 3.0, 17.0, 0.0])
def test_a_typical_time_lies_where_the_clock_says_and_among_the_bars(bed_h: float) -> None:
    nights = nights_frame(bed_h=bed_h)
    bed, rise = (ClockSpread(mean_h=hour % 24, sd_min=NAN, nights=26) for hour in (bed_h + 0.2, bed_h + 8.6))
    chart = of(nights, bed=bed, rise=rise)
    begun = np.array(chart.figure.data[0].base)
    ended = begun + np.array(chart.figure.data[0].y)
    anchor = float(nights["anchor_clock_h"].iloc[-1])
    for line, edge, typical in zip(lines(chart), (begun, ended), (bed, rise), strict=True):
        assert edge.min() <= line.y0 == line.y1 <= edge.max()
        assert (anchor + line.y0) % 24 == pytest.approx(typical.mean_h)


def test_a_period_without_a_typical_time_has_no_line_however_its_bars_lie() -> None:
    chart = of(nights_frame(spread_h=0), bed=NEITHER, rise=NEITHER)
    assert lines(chart) == []
    assert not chart.figure.layout.annotations
    assert "usual" not in chart.alt


def test_one_typical_time_is_drawn_without_the_other() -> None:
    assert [note.text for note in of(nights_frame(), bed=NEITHER).figure.layout.annotations] == [
        "usual rise<br>07:45"
    ]


def test_naps_alone_have_no_typical_time() -> None:
    naps = nights_frame(naps=(3,)).query("kind == 'nap'")
    assert lines(of(naps)) == []


def test_weekends_are_shaded() -> None:
    figure = of(nights_frame()).figure
    shaded = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(shaded) == 4
    assert shaded[0].x0 == "2026-01-16T12:00:00"
    assert shaded[0].x1 == "2026-01-18T12:00:00"


def test_a_weekend_at_the_edge_is_shaded_as_far_as_it_is_shown() -> None:
    figure = of(nights_frame(), first=date(2026, 1, 18), last=date(2026, 1, 24)).figure
    shaded = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    assert shaded == [
        ("2026-01-17T12:00:00", "2026-01-18T12:00:00"),
        ("2026-01-23T12:00:00", "2026-01-24T12:00:00"),
    ]


def test_hover_words_and_table_say_it_in_full() -> None:
    nights = nights_frame(naps=(3,))
    chart = of(nights)
    hover = chart.figure.data[0].hovertext
    assert hover[0].startswith(
        "Night of Wed\u00a014 to Thu\u00a015\u00a0January\u00a02026: in bed 00:56 to 07:33, asleep 5\u00a0h"
    )
    assert hover[1].startswith("Night of Thu\u00a015 to Fri\u00a016\u00a0January\u00a02026: in bed 22:")
    assert "26 of 28 nights valid" in chart.alt
    assert "1 nap" in chart.alt
    assert len(chart.table) == 27
    assert set(chart.table["Kind"]) == {"main sleep", "nap"}


def test_a_year_and_a_phone_are_drawn_too() -> None:
    first = date(2025, 2, 12)
    chart = of(nights_frame(first=first, days=365), first=first, narrow=True)
    assert len(chart.figure.layout.xaxis.tickvals) <= 3
    assert len(chart.figure.data[0].x) == 363


def test_no_night_is_a_sentence() -> None:
    chart = of(nights_frame().iloc[:0])
    assert chart.alt == "No valid night in this period."
    assert not chart.figure.data
