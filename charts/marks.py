"""Phases and notes above a chart of days: a quiet bracket with its name, a small mark with its text.

They stand in lanes of their own on top of the plot, so that no night is hidden; the chart grows by their height. Names
and notes are a user's words: they are escaped wherever Plotly would read markup.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape
from textwrap import wrap

import pandas as pd

from analytics.marked import Marked, alternative, in_words, seen
from analytics.wording import NBSP, NOTHING, day
from charts.chart import Chart
from charts.day_axis import edge
from charts.drawing import Drawing, Layout, Trace, bar, scatter
from charts.labels import width_px
from charts.theme import Theme, bare_axis, font_family, font_px

__all__ = ["MARKS", "with_marks"]

MARKS = "Phases and notes"
"""Heading of the column that a chart's table gets."""

_LANE_PX, _NOTES_PX, _GAP_PX = 22, 16, 4
_BAR_SHARE, _NAME_SHARE = 0.12, 0.2
_MOST_LANES = 4
# Widths of the plot in px, the least that pages give it: names are placed and cut for these.
_PLOT_PX = {False: 640, True: 280}
_LONGEST = {False: 34, True: 20}
_DAY_MS = 86_400_000
_HOVER_CHARACTERS, _HOVER_LINES = 52, 8


@dataclass(frozen=True, kw_only=True)
class _Bracket:
    """A phase in its lane; `name` is "" where there is no room for it."""

    event: Marked
    first: date
    last: date
    lane: int
    name: str
    leans_left: bool


def with_marks(
    chart: Chart,
    events: Sequence[Marked],
    theme: Theme,
    *,
    days: tuple[date, date],
    rows: Sequence[date],
    narrow: bool = False,
) -> Chart:
    """The chart with what touches its days; the chart itself where nothing does.

    Args:
        chart: drawn over calendar days, of which `x` and `y` are the axes.
        events: in any order.
        theme: whose colours.
        days: the first and the last day of the axis.
        rows: the night of each row of the chart's table.
        narrow: for a phone: shorter names.
    """
    shown = seen(events, *days)
    if not shown:
        return chart
    brackets = _brackets([event for event in shown if event.kind != "note"], days, narrow=narrow)
    notes = [event for event in shown if event.kind == "note"]
    lanes = max((bracket.lane + 1 for bracket in brackets), default=0)
    added_px = _LANE_PX * lanes + (_NOTES_PX if notes else 0) + _GAP_PX
    layout = _with_room(chart.drawing.layout, chart.height_px, added_px)
    layout["shapes"] = [*layout["shapes"], *_edges(brackets, days, theme)]
    layout["annotations"] = [*layout.get("annotations", ()), *_names(brackets, added_px, theme)]
    traces = [_bar(bracket, added_px, theme) for bracket in brackets]
    if notes:
        traces.append(_mark(notes, theme))
    return replace(
        chart,
        drawing=Drawing(data=[*chart.drawing.data, *traces], layout=layout),
        alt=f"{chart.alt} {alternative(shown)}",
        table=_table(chart.table, shown, days, rows),
        height_px=chart.height_px + added_px,
    )


def _brackets(phases: Sequence[Marked], days: tuple[date, date], *, narrow: bool) -> list[_Bracket]:
    """Each phase in the lowest lane where neither its bar nor its name meets another."""
    first, last = days
    day_per_px = ((last - first).days + 1) / _PLOT_PX[narrow]
    taken: list[float] = []
    found = []
    for event in phases:
        begun, ended = event.within(first, last)
        name = _shortened(event.text, _LONGEST[narrow])
        width = width_px(name) * day_per_px
        bar = ((begun - first).days, (ended - first).days + 1.0)
        leans_left = bar[0] + width > (last - first).days + 1
        extent = (
            (min(bar[0], bar[1] - width), bar[1]) if leans_left else (bar[0], max(bar[1], bar[0] + width))
        )
        lane = next((n for n, until in enumerate(taken) if until <= extent[0]), len(taken))
        if lane == _MOST_LANES:
            # Nothing but the bar is left of it; its name is on hover, in the words and in the table.
            lane, name = _MOST_LANES - 1, ""
        if lane == len(taken):
            taken.append(0.0)
        taken[lane] = max(taken[lane], extent[1])
        found.append(
            _Bracket(event=event, first=begun, last=ended, lane=lane, name=name, leans_left=leans_left)
        )
    return found


def _with_room(layout: Layout, height_px: int, added_px: int) -> Layout:
    """The layout with lanes on top, on an axis of their own in px; what spanned the plot still spans the old one."""
    margin = layout["margin"]
    old_px = height_px - margin["t"] - margin["b"]
    share = old_px / (old_px + added_px)
    shapes = [
        {**shape, "yref": "y domain"} if shape.get("yref") == "paper" else shape
        for shape in layout.get("shapes", ())
    ]
    lanes = bare_axis(domain=[share, 1], range=[0, added_px], anchor="x", showticklabels=False, visible=False)
    return {
        **layout,
        "height": height_px + added_px,
        "shapes": shapes,
        "yaxis": {**layout["yaxis"], "domain": [0, share]},
        "yaxis2": lanes,
    }


