"""A metric by calendar day: the value of each valid night, and why other days have none."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.followed import FollowedMetric, values_of
from analytics.night_summary import night_summary
from analytics.person_period import PersonPeriod
from analytics.time_of_day import Floats

__all__ = ["NOT_RECORDED", "NOT_VALID", "VALUE", "CalendarDays", "calendar_days"]

NOT_RECORDED, NOT_VALID, VALUE = 0, 1, 2
"""Nothing was recorded; what was recorded is no valid main sleep or has no such value; there is a value."""

# Least and most are of few nights what they are of many, but a finding needs some.
_MINIMUM_NIGHTS: Final = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class CalendarDays:
    """A metric of a person's period, a day at a time.

    Attributes:
        metric: which.
        days: one row a day by its label, in order: `value` in the metric's unit (NaN without), `state` (one of
            `NOT_RECORDED`, `NOT_VALID`, `VALUE`), `session_id` of the day's main sleep, else of anything recorded ("").
        centre: what the colours are counted from: 0, or for a time of day the middle value in minutes from midnight.
        note: what is to be known of the values; "" for nothing.
    """

    metric: FollowedMetric
    days: pd.DataFrame
    centre: float
    note: str

    @property
    def nights(self) -> int:
        """How many days have a value."""
        return int((self.days["state"] == VALUE).sum())

    @property
    def share(self) -> Floats:
        """Where each day's value lies between the ends of the metric's scale, 0 to 1; NaN without a value.

        The ends are fixed, so that a colour is the same amount in every month and of everybody.
        """
        low, high = self.metric.low, self.metric.high
        away = np.asarray(self.days["value"], dtype=np.float64) - self.centre
        share: NDArray[np.float64] = np.clip((away - low) / (high - low), 0, 1)
        return share

    @property
    def title(self) -> str:
        """The finding: between which values the nights lie."""
        metric, values = self.metric, self.days["value"].dropna()
        noun = f"{metric.noun[0].upper()}{metric.noun[1:]}"
        if len(values) < _MINIMUM_NIGHTS:
            return f"{noun} by day: {wording.plural(len(values), 'night')}"
        found = night_summary(values, days=len(self.days))
        return f"{noun} between {metric.text(found.least)} and {metric.text(found.most)}"

    @property
    def counted(self) -> str:
        """On how many days there is a value: `26 of 28 nights`."""
        return f"{wording.of(self.nights, len(self.days))} nights"


def calendar_days(period: PersonPeriod, metric: FollowedMetric) -> CalendarDays:
    """A metric by day over a period, only what lies in it.

    Args:
        period: whose valid main sleeps have values; whatever else was recorded keeps its day from being empty.
        metric: which.
    """
    labels = pd.date_range(period.first, period.last, freq="D", unit="us")
    values, note = values_of(period.valid, metric)
    value = values.groupby(level=0).last().reindex(labels)
    recorded = labels.isin(period.nights["night"])
    state = np.where(value.notna(), VALUE, np.where(recorded, NOT_VALID, NOT_RECORDED))
    centre = 0.0
    if metric.kind == "clock" and len(values):
        centre = float(values.median())
    return CalendarDays(
        metric=metric,
        days=pd.DataFrame(
            {"value": value, "state": state.astype(np.uint8), "session_id": _sessions(period, labels)}
        ),
        centre=centre,
        note=note,
    )


def _sessions(period: PersonPeriod, labels: pd.DatetimeIndex) -> "pd.Series[str]":
    nights = period.nights.assign(later=period.nights["kind"] == "main")
    # A main sleep goes before naps of its day, and those before what could not be used.
    chosen = nights.sort_values(["valid", "later"], kind="stable").drop_duplicates("night", keep="last")
    found: pd.Series[str] = chosen.set_index("night")["session_id"].reindex(labels).fillna("")
    return found
