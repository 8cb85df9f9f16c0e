"""Transactions of the inbox's database: one writer at a time, and what SQLite and PostgreSQL each need for it."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from store.engine import Lineage, open_engine
from store.errors import StoreUnavailable
from store.troubles import LOCKED, translated

INBOX: Final = Lineage(
    name="the inbox", migrations=Path(__file__).parent / "inbox_migrations", version_table="inbox_version"
)
# Any numbers will do as long as they are ours: PostgreSQL's locks are known by them.
_ARRIVALS, _EFFECTS = 6_031_770, 6_031_771

Against = Literal["nobody", "erasures", "effects", "everybody"]


class InboxDatabase:
    """The inbox's tables, at their newest revision.

    Args:
        url: as `store.engine.open_engine` has it.
        busy_timeout_ms: how long a writer waits for another one on SQLite.

    Raises:
        StoreUnavailable: it cannot be reached or written.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int) -> None:
        self.engine: Engine = open_engine(url, INBOX, busy_timeout_ms=busy_timeout_ms)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = self.engine.execution_options(writes=True)
        self._turn = Lock()
        self._patience_s = busy_timeout_ms / 1000

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, against: Against = "nobody") -> Iterator[Connection]:
        """A connection whose changes are on the disk at the end, or not made at all when anything is raised.

        Args:
            against: on PostgreSQL, whose transactions this one must not overlap: an arrival none of an erasure, an
                effect none of another effect, an erasure none at all. SQLite has one writer at a time anyway.
        """
        with self.alone(), translated(), self._writer.connect() as connection, connection.begin():
            if not self.is_sqlite:
                _lock(connection, against)
            yield connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else of this process writes to the SQLite file within the block.

        SQLite itself lets a waiting writer sleep and look again; threads of one process hand over at once.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._patience_s):
            raise StoreUnavailable(LOCKED)
        try:
            yield
        finally:
            self._turn.release()

    def keep_effects_out(self, connection: Connection) -> None:
        """Overlap with no other effect from here to the end of the transaction, on PostgreSQL."""
        if not self.is_sqlite:
            _lock(connection, "effects")

    def written_at_once(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> bool:
        """Whether one statement has written every row, and is on the disk; if not, nothing is changed.

        For SQLite, by the driver alone: what SQLAlchemy does around a transaction takes as long as the rest of it. But
        for a lock it explains no failure: whoever gets False does it by `writing`, which does.
        """
        if not self.is_sqlite:
            return False
        with self.alone(), translated(), closing(self.engine.raw_connection()) as connection:
            # Whatever is not committed is undone when the connection goes back.
            cursor = connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                whole: bool = cursor.executemany(statement, rows).rowcount == len(rows)
                if whole:
                    cursor.execute("COMMIT")
            except sqlite3.Error as problem:
                if getattr(problem, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                    raise StoreUnavailable(LOCKED) from problem  # it was waited for
                return False
            return whole

    def statement(self, text: str) -> str:
        """A statement with `?` for each value, as the driver wants it written."""
        return text if self.is_sqlite else text.replace("?", "%s")

    def insert(self, table: type) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT that can say what happens on a conflict."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _lock(connection: Connection, against: Against) -> None:
    if against == "erasures":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_ARRIVALS})")
    if against == "everybody":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ARRIVALS})")
    if against in ("effects", "everybody"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_EFFECTS})")
