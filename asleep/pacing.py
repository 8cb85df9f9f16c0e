"""The pace of an account: equally spaced turns for every thread and process, for people before machines.

Time is cut into turns a little longer than the allowed rate asks for. Whoever waits longest for a foreground call, or
else for a background call, takes the next one that nobody has. Turns are claimed at the moment they are used, not
booked ahead, so that a click overtakes a synchronisation up to the very last.
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

LATE_SHARE: Final = 0.03
"""Turns of so many seconds past may still be taken by somebody who was waiting then: threads wake up late."""

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
        self._turns = turns or Turns()
        share = SHARED_SHARE_OF_RATE if self._turns.shared else SHARE_OF_RATE
        self._spacing_s = 0.0 if per_second is None else 1 / (share * per_second)
        # Where several processes wait, a turn is hardly ever left over, and their lateness would add up.
        self._late_turns = 0 if per_second is None or self._turns.shared else int(LATE_SHARE * per_second)
        self._clock = self._turns.clock
        self._restraint = Restraint(per_second)
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._numbers = itertools.count()
        self._next_turn = -1

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
            while (tries := self._turns_to_try(me, until_s, stop)) is not None:
                if self._claimed(tries):
                    self._restraint.sent()
                    return True
            return False
        finally:
            self._leave(me)

    def refused(self, *, retry_after_s: float | None = None) -> None:
        """Take note that the service refused a call for the rate, and how long it asks everybody to stay away."""
        self._restraint.refused(retry_after_s=retry_after_s)

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
            if not self._waiting:
                # Nobody was waiting: what has passed is nobody's, and the turn that runs is free if it is not taken.
                self._next_turn = max(self._next_turn, self._running_turn())
            heapq.heappush(self._waiting, me)
            self._changed.notify_all()  # a foreground call may have come to stand first
            return me

    def _leave(self, me: _Waiting) -> None:
        with self._changed:
            self._waiting.remove(me)
            heapq.heapify(self._waiting)
            self._changed.notify_all()

    def _turns_to_try(self, me: _Waiting, until_s: float, stop: threading.Event | None) -> range | None:
        """The turns that may be claimed now, oldest first, once `me` stands first; None when time has run out.

        An empty range stands for a turn at once: there is no common rate, only our own restraint.
        """
        with self._changed:
            while (left_s := until_s - time.monotonic()) > 0 and not (stop is not None and stop.is_set()):
                pause_s = math.inf if stop is None else _STOP_SEEN_S
                if self._waiting[0] == me:
                    free_in_s = self._free_in_s()
                    if free_in_s <= 0:
                        return self._open_turns()
                    pause_s = min(pause_s, free_in_s)
                self._changed.wait(min(pause_s, left_s, threading.TIMEOUT_MAX))
            return None

    def _claimed(self, tries: range) -> bool:
        """Whether one of the turns became ours. Asked outside the lock, because others may have to be asked."""
        for turn in tries:
            mine = self._turns.claim(self._spacing_s, turn)
            with self._changed:
                self._next_turn = max(self._next_turn, turn + 1)
            if mine:
                return True
        return not tries

    def _open_turns(self) -> range:
        if self.per_second is None:
            return range(0)
        running = self._running_turn()
        return range(max(self._next_turn, running - self._late_turns), running + 1)

    def _running_turn(self) -> int:
        return math.floor(self._clock() / self._spacing_s) if self._spacing_s else 0

    def _free_in_s(self) -> float:
        until_common_s = 0.0
        if self._spacing_s:
            # No turn is tried before it runs, so a later one than the next was numbered by a clock since set back.
            self._next_turn = min(self._next_turn, self._running_turn() + 1)
            until_common_s = self._next_turn * self._spacing_s - self._clock()
        return max(until_common_s, self._restraint.free_in_s(), 0.0)
