"""A cohort's week or month as a PDF: the finding, whom to look at first, the group's figures, and everybody."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from analytics import wording
from analytics.basis import basis_of
from reports.cohort_dots import spreads
from reports.cohort_report import CohortReport
from reports.cohort_rows import attention, coverage, figures_told, people_rows, unserved
from reports.cohort_squares import squares
from reports.explaining_tables import made_at
from reports.kinds import Paper
from reports.typesetting import pdf

__all__ = ["cohort_pdf"]

_FIGURES: Final = (
    "Per person", "Mean", "Spread between people", "Change against the 28 days before", "Adjusted p", "Rests on",
)  # fmt: skip
_PEOPLE: Final = (
    "Person", "Needs attention", "Valid nights", "Asleep", "Change", "Efficiency", "Mid-sleep", "Score", "Note",
)  # fmt: skip
_COVERAGE: Final = ("", "Nights", "Of expected", "Sessions")
_DISCLAIMER: Final = "Not a medical device and not a diagnosis."


def cohort_pdf(report: CohortReport, *, generated_at: datetime, paper: Paper = "a4") -> bytes:
    """The report as a PDF that keeps PDF/UA-1; the same value and moment give the same bytes.

    Args:
        report: the week or month.
        generated_at: when it was made; aware.
        paper: the size of its pages.

    Raises:
        NotTypeset: it could not be set.
        ValueError: `generated_at` has no time zone.
    """
    title = f"{_kind(report)}: {report.period.name}, {wording.span(report.period.first, report.period.last)}"
    return pdf(
        "cohort.typ", _sheet(report, generated_at), title=title, generated_at=generated_at, paper=paper
    )


def _sheet(report: CohortReport, generated_at: datetime) -> Mapping[str, Any]:
    """Everything that the template prints, finished words and places, in the order in which it is read."""
    period = report.period
    return {
        "header": {"kind": _kind(report), "name": period.name, "right": _dates_and_zones(report)},
        "foot": f"{_DISCLAIMER} Nocturne · made {made_at(generated_at)} · score {period.version}.",
        "title": period.title,
        "lead": period.lead,
        "basis": basis_of(report.nights).in_words,
        "people": period.size,
        "attention": attention(period),
        "figures": {"head": _FIGURES, **figures_told(period)},
        "spreads": spreads(period),
        "squares": squares(report),
        "coverage": {"head": _COVERAGE, **coverage(period)},
        "everybody": {"head": _PEOPLE, "rows": people_rows(period)},
        "unserved": unserved(report),
        "method": " ".join([period.method, *_on_which_clocks(report)]),
    }


def _kind(report: CohortReport) -> str:
    return f"{report.kind.capitalize()} sleep report"


def _dates_and_zones(report: CohortReport) -> str:
    dates = wording.span(report.period.first, report.period.last)
    zones = _zones(report)
    if not zones:
        return dates
    others = len(zones) - 1
    return f"{dates} · {zones[0]}" + (f" and {wording.plural(others, 'other zone')}" if others else "")


def _on_which_clocks(report: CohortReport) -> list[str]:
    """In which zones people live, where there are several: each person's nights are on their own clock."""
    zones = _zones(report)
    if len(zones) < 2:
        return []
    return [f"Each person's nights are on the clock of their own zone: {', '.join(zones)}."]


def _zones(report: CohortReport) -> list[str]:
    """The zones that people live in, the most frequent first, by name among equals."""
    counted = Counter(sleeper.zone for sleeper in report.sleepers)
    return sorted(counted, key=lambda zone: (-counted[zone], zone))
