"""How people are spread in one metric: a dot a person on an axis with its unit, or bars where they are too many."""

import math
from collections.abc import Iterator
from html import escape

import pandas as pd

from analytics.cohort_spread import Spread
from analytics.wording import NBSP, of, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, bar, scatter
from charts.labels import width_px
from charts.swarm import rows_beside, side_of
from charts.theme import Margin, Theme, bare_axis, faded, font_px, plotly_layout

_COLUMNS = ("Person", "Mean", "Nights")
_HEIGHT_PX, _TOP_PX, _BOTTOM_PX, _SIDE_PX = 216, 44, 46, 24
_DOT_PX, _PLOT_PX = 8, {False: 1130, True: 310}
# Room beside the outermost dots, as a share of what lies between them.
_ROOM = 0.04
_MOST_LABELS = {False: 6, True: 2}
_MOST_TICKS = {False: 12, True: 4}
_MULTIPLES = (1, 2, 4, 8, 16)


def people_spread(spread: Spread, theme: Theme, *, narrow: bool = False) -> Chart:
    """Everybody's mean along the axis of the metric, with the mean of people's means, its interval and the median.

    Args:
        spread: whose people are drawn.
        theme: whose colours.
        narrow: for a phone: fewer labels.
    """
    if not len(spread.values):
        return nothing_to_draw(theme, "Nobody has nights enough for a mean.", columns=_COLUMNS)
    low, high = _reach(spread)
    traces = list(_bars(spread, theme)) if spread.bins else [_dots(spread, theme, (low, high), narrow=narrow)]
    top = max(each.people for each in spread.bins) * 1.08 if spread.bins else 1.0
    layout = plotly_layout(
        theme,
        height_px=_HEIGHT_PX,
        margin=Margin(l=_SIDE_PX, r=_SIDE_PX, t=_TOP_PX, b=_BOTTOM_PX),
        bargap=0.06,
        xaxis=bare_axis(
            range=[low, high],
            showline=True,
            linecolor=theme.border_strong,
            ticks="outside",
            tickcolor=theme.border_strong,
            tickmode="array",
            **_ticks(spread, low, high, narrow=narrow),
            tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        ),
        yaxis=bare_axis(visible=False, range=[0, top] if spread.bins else [-1, 1]),
        shapes=list(_middle(spread, theme)),
        annotations=[
            *_middle_words(spread, theme, (low, high), narrow=narrow),
            *_apart(spread, theme, (low, high), narrow=narrow),
        ],
    )
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(spread),
        table=_table(spread),
        height_px=_HEIGHT_PX,
    )


def _reach(spread: Spread) -> tuple[float, float]:
    """The axis: from the lowest to the highest with room beside them, two steps wide at least."""
    ends = [float(spread.values.iloc[0]), float(spread.values.iloc[-1])]
    if spread.bins:
        ends = [spread.bins[0].low, spread.bins[-1].high]
    room = max((ends[1] - ends[0]) * _ROOM, (2 * spread.metric.step - (ends[1] - ends[0])) / 2)
    return ends[0] - room, ends[1] + room


def _ticks(spread: Spread, low: float, high: float, *, narrow: bool) -> dict[str, list[object]]:
    step = next(
        (
            each * spread.metric.step
            for each in _MULTIPLES
            if (high - low) / (each * spread.metric.step) <= _MOST_TICKS[narrow]
        ),
        high - low,
    )
    at = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return {"tickvals": list(at), "ticktext": [spread.metric.words(value) for value in at]}


