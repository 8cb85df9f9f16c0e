"""Everybody's statistics beside what the rate allows, over HTTP from a simulator in a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, Final

from bench.results import Figure
from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.engines import Processes
from nocturne.progress import SyncProgress
from nocturne.sync import synchronise
from settings import Settings
from store.people import NewPerson

_PEOPLE: Final = 500
_NIGHTS: Final = 90
_RATE_PER_S: Final = 50.0
_WORKERS: Final = 2


def figures() -> list[Figure]:
    """Seconds, calls a person and the ratio to the rate bound, until the nights of 500 people are in the archive."""
    with _vendor() as vendor, tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        application = _application(vendor, Path(folder))
        try:
            spent_s, progress = _statistics(application)
            nights = application.archive.statistics(application.organisation)
            people = nights["person_id"].nunique()
        finally:
            application.close()
    if people != _PEOPLE or progress.statistics_done != _PEOPLE:
        raise RuntimeError(f"The figure is of no use: the statistics of {people} of {_PEOPLE} people came.")
    least_s = _PEOPLE / _RATE_PER_S
    name = f"sync: statistics of {_PEOPLE} people x {_NIGHTS} nights at {_RATE_PER_S:g} calls per second"
    return [
        Figure(name=f"{name}, {len(nights):,} nights in the archive", value=spent_s, unit="s"),
        Figure(
            name=f"{name}, beside what the rate allows", value=spent_s / least_s, unit="ratio", bound=1.05
        ),
    ]


def _statistics(application: Application) -> tuple[float, SyncProgress]:
    """Seconds until everybody's statistics are written, and the progress then; stages are not asked for."""
    stop, show = Event(), application.board.show
    reached: list[float] = []

    def watched(progress: SyncProgress) -> None:
        show(progress)
        if progress.state == "listing" and not reached:
            reached.append(time.perf_counter())
            stop.set()

    application.board.show = watched  # type: ignore[method-assign]
    actor, people = local_actor(application.organisation), application.people()
    if isinstance(application.engine, Processes):
        application.engine.warm()  # as in a dashboard that has been running
    start = time.perf_counter()
    progress = synchronise(application, actor, people, stop=stop)
    return reached[0] - start, progress


def _application(vendor: dict[str, Any], folder: Path) -> Application:
    settings = Settings(
        asleep_api_key=vendor["api_key"],
        asleep_base_url=vendor["address"],
        nocturne_data_dir=folder,
        nocturne_rate_limit_per_second=_RATE_PER_S,
        nocturne_sync_days=_NIGHTS,
        nocturne_workers=_WORKERS,
    )
    application = build(settings)
    application.store.add_people(
        application.organisation,
        [
            NewPerson(vendor_id=person["user_id"], name=person["name"], zone=person["zone"])
            for person in vendor["people"]
        ],
    )
    return application


@contextmanager
def _vendor() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "asleep.simulator", "--people", str(_PEOPLE), "--nights", str(_NIGHTS)]
    command += ["--rate-limit", f"{_RATE_PER_S:g}", "--latency-ms", "20", "--exit-with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(10)
