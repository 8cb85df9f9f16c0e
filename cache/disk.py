"""Bytes on disk under string keys, for a while. The only place that knows diskcache.

diskcache itself would write any object as a pickle and run whatever a planted pickle says (CVE-2025-69872);
here both ends refuse everything but bytes, so nothing is ever unpickled.
"""

import contextlib
import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_RAW

from cache.files import exclusively, private_folder, remove, set_aside
from cache.parts import MAX_BYTES, cut, joined, rows_of
from cache.seal import Seal, SealBroken
from cache.trouble import REST_S, Trouble, cause_of, is_damage, is_strange_text, wears

SIZE_LIMIT_BYTES = 256 * 2**20
_WAIT_S = 2.0
_ERASE_WAIT_S = 5.0
_CUT_MS = 50

_DISK_FAILS = (sqlite3.Error, diskcache.Timeout, OSError)
_OPENING_FAILS = (*_DISK_FAILS, TypeError, ValueError)
"""TypeError and ValueError come from a settings table that diskcache did not write."""

log = logging.getLogger(__name__)


class ValueTooLarge(ValueError):
    """The value has more than 512 kB when sealed; the caller does without keeping it."""


class NotBytes(TypeError):
    """A key that is not text or a value that is not bytes, given by a caller or found in the file."""


class CacheBusy(OSError):
    """Nothing could be deleted, because others kept the file busy or the disk is at fault."""


class BytesDisk(diskcache.Disk):  # type: ignore[misc]
    """diskcache's way to the disk, narrowed to text keys and bytes inside the one SQLite file."""

    def put(self, key: object) -> tuple[str, bool]:
        """The key as it is; anything but text is refused."""
        if type(key) is not str:
            raise NotBytes(f"A key is text, not {type(key).__name__}.")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """The key as found; one that is not plain text is refused and never decoded."""
        if type(key) is not str or not raw:
            raise NotBytes("The cache file holds a key that this program did not write.")
        return key

    def store(
        self,
        value: object,
        read: bool,  # noqa: FBT001 - diskcache's signature
        key: object = None,  # noqa: ARG002
    ) -> tuple[int, int, None, memoryview]:
        """The columns for a bytes value; anything else is refused."""
        if type(value) is not bytes or read:
            raise NotBytes(f"A value is bytes, not {type(value).__name__}.")
        return 0, MODE_RAW, None, sqlite3.Binary(value)

    def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:
        """The value of a row; a pickle, a text or a file's name is refused and never followed."""
        if mode != MODE_RAW or filename is not None or type(value) is not bytes or read:
            raise NotBytes("The cache file holds a value that this program did not write.")
        return value

    def remove(self, file_path: object) -> None:
        """Nothing: no value lies in a file of its own, and a planted name must not delete one."""


