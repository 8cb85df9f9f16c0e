"""What the page of a month adds: the days as a calendar, the trend with its interval, weekdays, clock and raster."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics import wording
from analytics.calendar_days import NOT_RECORDED, NOT_VALID, CalendarDays, calendar_days
from analytics.clock_face import BINS, ClockEdge, ClockFace, clock_face
from analytics.followed import METRICS, Followed, followed
from analytics.pattern_words import weekdays_title
from analytics.patterns import Patterns
from analytics.raster import ASLEEP, AWAKE, NO_SIGNAL, NOTHING, SLOT_MIN, SLOTS, Raster
from analytics.smoothing import broken_at_gaps
from analytics.summary import PersonPeriod
from reports.person_report import PersonReport
from reports.print_paths import Box, bars, levels, uprights
from reports.weeks import HoursAxis, hours_axis

__all__ = ["month_data", "trend_places"]

Data = dict[str, Any]

_DECIMALS: Final = 4
_HOUR_MIN: Final = 60.0
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STATES: Final = {NOT_RECORDED: "not recorded", NOT_VALID: "not valid"}
_STAGES: Final = ("deep", "light", "rem")
_RUNS: Final = {ASLEEP: "asleep", AWAKE: "awake", NO_SIGNAL: "unknown", NOTHING: "nothing"}
# Of the height of a day's row.
_RUN_TOP, _RUN_HIGH = 0.12, 0.76
_TICK_H: Final = 4
# A time of day at the very end of a row would stand over the margin.
_LAST_TICK_H: Final = 23


def month_data(report: PersonReport) -> Data:
    """The pictures of a month beside what a week has, too."""
    period = report.period
    return {
        "stage-shares": _stage_shares(period),
        "calendar": _calendar(calendar_days(period, METRICS[0])),
        "face": _face(clock_face(period)),
        "weekdays": _weekdays(period.patterns),
        "raster": None if report.raster is None else _raster(report.raster),
    }


def _stage_shares(period: PersonPeriod) -> list[tuple[str, float]]:
    """The stages of the month side by side, as wide as their mean minutes; nothing where there is no mean."""
    means = {stage: period.figures[f"mean_{stage}_min"] for stage in _STAGES}
    whole = sum(mean.value for mean in means.values())
    if not whole or math.isnan(whole):
        return []
    return [(stage, round(mean.value / whole, _DECIMALS)) for stage, mean in means.items()]


def trend_places(period: PersonPeriod, *, first: date, axis: HoursAxis) -> Data:
    """The smooth line, the slope with its interval and lasting changes over the dots of the weeks, and their words.

    Args:
        period: whose time asleep is followed.
        first: the date at the left end of the picture; its right end is that of the period.
        axis: the hours that it spans.
    """
    found = followed(period)
    scale = _Scale(first=first, days=(period.last - first).days + 1, axis=axis)
    return {
        "smooth": list(_smooth(found, scale)),
        **_slope(found, scale),
        "steps": [scale.x(step.first_after) for step in found.changes.steps],
        "caption": found.caption,
    }


class _Scale:
    """Days and minutes as fractions of a picture."""

    def __init__(self, *, first: date, days: int, axis: HoursAxis) -> None:
        self._first, self._days, self._axis = pd.Timestamp(first), days, axis

    def x(self, day: pd.Timestamp) -> float:
        """The middle of a day."""
        return round(((day - self._first).days + 0.5) / self._days, _DECIMALS)

    def y(self, minutes: float) -> float:
        """A length from the top, held within the picture."""
        share = (self._axis.high_h - minutes / _HOUR_MIN) / (self._axis.high_h - self._axis.low_h)
        return round(min(max(share, 0.0), 1.0), _DECIMALS)


def _smooth(found: Followed, scale: _Scale) -> Iterator[list[tuple[float, float]]]:
    """The parts of the smooth line between gaps."""
    line = broken_at_gaps(found.line) if len(found.line) else found.rolling
    part: list[tuple[float, float]] = []
    for day, minutes in zip(pd.DatetimeIndex(line.index), line.tolist(), strict=True):
        if math.isnan(minutes):
            if part:
                yield part
            part = []
        else:
            part.append((scale.x(day), scale.y(minutes)))
    if part:
        yield part


def _slope(found: Followed, scale: _Scale) -> Data:
    """The line of the slope, and its interval turned about the middle of the line."""
    trend = found.trend
    if trend.verdict == "too few" or trend.first is None or trend.last is None:
        return {"line": None, "band": None}
    ends = scale.x(trend.first), scale.x(trend.last)
    line = [(ends[0], scale.y(trend.value_first)), (ends[1], scale.y(trend.value_last))]
    if math.isnan(trend.low_per_week):
        return {"line": line, "band": None}
    half_weeks = (trend.span_days - 1) / 14
    middle = (trend.value_first + trend.value_last) / 2
    low, high = trend.low_per_week * half_weeks, trend.high_per_week * half_weeks
    centre = ((ends[0] + ends[1]) / 2, scale.y(middle))
    band = [
        (ends[0], scale.y(middle - low)), centre, (ends[1], scale.y(middle + low)),
        (ends[1], scale.y(middle + high)), centre, (ends[0], scale.y(middle - high)),
    ]  # fmt: skip
    return {"line": line, "band": band}


def _calendar(found: CalendarDays) -> Data:
    dates = [moment.date() for moment in found.days.index]
    shares, values, states = found.share.tolist(), found.days["value"].tolist(), found.days["state"].tolist()
    monday = dates[0] - timedelta(days=dates[0].weekday())
    rows: list[list[Data | None]] = [[None] * 7 for _ in range((dates[-1] - monday).days // 7 + 1)]
    for day, share, value, state in zip(dates, shares, values, states, strict=True):
        known = not math.isnan(value)
        rows[(day - monday).days // 7][day.weekday()] = {
            "fill": round(share, _DECIMALS) if known else None,
            "day": wording.number(day.day, 0),
            "words": found.metric.text(value) if known else "",
            "state": _STATES.get(state, "value"),
        }
    said = [
        f"{wording.day(day, year=False, short=True)} {found.metric.text(value)}"
        for day, value in zip(dates, values, strict=True)
    ]
    return {
        "title": found.title,
        "note": found.counted,
        "key": "Darker is longer, on the same scale in every month. Grey: no valid night; white: no recording.",
        "said": f"{found.title}, by day: {', '.join(said)}.",
        "columns": list(_WEEKDAYS),
        "rows": rows,
    }


def _face(found: ClockFace) -> Data:
    most = max(int(found.bed.counts.max(initial=0)), int(found.rise.counts.max(initial=0)), 1)
    hands = [
        (round(edge.mean_h / 24, _DECIMALS), name)
        for name, edge in (("bed", found.bed), ("rise", found.rise))
        if not math.isnan(edge.mean_h)
    ]
    told = f"to bed {found.bed.words} ({found.bed.rests_on}); up {found.rise.words} ({found.rise.rests_on})"
    return {
        "title": found.title,
        "note": f"{told[0].upper()}{told[1:]}. Filled: to bed; outlined: up.",
        "said": f"Clock of 24 hours, nights by half hour: {told}.",
        "bed": _shares(found.bed, most),
        "rise": _shares(found.rise, most),
        "hands": hands,
        "hours": [(hour / 24, wording.clock(hour)) for hour in range(0, 24, 6)],
        "centre": ["to bed", wording.clock(found.bed.mean_h), "up", wording.clock(found.rise.mean_h)],
    }


def _shares(edge: ClockEdge, most: int) -> list[float]:
    return [round(int(edge.counts[step]) / most, _DECIMALS) for step in range(BINS)]


def _weekdays(found: Patterns) -> Data:
    profile = found.weekdays
    rows = [tuple(row) for row in profile[["nights", "median", "low", "high"]].to_numpy(dtype=float).tolist()]
    known = [value for _, *values in rows for value in values if not math.isnan(value)]
    drawn = None
    if known:
        axis = hours_axis(known, min(known) / _HOUR_MIN, max(known) / _HOUR_MIN)
        drawn = _columns(rows, axis)
    said = [
        f"{weekday} {wording.duration(median)} ({wording.plural(int(nights), 'night')})"
        for weekday, (nights, median, *_) in zip(_WEEKDAYS, rows, strict=True)
    ]
    return {
        "title": weekdays_title(found),
        "note": f"{wording.span(found.first, found.last)}; median by day of waking; bar: middle half, from 6 nights on",
        "said": f"Median time asleep by day of waking: {', '.join(said)}.",
        "drawn": drawn,
    }


def _columns(rows: list[tuple[float, ...]], axis: HoursAxis) -> Data:
    scale = _Scale(first=date.min.replace(year=2000), days=len(rows), axis=axis)
    points = [
        {
            "x": round((n + 0.5) / len(rows), _DECIMALS),
            "y": scale.y(median),
            "band": None if math.isnan(low) else [scale.y(high), scale.y(low)],
        }
        for n, (_, median, low, high) in enumerate(rows)
        if not math.isnan(median)
    ]
    words = [
        [weekday, wording.duration(row[1]), f"n {wording.number(row[0], 0)}"]
        for weekday, row in zip(_WEEKDAYS, rows, strict=True)
    ]
    ticks = [(round(percent / 100, _DECIMALS), wording.quantity(hour, "h")) for percent, hour in axis.ticks]
    lines = levels(place for place, _ in ticks)
    return {"points": points, "words": words, "ticks": ticks, "lines": lines}


def _raster(found: Raster) -> Data:
    dates = [moment.date() for moment in found.days.index]
    first_h = math.ceil(found.anchor_h / _TICK_H) * _TICK_H
    hours = [hour for hour in range(first_h, first_h + 25, _TICK_H) if hour - found.anchor_h < _LAST_TICK_H]
    ticks = [
        (round((hour - found.anchor_h) * 60 / SLOT_MIN / SLOTS, _DECIMALS), wording.clock(hour))
        for hour in hours
    ]
    counted = wording.of(found.recorded, len(dates))
    changes = "; ".join(
        f"{wording.day(mark.day, year=False, short=True)}: {mark.words}" for mark in found.marks
    )
    return {
        "title": "Asleep and awake, hour by hour",
        "note": "blue asleep, orange awake in bed, hatched without a signal, grey a day without a recording",
        "changes": changes,
        "said": f"Every five minutes of {counted} days with a recording, each from {wording.clock(found.anchor_h)} on.",
        "days": len(dates),
        **_runs(found),
        "ticks": ticks,
        "lines": uprights(place for place, _ in ticks),
        "weeks": [
            (round((n + 0.5) / len(dates), _DECIMALS), wording.day(day, year=False, weekday=False, short=True))
            for n, day in enumerate(dates)
            if day.weekday() == 0
        ],
    }  # fmt: skip


def _runs(found: Raster) -> Data:
    """By what was recorded the bars of every day as a path; time without a signal as boxes, which are hatched."""
    count = len(found.codes)
    drawn: dict[str, list[Box]] = {name: [] for name in _RUNS.values()}
    for n, row in enumerate(found.codes):
        edges = np.flatnonzero(np.diff(row, prepend=255, append=255)).tolist()
        for begun, ended in pairwise(edges):
            if int(row[begun]) in _RUNS:
                box = (begun / SLOTS, (n + _RUN_TOP) / count, (ended - begun) / SLOTS, _RUN_HIGH / count)
                drawn[_RUNS[int(row[begun])]].append(box)
    hatched = [[round(each, _DECIMALS) for each in box] for box in drawn.pop("unknown")]
    return {"unknown": hatched, "runs": {name: bars(boxes) for name, boxes in drawn.items()}}
