"""Calendar days as an axis: which dates are labelled, and where the weekends are."""

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd

from analytics.wording import day
from charts.theme import Theme, bare_axis, faded, font_px

HALF_DAY = pd.Timedelta(hours=12)
_DAY = timedelta(days=1)
_LABELS = {False: 9, True: 3}


def day_axis(first: date, last: date, theme: Theme, *, narrow: bool, **more: object) -> dict[str, object]:
    """The axis from half a day before the first to half a day after the last, labelled on Mondays.

    Up to two weeks are labelled by day, every n-th where there is no room; from about ten weeks every n-th Monday is.
    `more` adds to the axis or replaces.
    """
    ticks = _labelled(first, last, _LABELS[narrow])
    base = {
        "type": "date",
        "range": [edge(first, -1), edge(last, 1)],
        "tickmode": "array",
        "tickvals": [moment.isoformat() for moment in ticks],
        "ticktext": [day(moment, year=False, weekday=False, short=True) for moment in ticks],
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": theme.border,
        "showline": True,
        "linecolor": theme.border,
        "tickangle": 0,
        "tickfont": {"size": font_px("axis"), "color": theme.text_secondary},
    }
    return bare_axis(**{**base, **more})


def edge(day_: date, side: int) -> str:
    """Half a day before (`side` -1) or after (1) the noon-less middle of a date, as the axis writes it."""
    return (pd.Timestamp(day_) + side * HALF_DAY).isoformat()


def weekends(first: date, last: date, theme: Theme, opacity: float) -> Iterator[dict[str, object]]:
    """A tint behind each Saturday with its Sunday, over the whole height."""
    # The Saturday of the first date's own weekend, or else the next one.
    saturday = first + _DAY * (5 - first.weekday())
    while saturday <= last:
        yield {
            "type": "rect",
            "x0": edge(max(saturday, first), -1),
            "x1": edge(min(saturday + _DAY, last), 1),
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "fillcolor": faded(theme.accent, opacity),
            "line": {"width": 0},
            "layer": "below",
        }
        saturday += 7 * _DAY


def _labelled(first: date, last: date, room: int) -> list[date]:
    days = (last - first).days + 1
    if days <= 14:
        return [first + n * _DAY for n in range(0, days, -(-days // room))]
    monday = first + _DAY * (-first.weekday() % 7)
    mondays = [monday + 7 * n * _DAY for n in range((last - monday).days // 7 + 1)]
    return mondays[:: max(1, -(-len(mondays) // room))]
