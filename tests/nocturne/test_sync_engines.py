"""A synchronisation with worker processes or a dask cluster brings what it brings without them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import pandas as pd
import pytest

from analytics.sessions import SessionSet
from asleep.simulator.server import Running
from cache.archive import Delivery
from nocturne import sync_writer
from nocturne.access import local_actor
from nocturne.application import Application, build
from nocturne.engines import Processes
from nocturne.progress import SyncProgress
from nocturne.sync import synchronise
from nocturne.sync_writer import StatisticsWriter
from settings import Settings
from tests.nocturne.clusters import cluster
from tests.nocturne.conftest import NIGHTS, NOW, roster_csv, simulator  # noqa: F401
from tests.nocturne.importing import import_people
from tests.nocturne.mapped import Deadly

Content = dict[str, tuple[SessionSet, pd.DataFrame]]


@contextmanager
def opened(folder: Path, running: Running, **settings: object) -> Iterator[Application]:
    application = build(
        Settings(
            asleep_api_key=running.api_key,  # type: ignore[arg-type]
            asleep_base_url=running.address,
            nocturne_data_dir=folder,
            nocturne_rate_limit_per_second=1000,
            nocturne_sync_days=NIGHTS,
            **settings,  # type: ignore[arg-type]
        ),
        now=lambda: NOW,
    )
    import_people(application, local_actor(application.organisation), roster_csv(running))
    try:
        yield application
    finally:
        application.close()


def content(application: Application) -> Content:
    """What the archive has of each person, by the vendor's id: ours are drawn by lot."""
    archive, organisation = application.archive, application.organisation
    return {
        person.vendor_id: (
            archive.sessions(organisation, person.person_id),
            archive.nights(organisation, person.person_id),
        )
        for person in application.people()
    }


def assert_equal(found: Content, expected: Content) -> None:
    assert found.keys() == expected.keys()
    for vendor_id, (sessions, nights) in found.items():
        pd.testing.assert_frame_equal(sessions.frame, expected[vendor_id][0].frame)
        assert sessions.stages.values.tolist() == expected[vendor_id][0].stages.values.tolist()
        pd.testing.assert_frame_equal(nights, expected[vendor_id][1])


def synchronised(application: Application, *, statistics_only: bool) -> SyncProgress:
    stop, show = Event(), application.board.show

    def watched(progress: SyncProgress) -> None:
        show(progress)
        if statistics_only and progress.state == "listing":
            stop.set()

    application.board.show = watched  # type: ignore[method-assign]
    return synchronise(application, local_actor(application.organisation), application.people(), stop=stop)


@pytest.fixture(scope="module")
def plain(simulator: Running, tmp_path_factory: pytest.TempPathFactory) -> tuple[Content, Content]:  # noqa: F811
    """What this process alone brings: by statistics alone, and whole."""
    with opened(tmp_path_factory.mktemp("plain"), simulator) as application:
        synchronised(application, statistics_only=True)
        by_statistics = content(application)
        assert not synchronised(application, statistics_only=False).failures
        return by_statistics, content(application)


@pytest.fixture(scope="module", params=["processes", "dask"])
def workers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, object]]:
    if request.param == "processes":
        yield {"nocturne_workers": 2}
        return
    with cluster(tmp_path_factory.mktemp("dask")) as address:
        yield {"nocturne_dask_scheduler": address}


def test_statistics_and_stages_are_the_same_with_workers(
    plain: tuple[Content, Content],
    workers: dict[str, object],
    simulator: Running,  # noqa: F811
    tmp_path: Path,
) -> None:
    with opened(tmp_path, simulator, **workers) as application:
        synchronised(application, statistics_only=True)
        assert all(len(sessions) for sessions, _ in content(application).values())
        assert_equal(content(application), plain[0])
        assert not synchronised(application, statistics_only=False).failures
        assert_equal(content(application), plain[1])


def delivered(application: Application) -> Callable[[StatisticsWriter], None]:
    """Hands a writer everybody's sessions, as a synchronisation would."""
    deliveries = [
        Delivery(
            person_id=person.person_id,
            zone=person.zone,
            sessions=application.archive.sessions(application.organisation, person.person_id),
        )
        for person in application.people()
    ]

    def take(writer: StatisticsWriter) -> None:
        writer._pause_s = 0.0
        for delivery in deliveries:
            writer.take(delivery)
        writer.close()

    return take


def test_what_a_worker_that_dies_had_in_hand_is_written_all_the_same(
    plain: tuple[Content, Content],
    simulator: Running,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with opened(tmp_path, simulator, nocturne_workers=2) as application:
        synchronised(application, statistics_only=True)
        take = delivered(application)
        everybody = frozenset(person.person_id for person in application.people())
        for person_id in everybody:
            application.archive.erase(application.organisation, person_id)
        monkeypatch.setattr(sync_writer, "_Kept", lambda **_: Deadly(always=everybody))
        assert isinstance(application.engine, Processes)
        take(StatisticsWriter(application))
        assert_equal(content(application), plain[0])


def test_a_disk_that_is_full_is_named_in_the_log_and_stops_nobody(
    simulator: Running,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with opened(tmp_path, simulator) as application:
        synchronised(application, statistics_only=True)
        take = delivered(application)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(type(application.archive), "put_many", full)
        take(StatisticsWriter(replace(application)))
        assert "No space left on device" in caplog.text
