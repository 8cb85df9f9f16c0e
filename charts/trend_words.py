"""A metric over weeks in words: its alternative text and its table."""

from datetime import date

import numpy as np
import pandas as pd

from analytics.followed import Followed
from analytics.wording import day, percent, plural

_CONFIDENCE_PCT = 95


def columns(found: Followed) -> tuple[str, ...]:
    """The headings of the table."""
    noun = found.metric.noun
    return ("Night", f"{noun[0].upper()}{noun[1:]}", "Mean of 7 days", "Smooth line")


def alternative(found: Followed, band: str) -> str:
    """What the chart shows, with its numbers.

    Args:
        found: whose values, trend and changes are told.
        band: the recommended range in words; "" for none.
    """
    metric = found.metric
    first, last = found.values.index[0].date(), found.values.index[-1].date()
    least, median, most = found.range
    middle = "" if np.isnan(median) else f", median {metric.text(median)}"
    parts = [
        f"{columns(found)[1]}, {plural(len(found.values), 'night')} from {_date(first)} to {_date(last)}",
        f"between {metric.text(least)} and {metric.text(most)}{middle}",
        _trend(found),
        *(
            f"from {_date(step.first_after.date())} on {metric.change(step.shift)}"
            for step in found.changes.steps
        ),
        *([band] if band else []),
    ]
    return "; ".join(parts) + "."


def table(found: Followed) -> pd.DataFrame:
    """The nights of the chart and the values of its lines, in words."""
    text = found.metric.text
    rows = [
        (
            day(moment.date()),
            text(value),
            text(float(found.rolling.get(moment, np.nan))),
            text(float(found.line.get(moment, np.nan))),
        )
        for moment, value in zip(pd.DatetimeIndex(found.values.index), found.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(columns(found)))


def _trend(found: Followed) -> str:
    slope, change = found.trend, found.metric.change
    if slope.verdict == "too few":
        return "too few nights for a trend"
    verdict = {"none": "no clear trend"}.get(slope.verdict, slope.verdict)
    return (
        f"{verdict}: {change(slope.slope_per_week)} a week, {percent(_CONFIDENCE_PCT)} interval "
        f"{change(slope.low_per_week)} to {change(slope.high_per_week)}"
    )


def _date(moment: date) -> str:
    return day(moment, weekday=False)
