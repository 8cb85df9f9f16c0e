"""A cohort's year on one process and on two, by number of people: seconds and memory, each in a process of its own.

`python -m bench.scale` prints this part alone; `python -m bench.scale PEOPLE WORKERS` measures one size.
"""

import hashlib
import importlib
import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from analytics.score import ScoreRules
from analytics.sleeper import Sleeper
from analytics.summary import CohortPeriod
from bench.archives import END, ORGANISATION, ZONE, id_of, kept
from bench.results import Figure, table
from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne.batches import Batch, Place
from nocturne.engines import InProcess, Processes
from nocturne.summaries import Member, PartOf, summary

NIGHTS: Final = 365
SIZES: Final = (500, 1000, 2000, 5000)
_TWO_BESIDE_ONE: Final = 1 / 1.6
_FEW: Final = 8


def figures() -> list[Figure]:
    """Seconds and memory of each size on one process and on two; of the largest the ratio, best of two rounds each.

    The processes are there and have their modules when the clock starts; opening the archive is measured, in each.
    """
    found: list[Figure] = []
    for people in SIZES:
        rounds = 2 if people == SIZES[-1] else 1
        # In turns, so that a machine that is busy for a while is so for both.
        runs = [{workers: _run(people, workers) for workers in (1, 2)} for _ in range(rounds)]
        if len({one["digest"] for each in runs for one in each.values()}) != 1:
            raise AssertionError(f"the summaries of {people} people differ between one process and two")
        best = {workers: min((each[workers] for each in runs), key=_seconds) for workers in (1, 2)}
        for workers, words in ((1, "one process"), (2, "two processes")):
            name = f"cohort summary of {people:,} x {NIGHTS} on {words}"
            found.append(Figure(name=name, value=best[workers]["seconds"], unit="s"))
            found.append(Figure(name=f"{name}, memory of all", value=best[workers]["gib"], unit="GiB"))
    two, one = (best[workers]["seconds"] for workers in (2, 1))
    name = f"cohort summary of {SIZES[-1]:,}: two warm processes beside one"
    return [*found, Figure(name=name, value=two / one, unit="ratio", bound=_TWO_BESIDE_ONE)]


def measured(people: int, workers: int) -> dict[str, Any]:
    """One summary; memory is the peak of this process and of its workers, shared pages counted in each."""
    archive = NightArchive(kept(people), PlainSeal())
    engine = (
        InProcess(ORGANISATION, archive)
        if workers == 1
        else Processes(ORGANISATION, archive, workers=workers)
    )
    last = END.date()
    part_of = PartOf(
        organisation=ORGANISATION, first=last - timedelta(days=NIGHTS - 1), last=last, rules=ScoreRules()
    )
    _warmed(engine, part_of, workers)
    squad = _squad(people)
    pids = ["self", *(str(child.pid) for child in multiprocessing.active_children())]
    before = [_cpu_s(pid) for pid in pids]
    start = time.perf_counter()
    found = summary("Everyone", squad, part_of, archive=archive, engine=engine, synced={})
    seconds = time.perf_counter() - start
    gib = sum(peak_gib(pid) for pid in pids)
    cpu = [_cpu_s(pid) - was for pid, was in zip(pids, before, strict=True)]
    engine.close()
    return {"seconds": seconds, "gib": gib, "cpu": cpu, "digest": _digest(found)}


@dataclass(frozen=True, kw_only=True)
class _Slowly:
    """A part, and so long that every worker gets one."""

    part_of: PartOf

    def __call__(self, archive: NightArchive, people: tuple[Member, ...], /) -> int:
        time.sleep(0.5)
        return len(self.part_of(archive, people).table)


def _warmed(engine: InProcess | Processes, part_of: PartOf, workers: int) -> None:
    """Everything imported in every process, by the summary of a handful of other people."""
    place = Place.of(ORGANISATION, kept(_FEW))
    few = tuple(
        Member(person_id=sleeper.person_id, zone=ZONE, birth_year=1985, synced=None)
        for sleeper in _squad(_FEW)
    )
    batch = Batch(function=_Slowly(part_of=part_of), place=place, people=few)
    if isinstance(engine, InProcess):
        engine = InProcess(ORGANISATION, NightArchive(place.folder, PlainSeal()))
    under_way = [engine.submit(batch) for _ in range(workers)]
    wait(under_way)
    if any(one.result().failures for one in under_way):
        raise AssertionError("a worker could not be warmed")


def _squad(people: int) -> list[Sleeper]:
    """In an order that is not that of the ids, as a roster by name is."""
    order = np.random.default_rng(1).permutation(people).tolist()
    return [
        Sleeper(person_id=id_of(number), name=f"Person {at}", zone=ZONE, birth_year=1985)
        for at, number in enumerate(order)
    ]


def _digest(found: CohortPeriod) -> str:
    told = repr((found.people.to_json(double_precision=15), found.figures, found.ledger, found.lead))
    return hashlib.sha256(told.encode()).hexdigest()


def _seconds(run: dict[str, Any]) -> float:
    return float(run["seconds"])


def peak_gib(pid: str) -> float:
    """The most memory that a process has held, in GiB; "self" for this one."""
    # Not getrusage, whose figure a child process inherits from its parent.
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 2**30


def _cpu_s(pid: str) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _run(people: int, workers: int) -> dict[str, Any]:
    kept(people)
    command = [sys.executable, "-m", "bench.scale", str(people), str(workers)]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(table(figures()))
    else:
        # By its own name: what lives in a main module cannot travel to a worker.
        by_name = importlib.import_module("bench.scale")
        print(json.dumps(by_name.measured(int(sys.argv[1]), int(sys.argv[2]))))
