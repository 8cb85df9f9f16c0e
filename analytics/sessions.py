"""A person's sessions as received: one row of columns each, and their stages and snoring as ragged arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.ragged import Ragged

SessionColumns = Mapping[str, NDArray[Any]]

NO_INSTANT: Final = int(np.iinfo(np.int64).min)
"""What a missing instant is as microseconds, which is what numpy and pandas take it for."""

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
    **{f"vendor_{name}": "float64" for name in VENDOR_FIGURES},
}
"""Columns of `SessionSet.frame` and their types."""


@dataclass(frozen=True, eq=False)
class SessionSet:
    """Sessions of one person.

    Attributes:
        frame: one row per session, `SESSION_COLUMNS`: `session_id`; `state` (OPEN, CLOSED, COMPLETE); `basis`
            ("stages" once the session itself was asked for, "vendor" while only its statistics are known); instants
            `start`, `end` (NaT when open), `unexpected_end` (NaT unless recording broke off) and `received`
            (when we fetched it); `created_timezone` ("" when absent); `peculiarities` (the vendor's labels joined
            by ";"); `missing_data_ratio`; `problem` ("" or why the payload could not be read); `summary` (what the
            average statistics last said of the session, as a digest, "" when they never named it); the vendor's
            statistics, NaN where absent.
        stages: stages by epoch of 30 s, a row per session; empty when the vendor sent none.
        snoring: 1 where there was snoring, likewise.

    Raises:
        ValueError: columns are missing, or the three do not have the same number of sessions.
    """

    frame: pd.DataFrame
    stages: Ragged
    snoring: Ragged

    def __post_init__(self) -> None:
        missing = [name for name in SESSION_COLUMNS if name not in self.frame.columns]
        if missing:
            raise ValueError(f"a set of sessions needs the columns {', '.join(missing)}")
        if not len(self.frame) == len(self.stages) == len(self.snoring):
            raise ValueError(
                f"{len(self.frame)} sessions come with {len(self.stages)} rows of stages and "
                f"{len(self.snoring)} of snoring; there must be one of each per session"
            )

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def columns(self) -> SessionColumns:
        """The frame taken apart once into arrays that nobody writes to: text as objects, instants as `instants`."""
        return {name: _plain(self.frame[name], dtype) for name, dtype in SESSION_COLUMNS.items()}

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
            frame=pd.concat([_known_columns(each.frame) for each in filled], ignore_index=True),
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
            frame=self.frame.take(chosen).reset_index(drop=True),
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
        for row, session_id in enumerate(self.frame["session_id"]):
            rank = (*self._rank(row), row)
            if session_id not in newest or rank[:-1] > newest[session_id][0]:
                newest[session_id] = (rank[:-1], row)
        return self.take([row for _, row in newest.values()])

    def _rank(self, row: int) -> tuple[object, ...]:
        facts = self.frame.iloc[row]
        received = facts["received"]
        return (
            -np.inf if pd.isna(received) else received.timestamp(),
            facts["state"] == "COMPLETE",
            facts["problem"] == "",
            len(self.stages[row]),
            self.stages[row].tobytes(),
            self.snoring[row].tobytes(),
            # Figures are numbers or nothing; their text orders them well enough to be independent of the order.
            tuple(str(facts[name]) for name in SESSION_COLUMNS),
        )


@cache
def _empty() -> SessionSet:
    frame = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in SESSION_COLUMNS.items()})
    return SessionSet(frame=frame, stages=Ragged.from_arrays([]), snoring=Ragged.from_arrays([]))


def instants(column: "pd.Series[pd.Timestamp]") -> NDArray[np.int64]:
    """Microseconds since 1970 in UTC, `NO_INSTANT` where there is none."""
    return column.to_numpy(dtype="datetime64[us]").view(np.int64)


def _known_columns(frame: pd.DataFrame) -> pd.DataFrame:
    names = list(SESSION_COLUMNS)
    return frame if frame.columns.tolist() == names else frame[names]


def _plain(column: "pd.Series[Any]", dtype: str) -> NDArray[np.generic]:
    if dtype == "float64":
        return column.to_numpy(dtype=np.float64)
    return column.to_numpy(dtype=object) if dtype == "str" else instants(column)


def rows_of(ragged: Ragged, rows: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Ragged:
    """The rows at these positions; the same object where they are all rows in their order, which is the usual case."""
    return ragged if np.array_equal(rows, np.arange(len(ragged))) else ragged.take(rows)


def _stacked(parts: Sequence[Ragged]) -> Ragged:
    ends = np.cumsum([0, *(len(part.values) for part in parts)])
    offsets = [part.offsets[1:] + end for part, end in zip(parts, ends, strict=False)]
    return Ragged(
        np.concatenate([part.values for part in parts]), np.concatenate([np.zeros(1, np.int64), *offsets])
    )
