"""The nights of a week on one clock: one small hypnogram each, all drawn on the same axis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

import numpy as np
from markupsafe import Markup

from analytics import wording
from analytics.drawn_night import DrawnNight
from reports import marks

# From the top: Awake, REM, Light, Deep. A row of stages is 8 units high, its bar 6.
_ROWS = {"awake": 0, "rem": 1, "light": 2, "deep": 3}
_ROW, _BAR, _PAD = 8.0, 6.4, 5.0
_HEIGHT = 2 * _PAD + 4 * _ROW
_TICK_MIN = 180
# A bar narrower than this would vanish on paper: an awakening of 30 s is a twentieth of a millimetre wide.
_NARROWEST_MIN = 2.0
_NOON_H = 12.0


@dataclass(frozen=True, kw_only=True)
class ClockAxis:
    """The stretch of the clock that the week's nights share, in minutes since the person's anchor.

    Attributes:
        first_min, last_min: its two ends; whole multiples of three hours on the clock.
        anchor_h: the time of day that minute 0 stands for; the hour at which the person's sleep day turns.
    """

    first_min: float
    last_min: float
    anchor_h: float

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Every third hour: position in percent of the width, and the time of day in words."""
        places = np.arange(self.first_min, self.last_min + 1, _TICK_MIN)
        width = self.last_min - self.first_min
        return tuple(
            (
                round(100 * float(at - self.first_min) / width, 3),
                wording.clock(self.anchor_h + float(at) / 60),
            )
            for at in places
        )


def clock_axis(views: Sequence[DrawnNight]) -> ClockAxis | None:
    """The axis that holds every given night; None when there is none."""
    if not views:
        return None
    anchor_h = _anchor_h(views)
    starts = [start_on_axis_min(view, anchor_h) for view in views]
    ends = [start + _length_min(view) for start, view in zip(starts, views, strict=True)]
    anchor_min = anchor_h * 60
    first = np.floor((min(starts) + anchor_min) / _TICK_MIN) * _TICK_MIN - anchor_min
    last = np.ceil((max(ends) + anchor_min) / _TICK_MIN) * _TICK_MIN - anchor_min
    return ClockAxis(first_min=float(first), last_min=float(last), anchor_h=anchor_h)


def start_on_axis_min(view: DrawnNight, anchor_h: float) -> float:
    """Where a night begins, in minutes since the anchor, so that its middle falls into the day after the anchor.

    The start is true on the wall clock; what follows is drawn in elapsed time, also when the clocks change.
    """
    start_h = view.start.hour + view.start.minute / 60 + view.start.second / 3600
    half_h = _length_min(view) / 120
    middle_h = (start_h + half_h - anchor_h) % 24
    since_anchor_h = (start_h - anchor_h) % 24
    turns = round((middle_h - half_h - since_anchor_h) / 24)
    return 60 * (since_anchor_h + 24 * turns)


def mini_hypnogram(view: DrawnNight, axis: ClockAxis, *, title: str) -> Markup:
    """One night as an inline SVG: stages as bars in four rows, unknown and unrecorded time hatched across all."""
    offset = start_on_axis_min(view, axis.anchor_h)
    width = axis.last_min - axis.first_min
    runs = list(zip(view.runs["what"], view.runs["start_min"], view.runs["end_min"], strict=True))
    pieces = [
        grid(axis),
        marks.boxes("track", [(offset, _PAD - 1, _length_min(view), 4 * _ROW + 1)]),
        *(_stage(name, runs, offset) for name in _ROWS),
        *(
            marks.hatch(
                "hatch", (offset + start, _PAD - 1, end - start, 4 * _ROW + 1), step=width / 150, lean=12
            )
            for what, start, end in runs
            if what not in _ROWS
        ),
    ]
    return marks.picture((axis.first_min, 0, width, _HEIGHT), title, pieces, name="night")


def empty_strip(axis: ClockAxis, *, title: str) -> Markup:
    """The place of a night that was not recorded: the clock's lines and nothing on them."""
    return marks.picture(
        (axis.first_min, 0, axis.last_min - axis.first_min, _HEIGHT), title, [grid(axis)], name="night"
    )


def grid(axis: ClockAxis) -> Markup:
    """The lines of every third hour, over the full height so that they meet from row to row."""
    return marks.lines(
        "grid",
        (
            (float(at), 0, float(at), _HEIGHT)
            for at in np.arange(axis.first_min, axis.last_min + 1, _TICK_MIN)
        ),
    )


def _stage(name: str, runs: Iterable[tuple[str, float, float]], offset: float) -> Markup:
    top = _PAD + _ROWS[name] * _ROW
    return marks.boxes(name, (_bar(offset, start, end, top) for what, start, end in runs if what == name))


def _bar(offset: float, start: float, end: float, top: float) -> marks.Box:
    missing = max(0.0, _NARROWEST_MIN - (end - start))
    return offset + start - missing / 2, top, end - start + missing, _BAR


def _anchor_h(views: Sequence[DrawnNight]) -> float:
    anchors = [float(view.statistics.get("anchor_clock_h", np.nan)) for view in views]
    known = [hour for hour in anchors if not np.isnan(hour)]
    return known[-1] if known else _NOON_H


def _length_min(view: DrawnNight) -> float:
    # Through UTC: two moments that share a zone object are subtracted on the wall clock, an hour off on two nights.
    return (view.end.astimezone(UTC) - view.start.astimezone(UTC)) / timedelta(minutes=1)
