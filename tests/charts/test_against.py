"""Against usual: inside is a dot on the band, outside a diamond beside it, on every unit's own scale."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.usual import Against
from charts.against import against, how_to_read
from charts.theme import theme
from tests.charts.made_up import HOSTILE, NAN, against_row, against_rows

LIGHT = theme("light")


def places(*rows: object) -> dict[str, list[float]]:
    figure = against(rows, LIGHT).figure  # type: ignore[arg-type]
    return {trace.name: list(trace.x) for trace in figure.data}


def test_three_of_seven_are_diamonds() -> None:
    figure = against(against_rows(), LIGHT).figure
    marks = {trace.name: trace for trace in figure.data}
    assert list(marks["Outside"].y) == [0, 1, 3]
    assert list(marks["Within"].y) == [2, 4, 5, 6]
    assert marks["Outside"].marker.symbol == "diamond"
    assert marks["Outside"].marker.color == LIGHT.attention_fill


def test_the_edges_of_the_band_are_one_away_from_the_usual() -> None:
    at = places(*(against_row(value=value) for value in (440, 478, 408, 459)))
    assert at["Within"] == [0, 1, -1, 0.5]


def test_bedtimes_are_compared_the_short_way_round_midnight() -> None:
    row = against_row("start_clock_h", "Bedtime", "clock", value=0.5, usual=23.5, low=22.5, high=1.5)
    assert places(row) == {"Within": [pytest.approx(0.5)]}


def test_a_value_far_outside_stands_at_the_edge() -> None:
    assert places(against_row(value=1000))["Outside"][0] == 2.3


def test_a_usual_that_never_varied_is_not_divided_by() -> None:
    row = against_row(usual=440, low=440, high=440, value=440.5)
    assert places(row)["Outside"][0] == 0.5


@given(
    value=st.floats(min_value=0, max_value=700),
    edges=st.tuples(*[st.floats(min_value=1, max_value=700)] * 3).map(sorted),
)
def test_inside_is_drawn_on_the_band_and_outside_beside_it(value: float, edges: list[float]) -> None:
    low, usual, high = edges
    row = against_row(value=value, low=low, usual=usual, high=high)
    at = places(row)["Outside" if row.outside else "Within"][0]
    assert -2.3 <= at <= 2.3
    if high - usual > 1 and usual - low > 1:
        assert (abs(at) > 1) == row.outside or math.isclose(abs(at), 1)


def test_without_a_usual_the_value_stands_alone() -> None:
    chart = against((against_row(usual=NAN, low=NAN, high=NAN),), LIGHT)
    assert not chart.figure.data
    assert not chart.figure.layout.shapes
    assert "Asleep 6\u00a0h\u00a039\u00a0min; no usual yet" in chart.alt


FEW = "a range needs 11 nights; there are 7 (low confidence, 10 are good)"


def few_nights(*values: float) -> tuple[Against, ...]:
    """Rows of 7 reference nights: a usual without a range."""
    return tuple(against_row(value=value, low=NAN, high=NAN, nights=7, note=FEW) for value in values)


def test_a_usual_without_a_range_has_a_tick_and_dots_but_no_band_and_no_diamond() -> None:
    figure = against(few_nights(440, 470, 425, 1000), LIGHT).figure
    assert [trace.name for trace in figure.data] == ["Within"]
    # Without a band half an hour is 1 away; what is far out stands at the edge.
    assert list(figure.data[0].x) == [0, 1, -0.5, 2.3]
    assert [shape.type for shape in figure.layout.shapes] == ["line"] * 4


def test_a_usual_without_a_range_is_said_to_be_one() -> None:
    chart = against(few_nights(399), LIGHT)
    written = [note.text for note in chart.figure.layout.annotations]
    assert written == ["usual", "usual value", "6\u00a0h\u00a039\u00a0min", "7\u00a0h\u00a020\u00a0min"]
    assert chart.alt == (
        "Against the usual. Asleep 6\u00a0h\u00a039\u00a0min, \u221241\u00a0min against usual "
        "(7\u00a0h\u00a020\u00a0min). A range needs 11 nights; there are 7 (low confidence, 10 are good)."
    )
    assert chart.figure.data[0].hovertext[0].endswith(f"<br>{FEW}")
    assert (chart.table["Outside"].tolist(), chart.table["Rests on"].tolist()) == (["\u2013"], [FEW])


def test_the_caption_explains_the_marks_that_are_drawn() -> None:
    explained = {"what": "this night", "nights": "the last valid nights (26 of 28)"}
    assert how_to_read(against_rows(), **explained) == (
        "Dot: this night. Band: middle 80 % of the last valid nights (26 of 28). Diamond: outside."
    )
    assert how_to_read(few_nights(399), what="this night", nights="the last valid nights (7 of 28)") == (
        "Dot: this night. Line: the usual of the last valid nights (7 of 28). "
        "A range needs 11 nights; there are 7 (low confidence, 10 are good)."
    )


def printed(*, narrow: bool) -> list[str]:
    return [note.text for note in against(against_rows(), LIGHT, narrow=narrow).figure.layout.annotations]


def test_value_and_range_are_printed_and_a_phone_leaves_the_range_out() -> None:
    wide, small = printed(narrow=False), printed(narrow=True)
    for words in ("6\u00a0h\u00a039\u00a0min", "22:52"):
        assert words in wide
        assert words in small
    assert "22:30 to 23:54" in wide
    assert "usual range" in wide
    assert not [words for words in small if " to " in words or words == "usual range"]


def test_words_and_table_hold_every_row() -> None:
    chart = against(against_rows(), LIGHT)
    assert (
        "Efficiency 79\u00a0%, \u22129\u00a0points against usual (83\u00a0% to 93\u00a0%), outside the usual range"
        in chart.alt
    )
    assert chart.table["Statistic"].tolist() == [row.label for row in against_rows()]
    assert chart.table["Outside"].tolist() == ["yes", "yes", "no", "yes", "no", "no", "no"]
    assert set(chart.table["Rests on"]) == {"26\u00a0nights"}
    assert chart.height_px == chart.figure.layout.height


def test_nothing_to_compare_is_a_sentence() -> None:
    assert against((), LIGHT).alt == "There is nothing to compare yet."


def test_a_label_is_never_markup() -> None:
    figure = against((against_row(label=HOSTILE),), LIGHT).figure
    assert "<b>" not in figure.layout.yaxis.ticktext[0]
    assert "<b>" not in figure.data[0].hovertext[0]
