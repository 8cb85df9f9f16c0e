"""Time asleep over weeks: nights, their smooth line, the robust slope with its interval, and lasting changes."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics.marked import Marked
from analytics.score import recommended_hours
from analytics.smoothing import broken_at_gaps
from analytics.summary import PersonPeriod
from analytics.trends import Trend
from analytics.wording import NBSP, day, duration, number, signed_duration
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis, edge
from charts.marks import with_marks
from charts.theme import TOKENS, Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout
from charts.trend_words import COLUMNS, alternative, table

# On a phone the band's label would lie across all nights, so it stands above them.
_ABOVE_PX = 26


def trend(
    period: PersonPeriod, theme: Theme, *, narrow: bool = False, events: Sequence[Marked] = ()
) -> Chart:
    """Time asleep of the period's history: a dot a night, a smooth line, the slope and its interval.

    The line is the local regression, from 14 nights on, else the 7-day mean; it breaks where nights are missing. The
    slope (Theil and Sen) and its 95 % interval are drawn unless there are too few nights for one. A lasting change of
    level is a dotted line with the shift. The band behind is the recommended range, with its source.

    Args:
        period: whose `history` and `patterns` (minutes) are drawn.
        theme: whose colours.
        narrow: for a phone: fewer labels.
        events: phases and notes; those of these weeks stand above the nights.
    """
    history = period.history.dropna(subset=["tst_min"]) if len(period.history) else period.history
    if history.empty:
        return nothing_to_draw(theme, "No valid night in these weeks.", columns=COLUMNS)
    size = measure("trend")
    low_h, high_h, who = _recommended(period)
    hours = history["tst_min"] / 60
    bottom, top = min(float(hours.min()), low_h) - 0.4, max(float(hours.max()), high_h) + 0.4
    first, last = history["night"].min().date(), max(history["night"].max().date(), period.last)
    layout = plotly_layout(
        theme,
        height_px=size["height_px"],
        margin=Margin(l=40, r=8, t=_ABOVE_PX if narrow else 8, b=26),
        xaxis=day_axis(first, last, theme, narrow=narrow),
        yaxis=_hours_axis(bottom, top, theme),
        shapes=[_band(low_h, high_h, theme), *_changes(period, theme)],
        annotations=[
            _band_label(period, history, (low_h, high_h, who), theme, narrow=narrow),
            *_change_labels(period, theme),
        ],
    )
    figure = go.Figure(data=list(_traces(period, history, theme)), layout=layout)
    drawn = Chart(
        figure=figure,
        alt=alternative(period, history, _band_words(low_h, high_h, who)),
        table=table(period, history),
        height_px=size["height_px"],
    )
    nights = [moment.date() for moment in history["night"]]
    return with_marks(drawn, events, theme, days=(first, last), rows=nights, narrow=narrow)


def _recommended(period: PersonPeriod) -> tuple[float, float, str]:
    """The recommended range in hours, as the score judges it, and for whom."""
    age = period.sleeper.age_years(period.last.year)
    who = "adults" if age is None or age >= 26 else f"age {number(age, 0)}"
    if age is not None and age >= 65:
        who = "adults from 65"
    return *recommended_hours(age), who


def _traces(period: PersonPeriod, history: pd.DataFrame, theme: Theme) -> Iterator[go.Scatter]:
    if period.trend.verdict != "too few":
        yield _interval(period.trend, theme)
    yield _dots(history, theme)
    if period.trend.verdict != "too few":
        yield _slope(period.trend, theme)
    line, name = smooth_line(period)
    if line.notna().any():
        yield _smooth(line, name, theme)


def _dots(history: pd.DataFrame, theme: Theme) -> go.Scatter:
    size = measure("trend")
    nights = [pd.Timestamp(moment) for moment in history["night"]]
    return go.Scatter(
        x=[moment.isoformat() for moment in nights],
        y=(history["tst_min"] / 60).round(3).tolist(),
        mode="markers",
        name="Nights",
        marker={"size": size["dot_px"], "color": faded(theme.text_tertiary, size["dot_opacity"])},
        hovertext=[
            f"Asleep {duration(minutes)}, night to {day(moment.date(), short=True)}"
            for moment, minutes in zip(nights, history["tst_min"], strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def smooth_line(period: PersonPeriod) -> tuple["pd.Series[float]", str]:
    """The line that is drawn through the nights, and what it is."""
    found = period.patterns
    return (
        (broken_at_gaps(found.line), "Smooth line") if len(found.line) else (found.rolling, "Mean of 7 days")
    )


def _smooth(smooth: "pd.Series[float]", name: str, theme: Theme) -> go.Scatter:
    return go.Scatter(
        x=[pd.Timestamp(moment).isoformat() for moment in smooth.index],
        y=[None if np.isnan(minutes) else round(minutes / 60, 3) for minutes in smooth],
        mode="lines",
        name=name,
        connectgaps=False,
        line={"width": measure("trend")["smooth_px"], "color": theme.accent},
        hoverinfo="skip",
    )


def _slope(found: Trend, theme: Theme) -> go.Scatter:
    size = measure("trend")
    return go.Scatter(
        x=[_iso(found.first), _iso(found.last)],
        y=[found.value_first / 60, found.value_last / 60],
        mode="lines",
        name="Slope",
        line={"width": size["slope_px"], "dash": size["slope_dash"], "color": theme.accent},
        hoverinfo="skip",
    )


def _interval(found: Trend, theme: Theme) -> go.Scatter:
    """The lines of the interval's two slopes, turned about the middle of the line they are an interval of."""
    half_weeks = (found.span_days - 1) / 14
    middle = (found.value_first + found.value_last) / 2
    low, high = found.low_per_week * half_weeks, found.high_per_week * half_weeks
    first, last = pd.Timestamp(found.first or 0), pd.Timestamp(found.last or 0)
    corners = (
        (first, middle - low),
        (first + (last - first) / 2, middle),
        (last, middle + high),
        (last, middle + low),
        (first + (last - first) / 2, middle),
        (first, middle - high),
    )
    return go.Scatter(
        x=[_iso(moment) for moment, _ in corners],
        y=[minutes / 60 for _, minutes in corners],
        mode="lines",
        name="95 % interval of the slope",
        fill="toself",
        fillcolor=faded(theme.accent, measure("trend")["interval_alpha"]),
        line={"width": 0},
        hoverinfo="skip",
    )


