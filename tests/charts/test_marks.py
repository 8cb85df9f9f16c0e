"""Phases and notes above a chart of days: where they stand, what they say, and that they stay words."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from analytics.followed import followed
from analytics.marked import Marked, alternative, in_words, seen
from analytics.summary import ClockSpread
from charts.chart import Chart
from charts.marks import MARKS
from charts.theme import theme
from charts.timing import timing
from charts.trend import trend
from tests.charts.made_up import HOSTILE, NAN, nights_frame, person_period

LIGHT = theme("light")
FIRST, LAST = date(2026, 1, 15), date(2026, 2, 11)
NOWHERE = ClockSpread(mean_h=NAN, sd_min=NAN, nights=4)


def phase(first: date, last: date | None, label: str = "Camp") -> Marked:
    return Marked(first=first, last=last, label=label, kind="phase")


def note(on: date, label: str = "Late match") -> Marked:
    return Marked(first=on, last=None, label=label, kind="note")


def of(*events: Marked, narrow: bool = False, **more: Any) -> Chart:
    return timing(
        nights_frame(**more),
        LIGHT,
        first=FIRST,
        last=LAST,
        bed=NOWHERE,
        rise=NOWHERE,
        narrow=narrow,
        events=events,
    )


def bars(chart: Chart) -> list[Any]:
    return [trace for trace in chart.figure.data if trace.yaxis == "y2" and trace.type == "bar"]


def names(chart: Chart) -> list[str]:
    return [each.text for each in chart.figure.layout.annotations if each.yref == "y2"]


def test_without_events_a_chart_is_as_it_was() -> None:
    plain = of()
    outside = of(phase(date(2025, 1, 1), date(2025, 2, 1)), note(date(2027, 1, 1)))
    assert outside.figure == plain.figure
    assert (outside.alt, outside.height_px) == (plain.alt, plain.height_px)
    assert MARKS not in outside.table


def test_a_phase_is_a_bar_over_its_days_with_its_name_above_the_nights() -> None:
    chart = of(phase(date(2026, 1, 20), date(2026, 1, 26)))
    (bar,) = bars(chart)
    assert bar.base == ("2026-01-19T12:00:00",)
    assert bar.x == (7 * 86_400_000,)
    assert bar.hovertext == ("Camp, 20 to 26 January 2026",)
    assert names(chart) == ["Camp"]
    layout = chart.figure.layout
    assert layout.yaxis.domain[1] == layout.yaxis2.domain[0] < 1
    edges = [shape for shape in layout.shapes if shape.type == "line"]
    assert [edge.x0 for edge in edges] == ["2026-01-19T12:00:00", "2026-01-26T12:00:00"]


def test_the_plot_keeps_its_height_and_what_spans_it() -> None:
    plain, marked = of(), of(phase(FIRST, LAST), note(FIRST))
    added = marked.height_px - plain.height_px
    layout = marked.figure.layout
    assert layout.height == marked.height_px
    inner = marked.height_px - layout.margin.t - layout.margin.b
    assert layout.yaxis.domain[1] * inner == pytest.approx(inner - added)
    weekends = [shape for shape in layout.shapes if shape.type == "rect"]
    assert weekends
    assert {shape.yref for shape in weekends} == {"y domain"}


def test_what_begins_before_or_goes_on_is_cut_at_the_edge() -> None:
    chart = of(phase(date(2025, 12, 1), None), phase(date(2026, 2, 10), date(2026, 5, 1), "Final exams"))
    camp, exams = bars(chart)
    assert (camp.base, camp.x) == (("2026-01-14T12:00:00",), (28 * 86_400_000,))
    assert exams.x == (2 * 86_400_000,)
    assert "Camp, since 1\u00a0December\u00a02025" in chart.alt
    assert [shape.x0 for shape in chart.figure.layout.shapes if shape.type == "line"] == [
        "2026-02-09T12:00:00"
    ]
    lean = next(each for each in chart.figure.layout.annotations if each.text == "Final exams")
    assert (lean.xanchor, lean.x) == ("right", "2026-02-11T12:00:00")


def test_phases_that_meet_stand_in_lanes_and_those_that_do_not_share_one() -> None:
    one, other = phase(FIRST, date(2026, 1, 24), "A"), phase(date(2026, 1, 20), date(2026, 1, 30), "B")
    after = phase(date(2026, 1, 25), date(2026, 2, 2), "C")
    heights = {bar.hovertext[0][0]: bar.y[0] for bar in bars(of(other, after, one))}
    assert heights["A"] == heights["C"] > heights["B"]


def test_more_than_there_are_lanes_for_lose_their_name_in_the_plot_only() -> None:
    many = [phase(FIRST, LAST, f"Phase {n}") for n in range(7)]
    chart = of(*many)
    assert names(chart) == [f"Phase {n}" for n in range(4)]
    assert len(bars(chart)) == 7
    assert "Phase 6, " in chart.alt
    assert "Phase 6" in chart.table[MARKS].iloc[0]


def test_names_of_neighbours_do_not_lie_upon_each_other() -> None:
    days = [
        phase(FIRST + timedelta(days=n), FIRST + timedelta(days=n), f"A rather long name {n}")
        for n in range(3)
    ]
    heights = [bar.y[0] for bar in bars(of(*days, narrow=True))]
    assert all(high > low for high, low in pairwise(heights))


def test_notes_are_one_mark_a_day_with_their_texts_on_hover() -> None:
    on = date(2026, 1, 25)
    chart = of(note(on), note(on, "New mattress"), note(date(2026, 2, 1), "Flight " * 99))
    marks = next(trace for trace in chart.figure.data if trace.name == "Notes")
    assert [moment[:10] for moment in marks.x] == ["2026-01-25", "2026-02-01"]
    assert marks.hovertext[0] == "Sun 25 Jan: Late match · New mattress"
    assert marks.hovertext[1].endswith("<br>…")
    assert marks.hovertext[1].count("<br>") == 7
    assert (
        "Notes: 25\u00a0January\u00a02026: Late match; 25\u00a0January\u00a02026: New mattress" in chart.alt
    )


def test_what_a_user_wrote_is_never_markup() -> None:
    events = (phase(FIRST, LAST, HOSTILE), note(FIRST, HOSTILE))
    for chart in (of(*events), trend(followed(person_period()), LIGHT, events=events)):
        marks = next(trace for trace in chart.figure.data if trace.name == "Notes")
        annotation = next(each for each in chart.figure.layout.annotations if each.yref == "y2")
        for words in (*marks.hovertext, *bars(chart)[0].hovertext, annotation.text, annotation.hovertext):
            assert "<" not in words.replace("<br>", "")
            assert "&lt;b&gt;" in words
        # These two are plain text where they are shown, so there it stands as it was written.
        assert HOSTILE in chart.alt
        assert HOSTILE in chart.table[MARKS].iloc[-1]


def test_the_table_tells_what_each_night_has_and_what_fell_on_a_day_without_one() -> None:
    lost = FIRST + timedelta(days=9)
    chart = of(phase(FIRST, FIRST + timedelta(days=3)), note(lost), missing=(9, 17))
    told = chart.table.set_index("Night")[MARKS]
    assert told.iloc[:5].tolist() == ["Camp"] * 4 + ["–"]
    assert told["Sat\u00a024\u00a0January\u00a02026"] == "Late match"
    assert chart.table["Kind"].tolist().count("–") == 1
    assert len(chart.table) == 27
    assert chart.table["Kind"].iloc[9] == "–"


def test_the_trend_has_them_too_wide_and_narrow() -> None:
    period = person_period(step_min=-120)
    events = (phase(date(2025, 11, 10), date(2025, 12, 14)), note(date(2026, 1, 25)))
    for narrow in (False, True):
        chart = trend(followed(period), LIGHT, narrow=narrow, events=events)
        assert names(chart) == ["Camp"]
        assert len(chart.table) == 99
        assert chart.table.columns[-1] == MARKS
        assert all(shape.yref != "paper" for shape in chart.figure.layout.shapes)


def test_a_group_is_outlined_and_said_to_be_one() -> None:
    chart = of(Marked(first=FIRST, last=None, label="Arm B", kind="group"))
    assert bars(chart)[0].marker.line.width == 1
    assert chart.alt.endswith("Group: Arm B, since 15\u00a0January\u00a02026.")


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        phase(LAST, FIRST)
    with pytest.raises(ValueError, match="kind is one of"):
        Marked(first=FIRST, last=None, label="x", kind="camp")  # type: ignore[arg-type]


def test_events_are_told_by_date_in_one_line_each() -> None:
    events = [note(LAST, "late\n\n one"), phase(FIRST, FIRST), note(FIRST - timedelta(days=1))]
    shown = seen(events, FIRST, LAST)
    assert [each.kind for each in shown] == ["phase", "note"]
    assert in_words(shown[0]) == "Camp, 15\u00a0January\u00a02026"
    assert alternative(shown).endswith("Note: 11\u00a0February\u00a02026: late one.")
    assert alternative([]) == ""
    assert not pd.isna(shown[0].text)
