"""The nights under way: what the events say about them, in an order that does not matter.

A session that is complete stays so, with the start, end and zone that its completion gave it; its blocks go, and those
that come late change nothing. So every order of the same events ends in the same rows.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, literal, or_, select

from store.inbox_database import InboxDatabase
from store.inbox_tables import BlockRow, LiveVersionRow, NightRow, TombstoneRow
from store.people import Environment


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The vendor says that the session is there; one that is complete stays as it is."""

    vendor_id: str
    session_id: str
    start: datetime
    zone: str


@dataclass(frozen=True, kw_only=True)
class BlockPlaced:
    """Stages of a session, int8, one byte an epoch; nobody sees them before the session is opened."""

    vendor_id: str
    session_id: str
    seq: int
    stages: bytes


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The session is complete and in the archive; its blocks are not needed any more."""

    vendor_id: str
    session_id: str
    start: datetime
    end: datetime | None
    zone: str = ""


@dataclass(frozen=True, kw_only=True)
class Gone:
    """The vendor does not have the session any more."""

    vendor_id: str
    session_id: str


Effect = Opened | BlockPlaced | Completed | Gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Stages of a night under way: int8, one byte an epoch."""

    seq: int
    stages: bytes
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class LiveNight:
    """A session that is being recorded, or was completed in the last days.

    Attributes:
        start, end: of the session (UTC); the end is None while it is recorded, or where the vendor gave none.
        zone: the person's at that time, as the vendor says; "" where it does not.
        seen_at: when it was first heard of.
        last_block_at: when its newest block was received; None where it has none, and once it is complete.
        completed_at: when it was found complete.
        blocks: in the order of their places; none once it is complete.
    """

    vendor_id: str
    session_id: str
    state: Literal["recording", "complete"]
    start: datetime
    end: datetime | None
    zone: str
    seen_at: datetime
    last_block_at: datetime | None
    completed_at: datetime | None
    blocks: tuple[Block, ...]


class LiveNights:
    """The nights under way of every organisation, reached as `Inbox.live`."""

    def __init__(self, database: InboxDatabase, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now

    def nights(
        self, organisation: str, environment: Environment, *, since: datetime
    ) -> tuple[LiveNight, ...]:
        """The nights with a sign at `since` or later (first heard of, a block, complete), by start."""
        with self._database.reading() as connection:
            nights = connection.execute(
                select(NightRow.__table__)
                .where(_of(NightRow, organisation, environment))
                .order_by(NightRow.start_at, NightRow.vendor_id, NightRow.session_id)
            ).all()
            blocks = _blocks(connection, organisation, environment)
        found = (_night(night, blocks.get((night.vendor_id, night.session_id), ())) for night in nights)
        return tuple(night for night in found if _last_sign(night) >= since)

    def apply(self, organisation: str, environment: Environment, *effects: Effect, mark: bytes) -> bool:
        """Whether the effects hold; False where the person has been erased, and nothing was done.

        Args:
            organisation: whose they are.
            environment: of the vendor, in which the person is.
            effects: all of one person, in one transaction.
            mark: of that person.
        """
        now = self._now()
        with self._database.writing(against="effects") as connection:
            if is_erased(connection, organisation, environment, mark):
                return False
            apply_effects(
                self._database, connection, organisation, environment, effects, received_at=now, now=now
            )
        return True

    def version(self, organisation: str, environment: Environment) -> int:
        """A number that is another one after every change of the nights."""
        query = select(LiveVersionRow.version).where(_of(LiveVersionRow, organisation, environment))
        with self._database.reading() as connection:
            return connection.execute(query).scalar() or 0


def is_erased(connection: Connection, organisation: str, environment: Environment, mark: bytes) -> bool:
    """Whether there is a tombstone with the mark."""
    query = select(exists().where(_of(TombstoneRow, organisation, environment), TombstoneRow.mark == mark))
    return bool(connection.execute(query).scalar())


def apply_effects(
    database: InboxDatabase,
    connection: Connection,
    organisation: str,
    environment: Environment,
    effects: Sequence[Effect],
    *,
    received_at: datetime,
    now: datetime,
) -> None:
    """Do to the nights what the effects say, within a transaction that overlaps with no other's effects."""
    changed = 0
    for effect in effects:
        key = {
            "organisation": organisation,
            "environment": environment,
            "vendor_id": effect.vendor_id,
            "session_id": effect.session_id,
        }
        match effect:
            case Opened():
                changed += _open(database, connection, key, effect, now)
            case BlockPlaced():
                changed += _place(database, connection, key, effect, received_at)
            case Completed():
                changed += _complete(database, connection, key, effect, now)
            case Gone():
                changed += _let_go(connection, key)
    if changed:
        mark_changed(database, connection, organisation, environment)


def mark_changed(
    database: InboxDatabase, connection: Connection, organisation: str, environment: Environment
) -> None:
    """Make the version another one."""
    insert = database.insert(LiveVersionRow).values(
        organisation=organisation, environment=environment, version=1
    )
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["organisation", "environment"], set_={"version": LiveVersionRow.version + 1}
        )
    )


