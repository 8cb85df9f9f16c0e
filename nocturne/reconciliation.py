"""Finds what was never delivered: the vendor promises no webhook, so every night is asked for once more.

Three ways, none of which lists anybody twice:

- What a synchronisation fetches it tells here (`Heard`): sessions that are under way are opened among the live nights,
  complete ones are entered there as complete. So a session whose webhooks were all lost is in the archive after the
  next round, and shown.
- A live night that has gone quiet is asked for by itself (`Reconciler`): no block for half an hour means that it has
  ended, or that blocks were lost. The stages that the API has by then fill what is missing. A night that cannot be
  asked for keeps no other from being asked for.
- Of a session that is complete here and of which no SESSION_COMPLETE has arrived `gaps` tells how many there are: a
  number that is counted anew each time, and shrinks when a webhook arrives after all.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Literal

from asleep.errors import AsleepError, SessionNotFound, Stopped
from asleep.models import SessionResult
from nocturne.application import Application
from nocturne.arrived_sessions import RECENT, enter, take_in
from nocturne.inbox_retries import keeps_everybody_out
from nocturne.sync_work import disk_problem
from nocturne.tombstones import mark
from store.errors import StoreError, StoreUnavailable
from store.inbox import Gone, LiveState
from store.people import Person

log = logging.getLogger(__name__)

QUIET: Final = timedelta(minutes=30)
"""Blocks come every 5, 20 or 40 minutes; after so long without one the API is asked."""
GRACE: Final = timedelta(minutes=15)
"""A webhook that comes so long after the session was complete is late and not lost."""

_AGAIN: Final = timedelta(minutes=20)
_ANALYSED_SOON: Final = timedelta(minutes=5)
_AT_ONCE: Final = 200
_TOGETHER_S: Final = 2.0
_NEVER: Final = Event()

_Outcome = Literal["under way", "complete", "gone", "left"]


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What a look at the live nights came to.

    Attributes:
        asked: nights that had gone quiet and were asked for.
        completed: of these, complete at the vendor and in the archive now.
        gone: of these, not at the vendor any more.
        halted: why not all of them were asked for; "" where they were.
    """

    asked: int = 0
    completed: int = 0
    gone: int = 0
    halted: str = ""


def gaps(application: Application) -> int:
    """How many sessions of the last three days came without a webhook, once webhooks are in use.

    A session counts that is complete, ended after the first webhook ever arrived, has been here for a quarter of an
    hour, and of which there is no SESSION_COMPLETE in the inbox.

    Raises:
        StoreError: the inbox cannot be read.
    """
    return application.inbox.unannounced(
        application.organisation,
        application.settings.asleep_environment,
        completed_before=application.now() - GRACE,
    )


class Reconciler:
    """Asks for live nights that have gone quiet, each at most every 20 minutes.

    Args:
        application: whose nights.
        stop: when set, nothing more is asked.
    """

    def __init__(self, application: Application, *, stop: Event = _NEVER) -> None:
        self._application, self._stop = application, stop
        self._asleep = application.asleep.in_background(stop=stop)
        self._again_at: dict[str, datetime] = {}

    def run(self) -> Reconciled:
        """What came of it; a night that fails is asked for again later, and the others are now.

        Raises:
            StoreError: the inbox cannot be read or written.
        """
        asked, halted = 0, ""
        outcomes = Counter[_Outcome]()
        people = {person.vendor_id: person for person in self._application.people()}
        for night in self._quiet():
            person = people.get(night.vendor_id)
            if person is None:
                continue
            if self._stop.is_set():
                break
            asked += 1
            # Before anything can fail: what fails every time must not be the first one every time.
            self._ask_again(night, _AGAIN)
            try:
                outcomes[self._asked(person, night)] += 1
            except StoreUnavailable:
                raise
            except Exception as problem:  # noqa: BLE001 - whatever one night does, the others are asked for
                others_answered = bool(outcomes)
                if isinstance(problem, Stopped) or keeps_everybody_out(
                    problem, others_answered=others_answered
                ):
                    halted = str(problem)
                    break
                log.warning("A night that has gone quiet could not be asked for: %s", _words(problem))
        return Reconciled(asked=asked, completed=outcomes["complete"], gone=outcomes["gone"], halted=halted)

    def _quiet(self) -> list[LiveState]:
        now = self._application.now()
        nights = self._application.inbox.live.states(
            self._application.organisation,
            self._application.settings.asleep_environment,
            since=now - RECENT,
        )
        under_way = {night.session_id for night in nights if night.state == "recording"}
        self._again_at = {each: at for each, at in self._again_at.items() if each in under_way}
        return [
            night
            for night in nights
            if night.session_id in under_way
            and now >= self._again_at.get(night.session_id, now)
            and now - (night.last_block_at or night.seen_at) > QUIET
        ]

    def _ask_again(self, night: LiveState, pause: timedelta) -> None:
        self._again_at[night.session_id] = self._application.now() + pause

    def _asked(self, person: Person, night: LiveState) -> _Outcome:
        """How the night stands; what the vendor says of it is in the archive and among the live nights."""
        asked_at = self._application.now()
        try:
            result = self._asleep.get_session(person.vendor_id, night.session_id, fresh=True).value
        except SessionNotFound:
            self._let_go(person, night)
            return "gone"
        if not take_in(self._application, person, result, asked=night.session_id, received=asked_at):
            self._ask_again(night, timedelta())  # of whoever is on the roster by the next round
            return "left"
        if result.state != "OPEN":
            self._ask_again(night, _ANALYSED_SOON)
        enter(self._application, [(person, result)])
        return "complete" if result.state == "COMPLETE" else "under way"

    def _let_go(self, person: Person, night: LiveState) -> None:
        application = self._application
        application.inbox.live.apply(
            application.organisation,
            person.environment,
            Gone(vendor_id=night.vendor_id, session_id=night.session_id),
            mark=mark(application, night.vendor_id),
        )


class Heard:
    """Enters what a synchronisation has fetched among the live nights, what came within some seconds together.

    What cannot be entered is left to webhooks and to the next round: the archive has the sessions anyway.

    Args:
        application: whose inbox.
        now: when the synchronisation began.
    """

    def __init__(self, application: Application, *, now: datetime) -> None:
        self._application, self._since = application, now - RECENT
        self._taken: list[tuple[Person, SessionResult]] = []
        self._entered_s = time.monotonic()

    def take(self, person: Person, results: Iterable[SessionResult]) -> None:
        """Keeps the recent ones of these sessions, which are in the archive by now, for the next time."""
        self._taken += [(person, result) for result in results if result.start >= self._since]
        if len(self._taken) >= _AT_ONCE or time.monotonic() - self._entered_s > _TOGETHER_S:
            self.enter()

    def enter(self) -> None:
        """Enters what was taken."""
        taken, self._taken = self._taken, []
        try:
            enter(self._application, taken)
        except (StoreError, OSError) as problem:
            log.warning("%d sessions are not among the live nights: %s", len(taken), _words(problem))
        self._entered_s = time.monotonic()


def _words(problem: Exception) -> str:
    """What failed, in words that name nobody."""
    if isinstance(problem, OSError):
        return disk_problem(problem)
    return str(problem) if isinstance(problem, (AsleepError, StoreError)) else type(problem).__name__
