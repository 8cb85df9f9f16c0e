"""What a cohort's tables say in words; every finding is counted, and says so when nothing is clear."""

from typing import Final

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from analytics import wording
from analytics.night_metrics import DEFAULT, NightMetric
from analytics.person_figures import SHORT_NIGHT_MIN
from analytics.reliability import WEEK_DAYS, month_mean, week_mean
from analytics.shifts import INSUFFICIENT
from analytics.time_of_day import clocks_by_group, wrap_h
from analytics.triage_days import LOW_EFFICIENCY_PCT, MUCH_UNKNOWN_SHARE, NO_DATA_DAYS, SHORT_SLEEP_MIN
from analytics.usual import REFERENCE_NIGHTS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]

ALL_WELL: Final = (
    "Where there are nights enough, the last 7 days are as the person's own 28 days before, or better. Nobody averages "
    f"under {wording.duration(SHORT_SLEEP_MIN)} asleep or {wording.percent(LOW_EFFICIENCY_PCT)} efficiency, nobody has "
    f"been silent for {wording.plural(NO_DATA_DAYS, 'day')}, and nobody's recordings lack over "
    f"{wording.percent(100 * MUCH_UNKNOWN_SHARE)}."
)
"""What it means that nobody needs attention."""

LOW_CONFIDENCE: Final = (
    f"Few nights: a mean of {week_mean(0).low_from} or {week_mean(0).good_from - 1} of {WEEK_DAYS} nights, or a usual "
    f"of {month_mean(0).low_from} to {month_mean(0).good_from - 1} of {REFERENCE_NIGHTS}, has low confidence."
)
"""When a figure of a cohort's table rests on few nights."""

LESS_THAN_USUAL_MIN: Final = 20.0
# Chance alone would let any of the nights looked at stand out in no larger share of maps.
_BY_CHANCE: Final = 0.05
_MINIMUM_PEOPLE, _MINIMUM_NIGHTS = 5, 5


def attention_title(people: pd.DataFrame, aside: int = 0) -> str:
    """How many of the people need attention; that nobody does, or that there is too little to tell.

    Args:
        people: `attention`, `flag` and `stale_days`, as in `triage.triage`.
        aside: how many of those who need attention somebody has dealt with, as `flag_state.flag_hidden` decides.
    """
    if people.empty:
        return "Nobody is in this cohort"
    everybody = wording.plural(len(people), "person", "people")
    if people["stale_days"].isna().all():
        return f"No night of {everybody} has arrived yet"
    count = int(people["attention"].sum()) - aside
    if aside and not count:
        return f"Nobody else needs attention, of {everybody}"
    if count:
        return f"{wording.number(count, 0)} of {everybody} {'needs' if count == 1 else 'need'} attention"
    if (people["flag"] == INSUFFICIENT).all():
        return "Too few nights to tell who needs attention"
    return f"Nobody needs attention, of {everybody}"


def others_title(people: pd.DataFrame) -> str:
    """What there is to say of those who need no attention; "" where there are none.

    Args:
        people: `attention` and `flag`, as in `triage.triage`.
    """
    others = people[~people["attention"]]
    few = int((others["flag"] == INSUFFICIENT).sum())
    better = int(others["flag"].isin(("red", "amber")).sum())
    counts = (
        (len(others) - few - better, "without a flag"),
        (better, "better than usual"),
        (few, "with too few nights to tell"),
    )
    told = [(count, words) for count, words in counts if count]
    # The first of them says of what.
    return ", ".join(
        f"{wording.number(count, 0) if n else wording.plural(count, 'person', 'people')} {words}"
        for n, (count, words) in enumerate(told)
    )


def title(people: pd.DataFrame) -> str:
    """How many of the people with a mean average under 7 h a night in the last 7 nights.

    Args:
        people: `mean_tst_min` and `mean_reliability`.
    """
    if people.empty:
        return "Nobody is in this cohort"
    known = people["mean_tst_min"].dropna()
    if known.empty:
        return "Nobody has 3 valid nights in the last 7"
    is_short = people["mean_tst_min"] < SHORT_NIGHT_MIN
    short = int(is_short.sum())
    limit = wording.duration(SHORT_NIGHT_MIN)
    whom = _people(len(known), len(people), "enough nights")
    if not short:
        return f"Nobody averages under {limit} a night, of {whom}"
    finding = f"{'averages' if short == 1 else 'average'} under {limit} a night"
    few = _on_few_nights(is_short & (people["mean_reliability"] == "low"), short)
    return f"{wording.number(short, 0)} of {whom} {finding}{few}"


