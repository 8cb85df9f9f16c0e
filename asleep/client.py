"""The vendor's operations as methods that answer typed values.

Times are always asked for in UTC. Every method ends within `Timeouts.total_s`, pages and retries included,
and raises only from the tree of `asleep.errors` (and ValueError for a question that makes no sense). What
is kept, shared between threads or answered while the vendor is down is decided above this room.
"""

from collections.abc import Callable
from copy import copy
from datetime import UTC, date, datetime, timedelta
from threading import Event
from types import TracebackType
from typing import Final, Self, TypeVar

from asleep.averages import joined
from asleep.breaker import Breaker
from asleep.calls import Call
from asleep.credentials import ApiKey
from asleep.deadline import Deadline
from asleep.errors import MalformedAnswer, SessionNotFound, UserNotFound
from asleep.exchange import Exchange, new_request_id
from asleep.metadata import checked_metadata
from asleep.models import AverageStats, SessionListItem, SessionResult, User, UserMetadata
from asleep.pacing import Pacer
from asleep.patience import Backoff, RetryBudget, Timeouts
from asleep.payloads import (
    create_user_body,
    parse_average_stats,
    parse_created_user,
    parse_session,
    parse_session_list,
    parse_user,
)
from asleep.tally import Condition
from asleep.transport import Transport

__all__ = ["AsleepClient", "Backoff", "Breaker", "Pacer", "RetryBudget", "Timeouts"]

Value = TypeVar("Value")

PAGE_LENGTH: Final = 100
"""The longest page of sessions the service gives; a shorter one is the last."""

PERIOD_DAYS: Final = 99
"""The longest period asked for at once: 100 are allowed, and whether both ends count is not documented."""


