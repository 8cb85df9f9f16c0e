"""What became of the calls of a process, counted in memory: whoever wants to know how the vendor is asks nobody."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from asleep.calls import Answer
from asleep.errors import (
    AsleepError,
    DeadlineExceeded,
    MalformedAnswer,
    NotAsked,
    NotFound,
    RateLimited,
    ServerFault,
    StatusError,
)

Outcome = Literal[
    "answered", "not_found", "refused", "rate_limited", "fault", "malformed", "late", "silent", "not_asked"
]
"""answered: 2xx. not_found: 404. refused: another 3xx or 4xx. rate_limited: 403 in words about a rate, or 429. fault:
5xx. malformed: an answer that the contract does not know. late: the time for it ran out. silent: no connection, or no
answer on it. not_asked: nothing was sent, because the service is left alone for a while."""

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

_KINDS: Final[tuple[tuple[type[AsleepError], Outcome], ...]] = (
    (NotFound, "not_found"),
    (RateLimited, "rate_limited"),
    (ServerFault, "fault"),
    (StatusError, "refused"),
    (MalformedAnswer, "malformed"),
    (DeadlineExceeded, "late"),
    (NotAsked, "not_asked"),
)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """How the vendor is, as its last calls from this process tell.

    Attributes:
        calls: how many, by operation (method and template of the path) and outcome.
        is_left_alone: whether the breaker is open: the service failed, and only a probe is sent now and then.
        next_probe_s: seconds until the next probe; 0 where none is waited for.
        is_held_back: whether calls are slower than agreed, because the service asked for fewer.
        answered_s_ago: seconds since it last answered 2xx; None where it never did.
        failed_s_ago: likewise since the last outcome of the kinds fault, late or silent.
    """

    calls: Mapping[tuple[str, Outcome], int]
    is_left_alone: bool
    next_probe_s: float
    is_held_back: bool
    answered_s_ago: float | None
    failed_s_ago: float | None


class Tally:
    """Counts outcomes; safe between threads, on the monotonic clock."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, Outcome]] = Counter()
        self._answered_at_s: float | None = None
        self._failed_at_s: float | None = None

    def count(self, operation: str, outcome: Answer | AsleepError) -> None:
        """Takes note of one call's outcome."""
        word = outcome_of(outcome)
        with self._lock:
            self._calls[operation, word] += 1
            if word == "answered":
                self._answered_at_s = self._clock()
            elif word in ("fault", "late", "silent"):
                self._failed_at_s = self._clock()

    def condition(self, *, next_probe_s: float | None, is_held_back: bool) -> Condition:
        """The counts now, with what the breaker (None: it is closed) and the pace say."""
        with self._lock:
            now_s = self._clock()
            return Condition(
                calls=dict(self._calls),
                is_left_alone=next_probe_s is not None,
                next_probe_s=next_probe_s or 0.0,
                is_held_back=is_held_back,
                answered_s_ago=_since(self._answered_at_s, now_s),
                failed_s_ago=_since(self._failed_at_s, now_s),
            )


def outcome_of(outcome: Answer | AsleepError) -> Outcome:
    """The word for what became of a call."""
    if isinstance(outcome, Answer):
        return "answered"
    return next((word for kind, word in _KINDS if isinstance(outcome, kind)), "silent")


def _since(at_s: float | None, now_s: float) -> float | None:
    return None if at_s is None else max(now_s - at_s, 0.0)
