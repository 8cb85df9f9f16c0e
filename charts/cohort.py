"""People by nights: one square a night, its colour the value of a metric, with three states kept apart."""

from collections.abc import Iterator
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.cohort_nights import CohortNights
from analytics.night_metrics import NightMetric
from analytics.wording import NBSP, day, number, of, plural
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis
from charts.drawing import Drawing, Layout, Trace, heatmap, scatter
from charts.people_grid import MOST_MARKED_NIGHTS, NARROW_NIGHTS, marked, name_axis, names_px, unique_names
from charts.scale_key import ScaleKey
from charts.theme import TRANSPARENT, Margin, Theme, measure, plotly_layout

__all__ = ["encoded", "people_map", "unique_names"]

Codes = NDArray[np.uint8]
Words = NDArray[np.object_]

_COLUMNS = ("Person", "Valid nights")
_NOT_SYNCED, _NO_VALID, _VALID = 0, 1, 2
_STATE_WORDS = {_NOT_SYNCED: "not synced", _NO_VALID: "no valid night"}
_NO_VALUE = "valid night, no such value"
_FIRST_CODE, _LAST_CODE = 2, 255
_TOP_PX, _BOTTOM_PX, _RIGHT_PX = 52, 6, 4
_SWATCH_PX = 14


def people_map(seen: CohortNights, theme: Theme, *, narrow: bool = False) -> Chart:
    """People by nights: colour for the metric, a dot for no valid night, a slash for not synced.

    One heatmap of bytes carries the colours (0 not synced, 1 no valid night, 2 to 255 the scale of the metric from end
    to end; what lies beyond has the colour of its end), so that a year of 100 people stays far under a megabyte.

    Args:
        seen: whose rows are drawn in their order.
        theme: whose colours.
        narrow: for a phone: the last 14 nights only; the table keeps all of them.
    """
    if not len(seen.ids):
        return nothing_to_draw(theme, "There is nobody in this cohort.", columns=_COLUMNS)
    shown = slice(-NARROW_NIGHTS, None) if narrow else slice(None)
    unique = unique_names(seen.names)
    labels = [escape(name, quote=False) for name in unique]
    words = _words(seen)
    dates, states = seen.dates[shown], seen.states[:, shown]
    codes = encoded(seen.on_line, seen.states, seen.scale)
    traces = [
        _heatmap(codes[:, shown], words[:, shown], labels, dates, theme=theme),
        *_marks(states, labels, dates, theme),
    ]
    height_px = _TOP_PX + _BOTTOM_PX + measure("people_map")["row_px"] * len(unique)
    layout = _layout(seen, dates, unique, labels, theme=theme, height_px=height_px, narrow=narrow)
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(seen),
        table=_table(seen, words),
        height_px=height_px,
    )


def encoded(values: NDArray[np.float64], states: Codes, scale: tuple[float, float]) -> Codes:
    """The bytes of the map: 0 not synced, 1 no valid night or no value, 2 to 255 the values from end to end."""
    low, high = scale
    share = np.clip((np.nan_to_num(values) - low) / (high - low), 0, 1)
    codes = _FIRST_CODE + np.rint(share * (_LAST_CODE - _FIRST_CODE))
    valid = (states == _VALID) & ~np.isnan(values)
    return np.where(valid, codes, np.minimum(states, _NO_VALID)).astype(np.uint8)


def _words(seen: CohortNights) -> Words:
    """What each square says, e.g. "7 h 12 min"; each different value is put into words once."""
    per_unit = 60 if seen.metric.circular else 1 if seen.metric.kind in {"duration", "percent"} else 10
    steps = np.floor(np.nan_to_num(seen.values.astype(np.float64), nan=-1) * per_unit + 0.5).astype(np.int64)
    kinds, at = np.unique(steps, return_inverse=True)
    # A plain space: escaped in JSON, the other kind is six bytes long, and a hover label is never wrapped here.
    said = [seen.metric.words(step / per_unit).replace(NBSP, " ") for step in kinds.tolist()]
    words: Words = np.array(said, dtype=object)[at.reshape(steps.shape)]
    words[np.isnan(seen.values)] = _NO_VALUE
    for state, text in _STATE_WORDS.items():
        words[seen.states == state] = text
    return words


