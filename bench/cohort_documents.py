"""A cohort's report as documents, from the value that holds it: a month of 500 people."""

import time
from datetime import UTC, date, datetime
from typing import Final

import numpy as np
import pandas as pd

from analytics.cohort_period import cohort_month
from bench.cohort import FIRST, NIGHTS
from bench.periods import nights_of_people, sleepers_of
from bench.results import Figure
from reports.cohort_pdf import cohort_pdf
from reports.cohort_report import CohortReport

_PEOPLE, _ROUNDS, _BOUND_S = 500, 5, 1.5
_LAST: Final[date] = (FIRST + np.timedelta64(NIGHTS - 1, "D")).astype(date)


def figures() -> list[Figure]:
    """Best of 5 rounds, each of other people: what was set once is not set again, and would cost nothing."""
    reports = [_report(n) for n in range(_ROUNDS + 1)]
    made = [_seconds(report) for report in reports]
    name = f"cohort's report of {_PEOPLE} x {reports[0].period.days} as PDF"
    return [
        Figure(name=f"{name}, the first of a process", value=made[0], unit="s"),
        Figure(name=name, value=min(made[1:]), unit="s", bound=_BOUND_S),
    ]


def _report(number: int) -> CohortReport:
    """A month of made-up people; other numbers have other names and other times asleep."""
    people = sleepers_of(_PEOPLE, called=f"Group {number} ")
    nights = nights_of_people(_PEOPLE)
    nights = nights[nights["night"] > pd.Timestamp(_LAST) - pd.Timedelta(days=70)]
    asleep = nights["tst_min"] + np.random.default_rng(number).normal(0, 30, len(nights))
    nights = nights.assign(tst_min=asleep, basis="stages")
    period = cohort_month(f"Squad {number}", people, nights, ending=_LAST, synced={})
    inside = nights["night"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))
    return CohortReport(
        kind="monthly", period=period, nights=nights[inside].reset_index(drop=True), sleepers=tuple(people)
    )


def _seconds(report: CohortReport) -> float:
    start = time.perf_counter()
    cohort_pdf(report, generated_at=datetime(2026, 3, 1, 7, 0, tzinfo=UTC))
    return time.perf_counter() - start
