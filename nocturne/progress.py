"""How far a synchronisation is: a frozen value, and the board on which the newest one hangs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Final, Literal

_TELLING: Final = 20
"""From so many people or sessions on, a pace is told."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A person whose nights could not be brought, and why, in a sentence."""

    person_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SyncProgress:
    """Where a synchronisation stands.

    Attributes:
        state: idle (none since the start), statistics (asking for everybody's nights), listing (asking what else there
            is), fetching (bringing stages), done.
        people: how many it is about; people_done: whose sessions were listed; people_complete: of whom nothing is
            missing, known at the end.
        statistics: how many people are asked for statistics; statistics_done: of how many they have arrived or failed.
        nights: sessions to bring; nights_done: brought or found unreadable.
        failures: people left out, each with the reason.
        halted: a sentence when it stopped for everybody, e.g. because the key is refused; else "".
        resumes_at: when it goes on by itself after it stopped for everybody; None when it does not.
        started_at, finished_at: when; None before. phase_at: when the present state began.
    """

    state: Literal["idle", "statistics", "listing", "fetching", "done"] = "idle"
    people: int = 0
    statistics: int = 0
    statistics_done: int = 0
    people_done: int = 0
    people_complete: int = 0
    nights: int = 0
    nights_done: int = 0
    failures: tuple[Failure, ...] = ()
    halted: str = ""
    resumes_at: datetime | None = None
    started_at: datetime | None = None
    phase_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether work is going on."""
        return self.state in {"statistics", "listing", "fetching"}

    @property
    def share(self) -> float:
        """Share of the work done, 0 to 1: statistics and lists count a tenth each, fetching the rest."""
        if self.state == "done":
            return 1.0
        counted = (
            self.statistics_done / self.statistics if self.statistics else float(self.state != "statistics")
        )
        listed = self.people_done / self.people if self.people else 0.0
        fetched = self.nights_done / self.nights if self.nights else 0.0
        return 0.1 * counted + 0.1 * listed + 0.8 * fetched

    @property
    def in_words(self) -> str:
        """One line that says how far it is."""
        if self.state == "statistics":
            return f"Statistics of {self.statistics_done} of {self.statistics} people brought."
        if self.state == "fetching":
            return f"{self.nights_done} of {self.nights} sessions of {self.people} people brought."
        return f"{self.people_done} of {self.people} people asked, {self.nights} sessions to bring so far."

    def pace_per_s(self, now: datetime) -> float | None:
        """People or sessions a second since the present state began, or None while there is too little to tell."""
        done, _ = self._phase
        if not self.running or self.phase_at is None or done < _TELLING:
            return None
        spent_s = (now - self.phase_at).total_seconds()
        return done / spent_s if spent_s > 0 else None

    def seconds_left(self, now: datetime) -> float | None:
        """An honest estimate for the present state from its pace so far, or None while there is too little to tell."""
        pace = self.pace_per_s(now)
        done, of_all = self._phase
        return None if pace is None else (of_all - done) / pace

    @property
    def _phase(self) -> tuple[int, int]:
        """How many of how many the present state is done with."""
        return {
            "statistics": (self.statistics_done, self.statistics),
            "listing": (self.people_done, self.people),
            "fetching": (self.nights_done, self.nights),
        }.get(self.state, (0, 0))


def bar(progress: SyncProgress, now: datetime, *, width: int = 24) -> str:
    """One line for a terminal: a bar of so many characters, what is done, the pace and what is left."""
    full = round(progress.share * width)
    parts = [f"{'█' * full}{'░' * (width - full)} {progress.share:4.0%}  {progress.in_words}"]
    pace, left_s = progress.pace_per_s(now), progress.seconds_left(now)
    if pace is not None and left_s is not None:
        parts.append(f"{pace:.1f} a second, {_about(left_s)} left.")
    return " ".join(parts)


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


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
    board: SyncBoard, tell: Callable[[SyncProgress], None], *, first_s: float = 3.0, every_s: float = 5.0
) -> Iterator[None]:
    """While the block works, `tell` hears how far it is: first after `first_s`, then every `every_s`."""
    over = Event()

    def _watch() -> None:
        pause_s = first_s
        while not over.wait(pause_s):
            progress = board.progress
            if progress.running:
                tell(progress)
            pause_s = every_s

    watcher = Thread(target=_watch, name="sync-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
