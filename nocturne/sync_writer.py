"""Writes everybody's statistics into the archive as they arrive, beside the asking.

Nights are made of each person's statistics, which takes longer than asking for them where calls are allowed by the
dozen a second. Where there are worker processes they do it; otherwise this process does, between answers.
"""

import logging
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from cache.archive import Delivery, NewerFormat, NightArchive
from nocturne.application import Application
from nocturne.batches import Batch, Outcome
from nocturne.engines import EngineFailed, Processes

log = logging.getLogger(__name__)

# What has arrived is on the pages after a second, or later where the table of everybody, written anew each time, is
# large; and writing in this process takes a fifth of its time at most.
_SHORTEST_PAUSE_S, _TABLE_BYTES_PER_S, _PAUSE_PER_WRITING = 0.4, 50e6, 4.0


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """Puts deliveries into the archive, wherever it is called; for `Batch.function`."""

    organisation: str

    def __call__(self, archive: NightArchive, people: tuple[Any, ...]) -> int:
        return len(archive.put_many(self.organisation, people))


class StatisticsWriter:
    """Takes deliveries and has them written; `close` returns when all of them are in the archive.

    A delivery that cannot be written is named in the log and forgotten: the sessions themselves will bring it again.

    Args:
        application: whose archive, and who works for it.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._arrived: list[Delivery] = []
        self._writing = deque[tuple[list[Delivery], Future[Outcome]]]()
        self._written_s, self._pause_s = time.monotonic(), _SHORTEST_PAUSE_S

    def take(self, delivery: Delivery) -> None:
        """Keeps the delivery for the next time something is written, which may be now."""
        self._arrived.append(delivery)
        if time.monotonic() - self._written_s <= self._pause_s:
            return
        engine = self._application.engine
        if isinstance(engine, Processes):
            while self._writing and self._writing[0][1].done():
                self._finish()
            if len(self._writing) < engine.workers:
                self._hand_over(engine, self._arrived)
                self._rest()
            return
        began_s = time.monotonic()
        self._write(self._arrived)
        self._rest(least_s=_PAUSE_PER_WRITING * (time.monotonic() - began_s))

    def close(self) -> None:
        """Writes what is left."""
        engine = self._application.engine
        if isinstance(engine, Processes):
            for part in range(engine.workers):
                self._hand_over(engine, self._arrived[part :: engine.workers])
            self._arrived = []
        while self._writing:
            self._finish()
        self._write(self._arrived)
        self._arrived = []

    def _hand_over(self, engine: Processes, deliveries: list[Delivery]) -> None:
        if not deliveries:
            return
        organisation = self._application.organisation
        batch = Batch(function=_Kept(organisation=organisation), place=engine.place, people=tuple(deliveries))
        try:
            self._writing.append((deliveries, engine.submit(batch)))
        except EngineFailed as problem:
            log.warning("%s", problem)
            self._write(deliveries)

    def _rest(self, *, least_s: float = 0.0) -> None:
        """Nothing is in hand any more, and the next writing comes after a pause."""
        self._arrived, self._written_s = [], time.monotonic()
        table_bytes = self._application.archive.table_bytes(self._application.organisation)
        self._pause_s = max(_SHORTEST_PAUSE_S, table_bytes / _TABLE_BYTES_PER_S, least_s)

    def _finish(self) -> None:
        """Waits for what was handed over first; what could not be written there is written here."""
        deliveries, future = self._writing.popleft()
        try:
            unwritten = {failure.person_id for failure in future.result().failures}
        except Exception as problem:  # noqa: BLE001 - whatever became of the process, its work is done here
            log.warning("A process that wrote statistics ended before it was done: %r", problem)
            unwritten = {delivery.person_id for delivery in deliveries}
        self._write([delivery for delivery in deliveries if delivery.person_id in unwritten])

    def _write(self, deliveries: list[Delivery]) -> None:
        """Puts them in together; whoever's cannot be written is named in the log, and the others are kept."""
        try:
            if deliveries:
                self._application.archive.put_many(self._application.organisation, deliveries)
        except Exception as problem:  # noqa: BLE001 - whatever one delivery does, the synchronisation goes on
            if isinstance(problem, OSError) and not isinstance(problem, NewerFormat):
                # The disk, which is the same for every delivery.
                reason = problem.strerror or problem
                log.warning("The statistics of %d people were not kept: %s.", len(deliveries), reason)
                return
            for delivery in deliveries:
                self._write_alone(delivery)

    def _write_alone(self, delivery: Delivery) -> None:
        try:
            self._application.archive.put_many(self._application.organisation, [delivery])
        except Exception as problem:  # noqa: BLE001 - likewise
            log.warning("The statistics of %s were not kept: %r", delivery.person_id, problem)