def table_title(people: pd.DataFrame) -> str:
    """How many slept over 20 min less than usual in the last 7 nights.

    Args:
        people: `delta_tst_min`, `mean_reliability` and `usual_reliability`.
    """
    known = people["delta_tst_min"].dropna()
    if known.empty:
        return "Too few nights for anybody's usual"
    is_less = people["delta_tst_min"] < -LESS_THAN_USUAL_MIN
    less = int(is_less.sum())
    whom = _people(len(known), len(people), "a usual")
    finding = f"slept over {wording.duration(LESS_THAN_USUAL_MIN)} less than usual in the last 7 nights"
    if not less:
        return f"Nobody {finding}, of {whom}"
    low = (people[["mean_reliability", "usual_reliability"]] == "low").any(axis=1)
    return f"{wording.number(less, 0)} of {whom} {finding}{_on_few_nights(is_less & low, less)}"


def map_title(values: pd.DataFrame, metric: NightMetric = DEFAULT) -> str:
    """The night on which people's sleep differed most from their own means, if one stands out.

    It stands out with at least what matters in the metric (`night_metrics`, 30 min asleep), half of the people (5 at
    least, each with 5 nights) with a value, and a mean difference beyond Student's t (n - 1 degrees of freedom) at 5 %,
    shared among all nights looked at (Bonferroni): where nothing differs, at most one map in twenty names a night.
    On the clock a person without a typical time is none of those with a value.

    Args:
        values: the metric by person and night label, NaN where there is no valid night.
        metric: which one; on the clock differences are taken the short way round.
    """
    table = values.to_numpy(dtype=np.float64)
    if not table.size or np.isnan(table).all():
        return "No valid night in this period"
    steady = table[np.count_nonzero(~np.isnan(table), axis=1) >= _MINIMUM_NIGHTS]
    nights = wording.plural(table.shape[1], "night")
    needed = max(_MINIMUM_PEOPLE, len(table) / 2)
    if not (np.count_nonzero(~np.isnan(steady), axis=0) >= needed).any():
        return f"Too few valid nights to compare {nights}"
    away = _from_own_mean(steady, circular=metric.circular)
    people = np.count_nonzero(~np.isnan(away), axis=0)
    enough = people >= needed
    if not enough.any():
        return f"Too few people have a typical time to compare {nights}"
    away = away[:, enough]
    mean = np.nanmean(away, axis=0)
    outside = _stands_out(away, people[enough], metric.matters)
    if not outside.any():
        return f"No night stands out among {nights}"
    at = int(np.argmax(np.where(outside, np.abs(mean), 0)))
    when = wording.day(values.columns[enough][at].date(), year=False)
    differed = (metric.less if mean[at] < 0 else metric.more).format(metric.difference(float(mean[at])))
    counted = wording.of(int(people[enough][at]), len(table))
    return f"On the night to {when} people {differed} ({counted})"


def _from_own_mean(table: Floats, *, circular: bool) -> Floats:
    """How far each night lies from the person's mean: in the unit of the values, on the clock in minutes.

    Who has no typical time of day (R < 0.3) has NaN.
    """
    if not circular:
        away: Floats = table - np.nanmean(table, axis=1, keepdims=True)
        return away
    owner, at = np.nonzero(~np.isnan(table))
    typical = clocks_by_group(owner, table[owner, at], len(table))[0]
    return 60 * wrap_h(table - typical[:, None])


def _stands_out(away: Floats, people: Counts, matters: float) -> Flags:
    """Which nights stand out, by the rule of `map_title`.

    Args:
        away: people x nights looked at, from the person's mean; NaN where there is none.
        people: how many have a value on each night.
        matters: the smallest difference that does, in the unit of `away`.
    """
    error = np.nanstd(away, axis=0, ddof=1) / np.sqrt(people)
    limit = np.asarray(scipy.stats.t.ppf(1 - _BY_CHANCE / (2 * away.shape[1]), people - 1))
    outside: Flags = np.abs(np.nanmean(away, axis=0)) >= np.maximum(matters, limit * error)
    return outside


def few_nights(people: pd.DataFrame) -> list[str]:
    """For each person what rests on few nights: "4 of 7", "usual 8 of 28", both, or "".

    Args:
        people: `mean_reliability`, `usual_reliability`, `valid_7` and `valid_before`, as in `cohort_means`.
    """
    columns = ("mean_reliability", "valid_7", "usual_reliability", "valid_before")
    return [
        "; ".join(
            words
            for verdict, words in (
                (mean, wording.of(week, WEEK_DAYS)),
                (usual, f"usual {wording.of(before, REFERENCE_NIGHTS)}"),
            )
            if verdict == "low"
        )
        for mean, week, usual, before in zip(*(people[name].tolist() for name in columns), strict=True)
    ]


def _on_few_nights(low: "pd.Series[bool]", counted: int) -> str:
    """How many of those counted rest on few nights, as the end of a finding."""
    few = int(low.sum())
    if not few:
        return ""
    if few == counted:
        return ", on few nights" if few == 1 else ", all of them on few nights"
    return f", {wording.number(few, 0)} of them on few nights"


def _people(known: int, all_of_them: int, what: str) -> str:
    return wording.plural(known, "person", "people") + (f" with {what}" if known < all_of_them else "")
