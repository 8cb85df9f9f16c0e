"""The score of every night of many people, each with the consistency of the 14 sleep days up to it.

It is what `score.night_score` gives for each night alone, found in one pass over columns. Neighbouring nights share 13
of their 14 days, so the counts of slots are running sums, and only where these make too few pairs of days are the
mid-sleeps of a window looked at one by one. The parts are defined in `score_parts`, consistency in `regularity`.
SPEC 2.6, 3.3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.efficiency import counted_efficiency_pct
from analytics.regularity import MINIMUM_DAY_PAIRS, SLOTS_PER_DAY, consistencies
from analytics.score import CONSISTENCY_DAYS
from analytics.score_parts import (
    VENDOR_CONSISTENCY,
    duration_part,
    efficiency_part,
    overall,
    vendor_duration_part,
)
from analytics.score_rules import EVIDENCE, ScoreRules
from analytics.time_of_day import Counts, Floats
from analytics.travel import left_out_of_consistency

__all__ = ["nightly_scores"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Days:
    """The main sleeps of everybody, by person and day, with what a score takes from each of them.

    Attributes:
        row: where each stands in the table that was given.
        owner: whose it is, 0 to n - 1.
        first: the first of the 14 sleep days up to it, as a position in this list.
        usable: whether it counts.
        asleep: whether anybody slept.
        midsleep_h: NaN where it does not count in consistency.
        agree, known: slots against the day before; 0 where that day is not there or left out.
    """

    row: Counts
    owner: Counts
    first: Counts
    usable: Flags
    asleep: Flags
    midsleep_h: Floats
    agree: Floats
    known: Floats


def nightly_scores(nights: pd.DataFrame, *, ages: "pd.Series[float]", rules: ScoreRules = EVIDENCE) -> Floats:
    """The score of each row, 0 to 100; NaN for naps, for what is not valid, and where a part is missing.

    It is `night_score(...).overall` of the row's person and label.

    Args:
        nights: one row per sleep of any number of people, in any order, with the columns that `score.period_scores`
            reads. At most one main sleep a person and sleep day, labels rising with the days, as `night_table` makes
            them.
        ages: years by `person_id`; NaN where unknown, and nobody has to be in it.
        rules: profile, weights and options.

    Raises:
        ValueError: an age below 0.
    """
    owner, people = pd.factorize(nights["person_id"])
    days = _days(nights, owner, rules)
    tonight = np.flatnonzero(days.usable)
    scores = np.full(len(nights), np.nan)
    if not len(tonight):
        return scores
    rows = days.row[tonight]
    years = np.asarray(ages.reindex(pd.Index(people)), dtype=np.float64)
    efficiency, duration = _own_parts(nights, owner, rows, years[days.owner[tonight]], rules)
    regular = np.full(len(rows), VENDOR_CONSISTENCY) if rules.placeholder else _consistency(days, tonight)
    scores[rows] = overall(efficiency, regular, duration, rules.weights)
    return scores


def _days(nights: pd.DataFrame, owner: Counts, rules: ScoreRules) -> _Days:
    main = np.flatnonzero((nights["kind"] == "main").to_numpy(dtype=bool))
    index = nights["day_index"].to_numpy(dtype=np.int64)[main]
    order = np.lexsort((index, owner[main]))
    row, index = main[order], index[order]
    whose = owner[row]
    usable = _usable(nights)[row]
    journey = _journey(nights, rules)[row]
    paired = np.zeros(len(row), dtype=bool)
    paired[1:] = (whose[1:] == whose[:-1]) & (index[1:] == index[:-1] + 1) & ~journey[1:] & ~journey[:-1]
    midsleep_h = _floats(nights, "midsleep_clock_h")[row]
    return _Days(
        row=row,
        owner=whose,
        first=_first_of_window(whose, nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)[row]),
        usable=usable,
        asleep=_floats(nights, "tst_min")[row] > 0,
        midsleep_h=np.where(usable & ~journey, midsleep_h, np.nan),
        agree=np.where(paired, np.nan_to_num(_floats(nights, "sri_agree")[row]), 0.0),
        known=np.where(paired, np.nan_to_num(_floats(nights, "sri_known")[row]), 0.0),
    )


def _usable(nights: pd.DataFrame) -> Flags:
    measured = ~np.isnan(_floats(nights, "se_pct")) & ~np.isnan(_floats(nights, "tst_min"))
    return np.asarray(nights["valid"].to_numpy(dtype=bool) & measured)


def _journey(nights: pd.DataFrame, rules: ScoreRules) -> Flags:
    """Whether a change of time zone keeps each of these nights out of consistency."""
    if rules.journeys_count or "reasons" not in nights:
        return np.zeros(len(nights), dtype=np.bool_)
    # Thousands of nights share a few combinations of reasons: each is read once.
    of_row, reasons = pd.factorize(nights["reasons"].to_numpy(dtype=object))
    return left_out_of_consistency(reasons)[of_row]


def _first_of_window(owner: Counts, label: Counts) -> Counts:
    """The position of the first of the 14 days up to each; `owner` and then `label` rise."""
    if not len(label):
        return np.empty(0, dtype=np.int64)
    # Between the last day of somebody and the first of the next lie as many places as a window has.
    place = owner * (np.ptp(label) + CONSISTENCY_DAYS) + label - label.min()
    return np.asarray(np.searchsorted(place, place - (CONSISTENCY_DAYS - 1)), dtype=np.int64)


def _own_parts(
    nights: pd.DataFrame, owner: Counts, rows: Counts, age: Floats, rules: ScoreRules
) -> tuple[Floats, Floats]:
    """Efficiency and duration of these nights."""
    asleep_min = _floats(nights, "tst_min")[rows]
    if rules.profile == "vendor":
        # The vendor's code knows nothing of lost signal.
        return _floats(nights, "se_pct")[rows], vendor_duration_part(asleep_min / 60)
    if rules.naps_count:
        asleep_min = asleep_min + _naps_min(nights, owner)[rows]
    efficiency = efficiency_part(counted_efficiency_pct(nights)[rows])
    return efficiency, duration_part(asleep_min / 60, age, long_sleep_counts=rules.long_sleep_counts)


def _naps_min(nights: pd.DataFrame, owner: Counts) -> Floats:
    """Minutes asleep in the valid naps of the sleep day of each row."""
    index = nights["day_index"].to_numpy(dtype=np.int64)
    day = pd.factorize(owner * (np.ptp(index) + 1) + (index - index.min()))[0]
    nap = (nights["kind"] == "nap").to_numpy(dtype=bool) & nights["valid"].to_numpy(dtype=bool)
    asleep = np.where(nap, np.nan_to_num(_floats(nights, "tst_min")), 0.0)
    of_day: Floats = np.bincount(day, asleep, day.max() + 1).astype(np.float64)
    return of_day[day]


def _consistency(days: _Days, tonight: Counts) -> Floats:
    """The consistency part of these nights; NaN where neither of its estimators holds."""
    first, nights = days.first[tonight], np.arange(len(tonight))
    # The first day of a window has its pair outside.
    agree, known = (_sums(values, first + 1, tonight + 1) for values in (days.agree, days.known))
    any_sleep = _sums(days.asleep.astype(np.float64), first, tonight + 1)
    few = np.flatnonzero((known < MINIMUM_DAY_PAIRS * SLOTS_PER_DAY) | (any_sleep == 0))
    length = tonight[few] + 1 - first[few]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    one_by_one = np.repeat(first[few], length) + within
    # A row with the sums of each night, then the days of the windows that need their mid-sleeps.
    nothing = np.zeros(len(one_by_one))
    window = pd.DataFrame(
        {
            "person_id": np.concatenate([nights, np.repeat(few, length)]),
            "sri_agree": np.concatenate([agree, nothing]),
            "sri_known": np.concatenate([known, nothing]),
            "tst_min": np.concatenate([any_sleep, nothing]),
            "midsleep_clock_h": np.concatenate([np.full(len(nights), np.nan), days.midsleep_h[one_by_one]]),
        }
    )
    return consistencies(window)["value"].to_numpy(dtype=np.float64)


def _sums(values: Floats, first: Counts, beyond: Counts) -> Floats:
    """The sums of whole numbers from `first` up to `beyond`, not included."""
    running: Floats = np.concatenate([np.zeros(1), np.cumsum(values)])
    return running[beyond] - running[first]


def _floats(nights: pd.DataFrame, name: str) -> Floats:
    return nights[name].to_numpy(dtype=np.float64)
