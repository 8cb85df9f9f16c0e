"""A person's sessions as columns in a Parquet file, and the vendor's answers as such columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from analytics.nights import SESSION_COLUMNS, SessionSet
from analytics.ragged import Ragged
from analytics.sessions import NO_INSTANT, microseconds, texts
from asleep.models import SessionResult
from cache.seal import SealBroken

SCHEMA = 3
"""Raised whenever the columns change; `_upgraded` and `_ragged` read the files of every schema before."""

READ_ERRORS = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, msgspec.DecodeError, SealBroken)
"""What bytes that are no such file can raise when they are read; `NOT_DAMAGE` is to be let through first."""


class NewerFormat(OSError):
    """A file is whole and of a newer program's format; the message says which, and what to do."""


BEYOND_US = (NewerFormat, pa.ArrowNotImplementedError)
"""What a file raises that may be whole and that this program cannot read."""

NOT_DAMAGE = (*BEYOND_US, MemoryError)
"""What is among `READ_ERRORS`, or meets who reads, without saying that the bytes are damaged."""

UNREADABLE = "UNREADABLE"
"""Stands for the state of a session whose payload could not be read."""

SUMMARISED = "SUMMARISED"
"""Stands for the state of a session of which only the vendor's statistics are here."""

_METADATA = b"nocturne"
_LISTS = ("stages", "snoring")
_INSTANT = pa.timestamp("us", tz="UTC")
_KNOWN = (
    "session_id",
    "state",
    "start",
    "basis",
    "problem",
    "summary",
    "vendor_time_in_bed_s",
    "vendor_time_in_sleep_s",
)


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A session that the vendor has and whose payload could not be read: kept, so that it counts and is named.

    Attributes:
        start, end: as the list of sessions gave them; end None when open.
        reason: a sentence.
    """

    session_id: str
    start: datetime
    end: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a synchronisation has to know of a session that is kept.

    Attributes:
        state: OPEN, CLOSED or COMPLETE; `UNREADABLE` or `SUMMARISED` while its stages are missing.
        start: None when the vendor gave none.
        summary: `summary` of `SESSION_COLUMNS`.
        in_bed_s, asleep_s: the vendor's figures; NaN, in older files None, where it sent none.
    """

    session_id: str
    state: str
    start: datetime | None
    summary: str
    in_bed_s: float | None
    asleep_s: float | None

    @property
    def whole(self) -> bool:
        """Whether nothing more is to come of it, as far as is known."""
        return self.state == "COMPLETE"


@dataclass(frozen=True, kw_only=True)
class PersonFile:
    """All that is kept of a person: the sessions, the zone their nights are dated in, the last synchronisation."""

    sessions: SessionSet
    zone: str
    synced_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PersonStages:
    """The stages of a person by epoch of 30 s, a row for each session, and whose they are."""

    session_ids: tuple[str, ...]
    stages: Ragged


class _Format(msgspec.Struct, frozen=True, kw_only=True):
    schema: int


class _Header(_Format, frozen=True, kw_only=True):
    zone: str
    synced_at: datetime | None


def encode_person(person: PersonFile) -> bytes:
    """The person as a Parquet file: one row per session, `SESSION_COLUMNS`, stages and snoring as a byte per epoch."""
    sessions = person.sessions
    arrays = [_kept(sessions.columns[name], dtype) for name, dtype in SESSION_COLUMNS.items()]
    arrays += [_bytes_of(ragged) for ragged in (sessions.stages, sessions.snoring)]
    header = _Header(schema=SCHEMA, zone=person.zone, synced_at=person.synced_at)
    table = pa.Table.from_arrays(
        arrays, names=[*SESSION_COLUMNS, *_LISTS], metadata={_METADATA: msgspec.json.encode(header)}
    )
    sink = pa.BufferOutputStream()
    # A person's columns are short: dictionaries and statistics of them take longer to write than they save.
    pq.write_table(table, sink, compression="zstd", write_statistics=False, use_dictionary=False)
    return bytes(sink.getvalue())


def _kept(values: NDArray[Any], dtype: str) -> "pa.Array":
    """One of `SessionSet.columns` as it lies in the file."""
    if dtype == "float64":
        return pa.array(values)
    if dtype == "str":
        return pa.array(values, pa.large_string(), from_pandas=True)
    return pa.array(values.view("datetime64[us]"), _INSTANT)


