"""Every metric's difference on one scale, in standard deviations of the people, with its adjusted interval."""

import math
from html import escape
from typing import Final

import pandas as pd

from analytics.comparison import TOO_SMALL_SD, Compared, ComparedMetric
from analytics.comparison_words import difference_text, interval_text, noun
from analytics.wording import NBSP, NOTHING, number, p_value, percent, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, scatter
from charts.labels import width_px
from charts.theme import Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout

__all__ = ["caption", "forest"]

_COLUMNS = (
    "Statistic", "Difference", "Adjusted interval", "Confidence", "In SD", "Interval in SD", "Adjusted p",
)  # fmt: skip
_BOTTOM_PX, _TOP_PX, _NARROW_ROW_PX = 30, 6, 70
_VALUES_PX: Final = 284
_LEAST_SD: Final = 0.5


def forest(compared: Compared, theme: Theme, *, narrow: bool = False) -> Chart:
    """A row a metric: the difference in standard deviations, its adjusted interval, and both in its own unit.

    Args:
        compared: both.
        theme: whose colours.
        narrow: for a phone: words stand above each line.
    """
    rows = [each for each in compared.metrics.values() if not math.isnan(each.in_sd.low)]
    if not rows:
        few = "No statistic has people enough for a test."
        why = "No statistic has a spread of people to set its difference against." if compared.tested else few
        return nothing_to_draw(theme, why, columns=_COLUMNS)
    row_px = _NARROW_ROW_PX if narrow else int(measure("forest")["row_px"])
    height_px = row_px * len(rows) + _BOTTOM_PX + _TOP_PX
    reach = _reach(rows)
    labels = [f"{_label(each)}  " for each in rows]
    left = 8 if narrow else math.ceil(max(width_px(label, "caption") for label in labels))
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=left, r=8 if narrow else _VALUES_PX, t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=bare_axis(
            range=[-reach, reach],
            tickmode="array",
            tickvals=_sd_ticks(reach),
            ticktext=[_sd_text(at) for at in _sd_ticks(reach)],
            tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        ),
        yaxis=_rows_axis(labels, theme, visible=not narrow),
        yaxis2=_rows_axis(
            [f"   {_values(each)}" for each in rows], theme, visible=not narrow, overlaying="y", side="right"
        ),
        shapes=_band(theme, len(rows)),
    )
    traces = _marks(rows, theme, down=0.24 if narrow else 0)
    if narrow:
        traces.append(_above(rows, theme, x=-reach))
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=" ".join(_told(each) for each in rows),
        table=_table(compared),
        height_px=height_px,
    )


def caption(compared: Compared) -> str:
    """How to read the marks."""
    levels = sorted({percent(100 * each.confidence, 1) for each in compared.tested})
    which = f" ({' or '.join(levels)})" if levels else ""
    what = "Change" if compared.design == "paired" else f"{compared.b.label} against {compared.a.label}"
    count = plural(len(compared.tested), "statistic")
    lines = f"intervals widened for {count}{which}"
    # Where everything is clear, adjusting leaves the intervals as they are.
    if all(each.confidence < 0.95 + 1e-9 for each in compared.tested):
        lines = f"95 % intervals, which adjusting for {count} does not widen"
    return (
        f"{what}, in standard deviations of the people; shaded: too small to matter ({number(TOO_SMALL_SD)}). Lines: "
        f"{lines}. Hollow: the interval holds zero."
    )


def _label(each: ComparedMetric) -> str:
    name = noun(each.metric)
    return f"{name[0].upper()}{name[1:]}"


def _reach(rows: list[ComparedMetric]) -> float:
    furthest = max(max(abs(each.in_sd.low), abs(each.in_sd.high)) for each in rows)
    return 1.06 * max(furthest, _LEAST_SD)


def _sd_ticks(reach: float) -> list[float]:
    """At most three at either side of 0, at 1, 2 or 5 times a power of ten, however far the differences reach."""
    power = 10.0 ** math.floor(math.log10(reach / 3))
    step = next(digit * power for digit in (1, 2, 5, 10) if digit * power * 3 >= reach * (1 - 1e-9))
    count = math.floor(reach / step)
    return [step * at for at in range(-count, count + 1)]


def _sd_text(at: float) -> str:
    if not at:
        return "0"
    return f"{'+' if at > 0 else ''}{number(at, 2)}{NBSP}SD"