def _dots(spread: Spread, theme: Theme, reach: tuple[float, float], *, narrow: bool) -> Trace:
    apart = spread.values.index.isin(spread.apart)
    return scatter(
        x=spread.values.to_numpy(),
        y=_stacked(spread.values.tolist(), (reach[1] - reach[0]) / _PLOT_PX[narrow] * (_DOT_PX + 1)),
        mode="markers",
        name=spread.metric.label,
        marker={
            "size": _DOT_PX,
            "color": [theme.attention_fill if far else faded(theme.text_tertiary, 0.7) for far in apart],
            "symbol": ["diamond" if far else "circle" for far in apart],
        },
        hovertext=[
            f"{escape(name, quote=False)}: {spread.metric.words(value)} ({plural(int(nights), 'night')})"
            for name, value, nights in zip(spread.names, spread.values, spread.nights, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _stacked(values: list[float], width: float) -> list[float]:
    """Heights at which dots of a width do not cover their neighbours: on the line, else above and below it in turn."""
    rows = rows_beside(values, width)
    apart = min(0.2, 0.86 / max((max(rows) + 2) // 2, 1))
    return [apart * side_of(row) for row in rows]


def _bars(spread: Spread, theme: Theme) -> Iterator[Trace]:
    words = spread.metric.words
    yield bar(
        x=[(each.low + each.high) / 2 for each in spread.bins],
        y=[each.people for each in spread.bins],
        width=[each.high - each.low for each in spread.bins],
        marker={"color": faded(theme.text_tertiary, 0.55), "line": {"width": 1, "color": theme.surface}},
        hovertext=[
            f"{plural(each.people, 'person', 'people')} from {words(each.low)} to {words(each.high)}"
            for each in spread.bins
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _middle(spread: Spread, theme: Theme) -> Iterator[dict[str, object]]:
    """The middle half as a band, the interval of the mean in accent, the mean as a line and the median dashed."""
    if math.isnan(spread.mean):
        return
    tall = {"yref": "paper", "y0": 0, "y1": 1}
    block = {"type": "rect", **tall, "line": {"width": 0}, "layer": "below"}
    yield {**block, "x0": spread.q1, "x1": spread.q3, "fillcolor": theme.reference_band}
    if not math.isnan(spread.low):
        yield {**block, "x0": spread.low, "x1": spread.high, "fillcolor": faded(theme.accent, 0.28)}
    line = {"type": "line", **tall}
    dashed = {"width": 2, "color": theme.text_secondary, "dash": "2px,3px"}
    yield {**line, "x0": spread.median, "x1": spread.median, "line": dashed}
    yield {**line, "x0": spread.mean, "x1": spread.mean, "line": {"width": 3, "color": theme.accent}}


def _middle_words(
    spread: Spread, theme: Theme, reach: tuple[float, float], *, narrow: bool
) -> Iterator[dict[str, object]]:
    if math.isnan(spread.mean):
        return
    for text, at, shift, colour in (
        (_mean_words(spread), spread.mean, 20, theme.accent),
        (f"median {spread.metric.words(spread.median)}", spread.median, 3, theme.text_secondary),
    ):
        written = {
            "text": text,
            "yref": "paper",
            "y": 1,
            "yshift": shift,
            "yanchor": "bottom",
            "font": {"size": font_px("annotation"), "color": colour},
        }
        yield {**written, "showarrow": False, **_held(at, text, reach, narrow=narrow)}


def _mean_words(spread: Spread) -> str:
    interval = (
        "" if math.isnan(spread.low) else f", 95{NBSP}% {spread.metric.between(spread.low, spread.high)}"
    )
    return f"mean {spread.metric.words(spread.mean)}{interval}"


def _held(at: float, text: str, reach: tuple[float, float], *, narrow: bool) -> dict[str, object]:
    """Where words stand: around their value, or at an edge of the plot that they would leave."""
    half = width_px(text, "annotation") / 2 / _PLOT_PX[narrow] * (reach[1] - reach[0])
    if at - half < reach[0]:
        return {"x": reach[0], "xanchor": "left"}
    if at + half > reach[1]:
        return {"x": reach[1], "xanchor": "right"}
    return {"x": at, "xanchor": "center"}


def _apart(
    spread: Spread, theme: Theme, reach: tuple[float, float], *, narrow: bool
) -> Iterator[dict[str, object]]:
    """The names of those who lie apart, the outermost first, as far as they find room below the line of dots."""
    if spread.bins:
        return
    ends: list[tuple[float, float]] = []
    outermost = sorted(spread.apart, key=lambda who: -abs(float(spread.values[who]) - spread.median))
    for who in outermost:
        name = spread.names[who]
        text = escape(name if len(name) <= 16 else name[:15] + "…", quote=False)
        held = _held(float(spread.values[who]), name[:16], reach, narrow=narrow)
        half = width_px(name[:16], "annotation") / 2 / _PLOT_PX[narrow] * (reach[1] - reach[0])
        at = float(spread.values[who])
        if len(ends) < _MOST_LABELS[narrow] and all(abs(at - other) > half + wide for other, wide in ends):
            ends.append((at, half))
            yield {
                "text": text,
                "y": 0,
                "yref": "y",
                "yshift": -16,
                "showarrow": False,
                "font": {"size": font_px("annotation"), "color": theme.text},
                **held,
            }


def _alt(spread: Spread) -> str:
    words, label = spread.metric.words, spread.metric.label
    ends = f"{words(float(spread.values.iloc[0]))} to {words(float(spread.values.iloc[-1]))}"
    counted = f"{of(len(spread.values), spread.of)} people from {ends}"
    if math.isnan(spread.mean):
        return f"{label}, means of people: {counted}, too few for an average."
    quartiles = spread.metric.between(spread.q1, spread.q3)
    far = f"; {plural(len(spread.apart), 'person lies', 'people lie')} apart" if spread.apart else ""
    return (
        f"{label}, means of people: {counted}; {_mean_words(spread)}; median {words(spread.median)}; "
        f"middle half {quartiles}{far}."
    )


def _table(spread: Spread) -> pd.DataFrame:
    words = spread.metric.words
    if spread.bins:
        return pd.DataFrame(
            [(f"{words(each.low)} to {words(each.high)}", each.people) for each in spread.bins],
            columns=["Mean", "People"],
        )
    rows = zip(spread.names, spread.values, spread.nights, strict=True)
    return pd.DataFrame(
        [(name, words(value), int(nights)) for name, value, nights in rows], columns=list(_COLUMNS)
    )
