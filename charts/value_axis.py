"""Ticks of an axis of values: at round minutes, times of day, points, in the words in which values are written."""

import math
from collections.abc import Sequence
from typing import Final

from analytics.figures import Kind

__all__ = ["ticks"]

_MINUTES: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360)
_MOST: Final = 7


def ticks(kind: Kind, low: float, high: float, *, most: int = _MOST) -> list[float]:
    """Round values between two ends, at most so many: multiples of 5 or 30 min, of 1, 2 or 5 of anything else.

    Args:
        kind: of the values (`figures.Quantity`); "clock" and "hours" are in hours.
        low: the lower end.
        high: the upper end, above it.
        most: how many at most.
    """
    scale = 60 if kind in {"clock", "hours"} else 1
    timed = kind in {"clock", "hours", "duration"}
    step = next(each for each in _steps(timed=timed) if (high - low) * scale / each <= most)
    first = math.ceil(low * scale / step - 1e-9)
    last = math.floor(high * scale / step + 1e-9)
    return [step * at / scale for at in range(first, last + 1)]


def _steps(*, timed: bool) -> Sequence[float]:
    if timed:
        return [*_MINUTES, *(360 * 2**n for n in range(1, 12))]
    return [digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5)]
