"""Bedtimes and rise times on a face of 24 hours: midnight on top, clockwise."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analytics.clock_face import BIN_MIN, BINS, ClockEdge, ClockFace
from analytics.wording import clock, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, polar_bars, polar_dots
from charts.theme import TRANSPARENT, Margin, Theme, faded, font_px, plotly_layout

__all__ = ["clock_face"]

_COLUMNS = ("From", "To", "Nights to bed", "Nights up")
_HEIGHT_PX = 280
_DEGREES = 360 / BINS
# The hole keeps the two usual times; bars stand between it and the rim.
_HOLE = 0.42


def clock_face(found: ClockFace, theme: Theme) -> Chart:
    """How many nights begin and end in each half hour, and a hand at the usual time of each.

    Bedtimes are filled, rise times only outlined, so that they are told apart without their colours. A hand is drawn
    where there is a typical time.

    Args:
        found: what is drawn.
        theme: whose colours.
    """
    most = int(max(found.bed.counts.max(initial=0), found.rise.counts.max(initial=0)))
    if not most:
        return nothing_to_draw(theme, "No valid night in this period.", columns=_COLUMNS)
    traces = [
        _bars(found.bed, "to bed", theme.accent, faded(theme.accent, 0.75)),
        _bars(found.rise, "up", theme.stages.awake, faded(theme.stages.awake, 0.12)),
        *_hand(found.bed, "bed", most, theme.accent),
        *_hand(found.rise, "rise", most, theme.stages.awake),
    ]
    layout = plotly_layout(
        theme,
        height_px=_HEIGHT_PX,
        margin=Margin(l=44, r=44, t=24, b=24),
        polar=_face(most, theme),
        annotations=list(_centre(found, theme)),
    )
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(found),
        table=_table(found),
        height_px=_HEIGHT_PX,
    )


def _bars(edge: ClockEdge, words: str, line: str, fill: str) -> Trace:
    steps = np.flatnonzero(edge.counts)
    return polar_bars(
        theta=((steps + 0.5) * _DEGREES).tolist(),
        r=edge.counts[steps].tolist(),
        width=[_DEGREES * 0.92] * len(steps),
        name=words,
        marker={"color": fill, "line": {"width": 1.5, "color": line}},
        hovertext=[
            f"{plural(int(edge.counts[step]), 'night')} {words} between {_edge(int(step))} and {_edge(int(step) + 1)}"
            for step in steps
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _edge(step: int) -> str:
    return clock(step * BIN_MIN / 60)


def _hand(edge: ClockEdge, word: str, most: int, colour: str) -> Iterator[Trace]:
    if np.isnan(edge.mean_h):
        return
    yield polar_dots(
        theta=[edge.mean_h * 15] * 2,
        r=[0, most * 1.12],
        mode="lines",
        name=f"usual {word}",
        line={"width": 2, "color": colour, "dash": "solid" if word == "bed" else "dot"},
        hovertext=f"Usual {word} {edge.words} ({edge.rests_on})",
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _face(most: int, theme: Theme) -> dict[str, object]:
    hours = range(0, 24, 3)
    return {
        "bgcolor": TRANSPARENT,
        "hole": _HOLE,
        "angularaxis": {
            "direction": "clockwise",
            "rotation": 90,
            "tickmode": "array",
            "tickvals": [hour * 15 for hour in hours],
            "ticktext": [clock(hour) for hour in hours],
            "tickfont": {"size": font_px("axis"), "color": theme.text_secondary},
            "gridcolor": theme.grid,
            "linecolor": theme.border_strong,
            "ticks": "",
        },
        "radialaxis": {"range": [0, most * 1.12], "visible": False},
    }


def _centre(found: ClockFace, theme: Theme) -> Iterator[dict[str, object]]:
    """The two usual times in the hole, by word and not only by colour."""
    for word, edge, shift in (("to bed", found.bed, 18), ("up", found.rise, -18)):
        mean = "no usual" if np.isnan(edge.mean_h) else f"<b>{clock(edge.mean_h)}</b>"
        yield {
            "text": f"{word}<br>{mean}",
            "xref": "paper",
            "yref": "paper",
            "x": 0.5,
            "y": 0.5,
            "yshift": shift,
            "xanchor": "center",
            "yanchor": "middle",
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text},
        }


def _alt(found: ClockFace) -> str:
    told = [
        f"{words}: {edge.words} ({edge.rests_on})"
        for words, edge in (("bedtime", found.bed), ("rise time", found.rise))
    ]
    return f"Clock of 24 hours, nights by half hour; {'; '.join(told)}."


def _table(found: ClockFace) -> pd.DataFrame:
    steps = np.flatnonzero(found.bed.counts + found.rise.counts)
    return pd.DataFrame(
        [
            (
                _edge(int(step)),
                _edge(int(step) + 1),
                int(found.bed.counts[step]),
                int(found.rise.counts[step]),
            )
            for step in steps
        ],
        columns=list(_COLUMNS),
    )
