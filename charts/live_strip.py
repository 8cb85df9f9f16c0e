"""A night under way as a small SVG that grows to the right: a row a stage, gaps hatched, what is still to come marked.

Like the other small drawings it is made of numbers and tokens only: the words in it are the names of the stages and
the clock.
"""

import math
from collections.abc import Iterator
from typing import Final

from analytics.live_night import NightSoFar
from analytics.stages import AWAKE, DEEP, EPOCH_S, LIGHT, REM, UNKNOWN, runs
from analytics.wording import clock_of, duration, percent
from charts.clock_axis import clock_ticks
from charts.theme import Theme, font_family, font_px

WIDTH_PX: Final = {False: 424, True: 308}
"""Width of the drawing in a window, where an hour of the usual axis has 42 pixels, and on a phone."""
HEIGHT_PX: Final = 74

_ROWS: Final = (
    (AWAKE, "awake", "Awake"),
    (REM, "rem", "REM"),
    (LIGHT, "light", "Light"),
    (DEEP, "deep", "Deep"),
)
_ROW_PX, _BAR_PX, _TOP_PX, _LABELS_PX, _END_PX = 13, 9, 2, 42, 4
_ROWS_PX: Final = _TOP_PX + _ROW_PX * len(_ROWS)
# A night is eight or nine hours: until it is longer, its strip shows how much of one has passed.
_USUAL_MIN: Final = 540.0
_EPOCH_MIN: Final = EPOCH_S / 60
# What a label needs; at the very end it would be cut.
_CLOCK_PX: Final = 38
_STEPS_H: Final = (1, 2, 3, 4, 6, 12)


def live_strip(night: NightSoFar, theme: Theme, *, narrow: bool = False) -> str:
    """The night so far as SVG, `WIDTH_PX` wide: REM under Awake, unknown epochs hatched over all rows.

    The axis is nine hours from the start, or the hours that have begun where it has been longer. From the latest block
    to now nothing is known yet: that part is tinted and ends in a line, and no stage is drawn in it.

    Args:
        night: as it is known.
        theme: whose colours.
        narrow: for a phone.
    """
    width = WIDTH_PX[narrow]
    whole_min = max(_USUAL_MIN, 60 * math.ceil(night.elapsed_min / 60))
    px_a_min = (width - _LABELS_PX - _END_PX) / whole_min
    pieces = [
        _hatch(theme),
        *_grid(theme, width),
        *_awaited(night, theme, px_a_min),
        *_bars(night, theme, px_a_min),
        *_gaps(night, px_a_min),
        *_clock(night, theme, whole_min, px_a_min, width),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT_PX}" '
        f'viewBox="0 0 {width} {HEIGHT_PX}" font-family="{font_family()}" font-size="{font_px("annotation")}">'
        f"{''.join(pieces)}</svg>"
    )


def live_words(night: NightSoFar) -> str:
    """The same as one text: from when to when, the minutes of each stage, what is not known, and what is to come."""
    begun = f"Recording since {clock_of(night.start)}, {duration(night.elapsed_min)} so far"
    if not night.stages:
        return f"{begun}; no stages have arrived yet."
    until = f"stages until {clock_of(night.moment(len(night.stages)))}"
    told = [f"{label} {duration(night.minutes(stage))}" for stage, _, label in _ROWS]
    missing = [f"not known {duration(night.minutes(UNKNOWN))}"] if night.gaps else []
    known = f"{percent(100 * night.known_share)} of them known"
    awaited_min = night.elapsed_min - night.known_until_min
    awaited = [f"the last {duration(awaited_min)} still to come"] if awaited_min >= 1 else []
    return "; ".join([begun, f"{until}, {known}", *told, *missing, *awaited]) + "."


def _at(minutes: float, px_a_min: float) -> float:
    return round(_LABELS_PX + minutes * px_a_min, 1)


