"""A research bundle of many people and a year each, with all epochs, in a process of its own with two workers."""

import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench.archives import END, NIGHTS, ORGANISATION
from bench.home import opened
from bench.results import Figure
from nocturne.access import local_actor
from nocturne.bundles import BundleWanted, make_bundle
from nocturne.engines import Processes

_PEOPLE: Final = 500
_BOUND_S: Final = 60.0
_BOUND_GIB: Final = 1.5
_WORKERS: Final = 2
_GIB: Final = 2**30


def figures() -> list[Figure]:
    """Seconds and memory with epochs, and the size of the file."""
    command = [sys.executable, "-m", "bench.bundle", str(_PEOPLE)]
    measured = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    name = f"bundle of {_PEOPLE} x {NIGHTS} with epochs"
    return [
        Figure(name=name, value=measured["seconds"], unit="s", bound=_BOUND_S),
        Figure(name=f"{name}, memory", value=measured["gib"], unit="GiB", bound=_BOUND_GIB),
        Figure(name=f"{name}, size", value=measured["mb"], unit="MB"),
    ]


def measured(people: int) -> dict[str, float]:
    """Seconds from the question to the file, peak memory of this process and its workers together, and the size."""
    with tempfile.TemporaryDirectory(prefix="nocturne-bench-") as name, opened(people, Path(name)) as plain:
        workers = Processes(ORGANISATION, plain.archive, workers=_WORKERS)
        application = replace(plain, engine=workers)
        wanted = BundleWanted(
            people=application.people(),
            label="everyone",
            first=(END - timedelta(days=NIGHTS + 1)).date(),
            last=(END + timedelta(days=1)).date(),
            pseudonyms=True,
        )
        begun = time.perf_counter()
        run = make_bundle(application, local_actor(ORGANISATION), wanted, Path(name) / "all.zip")
        seconds = time.perf_counter() - begun
        theirs = sum(_peak_gib(process.pid) for process in multiprocessing.active_children())
        workers.close()
    if run.written.sleeps != people * NIGHTS:
        raise RuntimeError(f"the bundle has {run.written.sleeps} sleeps, so its time means nothing")
    return {"seconds": seconds, "gib": _peak_gib("self") + theirs, "mb": run.written.size / 1e6}


def _peak_gib(process: object) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / _GIB


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
