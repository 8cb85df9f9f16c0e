"""How the synchronisation of each person went, as rows of one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.people import SyncOutcome, SyncState
from store.tables import PersonRow, SyncStateRow

_LONGEST_ERROR = 500
_AT_ONCE = 500


def enter_outcomes(session: Session, organisation: str, outcomes: Iterable[SyncOutcome]) -> None:
    """Enter how synchronisation ended; somebody who has left the roster meanwhile is passed over."""
    ended = {outcome.person_id: outcome for outcome in outcomes}
    for row, _ in _states(session, organisation, ended):
        _enter(row, ended[row.person_id])


def enter_statistics(session: Session, organisation: str, person_ids: Iterable[str], at: datetime) -> None:
    """Enter that the statistics of these people have arrived; who has left the roster is passed over."""
    for row, is_new in _states(session, organisation, person_ids):
        if is_new:
            row.attempted_at, row.error = at, ""
            row.listed = row.fetched = row.failed = 0
        row.statistics_at = at


def _states(
    session: Session, organisation: str, person_ids: Iterable[str]
) -> Iterator[tuple[SyncStateRow, bool]]:
    """The row of each of these people who is on the roster, and whether it is new."""
    for some in _batches(sorted(person_ids)):
        here = select(PersonRow.id).where(PersonRow.organisation_id == organisation, PersonRow.id.in_(some))
        # The people's rows are the lock: two workers that record at once do so one after the other.
        present = session.scalars(here.order_by(PersonRow.id).with_for_update()).all()
        known = select(SyncStateRow).where(
            SyncStateRow.organisation_id == organisation, SyncStateRow.person_id.in_(some)
        )
        rows = {row.person_id: row for row in session.scalars(known)}
        for person_id in present:
            row = rows.get(person_id) or SyncStateRow(organisation_id=organisation, person_id=person_id)
            session.add(row)
            yield row, person_id not in rows


def _batches(person_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(person_ids), _AT_ONCE):
        yield person_ids[first : first + _AT_ONCE]


def _enter(row: SyncStateRow, outcome: SyncOutcome) -> None:
    row.attempted_at = outcome.attempted_at
    row.error = outcome.error[:_LONGEST_ERROR]
    row.listed, row.fetched, row.failed = outcome.listed, outcome.fetched, outcome.failed
    if not outcome.error:
        before, until = row.asked_since, row.succeeded_at
        row.succeeded_at = outcome.attempted_at
        if outcome.asked_since is not None:
            # Between a success long ago and a first day after it nobody has asked.
            joined = before is not None and until is not None and outcome.asked_since <= until
            row.asked_since = min(before, outcome.asked_since) if joined and before else outcome.asked_since
        row.statistics_at = outcome.statistics_at or row.statistics_at


def sync_state_of(row: SyncStateRow) -> SyncState:
    """The row as a value."""
    return SyncState(
        person_id=row.person_id,
        attempted_at=row.attempted_at,
        succeeded_at=row.succeeded_at,
        error=row.error,
        listed=row.listed,
        fetched=row.fetched,
        failed=row.failed,
        asked_since=row.asked_since,
        statistics_at=row.statistics_at,
    )