def _iso(moment: pd.Timestamp | None) -> str:
    return pd.Timestamp(moment or 0).isoformat()


def _hours_axis(bottom: float, top: float, theme: Theme) -> dict[str, object]:
    step = 1 if top - bottom <= 5 else 2
    ticks = range(int(np.ceil(bottom / step)) * step, int(top) + 1, step)
    return bare_axis(
        range=[bottom, top],
        tickmode="array",
        tickvals=list(ticks),
        ticktext=[f"{at}{NBSP}h " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _band(low_h: float, high_h: float, theme: Theme) -> dict[str, object]:
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low_h,
        "y1": high_h,
        "fillcolor": theme.reference_band,
        "line": {"width": 0},
        "layer": "below",
    }


def _band_words(low_h: float, high_h: float, who: str) -> str:
    source = next(band["source"] for band in TOKENS["reference_bands"] if "low_h" in band)
    # The band's name is printed in full in the alternative text; in the plot there is room for its initials.
    return f"{number(low_h)} to {number(high_h)}{NBSP}h recommended for {who} ({source})"


def _band_label(
    period: PersonPeriod,
    history: pd.DataFrame,
    band: tuple[float, float, str],
    theme: Theme,
    *,
    narrow: bool,
) -> dict[str, object]:
    words = _band_words(*band).replace("National Sleep Foundation", "NSF")
    written = {
        "showarrow": False,
        "xref": "paper",
        "font": {"size": font_px("annotation"), "color": theme.reference_band_text},
    }
    if narrow:
        above = {"x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 4}
        return {**written, **above, "text": f"Band: {words.replace(' recommended', '')}"}
    side, height, anchor = _quietest(period, history, band[0], band[1])
    inside = {
        "x": side,
        "xanchor": ("left", "right")[side],
        "xshift": (4, -4)[side],
        "y": height,
        "yanchor": anchor,
    }
    return {**written, **inside, "text": words}


def _quietest(
    period: PersonPeriod, history: pd.DataFrame, low_h: float, high_h: float
) -> tuple[int, float, str]:
    """The corner of the band where its label covers the fewest nights: side (0 left, 1 right), height, anchor."""
    first, last = history["night"].min(), pd.Timestamp(period.last)
    along = (history["night"] - first) / max(last - first, pd.Timedelta(days=1))
    hours = history["tst_min"] / 60
    # What the label takes: a third of the width, half an hour of the height.
    length, thickness = 0.34, 0.5

    def covered(corner: tuple[int, float, str]) -> int:
        side, height, anchor = corner
        near = along <= length if side == 0 else along >= 1 - length
        level = height - thickness if anchor == "top" else height
        return int((near & hours.between(level, level + thickness)).sum())

    edges = ((high_h, "top"), (low_h, "bottom"))
    return min(((side, height, anchor) for height, anchor in edges for side in (0, 1)), key=covered)


def _changes(period: PersonPeriod, theme: Theme) -> Iterator[dict[str, object]]:
    for step in period.patterns.changes.steps:
        at = edge(step.first_after.date(), -1)
        yield {
            "type": "line",
            "x0": at,
            "x1": at,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": "dot", "color": theme.text_secondary},
        }


def _change_labels(period: PersonPeriod, theme: Theme) -> Iterator[dict[str, object]]:
    """The shift of each lasting change, at the foot of its line, where few nights are."""
    for step in period.patterns.changes.steps:
        yield {
            "text": signed_duration(step.shift),
            "x": edge(step.first_after.date(), -1),
            "y": 0,
            "yref": "paper",
            "yanchor": "bottom",
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text_secondary},
        }
