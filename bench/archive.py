"""Archive statistics of 500 people x 365 nights, generated directly and not over HTTP."""

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from bench.archives import END, ZONE, year
from bench.results import Figure
from cache.archive import NightArchive
from cache.seal import PlainSeal

_PEOPLE, _LIVES = 500, 25


def figures() -> list[Figure]:
    """Time to put one person's year, and to open and touch every statistic of everybody, beside a plain copy.

    People share 25 made-up years: what is in a year does not change how long it takes to read.
    """
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        lives = [year(seed) for seed in range(_LIVES)]
        archive = NightArchive(Path(folder), PlainSeal())
        start = time.perf_counter()
        for number in range(_PEOPLE):
            archive.put(
                "bench",
                f"p_{number:012d}",
                zone=ZONE,
                results=lives[number % _LIVES],
                received=END + timedelta(days=1),
                synced_at=END + timedelta(days=1),
            )
        put = (time.perf_counter() - start) / _PEOPLE
        archive.fold("bench")
        opened = _median(lambda: _touch(NightArchive(Path(folder), PlainSeal()).statistics("bench")))
        table = NightArchive(Path(folder), PlainSeal()).statistics("bench")
        copied = _median(lambda: _touch(table.select_dtypes("number").copy()))
    return [
        Figure(
            name="archive: put a person's year (365 nights, dated and scored)", value=put * 1000, unit="ms"
        ),
        Figure(
            name=f"archive: statistics of {len(table):,} nights opened and touched",
            value=opened * 1000,
            unit="ms",
            bound=100.0,
        ),
        Figure(
            name="archive: opening beside copying the same numbers in memory",
            value=opened / copied,
            unit="ratio",
        ),
    ]


def _touch(table: pd.DataFrame) -> float:
    """Reads every number once; a memory-mapped page that is not read costs nothing and shows nothing."""
    return float(sum(np.nansum(table[name].to_numpy()) for name in table.select_dtypes("number").columns))


def _median(act: Callable[[], object], rounds: int = 5) -> float:
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent))
