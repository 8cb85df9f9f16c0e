"""Brings people's nights into the archive: newest first, resumable, paced by the client, with progress.

Two steps. First everybody is asked which sessions there are (one call per person and page). Then the sessions that the
archive lacks, or has unfinished, are fetched in rounds by age: everybody's last week, then the last five weeks, then
the rest. After each round a person's file is written, so pages show last night for all before last month for one, and a
synchronisation that was stopped goes on where it was. Somebody counts as synchronised only when nothing is missing.
"""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from threading import Event

from asleep.errors import (
    AsleepError,
    InvalidKey,
    MalformedAnswer,
    NotAsked,
    PlanExpired,
    QuotaExceeded,
    SessionNotFound,
    Stopped,
)
from asleep.models import SessionListItem, SessionResult
from cache.archive import Unreadable
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.progress import Failure, SyncProgress
from store.people import Person

log = logging.getLogger(__name__)

_THREADS = 8
_ROUNDS_DAYS = (8, 36)
_NEVER: Event = Event()
_REFUSES_EVERYBODY = (InvalidKey, PlanExpired, QuotaExceeded, NotAsked)
_STOPPED = "The synchronisation was stopped before everything had arrived; the next one goes on."

Outcome = SessionResult | Unreadable | None
Task = tuple[SessionListItem, "Future[Outcome]"]


