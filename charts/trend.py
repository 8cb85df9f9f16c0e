"""A metric over weeks: nights, their smooth line, the robust slope with its interval, and lasting changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.followed import Band, Followed
from analytics.marked import Marked
from analytics.smoothing import broken_at_gaps
from analytics.trends import Trend
from analytics.wording import NBSP, clock, day, number
from charts.chart import Chart, nothing_to_draw
from charts.day_axis import day_axis, edge
from charts.drawing import Drawing, Trace, scatter
from charts.marks import with_marks
from charts.theme import TOKENS, Margin, Theme, bare_axis, faded, font_px, measure, plotly_layout
from charts.trend_words import alternative, columns, table

# On a phone the band's label would lie across all nights, so it stands above them.
_ABOVE_PX = 26
# From so many minutes on an axis counts in hours.
_HOURS_FROM_MIN = 180
_LABELS = 6


def trend(found: Followed, theme: Theme, *, narrow: bool = False, events: Sequence[Marked] = ()) -> Chart:
    """A metric over weeks: a dot a night, a smooth line, the slope and its interval.

    The line is the local regression, from 14 nights on, else the 7-day mean; it breaks where nights are missing. The
    slope (Theil and Sen) and its 95 % interval are drawn unless there are too few nights for one. A lasting change of
    level is a dotted line with the shift. The band behind is the recommended range with its source, where there is one.

    Args:
        found: what is drawn.
        theme: whose colours.
        narrow: for a phone: fewer labels.
        events: phases and notes; those of these weeks stand above the nights.
    """
    if not len(found.values):
        return nothing_to_draw(
            theme, f"No valid night with {found.metric.noun} in these weeks.", columns=columns(found)
        )
    size, scale = measure("trend"), _Scale.of(found)
    bottom, top = scale.ends(found)
    nights = [moment.date() for moment in found.values.index]
    first, last = nights[0], max(nights[-1], found.last.date())
    layout = plotly_layout(
        theme,
        height_px=size["height_px"],
        margin=Margin(l=48, r=8, t=_ABOVE_PX if narrow and found.band else 8, b=26),
        xaxis=day_axis(first, last, theme, narrow=narrow),
        yaxis=_value_axis(scale, bottom, top, theme),
        shapes=[*_band(found.band, scale, theme), *_changes(found, theme)],
        annotations=[*_band_label(found, scale, theme, narrow=narrow), *_change_labels(found, theme)],
    )
    figure = Drawing(data=list(_traces(found, scale, theme)), layout=layout)
    band = "" if found.band is None else _band_words(found.band)
    drawn = Chart(
        drawing=figure, alt=alternative(found, band), table=table(found), height_px=size["height_px"]
    )
    return with_marks(drawn, events, theme, days=(first, last), rows=nights, narrow=narrow)


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """How values stand on the axis: divided by `per`, labelled every so many of `steps`, with this much room."""

    per: float
    unit: str
    steps: tuple[float, ...]
    room: float

    @classmethod
    def of(cls, found: Followed) -> "_Scale":
        if found.metric.kind == "clock":
            return cls(per=60, unit="clock", steps=(0.5, 1, 2, 3), room=0.25)
        if found.metric.kind == "percent":
            return cls(per=1, unit="%", steps=(5, 10, 20), room=2)
        if float(found.values.max()) > _HOURS_FROM_MIN:
            return cls(per=60, unit="h", steps=(1, 2), room=0.4)
        return cls(per=1, unit="min", steps=(10, 15, 30, 60), room=4)

    def ends(self, found: Followed) -> tuple[float, float]:
        """The ends of the axis, the recommended range inside; no time is below 0 and nothing above 100 %."""
        drawn = [*(found.values / self.per), *(() if found.band is None else self.band(found.band))]
        low, high = min(drawn) - self.room, max(drawn) + self.room
        return low, min(high, 101.0) if self.unit == "%" else high

    def band(self, band: Band) -> tuple[float, float]:
        return band.low / self.per, band.high / self.per

    def label(self, at: float) -> str:
        return clock(at) if self.unit == "clock" else f"{number(at)}{NBSP}{self.unit}"


def _traces(found: Followed, scale: _Scale, theme: Theme) -> Iterator[Trace]:
    if found.trend.verdict != "too few":
        yield _interval(found.trend, scale, theme)
    yield _dots(found, scale, theme)
    if found.trend.verdict != "too few":
        yield _slope(found.trend, scale, theme)
    line, name = smooth_line(found)
    if line.notna().any():
        yield _smooth(line, name, scale, theme)


def _dots(found: Followed, scale: _Scale, theme: Theme) -> Trace:
    size, metric = measure("trend"), found.metric
    nights = [pd.Timestamp(moment) for moment in found.values.index]
    return scatter(
        x=[moment.isoformat() for moment in nights],
        y=(found.values / scale.per).round(3).tolist(),
        mode="markers",
        name="Nights",
        marker={"size": size["dot_px"], "color": faded(theme.text_tertiary, size["dot_opacity"])},
        hovertext=[
            f"{metric.label} {metric.text(value)}, night to {day(moment.date(), short=True)}"
            for moment, value in zip(nights, found.values, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def smooth_line(found: Followed) -> tuple["pd.Series[float]", str]:
    """The line that is drawn through the nights, and what it is."""
    return (
        (broken_at_gaps(found.line), "Smooth line") if len(found.line) else (found.rolling, "Mean of 7 days")
    )


def _smooth(smooth: "pd.Series[float]", name: str, scale: _Scale, theme: Theme) -> Trace:
    return scatter(
        x=[pd.Timestamp(moment).isoformat() for moment in smooth.index],
        y=[None if np.isnan(value) else round(value / scale.per, 3) for value in smooth],
        mode="lines",
        name=name,
        connectgaps=False,
        line={"width": measure("trend")["smooth_px"], "color": theme.accent},
        hoverinfo="skip",
    )


def _slope(found: Trend, scale: _Scale, theme: Theme) -> Trace:
    size = measure("trend")
    return scatter(
        x=[_iso(found.first), _iso(found.last)],
        y=[found.value_first / scale.per, found.value_last / scale.per],
        mode="lines",
        name="Slope",
        line={"width": size["slope_px"], "dash": size["slope_dash"], "color": theme.accent},
        hoverinfo="skip",
    )


def _interval(found: Trend, scale: _Scale, theme: Theme) -> Trace:
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
    return scatter(
        x=[_iso(moment) for moment, _ in corners],
        y=[value / scale.per for _, value in corners],
        mode="lines",
        name="95 % interval of the slope",
        fill="toself",
        fillcolor=faded(theme.accent, measure("trend")["interval_alpha"]),
        line={"width": 0},
        hoverinfo="skip",
    )


def _iso(moment: pd.Timestamp | None) -> str:
    return pd.Timestamp(moment or 0).isoformat()


def _value_axis(scale: _Scale, bottom: float, top: float, theme: Theme) -> dict[str, object]:
    step = next((step for step in scale.steps if (top - bottom) / step <= _LABELS), scale.steps[-1])
    # What is no time of day has no labels below 0.
    lowest = np.ceil(bottom / step) if scale.unit == "clock" else max(np.ceil(bottom / step), 0)
    ticks = [step * at for at in range(int(lowest), int(np.floor(top / step)) + 1)]
    return bare_axis(
        range=[bottom, top],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{scale.label(at)} " for at in ticks],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
        showgrid=True,
        gridcolor=theme.grid,
    )


def _band(band: Band | None, scale: _Scale, theme: Theme) -> Iterator[dict[str, object]]:
    if band is None:
        return
    low, high = scale.band(band)
    yield {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low,
        "y1": high,
        "fillcolor": theme.reference_band,
        "line": {"width": 0},
        "layer": "below",
    }


def _band_words(band: Band) -> str:
    source = next(band["source"] for band in TOKENS["reference_bands"] if "low_h" in band)
    # The band's name is printed in full in the alternative text; in the plot there is room for its initials.
    return f"{number(band.low / 60)} to {number(band.high / 60)}{NBSP}h recommended for {band.who} ({source})"


def _band_label(found: Followed, scale: _Scale, theme: Theme, *, narrow: bool) -> Iterator[dict[str, object]]:
    if found.band is None:
        return
    words = _band_words(found.band).replace("National Sleep Foundation", "NSF")
    written = {
        "showarrow": False,
        "xref": "paper",
        "font": {"size": font_px("annotation"), "color": theme.reference_band_text},
    }
    if narrow:
        above = {"x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 4}
        yield {**written, **above, "text": f"Band: {words.replace(' recommended', '')}"}
        return
    side, height, anchor = _quietest(found, *scale.band(found.band))
    inside = {
        "x": side,
        "xanchor": ("left", "right")[side],
        "xshift": (4, -4)[side],
        "y": height,
        "yanchor": anchor,
    }
    yield {**written, **inside, "text": words}


def _quietest(found: Followed, low_h: float, high_h: float) -> tuple[int, float, str]:
    """The corner of the band where its label covers the fewest nights: side (0 left, 1 right), height, anchor."""
    nights = found.values.index.to_series()
    first = nights.iloc[0]
    along = (nights - first) / max(found.last - first, pd.Timedelta(days=1))
    hours = found.values / 60
    # What the label takes: a third of the width, half an hour of the height.
    length, thickness = 0.34, 0.5

    def covered(corner: tuple[int, float, str]) -> int:
        side, height, anchor = corner
        near = along <= length if side == 0 else along >= 1 - length
        level = height - thickness if anchor == "top" else height
        return int((near & hours.between(level, level + thickness)).sum())

    edges = ((high_h, "top"), (low_h, "bottom"))
    return min(((side, height, anchor) for height, anchor in edges for side in (0, 1)), key=covered)


def _changes(found: Followed, theme: Theme) -> Iterator[dict[str, object]]:
    for step in found.changes.steps:
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


def _change_labels(found: Followed, theme: Theme) -> Iterator[dict[str, object]]:
    """The shift of each lasting change, at the foot of its line, where few nights are."""
    for step in found.changes.steps:
        yield {
            "text": found.metric.change(step.shift),
            "x": edge(step.first_after.date(), -1),
            "y": 0,
            "yref": "paper",
            "yanchor": "bottom",
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"size": font_px("annotation"), "color": theme.text_secondary},
        }
