"""Work that a page waits for: in a thread of its own, with progress, to be cancelled, ending as one file or a sentence.

The file has no name on the disk: it is gone with the last who holds it, be it that the server is killed. So nothing of
a person stays behind in it when the person is erased.
"""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, Literal
from weakref import finalize

from nocturne.access import NotAllowed
from nocturne.engines import EngineFailed
from nocturne.mapping import MapProgress
from nocturne.progress import Failure
from nocturne.runs import NotYet, RemovedMeanwhile
from store.people import StoreError

__all__ = ["Job", "JobState", "Work"]

log = logging.getLogger(__name__)

Tell = Callable[[MapProgress], None]
Work = Callable[[IO[bytes], Tell, Event], tuple[Failure, ...]]
"""Writes a file, tells how far it is, looks whether it is cancelled, and returns whom it could not serve."""


@dataclass(frozen=True, kw_only=True)
class JobState:
    """Where a job stands.

    Attributes:
        state: running, done (the file is there), cancelled, or failed for the reason in `problem`.
        progress: how far it is.
        failures: who could not be served, known at the end.
        problem: a sentence; "" unless it failed.
    """

    state: Literal["running", "done", "cancelled", "failed"]
    progress: MapProgress
    failures: tuple[Failure, ...] = ()
    problem: str = ""


class Job:
    """Begins at once.

    Args:
        work: what is done.
        folder: on whose disk the file is written; it is made when it is not there.
        people: how many people it is about.
    """

    def __init__(
        self, work: Work, *, folder: Path, people: int, still_holds: Callable[[], bool] = lambda: True
    ) -> None:
        self._work = work
        self._still_holds = still_holds
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._cancel = Event()
        self._lock = Lock()
        self._state = JobState(state="running", progress=MapProgress(done=0, people=people, failed=0))
        self._thread = Thread(target=self._run, name="job", daemon=True)
        self._thread.start()

    @property
    def now(self) -> JobState:
        """Where it stands."""
        with self._lock:
            return self._state

    def cancel(self) -> None:
        """Asks it to stop; what is under way is finished first."""
        self._cancel.set()

    def wait(self, timeout_s: float | None = None) -> JobState:
        """Where it stands once it has ended, or when the time is over."""
        self._thread.join(timeout_s)
        return self.now

    def content(self) -> bytes:
        """The bytes of the file.

        Raises:
            LookupError: there is none: it is not done, or holds somebody who was removed since.
        """
        if not self._still_holds():
            raise LookupError("Somebody in it was removed since; make it again.")
        with self._lock:
            if self._file is None or self._state.state != "done":
                raise LookupError("There is no file yet: the work is not done.")
            self._file.seek(0)
            return self._file.read()

    def _run(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - read later, by whoever downloads it
            finalize(self, file.close)
            failures = self._work(file, self._tell, self._cancel)
            file.flush()
        except (
            NotAllowed,
            NotYet,
            RemovedMeanwhile,
            EngineFailed,
            StoreError,
            LookupError,
            ValueError,
        ) as reason:
            self._end("failed", problem=str(reason))
        except OSError as reason:
            self._end("failed", problem=f"It could not be written: {reason.strerror or reason}.")
        except Exception as fault:
            log.exception("Work for a page broke off")
            self._end(
                "failed", problem=f"It broke off ({type(fault).__name__}); the log of the server says why."
            )
        else:
            self._file = file
            self._end("cancelled" if self._cancel.is_set() else "done", failures=failures)

    def _tell(self, progress: MapProgress) -> None:
        with self._lock:
            self._state = JobState(state="running", progress=progress)

    def _end(
        self,
        state: Literal["done", "cancelled", "failed"],
        *,
        failures: tuple[Failure, ...] = (),
        problem: str = "",
    ) -> None:
        with self._lock:
            progress = self._state.progress
            self._state = JobState(state=state, progress=progress, failures=failures, problem=problem)
            if state != "done":
                self._file = None
