"""Weekly PDFs of 500 people on two processes: seconds and memory, in processes of their own.

`python -m bench.report_runs` prints this part alone.
"""

import importlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from analytics.score import ScoreRules
from analytics.sleeper import Sleeper
from bench.archives import END, ORGANISATION, ZONE, id_of, kept
from bench.results import Figure, table
from bench.scale import peak_gib
from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne.documents import PersonDocuments, Reader, Wanted
from nocturne.engines import Processes
from nocturne.mapping import Each, outcomes
from nocturne.places import Folder

PEOPLE: Final = 500
WORKERS: Final = 2
_PER_BATCH: Final = 10
_MIB_IN_A_GIB: Final = 1024


def figures() -> list[Figure]:
    """Seconds for all, with the processes there and warm, and the peak memory of all processes together."""
    command = [sys.executable, "-m", "bench.report_runs", str(kept(PEOPLE))]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    name = f"{PEOPLE} weekly PDFs on {WORKERS} processes"
    return [
        Figure(name=name, value=found["seconds"], unit="s", bound=30.0),
        Figure(name=f"{name}, memory of all", value=found["gib"] * _MIB_IN_A_GIB, unit="MiB", bound=600.0),
    ]


def measured(nights: Path) -> dict[str, float]:
    """One run into a folder; memory is the peak of this process and of its workers, shared pages counted in each.

    The archive in the folder `nights` is there already: who makes it holds the lives that it is made of.
    """
    archive = NightArchive(nights, PlainSeal())
    engine = Processes(ORGANISATION, archive, workers=WORKERS)
    made_of = PersonDocuments(
        organisation=ORGANISATION,
        wanted=Wanted(ending=END.date(), formats=("pdf",)),
        rules=ScoreRules(),
        need=None,
        generated_at=END,
    )
    people = [
        Reader(sleeper=Sleeper(person_id=id_of(n), name=f"Person {n}", zone=ZONE, birth_year=1985))
        for n in range(PEOPLE)
    ]
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        _run(engine, made_of, people[: 2 * _PER_BATCH], Path(folder))
        start = time.perf_counter()
        written = _run(engine, replace(made_of), people, Path(folder))
        seconds = time.perf_counter() - start
        pids = ["self", *(str(child.pid) for child in multiprocessing.active_children())]
        gib = sum(peak_gib(pid) for pid in pids)
    engine.close()
    if written != PEOPLE:
        raise AssertionError(f"{PEOPLE} reports were asked for, and {written} were written")
    return {"seconds": seconds, "gib": gib}


def _run(engine: Processes, made_of: PersonDocuments, people: list[Reader], folder: Path) -> int:
    place, written = Folder(folder), 0
    for outcome in outcomes(Each(function=made_of), people, engine, people_per_batch=_PER_BATCH):
        if outcome.failures:
            raise AssertionError(outcome.failures[0].reason)
        for served in outcome.values:
            for made in served.documents:
                place.take(made)
                written += 1
    return written


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(table(figures()))
    else:
        # By its own name: what lives in a main module cannot travel to a worker.
        print(json.dumps(importlib.import_module("bench.report_runs").measured(Path(sys.argv[1]))))
