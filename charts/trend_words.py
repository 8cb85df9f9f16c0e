"""The trend of time asleep in words: its alternative text and its table."""

from datetime import date

import numpy as np
import pandas as pd

from analytics.night_summary import night_summary
from analytics.summary import PersonPeriod
from analytics.wording import day, duration, percent, plural, signed_duration

COLUMNS = ("Night", "Time asleep", "Mean of 7 days", "Smooth line")
_CONFIDENCE_PCT = 95


def alternative(period: PersonPeriod, history: pd.DataFrame, band: str) -> str:
    """What the chart shows, with its numbers.

    Args:
        period: whose trend and changes are told.
        history: the nights drawn.
        band: the recommended range in words.
    """
    first, last = history["night"].min().date(), history["night"].max().date()
    found = period.patterns
    span = night_summary(history["tst_min"], days=(found.last - found.first).days + 1)
    middle = "" if np.isnan(span.median) else f", median {duration(span.median)}"
    parts = [
        f"Time asleep, {plural(len(history), 'night')} from {_date(first)} to {_date(last)}",
        f"between {duration(span.least)} and {duration(span.most)}{middle}",
        _trend(period),
        *(
            f"from {_date(step.first_after.date())} on {signed_duration(step.shift)}"
            for step in found.changes.steps
        ),
        band,
    ]
    return "; ".join(parts) + "."


def table(period: PersonPeriod, history: pd.DataFrame) -> pd.DataFrame:
    """The nights of the chart and the values of its lines, in words."""
    found = period.patterns
    rows = [
        (
            day(pd.Timestamp(moment).date()),
            duration(minutes),
            duration(float(found.rolling.get(moment, np.nan))),
            duration(float(found.line.get(moment, np.nan))),
        )
        for moment, minutes in zip(history["night"], history["tst_min"], strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _trend(period: PersonPeriod) -> str:
    found = period.trend
    if found.verdict == "too few":
        return "too few nights for a trend"
    verdict = {"none": "no clear trend"}.get(found.verdict, found.verdict)
    return (
        f"{verdict}: {signed_duration(found.slope_per_week)} a week, {percent(_CONFIDENCE_PCT)} interval "
        f"{signed_duration(found.low_per_week)} to {signed_duration(found.high_per_week)}"
    )


def _date(moment: date) -> str:
    return day(moment, weekday=False)
