"""Asks the vendor about sessions for the worker of the inbox: one question a session, whatever waits for its answer.

A few threads ask. What waits for the same session shares its answer, except that a session's completion is settled only
with what the vendor was asked after it came; and for a few seconds also the news that there is
no such session. While the vendor refuses everybody nobody is asked about, until a pause is over that doubles with
every refusal in a row.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Event
from typing import Any, Final

from asleep.errors import NotFound
from asleep.models import SessionResult
from nocturne.application import Application
from nocturne.inbox_retries import asks_for_s, keeps_everybody_out
from store.inbox import Leased
from store.people import Person

log = logging.getLogger(__name__)

THREADS: Final = 4
SESSIONS: Final = 8
"""So many sessions are asked about at most at once: what else is due is looked at again in a moment.

Twice as many as there are threads: what waits has its answer before its lease (`inbox_worker.LEASE_S`) has run out."""
_UNKNOWN_S: Final = 4.0
_KEPT: Final = 256
_FIRST_PAUSE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 120.0
_A_MOMENT_S: Final = 60.0
_END_LIMIT_S: Final = 4.0

_Key = tuple[str, str]
"""The vendor's ids of a person and of a session that is said to be theirs."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a question came to: the session, or the problem.

    Attributes:
        asked_at: when the vendor was asked (UTC).
        others_answered: whether the vendor has answered about other sessions well within the last minute.
    """

    person: Person
    session_id: str
    result: SessionResult | None
    problem: Exception | None
    asked_at: datetime
    others_answered: bool


class SessionQuestions:
    """Asks about sessions and hands the events that waited to `answered`, in one of its own threads.

    Args:
        application: whose client, and whose clock.
        answered: what is done with the events and what they waited for; it may not raise.
        stop: when set, nothing more is asked and what is under way is given up.
    """

    def __init__(
        self, application: Application, *, answered: Callable[[list[Leased], Told], None], stop: Event
    ) -> None:
        self._application, self._answered = application, answered
        self._asleep = application.asleep.in_background(stop=stop)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="inbox-question")
        self._turned = Condition()
        self._waiting: dict[_Key, list[Leased]] = {}
        self._busy = 0
        self._unknown: dict[_Key, tuple[float, Exception]] = {}
        self._answered_at: dict[_Key, float] = {}
        self._paused_until_s, self._refusals = 0.0, 0
        self._refusal: Exception | None = None

    def ask(self, person: Person, event: Leased) -> bool:
        """Whether the event now waits for an answer about its session; not when too many are asked about already."""
        key = (person.vendor_id, event.session_id)
        with self._turned:
            if key in self._waiting:
                self._waiting[key].append(event)
                return True
            if len(self._waiting) >= SESSIONS:
                return False
            self._waiting[key] = [event]
            self._busy += 1
        self._pool.submit(self._find_out, person, event.session_id)
        return True

    def wait(self, timeout_s: float) -> bool:
        """Whether no event waits for an answer any more, before the time is over."""
        with self._turned:
            return self._turned.wait_for(lambda: not self._busy, timeout_s)

    def close(self) -> None:
        """Returns when nothing is under way any more; `stop` was set before."""
        self.wait(_END_LIMIT_S)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _find_out(self, person: Person, session_id: str) -> None:
        key = (person.vendor_id, session_id)
        try:
            told: Told | None = None
            while events := self._next(key):
                # Blocks that came meanwhile share the answer. It may be older than the end of the session, though,
                # so about that the vendor is asked again.
                if told is None or any(event.kind == "complete" for event in events):
                    told = self._told(person, session_id)
                self._answered(events, told)
        except BaseException:
            with self._turned:
                self._waiting.pop(key, None)
            raise
        finally:
            with self._turned:
                self._busy -= 1
                self._turned.notify_all()

    def _next(self, key: _Key) -> list[Leased]:
        """The events that wait; when there are none, nobody waits for this answer any more."""
        with self._turned:
            events = self._waiting[key]
            if events:
                self._waiting[key] = []
            else:
                del self._waiting[key]
            return events

    def _told(self, person: Person, session_id: str) -> Told:
        key = (person.vendor_id, session_id)
        asked_at = self._application.now()
        result: SessionResult | None = None
        problem: Exception | None = self._known_problem(key)
        if problem is None:
            try:
                result = self._asleep.get_session(person.vendor_id, session_id, fresh=True).value
            except Exception as error:  # noqa: BLE001 - whatever it was, the event is put off or buried with it
                problem = error
            self._learn(key, problem)
        return Told(
            person=person,
            session_id=session_id,
            result=result,
            problem=problem,
            asked_at=asked_at,
            others_answered=self._others_answered(key),
        )

    def _known_problem(self, key: _Key) -> Exception | None:
        """Why there is no use in asking now."""
        with self._turned:
            until_s, problem = self._unknown.get(key, (0.0, None))
            if problem is not None and time.monotonic() < until_s:
                return problem
            return self._refusal if time.monotonic() < self._paused_until_s else None

    def _learn(self, key: _Key, problem: Exception | None) -> None:
        now_s = time.monotonic()
        with self._turned:
            others_answered = self._others_answered(key)
            if problem is not None and keeps_everybody_out(problem, others_answered=others_answered):
                self._refuse(problem, now_s)
            elif problem is None or isinstance(problem, NotFound):
                self._refusals = 0
                self._answered_at[key] = now_s
                _forget_the_oldest(self._answered_at)
                if problem is not None:
                    self._unknown[key] = (now_s + _UNKNOWN_S, problem)
                    _forget_the_oldest(self._unknown)

    def _refuse(self, problem: Exception, now_s: float) -> None:
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(self._refusals, 20), _LONGEST_PAUSE_S)
        if now_s >= self._paused_until_s:  # what was asked side by side is refused once
            self._refusals += 1
            log.warning("Nobody is asked about for %.0f s: %s", max(pause_s, asks_for_s(problem)), problem)
        self._paused_until_s = max(self._paused_until_s, now_s + max(pause_s, asks_for_s(problem)))
        self._refusal = problem

    def _others_answered(self, key: _Key) -> bool:
        since_s = time.monotonic() - _A_MOMENT_S
        with self._turned:
            return any(at_s >= since_s for each, at_s in self._answered_at.items() if each != key)


def _forget_the_oldest(known: dict[_Key, Any]) -> None:
    while len(known) > _KEPT:
        del known[next(iter(known))]
