"""The statistics of many people as one Arrow table: narrow types, one batch, mapped into memory when read.

Text that repeats is stored as dictionaries and becomes text where rows of it are handed out; float64 is float32
(7 digits); small counts and offsets are int16, other integers int32; instants are int64 microseconds, the missing one
as pandas has it; truth values are bytes. All but repeated text is handed out without a copy.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.nights import NIGHT_COLUMNS, SessionSet, night_columns

RULES = 3
"""Raised whenever the rules that make nights of sessions change, so that every table is derived again."""

_METADATA = b"nocturne"
_SHOWN = {"person_id": "str", **{name: str(dtype) for name, dtype in NIGHT_COLUMNS.items()}}
_SINGULAR_TEXT = frozenset({"session_id", "session_ids"})
_SMALL = frozenset({"start_offset_min", "end_offset_min", "sri_agree", "sri_known"})
_TEXT = pa.dictionary(pa.int32(), pa.large_string())

SCHEMA = hashlib.sha256(
    "|".join(f"{name}:{dtype}" for name, dtype in NIGHT_COLUMNS.items()).encode() + bytes([RULES])
).hexdigest()[:16]
"""Names the columns, their types and the rules; a table of another schema is derived again."""


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's share of a table.

    Attributes:
        rows: how many rows are theirs, one block in the order of the parts.
        size, mtime_ns: of the Parquet file that the rows were derived from.
        synced_at: as `PersonFile.synced_at`.
        rules: tag of the rules that the nights were made by (`ValidNight.tag`).
    """

    person_id: str
    rows: int
    zone: str
    synced_at: datetime | None
    size: int
    mtime_ns: int
    rules: str = ""


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class NightTable:
    """Rows of one person or of many: `parts` in the order of the person ids, `rows` in the order of the parts.

    Repeated text of a table that was read is still in dictionaries, of which the codes lie in the mapped file.
    """

    parts: tuple[Part, ...]
    rows: "pa.Table"

    @property
    def frame(self) -> pd.DataFrame:
        """As `frame_of`."""
        return frame_of(self)


def night_table_of(nights: Mapping[str, Any], part: Part) -> NightTable:
    """The nights of one person (`night_columns`) in the table's types; `part.rows` is set to their number."""
    rows = len(nights["start"])
    arrays = {"person_id": pa.array([part.person_id] * rows, pa.large_string())}
    for name, dtype in NIGHT_COLUMNS.items():
        arrays[name] = _stored(nights[name], str(dtype), name)
    part = msgspec.structs.replace(part, rows=rows)
    return NightTable(parts=(part,), rows=pa.table(arrays))


@cache
def empty_table() -> NightTable:
    """Nobody's nights."""
    nobody = Part(person_id="", rows=0, zone="", synced_at=None, size=0, mtime_ns=0)
    nights = night_columns(SessionSet.empty(), zone="UTC")
    return NightTable(parts=(), rows=night_table_of(nights, nobody).rows)


def patched(table: NightTable, changes: Mapping[str, NightTable | None]) -> NightTable:
    """The table with some people's rows replaced or added (their own tables) or taken out (None)."""
    if not changes:
        return table
    # Text as text: tables that were read apart have dictionaries of their own.
    table = _with_text(table)
    firsts = dict(zip((part.person_id for part in table.parts), _firsts(table.parts), strict=True))
    parts = {part.person_id: part for part in table.parts}
    chosen, slices = [], []
    run_first = run_end = 0  # a run of unchanged people is one slice, so few changes make few slices
    for person_id in sorted(parts.keys() | changes.keys()):
        if person_id not in changes:
            first, rows = firsts[person_id], parts[person_id].rows
            if first != run_end:
                slices.append(table.rows.slice(run_first, run_end - run_first))
                run_first = first
            run_end = first + rows
            chosen.append(parts[person_id])
            continue
        slices.append(table.rows.slice(run_first, run_end - run_first))
        run_first = run_end = firsts.get(person_id, run_end) + (
            parts[person_id].rows if person_id in parts else 0
        )
        if (change := changes[person_id]) is not None:
            slices.append(_with_text(change).rows)
            chosen.extend(change.parts)
    slices.append(table.rows.slice(run_first, run_end - run_first))
    rows = pa.concat_tables([part for part in slices if part.num_rows] or [table.rows.slice(0, 0)])
    return NightTable(parts=tuple(chosen), rows=_numbers_in_one_piece(rows))


def apart(table: NightTable) -> Iterator[NightTable]:
    """Each person's share of the table as a table of its own; nothing is copied."""
    ranges = ranges_of(table.parts)
    for part in table.parts:
        yield NightTable(parts=(part,), rows=table.rows.slice(ranges[part.person_id].start, part.rows))


def encode_table(table: NightTable) -> bytes:
    """The table as one uncompressed Arrow file with one batch."""
    rows = table.rows.combine_chunks()
    columns = [_narrow(rows[name], name) for name in rows.column_names]
    header = _Header(schema=SCHEMA, parts=table.parts)
    narrow = pa.table(columns, names=rows.column_names, metadata={_METADATA: msgspec.json.encode(header)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, narrow.schema) as writer:
        for batch in narrow.to_batches():
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def decode_table(data: memoryview) -> NightTable:
    """The table in such a file, its numbers as views of the memory; raises one of `columns.READ_ERRORS` otherwise."""
    table = unchecked_table(data)
    # What comes next reads text by offsets found in the file: without this look, a damaged one ends the process.
    table.rows.validate(full=True)
    if any(column.null_count for column in table.rows.columns if not _is_text(column.type)):
        raise ValueError("it has gaps where numbers belong")
    return table


def unchecked_table(data: memoryview) -> NightTable:
    """As `decode_table`, and faster, for whoever trusts no offset and no code in the rows."""
    rows = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(data))).read_all()
    header = msgspec.json.decode((rows.schema.metadata or {})[_METADATA], type=_Header)
    rows = rows.replace_schema_metadata(None)
    if header.schema != SCHEMA or rows.schema != _stored_schema():
        raise ValueError("it was derived by other rules than today's")
    if sum(part.rows for part in header.parts) != rows.num_rows:
        raise ValueError("its parts and its rows do not agree")
    return NightTable(parts=header.parts, rows=rows)


