"""A back-up and an empty installation filled from it: the same again, or a sentence and nothing."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pandas as pd
import pytest
from pydantic import SecretStr

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from cache import moving
from nocturne import backup as backup_module
from nocturne.access import Actor, local_actor
from nocturne.application import Application, build
from nocturne.backup import BackupError, backup, restore
from nocturne.erasure import erase_person
from nocturne.sync import synchronise
from settings import Settings
from store.cohort_rules import CohortRule
from store.cohorts import NewCohort
from store.errors import StoreError
from store.journal import NewNote
from tests.cache.test_full_disk import fill, small_disk  # noqa: F401
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


@pytest.fixture
def filled(tmp_path: Path, vendor: Running) -> Iterator[Application]:
    with opened(settings_of(tmp_path / "data", vendor)) as application:
        actor = local_actor(application.organisation)
        import_people(application, actor, roster_csv(vendor))
        synchronise(application, actor, application.people())
        person = application.people()[0]
        note = NewNote(person_id=person.person_id, text="Zoë moved house.")
        application.store.journal.add_note(application.organisation, note, by="Kim")
        cohort = NewCohort(name="Grown up", rule=CohortRule(youngest_years=18))
        application.store.cohorts.add(application.organisation, cohort, by="Kim")
        application.store.preferences.set(application.organisation, "k", [1, "ü"], version=0, by="Kim")
        yield application


@pytest.fixture
def actor(filled: Application) -> Actor:
    return local_actor(filled.organisation)


@pytest.fixture
def file(filled: Application, actor: Actor, tmp_path: Path) -> Path:
    backup(filled, actor, tmp_path / "all.zip")
    return tmp_path / "all.zip"


def same(one: Application, other: Application) -> None:
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def test_an_empty_installation_gets_everything_back(
    filled: Application, file: Path, tmp_path: Path, vendor: Running, database: str | None
) -> None:
    settings = settings_of(tmp_path / "second", vendor, database)
    told = restore(settings, file)
    assert (told.people, told.written_at) == (4, NOW)
    with opened(settings) as second:
        same(filled, second)
        roster = [person.person_id for person in second.people()]
        assert not second.archive.verify(second.organisation, roster=roster)
        vendor.requests.clear()
        assert not synchronise(second, local_actor(second.organisation), second.people()).failures
        assert set(vendor.requests) == {"listSessions"}, "nothing had to be brought again"


def test_a_back_up_is_private_and_holds_only_what_cannot_be_derived(
    filled: Application, actor: Actor, tmp_path: Path
) -> None:
    made = backup(filled, actor, tmp_path / "all.zip")
    assert (tmp_path / "all.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
    people = {f"people/{person.person_id}.parquet" for person in filled.people()}
    assert set(names) == {"manifest.json", "rows.jsonl"} | people
    assert made.people == 4
    assert made.size == (tmp_path / "all.zip").stat().st_size


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_back_up_that_is_cut_off_is_refused(
    file: Path, tmp_path: Path, vendor: Running, share: float
) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BackupError, match=r"Nothing was restored\."):
        restore(settings_of(tmp_path / "second", vendor), file)
    assert nothing_in(tmp_path / "second")


def test_a_flipped_byte_is_refused_before_anything_is_put_in_place(
    file: Path, tmp_path: Path, vendor: Running
) -> None:
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    for place in range(0, 300, 7):
        entry = entries[place % len(entries)]
        content = bytearray(whole)
        content[entry.header_offset + 60 + len(entry.filename) + place] ^= 0x40
        file.write_bytes(bytes(content))
        with pytest.raises(BackupError, match=r"Nothing was restored\."):
            restore(settings_of(tmp_path / "second", vendor), file)
        assert nothing_in(tmp_path / "second")


def altered(file: Path, change: Callable[[dict[str, object]], object]) -> None:
    """The same back-up with another manifest."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(entries["manifest.json"])
    change(manifest)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, json.dumps(manifest) if name == "manifest.json" else data)


def nothing_in(folder: Path) -> bool:
    """Whether no night and no row is there."""
    return not any(path.suffix == ".parquet" for path in folder.rglob("*"))


@pytest.mark.parametrize("field", ["format", "archive_format"])
def test_a_newer_format_is_refused_with_what_to_do(
    file: Path, tmp_path: Path, vendor: Running, field: str
) -> None:
    altered(file, lambda manifest: manifest.update({field: 99}))
    with pytest.raises(BackupError, match=r"99.*Use the Nocturne that wrote it, or a newer one"):
        restore(settings_of(tmp_path / "second", vendor), file)
    assert nothing_in(tmp_path / "second")


