"""Bytes by key on disk: what goes in comes out, nothing else does, and what is deleted is gone."""

import logging
import multiprocessing
import os
import pickle
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.disk import DiskCache, NotBytes, ValueTooLarge
from cache.parts import MAX_BYTES, ROW_BYTES
from cache.seal import PlainSeal
from tests.cache.samples import MirrorSeal, bytes_under

TAG = "north/live/"


@pytest.fixture(params=[PlainSeal, MirrorSeal])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DiskCache]:
    cache = DiskCache(tmp_path / "answers", request.param())
    yield cache
    cache.close()


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "cache.db", isolation_level=None)


def test_what_was_kept_comes_back_as_it_was(disk: DiskCache) -> None:
    for data in (b"", b"night", os.urandom(20_000)):
        assert disk.set("key", data, tag=TAG, expire_s=60)
        assert disk.get("key", tag=TAG) == data
    assert disk.get("another", tag=TAG) is None


def test_a_value_is_kept_as_long_as_was_said(disk: DiskCache) -> None:
    with time_machine.travel(1_700_000_000, tick=False) as clock:
        disk.set("key", b"night", tag=TAG, expire_s=60)
        clock.shift(59)
        assert disk.get("key", tag=TAG) == b"night"
        clock.shift(2)
        assert disk.get("key", tag=TAG) is None


def longest_row(folder: Path) -> int:
    connection = database(folder)
    (longest,) = connection.execute("SELECT max(length(value)) FROM Cache").fetchone()
    connection.close()
    return int(longest)


def test_a_long_value_is_kept_in_rows_of_32_kb_and_not_in_files(disk: DiskCache, tmp_path: Path) -> None:
    for size in (ROW_BYTES - 40, ROW_BYTES, 3 * ROW_BYTES, 500_000):
        data = os.urandom(size)
        assert disk.set("key", data, tag=TAG, expire_s=60)
        assert disk.get("key", tag=TAG) == data
        assert longest_row(tmp_path / "answers") <= ROW_BYTES
    folder = tmp_path / "answers"
    assert {file.name for file in folder.iterdir()} <= {"cache.db", "cache.db-wal", "cache.db-shm"}
    assert disk.set("key", b"short", tag=TAG, expire_s=60)
    assert disk.get("key", tag=TAG) == b"short"
    assert disk.delete("key")
    assert not disk.erase("north/")  # nothing of the longer values was left behind


def test_a_value_over_512_kb_is_refused_and_the_former_one_stays(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, PlainSeal())
    assert disk.set("key", b"x" * MAX_BYTES, tag=TAG, expire_s=60)
    with pytest.raises(ValueTooLarge, match=f"{MAX_BYTES + 1} bytes"):
        disk.set("key", b"x" * (MAX_BYTES + 1), tag=TAG, expire_s=60)
    assert disk.get("key", tag=TAG) == b"x" * MAX_BYTES
    disk.close()


@pytest.mark.parametrize("row", ["key", "key/1", "key/2"])
def test_a_long_value_with_a_row_missing_or_of_another_value_is_a_miss(disk: DiskCache, row: str) -> None:
    disk.set("key", os.urandom(80_000), tag=TAG, expire_s=60)
    disk._cache.delete(row)
    assert disk.get("key", tag=TAG) is None
    disk.set("key", os.urandom(80_000), tag=TAG, expire_s=60)
    former = disk._cache.get(row)
    disk.set("key", os.urandom(80_000), tag=TAG, expire_s=60)
    disk._cache.set(row, former)
    assert disk.get("key", tag=TAG) is None
    disk.set("key", b"healed", tag=TAG, expire_s=60)
    assert disk.get("key", tag=TAG) == b"healed"


@pytest.mark.parametrize("value", ["text", 1, None, {"a": 1}, bytearray(b"x")])
def test_anything_but_bytes_is_refused(disk: DiskCache, value: object) -> None:
    with pytest.raises(NotBytes):
        disk.set("key", value, tag=TAG, expire_s=60)  # type: ignore[arg-type]
    with pytest.raises(NotBytes):
        disk._cache.set("key", value)
    assert disk.get("key", tag=TAG) is None


