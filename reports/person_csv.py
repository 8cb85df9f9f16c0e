"""A person's week as CSV: one row per sleep, every statistic with its unit in the header, the vendor's beside it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from reports.cells import Cell, csv_bytes
from reports.person_report import PersonReport
from reports.reasons import sentences
from reports.rows import Row, absent, local, records
from reports.week_table import with_efficiency

# What identifies a sleep and dates it comes first, under names that say which clock they are on.
_LEADING: dict[str, Callable[[Row], Cell]] = {
    "night": lambda row: None if absent(row["night"]) else row["night"].date(),
    "kind": lambda row: row["kind"],
    "grade": lambda row: row["grade"],
    "valid": lambda row: bool(row["valid"]),
    "reasons": lambda row: row["reasons"],
    "reasons_in_words": lambda row: " ".join(sentences(row["reasons"])),
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
        the nights frame under their own names (`_min`, `_pct`, `_ratio`, `_per_h`; counts have no unit), full float
        precision, an undefined value empty, then the vendor's values (`vendor_...`).
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
    return value if isinstance(value, bool | int | float) else str(value)


def _utc(moment: datetime) -> str | None:
    if absent(moment):
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
