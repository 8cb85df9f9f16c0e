"""Questions that read a database, asked by whoever passes: one at a time, and not again within a moment."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from anyio import CapacityLimiter, to_thread

from nocturne.application import Application

Value = TypeVar("Value")

ApplicationNow = Callable[[], Application | None]
"""The application that is asked, once there is one; None until then and after its end. Routes are made before it."""

HOLDS_S: Final = 1.0
LIMIT_S: Final = 4.0
"""Whoever asks has the answer by then or is told that there is none: shorter than a probe's own patience, as a rule."""


class AtMostOnce(Generic[Value]):
    """Answers a question from a thread of its own; who asks meanwhile waits for the same answer.

    However often it is asked, and however long the database keeps the answer back, one thread at most is at it, and
    the loop never waits. Belongs to one loop.
    """

    def __init__(self, *, holds_s: float = HOLDS_S, limit_s: float = LIMIT_S) -> None:
        self._holds_s, self._limit_s = holds_s, limit_s
        self._limiter: CapacityLimiter | None = None
        self._task: asyncio.Task[Value] | None = None
        self._asked_s = float("-inf")

    async def answer(self, ask: Callable[[], Value]) -> Value:
        """What `ask` says, or said a moment ago.

        Raises:
            TimeoutError: it has not said anything yet; it goes on.
            Exception: whatever it raised.
        """
        task = self._task
        if task is None or (task.done() and time.monotonic() - self._asked_s > self._holds_s):
            self._asked_s = time.monotonic()
            task = self._task = asyncio.create_task(self._asked(ask))
        return await asyncio.wait_for(asyncio.shield(task), self._limit_s)

    async def _asked(self, ask: Callable[[], Value]) -> Value:
        self._limiter = self._limiter or CapacityLimiter(1)
        return await to_thread.run_sync(ask, limiter=self._limiter)
