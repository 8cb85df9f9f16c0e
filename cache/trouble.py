"""When the disk fails: one sentence as it begins, one as it is over, and no time lost in between."""

import errno
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

REST_S: Final = 30.0
"""So long the disk is left alone after it failed; then one caller tries it for all."""

Way = Literal["read", "write"]

_FULL: Final = "Free some space there."
_CLOSED: Final = "See that the folder is there and that this program may write to it."
_BUSY: Final = "Another process keeps its file locked; see which, or wait until it is done."
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
}
_ADVICE_BY_ERRNO: Final = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ETIMEDOUT: _BUSY,
    errno.EROFS: _CLOSED,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.ENOENT: _CLOSED,
    errno.ENOTDIR: _CLOSED,
    errno.EEXIST: _CLOSED,
}

log = logging.getLogger(__name__)


class Trouble:
    """Which ways to a cache's disk are closed for now. Reading and writing fail apart: a full disk is read.

    A warning says when the first way closes and an information when the last one is open again; what
    fails in between is told at debug level only. Safe to share between threads.

    Args:
        folder: whose disk; named in the warning.
        clock: monotonic seconds; tests hand in their own.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._closed_until: dict[Way, float] = {}
        self._trying: dict[Way, int] = {}

    @property
    def lasts(self) -> bool:
        """Whether any way is closed."""
        return bool(self._closed_until)

    def closed(self, way: Way) -> bool:
        """Whether the caller should leave the disk alone; once in 30 s it is one caller's turn to try."""
        if not self._closed_until:
            return False
        with self._lock:
            until = self._closed_until.get(way)
            if until is None:
                return False
            now = self._clock()
            if now < until:
                return True
            self._closed_until[way] = now + REST_S
            self._trying[way] = threading.get_ident()
            return False

    def began(self, error: BaseException, *ways: Way) -> None:
        """Close the ways; only the first trouble after a good time is worth a warning."""
        with self._lock:
            first = not self._closed_until
            for way in ways:
                self._closed_until[way] = self._clock() + REST_S
                self._trying.pop(way, None)
        if first:
            log.warning(
                "The cache in %s fails (%s). Until it works again, what it cannot give is asked of the "
                "vendor, which takes longer. %s",
                self._folder,
                error,
                _advice(error),
            )
        else:
            log.debug("The cache still fails: %s", error)

    def worked(self, way: Way) -> None:
        """Open the way again if it was this thread's turn to try; others began before the trouble did."""
        if not self._closed_until:
            return
        with self._lock:
            if self._trying.get(way) != threading.get_ident():
                return
            del self._closed_until[way], self._trying[way]
            over = not self._closed_until
        if over:
            log.info("The cache in %s works again.", self._folder)


def _advice(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        return _ADVICE.get(_kind(error), "Check that disk.")
    return _ADVICE_BY_ERRNO.get(getattr(error, "errno", None) or 0, "Check that disk.")


def _kind(error: BaseException) -> int:
    # The low byte is the kind; the rest of the code tells which of SQLite's own calls failed.
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def cause_of(error: BaseException) -> BaseException:
    """What SQLite said first: diskcache raises its own words, or those of a rollback, on top of it."""
    while isinstance(error.__context__, sqlite3.Error):
        error = error.__context__
    return error


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is at fault, so that a new one would do."""
    if isinstance(error, sqlite3.OperationalError):
        # Every statement is written by us or by diskcache, so it is wrong only where the file made it so: a table
        # that is missing, a setting that is none. A transaction that is open or is not says nothing of the file.
        wrong = _kind(error) == sqlite3.SQLITE_ERROR and "transaction" not in str(error)
        return wrong or "malformed" in str(error)
    return isinstance(error, sqlite3.DatabaseError | TypeError | ValueError)


def wears(error: BaseException) -> bool:
    """Whether open connections are of no more use: one that was opened for reading only never writes again."""
    return _kind(error) not in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY}


def is_strange_text(error: BaseException) -> bool:
    """Whether a row held a text that is none; sqlite3's message repeats it, so that it belongs in no log."""
    return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)
