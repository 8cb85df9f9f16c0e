"""The week, the month or another period of a person as one value object that every view and report reads."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analytics import period_words
from analytics.chronotype import WEEKENDS, WorkCalendar
from analytics.figures import Figure
from analytics.insights import Insight, Shown
from analytics.ledger import Ledger
from analytics.nightly_scores import nightly_scores
from analytics.patterns import Patterns, patterns
from analytics.person_figures import ClockSpread, PeriodNights, person_figures
from analytics.person_heading import (
    Coverage,
    PersonHeading,
    between,
    counted,
    coverage,
    days_before,
    person_heading,
)
from analytics.person_insights import person_insights
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.score import EVIDENCE, PeriodScore, ScoreRules, period_score
from analytics.sleep_debt import SleepNeed
from analytics.sleeper import Sleeper
from analytics.standing import Standing
from analytics.time_of_day import Floats
from analytics.trends import Trend
from analytics.usual import Against

__all__ = [
    "ClockSpread",
    "Coverage",
    "PersonPeriod",
    "Profile",
    "completed",
    "coverage",
    "month_up_to",
    "person_month",
    "person_period",
    "person_week",
]

HISTORY_DAYS = 56


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is known of a person's life and of the study, beside the nights.

    Attributes:
        rules: how the score is made.
        calendar: which days are free; weekends stand in for it.
        need: the person's own need for sleep; None takes the least recommended at the age and an hour.
        places: gives by metric of triage the person's place in the cohort (`cohort_triage.cohort_standings`); asked
            only where something moved.
        shown: insights that were shown before.
        valid_night: the rules that the nights were made by, for the words about them.
    """

    rules: ScoreRules = EVIDENCE
    calendar: WorkCalendar = WEEKENDS
    need: SleepNeed | None = None
    places: Callable[[], Mapping[str, Standing]] = dict
    shown: Iterable[Shown] = ()
    valid_night: ValidNight = DEFAULT_RULES


@dataclass(frozen=True, kw_only=True, eq=False)
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
        figures: every number that is printed of the period, by id, rounded once (`figures.QUANTITIES`).
        against: means of the period (NaN below 3 nights of a week, 5 of a longer period) against the valid nights of
            the 28 days before it, whose mean is the usual.
        history: valid main sleeps of the 8 weeks up to `last` (or of the period when longer), for the trend chart.
        patterns: what repeats and what moved in `history`: trends, changes of level, days of the week, sleep debt.
        insights: at most three things worth saying, the strongest first.
        ledger: what was recorded, valid and analysed in the period, with every exclusion.
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
    figures: Mapping[str, Figure]
    against: tuple[Against, ...]
    history: pd.DataFrame
    patterns: Patterns
    insights: tuple[Insight, ...]
    ledger: Ledger
    talk: str
    method: str

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1

    @property
    def trend(self) -> Trend:
        """The trend of time asleep over `history`."""
        return self.patterns.asleep

    @property
    def smooth(self) -> "pd.Series[float]":
        """Trailing 7-day mean of time asleep by date over `history` (from 4 nights; NaN breaks the line)."""
        return self.patterns.rolling


def person_week(
    sleeper: Sleeper, nights: pd.DataFrame, *, ending: date, profile: Profile | None = None
) -> PersonPeriod:
    """The 7 nights that end with the night labelled `ending`; see `person_period`."""
    return person_period(sleeper, nights, first=ending - timedelta(days=6), last=ending, profile=profile)


def person_month(
    sleeper: Sleeper, nights: pd.DataFrame, *, ending: date, profile: Profile | None = None
) -> PersonPeriod:
    """The month that ends with the night labelled `ending` (`month_up_to`); see `person_period`."""
    return person_period(sleeper, nights, first=month_up_to(ending), last=ending, profile=profile)


def month_up_to(ending: date) -> date:
    """The first day of the month that ends on a day: the calendar month where that is its last day.

    11 February ends the month that began on 12 January. A month has as many days as the calendar gives it.
    """
    return (pd.Timestamp(ending) + pd.Timedelta(days=1) - pd.DateOffset(months=1)).date()


def person_period(
    sleeper: Sleeper, nights: pd.DataFrame, *, first: date, last: date, profile: Profile | None = None
) -> PersonPeriod:
    """A person's period, against the 28 days before it.

    Args:
        sleeper: whose.
        nights: `night_table` of the person, with everything before the period too; another person's rows are left out
            when it has `person_id`.
        first: first night label.
        last: last night label, inclusive.
        profile: what is known of the person and the study beside the nights.

    Raises:
        ValueError: the period ends before it begins.
    """
    return completed(person_heading(sleeper, nights, first=first, last=last), profile)


def completed(heading: PersonHeading, profile: Profile | None = None) -> PersonPeriod:
    """The whole period of which this is the heading."""
    known = profile or Profile()
    sleeper, mine, first, last = heading.sleeper, heading.mine, heading.first, heading.last
    since = last - timedelta(days=max(heading.days, HISTORY_DAYS) - 1)
    found = patterns(sleeper, mine, first=since, last=last, calendar=known.calendar, need=known.need)
    periods = (first, last), days_before(first)
    score, before = (_score(sleeper, mine, *period, known.rules) for period in periods)
    inside = heading.nights
    nights = PeriodNights(
        valid=heading.valid,
        naps=int((inside["valid"] & (inside["kind"] == "nap")).sum()),
        days=heading.days,
    )
    return PersonPeriod(
        sleeper=sleeper,
        first=first,
        last=last,
        title=heading.title,
        lead=period_words.lead(heading.facts),
        nights=inside,
        valid=heading.valid,
        coverage=heading.coverage,
        score=score,
        before=before,
        bed=nights.clock("bed"),
        rise=nights.clock("rise"),
        figures=person_figures(nights, found=found, score=score, before=before),
        against=heading.against,
        history=counted(between(mine, since, last)),
        patterns=found,
        insights=person_insights(
            mine.assign(score=_nightly(sleeper, mine, last, known.rules)),
            person_id=sleeper.person_id,
            last=last,
            found=found,
            places=known.places,
            shown=known.shown,
        ),
        ledger=heading.ledger,
        talk=period_words.talk(heading.facts),
        method=period_words.method(heading.facts, score, found.asleep, known.valid_night),
    )


def _score(sleeper: Sleeper, nights: pd.DataFrame, first: date, last: date, rules: ScoreRules) -> PeriodScore:
    return period_score(nights, age_years=sleeper.age_years(last.year), first=first, last=last, rules=rules)


def _nightly(sleeper: Sleeper, nights: pd.DataFrame, last: date, rules: ScoreRules) -> Floats:
    """The score of each night, which triage looks at too."""
    age = sleeper.age_years(last.year)
    ages = pd.Series({sleeper.person_id: np.nan if age is None else float(age)})
    return nightly_scores(nights, ages=ages, rules=rules)