@pytest.mark.parametrize("key", [b"key", 1, ("a", "b"), None])
def test_a_key_that_is_not_text_is_refused(disk: DiskCache, key: object) -> None:
    with pytest.raises(NotBytes):
        disk.set(key, b"night", tag=TAG, expire_s=60)  # type: ignore[arg-type]


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.trace),)


def test_a_planted_pickle_works_in_diskcache_and_is_a_miss_here(tmp_path: Path) -> None:
    folder, trace = tmp_path / "answers", tmp_path / "trace"
    disk = DiskCache(folder, PlainSeal())
    disk.set("key", b"night", tag=TAG, expire_s=60)
    bomb = pickle.dumps(Bomb(trace))
    with database(folder) as planter:
        planter.execute("UPDATE Cache SET mode = 4, value = ?", (sqlite3.Binary(bomb),))
    planter.close()
    assert disk.get("key", tag=TAG) is None
    assert not trace.exists()
    assert disk.set("key", b"night", tag=TAG, expire_s=60)
    assert disk.get("key", tag=TAG) == b"night"
    disk.close()
    pickle.loads(bomb)  # noqa: S301 - the bomb is a real one, or this test would show nothing
    assert trace.exists()


@pytest.mark.parametrize(
    "change",
    [
        "mode = 3, filename = 'x', value = NULL",
        "mode = 2, filename = '/etc/hostname'",
        "value = 'text'",
        "value = 7",
    ],
)
def test_a_planted_text_number_or_file_name_is_a_miss(tmp_path: Path, change: str) -> None:
    bystander = tmp_path / "bystander"
    bystander.write_text("not ours")
    folder = tmp_path / "answers"
    disk = DiskCache(folder, PlainSeal())
    disk.set("key", b"night", tag=TAG, expire_s=60)
    with database(folder) as planter:
        planter.execute(f"UPDATE Cache SET {change}")  # noqa: S608 - our own words
    planter.close()
    assert disk.get("key", tag=TAG) is None
    disk.set("other", b"night", tag=TAG, expire_s=60)
    with database(folder) as planter:
        planter.execute("UPDATE Cache SET filename = ?", (str(bystander),))
    planter.close()
    disk.set("other", b"later", tag=TAG, expire_s=60)  # diskcache removes the former value's file here
    assert disk.get("other", tag=TAG) == b"later"
    assert bystander.read_text() == "not ours"
    disk.close()


def test_a_value_moved_to_another_key_does_not_open(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, MirrorSeal())
    disk.set("mine", b"night", tag=TAG, expire_s=60)
    with database(tmp_path) as planter:
        planter.execute("UPDATE Cache SET key = 'yours'")
    planter.close()
    assert disk.get("yours", tag=TAG) is None
    disk.close()


def test_erasing_takes_a_drawer_and_not_its_neighbours(disk: DiskCache) -> None:
    tags = ["north/live/a/", "north/live/ab/", "north/test/a/", "northern/live/a/", "south/live/a/"]
    for tag in tags:
        disk.set(tag, b"night", tag=tag, expire_s=60)
    assert disk.erase("north/live/a/") == 1
    assert [disk.get(tag, tag=tag) is None for tag in tags] == [True, False, False, False, False]
    assert disk.erase("north/") == 2
    assert [disk.get(tag, tag=tag) is None for tag in tags] == [True, True, True, False, False]
    assert disk.erase("north/") == 0
    for tag in ("", "north"):
        with pytest.raises(ValueError, match="drawer"):
            disk.erase(tag)


