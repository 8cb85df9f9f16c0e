"""Live while everybody sleeps: what its view costs after a block has come, and what its script costs.

Every person has recorded for seven hours, which are 84 blocks. A block has come between any two looks, as it has when
hundreds sleep: nothing is answered from what was kept for an unchanged night.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from bench.archives import NIGHTS, ORGANISATION, RECEIVED, ZONE
from bench.home import opened, script_ms
from bench.results import Figure
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.live import live_view
from store.inbox import BlockPlaced, Effect, Opened

_BOUNDS_MS: Final = {500: 60.0, 5000: 600.0}
"""A fifth of the three seconds after which a page asks again is what 5,000 people may take."""
_SCRIPT_MS: Final = 60.0
_SCRIPTS_OF: Final = 500
_ROUNDS, _UNCOUNTED = 15, 3
_BLOCKS: Final = 84
# A cycle of an hour and a half, in blocks of five minutes; light sleep is broken by an epoch awake now and then.
_CYCLE: Final = (1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 3, 3, 3, 3, 3, 1, 1)
_MARK: Final = b"nobody was erased"


def figures() -> list[Figure]:
    """Medians over many blocks."""
    found = []
    for people, bound in _BOUNDS_MS.items():
        with (
            tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder,
            everybody_asleep(people, Path(folder)) as application,
        ):
            name = f"Live of {people:,} x {NIGHTS}, everybody asleep"
            spent = _after_a_block_ms(application)
            found.append(
                Figure(
                    name=f"{name}: view after a block", value=float(np.median(spent)), unit="ms", bound=bound
                )
            )
            if people == _SCRIPTS_OF:
                script = float(np.median(script_ms(_ROUNDS, uncounted=_UNCOUNTED, page="live.py")))
                found.append(
                    Figure(name=f"{name}: its script when warm", value=script, unit="ms", bound=_SCRIPT_MS)
                )
    return found


@contextmanager
def everybody_asleep(people: int, folder: Path) -> Iterator[Application]:
    """The application of so many people, each of whom has recorded for seven hours."""
    with opened(people, folder) as application:
        start = RECEIVED - timedelta(minutes=5 * _BLOCKS)
        nights: list[tuple[bytes, Sequence[Effect]]] = [
            (
                _MARK,
                (
                    Opened(vendor_id=person.vendor_id, session_id=_session(place), start=start, zone=ZONE),
                    *(_block(person.vendor_id, place, seq) for seq in range(_BLOCKS)),
                ),
            )
            for place, person in enumerate(application.people())
        ]
        application.inbox.live.apply_all(ORGANISATION, application.settings.asleep_environment, nights)
        yield application


def _after_a_block_ms(application: Application) -> list[float]:
    actor, environment = local_actor(ORGANISATION), application.settings.asleep_environment
    people = application.people()
    spent = []
    for place in range(_UNCOUNTED + _ROUNDS):
        # Of another length than the one that is there, so that it is another block.
        block = _block(people[place].vendor_id, place, _BLOCKS - 1, times=2)
        application.inbox.live.apply(ORGANISATION, environment, block, mark=_MARK)
        begun = time.perf_counter()
        live_view(application, actor)
        spent.append((time.perf_counter() - begun) * 1e3)
    return spent[_UNCOUNTED:]


def _session(place: int) -> str:
    return f"{RECEIVED:%Y%m%d}{place:06d}_bench"


def _block(vendor_id: str, place: int, seq: int, *, times: int = 1) -> BlockPlaced:
    stage = _CYCLE[seq % len(_CYCLE)]
    stages = bytes([stage] * 9 + [0 if stage == 1 else stage]) * times
    return BlockPlaced(vendor_id=vendor_id, session_id=_session(place), seq=seq, stages=stages)
