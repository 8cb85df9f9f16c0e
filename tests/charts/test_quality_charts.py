"""The flow and the grid of Quality: every number is in words and table, every state has a mark, and it stays small."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.quality import Quality, days_known, quality
from analytics.quality_flow import flow
from analytics.quality_states import GRADE_A, STATES
from analytics.sleeper import Sleeper
from charts.quality_flow import quality_flow
from charts.quality_grid import PEOPLE_PER_PAGE, quality_grid
from charts.theme import theme
from tests.analytics.lives import LAST, life, person
from tests.analytics.test_quality import squad
from tests.charts.made_up import HOSTILE

LIGHT, DARK = theme("light"), theme("dark")


def many(people: int, days: int, *, name: str = "Person") -> Quality:
    """So many people with a year's quality in every state there is."""
    whole = squad()
    first = LAST - timedelta(days=days - 1)
    rng = np.random.default_rng(1)
    states = rng.integers(0, len(STATES), (people, days)).astype(np.uint8)
    index = pd.Index([f"p{n:05d}" for n in range(people)], name="person_id")
    made = object.__new__(Quality)
    table = pd.DataFrame({"name": [f"{name} {n}" for n in range(people)], "valid_nights": 3}, index=index)
    fields = {
        **{each: getattr(whole, each) for each in Quality.__dataclass_fields__},
        "people": table,
        "states": states,
        "dates": pd.date_range(first, LAST).as_unit("us"),
        "first": first,
        "left_out": whole.left_out.iloc[:0],
    }
    for field, value in fields.items():
        object.__setattr__(made, field, value)
    return made


def traces(chart: Any) -> dict[str, Any]:
    return {
        trace["type"] + trace.get("name", ""): trace for trace in json.loads(chart.figure.to_json())["data"]
    }


def test_the_states_travel_as_bytes_with_a_mark_each() -> None:
    found = many(20, 28)
    drawn = traces(quality_grid(found, LIGHT))
    z = drawn["heatmap"]["z"]
    assert z["dtype"] == "u1"
    assert (np.frombuffer(base64.b64decode(z["bdata"]), np.uint8).reshape(20, 28) == found.states).all()
    symbols = set()
    for state, name in STATES.items():
        if state == GRADE_A:
            assert f"scatter{name}" not in drawn
            continue
        assert len(drawn[f"scatter{name}"]["x"]) == (found.states == state).sum()
        symbols.add(drawn[f"scatter{name}"]["marker"]["symbol"])
    assert len(symbols) == len(STATES) - 1, "two states would have the same mark"


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_each_state_has_a_colour_of_its_own(look: Any) -> None:
    scale = quality_grid(many(5, 14), look).figure.data[0].colorscale
    positions = [at for at, _ in scale]
    assert positions == sorted(positions)
    assert (positions[0], positions[-1]) == (0, 1)
    assert len({colour for _, colour in scale}) == len(STATES)


def test_the_key_names_the_states_that_are_there_and_no_other() -> None:
    found = squad()
    named = {note.text for note in quality_grid(found, LIGHT).figure.layout.annotations} & set(
        STATES.values()
    )
    assert named == {STATES[state] for state in np.unique(found.states).tolist()}


def test_a_page_of_a_year_is_small_enough_to_send() -> None:
    chart = quality_grid(many(5000, 365), LIGHT, page=50)
    # The table is sent beside the figure; its words are few, so they are sent once each.
    assert len(chart.figure.to_json()) < 1_400_000
    assert np.array(chart.figure.data[0].z).shape == (PEOPLE_PER_PAGE, 365)
    assert chart.table["Person"].iloc[0] == "Person 4900"
    assert "100 of 5,000 people" in chart.alt


def test_a_phone_shows_two_weeks_and_counts_all() -> None:
    chart = quality_grid(many(5, 40), LIGHT, narrow=True)
    assert np.array(chart.figure.data[0].z).shape == (5, 14)
    assert chart.table.shape == (5, 42)
    assert set(traces(chart)["scatterValid nights"]["text"]) == {"  3 of 40"}


def test_a_square_says_why_its_night_is_left_out() -> None:
    found = squad()
    words = np.array(quality_grid(found, LIGHT).figure.data[0].text)
    assert words[1, 1] == "left out by a rule: a long gap in the signal"
    assert words[1, 3] == "left out, unusable: no sleep found"
    assert words[1, 0] == "grade B"
    assert words[0, 0] == "not synced"
    assert "9 grade" not in quality_grid(found, LIGHT).alt
    assert (
        "8 grade A; 1 grade B; 2 left out by a rule; 1 left out, unusable; 2 no recording; 7 not synced"
        in (quality_grid(found, LIGHT).alt)
    )


def test_names_are_text() -> None:
    who = replace(person(1), name=HOSTILE)
    nights = life(who, days=7)
    known = days_known([who], nights, {})
    chart = quality_grid(
        quality("All", [who], nights, first=LAST - timedelta(days=6), last=LAST, known=known), LIGHT
    )
    for text in (*chart.figure.layout.yaxis.ticktext, *chart.figure.data[0].y):
        assert "<" not in text
    assert chart.table["Person"].tolist() == [HOSTILE]


def test_nobody_is_a_sentence() -> None:
    nobody: list[Sleeper] = []
    found = squad(people=nobody)
    assert quality_grid(found, LIGHT).alt == "There is nobody in this cohort."
    assert "nobody" in quality_flow(flow(found), LIGHT).alt


@pytest.mark.parametrize("narrow", [True, False])
def test_the_flow_has_a_bar_a_step_and_each_reason_hangs_where_it_is_taken(narrow: bool) -> None:
    found = squad(minimum_nights=3)
    rows = flow(found)
    chart = quality_flow(rows, LIGHT, chosen="LONG_GAP", narrow=narrow)
    steps, reasons = chart.figure.data
    assert list(steps.x) == [21, 12, 9, 7]
    assert set(steps.base) == {0}
    told = [row for row in rows if row.kind == "reason" and row.nights]
    ends = [base + length for base, length in zip(reasons.base, reasons.x, strict=True)]
    assert ends == [row.above for row in told]
    assert list(reasons.x) == [row.nights for row in told]
    chosen = [row.code for row in told].index("LONG_GAP")
    colours = list(reasons.marker.color)
    assert colours[chosen] == LIGHT.attention
    assert colours.count(LIGHT.attention) == 1
    assert chart.height_px == chart.figure.layout.height


def test_no_reason_is_cut_off_on_a_phone() -> None:
    chart = quality_flow(flow(squad(minimum_nights=3)), LIGHT, narrow=True)
    written = [str(each.text) for each in chart.figure.layout.annotations]
    assert "A long gap in the signal" in written
    assert not [text for text in written if "…" in text]


def test_the_flow_s_words_and_table_have_every_number() -> None:
    found = squad()
    chart = quality_flow(flow(found), LIGHT)
    assert "Recorded: 12\u00a0nights (12\u00a0sessions)." in chart.alt
    assert chart.table["Nights"].tolist()[0] == "21"
    assert chart.table["Nights"].tolist()[1] == "−7"
    assert chart.table["Sessions"].tolist()[0] == "–"
    for row in flow(found):
        assert row.label in chart.table["Step or reason"].tolist()
