"""What a cohort's tables say in words; every finding is counted, and says so when nothing is clear."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording

Floats = NDArray[np.float64]

SHORT_NIGHT_MIN = 420.0
LESS_THAN_USUAL_MIN = 20.0
# A night stands out when it differs by so many minutes, and by so many standard errors, from people's own means.
_STANDS_OUT_MIN, _STANDS_OUT_SE = 30.0, 3.0
_MINIMUM_PEOPLE, _MINIMUM_NIGHTS = 5, 5


def title(people: pd.DataFrame) -> str:
    """How many of the people with a mean average under 7 h a night in the last 7 nights."""
    if people.empty:
        return "Nobody is in this cohort"
    known = people["mean_tst_min"].dropna()
    if known.empty:
        return "Nobody has 3 valid nights in the last 7"
    short = int((known < SHORT_NIGHT_MIN).sum())
    limit = wording.duration(SHORT_NIGHT_MIN)
    whom = _people(len(known), len(people), "enough nights")
    if not short:
        return f"Nobody averages under {limit} a night, of {whom}"
    return f"{wording.number(short, 0)} of {whom} {'averages' if short == 1 else 'average'} under {limit} a night"


def table_title(people: pd.DataFrame) -> str:
    """How many slept over 20 min less than usual in the last 7 nights."""
    known = people["delta_tst_min"].dropna()
    if known.empty:
        return "Too few nights for anybody's usual"
    less = int((known < -LESS_THAN_USUAL_MIN).sum())
    whom = _people(len(known), len(people), "a usual")
    finding = f"slept over {wording.duration(LESS_THAN_USUAL_MIN)} less than usual in the last 7 nights"
    return f"{wording.number(less, 0)} of {whom} {finding}" if less else f"Nobody {finding}, of {whom}"


def map_title(values: pd.DataFrame) -> str:
    """The night on which people's sleep differed most from their own means, if one stands out.

    It stands out with at least 30 min, 3 standard errors, and half of the people (5 at least) with a valid night.

    Args:
        values: time asleep in minutes by person and night label, NaN where there is no valid night.
    """
    table = values.to_numpy(dtype=np.float64)
    if not table.size or np.isnan(table).all():
        return "No valid night in this period"
    steady = table[np.count_nonzero(~np.isnan(table), axis=1) >= _MINIMUM_NIGHTS]
    nights = wording.plural(table.shape[1], "night")
    people = np.count_nonzero(~np.isnan(steady), axis=0)
    enough = people >= max(_MINIMUM_PEOPLE, len(table) / 2)
    if not enough.any():
        return f"Too few valid nights to compare {nights}"
    away = (steady - np.nanmean(steady, axis=1, keepdims=True))[:, enough]
    mean = np.nanmean(away, axis=0)
    error = np.nanstd(away, axis=0) / np.sqrt(people[enough])
    at = int(np.argmax(np.abs(mean)))
    if abs(mean[at]) < max(_STANDS_OUT_MIN, _STANDS_OUT_SE * float(error[at])):
        return f"No night stands out among {nights}"
    when = wording.day(values.columns[enough][at].date(), year=False)
    slept = f"{wording.duration(abs(float(mean[at])))} {'less' if mean[at] < 0 else 'more'} than their mean"
    counted = wording.of(int(people[enough][at]), len(table))
    return f"On the night to {when} people slept {slept} ({counted})"


def _people(known: int, all_of_them: int, what: str) -> str:
    return wording.plural(known, "person", "people") + (f" with {what}" if known < all_of_them else "")
