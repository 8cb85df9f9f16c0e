"""From the nights that could have been to those that are analysed, of a cohort and a period: one value, and it adds up.

Every expected night (a person and a date) is in exactly one state, every night that is not analysed has one reason, and
sessions and nights are those of the ledger (SPEC 7.8). What a screen or a sheet says of completeness, it reads here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.analysed import Analysed
from analytics.asked import NEVER, Synced, day_number, known_days
from analytics.basis import Basis, basis_of
from analytics.fates import Fates, fates
from analytics.ledger import ANALYSED, RECEIVED, VALID, Ledger, added, ledgers_of
from analytics.quality_people import Days, adherence
from analytics.quality_states import (
    NO_RECORDING,
    NOT_SYNCED,
    REASON_CODES,
    UNRECORDED,
    recorded_states,
)
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.sleeper import Sleeper

__all__ = ["READ", "Days", "Quality", "days_known", "days_recorded", "quality"]

Codes = NDArray[np.uint8]
Counts = NDArray[np.int64]

READ: Final = (
    *("person_id", "night", "kind", "grade", "basis", "valid", "reasons", "pieces"),
    *("session_id", "session_ids", "start", "end", "missing_share", "tib_min"),
)
"""The columns of nights that quality is made of, beside the one that is analysed."""
_STEPS: Final = (RECEIVED, VALID, ANALYSED)
_LISTED: Final = ("night", "kind", "grade", "session_id", "session_ids", "missing_share", "tib_min")


@dataclass(frozen=True, kw_only=True, eq=False)
class Quality:
    """A cohort's period as what was recorded, what is valid and what is analysed.

    Attributes:
        name: of the cohort, as readers know it.
        first, last: first and last night label, inclusive.
        analysed: what is analysed.
        ledger: of all people, added up.
        basis: what the valid nights rest on; while stages are awaited the ledger is not complete.
        people: one row a person, index person_id, the least complete first, ties by name: the columns of
            `quality_people.COLUMNS`.
        dates: night labels of the period, oldest first.
        states: uint8 people x nights of `quality_states.STATES`, rows as in `people`.
        left_out: one row for each recorded night that is not analysed, newest first: `person_id`, `name`, `night`,
            `step` (what it did not become: "valid" or "analysed"), `code`, `kind`, `grade`, `session_id`,
            `session_ids`, `missing_share`, `tib_min` and `recorded_min` (from start to end; NaN where one is unknown).

    Raises:
        ValueError: it does not add up.
    """

    name: str
    first: date
    last: date
    analysed: Analysed
    ledger: Ledger
    basis: Basis
    people: pd.DataFrame
    dates: pd.DatetimeIndex
    states: Codes
    left_out: pd.DataFrame

    def __post_init__(self) -> None:
        ledger, left = self.ledger, self.left_out["step"].value_counts()
        balance = (
            ("nights expected", self.expected, self.not_synced + self.unrecorded, ledger.recorded_nights),
            ("nights recorded", ledger.recorded_nights, int(left.get("valid", 0)), ledger.valid_nights),
            ("nights valid", ledger.valid_nights, int(left.get("analysed", 0)), ledger.analysed_nights),
        )
        for what, before, out, after in balance:
            if before - out != after:
                raise ValueError(f"quality must add up: of {before} {what} {out} go, and {after} remain")

    @property
    def days(self) -> int:
        """The calendar days of the period."""
        return len(self.dates)

    @property
    def expected(self) -> int:
        """A night a day and person."""
        return self.states.size

    @cached_property
    def not_synced(self) -> int:
        """Nights for which nobody was asked."""
        return int(np.count_nonzero(self.states == NOT_SYNCED))

    @cached_property
    def unrecorded(self) -> int:
        """Nights that were asked for and of which there is no recording."""
        return int(np.count_nonzero(self.states == NO_RECORDING))

    def counted(self, code: str) -> int:
        """How many nights a code keeps out; without a code how many recorded nights are not analysed."""
        return self.nights_by_reason[code] if code else len(self.left_out)

    @property
    def recorded(self) -> int:
        """Nights with a recording."""
        return self.ledger.recorded_nights

    @property
    def valid(self) -> int:
        """Nights with a valid main sleep."""
        return self.ledger.valid_nights

    @property
    def in_analysis(self) -> int:
        """Nights that are analysed."""
        return self.ledger.analysed_nights

    @cached_property
    def nights_by_reason(self) -> Mapping[str, int]:
        """How many nights each code keeps out, those without a recording too; by step, the most frequent first."""
        unrecorded = {code: int(np.count_nonzero(self.states == state)) for code, state in UNRECORDED.items()}
        told = sorted(self.ledger.exclusions, key=lambda each: (_STEPS.index(each.step), -each.nights))
        kept_out = {each.code: each.nights for each in told}
        return {code: nights for code, nights in (unrecorded | kept_out).items() if nights}

    @cached_property
    def reasons(self) -> NDArray[np.int8]:
        """The reason of every expected night, people x nights as `states`: a place in `REASON_CODES`, 0 for none."""
        found = np.zeros(self.states.shape, dtype=np.int8)
        for code, state in UNRECORDED.items():
            found[self.states == state] = REASON_CODES.index(code)
        row = self.people.index.get_indexer(pd.Index(self.left_out["person_id"], dtype="str"))
        found[row, self.dates.get_indexer(pd.DatetimeIndex(self.left_out["night"]))] = [
            REASON_CODES.index(code) for code in self.left_out["code"]
        ]
        return found

    def nights_of(self, code: str = "", *, most: int | None = None) -> pd.DataFrame:
        """The nights that a code keeps out, as `left_out`; without a code every recorded night that is not analysed.

        Args:
            code: of a reason.
            most: only so many of them, the newest; all without it.

        Raises:
            ValueError: no night is kept out by it.
        """
        if not code:
            return self.left_out.head(most) if most is not None else self.left_out
        if code not in self.nights_by_reason:
            raise ValueError(f"no night of this period is left out as {code}")
        if code not in UNRECORDED:
            kept_out = self.left_out[self.left_out["code"] == code]
            return kept_out.head(most) if most is not None else kept_out
        state, newest_first = UNRECORDED[code], self.states[:, ::-1].T
        back, row = (at[:most] for at in np.nonzero(newest_first == state))
        day = self.days - 1 - back
        ids = self.people.index[row]
        return pd.DataFrame(
            {
                "person_id": ids,
                "name": self.people["name"].to_numpy()[row],
                "night": self.dates[day],
                "step": "recorded",
                "code": code,
            }
        ).reindex(columns=self.left_out.columns)


def days_known(people: Sequence[Sleeper], nights: pd.DataFrame, synced: Mapping[str, Synced]) -> Days:
    """First and last day of each person of which it is known whether there is a recording (`asked.known_days`).

    Args:
        people: in this order.
        nights: every night of theirs, whenever: `person_id` and `night`.
        synced: when somebody's nights have been asked for.

    Raises:
        ValueError: somebody is among them twice.
    """
    owner, label = _labels(people, nights)
    return known_days(people, synced, owner=owner, label=label)


def days_recorded(people: Sequence[Sleeper], nights: pd.DataFrame) -> Days:
    """First and last day of each person with a recording, whenever; -`NEVER` and `NEVER` without one.

    Args:
        people: in this order.
        nights: every night of theirs, whenever: `person_id` and `night`.

    Raises:
        ValueError: somebody is among them twice.
    """
    owner, label = _labels(people, nights)
    theirs = owner >= 0
    first, last = np.full((2, len(people)), [[-NEVER], [NEVER]], dtype=np.int64)
    np.minimum.at(first, owner[theirs], label[theirs])
    np.maximum.at(last, owner[theirs], label[theirs])
    return first, last


def _labels(people: Sequence[Sleeper], nights: pd.DataFrame) -> tuple[Counts, Counts]:
    """Of every night the place of its person among these, negative for others, and its label as days since 1970."""
    owner = pd.Index(_ids(people), dtype="str").get_indexer(pd.Index(nights["person_id"]))
    return owner, nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)


def quality(
    name: str,
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    first: date,
    last: date,
    known: Days,
    recorded: Days | None = None,
    synced_at: Mapping[str, pd.Timestamp] | None = None,
    analysed: Analysed | None = None,
    rules: ValidNight = DEFAULT_RULES,
) -> Quality:
    """The quality of a cohort's period.

    Args:
        name: of the cohort, as readers know it.
        people: everyone of it, each once.
        nights: `night_table` of all of them (and maybe others): `READ` and the column that is analysed.
        first: first night label.
        last: last night label, inclusive.
        known: `days_known` of these people, in their order.
        recorded: `days_recorded` of them; without it that of `nights`.
        synced_at: by person_id the moment of the last synchronisation, for the sheet.
        analysed: what is analysed; time asleep without one.
        rules: by which the nights were made.

    Raises:
        ValueError: the period ends before it begins, or somebody is in the cohort twice.
    """
    if last < first:
        raise ValueError(f"the period ends on {last}, before it begins on {first}; swap the two dates")
    ids = _ids(people)
    question = analysed or Analysed()
    inside = nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]
    found = fates(
        inside,
        ids,
        measure=question.measure,
        consistency=question.consistency,
        minimum_nights=question.minimum_nights,
        rules=rules,
    )
    days = (last - first).days + 1
    at = np.flatnonzero(found.deciding)
    day = found.rows["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)[at] - day_number(first)
    states = _states((len(ids), days), day_number(first), known)
    states[found.owner[at], day] = recorded_states(found, at)
    table = adherence(
        people,
        found,
        states,
        first=first,
        last=last,
        recorded=recorded or days_recorded(people, nights),
        synced_at=synced_at or {},
    )
    order = np.lexsort(
        (table["name"].str.casefold().to_numpy(dtype=str), table["valid_nights"].to_numpy(dtype=np.int64))
    )
    return Quality(
        name=name,
        first=first,
        last=last,
        analysed=question,
        ledger=added(ledgers_of(found, ids)),
        basis=basis_of(found.rows),
        people=table.iloc[order],
        dates=pd.date_range(pd.Timestamp(first), pd.Timestamp(last), freq="D").as_unit("us"),
        states=states[order],
        left_out=_left_out(people, found, at),
    )


def _ids(people: Sequence[Sleeper]) -> list[str]:
    ids = [sleeper.person_id for sleeper in people]
    if len(set(ids)) != len(ids):
        raise ValueError("somebody is among these people twice, and would count twice")
    return ids


def _states(shape: tuple[int, int], begins: int, known: Days) -> Codes:
    """The states of nights without a recording."""
    days = np.arange(begins, begins + shape[1])
    first, last = (edge[:, None] for edge in known)
    asked = (days >= first) & (days <= last)
    return np.where(asked, NO_RECORDING, NOT_SYNCED).astype(np.uint8).reshape(shape)


def _left_out(people: Sequence[Sleeper], found: Fates, at: Counts) -> pd.DataFrame:
    """The nights among the deciding rows `at` that are not analysed, newest first."""
    at = at[found.codes[at] != ""]
    rows, owner = found.rows.iloc[at], found.owner[at]
    names = np.array([sleeper.name for sleeper in people], dtype=object)
    listed = {
        "person_id": rows["person_id"].astype("str").to_numpy(dtype=object),
        "name": names[owner] if len(owner) else np.array([], dtype=object),
        "step": np.where(rows["valid"].to_numpy(dtype=bool), "analysed", "valid"),
        "code": found.codes[at],
        "recorded_min": (rows["end"] - rows["start"]).dt.total_seconds().to_numpy() / 60,
        **{name: rows[name].to_numpy() for name in _LISTED},
    }
    table = pd.DataFrame(listed)[["person_id", "name", "night", "step", "code", *_LISTED[1:], "recorded_min"]]
    newest = np.lexsort((owner, -table["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)))
    return table.iloc[newest].reset_index(drop=True)
