"""The clock face: midnight on top, clockwise, a hand only where there is a usual time."""

from datetime import timedelta

import numpy as np
import pytest

from analytics.clock_face import ClockFace
from analytics.clock_face import clock_face as face_of
from analytics.person_period import person_period
from charts.clock_face import clock_face
from charts.theme import theme
from tests.analytics.lives import LAST, always, life, person

LIGHT = theme("light")


def face(*, around_the_clock: bool = False, days: int = 28) -> ClockFace:
    later = (lambda day: 150.0 * day) if around_the_clock else always(0.0)
    nights = life(person(1), days=28, later_min=later, asleep_min=always(400.0))
    return face_of(person_period(person(1), nights, first=LAST - timedelta(days=days - 1), last=LAST))


def test_midnight_is_on_top_and_the_hours_run_clockwise() -> None:
    polar = clock_face(face(), LIGHT).figure.layout.polar
    assert (polar.angularaxis.direction, polar.angularaxis.rotation) == ("clockwise", 90)
    assert (polar.angularaxis.tickvals[0], polar.angularaxis.ticktext[0]) == (0, "00:00")
    assert (polar.angularaxis.tickvals[2], polar.angularaxis.ticktext[2]) == (90, "06:00")


def test_each_half_hour_is_a_bar_at_its_place_and_the_hands_are_at_the_usual_times() -> None:
    drawn = {trace.name: trace for trace in clock_face(face(), LIGHT).figure.data}
    assert list(drawn["to bed"].theta) == [pytest.approx(23.25 * 15)]
    assert list(drawn["to bed"].r) == [28]
    assert drawn["to bed"].hovertext[0] == "28\u00a0nights to bed between 23:00 and 23:30"
    assert drawn["usual bed"].theta[0] == pytest.approx(23 * 15, abs=0.01)
    assert drawn["usual rise"].line.dash != drawn["usual bed"].line.dash


def test_without_a_typical_time_there_is_no_hand_and_the_centre_says_so() -> None:
    figure = clock_face(face(around_the_clock=True), LIGHT).figure
    assert {trace.name for trace in figure.data} == {"to bed", "up"}
    assert all("no usual" in word.text for word in figure.layout.annotations)


def test_the_words_have_the_numbers_and_the_table_adds_up() -> None:
    chart = clock_face(face(), LIGHT)
    assert "bedtime: 23:00 ± 0\u00a0min (R 1, 28\u00a0nights)" in chart.alt
    assert np.sum(chart.table["Nights to bed"]) == np.sum(chart.table["Nights up"]) == 28


def test_without_a_night_it_is_a_sentence() -> None:
    nights = life(person(1), days=5)
    empty = person_period(person(1), nights, first=LAST - timedelta(days=90), last=LAST - timedelta(days=60))
    assert clock_face(face_of(empty), LIGHT).alt == "No valid night in this period."
