"""A night under way as a small SVG that grows to the right: a row a stage, gaps hatched, what is still to come marked.

Like the other small drawings it is made of numbers and tokens only: the words in it are the names of the stages and
the clock.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analytics.live_night import NightSoFar
from analytics.stages import AWAKE, DEEP, EPOCH_S, LIGHT, REM, UNKNOWN, run_bounds
from analytics.wording import clock_of, duration, percent
from charts.clock_axis import clock_ticks
from charts.theme import Theme, font_family, font_px

WIDTH_PX: Final = {False: 424, True: 308}
"""Width of the drawing in a window, where an hour of the usual axis has 42 pixels, and on a phone."""
HEIGHT_PX: Final = {False: 74, True: 46}
"""Its height, and that of a compact one."""

_ROWS: Final = (
    (AWAKE, "awake", "Awake"),
    (REM, "rem", "REM"),
    (LIGHT, "light", "Light"),
    (DEEP, "deep", "Deep"),
)
_TOP_PX, _LABELS_PX, _BARE_PX, _END_PX = 2, 42, 4, 4
_NOW_PX: Final = 1.5
# A night is eight or nine hours: until it is longer, its strip shows how much of one has passed.
_USUAL_MIN: Final = 540.0
_SILENT_MIN: Final = 60.0
"""So much is shown of a silence: that there is one can be seen, and how long it is the words say."""
_EPOCH_MIN: Final = EPOCH_S / 60
# An epoch is half a pixel: one alone must still be seen.
_LEAST_PX: Final = 1.0
# What a label needs; at the very end it would be cut.
_CLOCK_PX: Final = 38
_STEPS_H: Final = (1, 2, 3, 4, 6, 12)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Where things lie in a drawing, in pixels."""

    width: int
    height: int
    left: float
    row: float
    bar: float
    whole_min: float

    @property
    def bottom(self) -> float:
        """Of the rows."""
        return _TOP_PX + self.row * len(_ROWS)

    @property
    def right(self) -> int:
        return self.width - _END_PX

    @property
    def px_a_min(self) -> float:
        return (self.right - self.left) / self.whole_min

    def at(self, minutes: float) -> float:
        """Where a moment lies, by the minutes since the start."""
        return round(self.left + minutes * self.px_a_min, 1)

    def bar_top(self, row: int) -> float:
        return _TOP_PX + row * self.row + (self.row - self.bar) / 2

    def box(self, first: int, end: int, top: float, height: float) -> str:
        """A path over some epochs."""
        left, right = self.at(first * _EPOCH_MIN), self.at(end * _EPOCH_MIN)
        wide = max(round(right - left, 1), _LEAST_PX)
        return f"M{left} {top}h{wide}v{height}h{-wide}z"


def live_strip(
    night: NightSoFar, theme: Theme, *, narrow: bool = False, compact: bool = False, silent: bool = False
) -> str:
    """The night so far as SVG, `WIDTH_PX` wide: REM under Awake, unknown epochs hatched over all rows.

    The axis is nine hours from the start, or the hours that have begun where it has been longer. From the latest block
    to now nothing is known yet: that part is tinted and ends in a line, and no stage is drawn in it. Of a night that
    nothing is heard of any more an hour is tinted, without a line, and the axis is no longer than that needs.

    Args:
        night: as it is known.
        theme: whose colours.
        narrow: for a phone.
        compact: low, and without the names of the rows, by which it is less wide: for one line of many.
        silent: whether nothing is heard of it any more.
    """
    shown_min = min(night.elapsed_min, night.known_until_min + _SILENT_MIN) if silent else night.elapsed_min
    left = _BARE_PX if compact else _LABELS_PX
    frame = _Frame(
        width=WIDTH_PX[narrow] - _LABELS_PX + left,
        height=HEIGHT_PX[compact],
        left=left,
        row=6 if compact else 13,
        bar=5 if compact else 9,
        whole_min=max(_USUAL_MIN, 60 * math.ceil(shown_min / 60)),
    )
    pieces = [
        _hatch(theme),
        *_grid(theme, frame, named=not compact),
        *_awaited(night, theme, frame, shown_min),
        *([] if silent else [_now(night, theme, frame)]),
        *_bars(night, theme, frame),
        *_gaps(night, frame),
        *_clock(night, theme, frame),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{frame.height}" '
        f'viewBox="0 0 {frame.width} {frame.height}" font-family="{font_family()}" font-size="{font_px("annotation")}">'
        f"{''.join(pieces)}</svg>"
    )


