"""How far a synchronisation is: a frozen value, and the board on which the newest one hangs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A person whose nights could not be brought, and why, in a sentence."""

    person_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SyncProgress:
    """Where a synchronisation stands.

    Attributes:
        state: idle (none since the start), listing (asking what there is), fetching (bringing it), done.
        people: how many it is about; people_done: how many were asked; people_complete: of whom nothing is missing,
            known at the end.
        nights: sessions to bring; nights_done: brought or found unreadable.
        failures: people left out, each with the reason.
        halted: a sentence when it stopped for everybody, e.g. because the key is refused; else "".
        started_at, finished_at: when; None before.
    """

    state: Literal["idle", "listing", "fetching", "done"] = "idle"
    people: int = 0
    people_done: int = 0
    people_complete: int = 0
    nights: int = 0
    nights_done: int = 0
    failures: tuple[Failure, ...] = ()
    halted: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether work is going on."""
        return self.state in {"listing", "fetching"}

    @property
    def share(self) -> float:
        """Share of the work done, 0 to 1: listing counts a tenth, fetching the rest."""
        if self.state == "done":
            return 1.0
        listed = self.people_done / self.people if self.people else 0.0
        fetched = self.nights_done / self.nights if self.nights else 0.0
        return 0.1 * listed + 0.9 * fetched

    @property
    def in_words(self) -> str:
        """One line that says how far it is."""
        if self.state == "fetching":
            return f"{self.nights_done} of {self.nights} sessions of {self.people} people brought."
        return f"{self.people_done} of {self.people} people asked, {self.nights} sessions to bring so far."

    def seconds_left(self, now: datetime) -> float | None:
        """An honest estimate from the pace so far, or None while there is too little to tell."""
        if self.state != "fetching" or self.started_at is None or self.nights_done < 20:
            return None
        spent = (now - self.started_at).total_seconds()
        return spent / self.nights_done * (self.nights - self.nights_done)


class SyncBoard:
    """The newest progress, written by one synchronisation and read by any number of pages."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._progress = SyncProgress()

    @property
    def progress(self) -> SyncProgress:
        """The newest value."""
        with self._lock:
            return self._progress

    def show(self, progress: SyncProgress) -> None:
        """Puts up a newer value."""
        with self._lock:
            self._progress = progress


@contextmanager
def told(
    board: SyncBoard, tell: Callable[[str], None], *, first_s: float = 3.0, every_s: float = 5.0
) -> Iterator[None]:
    """While the block works, `tell` hears how far it is: first after `first_s`, then every `every_s`."""
    over = Event()

    def _watch() -> None:
        pause_s = first_s
        while not over.wait(pause_s):
            progress = board.progress
            if progress.running:
                tell(progress.in_words)
            pause_s = every_s

    watcher = Thread(target=_watch, name="sync-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
