"""Statistics of a night or a week against the person's own usual: one row each, dot on band."""

import math
from collections.abc import Iterator, Sequence
from html import escape

import pandas as pd

from analytics.time_of_day import wrap_h
from analytics.usual import Against, note_of
from analytics.wording import NOTHING, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, scatter
from charts.theme import Margin, Theme, bare_axis, font_px, measure, plotly_layout

_COLUMNS = ("Statistic", "Value", "Usual", "Difference to usual", "Outside", "Rests on")
# One band is 1 wide to each side of the usual; a value further out than this stands at the edge.
_EDGE = 2.3
_LABEL_PX = {False: 132, True: 116}
_VALUE_PX = {False: 92, True: 86}
_RANGE_PX = 168
# Plotly cuts what touches the figure's edge.
_EDGE_PX = 5
_TOP_PX = 24
# The narrowest half band that a value is measured by, in the unit of `Against.delta`: a usual that never varied
# would otherwise throw every other value to the edge of the scale.
_LEAST = {"duration": 1.0, "clock": 1.0, "percent": 0.5, "count": 0.5}
# What stands for half a band where the nights are too few for one: half an hour, or 5 points, is 1 away.
_WITHOUT_BAND = {"duration": 30.0, "clock": 30.0, "percent": 5.0, "count": 5.0}


def against(rows: Sequence[Against], theme: Theme, *, narrow: bool = False) -> Chart:
    """One row a statistic: band from the 10th to the 90th percentile, tick at the usual, dot at the value.

    Every band is drawn equally wide, each side of the usual on its own scale, so that rows of different units read
    alike; a value outside is an amber diamond, and one far outside stands at the edge. Value and range are printed at
    the right. Where the nights are too few for a range there is no band and no diamond: dot and tick stand on a scale
    of half an hour (5 points), and the usual itself is printed.

    Args:
        rows: from the top; a row without a usual shows its value only.
        theme: whose colours.
        narrow: for a phone: without the column of ranges.
    """
    if not rows:
        return nothing_to_draw(theme, "There is nothing to compare yet.", columns=_COLUMNS)
    size = measure("against_usual")
    height_px = _TOP_PX + 8 + size["row_px"] * len(rows)
    right_px = _VALUE_PX[narrow] + (0 if narrow else _RANGE_PX)
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=_LABEL_PX[narrow], r=right_px, t=_TOP_PX, b=8),
        xaxis=bare_axis(visible=False, range=[-_EDGE - 0.15, _EDGE + 0.15]),
        yaxis=bare_axis(
            range=[len(rows) - 0.5, -0.5],
            tickmode="array",
            tickvals=list(range(len(rows))),
            ticktext=[f"{escape(row.label, quote=False)}  " for row in rows],
            tickfont={"size": font_px("axis" if narrow else "caption"), "color": theme.text},
        ),
        shapes=[shape for at, row in enumerate(rows) for shape in _band(at, row, theme)],
        annotations=list(_columns(rows, theme, right_px, narrow=narrow)),
    )
    figure = Drawing(data=list(_marks(rows, theme)), layout=layout)
    return Chart(drawing=figure, alt=_alt(rows), table=_table(rows), height_px=height_px)


def how_to_read(rows: Sequence[Against], *, what: str, nights: str) -> str:
    """What the marks mean and how far to trust them, for the caption of a chart that has a usual.

    Args:
        rows: those drawn.
        what: what the dot is, e.g. "this night".
        nights: which nights the usual is of, e.g. "the last valid nights (26 of 28)".
    """
    marks = (
        f"Band: middle 80 % of {nights}. Diamond: outside."
        if any(row.has_range for row in rows)
        else f"Line: the usual of {nights}."
    )
    note = note_of(rows)
    return f"Dot: {what}. {marks}{f' {note}' if note else ''}"


def _place(row: Against) -> float:
    """Where the value stands: 0 is the usual, -1 and 1 are the edges of the band, or of what stands for it."""
    return max(-_EDGE, min(_EDGE, row.delta / _half(row)))


def _half(row: Against) -> float:
    """Half a band on the side of the value, in the unit of `Against.delta`."""
    if not row.has_range:
        return _WITHOUT_BAND[row.kind]
    side = row.high if row.delta >= 0 else row.low
    half = abs(60 * wrap_h(side - row.usual) if row.kind == "clock" else side - row.usual)
    return max(half, _LEAST[row.kind])


