"""The vendor's answers about sessions as columns, the unreadable ones with their reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.nights import SESSION_COLUMNS, SessionSet
from analytics.ragged import Ragged
from analytics.sessions import microseconds, texts
from asleep.models import SessionResult


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