def decode_person(data: bytes) -> PersonFile:
    """The person as kept; raises `NewerFormat`, or one of `READ_ERRORS` when the bytes are not such a file."""
    table, header = _read(data)
    table = _upgraded(table, header.schema)
    columns = {name: _plain(table[name], dtype) for name, dtype in SESSION_COLUMNS.items()}
    stages, snoring = (_ragged(table[name]) for name in _LISTS)
    sessions = SessionSet(columns=columns, stages=stages, snoring=snoring)
    return PersonFile(sessions=sessions, zone=header.zone, synced_at=header.synced_at)


def _plain(column: "pa.ChunkedArray", dtype: str) -> NDArray[Any]:
    """A column of the file as one of `SessionSet.columns`."""
    if dtype == "float64":
        column = column.cast(pa.float64())
    elif dtype == "str":
        column = column.cast(pa.large_string()).fill_null("")
    else:
        column = column.cast(_INSTANT).cast(pa.int64()).fill_null(NO_INSTANT)
    values: NDArray[Any] = column.to_numpy()
    return values


def decode_stages(data: bytes) -> PersonStages:
    """The stages alone, in a third of the time; raises as `decode_person`."""
    table, header = _read(data, "session_id", "stages")
    stages = _ragged(_upgraded(table, header.schema)["stages"])
    return PersonStages(session_ids=tuple(table["session_id"].to_pylist()), stages=stages)


def stages_in(person: PersonFile) -> PersonStages:
    """The stages of a person who has been read already."""
    ids = tuple(person.sessions.columns["session_id"].tolist())
    return PersonStages(session_ids=ids, stages=person.sessions.stages)


def _read(data: bytes, *columns: str) -> tuple["pa.Table", _Header]:
    # One thread: a person's file is small, and a page reads many of them side by side.
    file = pq.ParquetFile(pa.BufferReader(data))
    header = _header(
        file.schema_arrow.metadata
    )  # first: what a newer file holds besides is not for us to judge
    return file.read(columns=list(columns) or None, use_threads=False), header


def _header(metadata: dict[bytes, bytes] | None) -> _Header:
    data = (metadata or {})[_METADATA]
    schema = msgspec.json.decode(data, type=_Format).schema
    if schema > SCHEMA:
        raise NewerFormat(
            f"A person's file has format {schema}, and this program reads the formats 1 to {SCHEMA}. "
            "Start the newer program that wrote it."
        )
    return msgspec.json.decode(data, type=_Header)


def schema_of(data: bytes) -> int:
    """The schema of a person's file."""
    metadata = pq.read_schema(pa.BufferReader(data)).metadata or {}
    return msgspec.json.decode(metadata[_METADATA], type=_Header).schema


