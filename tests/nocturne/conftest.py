"""A simulator over real HTTP, and an application of its own for each test."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne.access import Actor, local_actor
from nocturne.application import Application, build
from nocturne.sync import synchronise
from settings import Settings
from tests.nocturne.importing import import_people

UNTIL = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
NIGHTS = 30


@pytest.fixture(scope="session")
def simulator() -> Iterator[Running]:
    with serve(simulated_world(people=6, nights=NIGHTS, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


@pytest.fixture
def make_application(tmp_path: Path, simulator: Running) -> Iterator[Callable[..., Application]]:
    made: list[Application] = []

    def make(*, address: str | None = None, key: str | None = None, now: datetime = NOW) -> Application:
        settings = Settings(
            asleep_api_key=key or simulator.api_key,  # type: ignore[arg-type]
            asleep_base_url=address or simulator.address,
            nocturne_data_dir=tmp_path / "data",
            nocturne_rate_limit_per_second=1000,
            nocturne_sync_days=NIGHTS,
        )
        application = build(settings, now=lambda: now)
        made.append(application)
        return application

    yield make
    for application in made:
        application.close()


@pytest.fixture
def application(make_application: Callable[..., Application]) -> Application:
    return make_application()


@pytest.fixture
def actor(application: Application) -> Actor:
    return local_actor(application.organisation)


def roster_csv(simulator: Running) -> str:
    lines = ["vendor_id,name,zone,birth_year,sex,tags"]
    lines += [
        ",".join(
            [
                person.user_id,
                f'"{person.name}"',
                person.zone,
                str(person.birth_year or ""),
                person.sex or "",
                ";".join(person.tags),
            ]
        )
        for person in simulator.world.people
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def filled(application: Application, actor: Actor, simulator: Running) -> Application:
    import_people(application, actor, roster_csv(simulator))
    progress = synchronise(application, actor, application.people())
    assert not progress.failures
    return application
