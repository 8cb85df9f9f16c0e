"""A call on its way: every layer between a method of the client and the wire, in this order, outermost first.

    deadline       ends everything below it, waits and repetitions included
    retries        what may be asked again is, after a pause with full jitter, paid from a budget
    breaker        nothing is sent to a service that is down; one probe finds out when it is back
    pace           the account's rate for all threads and processes, foreground first
    time-outs      to connect, and between two bytes
    connections    pooled; they repeat nothing and follow no redirect by themselves

Above them, in `cache.client`: what is kept, and then one flight for equal questions asked at once.
"""

import logging
import time

from asleep.breaker import Breaker
from asleep.calls import REPEATABLE, Answer, Call
from asleep.deadline import Deadline
from asleep.errors import (
    AsleepError,
    DeadlineExceeded,
    MalformedAnswer,
    NotAsked,
    RateLimited,
    ServerFault,
    StatusError,
    TransportError,
    Unreachable,
    Untrusted,
)
from asleep.exchange import Exchange, late
from asleep.pacing import Pacer
from asleep.patience import Backoff, RetryBudget

_AGAIN_STATUSES = frozenset({500, 502, 503, 504})
_FAIR_TRY_S = 1.0  # a call that was sent with less time left says nothing about the service when it is late
_PROBE_S = 0.25  # after a rest, so that the probe of another thread has found out

_log = logging.getLogger(__name__)


class Transport:
    """Calls to one service under one key, through all layers; safe to share between threads."""

    def __init__(
        self, *, exchange: Exchange, pacer: Pacer, breaker: Breaker, budget: RetryBudget, backoff: Backoff
    ) -> None:
        self.base_url = exchange.base_url
        self._exchange = exchange
        self._pacer = pacer
        self._breaker = breaker
        self._budget = budget
        self._backoff = backoff

    def close(self) -> None:
        """Close the pooled connections."""
        self._exchange.close()

    def call(self, call: Call, *, deadline: Deadline, background: bool, request_id: str) -> Answer:
        """The first 2xx answer, after as many tries as method, refusals, budget and deadline allow.

        Raises:
            AsleepError: the last failure.
        """
        maybe_done, may_wait = False, background and self._breaker.was_up
        attempt, spent = 1, 0
        while True:
            outcome = self._tried(call, deadline=deadline, background=background, request_id=request_id)
            if maybe_done and call.gone is not None and isinstance(outcome, call.gone):
                outcome = Answer(status=204, body=b"")
            if isinstance(outcome, Answer):
                self._budget.answered(spent)
                return outcome
            pause_s = self._pause_s(call, outcome, attempt, may_wait=may_wait)
            if pause_s is None or pause_s >= deadline.remaining_s():
                raise outcome
            if isinstance(outcome, NotAsked):
                may_wait = False
            else:
                cost = self._budget.spend(silent=isinstance(outcome, TransportError))
                if not cost:
                    raise outcome
                attempt, spent = attempt + 1, spent + cost
            # Neither a refusal for the rate nor a connection that was never made can have done anything.
            maybe_done = maybe_done or not isinstance(outcome, RateLimited | Unreachable)
            time.sleep(pause_s)

    def _pause_s(self, call: Call, outcome: AsleepError, attempt: int, *, may_wait: bool) -> float | None:
        """How long to wait before the next try; None where there is none."""
        if isinstance(outcome, NotAsked):
            # Somebody who waits for a page is told at once; work in the background outlasts a short failure.
            return outcome.retry_after_s + _PROBE_S if may_wait else None
        if attempt >= self._backoff.tries or not worth_again(call.method, outcome):
            return None
        asked_s = outcome.retry_after_s if isinstance(outcome, StatusError) else None
        return self._backoff.pause_s(attempt, at_least_s=asked_s or 0.0)

    def _tried(
        self, call: Call, *, deadline: Deadline, background: bool, request_id: str
    ) -> Answer | AsleepError:
        leave = self._breaker.enter()
        if leave is None:
            return _not_asked(call, self._breaker, request_id)
        up: bool | None = None
        try:
            if not self._pacer.wait(within_s=deadline.remaining_s(), background=background):
                return _no_turn(call, self._pacer, request_id)
            left_s = deadline.remaining_s()
            if deadline.passed():
                return late(call, deadline, request_id)
            outcome = self._exchanged(call, deadline=deadline, request_id=request_id)
            self._teach(outcome)
            up = _is_up(outcome, left_s)
            return outcome
        finally:
            self._breaker.settle(leave, up=up)

    def _exchanged(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        began_s = time.monotonic()
        outcome = self._exchange.send(call, deadline=deadline, request_id=request_id)
        status = outcome.status if isinstance(outcome, Answer | StatusError) else type(outcome).__name__
        took_ms = (time.monotonic() - began_s) * 1000
        _log.debug("%s %s: %s in %.0f ms", request_id, call.operation, status, took_ms)
        return outcome

    def _teach(self, outcome: Answer | AsleepError) -> None:
        if isinstance(outcome, RateLimited):
            self._pacer.refused(retry_after_s=outcome.retry_after_s)
        elif isinstance(outcome, Answer):
            self._pacer.answered()


def worth_again(method: str, outcome: AsleepError) -> bool:
    """Whether the same call may be sent again after this failure.

    GET and DELETE, after a lost or silent connection, a rate limit, or a status 500, 502, 503 or 504. Any
    method where no connection was made. Otherwise a POST is never repeated, because the service has no key that
    would tell a repetition from a second person.
    """
    if isinstance(outcome, DeadlineExceeded | Untrusted | NotAsked):
        return False
    if isinstance(outcome, Unreachable):
        return True
    if method not in REPEATABLE:
        return False
    if isinstance(outcome, ServerFault):
        return outcome.status in _AGAIN_STATUSES
    return isinstance(outcome, TransportError | RateLimited)


def _is_up(outcome: Answer | AsleepError, left_s: float) -> bool | None:
    """What the outcome says of the service: True, it is up; False, it is down; None, it does not tell.

    A refusal of whatever kind is an answer; only the lack of one and its own faults count against the service.
    """
    if isinstance(outcome, DeadlineExceeded):
        return False if left_s >= _FAIR_TRY_S else None
    if isinstance(outcome, TransportError | ServerFault):
        return False
    return None if isinstance(outcome, MalformedAnswer) else True


def _not_asked(call: Call, breaker: Breaker, request_id: str) -> NotAsked:
    rests_s = breaker.rests_s()
    return NotAsked(
        f"{call.operation} was not sent: the service failed {breaker.failures} times in a row and is left alone. "
        f"It is tried again {f'in {rests_s:.0f} s' if rests_s >= 1 else 'shortly'}.",
        retry_after_s=rests_s,
        request_id=request_id,
    )


def _no_turn(call: Call, pacer: Pacer, request_id: str) -> DeadlineExceeded:
    rate = pacer.per_second
    pace = "the pace that the service asks for" if rate is None else f"{rate:g} calls per second"
    return DeadlineExceeded(
        f"{call.operation} was not sent: at {pace} its turn comes after the deadline. "
        "Ask for less at once, or allow more time with Timeouts(...).",
        request_id=request_id,
    )
