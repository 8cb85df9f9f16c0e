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
    Stopped,
    TransportError,
    Unreachable,
    Untrusted,
)
from asleep.exchange import Exchange
from asleep.pacing import Pacer
from asleep.patience import Backoff, RetryBudget
from asleep.tally import Condition, Tally

_AGAIN_STATUSES = frozenset({500, 502, 503, 504})
_FAIR_TRY_S = 1.0
_SHORT_FAILURE_S = 15.0

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
        self._tally = Tally()

    def condition(self) -> Condition:
        """How the service is, from memory."""
        breaker = self._breaker
        return self._tally.condition(
            next_probe_s=breaker.rests_s() if breaker.is_open else None, is_held_back=self._pacer.is_held_back
        )

    def close(self) -> None:
        """Close the pooled connections."""
        self._exchange.close()

    def call(self, call: Call, *, deadline: Deadline, background: bool, request_id: str) -> Answer:
        """The first 2xx answer, after as many tries as method, refusals, budget and deadline allow.

        Raises:
            AsleepError: the last failure.
        """
        maybe_done = False
        attempt, spent = 1, 0
        while True:
            outcome = self._tried(call, deadline=deadline, background=background, request_id=request_id)
            if maybe_done and call.gone is not None and isinstance(outcome, call.gone):
                outcome = Answer(status=204, body=b"")
            if _is_up(outcome):
                self._budget.answered(spent)
            if isinstance(outcome, Answer):
                return outcome
            pause_s = self._pause_s(call, outcome, attempt)
            if pause_s is None or pause_s >= deadline.remaining_s():
                raise outcome
            cost = self._budget.spend(silent=isinstance(outcome, TransportError))
            if not cost:
                raise outcome
            attempt, spent = attempt + 1, spent + cost
            # Neither a refusal for the rate nor a connection that was never made can have done anything.
            maybe_done = maybe_done or not isinstance(outcome, RateLimited | Unreachable)
            deadline.pause(pause_s)

    def _pause_s(self, call: Call, outcome: AsleepError, attempt: int) -> float | None:
        """How long to wait before the next try; None where there is none."""
        if attempt >= self._backoff.tries or not worth_again(call.method, outcome):
            return None
        asked_s = outcome.retry_after_s if isinstance(outcome, StatusError) else None
        return self._backoff.pause_s(attempt, at_least_s=asked_s or 0.0)

    def _tried(
        self, call: Call, *, deadline: Deadline, background: bool, request_id: str
    ) -> Answer | AsleepError:
        # Somebody who waits for a page is told at once; work in the background outlasts a short failure of a service
        # that was up.
        patience_s = (
            min(_SHORT_FAILURE_S, deadline.remaining_s()) if background and self._breaker.was_up else 0.0
        )
        leave = self._breaker.enter(within_s=patience_s, stop=deadline.stop)
        if leave is None:
            refusal = _not_asked(call, self._breaker, request_id)
            self._tally.count(call.operation, refusal)
            return refusal
        up: bool | None = None
        why, faulty = "", False
        try:
            left_s = deadline.remaining_s()
            if not self._pacer.wait(within_s=left_s, background=background, stop=deadline.stop):
                return _no_turn(call, self._pacer, deadline, request_id)
            left_s = deadline.remaining_s()
            if deadline.passed():
                return _no_turn(call, self._pacer, deadline, request_id)
            outcome = self._exchanged(call, deadline=deadline, request_id=request_id)
            self._teach(outcome)
            # A call that was sent with little time left says nothing about the service when it is late.
            fair = left_s >= min(_FAIR_TRY_S, deadline.total_s / 2)
            up = _is_up(outcome) if fair or not isinstance(outcome, DeadlineExceeded) else None
            why = "" if isinstance(outcome, Answer) else str(outcome)
            faulty = isinstance(outcome, ServerFault)
            return outcome
        finally:
            self._breaker.settle(leave, up=up, why=why, faulty=faulty)

    def _exchanged(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        began_s = time.monotonic()
        outcome = self._exchange.send(call, deadline=deadline, request_id=request_id)
        self._tally.count(call.operation, outcome)
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


def _is_up(outcome: Answer | AsleepError) -> bool | None:
    """What the outcome says of the service: True, it is up; False, it is down; None, it does not tell.

    A refusal of whatever kind is an answer; only the lack of one and its own faults count against the service.
    """
    if isinstance(outcome, NotAsked | Stopped | MalformedAnswer):
        return None
    return not isinstance(outcome, TransportError | ServerFault)


def _not_asked(call: Call, breaker: Breaker, request_id: str) -> NotAsked:
    return NotAsked(
        f"{call.operation} was not sent: the service failed {breaker.failures} times in a row and is left alone for a "
        f"moment. The last time: {breaker.why_open}",
        retry_after_s=breaker.rests_s(),
        faulty=breaker.faulty,
        request_id=request_id,
    )


def _no_turn(call: Call, pacer: Pacer, deadline: Deadline, request_id: str) -> AsleepError:
    if deadline.stopped:
        return Stopped(f"{call.operation} was not sent: work was stopped.", request_id=request_id)
    away_s = pacer.away_s()
    if away_s >= 1:
        return NotAsked(
            f"{call.operation} was not sent: the service asked for fewer calls and is left alone for another "
            f"{away_s:.0f} s. If it happens often, lower NOCTURNE_RATE_LIMIT_PER_SECOND.",
            retry_after_s=away_s,
            request_id=request_id,
        )
    rate = (
        "the pace that the service asks for"
        if pacer.per_second is None
        else f"{pacer.per_second:g} calls per second"
    )
    return DeadlineExceeded(
        f"{call.operation} was not sent: at {rate} its turn comes after the deadline. Ask for less at once.",
        request_id=request_id,
    )
