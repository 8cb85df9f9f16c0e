"""What becomes of one event of the inbox.

| event | about | what is done |
|---|---|---|
| any | nobody on the roster | kept apart until the person is added, for a week |
| block, complete | a session that was erased | nothing |
| block | a night that is known to be under way | its place among the live nights |
| block | a session that is complete already | nothing: the stages of the API are the ones |
| block | a session that nobody knows | the vendor is asked; then as above |
| complete | any session | the vendor is asked until it says so too, and only what it says is kept |

What is done and that it is done are one transaction (`Inbox.settle`), so it does not matter how often a process is
killed on the way, or that two of them have the same event in hand. The archive takes a session in once, however often
it is put there.
"""

import logging
import traceback
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Final

from asleep.errors import AsleepError, Stopped
from asleep.models import SessionResult
from nocturne.application import Application
from nocturne.arrived_sessions import RECENT, effects_of, enter, take_in
from nocturne.inbox_retries import GIVEN_UP, TRIES, fault_of, patience_s, pause_s
from nocturne.known_nights import KnownNights
from nocturne.logs import bound
from nocturne.session_questions import SessionQuestions, Told
from nocturne.sync_work import disk_problem
from store.errors import StoreError
from store.inbox import BlockPlaced, Effect, Leased
from store.people import Person

log = logging.getLogger(__name__)

_FULL: Final = "Many sessions are asked about already; this one is in a moment."
_UNFINISHED: Final = "The vendor has not finished the analysis of this session yet."
_LEFT: Final = "The person was taken off the roster meanwhile."

_Settled = tuple[Leased, tuple[Effect, ...]]


