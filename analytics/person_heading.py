"""What is said of a person's period first: the finding, and how much it rests on. `person_period` is the rest."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analytics import period_words
from analytics.ledger import VALID, Ledger, exclusion_ledger
from analytics.period_words import PeriodFacts
from analytics.reliability import period_gate
from analytics.sleeper import Sleeper
from analytics.time_of_day import circular_mean_h
from analytics.usual import COMPARED, REFERENCE_NIGHTS, Against, against_usual, reference_columns

__all__ = ["Coverage", "PersonHeading", "between", "counted", "coverage", "days_before", "person_heading"]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How much a period rests on.

    Attributes:
        expected: nights the period has (calendar days).
        recorded: sleep days with at least one session, whatever its grade.
        valid: sleep days with a main sleep of grade A, B or provisional.
        excluded: reason in words -> number of sessions left out, most frequent first.
    """

    expected: int
    recorded: int
    valid: int
    excluded: dict[str, int]


def coverage(ledger: Ledger, *, expected: int) -> Coverage:
    """How much a period rests on, from its ledger.

    Args:
        ledger: of one person, or of all people of a cohort.
        expected: nights the period has, of all of them together.
    """
    counts: Counter[str] = Counter()
    for each in ledger.exclusions:
        if each.step == VALID:
            counts[each.reason] += each.sessions
    return Coverage(
        expected=expected,
        recorded=ledger.recorded_nights,
        valid=ledger.valid_nights,
        excluded=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonHeading:
    """The finding of a person's period and what it rests on; a fraction of the work that the whole period is.

    Attributes:
        sleeper, first, last, title, nights, valid, coverage, against, ledger: as in `person_period.PersonPeriod`.
        mine: every sleep of the person, whenever.
        facts: what the words about the period rest on.
    """

    sleeper: Sleeper
    first: date
    last: date
    title: str
    mine: pd.DataFrame
    nights: pd.DataFrame
    valid: pd.DataFrame
    coverage: Coverage
    against: tuple[Against, ...]
    ledger: Ledger
    facts: PeriodFacts

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1


def person_heading(sleeper: Sleeper, nights: pd.DataFrame, *, first: date, last: date) -> PersonHeading:
    """The heading of a person's period; arguments and errors are those of `person_period.person_period`."""
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}; swap the two dates")
    mine = _of_person(nights, sleeper.person_id)
    inside = between(mine, first, last)
    valid = counted(inside)
    days = (last - first).days + 1
    reference = counted(between(mine, *days_before(first)))
    compared = against_usual(_means(valid, days), reference_columns(reference), usual="mean")
    facts = PeriodFacts(
        name=sleeper.name,
        first=first,
        days=days,
        recorded=inside["night"].nunique(),
        valid=valid,
        reference=reference,
        asleep=compared[0],
    )
    ledger = exclusion_ledger(inside)
    return PersonHeading(
        sleeper=sleeper,
        first=first,
        last=last,
        title=period_words.title(facts),
        mine=mine,
        nights=inside,
        valid=valid,
        coverage=coverage(ledger, expected=days),
        against=compared,
        ledger=ledger,
        facts=facts,
    )


def days_before(first: date) -> tuple[date, date]:
    """First and last of the 28 days before a period."""
    return first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1)


def between(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """The rows with a label from `first` to `last`."""
    return nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]


def counted(nights: pd.DataFrame) -> pd.DataFrame:
    """The valid main sleeps."""
    return nights[nights["valid"] & (nights["kind"] == "main")]


def _of_person(nights: pd.DataFrame, person_id: str) -> pd.DataFrame:
    if "person_id" not in nights:
        return nights.assign(person_id=person_id)
    return nights[nights["person_id"] == person_id]


def _means(valid: pd.DataFrame, days: int) -> dict[str, float]:
    """Mean of every compared statistic, on the clock the circular one; NaN where too few of the days have a night."""
    columns = reference_columns(valid)
    return {
        name: (circular_mean_h(columns[name])[0] if kind == "clock" else float(columns[name].mean()))
        if period_gate(int(columns[name].notna().sum()), days=days).shown
        else np.nan
        for name, _, kind in COMPARED
    }
