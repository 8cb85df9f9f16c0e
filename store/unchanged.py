"""Answers of a database that hold until anybody changes anything in it, be it another process.

Pages ask for the roster several times a run, and 500 people take 20 ms to read. SQLite tells for a few microseconds
whether anything was committed since; of a database that cannot tell, nothing is kept.
"""

import sqlite3
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection

_Answer = TypeVar("_Answer")

_KEPT = 1024
"""So many answers are kept at most."""


class Unchanged:
    """Keeps answers in memory, shared by all threads, until the database changes.

    Args:
        engine: of the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tells = engine.dialect.name == "sqlite"
        self._watcher: PoolProxiedConnection | None = None
        self._lock = Lock()
        self._state: int | None = None
        self._answers: dict[Hashable, Any] = {}

    def answer(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """What `ask` says, or said since the last change; nobody may write to it.

        Args:
            question: whatever the answer depends on beside the database; the organisation is part of it.
            ask: reads the database.
        """
        state = self._seen()
        if state is None:
            return ask()
        with self._lock:
            if question in self._answers:
                kept: _Answer = self._answers[question]
                return kept
        # What is committed while it is being read is in the answer or will be noticed the next time: never neither.
        answer = ask()
        with self._lock:
            if self._state == state and len(self._answers) < _KEPT:
                self._answers[question] = answer
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._forget()

    def _seen(self) -> int | None:
        """The database's state, a number that is another one after every commit; None where it cannot be told."""
        if not self._tells:
            return None
        with self._lock:
            try:
                state = self._asked()
            except (sqlite3.Error, DBAPIError):  # whoever reads now will say what is the matter
                self._forget()
                return None
            if state != self._state:
                self._answers.clear()
                self._state = state
            return state

    def _asked(self) -> int:
        # A connection of its own: the number of a connection stays the same after what that one has written itself.
        if self._watcher is None:
            self._watcher = self._engine.raw_connection()
        cursor = self._watcher.cursor()
        try:
            cursor.execute("PRAGMA data_version")
            (state,) = cursor.fetchall()[0]
            return int(state)
        finally:
            cursor.close()

    def _forget(self) -> None:
        self._answers.clear()
        self._state = None
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
