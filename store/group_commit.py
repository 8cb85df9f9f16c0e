"""Many arrivals, one transaction: what comes while the disk is busy is written together, and answered when it is there.

A single thread writes. Who submits does not wait: the tickets come back when their arrivals are on the disk, or with
what went wrong.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, Generic, TypeVar

from store.errors import StoreUnavailable
from store.inbox_values import Accepted, Arrival

Ticket = TypeVar("Ticket")

AT_MOST: Final = 256
WAITING_AT_MOST: Final = 4096
WAITING_BYTES_AT_MOST: Final = 32 * 1024 * 1024

log = logging.getLogger(__name__)


class Overloaded(StoreUnavailable):
    """More is waiting to be written than may, or the writer is being stopped: nothing was taken in; send it again."""


class GroupCommit(Generic[Ticket]):
    """Writes what is submitted, in the order of submission, many at a time.

    Args:
        accept: writes a batch; when it returns the batch is on the disk.
        on_written: told of each batch in the writer's thread: the tickets in order, and what became of the batch, or
            what `accept` raised. It should be quick, and raise nothing.
        at_most: so many are written in one transaction.
        waiting_at_most: so many may wait.
        waiting_bytes_at_most: with bodies of so many bytes together.
    """

    def __init__(
        self,
        accept: Callable[[Sequence[Arrival]], Accepted],
        on_written: Callable[[Sequence[Ticket], Accepted | Exception], None],
        *,
        at_most: int = AT_MOST,
        waiting_at_most: int = WAITING_AT_MOST,
        waiting_bytes_at_most: int = WAITING_BYTES_AT_MOST,
    ) -> None:
        self._accept, self._on_written = accept, on_written
        self._at_most, self._waiting_at_most = at_most, waiting_at_most
        self._waiting_bytes_at_most = waiting_bytes_at_most
        self._waiting: deque[tuple[Arrival, Ticket]] = deque()
        self._waiting_bytes = 0
        self._singly = 0
        self._changed = Condition()
        self._idle = False
        self._closing = False
        self._writer = Thread(target=self._write, name="inbox-writer", daemon=True)
        self._writer.start()

    def submit(self, arrival: Arrival, ticket: Ticket) -> None:
        """Take an arrival in; its ticket is handed to `on_written` when it has been written, or could not be.

        Raises:
            Overloaded: too many wait already, or the writer is being stopped.
        """
        with self._changed:
            if self._closing:
                raise Overloaded("The inbox is being closed. Nothing was taken in; send it again later.")
            if len(self._waiting) >= self._waiting_at_most:
                raise Overloaded(
                    f"{self._waiting_at_most} events wait to be written. Nothing was taken in; send it again later."
                )
            if self._waiting_bytes + len(arrival.body) > self._waiting_bytes_at_most:
                raise Overloaded(
                    f"{self._waiting_bytes:,} bytes wait to be written. Nothing was taken in; send it again later."
                )
            self._waiting.append((arrival, ticket))
            self._waiting_bytes += len(arrival.body)
            if self._idle:
                self._idle = False
                self._changed.notify()

    def close(self) -> None:
        """Return when everything that was submitted has been written; nothing is taken in any more.

        Once the database does not answer, all that still waits is told so: closing waits for it once.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._writer.join()

    def _write(self) -> None:
        while batch := self._next_batch():
            self._write_batch(batch)

    def _next_batch(self) -> list[tuple[Arrival, Ticket]]:
        """What waits, up to a transaction's worth; empty when there will be no more."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._idle = True
                self._changed.wait()
            self._idle = False
            if self._singly:
                self._singly -= 1
                return self._taken(1)
            return self._taken(self._at_most)

    def _taken(self, at_most: int) -> list[tuple[Arrival, Ticket]]:
        """The first that wait, which wait no more; for who holds the lock."""
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), at_most))]
        self._waiting_bytes -= sum(len(arrival.body) for arrival, _ in taken)
        return taken

    def _put_back(self, batch: list[tuple[Arrival, Ticket]]) -> None:
        """Each of the batch is the next to be written, alone."""
        with self._changed:
            self._waiting.extendleft(reversed(batch))
            self._waiting_bytes += sum(len(arrival.body) for arrival, _ in batch)
            self._singly = len(batch)

    def _write_batch(self, batch: list[tuple[Arrival, Ticket]]) -> None:
        outcome: Accepted | Exception
        try:
            outcome = self._accept([arrival for arrival, _ in batch])
        except StoreUnavailable as unavailable:  # holds for every one of them
            outcome = unavailable
            batch += self._given_up()
        except Exception as refused:  # noqa: BLE001 - told to whoever waits for it
            if len(batch) > 1:  # one that the database will not take keeps no other out
                self._put_back(batch)
                return
            outcome = refused
        try:
            self._on_written([ticket for _, ticket in batch], outcome)
        except Exception:
            # The writer lives on: others wait for it, and these events are on the disk or will be sent again.
            log.exception("Whoever waited for events to be written could not be told.")

    def _given_up(self) -> list[tuple[Arrival, Ticket]]:
        """What is not tried any more once the database does not answer: all that waits, while closing."""
        with self._changed:
            return self._taken(len(self._waiting)) if self._closing else []
