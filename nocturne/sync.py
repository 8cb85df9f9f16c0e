"""Brings people's nights into the archive: statistics of everybody first, then stages, newest first.

Three passes. First everybody's statistics: one call brings a person's 99 days, so that pages show every night within
minutes. Then the lists of sessions: what is new, unfinished or gone. Then the sessions themselves with their stages, in
rounds by age: everybody's last week, then the last five weeks, then the rest. What arrives is written at once, so a
synchronisation that was stopped goes on where it was. Somebody counts as synchronised only when nothing is missing.

What is asked of the vendor about a person is decided in `sync_plan`, how, and what is noted of it, in `sync_work`.
"""

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from threading import Event

from analytics.sessions import SessionSet
from asleep.errors import (
    MalformedAnswer,
    SessionNotFound,
)
from asleep.models import SessionResult
from cache.archive import Delivery, Unreadable
from cache.disk import CacheBusy
from cache.summaries import summarised
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.arrived_sessions import about
from nocturne.progress import Failure, SyncProgress
from nocturne.reconciliation import Heard
from nocturne.sync_plan import EVERYTHING, Due, due, list_since, statistics_period, told, vanished
from nocturne.sync_work import ERASED, Erased, Questions, Records, Work, disk_problem, went_through
from nocturne.sync_writer import StatisticsWriter
from store.people import Person

log = logging.getLogger(__name__)

_ROUNDS_DAYS = (8, 36)
_NEVER: Event = Event()
_STOPPED = "The synchronisation was stopped before everything had arrived; the next one goes on."

Outcome = SessionResult | Unreadable | None


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
    _date_in_their_zones(application)
    log.log(
        logging.WARNING if progress.halted else logging.INFO,
        "Synchronised %d of %d people: %d of %d nights brought. %s",
        progress.people_complete, progress.people, progress.nights_done, progress.nights, progress.halted,
    )  # fmt: skip
    return progress


