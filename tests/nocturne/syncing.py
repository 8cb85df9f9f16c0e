"""What the tests of synchronisation share: a client that notes what is asked, an application at a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from pydantic import SecretStr

from analytics.sessions import SessionSet
from asleep.client import AsleepClient, Backoff, Pacer, Timeouts
from asleep.models import AverageStats, SessionResult
from asleep.simulator.server import Running
from cache.archive import NightArchive
from cache.client import CachedAsleep
from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.progress import SyncProgress
from nocturne.sync import synchronise
from settings import Settings
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people

UNTIL: Final = date(2026, 3, 10)
NOW: Final = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
A_DAY_LATER: Final = NOW + timedelta(days=1)


class NotingClient(AsleepClient):
    """The true client, which notes what is asked, in order, and lets a test alter what is answered."""

    def __init__(self, running: Running) -> None:
        super().__init__(
            base_url=running.address,
            api_key=running.api_key,
            timeouts=Timeouts(connect_s=2, read_s=2, total_s=5, background_s=10),
            backoff=Backoff(first_s=0.01, longest_s=0.05),
            pacer=Pacer(None),
        )
        self.asked: list[tuple[str, str]] = []
        self.before_session: Callable[[str], None] = lambda _: None
        self.altered_averages: Callable[[AverageStats], AverageStats] = lambda averages: averages
        self.altered_session: Callable[[SessionResult], SessionResult] = lambda session: session

    def average_stats(self, user_id: str, *, first: date, last: date) -> AverageStats:
        self.asked.append(("average_stats", user_id))
        return self.altered_averages(super().average_stats(user_id, first=first, last=last))

    def get_session(self, user_id: str, session_id: str) -> SessionResult:
        self.asked.append(("get_session", session_id))
        self.before_session(session_id)
        return self.altered_session(super().get_session(user_id, session_id))

    @property
    def sessions_asked(self) -> list[str]:
        return [what for operation, what in self.asked if operation == "get_session"]


@contextmanager
def opened(
    folder: Path, running: Running, *, now: datetime = NOW, days: int = 60, client: AsleepClient | None = None
) -> Iterator[Application]:
    """The application of a folder at a moment, with the simulator's people on its roster."""
    settings = Settings(
        asleep_api_key=SecretStr(running.api_key),
        asleep_base_url=running.address,
        nocturne_data_dir=folder,
        nocturne_rate_limit_per_second=1000,
        nocturne_sync_days=days,
    )
    application = build(settings, now=lambda: now)
    asked = client or NotingClient(running)
    cached = CachedAsleep(
        asked,
        application.asleep._disk,
        organisation=application.organisation,
        environment=settings.asleep_environment,
        now=lambda: now,
    )
    application = replace(application, asleep=cached, releases=(asked.close, *application.releases))
    if not application.people():
        import_people(application, local_actor(application.organisation), roster_csv(running))
    try:
        yield application
    finally:
        application.close()


def synchronised_all(application: Application) -> SyncProgress:
    return synchronise(application, local_actor(application.organisation), application.people())


def synchronised_at(
    folder: Path, running: Running, *, now: datetime = NOW, days: int = 60, client: AsleepClient | None = None
) -> SyncProgress:
    with opened(folder, running, now=now, days=days, client=client) as application:
        return synchronised_all(application)


def nights_of(application: Application) -> pd.DataFrame:
    """Everybody's nights by the vendor's person and the session, without when they were received."""
    by_id = {person.person_id: person.vendor_id for person in application.people()}
    nights = application.archive.statistics(application.organisation).drop(columns="received")
    nights = nights.assign(person_id=[by_id[person_id] for person_id in nights["person_id"]])
    return nights.sort_values(["person_id", "start", "session_id"]).reset_index(drop=True)


def same_sessions(one: SessionSet, other: SessionSet) -> None:
    """Both are equal in everything but when they were received, which differs from run to run."""
    moments = ["received", "summary_at"]
    pd.testing.assert_frame_equal(one.frame.drop(columns=moments), other.frame.drop(columns=moments))
    for mine, theirs in ((one.stages, other.stages), (one.snoring, other.snoring)):
        np.testing.assert_array_equal(mine.values, theirs.values)
        np.testing.assert_array_equal(mine.offsets, theirs.offsets)


def kept_sessions(application: Application) -> dict[str, SessionSet]:
    """Everybody's sessions by the vendor's person."""
    return {
        person.vendor_id: application.archive.sessions(application.organisation, person.person_id)
        for person in application.people()
    }


def by_sessions_alone(folder: Path, running: Running, application: Application) -> pd.DataFrame:
    """The nights that lists and sessions give, without any statistics and without our synchronisation."""
    archive = NightArchive(folder, application.archive._seal)
    with NotingClient(running) as client:
        for person in application.people():
            results = [
                client.get_session(person.vendor_id, item.session_id)
                for item in client.list_sessions(person.vendor_id)
            ]
            archive.put(
                "main", person.person_id, zone=person.zone, results=results, received=NOW, synced_at=NOW
            )
    return nights_of(replace(application, archive=archive))
