"""Everybody on one line for each statistic: a dot a person, a bar at the mean with its interval."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from html import escape

import pandas as pd

from analytics.cohort_glance import Glance, GlanceLine
from analytics.wording import NOTHING, number, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, scatter
from charts.labels import width_px
from charts.theme import Margin, Theme, bare_axis, faded, font_px, plotly_layout

_COLUMNS = ("Statistic", "People", "Mean", "95 % interval", "Lowest", "Highest")
_ROW_PX, _TOP_PX, _BOTTOM_PX = 58, 6, 10
# Characters of a row of a label: a phone has no room for "Awake after onset" in one.
_LONGEST = {False: 24, True: 12}
_VALUE_PX = {False: 236, True: 74}
_ROOM = 0.03
# Neighbours stand on three heights, so that people of one value can be told apart.
_HEIGHTS = (0.0, -0.16, 0.16)
_DOT_PX, _ENDS_AT, _BAR_PX = 7, 0.4, 3


def people_strip(
    glance: Glance, theme: Theme, *, names: Mapping[str, str] | None = None, narrow: bool = False
) -> Chart:
    """A dot a person along each statistic's own scale, from the lowest to the highest; mean and interval as a bar.

    Args:
        glance: whose `lines` are drawn, from the top.
        theme: whose colours.
        names: what to call people on hover, by person_id; without it they stay nameless.
        narrow: for a phone: the interval is left to the table.
    """
    lines = [line for line in glance.lines if len(line.values)]
    if not lines:
        return nothing_to_draw(theme, "Nobody has nights enough for a mean.", columns=_COLUMNS)
    role = "axis" if narrow else "caption"
    labels = [_broken(line.label, _LONGEST[narrow]) for line in lines]
    labels_px = math.ceil(max(width_px(row, role) for rows in labels for row in rows))
    height_px = _TOP_PX + _BOTTOM_PX + _ROW_PX * len(lines)
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=labels_px, r=_VALUE_PX[narrow], t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=bare_axis(visible=False, range=[-_ROOM, 1 + _ROOM]),
        yaxis=bare_axis(
            range=[len(lines) - 0.5, -0.5],
            tickmode="array",
            tickvals=list(range(len(lines))),
            ticktext=["<br>".join(escape(row, quote=False) for row in rows) for rows in labels],
            tickfont={"size": font_px(role), "color": theme.text},
        ),
        shapes=[shape for at, line in enumerate(lines) for shape in _mean(at, line, theme)],
        annotations=[
            word for at, line in enumerate(lines) for word in _words(at, line, theme, narrow=narrow)
        ],
    )
    traces = [_dots(at, line, names or {}, theme) for at, line in enumerate(lines)]
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(lines),
        table=_table(glance.lines),
        height_px=height_px,
    )


def _broken(label: str, longest: int) -> list[str]:
    """A label in rows, each with the room that it keeps from the plot."""
    return [f"{row}  " for row in textwrap.wrap(label, longest)]


def _place(line: GlanceLine, value: float) -> float:
    """Where a value stands: 0 is the lowest person, 1 the highest; alone or all alike they stand in the middle."""
    low, high = float(line.values.iloc[0]), float(line.values.iloc[-1])
    return 0.5 if high == low else min(max((value - low) / (high - low), 0), 1)


def _dots(at: int, line: GlanceLine, names: Mapping[str, str], theme: Theme) -> Trace:
    said = [line.words(value) for value in line.values]
    return scatter(
        x=[_place(line, value) for value in line.values],
        y=[at + _HEIGHTS[n % len(_HEIGHTS)] for n in range(len(line.values))],
        mode="markers",
        name=line.label,
        marker={"size": _DOT_PX, "color": faded(theme.text_tertiary, 0.55)},
        hovertext=[
            f"{escape(names[who], quote=False)}: {words}" if who in names else words
            for who, words in zip(line.values.index, said, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _mean(at: int, line: GlanceLine, theme: Theme) -> Iterator[dict[str, object]]:
    if math.isnan(line.mean):
        return
    box = {"type": "rect", "y0": at - 0.27, "y1": at + 0.27, "line": {"width": 0}}
    if not math.isnan(line.low):
        ends = {"x0": _place(line, line.low), "x1": _place(line, line.high)}
        yield {**box, **ends, "fillcolor": faded(theme.accent, 0.22), "layer": "below"}
    middle = _place(line, line.mean)
    stroke = {"width": _BAR_PX, "color": theme.accent}
    yield {**box, "type": "line", "x0": middle, "x1": middle, "line": stroke}


def _words(at: int, line: GlanceLine, theme: Theme, *, narrow: bool) -> Iterator[dict[str, object]]:
    written = {"showarrow": False, "font": {"size": font_px("annotation"), "color": theme.text_secondary}}
    for value, anchor in ((line.values.iloc[0], "left"), (line.values.iloc[-1], "right")):
        end = {"x": _place(line, float(value)), "xanchor": anchor, "y": at + _ENDS_AT, "yanchor": "middle"}
        yield {**written, **end, "text": line.words(float(value))}
    interval = f" ({line.interval})" if line.interval and not narrow else ""
    said = line.text if not math.isnan(line.mean) else "too few"
    yield {
        **written,
        "text": f"<b>{said}</b>{interval}",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 12,
        "y": at,
        "yanchor": "middle",
        "font": {"size": font_px("annotation"), "color": theme.text},
    }


def _alt(lines: "list[GlanceLine]") -> str:
    return " ".join(_told(line) for line in lines)


def _told(line: GlanceLine) -> str:
    low, high = (line.words(float(line.values.iloc[at])) for at in (0, -1))
    people = plural(len(line.values), "person", "people")
    if math.isnan(line.mean):
        return f"{line.label}: {people} from {low} to {high}, too few for a mean."
    interval = f" (95 % interval {line.interval})" if line.interval else ""
    return f"{line.label}: {people} from {low} to {high}, mean {line.text}{interval}."


def _table(lines: "tuple[GlanceLine, ...]") -> pd.DataFrame:
    rows = []
    for line in lines:
        known = len(line.values) > 0
        ends = [line.words(float(line.values.iloc[at])) if known else NOTHING for at in (0, -1)]
        rows.append(
            (line.label, number(len(line.values), 0), line.text, line.interval or NOTHING, ends[0], ends[1])
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))
