"""One pace for all threads: calls leave in equally spaced turns, a little slower than the vendor allows."""

import math
import threading
import time
from collections.abc import Callable
from typing import Final

SHARE_OF_RATE: Final = 0.98
"""Turns are spaced for this share of the rate: the rest is room for late and bunched arrivals."""


class Pacer:
    """Turns at 98 % of `per_second`, in order of asking, shared by every thread that holds this object.

    None means unpaced: every turn comes at once. A turn is booked under a lock and waited for outside it,
    so a waiting thread never keeps another from booking. Time is monotonic; `clock` and `sleep` are the
    test's to replace.

    Raises:
        ValueError: `per_second` is not a finite number above 0.
    """

    def __init__(
        self,
        per_second: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if per_second is not None and not (math.isfinite(per_second) and per_second > 0):
            raise ValueError(
                f"per_second is {per_second!r}; write the calls allowed per second, such as 5 or 0.5, "
                "or None for no limit."
            )
        self.per_second = per_second
        self._spacing_s = 0.0 if per_second is None else 1 / (SHARE_OF_RATE * per_second)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_turn = -math.inf

    def __repr__(self) -> str:
        return f"Pacer(per_second={self.per_second!r})"

    def wait(self, *, within_s: float = math.inf) -> bool:
        """True once this thread's turn has come; False, at once, if that is more than `within_s` seconds off.

        A turn that is refused this way is not booked and costs nobody else theirs.
        """
        if self.per_second is None:
            return True
        with self._lock:
            now = self._clock()
            turn = max(now, self._next_turn)
            if turn - now > within_s:
                return False
            self._next_turn = turn + self._spacing_s
        if turn > now:
            self._sleep(turn - now)
        return True
