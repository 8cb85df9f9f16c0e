"""A cohort's week or month as the value that every document of it is written from."""

from dataclasses import dataclass

import pandas as pd

from analytics.sleeper import Sleeper
from analytics.summary import CohortPeriod
from reports.file_names import named
from reports.kinds import Ending, Kind


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortReport:
    """Everything a cohort's report says.

    Attributes:
        kind: its layout.
        period: the week or the month.
        nights: every sleep of the period (main, nap, unusable) with `person_id`, as `analytics.nights` has them.
        sleepers: everyone of the cohort, those of whom nothing was recorded included.
    """

    kind: Kind = "weekly"
    period: CohortPeriod
    nights: pd.DataFrame
    sleepers: tuple[Sleeper, ...]


def file_name(report: CohortReport, ending: Ending) -> str:
    """`weekly-cohort-Rowers-2026-02-11.pdf`; what a file name cannot hold of the cohort's name becomes a checksum."""
    return named(f"{report.kind}-cohort", report.period.name, report.period.last, ending)