class AsleepClient:
    """The remote API under one key; one object serves any number of threads.

    `base_url` is https, or http on this machine. `pacer`, `breaker` and `budget` may be shared between clients of
    the same account. `pool` is the number of connections kept open, best the number of threads. A `with` block
    closes them.

    Raises:
        ValueError: the address or the key cannot be used; the message says what to write and shows neither.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeouts: Timeouts | None = None,
        pacer: Pacer | None = None,
        pool: int = 8,
        backoff: Backoff | None = None,
        breaker: Breaker | None = None,
        budget: RetryBudget | None = None,
    ) -> None:
        key = ApiKey(api_key)
        del api_key  # a report of an error below with local variables must not show it
        self.timeouts = timeouts or Timeouts()
        self._limit_s = self.timeouts.total_s
        self._background = False
        self._stop: Event | None = None
        self._transport = Transport(
            exchange=Exchange(base_url=base_url, key=key, timeouts=self.timeouts, pool=pool),
            pacer=pacer or Pacer(),
            breaker=breaker or Breaker(),
            budget=budget or RetryBudget(),
            backoff=backoff or Backoff(),
        )
        self.base_url = self._transport.base_url

    @property
    def limit_s(self) -> float:
        """Every method ends within so many seconds."""
        return self._limit_s

    def in_background(self, *, stop: Event | None = None) -> Self:
        """The same client for work that nobody waits for.

        Its calls take turns that no foreground call wants, have `Timeouts.background_s` instead of `total_s`, outlast
        a short failure of the service, and are given up (`Stopped`) soon after `stop` is set. Connections, pace,
        breaker and budget are shared; closing one closes both.
        """
        other = self.within(self.timeouts.background_s)
        other._background, other._stop = True, stop  # noqa: SLF001 - another of our own
        return other

    def within(self, seconds: float) -> Self:
        """The same client with so much time for each method; everything is shared."""
        other = copy(self)
        other._limit_s = seconds  # noqa: SLF001 - another of our own
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def condition(self) -> Condition:
        """How the service is, as the calls of this client and all that share its connections tell; nothing is asked."""
        return self._transport.condition()

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._transport.close()

    def create_user(self, metadata: UserMetadata | None = None) -> str:
        """The id that the service issues to a new person. Store it: nothing lists the people of an account.

        Sent once and never repeated: after a `TransportError` it is unknown whether the person was created.

        Raises:
            UnusableMetadata: the contract does not allow a field of it; nothing was sent.
            AsleepError: any other branch of the tree.
        """
        if metadata is not None:
            checked_metadata(metadata, today=datetime.now(UTC).date())
        call = Call(method="POST", path="/ai/v1/users", body=create_user_body(metadata))
        return self._ask(call, parse_created_user, self._deadline())

    def get_user(self, user_id: str) -> User:
        """The person as the vendor knows them.

        Raises:
            UserNotFound: no such person under this key.
            AsleepError: any other branch of the tree.
        """
        call = Call(method="GET", path="/ai/v1/users/{user_id}", ids={"user_id": user_id})
        return self._ask(call, parse_user, self._deadline())

    def delete_user(self, user_id: str) -> None:
        """Delete the person with all sessions and reports, for good.

        A 404 after an attempt that may have reached the service counts as deleted.

        Raises:
            UserNotFound: the first attempt already found nobody.
            AsleepError: any other branch of the tree.
        """
        ids = {"user_id": user_id}
        call = Call(method="DELETE", path="/ai/v1/users/{user_id}", ids=ids, gone=UserNotFound)
        self._ask(call, _nothing, self._deadline())

    def list_sessions(
        self,
        user_id: str,
        *,
        first: date | None = None,
        last: date | None = None,
        newest_first: bool = True,
    ) -> tuple[SessionListItem, ...]:
        """Every session that starts on the UTC dates from `first` to `last`, both included, each once.

        A night belongs to the date of its evening here; ask for a day more on each side and date nights
        yourself.

        Raises:
            ValueError: `first` is after `last`.
            MalformedAnswer: the service repeats a full page, so that the list could not be completed.
            AsleepError: any other branch of the tree.
        """
        _refuse_backwards(first, last)
        bounds = {"date_gte": first, "date_lte": last}
        query = {name: _iso(day) for name, day in bounds.items() if day is not None}
        query |= {"order_by": "DESC" if newest_first else "ASC", "limit": str(PAGE_LENGTH)}
        deadline, found = self._deadline(), dict[str, SessionListItem]()
        offset = 0
        while True:
            call = Call(
                method="GET",
                path="/data/v1/sessions",
                user_id=user_id,
                query={**query, "offset": str(offset)},
            )
            page = self._ask(call, parse_session_list, deadline)
            known = len(found)
            found |= {item.session_id: item for item in page}
            if len(page) < PAGE_LENGTH:
                return tuple(found.values())
            if len(found) == known:
                raise MalformedAnswer(
                    "it repeats a full page of sessions", status=200, operation=call.operation
                )
            offset += len(page)

    def get_session(self, user_id: str, session_id: str) -> SessionResult:
        """One session with its stages and statistics, in whatever state it is.

        Raises:
            SessionNotFound: this person has no such session.
            UserNotFound: no such person under this key.
            AsleepError: any other branch of the tree.
        """
        ids = {"session_id": session_id}
        call = Call(method="GET", path="/data/v3/sessions/{session_id}", ids=ids, user_id=user_id)
        return self._ask(call, parse_session, self._deadline())

    def delete_session(self, user_id: str, session_id: str) -> None:
        """Delete one session with its audio and analysis, for good.

        A 404 after an attempt that may have reached the service counts as deleted.

        Raises:
            SessionNotFound: the first attempt already found nothing.
            AsleepError: any other branch of the tree.
        """
        call = Call(
            method="DELETE",
            path="/ai/v1/sessions/{session_id}",
            ids={"session_id": session_id},
            user_id=user_id,
            gone=SessionNotFound,
        )
        self._ask(call, _nothing, self._deadline())

    def average_stats(self, user_id: str, *, first: date, last: date) -> AverageStats:
        """The means of the days from `first` to `last`, both included, with each night's statistics.

        A longer period than the service averages at once is asked for in pieces and joined by
        `asleep.averages`.

        Raises:
            ValueError: `first` is after `last`.
            UserNotFound: no such person under this key.
            AsleepError: any other branch of the tree.
        """
        _refuse_backwards(first, last)
        deadline = self._deadline()
        days = (last - first).days + 1
        starts = [first + timedelta(days=passed) for passed in range(0, days, PERIOD_DAYS)]
        ends = [*(start - timedelta(days=1) for start in starts[1:]), last]
        periods = zip(starts, ends, strict=True)
        return joined([self._averages(user_id, start, end, deadline) for start, end in periods])

    def _averages(self, user_id: str, first: date, last: date, deadline: Deadline) -> AverageStats:
        call = Call(
            method="GET",
            path="/data/v1/users/{user_id}/average-stats",
            ids={"user_id": user_id},
            query={"start_date": _iso(first), "end_date": _iso(last)},
        )
        return self._ask(call, parse_average_stats, deadline)

    def _deadline(self) -> Deadline:
        return Deadline.after(self._limit_s, stop=self._stop)

    def _ask(self, call: Call, parse: Callable[[bytes], Value], deadline: Deadline) -> Value:
        request_id = new_request_id()
        answer = self._transport.call(
            call, deadline=deadline, background=self._background, request_id=request_id
        )
        try:
            return parse(answer.body)
        except MalformedAnswer as error:
            problem = error.problem
        # Made anew outside the handler, so that no frame which holds the body hangs on it.
        raise MalformedAnswer(problem, status=answer.status, operation=call.operation, request_id=request_id)


def _nothing(body: bytes) -> None:
    """None, whatever a deletion answered: the contract's 204 has no body."""


def _iso(day: date) -> str:
    return date.isoformat(day)


def _refuse_backwards(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and first > last:
        raise ValueError(f"The period ends ({last}) before it begins ({first}); swap the two dates.")
