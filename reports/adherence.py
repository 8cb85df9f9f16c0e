"""How complete a cohort's nights are, as CSV: one row a person, or one row a night that is left out."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics.quality import Quality
from analytics.quality_people import COLUMNS
from analytics.quality_states import REASON_SENTENCES
from reports.cells import Cell, csv_bytes
from reports.rows import absent

__all__ = ["LEFT_OUT_COLUMNS", "adherence_csv", "adherence_name", "left_out_csv", "left_out_name"]

LEFT_OUT_COLUMNS = (
    *("person_id", "name", "night", "step", "code", "reason", "kind", "grade"),
    *("missing_share", "longest_gap_of_signal_min", "tib_min", "recorded_min", "session_ids"),
)
_SHARE_PLACES: Final = 6
_DATES = frozenset({"period_first", "period_last", "first_night", "last_night", "night"})


def adherence_csv(found: Quality) -> bytes:
    """One row a person, the least complete first: `person_id` and `quality_people.COLUMNS`.

    Plain UTF-8 without a byte order mark, a header row, and nothing before or after the table, so that it loads as it
    is. Numbers are those of the screen; empty are the first and last night of somebody without one, and the moment of a
    synchronisation that has not been.
    """
    rows = (
        [str(person_id), *(_cell(name, value) for name, value in zip(COLUMNS, values, strict=True))]
        for person_id, values in zip(
            found.people.index, found.people[list(COLUMNS)].itertuples(index=False, name=None), strict=True
        )
    )
    return csv_bytes(["person_id", *COLUMNS], rows)


def left_out_csv(found: Quality, gaps_min: Sequence[float], code: str = "") -> bytes:
    """One row a night, newest first, `LEFT_OUT_COLUMNS`: of one reason, else all recorded nights that are not analysed.

    Args:
        found: whose nights.
        gaps_min: the longest gap of signal in each of these nights, NaN where it is not known.
        code: of a reason.

    Raises:
        ValueError: no night is left out for that reason.
    """
    nights = found.nights_of(code)
    nights = nights.assign(
        reason=[REASON_SENTENCES[each] for each in nights["code"]],
        longest_gap_of_signal_min=np.asarray(gaps_min, dtype=np.float64),
    )
    rows = (
        [_cell(name, value) for name, value in zip(LEFT_OUT_COLUMNS, values, strict=True)]
        for values in nights[list(LEFT_OUT_COLUMNS)].itertuples(index=False, name=None)
    )
    return csv_bytes(LEFT_OUT_COLUMNS, rows)


def adherence_name(found: Quality) -> str:
    """The file's name, made of dates only: `adherence-2026-02-12-2026-03-11.csv`."""
    return f"adherence-{found.first}-{found.last}.csv"


def left_out_name(found: Quality, code: str) -> str:
    """The file's name, made of dates and a code of ours."""
    what = code.lower().replace("_", "-") or "all"
    return f"left-out-{what}-{found.first}-{found.last}.csv"


def _cell(name: str, value: Any) -> Cell:
    """A value of a frame as a plain one."""
    if absent(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date() if name in _DATES else f"{value.tz_localize(None).isoformat(timespec='seconds')}Z"
    if name.endswith("_share"):
        return round(float(value), _SHARE_PLACES)  # of the 32 bits of an archive, without their noise
    if isinstance(value, np.float32):
        return float(str(value))  # the shortest decimal that is the same in the 32 bits of an archive
    plain: Cell = value.item() if isinstance(value, np.generic) else value
    return plain
