"""The pace of an account: equally spaced turns for every thread and process, for people before machines.

In one process a turn comes `1 / rate` after the one before. Between processes time is cut into numbered turns of that
length, and whoever claims a turn first in Redis has it (`turns`). Either way the thread that has waited longest for a
foreground call, or else for a background call, goes next; nothing is booked ahead, so that a click overtakes a
synchronisation up to the very last.
"""

import heapq
import itertools
import math
import threading
import time
from dataclasses import dataclass
from typing import Final

from asleep.restraint import Restraint
from asleep.turns import Turns

SHARE_OF_RATE: Final = 0.98
"""Turns are spaced for this share of the rate: the rest is room for late and bunched arrivals."""

SHARED_SHARE_OF_RATE: Final = 0.95
"""The same where several processes share the turns: each is late in its own way."""

_STOP_SEEN_S = 0.25  # a wait that was stopped ends so soon


@dataclass(order=True, kw_only=True)
class _Waiting:
    background: bool
    number: int


class Pacer:
    """Turns at 98 % of `per_second`, shared by every thread that holds this object.

    None means unpaced: every turn comes at once, until the service refuses calls for their rate. `turns` shares the
    pace with other processes, at 95 %. A refusal slows this process down, and every second without one speeds it up
    a little, to `per_second` at most.

    Raises:
        ValueError: `per_second` is not a finite number above 0.
    """

    def __init__(self, per_second: float | None = None, *, turns: Turns | None = None) -> None:
        if per_second is not None and not (math.isfinite(per_second) and per_second > 0):
            raise ValueError(
                f"per_second is {per_second!r}; write the calls allowed per second, such as 5 or 0.5, "
                "or None for no limit."
            )
        self.per_second = per_second
        self._turns = None if per_second is None else turns
        share = SHARE_OF_RATE if self._turns is None else SHARED_SHARE_OF_RATE
        self._spacing_s = 0.0 if per_second is None else 1 / (share * per_second)
        # A thread that wakes up late by no more than this does not push the next one back: over a second as many calls
        # leave as the rate allows. Beyond it, what was missed is lost.
        self._late_s = 1 / share - 1
        self._restraint = Restraint(per_second)
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._next_s = -math.inf
        self._tried_turn = -1

    def __repr__(self) -> str:
        return f"Pacer(per_second={self.per_second!r})"

    def wait(
        self, *, within_s: float = math.inf, background: bool = False, stop: threading.Event | None = None
    ) -> bool:
        """True once this thread's turn has come; False if that takes more than `within_s` seconds, or on `stop`.

        A wait that is too long already when it begins is refused at once, and costs nobody else their turn.
        """
        if self.per_second is None and not self._restraint.in_force:
            self._restraint.sent()
            return True
        until_s = time.monotonic() + within_s
        me = self._queue(background=background, within_s=within_s)
        if me is None:
            return False
        try:
            while self._stands_first(me, until_s, stop):
                if self._turns is None:
                    return True
                if self._turns.claim(self._spacing_s, self._tried_turn):
                    self._restraint.sent()
                    return True
            return False
        finally:
            self._leave(me)

    def refused(self, *, retry_after_s: float | None = None) -> None:
        """Take note that the service refused a call for the rate, and how long it asks everybody to stay away."""
        self._restraint.refused(retry_after_s=retry_after_s)

    @property
    def is_held_back(self) -> bool:
        """Whether calls are slower than agreed, because the service asked for fewer."""
        return self._restraint.in_force

    def away_s(self) -> float:
        """Seconds for which the service asked everybody to stay away, or our own restraint does."""
        return self._restraint.free_in_s()

    def answered(self) -> None:
        """Take note that the service took a call."""
        self._restraint.answered()

    def _queue(self, *, background: bool, within_s: float) -> _Waiting | None:
        with self._changed:
            me = _Waiting(background=background, number=next(self._numbers))
            ahead = sum(other < me for other in self._waiting)
            spacing_s = max(self._spacing_s, self._restraint.spacing_s)
            if self._free_in_s() + ahead * spacing_s > within_s:
                return None
            heapq.heappush(self._waiting, me)
            self._changed.notify_all()  # a foreground call may have come to stand first
            return me

    def _leave(self, me: _Waiting) -> None:
        with self._changed:
            self._waiting.remove(me)
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def _stands_first(self, me: _Waiting, until_s: float, stop: threading.Event | None) -> bool:
        """True when it is this thread's turn to go, or to claim the turn that runs; False when time has run out."""
        with self._changed:
            while (left_s := until_s - time.monotonic()) > 0 and not (stop is not None and stop.is_set()):
                pause_s = math.inf if stop is None else _STOP_SEEN_S
                if self._waiting[0] == me:
                    free_in_s = self._free_in_s()
                    if free_in_s <= 0:
                        self._take()
                        return True
                    pause_s = min(pause_s, free_in_s)
                self._changed.wait(min(pause_s, left_s, threading.TIMEOUT_MAX))
            return False

    def _take(self) -> None:
        if self._turns is None:
            self._restraint.sent()
            self._next_s = max(self._next_s, time.monotonic() - self._late_s) + self._spacing_s
        else:
            self._tried_turn = self._running_turn()

    def _free_in_s(self) -> float:
        return max(self._until_turn_s(), self._restraint.free_in_s(), 0.0)

    def _until_turn_s(self) -> float:
        if self._turns is None:
            return self._next_s - time.monotonic()
        turn = self._running_turn()
        into_s = time.time() - turn * self._spacing_s
        # A common turn is used at its beginning only; else the next one would follow too closely.
        return 0.0 if turn != self._tried_turn and into_s <= self._late_s else self._spacing_s - into_s

    def _running_turn(self) -> int:
        return math.floor(time.time() / self._spacing_s)
