"""The hypnogram draws what is known, where the clock says it was, and nothing over what is not known."""

import json
import math
import re
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.night_view import NightView
from analytics.sleep_cycles import no_cycles
from analytics.wording import quantity
from charts.hypnogram import hypnogram, stage_strip
from charts.theme import theme
from tests.charts.made_up import NIGHT, Run, night_view

LIGHT = theme("light")
ROWS = {"Awake": 3, "REM": 2, "Light": 1, "Deep": 0}
STAGES = ("awake", "rem", "light", "deep")

runs_of_a_night = st.lists(
    st.tuples(
        st.sampled_from((*STAGES, "unknown", "not recorded")),
        st.integers(min_value=1, max_value=120).map(lambda epochs: epochs / 2),
    ),
    min_size=1,
    max_size=40,
)


def traces(runs: tuple[Run, ...] | list[Run] = NIGHT, **more: Any) -> dict[str, dict[str, Any]]:
    figure = json.loads(hypnogram(night_view(runs, **more), LIGHT).figure.to_json())
    return {trace["name"]: trace for trace in figure["data"]}


def merged(runs: list[Run]) -> list[Run]:
    """Neighbours of one stage made one run, as the night view has them."""
    found: list[Run] = []
    for what, minutes in runs:
        if found and found[-1][0] == what:
            found[-1] = (what, found[-1][1] + minutes)
        else:
            found.append((what, minutes))
    return found


def test_a_stage_is_one_trace_in_its_row() -> None:
    drawn = traces()
    assert len(drawn) == 7
    for name, row in ROWS.items():
        assert set(drawn[name]["y"]) == {row}
        assert drawn[name]["orientation"] == "h"
        assert drawn[name]["width"] == 0.54
        assert drawn[name]["marker"]["cornerradius"] == 4
        assert drawn[name]["marker"]["color"] == LIGHT.stages.of(name.lower())
    assert sum(drawn["Deep"]["x"]) == sum(minutes for what, minutes in NIGHT if what == "deep")
    assert drawn["Awake"]["base"][0] == 0
    assert drawn["Awake"]["x"][0] == 22


def test_the_rows_are_named_and_awake_is_on_top() -> None:
    axis = hypnogram(night_view(), LIGHT).figure.layout.yaxis
    named = {word.strip(): at for at, word in zip(axis.tickvals, axis.ticktext, strict=True)}
    assert [word for word, _ in sorted(named.items(), key=lambda row: -row[1])] == [
        "Awake",
        "REM",
        "Light",
        "Deep",
        "Snoring",
    ]
    assert axis.range[1] > axis.range[0]


@settings(deadline=None)
@given(runs=runs_of_a_night.map(merged))
def test_neither_bar_nor_line_lies_over_what_is_not_known(runs: list[Run]) -> None:
    drawn = traces(runs, snoring=())
    assert len(drawn) <= 7
    frame = night_view(runs).runs
    hidden = frame[frame["what"].isin(["unknown", "not recorded"])]
    gaps = list(zip(hidden["start_min"], hidden["end_min"], strict=True))
    for name in ROWS:
        for begun, length in zip(
            drawn.get(name, {}).get("base", []), drawn.get(name, {}).get("x", []), strict=True
        ):
            assert all(begun + length <= first + 1e-9 or begun >= last - 1e-9 for first, last in gaps)
    line = drawn.get("Connector", {"x": [], "y": []})
    for (x, y), (next_x, next_y) in pairwise(zip(line["x"], line["y"], strict=True)):
        if None in {x, y, next_x, next_y}:
            continue
        assert x == next_x, "the line only ever crosses rows, at the moment of a transition"
        assert all(x <= first or x >= last for first, last in gaps)
    hatched = drawn.get("Unknown", {"base": [], "x": []})
    assert hatched["base"] == [first for first, _ in gaps]
    assert hatched["x"] == pytest.approx([last - first for first, last in gaps])


def test_the_line_is_broken_at_a_gap_and_joins_every_other_pair_of_rows() -> None:
    line = traces((("light", 10), ("unknown", 5), ("deep", 10), ("rem", 4)), snoring=())["Connector"]
    joined = [x for x in line["x"] if x is not None]
    assert joined == [25, 25]
    assert line["x"][-1] is None


