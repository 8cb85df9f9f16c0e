"""A time limit that costs next to nothing while it is kept: one timer for all who wait, instead of one for each."""

import asyncio
from typing import Final

_LOOK_EVERY_S: Final = 0.25


class Patience:
    """Cuts short whoever waits longer than the limit, up to a quarter of a second late.

    `begin` and `end` stand around what may take long, in one loop; what is cut short raises `CancelledError` there,
    and `was_cut` tells whether it came from here.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._due: dict[
            asyncio.Task[None], float
        ] = {}  # in the order in which they began, so also of their ends
        self._cut: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> "asyncio.Task[None]":
        """Starts to count for the task that runs now, which is returned for `end`."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A limit of time holds for a task, and none runs here.")
        loop = task.get_loop()
        self._due[task] = loop.time() + self._limit_s
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_EVERY_S, self._look, loop)
        return task

    def end(self, task: "asyncio.Task[None]") -> None:
        """Counts no more."""
        self._due.pop(task, None)

    def was_cut(self, task: "asyncio.Task[None]") -> bool:
        """Whether the cancellation that the task has just met is over with this: it came from here."""
        if task not in self._cut:
            return False
        self._cut.discard(task)
        task.uncancel()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, due in self._due.items() if due <= now]:
            del self._due[task]
            self._cut.add(task)
            task.cancel()
        self._timer = loop.call_later(_LOOK_EVERY_S, self._look, loop) if self._due else None
