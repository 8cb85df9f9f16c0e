"""Archives of many people, made without HTTP and kept between runs: people share 25 made-up years.

What is in a year does not change how long it takes to read, so each year's nights are computed once and each
person's files are written as `NightArchive.put_many` would write them. They lie in `bench/.archives`, or where
NOCTURNE_BENCH_ARCHIVES says; an archive of another format, or one that was not finished, is made anew.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from analytics.nights import night_columns
from asleep.models import SessionResult
from cache import columns, table
from cache.answers import session_set
from cache.archive import NightArchive
from cache.columns import PersonFile, encode_person
from cache.derived import fold
from cache.seal import PlainSeal
from cache.shelf import Shelf
from cache.table import NightTable

NIGHTS, ORGANISATION, ZONE = 365, "bench", "Europe/Berlin"
END = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
RECEIVED = END + timedelta(days=1)
_LIVES = 25
_SHORTER = 180
_MAKING = 2
"""Raised whenever this module makes other archives than before."""


@dataclass(frozen=True, kw_only=True)
class _Life:
    file: bytes
    nights: NightTable


def kept(people: int) -> Path:
    """The folder of an archive of that many people and 365 nights of each; nobody may change what lies there."""
    folder = _home() / str(people)
    stamp = folder / "stamp"
    if not stamp.exists() or stamp.read_text() != _stamp():
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, people)
        stamp.write_text(_stamp())
    return folder


def room() -> "tempfile.TemporaryDirectory[str]":
    """A folder for a while, on the device of the kept archives: a file has further names on its own device only."""
    _home().mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="nocturne-bench-", dir=_home())


def copied(people: int, folder: Path) -> NightArchive:
    """Such an archive to be changed, under a `folder` in `room`: people's files as further names of the kept ones.

    The archive replaces or deletes a person's file and never writes into one; the table it may write into is copied.
    """
    source, target = kept(people) / ORGANISATION, folder / ORGANISATION
    for part in ("people", "overlay"):
        (target / part).mkdir(parents=True)
    for file in (source / "people").iterdir():
        (target / "people" / file.name).hardlink_to(file)
    for name in ("statistics.arrow", "version"):
        shutil.copy2(source / name, target / name)
    return NightArchive(folder, PlainSeal())


def person_ids(people: int) -> Iterator[str]:
    """The ids of an archive of that many people, in order."""
    return (id_of(number) for number in range(people))


def id_of(number: int) -> str:
    """The id of the person with this number."""
    return f"p_{number:012d}"


@cache
def year(seed: int) -> tuple[SessionResult, ...]:
    """A made-up year of sessions, in runs of about ten minutes, newest first."""
    rng = np.random.default_rng(seed)
    return tuple(_night(rng, seed, END - timedelta(days=night)) for night in range(NIGHTS))


def _night(rng: np.random.Generator, seed: int, about: datetime) -> SessionResult:
    start = about + timedelta(minutes=int(rng.integers(-60, 60)))
    epochs = int(rng.integers(780, 1040))
    if seed % 3 == 0 and END - about < timedelta(days=7):
        epochs -= _SHORTER  # a third of the lives has a week that somebody should look at
    lengths = rng.integers(1, 40, size=epochs)
    stages = rng.choice(np.array([0, 1, 2, 3]), p=[0.12, 0.53, 0.15, 0.2], size=epochs)
    return SessionResult(
        session_id=f"{start:%Y%m%d%H%M%S}_{seed:05d}",
        state="COMPLETE",
        start=start,
        end=start + timedelta(seconds=30 * epochs),
        created_timezone=ZONE,
        sleep_stages=tuple(np.repeat(stages, lengths)[:epochs].tolist()),
    )


def _home() -> Path:
    return Path(os.environ.get("NOCTURNE_BENCH_ARCHIVES") or Path(__file__).parent / ".archives")


def _stamp() -> str:
    """Names all that decides what the files look like."""
    life = _life(0)
    return hashlib.sha256(f"{_MAKING} {columns.SCHEMA} {table.SCHEMA}".encode() + life.file).hexdigest()


@cache
def _life(seed: int) -> _Life:
    person = PersonFile(sessions=session_set(year(seed), received=RECEIVED), zone=ZONE, synced_at=RECEIVED)
    nights = night_columns(person.sessions, zone=ZONE)
    part = table.Part(person_id="", rows=0, zone=ZONE, synced_at=RECEIVED, size=0, mtime_ns=0)
    return _Life(file=encode_person(person), nights=table.night_table_of(nights, part))


def _make(folder: Path, people: int) -> None:
    shelf = Shelf(folder=folder / ORGANISATION, organisation=ORGANISATION, seal=PlainSeal())
    with shelf.alone():
        tables = [_put(shelf, name, _life(number % _LIVES)) for number, name in enumerate(person_ids(people))]
        fold(shelf, fresh=tables)


def _put(shelf: Shelf, person_id: str, life: _Life) -> NightTable:
    shelf.person(person_id).write_bytes(life.file)
    stat = shelf.person(person_id).stat()
    part = msgspec.structs.replace(
        life.nights.parts[0], person_id=person_id, size=stat.st_size, mtime_ns=stat.st_mtime_ns
    )
    owner = pa.array([person_id] * part.rows, pa.large_string())
    return NightTable(parts=(part,), rows=life.nights.rows.set_column(0, "person_id", owner))
