"""People's rows overwritten where they lie in the table of everybody, so that erasing needs no new table.

Every buffer keeps its place, its length and its offsets: whoever has the file mapped goes on reading, and finds
rows of nothing where the erased people's were. Numbers become NaN or 0 (so no row is valid), text becomes dashes,
a word of a dictionary that nobody else uses too. The header names them last: cut off before that, the table still
says whose rows are left, and the next who opens it goes on.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa

from cache.table import NightTable, Part, ranges_of

ERASED = "~"
"""How the id of a part begins whose rows are nobody's any more; no person's id can begin so."""

_DASH = b"-"


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Bytes to be put at a place of a file instead of as many that are there."""

    at: int
    data: bytes


def patches(table: NightTable, data: memoryview, people: Collection[str]) -> Iterator[Patch]:
    """What to overwrite, in this order, so that no byte of these people is left.

    Args:
        table: what `table.unchecked_table` made of `data`, a view of it.
        data: the whole file.
        people: whose parts; those who have none are passed over.

    Raises:
        ValueError: the table is damaged.
    """
    ranges = ranges_of(table.parts)
    gone = [part for part in table.parts if part.person_id in people]
    rows = [ranges[part.person_id] for part in gone]
    nobodys = [ranges[part.person_id] for part in table.parts if part.person_id.startswith(ERASED)]
    start = pa.py_buffer(data).address
    for column in table.rows.columns:
        for array in column.chunks:
            if pa.types.is_dictionary(array.type):
                yield from _lonely_words(array, rows, nobodys, start)
                array = array.indices  # noqa: PLW2901 - what is left of it are the codes
            yield from _column(array, rows, start)
    headers = _headers(table, data)
    for part in gone:
        yield from _named(part, ranges[part.person_id].start, headers)


def _column(array: "pa.Array", rows: list[slice], start: int) -> Iterator[Patch]:
    if pa.types.is_large_string(array.type):
        for each in rows:
            yield from _dashes(array, each, start)
        return
    values = np.asarray(array.to_numpy(zero_copy_only=True))
    nothing = np.array(np.nan if values.dtype.kind == "f" else 0, dtype=values.dtype)
    begin = array.buffers()[1].address - start
    for each in rows:
        count = each.stop - each.start
        yield Patch(at=begin + each.start * values.itemsize, data=nothing.tobytes() * count)


def _lonely_words(
    array: "pa.DictionaryArray", rows: list[slice], nobodys: list[slice], start: int
) -> Iterator[Patch]:
    """The words that only these rows use, not counting rows that are nobody's any more."""
    codes = array.indices.to_numpy(zero_copy_only=True)
    if len(codes) and not 0 <= codes.min() <= codes.max() < len(array.dictionary):
        raise ValueError("a code stands for no word")
    words = len(array.dictionary)
    mine = sum((np.bincount(codes[each], minlength=words) for each in rows), np.zeros(words, np.int64))
    unused = sum((np.bincount(codes[each], minlength=words) for each in nobodys), mine)
    for code in np.flatnonzero((mine > 0) & (np.bincount(codes, minlength=words) == unused)).tolist():
        yield from _dashes(array.dictionary, slice(code, code + 1), start)


def _dashes(text: "pa.Array", rows: slice, start: int) -> Iterator[Patch]:
    _, offsets, characters = text.buffers()
    places = np.frombuffer(offsets, dtype=np.int64)
    first, end = int(places[rows.start]), int(places[rows.stop])
    if not 0 <= first <= end <= (characters.size if characters else 0):
        raise ValueError("a text lies outside of its column")
    if end > first:
        yield Patch(at=characters.address - start + first, data=_DASH * (end - first))


def _named(part: Part, first: int, headers: list[tuple[int, bytes]]) -> Iterator[Patch]:
    """The part wherever it is named, in the same length."""
    named = msgspec.json.encode(part)
    nobody = msgspec.structs.replace(
        part, person_id=f"{ERASED}{first}", zone="", synced_at=None, size=0, mtime_ns=0
    )
    blank = msgspec.json.encode(nobody).ljust(len(named))  # white space between values is nothing to JSON
    if len(blank) > len(named):
        raise ValueError(f"the header has no room for a part that is nobody's in place of {part.person_id}")
    for begin, header in headers:
        if (place := header.find(named)) >= 0:
            yield Patch(at=begin + place, data=blank)


def _headers(table: NightTable, data: memoryview) -> list[tuple[int, bytes]]:
    """Where the people are named, and the bytes there: Arrow writes it before all rows and again after them."""
    start = pa.py_buffer(data).address
    buffers = [
        buffer
        for column in table.rows.columns
        for array in column.chunks
        for part in ((array, array.dictionary) if pa.types.is_dictionary(array.type) else (array,))
        for buffer in part.buffers()
        if buffer is not None and buffer.size
    ]
    first = min((buffer.address - start for buffer in buffers), default=len(data))
    end = max((buffer.address + buffer.size - start for buffer in buffers), default=len(data))
    return [(0, bytes(data[:first])), (end, bytes(data[end:]))]
