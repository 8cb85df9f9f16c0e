"""Synchronises while the dashboard runs: once at the start, then at an interval, and whenever somebody asks.

When the vendor refuses everybody (a quota that is used up, a plan that has run out, a key that is not accepted, a
service that is down) synchronisation pauses: it tries again after five minutes, then after twice as long each time, up
to an hour. The first try that gets through goes on where the last one stopped.
"""

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Final

from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.erasure import settle
from nocturne.instruments import RoundOutcome
from nocturne.progress import SyncProgress
from nocturne.sync import synchronise
from store.people import Person

log = logging.getLogger(__name__)

_JOIN_LIMIT_S = 10.0
FIRST_PAUSE_S: Final = 300.0
LONGEST_PAUSE_S: Final = 3600.0


class BackgroundSync:
    """A thread that keeps the archive up to date until it is stopped.

    Args:
        application: whose archive.
        first_pause_s: how long to wait after the vendor refused everybody for the first time.
    """

    def __init__(self, application: Application, *, first_pause_s: float = FIRST_PAUSE_S) -> None:
        self._application = application
        self._first_pause_s = first_pause_s
        self._stop = Event()
        self._wake = Event()
        self._lock = Lock()
        self._wanted: frozenset[str] = frozenset()
        self._everybody = False
        self._thread = Thread(target=self._run, name="background-sync", daemon=True)

    def start(self) -> None:
        """Begins with a synchronisation of everybody."""
        self._thread.start()

    def request(self, person_ids: Collection[str] = ()) -> None:
        """Asks for a synchronisation of these people, or of everybody, now; one that is running is finished first.

        The board says at once that it has begun, so that whoever asked sees it.
        """
        board = self._application.board
        with self._lock:
            everybody = not person_ids or self._everybody
            self._wanted = frozenset() if everybody else self._wanted | frozenset(person_ids)
            self._everybody = everybody
        if not board.progress.running:
            count = len(person_ids) or len(self._application.people())
            board.show(SyncProgress(state="statistics", people=count))
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread, gives up the calls under way; what was brought by then is kept."""
        self._stop.set()
        self._wake.set()
        self._thread.join(_JOIN_LIMIT_S)

    def _run(self) -> None:
        interval_s = self._application.settings.nocturne_sync_interval_minutes * 60
        refused = 0
        while not self._stop.is_set():
            self._wake.clear()
            self._settle_erasures()
            refused = refused + 1 if self._refused() else 0
            self._wake.wait(self._pause_s(refused) if refused else interval_s or None)

    def _settle_erasures(self) -> None:
        """Erasures that were cut off are finished, and the vendor is asked for what it still has to delete."""
        try:
            settle(self._application, stop=self._stop)
        except Exception:
            # As with a synchronisation: the thread goes on, and the next round tries again.
            log.exception("What is to be erased could not be seen to; the next round tries again.")

    def _pause_s(self, refused: int) -> float:
        """How long to wait after so many refusals in a row; the board says until when."""
        pause_s = min(self._first_pause_s * 2.0 ** min(refused - 1, 20), LONGEST_PAUSE_S)
        board, now = self._application.board, self._application.now()
        board.show(replace(board.progress, resumes_at=now + timedelta(seconds=pause_s)))
        return pause_s

    def _refused(self) -> bool:
        """Whether the vendor refused everybody in the synchronisation that this makes."""
        application = self._application
        actor = local_actor(application.organisation)
        try:
            progress = synchronise(application, actor, self._people(), stop=self._stop)
        except Exception:
            # The thread must outlive a fault of one round; the next round tries again, and the log says what happened.
            log.exception("A synchronisation broke off; the next one starts at the next interval.")
            self._say_broken_off()
            application.instruments.synchronised("broken_off")
            return False
        if not self._stop.is_set():
            done: RoundOutcome = "partly" if progress.failures else "complete"
            application.instruments.synchronised("refused" if progress.halted else done)
        return bool(progress.halted)

    def _people(self) -> tuple[Person, ...]:
        """Who was asked for, which holds for one round; else everybody."""
        with self._lock:
            wanted, self._wanted, self._everybody = self._wanted, frozenset(), False
        people = self._application.people()
        return tuple(person for person in people if person.person_id in wanted) if wanted else people

    def _say_broken_off(self) -> None:
        board = self._application.board
        if board.progress.running:
            halted = "The synchronisation broke off on this machine; its log says why. Ask for it again."
            board.show(
                replace(board.progress, state="done", halted=halted, finished_at=self._application.now())
            )