def test_what_is_unknown_is_hatched_over_all_rows() -> None:
    gap = traces((("light", 10), ("unknown", 12), ("deep", 10), ("not recorded", 45), ("light", 3)))[
        "Unknown"
    ]
    assert gap["base"] == [10, 32]
    assert gap["width"] == 4
    assert gap["y"] == [1.5, 1.5]
    assert gap["marker"]["pattern"]["shape"] == "/"
    assert gap["marker"]["color"] == "rgba(0,0,0,0)"
    assert gap["hovertext"][0].startswith("No signal for 12\u00a0min, 23:02 to 23:14")
    assert gap["hovertext"][1].startswith("Not recorded for 45\u00a0min")


def test_hover_is_a_sentence_with_the_clock_of_the_place() -> None:
    deep = traces()["Deep"]
    assert deep["hovertext"][0] == "Deep for 9\u00a0min, 00:08 to 00:17"
    assert deep["hovertemplate"] == "%{hovertext}<extra></extra>"
    assert traces()["Awake"]["hovertext"][2] == "Awake for 0.5\u00a0min, 23:20 to 23:20"


def texts(*, narrow: bool = False, **more: Any) -> list[str]:
    notes = hypnogram(night_view(**more), LIGHT, narrow=narrow).figure.layout.annotations
    return [note.text.strip() for note in notes]


def tints(view: NightView) -> list[tuple[float, float]]:
    shapes = hypnogram(view, LIGHT).figure.layout.shapes
    return [(shape.x0, shape.x1) for shape in shapes if shape.type == "rect"]


def corners(view: NightView, *, narrow: bool = False) -> dict[str, list[tuple[float, float]]]:
    """The points of each bracket in the order they are drawn."""
    shapes = hypnogram(view, LIGHT, narrow=narrow).figure.layout.shapes
    return {
        shape.name: [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+),([-\d.]+)", shape.path)]
        for shape in shapes
        if shape.type == "path"
    }


def boxes(view: NightView, *, narrow: bool) -> list[tuple[float, float, float, float]]:
    """Left, right, bottom and top in px of all words in the plot, with the mean width of a letter of our font."""
    figure = hypnogram(view, LIGHT, narrow=narrow).figure
    width = 250 if narrow else 720
    x_range, y_range = figure.layout.xaxis.range, figure.layout.yaxis.range
    margin = figure.layout.margin
    px_x = width / (x_range[1] - x_range[0])
    px_y = (figure.layout.height - margin.t - margin.b) / (y_range[1] - y_range[0])
    found = []
    for note in figure.layout.annotations:
        length, high = 0.53 * 11 * len(note.text), 14
        left = note.x * px_x - {"left": 0, "center": 0.5, "right": 1, None: 0.5}[note.xanchor] * length
        bottom = (note.y - y_range[0]) * px_y - {"bottom": 0, "middle": 0.5}[note.yanchor] * high
        found.append((left, left + length, bottom, bottom + high))
    return found


def test_long_awakenings_latency_and_final_wake_carry_their_minutes() -> None:
    written = texts()
    for words in (
        "21\u00a0min",
        "14\u00a0min",
        "11\u00a0min",
        "22\u00a0min",
        "8\u00a0min",
        "no signal 12\u00a0min",
    ):
        assert words in written
    assert tints(night_view()) == [(0, 22), (474, 482)]


def test_lost_signal_at_the_end_is_no_final_wake() -> None:
    runs: list[Run] = [("awake", 10.0), ("light", 400.0), ("awake", 6.0), ("unknown", 15.0)]
    assert tints(night_view(runs)) == [(0, 10), (410, 416)]


def test_a_long_awakening_is_told_over_its_bar_where_signal_was_lost_inside_it() -> None:
    view = night_view((("light", 100), ("awake", 6), ("unknown", 60), ("awake", 2), ("light", 200)))
    broken = pd.DataFrame({"start_min": [100.0], "end_min": [168.0], "minutes": [8.0]})
    notes = hypnogram(replace(view, long_awakenings=broken), LIGHT).figure.layout.annotations
    assert [note.x for note in notes if note.text == "8\u00a0min"] == [103]


@pytest.mark.parametrize("narrow", [False, True])
def test_words_near_an_edge_stay_inside_the_plot(*, narrow: bool) -> None:
    runs: list[Run] = [
        *[("unknown", 6.0), ("awake", 2.0), ("light", 200.0), ("rem", 20.0), ("light", 150.0)],
        *[("awake", 3.0), ("unknown", 15.0)],
    ]
    view = night_view(runs)
    written = texts(runs=runs, narrow=narrow)
    assert "no signal 15\u00a0min" in written
    assert "no signal 6\u00a0min" in written
    assert "3\u00a0min" in written
    for left, right, _, _ in boxes(view, narrow=narrow):
        assert left >= 0
        assert right <= (250 if narrow else 720)


