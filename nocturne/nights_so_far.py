"""The nights under way, each read from the inbox and made of its blocks once, as long as it stays as it is.

With thousands of sleepers there are half a million blocks, and with each one that comes open pages ask again.
"""

from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import NamedTuple
from zoneinfo import ZoneInfo

from analytics.live_night import NightSoFar, StageBlock, later, night_so_far
from store.inbox import Inbox, LiveNight, Session
from store.people import Environment, Person


class UnderWay(NamedTuple):
    """A night under way: what the inbox says, whose it is, and the stages so far."""

    row: LiveNight
    person: Person
    so_far: NightSoFar


class NightsSoFar:
    """Remembers what was read and made last, of each organisation and environment. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read: dict[tuple[str, Environment], dict[Session, UnderWay]] = {}

    def under_way(
        self,
        inbox: Inbox,
        organisation: str,
        environment: Environment,
        people: Mapping[str, Person],
        *,
        now: datetime,
        since: datetime,
    ) -> list[UnderWay]:
        """The nights of these people that are being recorded, by start.

        Args:
            inbox: where they are read.
            organisation: whose they are.
            environment: of the vendor.
            people: by vendor id; of nobody else is there anything in the result.
            now: the moment that they are looked at.
            since: without a sign since then a night is over.

        Raises:
            StoreError: the inbox cannot be read.
        """
        with self._lock:
            before = self._read.get((organisation, environment), {})
            nights = inbox.live.nights(
                organisation,
                environment,
                since=since,
                known={session: each.row for session, each in before.items()},
            )
            found = {
                (night.vendor_id, night.session_id): _made(
                    night, people[night.vendor_id], before.get((night.vendor_id, night.session_id)), now
                )
                for night in nights
                if night.state == "recording" and night.vendor_id in people
            }
            self._read[organisation, environment] = found
        return list(found.values())


def _made(night: LiveNight, person: Person, before: UnderWay | None, now: datetime) -> UnderWay:
    if before is not None and before.row is night and before.person == person:
        as_it_was = later(before.so_far, now)
        if as_it_was is not None:
            return UnderWay(night, person, as_it_was)
    blocks = [StageBlock(seq=block.seq, stages=block.stages) for block in night.blocks]
    start = night.start.astimezone(_zone(night.zone or person.zone))
    return UnderWay(night, person, night_so_far(start, blocks, at=now))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what the vendor calls a zone need not be one
        return ZoneInfo("UTC")
