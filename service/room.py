"""Whether there is room for more events: looked at now and then by a thread, so that no event pays for it."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from store.errors import StoreError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
DISK_FLOOR_BYTES: Final = 256 * 2**20
DISK_FLOOR_SHARE: Final = 0.05
"""Of a disk so small that this is less than the bytes above."""
_STOP_LIMIT_S: Final = 5.0


class Room:
    """The room there was when it was last looked at, at most once a second, and only while events arrive.

    The limits are soft: what arrives within the second is taken in, some thousand events of a kilobyte.

    Args:
        waiting: how many events wait for their effect; asks the inbox.
        at_most: so many may.
        folder: on the disk that the inbox lies on; None where it lies on another machine.
    """

    def __init__(self, waiting: Callable[[], int], *, at_most: int, folder: Path | None) -> None:
        self._waiting, self._at_most, self._folder = waiting, at_most, folder
        self._full = ""
        self._asked = True
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="webhook-room", daemon=True)

    def full(self) -> str:
        """Why there is no room, as a sentence; "" where there is."""
        self._asked = True
        return self._full

    def start(self) -> None:
        """Looks once, and again while events arrive."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        self._thread.join(_STOP_LIMIT_S)

    def look(self) -> None:
        """Looks now. Where the inbox does not answer there is room: storing the event then tells what is wrong."""
        try:
            found = self._disk() or self._backlog()
        except (StoreError, OSError) as problem:
            log.warning("Whether there is room for webhooks is not known: %s", problem)
            found = ""
        if found and not self._full:
            log.error("No more webhooks are taken in: %s", found)
        elif self._full and not found:
            log.warning("Webhooks are taken in again.")
        self._full = found

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            if self._asked:
                self._asked = False
                self.look()

    def _disk(self) -> str:
        if self._folder is None:
            return ""
        disk = shutil.disk_usage(self._folder)
        floor = min(DISK_FLOOR_BYTES, DISK_FLOOR_SHARE * disk.total)
        return "The disk is nearly full. Send the event again later." if disk.free < floor else ""

    def _backlog(self) -> str:
        full = self._waiting() >= self._at_most
        return "Too many events wait for their effect. Send the event again later." if full else ""
