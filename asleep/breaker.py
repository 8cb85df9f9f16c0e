"""Stops asking a service that is down, and finds out with a single call when it is back."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pass:
    """Leave to make one call; `era` tells under which state of the breaker it was given."""

    era: int
    probe: bool


class Breaker:
    """Closed, calls pass. Open, none does for `rest_s`; then one probe decides. Shared by all threads.

    It opens after `failures` calls in a row for which `settle` was told False; a call that went well resets the
    count. What failing means is the caller's to say: a service that answers "not found" is up. A call that began
    before the breaker opened or closed says nothing about the new state and is not counted. Time is monotonic.

    Raises:
        ValueError: `failures` is below 1 or `rest_s` not above 0.
    """

    def __init__(
        self, *, failures: int = 5, rest_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if failures < 1 or not rest_s > 0:
            raise ValueError("A breaker opens after at least 1 failure and rests for more than 0 seconds.")
        self.failures = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._era = 0
        self._failed = 0
        self._closes_at: float | None = None
        self._probing = False
        self._was_up = False

    @property
    def was_up(self) -> bool:
        """Whether the service has ever been up: one that was is worth waiting for."""
        return self._was_up

    def enter(self) -> Pass | None:
        """Leave to call, or None: the service is down, and nobody or somebody else finds out whether it still is."""
        with self._lock:
            if self._closes_at is None:
                return Pass(era=self._era, probe=False)
            if self._probing or self._clock() < self._closes_at:
                return None
            self._probing = True
            return Pass(era=self._era, probe=True)

    def settle(self, given: Pass, *, up: bool | None) -> None:
        """Say how the call went: True, the service is up; False, it is down; None, the call does not tell."""
        with self._lock:
            self._was_up = self._was_up or up is True
            if given.era != self._era:
                return
            self._probing = self._probing and not given.probe
            if up:
                self._failed = 0
                if given.probe:
                    self._turn(closes_at=None)
            elif up is False:
                self._failed += 1
                if given.probe or self._failed >= self.failures:
                    self._turn(closes_at=self._clock() + self._rest_s)

    def rests_s(self) -> float:
        """Seconds until the next probe may go; 0 while closed or when it may go now."""
        with self._lock:
            return 0.0 if self._closes_at is None else max(0.0, self._closes_at - self._clock())

    def _turn(self, *, closes_at: float | None) -> None:
        self._era += 1
        self._closes_at = closes_at
        self._probing = False
        self._failed = 0
