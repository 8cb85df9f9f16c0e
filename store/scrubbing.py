"""What was erased leaves SQLite's file and its write-ahead log; other databases look after themselves.

`secure_delete` overwrites rows where they lie. A copy of one may lie in the unused part of a page that was divided, so
after an erasure the file is written anew (VACUUM) and its log emptied. Whether that is due is kept in the one number
that SQLite has in a file for its user: odd while it is. Every erasure makes it another odd number in its own
transaction, so a process that ends before it has scrubbed leaves it due; and who has scrubbed makes it even only where
no other erasure has come meanwhile. It never falls, so nobody takes a later erasure for the one that was seen to.
"""

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from store.errors import StoreUnavailable
from store.troubles import translated

SMALL_BYTES: Final = 64 * 1024 * 1024
"""A file up to here is written anew at once after an erasure: nobody can write meanwhile, which is then a moment."""
SCRUB_WAIT_MS: Final = 500
_PRIMARY_CODE: Final = 0xFF

log = logging.getLogger(__name__)


def mark_erasure(connection: Connection) -> None:
    """Within the transaction of an erasure, which has the write lock: a scrub is due when it is committed."""
    if connection.dialect.name == "sqlite":
        marked = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {(marked + 1) | 1}")


def scrub_after_erasure(engine: Engine, scrub: Callable[[], bool]) -> None:
    """Scrub at once where the file is small, and raise nothing: the erasure is committed, and the scrub stays due."""
    if engine.dialect.name != "sqlite":
        return
    try:
        if Path(str(engine.url.database)).stat().st_size < SMALL_BYTES:
            scrub()
    except (StoreUnavailable, SQLAlchemyError, OSError) as problem:
        log.warning(
            "What was erased is gone from the tables; its bytes leave the file at the next scrub: %s", problem
        )


def scrub_is_due(engine: Engine) -> bool:
    """Whether something was erased since the last scrub."""
    if engine.dialect.name != "sqlite":
        return False
    with translated(), engine.connect() as connection:
        return bool(connection.exec_driver_sql("PRAGMA user_version").scalar_one() % 2)


def scrub(engine: Engine) -> bool:
    """Whether no erased byte is left in the file or its log; False while that is not sure: try again later.

    For the log to be emptied everybody has to stop reading what was before. Nobody can write while that is waited for,
    so it is for a moment only.

    Raises:
        StoreUnavailable: the file could not be written anew; the scrub stays due.
    """
    if engine.dialect.name != "sqlite":
        return True
    # Outside any transaction: within one SQLite neither writes a file anew nor empties its log.
    with translated(), closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        patience_ms = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        try:
            cursor.execute(f"PRAGMA busy_timeout = {SCRUB_WAIT_MS}")
            clean = _scrubbed(cursor)
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {patience_ms}")
            cursor.close()
    if not clean:
        log.warning(
            "Deleted rows are still in the database's log because it is in use; the next synchronisation tries again."
        )
    return clean


def _scrubbed(cursor: Any) -> bool:
    marked = _mark(cursor)
    due = marked % 2 == 1
    try:
        if due:
            cursor.execute("VACUUM")
        if cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            return False
        return not due or _cleared(cursor, marked)
    except sqlite3.OperationalError as problem:
        if problem.sqlite_errorcode & _PRIMARY_CODE not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise
        return False


def _cleared(cursor: Any, marked: int) -> bool:
    """Whether nothing was erased since the mark was read, and it says so now."""
    cursor.execute("BEGIN IMMEDIATE")
    unchanged = _mark(cursor) == marked
    if unchanged:
        cursor.execute(f"PRAGMA user_version = {marked + 1}")
    cursor.execute("COMMIT")
    return unchanged


def _mark(cursor: Any) -> int:
    return int(cursor.execute("PRAGMA user_version").fetchone()[0])