def live_words(night: NightSoFar, *, silent: bool = False) -> str:
    """The same as one text: from when to when, the minutes of each stage, what is not known, and what is to come.

    Args:
        night: as it is known.
        silent: whether nothing is heard of it any more: then nobody knows for how long it goes on.
    """
    begun = f"Recording since {clock_of(night.start)}"
    if not silent:
        begun += f", {duration(night.elapsed_min)} so far"
    if not night.stages:
        return f"{begun}; no stages have arrived yet."
    until = f"stages until {clock_of(night.moment(len(night.stages)))}"
    told = [f"{label} {duration(night.minutes(stage))}" for stage, _, label in _ROWS]
    missing = [f"not known {duration(night.minutes(UNKNOWN))}"] if night.gaps else []
    known = f"{percent(100 * night.known_share)} of them known"
    awaited_min = night.elapsed_min - night.known_until_min
    awaited = [f"the last {duration(awaited_min)} still to come"] if awaited_min >= 1 and not silent else []
    return "; ".join([begun, f"{until}, {known}", *told, *missing, *awaited]) + "."


def _grid(theme: Theme, frame: _Frame, *, named: bool) -> Iterator[str]:
    """A thin line for each row and its name, so that an empty row can be seen to be one."""
    for row, (_, _, label) in enumerate(_ROWS):
        middle = _TOP_PX + row * frame.row + frame.row / 2
        if named:
            yield f'<text x="0" y="{middle + 4}" fill="{theme.text_secondary}">{label}</text>'
        yield f'<path d="M{frame.left} {middle}H{frame.right}" stroke="{theme.grid}" stroke-width="1"/>'


def _bars(night: NightSoFar, theme: Theme, frame: _Frame) -> Iterator[str]:
    """One path a stage, a box a run."""
    found = run_bounds(night.epochs)
    for row, (stage, token, _) in enumerate(_ROWS):
        mine = found.stage == stage
        if not mine.any():
            continue
        bounds = zip(found.start_epoch[mine].tolist(), found.end_epoch[mine].tolist(), strict=True)
        boxes = (frame.box(first, end, frame.bar_top(row), frame.bar) for first, end in bounds)
        yield f'<path d="{"".join(boxes)}" fill="{theme.stages.of(token)}"/>'


def _gaps(night: NightSoFar, frame: _Frame) -> Iterator[str]:
    boxes = [frame.box(first, end, _TOP_PX, frame.bottom - _TOP_PX) for first, end in night.gaps]
    if boxes:
        yield f'<path d="{"".join(boxes)}" fill="url(#gap)"/>'


def _awaited(night: NightSoFar, theme: Theme, frame: _Frame, shown_min: float) -> Iterator[str]:
    """From the latest block on, tinted."""
    left, right = frame.at(night.known_until_min), frame.at(shown_min)
    if right > left:
        yield (
            f'<rect class="awaited" x="{left}" y="{_TOP_PX}" width="{round(right - left, 1)}" '
            f'height="{frame.bottom - _TOP_PX}" fill="{theme.reference_band}"/>'
        )


def _now(night: NightSoFar, theme: Theme, frame: _Frame) -> str:
    """A line that begins where now is, to the right of all that is drawn."""
    drawn = frame.at(night.known_until_min - _EPOCH_MIN) + _LEAST_PX if night.stages else 0
    middle = round(max(frame.at(night.elapsed_min), drawn) + _NOW_PX / 2, 2)
    return (
        f'<path class="now" d="M{middle} {_TOP_PX - 2}V{frame.bottom + 3}" stroke="{theme.accent}" '
        f'stroke-width="{_NOW_PX}"/>'
    )


def _clock(night: NightSoFar, theme: Theme, frame: _Frame) -> Iterator[str]:
    """The clock of the place along the bottom, as many full hours as there is room for."""
    line, y = frame.bottom + 1, frame.bottom + 15
    step_h = next((step for step in _STEPS_H if 60 * step * frame.px_a_min >= _CLOCK_PX), _STEPS_H[-1])
    yield f'<path d="M{frame.left} {line}H{frame.right}" stroke="{theme.border}" stroke-width="1"/>'
    for tick in clock_ticks(night.start, frame.whole_min):
        if int(tick.clock[:2]) % step_h:
            continue
        x = frame.at(tick.at_min)
        if not _CLOCK_PX / 2 <= x <= frame.width - _CLOCK_PX / 2:
            continue  # its label would be cut, and a mark without one says nothing
        yield f'<path d="M{x} {line}v4" stroke="{theme.border_strong}" stroke-width="1"/>'
        yield f'<text x="{x}" y="{y}" text-anchor="middle" fill="{theme.text_secondary}">{tick.clock}</text>'


def _hatch(theme: Theme) -> str:
    return (
        '<pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M1 0V6" stroke="{theme.stages.unknown}" stroke-width="1.5"/></pattern>'
    )
