"""How people are spread in one metric: everybody is to be seen, and too many are counted."""

import json
import math
import re

import numpy as np
import pytest

from analytics.cohort_spread import EACH_AS_A_DOT
from charts.people_spread import people_spread
from charts.sparkline import panel
from charts.theme import theme
from tests.analytics.test_cohort_nights import of_means, plain
from tests.charts.made_up import HOSTILE, NAN

LIGHT = theme("light")
USUAL = [400.0 + n for n in range(12)]


def test_every_person_is_a_dot_with_a_name() -> None:
    figure = people_spread(of_means(USUAL), LIGHT).figure
    (dots,) = figure.data
    assert list(dots.x) == USUAL
    assert plain(dots.hovertext[0]) == "Person 0: 6 h 40 min (30 nights)"


def test_no_dot_covers_another() -> None:
    values = [420.0] * 30 + [421.0] * 30
    (dots,) = people_spread(of_means(values), LIGHT).figure.data
    assert len(set(zip(dots.x, dots.y, strict=True))) == len(values)
    assert max(np.abs(dots.y)) <= 1


def test_mean_median_and_middle_half_are_drawn_and_said() -> None:
    spread = of_means(USUAL)
    layout = people_spread(spread, LIGHT).figure.layout
    band, interval, median, mean = layout.shapes
    assert (band.x0, band.x1) == (spread.q1, spread.q3)
    assert (interval.x0, interval.x1) == (spread.low, spread.high)
    assert (median.x0, mean.x0) == (spread.median, spread.mean)
    said = [plain(note.text) for note in layout.annotations]
    assert said[0].startswith("mean 6 h 46 min, 95 % 6 h")
    assert said[1] == "median 6 h 46 min"


def test_who_lies_apart_has_a_name_beside_the_dot_and_a_shape_of_their_own() -> None:
    figure = people_spread(of_means([*USUAL, 250.0]), LIGHT).figure
    assert [note.text for note in figure.layout.annotations][2:] == ["Person 12"]
    assert list(figure.data[0].marker.symbol).count("diamond") == 1


def test_hundreds_of_people_are_counted_in_bars_with_few_points() -> None:
    values = np.random.default_rng(3).normal(420, 40, 5000).tolist()
    chart = people_spread(of_means(values), LIGHT)
    (bars,) = chart.figure.data
    assert sum(bars.y) == 5000
    assert len(bars.x) < 100
    assert len(json.dumps(chart.figure.to_plotly_json(), default=str)) < 20_000
    assert chart.table["People"].sum() == 5000
    assert len(people_spread(of_means(values[:EACH_AS_A_DOT]), LIGHT).figure.data[0].x) == EACH_AS_A_DOT


@pytest.mark.parametrize("values", [(420.0,), (400.0, 410.0, 420.0, 430.0), (420.0,) * 6])
def test_few_people_and_people_who_are_alike_have_a_chart(values: tuple[float, ...]) -> None:
    chart = people_spread(of_means(values), LIGHT)
    low, high = chart.figure.layout.xaxis.range
    assert low < min(values) <= max(values) < high
    assert len(chart.figure.layout.xaxis.tickvals) >= 2
    assert ("too few for an average" in chart.alt) == (len(values) < 5)


def test_nobody_with_nights_enough_is_a_sentence() -> None:
    assert people_spread(of_means((NAN, NAN)), LIGHT).alt == "Nobody has nights enough for a mean."


def test_on_the_clock_the_axis_crosses_midnight() -> None:
    layout = people_spread(of_means((22.5, 23, 23.5, 0.25, 1), "start_clock_h"), LIGHT).figure.layout
    labels = list(layout.xaxis.ticktext)
    assert labels.index("23:00") < labels.index("00:00") < labels.index("01:00")


def test_words_and_table_have_the_numbers() -> None:
    chart = people_spread(of_means([*USUAL, NAN]), LIGHT)
    assert plain(chart.alt).startswith(
        "Asleep, means of people: 12 of 13 people from 6 h 40 min to 6 h 51 min; mean"
    )
    assert chart.table["Person"].tolist() == [f"Person {n}" for n in range(12)]


def test_a_name_is_never_markup() -> None:
    spread = of_means([*USUAL, 250.0])
    spread.names.loc[:] = HOSTILE
    chart = people_spread(spread, LIGHT)
    texts = [*chart.figure.data[0].hovertext, *(note.text for note in chart.figure.layout.annotations[2:])]
    assert all("<" not in text for text in texts)


def heights(svg: str) -> list[float]:
    return [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", svg)]


def test_panels_share_a_scale_and_hold_what_lies_beyond_it() -> None:
    low, high = (heights(panel([value, value], LIGHT, scale=(300, 540)))[0] for value in (400.0, 460.0))
    assert low > high, "more stands higher"
    assert heights(panel([900.0, 900.0], LIGHT, scale=(300, 540)))[0] == pytest.approx(
        heights(panel([540.0, 540.0], LIGHT, scale=(300, 540)))[0]
    )


def test_a_panel_without_a_usual_has_no_band_and_breaks_are_gaps() -> None:
    assert "<rect" not in panel([400.0, NAN, 420.0], LIGHT, scale=(300, 540))
    drawn = panel([400.0, 410.0, NAN, 420.0, 430.0], LIGHT, scale=(300, 540), low=390, high=430, last=0)
    assert drawn.count("<path") == 2
    assert drawn.count("<rect") == 1
    assert "nan" not in panel([math.nan] * 5, LIGHT, scale=(300, 540))
