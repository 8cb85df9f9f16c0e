"""How much a time of day usually varies, over windows as long as the period that it stands beside.

The spread of a short window is smaller than that of a long one, all the more where nights resemble their neighbours: of
people in whom nothing changes, the spread of a week compared with that of the 28 days before seems to fall. So the
four weeks before a week are taken one by one, and their spreads averaged: each is as much too small as the week's [P].
"""

import math
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from analytics.person_values import PersonValues, gated_values
from analytics.reliability import period_reliability
from analytics.time_of_day import Floats, clocks_by_group
from analytics.usual import REFERENCE_NIGHTS

__all__ = ["usual_spread_min", "usual_spreads", "windows_before"]

_SHORT_UP_TO_DAYS: Final = REFERENCE_NIGHTS // 2
# A calendar month and the 28 days before it are as good as equally long.
_EQUAL_UP_TO_DAYS: Final = 31


def windows_before(days: int) -> tuple[int, int]:
    """How many windows of how many days the 28 days before a period make; (0, 0) where none is as long as the period.

    A week has 4 of 7 days before it, a month 1 of 28; between 15 and 27 days, and beyond 31, none is comparable.
    """
    if days <= _SHORT_UP_TO_DAYS:
        return REFERENCE_NIGHTS // days, days
    return (1, REFERENCE_NIGHTS) if REFERENCE_NIGHTS <= days <= _EQUAL_UP_TO_DAYS else (0, 0)


def usual_spreads(nights: pd.DataFrame, *, first: date, days: int) -> PersonValues:
    """Each person's usual standard deviation of a time of day in minutes, before a period.

    The mean over the windows that have nights enough for a spread, at least half of them; who has fewer is left out.

    Args:
        nights: one row per night, columns `person_id`, `night` and `value`, hours of the day; NaN is a night without.
        first: first day of the period; the 28 days before it are looked at.
        days: calendar days of the period.
    """
    count, length = windows_before(days)
    ago = (pd.Timestamp(first) - nights["night"]).dt.days.to_numpy(dtype=np.int64) - 1
    looked_at = (ago >= 0) & (ago < count * length) & nights["value"].notna().to_numpy()
    code, ids = pd.factorize(nights["person_id"].astype("str").to_numpy()[looked_at])
    index = pd.Index(ids, dtype="str", name="person_id")
    if not len(index):
        return gated_values(index, np.empty(0), np.empty(0, dtype=np.int64), days=days)
    hours: Floats = nights["value"].to_numpy(dtype=np.float64)[looked_at]
    window = code * count + ago[looked_at] // length
    _, spread, _, number = clocks_by_group(window, hours, len(index) * count)
    gates = [
        period_reliability(n, days=length, statistic="variability") != "suppressed"
        for n in range(int(number.max()) + 1)
    ]
    shown = np.array(gates)[number] & ~np.isnan(spread)
    table, spreads = (part.reshape(-1, count) for part in (shown, np.where(shown, spread, 0.0)))
    enough = 2 * table.sum(axis=1) >= count
    usual = spreads.sum(axis=1) / np.where(enough, table.sum(axis=1), np.nan)
    counted = np.where(table, number.reshape(-1, count), 0).sum(axis=1)
    order = np.argsort(index.to_numpy())
    return gated_values(
        index[order], usual[order], counted[order], days=REFERENCE_NIGHTS, statistic="variability"
    )


def usual_spread_min(nights: pd.DataFrame, column: str, *, first: date, days: int) -> float:
    """One person's usual standard deviation of a time of day before a period; NaN where there is none.

    Args:
        nights: main sleeps of one person with `night`; those of a journey left out.
        column: the time of day.
        first: first day of the period.
        days: its calendar days.
    """
    one = pd.DataFrame({"person_id": "", "night": nights["night"], "value": nights[column]})
    found = usual_spreads(one, first=first, days=days).values
    return float(found.iloc[0]) if len(found) else math.nan
