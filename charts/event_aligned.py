"""People around the start of a phase: the mean of their own changes by week, its interval, and people where few are."""

import math
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

import numpy as np
import pandas as pd

from analytics.cohorts import ENOUGH_PEOPLE, MINIMUM_PEOPLE
from analytics.event_aligned import EventAligned
from analytics.event_words import amount
from analytics.wording import MINUS, NBSP, number
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, scatter
from charts.event_aligned_words import COLUMNS, alternative, capitalised, dot_words, sentence, table
from charts.labels import width_px
from charts.theme import Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout

_MOST_TICKS = {False: 14, True: 7}
_MOST_COUNTED = {False: 16, True: 12}
_LONGEST = {False: 40, True: 18}
# Widths of the plot in px, the least that pages give it: the axis names the phase where that fits.
_PLOT_PX = {False: 560, True: 230}
# People's dots stand side by side within their week, each always at the same place.
_SPREAD = 0.5
_HALF_BAR = 0.12
_ROOM = 0.08
_STEPS = {"min": (1, 2, 5, 10, 15, 30, 60, 120, 240), "points": (0.2, 0.5, 1, 2, 5, 10, 20)}
_MOST_GRID = 6
_LEFT_PX = {"min": 70, "points": 78}
_MEAN_PX = 7


def event_aligned(
    found: EventAligned, theme: Theme, *, names: Mapping[str, str] | None = None, narrow: bool = False
) -> Chart:
    """The mean of people's changes by week from the start, with its interval; grey before it, in the accent from it on.

    Line and band break where fewer than 5 people have a value. People are dots where there are fewer than 10 in all,
    and in weeks with fewer than 5. A vertical line stands at the start, with the phase's name.

    Args:
        found: what is drawn.
        theme: whose colours.
        names: what to call people on hover, by person_id; without it they stay nameless.
        narrow: for a phone: fewer labels.
    """
    if not found.people:
        return nothing_to_draw(theme, f"{escape(found.title, quote=False)}.", columns=COLUMNS)
    size = measure("trend")
    counted = len(found.steps) <= _MOST_COUNTED[narrow]
    low, high = _extent(found)
    layout = plotly_layout(
        theme,
        height_px=size["height_px"],
        margin=Margin(l=_LEFT_PX[_unit(found)], r=8, t=24, b=62 if counted else 44),
        xaxis=_steps_axis(found, theme, narrow=narrow, counted=counted),
        yaxis=_change_axis(found, low, high, theme),
        shapes=[_line(0, "y", theme), _line(0, "x", theme)],
        annotations=[
            _phase_label(found, theme, narrow=narrow),
            *(_counts(found, theme) if counted else ()),
        ],
    )
    return Chart(
        drawing=Drawing(data=list(_traces(found, theme, names or {})), layout=layout),
        alt=alternative(found),
        table=table(found),
        height_px=size["height_px"],
    )


def _traces(found: EventAligned, theme: Theme, names: Mapping[str, str]) -> Iterator[Trace]:
    sides = (
        ("before", found.steps.loc[:-1], theme.text_secondary),
        ("after", found.steps.loc[0:], theme.accent),
    )
    for name, steps, colour in sides:
        yield from _bands(steps, name, colour)
    dots = _people(found, names)
    if len(dots):
        yield _dots(dots, theme)
    for name, steps, colour in sides:
        if steps["mean"].notna().any():
            yield _means(found, steps, name, colour)


def _bands(steps: pd.DataFrame, name: str, colour: str) -> Iterator[Trace]:
    """The interval of each run of neighbouring weeks; a week alone has a narrow bar."""
    known = steps["low"].notna()
    for has, members in groupby(steps.index, key=lambda step: bool(known[step])):
        if not has:
            continue
        run = steps.loc[list(members)]
        x = run["position"].tolist()
        low, high = run["low"].tolist(), run["high"].tolist()
        if len(run) == 1:
            x, low, high = [x[0] - _HALF_BAR, x[0] + _HALF_BAR], low * 2, high * 2
        yield scatter(
            x=[*x, *x[::-1]],
            y=[*high, *low[::-1]],
            mode="lines",
            name=f"95 % interval, {name}",
            fill="toself",
            fillcolor=faded(colour, measure("trend")["interval_alpha"]),
            line={"width": 0},
            hoverinfo="skip",
        )