def ranges_of(parts: Sequence[Part]) -> dict[str, slice]:
    """Which rows are whose, by person id."""
    return {
        part.person_id: slice(first, first + part.rows)
        for part, first in zip(parts, _firsts(parts), strict=True)
    }


def frame_of(table: NightTable) -> pd.DataFrame:
    """The table as a frame: `person_id` and `NIGHT_COLUMNS`, read-only, floats as float32."""
    return _frame(table.rows, _SHOWN)


def part_of_frame(table: NightTable, rows: Sequence[slice], columns: Sequence[str]) -> pd.DataFrame:
    """Some rows and columns of `frame_of`, without making the whole of it; neighbouring rows are not copied.

    Args:
        table: everybody's nights.
        rows: which, in rising order.
        columns: which.
    """
    narrow = table.rows.select(list(columns))
    if not rows:
        chosen = narrow.slice(0, 0)
    elif all(one.stop == after.start for one, after in pairwise(rows)):
        chosen = narrow.slice(rows[0].start, rows[-1].stop - rows[0].start)
    else:
        chosen = narrow.take(np.concatenate([np.arange(each.start, each.stop) for each in rows]))
    return _frame(chosen.combine_chunks(), {name: _SHOWN[name] for name in columns})


def nights_of(table: NightTable, rows: slice) -> pd.DataFrame:
    """Some rows of one person, in the columns and types of `NIGHT_COLUMNS`, the caller's own.

    The numbers of a type lie in one piece, from which rows are taken in a fraction of the time.
    """
    chosen = table.rows.slice(rows.start, rows.stop - rows.start).combine_chunks()
    shown = {name: _shown(chosen[name], str(dtype)) for name, dtype in NIGHT_COLUMNS.items()}
    wide = {
        name: values.astype(NIGHT_COLUMNS[name]) if NIGHT_COLUMNS[name] in {"int64", "float64"} else values
        for name, values in shown.items()
    }
    return pd.DataFrame(wide, copy=True)


def _frame(rows: "pa.Table", dtypes: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame({name: _shown(rows[name], dtype) for name, dtype in dtypes.items()}, copy=False)


def _numbers_in_one_piece(rows: "pa.Table") -> "pa.Table":
    """The rows with numbers that can be handed out without a copy; text is handed out in pieces as well."""
    columns = [
        column
        if _is_text(column.type) or column.num_chunks == 1
        else pa.chunked_array([column.combine_chunks()])
        for column in rows.columns
    ]
    return pa.table(columns, names=rows.column_names)


def _firsts(parts: Sequence[Part]) -> list[int]:
    return [0, *accumulate(part.rows for part in parts)][:-1]


def _stored(values: Any, dtype: str, name: str = "") -> "pa.Array":
    if dtype.startswith("datetime64"):
        return pa.array(values)
    if dtype.startswith("float"):
        return pa.array(np.asarray(values, dtype=np.float32))
    if dtype == "bool":
        return pa.array(np.asarray(values, dtype=np.uint8))
    if dtype.startswith("int"):
        # A value that does not fit is refused by Arrow rather than wrapped around by numpy.
        return pa.array(np.asarray(values, dtype=np.int64)).cast(pa.int16() if name in _SMALL else pa.int32())
    return pa.array(values, pa.large_string(), from_pandas=True)


@cache
def _stored_schema() -> "pa.Schema":
    rows = empty_table().rows
    return pa.schema([(name, _narrow(rows[name], name).type) for name in rows.column_names])


def _is_text(kind: "pa.DataType") -> bool:
    return bool(pa.types.is_dictionary(kind) or pa.types.is_large_string(kind))


def _narrow(column: "pa.ChunkedArray", name: str) -> "pa.ChunkedArray":
    if not _is_text(column.type) or name in _SINGULAR_TEXT:
        return column
    return _wide(column).dictionary_encode().cast(_TEXT)


def _with_text(table: NightTable) -> NightTable:
    columns = [_wide(column) for column in table.rows.columns]
    return NightTable(parts=table.parts, rows=pa.table(columns, names=table.rows.column_names))


def _wide(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    return column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column


def _shown(column: "pa.ChunkedArray", dtype: str) -> Any:
    if dtype == "str":
        kind: Any = pd.StringDtype("pyarrow", na_value=np.nan)
        string_array: Any = (
            pd.arrays.ArrowStringArray
        )  # takes the dtype as well, which its stub does not know
        return string_array(_wide(column), dtype=kind)
    values = column.chunk(0).to_numpy(zero_copy_only=True) if column.num_chunks else column.to_numpy()
    if dtype == "bool":
        return values.view(np.bool_)
    if dtype.startswith("datetime64"):
        if "UTC" in dtype:  # made of integers: of instants pandas would make a copy
            return pd.array(values, dtype=pd.DatetimeTZDtype("us", "UTC"), copy=False)
        return values.view("datetime64[us]")
    return values
