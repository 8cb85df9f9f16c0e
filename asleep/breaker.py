"""Stops asking a service that is down, and finds out with a single call when it is back."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_STOP_SEEN_S = 0.25  # a wait that was stopped ends so soon


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
        self._turned = threading.Condition()
        self._era = 0
        self._failed = 0
        self._closes_at: float | None = None
        self._probing = False
        self._was_up = False
        self._why = ""
        self._faulty = False

    @property
    def is_open(self) -> bool:
        """Whether the service is left alone, but for a probe."""
        with self._turned:
            return self._closes_at is not None

    @property
    def faulty(self) -> bool:
        """Whether the call that failed last was answered, though with a fault."""
        return self._faulty

    @property
    def why_open(self) -> str:
        """What happened last to a call that counted as a failure."""
        return self._why

    @property
    def was_up(self) -> bool:
        """Whether the service has ever been up: one that was is worth waiting for."""
        return self._was_up

    def enter(self, *, within_s: float = 0.0, stop: threading.Event | None = None) -> Pass | None:
        """Leave to call, or None: the service is down, and nobody or somebody else finds out whether it still is.

        Whoever has time waits up to `within_s` for the end of the rest and of another's probe, or until `stop`.
        """
        until_s = time.monotonic() + within_s
        with self._turned:
            while (leave := self._leave()) is None:
                left_s = until_s - time.monotonic()
                if left_s <= 0 or (stop is not None and stop.is_set()):
                    return None
                rests_s = left_s if self._probing else max(self._rests_s(), 0.01)
                self._turned.wait(min(left_s, rests_s, _STOP_SEEN_S))
            return leave

    def _leave(self) -> Pass | None:
        if self._closes_at is None:
            return Pass(era=self._era, probe=False)
        if self._probing or self._rests_s() > 0:
            return None
        self._probing = True
        return Pass(era=self._era, probe=True)

    def settle(self, given: Pass, *, up: bool | None, why: str = "", faulty: bool = False) -> None:
        """Say how the call went: True, the service is up; False, it is down; None, the call does not tell.

        `why` is the sentence about a failure that `why_open` repeats, `faulty` whether the service answered with it.
        """
        with self._turned:
            self._was_up = self._was_up or up is True
            if given.era != self._era:
                return
            self._probing = self._probing and not given.probe
            self._turned.notify_all()
            if up:
                self._failed = 0
                if given.probe:
                    self._turn(closes_at=None)
            elif up is False:
                self._failed += 1
                self._why, self._faulty = why, faulty
                if given.probe or self._failed >= self.failures:
                    self._turn(closes_at=self._clock() + self._rest_s)

    def rests_s(self) -> float:
        """Seconds until the next probe may go; 0 while closed or when it may go now."""
        with self._turned:
            return self._rests_s()

    def _rests_s(self) -> float:
        return 0.0 if self._closes_at is None else max(0.0, self._closes_at - self._clock())

    def _turn(self, *, closes_at: float | None) -> None:
        self._era += 1
        self._closes_at = closes_at
        self._probing = False
        self._failed = 0
