"""Values against usual and weeks of dots, as the places that a printed page draws: fractions of the picture."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics.time_of_day import Floats, wrap_h
from analytics.usual import Against
from reports.print_paths import bars, levels
from reports.weeks import HoursAxis

__all__ = ["band_places", "dots_places"]

Places = dict[str, Any]

_ROOM: Final = 0.08
_DECIMALS: Final = 4
_HOUR_MIN: Final = 60.0


def band_places(row: Against) -> Places | None:
    """Where range, usual and value of a statistic lie, usual in the middle; None without a value or a usual range."""
    if math.isnan(row.value) or not row.has_range:
        return None
    low, high, now = (_from_usual(row, value) for value in (row.low, row.high, row.value))
    reach = (0.5 - _ROOM) / max(abs(low), abs(high), abs(now), 1e-9)
    return {
        "low": round(0.5 + low * reach, _DECIMALS),
        "usual": 0.5,
        "high": round(0.5 + high * reach, _DECIMALS),
        "now": round(0.5 + now * reach, _DECIMALS),
        "outside": row.outside,
    }


def dots_places(
    nights: pd.DataFrame,
    *,
    first: date,
    since: date,
    last: date,
    recommended_h: tuple[float, float],
    axis: HoursAxis,
    ticks: Sequence[tuple[float, str]],
) -> Places:
    """Where the nights' time asleep lies from `first` to `last`; those from `since` on are of the period.

    Args:
        nights: valid main sleeps, `night` and `tst_min`.
        first: the date at the left end.
        since: the first date of the period.
        last: the date at the right end.
        recommended_h: the shaded hours.
        axis: the hours that the picture spans.
        ticks: lines across, percent from the top, with their words.
    """
    days = (last - first).days + 1
    x = np.round(
        ((nights["night"] - pd.Timestamp(first)).dt.days.to_numpy(dtype=float) + 0.5) / days, _DECIMALS
    )
    y = _from_top(nights["tst_min"].to_numpy(dtype=float) / _HOUR_MIN, axis)
    recent = x * days > (since - first).days
    low_h, high_h = (_from_top(np.array([hour]), axis).tolist()[0] for hour in recommended_h)
    return {
        "range": bars([(0.0, high_h, 1.0, low_h - high_h)]),
        "before": _points(x[~recent], y[~recent]),
        "now": _points(x[recent], y[recent]),
        "ticks": [(round(percent / 100, _DECIMALS), words) for percent, words in ticks],
        "lines": levels(percent / 100 for percent, _ in ticks),
        "band": None,
        "line": None,
        "smooth": [],
        "steps": [],
    }


def _points(x: Floats, y: Floats) -> list[str]:
    return [f"{each_x:.4f} {each_y:.4f}" for each_x, each_y in zip(x.tolist(), y.tolist(), strict=True)]


def _from_top(hours: Floats, axis: HoursAxis) -> Floats:
    return np.round((axis.high_h - hours) / (axis.high_h - axis.low_h), _DECIMALS)


def _from_usual(row: Against, value: float) -> float:
    return wrap_h(value - row.usual) if row.kind == "clock" else value - row.usual
