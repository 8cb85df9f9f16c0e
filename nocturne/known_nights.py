"""What the worker of the inbox knows of nights without asking the vendor, so that most blocks need no question."""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal

from nocturne.application import Application
from nocturne.arrived_sessions import RECENT
from store.people import Person

HOLD_S: Final = 5.0
_KEPT: Final = 20_000

Night = Literal["recording", "complete"]
_Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    night: Night
    at_s: float


class KnownNights:
    """How far nights are, by what the inbox said a moment ago, what this worker has done since, and the archive.

    That a night is recording holds for seconds only: it may be gone, or of somebody who was erased, by what another
    process has done. What is over stays so.

    Args:
        application: whose inbox and archive.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._lock = Lock()
        self._known: dict[_Key, _Known] = {}
        self._read_at_s = float("-inf")

    def find(self, person: Person, session_id: str) -> Night | None:
        """How far the night is; None where only the vendor knows whether there is such a session.

        Raises:
            StoreError: the inbox cannot be read.
            OSError: the archive cannot be read.
        """
        self._read()
        with self._lock:
            known = self._known.get((person.vendor_id, session_id))
        if known is not None:
            return known.night
        kept = self._application.archive.known(self._application.organisation, person.person_id)
        if (session := kept.get(session_id)) is None or not session.whole:
            return None
        self.remember(person, session_id, "complete")
        return "complete"

    def remember(self, person: Person, session_id: str, night: Night) -> None:
        """Holds what was found out about the night: `complete` too where no block of it is wanted any more."""
        key = (person.vendor_id, session_id)
        with self._lock:
            self._known.pop(key, None)
            self._known[key] = _Known(night=night, at_s=time.monotonic())
            while len(self._known) > _KEPT:
                del self._known[next(iter(self._known))]

    def _read(self) -> None:
        """What is recording by now; what is over, and what was found out while it was read, stays as it is."""
        begun_s = time.monotonic()
        if begun_s - self._read_at_s < HOLD_S:
            return
        now, application = self._application.now(), self._application
        states = application.inbox.live.states(
            application.organisation, application.settings.asleep_environment, since=now - RECENT
        )
        with self._lock:
            kept = {
                key: known
                for key, known in self._known.items()
                if known.night == "complete" or known.at_s >= begun_s
            }
            read = {(each.vendor_id, each.session_id): each.state for each in states}
            self._known = {key: _Known(night=night, at_s=begun_s) for key, night in read.items()} | kept
        self._read_at_s = begun_s