def _lane_px(bracket: _Bracket, added_px: int) -> float:
    """The foot of a bracket's lane above the foot of all lanes; the first lane is on top."""
    return added_px - _LANE_PX * (bracket.lane + 1)


def _bar(bracket: _Bracket, added_px: int, theme: Theme) -> Trace:
    """The bracket: a thin bar over its days."""
    thickness = _LANE_PX * _BAR_SHARE
    length = (bracket.last - bracket.first + timedelta(days=1)).days * _DAY_MS
    group = bracket.event.kind == "group"
    return bar(
        x=[length],
        base=[edge(bracket.first, -1)],
        y=[_lane_px(bracket, added_px) + thickness / 2 + 1],
        width=thickness,
        orientation="h",
        xaxis="x",
        yaxis="y2",
        name=bracket.event.kind.capitalize(),
        marker={
            "color": theme.border if group else theme.border_strong,
            "line": {"width": 1 if group else 0, "color": theme.border_strong},
        },
        hovertext=[_hover(in_words(bracket.event))],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _mark(notes: Sequence[Marked], theme: Theme) -> Trace:
    """One mark a day with notes, whatever their number."""
    by_day: dict[date, list[str]] = {}
    for note in notes:
        by_day.setdefault(note.first, []).append(note.text)
    return scatter(
        x=[pd.Timestamp(on).isoformat() for on in by_day],
        y=[_NOTES_PX / 2] * len(by_day),
        yaxis="y2",
        mode="markers",
        name="Notes",
        cliponaxis=False,
        marker={
            "symbol": "triangle-down",
            "size": 9,
            "color": theme.accent,
            "line": {"width": 0},
        },
        hovertext=[
            _hover(f"{day(on, year=False, short=True)}: {' · '.join(texts)}") for on, texts in by_day.items()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _edges(
    brackets: Sequence[_Bracket], days: tuple[date, date], theme: Theme
) -> Iterator[dict[str, object]]:
    """A hairline through the nights where a phase begins or ends inside the period."""
    begun = {edge(each.first, -1) for each in brackets if each.event.first > days[0]}
    ended = {edge(each.last, 1) for each in brackets if each.last < days[1]}
    for at in sorted(begun | ended):
        yield {
            "type": "line",
            "x0": at,
            "x1": at,
            "yref": "y domain",
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "color": theme.border},
            "layer": "below",
        }


def _names(brackets: Sequence[_Bracket], added_px: int, theme: Theme) -> Iterator[dict[str, object]]:
    for bracket in brackets:
        if bracket.name:
            yield {
                "text": escape(bracket.name, quote=False),
                "x": edge(bracket.last, 1) if bracket.leans_left else edge(bracket.first, -1),
                "xanchor": "right" if bracket.leans_left else "left",
                "y": _lane_px(bracket, added_px) + _LANE_PX * _NAME_SHARE,
                "yref": "y2",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": font_px("annotation"), "color": theme.text_secondary},
                # A thin bar is hard to meet; its name says the same.
                "hovertext": _hover(in_words(bracket.event)),
                "hoverlabel": {
                    "bgcolor": theme.surface,
                    "bordercolor": theme.border_strong,
                    "font": {"family": font_family(), "size": font_px("caption"), "color": theme.text},
                },
            }


def _hover(words: str) -> str:
    """Words for a hover label: wrapped, not endless, and nothing in them is markup."""
    lines = wrap(words.replace(NBSP, " "), _HOVER_CHARACTERS) or [NOTHING]
    cut = [*lines[: _HOVER_LINES - 1], "…"] if len(lines) > _HOVER_LINES else lines
    return "<br>".join(escape(line, quote=False) for line in cut)


def _shortened(name: str, length: int) -> str:
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def _table(
    table: pd.DataFrame, shown: Sequence[Marked], days: tuple[date, date], rows: Sequence[date]
) -> pd.DataFrame:
    """The table with a column of what each night has, and a row for what begins on a day without one."""
    marks: dict[date, list[str]] = {}
    for event in shown:
        begun, ended = event.within(*days)
        for n in range((ended - begun).days + 1):
            marks.setdefault(begun + timedelta(days=n), []).append(event.text)
    added = [on for on in dict.fromkeys(event.within(*days)[0] for event in shown) if on not in set(rows)]
    blank = pd.DataFrame(NOTHING, index=range(len(added)), columns=table.columns)
    blank[table.columns[0]] = [day(on) for on in added]
    every = [*rows, *added]
    order = sorted(range(len(every)), key=lambda n: every[n])
    longer = pd.concat([table.reset_index(drop=True), blank], ignore_index=True)
    longer[MARKS] = ["; ".join(marks.get(on, [])) or NOTHING for on in every]
    return longer.iloc[order].reset_index(drop=True)
