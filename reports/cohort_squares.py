"""People by nights as small squares: a night with its value, one that was left out, one that nobody recorded."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.cohort_words import map_title
from analytics.night_metrics import DEFAULT, NightMetric
from charts.theme import theme
from reports.cohort_report import CohortReport

__all__ = ["squares"]

NOT_RECORDED, LEFT_OUT, VALID = 0, 1, 2
# Of the picture on paper, in mm; a square is no wider than `_MOST_MM`.
_ROW_MM, _HEAD_MM, _GAP_MM, _MOST_MM = 2.9, 3.6, 5.0, 4.6
_LETTER_MM, _LEAST_NAME_MM = 1.35, 14.0
_ROWS: Final = 36
"""As many rows stand below each other; a page has room for them beside the title of the part."""

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]


def squares(report: CohortReport) -> Mapping[str, Any] | None:
    """The map as finished words and places; None where the cohort has nobody.

    Blocks stand side by side; each has the names of its rows, its dates, and its squares as places within it: `filled`
    (by colour of the scale), `left_out` and `not_recorded`.
    """
    period, metric = report.period, DEFAULT
    if not period.size:
        return None
    values, states = _grid(report, metric)
    dates = [period.first + timedelta(days=n) for n in range(period.days)]
    frame = pd.DataFrame(values, index=period.people.index, columns=pd.DatetimeIndex(dates))
    abreast, most_name_mm = _shape(period.days)
    shown = min(period.size, abreast * _ROWS)
    rows = -(-shown // abreast)
    cut = [slice(at, min(at + rows, shown)) for at in range(0, shown, rows)]
    called = period.people["name"].astype(str).tolist()
    return {
        "title": map_title(frame, metric),
        "note": _note(shown, period.size),
        "alt": _alt(report, metric, values, shown),
        "low": metric.words(metric.low),
        "high": metric.words(metric.high),
        "blocks": [_block(called[part], dates, values[part], states[part], metric) for part in cut],
        "abreast": abreast,
        "names_mm": _names_mm(called[:shown], most_name_mm),
        "gap_mm": _GAP_MM,
        "most_mm": _MOST_MM,
        "head_mm": _HEAD_MM,
        "row_mm": _ROW_MM,
        "rows": rows,
    }


def _shape(days: int) -> tuple[int, float]:
    """How many blocks stand abreast, and how many mm of a block are for names at most."""
    if days <= 10:
        return 3, 30.0
    return (2, 27.0) if days <= 45 else (1, 30.0)


def _names_mm(names: list[str], most: float) -> float:
    """Room for the longest of the names, as far as there is so much; the template cuts what is longer."""
    return min(max(_LETTER_MM * max(map(len, names)) + 2, _LEAST_NAME_MM), most)


def _grid(report: CohortReport, metric: NightMetric) -> tuple[Floats, Codes]:
    """The values of valid main sleeps by person and night, NaN elsewhere, and the states likewise."""
    period = report.period
    nights = report.nights
    owner = period.people.index.get_indexer(pd.Index(nights["person_id"].astype("str")))
    label = nights["night"].to_numpy(dtype="datetime64[D]")
    day = (label - np.datetime64(period.first, "D")).astype(np.int64)
    inside = (owner >= 0) & ~np.isnat(label) & (day >= 0) & (day < period.days)
    counted = inside & (nights["valid"].astype(bool) & (nights["kind"] == "main")).to_numpy(dtype=bool)
    values = np.full((period.size, period.days), np.nan)
    states = np.full(values.shape, NOT_RECORDED, dtype=np.uint8)
    states[owner[inside], day[inside]] = LEFT_OUT
    states[owner[counted], day[counted]] = VALID
    values[owner[counted], day[counted]] = nights[metric.name].to_numpy(dtype=np.float64)[counted]
    return values, states


def _block(
    names: list[str], dates: list[date], values: Floats, states: Codes, metric: NightMetric
) -> Mapping[str, Any]:
    colours = len(theme("print").sequential)
    share = np.clip((np.nan_to_num(values) - metric.low) / (metric.high - metric.low), 0, 1)
    step = np.minimum((share * colours).astype(np.int64), colours - 1)
    valid = states == VALID
    return {
        "people": names,
        "ticks": list(_ticks(dates)),
        "nights": len(dates),
        "filled": [_places(valid & (step == colour)) for colour in range(colours)],
        "left_out": _places(states == LEFT_OUT),
        "not_recorded": _places(states == NOT_RECORDED),
    }


def _places(found: NDArray[np.bool_]) -> list[list[int]]:
    """Column and row of each square of a kind."""
    rows, columns = np.nonzero(found)
    return [[column, row] for column, row in zip(columns.tolist(), rows.tolist(), strict=True)]


def _ticks(dates: list[date]) -> Iterator[tuple[int, str]]:
    """The columns that bear a date: of a week the first and the last, of a longer time Mondays."""
    last = len(dates) - 1
    if len(dates) <= 10:
        at = sorted({0, last})
    else:
        every = 7 * (1 + len(dates) // 45)
        mondays = [n for n, day in enumerate(dates) if day.weekday() == 0]
        at = mondays[:: every // 7]
    for column in at:
        yield column, wording.day(dates[column], year=False, weekday=False, short=True)


def _note(shown: int, size: int) -> str:
    whom = "people" if shown == size else f"{wording.of(shown, size)} people, those"
    order = "in the order in which to look at them" if shown == size else "to look at first"
    return f"A square a night; {whom} {order}."


def _alt(report: CohortReport, metric: NightMetric, values: Floats, shown: int) -> str:
    period = report.period
    coverage = period.coverage
    ends = (wording.day(day, weekday=False) for day in (period.first, period.last))
    parts = [
        f"People by nights, {' to '.join(ends)}, {wording.of(shown, period.size)} people",
        f"{wording.of(coverage.valid, coverage.expected)} nights of everybody valid",
        f"{wording.number(coverage.recorded - coverage.valid, 0)} left out",
        f"{wording.number(coverage.expected - coverage.recorded, 0)} not recorded",
    ]
    known = values[~np.isnan(values)]
    if known.size:
        parts.append(f"{metric.label} from {metric.between(float(known.min()), float(known.max()))}")
    return "; ".join(parts) + "."