def test_no_byte_of_what_was_erased_stays_in_the_folder(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, PlainSeal())
    for number in range(50):
        disk.set(f"k{number}", b"CANARY" * 300, tag="north/live/a/", expire_s=60)
    disk.set("stays", b"STAYS", tag="north/live/b/", expire_s=60)
    (tmp_path / "cache.db.damaged").write_bytes(b"CANARY")
    assert b"CANARY" in bytes_under(tmp_path)
    assert disk.erase("north/live/a/") == 50
    assert b"CANARY" not in bytes_under(tmp_path)
    assert disk.get("stays", tag="north/live/b/") == b"STAYS"
    disk.close()


def test_folder_and_files_are_private(disk: DiskCache, tmp_path: Path) -> None:
    disk.set("key", b"night", tag=TAG, expire_s=60)
    folder = tmp_path / "answers"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_the_oldest_go_when_the_limit_is_reached(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path, PlainSeal(), size_limit_bytes=500_000)
    for number in range(100):
        disk.set(f"k{number}", os.urandom(20_000), tag=TAG, expire_s=600)
    kept = [number for number in range(100) if disk.get(f"k{number}", tag=TAG)]
    assert 99 in kept
    assert 0 not in kept
    assert (tmp_path / "cache.db").stat().st_size < 1_000_000
    disk.close()