@dataclass(kw_only=True)
class _Work:
    """One person's part: what is still to be fetched, newest first, and what went wrong."""

    person: Person
    listed: int = 0
    missing: list[SessionListItem] = field(default_factory=list)
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
        self._asleep = application.asleep.in_background(stop=stop)
        self._people = people
        self._now = now
        self._days = days
        self._stop = stop
        self._halted = ""
        self._works: list[_Work] = []
        self._before = application.store.sync_states(application.organisation)
        self._show(SyncProgress(state="listing", people=len(people), started_at=now))

    def work(self) -> None:
        """Lists and fetches; a person's failure stays that person's."""
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="sync")
        try:
            self._list_all(pool)
            self._show(replace(self._progress, state="fetching"))
            self._fetch_rounds(pool)
        finally:
            pool.shutdown(cancel_futures=True)

    def end(self) -> SyncProgress:
        """The final progress, on the board and, person by person, in the store."""
        complete = 0
        for work in self._works:
            if work.missing and not work.problem:
                work.problem = self._halted or _STOPPED
            complete += not work.problem
            self._record(work)
        failures = tuple(
            Failure(person_id=work.person.person_id, reason=work.problem)
            for work in self._works
            if work.problem
        )
        if self._halted:
            listed = {work.person.person_id for work in self._works}
            for person in self._people:
                if person.person_id not in listed:
                    self._record(_Work(person=person, problem=self._halted))
        self._show(
            replace(
                self._progress,
                state="done",
                people_complete=complete,
                failures=failures,
                halted=self._halted,
                finished_at=self._application.now(),
            )
        )
        return self._progress

    def _list_all(self, pool: ThreadPoolExecutor) -> None:
        futures = [(person, pool.submit(self._list, person)) for person in self._people]
        for person, future in futures:
            if self._ended:
                future.cancel()
            work = self._listed(person, future)
            if work is None:
                continue
            self._works.append(work)
            progress = self._progress
            self._show(
                replace(
                    progress,
                    people_done=progress.people_done + 1,
                    nights=progress.nights + len(work.missing),
                )
            )

    def _list(self, person: Person) -> _Work:
        """What there is of a person; what the vendor deleted leaves the archive."""
        archive, organisation = self._application.archive, self._application.organisation
        known = archive.known(organisation, person.person_id)
        first = self._first_date(person, known)
        # One day more on each side: the vendor dates a session by its start in the zone of the header (UTC here), we
        # by the sleeper's own night.
        last = (self._now + timedelta(days=1)).date()
        listed = self._asleep.list_sessions(person.vendor_id, first=first, last=last, fresh=True).value
        self._forget_deleted(person, {item.session_id for item in listed}, known)
        missing = [item for item in listed if known.get(item.session_id) != "COMPLETE"]
        missing.sort(key=lambda item: item.start, reverse=True)
        return _Work(person=person, listed=len(listed), missing=missing)

    def _first_date(self, person: Person, known: dict[str, str]) -> date | None:
        """The first date to ask for; None, all there is, when the archive has lost what it once had."""
        before = self._before.get(person.person_id)
        if not known and before is not None and before.succeeded_at is not None and before.listed:
            return None
        return (self._now - timedelta(days=self._days + 1)).date()

    def _forget_deleted(self, person: Person, listed: set[str], known: dict[str, str]) -> None:
        absent = set(known) - listed
        # An empty list beside a full archive is more likely a fault of the service than a deletion of everything.
        if not absent or not listed:
            return
        archive, organisation = self._application.archive, self._application.organisation
        frame = archive.sessions(organisation, person.person_id).frame
        since = self._now - timedelta(days=self._days)
        gone = frame[frame["session_id"].isin(absent) & (frame["start"] >= since)]["session_id"]
        for session_id in gone:
            archive.remove_session(organisation, person.person_id, str(session_id))
        if len(gone):
            log.warning("%d sessions that the vendor no longer has were removed from the archive.", len(gone))

    def _listed(self, person: Person, future: "Future[_Work]") -> _Work | None:
        try:
            return future.result()
        except (CancelledError, Stopped):
            return None
        except _REFUSES_EVERYBODY as refusal:
            self._halted = self._halted or str(refusal)
            return None
        except AsleepError as problem:
            return _Work(person=person, problem=str(problem))
        except OSError as problem:
            return _Work(person=person, problem=_disk_problem(problem))

    def _fetch_rounds(self, pool: ThreadPoolExecutor) -> None:
        edges = [
            self._now + timedelta(days=2),
            *(self._now - timedelta(days=days) for days in _ROUNDS_DAYS),
            None,
        ]
        for younger, older in pairwise(edges):
            due = [
                (work, [item for item in work.missing if _within(item.start, younger, older)])
                for work in self._works
                if not work.problem
            ]
            pending = [
                (work, [(item, pool.submit(self._fetch, work.person, item)) for item in items])
                for work, items in due
                if items and not self._ended
            ]
            for work, tasks in pending:
                if self._ended:
                    for _, task in tasks:
                        task.cancel()
                self._gather(work, tasks)

    def _fetch(self, person: Person, item: SessionListItem) -> Outcome:
        """The session; how it was unreadable; or None when the vendor no longer has it."""
        try:
            return self._asleep.get_session(person.vendor_id, item.session_id).value
        except SessionNotFound:
            return None
        except MalformedAnswer as problem:
            return Unreadable(session_id=item.session_id, start=item.start, end=item.end, reason=str(problem))

    def _gather(self, work: _Work, tasks: Iterable[Task]) -> None:
        """Puts what arrived of a person into the archive; what did not arrive stays missing."""
        arrived: list[tuple[SessionListItem, Outcome]] = []
        for item, task in tasks:
            try:
                arrived.append((item, task.result()))
            except (CancelledError, Stopped):
                continue
            except _REFUSES_EVERYBODY as refusal:
                self._halted = self._halted or str(refusal)
            except AsleepError as problem:
                work.problem = str(problem)
            except OSError as problem:
                work.problem = _disk_problem(problem)
        try:
            self._put(work, [outcome for _, outcome in arrived])
        except OSError as problem:
            work.problem = _disk_problem(problem)
            return
        done = {item.session_id for item, _ in arrived}
        work.missing = [item for item in work.missing if item.session_id not in done]
        work.fetched += len(done)
        self._show(replace(self._progress, nights_done=self._progress.nights_done + len(done)))

    def _put(self, work: _Work, outcomes: Sequence[Outcome]) -> None:
        results = [outcome for outcome in outcomes if isinstance(outcome, SessionResult)]
        problems = [outcome for outcome in outcomes if isinstance(outcome, Unreadable)]
        if results or problems:
            self._application.archive.put(
                self._application.organisation,
                work.person.person_id,
                zone=work.person.zone,
                results=results,
                problems=problems,
                received=self._now,
                synced_at=self._now,
            )

    def _record(self, work: _Work) -> None:
        self._application.store.record_sync(
            self._application.organisation,
            work.person.person_id,
            attempted_at=self._now,
            succeeded=not work.problem,
            error=work.problem,
            listed=work.listed,
            fetched=work.fetched,
            failed=len(work.missing),
        )

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or bool(self._halted)

    @property
    def _progress(self) -> SyncProgress:
        return self._application.board.progress

    def _show(self, progress: SyncProgress) -> None:
        self._application.board.show(progress)


def _within(start: datetime, younger: datetime | None, older: datetime | None) -> bool:
    return (younger is None or start <= younger) and (older is None or start > older)


def _disk_problem(problem: OSError) -> str:
    return f"The nights could not be written or read on this machine: {problem.strerror or problem}. Check the disk."
