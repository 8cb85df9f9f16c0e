"""Brings people's nights into the archive: newest first, resumable, paced by the client, with progress.

Two steps. First everybody is asked which sessions there are (one call per person and page). Then the sessions that the
archive lacks, or has unfinished, are fetched in rounds by age: everybody's last week, then the last five weeks, then
the rest. After each round a person's file is written, so pages show last night for all before last month for one, and a
synchronisation that was stopped goes on where it was.
"""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event

from asleep.errors import (
    AsleepError,
    InvalidKey,
    MalformedAnswer,
    PlanExpired,
    QuotaExceeded,
    SessionNotFound,
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


@dataclass(kw_only=True)
class _Work:
    """One person's part: what is still to be fetched, newest first."""

    person: Person
    listed: int
    missing: list[SessionListItem] = field(default_factory=list)
    fetched: int = 0
    problem: str = ""


class _Halt(Exception):
    """The service refuses everybody (key, plan, quota): going on would only repeat the refusal."""


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
    while it goes on.

    Raises:
        NotAllowed: the actor may not synchronise.
    """
    authorize(actor, Permission.SYNCHRONISE, application.organisation)
    now = application.now()
    days = application.settings.nocturne_sync_days if days is None else days
    _show(application, SyncProgress(state="listing", people=len(people), started_at=now))
    halted = ""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="sync") as pool:
        works: list[_Work] = []
        try:
            works = _list_all(application, people, now=now, days=days, pool=pool, stop=stop)
            _fetch_rounds(application, works, now=now, pool=pool, stop=stop)
        except _Halt as reason:
            halted = str(reason)
            pool.shutdown(cancel_futures=True)
    _record(application, people, works, halted=halted, now=now)
    progress = replace(application.board.progress, state="done", halted=halted, finished_at=application.now())
    _show(application, progress)
    log.info(
        "Synchronised %d people: %d of %d nights brought, %d people failed.",
        len(people), progress.nights_done, progress.nights, len(progress.failures),
    )  # fmt: skip
    return progress


def _list_all(
    application: Application,
    people: Sequence[Person],
    *,
    now: datetime,
    days: int,
    pool: ThreadPoolExecutor,
    stop: Event,
) -> list[_Work]:
    futures = {pool.submit(_list, application, person, now, days): person for person in people}
    works = []
    for future, person in futures.items():
        if stop.is_set():
            future.cancel()
            continue
        work = _settled(future, person)
        works.append(work)
        progress = application.board.progress
        _show(
            application,
            replace(
                progress,
                people_done=progress.people_done + 1,
                nights=progress.nights + len(work.missing),
                failures=_failures(progress, work),
            ),
        )
    return works


def _list(application: Application, person: Person, now: datetime, days: int) -> _Work:
    # One day more on each side: the vendor dates a session by its start in the zone of the header (UTC here), we by the
    # sleeper's own night.
    first = (now - timedelta(days=days + 1)).date()
    last = (now + timedelta(days=1)).date()
    answer = application.asleep.list_sessions(person.vendor_id, first=first, last=last, fresh=True)
    if answer.stale:
        return _Work(person=person, listed=0, problem=f"The API could not be asked: {answer.reason}")
    known = application.archive.known(application.organisation, person.person_id)
    missing = [item for item in answer.value if known.get(item.session_id) != "COMPLETE"]
    missing.sort(key=lambda item: item.start, reverse=True)
    return _Work(person=person, listed=len(answer.value), missing=missing)


def _settled(future: "Future[_Work]", person: Person) -> _Work:
    try:
        return future.result()
    except (InvalidKey, PlanExpired, QuotaExceeded) as refusal:
        raise _Halt(str(refusal)) from refusal
    except AsleepError as problem:
        return _Work(person=person, listed=0, problem=str(problem))


def _fetch_rounds(
    application: Application, works: Sequence[_Work], *, now: datetime, pool: ThreadPoolExecutor, stop: Event
) -> None:
    _show(application, replace(application.board.progress, state="fetching"))
    edges = [now + timedelta(days=2), *(now - timedelta(days=days) for days in _ROUNDS_DAYS), None]
    for younger, older in pairwise(edges):
        due = [
            (work, [item for item in work.missing if _within(item.start, younger, older)])
            for work in works
            if not work.problem
        ]
        pending = [
            (work, [(item, pool.submit(_fetch, application, work.person, item)) for item in items])
            for work, items in due
            if items
        ]
        for work, tasks in pending:
            if stop.is_set():
                for _, task in tasks:
                    task.cancel()
                continue
            _gather(application, work, tasks, now=now)


def _within(start: datetime, younger: datetime | None, older: datetime | None) -> bool:
    return (younger is None or start <= younger) and (older is None or start > older)


def _fetch(
    application: Application, person: Person, item: SessionListItem
) -> SessionResult | Unreadable | None:
    """The session; how it was unreadable; or None when it is gone or could not be had fresh."""
    try:
        answer = application.asleep.get_session(person.vendor_id, item.session_id)
    except SessionNotFound:
        return None
    except MalformedAnswer as problem:
        return Unreadable(session_id=item.session_id, start=item.start, end=item.end, reason=str(problem))
    return answer.value


def _gather(
    application: Application,
    work: _Work,
    tasks: "Iterable[tuple[SessionListItem, Future[SessionResult | Unreadable | None]]]",
    *,
    now: datetime,
) -> None:
    results: list[SessionResult] = []
    problems: list[Unreadable] = []
    done = 0
    for _, task in tasks:
        try:
            outcome = task.result()
        except (InvalidKey, PlanExpired, QuotaExceeded) as refusal:
            _put(application, work, results, problems, now=now)
            raise _Halt(str(refusal)) from refusal
        except AsleepError as problem:
            work.problem = str(problem)
            continue
        done += 1
        if isinstance(outcome, SessionResult):
            results.append(outcome)
        elif isinstance(outcome, Unreadable):
            problems.append(outcome)
    _put(application, work, results, problems, now=now)
    progress = application.board.progress
    _show(
        application,
        replace(progress, nights_done=progress.nights_done + done, failures=_failures(progress, work)),
    )


def _put(
    application: Application,
    work: _Work,
    results: Sequence[SessionResult],
    problems: Sequence[Unreadable],
    *,
    now: datetime,
) -> None:
    if not results and not problems:
        return
    application.archive.put(
        application.organisation,
        work.person.person_id,
        zone=work.person.zone,
        results=results,
        problems=problems,
        received=now,
        synced_at=now,
    )
    work.fetched += len(results) + len(problems)


def _record(
    application: Application, people: Sequence[Person], works: Sequence[_Work], *, halted: str, now: datetime
) -> None:
    by_person = {work.person.person_id: work for work in works}
    for person in people:
        work = by_person.get(person.person_id)
        problem = (work.problem if work else "") or halted
        if work is None and not halted:
            continue
        application.store.record_sync(
            application.organisation,
            person.person_id,
            attempted_at=now,
            succeeded=not problem,
            error=problem,
            listed=work.listed if work else 0,
            fetched=work.fetched if work else 0,
        )


def _failures(progress: SyncProgress, work: _Work) -> tuple[Failure, ...]:
    if not work.problem:
        return progress.failures
    others = tuple(failure for failure in progress.failures if failure.person_id != work.person.person_id)
    return (*others, Failure(person_id=work.person.person_id, reason=work.problem))


def _show(application: Application, progress: SyncProgress) -> None:
    application.board.show(progress)
