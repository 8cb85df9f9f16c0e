"""People by nights: one square a night, its colour the time asleep, with three states kept apart."""

import math
from collections.abc import Iterator
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from analytics.summary import CohortOverview
from analytics.wording import NBSP, day, number, of, plural, quantity
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis
from charts.people_grid import MOST_MARKED_NIGHTS, NARROW_NIGHTS, marked, name_axis, names_px, unique_names
from charts.theme import TRANSPARENT, Margin, Theme, font_px, measure, plotly_layout

__all__ = ["encoded", "people_map", "unique_names"]

Codes = NDArray[np.uint8]
Words = NDArray[np.object_]

_COLUMNS = ("Person", "Valid nights")
_NOT_SYNCED, _NO_VALID, _VALID = 0, 1, 2
_STATE_WORDS = {_NOT_SYNCED: "not synced", _NO_VALID: "no valid night"}
# The scale of the colours; what lies beyond has the colour of its end.
_LOW_H, _HIGH_H = 5, 9
_FIRST_CODE, _LAST_CODE = 2, 255
_TOP_PX, _BOTTOM_PX, _RIGHT_PX = 52, 6, 4
_SWATCH_PX = 14


def people_map(overview: CohortOverview, theme: Theme, *, narrow: bool = False) -> Chart:
    """The people of a cohort by nights: colour for time asleep, a dot for no valid night, a slash for not synced.

    One heatmap of bytes carries the colours (0 not synced, 1 no valid night, 2 to 255 the time asleep from 5 h to 9 h),
    so that a year of 200 people stays under a megabyte.

    Args:
        overview: whose `people`, `map_dates`, `map_values` (minutes) and `map_states` are drawn, rows in their order;
            `map_range` is told.
        theme: whose colours.
        narrow: for a phone: the last 14 nights only; the table keeps all of them.
    """
    if overview.map_states.empty:
        return nothing_to_draw(theme, "There is nobody in this cohort.", columns=_COLUMNS)
    shown = slice(-NARROW_NIGHTS, None) if narrow else slice(None)
    hours = overview.map_values.to_numpy(dtype=np.float64) / 60
    states = overview.map_states.to_numpy(dtype=np.uint8)
    names = [str(overview.people.at[person_id, "name"]) for person_id in overview.map_states.index]
    unique = unique_names(names)
    labels = [escape(name, quote=False) for name in unique]
    words = _words(hours, states)
    traces = [
        _heatmap(
            hours[:, shown], states[:, shown], words[:, shown], labels, overview.map_dates[shown], theme=theme
        ),
        *_marks(states[:, shown], labels, overview.map_dates[shown], theme),
    ]
    height_px = _TOP_PX + _BOTTOM_PX + measure("people_map")["row_px"] * len(names)
    layout = _layout(overview.map_dates[shown], unique, labels, theme, height_px=height_px, narrow=narrow)
    return Chart(
        figure=go.Figure(data=traces, layout=layout),
        alt=_alt(overview.map_dates, states, overview.map_range),
        table=_table(overview.map_dates, names, states, words),
        height_px=height_px,
    )


def encoded(hours: NDArray[np.float64], states: Codes) -> Codes:
    """The bytes of the map: 0 not synced, 1 no valid night, 2 to 255 hours asleep from 5 to 9."""
    share = np.clip((np.nan_to_num(hours) - _LOW_H) / (_HIGH_H - _LOW_H), 0, 1)
    codes = _FIRST_CODE + np.rint(share * (_LAST_CODE - _FIRST_CODE))
    valid = (states == _VALID) & ~np.isnan(hours)
    return np.where(valid, codes, np.minimum(states, _NO_VALID)).astype(np.uint8)


def _words(hours: NDArray[np.float64], states: Codes) -> Words:
    """What each square says, e.g. "7.2 h"; made once for each tenth of an hour."""
    tenths = np.where(np.isnan(hours), -1, np.floor(np.nan_to_num(hours) * 10 + 0.5)).astype(np.int64)
    kinds, at = np.unique(tenths, return_inverse=True)
    # A plain space: escaped in JSON, the other kind is six bytes long, and a hover label is never wrapped here.
    said = [
        quantity(tenth / 10, "h").replace(NBSP, " ") if tenth >= 0 else _STATE_WORDS[_NO_VALID]
        for tenth in kinds
    ]
    words: Words = np.array(said, dtype=object)[at.reshape(hours.shape)]
    for state, text in _STATE_WORDS.items():
        words[states == state] = text
    return words


