"""What the tests of back-ups share: an installation with something in every corner, made once and copied for each."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from pydantic import SecretStr

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne.access import Actor, local_actor
from nocturne.application import Application, build
from nocturne.backup import backup
from nocturne.sync import synchronise
from settings import Settings
from store.cohort_rules import CohortRule
from store.cohorts import NewCohort
from store.journal import NewNote
from tests.cache.test_full_disk import small_disk  # noqa: F401
from tests.nocturne.conftest import roster_csv
from tests.nocturne.importing import import_people
from tests.nocturne.syncing import NOW, UNTIL, same_sessions
from tests.store.conftest import postgres, postgres_url  # noqa: F401


@pytest.fixture(scope="module")
def vendor() -> Iterator[Running]:
    with serve(simulated_world(people=4, nights=10, seed=5, until=UNTIL, now=NOW)) as running:
        yield running


def settings_of(folder: Path, vendor: Running, database: str | None = None) -> Settings:
    return Settings(
        asleep_api_key=SecretStr(vendor.api_key),
        asleep_base_url=vendor.address,
        nocturne_data_dir=folder,
        nocturne_database_url=None if database is None else SecretStr(database),
        nocturne_rate_limit_per_second=1000,
        nocturne_sync_days=30,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Application]:
    application = build(settings, now=lambda: NOW)
    try:
        yield application
    finally:
        application.close()


def filled_in(application: Application, vendor: Running) -> None:
    """Puts four people with their nights, a note, a cohort and a setting into an installation."""
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(vendor))
    assert not synchronise(application, actor, application.people()).failures
    person = application.people()[0]
    note = NewNote(person_id=person.person_id, text="Zoë moved house.")
    application.store.journal.add_note(application.organisation, note, by="Kim")
    cohort = NewCohort(name="Grown up", rule=CohortRule(youngest_years=18))
    application.store.cohorts.add(application.organisation, cohort, by="Kim")
    application.store.preferences.set(application.organisation, "k", [1, "ü"], version=0, by="Kim")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, vendor: Running) -> Path:
    """A folder that nobody opens: `data`, and `all.zip` with a back-up of it."""
    folder = tmp_path_factory.mktemp("made-once")
    with opened(settings_of(folder / "data", vendor)) as application:
        filled_in(application, vendor)
        backup(application, local_actor(application.organisation), folder / "all.zip")
    return folder


@pytest.fixture
def filled(tmp_path: Path, made_once: Path, vendor: Running) -> Iterator[Application]:
    """A copy of its own."""
    shutil.copytree(made_once / "data", tmp_path / "data")
    with opened(settings_of(tmp_path / "data", vendor)) as application:
        yield application


@pytest.fixture
def actor(filled: Application) -> Actor:
    return local_actor(filled.organisation)


@pytest.fixture
def file(made_once: Path, tmp_path: Path) -> Path:
    """A copy of the back-up: it may be spoilt."""
    return Path(shutil.copy(made_once / "all.zip", tmp_path / "all.zip"))


def same(one: Application, other: Application) -> None:
    """Both hold the same people with the same nights and everything that was written about them."""
    organisation = one.organisation
    assert one.people() == other.people()
    assert one.store.sync_states(organisation) == other.store.sync_states(organisation)
    assert one.store.cohorts.all(organisation) == other.store.cohorts.all(organisation)
    assert one.store.preferences.all(organisation) == other.store.preferences.all(organisation)
    for person in one.people():
        same_sessions(
            one.archive.sessions(organisation, person.person_id),
            other.archive.sessions(organisation, person.person_id),
        )
        assert one.store.journal.notes(organisation, person.person_id) == other.store.journal.notes(
            organisation, person.person_id
        )
    pd.testing.assert_frame_equal(
        one.archive.statistics(organisation), other.archive.statistics(organisation)
    )
    assert one.archive.synced(organisation) == other.archive.synced(organisation)


def nothing_in(folder: Path) -> bool:
    """Whether no night is there, whole or half written, and no note of a restoration under way."""
    left = {".parquet", ".part", ".arrow"}
    return not any(path.suffix in left or path.name == "restoring" for path in folder.rglob("*"))
