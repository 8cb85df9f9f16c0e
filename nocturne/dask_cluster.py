"""A dask cluster as an engine: the only module that knows `distributed`, which is optional.

Its workers must be able to import this project (PYTHONPATH) and see the data folder under the same path. Whoever
reaches a scheduler can run code on its workers: keep it on this machine or a private network.
"""

import os
from concurrent.futures import Future
from threading import Lock
from typing import Any

from cache.archive import NightArchive
from nocturne.batches import Batch, EngineFailed, EngineMissing, Outcome, Place, outcome_of

try:
    import distributed
    from distributed.scheduler import KilledWorker
except ImportError as missing:
    raise EngineMissing(
        "NOCTURNE_DASK_SCHEDULER is set, but dask is not installed here. Install it with "
        '`.venv/bin/python -m pip install "distributed~=2026.8"`, or unset NOCTURNE_DASK_SCHEDULER.'
    ) from missing

_CONNECT_LIMIT_S = 10.0


class DaskCluster:
    """The workers of a dask scheduler; connected to at the first batch.

    Args:
        organisation: whose nights.
        archive: where they are, here and on every worker.
        scheduler: address, like tcp://127.0.0.1:8786.
    """

    deaths: tuple[type[BaseException], ...] = (KilledWorker,)

    def __init__(self, organisation: str, archive: NightArchive, *, scheduler: str) -> None:
        self._organisation = organisation
        self._archive = archive
        self._scheduler = scheduler
        self._client: Any = None  # distributed.Client, whose methods carry no types
        self._connecting = Lock()

    @property
    def place(self) -> Place:
        """Where the nights are."""
        return Place.of(self._organisation, self._archive.folder)

    @property
    def at_once(self) -> int:
        """Twice as many as the cluster works on at a time, so that nobody waits."""
        return 2 * sum(self._threads().values())

    def submit(self, batch: Batch) -> "Future[Outcome]":
        """The outcome to come."""
        # Not kept by its content: the nights behind the same question may be others the next time.
        theirs = self._connected().submit(outcome_of, batch, pure=False)
        ours = Future[Outcome]()
        ours.set_running_or_notify_cancel()

        def hand_over(done: Any) -> None:
            try:
                outcome = self._outcome(done)
            except BaseException as error:  # noqa: BLE001 - whoever waits for ours must hear of it
                ours.set_exception(error)
            else:
                ours.set_result(outcome)

        theirs.add_done_callback(hand_over)
        return ours

    def close(self) -> None:
        """Leaves the cluster as it is, without us."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _outcome(self, done: Any) -> Outcome:
        """What came of it; raises what it ended with, or what kept the outcome from getting here."""
        if done.status not in ("finished", "error"):
            raise self._lost()
        outcome: Outcome = done.result()
        return outcome

    def _threads(self) -> dict[str, int]:
        """How many batches each worker takes at a time."""
        threads: dict[str, int] = self._connected().nthreads()
        if not threads:
            raise EngineFailed(
                f"The dask scheduler at {self._scheduler} has no worker. Start one where this project can be imported: "
                f"`PYTHONPATH={os.getcwd()} dask worker {self._scheduler} --nthreads 1`."  # noqa: PTH109
            )
        return threads

    def _connected(self) -> Any:
        with self._connecting:
            if self._client is not None and self._client.status != "running":
                self._client.close()
                self._client = None
            if self._client is None:
                self._client = self._connection()
            return self._client

    def _connection(self) -> Any:
        try:
            return distributed.Client(  # type: ignore[no-untyped-call]
                self._scheduler, timeout=_CONNECT_LIMIT_S, set_as_default=False, name="nocturne"
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise EngineFailed(
                f"No dask scheduler answers at {self._scheduler} ({type(error).__name__}). Start one with "
                "`dask scheduler --host 127.0.0.1`, correct NOCTURNE_DASK_SCHEDULER, or unset it."
            ) from error

    def _lost(self) -> EngineFailed:
        return EngineFailed(
            f"The dask scheduler at {self._scheduler} ended while it worked for us. Start it again, and then this."
        )
