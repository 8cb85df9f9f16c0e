"""How files come to be in the cache's folders: whole or not at all, private, one writer at a time."""

import contextlib
import errno
import fcntl
import logging
import math
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cache.seal import Sealed

PART = ".part"
"""How the name of a file ends while it is being written."""

DAMAGED = ".damaged"
"""How the name of a file ends that could not be read and was moved aside."""

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")

log = logging.getLogger(__name__)


def is_safe_id(identifier: str) -> bool:
    """Whether `safe_id` takes it."""
    return _SAFE_ID.fullmatch(identifier) is not None


def safe_id(identifier: str) -> str:
    """The id itself, when it can be the name of a file.

    Raises:
        ValueError: it could lead elsewhere (a slash, a dot, nothing at all) or is longer than 100 characters.
    """
    if not is_safe_id(identifier):
        raise ValueError(
            f"{identifier[:120]!r} cannot be the name of a file; ids are 1 to 100 letters, digits, - or _."
        )
    return identifier


def private_folder(folder: Path) -> Path:
    """The folder, made when it is missing, open to its owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def write_atomically(path: Path, data: Sealed) -> None:
    """Put the bytes at the path; a reader sees the former file or this one, and never a part of it.

    The file has mode 0600. Its bytes are on the disk before it gets its name, and the name is on the disk when
    this returns: a power cut takes neither back.
    """
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)  # mkstemp's mode is 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    settle(path.parent)


def overwrite(path: Path, pieces: Iterable[tuple[int, Sealed]]) -> None:
    """Put each piece over the bytes at its place of a file; whoever has the file mapped sees it happen.

    The one way to change a file that is not whole or not at all: for taking out what may not stay.
    """
    with path.open("r+b") as file:
        for place, piece in pieces:
            file.seek(place)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def settle(folder: Path) -> None:
    """Return when the disk knows which files the folder holds: names given, and names taken away."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_aside(path: Path, *, because: str) -> None:
    """Move a file that cannot be read out of the way and say so in the log; only the last such one stays."""
    with contextlib.suppress(FileNotFoundError):
        path.replace(path.with_name(path.name + DAMAGED))
        log.warning("%s could not be read and was moved aside: %s", path.name, because)


def remove(*paths: Path) -> bool:
    """Whether any of the files was there to be deleted."""
    found = False
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            found = True
    return found


@contextlib.contextmanager
def exclusively(lock: Path, *, within_s: float = math.inf) -> Iterator[None]:
    """Alone with the lock file among threads and processes, as long as the block lasts; waits its turn.

    Raises:
        TimeoutError: somebody else held it for `within_s` seconds and more.
    """
    with _lock_file(lock) as handle:
        if within_s == math.inf:
            fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            _lock_within(handle, within_s)
        yield


def _lock_within(handle: int, limit_s: float) -> None:
    until = time.monotonic() + limit_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise TimeoutError(errno.ETIMEDOUT, "another process holds the lock") from None
            time.sleep(0.01)
        else:
            return


@contextlib.contextmanager
def exclusively_if_free(lock: Path) -> Iterator[bool]:
    """As `exclusively`, without waiting: False when somebody else has the lock now."""
    with _lock_file(lock) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _lock_file(lock: Path) -> Iterator[int]:
    # Each holder opens the file anew: the lock belongs to the opening, so it holds between threads too, and
    # the system lets go of it when a process dies. The file is never written and never deleted.
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
