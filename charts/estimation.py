"""Two groups as people: a dot each, the means with their intervals, and the difference on its scale beside them."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from analytics.comparison import Compared, ComparedMetric
from analytics.comparison_words import difference_text, interval_text, value_text, why_no_mean
from analytics.people_bins import people_bins
from analytics.resampling import BootstrapShape
from analytics.wording import plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Layout, Trace, bar, scatter
from charts.estimation_scale import Scale, scale_of
from charts.estimation_words import (
    COLUMNS,
    MOST_DOTS,
    MOST_LINES,
    PLACES,
    Side,
    alt,
    caption,
    interval_words,
    sides_of,
    table,
)
from charts.labels import width_px
from charts.swarm import swarm
from charts.theme import Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout

__all__ = ["MOST_DOTS", "MOST_LINES", "caption", "estimation"]

_DIFFERENCE_AT: Final = 2.05
_SHAPE_WIDTH: Final = 0.55
_HALF_WIDTH: Final = 0.22


def estimation(
    compared: Compared,
    name: str,
    theme: Theme,
    *,
    names: Mapping[str, str] | None = None,
    shape: BootstrapShape | None = None,
    narrow: bool = False,
) -> Chart:
    """People of both groups, means with interval, and the difference with interval and the shape of its bootstrap.

    Args:
        compared: both.
        name: id of the metric.
        theme: whose colours.
        names: what to call people on hover, by person_id; without it they stay nameless.
        shape: of the bootstrap, where it has arrived.
        narrow: for a phone.
    """
    found = compared.metrics[name]
    sides = sides_of(compared, found, theme)
    if not any(side.counted.people for side in sides):
        return nothing_to_draw(theme, why_no_mean(found), columns=COLUMNS)
    scale = scale_of(found, shape)
    height_px = int(measure("estimation")["height_px"])
    traces = [
        *_lines(compared, found, theme),
        *(
            trace
            for side in sides
            for trace in _people(side, found, scale, theme, names or {}, narrow=narrow)
        ),
        *(_mean(side, found, theme, narrow=narrow) for side in sides if not math.isnan(side.mean.value)),
        *_difference(found, shape, theme),
    ]
    layout = _layout(found, sides, scale, theme, height_px=height_px, narrow=narrow)
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=alt(compared, found, sides),
        table=table(found, sides, names or {}, paired=compared.design == "paired"),
        height_px=height_px,
    )


def _lines(compared: Compared, found: ComparedMetric, theme: Theme) -> Iterator[Trace]:
    """Each person's two dots tied together, as one trace."""
    if compared.design != "paired" or not 0 < found.a.people <= MOST_LINES:
        return
    before, after = found.contrast.a.values, found.contrast.b.values
    heights: list[float | None] = []
    for who, value in before.items():
        heights += [float(value), float(after[str(who)]), None]
    yield scatter(
        x=[*PLACES, None] * len(before),
        y=heights,
        mode="lines",
        line={"width": 1, "color": faded(theme.text_tertiary, 0.45)},
        hoverinfo="skip",
    )