def _date_in_their_zones(application: Application) -> None:
    """Everybody's nights are dated in the roster's zone, also of whoever was given another one meanwhile."""
    organisation, archive = application.organisation, application.archive
    zones = archive.zones(organisation)
    moved = [
        Delivery(person_id=person.person_id, zone=person.zone, sessions=SessionSet.empty())
        for person in application.people()
        if zones.get(person.person_id, person.zone) != person.zone
    ]
    try:
        if moved:
            archive.put_many(organisation, moved)
    except OSError as problem:
        log.warning("The nights of %d people could not be dated in their new zones: %s", len(moved), problem)


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
        self._questions = Questions(stop)
        self._records = Records(application.store, application.organisation, now=now)
        self._works = [Work(person=person) for person in people]
        self._listed: list[Work] = []
        self._before = application.store.sync_states(application.organisation)
        self._heard = Heard(application, now=now)
        self._show(SyncProgress(state="statistics", people=len(people), started_at=now, phase_at=now))

    def work(self) -> None:
        """Asks, lists and fetches; a person's failure stays that person's."""
        try:
            self._statistics()
            self._show(replace(self._progress, state="listing", phase_at=self._application.now()))
            self._list_all()
            self._show(replace(self._progress, state="fetching", phase_at=self._application.now()))
            self._fetch_rounds()
        finally:
            self._questions.close()
            self._heard.enter()

    def end(self) -> SyncProgress:
        """The final progress, on the board and, person by person, in the store."""
        listed = {id(work) for work in self._listed}
        for work in self._works:
            if not work.problem and (work.missing or id(work) not in listed):
                work.problem = self._questions.halted or _STOPPED
        self._forget_the_erased()
        begun = self._works if self._questions.halted else self._listed
        self._records.write_rest(begun)
        self._show(
            replace(
                self._progress,
                state="done",
                people_complete=sum(not work.problem for work in self._works),
                failures=tuple(
                    Failure(person_id=work.person.person_id, reason=work.problem)
                    for work in self._works
                    if work.problem and work.problem != ERASED
                ),
                halted=self._questions.halted,
                finished_at=self._application.now(),
            )
        )
        return self._progress

    def _require_not_erased(self, person: Person) -> None:
        if self._application.archive.is_erased(self._organisation, person.person_id):
            raise Erased

    def _forget_the_erased(self) -> None:
        """Answers about somebody who was erased meanwhile go too, also those that came after the erasure."""
        for work in self._works:
            if not self._application.archive.is_erased(self._organisation, work.person.person_id):
                continue
            work.problem = ERASED
            try:
                self._application.asleep.forget(work.person.vendor_id)
            except CacheBusy as busy:
                log.warning("Answers about somebody who was erased may be kept until they expire: %s", busy)

    def _statistics(self) -> None:
        """Everybody's nights by the vendor's own statistics, on the pages before any stages are asked for."""
        periods = [
            statistics_period(self._now, days=self._days, state=self._before.get(work.person.person_id))
            for work in self._works
        ]
        asked = [(work, period) for work, period in zip(self._works, periods, strict=True) if period]
        self._show(replace(self._progress, statistics=len(asked)))
        writer = StatisticsWriter(self._application)
        for (work, _), future in self._questions.in_order(self._ask_statistics, asked):
            fresh = self._questions.answer(work, future, fatal=False)
            if self._questions.statistics_down_s is not None:
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
        self._stop.wait(self._questions.statistics_down_s or 0.0)

    def _ask_statistics(self, asked: tuple[Work, tuple[date, date]]) -> SessionSet:
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

    def _list_all(self) -> None:
        self._listed = [work for work in self._works if work.problem]
        rest = [work for work in self._works if not work.problem]
        for work, future in self._questions.in_order(self._list, rest):
            self._questions.answer(work, future)
            if not work.problem and not went_through(future):
                continue
            self._listed.append(work)
            self._records.finished(work)
            progress = self._progress
            self._show(
                replace(
                    progress,
                    people_done=progress.people_done + 1,
                    nights=progress.nights + len(work.missing),
                )
            )
        self._records.write()

    def _list(self, work: Work) -> None:
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

    def _fetch_rounds(self) -> None:
        edges = [None, *(self._now - timedelta(days=days) for days in _ROUNDS_DAYS), None]
        for younger, older in pairwise(edges):
            tasks = [
                (work, session)
                for work in self._listed
                if not work.problem
                for session in work.missing
                if (younger is None or session.start <= younger) and (older is None or session.start > older)
            ]
            answers = self._questions.in_order(self._fetch, tasks)
            for work, arrived in groupby(answers, key=lambda answer: answer[0][0]):
                self._gather(work, ((session, future) for (_, session), future in arrived))
            self._records.write()

    def _fetch(self, task: tuple[Work, Due]) -> Outcome:
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
        return about(found.value, session.session_id)

    def _gather(self, work: Work, answers: "Iterable[tuple[Due, Future[Outcome]]]") -> None:
        """Puts what arrived of a person into the archive; what did not arrive stays missing."""
        outcomes: dict[str, Outcome] = {}
        for session, future in answers:
            outcome = self._questions.answer(work, future)
            if outcome is not None or went_through(future):
                outcomes[session.session_id] = outcome
        try:
            self._put(work, outcomes)
        except OSError as problem:
            work.problem = disk_problem(problem)
            return
        except Exception as problem:  # whatever one person's sessions do, the others are served
            log.exception("Nothing could be made of the sessions of %s.", work.person.person_id)
            kind = type(problem).__name__
            work.problem = f"Nothing could be made of this person's sessions ({kind}). The log says where."
            return
        work.missing = [session for session in work.missing if session.session_id not in outcomes]
        work.fetched += len(outcomes)
        self._show(replace(self._progress, nights_done=self._progress.nights_done + len(outcomes)))
        self._records.finished(work)

    def _put(self, work: Work, outcomes: dict[str, Outcome]) -> None:
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
        self._heard.take(person, results)

    @property
    def _progress(self) -> SyncProgress:
        return self._application.board.progress

    def _show(self, progress: SyncProgress) -> None:
        self._application.board.show(progress)
