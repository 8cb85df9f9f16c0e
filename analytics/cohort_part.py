"""What a cohort's period takes of each of its people, and how the parts of some people become that of all.

Every figure of a period begins with one value a person (SPEC 5.1), which no other person's nights touch. So a cohort
may be cut into batches of people that are computed apart, in other processes too, and put together again: the same
numbers, bit for bit, whatever the cut.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from analytics import figures
from analytics.asked import Synced
from analytics.cohort_metrics import METRICS, midsleep_hours, people_values
from analytics.cohort_triage import cohort_triage
from analytics.ledger import Ledger, added, ledgers
from analytics.person_values import PersonValues, joined, person_spreads
from analytics.score import EVIDENCE, ScoreRules, period_scores
from analytics.sleeper import Sleeper
from analytics.triage import ordered
from analytics.usual import REFERENCE_NIGHTS
from analytics.usual_spread import usual_spreads

__all__ = ["RANKED_BY", "READ", "CohortPart", "cohort_part", "put_together"]

_PARTS: Final = ("score_e", "score_c", "score_d")
_TRIAGE: Final = ("attention", "flag", "since", "label", "reasons", "red", "max_abs_z", "stale_days")
READ: Final = (
    "person_id",
    "night",
    "day_index",
    "kind",
    "valid",
    "pieces",
    "reasons",
    "se_pct",
    "se_known_pct",
    "unknown_share",
    "missing_share",
    "tib_min",
    "tst_min",
    "midsleep_clock_h",
    "sri_agree",
    "sri_known",
    *(
        metric.column
        for metric in METRICS
        if metric.column not in {"", "tst_min", "se_pct", "midsleep_clock_h"}
    ),
)
"""The columns of nights that a part is made of: a third of them, and the rest need not be moved."""
RANKED_BY: Final = frozenset({"red", "max_abs_z", "stale_days", "rank"})
"""The columns of a part's table that serve to rank people, and are not shown."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortPart:
    """What is known of some people of a cohort in a period, and in the 28 days before it.

    Attributes:
        now: one value a person of each metric, by its id (`cohort_metrics.METRICS`).
        before: the same of the 28 days before, as far as the two can be compared.
        table: one row per person, index person_id, in the order given: the columns of `CohortPeriod.people` but for
            name and tags, and what triage ranks by (`red`, `max_abs_z`, `stale_days`).
        ledger: the ledgers of these people, added up.
    """

    now: Mapping[str, PersonValues]
    before: Mapping[str, PersonValues]
    table: pd.DataFrame
    ledger: Ledger


@dataclass(frozen=True, kw_only=True, eq=False)
class _Days:
    """The valid main sleeps of some days, their scores, and one value a person of each metric."""

    mains: pd.DataFrame
    scores: pd.DataFrame
    values: Mapping[str, PersonValues]


def cohort_part(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    first: date,
    last: date,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> CohortPart:
    """The part of these people; arguments as `cohort_period.cohort_period`, which puts parts together."""
    ids = [sleeper.person_id for sleeper in people]
    read = nights[[name for name in READ if name in nights]]
    whose = read["person_id"].isin(ids)
    mine = read if whose.all() else read[whose]
    inside = _between(mine, first, last)
    now = _days(people, mine, first, last, rules)
    earlier = first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1)
    before = _days(people, mine, *earlier, rules, period=(first, (last - first).days + 1))
    told = cohort_triage(people, mine, night=last, synced=synced, rules=rules)
    return CohortPart(
        now=now.values,
        before=_comparable(before, now),
        table=_table(people, inside, now, before).join(told[list(_TRIAGE)]),
        ledger=added(ledgers(inside, person_ids=ids)),
    )


def put_together(parts: Sequence[CohortPart]) -> CohortPart:
    """The part of all people of these parts, in their order, with `rank`: 0 for whom to look at first.

    Args:
        parts: at least one; nobody is in two of them.

    Raises:
        ValueError: somebody is in two of them.
    """
    ledger = added(part.ledger for part in parts)
    # The score follows the order of people, the other values that of their ids, as if all had been computed at once.
    now, before = (
        {
            metric.id: joined([values[metric.id] for values in each], by_id=metric.id != "score")
            for metric in METRICS
        }
        for each in ([part.now for part in parts], [part.before for part in parts])
    )
    table = pd.concat([part.table for part in parts]) if len(parts) > 1 else parts[0].table
    first_on_top = ordered(table.sort_index())
    rank = pd.Series(np.arange(len(table)), index=first_on_top.index)
    return CohortPart(
        now=now,
        before=before,
        table=table.assign(rank=rank.reindex(table.index)),
        ledger=ledger,
    )


def _days(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    first: date,
    last: date,
    rules: ScoreRules,
    *,
    period: tuple[date, int] | None = None,
) -> _Days:
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
    return _Days(mains=mains, scores=scores, values=values)


def _comparable(before: _Days, now: _Days) -> Mapping[str, PersonValues]:
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


def _table(people: Sequence[Sleeper], inside: pd.DataFrame, now: _Days, before: _Days) -> pd.DataFrame:
    """One row a person in the order given, numbers rounded as printed."""
    ids = pd.Index([sleeper.person_id for sleeper in people], dtype="str", name="person_id")
    values = {name: each.values.reindex(ids) for name, each in now.values.items()}
    values |= {name: now.scores[name].reindex(ids) for name in _PARTS}
    asleep, asleep_earlier = (each.values["mean_tst_min"].values.reindex(ids) for each in (now, before))
    asleep_before = before.values["mean_tst_min"].low_confidence
    few = {who for each in now.values.values() for who in each.low_confidence} | set(asleep_before)
    columns: dict[str, object] = {
        "valid_nights": _nights_of(now.mains, ids),
        "recorded_nights": _nights_of(inside, ids),
        **{name: _rounded(name, column) for name, column in values.items()},
        # Of the two as printed, as everywhere: a reader who subtracts them finds the same.
        "change_tst_min": _rounded("mean_tst_min", asleep) - _rounded("mean_tst_min", asleep_earlier),
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