def _means(found: EventAligned, steps: pd.DataFrame, name: str, colour: str) -> Trace:
    size = measure("trend")
    return scatter(
        x=steps["position"].tolist(),
        y=[None if math.isnan(mean) else mean for mean in steps["mean"]],
        mode="lines+markers",
        name=f"Mean, {name}",
        connectgaps=False,
        line={"width": size["smooth_px"], "color": colour},
        marker={"size": _MEAN_PX, "color": colour},
        hovertext=[capitalised(sentence(found, int(step))) for step in steps.index],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _people(found: EventAligned, names: Mapping[str, str]) -> pd.DataFrame:
    """The people's dots that are drawn: `x`, `y` and `words`."""
    few = found.steps["people"] < (ENOUGH_PEOPLE if found.people < ENOUGH_PEOPLE else MINIMUM_PEOPLE)
    places = np.linspace(-_SPREAD / 2, _SPREAD / 2, found.people) if found.people > 1 else np.zeros(1)
    rows = [
        (step + 0.5 + place, value, dot_words(found, names.get(who), value, step))
        for step in found.steps.index
        if few[step]
        for who, value, place in zip(found.values.index, found.values[step], places, strict=True)
        if not math.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["x", "y", "words"])


def _dots(dots: pd.DataFrame, theme: Theme) -> Trace:
    size = measure("trend")
    return scatter(
        x=dots["x"].tolist(),
        y=dots["y"].tolist(),
        mode="markers",
        name="People",
        marker={"size": size["dot_px"], "color": faded(theme.text_tertiary, size["dot_opacity"])},
        hovertext=dots["words"].tolist(),
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _extent(found: EventAligned) -> tuple[float, float]:
    """The least and greatest change that is drawn, with zero, and some room."""
    drawn = [found.steps[name].to_numpy() for name in ("mean", "low", "high")]
    drawn.append(_people(found, {})["y"].to_numpy(dtype=np.float64))
    every = np.concatenate([[0.0], *drawn])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    # People who did not move at all still need a scale to be seen on.
    room = max(high - low, 1.0) * _ROOM
    return low - room, high + room


def _steps_axis(found: EventAligned, theme: Theme, *, narrow: bool, counted: bool) -> dict[str, object]:
    first, end = int(found.steps.index[0]), int(found.steps.index[-1]) + 1
    every = next(n for n in (1, 2, 4, 7, 14, 28, 56) if len(found.steps) / n <= _MOST_TICKS[narrow])
    # Counted from the start, so that it is always labelled.
    ticks = [at for at in range(first, end + 1) if at % every == 0]
    return bare_axis(
        range=[first, end],
        tickmode="array",
        tickvals=ticks,
        ticktext=[str(at).replace("-", MINUS) for at in ticks],
        ticks="outside",
        ticklen=4,
        tickcolor=theme.border,
        showline=True,
        linecolor=theme.border,
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        title={
            "text": _axis_words(found, narrow=narrow),
            "font": {"size": font_px("axis"), "color": theme.text_secondary},
            "standoff": 24 if counted else 6,
        },
    )


def _axis_words(found: EventAligned, *, narrow: bool) -> str:
    from_start = f"{found.window.step}s from the start"
    full = f"{from_start} of {_shortened(found.phase, _LONGEST[narrow])}"
    return escape(full if width_px(full) <= _PLOT_PX[narrow] else from_start, quote=False)


def _change_axis(found: EventAligned, low: float, high: float, theme: Theme) -> dict[str, object]:
    steps = _STEPS[_unit(found)]
    step = next((each for each in steps if (high - low) / each <= _MOST_GRID), steps[-1])
    ticks = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return bare_axis(
        range=[low, high],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{amount(found.metric, at) if at else '0'} " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _unit(found: EventAligned) -> str:
    return "min" if found.metric.kind in {"duration", "clock"} else "points"


def _line(at: float, axis: str, theme: Theme) -> dict[str, object]:
    """A line through the whole plot: where nothing changed (on y), or where the phase began (on x)."""
    across = "x" if axis == "y" else "y"
    return {
        "type": "line",
        f"{axis}0": at,
        f"{axis}1": at,
        f"{axis}ref": axis,
        f"{across}0": 0,
        f"{across}1": 1,
        f"{across}ref": "paper",
        "layer": "below",
        "line": {"width": 1, "color": theme.border_strong if axis == "y" else theme.text},
    }


def _phase_label(found: EventAligned, theme: Theme, *, narrow: bool) -> dict[str, object]:
    return {
        "text": f"{escape(_shortened(found.phase, _LONGEST[narrow]), quote=False)} begins",
        "x": 0,
        "xanchor": "left",
        "xshift": -1,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 3,
        "showarrow": False,
        "font": {"size": font_px("annotation"), "color": theme.text},
    }


def _counts(found: EventAligned, theme: Theme) -> Iterator[dict[str, object]]:
    """How many people each week is of, under it."""
    written = {
        "y": 0,
        "yref": "paper",
        "yanchor": "top",
        "yshift": -20,
        "showarrow": False,
        "font": {"size": font_px("annotation"), "color": theme.text_secondary},
    }
    yield {**written, "text": f"people{NBSP}", "x": 0, "xref": "paper", "xanchor": "right", "xshift": -2}
    for position, people in zip(found.steps["position"], found.steps["people"], strict=True):
        yield {**written, "text": number(people, 0), "x": position}


def _shortened(name: str, length: int) -> str:
    text = " ".join(name.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
