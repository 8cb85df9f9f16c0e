"""The inbox: events of the vendor's webhooks, kept once and worked off once; the table is the queue.

An event is `waiting` until a worker that has it on lease settles it (`done`), gives it up (`dead`), or finds that
nobody knows the person (`quarantined`); `unhandled` is what nobody knows how to handle.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, exists, func, select

from store.engine import BUSY_TIMEOUT_MS
from store.inbox_arrivals import Arrivals
from store.inbox_database import INBOX, InboxDatabase
from store.inbox_queue import Queue
from store.inbox_tables import DONE, OPEN, Event, RevisionRow, micros
from store.inbox_upkeep import KEPT, Upkeep
from store.inbox_values import (
    Accepted,
    Arrival,
    DeadLetter,
    InboxState,
    Kind,
    Leased,
    Purged,
    State,
    Tombstone,
    WorkerOutcome,
)
from store.live_effects import BlockPlaced, Completed, Effect, Gone, Opened
from store.live_nights import Block, LiveNight, LiveNights, LiveState, Session
from store.people import Environment
from store.standing import Standing

__all__ = [
    "Accepted",
    "Arrival",
    "Block",
    "BlockPlaced",
    "Completed",
    "DeadLetter",
    "Effect",
    "Gone",
    "Inbox",
    "InboxState",
    "Kind",
    "Leased",
    "LiveNight",
    "LiveNights",
    "LiveState",
    "Opened",
    "Purged",
    "Session",
    "State",
    "Tombstone",
    "WorkerOutcome",
]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody_hears(_outcome: WorkerOutcome) -> None:
    """Nothing is counted."""


class Inbox:
    """The inbox behind a database URL; tables are brought up to date when it is made. Any thread may use it.

    Args:
        url: `sqlite:///path/to/file.db`, or `postgresql://...`, where it may be the store's.
        now: the clock; tests hand in their own.
        busy_timeout_ms: how long a writer waits for another one.
        told: hears what became of every event that a worker took up, to be counted: quick, and raising nothing.

    Attributes:
        live: the nights under way, which the effects of events make.
        standing: whether the database is the one that was opened, with the tables of this program.

    Raises:
        StoreUnavailable: from here and from every method, when the database cannot be reached or written.
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime] = _utc_now,
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        told: Callable[[WorkerOutcome], None] = _nobody_hears,
    ) -> None:
        self._told = told
        self._database = InboxDatabase(url, busy_timeout_ms=busy_timeout_ms)
        self._now = now
        self._arrivals = Arrivals(self._database)
        self._queue = Queue(self._database, now)
        self._upkeep = Upkeep(self._database, now)
        self.live = LiveNights(self._database, now)
        self.standing = Standing(self._database.engine, INBOX)

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()

    def accept(self, arrivals: Sequence[Arrival]) -> Accepted:
        """What became of the batch, in one transaction: all of it is on the disk, or this raises and none is kept.

        An event that comes again is kept once. With another body it is kept as a revision, and a completed session is
        worked off anew: the API's answer decides. Of somebody who was erased nothing is kept.
        """
        return self._arrivals.accept(arrivals, micros(self._now()))

    def lease(
        self,
        organisation: str,
        environment: Environment,
        *,
        worker: str,
        limit: int = 50,
        lease_s: float = 60,
    ) -> tuple[Leased, ...]:
        """Events that are due, those due the longest first, now the worker's for so many seconds.

        Nobody else is given them meanwhile; after that they are due again.
        """
        return self._queue.lease(organisation, environment, worker=worker, limit=limit, lease_s=lease_s)

    def give_back(self, worker: str) -> int:
        """How many leases of the worker were ended; the events are due at once."""
        return self._queue.give_back(worker)

    def settle(self, leased: Leased, *effects: Effect) -> bool:
        """Whether the effects and the event's end were entered, in one transaction.

        False: the lease was lost to somebody else, or the person was erased; nothing was done.
        """
        return self.settle_all([(leased, effects)])[0]

    def settle_all(self, settled: Sequence[tuple[Leased, tuple[Effect, ...]]]) -> tuple[bool, ...]:
        """Of each event what `settle` says, all of them in one transaction: what is raised has undone every one."""
        return tuple(self._tell("done", held=held) for held in self._queue.settle(settled))

    def put_off(self, leased: Leased, *, error: str, next_at: datetime, counts: bool = True) -> bool:
        """Whether the event waits until `next_at`, with one attempt more; False when the lease was lost.

        Without `counts` it was no attempt: nothing that the event could have helped kept it from being done.
        """
        return self._tell(
            "put_off", held=self._queue.put_off(leased, error=error, next_at=next_at, counts=counts)
        )

    def bury(self, leased: Leased, *, error: str) -> bool:
        """Whether the event is a dead letter now, with one attempt more; False when the lease was lost."""
        return self._tell("dead", held=self._queue.bury(leased, error=error))

    def quarantine(self, leased: Leased) -> bool:
        """Whether the event waits for its person to be known now; False when the lease was lost."""
        return self._tell("quarantined", held=self._queue.quarantine(leased))

    def _tell(self, outcome: WorkerOutcome, *, held: bool) -> bool:
        """Whether the lease still held, once whoever counts has heard of it."""
        self._told(outcome if held else "lost")
        return held

    def quarantined(self, organisation: str, environment: Environment) -> frozenset[str]:
        """The vendor's ids of the people whose events wait for them to be known."""
        return self._queue.quarantined(organisation, environment)

    def join(self, organisation: str, environment: Environment, vendor_ids: Collection[str]) -> int:
        """How many quarantined events of these people wait to be worked off now."""
        return self._queue.join(organisation, environment, vendor_ids)

    def dead_letters(self, organisation: str, environment: Environment) -> tuple[DeadLetter, ...]:
        """The events that were given up, the oldest first."""
        return self._queue.dead_letters(organisation, environment)

    def why_waiting(self, organisation: str, environment: Environment) -> str:
        """What the event that has waited longest was tried in vain for, the last time; "" where it was not."""
        return self._queue.why_waiting(organisation, environment)

    def replay(
        self, organisation: str, environment: Environment, event_ids: Collection[int] | None = None
    ) -> int:
        """How many dead letters are tried again from the beginning: all of them, or those of the ids."""
        return self._queue.replay(organisation, environment, event_ids)

    def waiting(self, organisation: str, environment: Environment) -> int:
        """How many events wait to be worked off; quicker than `state`."""
        query = select(func.count()).where(_mine(organisation, environment), Event.state == "waiting", OPEN)
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def due_since(self, organisation: str, environment: Environment) -> datetime | None:
        """Since when the event has been due that nobody has leased the longest (UTC); None where none waits.

        In the future where all of them are on lease or put off.
        """
        query = select(func.min(Event.next_at)).where(
            _mine(organisation, environment), Event.state == "waiting", OPEN
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def done(self, organisation: str, environment: Environment) -> int:
        """How many events were worked off in the last 30 days: a million of them take a quarter of a second."""
        lately = (_mine(organisation, environment), DONE, Event.ended_at >= self._now() - KEPT)
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(Event).where(*lately)).scalar_one()

    def state(self, organisation: str, environment: Environment) -> InboxState:
        """How the inbox stands, counted from its rows at one moment; but for what is done, of which there is most."""
        with self._database.reading() as connection:
            return _state(connection, organisation, environment, self._now())

    def purge(self, organisation: str, environment: Environment) -> Purged:
        """How much was let go of that nobody needs any more, as `Purged` says."""
        return self._upkeep.purge(organisation, environment)

    def forget(self, organisation: str, environment: Environment, vendor_id: str, mark: bytes) -> int:
        """How many rows of the person went, overwritten; what comes later about them leaves nothing behind.

        On SQLite the file is then written anew, for which arrivals wait; where it is over 64 MB, or that did not work,
        `scrub` does it later, for all who were erased by then.
        """
        return self._upkeep.forget(organisation, environment, vendor_id, mark)

    def forget_session(
        self, organisation: str, environment: Environment, vendor_id: str, session_id: str
    ) -> int:
        """How many rows of one session went, overwritten; events about it that come later are taken in as any other.

        The file is written anew as after `forget`.
        """
        return self._upkeep.forget_session(organisation, environment, vendor_id, session_id)

    def unannounced(self, organisation: str, environment: Environment, *, completed_before: datetime) -> int:
        """How many sessions of the last days are complete, and no event has said so.

        Counted are those that ended after the first event was received that is still here, and were found complete
        before that moment.
        """
        return self.live.unannounced(organisation, environment, completed_before=completed_before)

    def remember(self, organisation: str, environment: Environment, mark: bytes) -> None:
        """Take a person's tombstone away: what comes about them is kept again."""
        self._upkeep.remember(organisation, environment, mark)

    def marks(self, organisation: str) -> tuple[Tombstone, ...]:
        """The tombstones of the organisation, for a back-up."""
        return self._upkeep.marks(organisation)

    def restore_marks(self, organisation: str, marks: Iterable[Tombstone]) -> None:
        """Enter the tombstones of a back-up, beside those that are there."""
        self._upkeep.restore_marks(organisation, marks)

    def scrub(self) -> bool:
        """Whether no byte of who was erased is left in the file or its log; False while somebody reads them."""
        return self._upkeep.scrub()

    def writable(self) -> None:
        """Return when something could be written just now; `StoreUnavailable` says why not."""
        self._upkeep.writable()


def _mine(organisation: str, environment: Environment) -> ColumnElement[bool]:
    return (Event.organisation == organisation) & (Event.environment == environment)


def _state(connection: Connection, organisation: str, environment: Environment, now: datetime) -> InboxState:
    mine = _mine(organisation, environment)
    by_state = (
        select(Event.state, func.count(), func.min(Event.received_at)).where(mine, OPEN).group_by(Event.state)
    )
    found = {state: (count, oldest) for state, count, oldest in connection.execute(by_state)}
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(func.count()).select_from(Event).where(mine, Event.received_at >= midnight)
    of_mine = exists().where(Event.id == RevisionRow.event_id, mine)
    revised = select(func.count()).select_from(RevisionRow).where(of_mine)
    return InboxState(
        waiting=found.get("waiting", (0, None))[0],
        oldest_waiting_at=found.get("waiting", (0, None))[1],
        quarantined=found.get("quarantined", (0, None))[0],
        unhandled=found.get("unhandled", (0, None))[0],
        dead=found.get("dead", (0, None))[0],
        revised=connection.execute(revised).scalar_one(),
        last_received_at=connection.execute(select(func.max(Event.received_at)).where(mine)).scalar(),
        received_since_midnight=connection.execute(today).scalar_one(),
    )