def _of(table: Any, organisation: str, environment: Environment) -> ColumnElement[bool]:
    return and_(table.organisation == organisation, table.environment == environment)


def _session(table: Any, key: dict[str, str]) -> ColumnElement[bool]:
    return and_(*(getattr(table, name) == value for name, value in key.items()))


def _open(
    database: InboxDatabase, connection: Connection, key: dict[str, str], opened: Opened, now: datetime
) -> int:
    insert = database.insert(NightRow).values(
        **key, state="recording", start_at=opened.start, zone=opened.zone, seen_at=now
    )
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=list(key),
        set_={"start_at": new.start_at, "zone": new.zone},
        where=and_(
            NightRow.state == "recording", or_(NightRow.start_at != new.start_at, NightRow.zone != new.zone)
        ),
    )
    return connection.execute(statement).rowcount


def _place(
    database: InboxDatabase, connection: Connection, key: dict[str, str], block: BlockPlaced, at: datetime
) -> int:
    cells = {
        **key, "seq": block.seq, "length": len(block.stages), "stages": block.stages, "received_at": at,
    }  # fmt: skip
    columns = BlockRow.__table__.c
    complete = exists().where(_session(NightRow, key), NightRow.state == "complete")
    values = select(*(literal(value, columns[name].type) for name, value in cells.items())).where(~complete)
    statement = database.insert(BlockRow).from_select(list(cells), values)
    return connection.execute(statement.on_conflict_do_nothing()).rowcount


def _complete(
    database: InboxDatabase, connection: Connection, key: dict[str, str], completed: Completed, now: datetime
) -> int:
    insert = database.insert(NightRow).values(
        **key,
        state="complete",
        start_at=completed.start,
        end_at=completed.end,
        zone=completed.zone,
        seen_at=now,
        completed_at=now,
    )
    new = insert.excluded
    statement = insert.on_conflict_do_update(
        index_elements=list(key),
        set_={
            "state": new.state,
            "start_at": new.start_at,
            "end_at": new.end_at,
            "zone": new.zone,
            "completed_at": func.coalesce(NightRow.completed_at, new.completed_at),
        },
    )
    connection.execute(delete(BlockRow).where(_session(BlockRow, key)))
    return connection.execute(statement).rowcount


def _let_go(connection: Connection, key: dict[str, str]) -> int:
    return sum(
        connection.execute(delete(table).where(_session(table, key))).rowcount
        for table in (NightRow, BlockRow)
    )


def _blocks(
    connection: Connection, organisation: str, environment: Environment
) -> dict[tuple[str, str], list[Block]]:
    query = (
        select(BlockRow.vendor_id, BlockRow.session_id, BlockRow.seq, BlockRow.stages, BlockRow.received_at)
        .where(_of(BlockRow, organisation, environment))
        .order_by(BlockRow.seq, BlockRow.length)
    )
    found: dict[tuple[str, str], list[Block]] = defaultdict(list)
    for vendor_id, session_id, seq, stages, received_at in connection.execute(query):
        found[vendor_id, session_id].append(Block(seq=seq, stages=stages, received_at=received_at))
    return found


def _last_sign(night: LiveNight) -> datetime:
    signs = (night.seen_at, night.last_block_at, night.completed_at)
    return max(sign for sign in signs if sign is not None)


def _night(row: Any, blocks: Sequence[Block]) -> LiveNight:
    return LiveNight(
        vendor_id=row.vendor_id,
        session_id=row.session_id,
        state=cast("Literal['recording', 'complete']", row.state),
        start=row.start_at,
        end=row.end_at,
        zone=row.zone,
        seen_at=row.seen_at,
        last_block_at=max((block.received_at for block in blocks), default=None),
        completed_at=row.completed_at,
        blocks=tuple(blocks),
    )
