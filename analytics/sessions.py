"""A person's sessions as received: one row of columns each, and their stages and snoring as ragged arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.ragged import Ragged

SessionColumns = Mapping[str, NDArray[Any]]

NO_INSTANT: Final = int(np.iinfo(np.int64).min)
"""What a missing instant is as microseconds, which is what numpy and pandas take it for."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

VENDOR_FIGURES: Final = (
    "time_in_bed_s",
    "sleep_latency_s",
    "wakeup_latency_s",
    "light_latency_s",
    "deep_latency_s",
    "rem_latency_s",
    "time_in_sleep_s",
    "time_in_sleep_period_s",
    "time_in_wake_s",
    "time_in_light_s",
    "time_in_deep_s",
    "time_in_rem_s",
    "longest_waso_s",
    "waso_count",
    "sleep_efficiency_ratio",
    "sleep_index",
    "sleep_cycle_count",
    "snoring_count",
    "time_in_snoring_s",
)

SESSION_COLUMNS: Final[dict[str, str]] = {
    "session_id": "str",
    "state": "str",
    "basis": "str",
    "start": "datetime64[us, UTC]",
    "end": "datetime64[us, UTC]",
    "unexpected_end": "datetime64[us, UTC]",
    "created_timezone": "str",
    "peculiarities": "str",
    "missing_data_ratio": "float64",
    "received": "datetime64[us, UTC]",
    "problem": "str",
    "summary": "str",
    "summary_at": "datetime64[us, UTC]",
    **{f"vendor_{name}": "float64" for name in VENDOR_FIGURES},
}
"""Columns of a set of sessions, and their types in `SessionSet.frame`."""


_PLAIN: Final[dict[str, type]] = {"str": object, "float64": np.float64}
"""The arrays of columns that are not instants."""


