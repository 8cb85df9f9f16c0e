"""The map of people by nights: three states kept apart, in bytes, with names that stay names."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics.cohort_nights import CohortNights
from analytics.night_metrics import NIGHT_METRICS
from analytics.wording import duration
from charts.cohort import encoded, people_map, unique_names
from charts.theme import theme
from pages.cohort_metric import MAP_ROWS
from tests.charts.made_up import HOSTILE, NAN, nights_of, overview

LIGHT = theme("light")


ASLEEP_MIN = (300.0, 540.0)


def nights(**more: Any) -> CohortNights:
    return nights_of(overview(**more))


def as_json(**more: Any) -> tuple[str, dict[str, Any]]:
    text = str(people_map(nights(**more), LIGHT).figure.to_json())
    return text, {trace["type"] + trace.get("name", ""): trace for trace in json.loads(text)["data"]}


def test_each_state_has_its_code() -> None:
    asleep_min = np.array([[300, 540, 420, 180, 720, NAN, NAN]])
    states = np.array([[2, 2, 2, 2, 2, 1, 0]], dtype=np.uint8)
    assert encoded(asleep_min, states, ASLEEP_MIN).tolist() == [[2, 255, 128, 2, 255, 1, 0]]
    assert encoded(asleep_min, states, ASLEEP_MIN).dtype == np.uint8


def test_a_value_that_is_missing_although_valid_is_not_drawn_as_a_short_night() -> None:
    assert encoded(np.array([[NAN]]), np.array([[2]], dtype=np.uint8), ASLEEP_MIN).tolist() == [[1]]


def test_the_colours_are_steps_with_one_for_each_state() -> None:
    scale = people_map(nights(), LIGHT).figure.data[0].colorscale
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


def test_a_year_of_a_page_of_people_stays_far_under_a_megabyte() -> None:
    text, traces = as_json(people=MAP_ROWS, days=365)
    assert len(text) < 700_000
    marks = sum(len(trace["x"]) for name, trace in traces.items() if name.startswith("scatter"))
    assert marks <= 10_000


def test_dots_and_slashes_mark_the_states_beyond_colour() -> None:
    _, traces = as_json()
    states = overview().map_states.to_numpy()
    assert len(traces["scatterNo valid night"]["x"]) == (states == 1).sum()
    assert len(traces["scatterNot synced"]["x"]) == (states == 0).sum()
    assert traces["scatterNot synced"]["marker"]["symbol"] == "line-ne"


def test_hover_names_person_night_and_what_there_is() -> None:
    figure = people_map(nights(), LIGHT).figure
    heatmap = figure.data[0]
    words = np.array(heatmap.text)
    states = overview().map_states.to_numpy()
    assert set(words[states == 0]) == {"not synced"}
    assert set(words[states == 1]) == {"no valid night"}
    values = overview().map_values.to_numpy()
    assert words[1, 0] == duration(values[1, 0]).replace("\u00a0", " ")
    assert all(re.fullmatch(r"\d+ h( \d+ min)?", word) for word in words[states == 2])
    assert heatmap.hovertemplate.startswith("%{y}, night to %{x|")


def test_a_name_is_never_markup() -> None:
    figure = people_map(nights(people=2, names=(HOSTILE, "Ana")), LIGHT).figure
    for text in (*figure.layout.yaxis.ticktext, *figure.layout.yaxis.categoryarray, *figure.data[0].y):
        assert "<" not in text
        assert ">" not in text
    assert people_map(nights(people=1, names=(HOSTILE,)), LIGHT).table["Person"].tolist() == [HOSTILE]


def test_people_of_one_name_keep_a_row_each() -> None:
    assert unique_names(["Ana", "Ana", "Ana (2)", "Ben", "Ana"]) == [
        "Ana",
        "Ana (2)",
        "Ana (2) (2)",
        "Ben",
        "Ana (3)",
    ]
    figure = people_map(nights(people=3, names=("Ana", "Ana", "12")), LIGHT).figure
    assert list(figure.data[0].y) == ["Ana", "Ana (2)", "12"]
    assert figure.layout.yaxis.type == "category"


def test_the_key_runs_from_five_to_nine_hours_in_ten_steps() -> None:
    layout = people_map(nights(), LIGHT).figure.layout
    assert [shape.fillcolor for shape in layout.shapes] == list(LIGHT.sequential)
    assert [note.text for note in layout.annotations] == ["5\u00a0h", "9\u00a0h"]


def test_a_phone_shows_two_weeks_and_the_table_all() -> None:
    chart = people_map(nights(), LIGHT, narrow=True)
    assert np.array(chart.figure.data[0].z).shape == (18, 14)
    assert chart.table.shape == (18, 44)
    assert chart.figure.data[0].x0 == "2026-01-29T00:00:00"


def test_words_and_table_count_the_states() -> None:
    seen = overview()
    chart = people_map(nights_of(seen), LIGHT)
    states, values = seen.map_states.to_numpy(), seen.map_values.to_numpy()
    assert f"{(states == 2).sum()} of 756 nights valid" in chart.alt
    assert f"{(states == 0).sum()} not synced" in chart.alt
    assert "18\u00a0people" in chart.alt
    assert f"Asleep from {duration(np.nanmin(values))} to {duration(np.nanmax(values))}" in chart.alt
    nothing = replace(nights_of(seen), values=np.full(values.shape, NAN, dtype=np.float32))
    assert "Asleep" not in people_map(nothing, LIGHT).alt
    assert chart.table["Valid nights"].iloc[0] == f"{(states[0] == 2).sum()} of 42"
    assert chart.table.iloc[0, 2] == "not synced"
    assert chart.height_px == chart.figure.layout.height


def test_a_valid_night_without_the_value_is_none_of_the_other_states() -> None:
    seen = nights(people=1, days=20)
    values = seen.values.copy()
    at = int(np.flatnonzero(seen.states[0] == 2)[0])
    values[0, at] = NAN
    figure = people_map(replace(seen, values=values), LIGHT).figure
    assert np.array(figure.data[0].text)[0, at] == "valid night, no such value"
    assert np.array(figure.data[0].z)[0, at] == 1
    marked = [day for trace in figure.data[1:] for day in trace.x]
    assert seen.dates[at].date().isoformat() not in marked, "a dot says that there is no valid night"


@pytest.mark.parametrize("metric", list(NIGHT_METRICS))
def test_every_metric_has_a_scale_in_its_own_unit(metric: str) -> None:
    seen = nights_of(overview(people=3), metric, centre=23.0 if metric.endswith("_h") else NAN)
    ends = [note.text for note in people_map(seen, LIGHT).figure.layout.annotations]
    assert ends == [seen.metric.words(end) for end in seen.scale]
    assert ends[0] != ends[1]


def test_on_the_clock_midnight_cuts_nothing() -> None:
    seen = overview(people=2, days=20)
    hours = seen.map_values.copy()
    hours.iloc[0], hours.iloc[1] = 23.5, 0.5
    states = seen.map_states.copy()
    states.iloc[:] = 2
    around = nights_of(replace(seen, map_values=hours, map_states=states), "start_clock_h", centre=0.0)
    figure = people_map(around, LIGHT).figure
    early, late = np.array(figure.data[0].z)[:, 0].tolist()
    assert late - early == pytest.approx(253 / 5, abs=1), "an hour of five that the colours span"
    assert np.array(figure.data[0].text)[:, 0].tolist() == ["23:30", "00:30"]
    assert [note.text for note in figure.layout.annotations] == ["21:30", "02:30"]


def test_a_cohort_of_nobody_is_a_sentence() -> None:
    assert people_map(nights(people=1).part(0, 0), LIGHT).alt == "There is nobody in this cohort."
