"""Nights under way at the moment of the pictures, as webhooks and the worker would have brought them.

The simulator records by the true clock, so at the moment of the pictures nobody of the demo would be asleep.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pictures.at_a_moment import MOMENT
from store.database import Store
from store.inbox import BlockPlaced, Effect, Gone, Inbox, Opened
from store.people import Environment, Person

# Runs of awake, light, deep and REM sleep in epochs, as a night begins and goes on.
_BEGINS: Final = ((0, 34), (1, 22), (2, 66))
_GOES_ON: Final = ((1, 28), (3, 30), (1, 18), (0, 4), (1, 40), (2, 44), (1, 20), (3, 44), (0, 2))
_AT_NIGHT: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
_SHOWN: Final = 4
_MARK: Final = b"of nobody who was erased"
# Since when, up to when there are stages, and which blocks never came.
_NIGHTS: Final = ((212, 208, ()), (288, 283, (33, 34, 35, 36)), (118, 90, ()), (9, 0, ()))


def enter(folder: Path) -> None:
    """Enters the nights of some who live where it is night at the moment of the pictures."""
    store = Store(f"sqlite:///{folder / 'nocturne.sqlite3'}", now=lambda: MOMENT)
    inbox = Inbox(f"sqlite:///{folder / 'inbox.sqlite3'}", now=lambda: MOMENT)
    try:
        people = store.people("demo")
        _forget_what_stayed_open(inbox, people[0].environment)
        asleep = [each for each in people if _local_hour(each) in _AT_NIGHT][:_SHOWN]
        for place, (person, (began_min, known_min, without)) in enumerate(zip(asleep, _NIGHTS, strict=False)):
            effects = list(_night(person, place, began_min, known_min, without))
            inbox.live.apply("demo", person.environment, *effects, mark=_MARK)
    finally:
        inbox.close()
        store.close()


def _forget_what_stayed_open(inbox: Inbox, environment: Environment) -> None:
    """The demo has recorders that were left running the evening before; they are no part of this picture."""
    for night in inbox.live.nights("demo", environment, since=MOMENT - timedelta(days=3)):
        if night.state == "recording":
            gone = Gone(vendor_id=night.vendor_id, session_id=night.session_id)
            inbox.live.apply("demo", environment, gone, mark=_MARK)


def _local_hour(person: Person) -> int:
    return MOMENT.astimezone(ZoneInfo(person.zone)).hour


def _night(
    person: Person, place: int, began_min: int, known_min: int, without: tuple[int, ...]
) -> Iterator[Effect]:
    start = MOMENT - timedelta(minutes=began_min)
    session_id = f"{start:%Y%m%d%H%M%S}_live{place}"
    yield Opened(vendor_id=person.vendor_id, session_id=session_id, start=start, zone=person.zone)
    stages = _stages(2 * known_min, later=place)
    for seq in range(len(stages) // 10):
        if seq not in without:
            block = bytes(stages[10 * seq : 10 * seq + 10])
            yield BlockPlaced(vendor_id=person.vendor_id, session_id=session_id, seq=seq, stages=block)


def _stages(epochs: int, *, later: int) -> list[int]:
    """So many epochs of a night, each person's a little other than the last one's."""
    found = [stage for stage, length in _BEGINS for _ in range(length + 4 * later)]
    while len(found) < epochs:
        found += [stage for stage, length in _GOES_ON for _ in range(max(length - 3 * later, 1))]
    return found[:epochs]
