"""The pictures of the report: drawn true to the clock, with no stage where nothing is known."""

import re
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.night_view import NightView
from reports import marks
from reports.bands import band
from reports.strip import ClockAxis, clock_axis, empty_strip, mini_hypnogram, start_on_axis_min
from reports.weeks import hours_axis, weeks_of_dots
from tests.reports.made_up import (
    NAN,
    Sleep,
    against_row,
    at,
    frame_of,
    stages_of_a_night,
    view_of,
    week_of_nights,
)

Box = tuple[float, float, float, float]


def areas(svg: str, name: str) -> list[Box]:
    """The rectangles of one class: x, y, width, height."""
    found = re.search(rf'class="{name}" d="([^"]*)"', svg)
    if not found:
        return []
    pieces = re.findall(r"M(\S+) ([^h]+)h([^v]+)v([^h]+)h", found[1])
    return [(float(x), float(y), float(width), float(height)) for x, y, width, height in pieces]


def view_at(
    begun: datetime, stages: tuple[int, ...] = (1,) * 960, anchor_h: float = 15.5, zone: str = "Europe/Berlin"
) -> NightView:
    sleep = Sleep(begun=begun, stages=stages)
    return view_of(sleep, frame_of([sleep], zone).assign(anchor_clock_h=anchor_h), zone)


def test_stages_stand_in_four_rows_at_their_minutes() -> None:
    view = view_at(at("2026-02-04 23:00"), (0,) * 20 + (1,) * 40 + (2,) * 60 + (3,) * 80)
    axis = clock_axis([view])
    assert axis is not None

    svg = str(mini_hypnogram(view, axis, title="one"))

    start = start_on_axis_min(view, axis.anchor_h)
    drawn = {name: areas(svg, name) for name in ("awake", "rem", "light", "deep")}
    assert [drawn[name][0][1] for name in ("awake", "rem", "light", "deep")] == sorted(
        box[0][1] for box in drawn.values()
    )
    assert [(x - start, width) for x, _, width, _ in drawn["light"]] == [(10, 20)]
    assert [(x - start, width) for x, _, width, _ in drawn["deep"]] == [(30, 30)]
    assert [(x - start, width) for x, _, width, _ in drawn["rem"]] == [(60, 40)]


def test_nothing_is_drawn_as_a_stage_where_nothing_is_known() -> None:
    stages = (0,) * 20 + (1,) * 100 + (-1,) * 200 + (2,) * 100
    view = view_at(at("2026-02-04 23:00"), stages)
    axis = clock_axis([view])
    assert axis is not None

    svg = str(mini_hypnogram(view, axis, title="one"))

    start = start_on_axis_min(view, axis.anchor_h)
    for name in ("awake", "rem", "light", "deep"):
        for x, _, width, _ in areas(svg, name):
            assert x + width <= start + 60 or x >= start + 160
    hatched = re.search(r'class="hatch" d="([^"]*)"', svg)
    assert hatched
    xs = [float(x) - start for x in re.findall(r"[ML](-?[\d.]+) ", hatched[1])]
    assert min(xs) >= 60
    assert max(xs) <= 160
    assert len(xs) > 20


def test_every_night_lies_on_the_axis_and_ends_at_whole_clock_hours() -> None:
    sleeps = week_of_nights()
    frame = frame_of(sleeps)
    views = [view_of(sleep, frame) for sleep in sleeps]

    axis = clock_axis(views)

    assert axis is not None
    assert [text for _, text in axis.ticks] == ["21:00", "00:00", "03:00", "06:00", "09:00", "12:00"]
    assert (axis.ticks[0][0], axis.ticks[-1][0]) == (0, 100)
    for view in views:
        start = start_on_axis_min(view, axis.anchor_h)
        assert axis.first_min <= start < start + len(view.runs) <= axis.last_min


# No deadline: each example computes a night's statistics, and two cores are shared.
@settings(deadline=None)
@given(
    begun=st.datetimes(at("2026-01-05 00:00"), at("2026-02-05 00:00")),
    anchor_h=st.floats(0, 23.99),
    hours=st.floats(3.1, 15.9),
)
def test_a_sleep_is_placed_by_its_middle_within_a_day_of_the_anchor(
    begun: datetime, anchor_h: float, hours: float
) -> None:
    view = view_at(begun.replace(microsecond=0), (1,) * int(hours * 120), anchor_h)
    length = int(hours * 120) / 2

    start = start_on_axis_min(view, anchor_h)

    assert -0.01 <= start + length / 2 < 1440.01
    on_clock = (anchor_h + start / 60) % 24
    true = view.start.hour + view.start.minute / 60 + view.start.second / 3600
    assert min(abs(on_clock - true), 24 - abs(on_clock - true)) < 1e-6


def test_a_day_sleeper_is_drawn_in_one_piece() -> None:
    views = [view_at(at(f"2026-02-0{4 + n} 08:30"), anchor_h=0.0) for n in range(3)]

    axis = clock_axis(views)

    assert axis is not None
    assert [text for _, text in axis.ticks] == ["06:00", "09:00", "12:00", "15:00", "18:00"]


