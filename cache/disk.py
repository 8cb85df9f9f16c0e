"""Bytes on disk under string keys, for a while. The only place that knows diskcache.

diskcache itself would write any object as a pickle and run whatever a planted pickle says (CVE-2025-69872);
here both ends refuse everything but bytes, so nothing is ever unpickled.
"""

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import MODE_RAW

from cache.files import exclusively, private_folder, remove, set_aside
from cache.seal import Seal, SealBroken

MAX_VALUE_BYTES = 32_768
SIZE_LIMIT_BYTES = 256 * 2**20
_WRITE_TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


class ValueTooLarge(ValueError):
    """The value has more than 32,768 bytes when sealed; the caller does without keeping it.

    diskcache would put it in a file of its own, and replacing such files under readers gives false misses.
    """


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

    It is only a cache: a file that is damaged is moved aside with a line in the log and begun anew, and a
    value that cannot be written in time is not kept. Threads and processes may share the folder.

    Args:
        folder: where; made when missing.
        seal: what every value passes on its way to disk and back.
        size_limit_bytes: above it, the values stored longest ago go first.
    """

    def __init__(self, folder: Path, seal: Seal, *, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        self._folder = private_folder(folder)
        self._file = folder / diskcache.core.DBNAME
        self._seal = seal
        self._size_limit_bytes = size_limit_bytes
        self._opening = threading.Lock()
        try:
            self._cache = self._opened()
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            # TypeError and ValueError come from a settings table that diskcache did not write.
            self._begin_anew(error)

    def get(self, key: str, *, tag: str) -> bytes | None:
        """The value kept under the key, or None: never stored, expired, or not to be trusted."""
        try:
            sealed = self._cache.get(key)
            return None if sealed is None else self._seal.open(sealed, label=f"{tag}{key}")
        except (NotBytes, SealBroken) as error:
            log.warning("A value in the cache was refused and deleted: %s", error)
            with contextlib.suppress(CacheBusy):
                self.delete(key)
        except sqlite3.DatabaseError as error:
            self._recover(error)
        return None

    def set(self, key: str, data: bytes, *, tag: str, expire_s: float) -> bool:
        """Whether the value is kept now, under the key, for so many seconds; tags begin as the drawers do.

        Raises:
            ValueTooLarge: it is not kept because it has more than 32,768 bytes.
            NotBytes: it is not bytes, or the key is not text.
        """
        if type(data) is not bytes or type(key) is not str:
            raise NotBytes(
                f"A key is text and a value bytes, not {type(key).__name__}, {type(data).__name__}."
            )
        sealed = self._seal.seal(data, label=f"{tag}{key}")
        if len(sealed) > MAX_VALUE_BYTES:
            raise ValueTooLarge(f"A value of {len(sealed)} bytes is not kept; the most is {MAX_VALUE_BYTES}.")
        try:
            return bool(self._cache.set(key, sealed, expire=expire_s, tag=tag))
        except diskcache.Timeout:
            log.info("A value was not kept: another process was writing to the cache for too long.")
        except sqlite3.DatabaseError as error:
            self._recover(error)
        return False

    def delete(self, key: str) -> bool:
        """Whether a value was there under the key; it is not there any more.

        Raises:
            CacheBusy: it may be there still.
        """
        return self._erase("key = ?", (key,)) > 0

    def erase(self, tag: str) -> int:
        """How many values were deleted whose tag begins so; no byte of them stays in the folder.

        Raises:
            ValueError: the tag is empty or does not end with "/", so it could reach a neighbour's drawer.
            CacheBusy: nothing was deleted.
        """
        if not tag.endswith("/"):
            raise ValueError(f"A drawer's name ends with '/', and {tag!r} does not.")
        remove(*self._folder.glob("*.damaged"))  # nobody can tell whose values those hold
        # "0" follows "/" in the order of characters, so this range is exactly the tags that begin so.
        return self._erase("tag >= ? AND tag < ?", (tag, tag[:-1] + "0"))

    def close(self) -> None:
        """Let go of this thread's connection."""
        self._cache.close()

    def _erase(self, where: str, values: tuple[str, ...]) -> int:
        try:
            with contextlib.closing(
                sqlite3.connect(self._file, timeout=_WRITE_TIMEOUT_S, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA secure_delete = ON")
                count = connection.execute(f"DELETE FROM Cache WHERE {where}", values).rowcount  # noqa: S608
                if count:
                    # Overwritten in the file and cut out of the log: only both together leave no byte.
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return count
        except sqlite3.OperationalError as error:
            raise CacheBusy(f"What should go is still in the cache ({error}); delete it again.") from error
        except sqlite3.DatabaseError as error:
            self._recover(error)
            remove(*self._folder.glob("*.damaged"))
            return 0

    def _opened(self) -> Any:
        self._file.touch(mode=0o600)  # SQLite gives its log the same mode
        cache = diskcache.Cache(
            str(self._folder),
            timeout=_WRITE_TIMEOUT_S,
            disk=BytesDisk,
            size_limit=self._size_limit_bytes,
            eviction_policy="least-recently-stored",
            tag_index=1,
            statistics=0,
            sqlite_secure_delete=1,
        )
        self._inode = self._file.stat().st_ino
        return cache

    def _recover(self, error: sqlite3.DatabaseError) -> None:
        if isinstance(error, sqlite3.OperationalError) and not any(
            sign in str(error) for sign in ("malformed", "no such table", "no such column")
        ):
            log.warning("The cache could not be used this time: %s", error)
        else:
            self._begin_anew(error)

    def _begin_anew(self, error: Exception) -> None:
        with self._opening, exclusively(self._folder / ".lock"):
            # Somebody else may have begun anew while we waited: then only our old connection is at fault.
            found = self._file.stat().st_ino if self._file.exists() else 0
            if found == getattr(self, "_inode", found):
                set_aside(self._file, because=str(error))
                remove(*(self._file.with_name(self._file.name + end) for end in ("-wal", "-shm")))
            self._cache = self._opened()
