"""The one place that every byte passes on its way to disk and back.

Today it lets them through; encryption at rest will be another class of the same shape. A label says what the
bytes are ("north/people/p_abc"), so that sealed bytes moved to another place will not open there.
"""

import mmap
from pathlib import Path
from typing import NewType, Protocol

Sealed = NewType("Sealed", bytes)
"""Bytes that have been through a seal: the only kind that `cache.files` writes."""


class SealBroken(Exception):
    """Bytes from disk are not what was sealed under this label: damaged, moved, or of another key."""


class Seal(Protocol):
    """What stands between memory and disk."""

    def seal(self, data: bytes, *, label: str) -> Sealed:
        """The bytes as they may lie on disk."""
        ...

    def open(self, data: bytes, *, label: str) -> bytes:
        """The bytes as they were before; raises `SealBroken` when they are not those of the label."""
        ...

    def patch(self, data: bytes, *, label: str) -> Sealed | None:
        """The bytes as they may lie in the midst of a file under this label; None when a file is sealed as a whole."""
        ...

    def map(self, path: Path, *, label: str) -> memoryview:
        """A file's bytes as they were before sealing; mapped, not copied, where nothing has to be opened.

        The view stays valid when the file is replaced or deleted. Raises `OSError` when the file cannot be
        read and `SealBroken` as `open` does.
        """
        ...


class PlainSeal:
    """A seal that changes nothing: files are as private as their mode and the disk under them."""

    def seal(self, data: bytes, *, label: str) -> Sealed:  # noqa: ARG002 - a real seal binds the label
        """The bytes themselves."""
        return Sealed(data)

    def open(self, data: bytes, *, label: str) -> bytes:  # noqa: ARG002
        """The bytes themselves."""
        return data

    def patch(self, data: bytes, *, label: str) -> Sealed | None:  # noqa: ARG002
        """The bytes themselves."""
        return Sealed(data)

    def map(self, path: Path, *, label: str) -> memoryview:  # noqa: ARG002
        """The file mapped into memory, read-only; pages are read when they are touched."""
        with path.open("rb") as file:
            if not path.stat().st_size:
                return memoryview(b"")  # an empty file cannot be mapped
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