def _heatmap(
    codes: Codes, words: Words, labels: list[str], dates: pd.DatetimeIndex, *, theme: Theme
) -> Trace:
    gap = measure("people_map")["gap_px"]
    return heatmap(
        z=codes,
        x0=dates[0].isoformat(),
        dx=86_400_000,
        y=labels,
        text=words,  # as an array: lists are looked through square by square
        hovertemplate="%{y}, night to %{x|%a %-d %b}: %{text}<extra></extra>",
        zmin=0,
        zmax=_LAST_CODE,
        colorscale=_scale(theme),
        showscale=False,
        xgap=gap if len(dates) <= MOST_MARKED_NIGHTS else 0,
        ygap=gap,
    )


def _scale(theme: Theme) -> list[tuple[float, str]]:
    """Steps, not a ramp: each colour from its first to its last code."""
    edges = [-0.5, 0.5, 1.5, *np.linspace(1.5, _LAST_CODE, len(theme.sequential) + 1)[1:]]
    colours = (TRANSPARENT, theme.sunken, *theme.sequential)
    stops: list[tuple[float, str]] = []
    for first, last, colour in zip(edges, edges[1:], colours, strict=False):
        stops += [(max(float(first), 0) / _LAST_CODE, colour), (float(last) / _LAST_CODE, colour)]
    return stops


def _marks(states: Codes, labels: list[str], dates: pd.DatetimeIndex, theme: Theme) -> Iterator[Trace]:
    """A dot on each night without a valid recording, a slash on each not synced."""
    days = [moment.date().isoformat() for moment in dates]
    dot = {"symbol": "circle", "size": 3, "color": theme.text_tertiary}
    slash = {"symbol": "line-ne", "size": 7, "line": {"width": 1, "color": theme.border_strong}}
    for state, name, marker in ((_NO_VALID, "No valid night", dot), (_NOT_SYNCED, "Not synced", slash)):
        rows, columns = marked(states == state)
        if len(rows):
            yield scatter(
                x=[days[column] for column in columns],
                y=[labels[row] for row in rows],
                mode="markers",
                name=name,
                marker=marker,
                hoverinfo="skip",
            )


def _layout(
    seen: CohortNights,
    dates: pd.DatetimeIndex,
    names: list[str],
    labels: list[str],
    *,
    theme: Theme,
    height_px: int,
    narrow: bool,
) -> Layout:
    key = _key(seen.metric, seen.scale)
    return plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=names_px(names, narrow=narrow), r=_RIGHT_PX, t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=day_axis(dates[0].date(), dates[-1].date(), theme, narrow=narrow, side="top", showline=False),
        yaxis=name_axis(names, labels, theme, narrow=narrow),
        shapes=key.swatches(theme),
        annotations=key.words(theme),
    )


# The key stands at the top right: "5 h", ten swatches, "9 h"; measured in px from the right upper corner of the plot.
_KEY_END_PX, _KEY_Y_PX = -44, 34


def _key(metric: NightMetric, scale: tuple[float, float]) -> ScaleKey:
    low, high = (metric.words(end) for end in scale)
    return ScaleKey(low=low, high=high, end_px=_KEY_END_PX, y_px=_KEY_Y_PX, swatch_px=_SWATCH_PX)


def _alt(seen: CohortNights) -> str:
    states, line = seen.states, seen.on_line
    first, last = (day(moment.date(), weekday=False) for moment in (seen.dates[0], seen.dates[-1]))
    parts = [
        f"People by nights, {plural(len(states), 'person', 'people')}, {first} to {last}",
        f"{of(int((states == _VALID).sum()), states.size)} nights valid",
        f"{number(float((states == _NO_VALID).sum()), 0)} synced without a valid night",
        f"{number(float((states == _NOT_SYNCED).sum()), 0)} not synced",
    ]
    known = line[~np.isnan(line)]
    if known.size:
        label, words = seen.metric.label, seen.metric.words
        parts.append(f"{label} from {words(float(known.min()))} to {words(float(known.max()))}")
    return "; ".join(parts) + "."


def _table(seen: CohortNights, words: Words) -> pd.DataFrame:
    counts = [of(int(row), seen.states.shape[1]) for row in (seen.states == _VALID).sum(axis=1)]
    nights = [day(moment.date(), weekday=False, short=True) for moment in seen.dates]
    people = pd.DataFrame({"Person": list(seen.names), "Valid nights": counts})
    return pd.concat([people, pd.DataFrame(words, columns=nights, dtype=object)], axis=1)