def _grid(theme: Theme, width: int) -> Iterator[str]:
    """A name and a thin line for each row, so that an empty row can be seen to be one."""
    for row, (_, _, label) in enumerate(_ROWS):
        middle = _TOP_PX + row * _ROW_PX + _ROW_PX / 2
        yield f'<text x="0" y="{middle + 4}" fill="{theme.text_secondary}">{label}</text>'
        yield (f'<path d="M{_LABELS_PX} {middle}H{width - _END_PX}" stroke="{theme.grid}" stroke-width="1"/>')


def _bars(night: NightSoFar, theme: Theme, px_a_min: float) -> Iterator[str]:
    """One path a stage, a box a run."""
    found = runs(night.epochs)
    for row, (stage, token, _) in enumerate(_ROWS):
        mine = found[found["stage"] == stage]
        if mine.empty:
            continue
        top = _TOP_PX + row * _ROW_PX + (_ROW_PX - _BAR_PX) / 2
        boxes = (
            _box(first, end, top, _BAR_PX, px_a_min)
            for first, end in zip(mine["start_epoch"], mine["end_epoch"], strict=True)
        )
        yield f'<path d="{"".join(boxes)}" fill="{theme.stages.of(token)}"/>'


def _gaps(night: NightSoFar, px_a_min: float) -> Iterator[str]:
    boxes = [_box(first, end, _TOP_PX, _ROWS_PX - _TOP_PX, px_a_min) for first, end in night.gaps]
    if boxes:
        yield f'<path d="{"".join(boxes)}" fill="url(#gap)"/>'


def _box(first: int, end: int, top: float, height: float, px_a_min: float) -> str:
    left, right = _at(first * _EPOCH_MIN, px_a_min), _at(end * _EPOCH_MIN, px_a_min)
    # An epoch is half a pixel: one alone must still be seen.
    wide = max(round(right - left, 1), 1.0)
    return f"M{left} {top}h{wide}v{height}h{-wide}z"


def _awaited(night: NightSoFar, theme: Theme, px_a_min: float) -> Iterator[str]:
    """From the latest block to now: tinted, and a line where now is."""
    left, now = _at(night.known_until_min, px_a_min), _at(night.elapsed_min, px_a_min)
    height = _ROWS_PX - _TOP_PX
    if now > left:
        yield (
            f'<rect class="awaited" x="{left}" y="{_TOP_PX}" width="{round(now - left, 1)}" height="{height}" '
            f'fill="{theme.reference_band}"/>'
        )
    yield (
        f'<path class="now" d="M{now} {_TOP_PX - 2}V{_ROWS_PX + 3}" stroke="{theme.accent}" stroke-width="1.5"/>'
    )


def _clock(night: NightSoFar, theme: Theme, whole_min: float, px_a_min: float, width: int) -> Iterator[str]:
    """The clock of the place along the bottom, as many full hours as there is room for."""
    y = _ROWS_PX + 15
    step_h = next((step for step in _STEPS_H if 60 * step * px_a_min >= _CLOCK_PX), _STEPS_H[-1])
    yield f'<path d="M{_LABELS_PX} {_ROWS_PX + 1}H{width - _END_PX}" stroke="{theme.border}" stroke-width="1"/>'
    for tick in clock_ticks(night.start, whole_min):
        if int(tick.clock[:2]) % step_h:
            continue
        x = _at(tick.at_min, px_a_min)
        if not _CLOCK_PX / 2 <= x <= width - _CLOCK_PX / 2:
            continue  # its label would be cut, and a mark without one says nothing
        yield f'<path d="M{x} {_ROWS_PX + 1}v4" stroke="{theme.border_strong}" stroke-width="1"/>'
        yield f'<text x="{x}" y="{y}" text-anchor="middle" fill="{theme.text_secondary}">{tick.clock}</text>'


def _hatch(theme: Theme) -> str:
    return (
        '<pattern id="gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<path d="M1 0V6" stroke="{theme.stages.unknown}" stroke-width="1.5"/></pattern>'
    )
