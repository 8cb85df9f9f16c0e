"""Whether there is room for more events: looked at now and then by a thread, so that no event pays for it."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Final, Literal

from nocturne.application import Application
from store.errors import StoreError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0
DISK_FLOOR_BYTES: Final = 256 * 2**20
DISK_FLOOR_SHARE: Final = 0.05
"""Of a disk so small that this is less than the bytes above."""
_STOP_LIMIT_S: Final = 5.0

Lack = Literal["disk", "backlog"]
"""Why no more is taken in: the disk is nearly full, or too many events wait."""

_LACKS: Final[dict[Lack, str]] = {
    "disk": "The disk is nearly full. Send the event again later.",
    "backlog": "Too many events wait for their effect. Send the event again later.",
}
_REPLACED: Final = "The inbox is not the one that was opened. Send the event again later."
_UNREADABLE: Final = "The inbox cannot be read. Send the event again later."


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How far the inbox may fill; receiver and `/ready` go by the same.

    Attributes:
        waiting: how many events wait for their effect; asks the inbox.
        at_most: so many may.
        folder: on the disk that the inbox lies on; None where it lies on another machine.
    """

    waiting: Callable[[], int]
    at_most: int
    folder: Path | None

    def lack(self) -> Lack | None:
        """What there is too little of just now; None where there is room.

        Raises:
            StoreError: the inbox cannot be read.
            OSError: its disk cannot be asked.
        """
        if self.folder is not None and _is_nearly_full(self.folder):
            return "disk"
        return "backlog" if self.waiting() >= self.at_most else None


def limits_of(application: Application) -> Limits:
    """The limits of the application's inbox."""
    settings = application.settings
    kind, _, path = settings.inbox_url.partition(":///")
    return Limits(
        waiting=partial(application.inbox.waiting, application.organisation, settings.asleep_environment),
        at_most=settings.nocturne_webhook_backlog,
        folder=Path(path).parent if kind.startswith("sqlite") else None,
    )


def _is_nearly_full(folder: Path) -> bool:
    disk = shutil.disk_usage(folder)
    return disk.free < min(DISK_FLOOR_BYTES, DISK_FLOOR_SHARE * disk.total)


class Room:
    """The room there was when it was last looked at, at most once a second, while events arrive or there was none.

    Silence is not looked at; but "full" is not remembered through it, or the first event after hours would be sent
    away for what has long been over. The limits are soft: what arrives within the second is taken in, some thousand
    events of a kilobyte.

    Args:
        limits: of the inbox.
        problems: what is wrong with the inbox's file or tables, as sentences. What was replaced takes events in as if
            nothing were wrong, and nobody would find them again.
    """

    def __init__(self, limits: Limits, *, problems: Callable[[], tuple[str, ...]]) -> None:
        self._limits, self._problems = limits, problems
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
        """Looks now. Where room cannot be told there is some: storing the event then tells what is wrong."""
        try:
            found = self._troubles() or self._lack()
        except Exception as problem:  # noqa: BLE001 - the thread lives on, and what was found before holds no longer
            reason = problem if isinstance(problem, (StoreError, OSError)) else type(problem).__name__
            log.warning("Whether there is room for webhooks is not known: %s", reason)
            found = ""
        if found and not self._full:
            log.error("No more webhooks are taken in: %s", found)
        elif self._full and not found:
            log.warning("Webhooks are taken in again.")
        self._full = found

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            if self._asked or self._full:
                self._asked = False
                self.look()

    def _troubles(self) -> str:
        try:
            return _REPLACED if self._problems() else ""
        except StoreError as problem:
            # A connection from before may still write, into a file that nobody finds any more.
            log.warning("How the inbox stands is not known: %s", problem)
            return _UNREADABLE

    def _lack(self) -> str:
        lack = self._limits.lack()
        return "" if lack is None else _LACKS[lack]