@settings(deadline=None)
@given(runs=runs_of_a_night.map(merged), narrow=st.booleans())
def test_no_words_cover_others_nor_leave_the_plot(runs: list[Run], *, narrow: bool) -> None:
    view = night_view(runs)
    found = boxes(view, narrow=narrow)
    for n, (left, right, bottom, top) in enumerate(found):
        assert left >= -0.5
        assert right <= (250 if narrow else 720) + 0.5
        for other in found[n + 1 :]:
            assert right <= other[0] or left >= other[1] or top <= other[2] or bottom >= other[3]


def test_a_complete_cycle_has_a_bracket_with_its_number_and_minutes() -> None:
    view = night_view()
    drawn = corners(view)
    assert list(drawn) == ["Cycle 1", "Cycle 2", "Cycle 3", "Cycle 4"]
    for cycle in view.cycles.each:
        (x0, low), (x1, top), (x2, _), (x3, end) = drawn[f"Cycle {cycle.number}"]
        assert (top, low, end) == (4.28, 4.16, 4.16)
        assert x0 == x1 == pytest.approx(cycle.start_min, abs=2)
        assert x2 == x3 == pytest.approx(cycle.end_min, abs=2)
        assert f"Cycle {cycle.number} · {quantity(cycle.minutes, 'min', 0)}" in texts()


def test_brackets_of_neighbours_do_not_touch() -> None:
    drawn = list(corners(night_view(), narrow=True).values())
    assert len(drawn) == 4
    assert all(first[-1][0] < second[0][0] for first, second in pairwise(drawn))


def test_a_phone_shows_bare_numbers() -> None:
    written = texts(narrow=True)
    assert [text for text in written if text in {"1", "2", "3", "4"}] == ["1", "2", "3", "4"]
    assert not any("Cycle" in text for text in written)


def test_cycles_read_alike_where_one_is_too_short_for_its_name() -> None:
    short: list[Run] = [("light", 15.0), ("rem", 1.0)]
    long: list[Run] = [("light", 100.0), ("rem", 20.0)]
    written = texts(runs=[*short, *long, *long, *long], snoring=())
    assert written[:4] == ["1", "2 · 120\u00a0min", "3 · 120\u00a0min", "4 · 120\u00a0min"]


def test_an_incomplete_cycle_has_no_closing_edge() -> None:
    runs: list[Run] = [("light", 60.0), ("rem", 20.0), ("light", 90.0)]
    drawn = corners(night_view(runs))
    assert list(drawn) == ["Cycle 1", "Cycle 2, incomplete"]
    assert [y for _, y in drawn["Cycle 1"]] == [4.16, 4.28, 4.28, 4.16]
    assert [y for _, y in drawn["Cycle 2, incomplete"]] == [4.16, 4.28, 4.28]
    assert "incomplete" in texts(runs=runs)
    assert "2" not in texts(runs=runs, narrow=True)


@pytest.mark.parametrize(("gap", "dash"), [(5, "solid"), (6, "dot")])
def test_uncertain_cycles_are_dotted(gap: int, dash: str) -> None:
    shapes = hypnogram(
        night_view((("light", 60), ("unknown", gap), ("light", 9), ("rem", 20))), LIGHT
    ).figure.layout.shapes
    assert [shape.line.dash for shape in shapes if shape.type == "path"] == [dash]


def test_without_cycles_there_is_no_bracket_and_no_word_of_them() -> None:
    view = replace(night_view(), cycles=no_cycles())
    chart = hypnogram(view, LIGHT)
    assert corners(view) == {}
    assert "cycle" not in chart.alt
    assert not any("Cycle" in what for what in chart.table["What"])


def test_a_bracket_answers_the_pointer_with_a_sentence() -> None:
    notes = hypnogram(night_view(), LIGHT).figure.layout.annotations
    assert notes[0].hovertext == "Cycle 1 for 1\u00a0h\u00a048\u00a0min, 23:14 to 01:01"


