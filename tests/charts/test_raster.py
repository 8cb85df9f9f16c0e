"""The raster as a picture: five looks, a sentence a day, small enough to send, changes of the clock in words."""

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.nights import night_table
from analytics.raster import ASLEEP, NO_SIGNAL, NOTHING, SLOTS, Raster
from analytics.raster import raster as rows
from charts.raster import raster
from charts.theme import theme
from tests.analytics.recordings import Recording, at, session_set

LIGHT = theme("light")
FIRST = date(2026, 1, 10)
NIGHT = ((0, 20), (1, 500), (-1, 60), (2, 320), (0, 20))


def made(
    days: int = 120, *, missing: tuple[int, ...] = (3, 40, 41, 42), zone: str = "Europe/Berlin"
) -> Raster:
    sessions = session_set(
        [
            Recording(start=at(f"{FIRST + timedelta(days=n - 1)} 23:00", zone), stages=NIGHT, zone=zone)
            for n in range(days)
            if n not in missing
        ]
    )
    return rows(
        sessions, night_table(sessions, zone=zone), first=FIRST, last=FIRST + timedelta(days=days - 1)
    )


def traces(found: Raster, **more: bool) -> dict[str, object]:
    return {trace.name: trace for trace in raster(found, LIGHT, **more).figure.data}


def test_a_year_is_one_heatmap_of_bytes_under_200_kb() -> None:
    figure = raster(made(365), LIGHT).figure
    drawn = figure.data[0]
    assert drawn.z.dtype == np.uint8
    assert drawn.z.shape == (365, SLOTS)
    assert len(figure.to_json()) < 200_000


def test_the_five_states_have_five_looks_and_a_missing_day_is_not_one_of_waking() -> None:
    scale = traces(made())["Recordings"].colorscale  # type: ignore[attr-defined]
    colours = [colour for _, colour in scale[::2]]
    assert len(set(colours)) == 5
    assert colours[NOTHING] not in {colours[ASLEEP], colours[NO_SIGNAL], "rgba(0,0,0,0)"}


def test_each_run_of_missing_days_has_a_dot() -> None:
    assert list(traces(made())["No recording"].y) == [3.0, 41.0]  # type: ignore[attr-defined]
    assert "No recording" not in traces(made(missing=()))


def test_every_day_says_in_a_sentence_what_it_was() -> None:
    said = traces(made())["Days"].hovertext  # type: ignore[attr-defined]
    assert said[0] == (
        "Day to Sat\u00a010\u00a0Jan\u00a02026: asleep 6\u00a0h\u00a050\u00a0min, in bed 23:00 to 06:40"
    )
    assert said[3] == "Day to Tue\u00a013\u00a0Jan\u00a02026: nothing recorded"
    at_change = (date(2026, 3, 29) - FIRST).days
    assert said[at_change].endswith("; the clocks went forward by 1\u00a0h")


def test_a_change_of_the_clocks_is_a_line_with_its_words() -> None:
    figure = raster(made(), LIGHT).figure
    (line,) = [shape for shape in figure.layout.shapes if shape.type == "line"]
    assert line.y0 == line.y1 == (date(2026, 3, 29) - FIRST).days - 0.5
    assert "clocks +1\u00a0h" in [word.text for word in figure.layout.annotations]


def test_the_words_have_the_numbers() -> None:
    chart = raster(made(), LIGHT)
    assert "116 of 120 days with a recording" in chart.alt
    assert "4\u00a0days without a recording" in chart.alt
    assert "the clocks went forward" in chart.alt
    assert len(chart.table) == 120
    assert chart.table.iloc[3].tolist() == [
        "Tue\u00a013\u00a0January\u00a02026",
        "–",
        "–",
        "–",
        "nothing recorded",
    ]


@pytest.mark.parametrize("days", [1, 43, 91, 366])
@pytest.mark.parametrize("narrow", [False, True])
def test_it_fits_any_period_on_a_desk_and_a_phone(days: int, narrow: bool) -> None:
    chart = raster(made(days, missing=()), LIGHT, narrow=narrow)
    assert 150 < chart.height_px < 850
    assert chart.figure.layout.height == chart.height_px


def test_without_a_recording_it_is_a_sentence() -> None:
    empty = rows(
        session_set([]),
        night_table(session_set([]), zone="UTC"),
        first=FIRST,
        last=FIRST + timedelta(days=90),
    )
    assert raster(empty, LIGHT).alt == "Nothing was recorded in this period."
