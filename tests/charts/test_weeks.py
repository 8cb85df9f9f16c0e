"""Stages by week: one bar a week of three nights or more, deep at the bottom, each with its count."""

import pytest

from analytics.patterns import STAGE_COLUMNS
from analytics.wording import duration
from charts.theme import theme
from charts.weeks import weeks
from tests.charts.made_up import person_period

LIGHT = theme("light")


def test_deep_is_at_the_bottom_and_the_parts_make_the_night() -> None:
    found = person_period().patterns
    figure = weeks(found, LIGHT).figure
    assert [trace.name for trace in figure.data] == ["Deep", "Light", "REM"]
    assert figure.layout.barmode == "stack"
    drawn = found.weeks[found.weeks["tst_min"].notna()]
    heights = [sum(parts) for parts in zip(*(trace.y for trace in figure.data), strict=True)]
    assert heights == pytest.approx((drawn["tst_min"] / 60).tolist(), abs=0.002)
    assert figure.data[0].marker.color == LIGHT.stages.deep


def test_a_week_of_fewer_than_three_nights_has_no_bar_and_stands_in_the_table() -> None:
    period = person_period(missing=range(40, 48))
    found = period.patterns
    short = found.weeks["nights"] < 3
    assert short.any()
    chart = weeks(found, LIGHT)
    assert len(chart.figure.data[0].x) == int((~short).sum())
    assert len(chart.table) == len(found.weeks)
    assert f"{int((~short).sum())} of" in chart.alt


def test_every_bar_says_how_many_nights_it_is_of_until_there_are_too_many() -> None:
    found = person_period(days=56, missing=()).patterns
    texts = [note.text for note in weeks(found, LIGHT).figure.layout.annotations]
    assert [text for text in texts if text.startswith("n")] == ["n\u00a06"] + ["n\u00a07"] * 7
    year = person_period(days=365, missing=()).patterns
    texts = [note.text for note in weeks(year, LIGHT).figure.layout.annotations]
    assert texts == ["Deep", "Light", "REM"]


def test_words_and_table_hold_the_numbers() -> None:
    found = person_period().patterns
    chart = weeks(found, LIGHT)
    least = min(found.weeks["tst_min"].dropna())
    assert f"asleep from {duration(least)}" in chart.alt
    row = found.weeks.iloc[3]
    assert chart.table.iloc[3].tolist()[2:] == [
        duration(float(row[name])) for name in ("tst_min", *STAGE_COLUMNS)
    ]


def test_no_week_is_a_sentence() -> None:
    chart = weeks(person_period(days=2, missing=()).patterns, LIGHT)
    assert chart.alt == "No week of this period has three valid nights."
    assert not chart.figure.data
