"""A cohort as tables: everyone's last night, last week against usual, and time asleep by person and night.

Nothing here loops over nights: 500 people with a year each are one pass over columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import NEVER, Synced, day_number, known_days
from analytics.cohort_means import DAYS_NEEDED, week_beside_usual
from analytics.efficiency import counted_efficiency_pct
from analytics.grades import REASONS, first_exclusion
from analytics.reliability import WEEK_DAYS
from analytics.score import EVIDENCE, ScoreRules, period_scores
from analytics.sessions import instants
from analytics.sleeper import Sleeper
from analytics.usual import medians_before

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

NOT_SYNCED, NO_VALID_NIGHT, VALID = 0, 1, 2
_STATES: Final = {NOT_SYNCED: "no data", NO_VALID_NIGHT: "no valid night", VALID: "valid"}


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortTable:
    """The tables of a cohort; rows are people, those whose sleep fell most against usual first.

    Attributes:
        people: the columns of `cohort_overview.CohortOverview.people`.
        dates: night labels of the map, oldest first.
        values: time asleep in minutes by person and night, NaN where there is no valid night.
        states: `NOT_SYNCED`, `NO_VALID_NIGHT` or `VALID` likewise, uint8.
    """

    people: pd.DataFrame
    dates: pd.DatetimeIndex
    values: pd.DataFrame
    states: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class _Window:
    """The nights of the people in question, placed: row `at[i]`, day `day[i]` of the grid."""

    rows: pd.DataFrame
    at: Counts
    day: Counts
    shape: tuple[int, int]

    def grid(self, values: Floats) -> Floats:
        """The values of valid main sleeps by person and day, NaN elsewhere."""
        table = np.full(self.shape, np.nan)
        counted = (self.rows["valid"] & (self.rows["kind"] == "main")).to_numpy(dtype=bool)
        table[self.at[counted], self.day[counted]] = values[counted]
        return table


def cohort_table(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    days: int,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> CohortTable:
    """The tables of a cohort up to and including one night.

    Args:
        people: everyone of the cohort.
        nights: `night_table` of all of them (and maybe others) with `person_id`.
        night: the last night's label.
        days: how many nights the map has.
        synced: until when somebody's nights have been asked for: the moment of the last synchronisation, or first and
            last date; None or absent for never.
        rules: how scores are made.
    """
    ids = pd.Index([sleeper.person_id for sleeper in people], dtype="str", name="person_id")
    reach = max(days, DAYS_NEEDED)
    last = day_number(night)
    owner = ids.get_indexer(pd.Index(nights["person_id"]))
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    known = np.flatnonzero(owner >= 0)
    inside = np.flatnonzero((owner >= 0) & (label > last - reach) & (label <= last))
    window = _Window(
        rows=nights.iloc[inside],
        at=owner[inside],
        day=label[inside] - (last - reach + 1),
        shape=(len(ids), reach),
    )
    asleep = window.grid(window.rows["tst_min"].to_numpy(dtype=np.float64))
    efficiency = window.grid(counted_efficiency_pct(window.rows))
    states = _states(window, asleep, known_days(people, synced, owner=owner, label=label), last)
    lasts, at = _sleeps_of_the_last_night(window)
    table = pd.concat(
        [
            _facts(people, synced, ids),
            _last_night(lasts, at, states[:, -1], ids),
            _last_usual(lasts, at, nights.iloc[known], owner[known], ids),
            week_beside_usual(asleep, efficiency, ids),
        ],
        axis=1,
    ).join(_scores(window, people, night, rules))
    order = np.lexsort((table["name"].str.casefold().to_numpy(dtype=str), table["delta_tst_min"].to_numpy()))
    dates = pd.date_range(end=pd.Timestamp(night), periods=days, freq="D").as_unit("us")
    chosen = ids[order]
    return CohortTable(
        people=table.iloc[order],
        dates=dates,
        values=pd.DataFrame(asleep[order, -days:], index=chosen, columns=dates),
        states=pd.DataFrame(states[order, -days:], index=chosen, columns=dates),
    )


def _facts(people: Sequence[Sleeper], synced: Mapping[str, Synced], ids: pd.Index) -> pd.DataFrame:
    moments = [synced.get(sleeper.person_id) for sleeper in people]
    at = [pd.Timestamp(moment) if isinstance(moment, datetime) else pd.NaT for moment in moments]
    return pd.DataFrame(
        {
            "name": pd.Series([sleeper.name for sleeper in people], dtype="str", index=ids),
            "tags": pd.Series([sleeper.tags for sleeper in people], dtype="object", index=ids),
            "synced_at": pd.DatetimeIndex(pd.to_datetime(pd.Series(at, dtype="object"), utc=True)).as_unit(
                "us"
            ),
        }
    )


def _states(window: _Window, asleep: Floats, bounds: tuple[Counts, Counts], last: int) -> NDArray[np.uint8]:
    days = np.arange(last - window.shape[1] + 1, last + 1)
    first_day, last_day = (edge[:, None] for edge in bounds)
    states = np.where((days >= first_day) & (days <= last_day), NO_VALID_NIGHT, NOT_SYNCED).astype(np.uint8)
    # Whatever has arrived was evidently synchronised.
    states[window.at, window.day] = NO_VALID_NIGHT
    states[~np.isnan(asleep)] = VALID
    return states


def _sleeps_of_the_last_night(window: _Window) -> tuple[pd.DataFrame, Counts]:
    """The sleep that stands for each person's last night, and whose it is.

    It is the valid main sleep, else any main sleep, else any.
    """
    recent = np.flatnonzero(window.day == window.shape[1] - 1)
    rows, at = window.rows.iloc[recent], window.at[recent]
    rank = np.select([rows["valid"] & (rows["kind"] == "main"), rows["kind"] == "main"], [0, 1], 2)
    best = np.lexsort((rank, at))
    best = best[np.unique(at[best], return_index=True)[1]]
    return rows.iloc[best], at[best]


def _last_night(rows: pd.DataFrame, at: Counts, state: NDArray[np.uint8], ids: pd.Index) -> pd.DataFrame:
    """Each person's last night, from the sleep that stands for it."""
    columns: dict[str, object] = {}
    for name, found, nothing in (
        ("last_session_id", rows["session_id"].tolist(), ""),
        ("last_reason", list(map(_reason, rows["reasons"], rows["valid"])), ""),
        ("last_tst_min", rows["tst_min"].to_numpy(dtype=np.float64), np.nan),
        ("last_se_pct", counted_efficiency_pct(rows), np.nan),
    ):
        filled = np.full(len(ids), nothing, dtype=object if nothing == "" else np.float64)
        filled[at] = found
        columns[name] = filled
    # A person counts as silent only where nothing arrived, also when the night has been asked for.
    arrived = np.isin(np.arange(len(ids)), at)
    columns["last_state"] = [
        _STATES[int(code)] if here else "no data" for code, here in zip(state, arrived, strict=True)
    ]
    return pd.DataFrame(columns, index=ids).astype(
        {"last_session_id": "str", "last_reason": "str", "last_state": "str"}
    )


