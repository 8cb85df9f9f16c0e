"""An inbox on a bad day: a sentence with a way out, nothing half kept, and it works again when the day is better."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from store.errors import StoreUnavailable, UnusableDatabase
from store.group_commit import GroupCommit
from store.inbox import Accepted, Inbox, Opened
from tests.cache.test_full_disk import fill, small_disk  # noqa: F401
from tests.store.arrivals import MINE, NOW, block
from tests.store.test_troubles import with_hole


def test_an_inbox_file_is_private_and_what_is_committed_to_it_is_on_the_disk(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/new/inbox.sqlite3")
    inbox.accept([block(0)])
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
    with inbox._database.reading() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    files = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "new").iterdir()}
    inbox.close()
    assert found == wanted
    assert files == dict.fromkeys(("inbox.sqlite3", "inbox.sqlite3-wal", "inbox.sqlite3-shm"), "0o600")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_full_disk_keeps_nothing_of_the_batch_and_takes_it_when_there_is_room(
    small_disk: Path,  # noqa: F811
) -> None:
    inbox = Inbox(f"sqlite:///{small_disk}/inbox.sqlite3")
    inbox.accept([block(0)])
    ballast = fill(small_disk)
    kept, refusals = 1, []
    for number in range(1, 200):  # what the log already has of the disk may take some
        try:
            inbox.accept([block(number, body=os.urandom(40_000))])
            kept += 1
        except StoreUnavailable as full:
            refusals.append(str(full))
    assert set(refusals) == {"The disk of the database is full. Nothing was saved; make room and try again."}
    assert len(refusals) > 100
    assert inbox.waiting(*MINE) == kept, "reading goes on"
    ballast.unlink()
    assert inbox.accept([block(number) for number in range(1000, 1016)]) == Accepted(new=16)
    inbox.writable()
    inbox.close()
    inbox = Inbox(f"sqlite:///{small_disk}/inbox.sqlite3")
    assert inbox.waiting(*MINE) == kept + 16
    inbox.close()


def test_a_file_that_may_not_grow_says_so_through_the_group_commit(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3")
    with inbox._database.engine.connect() as connection:  # the one connection of the pool
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.rollback()
    told: list[Accepted | Exception] = []
    writer = GroupCommit[None](inbox.accept, lambda _tickets, outcome: told.append(outcome))
    writer.submit(block(0, body=os.urandom(200_000)), None)
    while not told:
        time.sleep(0.001)
    with inbox._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        connection.rollback()
    writer.submit(block(0, body=os.urandom(200_000)), None)
    writer.close()
    assert isinstance(told[0], StoreUnavailable)
    assert "is full" in str(told[0])
    assert told[1] == Accepted(new=1)
    inbox.close()


def test_a_locked_inbox_is_told_after_the_time_given_and_works_again(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3", busy_timeout_ms=200)
    inbox.accept([block(0)])
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began_s = time.monotonic()
        for write in (
            lambda: inbox.accept([block(1)]),
            inbox.writable,
            lambda: inbox.lease(*MINE, worker="w"),
        ):
            with pytest.raises(StoreUnavailable, match=r"The database is in use: .*try again"):
                write()
        assert 0.5 < time.monotonic() - began_s < 10
        assert inbox.waiting(*MINE) == 1, "reading goes on"
        other.execute("ROLLBACK")
    assert inbox.accept([block(1)]) == Accepted(new=1)
    inbox.close()


def test_an_effect_that_finds_no_room_leaves_the_event_to_be_worked_off(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3", now=lambda: NOW)
    inbox.accept([block(0)])
    (leased,) = inbox.lease(*MINE, worker="w")
    with inbox._database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.rollback()
    opened = Opened(vendor_id="G-1", session_id="s-1", start=NOW, zone="Z" * 200_000)
    with pytest.raises(StoreUnavailable, match="is full"):
        inbox.settle(leased, opened)
    state = inbox.state(*MINE)
    assert (state.waiting, inbox.done(*MINE), inbox.live.nights(*MINE, since=NOW)) == (1, 0, ())
    inbox.close()


def test_a_folder_that_may_only_be_read_is_named_at_the_start(tmp_path: Path) -> None:
    """As root modes of files say nothing, so the folder is one where nobody may write."""
    with pytest.raises(StoreUnavailable, match=r"The database file cannot be written: .*NOCTURNE_DATA_DIR"):
        Inbox("sqlite:////proc/1/inbox.sqlite3")


def test_an_inbox_that_becomes_read_only_while_it_is_open_says_so(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3")
    with inbox._database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
        connection.rollback()
    for write in (lambda: inbox.accept([block(0)]), inbox.writable):
        with pytest.raises(StoreUnavailable, match=r"The database file cannot be written\. Let the user"):
            write()
    inbox.close()


def test_a_damaged_file_is_found_at_the_start_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "inbox.sqlite3"
    inbox = Inbox(f"sqlite:///{file}")
    inbox.accept([block(seq, body=os.urandom(2_000)) for seq in range(200)])
    inbox.close()
    with_hole(file)
    before = file.read_bytes()
    with pytest.raises(
        UnusableDatabase, match=r"^The database file is damaged: .*restore the newest back-up"
    ):
        Inbox(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_connections_that_the_server_has_ended_are_made_anew(postgres_url: str) -> None:
    inbox = Inbox(postgres_url)
    inbox.accept([block(0)])
    with inbox._database.reading() as connection:
        mine = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    server = create_engine(postgres_url)
    with server.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    server.dispose()
    assert inbox.accept([block(1)]) == Accepted(new=1)
    inbox.close()
