"""A metric by calendar day: weeks across, weekdays down, and the days of up to six weeks with their values."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.calendar_days import NOT_RECORDED, NOT_VALID, VALUE, CalendarDays
from analytics.wording import NBSP, day, number, of
from charts.chart import Chart, nothing_to_draw
from charts.drawing import Drawing, Trace, heatmap, scatter
from charts.labels import width_px
from charts.scale_key import ScaleKey
from charts.theme import TRANSPARENT, Margin, Theme, bare_axis, font_px, plotly_layout

__all__ = ["calendar"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WRITTEN_DAYS = 42
_ROW_PX, _WRITTEN_ROW_PX = 18, 34
_LEFT_PX, _TOP_PX, _BOTTOM_PX = 40, 44, 4
_PLOT_PX = {False: 480, True: 280}
_FIRST_CODE, _LAST_CODE = 2, 255
_SWATCH_PX = 12
_KEY_Y_PX, _KEY_END_PX = 26, -58
# From here on the ground of the page reads better on a square than its text.
_TURNS = 0.5
_STATE_WORDS = {NOT_RECORDED: "no recording", NOT_VALID: "no valid night"}


def calendar(found: CalendarDays, theme: Theme, *, narrow: bool = False) -> Chart:
    """The days of a period as squares, coloured by value on a scale that is the same in every month.

    Up to six weeks are laid out as a calendar on the wall, weeks down, each day with its value; longer periods across,
    weeks from left to right. A day without a valid night is grey with a dot, one without a recording empty with a
    slash: neither is a low value. Each day is a point that can be chosen.

    Args:
        found: what is drawn.
        theme: whose colours.
        narrow: for a phone.
    """
    headings = ("Day", found.metric.label)
    if not found.nights:
        return nothing_to_draw(
            theme, f"No valid night with {found.metric.noun} in this period.", columns=headings
        )
    dates = [moment.date() for moment in found.days.index]
    written = len(dates) <= _WRITTEN_DAYS
    places = _places(dates, written=written)
    rows = int(places[:, 1].max()) + 1
    height_px = _TOP_PX + _BOTTOM_PX + rows * (_WRITTEN_ROW_PX if written else _ROW_PX)
    columns = int(places[:, 0].max()) + 1
    layout = plotly_layout(
        theme,
        height_px=height_px,
        margin=Margin(l=64 if written else _LEFT_PX, r=4, t=_TOP_PX, b=_BOTTOM_PX),
        xaxis=_across(dates, places, columns, theme, written=written, narrow=narrow),
        yaxis=_down(dates, places, rows, theme, written=written),
        shapes=_key(found).swatches(theme),
        annotations=_key(found).words(theme),
    )
    traces = [
        _heatmap(found, places, (rows, columns), theme, written=written),
        *_marks(found, places, theme),
        *([_values(found, places, theme)] if written else []),
        _days(found, dates, places),
    ]
    return Chart(
        drawing=Drawing(data=traces, layout=layout),
        alt=_alt(found, dates),
        table=pd.DataFrame(
            [(day(date_), words) for date_, words in zip(dates, _said(found), strict=True)],
            columns=list(headings),
        ),
        height_px=height_px,
    )


def _places(dates: Sequence[date], *, written: bool) -> NDArray[np.int64]:
    """Column and row of each day."""
    monday = dates[0] - timedelta(days=dates[0].weekday())
    weeks = np.array([(date_ - monday).days // 7 for date_ in dates], dtype=np.int64)
    weekdays = np.array([date_.weekday() for date_ in dates], dtype=np.int64)
    return np.column_stack([weekdays, weeks] if written else [weeks, weekdays])


def _heatmap(
    found: CalendarDays, places: NDArray[np.int64], shape: tuple[int, int], theme: Theme, *, written: bool
) -> Trace:
    states = found.days["state"].to_numpy(dtype=np.uint8)
    share = np.nan_to_num(found.share)
    values = _FIRST_CODE + np.rint(share * (_LAST_CODE - _FIRST_CODE))
    codes = np.zeros(shape, dtype=np.uint8)
    codes[places[:, 1], places[:, 0]] = np.where(states == VALUE, values, np.minimum(states, NOT_VALID))
    return heatmap(
        z=codes,
        zmin=0,
        zmax=_LAST_CODE,
        colorscale=_scale(theme),
        showscale=False,
        xgap=3 if written else 2,
        ygap=3 if written else 2,
        hoverinfo="skip",
        name="Days",
    )


def _scale(theme: Theme) -> list[tuple[float, str]]:
    """Steps, not a ramp: each colour from its first to its last code."""
    edges = [-0.5, 0.5, 1.5, *np.linspace(1.5, _LAST_CODE, len(theme.sequential) + 1)[1:]]
    stops: list[tuple[float, str]] = []
    for first, last, colour in zip(
        edges, edges[1:], (TRANSPARENT, theme.sunken, *theme.sequential), strict=False
    ):
        stops += [(max(float(first), 0) / _LAST_CODE, colour), (float(last) / _LAST_CODE, colour)]
    return stops


def _marks(found: CalendarDays, places: NDArray[np.int64], theme: Theme) -> Iterator[Trace]:
    states = found.days["state"].to_numpy()
    dot = {"symbol": "circle", "size": 4, "color": theme.text_tertiary}
    slash = {"symbol": "line-ne", "size": 7, "line": {"width": 1, "color": theme.border_strong}}
    for state, marker in ((NOT_VALID, dot), (NOT_RECORDED, slash)):
        chosen = places[states == state]
        if len(chosen):
            yield scatter(
                x=chosen[:, 0].tolist(),
                y=chosen[:, 1].tolist(),
                mode="markers",
                name=_STATE_WORDS[state].capitalize(),
                marker=marker,
                hoverinfo="skip",
            )


def _values(found: CalendarDays, places: NDArray[np.int64], theme: Theme) -> Trace:
    """The value of each day in its square, in the colour that can be read there."""
    has = found.days["state"].to_numpy() == VALUE
    return scatter(
        x=places[has, 0].tolist(),
        y=places[has, 1].tolist(),
        mode="text",
        name="Values",
        text=[found.metric.brief(value) for value in found.days["value"][has]],
        textfont={
            "size": font_px("annotation"),
            "color": [theme.background if share >= _TURNS else theme.text for share in found.share[has]],
        },
        hoverinfo="skip",
    )


def _days(found: CalendarDays, dates: Sequence[date], places: NDArray[np.int64]) -> Trace:
    """A point on each day that cannot be seen: it says what the day was, and opens its night."""
    return scatter(
        x=places[:, 0].tolist(),
        y=places[:, 1].tolist(),
        mode="markers",
        name="Nights",
        marker={"size": 16, "symbol": "square", "color": TRANSPARENT, "line": {"width": 0}},
        customdata=found.days["session_id"].tolist(),
        hovertext=[
            f"Night to {day(date_, short=True)}: {words}"
            for date_, words in zip(dates, _said(found), strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _said(found: CalendarDays) -> list[str]:
    metric = found.metric
    return [
        f"{metric.noun} {metric.text(value)}" if state == VALUE else _STATE_WORDS[int(state)]
        for value, state in zip(found.days["value"], found.days["state"], strict=True)
    ]


def _across(
    dates: Sequence[date],
    places: NDArray[np.int64],
    columns: int,
    theme: Theme,
    *,
    written: bool,
    narrow: bool,
) -> dict[str, object]:
    if written:
        ticks, words = list(range(7)), list(_WEEKDAYS)
    else:
        ticks, words = _months(dates, places, columns, narrow=narrow)
    return bare_axis(
        side="top",
        range=[-0.5, (6 if written else columns - 1) + 0.5],
        tickmode="array",
        tickvals=ticks,
        ticktext=words,
        tickangle=0,
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
    )


def _months(
    dates: Sequence[date], places: NDArray[np.int64], columns: int, *, narrow: bool
) -> tuple[list[int], list[str]]:
    """The names of the months over the weeks in which they begin, as far as there is room."""
    ticks, words, free = [], [], -np.inf
    for date_, (column, _) in zip(dates, places.tolist(), strict=True):
        if date_.day == 1 and column >= free:
            name = day(date_, year=False, weekday=False, short=True).split(NBSP)[-1]
            ticks.append(column)
            words.append(name)
            free = column + width_px(name, "axis") * columns / _PLOT_PX[narrow]
    return ticks, words


def _down(
    dates: Sequence[date], places: NDArray[np.int64], rows: int, theme: Theme, *, written: bool
) -> dict[str, object]:
    if written:
        firsts = {
            int(row): date_ for date_, (_, row) in reversed(list(zip(dates, places.tolist(), strict=True)))
        }
        ticks = list(firsts)
        words = [day(firsts[row], year=False, weekday=False, short=True) for row in ticks]
    else:
        ticks, words = list(range(7)), [name if at % 2 == 0 else "" for at, name in enumerate(_WEEKDAYS)]
    return bare_axis(
        range=[rows - 0.5, -0.5],
        tickmode="array",
        tickvals=ticks,
        ticktext=[f"{word} " for word in words],
        tickfont={"size": font_px("axis"), "color": theme.text_secondary},
    )


def _key(found: CalendarDays) -> ScaleKey:
    low, high = _ends(found)
    return ScaleKey(low=low, high=high, end_px=_KEY_END_PX, y_px=_KEY_Y_PX, swatch_px=_SWATCH_PX)


def _ends(found: CalendarDays) -> tuple[str, str]:
    """The ends of the scale in words; what lies beyond an end has its colour, which is said where it happens."""
    metric, values = found.metric, found.days["value"]
    low, high = (end + found.centre for end in (metric.low, metric.high))
    below, beyond = values.min() < low, values.max() > high
    return (
        f"{f'≤{NBSP}' if below else ''}{metric.text(low)}",
        f"{f'≥{NBSP}' if beyond else ''}{metric.text(high)}",
    )


def _alt(found: CalendarDays, dates: Sequence[date]) -> str:
    states = found.days["state"].to_numpy()
    first, last = (day(date_, weekday=False) for date_ in (dates[0], dates[-1]))
    parts = [
        f"Calendar of {found.metric.noun}, {first} to {last}",
        f"{of(found.nights, len(dates))} nights with a value",
        f"{number(float((states == NOT_VALID).sum()), 0)} without a valid night",
        f"{number(float((states == NOT_RECORDED).sum()), 0)} without a recording",
        found.title,
    ]
    return "; ".join(parts) + "."