def test_the_night_of_the_clock_change_has_its_true_length() -> None:
    # Clocks go back on 25 October 2026 in Berlin: 23:00 to 07:00 are nine hours.
    view = view_at(at("2026-10-24 23:00"), (1,) * 1080)
    axis = clock_axis([view])
    assert axis is not None

    (track,) = areas(str(mini_hypnogram(view, axis, title="one")), "track")

    assert track[2] == 540
    assert (view.end.hour, view.end.minute) == (7, 0)


def test_an_axis_needs_a_night() -> None:
    assert clock_axis([]) is None


def test_a_date_without_a_night_keeps_the_clock_lines() -> None:
    svg = str(empty_strip(ClockAxis(first_min=0, last_min=720, anchor_h=21), title="Mon 9 Feb: no recording"))

    assert "Mon 9 Feb: no recording" in svg
    assert 'class="grid"' in svg
    assert 'class="track"' not in svg


def test_a_short_awakening_stays_visible() -> None:
    view = view_at(at("2026-02-04 23:00"), (1,) * 100 + (0,) + (1,) * 100)
    axis = clock_axis([view])
    assert axis is not None

    ((x, _, width, _),) = areas(str(mini_hypnogram(view, axis, title="one")), "awake")

    assert width == 2
    assert x + width / 2 - start_on_axis_min(view, axis.anchor_h) == pytest.approx(50.25, abs=0.01)


@given(st.floats(0, 900), st.floats(0.5, 300), st.floats(1, 20), st.floats(1, 30))
def test_hatching_stays_inside_its_rectangle(x: float, width: float, step: float, lean: float) -> None:
    drawn = str(marks.hatch("hatch", (x, 4, width, 33), step=step, lean=lean))

    for across, height in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drawn):
        assert x - 0.01 <= float(across) <= x + width + 0.01
        assert 4 - 0.01 <= float(height) <= 37 + 0.01


def test_a_title_is_escaped() -> None:
    svg = str(marks.picture((0, 0, 1, 1), '<b> & "q"', [], name="night"))

    assert "<title>&lt;b&gt; &amp; &#34;q&#34;</title>" in svg


def test_the_dot_of_a_value_lies_where_it_lies_in_its_band() -> None:
    row = against_row("tst_min", "Asleep", "duration", (500.0, 480.0, 440.0, 520.0))

    svg = str(band(row, title="Asleep"))

    ((left, _, width, _),) = areas(svg, "reference")
    dot = float(re.search(r'class="now" d="M([\d.]+) ', svg)[1])  # type: ignore[index]
    assert (dot - left) / width == pytest.approx((500 - 440) / 80, abs=0.01)
    assert 'class="outside"' not in svg


def test_a_bedtime_past_midnight_lies_beside_one_before_it() -> None:
    row = replace(
        against_row("start_clock_h", "Bedtime", "clock", (0.25, 23.5, 23.0, 0.5)), delta=45.0, outside=False
    )

    svg = str(band(row, title="Bedtime"))

    ((left, _, width, _),) = areas(svg, "reference")
    dot = float(re.search(r'class="now" d="M([\d.]+) ', svg)[1])  # type: ignore[index]
    assert (dot - left) / width == pytest.approx(1.25 / 1.5, abs=0.02)


def test_there_is_no_band_without_usual() -> None:
    assert band(against_row("tst_min", "Asleep", "duration", (500.0, NAN, NAN, NAN)), title="Asleep") is None


def test_a_person_who_never_varies_still_has_a_band() -> None:
    assert "reference" in str(
        band(against_row("awakenings", "A", "duration", (5.0, 5.0, 5.0, 5.0)), title="A")
    )


def test_nights_stand_at_their_dates_and_the_week_is_marked() -> None:
    history = pd.DataFrame(
        {
            "night": pd.to_datetime(["2026-01-01", "2026-01-20", "2026-02-11"]),
            "tst_min": [420.0, 360.0, 480.0],
        }
    )
    axis = hours_axis(history["tst_min"].tolist(), 7, 9)

    svg = str(
        weeks_of_dots(
            history, first=date(2026, 1, 1), week=date(2026, 2, 5), last=date(2026, 2, 11), recommended_h=(7, 9),
            axis=axis, title="three",
        )
    )  # fmt: skip

    assert 'viewBox="0 0 42 ' in svg
    assert f'class="before" d="M0.5 {axis.high_h * 60 - 420}h0M19.5 {axis.high_h * 60 - 360}h0"' in svg
    assert f'class="now" d="M41.5 {axis.high_h * 60 - 480}h0"' in svg


@given(st.lists(st.floats(0, 900) | st.just(NAN), max_size=20))
def test_the_hours_axis_holds_every_night_and_the_recommended_range(values: list[float]) -> None:
    axis = hours_axis(values, 7, 9)

    known = [value / 60 for value in values if not np.isnan(value)]
    assert axis.low_h <= min([7, *known])
    assert axis.high_h >= max([9, *known])
    assert (axis.low_h % 2, axis.high_h % 2) == (0, 0)
    assert [axis.ticks[0], axis.ticks[-1]] == [(100, axis.low_h), (0, axis.high_h)]


def test_a_plausible_night_is_under_four_kilobytes_of_picture() -> None:
    view = view_at(at("2026-02-04 23:00"), stages_of_a_night(8, 1))
    axis = clock_axis([view])
    assert axis is not None

    assert len(str(mini_hypnogram(view, axis, title="one"))) < 4000
