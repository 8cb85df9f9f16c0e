"""The inbox as a queue: events lent to workers, and what becomes of each.

A lease is a moment until which an event is hidden, so that a worker that has died gives back what it had.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Update, and_, func, literal, select, update

from store.inbox_database import InboxDatabase
from store.inbox_tables import OPEN, Event, Moment, micros
from store.inbox_values import DeadLetter, Leased
from store.live_effects import Effect, Effects
from store.people import Environment

_LONGEST_ERROR: Final = 500
_AT_ONCE: Final = 1000
# What it said has been done, and goes; that it came stays, so that it is known when it comes again.
_SETTLE: Final = """
    UPDATE inbox_events SET state = 'done', ended_at = ?, leased_by = NULL, error = '', body = ?, stages = ?
    WHERE id = ? AND state = 'waiting' AND leased_by = ? AND attempts = ?"""

# Of other bodies their digests stay, by which they are known.
_EMPTY_REVISIONS: Final = "UPDATE inbox_revisions SET body = ? WHERE event_id = ?"


class Queue:
    """Events between their arrival and their end."""

    def __init__(self, database: InboxDatabase, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._effects = Effects(database)
        self._settle, self._empty_revisions = map(database.statement, (_SETTLE, _EMPTY_REVISIONS))

    def lease(
        self, organisation: str, environment: Environment, *, worker: str, limit: int, lease_s: float
    ) -> tuple[Leased, ...]:
        """Events that are the worker's for so many seconds: those that have been due the longest come first."""
        now = self._now()
        due = (
            select(Event.__table__)
            .where(_in_state("waiting", organisation, environment), Event.next_at <= now)
            .order_by(Event.next_at, Event.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._database.writing() as connection:
            rows = connection.execute(due).all()
            if rows:
                hidden = {
                    "leased_by": worker,
                    "next_at": now + timedelta(seconds=lease_s),
                    "since": func.coalesce(Event.since, literal(now, Moment)),
                }
                ids = [row.id for row in rows]
                connection.execute(update(Event).where(Event.id.in_(ids)).values(hidden))
        return tuple(_leased(row, worker, row.since or now) for row in rows)

    def give_back(self, worker: str) -> int:
        """How many leases of the worker were ended; the events are due at once."""
        freed = update(Event).where(Event.state == "waiting", OPEN, Event.leased_by == worker)
        return self._changed(freed.values(leased_by=None, next_at=self._now()))

    def settle(self, settled: Sequence[tuple[Leased, tuple[Effect, ...]]]) -> tuple[bool, ...]:
        """Of each event whether its effects and its end were entered together; False when the lease was lost."""
        now = self._now()
        with self._database.writing(against="effects") as connection:
            return tuple(self._settled(connection, leased, effects, now) for leased, effects in settled)

    def _settled(
        self, connection: Connection, leased: Leased, effects: tuple[Effect, ...], now: datetime
    ) -> bool:
        values = (micros(now), b"", b"", leased.event_id, leased.worker, leased.attempts)
        if not connection.exec_driver_sql(self._settle, values).rowcount:
            return False
        connection.exec_driver_sql(self._empty_revisions, (b"", leased.event_id))
        organisation, environment = leased.organisation, leased.environment
        self._effects.apply(
            connection, organisation, environment, effects, received_at=leased.received_at, now=now
        )
        return True

    def put_off(self, leased: Leased, *, error: str, next_at: datetime, counts: bool) -> bool:
        """Whether it was put off, with one attempt more where this one counts; False when the lease was lost."""
        attempts = Event.attempts + 1 if counts else Event.attempts
        return self._changed(_in_vain(leased, error).values(attempts=attempts, next_at=next_at)) > 0

    def bury(self, leased: Leased, *, error: str) -> bool:
        """Whether it is a dead letter now; False when the lease was lost."""
        ended = {"state": "dead", "attempts": Event.attempts + 1, "ended_at": self._now()}
        return self._changed(_in_vain(leased, error).values(**ended)) > 0

    def quarantine(self, leased: Leased) -> bool:
        """Whether it waits for its person now; False when the lease was lost."""
        return self._changed(_held(leased).values(state="quarantined", leased_by=None)) > 0

    def quarantined(self, organisation: str, environment: Environment) -> frozenset[str]:
        """The vendor's ids of those whose events wait for them."""
        query = select(Event.vendor_id).where(_in_state("quarantined", organisation, environment))
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def join(self, organisation: str, environment: Environment, vendor_ids: Collection[str]) -> int:
        """How many events of these people wait to be worked off again."""
        mine = _in_state("quarantined", organisation, environment)
        again = _again(self._now()).where(mine)
        return sum(self._changed(again.where(Event.vendor_id.in_(some))) for some in _in_parts(vendor_ids))

    def dead_letters(self, organisation: str, environment: Environment) -> tuple[DeadLetter, ...]:
        """What was given up, the oldest first."""
        query = select(Event.__table__).where(_in_state("dead", organisation, environment)).order_by(Event.id)
        with self._database.reading() as connection:
            return tuple(map(_dead_letter, connection.execute(query)))

    def why_waiting(self, organisation: str, environment: Environment) -> str:
        """What the event that has waited longest was tried in vain for, the last time; "" where it was not."""
        query = select(Event.error).where(_in_state("waiting", organisation, environment))
        with self._database.reading() as connection:
            return connection.execute(query.order_by(Event.received_at, Event.id).limit(1)).scalar() or ""

    def replay(self, organisation: str, environment: Environment, event_ids: Collection[int] | None) -> int:
        """How many dead letters are tried again from the beginning: all, or those of the ids."""
        dead, again = _in_state("dead", organisation, environment), _again(self._now())
        if event_ids is None:
            return self._changed(again.where(dead))
        return sum(self._changed(again.where(dead, Event.id.in_(some))) for some in _in_parts(event_ids))

    def _changed(self, statement: Update) -> int:
        # Against effects: on PostgreSQL two who change many events, each in an order of its own, would wait for ever.
        with self._database.writing(against="effects") as connection:
            return connection.execute(statement).rowcount


def _in_parts(values: Collection[Any]) -> Iterator[list[Any]]:
    """The values in lists that a statement can take."""
    ordered = sorted(values)
    return (ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE))


def _in_state(state: str, organisation: str, environment: Environment) -> ColumnElement[bool]:
    mine = (Event.organisation == organisation, Event.environment == environment)
    return and_(*mine, Event.state == state, OPEN)


def _held(leased: Leased) -> Update:
    """The event, when it is still that lease's."""
    return update(Event).where(
        Event.id == leased.event_id,
        Event.state == "waiting",
        Event.leased_by == leased.worker,
        Event.attempts == leased.attempts,
    )


def _in_vain(leased: Leased, error: str) -> Update:
    return _held(leased).values(error=error[:_LONGEST_ERROR], leased_by=None)


def _again(now: datetime) -> Update:
    return update(Event).values(
        state="waiting", attempts=0, next_at=now, since=None, ended_at=None, leased_by=None
    )


def _leased(row: Any, worker: str, since: datetime) -> Leased:
    return Leased(
        event_id=row.id,
        organisation=row.organisation,
        environment=row.environment,
        kind=row.kind,
        event=row.event,
        vendor_id=row.vendor_id,
        session_id=row.session_id,
        seq=row.seq,
        stages=row.stages,
        received_at=row.received_at,
        since=since,
        attempts=row.attempts,
        worker=worker,
        request_id=row.request_id,
    )


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        event_id=row.id,
        kind=row.kind,
        event=row.event,
        vendor_id=row.vendor_id,
        session_id=row.session_id,
        seq=row.seq,
        attempts=row.attempts,
        error=row.error,
        received_at=row.received_at,
        died_at=cast("datetime", row.ended_at),
        request_id=row.request_id,
    )
