"""How people of a cohort are spread, as places along a line: a dot a person, or bars where dots have no room."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics import wording
from analytics.cohort_figures import CohortFigure
from analytics.cohort_nights_words import spread_title
from analytics.night_metrics import NIGHT_METRICS, NightMetric
from analytics.people_bins import people_bins
from analytics.summary import CohortPeriod
from analytics.time_of_day import Floats, wrap_h
from charts.swarm import rows_beside, side_of

__all__ = ["EACH_AS_A_DOT", "spreads"]

EACH_AS_A_DOT: Final = 200
"""Up to so many people are printed one by one; more of them are counted in bars."""
SHOWN: Final = ("tst_min", "midsleep_clock_h")
# Of the picture on paper, in mm: on A4; Letter is wider, which only moves dots apart.
_WIDE_MM: Final = 84.0
_DOTS_MM: Final = (1.3, 0.9, 0.65)
_HIGH_MM, _FEW, _LOW_MM = 18.0, 8, 9.0
# Room beside the outermost dots, as a share of what lies between them; words of a tick need some at the ends.
_ROOM, _TICK_ROOM = 0.06, 0.07
_MOST_TICKS: Final = 5
_MULTIPLES: Final = (1 / 6, 1 / 3, 1 / 2, 1, 2, 4, 6, 8, 12, 24, 48)

Drawn = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Line:
    """People's values on a line; times of day lie within 12 h of the mean, which cuts no group in two.

    Attributes:
        values: from the lowest; low, high: the ends of the axis.
        mean, median, q1, q3: on the same line; NaN where people are too few for them.
    """

    values: tuple[float, ...]
    low: float
    high: float
    mean: float
    median: float
    q1: float
    q3: float

    def at(self, value: float) -> float:
        """A value as a fraction of the picture's width."""
        return (value - self.low) / (self.high - self.low)


def spreads(period: CohortPeriod) -> list[Drawn]:
    """The pictures of a period, finished words and places: `title`, `note`, `alt`, `drawn` (None for nobody)."""
    return [_spread(period, NIGHT_METRICS[name]) for name in SHOWN]


def _spread(period: CohortPeriod, metric: NightMetric) -> Drawn:
    figure = period.figures[metric.figure]
    line = _line(period.people[metric.figure], figure, metric)
    values: Floats = np.array(line.values, dtype=np.float64)
    title = spread_title(metric, values, of=period.size, quartiles=(line.q1, line.q3))
    if not line.values:
        return {"title": title, "note": "", "alt": "", "drawn": None}
    drawn = _drawn(line, metric)
    note = _note(figure, line, metric, as_bars=bool(drawn["bars"]))
    return {"title": title, "note": note, "alt": _alt(figure, line, metric), "drawn": drawn}


def _line(people: "pd.Series[float]", figure: CohortFigure, metric: NightMetric) -> _Line:
    known = people.dropna().tolist()
    shown = (figure.mean, figure.median, figure.q1, figure.q3)
    if metric.circular and known:
        # Without a typical time any person's will do: the others lie within 12 h of it.
        centre = known[0] if math.isnan(figure.mean) else figure.mean
        known = [centre + float(wrap_h(value - centre)) for value in known]
        shown = tuple(centre + float(wrap_h(value - centre)) for value in shown)  # type: ignore[assignment]
    mean, median, q1, q3 = shown
    values = tuple(sorted(known))
    low, high = _reach(values, metric.step) if values else (0.0, 1.0)
    return _Line(values=values, low=low, high=high, mean=mean, median=median, q1=q1, q3=q3)


def _reach(values: tuple[float, ...], step: float) -> tuple[float, float]:
    """The axis: from the lowest to the highest with room beside them, two steps wide at least."""
    apart = values[-1] - values[0]
    room = max(apart * _ROOM, (2 * step - apart) / 2)
    return values[0] - room, values[-1] + room


def _drawn(line: _Line, metric: NightMetric) -> dict[str, Any]:
    dot_mm, dots = _dots(line)
    return {
        "dots": dots,
        "bars": [] if dots else _bars(line),
        "band": _place(line, line.q1, line.q3),
        "mean": _place(line, line.mean),
        "median": _place(line, line.median),
        "ticks": _ticks(line, metric),
        "radius_mm": dot_mm / 2,
        "height_mm": _high_mm(line),
    }


def _high_mm(line: _Line) -> float:
    """How tall the picture is: a few dots need less."""
    return _LOW_MM if len(line.values) <= _FEW else _HIGH_MM


def _place(line: _Line, *values: float) -> list[float] | None:
    return None if any(math.isnan(value) for value in values) else [line.at(value) for value in values]


def _dots(line: _Line) -> tuple[float, list[tuple[float, float]]]:
    """How wide a dot is, and a place for each person, none upon another; no place where they are too many for that."""
    for dot_mm in _DOTS_MM if len(line.values) <= EACH_AS_A_DOT else ():
        tall = dot_mm / _high_mm(line)
        rows = rows_beside(line.values, (line.high - line.low) * dot_mm / _WIDE_MM)
        if (max(rows) + 2) * tall <= 1:
            places = zip(line.values, rows, strict=True)
            return dot_mm, [(line.at(value), 0.5 - side_of(row) * tall) for value, row in places]
    return 0.0, []


def _bars(line: _Line) -> list[tuple[float, float, float]]:
    """Left edge, width and height of each bar that counts people."""
    found = people_bins(line.values, low=line.low, high=line.high)
    most = max(found.counts)
    width = 1 / len(found.counts)
    return [(n * width, width, count / most) for n, count in enumerate(found.counts) if count]


def _ticks(line: _Line, metric: NightMetric) -> list[tuple[float, str]]:
    reach = line.high - line.low
    step = next((each for n in _MULTIPLES if reach / (each := n * metric.step) <= _MOST_TICKS), reach)
    first, last = math.ceil(line.low / step), math.floor(line.high / step)
    places = ((line.at(n * step), metric.words(n * step)) for n in range(first, last + 1))
    return [(at, words) for at, words in places if _TICK_ROOM <= at <= 1 - _TICK_ROOM]


def _note(figure: CohortFigure, line: _Line, metric: NightMetric, *, as_bars: bool) -> str:
    counted = f"{wording.of(figure.people, figure.of)} people"
    drawn = f"Bars count {counted}, the highest {_most(line)}" if as_bars else f"A dot a person, {counted}"
    if math.isnan(line.mean):
        return f"{drawn}."
    median = metric.words(figure.median)
    return f"{drawn}. Line: mean {figure.text}; dashed: median {median}; band: the middle half."


def _most(line: _Line) -> str:
    return wording.number(float(max(people_bins(line.values, low=line.low, high=line.high).counts)), 0)


def _alt(figure: CohortFigure, line: _Line, metric: NightMetric) -> str:
    ends = metric.between(line.values[0], line.values[-1])
    counted = f"{metric.label}, means of {wording.of(figure.people, figure.of)} people from {ends}"
    if math.isnan(line.mean):
        return f"{counted}; no average."
    return (
        f"{counted}; mean {figure.text}, median {metric.words(figure.median)}, "
        f"middle half {metric.between(figure.q1, figure.q3)}."
    )
