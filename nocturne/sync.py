"""Brings people's nights into the archive: statistics of everybody first, then stages, newest first.

Three passes. First everybody's statistics: one call brings a person's 99 days, so that pages show every night within
minutes. Then the lists of sessions: what is new, unfinished or gone. Then the sessions themselves with their stages, in
rounds by age: everybody's last week, then the last five weeks, then the rest. What arrives is written at once, so a
synchronisation that was stopped goes on where it was. Somebody counts as synchronised only when nothing is missing.

What is asked of the vendor about a person is decided in `sync_plan`.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from threading import Event
from typing import TypeVar

from analytics.sessions import SessionSet
from asleep.errors import (
    AsleepError,
    InvalidKey,
    MalformedAnswer,
    NotAsked,
    PlanExpired,
    QuotaExceeded,
    SessionNotFound,
    Stopped,
    UserNotFound,
)
from asleep.models import SessionResult
from cache.archive import Delivery, Unreadable
from cache.disk import CacheBusy
from cache.summaries import summarised
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.progress import Failure, SyncProgress
from nocturne.sync_plan import EVERYTHING, Due, due, list_since, statistics_period, told, vanished
from nocturne.sync_writer import StatisticsWriter
from store.people import Person, SyncOutcome

log = logging.getLogger(__name__)

_THREADS = 8
# Asked for ahead of what is being written: enough for the threads, and little enough to stop soon.
_AHEAD = 64
_ROUNDS_DAYS = (8, 36)
_RECORDED_AT_ONCE = 200
_NEVER: Event = Event()
_REFUSES_EVERYBODY = (InvalidKey, PlanExpired, QuotaExceeded, NotAsked)
_ERASED = "Erased while the synchronisation was under way."
_STOPPED = "The synchronisation was stopped before everything had arrived; the next one goes on."

Outcome = SessionResult | Unreadable | None
_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


class _Erased(Exception):
    """The person was erased since the synchronisation began: nothing is asked about them any more."""


@dataclass(kw_only=True, eq=False)
class _Work:
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


def synchronise(
    application: Application,
    actor: Actor,
    people: Sequence[Person],
    *,
    days: int | None = None,
    stop: Event = _NEVER,
) -> SyncProgress:
    """The final progress of bringing these people's nights of the last `days` days into the archive.

    Each person ends as done or failed with a reason, in the progress and in the store. The board shows the progress
    while it goes on, and never stays behind on a synchronisation that has ended.

    Raises:
        NotAllowed: the actor may not synchronise.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    days = application.settings.nocturne_sync_days if days is None else days
    run = _Run(application, people, now=application.now(), days=days, stop=stop)
    try:
        run.work()
    finally:
        progress = run.end()
    log.log(
        logging.WARNING if progress.halted else logging.INFO,
        "Synchronised %d of %d people: %d of %d nights brought. %s",
        progress.people_complete, progress.people, progress.nights_done, progress.nights, progress.halted,
    )  # fmt: skip
    return progress


