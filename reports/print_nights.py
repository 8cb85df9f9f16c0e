"""The nights of a period on one clock, as the places that a printed page draws: fractions of the clock's stretch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from analytics.drawn_night import DrawnNight
from analytics.zones import HOUR_US, clock_changes
from reports.person_report import PersonReport
from reports.print_paths import Box, bars
from reports.rows import Row, absent
from reports.strip import ClockAxis, clock_axis, start_on_axis_min
from reports.week_nights import NightLine

__all__ = ["clock_of_nights", "drawn_nights", "stage_parts", "ticks_of"]

Drawn = dict[str, Any]
Stretch = tuple[float, float]

# From the top; each row and its bar as fractions of a picture's height.
_ROWS: Final = ("awake", "rem", "light", "deep")
_FIRST, _ROW, _BAR = 0.13, 0.187, 0.165
_TRACK, _TRACK_HIGH = 0.09, 0.82
_STAGES: Final = ("deep", "light", "rem")
_TICK_MIN: Final = 180.0
# A bar narrower than this share of the clock would vanish on paper.
_NARROWEST: Final = 0.0025
_PLACES: Final = 4


def clock_of_nights(report: PersonReport, naps: Mapping[date, Sequence[Stretch]]) -> ClockAxis | None:
    """The stretch of the clock that holds every main sleep and nap of the period; None where no night has stages."""
    axis = _mains_axis(report)
    edges = [minute for stretches in naps.values() for stretch in stretches for minute in stretch]
    if axis is None or not edges:
        return axis
    before = max(0, math.ceil((axis.first_min - min(edges)) / _TICK_MIN))
    after = max(0, math.ceil((max(edges) - axis.last_min) / _TICK_MIN))
    return replace(
        axis, first_min=axis.first_min - before * _TICK_MIN, last_min=axis.last_min + after * _TICK_MIN
    )


def naps_by_date(report: PersonReport, rows: Iterable[Row]) -> dict[date, list[Stretch]]:
    """By night label the naps of that day as minutes since the anchor; nothing where no night has stages."""
    axis = _mains_axis(report)
    found: dict[date, list[Stretch]] = {}
    for row in rows:
        if axis is None or row["kind"] != "nap" or absent(row["night"]) or absent(row["end"]):
            continue
        since_min = 60 * ((float(row["start_clock_h"]) - axis.anchor_h) % 24)
        length_min = (row["end"] - row["start"]) / timedelta(minutes=1)
        found.setdefault(row["night"].date(), []).append((since_min, since_min + length_min))
    return found


def drawn_nights(
    report: PersonReport, lines: Sequence[NightLine], axis: ClockAxis, naps: Mapping[date, Sequence[Stretch]]
) -> list[Drawn]:
    """By date of the period what is drawn of it: track, stages, unknown time, naps and changes of the clock."""
    views = {view.session_id: view for view in report.hypnograms}
    first = report.period.first
    return [
        _drawn(views.get(line.session_id), axis, naps.get(first + timedelta(days=n), ()))
        for n, line in enumerate(lines)
    ]


def ticks_of(axis: ClockAxis) -> list[tuple[float, str]]:
    """Every third hour: its place, and the time of day in words."""
    return [(round(percent / 100, _PLACES), words) for percent, words in axis.ticks]


def stage_parts(row: Row, longest_min: float) -> list[tuple[str, float]]:
    """Deep, light and REM of a night as fractions of the longest night, so that bars of a week compare in length."""
    return [(stage, round(float(row[f"{stage}_min"]) / longest_min, _PLACES)) for stage in _STAGES]


def _mains_axis(report: PersonReport) -> ClockAxis | None:
    return clock_axis([view for view in report.hypnograms if view.kind == "main"])


def _drawn(view: DrawnNight | None, axis: ClockAxis, naps: Sequence[Stretch]) -> Drawn:
    drawn: Drawn = {"track": "", "stages": [], "unknown": [], "naps": [], "marks": []}
    width = axis.last_min - axis.first_min

    def place(minute: float) -> float:
        return round((minute - axis.first_min) / width, _PLACES)

    drawn["naps"] = [(place(begun), round((ended - begun) / width, _PLACES)) for begun, ended in naps]
    if view is None:
        return drawn
    offset = start_on_axis_min(view, axis.anchor_h)
    runs = view.runs
    stages: dict[str, list[Box]] = {stage: [] for stage in _ROWS}
    for what, start, end in zip(
        runs["what"].tolist(), runs["start_min"].tolist(), runs["end_min"].tolist(), strict=True
    ):
        length = (end - start) / width
        if what in stages:
            wide = max(length, _NARROWEST)
            left = place(offset + start) - (wide - length) / 2
            stages[what].append((left, _FIRST + _ROW * _ROWS.index(what), wide, _BAR))
        else:
            drawn["unknown"].append((place(offset + start), round(length, _PLACES)))
    drawn["stages"] = [bars(boxes) for boxes in stages.values()]
    length_min = (view.end.timestamp() - view.start.timestamp()) / 60
    drawn["track"] = bars([(place(offset), _TRACK, length_min / width, _TRACK_HIGH)])
    drawn["marks"] = [(place(offset + minute),) for minute in _changes_min(view)]
    return drawn


def _changes_min(view: DrawnNight) -> list[float]:
    """When the clocks changed during a sleep, in minutes since it began."""
    begun, ended = (round(moment.timestamp() * 1_000_000) for moment in (view.start, view.end))
    return [60 * (change.at_us - begun) / HOUR_US for change in clock_changes(view.zone, begun, ended)]
