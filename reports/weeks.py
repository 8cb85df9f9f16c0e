"""Weeks of time asleep: one dot a night over the range that is recommended for the person's age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from markupsafe import Markup

from reports import marks

_HOUR = 60.0
_STEP_H = 2


@dataclass(frozen=True, kw_only=True)
class HoursAxis:
    """The hours of sleep that the picture spans, whole and even numbers."""

    low_h: int
    high_h: int

    @property
    def ticks(self) -> tuple[tuple[float, int], ...]:
        """Every second hour: position in percent from the top, and the hour."""
        span = self.high_h - self.low_h
        return tuple(
            (round(100 * (self.high_h - hour) / span, 3), hour)
            for hour in range(self.low_h, self.high_h + 1, _STEP_H)
        )


def hours_axis(values_min: Sequence[float], low_h: float, high_h: float) -> HoursAxis:
    """An axis that holds every night and the recommended range, with even hours at its ends."""
    hours = [value / _HOUR for value in values_min if not np.isnan(value)] + [low_h, high_h]
    bottom = int(np.floor((min(hours) - 0.25) / _STEP_H)) * _STEP_H
    top = int(np.ceil((max(hours) + 0.25) / _STEP_H)) * _STEP_H
    return HoursAxis(low_h=max(bottom, 0), high_h=top)


def weeks_of_dots(
    nights: pd.DataFrame,
    *,
    first: date,
    week: date,
    last: date,
    recommended_h: tuple[float, float],
    axis: HoursAxis,
    title: str,
) -> Markup:
    """The inline SVG of `tst_min` by `night` from `first` to `last`; nights from `week` on are marked as this week.

    Args:
        nights: valid main sleeps with columns `night` and `tst_min`.
        first: the date at the left end.
        week: the first date of the week reported on.
        last: the date at the right end.
        recommended_h: the recommended hours for the person's age.
        axis: from `hours_axis`.
        title: what the picture says in words.
    """
    days = (last - first).days + 1
    x = (nights["night"] - pd.Timestamp(first)).dt.days.to_numpy(dtype=float) + 0.5
    y = axis.high_h * _HOUR - nights["tst_min"].to_numpy(dtype=float)
    recent = x > (week - first).days
    low_h, high_h = recommended_h
    pieces = [
        marks.boxes("reference", [(0, (axis.high_h - high_h) * _HOUR, days, (high_h - low_h) * _HOUR)]),
        marks.lines(
            "grid",
            ((0, (axis.high_h - hour) * _HOUR, days, (axis.high_h - hour) * _HOUR) for _, hour in axis.ticks),
        ),
        marks.dots("before", zip(x[~recent], y[~recent], strict=True)),
        marks.dots("now", zip(x[recent], y[recent], strict=True)),
    ]
    height = (axis.high_h - axis.low_h) * _HOUR
    return marks.picture((0, 0, days, height), title, pieces, name="weeks")
