"""Sleep by day of waking: a dot at the median, a bar where there are nights enough for quartiles."""

import numpy as np
import pytest

from charts.theme import theme
from charts.weekdays import weekdays
from tests.charts.made_up import person_period

DARK = theme("dark")


def test_each_weekday_has_its_median_and_its_middle_half() -> None:
    found = person_period().patterns
    figure = weekdays(found, DARK).figure
    assert list(figure.data[0].y) == pytest.approx((found.weekdays["median"] / 60).tolist(), abs=0.001)
    bands = [(shape.y0, shape.y1) for shape in figure.layout.shapes]
    assert np.ravel(bands) == pytest.approx(np.ravel(found.weekdays[["low", "high"]].to_numpy()) / 60)
    assert figure.layout.xaxis.ticktext[0] == f"Mon<br>n\u00a0{found.weekdays['nights'].iloc[0]}"


def test_few_nights_have_dots_and_no_bars() -> None:
    period = person_period(days=28, missing=())
    figure = weekdays(period.patterns, DARK).figure
    assert len(figure.data[0].y) == 7
    assert not figure.layout.shapes


def test_a_weekday_of_one_night_has_no_dot() -> None:
    found = person_period(days=10, missing=()).patterns
    chart = weekdays(found, DARK)
    counts = found.weekdays["nights"]
    assert len(chart.figure.data[0].y) == int((counts >= 2).sum()) == 3
    assert (chart.table["Median"] == "–").sum() == 4


def test_no_night_is_a_sentence() -> None:
    chart = weekdays(person_period(days=3, missing=()).patterns, DARK)
    assert chart.alt == "No day of the week has two valid nights."


def test_the_words_hold_every_median() -> None:
    chart = weekdays(person_period().patterns, DARK)
    assert chart.alt.count("nights)") == 7
    assert chart.table.shape == (7, 4)
