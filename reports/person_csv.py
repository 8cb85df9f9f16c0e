"""A person's week as CSV: one row per sleep, every statistic with its unit in the header, the vendor's beside it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from analytics.grades import sentences
from reports.cells import Cell, csv_bytes
from reports.person_report import PersonReport
from reports.rows import Row, absent, local, records
from reports.week_table import with_efficiency

# What identifies a sleep and dates it comes first, under names that say which clock they are on.
_LEADING: dict[str, Callable[[Row], Cell]] = {
    "night": lambda row: None if absent(row["night"]) else row["night"].date(),
    "kind": lambda row: row["kind"],
    "grade": lambda row: row["grade"],
    "valid": lambda row: bool(row["valid"]),
    "reasons": lambda row: row["reasons"],
    "reasons_in_words": lambda row: " ".join(sentences(row["reasons"], valid=bool(row["valid"]))),
    "start_date_local": lambda row: _date(local(row, "start")),
    "end_date_local": lambda row: _date(local(row, "end")),
    "start_utc": lambda row: _utc(row["start"]),
    "start_local": lambda row: _stamp(local(row, "start")),
    "start_offset_min": lambda row: _plain(row["start_offset_min"]),
    "end_utc": lambda row: _utc(row["end"]),
    "end_local": lambda row: _stamp(local(row, "end")),
    "end_offset_min": lambda row: _plain(row["end_offset_min"]),
    "zone": lambda row: row["zone"],
    "onset_utc": lambda row: _utc(row["onset"]),
    "final_wake_utc": lambda row: _utc(row["final_wake"]),
    "midsleep_utc": lambda row: _utc(row["midsleep"]),
    "received_utc": lambda row: _utc(row["received"]),
    "session_id": lambda row: row["session_id"],
    "session_ids": lambda row: row["session_ids"],
}
_SOURCES = {"start", "end", "onset", "final_wake", "midsleep", "received", "person_id"}


def weekly_csv(report: PersonReport) -> bytes:
    """The sleeps of the week (main, nap, unusable) as CSV, one row each in order of their start.

    Returns:
        Plain UTF-8 without a byte order mark, CRLF, RFC 4180 quoting, a header row and nothing before it.
        `night` is the date the sleep counts for; the local dates of its start and end stand beside it. Instants are
        ISO 8601, once in UTC and once on the local clock with its offset. After the leading columns come all columns of
        the nights frame under their own names (`_min`, `_pct`, `_ratio`, `_per_h`; counts have no unit), then
        `efficiency_pct`, the efficiency that counts, then the vendor's values (`vendor_...`). An undefined value is
        empty. Numbers lose nothing: what an archive keeps in 32 bits is the shortest decimal that reads back as the
        same 32-bit number (seven to nine digits), any other the shortest that reads back as the same 64-bit one.
    """
    nights = with_efficiency(report.period.nights)
    measured = [str(name) for name in nights.columns if name not in _LEADING and name not in _SOURCES]
    ours = [name for name in measured if not name.startswith("vendor_")]
    vendors = [name for name in measured if name.startswith("vendor_")]
    header = ["person_id", "person_name", *_LEADING, *ours, *vendors]
    sleeper = report.period.sleeper
    rows = [
        [sleeper.person_id, sleeper.name]
        + [value(row) for value in _LEADING.values()]
        + [_plain(row[name]) for name in (*ours, *vendors)]
        for row in records(nights)
    ]
    return csv_bytes(header, rows)


def _plain(value: Any) -> Cell:
    """A value of a frame as a plain Python value; None for every kind of missing."""
    if isinstance(value, str):
        return value
    if absent(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, pd.Timestamp):
        return _utc(value)
    if isinstance(value, float):
        return _shortest(value)
    return value if isinstance(value, bool | int) else str(value)


def _shortest(value: float) -> float:
    """The number whose text is shortest among those that are the same in the 32 bits of an archive, if it fits them.

    An archive keeps 88.478745 in 32 bits; made wide again it is 88.47874450683594, whose last digits nobody measured.
    """
    with np.errstate(over="ignore"):
        narrow = np.float32(value)
    return float(str(narrow)) if float(narrow) == value else value


def _utc(moment: datetime) -> str | None:
    if absent(moment):
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
