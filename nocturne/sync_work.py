"""What a synchronisation does about one person, how the vendor is asked, and what is noted of it.

Questions are asked by several threads and answered in order. What keeps an answer from everybody ends the asking; what
keeps it from one person is that person's problem.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Final, TypeVar

from analytics.sessions import SessionSet
from asleep.errors import (
    AsleepError,
    InvalidKey,
    NotAsked,
    PlanExpired,
    QuotaExceeded,
    Stopped,
    UserNotFound,
)
from nocturne.sync_plan import Due
from store.database import Store
from store.people import Person, SyncOutcome

log = logging.getLogger(__name__)

ERASED: Final = "Erased while the synchronisation was under way."

_THREADS: Final = 8
# Asked for ahead of what is being written: enough for the threads, and little enough to stop soon.
_AHEAD: Final = 64
_RECORDED_AT_ONCE: Final = 200
_REFUSES_EVERYBODY: Final = (InvalidKey, PlanExpired, QuotaExceeded, NotAsked)

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class Erased(Exception):
    """The person was erased since the synchronisation began: nothing is asked about them any more."""


@dataclass(kw_only=True, eq=False)
class Work:
    """One person's part: what is still to be fetched, newest first, and what went wrong."""

    person: Person
    listed: int = 0
    asked_since: datetime | None = None
    statistics_at: datetime | None = None
    changed: SessionSet = field(default_factory=SessionSet.empty)
    again: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    named: int = 0
    missing: list[Due] = field(default_factory=list)
    fetched: int = 0
    problem: str = ""


class Questions:
    """Asks, a few questions ahead of what is being done with the answers.

    Args:
        stop: when set, nothing more is asked.

    Attributes:
        halted: why the vendor refuses everybody; empty while it does not.
        statistics_down_s: for how long the statistics are not to be asked for; None while they are up.
    """

    def __init__(self, stop: Event) -> None:
        self.halted = ""
        self.statistics_down_s: float | None = None
        self._stop = stop
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sync")

    def close(self) -> None:
        """What was not asked yet is not asked; what was is waited for."""
        self._pool.shutdown(cancel_futures=True)

    @property
    def ended(self) -> bool:
        """Whether nobody is asked about any more."""
        return self._stop.is_set() or bool(self.halted)

    def in_order(
        self, ask: Callable[[_Item], _Answer], items: Iterable[_Item]
    ) -> "Iterator[tuple[_Item, Future[_Answer]]]":
        """Each item with its answer, in order; after the end of everything, cancelled ones."""
        pending: deque[tuple[_Item, Future[_Answer]]] = deque()
        # A single question first finds out whether a service that was down is up again.
        ahead = _AHEAD if self.statistics_down_s is None else 1
        try:
            for item in items:
                if self.ended:
                    break
                pending.append((item, self._pool.submit(ask, item)))
                if len(pending) >= ahead:
                    yield pending.popleft()
                    ahead = _AHEAD
            while pending:
                item, future = pending.popleft()
                if self.ended:
                    future.cancel()
                yield item, future
        finally:
            for _, future in pending:
                future.cancel()

    def answer(self, work: Work, future: "Future[_Answer]", *, fatal: bool = True) -> _Answer | None:
        """What a question brought, or None; what keeps it from everybody or from this person is noted.

        Without `fatal`, only a person whom the vendor does not know is given up.
        """
        try:
            return future.result()
        except (CancelledError, Stopped):
            return None
        except Erased:
            work.problem = ERASED
        except _REFUSES_EVERYBODY as refusal:
            if isinstance(refusal, NotAsked) and refusal.faulty and not fatal:
                self.statistics_down_s = refusal.retry_after_s
                return None
            self.halted = self.halted or str(refusal)
        except AsleepError as problem:
            if fatal or isinstance(problem, UserNotFound):
                work.problem = str(problem)
            else:
                log.info(
                    "The statistics of somebody did not arrive; the sessions will bring them. %s", problem
                )
        except OSError as problem:
            if fatal:
                work.problem = disk_problem(problem)
        return None


class Records:
    """What became of people, written into the store: some at a time as they are done, the rest at the end."""

    def __init__(self, store: Store, organisation: str, *, now: datetime) -> None:
        self._store, self._organisation, self._now = store, organisation, now
        self._done: list[Work] = []
        self._written: set[str] = set()

    def finished(self, work: Work) -> None:
        """Somebody of whom nothing is missing is recorded soon, whatever becomes of the others."""
        if not work.missing and not work.problem:
            self._done.append(work)
            if len(self._done) >= _RECORDED_AT_ONCE:
                self.write()

    def write(self) -> None:
        """Records whoever is done by now."""
        self._write(self._done)
        self._done = []

    def write_rest(self, works: Iterable[Work]) -> None:
        """Records those of these people who are not yet, done or not."""
        self._done = []
        self._write([work for work in works if work.person.person_id not in self._written])

    def _write(self, works: list[Work]) -> None:
        if not works:
            return
        self._store.record_syncs(
            self._organisation,
            [
                SyncOutcome(
                    person_id=work.person.person_id,
                    attempted_at=self._now,
                    error=work.problem,
                    listed=work.listed,
                    fetched=work.fetched,
                    failed=len(work.missing),
                    asked_since=work.asked_since,
                    statistics_at=work.statistics_at,
                )
                for work in works
            ],
        )
        self._written |= {work.person.person_id for work in works}


def went_through(future: "Future[_Answer]") -> bool:
    """Whether the question was answered."""
    return not future.cancelled() and future.exception() is None


def disk_problem(problem: OSError) -> str:
    """Why nights could not be kept, in a sentence."""
    return f"The nights could not be written or read on this machine: {problem.strerror or problem}. Check the disk."
