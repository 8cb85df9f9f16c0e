"""Bytes of the erased leave the file, whoever erases meanwhile and whatever is in the way: the erasure stands."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from store import scrubbing
from store.database import Store
from store.errors import StoreUnavailable
from store.inbox import Inbox
from tests.store.arrivals import MINE, Clock, block
from tests.store.samples import NOW, somebody

FIRST, SECOND = "G-CANARY-1", "G-CANARY-2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "inbox.sqlite3"


@pytest.fixture
def inbox(file: Path) -> Iterator[Inbox]:
    """An inbox with events of two people who will be erased, and of others: some megabytes."""
    made = Inbox(f"sqlite:///{file}", now=Clock())
    made.accept([block(seq, vendor_id=FIRST, body=FIRST.encode() * 50) for seq in range(40)])
    made.accept([block(seq, vendor_id=SECOND, body=SECOND.encode() * 50) for seq in range(40)])
    made.accept([block(seq, body=os.urandom(20_000)) for seq in range(150)])
    yield made
    made.close()


def left(file: Path, word: str) -> int:
    """How often the word is in the bytes of the database's files."""
    return sum(each.read_bytes().count(word.encode()) for each in file.parent.glob(f"{file.name}*"))


def once_the_first_transaction_is_over(engine: Engine, act: Callable[[], object]) -> None:
    """Act once, when a connection is next given back: what was erased is committed, and not scrubbed yet."""
    acted: list[None] = []

    def given_back(*_: object) -> None:
        if not acted:
            acted.append(None)
            act()

    event.listen(engine, "checkin", given_back)


def when_a_statement_begins(engine: Engine, beginning: str, act: Callable[[], object]) -> None:
    """Act once, before the next statement that begins so is executed."""
    acted: list[str] = []

    def trace(statement: str) -> None:
        if statement.startswith(beginning) and not acted:
            acted.append(statement)
            act()

    event.listen(engine, "checkout", lambda connection, *_: connection.set_trace_callback(trace))


def test_a_scrub_during_which_others_were_erased_does_not_say_that_no_byte_is_left(
    inbox: Inbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Inbox(f"sqlite:///{file}", now=Clock())

    def others_are_erased() -> None:
        # And scrubbed: who looks only at whether a scrub is due sees no difference between this one and the next.
        other.forget(*MINE, "G-3", b"3")
        with monkeypatch.context() as large:
            large.setattr(scrubbing, "SMALL_BYTES", 0)
            other.forget(*MINE, SECOND, b"2")

    with monkeypatch.context() as large:
        large.setattr(scrubbing, "SMALL_BYTES", 0)
        inbox.forget(*MINE, FIRST, b"1")
    when_a_statement_begins(inbox._database.engine, "PRAGMA wal_checkpoint", others_are_erased)
    assert not inbox.scrub()
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone()[0] % 2 == 1, "it stays due"
    assert inbox.scrub()
    assert left(file, FIRST) == left(file, SECOND) == 0
    other.close()


def test_who_is_erased_from_a_large_file_is_gone_from_it_with_the_next_scrub(
    inbox: Inbox, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_anew: list[str] = []
    event.listen(
        inbox._database.engine,
        "checkout",
        lambda connection, *_: connection.set_trace_callback(
            lambda statement: written_anew.append(statement) if statement == "VACUUM" else None
        ),
    )
    with monkeypatch.context() as large:
        large.setattr(scrubbing, "SMALL_BYTES", file.stat().st_size)
        for number in range(5):
            inbox.forget(*MINE, f"G-{number}", b"%d" % number)
        inbox.forget_session(*MINE, FIRST, "s-1")
    assert written_anew == []
    assert inbox.scrub()
    assert written_anew == ["VACUUM"], "once for all of them"
    assert left(file, FIRST) == 0


def test_a_lock_that_another_holds_while_the_file_is_to_be_written_anew_leaves_it_due(
    inbox: Inbox, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        once_the_first_transaction_is_over(inbox._database.engine, lambda: other.execute("BEGIN IMMEDIATE"))
        assert inbox.forget(*MINE, FIRST, b"1") == 40
        assert "the next synchronisation tries again" in caplog.text
        other.execute("ROLLBACK")
    assert inbox.scrub()
    assert left(file, FIRST) == 0


def test_arrivals_wait_for_no_reader_when_nobody_was_erased(
    inbox: Inbox, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM inbox_events").fetchone()
        inbox.accept([block(500)])
        assert inbox.scrub()
    assert caplog.text == ""


@contextmanager
def no_file_may_grow_beyond(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_room_to_write_the_file_anew_is_told_and_the_erasure_stands(
    inbox: Inbox, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert file.stat().st_size + file.with_name(f"{file.name}-wal").stat().st_size > 2_000_000
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    with no_file_may_grow_beyond(hard):
        once_the_first_transaction_is_over(
            inbox._database.engine,
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard)),
        )
        assert inbox.forget(*MINE, FIRST, b"1") == 40
        with pytest.raises(StoreUnavailable):
            inbox.scrub()
    assert "its bytes leave the file at the next scrub" in caplog.text
    assert inbox.scrub()
    assert left(file, FIRST) == 0


def test_who_is_taken_off_the_roster_is_off_it_even_when_the_file_cannot_be_written_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(f"sqlite:///{tmp_path}/store.db", now=lambda: NOW)
    store.ensure_organisation("north", "North", "UTC")
    store.add_people("north", [somebody(f"G-{number}", name="x" * 60) for number in range(3_000)])
    person = store.add_person("north", somebody("CANARY"))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    with no_file_may_grow_beyond(hard):
        once_the_first_transaction_is_over(
            store._engine, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        )
        store.remove_person("north", person.person_id)
    assert "its bytes leave the file at the next scrub" in caplog.text
    assert len(store.people("north")) == 3_000
    assert store.scrub()
    store.close()
    assert left(tmp_path / "store.db", "CANARY") == 0