class DiskCache:
    """Bytes by key and tag, with an expiry, in one folder that is open to its owner only.

    It is only a cache: a file that is damaged is moved aside with a line in the log and begun anew. Whatever
    the disk does, reading says that nothing is kept and writing that nothing was; `cache.trouble` tells it
    once and leaves the disk alone for a while. Only deleting insists. Threads and processes may share the
    folder.

    Args:
        folder: where; made when missing.
        seal: what every value passes on its way to disk and back.
        size_limit_bytes: above it, the values stored longest ago go first.
        clock: monotonic seconds; tests hand in their own.
    """

    def __init__(
        self,
        folder: Path,
        seal: Seal,
        *,
        size_limit_bytes: int = SIZE_LIMIT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._file = folder / diskcache.core.DBNAME
        self._seal = seal
        self._size_limit_bytes = size_limit_bytes
        self._clock = clock
        self._trouble = Trouble(folder, clock=clock)
        self._opening = threading.Lock()
        self._cache: Any = None
        self._inode = 0
        self._put_away_at_s = -math.inf
        self._files = 0
        self._worn = False
        try:
            self._connected()
        except _OPENING_FAILS as error:
            self._failed(error, file=0)

    def get(self, key: str, *, tag: str) -> bytes | None:
        """The value kept under the key, or None: never stored, expired, not to be trusted, or the disk fails."""
        if self._trouble.closed("read"):
            return None
        value, file = None, self._files
        try:
            value = self._read(key, label=f"{tag}{key}")
        except (NotBytes, SealBroken) as error:
            self._refuse(key, error)
        except _OPENING_FAILS as error:
            if not is_strange_text(error):
                self._failed(error, file=file, reading=True)
                return None
            self._refuse(key, NotBytes("The cache file holds a text that this program did not write."))
        self._trouble.worked("read")
        return value

    def set(self, key: str, data: bytes, *, tag: str, expire_s: float) -> bool:
        """Whether the value is kept now, under the key, for so many seconds; tags begin as the drawers do.

        Raises:
            ValueTooLarge: it is not kept because it has more than 524,271 bytes.
            NotBytes: it is not bytes, or the key is not text.
        """
        if type(data) is not bytes or type(key) is not str:
            raise NotBytes(
                f"A key is text and a value bytes, not {type(key).__name__}, {type(data).__name__}."
            )
        label = f"{tag}{key}"
        sealed = self._seal.seal(data, label=label)
        if len(sealed) > MAX_BYTES:
            raise ValueTooLarge(f"A value of {len(sealed)} bytes is not kept; the most is {MAX_BYTES}.")
        if self._trouble.closed("write"):
            return False
        file = self._files
        try:
            cache = self._connected(renew=self._worn)
            with cache.transact():
                for number, row in enumerate(cut(sealed, label=label)):
                    cache.set(_row_key(key, number), row, expire=expire_s, tag=tag)
        except _OPENING_FAILS as error:
            self._failed(error, file=file, reading=False)
            return False
        self._trouble.worked("write")
        return True

    def delete(self, key: str) -> bool:
        """Whether a value was there under the key; it is not there any more.

        Raises:
            CacheBusy: it may be there still.
        """
        # "0" follows "/" in the order of characters, so this range is exactly the value's further rows.
        return self._erase("key = ? OR key >= ? AND key < ?", (key, f"{key}/", f"{key}0")) > 0

    def erase(self, *tags: str) -> int:
        """How many rows were deleted whose tag begins with one of these; no byte of them stays in the folder.

        Raises:
            ValueError: a tag does not end with "/", so it could reach a neighbour's drawer; or there is none.
            CacheBusy: some may be there still.
        """
        for tag in tags or ("",):
            if not tag.endswith("/"):
                raise ValueError(f"A drawer's name ends with '/', and {tag!r} does not.")
        where = " OR ".join(["tag >= ? AND tag < ?"] * len(tags))
        bounds = tuple(bound for tag in tags for bound in (tag, tag[:-1] + "0"))
        return self._erase(where, bounds, damaged_too=True)

    def close(self) -> None:
        """Let go of this thread's connection."""
        cache = self._cache
        if cache is not None:
            cache.close()

    def _read(self, key: str, *, label: str) -> bytes | None:
        cache = self._connected()
        first = cache.get(key)
        if first is None:
            return None
        rows = rows_of(first)
        try:
            return self._joined(cache, key, first, rows, label)
        except SealBroken:
            if rows == 1:
                raise
        # Somebody may have replaced the value while its rows were read one by one; now nobody can.
        with cache.transact():
            first = cache.get(key)
            return None if first is None else self._joined(cache, key, first, rows_of(first), label)

    def _joined(self, cache: Any, key: str, first: bytes, rows: int, label: str) -> bytes:
        rest = [cache.get(_row_key(key, number)) for number in range(1, rows)]
        return self._seal.open(joined([first, *rest], label=label), label=label)

    def _refuse(self, key: str, error: Exception) -> None:
        level = logging.DEBUG if self._trouble.lasts else logging.WARNING
        log.log(level, "A value in the cache was refused and deleted: %s", error)
        with contextlib.suppress(CacheBusy):
            self.delete(key)

    def _erase(self, where: str, values: tuple[str, ...], *, damaged_too: bool = False) -> int:
        try:
            if damaged_too:
                remove(*self._folder.glob("*.damaged"))  # nobody can tell whose values those hold
            file = self._files
            try:
                return self._deleted(where, values)
            except _OPENING_FAILS as error:
                if not is_damage(error):
                    raise
                self._put_away(error, file=file)
                remove(*self._folder.glob("*.damaged"))
            return self._deleted(where, values)  # of the file that somebody else may have begun meanwhile
        except _OPENING_FAILS as error:
            raise CacheBusy(
                f"What should go may still be in the cache ({error}); delete it again."
            ) from error

    def _deleted(self, where: str, values: tuple[str, ...]) -> int:
        if not self._file.exists():
            return 0
        with contextlib.closing(
            sqlite3.connect(self._file, timeout=_ERASE_WAIT_S, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            count = connection.execute(f"DELETE FROM Cache WHERE {where}", values).rowcount  # noqa: S608
            # Overwritten in the file and cut out of the log: only both together leave no byte. Also when there
            # was nothing to delete: an earlier call may have been kept from cutting.
            _cut_log(connection)
            return count

    def _connected(self, *, renew: bool = False) -> Any:
        """The opened cache on the file that lies in the folder now, whoever put it there."""
        cache = self._cache
        if cache is None or renew or self._moved():
            with self._opening:
                cache = self._cache
                if cache is None or (renew and self._worn) or self._moved():
                    cache = self._cache = self._opened()
                    self._worn = False
        return cache

    def _moved(self) -> bool:
        # An open connection would go on with a file that others have deleted, and erased people with it.
        try:
            inode: int = self._file.stat().st_ino
        except FileNotFoundError:
            return True
        return inode != self._inode

    def _opened(self) -> Any:
        private_folder(self._folder)
        self._file.touch(mode=0o600)  # SQLite gives its log the same mode
        self._inode = self._file.stat().st_ino
        # diskcache waits a minute for its turn to write; a file that is locked for good is found out before.
        with contextlib.closing(sqlite3.connect(self._file, timeout=_WAIT_S, isolation_level=None)) as probe:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        return diskcache.Cache(
            str(self._folder),
            timeout=_WAIT_S,
            disk=BytesDisk,
            size_limit=self._size_limit_bytes,
            eviction_policy="least-recently-stored",
            tag_index=1,
            statistics=0,
            sqlite_secure_delete=1,
            sqlite_mmap_size=0,  # a mapped file that is cut short or fails to read kills the process
        )

    def _failed(self, error: Exception, *, file: int, reading: bool | None = None) -> None:
        """Begin anew if the file is damaged; otherwise say so once and leave the disk alone for a while."""
        cause = cause_of(error)
        if is_damage(cause) and (file != self._files or self._clock() - self._put_away_at_s > REST_S):
            try:
                self._put_away(cause, file=file)
                self._connected()
            except _OPENING_FAILS as later:
                cause = cause_of(later)
            else:
                return
        self._worn = self._worn or wears(cause)
        if reading is None or self._cache is None:
            self._trouble.began(cause, "read", "write")
        else:
            self._trouble.began(cause, "read" if reading else "write")

    def _put_away(self, damage: BaseException, *, file: int) -> None:
        """Move the damaged file aside, unless another thread or process did: only our connection is at fault then."""
        with exclusively(self._folder / ".lock", within_s=_WAIT_S):
            if file != self._files:
                return
            if not self._moved():
                set_aside(self._file, because=str(damage))
                remove(*(self._file.with_name(self._file.name + end) for end in ("-wal", "-shm")))
            self._files += 1
            self._put_away_at_s = self._clock()
            self._cache = None


def _cut_log(connection: sqlite3.Connection) -> None:
    """Cut the log, a moment at a time: nobody can write while SQLite waits for readers to let go of it."""
    until_s = time.monotonic() + _ERASE_WAIT_S
    connection.execute(f"PRAGMA busy_timeout = {_CUT_MS}")
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until_s:
            raise TimeoutError("others are reading what was deleted")
        time.sleep(_CUT_MS / 1000)


def _row_key(key: str, number: int) -> str:
    return key if number == 0 else f"{key}/{number}"
