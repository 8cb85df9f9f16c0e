"""What the tests of the cache begin with."""

from datetime import UTC, datetime
from pathlib import Path

from cache.seal import SealBroken, Sealed

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class MirrorSeal:
    """A seal that changes bytes and binds the label, as a real one will: what only works in plain fails."""

    def seal(self, data: bytes, *, label: str) -> Sealed:
        return Sealed(label.encode() + b"\n" + bytes(255 - byte for byte in data))

    def open(self, data: bytes, *, label: str) -> bytes:
        head, _, body = data.partition(b"\n")
        if head != label.encode():
            raise SealBroken(f"These bytes were not sealed as {label}.")
        return bytes(255 - byte for byte in body)

    def map(self, path: Path, *, label: str) -> memoryview:
        return memoryview(self.open(path.read_bytes(), label=label))


def bytes_under(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
