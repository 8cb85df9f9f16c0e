"""Files packed into one ZIP: with the digest of each, the same bytes for the same files and moment."""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 20
_LEVEL: Final = 1
"""Of deflate: the digits of epochs run on, so that more work makes them hardly smaller."""
_PACKED_ALREADY: Final = frozenset({".parquet"})
_UNIX: Final = 3
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)
"""What a ZIP can say of a moment."""


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A file that is in the ZIP.

    Attributes:
        name: below the folder.
        size: in bytes.
        sha256: in hexadecimal digits.
    """

    name: str
    size: int
    sha256: str


class Packing:
    """A ZIP that is being written, everything in one folder.

    Args:
        archive: open for writing.
        folder: the folder in it.
        moment: which every file is said to be of.
    """

    def __init__(self, archive: zipfile.ZipFile, folder: str, moment: datetime) -> None:
        self._archive, self._folder = archive, folder
        self._moment = min(max(moment.astimezone(UTC), _EARLIEST), _LATEST)

    def file(self, path: Path) -> Packed:
        """Packs a file under its own name."""
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(_CHUNK), b"")
            return self._put(path.name, chunks, size=path.stat().st_size)

    def content(self, name: str, content: bytes) -> Packed:
        """Packs bytes."""
        return self._put(name, [content], size=len(content))

    def _put(self, name: str, chunks: Iterable[bytes], *, size: int) -> Packed:
        moment = self._moment
        info = zipfile.ZipInfo(
            f"{self._folder}/{name}",
            (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second),
        )
        info.create_system = _UNIX
        info.external_attr = 0o600 << 16
        info.file_size = size
        info.compress_type = (
            zipfile.ZIP_STORED if Path(name).suffix in _PACKED_ALREADY else zipfile.ZIP_DEFLATED
        )
        # There is no other way to a level beside a moment of our own.
        setattr(info, "_compresslevel", _LEVEL)  # noqa: B010
        digest = hashlib.sha256()
        with self._archive.open(info, "w") as entry:
            for chunk in chunks:
                digest.update(chunk)
                entry.write(chunk)
        return Packed(name=name, size=size, sha256=digest.hexdigest())


def checksums(files: Iterable[Packed]) -> bytes:
    """What `sha256sum --check` reads, beside the files."""
    return "".join(f"{file.sha256}  {file.name}\n" for file in files).encode()


@contextmanager
def whole_or_not_at_all(target: Path) -> Iterator[tuple[Path, Path]]:
    """A folder to work in beside the target, and the file in it that becomes the target when the block has ended well.

    Otherwise, and in any case at the end, nothing of the folder is left; a former file at the target stays until then.

    Raises:
        OSError: the place cannot be written, or is full.
    """
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=".nocturne-", suffix=".part"))
    made = folder / "made"
    try:
        made.touch(mode=0o600)
        yield folder, made
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(target)
        _settle(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(folder: Path) -> None:
    """Returns when the disk knows which files the folder holds."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
