"""Users whom the vendor still has to delete: the id is kept until the vendor has, and then it is gone here too."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import Session

from store.engine import erasing, reading, writing
from store.errors import InvalidEntry, UnknownEntry
from store.people import MAX_VENDOR_ID, Environment, checked_text
from store.rows import checked_actor, require_organisation
from store.tables import DeletionRow

_LONGEST_ERROR = 500


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """A user whom the vendor still has to delete.

    Attributes:
        environment, vendor_id: who it is at the vendor.
        requested_by, requested_at: who asked for it, and when (UTC).
        attempts: how often the vendor was asked in vain.
        last_error: why in vain, the last time; "" before the first.
        next_try_at: when the vendor is to be asked (again) (UTC).
    """

    environment: Environment
    vendor_id: str
    requested_by: str
    requested_at: datetime
    attempts: int
    last_error: str
    next_try_at: datetime


class Deletions:
    """What the vendor still has to delete, reached as `Store.deletions`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def add(self, organisation: str, environment: Environment, vendor_id: str, *, by: str) -> Deletion:
        """The deletion, due at once; one that was asked for already stays as it is.

        Raises:
            InvalidEntry: a field cannot be accepted.
            UnknownOrganisation: there is no such organisation.
        """
        if environment not in get_args(Environment):
            raise InvalidEntry(f"Environment {environment!r} is neither live nor test.")
        checked_text(vendor_id, field="The vendor's user id", longest=MAX_VENDOR_ID, refusal=InvalidEntry)
        now, actor = self._now(), checked_actor(by)
        with writing(self._engine) as session:
            require_organisation(session, organisation, lock=True)
            row = session.get(DeletionRow, (organisation, environment, vendor_id))
            if row is None:
                row = DeletionRow(organisation_id=organisation, environment=environment, vendor_id=vendor_id)
                row.requested_by, row.requested_at, row.next_try_at = actor, now, now
                row.attempts, row.last_error = 0, ""
                session.add(row)
        return _deletion(row)

    def all(self, organisation: str) -> tuple[Deletion, ...]:
        """Everything that the vendor still has to delete, the oldest first."""
        return self._listed(_deletions(organisation))

    def due(self, organisation: str, now: datetime) -> tuple[Deletion, ...]:
        """What the vendor is to be asked for by now, the oldest first."""
        return self._listed(_deletions(organisation).where(DeletionRow.next_try_at <= now))

    def failed(self, organisation: str, deletion: Deletion, *, error: str, next_try_at: datetime) -> Deletion:
        """The deletion with one attempt more, why it was in vain, and when to ask again.

        Raises:
            UnknownEntry: it is not (any more) among those to be done.
        """
        with writing(self._engine) as session:
            row = _row(session, organisation, deletion)
            row.attempts += 1
            row.last_error, row.next_try_at = error[:_LONGEST_ERROR], next_try_at
        return _deletion(row)

    def done(self, organisation: str, deletion: Deletion) -> None:
        """The vendor has deleted the user: no byte of the id stays in the database file.

        Raises:
            UnknownEntry: it is not (any more) among those to be done.
        """
        with erasing(self._engine) as session:
            session.delete(_row(session, organisation, deletion))

    def _listed(self, query: Select[DeletionRow]) -> tuple[Deletion, ...]:
        with reading(self._engine) as session:
            rows = session.scalars(query.order_by(DeletionRow.requested_at, DeletionRow.vendor_id)).all()
        return tuple(map(_deletion, rows))


def _deletions(organisation: str) -> Select[DeletionRow]:
    return select(DeletionRow).where(DeletionRow.organisation_id == organisation)


def _row(session: Session, organisation: str, deletion: Deletion) -> DeletionRow:
    key = (organisation, deletion.environment, deletion.vendor_id)
    row = session.get(DeletionRow, key, with_for_update={"key_share": True})
    if row is None:
        raise UnknownEntry(
            "That user is not waiting to be deleted at the vendor (any more); load the list again."
        )
    return row


def _deletion(row: DeletionRow) -> Deletion:
    return Deletion(
        environment=cast("Environment", row.environment),
        vendor_id=row.vendor_id,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        attempts=row.attempts,
        last_error=row.last_error,
        next_try_at=row.next_try_at,
    )