@pytest.mark.parametrize("rubbish", [b"no database" * 1000, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_damaged_file_is_moved_aside_and_the_cache_begins_anew(
    tmp_path: Path, rubbish: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache.db").write_bytes(rubbish)
    with caplog.at_level(logging.WARNING):
        disk = DiskCache(tmp_path, PlainSeal())
        assert disk.get("key", tag=TAG) is None
        assert disk.set("key", b"night", tag=TAG, expire_s=60)
    assert disk.get("key", tag=TAG) == b"night"
    assert (tmp_path / "cache.db.damaged").read_bytes() == rubbish
    assert "cache.db could not be read and was moved aside" in caplog.text
    disk.close()


def test_a_file_damaged_while_it_is_open_costs_only_what_was_kept(tmp_path: Path) -> None:
    first, second = DiskCache(tmp_path, PlainSeal()), DiskCache(tmp_path, PlainSeal())
    for number in range(40):
        first.set(f"k{number}", os.urandom(4000), tag=TAG, expire_s=60)
    with database(tmp_path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    with (tmp_path / "cache.db").open("r+b") as file:
        file.write(b"\xff" * 40_000)
    for disk in (first, second):
        for _ in range(3):  # the damage is met at some access; after that everything works again
            disk.get("k1", tag=TAG)
            disk.set("new", b"night", tag=TAG, expire_s=60)
        assert disk.get("new", tag=TAG) == b"night"
    first.close()
    second.close()


def keep_many(folder: Path, first: int) -> None:
    disk = DiskCache(folder, PlainSeal())
    for number in range(first, first + 50):
        disk.set(f"k{number}", str(number).encode(), tag=TAG, expire_s=600)
    disk.close()


def test_processes_share_a_folder(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=keep_many, args=(tmp_path, first)) for first in (0, 50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    disk = DiskCache(tmp_path, PlainSeal())
    assert [disk.get(f"k{number}", tag=TAG) for number in range(100)] == [str(n).encode() for n in range(100)]
    disk.close()


@pytest.mark.parametrize("size", [500, 100_000])
def test_threads_that_replace_and_read_one_key_never_miss(disk: DiskCache, size: int) -> None:
    disk.set("key", os.urandom(size), tag=TAG, expire_s=60)
    missed: list[int] = []
    until = time.monotonic() + 0.5

    def read() -> None:
        while time.monotonic() < until:
            missed.append(disk.get("key", tag=TAG) is None)

    def write() -> None:
        while time.monotonic() < until:
            disk.set("key", os.urandom(size), tag=TAG, expire_s=60)

    threads = [threading.Thread(target=target) for target in (read, read, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(missed) > 20
    assert not any(missed)


# Bytes that change on the disk

EXAMPLES = int(os.environ.get("NOCTURNE_TEST_EXAMPLES", "60"))
SHORT, LONG = os.urandom(700), os.urandom(90_000)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose file holds a short value of one row and a long one of three, and nothing in its log."""
    folder = tmp_path_factory.mktemp("kept")
    disk = DiskCache(folder, PlainSeal())
    disk.set("short", SHORT, tag=TAG, expire_s=10**6)
    disk.set("long", LONG, tag=TAG, expire_s=10**6)
    disk.close()
    assert [file.name for file in folder.iterdir()] == ["cache.db"]
    return folder


@contextmanager
def changed(kept: Path, change: "dict[int, int]") -> Iterator[DiskCache]:
    """The cache over a copy of the file in which the bytes at some offsets were turned over by masks."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "cache"
        shutil.copytree(kept, folder)
        data = bytearray((folder / "cache.db").read_bytes())
        for offset, mask in change.items():
            data[offset] ^= mask
        (folder / "cache.db").write_bytes(data)
        disk = DiskCache(folder, PlainSeal())
        yield disk
        disk.close()


def place_of(value: bytes, position: int, data: bytes) -> int:
    """Where a byte of the value lies in the file; pages are 4 kB, so that some 16 bytes around it lie together."""
    for start in range(position, max(-1, position - 16), -1):
        offset = data.find(value[start : start + 16])
        if offset >= 0:
            return offset + position - start
    raise AssertionError("The value is not in the file as it was written.")


def assert_heals(disk: DiskCache, key: str, *, tries: int = 1) -> None:
    for data in (os.urandom(700), os.urandom(90_000)):
        assert any(disk.set(key, data, tag=TAG, expire_s=60) for _ in range(tries))
        assert disk.get(key, tag=TAG) == data


@settings(max_examples=EXAMPLES, deadline=None)
@given(position=st.integers(0, len(LONG) - 17), bit=st.integers(0, 7), key=st.sampled_from(["short", "long"]))
def test_one_turned_bit_of_a_value_makes_it_a_miss_that_heals(
    kept: Path, position: int, bit: int, key: str
) -> None:
    value, other = (SHORT, "long") if key == "short" else (LONG, "short")
    position %= len(value) - 16
    offset = place_of(value, position, (kept / "cache.db").read_bytes())
    with changed(kept, {offset: 1 << bit}) as disk:
        assert disk.get(key, tag=TAG) is None
        assert disk.get(other, tag=TAG) in (SHORT, LONG)  # its neighbour is as it was
        assert_heals(disk, key)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    changes=st.dictionaries(st.floats(0, 1, exclude_max=True), st.integers(1, 255), min_size=1, max_size=3)
)
def test_whatever_changes_in_the_file_a_value_is_right_or_a_miss_and_heals(
    kept: Path, changes: dict[float, int]
) -> None:
    size = (kept / "cache.db").stat().st_size
    with changed(kept, {int(share * size): mask for share, mask in changes.items()}) as disk:
        assert disk.get("short", tag=TAG) in (SHORT, None)
        assert disk.get("long", tag=TAG) in (LONG, None)
        assert_heals(disk, "short", tries=2)  # the first one may meet the damage, and the file is begun anew
        assert_heals(disk, "long", tries=2)


@pytest.mark.parametrize(
    "change",
    [
        "substr(value, 1, length(value) - 1)",
        "substr(value, 1, 17)",
        "substr(value, 1, 16)",
        "x''",
        "zeroblob(length(value))",
        "value || x'00'",
        "CAST(x'ff00fe' AS TEXT)",
        "NULL",
    ],
)
@pytest.mark.parametrize("key", ["short", "long"])
def test_a_value_cut_short_zeroed_or_turned_into_text_is_a_miss_that_heals(
    kept: Path, tmp_path: Path, change: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(kept, tmp_path / "cache")
    with database(tmp_path / "cache") as vandal:
        vandal.execute(f"UPDATE Cache SET value = {change}")  # noqa: S608 - our own words
    vandal.close()
    disk = DiskCache(tmp_path / "cache", PlainSeal())
    assert disk.get(key, tag=TAG) is None
    assert "refused and deleted" in caplog.text
    assert_heals(disk, key)
    disk.close()
