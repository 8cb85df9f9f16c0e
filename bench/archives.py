"""Archives of any number of people for measuring, made directly and not over HTTP, and kept between runs."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from analytics.nights import night_table
from asleep.models import SessionResult
from cache.archive import session_set
from cache.columns import PersonFile, encode_person
from cache.derived import derived, fold
from cache.files import private_folder
from cache.seal import PlainSeal
from cache.shelf import Shelf
from cache.table import SCHEMA, NightTable

ORGANISATION: Final = "bench"
END: Final = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
ZONE: Final = "Europe/Berlin"
LIVES: Final = 25

_KEPT = Path(__file__).parent / ".archives"


def id_of(number: int) -> str:
    """The id of the person with this number."""
    return f"p_{number:012d}"


def archive_of(people: int, nights: int = 365) -> Path:
    """The folder of an archive in which everybody has so many nights up to `END`, in the organisation `ORGANISATION`.

    People share 25 made-up lives: what is in a night does not change how long it takes to read. Made once and kept in
    bench/.archives, whole or not at all, until the rules that make nights of sessions change.
    """
    folder = _KEPT / f"{people}x{nights}-{SCHEMA}"
    if folder.exists():
        return folder
    _KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".making-", dir=_KEPT))
    try:
        _fill(unfinished, people, nights)
        unfinished.rename(folder)
    except OSError:
        if not folder.exists():  # another run was faster with the same archive
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _fill(folder: Path, people: int, nights: int) -> None:
    shelf = Shelf(folder=private_folder(folder / ORGANISATION), organisation=ORGANISATION, seal=PlainSeal())
    lives = [_life(seed, nights) for seed in range(min(LIVES, people))]
    tables = [night_table(life.sessions, zone=ZONE) for life in lives]
    encoded = [encode_person(life) for life in lives]
    made: list[NightTable] = []
    with shelf.alone():
        for number in range(people):
            which = number % len(lives)
            shelf.write(shelf.person(id_of(number)), encoded[which])
            made.append(derived(shelf, id_of(number), lives[which], tables[which]))
        fold(shelf, fresh=made)


def _life(seed: int, nights: int) -> PersonFile:
    received = END + timedelta(days=1)
    return PersonFile(
        sessions=session_set(year(seed, nights), (), received=received), zone=ZONE, synced_at=received
    )


def year(seed: int, nights: int = 365) -> list[SessionResult]:
    """A made-up life as the vendor's answers: so many nights up to `END`, the newest first."""
    rng = np.random.default_rng(seed)
    results = []
    for night in range(nights):
        start = END - timedelta(days=night) + timedelta(minutes=int(rng.integers(-60, 60)))
        epochs = int(rng.integers(780, 1040))
        lengths = rng.integers(1, 40, size=epochs)
        stages = rng.choice(np.array([0, 1, 2, 3]), p=[0.12, 0.53, 0.15, 0.2], size=epochs)
        results.append(
            SessionResult(
                session_id=f"{start:%Y%m%d%H%M%S}_{seed:05d}",
                state="COMPLETE",
                start=start,
                end=start + timedelta(seconds=30 * epochs),
                created_timezone=ZONE,
                sleep_stages=tuple(np.repeat(stages, lengths)[:epochs].tolist()),
            )
        )
    return results