def _last_usual(
    rows: pd.DataFrame, at: Counts, nights: pd.DataFrame, owner: Counts, ids: pd.Index
) -> pd.DataFrame:
    """What was usual before each last night, by the rule of the page that shows the night itself.

    Args:
        rows: the sleeps of the last night.
        at: whose they are.
        nights: everybody's sleeps, however long ago.
        owner: whose they are.
        ids: the people.
    """
    main = (rows["kind"] == "main").to_numpy(dtype=bool)
    before_us = np.full(len(ids), NEVER, dtype=np.int64)
    before_us[at[main]] = instants(rows["start"])[main]
    counted = np.flatnonzero((nights["valid"] & (nights["kind"] == "main")).to_numpy(dtype=bool))
    usual = medians_before(
        owner[counted],
        instants(nights["start"])[counted],
        nights["tst_min"].to_numpy(dtype=np.float64)[counted],
        before_us=before_us,
    )
    return pd.DataFrame({"last_usual_tst_min": usual}, index=ids)


def _reason(codes: str, valid: object) -> str:
    code = first_exclusion(codes, valid=bool(valid))
    return REASONS[code][0] if code else ""


def _scores(window: _Window, people: Sequence[Sleeper], night: date, rules: ScoreRules) -> pd.DataFrame:
    """The score of the last 7 nights."""
    ages = pd.Series(
        {sleeper.person_id: sleeper.age_years(night.year) for sleeper in people}, dtype="float64"
    ).rename_axis("person_id")
    week = window.rows[window.day >= window.shape[1] - WEEK_DAYS]
    first = night - timedelta(days=WEEK_DAYS - 1)
    scores = period_scores(week, ages=ages, first=first, last=night, rules=rules)
    return scores[["score", "score_e", "score_c", "score_d", "estimator"]]
