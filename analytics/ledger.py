"""The way from what was recorded to what is analysed, with every exclusion counted: it adds up or it does not exist.

After the flow diagram of CONSORT: recorded -> valid -> analysed (SPEC 7.8). Every session has exactly one fate, and so
has every night.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analytics.fates import NOT_ANALYSED, SENTENCES, Fates, fates
from analytics.rules import DEFAULT_RULES, ValidNight

__all__ = [
    "ANALYSED",
    "NOT_ANALYSED",
    "RECEIVED",
    "VALID",
    "Exclusion",
    "Ledger",
    "added",
    "exclusion_ledger",
    "ledgers",
    "ledgers_of",
]

RECEIVED, VALID, ANALYSED = "received", "valid", "analysed"

_ORDER: Final = {code: n for n, code in enumerate(SENTENCES)}
_STEPS: Final = (RECEIVED, VALID, ANALYSED)


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """What was left out at one step for one reason.

    Attributes:
        step: "received" (a version that a later one replaced), "valid" or "analysed": what these did not become.
        code: of `REASONS` or `NOT_ANALYSED`.
        reason: its sentence.
        sessions: how many sessions.
        nights: how many nights; 0 where the night is counted through another session.
    """

    step: str
    code: str
    reason: str
    sessions: int
    nights: int


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """How many sessions and nights were recorded, are valid and are analysed, and where the others went.

    Attributes:
        person_ids: whose; several where ledgers were added up.
        received: sessions received, older versions of the same session included.
        recorded: different sessions.
        valid: those that belong to a sleep of grade A, B or provisional, naps included.
        analysed: those whose sleep is analysed.
        recorded_nights: nights with at least one session.
        valid_nights: those with a main sleep of grade A, B or provisional.
        analysed_nights: those of them that are analysed.
        exclusions: by step and, within one, in the order of the codes; none is empty.

    Raises:
        ValueError: it does not add up.
    """

    person_ids: tuple[str, ...]
    received: int
    recorded: int
    valid: int
    analysed: int
    recorded_nights: int
    valid_nights: int
    analysed_nights: int
    exclusions: tuple[Exclusion, ...]

    def __post_init__(self) -> None:
        sessions = {
            step: sum(each.sessions for each in self.exclusions if each.step == step) for step in _STEPS
        }
        nights = {step: sum(each.nights for each in self.exclusions if each.step == step) for step in _STEPS}
        balance = (
            ("sessions received", self.received, sessions[RECEIVED], self.recorded),
            ("sessions recorded", self.recorded, sessions[VALID], self.valid),
            ("valid sessions", self.valid, sessions[ANALYSED], self.analysed),
            ("nights recorded", self.recorded_nights, nights[VALID], self.valid_nights),
            ("valid nights", self.valid_nights, nights[ANALYSED], self.analysed_nights),
        )
        for what, before, left_out, after in balance:
            if before - left_out != after:
                raise ValueError(
                    f"a ledger must add up: of {before} {what} {left_out} are left out, and {after} remain"
                )

    def frame(self) -> pd.DataFrame:
        """The exclusions as a table to export: `step`, `code`, `reason`, `sessions`, `nights`."""
        columns = {"step": "str", "code": "str", "reason": "str", "sessions": "int64", "nights": "int64"}
        return pd.DataFrame(
            {
                name: pd.Series([getattr(each, name) for each in self.exclusions], dtype=dtype)
                for name, dtype in columns.items()
            }
        )


def exclusion_ledger(
    nights: pd.DataFrame,
    *,
    received: int | None = None,
    measure: str | None = None,
    consistency: bool = False,
    minimum_nights: int = 0,
    rules: ValidNight = DEFAULT_RULES,
) -> Ledger:
    """The ledger of one person; that of several people is the sum of theirs (`ledgers`, `added`).

    Args:
        nights: `night_table` of one person, or its rows of a period.
        received: how many sessions were received for these rows, older versions included (`len` of the set before
            `latest`); None where it is not known, which counts none as replaced.
        measure: the column that is analysed; nights in which it is NaN are left out.
        consistency: whether the analysis is of consistency, which leaves out the nights of a journey.
        minimum_nights: a person with fewer nights left is left out with all of them.
        rules: `leave_out_travel`.

    Raises:
        ValueError: rows of several people, or fewer sessions received than recorded.
    """
    people = nights["person_id"].unique().tolist() if "person_id" in nights else []
    if len(people) > 1:
        raise ValueError(
            "these are the nights of several people; use `ledgers`, and add them up with `added`"
        )
    person = str(people[0]) if people else ""
    (found,) = ledgers(
        nights.assign(person_id=person),
        person_ids=[person],
        received=None if received is None else {person: received},
        measure=measure,
        consistency=consistency,
        minimum_nights=minimum_nights,
        rules=rules,
    )
    return found


def ledgers(
    nights: pd.DataFrame,
    *,
    person_ids: Sequence[str] | None = None,
    received: Mapping[str, int] | None = None,
    measure: str | None = None,
    consistency: bool = False,
    minimum_nights: int = 0,
    rules: ValidNight = DEFAULT_RULES,
) -> tuple[Ledger, ...]:
    """One ledger per person, in the order of `person_ids`, else in that of the rows; arguments as `exclusion_ledger`.

    Somebody without a single session has a ledger of zeros; rows of others than `person_ids` are not looked at.
    """
    ids = [str(each) for each in (nights["person_id"].unique() if person_ids is None else person_ids)]
    found = fates(
        nights,
        ids,
        measure=measure,
        consistency=consistency,
        minimum_nights=minimum_nights,
        rules=rules,
    )
    return ledgers_of(found, ids, received=received)


def ledgers_of(
    found: Fates, person_ids: Sequence[str], *, received: Mapping[str, int] | None = None
) -> tuple[Ledger, ...]:
    """One ledger per person, from what has become of the sessions of these people."""
    counted = pd.DataFrame(
        {
            "owner": found.owner,
            "step": np.where(found.rows["valid"].to_numpy(dtype=bool), ANALYSED, VALID),
            "code": found.codes,
            "sessions": found.rows["pieces"].to_numpy(dtype=np.int64),
            "nights": found.deciding.astype(np.int64),
        }
    )
    sums = counted.groupby(["owner", "step", "code"], sort=False)[["sessions", "nights"]].sum()
    parts: list[list[Exclusion]] = [[] for _ in person_ids]
    for (at, step, code), sessions, of_nights in zip(
        sums.index.tolist(), sums["sessions"].tolist(), sums["nights"].tolist(), strict=True
    ):
        parts[at].append(_exclusion(step, code, sessions, of_nights))
    known = received or {}
    return tuple(
        _ledger(person, each, known.get(person)) for person, each in zip(person_ids, parts, strict=True)
    )


def added(parts: Iterable[Ledger]) -> Ledger:
    """The ledger of all people of these ledgers.

    Raises:
        ValueError: somebody is in two of them.
    """
    each = tuple(parts)
    people = tuple(person for ledger in each for person in ledger.person_ids)
    if len(set(people)) != len(people):
        raise ValueError("somebody is in two of these ledgers, and would be counted twice")
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for exclusion in (exclusion for ledger in each for exclusion in ledger.exclusions):
        sessions, nights = counts.get((exclusion.step, exclusion.code), (0, 0))
        counts[exclusion.step, exclusion.code] = (sessions + exclusion.sessions, nights + exclusion.nights)
    return Ledger(
        person_ids=people,
        **{name: sum(getattr(ledger, name) for ledger in each) for name in _AMOUNTS},
        exclusions=_in_order(_exclusion(*key, *amounts) for key, amounts in counts.items()),
    )


_AMOUNTS: Final = (
    "received",
    "recorded",
    "valid",
    "analysed",
    "recorded_nights",
    "valid_nights",
    "analysed_nights",
)


def _ledger(person: str, parts: Sequence[Exclusion], received: int | None) -> Ledger:
    """A person's ledger from what each fate holds; the fate without a code is to be analysed."""
    recorded = sum(each.sessions for each in parts)
    replaced = 0 if received is None else received - recorded
    if replaced < 0:
        raise ValueError(
            f"{received} sessions were received and {recorded} recorded; there cannot be more of these"
        )
    valid = [each for each in parts if each.step == ANALYSED]
    left_out = [each for each in parts if each.code]
    if replaced:
        left_out.append(_exclusion(RECEIVED, "SUPERSEDED", replaced, 0))
    return Ledger(
        person_ids=(person,),
        received=recorded + replaced,
        recorded=recorded,
        valid=sum(each.sessions for each in valid),
        analysed=sum(each.sessions for each in valid if not each.code),
        recorded_nights=sum(each.nights for each in parts),
        valid_nights=sum(each.nights for each in valid),
        analysed_nights=sum(each.nights for each in valid if not each.code),
        exclusions=_in_order(left_out),
    )


def _exclusion(step: str, code: str, sessions: int, nights: int) -> Exclusion:
    return Exclusion(
        step=step, code=code, reason=SENTENCES.get(code, ""), sessions=int(sessions), nights=int(nights)
    )


def _in_order(exclusions: Iterable[Exclusion]) -> tuple[Exclusion, ...]:
    return tuple(sorted(exclusions, key=lambda each: (_STEPS.index(each.step), _ORDER[each.code])))
