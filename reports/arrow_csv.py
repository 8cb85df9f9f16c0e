"""Columns become the lines of a CSV at once, cell for cell as `cells` would write them: hundreds of thousands of rows.

A text is guarded once however often it stands there. A number of 32 bits is the shortest decimal that reads back as the
same 32 bits; an instant is ISO 8601 in UTC; what is not there is empty.
"""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reports.cells import safe_text

_QUOTED: Final = frozenset(',"\r\n')


def header_line(names: Sequence[str]) -> bytes:
    """The first line of the file."""
    return f"{','.join(_written(name) for name in names)}\r\n".encode()


def csv_lines(rows: "pa.Table", *, plain: Collection[str] = ()) -> bytes | memoryview:
    """The rows as lines of RFC 4180, each ended by CRLF.

    Args:
        rows: of any types but nested ones.
        plain: columns of text that holds digits alone: there is nothing to guard, and looking would take long.
    """
    if not rows.num_rows:
        return b""
    columns = [
        column.combine_chunks().cast(pa.large_string()) if name in plain else _texts(column.combine_chunks())
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    ]
    columns[-1] = _joined([columns[-1], pa.scalar("", pa.large_string())], "\r\n")
    lines = _joined(columns, ",")
    _, places, data = lines.buffers()  # one after the other, which is what the file is
    ends = np.frombuffer(places, np.int64)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(data)[ends[0] : ends[-1]]


def _joined(columns: "Sequence[pa.Array]", between: str) -> "pa.Array":
    return pc.binary_join_element_wise(
        *columns, pa.scalar(between, pa.large_string()), null_handling="replace", null_replacement=""
    )


def _texts(column: "pa.Array") -> "pa.Array":
    if isinstance(column, pa.ChunkedArray):  # of dictionaries that differ
        column = pa.concat_arrays([chunk.dictionary_decode() for chunk in column.chunks])
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _guarded(column.dictionary).take(column.indices)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        known = column.dictionary_encode()
        return _guarded(known.dictionary).take(known.indices)
    if pa.types.is_timestamp(kind):
        return _instants(column)
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
    return column.cast(pa.large_string())


def _guarded(texts: "pa.Array") -> "pa.Array":
    return pa.array(
        [None if each is None else _written(each) for each in texts.to_pylist()], pa.large_string()
    )


def _written(text: str) -> str:
    safe = safe_text(text)
    return '"' + safe.replace('"', '""') + '"' if _QUOTED.intersection(safe) else safe


def _instants(column: "pa.Array") -> "pa.Array":
    """ISO 8601, with a fraction of a second only where there is one."""
    texts = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.string())
    texts = pc.replace_substring(texts, " ", "T", max_replacements=1)
    return pc.replace_substring(texts, ".000000Z", "Z").cast(pa.large_string())
