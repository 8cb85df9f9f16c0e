"""A back-up of PostgreSQL in either kind of database, and targets that cannot be written: a sentence and nothing."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asleep.simulator.server import Running
from nocturne.__main__ import main
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.backup import backup, restore
from store.errors import StoreError
from tests.cache.test_full_disk import fill, remount
from tests.nocturne.backups.conftest import filled_in, nothing_in, opened, same, settings_of
from tests.store.conftest import own_schema

PAGE = 4096


@pytest.fixture
def in_postgres(tmp_path: Path, vendor: Running, postgres_url: str) -> Iterator[Application]:
    with opened(settings_of(tmp_path / "first", vendor, postgres_url)) as application:
        filled_in(application, vendor)
        yield application


def rows(application: Application) -> list[Any]:
    """Every row of the store, in no order: two databases may sort letters differently."""
    file = io.BytesIO()
    application.store.write_rows(file, application.organisation)
    return sorted((json.loads(line) for line in file.getvalue().splitlines()[1:-1]), key=json.dumps)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_back_up_of_postgresql_comes_back_in_either_kind_row_by_row(
    in_postgres: Application, postgres: str, tmp_path: Path, vendor: Running, into: str
) -> None:
    assert in_postgres.settings.database_url.startswith("postgresql")
    backup(in_postgres, local_actor(in_postgres.organisation), tmp_path / "all.zip")
    with own_schema(postgres) as another:
        settings = settings_of(tmp_path / "second", vendor, another if into == "postgresql" else None)
        told = restore(settings, tmp_path / "all.zip")
        with opened(settings) as second:
            assert second.settings.database_url.startswith(into)
            assert rows(second) == rows(in_postgres)
            assert told.rows == len(rows(second)) > 10
            same(in_postgres, second)


@pytest.fixture
def fixed(small_disk: Path) -> Path:
    """A data folder on a disk that may only be read, until it is mounted otherwise."""
    data = small_disk / "data"
    data.mkdir(mode=0o700)
    remount(small_disk, "ro")
    return data


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, vendor: Running) -> pytest.MonkeyPatch:
    monkeypatch.setenv("ASLEEP_API_KEY", vendor.api_key)
    monkeypatch.setenv("ASLEEP_BASE_URL", vendor.address)
    return monkeypatch


def refused(file: Path, capsys: pytest.CaptureFixture[str], *, exit_status: int = 2) -> str:
    """What the command line says while it refuses; it is one sentence or two, and no traceback."""
    assert main(["restore", str(file)]) == exit_status
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert told.err.count("\n") == 1
    assert "Nothing was restored." in told.err
    return told.err


def restored(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it works where it may be written."""
    assert main(["restore", str(file)]) == 0
    assert "nights of 4 people" in capsys.readouterr().out


@pytest.mark.parametrize("taken", ["the folder", "the folder above", "the archive"])
def test_a_place_that_is_taken_by_a_file_is_named_and_left_alone(
    file: Path,
    tmp_path: Path,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    taken: str,
) -> None:
    data = tmp_path / "above" / "data"
    place = {"the folder": data, "the folder above": data.parent, "the archive": data / "archive"}[taken]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"something else")
    environment.setenv("NOCTURNE_DATA_DIR", str(data))
    said = refused(file, capsys)
    assert str(tmp_path / "above") in said
    assert "NOCTURNE_DATA_DIR" in said
    assert place.read_bytes() == b"something else"
    assert nothing_in(tmp_path / "above")
    place.unlink()
    restored(file, capsys)


def test_a_data_folder_on_a_read_only_disk_is_named_and_left_alone(
    file: Path, fixed: Path, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("NOCTURNE_DATA_DIR", str(fixed))
    said = refused(file, capsys)
    assert "Read-only file system" in said
    assert "NOCTURNE_DATA_DIR" in said
    assert not list(fixed.iterdir())
    remount(fixed.parent, "rw")
    restored(file, capsys)


def test_a_read_only_data_folder_beside_postgresql_leaves_no_row_there(
    file: Path,
    fixed: Path,
    postgres_url: str,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv("NOCTURNE_DATA_DIR", str(fixed))
    environment.setenv("NOCTURNE_DATABASE_URL", postgres_url)
    said = refused(file, capsys)
    assert str(fixed) in said
    assert "Read-only file system" in said
    assert not list(fixed.iterdir())
    environment.setenv("NOCTURNE_DATA_DIR", str(file.parent / "elsewhere"))
    restored(file, capsys)  # it would be refused if a row were there


def test_a_read_only_database_leaves_no_night_in_a_folder_that_may_be_written(
    file: Path,
    small_disk: Path,
    tmp_path: Path,
    environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "second"))
    environment.setenv("NOCTURNE_DATABASE_URL", f"sqlite:///{small_disk}/store.db")
    remount(small_disk, "ro")
    said = refused(file, capsys)
    assert "NOCTURNE_DATABASE_URL" in said
    assert nothing_in(tmp_path / "second")
    remount(small_disk, "rw")
    restored(file, capsys)


def test_however_little_room_there_is_everything_is_restored_or_nothing_and_what_is_said_is_true(
    filled: Application, file: Path, tmp_path: Path, vendor: Running, small_disk: Path
) -> None:
    people = (filled.settings.folder / "archive" / filled.organisation / "people").iterdir()
    needed = sum(-(-path.stat().st_size // PAGE) for path in people)
    table = filled.archive.table_bytes(filled.organisation) // PAGE
    outcomes = set()
    ballast = fill(small_disk)
    full = ballast.stat().st_size
    for pages in range(needed - 1, needed + table + 12, 2):
        os.truncate(ballast, full - pages * PAGE)
        folder = small_disk / f"data-{pages}"
        settings = settings_of(folder, vendor, f"sqlite:///{tmp_path}/{pages}.db")
        try:
            restore(settings, file)
        except (OSError, StoreError):
            outcomes.add("nothing")
            assert nothing_in(folder)
        else:
            outcomes.add("everything")
            os.truncate(ballast, 0)
            with opened(settings) as second:
                same(filled, second)
        remove(folder)
        ballast.unlink()
        ballast = fill(small_disk)
    assert outcomes == {"nothing", "everything"}


def remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
