"""How far apart calls must be beside what was agreed: learned from the service's refusals, forgotten slowly."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

CUT: Final = 0.7
"""A refusal slows the calls down to this share of what was really sent."""

RECOVERY_S: Final = 60.0
"""The allowed rate is reached again, from nothing, in so many seconds; without one, the rate grows e-fold in them."""

_TOGETHER_S = 1.0  # refusals this close answer calls that were under way together, and count once
_SLOWEST = 0.5  # calls per second: a person who clicks waits two seconds at most for a turn
_UNFELT = 1000.0  # calls per second; nothing is held back above
_LONGEST_ABSENCE_S = 300.0  # then one call finds out, whatever the service asked for


class Restraint:
    """What refusals taught; nothing is held back without one. Safe between threads, on the monotonic clock.

    Down at once, to 70 % of what was sent in the last second; up slowly, while calls are answered; and none at all
    for as long as the service asks.
    """

    def __init__(self, per_second: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed = math.inf if per_second is None else per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = math.inf
        self._cut_at_s = self._raised_at_s = self._free_at_s = -math.inf
        self._sent_at_s: deque[float] = deque(maxlen=4096)

    @property
    def in_force(self) -> bool:
        """Whether calls are held back at the moment."""
        return self._rate < math.inf or self._clock() < self._free_at_s

    @property
    def spacing_s(self) -> float:
        """Seconds between two calls; 0 where nothing was learned."""
        return 1 / self._rate

    def free_in_s(self) -> float:
        """Seconds until the next call may go."""
        return max(0.0, self._free_at_s - self._clock())

    def sent(self) -> None:
        """Take note of a call that goes out now."""
        with self._lock:
            now_s, spacing_s = self._clock(), self.spacing_s
            self._sent_at_s.append(now_s)
            # A thread that woke up late does not make the next one late; a pause is not caught up.
            self._free_at_s = max(self._free_at_s, now_s - spacing_s) + spacing_s

    def refused(self, *, retry_after_s: float | None = None) -> None:
        """Slow down, and stay away as long as the service asks."""
        with self._lock:
            now_s = self._clock()
            self._free_at_s = max(self._free_at_s, now_s + min(retry_after_s or 0.0, _LONGEST_ABSENCE_S))
            if now_s - self._cut_at_s < _TOGETHER_S:
                return
            lately = sum(moment_s > now_s - 1.0 for moment_s in self._sent_at_s)
            cut = CUT * min(self._rate, self._allowed, max(lately, 1))
            self._rate = max(cut, min(_SLOWEST, self._allowed))
            self._cut_at_s = self._raised_at_s = now_s

    def answered(self) -> None:
        """Speed up by what the time since the last change is worth."""
        if self._rate == math.inf:
            return
        with self._lock:
            now_s = self._clock()
            share, self._raised_at_s = (now_s - self._raised_at_s) / RECOVERY_S, now_s
            if self._allowed < math.inf:
                self._rate += self._allowed * share
            else:
                self._rate *= math.exp(share)
            if self._rate >= min(self._allowed, _UNFELT):
                self._rate = math.inf
