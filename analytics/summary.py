"""The period of a person, or last night of a cohort, as one value object that every view and report reads."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from analytics.night_view import Against
from analytics.score import PeriodScore
from analytics.trends import Trend


@dataclass(frozen=True, kw_only=True)
class Sleeper:
    """The facts about a person that statistics need, and the name that views show."""

    person_id: str
    name: str
    zone: str
    birth_year: int | None = None
    sex: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much a period rests on.

    Attributes:
        expected: nights the period has (calendar days).
        recorded: sleep days with at least one session, whatever its grade.
        valid: sleep days with a main sleep of grade A or B.
        excluded: reason in words -> number of sessions left out, most frequent first.
    """

    expected: int
    recorded: int
    valid: int
    excluded: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class PersonPeriod:
    """A person's period, ready to be shown; a week is a period of 7 days.

    Attributes:
        sleeper: whose.
        first, last: first and last night label, inclusive.
        title: the finding, computed ("Person A slept as long as usual, at shifting hours").
        lead: two or three sentences with the numbers, each with what it rests on.
        nights: rows of the nights frame in the period, main sleeps and naps and unusable sessions, by start.
        valid: the valid main sleeps among them.
        coverage: how much it rests on.
        score: the period's score with parts and reasons.
        before: the score of the 28 days before the period.
        bed, rise: clock statistics (mean, sd) of bedtime and rise time of the valid nights.
        against: means of the period against the nights of the 28 days before it.
        trend: trend of time asleep over `history`.
        history: valid main sleeps of the 8 weeks up to `last` (or of the period when longer), for the trend chart.
        smooth: trailing 7-day mean of `tst_min` by date over `history` (min 4 nights; NaN breaks the line).
        talk: one line for the conversation.
        method: how it was computed, in plain words, with n and the score version.
    """

    sleeper: Sleeper
    first: date
    last: date
    title: str
    lead: str
    nights: pd.DataFrame
    valid: pd.DataFrame
    coverage: Coverage
    score: PeriodScore
    before: PeriodScore
    bed: "ClockSpread"
    rise: "ClockSpread"
    against: tuple[Against, ...]
    trend: Trend
    history: pd.DataFrame
    smooth: "pd.Series[float]"
    talk: str
    method: str


@dataclass(frozen=True, kw_only=True)
class ClockSpread:
    """Typical time of day and its spread; `mean_h` is NaN when there is no typical time (R < 0.3)."""

    mean_h: float
    sd_min: float
    nights: int


@dataclass(frozen=True, kw_only=True)
class CohortOverview:
    """Everyone of a cohort on one night and over a period.

    Attributes:
        night: the night in question (label).
        first, last: the period of the table and of the map.
        people: one row per person, index person_id, columns: name, tags, last_state ("valid", "no valid night",
            "no data"), last_tst_min, last_se_pct, last_session_id, last_reason, score, score_e, score_c, score_d,
            estimator, mean_tst_min (7 nights), usual_tst_min (28 nights before those 7), delta_tst_min, mean_se_pct,
            valid_7, valid_28, synced_at, sparkline (tuple of 28 floats, time asleep in h by night, NaN = no valid night).
        map_dates: night labels of the map, oldest first.
        map_values: float array people x nights of `tst_min`, NaN = not valid.
        map_states: uint8 array people x nights: 0 not synced, 1 synced but no valid night, 2 valid.
        title: the finding.
        table_title: the finding of the table.
        map_title: the finding of the map.
        valid, expected: valid nights of the period and nights expected.
    """

    night: date
    first: date
    last: date
    people: pd.DataFrame
    map_dates: pd.DatetimeIndex
    map_values: "pd.DataFrame"
    map_states: "pd.DataFrame"
    title: str
    table_title: str
    map_title: str
    valid: int
    expected: int