def _heatmap(
    hours: NDArray[np.float64],
    states: Codes,
    words: Words,
    labels: list[str],
    dates: pd.DatetimeIndex,
    *,
    theme: Theme,
) -> go.Heatmap:
    gap = measure("people_map")["gap_px"]
    return go.Heatmap(
        z=encoded(hours, states),
        x0=dates[0].isoformat(),
        dx=86_400_000,
        y=labels,
        text=words.tolist(),
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


def _marks(states: Codes, labels: list[str], dates: pd.DatetimeIndex, theme: Theme) -> Iterator[go.Scatter]:
    """A dot on each night without a valid recording, a slash on each not synced."""
    days = [moment.date().isoformat() for moment in dates]
    dot = {"symbol": "circle", "size": 3, "color": theme.text_tertiary}
    slash = {"symbol": "line-ne", "size": 7, "line": {"width": 1, "color": theme.border_strong}}
    for state, name, marker in ((_NO_VALID, "No valid night", dot), (_NOT_SYNCED, "Not synced", slash)):
        rows, columns = marked(states == state)
        if len(rows):
            yield go.Scatter(
                x=[days[column] for column in columns],
                y=[labels[row] for row in rows],
                mode="markers",
                name=name,
                marker=marker,
                hoverinfo="skip",
            )


def _layout(
    dates: pd.DatetimeIndex,
    names: list[str],
    labels: list[str],
    theme: Theme,
    *,
    height_px: int,
    narrow: bool,
) -> go.Layout:
    return plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=names_px(names, narrow=narrow), r=_RIGHT_PX, t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=day_axis(dates[0].date(), dates[-1].date(), theme, narrow=narrow, side="top", showline=False),
        yaxis=name_axis(names, labels, theme, narrow=narrow),
        shapes=list(_key_swatches(theme)),
        annotations=list(_key_words(theme)),
    )


# The key stands at the top right: "5 h", ten swatches, "9 h"; measured in px from the right upper corner of the plot.
_KEY_END_PX, _KEY_Y_PX = -28, 34


def _key_swatches(theme: Theme) -> Iterator[dict[str, object]]:
    steps = len(theme.sequential)
    for n, colour in enumerate(theme.sequential):
        begun = _KEY_END_PX - (steps - n) * _SWATCH_PX
        yield {
            "type": "rect",
            "xref": "paper",
            "yref": "paper",
            "xsizemode": "pixel",
            "ysizemode": "pixel",
            "xanchor": 1,
            "yanchor": 1,
            "x0": begun,
            "x1": begun + _SWATCH_PX - 1,
            "y0": _KEY_Y_PX,
            "y1": _KEY_Y_PX + 10,
            "fillcolor": colour,
            "line": {"width": 0},
        }


def _key_words(theme: Theme) -> Iterator[dict[str, object]]:
    begun = _KEY_END_PX - len(theme.sequential) * _SWATCH_PX
    for hours, shift, anchor in ((_LOW_H, begun - 6, "right"), (_HIGH_H, _KEY_END_PX + 4, "left")):
        yield {
            "text": quantity(hours, "h"),
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "y": 1,
            "xshift": shift,
            "yshift": _KEY_Y_PX + 5,
            "xanchor": anchor,
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": font_px("axis"), "color": theme.text_secondary},
        }


def _alt(dates: pd.DatetimeIndex, states: Codes, asleep_min: tuple[float, float, float]) -> str:
    first, last = (day(moment.date(), weekday=False) for moment in (dates[0], dates[-1]))
    parts = [
        f"People by nights, {plural(len(states), 'person', 'people')}, {first} to {last}",
        f"{of(int((states == _VALID).sum()), states.size)} nights valid",
        f"{number(float((states == _NO_VALID).sum()), 0)} synced without a valid night",
        f"{number(float((states == _NOT_SYNCED).sum()), 0)} not synced",
    ]
    if not math.isnan(asleep_min[1]):
        least, median, most = (quantity(minutes / 60, "h") for minutes in asleep_min)
        parts.append(f"time asleep from {least} to {most}, median {median}")
    return "; ".join(parts) + "."


def _table(dates: pd.DatetimeIndex, names: list[str], states: Codes, words: Words) -> pd.DataFrame:
    counts = [of(int(row), states.shape[1]) for row in (states == _VALID).sum(axis=1)]
    nights = [day(moment.date(), weekday=False, short=True) for moment in dates]
    people = pd.DataFrame({"Person": names, "Valid nights": counts})
    return pd.concat([people, pd.DataFrame(words, columns=nights)], axis=1)