def _people(
    side: Side, found: ComparedMetric, scale: Scale, theme: Theme, names: Mapping[str, str], *, narrow: bool
) -> Iterator[Trace]:
    values = side.group.values
    if not len(values):
        return
    if len(values) > MOST_DOTS:
        yield _bins(side, found, scale)
        return
    tied = found.contrast.design == "paired" and len(values) <= MOST_LINES
    dot_px = float(measure("estimation")["dot_px"]) - (2 if narrow else 0)
    offsets = (
        [0.0] * len(values)
        if tied
        else swarm(
            values.tolist(),
            tall=scale.per_px * dot_px,
            wide=dot_px / (62 if narrow else 190),
            most=_HALF_WIDTH,
        )
    )
    nights = side.of.values[found.metric.id].nights
    yield scatter(
        x=[side.at + offset for offset in offsets],
        y=values.tolist(),
        mode="markers",
        marker={
            "size": dot_px,
            "color": faded(side.colour, 0.8),
            "line": {"width": 1, "color": theme.surface},
        },
        hovertext=[
            _said(names.get(str(who), ""), value_text(found.metric, float(value)), int(nights[str(who)]))
            for who, value in values.items()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _said(name: str, value: str, nights: int) -> str:
    counted = f"{value}, {plural(nights, 'night')}"
    return f"{escape(name, quote=False)}: {counted}" if name else counted


def _bins(side: Side, found: ComparedMetric, scale: Scale) -> Trace:
    bins = people_bins(side.group.values, low=scale.low, high=scale.high)
    most = max(bins.counts)
    widths = [2 * _HALF_WIDTH * count / most for count in bins.counts]
    between = list(zip(bins.edges[:-1], bins.edges[1:], strict=True))
    return bar(
        orientation="h",
        x=widths,
        base=[side.at - width / 2 for width in widths],
        y=[(low + high) / 2 for low, high in between],
        width=[0.92 * (high - low) for low, high in between],
        marker={"color": faded(side.colour, 0.7), "line": {"width": 0}},
        hovertext=[
            f"{plural(count, 'person', 'people')} from {value_text(found.metric, low)} to "
            f"{value_text(found.metric, high)}"
            for count, (low, high) in zip(bins.counts, between, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _mean(side: Side, found: ComparedMetric, theme: Theme, *, narrow: bool) -> Trace:
    away = 0.36 if narrow else 0.28
    at = side.at + (-away if found.contrast.design == "paired" and side.at == PLACES[0] else away)
    mean = side.mean
    ends = interval_words(found, mean)
    said = f"{escape(side.label, quote=False)}: mean {value_text(found.metric, mean.value)}{ends}"
    sizes = measure("estimation")
    return scatter(
        x=[at, at, at],
        y=[mean.low, mean.value, mean.high],
        mode="lines+markers",
        line={"width": sizes["interval_px"], "color": theme.text},
        marker={"size": [0, sizes["mean_px"], 0], "color": theme.text, "opacity": 1},
        hovertext=[said] * 3,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _difference(found: ComparedMetric, shape: BootstrapShape | None, theme: Theme) -> Iterator[Trace]:
    means = found.contrast.means
    if means is None:
        return
    if shape is not None and shape.at:
        yield scatter(
            x=[
                _DIFFERENCE_AT,
                *(_DIFFERENCE_AT + _SHAPE_WIDTH * each for each in shape.density),
                _DIFFERENCE_AT,
            ],
            y=[shape.at[0], *shape.at, shape.at[-1]],
            yaxis="y2",
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=faded(theme.accent, 0.2),
            hoverinfo="skip",
        )
    of = means.difference
    ends = "" if math.isnan(of.low) else f" (95 % interval {interval_text(found.metric, of)})"
    sizes = measure("estimation")
    yield scatter(
        x=[_DIFFERENCE_AT] * 3,
        y=[of.low, of.value, of.high],
        yaxis="y2",
        mode="lines+markers",
        line={"width": sizes["difference_px"], "color": theme.accent},
        marker={
            "size": [0, sizes["mean_px"] + 2, 0],
            "color": theme.accent,
            "opacity": 1,
            "line": {"width": 2, "color": theme.surface},
        },
        hovertext=[f"{difference_text(found.metric, of.value)}{ends}"] * 3,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _layout(
    found: ComparedMetric,
    sides: tuple[Side, Side],
    scale: Scale,
    theme: Theme,
    *,
    height_px: int,
    narrow: bool,
) -> Layout:
    tested = found.contrast.means is not None
    marks = [*PLACES, _DIFFERENCE_AT + 0.15] if tested else list(PLACES)
    paired = found.contrast.design == "paired"
    texts = [_below(side, narrow=narrow) for side in sides]
    texts += ["Change" if paired else "Difference"] if tested else []
    axis = {"size": font_px("axis"), "color": theme.text_secondary}
    left = bare_axis(
        range=[scale.low, scale.high],
        tickmode="array",
        tickvals=scale.ticks,
        ticktext=[f"{value_text(found.metric, at)}  " for at in scale.ticks],
        showgrid=True,
        gridcolor=theme.grid,
        tickfont=axis,
    )
    right = bare_axis(
        range=[scale.difference_low, scale.difference_high],
        overlaying="y",
        side="right",
        visible=tested,
        tickmode="array",
        tickvals=scale.difference_ticks,
        ticktext=[f"  {difference_text(found.metric, at)}" for at in scale.difference_ticks],
        tickfont=axis,
    )
    return plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(
            l=_wide_px(left["ticktext"]), r=_wide_px(right["ticktext"]) if tested else 8, t=8, b=58
        ),
        xaxis=bare_axis(
            range=[-0.45 if narrow else -0.55, _DIFFERENCE_AT + 0.6 if tested else 1.55],
            tickmode="array",
            tickvals=marks,
            tickangle=0,
            ticktext=texts,
            tickfont={"size": font_px("axis"), "color": theme.text},
        ),
        yaxis=left,
        yaxis2=right,
        shapes=list(_guides(found, sides, scale, theme, narrow=narrow)) if tested else [],
    )


def _wide_px(texts: list[str]) -> int:
    """Room for the longest label of an axis, and for what keeps it from the plot."""
    return math.ceil(max((width_px(text.strip(), "axis") for text in texts), default=0)) + 6


def _guides(
    found: ComparedMetric, sides: tuple[Side, Side], scale: Scale, theme: Theme, *, narrow: bool
) -> Iterator[dict[str, object]]:
    """From the means to the panel of the difference where both have one scale; else the line of no difference."""
    means = found.contrast.means
    if means is None:
        return
    away = 0.36 if narrow else 0.28
    dotted = {
        "type": "line",
        "line": {"width": 1.5, "dash": "dot", "color": theme.border_strong},
        "layer": "below",
    }
    ends = _DIFFERENCE_AT + 0.62
    paired = found.contrast.design == "paired"
    begins = sides[0].at + (-away if paired else away) if scale.aligned else _DIFFERENCE_AT - 0.3
    yield {**dotted, "x0": begins, "x1": ends, "yref": "y2", "y0": 0, "y1": 0}
    if scale.aligned:
        at = means.difference.value
        yield {**dotted, "x0": sides[1].at + away, "x1": _DIFFERENCE_AT, "yref": "y2", "y0": at, "y1": at}


def _below(side: Side, *, narrow: bool) -> str:
    label = side.short if narrow else side.label
    rows = textwrap.wrap(label, 12 if narrow else 26, max_lines=2, placeholder=" …") or [""]
    return "<br>".join(
        [*(escape(row, quote=False) for row in rows), plural(side.counted.people, "person", "people")]
    )
