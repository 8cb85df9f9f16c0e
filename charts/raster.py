"""Up to a year of recordings: a row a day, a column every five minutes of the person's own clock."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from analytics.raster import ASLEEP, AWAKE, NO_SIGNAL, NOTHING, OUTSIDE, SLOT_MIN, SLOTS, Raster
from analytics.wording import clock, day, duration, of, plural
from charts.chart import Chart, nothing_to_draw
from charts.colour_key import colour_key
from charts.drawing import Drawing, Trace, bar, heatmap, scatter
from charts.theme import TRANSPARENT, Margin, Theme, bare_axis, font_px, plotly_layout

__all__ = ["raster"]

_COLUMNS = ("Day", "Asleep", "To bed", "Up", "What is to be known")
_STATES = ((ASLEEP, "asleep"), (AWAKE, "in bed awake"), (NO_SIGNAL, "no signal"), (NOTHING, "no recording"))
# Heights of a row in px: a year keeps whole ones, so that no day is thinner than its neighbours.
_ROWS_PX = ((120, 4), (200, 3), (400, 2))
_LEAST_PX = 150
_BOTTOM_PX = 24
_LEFT_PX = {False: 52, True: 46}
_RIGHT_PX = {False: 84, True: 10}
_PLOT_PX = {False: 640, True: 290}
_HOURS_APART = {False: 3, True: 6}
# A label of the margin is as high as that; those that would lie on each other give way.
_LABEL_PX = 14
_MOST_LABELS = 12
# Just after the anchor nobody is usually in bed, so a dot lies on nothing there.
_DOT_AT = SLOTS / 48


def raster(found: Raster, theme: Theme, *, narrow: bool = False) -> Chart:
    """The days from top to bottom, each over its 24 h from the person's anchor on.

    One heatmap of bytes: asleep, in bed awake, recorded without a signal, outside a recording, and days without any,
    which have a tint and a dot of their own. A line across with a word beside it stands where the zone or the clocks
    changed. Hover says of each day when its main sleep was and how long.

    Args:
        found: what is drawn.
        theme: whose colours.
        narrow: for a phone: fewer labels, and the words of changes are left to table and hover.
    """
    if not found.recorded:
        return nothing_to_draw(theme, "Nothing was recorded in this period.", columns=_COLUMNS)
    rows = len(found.codes)
    key = colour_key(
        [(words, _colour(code, theme)) for code, words in _STATES], theme, plot_px=_PLOT_PX[narrow]
    )
    top_px = key.height_px
    plot_px = max(next((px for most, px in _ROWS_PX if rows <= most), 1) * rows, _LEAST_PX)
    height_px = top_px + plot_px + _BOTTOM_PX
    dates = [moment.date() for moment in found.days.index]
    notes = {mark.day: mark.words for mark in found.marks}
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=_LEFT_PX[narrow], r=_RIGHT_PX[narrow], t=top_px, b=_BOTTOM_PX),
        xaxis=_clock_axis(found.anchor_h, theme, narrow=narrow),
        yaxis=_days_axis(dates, theme),
        shapes=[*_lines(found, dates, theme), *key.swatches],
        annotations=[*_labels(found, dates, theme, plot_px, narrow=narrow), *key.words],
        bargap=0,
    )
    traces = [_heatmap(found, theme), *_dots(found, theme), _hover(found, dates, notes)]
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(found, dates),
        table=_table(found, dates, notes),
        height_px=height_px,
    )


def _heatmap(found: Raster, theme: Theme) -> Trace:
    return heatmap(
        z=found.codes,
        x0=0.5,
        dx=1,
        y0=0,
        dy=1,
        zmin=0,
        zmax=ASLEEP,
        colorscale=_scale(theme),
        showscale=False,
        hoverinfo="skip",
        name="Recordings",
    )


def _colour(code: int, theme: Theme) -> str:
    return {
        NOTHING: theme.border,
        OUTSIDE: TRANSPARENT,
        NO_SIGNAL: theme.stages.unknown,
        AWAKE: theme.stages.awake,
        ASLEEP: theme.stages.light,
    }[code]


def _scale(theme: Theme) -> list[tuple[float, str]]:
    """Five steps, not a ramp."""
    edges = [0.0, *((code + 0.5) / ASLEEP for code in range(ASLEEP)), 1.0]
    return [
        (edge, _colour(code, theme)) for code in range(ASLEEP + 1) for edge in (edges[code], edges[code + 1])
    ]


def _dots(found: Raster, theme: Theme) -> Iterator[Trace]:
    """A dot at the left of each run of days without a recording: the tint alone would be colour alone."""
    missing = ~found.days["recorded"].to_numpy(dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]])))
    middles = [(begun + ended - 1) / 2 for begun, ended in zip(edges[::2], edges[1::2], strict=True)]
    if middles:
        yield scatter(
            x=[_DOT_AT] * len(middles),
            y=middles,
            mode="markers",
            name="No recording",
            marker={"symbol": "circle", "size": 3, "color": theme.text_tertiary},
            hoverinfo="skip",
        )


def _hover(found: Raster, dates: Sequence[date], notes: dict[date, str]) -> Trace:
    """A bar over each day that cannot be seen and says what the day was."""
    return bar(
        orientation="h",
        y=list(range(len(dates))),
        x=[SLOTS] * len(dates),
        width=1,
        name="Days",
        marker={"color": TRANSPARENT, "line": {"width": 0}},
        hovertext=[_sentence(date_, row, notes) for date_, row in zip(dates, _rows(found), strict=True)],
        hovertemplate="%{hovertext}<extra></extra>",
    )


class _Row(NamedTuple):
    """A day: time asleep and edges of its main sleep, NaN without one, and whether anything was recorded."""

    asleep_min: float
    start_h: float
    end_h: float
    recorded: bool


def _rows(found: Raster) -> Iterator[_Row]:
    columns = (
        found.days[name].tolist() for name in ("asleep_min", "start_clock_h", "end_clock_h", "recorded")
    )
    yield from map(_Row._make, zip(*columns, strict=True))


def _sentence(date_: date, row: _Row, notes: dict[date, str]) -> str:
    if not np.isnan(row.asleep_min):
        said = f"asleep {duration(row.asleep_min)}, in bed {clock(row.start_h)} to {clock(row.end_h)}"
    else:
        said = "no main sleep" if row.recorded else "nothing recorded"
    note = f"; {notes[date_]}" if date_ in notes else ""
    return f"Day to {day(date_, short=True)}: {said}{note}"


def _clock_axis(anchor_h: float, theme: Theme, *, narrow: bool) -> dict[str, object]:
    step = _HOURS_APART[narrow]
    first = int(np.ceil(anchor_h / step)) * step
    hours = [hour for hour in range(first, first + 25, step) if hour - anchor_h <= 24]
    return bare_axis(
        range=[0, SLOTS],
        tickmode="array",
        tickvals=[(hour - anchor_h) * 60 / SLOT_MIN for hour in hours],
        ticktext=[clock(hour) for hour in hours],
        ticks="outside",
        ticklen=4,
        tickcolor=theme.border,
        showgrid=True,
        gridcolor=theme.grid,
        tickangle=0,
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
    )


def _days_axis(dates: Sequence[date], theme: Theme) -> dict[str, object]:
    """Months where there are several, else Mondays."""
    months = [at for at, date_ in enumerate(dates) if date_.day == 1]
    ticks = months if len(months) > 1 else [at for at, date_ in enumerate(dates) if date_.weekday() == 0]
    weeks = len(dates) <= 120
    if weeks and len(months) > 1:
        ticks = [at for at, date_ in enumerate(dates) if date_.weekday() == 0][:: 2 if len(dates) > 60 else 1]
    return bare_axis(
        range=[len(dates) - 0.5, -0.5],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{_tick(dates[at], weeks=weeks)} " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
    )


def _tick(date_: date, *, weeks: bool) -> str:
    words = day(date_, year=False, weekday=False, short=True)
    return words if weeks else words.split("\u00a0")[-1]


def _lines(found: Raster, dates: Sequence[date], theme: Theme) -> Iterator[dict[str, object]]:
    for mark in found.marks:
        at = (mark.day - dates[0]).days - 0.5
        yield {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": at,
            "y1": at,
            "line": {"width": 1, "dash": "dot", "color": theme.text},
        }


def _labels(
    found: Raster, dates: Sequence[date], theme: Theme, plot_px: int, *, narrow: bool
) -> Iterator[dict[str, object]]:
    if narrow:
        return
    px_a_row, below = plot_px / len(dates), -np.inf
    for mark in found.marks[:_MOST_LABELS]:
        at = (mark.day - dates[0]).days - 0.5
        if at * px_a_row < below:
            continue
        below = at * px_a_row + _LABEL_PX
        yield {
            "text": mark.text,
            "xref": "paper",
            "x": 1,
            "xanchor": "left",
            "xshift": 4,
            "y": at,
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text},
        }


def _alt(found: Raster, dates: Sequence[date]) -> str:
    codes = found.codes
    first, last = (day(date_, weekday=False) for date_ in (dates[0], dates[-1]))
    parts = [
        f"A row a day from {clock(found.anchor_h)} to {clock(found.anchor_h)}, {first} to {last}",
        f"{of(found.recorded, len(dates))} days with a recording",
        *(
            f"{words} {duration(float(np.count_nonzero(codes == code)) * SLOT_MIN)}"
            for code, words in _STATES
            if code != NOTHING
        ),
        *(f"{day(mark.day, weekday=False)}: {mark.words}" for mark in found.marks),
    ]
    missing = len(dates) - found.recorded
    return "; ".join([*parts, *([f"{plural(missing, 'day')} without a recording"] if missing else [])]) + "."


def _table(found: Raster, dates: Sequence[date], notes: dict[date, str]) -> pd.DataFrame:
    rows = []
    for date_, row in zip(dates, _rows(found), strict=True):
        state = (
            "" if not np.isnan(row.asleep_min) else "no main sleep" if row.recorded else "nothing recorded"
        )
        said = "; ".join(part for part in (state, notes.get(date_, "")) if part)
        rows.append((day(date_), duration(row.asleep_min), clock(row.start_h), clock(row.end_h), said))
    return pd.DataFrame(rows, columns=list(_COLUMNS))
