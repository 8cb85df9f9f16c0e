"""Everybody on one line a statistic: its label has room, also on a phone."""

import pandas as pd
import pytest

from analytics.cohort_glance import Glance, GlanceLine
from charts.labels import width_px
from charts.people_strip import people_strip
from charts.theme import theme

LIGHT = theme("light")


def glance(*labels: str) -> Glance:
    values = pd.Series([20.0, 30.0, 45.0, 50.0, 55.0], index=[f"p{n}" for n in range(5)])
    lines = tuple(
        GlanceLine(
            id=f"line_{n}",
            label=label,
            kind="duration",
            values=values,
            mean=40,
            low=25,
            high=55,
            text="40 min",
            interval="25 min to 55 min",
        )
        for n, label in enumerate(labels)
    )
    return Glance(people=5, with_night=5, days=28, lines=lines, delivered=())


@pytest.mark.parametrize(("narrow", "role"), [(True, "axis"), (False, "caption")])
@pytest.mark.parametrize("label", ["Asleep", "Awake after onset", "Regularity index of the whole period"])
def test_no_label_is_wider_than_its_margin(label: str, narrow: bool, role: str) -> None:
    layout = people_strip(glance("Asleep", label), LIGHT, narrow=narrow).figure.layout
    rows = [row for text in layout.yaxis.ticktext for row in text.split("<br>")]
    assert " ".join(" ".join(rows[1:]).split()) == label
    assert max(width_px(row, role) for row in rows) <= layout.margin.l


def test_a_phone_keeps_room_for_the_dots() -> None:
    layout = people_strip(glance("Awake after onset"), LIGHT, narrow=True).figure.layout
    assert layout.margin.l + layout.margin.r < 180
