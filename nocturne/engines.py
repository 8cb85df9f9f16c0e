"""Who does the work of a map: this process, processes of this machine, or a dask cluster."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from types import ModuleType
from typing import Final, Literal, Protocol, get_args

from cache.archive import NightArchive
from nocturne.batches import Batch, EngineFailed, Outcome, Place, outcome_of

__all__ = ["ENGINES", "Engine", "EngineFailed", "EngineName", "InProcess", "Processes", "engine"]

EngineName = Literal["in process", "processes", "dask"]
ENGINES: Final[tuple[EngineName, ...]] = get_args(EngineName)
_START_LIMIT_S = 120.0
_GIVE_WAY: Final = 5
"""How much later than this process its workers get a core (their niceness): somebody waits for a page."""

_main = Lock()


class Engine(Protocol):
    """Whoever works on batches.

    Attributes:
        place: where the nights are.
        deaths: what a batch ends with whose worker ended before it was done.
    """

    deaths: tuple[type[BaseException], ...]

    @property
    def place(self) -> Place:
        """Where the nights are, as it is now."""
        ...

    @property
    def at_once(self) -> int:
        """So many batches are worth handing over before the first is done; raises `EngineFailed`."""
        ...

    def submit(self, batch: Batch) -> "Future[Outcome]":
        """The outcome to come; raises `EngineFailed` when nobody is there to work."""
        ...

    def close(self) -> None:
        """Lets go of workers and connections; the next batch gets new ones."""
        ...


class InProcess:
    """This process, one batch after the other.

    Args:
        organisation: whose nights.
        archive: open already.
    """

    deaths: tuple[type[BaseException], ...] = ()
    at_once = 1

    def __init__(self, organisation: str, archive: NightArchive) -> None:
        self._organisation = organisation
        self._archive = archive

    @property
    def place(self) -> Place:
        """Where the nights are."""
        return Place.of(self._organisation, self._archive.folder)

    def submit(self, batch: Batch) -> "Future[Outcome]":
        """The outcome, which is there already."""
        done = Future[Outcome]()
        try:
            done.set_result(outcome_of(batch, self._archive))
        except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result, as other engines do
            done.set_exception(error)
        return done

    def close(self) -> None:
        """Nothing is held."""


class Processes:
    """Processes of this machine, started at the first batch and kept; each opens the archive by itself.

    Args:
        organisation: whose nights.
        archive: where they are.
        workers: how many processes.
    """

    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, organisation: str, archive: NightArchive, *, workers: int) -> None:
        self._organisation = organisation
        self._archive = archive
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._starting = Lock()

    @property
    def place(self) -> Place:
        """Where the nights are."""
        return Place.of(self._organisation, self._archive.folder)

    @property
    def at_once(self) -> int:
        """One more than there are processes, so that none waits."""
        return self.workers + 1

    def submit(self, batch: Batch) -> "Future[Outcome]":
        """The outcome to come; processes that have ended are replaced."""
        with self._starting:
            if self._pool is not None:
                try:
                    return self._pool.submit(outcome_of, batch)
                except BrokenProcessPool:
                    self._pool.shutdown(wait=True)
            self._pool = _pool(self.workers)
            return self._pool.submit(outcome_of, batch)

    @property
    def started(self) -> bool:
        """Whether the processes are there."""
        return self._pool is not None

    def warm(self) -> None:
        """Starts the processes, so that the first batch need not wait for them."""
        with self._starting:
            if self._pool is None:
                self._pool = _pool(self.workers)

    def close(self) -> None:
        """Ends the processes; what they have begun is finished first."""
        with self._starting:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def engine(
    name: str, organisation: str, archive: NightArchive, *, workers: int = 2, scheduler: str = ""
) -> Engine:
    """The engine of that name, one of `ENGINES`; nothing is started yet.

    Args:
        name: which.
        organisation: whose nights.
        archive: where they are.
        workers: how many processes, for "processes".
        scheduler: address of the dask scheduler, for "dask".

    Raises:
        ValueError: there is no such engine.
    """
    if name == "in process":
        return InProcess(organisation, archive)
    if name == "processes":
        return Processes(organisation, archive, workers=workers)
    if name == "dask":
        from nocturne.dask_cluster import DaskCluster  # noqa: PLC0415 - what it needs is optional

        return DaskCluster(organisation, archive, scheduler=scheduler)
    raise ValueError(f"there is no engine {name!r}; write one of {', '.join(ENGINES)}")


def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that have shown that they work.

    Raises:
        EngineFailed: they do not start.
    """
    # spawn: a copy of this process (fork) would hold its threads' locks for good.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        with _without_main():
            first = [pool.submit(os.getpid) for _ in range(workers)]
        for each in first:
            each.result(_START_LIMIT_S)
    except (BrokenProcessPool, OSError, TimeoutError) as error:
        pool.shutdown(wait=False, cancel_futures=True)
        raise EngineFailed(
            f"The {workers} worker processes do not start ({type(error).__name__}). Look for what they say in the log, "
            "or set NOCTURNE_WORKERS=1 to work without them."
        ) from error
    return pool


@contextmanager
def _without_main() -> Iterator[None]:
    """While processes are started nobody has a main module, so that none of them runs it.

    A new process runs the main module of its parent again under another name. In the dashboard that is the page under
    way, which cannot be run there; and no mapped function lives in it.
    """
    with _main:
        theirs = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = theirs


def _begin() -> None:
    """What a worker does first: it gives way to whoever serves pages, and ends with them and not by Ctrl+C."""
    # A terminal sends it to every process; whoever started this one stops it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_GIVE_WAY)
    _end_with_parent()


def _end_with_parent() -> None:
    """Has a worker end when whoever started it has ended without a word; else it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
