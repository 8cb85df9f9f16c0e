"""How the synchronisation of each person went, as rows of one transaction."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from store.people import SyncOutcome, SyncState
from store.tables import PersonRow, SyncStateRow

_LONGEST_ERROR = 500


def enter_outcomes(session: Session, organisation: str, outcomes: Iterable[SyncOutcome]) -> None:
    """Enter how synchronisation ended; somebody who has left the roster meanwhile is passed over."""
    for outcome in sorted(outcomes, key=lambda each: each.person_id):
        # The person's row is the lock: two workers that record at once do so one after the other.
        person = session.get(PersonRow, (organisation, outcome.person_id), with_for_update=True)
        if person is not None:
            _enter(session, organisation, outcome)


def enter_statistics(session: Session, organisation: str, person_ids: Iterable[str], at: datetime) -> None:
    """Enter that the statistics of these people have arrived; who has left the roster is passed over."""
    for person_id in sorted(person_ids):
        if session.get(PersonRow, (organisation, person_id), with_for_update=True) is None:
            continue
        row = session.get(SyncStateRow, (organisation, person_id))
        if row is None:
            row = SyncStateRow(organisation_id=organisation, person_id=person_id, attempted_at=at, error="")
            row.listed = row.fetched = row.failed = 0
            session.add(row)
        row.statistics_at = at


def _enter(session: Session, organisation: str, outcome: SyncOutcome) -> None:
    row = session.get(SyncStateRow, (organisation, outcome.person_id))
    if row is None:
        row = SyncStateRow(organisation_id=organisation, person_id=outcome.person_id)
        session.add(row)
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
    session.flush()


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