@dataclass(frozen=True, eq=False)
class SessionSet:
    """Sessions of one person.

    Attributes:
        columns: `SESSION_COLUMNS`, one entry per session in each, in arrays that nobody writes to: text as objects,
            instants as int64 microseconds since 1970 in UTC (`NO_INSTANT` for none), figures as float64 (NaN for none).
            `session_id`; `state` (OPEN, CLOSED, COMPLETE); `basis` ("stages" once the session itself was asked for,
            "vendor" while only its statistics are known); instants `start`, `end` (none when open), `unexpected_end`
            (none unless recording broke off) and `received` (when we fetched it); `created_timezone` ("" when absent);
            `peculiarities` (the vendor's labels joined by ";"); `missing_data_ratio`; `problem` ("" or why the payload
            could not be read); `summary` (what the average statistics last said of the session, as a digest, "" when
            they never named it); `summary_at` (when we fetched those); the vendor's statistics.
        stages: stages by epoch of 30 s, a row per session; empty when the vendor sent none.
        snoring: 1 where there was snoring, likewise.

    Raises:
        ValueError: columns are missing, or not all have the same number of sessions.
    """

    columns: SessionColumns
    stages: Ragged
    snoring: Ragged

    def __post_init__(self) -> None:
        missing = [name for name in SESSION_COLUMNS if name not in self.columns]
        if missing:
            raise ValueError(f"a set of sessions needs the columns {', '.join(missing)}")
        lengths = {len(self.columns[name]) for name in SESSION_COLUMNS}
        if not lengths == {len(self.stages)} == {len(self.snoring)}:
            raise ValueError(
                f"{min(lengths)} to {max(lengths)} sessions come with {len(self.stages)} rows of stages and "
                f"{len(self.snoring)} of snoring; there must be one of each per session"
            )

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, stages: Ragged, snoring: Ragged) -> "SessionSet":
        """The sessions in the rows of a frame as `frame` gives it."""
        columns = {
            name: _plain(frame[name], dtype) for name, dtype in SESSION_COLUMNS.items() if name in frame
        }
        return cls(columns, stages, snoring)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per session, `SESSION_COLUMNS` in their types; made when it is first asked for."""
        columns = {name: _in_a_frame(self.columns[name], dtype) for name, dtype in SESSION_COLUMNS.items()}
        # The columns as they are: putting them together by type would cost more than it saves.
        return pd.DataFrame(columns, copy=False)

    def __len__(self) -> int:
        return len(self.stages)

    @classmethod
    def empty(cls) -> "SessionSet":
        """No sessions, with all columns; the same object each time, which nobody may write to."""
        return _empty()

    @classmethod
    def concat(cls, sets: "Sequence[SessionSet]") -> "SessionSet":
        """The sessions of all sets, one after the other."""
        filled = [each for each in sets if len(each)]
        if not filled:
            return cls.empty()
        if len(filled) == 1:
            return filled[0]
        return cls(
            columns={
                name: np.concatenate([each.columns[name] for each in filled]) for name in SESSION_COLUMNS
            },
            stages=_stacked([each.stages for each in filled]),
            snoring=_stacked([each.snoring for each in filled]),
        )

    def take(self, rows: "Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]]") -> "SessionSet":
        """The sessions at these positions, in the order given."""
        chosen = np.asarray(rows, dtype=np.int64)
        if not len(chosen):
            return _empty()
        if np.array_equal(chosen, np.arange(len(self))):
            return self
        return SessionSet(
            columns={name: self.columns[name][chosen] for name in SESSION_COLUMNS},
            stages=self.stages.take(chosen),
            snoring=self.snoring.take(chosen),
        )

    def latest(self) -> "SessionSet":
        """Each session once: of several versions of one session the one received last.

        A version is not another session, so an older one leaves no trace. Versions received at the same moment
        are told apart by their content, never by their order.
        """
        if len(set(self.columns["session_id"].tolist())) == len(self):
            return self
        newest: dict[str, tuple[tuple[object, ...], int]] = {}
        for row, session_id in enumerate(self.columns["session_id"].tolist()):
            rank = (*self._rank(row), row)
            if session_id not in newest or rank[:-1] > newest[session_id][0]:
                newest[session_id] = (rank[:-1], row)
        return self.take([row for _, row in newest.values()])

    def _rank(self, row: int) -> tuple[object, ...]:
        facts = {name: self.columns[name][row] for name in SESSION_COLUMNS}
        return (
            int(facts["received"]),
            facts["state"] == "COMPLETE",
            facts["problem"] == "",
            len(self.stages[row]),
            self.stages[row].tobytes(),
            self.snoring[row].tobytes(),
            # Figures are numbers or nothing; their text orders them well enough to be independent of the order.
            tuple(str(fact) for fact in facts.values()),
        )


@cache
def _empty() -> SessionSet:
    columns: SessionColumns = {
        name: np.empty(0, dtype=_PLAIN.get(dtype, np.int64)) for name, dtype in SESSION_COLUMNS.items()
    }
    return SessionSet(columns=columns, stages=Ragged.from_arrays([]), snoring=Ragged.from_arrays([]))


def _plain(column: "pd.Series[Any]", dtype: str) -> NDArray[np.generic]:
    if dtype in _PLAIN:
        return column.to_numpy(dtype=_PLAIN[dtype])
    return instants(column)


def _in_a_frame(values: NDArray[np.generic], dtype: str) -> Any:
    if dtype == "str":
        return pd.array(values, dtype="str")
    return values if dtype == "float64" else pd.DatetimeIndex(values.view("datetime64[us]"), tz="UTC")


def instants(column: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, `NO_INSTANT` where there is none."""
    return column.to_numpy(dtype="datetime64[us]").view(np.int64)


def texts(values: Sequence[str]) -> NDArray[np.object_]:
    """A column of text."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def microseconds(moments: Sequence[datetime | None]) -> NDArray[np.int64]:
    """A column of instants; those given are aware."""
    return np.array(
        [NO_INSTANT if one is None else (one - _EPOCH) // _MICROSECOND for one in moments], dtype=np.int64
    )


def rows_of(ragged: Ragged, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Ragged:
    """The rows at these positions; the same object where they are all rows in their order, which is the usual case."""
    return ragged if np.array_equal(rows, np.arange(len(ragged))) else ragged.take(rows)


def _stacked(parts: Sequence[Ragged]) -> Ragged:
    ends = np.cumsum([0, *(len(part.values) for part in parts)])
    offsets = [part.offsets[1:] + end for part, end in zip(parts, ends, strict=False)]
    return Ragged(
        np.concatenate([part.values for part in parts]), np.concatenate([np.zeros(1, np.int64), *offsets])
    )
