"""Everybody's statistics beside what the rate allows, over HTTP from a simulator in a process of its own."""

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Final

from pydantic import SecretStr

from bench.results import Figure
from bench.vendor import Account, Vendor, vendor
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
    """Seconds, calls a person and the ratio to the rate bound, until the nights of 500 people are in the archive.

    The bound is of a vendor that knows its nights; what it takes beside one that invents them meanwhile, on the same
    cores, is told too.
    """
    account = Account(people=_PEOPLE, nights=_NIGHTS, latency_ms=20, rate_per_s=_RATE_PER_S, known=True)
    known, invented = _measured(account), _measured(replace(account, known=False))
    name = f"sync: statistics of {_PEOPLE} people x {_NIGHTS} nights at {_RATE_PER_S:g} calls per second"
    least_s = _PEOPLE / _RATE_PER_S
    ratio, called = known.spent_s / least_s, known.calls / _PEOPLE
    return [
        Figure(name=f"{name}, {known.nights:,} nights in the archive", value=known.spent_s, unit="s"),
        Figure(name=f"{name}, calls a person", value=called, unit="calls", bound=1.0),
        Figure(name=f"{name}, beside what the rate allows", value=ratio, unit="ratio", bound=1.05),
        Figure(
            name=f"{name}, the same while the vendor invents them",
            value=invented.spent_s / least_s,
            unit="ratio",
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class _Measured:
    spent_s: float
    calls: int
    nights: int


def _measured(account: Account) -> _Measured:
    with vendor(account) as served, tempfile.TemporaryDirectory(prefix="nocturne-bench-") as folder:
        application = _application(served, Path(folder))
        try:
            spent_s, calls, progress = _statistics(application, served)
            nights = application.archive.statistics(application.organisation)
            people = nights["person_id"].nunique()
        finally:
            application.close()
    if people != _PEOPLE or progress.statistics_done != _PEOPLE:
        raise RuntimeError(f"The figure is of no use: the statistics of {people} of {_PEOPLE} people came.")
    return _Measured(spent_s=spent_s, calls=calls, nights=len(nights))


def _statistics(application: Application, served: Vendor) -> tuple[float, int, SyncProgress]:
    """Seconds and calls until everybody's statistics are written, and the progress then; stages are not asked for."""
    stop, show = Event(), application.board.show
    reached: list[float] = []
    calls: list[int] = []

    def watched(progress: SyncProgress) -> None:
        show(progress)
        if progress.state == "listing" and not reached:
            reached.append(time.perf_counter())
            stop.set()
            calls.append(served.calls())

    application.board.show = watched  # type: ignore[method-assign]
    actor, people = local_actor(application.organisation), application.people()
    if isinstance(application.engine, Processes):
        application.engine.warm()  # as in a dashboard that has been running
    start = time.perf_counter()
    progress = synchronise(application, actor, people, stop=stop)
    return reached[0] - start, calls[0], progress


def _application(served: Vendor, folder: Path) -> Application:
    settings = Settings(
        asleep_api_key=SecretStr(served.api_key),
        asleep_base_url=served.address,
        nocturne_data_dir=folder,
        nocturne_rate_limit_per_second=_RATE_PER_S,
        nocturne_sync_days=_NIGHTS,
        nocturne_workers=_WORKERS,
    )
    application = build(settings)
    application.store.add_people(
        application.organisation,
        [NewPerson(vendor_id=vendor_id, name=name, zone=zone) for vendor_id, name, zone in served.people],
    )
    return application