def test_the_words_and_the_table_name_the_cycles() -> None:
    chart = hypnogram(night_view(), LIGHT)
    assert "four complete cycles: 108\u00a0min from 23:14" in chart.alt
    assert "the cycles are uncertain" in chart.alt
    cycles = chart.table[chart.table["What"].str.startswith("Cycle")]
    assert cycles["What"].tolist() == ["Cycle 1", "Cycle 2", "Cycle 3", "Cycle 4"]
    assert cycles.iloc[0].tolist() == ["Cycle 1", "23:14", "01:01", "1\u00a0h\u00a048\u00a0min"]
    runs: list[Run] = [("light", 60.0), ("rem", 20.0), ("light", 90.0)]
    ended = hypnogram(night_view(runs), LIGHT)
    assert (
        "one complete cycle: 80\u00a0min from 22:52; a last one, incomplete: 90\u00a0min from 00:12"
        in ended.alt
    )
    assert "uncertain" not in ended.alt
    assert "Cycle 2, incomplete" in ended.table["What"].tolist()
    assert "no complete cycle;" in hypnogram(night_view((("light", 10), ("awake", 5))), LIGHT).alt


def test_labels_never_cover_each_other_and_the_longest_stays() -> None:
    close = [
        ("light", 200),
        ("awake", 6),
        ("light", 1),
        ("awake", 30),
        ("light", 1),
        ("awake", 7),
        ("light", 200),
    ]
    written = texts(runs=close)
    assert "30\u00a0min" in written
    assert "6\u00a0min" not in written
    assert "7\u00a0min" not in written


def test_on_a_clock_change_night_the_labels_are_true() -> None:
    chart = hypnogram(night_view(start=datetime(2026, 10, 24, 23, 0), snoring=()), LIGHT)  # noqa: DTZ001
    words = [text.split("<br>")[0] for text in chart.figure.layout.xaxis.ticktext]
    assert words.count("02:00") == 2
    chart = hypnogram(night_view(start=datetime(2026, 3, 28, 23, 0), snoring=()), LIGHT)  # noqa: DTZ001
    words = [text.split("<br>")[0] for text in chart.figure.layout.xaxis.ticktext]
    assert "02:00" not in words
    assert "03:00" in words


def test_the_words_and_the_table_hold_the_numbers() -> None:
    chart = hypnogram(night_view(), LIGHT)
    for words in (
        "22:52 to 06:54",
        "fell asleep after 22\u00a0min",
        "awake for 8\u00a0min at the end",
        "21\u00a0min at 23:29",
    ):
        assert words in chart.alt
    assert list(chart.table.columns) == ["What", "From", "To", "How long"]
    assert len(chart.table) == len(NIGHT) + 6 + 4
    assert chart.table.iloc[0].tolist() == ["Awake", "22:52", "23:14", "22\u00a0min"]
    assert {what for what in chart.table["What"] if not what.startswith("Cycle")} == {
        "Awake", "REM", "Light", "Deep", "No signal", "Snoring",
    }  # fmt: skip
    assert chart.height_px == chart.figure.layout.height == 330


def test_the_words_leave_out_what_there_was_not_and_name_what_was_not_recorded() -> None:
    assert "at the end" not in hypnogram(night_view((("awake", 9), ("light", 60))), LIGHT).alt
    joined = hypnogram(night_view((("light", 60), ("not recorded", 25), ("light", 30))), LIGHT)
    assert "not recorded 25\u00a0min" in joined.alt
    assert "no signal" not in joined.alt


def test_a_night_without_snoring_has_no_row_for_it() -> None:
    axis = hypnogram(night_view(snoring=()), LIGHT).figure.layout.yaxis
    assert len(axis.tickvals) == 4


def test_a_person_who_never_slept_is_drawn_awake() -> None:
    chart = hypnogram(night_view((("awake", 60),), snoring=()), LIGHT)
    assert len(chart.figure.data) == 1
    assert "fell asleep" not in chart.alt
    assert not chart.figure.layout.shapes


def test_without_stages_there_is_a_sentence_and_no_axis() -> None:
    view = night_view((("light", 10),))
    empty = hypnogram(replace(view, runs=view.runs.iloc[:0]), LIGHT)
    assert not empty.figure.data
    assert empty.alt == "No stages arrived for this recording."
    assert empty.figure.layout.xaxis.visible is False
    assert empty.table.empty


def test_the_strip_is_as_wide_as_its_parts() -> None:
    widths = [
        float(part.split('%"')[0])
        for part in stage_strip(night_view(), LIGHT).split('width="')[2:]
        if "%" in part.split('"')[0]
    ]
    total = sum(minutes for _, minutes in NIGHT)
    awake = sum(minutes for what, minutes in NIGHT if what == "awake")
    assert widths[0] == pytest.approx(100 * awake / total, abs=0.01)
    assert math.fsum(widths) == pytest.approx(100, abs=0.05)
    assert "url(#hatch)" in stage_strip(night_view(), LIGHT)
    assert "url(#hatch)" not in stage_strip(night_view((("light", 10),)), LIGHT)
