"""Finds what was never delivered: the vendor promises no webhook, so every night is asked for once more.

Three ways, none of which lists anybody twice:

- What a synchronisation fetches it tells here (`Heard`): sessions that are under way are opened among the live nights,
  complete ones are entered there as complete. So a session whose webhooks were all lost is in the archive after the
  next round, and shown.
- A live night that has gone quiet is asked for by itself (`Reconciler`): no block for half an hour means that it has
  ended, or that blocks were lost. The stages that the API has by then fill what is missing.
- Of a session that is complete here and of which no SESSION_COMPLETE has arrived `gaps` tells how many there are: a
  number that is counted anew each time, and shrinks when a webhook arrives after all.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event
from typing import Final

from asleep.errors import AsleepError, SessionNotFound, Stopped
from asleep.models import SessionResult
from nocturne.application import Application
from nocturne.arrived_sessions import RECENT, enter, keep
from nocturne.inbox_retries import fault_of
from nocturne.tombstones import mark
from store.errors import StoreError
from store.inbox import Gone, LiveNight
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


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What a look at the live nights came to.

    Attributes:
        asked: nights that had gone quiet and were asked for.
        completed: of these, complete at the vendor and in the archive now.
        gone: of these, not at the vendor any more.
        halted: why not all of them were asked for; "" where they were.
        gaps: sessions of the last days that came without a webhook (`gaps`).
    """

    asked: int = 0
    completed: int = 0
    gone: int = 0
    halted: str = ""
    gaps: int = 0


def reconcile(application: Application, *, stop: Event = _NEVER) -> Reconciled:
    """What came of asking for every live night that has gone quiet.

    Raises:
        StoreError: the inbox cannot be read or written.
    """
    return Reconciler(application, stop=stop).run()


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
        """What came of it.

        Raises:
            StoreError: the inbox cannot be read or written.
        """
        done = Reconciled()
        people = {person.vendor_id: person for person in self._application.people()}
        for night in self._quiet():
            person = people.get(night.vendor_id)
            if person is None:
                continue
            if self._stop.is_set():
                break
            try:
                done = self._asked(person, night, done)
            except (AsleepError, OSError) as problem:
                if isinstance(problem, Stopped) or fault_of(problem, others_answered=False) != "event":
                    done = replace(done, halted=str(problem))
                    break
                log.warning("A night that has gone quiet could not be asked for: %s", problem)
        return replace(done, gaps=gaps(self._application))

    def _quiet(self) -> list[LiveNight]:
        now = self._application.now()
        nights = self._application.inbox.live.nights(
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

    def _asked(self, person: Person, night: LiveNight, done: Reconciled) -> Reconciled:
        """The sum with this night; what the vendor says of it is in the archive and among the live nights."""
        asked_at = self._application.now()
        done = replace(done, asked=done.asked + 1)
        try:
            result = self._asleep.get_session(person.vendor_id, night.session_id, fresh=True).value
        except SessionNotFound:
            self._let_go(person, night)
            return replace(done, gone=done.gone + 1)
        self._again_at[night.session_id] = asked_at + (_AGAIN if result.state == "OPEN" else _ANALYSED_SOON)
        if result.state == "COMPLETE":
            keep(self._application, person, result, received=asked_at)
            done = replace(done, completed=done.completed + 1)
        enter(self._application, [(person, result)])
        return done

    def _let_go(self, person: Person, night: LiveNight) -> None:
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
        except StoreError as problem:
            log.warning("%d sessions are not among the live nights: %s", len(taken), problem)
        self._entered_s = time.monotonic()
