"""Trouble on purpose: which calls meet which fault, and how many calls a second are allowed."""

import random
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal[
    "rate-limit",
    "too-many",
    "quota",
    "plan",
    "server-error",
    "unavailable",
    "internal",
    "gateway-timeout",
    "slow",
    "reset",
    "hang",
    "drip",
    "drip-headers",
    "malformed",
    "wrong-types",
    "redirect",
    "empty",
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A kind of trouble and the share of calls, 0 to 1, that meet it."""

    kind: FaultKind
    share: float

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """The fault written as KIND:SHARE; raises ValueError saying what to write."""
        kind, colon, share = text.partition(":")
        known = next((name for name in FAULT_KINDS if name == kind), None)
        if known is None:
            kinds = ", ".join(FAULT_KINDS)
            raise ValueError(f"{kind!r} is no kind of fault; write one of {kinds} with a share: slow:0.1")
        if not colon:
            raise ValueError(f"{kind} lacks its share of the calls; write {kind}:0.1 for one call in ten")
        try:
            value = float(share)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise ValueError(
                f"the share of {kind} is {share!r}; write a number from 0 to 1, as in {kind}:0.1"
            )
        return cls(kind=known, share=value)


class Troublemaker:
    """Which fault the next call meets: an outage's, then those planned, then by chance. Safe between threads."""

    def __init__(self, faults: tuple[Fault, ...], *, seed: int) -> None:
        """Raises ValueError when the shares add up to more than every call."""
        total = sum(fault.share for fault in faults)
        if total > 1 + _ROUNDING:
            raise ValueError(
                f"The shares of the faults add up to {total:g}, and a call meets one fault at most; "
                "give shares that add up to 1 or less."
            )
        self._faults = faults
        self._random = random.Random(f"faults of {seed}")
        self._planned: deque[FaultKind] = deque()
        self._outage: FaultKind | None = None
        self._lock = threading.Lock()

    def plan(self, *kinds: FaultKind) -> None:
        """Lets the next calls meet these faults, one each, in this order."""
        with self._lock:
            self._planned.extend(kinds)

    def fail_all(self, kind: FaultKind | None) -> None:
        """Lets every call meet this fault until told None; what was planned waits for the end of it."""
        with self._lock:
            self._outage = kind

    def next(self) -> FaultKind | None:
        """The fault of this call, or None. One draw decides, so that each kind meets exactly its share."""
        with self._lock:
            drawn = self._drawn()
            if self._outage is not None:
                return self._outage
            if self._planned:
                return self._planned.popleft()
            return drawn

    def _drawn(self) -> FaultKind | None:
        place = self._random.random()
        for fault in self._faults:
            place -= fault.share
            if place < 0:
                return fault.kind
        return None


class RateLimit:
    """A bucket that holds one second's worth of calls and fills at the allowed rate. Safe between threads."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._capacity = max(per_second, 1.0)
        self._tokens = self._capacity
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        """Whether one more call is within the rate now; a refused call costs nothing."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
