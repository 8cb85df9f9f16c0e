"""The map of people by nights: three states kept apart, in bytes, with names that stay names."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from charts.cohort import encoded, people_map, unique_names
from charts.theme import theme
from tests.charts.made_up import HOSTILE, NAN, overview

LIGHT = theme("light")


def as_json(**more: Any) -> tuple[str, dict[str, Any]]:
    text = str(people_map(overview(**more), LIGHT).figure.to_json())
    return text, {trace["type"] + trace.get("name", ""): trace for trace in json.loads(text)["data"]}


def test_each_state_has_its_code() -> None:
    hours = np.array([[5.0, 9.0, 7.0, 3.0, 12.0, NAN, NAN]])
    states = np.array([[2, 2, 2, 2, 2, 1, 0]], dtype=np.uint8)
    assert encoded(hours, states).tolist() == [[2, 255, 128, 2, 255, 1, 0]]
    assert encoded(hours, states).dtype == np.uint8


def test_a_value_that_is_missing_although_valid_is_not_drawn_as_a_short_night() -> None:
    assert encoded(np.array([[NAN]]), np.array([[2]], dtype=np.uint8)).tolist() == [[1]]


def test_the_colours_are_steps_with_one_for_each_state() -> None:
    scale = people_map(overview(), LIGHT).figure.data[0].colorscale
    positions = [at for at, _ in scale]
    assert positions == sorted(positions)
    assert (positions[0], positions[-1]) == (0, 1)
    colours = [colour for _, colour in scale][::2]
    assert colours == ["rgba(0,0,0,0)", LIGHT.sunken, *LIGHT.sequential]

    def colour_of(code: int) -> str:
        return str(
            next(
                colour
                for (low, colour), (high, _) in zip(scale[::2], scale[1::2], strict=True)
                if low * 255 <= code <= high * 255
            )
        )

    assert colour_of(0) == "rgba(0,0,0,0)"
    assert colour_of(1) == LIGHT.sunken
    assert colour_of(2) == LIGHT.sequential[0]
    assert colour_of(255) == LIGHT.sequential[-1]


def test_the_bytes_travel_as_bytes() -> None:
    _, traces = as_json()
    z = traces["heatmap"]["z"]
    assert z["dtype"] == "u1"
    decoded = np.frombuffer(base64.b64decode(z["bdata"]), dtype=np.uint8)
    seen = overview()
    assert len(decoded) == 18 * 42
    assert (decoded == 0).sum() == (seen.map_states.to_numpy() == 0).sum()
    assert (decoded == 1).sum() == (seen.map_states.to_numpy() == 1).sum()


def test_a_year_of_two_hundred_people_stays_under_a_megabyte() -> None:
    text, traces = as_json(people=200, days=365)
    assert len(text) < 1_000_000
    marks = sum(len(trace["x"]) for name, trace in traces.items() if name.startswith("scatter"))
    assert marks <= 10_000


def test_dots_and_slashes_mark_the_states_beyond_colour() -> None:
    _, traces = as_json()
    states = overview().map_states.to_numpy()
    assert len(traces["scatterNo valid night"]["x"]) == (states == 1).sum()
    assert len(traces["scatterNot synced"]["x"]) == (states == 0).sum()
    assert traces["scatterNot synced"]["marker"]["symbol"] == "line-ne"


def test_hover_names_person_night_and_what_there_is() -> None:
    figure = people_map(overview(), LIGHT).figure
    heatmap = figure.data[0]
    words = np.array(heatmap.text)
    states = overview().map_states.to_numpy()
    assert set(words[states == 0]) == {"not synced"}
    assert set(words[states == 1]) == {"no valid night"}
    assert all(word.endswith(" h") for word in words[states == 2])
    hours = overview().map_values.to_numpy() / 60
    assert float(words[1, 0].removesuffix(" h")) == pytest.approx(hours[1, 0], abs=0.051)
    assert heatmap.hovertemplate.startswith("%{y}, night to %{x|")


def test_a_name_is_never_markup() -> None:
    figure = people_map(overview(people=2, names=(HOSTILE, "Ana")), LIGHT).figure
    for text in (*figure.layout.yaxis.ticktext, *figure.layout.yaxis.categoryarray, *figure.data[0].y):
        assert "<" not in text
        assert ">" not in text
    assert people_map(overview(people=1, names=(HOSTILE,)), LIGHT).table["Person"].tolist() == [HOSTILE]


def test_people_of_one_name_keep_a_row_each() -> None:
    assert unique_names(["Ana", "Ana", "Ana (2)", "Ben", "Ana"]) == [
        "Ana",
        "Ana (2)",
        "Ana (2) (2)",
        "Ben",
        "Ana (3)",
    ]
    figure = people_map(overview(people=3, names=("Ana", "Ana", "12")), LIGHT).figure
    assert list(figure.data[0].y) == ["Ana", "Ana (2)", "12"]
    assert figure.layout.yaxis.type == "category"


def test_the_key_runs_from_five_to_nine_hours_in_ten_steps() -> None:
    layout = people_map(overview(), LIGHT).figure.layout
    assert [shape.fillcolor for shape in layout.shapes] == list(LIGHT.sequential)
    assert [note.text for note in layout.annotations] == ["5\u00a0h", "9\u00a0h"]


def test_a_phone_shows_two_weeks_and_the_table_all() -> None:
    chart = people_map(overview(), LIGHT, narrow=True)
    assert np.array(chart.figure.data[0].z).shape == (18, 14)
    assert chart.table.shape == (18, 44)
    assert chart.figure.data[0].x0 == "2026-01-29T00:00:00"


def test_words_and_table_count_the_states() -> None:
    seen = overview()
    chart = people_map(seen, LIGHT)
    states = seen.map_states.to_numpy()
    assert f"{(states == 2).sum()} of 756 nights valid" in chart.alt
    assert f"{(states == 0).sum()} not synced" in chart.alt
    assert "18\u00a0people" in chart.alt
    told = replace(seen, map_range=(300.0, 432.0, 594.0))
    assert "time asleep from 5\u00a0h to 9.9\u00a0h, median 7.2\u00a0h" in people_map(told, LIGHT).alt
    assert "median" not in people_map(replace(seen, map_range=(NAN, NAN, NAN)), LIGHT).alt
    assert chart.table["Valid nights"].iloc[0] == f"{(states[0] == 2).sum()} of 42"
    assert chart.table.iloc[0, 2] == "not synced"
    assert chart.height_px == chart.figure.layout.height


def test_a_cohort_of_nobody_is_a_sentence() -> None:
    seen = overview(people=1)
    nobody = replace(seen, map_states=seen.map_states.iloc[:0], people=pd.DataFrame())
    assert people_map(nobody, LIGHT).alt == "There is nobody in this cohort."
