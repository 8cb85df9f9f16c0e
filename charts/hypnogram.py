"""One night's stages on the clock of the place, and their shares as a strip."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analytics.night_view import NightView
from charts.chart import Chart, nothing_to_draw
from charts.clock_axis import clock_ticks, minutes_between
from charts.cycle_brackets import bracket_labels, bracket_shapes
from charts.drawing import Drawing, Trace, bar, scatter
from charts.labels import Label, annotation, placed
from charts.night_words import (
    COLUMNS,
    GAPS,
    STAGES,
    alternative,
    length_words,
    sentence,
    share_minutes,
    stretches,
    table,
)
from charts.sparkline import strip
from charts.theme import TRANSPARENT, Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout

# Shorter gaps keep their hatch and their hover, but no label: it would stand as wide as the gap's surroundings.
_LABELLED_GAP_MIN = 5
# A tint of under a minute cannot be seen, so it is not labelled either.
_LABELLED_TINT_MIN = 1
# Height of a row of labels in rows of the plot: two rows of them stand between the stages and the brackets.
_LABEL_ROW = 0.36
# Room right of the end for half of a clock label, and below for two lines of one with all of their letters.
_RIGHT_PX = 18
_BELOW_PX = 40
_PLOT_PX = {False: 720, True: 250}
# A date under the axis: "Wed 11 Nov" in the type of an axis.
_DATE_PX = 72


def hypnogram(view: NightView, theme: Theme, *, narrow: bool = False) -> Chart:
    """The night as bars in four rows, from the top Awake, REM, Light, Deep, over the clock of the place.

    At most seven traces: a stage each, what is unknown, snoring, and the line that joins neighbouring runs. Brackets
    above the rows are the cycles, the last one open where it is incomplete, all dotted where they are uncertain. Over
    unknown or unrecorded time there is neither bar nor line. x is minutes since `view.start`; the labels are what
    the clock showed then, so on a clock-change night an hour comes twice or not at all.

    Args:
        view: the night; without runs the chart is a sentence.
        theme: whose colours.
        narrow: for a phone: a label every 2 h, and cycles by their bare numbers.
    """
    if view.runs.empty:
        return nothing_to_draw(theme, "No stages arrived for this recording.", columns=COLUMNS)
    length_min = minutes_between(view.start, view.end)
    unit_per_px = length_min / _PLOT_PX[narrow]
    size = measure("hypnogram")
    traces = [
        *(_bars(view, what, theme) for what in size["row_order"] if (view.runs["what"] == what).any()),
        *_gaps(view, theme),
        *_snoring(view, theme),
        *_connector(view.runs, theme),
    ]
    layout = plotly_layout(
        theme,
        height_px=size["height_px"],
        margin=Margin(**{**size["margin"], "r": _RIGHT_PX, "b": _BELOW_PX}),
        xaxis=_clock_axis(view, theme, length_min, narrow=narrow, apart_min=_DATE_PX * unit_per_px),
        yaxis=_rows(view, theme),
        shapes=[*_tints(view, theme), *bracket_shapes(view, theme, unit_per_px)],
        annotations=[
            *bracket_labels(view, theme, unit_per_px, narrow=narrow),
            *(
                annotation(label, theme)
                for label in placed(_labels(view, length_min), unit_per_px, within=(0.0, length_min))
            ),
        ],
        hoverdistance=8,
    )
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=alternative(view),
        table=table(view),
        height_px=size["height_px"],
    )


def stage_strip(view: NightView, theme: Theme) -> str:
    """The shares of the stages as an SVG strip 10 px high, over the whole width: Awake, REM, Light, Deep, unknown.

    Its full width is the recorded time, so Awake and unknown, which are no part of sleep, have their place too.
    """
    found = share_minutes(view)
    total = sum(found.values())
    return strip(
        (
            (100 * length / total, "" if what == "unknown" else theme.stages.of(what))
            for what, length in found.items()
            if length > 0
        ),
        theme,
    )


def _bar_trace(runs: pd.DataFrame, row: float, hover: list[str], **more: object) -> Trace:
    return bar(
        orientation="h",
        base=runs["start_min"].tolist(),
        x=(runs["end_min"] - runs["start_min"]).tolist(),
        y=[row] * len(runs),
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        **more,
    )


def _bars(view: NightView, what: str, theme: Theme) -> Trace:
    size = measure("hypnogram")
    runs = view.runs[view.runs["what"] == what]
    return _bar_trace(
        runs,
        size["row_values"][what],
        [sentence(view.start, STAGES[what], first, last) for first, last, _ in stretches(runs)],
        name=STAGES[what],
        width=size["bar_width"],
        marker={
            "color": theme.stages.of(what),
            "cornerradius": size["corner_px"],
            "line": {"width": 0},
        },
    )


def _gaps(view: NightView, theme: Theme) -> Iterator[Trace]:
    """One hatched bar over all four rows for each stretch that is unknown or was not recorded."""
    runs = view.runs[view.runs["what"].isin(GAPS)]
    if runs.empty:
        return
    hover = [
        sentence(view.start, GAPS[what].capitalize(), start, end)
        for what, start, end in zip(runs["what"], runs["start_min"], runs["end_min"], strict=True)
    ]
    hatch = {
        "shape": "/",
        "size": 7,
        "solidity": 0.22,
        "fgcolor": theme.stages.unknown,
        "bgcolor": TRANSPARENT,
    }
    yield _bar_trace(
        runs,
        1.5,
        hover,
        name="Unknown",
        width=4,
        marker={"color": TRANSPARENT, "pattern": hatch, "line": {"width": 0}},
    )


def _snoring(view: NightView, theme: Theme) -> Iterator[Trace]:
    if view.snoring.empty:
        return
    size = measure("hypnogram")
    yield _bar_trace(
        view.snoring,
        size["snore_row_y"],
        [sentence(view.start, "Snoring", first, last) for first, last, _ in stretches(view.snoring)],
        name="Snoring",
        width=size["snore_width"],
        marker={"color": theme.text_tertiary, "cornerradius": 2, "line": {"width": 0}},
    )


def _connector(runs: pd.DataFrame, theme: Theme) -> Iterator[Trace]:
    """One line that joins the bars of neighbouring runs, from edge to edge; broken wherever a stage is not known."""
    size = measure("hypnogram")
    row = runs["what"].map(size["row_values"]).to_numpy(dtype=float)
    start, end = runs["start_min"].to_numpy(dtype=float), runs["end_min"].to_numpy(dtype=float)
    joined = np.flatnonzero(
        (end[:-1] == start[1:]) & ~np.isnan(row[:-1]) & ~np.isnan(row[1:]) & (row[:-1] != row[1:])
    )
    if not len(joined):
        return
    half = np.sign(row[joined + 1] - row[joined]) * size["bar_width"] / 2
    gap = np.full(len(joined), np.nan)
    line = size["connector"]
    yield scatter(
        x=_listed(end[joined], end[joined], gap),
        y=_listed(row[joined] + half, row[joined + 1] - half, gap),
        mode="lines",
        name="Connector",
        line={"width": line["width_px"], "color": faded(getattr(theme, line["token"]), line["opacity"])},
        connectgaps=False,
        hoverinfo="skip",
    )


def _listed(*columns: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float | None]:
    # Plotly breaks a line at None; NaN in a list would become invalid JSON.
    flat = np.column_stack(columns).ravel().tolist()
    return [None if value != value else value for value in flat]  # noqa: PLR0124  (NaN alone differs from itself)


def _clock_axis(
    view: NightView, theme: Theme, length_min: float, *, narrow: bool, apart_min: float
) -> dict[str, object]:
    ticks = clock_ticks(view.start, length_min, narrow=narrow, apart_min=apart_min)
    return bare_axis(
        range=[0, length_min],
        tickmode="array",
        tickvals=[tick.at_min for tick in ticks],
        ticktext=[tick.text for tick in ticks],
        ticks="outside",
        ticklen=4,
        tickcolor=theme.border,
        showline=True,
        linecolor=theme.border,
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        tickangle=0,
    )


def _rows(view: NightView, theme: Theme) -> dict[str, object]:
    size = measure("hypnogram")
    rows = [(size["row_values"][what], STAGES[what]) for what in size["row_order"]]
    if len(view.snoring):
        rows.append((size["snore_row_y"], "Snoring"))
    return bare_axis(
        range=[-1.75 if len(view.snoring) else -1.15, size["cycle_bracket_y"] + _LABEL_ROW / 2],
        tickmode="array",
        tickvals=[at for at, _ in rows],
        ticktext=[f"{word} " for _, word in rows],
        tickfont={"size": font_px("axis"), "color": theme.text},
        showgrid=True,
        gridcolor=theme.grid,
        gridwidth=1,
    )


def _tints(view: NightView, theme: Theme) -> Iterator[dict[str, object]]:
    """The rectangles behind falling asleep and the final wake."""
    shading = measure("hypnogram")["shading"]
    for first, last in _tinted(view):
        yield {
            "type": "rect",
            "x0": first,
            "x1": last,
            "y0": -0.5,
            "y1": 3.5,
            "fillcolor": faded(theme.stages.of(shading["token"]), shading["alpha"]),
            "line": {"width": 0},
            "layer": "below",
        }


def _tinted(view: NightView) -> Iterator[tuple[float, float]]:
    if view.latency_min > 0:
        yield 0.0, view.latency_min
    slept = view.runs.loc[view.runs["what"].isin(["light", "deep", "rem"]), "end_min"]
    # Lost signal at the end is not known to be wake.
    after = view.runs[(view.runs["what"] == "awake") & (view.runs["start_min"] >= slept.max())]
    yield from ((first, last) for first, last, _ in stretches(after))


def _labels(view: NightView, length_min: float) -> list[Label]:
    """What may be written into the plot; the longest stretches first, for they keep their place."""
    above = measure("hypnogram")["label_y"]
    labels = [
        Label(x=_wake_centre(view, first, last), rows=(above,), text=length_words(length), weight=length)
        for first, last, length in stretches(view.long_awakenings)
    ]
    gaps = view.runs[view.runs["what"].isin(GAPS)]
    labels += [
        Label(
            x=(first + last) / 2,
            rows=(above + _LABEL_ROW,),
            text=f"{GAPS[what]} {length_words(length)}",
            weight=length,
            quiet=True,
        )
        for what, (first, last, length) in zip(gaps["what"], stretches(gaps), strict=True)
        if length >= _LABELLED_GAP_MIN
    ]
    labels += [
        Label(x=(first + last) / 2, rows=(-0.9,), text=length_words(last - first), weight=length_min)
        for first, last in _tinted(view)
        if last - first >= _LABELLED_TINT_MIN
    ]
    return sorted(labels, key=lambda label: -label.weight)


def _wake_centre(view: NightView, first_min: float, last_min: float) -> float:
    """Where an awakening is told: over its longest bar, because lost signal inside it is not known to be wake."""
    bars = stretches(view.runs[view.runs["what"] == "awake"])
    inside = [bar for bar in bars if first_min < (bar[0] + bar[1]) / 2 < last_min]
    first, last, _ = max(inside, key=lambda bar: bar[2])
    return (first + last) / 2
