"""Who was erased leaves no byte behind, and nothing that comes later brings them back (W12)."""

import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.inbox import (
    Accepted,
    Arrival,
    BlockPlaced,
    Completed,
    Inbox,
    Opened,
    Tombstone,
)
from tests.store.arrivals import MINE, NOW, ORGANISATION, Clock, block, complete

CANARY = "G-CANARY-4711"
MARK = b"the mark of the canary, 32 bytes"


@pytest.fixture
def inbox(url: str) -> Iterator[Inbox]:
    made = Inbox(url, now=Clock())
    yield made
    made.close()


def about_canary(seq: int = 0, **changes: Any) -> Arrival:
    return block(seq, vendor_id=CANARY, session_id="s-CANARY", mark=MARK, body=CANARY.encode(), **changes)


def opened(vendor_id: str, session_id: str) -> Opened:
    return Opened(vendor_id=vendor_id, session_id=session_id, start=NOW, zone="UTC")


def test_what_comes_about_who_was_erased_leaves_nothing(inbox: Inbox) -> None:
    inbox.accept([about_canary(0), about_canary(1), block(0)])
    assert inbox.forget(*MINE, CANARY, MARK) == 2
    late = [about_canary(seq) for seq in range(4)] + [about_canary(9, kind="other"), block(0), block(7)]
    assert inbox.accept(late) == Accepted(new=1, repeated=1, forgotten=5)
    assert inbox.accept(late[:2]) == Accepted(forgotten=2)
    state = inbox.state(*MINE)
    assert (state.waiting, state.unhandled) == (2, 0)
    assert {each.vendor_id for each in inbox.lease(*MINE, worker="w")} == {"G-1"}


def test_a_tombstone_holds_in_its_organisation_and_environment_only(inbox: Inbox) -> None:
    inbox.forget(*MINE, CANARY, MARK)
    assert inbox.accept([about_canary(0, organisation="south")]) == Accepted(new=1)
    assert inbox.accept([about_canary(0, environment="test")]) == Accepted(new=1)
    assert inbox.marks(ORGANISATION) == (Tombstone(environment="live", mark=MARK),)
    assert inbox.marks("south") == ()


def test_who_is_added_again_is_heard_again(inbox: Inbox) -> None:
    inbox.forget(*MINE, CANARY, MARK)
    inbox.remember(ORGANISATION, "test", MARK)
    assert inbox.accept([about_canary(0)]) == Accepted(forgotten=1)
    inbox.remember(*MINE, MARK)
    assert inbox.accept([about_canary(0)]) == Accepted(new=1)
    assert inbox.marks(ORGANISATION) == ()


def test_a_lease_of_who_was_erased_has_no_effect(inbox: Inbox) -> None:
    inbox.accept([about_canary(0)])
    (leased,) = inbox.lease(*MINE, worker="w")
    inbox.forget(*MINE, CANARY, MARK)
    inbox.accept([block(0)])  # which is not to be given the id of the one that is gone
    inbox.lease(*MINE, worker="w")
    assert not inbox.settle(leased, opened(CANARY, "s-CANARY"))
    assert inbox.live.nights(*MINE, since=NOW) == ()


def test_the_reconciler_does_not_bring_back_who_was_erased(inbox: Inbox) -> None:
    assert inbox.live.apply(*MINE, opened(CANARY, "s-CANARY"), mark=MARK)
    version = inbox.live.version(*MINE)
    inbox.forget(*MINE, CANARY, MARK)
    assert inbox.live.version(*MINE) > version, "pages see at once that the night is gone"
    assert not inbox.live.apply(*MINE, opened(CANARY, "s-CANARY"), mark=MARK)
    assert inbox.live.nights(*MINE, since=NOW) == ()


def test_the_marks_go_from_one_inbox_into_another(inbox: Inbox, tmp_path: Path) -> None:
    inbox.forget(*MINE, CANARY, MARK)
    inbox.forget(ORGANISATION, "test", CANARY, b"another")
    other = Inbox(f"sqlite:///{tmp_path}/other.db")
    for _ in range(2):
        other.restore_marks(ORGANISATION, inbox.marks(ORGANISATION))
        assert other.marks(ORGANISATION) == inbox.marks(ORGANISATION) != ()
    assert other.accept([about_canary(0)]) == Accepted(forgotten=1)
    other.close()