def _upgraded(table: "pa.Table", schema: int) -> "pa.Table":
    """The table in today's columns."""
    if schema < 1:
        raise ValueError(f"it has schema {schema}, and there never was one before 1")
    if schema < 2:  # sessions of which only the vendor's statistics are known came with the second
        table = table.append_column("basis", _all(table, "stages"))
    if (
        schema < 3
    ):  # and with the third what the statistics said of each; `_ragged` reads the lists before it too
        table = table.append_column("summary", _all(table, ""))
        table = table.append_column("summary_at", pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC")))
        for name in ("light", "deep", "rem"):
            table = table.append_column(f"vendor_{name}_latency_s", pa.nulls(table.num_rows, pa.float64()))
    return table


def _all(table: "pa.Table", value: str) -> "pa.Array":
    return pa.array([value] * table.num_rows, pa.large_string())


def known_sessions(data: bytes) -> dict[str, Known]:
    """What is known of each session in the file, by session id; raises as `decode_person`."""
    table, _ = _read(data, *_KNOWN)
    return {row["session_id"]: _known(**row) for row in table.to_pylist()}


def _known(
    *,
    session_id: str,
    state: str,
    start: datetime | None,
    problem: str,
    vendor_time_in_bed_s: float | None,
    vendor_time_in_sleep_s: float | None,
    basis: str = "stages",
    summary: str = "",
) -> Known:
    return Known(
        session_id=session_id,
        state=UNREADABLE if problem else SUMMARISED if basis == "vendor" else state,
        start=start,
        summary=summary,
        in_bed_s=vendor_time_in_bed_s,
        asleep_s=vendor_time_in_sleep_s,
    )


def session_set(
    results: Iterable[SessionResult], problems: Iterable[Unreadable] = (), *, received: datetime
) -> SessionSet:
    """The vendor's answers as columns, the unreadable ones with their reason in `problem`, all received then."""
    read, unread = list(results), list(problems)
    rows = [_result_row(result) for result in read] + [_problem_row(problem) for problem in unread]
    given = {name: [row.get(name) for row in rows] for name in SESSION_COLUMNS} | {
        "received": [received] * len(rows)
    }
    return SessionSet(
        columns={name: _column(given[name], dtype) for name, dtype in SESSION_COLUMNS.items()},
        stages=_stacked([result.sleep_stages for result in read], empty=len(unread)),
        snoring=_stacked([result.snoring_stages for result in read], empty=len(unread)),
    )


def _column(values: list[Any], dtype: str) -> NDArray[Any]:
    if dtype == "float64":
        return np.array(values, dtype=np.float64)
    return texts(values) if dtype == "str" else microseconds(values)


def merged(old: SessionSet, new: SessionSet) -> tuple[SessionSet, int, int]:
    """Both sets as one with each session once, by start; how many came in; how many became different.

    Of two rows of one session the one that is COMPLETE and could be read stays, of two such rows the one with stages,
    otherwise the one received later; a session goes forward only, so the order in which deliveries arrive does not
    matter. What the average statistics last said of the session, and why its stages could not be read, are kept
    beside whichever row stays.
    """
    if not len(old) and _is_in_order(new):
        return new, len(new), 0
    both = SessionSet.concat([old, new]) if len(old) else new
    ids = both.columns["session_id"].tolist()
    chosen = _one_of_each(both, ids)
    came = chosen[chosen >= len(old)].tolist()
    place = {session_id: row for row, session_id in enumerate(ids[: len(old)])}
    again = [(place[ids[row]], row) for row in came if ids[row] in place]
    result = both if np.array_equal(chosen, np.arange(len(ids))) else both.take(chosen)
    if len(chosen) < len(ids):
        result = _with_what_was_said(result, both)
    return result, len(came) - len(again), _differing(both, again)


def _is_in_order(sessions: SessionSet) -> bool:
    """Whether each session is there once, by start; ids decide between equal starts."""
    ids = sessions.columns["session_id"].tolist()
    places = list(zip(_missing_last(sessions.columns["start"]), ids, strict=True))
    return len(set(ids)) == len(ids) and places == sorted(places)


def _one_of_each(sessions: SessionSet, ids: Sequence[str]) -> NDArray[np.int64]:
    """The rows that stay, one for each id, in the order of starts; ids decide between equal starts."""
    columns = sessions.columns
    staged = columns["basis"] == "stages"
    readable = (columns["problem"] == "") | ~staged
    whole = (readable & (columns["state"] == "COMPLETE")).tolist()
    with_stages = staged.tolist()
    received, start = (_missing_last(columns[name]) for name in ("received", "start"))
    best = dict[str, tuple[bool, bool, int, int]]()
    for row, session_id in enumerate(ids):
        rank = (whole[row], with_stages[row], received[row], row)
        if session_id not in best or rank > best[session_id]:
            best[session_id] = rank
    order = sorted((start[row], session_id, row) for session_id, (*_, row) in best.items())
    return np.array([row for _, _, row in order], dtype=np.int64)


def _missing_last(instants: NDArray[np.int64]) -> list[int]:
    """Microseconds; a missing instant comes after all others."""
    integers: list[int] = np.where(instants == NO_INSTANT, np.iinfo(np.int64).max, instants).tolist()
    return integers


def _with_what_was_said(sessions: SessionSet, received: SessionSet) -> SessionSet:
    """The chosen rows with the last summary of each session, and with why stages are missing where they are."""
    ids, basis, problems = (sessions.columns[name].tolist() for name in ("session_id", "basis", "problem"))
    summary = _last_said(received, "summary", "summary_at")
    problem = _last_said(received, "problem", "received")
    never = (NO_INSTANT, "")
    unstaged = zip(ids, (each == "vendor" for each in basis), problems, strict=True)
    said = {
        "summary": texts([summary.get(name, never)[1] for name in ids]),
        "summary_at": np.array([summary.get(name, never)[0] for name in ids], dtype=np.int64),
        "problem": texts([problem.get(name, never)[1] if waits else own for name, waits, own in unstaged]),
    }
    return replace(sessions, columns={**sessions.columns, **said})


def _last_said(sessions: SessionSet, text: str, at: str) -> dict[str, tuple[int, str]]:
    """By session id when what was received last in that column came, and its text; without those who have none."""
    columns = sessions.columns
    last: dict[str, tuple[int, str]] = {}
    for session_id, said in zip(
        columns["session_id"].tolist(),
        zip(columns[at].tolist(), columns[text].tolist(), strict=True),
        strict=True,
    ):
        # Of two of one moment the text decides, which is as good as any, and the same in every order.
        if said[1] and said > last.get(session_id, (NO_INSTANT, "")):
            last[session_id] = said
    return last


def without(sessions: SessionSet, session_id: str) -> SessionSet:
    """The set without that session."""
    kept = np.flatnonzero(sessions.columns["session_id"] != session_id)
    return sessions.take(kept)


def _differing(both: SessionSet, pairs: Sequence[tuple[int, int]]) -> int:
    """How many pairs of rows differ in anything but the moments they, and what was said of them, were received."""
    if not pairs:
        return 0
    before, after = np.array(pairs).T
    same = np.ones(len(pairs), dtype=bool)
    for name, values in both.columns.items():
        if name not in {"received", "summary_at"}:
            one, other = values[before], values[after]
            # Two missing values are the same here: nothing was learnt between them.
            same &= ((one == other) | (pd.isna(one) & pd.isna(other))).astype(bool)
    for place, (one_row, other_row) in enumerate(pairs):
        for ragged in (both.stages, both.snoring):
            same[place] &= np.array_equal(ragged[one_row], ragged[other_row])
    return int((~same).sum())


def _bytes_of(ragged: Ragged) -> "pa.Array":
    offsets = pa.py_buffer(ragged.offsets.astype(np.int32))
    return pa.Array.from_buffers(pa.binary(), len(ragged), [None, offsets, pa.py_buffer(ragged.values)])


def _ragged(column: "pa.ChunkedArray") -> Ragged:
    """The rows of a column of bytes, or of lists of int8, as which the first two schemas have them."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # no rows at all
        return Ragged.from_arrays([])
    lists = pa.types.is_list(array.type)
    if array.null_count or (lists and array.values.null_count):
        raise ValueError("a list of stages has gaps")
    if lists:
        offsets, values = array.offsets.to_numpy(), array.flatten().to_numpy()
    else:
        _, places, data = array.buffers()
        offsets = np.frombuffer(places, np.int32)[array.offset : array.offset + len(array) + 1]
        values = np.frombuffer(data, np.int8)[offsets[0] : offsets[-1]] if data else np.empty(0, np.int8)
    return Ragged(values=values, offsets=offsets.astype(np.int64) - offsets[0])


def _stacked(rows: Sequence[Sequence[int] | None], *, empty: int) -> Ragged:
    arrays = [np.array(row or (), dtype=np.int8) for row in rows]
    return Ragged.from_arrays(arrays + [np.empty(0, dtype=np.int8)] * empty)


def _result_row(result: SessionResult) -> dict[str, object]:
    stat = result.stat
    row: dict[str, object] = {
        name: getattr(stat, name.removeprefix("vendor_"), None)
        for name in SESSION_COLUMNS
        if name.startswith("vendor_")
    }
    return row | {
        "session_id": result.session_id,
        "state": result.state,
        "basis": "stages",
        "start": result.start,
        "end": result.end,
        "unexpected_end": result.unexpected_end,
        "created_timezone": result.created_timezone or "",
        "peculiarities": ";".join(result.peculiarities),
        "missing_data_ratio": result.missing_data_ratio,
        "problem": "",
        "summary": "",
    }


def _problem_row(problem: Unreadable) -> dict[str, object]:
    return {
        "session_id": problem.session_id,
        "state": "",
        "basis": "stages",
        "start": problem.start,
        "end": problem.end,
        "created_timezone": "",
        "peculiarities": "",
        "problem": problem.reason,
        "summary": "",
    }
