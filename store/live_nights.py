"""The nights under way as they are read: who is recording, what has come of each, and what was completed lately."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select

from store.inbox_database import InboxDatabase
from store.inbox_tables import Event, NightRow, TombstoneRow, micros, moment_of
from store.live_effects import Effect, Effects
from store.people import Environment

Session = tuple[str, str]
"""The vendor's ids of a person and of a session."""

_NOTHING: Final[Mapping[Session, "LiveNight"]] = MappingProxyType({})
# A question a night is quicker than reading every block, as long as it is few of them.
_FEW: Final = 200
_NIGHTS: Final = """
    SELECT vendor_id, session_id, state, start_at, end_at, zone, seen_at, completed_at, blocks, last_block_at
    FROM live_nights WHERE organisation = ? AND environment = ? AND (seen_at >= ? OR completed_at >= ? OR
    last_block_at >= ?) ORDER BY start_at, vendor_id, session_id"""
_BLOCKS: Final = (
    "SELECT vendor_id, session_id, seq, stages FROM live_blocks WHERE organisation = ? AND environment = ?"
)
_IN_ORDER: Final = "ORDER BY vendor_id, session_id, seq, length"  # as the rows lie, on SQLite
_ALL_BLOCKS: Final = f"{_BLOCKS} {_IN_ORDER}"
_BLOCKS_OF: Final = f"{_BLOCKS} AND vendor_id = ? AND session_id = ? {_IN_ORDER}"
_VERSION: Final = "SELECT version FROM live_versions WHERE organisation = ? AND environment = ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Stages of a night under way: int8, one byte an epoch."""

    seq: int
    stages: bytes


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
        row: what it was read from.
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
    row: Row[Any] | None = field(default=None, repr=False, compare=False)


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
        self._version, self._nights = database.statement(_VERSION), database.statement(_NIGHTS)
        self._all_blocks, self._blocks_of = database.statement(_ALL_BLOCKS), database.statement(_BLOCKS_OF)

    def nights(
        self,
        organisation: str,
        environment: Environment,
        *,
        since: datetime,
        known: Mapping[Session, LiveNight] = _NOTHING,
    ) -> tuple[LiveNight, ...]:
        """The nights with a sign at `since` or later (first heard of, a block, complete), by start.

        Args:
            organisation: whose they are.
            environment: of the vendor.
            since: the oldest sign.
            known: nights that were read before, by vendor id and session. What is as it was then is not read again,
                and the same object is returned.
        """
        mine = (organisation, environment)
        with self._database.reading() as connection:
            rows = connection.exec_driver_sql(self._nights, (*mine, *[micros(since)] * 3)).all()
            others = [row for row in rows if not _is_as_it_was(row, known)]
            blocks = self._blocks(connection, mine, [row for row in others if row.blocks])
        read = {_session(row): _night(row, blocks.get(_session(row), ())) for row in others}
        return tuple(read.get(_session(row)) or known[_session(row)] for row in rows)

    def states(
        self, organisation: str, environment: Environment, *, since: datetime
    ) -> tuple[LiveState, ...]:
        """Of the same nights how far each is; no block is read for it."""
        query = (
            select(
                NightRow.vendor_id,
                NightRow.session_id,
                NightRow.state,
                NightRow.start_at.label("start"),
                NightRow.seen_at,
                NightRow.last_block_at,
            )
            .where(
                _of(NightRow, organisation, environment),
                or_(
                    NightRow.seen_at >= since, NightRow.completed_at >= since, NightRow.last_block_at >= since
                ),
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

    def _blocks(
        self, connection: Connection, mine: tuple[str, Environment], rows: Sequence[Row[Any]]
    ) -> dict[Session, list[Block]]:
        """The blocks of these nights, each night's in the order of their places."""
        if len(rows) <= _FEW:
            return {
                _session(row): [
                    Block(seq=seq, stages=stages)
                    for _, _, seq, stages in connection.exec_driver_sql(
                        self._blocks_of, (*mine, *_session(row))
                    )
                ]
                for row in rows
            }
        found: dict[Session, list[Block]] = defaultdict(list)
        for vendor_id, session_id, seq, stages in connection.exec_driver_sql(self._all_blocks, mine):
            found[vendor_id, session_id].append(Block(seq=seq, stages=stages))
        return found

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


def _session(row: Row[Any]) -> Session:
    return row.vendor_id, row.session_id


def _is_as_it_was(row: Row[Any], known: Mapping[Session, LiveNight]) -> bool:
    """Whether the night is known by this very row: it holds the count of the blocks, and no block is ever changed."""
    before = known.get(_session(row))
    return before is not None and before.row == row


def _night(row: Row[Any], blocks: Sequence[Block]) -> LiveNight:
    return LiveNight(
        vendor_id=row.vendor_id,
        session_id=row.session_id,
        state=row.state,
        start=moment_of(row.start_at),
        end=_moment(row.end_at),
        zone=row.zone,
        seen_at=moment_of(row.seen_at),
        last_block_at=_moment(row.last_block_at),
        completed_at=_moment(row.completed_at),
        blocks=tuple(blocks),
        row=row,
    )


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment_of(microseconds)
