"""The week, the month or another period of a cohort as one value object that every view and report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from analytics import cohort_period_words
from analytics.asked import Synced
from analytics.cohort_figures import CohortFigure, cohort_figures
from analytics.cohort_part import RANKED_BY, CohortPart, cohort_part, put_together
from analytics.ledger import Ledger
from analytics.person_period import Coverage, coverage, month_up_to
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.score import EVIDENCE, ScoreRules
from analytics.sleeper import Sleeper

__all__ = ["CohortPeriod", "cohort_month", "cohort_of_parts", "cohort_period", "cohort_week"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortPeriod:
    """A cohort's period, ready to be shown.

    Attributes:
        name: of the cohort.
        first, last: first and last night label, inclusive.
        size: how many people it has.
        title: the finding, computed.
        lead: two or three sentences with the numbers, each with what it rests on.
        figures: people's values described and against their 28 days before, by id (`cohort_metrics.METRICS`).
        people: one row per person, index person_id, whom to look at first on top; every number is rounded as printed
            and NaN where a gate withholds it: `name`, `tags`, `valid_nights`, `recorded_nights`, one column for each id
            of `figures`, `score_e`, `score_c`, `score_d`, `change_tst_min` (against the 28 days before), `few_nights`
            (whether a mean rests on few nights), and of triage on `last` `attention`, `flag`, `since`, `label`,
            `reasons`.
        attention: how many need attention on `last`.
        coverage: nights expected (of everybody), recorded and valid, and sessions left out by reason.
        ledger: the ledgers of all people, added up.
        method: how it was computed, in plain words.
        version: of the score.
        unserved: by person_id why somebody could not be computed, in a sentence; they are counted nowhere above.
    """

    name: str
    first: date
    last: date
    size: int
    title: str
    lead: str
    figures: Mapping[str, CohortFigure]
    people: pd.DataFrame
    attention: int
    coverage: Coverage
    ledger: Ledger
    method: str
    version: str
    unserved: Mapping[str, str] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1


def cohort_week(
    name: str, people: Sequence[Sleeper], nights: pd.DataFrame, *, ending: date, synced: Mapping[str, Synced]
) -> CohortPeriod:
    """The 7 nights that end with the night labelled `ending`; see `cohort_period`."""
    first = ending - timedelta(days=6)
    return cohort_period(name, people, nights, first=first, last=ending, synced=synced)


def cohort_month(
    name: str, people: Sequence[Sleeper], nights: pd.DataFrame, *, ending: date, synced: Mapping[str, Synced]
) -> CohortPeriod:
    """The month that ends with the night labelled `ending` (`month_up_to`); see `cohort_period`."""
    return cohort_period(name, people, nights, first=month_up_to(ending), last=ending, synced=synced)


def cohort_period(
    name: str,
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    first: date,
    last: date,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> CohortPeriod:
    """A cohort's period, each person against their own 28 days before it.

    Args:
        name: of the cohort, as readers know it.
        people: everyone of it.
        nights: `night_table` of all of them (and maybe others) with `person_id`, with the 28 days before too.
        first: first night label.
        last: last night label, inclusive.
        synced: until when somebody's nights have been asked for (`asked.Synced`).
        rules: how scores are made.

    Raises:
        ValueError: the period ends before it begins, or somebody is in the cohort twice.
    """
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}; swap the two dates")
    ids = [sleeper.person_id for sleeper in people]
    if len(set(ids)) != len(ids):
        raise ValueError(f"somebody is in the cohort {name!r} twice, and would count twice")
    part = cohort_part(people, nights, first=first, last=last, synced=synced, rules=rules)
    return cohort_of_parts(name, people, [part], first=first, last=last, rules=rules)


def cohort_of_parts(
    name: str,
    people: Sequence[Sleeper],
    parts: Sequence[CohortPart],
    *,
    first: date,
    last: date,
    rules: ScoreRules = EVIDENCE,
    valid_night: ValidNight = DEFAULT_RULES,
    unserved: Mapping[str, str] | None = None,
) -> CohortPeriod:
    """The period of a cohort whose parts were computed apart (`cohort_part`), by the same dates and rules.

    It is what `cohort_period` makes of everybody's nights at once, bit for bit.

    Args:
        name: of the cohort, as readers know it.
        people: everyone of it, in the order of the parts.
        parts: of everybody but those in `unserved`; at least one.
        first: first night label.
        last: last night label, inclusive.
        rules: how scores are made.
        valid_night: the rules that the nights were made by, for the words about them.
        unserved: by person_id why somebody could not be computed; they are counted nowhere.

    Raises:
        ValueError: the parts are not those of the people.
    """
    left_out = dict(unserved or {})
    served = [sleeper for sleeper in people if sleeper.person_id not in left_out]
    whole = put_together(parts)
    if whole.table.index.tolist() != [sleeper.person_id for sleeper in served]:
        raise ValueError(f"the parts of the cohort {name!r} are not those of its people, in their order")
    days = (last - first).days + 1
    found = cohort_figures(whole.now, whole.before, people=len(served))
    facts = cohort_period_words.CohortFacts(
        name=name,
        size=len(served),
        days=days,
        attention=int(whole.table["attention"].sum()),
        figures=found,
        ledger=whole.ledger,
        version=rules.version,
    )
    named = whole.table.assign(
        name=pd.Series([sleeper.name for sleeper in served], dtype="str", index=whole.table.index),
        tags=pd.Series([sleeper.tags for sleeper in served], dtype="object", index=whole.table.index),
    ).sort_values("rank")
    return CohortPeriod(
        name=name,
        first=first,
        last=last,
        size=len(served),
        title=cohort_period_words.title(facts),
        lead=cohort_period_words.lead(facts),
        figures=found,
        people=named[["name", "tags", *(column for column in whole.table if column not in RANKED_BY)]],
        attention=facts.attention,
        coverage=coverage(whole.ledger, expected=days * len(served)),
        ledger=whole.ledger,
        method=cohort_period_words.method(facts, valid_night),
        version=rules.version,
        unserved=left_out,
    )
