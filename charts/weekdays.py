"""Sleep by the day of waking: the typical night of each weekday, and the middle half of its nights."""

import math
from collections.abc import Iterator

import pandas as pd

from analytics.patterns import Patterns
from analytics.wording import NBSP, NOTHING, duration, plural
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, scatter
from charts.theme import Margin, Theme, bare_axis, faded, font_px, plotly_layout

_COLUMNS = ("Day of waking", "Nights", "Median", "Middle half")
_HEIGHT_PX = 260
_ROOM_H = 0.35
_BAND_WIDTH = 0.3


def weekdays(found: Patterns, theme: Theme) -> Chart:
    """A dot a weekday at the median time asleep, on a bar from the first to the third quartile.

    A weekday of fewer than 2 nights has no dot, one of fewer than 6 no bar.

    Args:
        found: whose `weekdays` are drawn.
        theme: whose colours.
    """
    profile = found.weekdays
    known = profile[profile["median"].notna()]
    if known.empty:
        return nothing_to_draw(theme, "No day of the week has two valid nights.", columns=_COLUMNS)
    edges = known[["median", "low", "high"]]
    bottom, top = float(edges.min().min()) / 60 - _ROOM_H, float(edges.max().max()) / 60 + _ROOM_H
    layout = plotly_layout(
        theme,
        height_px=_HEIGHT_PX,
        margin=Margin(l=40, r=6, t=8, b=42),
        xaxis=_days_axis(profile, theme),
        yaxis=_hours_axis(bottom, top, theme),
        shapes=list(_bands(profile, theme)),
    )
    return Chart(
        drawing=Drawing(data=[_dots(profile, theme)], layout=layout),
        alt=_alt(profile),
        table=_table(profile),
        height_px=_HEIGHT_PX,
    )


def _dots(profile: pd.DataFrame, theme: Theme) -> Trace:
    known = profile["median"].notna()
    return scatter(
        x=[at for at, here in enumerate(known) if here],
        y=(profile.loc[known, "median"] / 60).round(3).tolist(),
        mode="markers",
        name="Median",
        marker={"size": 11, "color": theme.accent, "line": {"width": 2, "color": theme.surface}},
        hovertext=[
            f"{weekday}: median {duration(row['median'])} asleep, {plural(int(row['nights']), 'night')}{_half(row)}"
            for weekday, row in profile[known].iterrows()
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _bands(profile: pd.DataFrame, theme: Theme) -> Iterator[dict[str, object]]:
    for at, (_, row) in enumerate(profile.iterrows()):
        if not math.isnan(row["low"]):
            yield {
                "type": "rect",
                "x0": at - _BAND_WIDTH / 2,
                "x1": at + _BAND_WIDTH / 2,
                "y0": row["low"] / 60,
                "y1": row["high"] / 60,
                "fillcolor": faded(theme.accent, 0.5),
                "line": {"width": 0},
                "layer": "below",
            }


def _days_axis(profile: pd.DataFrame, theme: Theme) -> dict[str, object]:
    return bare_axis(
        range=[-0.5, len(profile) - 0.5],
        tickmode="array",
        tickvals=list(range(len(profile))),
        ticktext=[
            f"{str(weekday)[:3]}<br>n{NBSP}{int(nights)}" for weekday, nights in profile["nights"].items()
        ],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showline=True,
        linecolor=theme.border,
    )


def _hours_axis(bottom: float, top: float, theme: Theme) -> dict[str, object]:
    step = 1 if top - bottom <= 4 else 2
    ticks = [at for at in range(0, 25, step) if bottom <= at <= top]
    return bare_axis(
        range=[bottom, top],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{at}{NBSP}h " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _alt(profile: pd.DataFrame) -> str:
    days = [
        f"{weekday} {duration(float(row['median']))} ({plural(int(row['nights']), 'night')})"
        for weekday, row in profile.iterrows()
    ]
    return f"Median time asleep by day of waking: {', '.join(days)}."


def _table(profile: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (
            weekday,
            int(row["nights"]),
            duration(float(row["median"])),
            _half(row).removeprefix(", middle half ") or NOTHING,
        )
        for weekday, row in profile.iterrows()
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _half(row: "pd.Series[float]") -> str:
    if math.isnan(row["low"]):
        return ""
    return f", middle half {duration(float(row['low']))} to {duration(float(row['high']))}"