def _known(row: Against) -> bool:
    return row.has_usual and not math.isnan(row.value)


def _band(at: int, row: Against, theme: Theme) -> Iterator[dict[str, object]]:
    if not row.has_usual:
        return
    half = measure("against_usual")["band_height"] / 2
    box = {"y0": at - half, "y1": at + half, "layer": "below"}
    if row.has_range:
        yield {
            "type": "rect",
            "x0": -1,
            "x1": 1,
            "fillcolor": theme.reference_band,
            "line": {"width": 0},
            **box,
        }
    yield {"type": "line", "x0": 0, "x1": 0, "line": {"width": 1.5, "color": theme.border_strong}, **box}


def _marks(rows: Sequence[Against], theme: Theme) -> Iterator[Trace]:
    """The dots, and the diamonds of the values outside: one trace each."""
    dot_px = measure("against_usual")["dot_px"]
    for outside, symbol, colour in ((False, "circle", theme.accent), (True, "diamond", theme.attention_fill)):
        chosen = [(at, row) for at, row in enumerate(rows) if _known(row) and row.outside == outside]
        if chosen:
            yield scatter(
                x=[_place(row) for _, row in chosen],
                y=[at for at, _ in chosen],
                mode="markers",
                cliponaxis=False,
                name="Outside" if outside else "Within",
                marker={
                    "symbol": symbol,
                    "size": dot_px,
                    "color": colour,
                    "line": {"width": 1.5, "color": theme.surface},
                },
                hovertext=[_hover(row) for _, row in chosen],
                hovertemplate="%{hovertext}<extra></extra>",
            )


def _columns(
    rows: Sequence[Against], theme: Theme, right_px: int, *, narrow: bool
) -> Iterator[dict[str, object]]:
    """What is printed: the heading of the band, and value and range of each row at the right."""
    axis = {"size": font_px("annotation"), "color": theme.text_tertiary}
    if any(row.has_usual for row in rows):
        yield _text("usual", x=0, y=-0.5, xref="x", yanchor="bottom", font=axis)
        if not narrow:
            yield _text(
                "usual range" if any(row.has_range for row in rows) else "usual value",
                x=1,
                y=-0.5,
                xshift=right_px - _EDGE_PX,
                xanchor="right",
                yanchor="bottom",
                font=axis,
            )
    strong = {"size": font_px("caption"), "color": theme.text, "weight": 600}
    quiet = {"size": font_px("axis"), "color": theme.text_secondary}
    for at, row in enumerate(rows):
        yield _text(escape(row.text, quote=False), x=1, y=at, xshift=10, xanchor="left", font=strong)
        if not narrow:
            words = escape(row.usual_text, quote=False)
            yield _text(words, x=1, y=at, xshift=right_px - _EDGE_PX, xanchor="right", font=quiet)


def _text(text: str, **where: object) -> dict[str, object]:
    return {"text": text, "xref": "paper", "yref": "y", "showarrow": False, **where}


def _sentence(row: Against) -> str:
    if not row.has_usual:
        return f"{row.label} {row.text}; no usual yet"
    outside = ", outside the usual range" if row.outside else ""
    return f"{row.label} {row.text}, {row.delta_text} against usual ({row.usual_text}){outside}"


def _hover(row: Against) -> str:
    words = escape(_sentence(row), quote=False)
    return f"{words}<br>{escape(row.note, quote=False)}" if row.note else words


def _alt(rows: Sequence[Against]) -> str:
    against_what = "usual range" if any(row.has_range for row in rows) else "usual"
    note = note_of(rows)
    sentences = "; ".join(_sentence(row) for row in rows)
    return f"Against the {against_what}. {sentences}.{f' {note}' if note else ''}"


def _table(rows: Sequence[Against]) -> pd.DataFrame:
    cells = [
        (
            row.label,
            row.text,
            row.usual_text,
            row.delta_text,
            ("yes" if row.outside else "no") if row.has_range else NOTHING,
            row.note or plural(row.nights, "night"),
        )
        for row in rows
    ]
    return pd.DataFrame(cells, columns=list(_COLUMNS))
