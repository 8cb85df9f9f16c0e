"""What writes a report in each format, imported when it first writes.

A worker that makes PDFs of people holds neither what writes workbooks nor what draws charts for a screen, and is ready
the sooner.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from reports.cohort_report import CohortReport
from reports.kinds import Paper
from reports.person_report import PersonReport
from reports.tables import Tables, csv_documents

__all__ = ["csv_files", "html", "pdf", "workbook"]

Report = PersonReport | CohortReport


def pdf(report: Report, *, generated_at: datetime, paper: Paper) -> bytes:
    """The report as a PDF."""
    if isinstance(report, PersonReport):
        from reports.person_pdf import person_pdf  # noqa: PLC0415 - says the module

        return person_pdf(report, generated_at=generated_at, paper=paper)
    from reports.cohort_pdf import cohort_pdf  # noqa: PLC0415 - likewise

    return cohort_pdf(report, generated_at=generated_at, paper=paper)


def html(report: Report, *, generated_at: datetime, plotly: Literal["inside", "beside"]) -> bytes:
    """The report as an HTML."""
    if isinstance(report, PersonReport):
        from reports.person_html import person_html  # noqa: PLC0415 - likewise

        return person_html(report, generated_at=generated_at, plotly=plotly)
    from reports.cohort_html import cohort_html  # noqa: PLC0415 - likewise

    return cohort_html(report, generated_at=generated_at, plotly=plotly)


def workbook(report: Report, *, generated_at: datetime) -> bytes:
    """The report as an XLSX."""
    from reports.workbook import xlsx_bytes  # noqa: PLC0415 - likewise

    return xlsx_bytes(_tables(report, generated_at))


def csv_files(report: Report, *, generated_at: datetime) -> Iterable[tuple[str, bytes]]:
    """Names and bytes of the report as CSV files."""
    return csv_documents(_tables(report, generated_at))


def _tables(report: Report, generated_at: datetime) -> Tables:
    if isinstance(report, PersonReport):
        from reports.person_tables import person_tables  # noqa: PLC0415 - likewise

        return person_tables(report, generated_at=generated_at)
    from reports.cohort_tables import cohort_tables  # noqa: PLC0415 - likewise

    return cohort_tables(report, generated_at=generated_at)