class _Run:
    """One synchronisation from its first question to its record."""

    def __init__(
        self, application: Application, people: Sequence[Person], *, now: datetime, days: int, stop: Event
    ) -> None:
        self._application = application
        self._organisation = application.organisation
        self._asleep = application.asleep.in_background(stop=stop)
        self._now = now
        self._days = days
        self._stop = stop
        self._halted = ""
        self._statistics_down_s: float | None = None
        self._works = [_Work(person=person) for person in people]
        self._listed: list[_Work] = []
        self._unrecorded: list[_Work] = []
        self._recorded: set[str] = set()
        self._before = application.store.sync_states(application.organisation)
        self._show(SyncProgress(state="statistics", people=len(people), started_at=now, phase_at=now))

    def work(self) -> None:
        """Asks, lists and fetches; a person's failure stays that person's."""
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sync")
        try:
            self._statistics(pool)
            self._show(replace(self._progress, state="listing", phase_at=self._application.now()))
            self._list_all(pool)
            self._show(replace(self._progress, state="fetching", phase_at=self._application.now()))
            self._fetch_rounds(pool)
        finally:
            pool.shutdown(cancel_futures=True)

    def end(self) -> SyncProgress:
        """The final progress, on the board and, person by person, in the store."""
        listed = {id(work) for work in self._listed}
        for work in self._works:
            if not work.problem and (work.missing or id(work) not in listed):
                work.problem = self._halted or _STOPPED
        self._forget_the_erased()
        begun = self._works if self._halted else self._listed
        self._unrecorded = [work for work in begun if work.person.person_id not in self._recorded]
        self._record()
        self._show(
            replace(
                self._progress,
                state="done",
                people_complete=sum(not work.problem for work in self._works),
                failures=tuple(
                    Failure(person_id=work.person.person_id, reason=work.problem)
                    for work in self._works
                    if work.problem and work.problem != _ERASED
                ),
                halted=self._halted,
                finished_at=self._application.now(),
            )
        )
        return self._progress

    def _require_not_erased(self, person: Person) -> None:
        if self._application.archive.is_erased(self._organisation, person.person_id):
            raise _Erased

    def _forget_the_erased(self) -> None:
        """Answers about somebody who was erased meanwhile go too, also those that came after the erasure."""
        for work in self._works:
            if not self._application.archive.is_erased(self._organisation, work.person.person_id):
                continue
            work.problem = _ERASED
            try:
                self._application.asleep.forget(work.person.vendor_id)
            except CacheBusy as busy:
                log.warning("Answers about somebody who was erased may be kept until they expire: %s", busy)

    def _statistics(self, pool: ThreadPoolExecutor) -> None:
        """Everybody's nights by the vendor's own statistics, on the pages before any stages are asked for."""
        periods = [
            statistics_period(self._now, days=self._days, state=self._before.get(work.person.person_id))
            for work in self._works
        ]
        asked = [(work, period) for work, period in zip(self._works, periods, strict=True) if period]
        self._show(replace(self._progress, statistics=len(asked)))
        writer = StatisticsWriter(self._application)
        for (work, _), future in self._in_order(pool, self._ask_statistics, asked):
            fresh = self._answer(work, future, fatal=False)
            if self._statistics_down_s is not None:
                break
            work.statistics_at = None if fresh is None else self._now
            if fresh is not None and len(fresh):
                person = work.person
                writer.take(Delivery(person_id=person.person_id, zone=person.zone, sessions=fresh))
            if not future.cancelled():
                self._show(replace(self._progress, statistics_done=self._progress.statistics_done + 1))
        writer.close()
        came = [work.person.person_id for work, _ in asked if work.statistics_at is not None]
        self._application.store.record_statistics(self._organisation, came, at=self._now)
        # The lists find out whether the service is up, once it may be asked again.
        self._stop.wait(self._statistics_down_s or 0.0)

    def _ask_statistics(self, asked: tuple[_Work, tuple[date, date]]) -> SessionSet:
        work, (first, last) = asked
        person = work.person
        self._require_not_erased(person)
        averages = self._asleep.average_stats(person.vendor_id, first=first, last=last, fresh=True).value
        known = self._application.archive.known(self._organisation, person.person_id)
        named = {one.session_id for one in averages.slept} | {one.session_id for one in averages.never_slept}
        sessions = summarised(averages, received=self._now)
        found = told(sessions, known, named=named, first=first, last=last)
        work.changed = found.changed
        work.gone, work.named = found.gone, len(named)
        work.again = found.gone | set(found.changed.columns["session_id"].tolist())
        return found.fresh

    def _list_all(self, pool: ThreadPoolExecutor) -> None:
        self._listed = [work for work in self._works if work.problem]
        rest = [work for work in self._works if not work.problem]
        for work, future in self._in_order(pool, self._list, rest):
            self._answer(work, future)
            if not work.problem and not _went_through(future):
                continue
            self._listed.append(work)
            self._finished(work)
            progress = self._progress
            self._show(
                replace(
                    progress,
                    people_done=progress.people_done + 1,
                    nights=progress.nights + len(work.missing),
                )
            )
        self._record()

    def _list(self, work: _Work) -> None:
        """Finds what there is of a person and the archive lacks; what the vendor deleted leaves the archive."""
        archive, person = self._application.archive, work.person
        self._require_not_erased(person)
        state = self._before.get(person.person_id)
        known = archive.known(self._organisation, person.person_id)
        since = list_since(self._now, days=self._days, state=state, known=known)
        # One day more: a session that has just begun is dated by a clock that may be ahead of ours.
        last = (self._now + timedelta(days=1)).date()
        first = None if since is None else since.date()
        listed = self._asleep.list_sessions(person.vendor_id, first=first, last=last, fresh=True).value
        gone = vanished({item.session_id for item in listed}, known, since=since, last=last)
        for session_id in gone:
            archive.remove_session(self._organisation, person.person_id, session_id)
            del known[session_id]
        if gone:
            log.warning("%d sessions that the vendor no longer has were removed from the archive.", len(gone))
        if listed and not work.named:
            # Statistics that name nothing beside a list that does are more likely a fault than the end of everything.
            work.again -= work.gone
            work.gone = frozenset()
        work.listed, work.asked_since = len(listed), since or EVERYTHING
        work.missing = due(listed, known, asked_again=work.again)

    def _fetch_rounds(self, pool: ThreadPoolExecutor) -> None:
        edges = [None, *(self._now - timedelta(days=days) for days in _ROUNDS_DAYS), None]
        for younger, older in pairwise(edges):
            tasks = [
                (work, session)
                for work in self._listed
                if not work.problem
                for session in work.missing
                if (younger is None or session.start <= younger) and (older is None or session.start > older)
            ]
            answers = self._in_order(pool, self._fetch, tasks)
            for work, arrived in groupby(answers, key=lambda answer: answer[0][0]):
                self._gather(work, ((session, future) for (_, session), future in arrived))
            self._record()

    def _fetch(self, task: tuple[_Work, Due]) -> Outcome:
        """The session; how it was unreadable; or None when the vendor no longer has it."""
        work, session = task
        self._require_not_erased(work.person)
        try:
            return self._found(work.person.vendor_id, session, fresh=session.session_id in work.again)
        except SessionNotFound:
            return None
        except MalformedAnswer as problem:
            return Unreadable(
                session_id=session.session_id, start=session.start, end=session.end, reason=str(problem)
            )

    def _found(self, vendor_id: str, session: Due, *, fresh: bool) -> SessionResult:
        """The session, kept from an earlier day only where the statistics do not tell of another one."""
        found = self._asleep.get_session(vendor_id, session.session_id, fresh=fresh)
        if found.fetched_at < self._now and session.contradicts(found.value.stat):
            found = self._asleep.get_session(vendor_id, session.session_id, fresh=True)
        return found.value

    def _gather(self, work: _Work, answers: "Iterable[tuple[Due, Future[Outcome]]]") -> None:
        """Puts what arrived of a person into the archive; what did not arrive stays missing."""
        outcomes: dict[str, Outcome] = {}
        for session, future in answers:
            outcome = self._answer(work, future)
            if outcome is not None or _went_through(future):
                outcomes[session.session_id] = outcome
        try:
            self._put(work, outcomes)
        except OSError as problem:
            work.problem = _disk_problem(problem)
            return
        except Exception as problem:  # whatever one person's sessions do, the others are served
            log.exception("Nothing could be made of the sessions of %s.", work.person.person_id)
            kind = type(problem).__name__
            work.problem = f"Nothing could be made of this person's sessions ({kind}). The log says where."
            return
        work.missing = [session for session in work.missing if session.session_id not in outcomes]
        work.fetched += len(outcomes)
        self._show(replace(self._progress, nights_done=self._progress.nights_done + len(outcomes)))
        self._finished(work)

    def _put(self, work: _Work, outcomes: dict[str, Outcome]) -> None:
        archive, person = self._application.archive, work.person
        results = [outcome for outcome in outcomes.values() if isinstance(outcome, SessionResult)]
        problems = [outcome for outcome in outcomes.values() if isinstance(outcome, Unreadable)]
        fetched = {result.session_id for result in results}
        changed = work.changed.columns["session_id"].tolist()
        confirmed = [at for at, session_id in enumerate(changed) if session_id in fetched]
        if results or problems:
            archive.put(
                self._organisation,
                person.person_id,
                zone=person.zone,
                results=results,
                problems=problems,
                summaries=work.changed.take(confirmed),
                unnamed=work.gone,
                received=self._now,
                synced_at=self._now,
            )
        for session_id, outcome in outcomes.items():
            if outcome is None:
                archive.remove_session(self._organisation, person.person_id, session_id)

    def _in_order(
        self, pool: ThreadPoolExecutor, ask: Callable[[_Item], _Answer], items: Iterable[_Item]
    ) -> "Iterator[tuple[_Item, Future[_Answer]]]":
        """Each item with its answer, in order; after the end of everything, cancelled ones."""
        pending: deque[tuple[_Item, Future[_Answer]]] = deque()
        # A single question first finds out whether a service that was down is up again.
        ahead = _AHEAD if self._statistics_down_s is None else 1
        try:
            for item in items:
                if self._ended:
                    break
                pending.append((item, pool.submit(ask, item)))
                if len(pending) >= ahead:
                    yield pending.popleft()
                    ahead = _AHEAD
            while pending:
                item, future = pending.popleft()
                if self._ended:
                    future.cancel()
                yield item, future
        finally:
            for _, future in pending:
                future.cancel()

    def _answer(self, work: _Work, future: "Future[_Answer]", *, fatal: bool = True) -> _Answer | None:
        """What a question brought, or None; what keeps it from everybody or from this person is noted.

        Without `fatal`, only a person whom the vendor does not know is given up.
        """
        try:
            return future.result()
        except (CancelledError, Stopped):
            return None
        except _Erased:
            work.problem = _ERASED
        except _REFUSES_EVERYBODY as refusal:
            if isinstance(refusal, NotAsked) and refusal.faulty and not fatal:
                self._statistics_down_s = refusal.retry_after_s
                return None
            self._halted = self._halted or str(refusal)
        except AsleepError as problem:
            if fatal or isinstance(problem, UserNotFound):
                work.problem = str(problem)
            else:
                log.info(
                    "The statistics of somebody did not arrive; the sessions will bring them. %s", problem
                )
        except OSError as problem:
            if fatal:
                work.problem = _disk_problem(problem)
        return None

    def _finished(self, work: _Work) -> None:
        """Somebody of whom nothing is missing is recorded soon, whatever becomes of the others."""
        if not work.missing and not work.problem:
            self._unrecorded.append(work)
            if len(self._unrecorded) >= _RECORDED_AT_ONCE:
                self._record()

    def _record(self) -> None:
        due_now, self._unrecorded = self._unrecorded, []
        if not due_now:
            return
        self._application.store.record_syncs(
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
                for work in due_now
            ],
        )
        self._recorded |= {work.person.person_id for work in due_now}

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or bool(self._halted)

    @property
    def _progress(self) -> SyncProgress:
        return self._application.board.progress

    def _show(self, progress: SyncProgress) -> None:
        self._application.board.show(progress)


def _went_through(future: "Future[_Answer]") -> bool:
    return not future.cancelled() and future.exception() is None


def _disk_problem(problem: OSError) -> str:
    return f"The nights could not be written or read on this machine: {problem.strerror or problem}. Check the disk."