def test_somebody_erased_while_events_about_them_pour_in_is_gone_when_all_have_come(inbox: Inbox) -> None:
    stop = threading.Event()

    def send(first: int) -> None:
        seq = first
        while not stop.is_set():
            inbox.accept([about_canary(seq), block(seq, session_id=f"s-{first}")])
            seq += 4

    def work(name: str) -> None:
        while not stop.is_set():
            for leased in inbox.lease(*MINE, worker=name, limit=4):
                placed = BlockPlaced(
                    vendor_id=leased.vendor_id,
                    session_id=leased.session_id,
                    seq=leased.seq,
                    stages=b"\1" * 10,
                )
                inbox.settle(leased, opened(leased.vendor_id, leased.session_id), placed)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(3)]
    threads += [threading.Thread(target=work, args=(f"w-{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    while not any(night.vendor_id == CANARY for night in inbox.live.nights(*MINE, since=NOW)):
        pass
    inbox.forget(*MINE, CANARY, MARK)
    still = inbox.state(*MINE).last_received_at
    stop.wait(0.3)
    stop.set()
    for thread in threads:
        thread.join(60)
    assert still is not None
    assert all(night.vendor_id != CANARY for night in inbox.live.nights(*MINE, since=NOW))
    inbox._upkeep.forget(*MINE, "nobody", b"nobody")
    with inbox._database.reading() as connection:
        for table in ("inbox_events", "live_nights", "live_blocks"):
            found = connection.exec_driver_sql(
                f"SELECT count(*) FROM {table} WHERE vendor_id = '{CANARY}'"  # noqa: S608
            ).scalar_one()
            assert found == 0, table


def hits(folder: Path, *wanted: str) -> dict[str, int]:
    """How often the words are in the bytes of each file of the inbox."""
    files = sorted(folder.glob("inbox.sqlite3*"))
    assert {file.name for file in files} >= {"inbox.sqlite3", "inbox.sqlite3-wal", "inbox.sqlite3-shm"}
    return {file.name: sum(file.read_bytes().count(word.encode()) for word in wanted) for file in files}


def person(number: int) -> str:
    return CANARY if number == 35 else f"G-{number:02d}"


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of transactions wait for a disk otherwise."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)


def filled(inbox: Inbox, clock: Clock) -> None:
    """Events of sixty people in every state, worked off in between, so that the trees of the tables are rearranged."""
    dice = random.Random(7)
    for turn in range(250):
        batch = []
        for _ in range(16):
            number = dice.randrange(60)
            vendor_id = person(number)
            body = dice.randbytes(dice.randrange(60, 900)) + vendor_id.encode()
            arrival = block if dice.random() < 0.95 else complete
            batch.append(
                arrival(
                    seq=dice.randrange(2_000), vendor_id=vendor_id, session_id=f"s-{vendor_id}-{turn % 5}",
                    mark=MARK if vendor_id == CANARY else b"other", body=body, request_id=f"r-{turn}",
                )
            )  # fmt: skip
        inbox.accept(batch)
        for leased in inbox.lease(*MINE, worker="w", limit=12):
            match dice.randrange(8):
                case 0:
                    inbox.put_off(leased, error=f"No {leased.vendor_id}. " * 20, next_at=clock.now)
                case 1:
                    inbox.quarantine(leased)
                case 2:
                    inbox.bury(leased, error=f"Never {leased.vendor_id}. " * 20)
                case 3:
                    completed = Completed(
                        vendor_id=leased.vendor_id, session_id=leased.session_id, start=NOW, end=None
                    )
                    inbox.settle(leased, completed)
                case _:
                    placed = BlockPlaced(
                        vendor_id=leased.vendor_id, session_id=leased.session_id, seq=leased.seq, stages=b"\1"
                    )
                    inbox.settle(leased, opened(leased.vendor_id, leased.session_id), placed)
        if turn % 60 == 59:
            clock.pass_s(8 * 86_400)
            inbox.purge(*MINE)


def test_no_byte_of_who_was_erased_stays_in_the_files(memory: Path) -> None:
    clock = Clock()
    inbox = Inbox(f"sqlite:///{memory}/inbox.sqlite3", now=clock)
    filled(inbox, clock)
    before = hits(memory, CANARY)
    assert before["inbox.sqlite3"] > 20
    assert before["inbox.sqlite3-wal"] > 20
    rows = inbox.state(*MINE)
    assert inbox.forget(*MINE, CANARY, MARK) > 20
    assert hits(memory, CANARY) == {"inbox.sqlite3": 0, "inbox.sqlite3-shm": 0, "inbox.sqlite3-wal": 0}
    left = inbox.state(*MINE)
    assert 0 < left.waiting < rows.waiting
    assert inbox.accept([about_canary(seq) for seq in range(50)]) == Accepted(forgotten=50)
    assert set(hits(memory, CANARY).values()) == {0}
    inbox.close()


def test_overwriting_alone_would_leave_bytes_behind(memory: Path) -> None:
    """Why the file is written anew: without that the test above fails for some of the sixty."""
    clock = Clock()
    inbox = Inbox(f"sqlite:///{memory}/inbox.sqlite3", now=clock)
    filled(inbox, clock)
    inbox.close()
    left = {}
    for number in range(60):
        copy, vendor_id = shutil.copy(memory / "inbox.sqlite3", memory / "copy"), person(number)
        with closing(sqlite3.connect(copy, isolation_level=None)) as raw:
            for pragma in ("secure_delete=ON", "foreign_keys=ON"):
                raw.execute(f"PRAGMA {pragma}")
            for table in ("inbox_events", "live_nights", "live_blocks"):
                raw.execute(f"DELETE FROM {table} WHERE vendor_id = ?", (vendor_id,))  # noqa: S608
            assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        left[vendor_id] = Path(copy).read_bytes().count(vendor_id.encode())
    assert sum(left.values()) > 0
    assert left["G-00"] == 0 or left["G-01"] == 0, (
        "and of most it leaves none, which a small test would not tell"
    )


def test_while_somebody_reads_the_bytes_stay_and_the_next_scrub_takes_them(tmp_path: Path) -> None:
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3", now=Clock())
    inbox.accept([about_canary(0)])
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM inbox_events").fetchone()
        assert inbox.forget(*MINE, CANARY, MARK) == 1
        assert not inbox.scrub()
        assert inbox.accept([block(0)]) == Accepted(new=1), "and arrivals go on"
    inbox.close()
    inbox = Inbox(f"sqlite:///{tmp_path}/inbox.sqlite3", now=lambda: NOW + timedelta(days=1))
    assert inbox.scrub(), "another process knows that it is due"
    assert set(hits(tmp_path, CANARY).values()) == {0}
    assert inbox.scrub()
    inbox.close()