def test_the_back_up_of_another_organisation_is_refused(file: Path, tmp_path: Path, vendor: Running) -> None:
    altered(file, lambda manifest: manifest.update(organisation="demo"))
    with pytest.raises(BackupError, match="'demo'"):
        restore(settings_of(tmp_path / "second", vendor), file)


def test_an_installation_that_is_not_empty_is_left_as_it_is(
    filled: Application, file: Path, tmp_path: Path, vendor: Running
) -> None:
    before = filled.archive.statistics(filled.organisation)
    with pytest.raises(StoreError, match="already holds rows"):
        restore(filled.settings, file)
    pd.testing.assert_frame_equal(filled.archive.statistics(filled.organisation), before)
    elsewhere = settings_of(filled.settings.folder, vendor, f"sqlite:///{tmp_path}/empty.sqlite3")
    with pytest.raises(BackupError, match="already holds nights"):
        restore(elsewhere, file)
    pd.testing.assert_frame_equal(filled.archive.statistics(filled.organisation), before)


def test_a_restoration_that_was_killed_before_its_rows_is_taken_up_again(
    filled: Application, file: Path, tmp_path: Path, vendor: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(tmp_path / "second", vendor)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(Path, "unlink", lambda *_, **__: None)

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(backup_module, "read_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(settings, file)
    assert not nothing_in(tmp_path / "second")
    restore(settings, file)
    assert not (tmp_path / "second" / "restoring").exists()
    with opened(settings) as second:
        same(filled, second)


def test_rows_that_cannot_be_read_take_the_nights_back(
    file: Path, tmp_path: Path, vendor: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("The rows are of no use.")

    monkeypatch.setattr(backup_module, "read_rows", refuse)
    with pytest.raises(StoreError, match="of no use"):
        restore(settings_of(tmp_path / "second", vendor), file)
    assert nothing_in(tmp_path / "second")


def test_a_full_disk_leaves_the_former_back_up_and_nothing_half_done(
    filled: Application,
    actor: Actor,
    small_disk: Path,  # noqa: F811
) -> None:
    file = small_disk / "all.zip"
    backup(filled, actor, file)
    before = file.read_bytes()
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        backup(filled, actor, file)
    assert file.read_bytes() == before
    assert {path.name for path in small_disk.iterdir()} == {"all.zip", "ballast"}


@pytest.mark.parametrize("free", [0, 20_000, 120_000])
def test_a_full_target_is_left_empty(
    file: Path,
    vendor: Running,
    small_disk: Path,  # noqa: F811
    free: int,
) -> None:
    settings = settings_of(small_disk / "data", vendor)
    ballast = fill(small_disk)
    os.truncate(ballast, ballast.stat().st_size - free)
    with pytest.raises((OSError, StoreError)):
        restore(settings, file)
    assert nothing_in(small_disk)
    ballast.unlink()
    for path in settings.folder.glob("nocturne.sqlite3*"):
        path.unlink()
    assert restore(settings, file).people == 4


def test_a_folder_that_is_not_there_is_a_sentence(filled: Application, actor: Actor, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="There is no folder"):
        backup(filled, actor, tmp_path / "nowhere" / "all.zip")


def test_nobody_who_was_erased_meanwhile_is_in_a_back_up(
    filled: Application, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = moving.taken_out
    person = filled.people()[1]

    def late(*arguments: object) -> object:
        files = list(true(*arguments))  # type: ignore[arg-type]
        erase_person(filled, actor, person.person_id, at_vendor=False)
        return files

    monkeypatch.setattr(backup_module, "taken_out", late)
    with pytest.raises(BackupError, match="Somebody was erased"):
        backup(filled, actor, tmp_path / "all.zip")
    assert not list(tmp_path.glob("*.zip"))
    monkeypatch.undo()
    backup(filled, actor, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert not any(person.person_id in name for name in archive.namelist())
        assert person.vendor_id.encode() not in archive.read("rows.jsonl")


def test_while_a_synchronisation_writes_every_person_is_whole(
    filled: Application, actor: Actor, tmp_path: Path, vendor: Running
) -> None:
    for person in filled.people():
        filled.archive.erase(filled.organisation, person.person_id)
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            synchronise(filled, actor, filled.people())
            for person in filled.people():
                filled.archive.erase(filled.organisation, person.person_id)

    thread = Thread(target=write)
    thread.start()
    try:
        for turn in range(6):
            backup(filled, actor, tmp_path / f"{turn}.zip")
    finally:
        stop.set()
        thread.join()
    for turn in range(6):
        settings = settings_of(tmp_path / f"restored-{turn}", vendor)
        restore(settings, tmp_path / f"{turn}.zip")
        with opened(settings) as second:
            assert not synchronise(second, local_actor(second.organisation), second.people()).failures
            roster = [person.person_id for person in second.people()]
            assert not second.archive.verify(second.organisation, roster=roster)
