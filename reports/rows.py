"""Rows of the nights frame as mappings, in order of their start: a report is small and reads them one by one."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

import pandas as pd

Row = Mapping[str, Any]


def records(nights: pd.DataFrame) -> list[Row]:
    """The rows as mappings of column name to value, by start."""
    if nights.empty:
        return []
    ordered = nights.sort_values("start", kind="stable")
    # Column by column: pandas looks up every cell of `to_dict("records")` by itself, which took most of a report.
    names = [str(name) for name in ordered.columns]
    columns = (column.tolist() for _, column in ordered.items())
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def local(row: Row, instant: Literal["start", "end"]) -> datetime | None:
    """When a recording started or ended on the wall clock of that moment, with its offset; None when unknown."""
    moment, offset_min = row[instant], row[f"{instant}_offset_min"]
    if absent(moment) or absent(offset_min):
        return None
    on_clock: datetime = moment.to_pydatetime()
    return on_clock.astimezone(timezone(timedelta(minutes=int(offset_min))))


def absent(value: Any) -> bool:
    """Whether a cell of a frame holds nothing: None, NaN, NaT or NA."""
    found: Any = pd.isna(value)
    return bool(found)
