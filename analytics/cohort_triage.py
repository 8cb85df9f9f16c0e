"""Triage of a cohort: the nights that it looks at with their scores, up to when they have been asked for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import Synced, asked_of, day_number
from analytics.nightly_scores import nightly_scores
from analytics.score import CONSISTENCY_DAYS, EVIDENCE, ScoreRules
from analytics.shifts import BEFORE_DAYS, METRICS, RECENT_DAYS
from analytics.sleeper import Sleeper
from analytics.standing import Standing, standing
from analytics.triage import LookedAt, explained, looked_at, triage
from analytics.triage_days import LOOKED_BACK
from analytics.triage_reasons import better

Floats = NDArray[np.float64]

SHOWN: Final = (
    "flag",
    "attention",
    "since",
    "label",
    "reasons",
    "red",
    "amber",
    "max_abs_z",
    "newest",
    "stale_days",
    "no_data",
    "short_sleep",
    "low_efficiency",
    "much_unknown",
)
"""The columns of `triage.triage` that an overview of a cohort carries."""


def cohort_triage(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> pd.DataFrame:
    """The columns `SHOWN` of everybody, in the order in which to look at them. Index person_id.

    Beside them `rank`, 0 for whom to look at first, and `better`: a tuple of what moved for the better, in a few words
    each, of those in whom nothing else did and no level is out of bounds.

    Args:
        people: everyone of the cohort.
        nights: `night_table` of all of them (and maybe others) with `person_id`.
        night: the last night's label.
        synced: when somebody's nights have been asked for; see `asked.Synced`.
        rules: how scores are made.
    """
    return cohort_told(cohort_looked_at(people, nights, night=night, synced=synced, rules=rules))


def cohort_looked_at(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> LookedAt:
    """Who needs attention, before it is told since when and why; arguments are those of `cohort_triage`."""
    asked = {sleeper.person_id: asked_of(sleeper, synced.get(sleeper.person_id)) for sleeper in people}
    return looked_at(_scored(people, nights, night, rules), night, people=_ids(people), asked=asked)


def cohort_told(looked: LookedAt) -> pd.DataFrame:
    """The table that `cohort_triage` returns."""
    table = explained(looked)
    return table[list(SHOWN)].assign(rank=np.arange(len(table)), better=better(table, looked.found.shifts))


def cohort_standings(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    person_id: str,
    rules: ScoreRules = EVIDENCE,
) -> dict[str, Standing]:
    """By metric of triage where one person's last 7 days stand among those of a cohort (`standing.standing`).

    Args:
        people: everyone of the cohort.
        nights: `night_table` of all of them (and maybe others) with `person_id`.
        night: the last night's label.
        person_id: who.
        rules: how scores are made.
    """
    table = triage(_scored(people, nights, night, rules), night, people=_ids(people))
    return _standings(table, person_id)


def standings_of_moved(
    people: Sequence[Sleeper], nights: pd.DataFrame, *, night: date, rules: ScoreRules = EVIDENCE
) -> dict[str, dict[str, Standing]]:
    """By person_id the `cohort_standings` of everybody in whom something moved, which is when insights ask for them."""
    table = triage(_scored(people, nights, night, rules), night, people=_ids(people))
    moved = table.index[table["flag"].isin(["red", "amber"])]
    return {str(person_id): _standings(table, str(person_id)) for person_id in moved}


def _standings(table: pd.DataFrame, person_id: str) -> dict[str, Standing]:
    return {
        metric.name: standing(table[f"{metric.name}_recent"], person_id, circular=metric.kind == "clock")
        for metric in METRICS
    }


def _ids(people: Sequence[Sleeper]) -> list[str]:
    return [sleeper.person_id for sleeper in people]


def _scored(people: Sequence[Sleeper], nights: pd.DataFrame, night: date, rules: ScoreRules) -> pd.DataFrame:
    return nights.assign(score=_scores(people, nights, night, rules))


def _scores(people: Sequence[Sleeper], nights: pd.DataFrame, night: date, rules: ScoreRules) -> Floats:
    """The score of each row of the days that triage looks at, which takes the days of consistency before them."""
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    last = day_number(night)
    days = BEFORE_DAYS + RECENT_DAYS + LOOKED_BACK + CONSISTENCY_DAYS
    looked_at = np.flatnonzero((label > last - days) & (label <= last))
    ages = pd.Series(
        {sleeper.person_id: sleeper.age_years(night.year) for sleeper in people}, dtype="float64"
    )
    scores = np.full(len(nights), np.nan)
    scores[looked_at] = nightly_scores(nights.iloc[looked_at], ages=ages, rules=rules)
    return scores
