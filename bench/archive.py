"""The archive of nights: opened, added to, erased from, passed through; memory is that of a process of its own."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np

from bench import archives
from bench.archives import NIGHTS, ORGANISATION, RECEIVED, ZONE, person_ids
from bench.results import Figure
from cache import arrivals
from cache.archive import NightArchive
from cache.arrivals import Delivery, PutReport
from cache.seal import PlainSeal
from cache.shelf import Shelf
from cache.table import NightTable

_FEW, _MANY, _SOME = 500, 5000, 100
_MIB, _GIB = 2**20, 2**30


def figures() -> list[Figure]:
    """Seconds and memory of what pages and synchronisation ask of the archive."""
    return [*_opened(), *_one_person(), *_added(), *_erased(_FEW), *_erased(_MANY), *_passed_through()]


def _opened() -> Iterator[Figure]:
    few, many = archives.kept(_FEW), archives.kept(_MANY)
    name = f"archive: statistics of {_FEW} x {NIGHTS} opened, all columns touched"
    yield Figure(name=name, value=_median(lambda: _touched(few)) * 1000, unit="ms", bound=100.0)
    table = NightArchive(few, PlainSeal()).statistics(ORGANISATION)
    copied = _median(lambda: table.select_dtypes("number").copy(deep=True))
    ratio = _median(lambda: _touched(few)) / copied
    yield Figure(name="archive: opening beside copying the same numbers in memory", value=ratio, unit="ratio")
    _elsewhere(
        "open", many
    )  # the bound is of a start with the files in memory, which other work may have taken
    measured = _elsewhere("open", many)
    name = f"archive: statistics of {_MANY:,} x {NIGHTS} opened, all columns touched"
    yield Figure(name=name, value=measured["seconds"], unit="s", bound=1.5)
    yield Figure(name=f"{name}, memory", value=measured["peak"] / _GIB, unit="GiB", bound=1.25)


def _one_person() -> Iterator[Figure]:
    archive, names = NightArchive(archives.kept(_FEW), PlainSeal()), person_ids(_FEW)
    spent = _median(lambda: archive.sessions(ORGANISATION, next(names)), rounds=25)
    yield Figure(
        name=f"archive: {NIGHTS} nights with stages of a person", value=spent * 1000, unit="ms", bound=15.0
    )


def _added() -> Iterator[Figure]:
    """One night more of people who have a year, as a reader beside the writer meets it."""
    durable, visible = list[float](), list[float]()
    with archives.room() as folder:
        writer = archives.copied(_FEW, Path(folder))
        reader = NightArchive(Path(folder), PlainSeal())
        reader.statistics(ORGANISATION)
        for number, name in zip(range(9), person_ids(_FEW), strict=False):
            before = len(reader.statistics(ORGANISATION))
            safe_s, start = _put_tonight(writer, name, seed=number)
            seen = len(reader.statistics(ORGANISATION)) == before + 1
            visible.append(time.perf_counter() - start if seen else np.inf)
            durable.append(safe_s)
    name = f"archive: a night added to one of {_FEW} x {NIGHTS}"
    yield Figure(name=f"{name}, on disk", value=float(np.median(durable)) * 1000, unit="ms", bound=20.0)
    yield Figure(name=f"{name}, to be seen", value=float(np.median(visible)) * 1000, unit="ms", bound=60.0)


def _put_tonight(writer: NightArchive, person_id: str, *, seed: int) -> tuple[float, float]:
    """After how many seconds the night was on disk, and when it all began.

    It is on disk when the archive begins to merge it: a test of the archive holds it to that.
    """
    last = archives.year(seed)[0]
    day = timedelta(days=1)
    tonight = msgspec.structs.replace(
        last, session_id="tonight", start=last.start + day, end=last.start + day + timedelta(hours=8)
    )
    reached, merge = list[float](), arrivals.merged_in

    def noted(shelf: Shelf, delivery: Delivery) -> tuple[PutReport, NightTable]:
        reached.append(time.perf_counter())
        return merge(shelf, delivery)

    os.sync()
    start = time.perf_counter()
    with patch.object(arrivals, "merged_in", noted):
        writer.put(
            ORGANISATION, person_id, zone=ZONE, results=[tonight], received=RECEIVED + day, synced_at=None
        )
    return reached[0] - start, start


def _erased(people: int) -> Iterator[Figure]:
    with archives.room() as folder:
        archive = archives.copied(people, Path(folder))
        os.sync()  # the copy of the table is not what an erasure has to wait for
        names = person_ids(people)
        spent = _median(lambda: archive.erase(ORGANISATION, next(names)))
    yield Figure(
        name=f"archive: one of {people:,} x {NIGHTS} erased", value=spent * 1000, unit="ms", bound=100.0
    )


def _passed_through() -> Iterator[Figure]:
    many = archives.kept(_MANY)
    measured = _elsewhere("some", many)
    name = f"archive: stages of {_SOME} of {_MANY:,} people, memory more"
    yield Figure(name=name, value=measured["more"] / _MIB, unit="MiB", bound=16.0)
    measured = _elsewhere("all", many)
    name = f"archive: everybody's stages, {_MANY:,} x {NIGHTS}"
    yield Figure(name=name, value=measured["seconds"], unit="s", bound=25.0)
    yield Figure(name=f"{name}, memory", value=measured["peak"] / _GIB, unit="GiB", bound=7.0)


def _touched(folder: Path) -> int:
    """Reads every column once: a mapped page that is not read costs nothing and shows nothing."""
    table = NightArchive(folder, PlainSeal()).statistics(ORGANISATION)
    for column in (table[name] for name in table):
        if column.dtype == "str":
            column.str.len().max()
        elif column.dtype.kind == "M":
            column.max()
        else:
            column.to_numpy().max()
    return len(table)


def _elsewhere(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.archive", what, str(folder)]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def measured(what: str, folder: Path) -> dict[str, float]:
    """Seconds, bytes at the peak, and anonymous bytes more than before, in this process."""
    acts: dict[str, Callable[[], int]] = {
        "open": lambda: _touched(folder),
        "some": lambda: _stages(folder, _SOME),
        "all": lambda: _stages(folder, _MANY),
    }
    _stages(folder, 1)  # what is imported and set up at the first reading
    before, start = _memory("RssAnon"), time.perf_counter()
    acts[what]()
    spent = time.perf_counter() - start
    return {"seconds": spent, "peak": _memory("VmHWM"), "more": _memory("RssAnon") - before}


def _stages(folder: Path, people: int) -> int:
    """Counts the epochs awake of so many people; their stages are held one person at a time."""
    archive = NightArchive(folder, PlainSeal())
    passed = archive.stages_of(ORGANISATION, person_ids(people))
    return sum(int(np.count_nonzero(each.stages.values == 0)) for _, each in passed)


def _memory(kind: str) -> int:
    found = re.search(rf"{kind}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def _median(act: Callable[[], object], rounds: int = 5) -> float:
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]))))
