"""A cohort's report as workbook and CSV files: 10,000 nights, half of their numbers with digits of their own."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.cohort_period import cohort_period
from analytics.sleeper import Sleeper
from analytics.stages import night_statistics
from analytics.vendor_figures import VENDOR_COLUMNS
from bench.cohort import FIRST, ids_of, stages_of
from bench.results import Figure
from reports.cohort_report import CohortReport
from reports.cohort_tables import cohort_tables
from reports.tables import Tables, csv_documents
from reports.workbook import xlsx_bytes

_PEOPLE, _DAYS, _ROUNDS = 250, 40, 5
_CLOCKS = ("start", "end", "onset", "wake", "midsleep")
_SAME: dict[str, Any] = {
    "kind": "main", "grade": "A", "basis": "stages", "valid": True, "reasons": "", "zone": "Europe/Berlin",
}  # fmt: skip
_MADE = datetime(2026, 4, 1, tzinfo=UTC)


def figures() -> list[Figure]:
    """Best of 5 rounds of the tables with their workbook, and of the same as CSV files."""
    report = _report()
    made = cohort_tables(report, generated_at=_MADE)
    nights, columns = len(made.of("Nights").rows), len(made.of("Nights").columns)
    what = f"{nights:,} nights of {columns} columns"

    def workbook() -> bytes:
        return xlsx_bytes(_tables(report))

    return [
        Figure(name=f"XLSX of a cohort, {what}", value=_best_s(workbook), unit="s", bound=4.0),
        Figure(
            name=f"CSV files of a cohort, {what}",
            value=_best_s(lambda: csv_documents(_tables(report))),
            unit="s",
        ),
        Figure(name="XLSX of a cohort, size of the file", value=len(workbook()) / 2**20, unit="MiB"),
    ]


def _tables(report: CohortReport) -> Tables:
    return cohort_tables(report, generated_at=_MADE)


def _report() -> CohortReport:
    """40 days of 250 people, every column of the nights filled."""
    nights = _nights()
    sleepers = tuple(
        Sleeper(person_id=name, name=f"Person {name}", zone="Europe/Berlin", birth_year=1985)
        for name in ids_of(_PEOPLE).tolist()
    )
    first: date = FIRST.astype(date)
    last = first + timedelta(days=_DAYS - 1)
    # The figures are of a week; the report's sheets are of all 40 days, which is what costs.
    period = cohort_period("Squad", sleepers, nights, first=last - timedelta(days=6), last=last, synced={})
    return CohortReport(kind="monthly", period=replace(period, first=first), nights=nights, sleepers=sleepers)


def _nights() -> pd.DataFrame:
    values, offsets = stages_of(_PEOPLE)
    count = _PEOPLE * _DAYS
    statistics = night_statistics(values[: offsets[count]], offsets[: count + 1])
    owner, day = np.repeat(np.arange(_PEOPLE), _DAYS), np.tile(np.arange(_DAYS), _PEOPLE)
    random = np.random.default_rng(1)
    instants = _evenings(day, random)
    vendors = {name: _kept(random.normal(100, 20, count)) for name in VENDOR_COLUMNS}
    hours = {f"{name}_clock_h": _kept(random.uniform(0, 24, count)) for name in _CLOCKS}
    counts = {"pieces": 1, "start_offset_min": 60, "end_offset_min": 60, "sri_agree": 2600, "sri_known": 2880}
    session = [f"s-{number:012d}" for number in range(count)]
    return statistics.assign(
        person_id=ids_of(_PEOPLE)[owner], session_id=session, session_ids=session, day_index=day,
        night=(FIRST + day + 1).astype("datetime64[us]"), start=instants, end=instants + pd.Timedelta(hours=8),
        onset=instants + pd.Timedelta(minutes=9), final_wake=instants + pd.Timedelta(hours=8),
        midsleep=instants + pd.Timedelta(hours=4), received=instants + pd.Timedelta(hours=9),
        gap_min=0.0, missing_share=statistics["unknown_share"], snoring_min=12.5, anchor_clock_h=15.5,
        **_SAME, **counts, **hours, **vendors,
    )  # fmt: skip


def _evenings(day: NDArray[np.int64], random: np.random.Generator) -> pd.DatetimeIndex:
    seconds = 22 * 3600 + random.integers(0, 9000, len(day))
    return pd.DatetimeIndex(
        FIRST.astype("datetime64[us]") + day * np.timedelta64(1, "D") + seconds * np.timedelta64(1, "s"),
        tz="UTC",
    )


def _kept(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """As an archive hands them out: 32 bits, made wide again."""
    return values.astype(np.float32).astype(np.float64)


def _best_s(function: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best
