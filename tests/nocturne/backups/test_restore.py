"""An empty installation filled from a back-up: the same again, or a sentence and nothing."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from asleep.simulator.server import Running
from nocturne import backup as backup_module
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.backup import BackupError, restore
from nocturne.sync import synchronise
from store.errors import StoreError
from store.inbox import Accepted
from tests.cache.test_full_disk import fill
from tests.nocturne.backups.conftest import nothing_in, opened, same, settings_of
from tests.nocturne.syncing import NOW
from tests.store.arrivals import block


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


def test_the_back_up_of_another_vendor_environment_is_refused(
    file: Path, tmp_path: Path, vendor: Running
) -> None:
    altered(file, lambda manifest: manifest.update(environment="test"))
    with pytest.raises(BackupError, match="ASLEEP_ENVIRONMENT=test"):
        restore(settings_of(tmp_path / "second", vendor), file)
    assert nothing_in(tmp_path / "second")
    altered(file, lambda manifest: manifest.pop("environment"))  # as the first back-ups are
    assert restore(settings_of(tmp_path / "second", vendor), file).people


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


@pytest.mark.parametrize("free", [0, 20_000, 120_000])
def test_a_full_target_is_left_empty(
    file: Path,
    vendor: Running,
    small_disk: Path,
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


def test_who_was_erased_stays_erased_in_the_second_installation(
    filled: Application, tmp_path: Path, vendor: Running, database: str | None
) -> None:
    person, mark = filled.people()[0], b"the mark of somebody, of 32 bytes"
    filled.inbox.forget(filled.organisation, "live", person.vendor_id, mark)
    backup_module.backup(filled, local_actor(filled.organisation), tmp_path / "erased.zip")
    settings = settings_of(tmp_path / "second", vendor, database)
    restore(settings, tmp_path / "erased.zip")
    with opened(settings) as second:
        assert second.inbox.marks(second.organisation) == filled.inbox.marks(filled.organisation)
        late = block(organisation=second.organisation, vendor_id=person.vendor_id, mark=mark)
        assert second.inbox.accept([late]) == Accepted(forgotten=1)


def test_a_back_up_of_before_there_were_marks_is_taken_in(
    filled: Application, file: Path, tmp_path: Path, vendor: Running
) -> None:
    def as_it_was(manifest: dict[str, object]) -> None:
        del manifest["erased"]
        manifest["format"] = 1

    altered(file, as_it_was)
    settings = settings_of(tmp_path / "second", vendor)
    restore(settings, file)
    with opened(settings) as second:
        same(filled, second)
        assert second.inbox.marks(second.organisation) == ()


@pytest.mark.parametrize("marks", [7, [["live"]], [["live", "no digits"]], [["live", 5]]])
def test_marks_that_cannot_be_read_are_refused(
    file: Path, tmp_path: Path, vendor: Running, marks: object
) -> None:
    altered(file, lambda manifest: manifest.update(erased=marks))
    with pytest.raises(BackupError, match=r"damaged.*Nothing was restored\."):
        restore(settings_of(tmp_path / "second", vendor), file)
    assert nothing_in(tmp_path / "second")
