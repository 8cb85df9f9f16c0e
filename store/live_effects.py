"""What events say about the nights under way, in an order that does not matter.

A session that is complete stays so, with the start, end and zone that its completion gave it; its blocks go, and those
that come late change nothing. So every order of the same events ends in the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from store.inbox_database import InboxDatabase
from store.inbox_tables import micros
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

_SESSION: Final = "organisation = ? AND environment = ? AND vendor_id = ? AND session_id = ?"
_KEY: Final = "organisation, environment, vendor_id, session_id"

_OPEN: Final = f"""
    INSERT INTO live_nights ({_KEY}, state, start_at, zone, seen_at) VALUES (?, ?, ?, ?, 'recording', ?, ?, ?)
    ON CONFLICT ({_KEY}) DO UPDATE SET start_at = excluded.start_at, zone = excluded.zone
    WHERE live_nights.state = 'recording'
    AND (live_nights.start_at <> excluded.start_at OR live_nights.zone <> excluded.zone)"""  # noqa: S608 - names only
_PLACE: Final = f"""
    INSERT INTO live_blocks ({_KEY}, seq, length, stages, received_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM live_nights WHERE {_SESSION} AND state = 'complete')
    ON CONFLICT ({_KEY}, seq, length) DO NOTHING"""  # noqa: S608
_COUNT: Final = f"""
    UPDATE live_nights SET (blocks, last_block_at) =
    (SELECT COUNT(*), MAX(received_at) FROM live_blocks WHERE {_SESSION})
    WHERE {_SESSION} AND state = 'recording'"""  # noqa: S608
_COMPLETE: Final = f"""
    INSERT INTO live_nights ({_KEY}, state, start_at, end_at, zone, seen_at, completed_at)
    VALUES (?, ?, ?, ?, 'complete', ?, ?, ?, ?, ?)
    ON CONFLICT ({_KEY}) DO UPDATE SET state = excluded.state, start_at = excluded.start_at, end_at = excluded.end_at,
    zone = excluded.zone, completed_at = COALESCE(live_nights.completed_at, excluded.completed_at),
    blocks = 0, last_block_at = NULL"""  # noqa: S608
_DELETE_NIGHT: Final = f"DELETE FROM live_nights WHERE {_SESSION}"  # noqa: S608
_DELETE_BLOCKS: Final = f"DELETE FROM live_blocks WHERE {_SESSION}"  # noqa: S608
_CHANGED: Final = """
    INSERT INTO live_versions (organisation, environment, version) VALUES (?, ?, 1)
    ON CONFLICT (organisation, environment) DO UPDATE SET version = live_versions.version + 1"""

_Key = tuple[str, str, str, str]


class Effects:
    """Does to the nights what effects say, within transactions of the caller.

    The statements are written out, because one is executed for every event that comes.
    """

    def __init__(self, database: InboxDatabase) -> None:
        self._open, self._place, self._complete = map(database.statement, (_OPEN, _PLACE, _COMPLETE))
        self._count = database.statement(_COUNT)
        self._delete_night, self._delete_blocks = map(database.statement, (_DELETE_NIGHT, _DELETE_BLOCKS))
        self._changed = database.statement(_CHANGED)

    def apply(
        self,
        connection: Connection,
        organisation: str,
        environment: Environment,
        effects: Sequence[Effect],
        *,
        received_at: datetime,
        now: datetime,
    ) -> None:
        """Enter the effects; the transaction must not overlap with one that enters others."""
        changed = 0
        for effect in effects:
            key = (organisation, environment, effect.vendor_id, effect.session_id)
            changed += self._apply(connection, key, effect, received_at=micros(received_at), now=micros(now))
        if changed:
            self.mark_changed(connection, organisation, environment)

    def mark_changed(self, connection: Connection, organisation: str, environment: Environment) -> None:
        """Make the version of the nights another one."""
        connection.exec_driver_sql(self._changed, (organisation, environment))

    def _apply(self, connection: Connection, key: _Key, effect: Effect, *, received_at: int, now: int) -> int:
        """How many rows are others than before."""

        def run(statement: str, *cells: Any) -> int:
            return connection.exec_driver_sql(statement, cells).rowcount

        match effect:
            case Opened(start=start, zone=zone):
                opened = run(self._open, *key, micros(start), zone, now)
                return opened and run(self._count, *key, *key)
            case BlockPlaced(seq=seq, stages=stages):
                placed = run(self._place, *key, seq, len(stages), stages, received_at, *key)
                return placed and placed + run(self._count, *key, *key)
            case Completed(start=start, end=end, zone=zone):
                ended = None if end is None else micros(end)
                completed = run(self._complete, *key, micros(start), ended, zone, now, now)
                return completed + run(self._delete_blocks, *key)
            case Gone():
                return run(self._delete_night, *key) + run(self._delete_blocks, *key)
