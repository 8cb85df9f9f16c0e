"""Sleeps as a typed table: a row a sleep, every statistic under its own name, the vendor's beside it, nothing rounded.

The CSV file of a person's nights, that of a cohort's, and the Nights sheet of a workbook are this table.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from analytics.grades import sentences
from analytics.sleeper import Sleeper
from analytics.time_of_day import Floats
from reports.tables import NIGHTS, Column, Form, Table, Value
from reports.week_table import with_efficiency

__all__ = ["form_of", "night_table", "shortest"]

_TEXT: Final = Form(kind="text")
_MOMENT: Final = Form(kind="moment", seconds=True)
# What identifies a sleep and dates it comes first, under names that say which clock they are on.
_LEADING: Final[dict[str, Form]] = {
    "person_id": _TEXT,
    "person_name": _TEXT,
    "night": Form(kind="date"),
    "kind": _TEXT,
    "grade": _TEXT,
    "valid": Form(kind="boolean"),
    "reasons": _TEXT,
    "reasons_in_words": _TEXT,
    "start_date_local": Form(kind="date"),
    "end_date_local": Form(kind="date"),
    "start_utc": _MOMENT,
    "start_local": _MOMENT,
    "start_offset_min": Form(kind="number", decimals=0, unit="min"),
    "end_utc": _MOMENT,
    "end_local": _MOMENT,
    "end_offset_min": Form(kind="number", decimals=0, unit="min"),
    "zone": _TEXT,
    "onset_utc": _MOMENT,
    "final_wake_utc": _MOMENT,
    "midsleep_utc": _MOMENT,
    "received_utc": _MOMENT,
    "session_id": _TEXT,
    "session_ids": _TEXT,
}
_WIDE: Final = frozenset({"reasons_in_words"})
_SOURCES: Final = {"start", "end", "onset", "final_wake", "midsleep", "received"}
_BY_ENDING: Final = {
    "_min": Form(kind="duration", seconds=True),
    "_clock_h": Form(kind="clock", seconds=True),
    "_pct": Form(kind="percent", decimals=1),
    "_share": Form(kind="number", decimals=3),
    "_per_h": Form(kind="number", decimals=1),
}


def night_table(nights: pd.DataFrame, sleepers: Iterable[Sleeper]) -> Table:
    """Every sleep (main, nap, unusable) as a row, people in the order given, each person's by start.

    Columns: person and dates; the instants in UTC and on the local clock; then every other column of the frame under
    its own name, `efficiency_pct`, the efficiency that counts, and last the vendor's. An undefined value is None.
    Numbers lose nothing: what an archive keeps in 32 bits is the shortest decimal that reads back as the same one.

    Args:
        nights: rows of the nights table; of one sleeper alone they need no `person_id`.
        sleepers: whose nights these are; rows of others are left out.
    """
    known = {sleeper.person_id: sleeper for sleeper in sleepers}
    rows = _ordered(nights, known)
    frame = with_efficiency(rows)
    measured = [str(name) for name in frame if name not in _LEADING and name not in _SOURCES]
    names = [name for name in measured if not name.startswith("vendor_")]
    names += [name for name in measured if name.startswith("vendor_")]
    columns = {**_led(frame, known), **{name: _values(frame[name]) for name in names}}
    return Table(
        name=NIGHTS,
        title="One row a sleep: main sleeps, naps and recordings that could not be used",
        columns=tuple(Column(name=name, form=form_of(name, frame), wide=name in _WIDE) for name in columns),
        rows=tuple(zip(*columns.values(), strict=True)),
        held=3,
    )


def form_of(name: str, frame: pd.DataFrame) -> Form:
    """The form of a column of the nights table: its name says the unit, the frame whether it is text or counts."""
    if name in _LEADING:
        return _LEADING[name]
    for ending, form in _BY_ENDING.items():
        if name.endswith(ending):
            return form
    dtype = frame[name].dtype
    if pd.api.types.is_bool_dtype(dtype):
        return Form(kind="boolean")
    if pd.api.types.is_integer_dtype(dtype):
        return Form(kind="number", decimals=0)
    if pd.api.types.is_numeric_dtype(dtype):
        return Form(kind="number", decimals=1)
    return _MOMENT if pd.api.types.is_datetime64_any_dtype(dtype) else _TEXT


def shortest(values: Floats) -> Floats:
    """Each number as the one whose text is shortest among those that are the same in the 32 bits of an archive.

    An archive keeps 88.478745 in 32 bits; made wide again it is 88.47874450683594, whose last digits nobody measured.
    A number that does not fit 32 bits stays as it is.
    """
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    fits = np.isfinite(values) & (narrow == values)
    found = values.copy()
    found[fits] = pa.array(narrow[fits]).cast(pa.string()).cast(pa.float64()).to_numpy()
    return found


def _ordered(nights: pd.DataFrame, known: Mapping[str, Sleeper]) -> pd.DataFrame:
    if "person_id" not in nights:
        (one,) = known
        nights = nights.assign(person_id=one)
    place = {person_id: n for n, person_id in enumerate(known)}
    placed = nights.assign(_place=[place.get(str(each), -1) for each in nights["person_id"]])
    ordered = placed[placed["_place"] >= 0].sort_values(["_place", "start"], kind="stable")
    return ordered.drop(columns="_place")


def _led(frame: pd.DataFrame, known: Mapping[str, Sleeper]) -> dict[str, Sequence[Value]]:
    """The leading columns by name."""
    ids = [str(each) for each in frame["person_id"]]
    local = {edge: _local(frame, edge) for edge in ("start", "end")}
    reasons = [str(each) for each in frame["reasons"]]
    told = zip(reasons, frame["valid"].tolist(), strict=True)
    made: dict[str, Sequence[Value]] = {
        "person_id": ids,
        "person_name": [known[each].name for each in ids],
        "night": [None if each is None else each.date() for each in _moments(frame["night"])],
        "valid": [bool(each) for each in frame["valid"]],
        "reasons_in_words": [_in_words(each, valid=bool(valid)) for each, valid in told],
    }
    for edge, moments in local.items():
        made[f"{edge}_date_local"] = [None if each is None else each.date() for each in moments]
        made[f"{edge}_local"] = moments
    made |= {f"{name}_utc": _utc(frame[name]) for name in _SOURCES}
    return {name: made[name] if name in made else _values(frame[name]) for name in _LEADING}


@cache
def _in_words(reasons: str, *, valid: bool) -> str:
    return " ".join(sentences(reasons, valid=valid))


def _local(frame: pd.DataFrame, edge: str) -> list[datetime | None]:
    """When each recording started or ended on the wall clock of that moment; None when unknown."""
    offsets = frame[f"{edge}_offset_min"].tolist()
    return [
        None if moment is None or pd.isna(offset) else moment.astimezone(_zone(int(offset)))
        for moment, offset in zip(_utc(frame[edge]), offsets, strict=True)
    ]


@cache
def _zone(offset_min: int) -> timezone:
    # Named, because without a name 0 min ahead of UTC is UTC itself, which is written as Z.
    return timezone(timedelta(minutes=offset_min), "local")


def _utc(moments: "pd.Series[Any]") -> list[datetime | None]:
    return _moments(pd.to_datetime(moments, utc=True))


def _moments(moments: "pd.Series[Any]") -> list[Any]:
    plain: list[Any] = pd.DatetimeIndex(moments).to_pydatetime().tolist()
    return [None if missing else each for each, missing in zip(plain, moments.isna().tolist(), strict=True)]


def _values(column: "pd.Series[Any]") -> list[Any]:
    """The cells of a column as plain Python values; None for every kind of missing."""
    if pd.api.types.is_float_dtype(column.dtype):
        short = shortest(column.to_numpy(dtype=np.float64))
        return [each if math.isfinite(each) else None for each in short.tolist()]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _utc(column)
    missing = column.isna().tolist()
    return [None if none else each for each, none in zip(column.tolist(), missing, strict=True)]
