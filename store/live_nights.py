"""The nights under way as they are read: who is recording, what has come of each, and what was completed lately."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from store.inbox_database import InboxDatabase
from store.inbox_tables import BlockRow, Event, NightRow, TombstoneRow
from store.live_effects import Effect, Effects
from store.people import Environment

_VERSION = "SELECT version FROM live_versions WHERE organisation = ? AND environment = ?"


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


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveState:
    """How far a session is, without its blocks; the attributes as `LiveNight` has them."""

    vendor_id: str
    session_id: str
    state: Literal["recording", "complete"]
    start: datetime
    seen_at: datetime
    last_block_at: datetime | None


class LiveNights:
    """The nights under way of every organisation, reached as `Inbox.live`."""

    def __init__(self, database: InboxDatabase, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._effects = Effects(database)
        self._version = database.statement(_VERSION)

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

    def states(
        self, organisation: str, environment: Environment, *, since: datetime
    ) -> tuple[LiveState, ...]:
        """Of the same nights how far each is; no block is read for it."""
        last_block_at = (
            select(func.max(BlockRow.received_at))
            .where(
                _of(BlockRow, organisation, environment),
                BlockRow.vendor_id == NightRow.vendor_id,
                BlockRow.session_id == NightRow.session_id,
            )
            .scalar_subquery()
        )
        query = (
            select(
                NightRow.vendor_id,
                NightRow.session_id,
                NightRow.state,
                NightRow.start_at.label("start"),
                NightRow.seen_at,
                last_block_at.label("last_block_at"),
            )
            .where(
                _of(NightRow, organisation, environment),
                or_(NightRow.seen_at >= since, NightRow.completed_at >= since, last_block_at >= since),
            )
            .order_by(NightRow.start_at, NightRow.vendor_id, NightRow.session_id)
        )
        with self._database.reading() as connection:
            return tuple(LiveState(**row) for row in connection.execute(query).mappings())

    def apply(self, organisation: str, environment: Environment, *effects: Effect, mark: bytes) -> bool:
        """Whether the effects hold; False where the person has been erased, and nothing was done.

        Args:
            organisation: whose they are.
            environment: of the vendor, in which the person is.
            effects: all of one person, in one transaction.
            mark: of that person.
        """
        return self.apply_all(organisation, environment, [(mark, effects)])[0]

    def apply_all(
        self, organisation: str, environment: Environment, people: Sequence[tuple[bytes, Sequence[Effect]]]
    ) -> tuple[bool, ...]:
        """What `apply` says of each person, given by mark and effects; everybody's in one transaction."""
        now = self._now()
        applied = []
        with self._database.writing(against="effects") as connection:
            for mark, effects in people:
                applied.append(not _is_erased(connection, organisation, environment, mark))
                if applied[-1]:
                    self._effects.apply(
                        connection, organisation, environment, effects, received_at=now, now=now
                    )
        return tuple(applied)

    def unannounced(self, organisation: str, environment: Environment, *, completed_before: datetime) -> int:
        """How many of the nights are complete without an event that said so; as `Inbox.unannounced`."""
        said = exists().where(
            _of(Event, organisation, environment),
            Event.vendor_id == NightRow.vendor_id,
            Event.session_id == NightRow.session_id,
            Event.kind == "complete",
        )
        first = select(func.min(Event.received_at)).where(_of(Event, organisation, environment))
        query = select(func.count()).where(
            _of(NightRow, organisation, environment),
            NightRow.state == "complete",
            NightRow.completed_at <= completed_before,
            NightRow.end_at > first.scalar_subquery(),
            ~said,
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar_one()

    def version(self, organisation: str, environment: Environment) -> int:
        """A number that is another one after every change of the nights."""
        with self._database.reading() as connection:
            found = connection.exec_driver_sql(self._version, (organisation, environment)).scalar()
        return 0 if found is None else int(found)


def _is_erased(connection: Connection, organisation: str, environment: Environment, mark: bytes) -> bool:
    """Whether there is a tombstone with the mark."""
    query = select(exists().where(_of(TombstoneRow, organisation, environment), TombstoneRow.mark == mark))
    return bool(connection.execute(query).scalar())


def _of(table: Any, organisation: str, environment: Environment) -> ColumnElement[bool]:
    return and_(table.organisation == organisation, table.environment == environment)


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
