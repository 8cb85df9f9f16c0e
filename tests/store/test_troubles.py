"""A database that is damaged, locked, read-only, or of a newer Nocturne: each is told in a sentence with a way out."""

import multiprocessing
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from store import integrity
from store.database import Store
from store.errors import StoreError, StoreUnavailable, UnusableDatabase
from store.journal import NewNote
from tests.store.samples import NOW, somebody


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with some pages of rows in it, closed."""
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    people = store.add_people("north", [somebody(f"G-{number}") for number in range(200)])
    for outcome in people[:40]:
        assert outcome.person
        note = NewNote(person_id=outcome.person.person_id, text="x" * 1900)
        store.journal.add_note("north", note, by="Kim")
    store.close()
    return tmp_path / "store.db"


def with_hole(file: Path) -> None:
    """Overwrites pages in the middle, as a failing disk would; the head of the file stays whole."""
    pages = bytearray(file.read_bytes())
    middle = len(pages) // 2 // 4096 * 4096
    pages[middle : middle + 3 * 4096] = os.urandom(3 * 4096)
    file.write_bytes(pages)


def test_a_file_with_a_hole_is_found_at_the_start_and_left_as_it_is(file: Path) -> None:
    with_hole(file)
    before = file.read_bytes()
    with pytest.raises(
        UnusableDatabase, match=r"^The database file is damaged: .*restore the newest back-up"
    ):
        Store(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_row_that_refers_to_nobody_is_found_at_the_start(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:  # where foreign keys are off
        raw.execute("INSERT INTO tags VALUES ('north', 'shift', 'p_nobody')")
        raw.commit()
    with pytest.raises(
        UnusableDatabase, match="damaged: a row of tags refers to one of people that is not there"
    ):
        Store(f"sqlite:///{file}")


def test_a_large_file_is_looked_through_once_a_day(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "ALWAYS_UP_TO_BYTES", 1)
    mark = file.with_name("store.db.checked")
    Store(f"sqlite:///{file}").close()
    assert mark.exists()
    with_hole(file)
    Store(f"sqlite:///{file}").close()
    for age_s in (integrity.DAY_S + 1, -3600):  # long ago, and by a clock that has been set back since
        os.utime(mark, (time.time() - age_s,) * 2)
        with pytest.raises(UnusableDatabase, match="damaged"):
            Store(f"sqlite:///{file}")


def test_a_small_file_is_looked_through_at_every_start(file: Path) -> None:
    Store(f"sqlite:///{file}").close()
    with_hole(file)
    with pytest.raises(UnusableDatabase, match="damaged"):
        Store(f"sqlite:///{file}")
    assert not file.with_name("store.db.checked").exists()


def holds_the_lock(file: Path, talk: Connection) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        talk.send("locked")
        talk.recv()
        raw.execute("ROLLBACK")


@pytest.fixture
def lock(file: Path) -> Iterator[Connection]:
    """Another process that holds the write lock until it is told something."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=holds_the_lock, args=(file, theirs))
    process.start()
    assert ours.recv() == "locked"
    yield ours
    ours.send("enough")
    process.join(30)
    assert process.exitcode == 0


def test_who_cannot_have_the_lock_is_told_after_the_time_given_and_reading_goes_on(
    file: Path, lock: Connection
) -> None:
    store = Store(f"sqlite:///{file}", busy_timeout_ms=200)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match=r"The database is in use: .*Nothing was saved.*try again"):
        store.add_person("north", somebody("G-late"))
    assert 0.15 < time.monotonic() - began < 5
    assert len(store.people("north")) == 200
    lock.send("enough")
    while True:  # until the other has let go
        try:
            store.add_person("north", somebody("G-late"))
            break
        except StoreUnavailable:
            assert time.monotonic() - began < 30
    assert len(store.people("north")) == 201
    store.close()


def test_a_start_that_has_to_change_the_tables_of_a_locked_file_is_told_too(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    with closing(sqlite3.connect(empty, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="The database is in use"):
            Store(f"sqlite:///{empty}", busy_timeout_ms=100)


def opened_by_somebody_without_rights(folder: str, what: str, talk: Connection) -> None:
    """Opens a store that may only be read, as a user whom modes of files bind (root they do not)."""
    place = Path(folder)
    if what == "missing":
        (place / "store.db").unlink()
    place.chmod(0o755 if what == "file" else 0o555)
    if what == "file":
        place.chmod(0o777)
        (place / "store.db").chmod(0o444)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        Store(f"sqlite:///{folder}/store.db").close()
        talk.send("opened")
    except StoreError as error:
        talk.send(f"{type(error).__name__}: {error}")


@pytest.mark.parametrize("what", ["folder", "file", "missing"])
def test_a_folder_or_file_that_may_only_be_read_is_named_at_the_start(file: Path, what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to other users
        copy = Path(shutil.copy(file, folder))
        copy.chmod(0o666)
        ours, theirs = multiprocessing.Pipe()
        # Forked, because the other user may not be able to read what Python would import.
        process = multiprocessing.get_context("fork").Process(
            target=opened_by_somebody_without_rights, args=(folder, what, theirs)
        )
        process.start()
        assert ours.poll(60)
        told = ours.recv()
        process.join(30)
        Path(folder).chmod(0o700)
    assert told.startswith("StoreUnavailable: The database file ")
    assert "NOCTURNE_DATA_DIR or NOCTURNE_DATABASE_URL" in told


def test_a_store_that_becomes_read_only_while_it_is_open_says_so(file: Path) -> None:
    store = Store(f"sqlite:///{file}", now=lambda: NOW)
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")  # of the one connection in the pool
        connection.rollback()
    with pytest.raises(StoreUnavailable, match=r"The database file cannot be written\. Let the user"):
        store.add_person("north", somebody("G-late"))
    store.close()


def test_tables_of_a_newer_nocturne_are_left_alone(url: str) -> None:
    Store(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnusableDatabase, match="revision '9999', which a newer Nocturne has made"):
        Store(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()
