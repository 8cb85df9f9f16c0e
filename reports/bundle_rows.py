"""A person's part of a bundle as rows of its tables."""

from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from analytics.fates import SENTENCES
from analytics.grades import first_exclusion
from analytics.night_epochs import NightEpochs
from analytics.stages import AWAKE, DEEP, LIGHT, REM, STAGE_NAMES, UNKNOWN
from reports.bundle_columns import DIGITS, EPOCHS, EXCLUSIONS, NIGHTS, PEOPLE, TRANSITIONS, Table
from reports.bundle_part import BundlePart

UNKNOWN_DIGIT: Final = 9
"""Stands for the unknown stage where each epoch is one digit."""

_STATES: Final = [STAGE_NAMES[stage] for stage in (AWAKE, LIGHT, DEEP, REM)]


def rows_of(part: BundlePart) -> list[tuple[Table, "pa.Table"]]:
    """The person's rows of every table, in the order in which they were recorded."""
    rows = [
        (PEOPLE, _people(part)),
        (NIGHTS, _nights(part)),
        (EXCLUSIONS, _exclusions(part)),
    ]
    if part.epochs is not None and part.transitions is not None:
        sleeps = _Sleeps(part, part.epochs)
        rows += [
            (EPOCHS, sleeps.epochs()),
            (DIGITS, sleeps.digits()),
            (TRANSITIONS, sleeps.transitions(part.transitions)),
        ]
    return rows


def _people(part: BundlePart) -> "pa.Table":
    who = part.sleeper
    return _table(
        PEOPLE,
        person_id=[who.person_id],
        home_zone=[who.zone],
        birth_year=[who.birth_year],
        sex=[who.sex or None],
        tags=[";".join(who.tags) or None],
    )


def _nights(part: BundlePart) -> "pa.Table":
    nights = part.nights
    values = {column.name: _plain(nights[column.name]) for column in NIGHTS.columns[1:]}
    return _table(NIGHTS, person_id=[part.sleeper.person_id] * len(nights), **values)


def _exclusions(part: BundlePart) -> "pa.Table":
    left_out = ~part.nights["valid"].astype(bool)
    out = part.nights.loc[left_out, ["night", "session_id", "kind", "reasons"]]
    codes = [first_exclusion(str(reasons), valid=False) for reasons in out["reasons"]]
    return _table(
        EXCLUSIONS,
        person_id=[part.sleeper.person_id] * len(out),
        night=_plain(out["night"]),
        session_id=_plain(out["session_id"]),
        kind=_plain(out["kind"]),
        code=codes,
        sentence=[SENTENCES[code] for code in codes],
    )


class _Sleeps:
    """The sleeps of a person whose stages are known."""

    def __init__(self, part: BundlePart, epochs: NightEpochs) -> None:
        self._person_id = part.sleeper.person_id
        self._found = epochs
        rows = part.nights[["session_id", "night", "start_offset_min"]].iloc[_places(part.nights, epochs)]
        self._session_id = pa.array(rows["session_id"].tolist(), pa.string())
        self._night = _plain(rows["night"])
        self._offset_min = _plain(rows["start_offset_min"])

    def epochs(self) -> "pa.Table":
        """A row an epoch."""
        found = self._found
        which = pa.array(np.repeat(np.arange(len(found), dtype=np.int32), found.stages.lengths))
        return _table(
            EPOCHS,
            person_id=self._whose(len(which)),
            session_id=pa.DictionaryArray.from_arrays(which, self._session_id),
            night=self._night.take(which),
            epoch=found.epoch,
            start_utc=found.start_us.view("datetime64[us]"),
            segment=found.segment,
            stage=found.stages.values,
        )

    def digits(self) -> "pa.Table":
        """A row a sleep, its epochs as digits."""
        found = self._found
        starts = found.piece_start_us.view("datetime64[us]")
        return _table(
            DIGITS,
            person_id=[self._person_id] * len(found),
            session_id=self._session_id,
            night=self._night,
            start_utc=starts[found.pieces[:-1]],
            start_offset_min=self._offset_min,
            epochs=found.stages.lengths.astype(np.int32),
            piece_first_epochs=self._joined([str(each) for each in found.piece_epoch.tolist()]),
            piece_starts_utc=self._joined([f"{each}Z" for each in _to_seconds(starts)]),
            piece_segments=self._joined([str(each) for each in found.piece_segment.tolist()]),
            stages=_digits(found),
        )

    def transitions(self, counts: NDArray[np.int64]) -> "pa.Table":
        """Sixteen rows a sleep, by the stage before and the one after."""
        sleeps, states = len(counts), np.arange(len(_STATES), dtype=np.int32)
        named = pa.array(_STATES)
        which = np.repeat(np.arange(sleeps, dtype=np.int32), len(_STATES) ** 2)
        before = np.tile(np.repeat(states, len(_STATES)), sleeps)
        after = np.tile(states, sleeps * len(_STATES))
        return _table(
            TRANSITIONS,
            person_id=self._whose(len(which)),
            session_id=pa.DictionaryArray.from_arrays(which, self._session_id),
            from_stage=pa.DictionaryArray.from_arrays(before, named),
            to_stage=pa.DictionaryArray.from_arrays(after, named),
            count=counts.reshape(-1).astype(np.int32),
        )

    def _whose(self, rows: int) -> "pa.Array":
        return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), pa.array([self._person_id]))

    def _joined(self, of_pieces: list[str]) -> list[str]:
        ends = self._found.pieces.tolist()
        return [";".join(of_pieces[begin:end]) for begin, end in pairwise(ends)]


def _places(nights: pd.DataFrame, epochs: NightEpochs) -> list[int]:
    """In which rows of the nights the sleeps are."""
    at = {session_ids: place for place, session_ids in enumerate(nights["session_ids"].tolist())}
    return [at[session_ids] for session_ids in epochs.session_ids]


def _digits(found: NightEpochs) -> "pa.Array":
    """The stages of each sleep as text."""
    digits = np.where(found.stages.values == UNKNOWN, UNKNOWN_DIGIT, found.stages.values) + ord("0")
    offsets = pa.py_buffer(found.stages.offsets.astype(np.int32))
    return pa.StringArray.from_buffers(len(found), offsets, pa.py_buffer(digits.astype(np.uint8)))


def _to_seconds(moments: "NDArray[np.datetime64]") -> list[str]:
    """ISO 8601 without an offset, with a fraction of a second only where there is one."""
    return [text.removesuffix(".000000") for text in np.datetime_as_string(moments, unit="us").tolist()]


def _table(table: Table, **values: object) -> "pa.Table":
    """The values as the columns of a table, in its order and types."""
    schema = table.schema
    return pa.table({field.name: _array(values[field.name], field.type) for field in schema}, schema=schema)


def _array(values: object, kind: "pa.DataType") -> "pa.Array":
    found = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, from_pandas=True)
    return found if found.type == kind else found.cast(kind)


def _plain(column: "pd.Series[Any]") -> "pa.Array":
    """A column of a frame as Arrow has it, without what pandas says of it."""
    return pa.array(column, from_pandas=True)