class Events:
    """Does what each event asks for, and says of each what became of it.

    Args:
        application: whose inbox, archive and client.
        stop: when set, no more questions are asked.
    """

    def __init__(self, application: Application, *, stop: Event) -> None:
        self._application, self._inbox = application, application.inbox
        self._organisation = application.organisation
        self._environment = application.settings.asleep_environment
        self._questions = SessionQuestions(application, answered=self._told, stop=stop)
        self._nights = KnownNights(application)

    def do(self, events: Iterable[Leased], people: Mapping[str, Person]) -> None:
        """Does what the events ask for, or has the vendor asked first; whatever fails is that event's alone.

        What needs no question is done in one transaction: the disk is waited for once.

        Args:
            events: leased by this worker.
            people: the roster by vendor id.

        Raises:
            StoreError: the inbox cannot be written; events come back when their leases have run out.
        """
        at_once: list[_Settled] = []
        for event in events:
            try:
                effects = self._effects(event, people)
            except Exception as problem:  # noqa: BLE001 - whatever one event does, the others are served
                self._failed(event, problem, others_answered=True)
                continue
            if effects is not None:
                at_once.append((event, effects))
        self._settle_all(at_once)

    def wait(self, timeout_s: float) -> bool:
        """Whether nothing waits for an answer of the vendor any more, before the time is over."""
        return self._questions.wait(timeout_s)

    def close(self) -> None:
        """Returns when nothing is under way any more."""
        self._questions.close()

    def _effects(self, event: Leased, people: Mapping[str, Person]) -> tuple[Effect, ...] | None:
        """With which effects the event is done; None where it waits for a person or for the vendor."""
        person = people.get(event.vendor_id)
        if person is None:
            self._inbox.quarantine(event)
            return None
        if self._is_removed(person, event):
            return ()
        night = self._nights.find(person, event.session_id) if event.kind == "block" else None
        if night == "recording":
            return (_block(event),)
        if night == "complete":
            return ()
        if not self._questions.ask(person, event):
            self._wait(event, _FULL)
        return None

    def _is_removed(self, person: Person, event: Leased) -> bool:
        archive, organisation = self._application.archive, self._organisation
        return bool(archive.removed_sessions(organisation, person.person_id, (event.session_id,)))

    def _settle_all(self, settled: Sequence[_Settled]) -> None:
        try:
            self._inbox.settle_all(settled)
        except Exception:  # noqa: BLE001 - nothing was done; whose fault it is shows when each is alone
            for event, effects in settled:
                try:
                    self._inbox.settle(event, *effects)
                except Exception as problem:  # noqa: BLE001 - likewise
                    self._failed(event, problem, others_answered=True)

    def _told(self, events: list[Leased], told: Told) -> None:
        """Does what waited for the vendor's answer; whatever fails is put off with what failed."""
        if told.result is None:
            problem = told.problem or ValueError("The vendor said nothing.")
            self._all_failed(events, problem, others_answered=told.others_answered)
            return
        left = list(events)
        try:
            effects = self._taken_in(told, told.result)
            while left:
                self._answered(left[0], told, told.result, effects)
                left.pop(0)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread; what failed comes back
            self._all_failed(left, error, others_answered=told.others_answered)

    def _taken_in(self, told: Told, result: SessionResult) -> tuple[Effect, ...] | None:
        """What the session means among the live nights; None where the person has left the roster meanwhile."""
        asked_at = told.asked_at
        if not take_in(self._application, told.person, result, asked=told.session_id, received=asked_at):
            return None
        return () if result.start < asked_at - RECENT else effects_of(told.person, result)

    def _answered(
        self, event: Leased, told: Told, result: SessionResult, effects: tuple[Effect, ...] | None
    ) -> None:
        """Settles the event as the vendor has answered; effects may be brought about any number of times."""
        complete = result.state == "COMPLETE"
        if effects is None:
            self._wait(event, _LEFT)
        elif complete or event.kind == "block":
            place = (_block(event),) if effects and not complete else ()
            if self._inbox.settle(event, *effects, *place):
                # Not before: a night that could not be opened has to be asked about again.
                over = complete or not effects
                self._nights.remember(told.person, told.session_id, "complete" if over else "recording")
        else:
            if effects:
                enter(self._application, [(told.person, result)])
            self._wait(event, _UNFINISHED)

    def _all_failed(self, events: list[Leased], problem: Exception, *, others_answered: bool) -> None:
        for event in events:
            try:
                self._failed(event, problem, others_answered=others_answered)
            except StoreError as another:
                log.warning("What failed comes back when its lease has run out: %s", another)

    def _failed(self, event: Leased, problem: Exception, *, others_answered: bool) -> None:
        """Puts the event off, or makes it a dead letter, with a sentence."""
        if isinstance(problem, Stopped):
            return  # the worker ends, and gives its leases back
        fault = fault_of(problem, others_answered=others_answered)
        failed_often = fault == "event" and event.attempts + 1 >= TRIES
        error = _sentence(event, problem)
        if fault == "hopeless" or failed_often:
            self._bury(event, error)
        elif fault == "event" and not self._is_given_up(event):
            pause = timedelta(seconds=pause_s(event.attempts))
            self._inbox.put_off(event, error=error, next_at=self._application.now() + pause)
        else:
            self._wait(event, error)

    def _wait(self, event: Leased, why: str) -> None:
        """Looks at the event again later, which does not count as a try; after days of it, gives it up."""
        if self._is_given_up(event):
            self._bury(event, why)
            return
        now = self._application.now()
        pause = timedelta(seconds=patience_s(now - event.since))
        self._inbox.put_off(event, error=why, next_at=now + pause, counts=False)

    def _bury(self, event: Leased, why: str) -> None:
        with bound(request_id=event.request_id):
            log.warning("An event is a dead letter now: %s", why)
        self._inbox.bury(event, error=why)

    def _is_given_up(self, event: Leased) -> bool:
        return self._application.now() - event.since >= GIVEN_UP


def _block(event: Leased) -> BlockPlaced:
    return BlockPlaced(
        vendor_id=event.vendor_id, session_id=event.session_id, seq=event.seq, stages=event.stages
    )


def _sentence(event: Leased, problem: Exception) -> str:
    """What failed, in words that name nobody."""
    if isinstance(problem, (AsleepError, StoreError, OSError)):
        return str(problem) if not isinstance(problem, OSError) else disk_problem(problem)
    place = traceback.extract_tb(problem.__traceback__)[-1:]
    where = "".join(f", {Path(frame.filename).name} line {frame.lineno}" for frame in place)
    kind = type(problem).__name__
    with bound(request_id=event.request_id):
        log.error("Nothing could be made of an event: %s%s", kind, where)
    return f"Nothing could be made of this event ({kind}). The log says where."
