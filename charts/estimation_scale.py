"""The scales of an estimation plot: values left, differences right, on one ruler where that shows them."""

import math
from dataclasses import dataclass
from typing import Final

from analytics.cohort_figures import apart
from analytics.comparison import ComparedMetric
from analytics.resampling import BootstrapShape
from charts.theme import measure
from charts.value_axis import ticks

_ROOM: Final = 0.07
# An interval this narrow against the people could not be read on their ruler.
_LEAST_SHARE: Final = 0.1
_FLAT: Final = {"duration": 10.0, "clock": 0.25, "percent": 2.0, "points": 2.0, "index": 2.0}
_MARGINS_PX: Final = 66


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where values and differences stand.

    Attributes:
        low, high: ends of the axis of values.
        ticks: its labelled values.
        aligned: whether a difference is as tall as between two values; else it has a ruler of its own.
        difference_low, difference_high: ends of the axis of differences.
        difference_ticks: its labelled values.
        per_px: how much of the value a px is.
    """

    low: float
    high: float
    ticks: list[float]
    aligned: bool
    difference_low: float
    difference_high: float
    difference_ticks: list[float]
    per_px: float


def scale_of(found: ComparedMetric, shape: BootstrapShape | None) -> Scale:
    """The scales of a metric; somebody of one group at least has a value.

    Args:
        found: the metric.
        shape: of the bootstrap, which has to fit in too.
    """
    values = [
        float(end)
        for group in (found.contrast.a, found.contrast.b)
        if len(group.values)
        for end in (group.values.min(), group.values.max())
    ]
    low, high = min(values), max(values)
    flat = _FLAT.get(found.metric.kind, 1.0)
    if high - low < flat:
        low, high = low - flat / 2, high + flat / 2
    means = found.contrast.means
    if means is None:
        low, high = _with_room(low, high)
        return _scale(found, low, high, aligned=True, away=(0.0, 1.0))
    of, zero = means.difference, found.mean_a.value
    ends = [0.0, of.value]
    ends += [] if math.isnan(of.low) else [of.low, of.high]
    ends += [shape.at[0], shape.at[-1]] if shape is not None and shape.at else []
    # Without means (no typical time) there is nothing that a difference could stand beside.
    if not math.isnan(zero) and max(ends) - min(ends) >= _LEAST_SHARE * (high - low):
        low, high = _with_room(min(low, zero + min(ends)), max(high, zero + max(ends)))
        return _scale(found, low, high, aligned=True, away=(low - zero, high - zero))
    least = flat / 10
    span = max(max(ends) - min(ends), least)
    away = (min(ends) - 0.6 * span, max(ends) + 0.6 * span)
    return _scale(found, *_with_room(low, high), aligned=False, away=away)


def _scale(
    found: ComparedMetric, low: float, high: float, *, aligned: bool, away: tuple[float, float]
) -> Scale:
    kind = found.metric.kind
    tall_px = float(measure("estimation")["height_px"]) - _MARGINS_PX
    return Scale(
        low=low,
        high=high,
        ticks=ticks(kind, low, high),
        aligned=aligned,
        difference_low=away[0],
        difference_high=away[1],
        difference_ticks=ticks(apart(kind), *away, most=5),
        per_px=(high - low) / tall_px,
    )


def _with_room(low: float, high: float) -> tuple[float, float]:
    room = _ROOM * (high - low)
    return low - room, high + room
