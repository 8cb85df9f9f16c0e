"""From expected to analysed: a bar for each step, and between two of them what each reason takes away."""

import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd

from analytics.quality_flow import FlowRow
from analytics.quality_words import SHORT_REASONS
from analytics.wording import MINUS, NOTHING, number, percent, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, bar
from charts.theme import Margin, Theme, bare_axis, font_px, plotly_layout

__all__ = ["quality_flow"]

_COLUMNS = ("Step or reason", "Nights", "Sessions")
_ROW_PX, _NARROW_ROW_PX, _TOP_PX, _BOTTOM_PX = 27, 44, 26, 4
_LABEL_PX, _NIGHTS_PX, _SESSIONS_PX = 424, 74, 84
_NARROW_SESSIONS_PX = 66
_LONGEST = 70
_BAR, _LEAST_SHARE = 0.62, 0.004


def quality_flow(rows: Sequence[FlowRow], theme: Theme, *, chosen: str = "", narrow: bool = False) -> Chart:
    """Bars of nights, each reason's hanging where it is taken from the step above; nights and sessions at the right.

    Args:
        rows: of `analytics.quality_flow.flow`.
        theme: whose colours.
        chosen: code of the reason whose nights are listed; it stands out.
        narrow: for a phone: labels stand above their bars.
    """
    most = max((row.nights for row in rows), default=0)
    if not most:
        return nothing_to_draw(theme, "No night is expected: there is nobody here.", columns=_COLUMNS)
    row_px = _NARROW_ROW_PX if narrow else _ROW_PX
    height_px = _TOP_PX + _BOTTOM_PX + row_px * len(rows)
    right = _NIGHTS_PX + (_NARROW_SESSIONS_PX if narrow else _SESSIONS_PX)
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=0 if narrow else _LABEL_PX, r=right, t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=bare_axis(visible=False, range=[0, most]),
        yaxis=bare_axis(visible=False, range=[len(rows) - 0.5, -0.5]),
        annotations=[*_heads(theme, right), *_texts(rows, theme, right, narrow=narrow)],
    )
    figure = Drawing(data=list(_bars(rows, most, theme, chosen, narrow=narrow)), layout=layout)
    return Chart(drawing=figure, alt=_alt(rows), table=_table(rows), height_px=height_px)


def _bars(rows: Sequence[FlowRow], most: int, theme: Theme, chosen: str, *, narrow: bool) -> Iterator[Trace]:
    shift = 0.2 if narrow else 0.0
    width = _BAR * (0.45 if narrow else 1)
    for kind in ("step", "reason"):
        placed = [(at, row) for at, row in enumerate(rows) if row.kind == kind and row.nights]
        colours = [
            theme.sequential[6]
            if kind == "step"
            else theme.attention
            if row.code == chosen
            else theme.attention_fill
            for _, row in placed
        ]
        yield bar(
            orientation="h",
            y=[at + shift for at, _ in placed],
            # A single night among thousands is still a bar that can be seen and hovered.
            x=[max(row.nights, most * _LEAST_SHARE) for _, row in placed],
            base=[0 if kind == "step" else row.above - row.nights for _, row in placed],
            width=width,
            name=kind,
            marker={"color": colours, "line": {"width": 0}},
            hovertext=[_said(row, most) for _, row in placed],
            hovertemplate="%{hovertext}<extra></extra>",
        )


def _said(row: FlowRow, most: int) -> str:
    share = percent(100 * row.nights / most, 1)
    lines = textwrap.wrap(row.label, _LONGEST)
    return "<br>".join([*lines, f"{plural(row.nights, 'night')}, {share} of those expected"])


def _heads(theme: Theme, right: int) -> Iterator[dict[str, object]]:
    for text, shift in (("Nights", _NIGHTS_PX), ("Sessions", right)):
        yield _written(text, theme, x=1, xshift=shift, anchor="right", y=1, quiet=True) | {
            "yref": "paper",
            "yanchor": "bottom",
            "yshift": 4,
        }


def _texts(rows: Sequence[FlowRow], theme: Theme, right: int, *, narrow: bool) -> Iterator[dict[str, object]]:
    for at, row in enumerate(rows):
        quiet = row.kind == "reason"
        label = _short(row) if narrow else textwrap.shorten(row.label, _LONGEST, placeholder="…")
        text = label if quiet else f"<b>{label}</b>"
        indent = 14 if quiet else 0
        y = at - 0.24 if narrow else at
        left = indent if narrow else indent - _LABEL_PX
        yield _written(text, theme, x=0, xshift=left, anchor="left", y=y, quiet=quiet)
        sign = MINUS if quiet and row.nights else ""
        values = (f"{sign}{number(row.nights, 0)}", _NIGHTS_PX), (_sessions(row), right)
        for value, shift in values:
            text = value if quiet else f"<b>{value}</b>"
            yield _written(
                text, theme, x=1, xshift=shift, anchor="right", y=at + (0.2 if narrow else 0), quiet=quiet
            )


def _short(row: FlowRow) -> str:
    """What a phone has room for; the table twin has the sentence."""
    if row.kind == "step":
        return row.label
    short = SHORT_REASONS[row.code]
    return f"{short[0].upper()}{short[1:]}"


def _written(
    text: str, theme: Theme, *, x: float, xshift: float, anchor: str, y: float, quiet: bool
) -> dict[str, object]:
    return {
        "text": text,
        "x": x,
        "xref": "paper",
        "xshift": xshift,
        "xanchor": anchor,
        "y": y,
        "yanchor": "middle",
        "showarrow": False,
        "font": {
            "size": font_px("axis" if quiet else "caption"),
            "color": theme.text_secondary if quiet else theme.text,
        },
    }


def _sessions(row: FlowRow) -> str:
    if row.sessions is None:
        return NOTHING
    return f"{MINUS if row.kind == 'reason' else ''}{number(row.sessions, 0)}"


def _alt(rows: Sequence[FlowRow]) -> str:
    return " ".join(_told(row) for row in rows)


def _told(row: FlowRow) -> str:
    counted = plural(row.nights, "night")
    if row.sessions is not None:
        counted += f" ({plural(row.sessions, 'session')})"
    if row.kind == "step":
        return f"{row.label}: {counted}."
    return f"Not so far: {counted}. {row.label}"


def _table(rows: Sequence[FlowRow]) -> pd.DataFrame:
    told = [
        (
            row.label,
            f"{MINUS if row.kind == 'reason' and row.nights else ''}{number(row.nights, 0)}",
            _sessions(row),
        )
        for row in rows
    ]
    return pd.DataFrame(told, columns=list(_COLUMNS))
