"""The week, the month or another period of a cohort as one value object that every view and report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from analytics import cohort_period_words, figures
from analytics.asked import Synced
from analytics.cohort_figures import CohortFigure, cohort_figures
from analytics.cohort_metrics import midsleep_hours, people_values
from analytics.cohort_triage import cohort_triage
from analytics.ledger import Ledger, added, ledgers
from analytics.person_period import Coverage, coverage, month_up_to
from analytics.person_values import PersonValues, person_spreads
from analytics.score import EVIDENCE, ScoreRules, period_scores
from analytics.sleeper import Sleeper
from analytics.usual import REFERENCE_NIGHTS
from analytics.usual_spread import usual_spreads

__all__ = ["CohortPeriod", "cohort_month", "cohort_period", "cohort_week"]

_PARTS: Final = ("score_e", "score_c", "score_d")


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
            (whether a mean rests on few nights), and of triage on `last` `attention`, `flag`, `label`, `reasons`.
        attention: how many need attention on `last`.
        coverage: nights expected (of everybody), recorded and valid, and sessions left out by reason.
        ledger: the ledgers of all people, added up.
        method: how it was computed, in plain words.
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

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """A cohort's valid main sleeps of some days, their scores, and one value a person of each metric."""

    mains: pd.DataFrame
    scores: pd.DataFrame
    values: Mapping[str, PersonValues]


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
    mine = nights[nights["person_id"].isin(ids)]
    inside = _between(mine, first, last)
    days = (last - first).days + 1
    now = _part(people, mine, first, last, rules)
    earlier = first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1)
    before = _part(people, mine, *earlier, rules, period=(first, days))
    found = cohort_figures(now.values, _comparable(before, now), people=len(people))
    ledger = added(ledgers(inside, person_ids=ids))
    table = _table(people, inside, now, before).join(
        cohort_triage(people, mine, night=last, synced=synced, rules=rules)[
            ["attention", "flag", "label", "reasons", "rank"]
        ]
    )
    facts = cohort_period_words.CohortFacts(
        name=name,
        size=len(people),
        days=days,
        attention=int(table["attention"].sum()),
        figures=found,
        ledger=ledger,
        version=rules.version,
    )
    return CohortPeriod(
        name=name,
        first=first,
        last=last,
        size=len(people),
        title=cohort_period_words.title(facts),
        lead=cohort_period_words.lead(facts),
        figures=found,
        people=table.sort_values("rank").drop(columns="rank"),
        attention=facts.attention,
        coverage=coverage(ledger, expected=days * len(people)),
        ledger=ledger,
        method=cohort_period_words.method(facts),
    )


def _part(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    first: date,
    last: date,
    rules: ScoreRules,
    *,
    period: tuple[date, int] | None = None,
) -> _Part:
    """Some days of a cohort; with a period they are the days before it, and its first day and length decide spreads."""
    inside = _between(nights, first, last)
    mains = inside[inside["valid"].astype(bool) & (inside["kind"] == "main")]
    ages = pd.Series(
        {sleeper.person_id: sleeper.age_years(last.year) for sleeper in people}, dtype="float64"
    ).rename_axis("person_id")
    scores = period_scores(inside, ages=ages, first=first, last=last, rules=rules)
    days, hours = (last - first).days + 1, midsleep_hours(mains)
    spreads = (
        person_spreads(hours, days=days)
        if period is None
        else usual_spreads(hours, first=period[0], days=period[1])
    )
    values = people_values(mains, scores, days=days, spreads=spreads)
    return _Part(mains=mains, scores=scores, values=values)


def _comparable(before: _Part, now: _Part) -> Mapping[str, PersonValues]:
    """What the days before are compared with: scores only of people whose consistency has the same estimator."""
    now_by, before_by = (part.scores["estimator"].astype("object").fillna("") for part in (now, before))
    same = now_by.index[now_by.eq(before_by.reindex(now_by.index))].astype("str")
    score = before.values["score"]
    kept = score.values.index.isin(same)
    return {
        **before.values,
        "score": PersonValues(
            values=score.values[kept],
            nights=score.nights[kept],
            low_confidence=tuple(who for who in score.low_confidence if who in same),
            left_out=score.left_out,
        ),
    }


def _table(people: Sequence[Sleeper], inside: pd.DataFrame, now: _Part, before: _Part) -> pd.DataFrame:
    """One row a person in the order given, numbers rounded as printed."""
    ids = pd.Index([sleeper.person_id for sleeper in people], dtype="str", name="person_id")
    values = {name: each.values.reindex(ids) for name, each in now.values.items()}
    values |= {name: now.scores[name].reindex(ids) for name in _PARTS}
    change = now.values["mean_tst_min"].values - before.values["mean_tst_min"].values
    asleep_before = before.values["mean_tst_min"].low_confidence
    few = {who for each in now.values.values() for who in each.low_confidence} | set(asleep_before)
    columns: dict[str, object] = {
        "name": pd.Series([sleeper.name for sleeper in people], dtype="str", index=ids),
        "tags": pd.Series([sleeper.tags for sleeper in people], dtype="object", index=ids),
        "valid_nights": _nights_of(now.mains, ids),
        "recorded_nights": _nights_of(inside, ids),
        **{name: _rounded(name, column) for name, column in values.items()},
        "change_tst_min": _rounded("mean_tst_min", change.reindex(ids)),
        "few_nights": ids.isin(few),
    }
    return pd.DataFrame(columns, index=ids)


def _nights_of(nights: pd.DataFrame, ids: pd.Index) -> "pd.Series[int]":
    """How many sleep days each person has among some nights."""
    days = nights[["person_id", "night"]].drop_duplicates()
    return days["person_id"].astype("str").value_counts().reindex(ids, fill_value=0)


def _rounded(name: str, column: "pd.Series[float]") -> "pd.Series[float]":
    kind = figures.QUANTITIES[name].kind
    wide = np.asarray(column, dtype=np.float64)
    return pd.Series([figures.rounded(kind, value) for value in wide.tolist()], index=column.index)


def _between(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]
