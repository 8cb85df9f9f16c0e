"""What the cache does on a bad day: it keeps nothing, says so once, and works again by itself.

Full and read-only disks are real ones: a small file system in memory, mounted by root or in a name space of
its own.
"""

import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cache.disk import CacheBusy, DiskCache
from cache.seal import PlainSeal
from cache.trouble import REST_S
from tests.cache.samples import bytes_under

TAG = "north/live/"
SMALL = "8m"
"""Twice what SQLite's log takes before it is written into the file and begun again."""
ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def rest(self) -> None:
        self.now_s += REST_S + 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def mounted(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=700", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0


def remount(folder: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if not mounted(folder):
        pytest.skip("Only root may mount a small file system; the last test of this file tries a name space.")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def fill(disk: Path) -> Path:
    """Write until not one byte more finds room; the file that took it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError as error:
            assert "No space left" in str(error)  # noqa: PT017 - the disk is full now, as intended
    return ballast


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[int], list[str]]:
    caplog.set_level(logging.DEBUG, logger="cache")

    def of_level(level: int) -> list[str]:
        return [record.getMessage() for record in caplog.records if record.levelno == level]

    return of_level


Said = Callable[[int], list[str]]


# Full


def test_a_full_disk_under_threads_costs_one_warning_and_no_answer_that_was_kept(
    small_disk: Path, clock: Clock, said: Said
) -> None:
    disk = DiskCache(small_disk / "cache", PlainSeal(), clock=clock)
    assert disk.set("early", b"night", tag=TAG, expire_s=600)
    stop = threading.Event()
    wrong: list[object] = []
    kept: list[bool] = []

    def use(number: int) -> None:
        try:
            while not stop.is_set():
                began_s = time.monotonic()
                kept.append(disk.set(f"{number}-{len(kept) % 20}", os.urandom(4000), tag=TAG, expire_s=600))
                if disk.get("early", tag=TAG) != b"night":
                    wrong.append("what was kept is not there")
                if time.monotonic() - began_s > 3:
                    wrong.append("a call took more than three seconds")
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            wrong.append(error)

    with running([threading.Thread(target=use, args=(number,)) for number in range(4)], stop):
        wait_until(lambda: any(kept))
        ballast = fill(small_disk)
        wait_until(lambda: len(said(logging.WARNING)) > 0)
        del kept[:]
        wait_until(lambda: len(kept) > 500)
        assert not any(kept)
        assert len(said(logging.WARNING)) == 1
        assert "full" in said(logging.WARNING)[0]
        assert "Free some space there." in said(logging.WARNING)[0]
        ballast.unlink()
        assert said(logging.INFO) == []
        clock.rest()
        wait_until(lambda: len(said(logging.INFO)) > 0)
    assert wrong == []
    assert ["works again" in text for text in said(logging.INFO)] == [True]
    disk.close()


@contextmanager
def running(threads: list[threading.Thread], stop: threading.Event) -> Iterator[None]:
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> None:
    until = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.01)


def test_a_disk_that_stays_full_is_tried_every_half_minute_and_complained_of_once(
    small_disk: Path, clock: Clock, said: Said
) -> None:
    disk = DiskCache(small_disk / "cache", PlainSeal(), clock=clock)
    fill(small_disk)
    for _ in range(5):
        for _ in range(10):
            assert not disk.set("key", os.urandom(4000), tag=TAG, expire_s=600)
        clock.rest()
    assert len(said(logging.WARNING)) == 1
    assert len([text for text in said(logging.DEBUG) if "still fails" in text]) == 4
    assert said(logging.INFO) == []
    disk.close()


def test_the_cache_begins_on_a_full_disk_and_works_when_there_is_room(
    small_disk: Path, clock: Clock, said: Said
) -> None:
    ballast = fill(small_disk)
    disk = DiskCache(small_disk / "cache", PlainSeal(), clock=clock)
    assert disk.get("key", tag=TAG) is None
    assert not disk.set("key", b"night", tag=TAG, expire_s=600)
    ballast.unlink()
    clock.rest()
    assert disk.get("key", tag=TAG) is None
    assert disk.set("key", b"night", tag=TAG, expire_s=600)
    assert disk.get("key", tag=TAG) == b"night"
    assert (len(said(logging.WARNING)), len(said(logging.INFO))) == (1, 1)
    disk.close()


def test_nothing_is_left_to_delete_of_a_cache_that_never_began(small_disk: Path) -> None:
    fill(small_disk)
    disk = DiskCache(small_disk / "cache", PlainSeal())
    assert disk.erase(TAG) == 0
    assert not disk.delete("key")
    disk.close()


def test_deleting_on_a_full_disk_says_that_something_is_left_and_later_leaves_nothing(
    small_disk: Path, clock: Clock
) -> None:
    disk = DiskCache(small_disk / "cache", PlainSeal(), clock=clock)
    for number in range(10):
        disk.set(f"k{number}", b"CANARY" * 300, tag=TAG, expire_s=600)
    ballast = fill(small_disk)
    with pytest.raises(CacheBusy, match=r"full.*; delete it again"):
        disk.erase(TAG)
    with pytest.raises(CacheBusy, match=r"full.*; delete it again"):
        disk.delete("k1")
    assert b"CANARY" in bytes_under(small_disk / "cache")
    ballast.unlink()
    assert disk.erase(TAG) == 10
    assert b"CANARY" not in bytes_under(small_disk / "cache")
    disk.close()


@pytest.mark.parametrize("size", [4000, 100_000])
def test_a_file_that_may_not_grow_keeps_what_it_has(
    tmp_path: Path, clock: Clock, said: Said, size: int
) -> None:
    disk = DiskCache(tmp_path, PlainSeal(), clock=clock)
    assert disk.set("early", b"night", tag=TAG, expire_s=600)
    (pages,) = disk._cache._sql("PRAGMA page_count").fetchone()
    disk._cache._sql(f"PRAGMA max_page_count = {pages}")
    assert not disk.set("key", os.urandom(size), tag=TAG, expire_s=600)
    assert disk.get("key", tag=TAG) is None
    assert disk.get("early", tag=TAG) == b"night"
    assert "database or disk is full" in said(logging.WARNING)[0]
    disk._cache._sql("PRAGMA max_page_count = 100000")
    assert not disk.set("key", os.urandom(size), tag=TAG, expire_s=600)  # it rests
    clock.rest()
    assert disk.set("key", os.urandom(size), tag=TAG, expire_s=600)
    assert (len(said(logging.WARNING)), len(said(logging.INFO))) == (1, 1)
    disk.close()


# Read-only, gone, forbidden


def test_a_disk_that_becomes_read_only_is_done_without_until_it_may_be_written(
    small_disk: Path, clock: Clock, said: Said
) -> None:
    disk = DiskCache(small_disk / "cache", PlainSeal(), clock=clock)
    disk.set("key", b"night", tag=TAG, expire_s=600)
    with closing(sqlite3.connect(small_disk / "cache" / "cache.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    disk.close()  # a mounted file that is open for writing keeps the disk writable
    remount(small_disk, "ro")
    for _ in range(3):
        assert not disk.set("other", b"night", tag=TAG, expire_s=600)
        assert disk.get("key", tag=TAG) is None  # without its index, which no disk that is read-only has
    with pytest.raises(CacheBusy, match="delete it again"):
        disk.erase(TAG)
    assert len(said(logging.WARNING)) == 1
    assert "may write to it" in said(logging.WARNING)[0]
    remount(small_disk, "rw")
    clock.rest()
    assert disk.get("key", tag=TAG) == b"night"
    assert disk.set("other", b"night", tag=TAG, expire_s=600)
    assert len(said(logging.INFO)) == 1
    disk.close()


def test_a_folder_that_vanishes_is_made_again_and_nothing_of_before_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    disk = DiskCache(folder, PlainSeal())
    disk.set("key", b"night", tag=TAG, expire_s=600)
    shutil.rmtree(folder)
    assert disk.get("key", tag=TAG) is None
    assert disk.set("key", b"later", tag=TAG, expire_s=600)
    assert disk.get("key", tag=TAG) == b"later"
    shutil.rmtree(folder)
    assert disk.erase(TAG) == 0
    assert not disk.delete("key")
    disk.close()


def test_what_another_deleted_with_the_whole_file_is_not_read_from_the_open_one(tmp_path: Path) -> None:
    disk, other = (DiskCache(tmp_path, PlainSeal()) for _ in range(2))
    disk.set("key", b"night", tag=TAG, expire_s=600)
    other._put_away(sqlite3.DatabaseError("as if damaged"), file=0)
    assert disk.get("key", tag=TAG) is None
    assert disk.set("key", b"later", tag=TAG, expire_s=600)
    assert other.get("key", tag=TAG) == b"later"
    disk.close()
    other.close()


def test_a_folder_whose_place_is_taken_is_done_without(tmp_path: Path, clock: Clock, said: Said) -> None:
    folder = tmp_path / "cache"
    folder.write_bytes(b"not a folder")
    disk = DiskCache(folder, PlainSeal(), clock=clock)
    for _ in range(3):
        assert disk.get("key", tag=TAG) is None
        assert not disk.set("key", b"night", tag=TAG, expire_s=600)
    assert len(said(logging.WARNING)) == 1
    folder.unlink()
    clock.rest()
    assert disk.get("key", tag=TAG) is None
    assert disk.set("key", b"night", tag=TAG, expire_s=600)
    assert len(said(logging.INFO)) == 1
    disk.close()


def in_a_child(act: Callable[[], None]) -> int:
    """The exit status of a copy of this process that only acts: 0 when nothing was raised."""
    child = os.fork()
    if child == 0:
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - it must not run the parent's tests
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_folder_that_another_user_owns_is_done_without(tmp_path: Path, said: Said) -> None:
    disk = DiskCache(tmp_path / "cache", PlainSeal())
    disk.set("key", b"night", tag=TAG, expire_s=600)
    disk.close()
    if os.geteuid() != 0:
        pytest.skip("Only root can become another user.")

    def as_nobody() -> None:
        os.setuid(65534)
        without = DiskCache(tmp_path / "cache", PlainSeal())
        assert without.get("key", tag=TAG) is None
        assert not without.set("key", b"night", tag=TAG, expire_s=600)
        with pytest.raises(CacheBusy):
            without.erase(TAG)
        assert len(said(logging.WARNING)) == 1
        assert "Permission denied" in said(logging.WARNING)[0]

    assert in_a_child(as_nobody) == 0


def test_a_file_that_is_cut_short_while_it_is_open_does_not_end_the_process(tmp_path: Path) -> None:
    def cut() -> None:
        disk = DiskCache(tmp_path, PlainSeal())
        for number in range(50):
            disk.set(f"k{number}", os.urandom(8000), tag=TAG, expire_s=600)
        with closing(sqlite3.connect(tmp_path / "cache.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert disk.get("k1", tag=TAG)
        os.truncate(tmp_path / "cache.db", 0)
        for number in range(50):
            disk.get(f"k{number}", tag=TAG)
        assert disk.set("new", b"night", tag=TAG, expire_s=600)
        assert disk.get("new", tag=TAG) == b"night"

    assert in_a_child(cut) == 0


# Busy

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_process(file: Path, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(file), begin]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.stdin.close()


def test_a_file_locked_by_another_process_is_waited_for_once(
    tmp_path: Path, clock: Clock, said: Said
) -> None:
    disk = DiskCache(tmp_path, PlainSeal(), clock=clock)
    disk.set("key", b"night", tag=TAG, expire_s=600)
    with held_by_another_process(tmp_path / "cache.db"):
        began_s = time.monotonic()
        for _ in range(100):
            assert not disk.set("key", b"later", tag=TAG, expire_s=600)
            assert disk.get("key", tag=TAG) == b"night"
        assert time.monotonic() - began_s < 4
        assert len(said(logging.WARNING)) == 1
        assert "Another process" in said(logging.WARNING)[0]
    clock.rest()
    assert disk.set("key", b"later", tag=TAG, expire_s=600)
    assert disk.get("key", tag=TAG) == b"later"
    assert len(said(logging.INFO)) == 1
    disk.close()


def test_the_cache_begins_in_seconds_although_its_file_is_locked(
    tmp_path: Path, clock: Clock, said: Said
) -> None:
    DiskCache(tmp_path, PlainSeal()).close()
    with held_by_another_process(tmp_path / "cache.db"):
        began_s = time.monotonic()
        disk = DiskCache(tmp_path, PlainSeal(), clock=clock)
        assert disk.get("key", tag=TAG) is None
        assert not disk.set("key", b"night", tag=TAG, expire_s=600)
        assert time.monotonic() - began_s < 4
        assert len(said(logging.WARNING)) == 1
    clock.rest()
    assert disk.get("key", tag=TAG) is None
    assert disk.set("key", b"night", tag=TAG, expire_s=600)
    disk.close()


def test_erasing_beside_a_reader_says_that_something_is_left_and_later_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache.disk._ERASE_WAIT_S", 0.2)
    disk = DiskCache(tmp_path, PlainSeal())
    disk.set("key", b"CANARY" * 300, tag=TAG, expire_s=600)
    reading = sqlite3.connect(tmp_path / "cache.db", isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM Cache").fetchall()
    with pytest.raises(CacheBusy, match="others are reading"):
        disk.erase(TAG)
    assert disk.get("key", tag=TAG) is None
    reading.close()
    assert disk.erase(TAG) == 0
    assert b"CANARY" not in bytes_under(tmp_path)
    disk.close()


def test_only_one_of_many_threads_tries_a_disk_that_failed(tmp_path: Path, clock: Clock) -> None:
    disk = DiskCache(tmp_path, PlainSeal(), clock=clock)
    with held_by_another_process(tmp_path / "cache.db"):
        assert not disk.set("key", b"night", tag=TAG, expire_s=600)
        clock.rest()
        spent_s: list[float] = []

        def write() -> None:
            began_s = time.monotonic()
            disk.set("key", b"night", tag=TAG, expire_s=600)
            spent_s.append(time.monotonic() - began_s)

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(wait_s > 1 for wait_s in spent_s) == [False] * 7 + [True]
    disk.close()


# Without root


def test_without_root_a_name_space_stands_in() -> None:
    if os.geteuid() == 0:
        pytest.skip("Root has mounted a small file system for the tests above.")
    inside = ["unshare", "--map-root-user", "--mount"]
    try:
        subprocess.run([*inside, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("This machine lets nobody but root mount anything: no full disk was tried.")
    command = [
        *inside,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-k",
        "disk",
        "-p",
        "no:cacheprovider",
        __file__,
    ]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "Only root may mount" not in run.stdout
