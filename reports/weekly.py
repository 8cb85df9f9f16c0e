"""The weekly report of a person: what it is made from, and its table."""

from reports.person_csv import weekly_csv
from reports.person_report import PersonReport, file_name

__all__ = ["PersonReport", "file_name", "weekly_csv"]
