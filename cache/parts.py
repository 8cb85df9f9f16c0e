"""A value as rows of at most 32 kB, and how a reader knows that none is missing, strange or changed.

The first row begins with a digest over the whole value and its label, and with the number of rows. So one
wrong bit anywhere, or a row of an earlier value, makes the value nothing rather than something else:
neither SQLite nor the compression inside notices a changed bit.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

from cache.seal import SealBroken

ROW_BYTES: Final = 32_768
"""The longest row; diskcache's own way for more, a file per value, gives false misses when it is replaced."""

MAX_ROWS: Final = 16

_HEAD: Final = struct.Struct(">16sB")

MAX_BYTES: Final = MAX_ROWS * ROW_BYTES - _HEAD.size
"""The longest value: 524,271 bytes."""


def cut(data: bytes, *, label: str) -> tuple[bytes, ...]:
    """The rows of a value of at most `MAX_BYTES`, the first with the head."""
    count = max(1, -(-(len(data) + _HEAD.size) // ROW_BYTES))
    whole = _HEAD.pack(_digest(data, count, label), count) + data
    return tuple(whole[start : start + ROW_BYTES] for start in range(0, len(whole), ROW_BYTES))


def rows_of(first: bytes) -> int:
    """How many rows the value has that begins with this one.

    Raises:
        SealBroken: no value begins so.
    """
    if len(first) < _HEAD.size or not 1 <= first[_HEAD.size - 1] <= MAX_ROWS:
        raise SealBroken("The first row of a value is damaged.")
    return first[_HEAD.size - 1]


def joined(rows: Sequence[bytes | None], *, label: str) -> bytes:
    """The value that was cut into these rows; None stands for a row that was not found.

    Raises:
        SealBroken: they are not exactly the rows of one value that was cut under this label.
    """
    whole = b"".join(row for row in rows if row is not None)
    digest, count = _HEAD.unpack_from(whole)
    data = whole[_HEAD.size :]
    if None in rows or count != len(rows) or digest != _digest(data, count, label):
        raise SealBroken("The bytes are not those that were written.")
    return data


def _digest(data: bytes, count: int, label: str) -> bytes:
    found = hashlib.blake2b(label.encode(), digest_size=16, salt=bytes([count]))
    found.update(data)
    return found.digest()
