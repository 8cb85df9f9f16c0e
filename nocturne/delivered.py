"""What has arrived of a cohort: on what its nights rest, and who is missing, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from analytics.basis import READ, Basis, basis_of
from analytics.grades import in_a_phrase
from analytics.summary import CohortOverview
from analytics.wording import day
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.views import cohort_people, statistics
from store.people import SyncState


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """The sleeps of a cohort that are here.

    Attributes:
        basis: what the valid nights of the period in question rest on.
        sleeps: how many usable sleeps there are, of whatever date.
        staged: how many of them by their stages.
        unusable: how many sessions have no usable sleep.
        newest_at: when the one that came last came (UTC); None where none has.
    """

    basis: Basis
    sleeps: int
    staged: int
    unusable: int
    newest_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Somebody without a valid last night, and the reason in a sentence."""

    person_id: str
    name: str
    reason: str


def delivered(application: Application, actor: Actor, cohort: str, *, first: date, last: date) -> Delivered:
    """What is here of a cohort; `first` and `last` are the period that a page shows.

    Raises:
        NotAllowed, UnknownCohort.
    """
    people = cohort_people(application, actor, cohort)
    organisation = application.organisation
    return application.kept.answer(
        organisation,
        application.archive.version(organisation),
        ("delivered", actor, cohort, first, last),
        lambda: _delivered(statistics(application, people), first, last),
        grounds=people,
    )


def _delivered(nights: pd.DataFrame, first: date, last: date) -> Delivered:
    nights = nights[[*READ, "received"]]
    newest = nights["received"].max()
    usable = nights["kind"] != "unusable"
    return Delivered(
        basis=basis_of(nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]),
        sleeps=int(usable.sum()),
        staged=int((usable & (nights["basis"] == "stages")).sum()),
        unusable=int((~usable).sum()),
        newest_at=None if pd.isna(newest) else newest.to_pydatetime(warn=False).astimezone(UTC),
    )


def missing(application: Application, seen: CohortOverview) -> tuple[Missing, ...]:
    """Who has no valid last night, and why; by name, those first of whom nothing arrived."""
    states = application.store.sync_states(application.organisation)
    rows = seen.people[seen.people["last_state"] != "valid"]
    rows = rows.sort_values(["last_state", "name"])
    columns = rows[["name", "last_state", "last_reason", "newest"]]
    return tuple(
        Missing(person_id=str(who), name=str(name), reason=_reason(str(who), state, reason, newest, states))
        for who, name, state, reason, newest in columns.itertuples(name=None)
    )


def _reason(
    person_id: str, last_state: str, last_reason: str, newest: Any, states: Mapping[str, SyncState]
) -> str:
    if last_state == "no valid night":
        return (
            f"No valid night: {in_a_phrase(last_reason)}."
            if last_reason
            else "Recorded, but no main sleep of it is valid."
        )
    state = states.get(person_id)
    if state is None:
        return "Never synchronised yet."
    if state.error:
        return f"Not synchronised: {state.error}"
    if pd.isna(newest):
        return "Nothing has been recorded yet."
    return f"Nothing recorded since the night to {day(newest.date(), year=False, short=True)}."
