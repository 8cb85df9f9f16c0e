"""The hypnogram draws what is known, where the clock says it was, and nothing over what is not known."""

import json
import math
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def texts(**more: Any) -> list[str]:
    return [note.text for note in hypnogram(night_view(**more), LIGHT).figure.layout.annotations]


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
    tints = [(shape.x0, shape.x1) for shape in hypnogram(night_view(), LIGHT).figure.layout.shapes]
    assert tints == [(0, 22), (474, 482)]


def test_lost_signal_at_the_end_is_no_final_wake() -> None:
    runs: list[Run] = [("awake", 10.0), ("light", 400.0), ("awake", 6.0), ("unknown", 15.0)]
    shapes = hypnogram(night_view(runs), LIGHT).figure.layout.shapes
    assert [(shape.x0, shape.x1) for shape in shapes] == [(0, 10), (410, 416)]


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
    assert len(chart.table) == len(NIGHT) + 6
    assert chart.table.iloc[0].tolist() == ["Awake", "22:52", "23:14", "22\u00a0min"]
    assert set(chart.table["What"]) == {"Awake", "REM", "Light", "Deep", "No signal", "Snoring"}
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
