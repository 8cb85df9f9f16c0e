"""The period of a person as one value object that every view and report reads."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analytics import period_words
from analytics.grades import REASONS, first_exclusion
from analytics.reliability import period_gate
from analytics.score import PeriodScore, period_score
from analytics.sleeper import Sleeper
from analytics.time_of_day import circular_mean_h, clock_statistics
from analytics.trends import PRACTICAL, Trend, rolling_mean, trend
from analytics.usual import COMPARED, REFERENCE_NIGHTS, Against, against_usual, comparable

HISTORY_DAYS = 56


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
class ClockSpread:
    """Typical time of day and its spread.

    Attributes:
        mean_h: circular mean; NaN when there is no typical time (R < 0.3).
        sd_min: standard deviation; NaN likewise, and where the nights are too few for one: it takes 6 of a period up to
            7 days and 11 of a longer one (`reliability.period_gate`).
        nights: how many nights went in.
    """

    mean_h: float
    sd_min: float
    nights: int


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
        bed, rise: mean and spread of bedtime and rise time of the valid nights.
        against: means of the period (NaN below 3 nights of a week, 5 of a longer period) against the valid nights of
            the 28 days before it, whose mean is the usual.
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
    bed: ClockSpread
    rise: ClockSpread
    against: tuple[Against, ...]
    trend: Trend
    history: pd.DataFrame
    smooth: "pd.Series[float]"
    talk: str
    method: str

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1


def person_week(sleeper: Sleeper, nights: pd.DataFrame, *, ending: date) -> PersonPeriod:
    """The 7 nights that end with the night labelled `ending`; see `person_period`."""
    return person_period(sleeper, nights, first=ending - timedelta(days=6), last=ending)


def person_period(sleeper: Sleeper, nights: pd.DataFrame, *, first: date, last: date) -> PersonPeriod:
    """A person's period, against the 28 days before it.

    Args:
        sleeper: whose.
        nights: `night_table` of the person, with everything before the period too; another person's rows are left out
            when it has `person_id`.
        first: first night label.
        last: last night label, inclusive.

    Raises:
        ValueError: the period ends before it begins.
    """
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}; swap the two dates")
    mine = _of_person(nights, sleeper.person_id)
    inside, valid = _between(mine, first, last), _counted(_between(mine, first, last))
    days = (last - first).days + 1
    reference = _counted(_between(mine, first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1)))
    compared = against_usual(_means(valid, days), comparable(reference), usual="mean")
    history = _counted(_between(mine, last - timedelta(days=max(days, HISTORY_DAYS) - 1), last))
    moved = trend(history["night"], history["tst_min"], practical=PRACTICAL["tst_min"])
    score = _score(sleeper, mine, first, last)
    facts = period_words.PeriodFacts(
        name=sleeper.name,
        days=days,
        recorded=inside["night"].nunique(),
        valid=valid,
        reference=reference,
        asleep=compared[0],
    )
    return PersonPeriod(
        sleeper=sleeper,
        first=first,
        last=last,
        title=period_words.title(facts),
        lead=period_words.lead(facts),
        nights=inside,
        valid=valid,
        coverage=Coverage(
            expected=days, recorded=facts.recorded, valid=valid["night"].nunique(), excluded=_excluded(inside)
        ),
        score=score,
        before=_score(sleeper, mine, first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1)),
        bed=_spread(valid, "start_clock_h", days),
        rise=_spread(valid, "end_clock_h", days),
        against=compared,
        trend=moved,
        history=history,
        smooth=rolling_mean(history["night"], history["tst_min"]),
        talk=period_words.talk(facts),
        method=period_words.method(facts, score, moved),
    )


def _of_person(nights: pd.DataFrame, person_id: str) -> pd.DataFrame:
    if "person_id" not in nights:
        return nights.assign(person_id=person_id)
    return nights[nights["person_id"] == person_id]


def _between(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _counted(nights: pd.DataFrame) -> pd.DataFrame:
    return nights[nights["valid"] & (nights["kind"] == "main")]


def _means(valid: pd.DataFrame, days: int) -> dict[str, float]:
    """Mean of every compared statistic, on the clock the circular one; NaN where too few of the days have a night."""
    if not period_gate(len(valid), days=days).shown:
        return {name: np.nan for name, _, _ in COMPARED}
    columns = comparable(valid)
    return {
        name: circular_mean_h(columns[name])[0] if kind == "clock" else float(columns[name].mean())
        for name, _, kind in COMPARED
    }


def _score(sleeper: Sleeper, nights: pd.DataFrame, first: date, last: date) -> PeriodScore:
    return period_score(nights, age_years=sleeper.age_years(last.year), first=first, last=last)


def _spread(valid: pd.DataFrame, name: str, days: int) -> ClockSpread:
    found = clock_statistics(valid[name].to_numpy(dtype=np.float64))
    trusted = period_gate(found.nights, days=days, statistic="variability").shown
    return ClockSpread(mean_h=found.mean_h, sd_min=found.sd_min if trusted else np.nan, nights=found.nights)


def _excluded(nights: pd.DataFrame) -> dict[str, int]:
    """Sessions left out by their first reason, most frequent first."""
    left_out = nights[~nights["valid"].to_numpy(dtype=bool)]
    counts: Counter[str] = Counter()
    for reasons, pieces in zip(left_out["reasons"], left_out["pieces"], strict=True):
        counts[REASONS[first_exclusion(reasons)][0]] += int(pieces)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
