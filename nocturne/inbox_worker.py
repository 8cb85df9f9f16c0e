"""The worker of the inbox: a thread that does what events ask for, in the dashboard or in a process of its own.

It looks for what is due when it is woken, else about twice a second, and less often the longer there is nothing. Beside
that it joins events that waited for somebody who is on the roster now, asks about nights that have gone quiet
(`reconciliation`), and clears away what has been kept long enough. Any number of workers may run at once, in whatever
processes: an event is leased to one of them, and where the lease has run out what that one does has no effect.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Final

from nocturne.application import Application
from nocturne.inbox_events import Events
from nocturne.reconciliation import Reconciled, Reconciler
from nocturne.tombstones import welcome_the_roster
from store.errors import StoreError
from store.people import Person

log = logging.getLogger(__name__)

LEASE_S: Final = 150.0
"""Longer than an event may wait for the vendor: two questions of a minute each, one after the other in a thread
(`session_questions.SESSIONS`). A lease that runs out meanwhile costs a second question, and nothing else."""

_AT_ONCE: Final = 50
_SHORTEST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 2.0
# What arrives within a moment is done together: the disk is waited for twice, however much it is.
_GATHER_S: Final = 0.2
_TROUBLED_PAUSE_S: Final = 5.0
_ROSTER_HOLDS_S: Final = 2.0
_JOIN_EVERY_S: Final = 2.0
_RECONCILE_EVERY_S: Final = 180.0
_PURGE_EVERY_S: Final = 3600.0
_JOIN_LIMIT_S: Final = 5.0
_ANSWER_LIMIT_S: Final = 120.0


class InboxWorker:
    """Does what the inbox's events ask for until it is stopped.

    Args:
        application: whose inbox.
        name: what the worker is called in leases; a part of its own is added, so that two are never one.
        lease_s: for how long an event is this worker's.
    """

    def __init__(self, application: Application, *, name: str, lease_s: float = LEASE_S) -> None:
        self._application = application
        self._worker = f"{name}-{secrets.token_hex(4)}"
        self._lease_s = lease_s
        self._stop, self._wake = Event(), Event()
        self._events = Events(application, stop=self._stop)
        self._reconciler = Reconciler(application, stop=self._stop)
        self._people: Mapping[str, Person] = {}
        self._people_at_s = float("-inf")
        self._due_s: dict[str, float] = {}
        self._thread = Thread(target=self._run, name="inbox-worker", daemon=True)
        self._beside = Thread(target=self._run_beside, name="inbox-reconciler", daemon=True)

    def start(self) -> None:
        """Begins with what is due."""
        self._thread.start()
        self._beside.start()

    def wake(self) -> None:
        """Something has arrived: it is looked at now."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the threads, gives up the questions under way and gives the leases back; nothing is left half done."""
        self._stop.set()
        self._wake.set()
        until_s = time.monotonic() + _JOIN_LIMIT_S  # for both: the process has 10 s in all
        for thread in (self._thread, self._beside):
            if thread.is_alive():
                thread.join(max(until_s - time.monotonic(), 0.0))
        self._events.close()
        try:
            self._application.inbox.give_back(self._worker)
        except StoreError as problem:
            log.warning("Leases were not given back; they run out by themselves: %s", problem)

    def run_once(self) -> int:
        """How many events were due; all of them were seen to, also those that the vendor had to be asked about."""
        self._people_at_s = float("-inf")
        self._join()
        seen = 0
        while found := self._round():
            seen += found
        self._events.wait(_ANSWER_LIMIT_S)
        return seen

    def _run(self) -> None:
        pause_s = _SHORTEST_PAUSE_S
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self._every("join", _JOIN_EVERY_S, self._join)
                self._every("purge", _PURGE_EVERY_S, self._purge)
                found = self._round()
            except Exception as problem:  # noqa: BLE001 - the thread must outlive whatever fails for a while
                log.warning("The inbox could not be seen to; it is tried again: %r", problem)
                self._stop.wait(_TROUBLED_PAUSE_S)
                continue
            pause_s = _SHORTEST_PAUSE_S if found else min(pause_s * 1.2, _LONGEST_PAUSE_S)
            if found < _AT_ONCE and self._wake.wait(pause_s):
                pause_s = _SHORTEST_PAUSE_S
                self._stop.wait(_GATHER_S)

    def _run_beside(self) -> None:
        """Questions about quiet nights, which must not keep any event waiting."""
        while not self._stop.wait(_RECONCILE_EVERY_S):
            try:
                _tell(self._reconciler.run())
            except Exception as problem:  # noqa: BLE001 - likewise
                log.warning("Nights that have gone quiet could not be asked about: %r", problem)

    def _round(self) -> int:
        """How many events were leased and seen to; some may wait for an answer of the vendor."""
        application = self._application
        leased = application.inbox.lease(
            application.organisation,
            application.settings.asleep_environment,
            worker=self._worker,
            limit=_AT_ONCE,
            lease_s=self._lease_s,
        )
        if leased:
            self._events.do(leased, self._roster())
        return len(leased)

    def _every(self, what: str, pause_s: float, do: Callable[[], None]) -> None:
        now_s = time.monotonic()
        if now_s >= self._due_s.get(what, float("-inf")):
            self._due_s[what] = now_s + pause_s
            do()

    def _roster(self) -> Mapping[str, Person]:
        """Everybody by vendor id, as of a moment ago."""
        now_s = time.monotonic()
        if now_s - self._people_at_s >= _ROSTER_HOLDS_S:
            self._people = {person.vendor_id: person for person in self._application.people()}
            self._people_at_s = now_s
        return self._people

    def _join(self) -> None:
        """Events that waited for somebody who is on the roster by now are due."""
        organisation = self._application.organisation
        environment = self._application.settings.asleep_environment
        waiting = self._application.inbox.quarantined(organisation, environment)
        known = waiting & self._roster().keys() if waiting else frozenset()
        if known:
            self._application.inbox.join(organisation, environment, known)

    def _purge(self) -> None:
        """What has been kept long enough goes, and whoever is on the roster is welcome."""
        self._application.inbox.purge(
            self._application.organisation, self._application.settings.asleep_environment
        )
        welcome_the_roster(self._application)


def _tell(done: Reconciled) -> None:
    if done.asked:
        log.info(
            "Of %d nights asked for %d are complete and %d are gone.", done.asked, done.completed, done.gone
        )
    if done.halted:
        log.warning("Not every night that has gone quiet could be asked for: %s", done.halted)
