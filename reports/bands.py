"""A value against the person's own usual: the band is the middle 80 % of nights, the tick is usual, the dot is now."""

import math

from markupsafe import Markup

from analytics.time_of_day import wrap_h
from analytics.usual import Against
from reports import marks

_WIDTH, _HEIGHT = 120.0, 18.0
_MIDDLE = _WIDTH / 2
_REACH = _WIDTH / 2 - 8  # room for the dot at either end


def band(row: Against, *, title: str) -> Markup | None:
    """The inline SVG of one statistic, its usual value in the middle; None without a value or a usual range."""
    if math.isnan(row.value) or not row.has_range:
        return None
    low, high, now = _from_usual(row, row.low), _from_usual(row, row.high), _from_usual(row, row.value)
    scale = _REACH / max(abs(low), abs(high), abs(now), 1e-9)
    left, right = _MIDDLE + low * scale, _MIDDLE + high * scale
    centre = _MIDDLE + now * scale
    pieces = [
        marks.boxes("reference", [(left, 3, max(right - left, 1), _HEIGHT - 6)]),
        marks.lines("tick", [(_MIDDLE, 1, _MIDDLE, _HEIGHT - 1)]),
        marks.diamond("outside", centre, _HEIGHT / 2, 6.5)
        if row.outside
        else marks.dots("now", [(centre, _HEIGHT / 2)]),
    ]
    return marks.picture((0, 0, _WIDTH, _HEIGHT), title, pieces, name="band", stretch=False)


def _from_usual(row: Against, value: float) -> float:
    """How far a value is from usual; on the clock the short way round."""
    return wrap_h(value - row.usual) if row.kind == "clock" else value - row.usual
