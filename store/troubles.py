"""Why a database did not answer, as a sentence with what to do about it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from store.errors import StoreUnavailable, UnusableDatabase

NOT_WRITABLE = (
    "Let the user that Nocturne runs as write the file and its folder, or name another place with NOCTURNE_DATA_DIR "
    "or NOCTURNE_DATABASE_URL."
)
LOCKED = (
    "The database is in use: something else held its lock for longer than is waited. Nothing was saved. Wait until "
    "a back-up, an import or another copy of Nocturne is done, and try again."
)
_FULL = "The disk of the database is full. Nothing was saved; make room and try again."
# The beginnings of SQLite's names of errors, each with its sentence.
_SQLITE = {
    "SQLITE_BUSY": LOCKED,
    "SQLITE_LOCKED": LOCKED,
    "SQLITE_READONLY": f"The database file cannot be written. {NOT_WRITABLE}",
    "SQLITE_CANTOPEN": f"The database file cannot be opened. {NOT_WRITABLE}",
    "SQLITE_FULL": _FULL,
}
_REFUSED = (
    IntegrityError, ProgrammingError, DataError,
    sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError,
)  # fmt: skip


def damaged(reason: str) -> UnusableDatabase:
    """What is said of a file that holds something else than was written."""
    return UnusableDatabase(
        f"The database file is damaged: {reason}. Nothing was changed in it. Stop Nocturne, keep a copy of the file, "
        "and restore the newest back-up into a new one."
    )


@contextmanager
def translated() -> Iterator[None]:
    """What the driver raises, as what the store raises.

    Raises:
        UnusableDatabase: the file is damaged.
        StoreUnavailable: the database is locked, cannot be written, or did not answer.
    """
    try:
        yield
    except _REFUSED:
        raise  # the database answered: what it refused is the caller's to explain
    except DBAPIError as error:
        raise _sentence(error.orig) from error
    except sqlite3.Error as error:  # where the driver is spoken to directly
        raise _sentence(error) from error


def _sentence(error: BaseException | None) -> StoreUnavailable:
    reason = str(error).strip().splitlines()[0] if str(error or "").strip() else "no reason given"
    name = getattr(error, "sqlite_errorname", "") if isinstance(error, sqlite3.Error) else ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return damaged(reason)
    for beginning, sentence in _SQLITE.items():
        if name.startswith(beginning):
            return StoreUnavailable(sentence)
    return StoreUnavailable(f"The database did not answer: {reason}. Look at its disk and its address.")
