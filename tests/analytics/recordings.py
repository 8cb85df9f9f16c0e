"""Sessions by hand: what a person recorded, said as briefly as a test can say it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from analytics.ragged import Ragged
from analytics.sessions import SESSION_COLUMNS, SessionSet

LATER = datetime(2026, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One session; everything but its start and stages has the value of a plain, complete one.

    Attributes:
        start: aware.
        stages: runs of (stage, epochs).
        end: aware; None for start + 30 s per epoch.
    """

    start: datetime
    stages: tuple[tuple[int, int], ...] = ((0, 20), (1, 880), (0, 20))
    end: datetime | None = None
    session_id: str = ""
    state: str = "COMPLETE"
    open: bool = False
    zone: str = ""
    labels: tuple[str, ...] = ()
    missing: float = 0.0
    received: datetime = LATER
    unexpected_end: datetime | None = None
    problem: str = ""
    snoring: tuple[tuple[int, int], ...] = ()
    vendor: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.session_id or f"{self.start.astimezone(UTC):%Y%m%d%H%M%S}"


def at(clock: str, zone: str = "UTC") -> datetime:
    """`at("2026-02-10 23:05", "Europe/Berlin")`."""
    return datetime.fromisoformat(clock).replace(tzinfo=ZoneInfo(zone))


def epochs(runs: Iterable[tuple[int, int]]) -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    stages = [np.full(length, stage, dtype=np.int8) for stage, length in runs]
    return np.concatenate(stages) if stages else np.empty(0, dtype=np.int8)


def session_set(recordings: Sequence[Recording]) -> SessionSet:
    """The recordings as the set that `night_table` reads."""
    rows = [_row(each) for each in recordings]
    columns = {
        name: pd.Series([row.get(name, _absent(dtype)) for row in rows], dtype=_object(dtype))
        for name, dtype in SESSION_COLUMNS.items()
    }
    return SessionSet.of_frame(
        frame=pd.DataFrame(columns).astype(SESSION_COLUMNS),
        stages=Ragged.from_arrays([epochs(each.stages) for each in recordings]),
        snoring=Ragged.from_arrays([epochs(each.snoring) for each in recordings]),
    )


def _row(each: Recording) -> dict[str, object]:
    length = timedelta(seconds=30 * sum(number for _, number in each.stages))
    end = each.end if each.end is not None else each.start.astimezone(UTC) + length
    return {
        "session_id": each.name,
        "state": each.state,
        "basis": "stages",
        "start": each.start.astimezone(UTC),
        "end": pd.NaT if each.open else end.astimezone(UTC),
        "unexpected_end": pd.NaT if each.unexpected_end is None else each.unexpected_end.astimezone(UTC),
        "created_timezone": each.zone,
        "peculiarities": ";".join(each.labels),
        "missing_data_ratio": each.missing,
        "received": each.received.astimezone(UTC),
        "problem": each.problem,
        **{f"vendor_{name}": value for name, value in each.vendor.items()},
    }


def _absent(dtype: str) -> object:
    return "" if dtype == "str" else pd.NaT if dtype.startswith("datetime64") else np.nan


def _object(dtype: str) -> str:
    return dtype if dtype == "float64" else "object"