def _band(theme: Theme, rows: int) -> list[dict[str, object]]:
    box = {"type": "rect", "line": {"width": 0}, "layer": "below", "y0": -0.5, "y1": rows - 0.5}
    middle = {"type": "line", "x0": 0, "x1": 0, "y0": -0.5, "y1": rows - 0.5, "layer": "below"}
    return [
        {**box, "x0": -TOO_SMALL_SD, "x1": TOO_SMALL_SD, "fillcolor": faded(theme.accent, 0.14)},
        {**middle, "line": {"width": 1, "color": theme.border_strong}},
    ]


def _rows_axis(words: list[str], theme: Theme, **more: object) -> dict[str, object]:
    """A row a metric with words beside it: cheaper to send, and to draw, than as many annotations."""
    return bare_axis(
        range=[len(words) - 0.5, -0.5],
        tickmode="array",
        tickvals=list(range(len(words))),
        ticktext=words,
        tickfont={"size": font_px("caption"), "color": theme.text},
        **more,
    )


def _marks(rows: list[ComparedMetric], theme: Theme, *, down: float) -> list[Trace]:
    """Lines and dots, those of clear differences and the others apart: as few traces as there are looks."""
    traces = []
    for clear, colour, axis in ((False, theme.text_tertiary, "y"), (True, theme.accent, "y2")):
        chosen = [(at + down, each) for at, each in enumerate(rows) if (each.way != "unclear") == clear]
        if not chosen and axis == "y":
            continue
        ends = [(each.in_sd.low, each.in_sd.high, None) for _, each in chosen]
        said = [
            escape(f"{_label(each)}: {_in_unit(each)}; {_in_sd(each)}", quote=False) for _, each in chosen
        ]
        lines = {"width": measure("forest")["interval_px"], "color": colour}
        traces += [
            scatter(
                x=[end for three in ends for end in three],
                y=[at for at, _ in chosen for _ in range(3)],
                yaxis=axis,
                mode="lines",
                line=lines,
                hoverinfo="skip",
            ),
            scatter(
                x=[each.in_sd.value for _, each in chosen],
                y=[at for at, _ in chosen],
                yaxis=axis,
                mode="markers",
                marker={
                    "size": measure("forest")["dot_px"],
                    "color": colour if clear else theme.surface,
                    "opacity": 1,
                    "line": {"width": 2, "color": colour},
                },
                hovertext=said,
                hovertemplate="%{hovertext}<extra></extra>",
            ),
        ]
    return traces


def _above(rows: list[ComparedMetric], theme: Theme, *, x: float) -> Trace:
    """On a phone the words of each row, above its line."""
    return scatter(
        x=[x] * len(rows),
        y=[at - 0.14 for at in range(len(rows))],
        mode="text",
        text=[f"{_label(each)}: {_values(each)}" for each in rows],
        textposition="middle right",
        textfont={"size": font_px("axis"), "color": theme.text},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _values(each: ComparedMetric) -> str:
    of = each.adjusted
    return f"<b>{difference_text(each.metric, of.value)}</b>  {interval_text(each.metric, of)}"


def _in_unit(each: ComparedMetric) -> str:
    confidence = percent(100 * each.confidence, 1)
    ends = interval_text(each.metric, each.adjusted)
    return f"{difference_text(each.metric, each.adjusted.value)} ({confidence} interval {ends})"


def _in_sd(each: ComparedMetric) -> str:
    low, value, high = (number(end, 2) for end in (each.in_sd.low, each.in_sd.value, each.in_sd.high))
    return f"{value} SD ({low} to {high})"


def _told(each: ComparedMetric) -> str:
    clear = "" if each.way != "unclear" else ", which holds zero"
    return f"{_label(each)}: {_in_unit(each)}{clear}."


def _table(compared: Compared) -> pd.DataFrame:
    return pd.DataFrame([_cells(each) for each in compared.metrics.values()], columns=list(_COLUMNS))


def _cells(each: ComparedMetric) -> tuple[str, ...]:
    if math.isnan(each.adjusted.low):
        return (_label(each), *[NOTHING] * 6)
    low, value, high = (number(end, 2) for end in (each.in_sd.low, each.in_sd.value, each.in_sd.high))
    return (
        _label(each),
        difference_text(each.metric, each.adjusted.value),
        interval_text(each.metric, each.adjusted),
        percent(100 * each.confidence, 1),
        value,
        NOTHING if low == NOTHING else f"{low} to {high}",
        p_value(each.p_adjusted),
    )
