"""A person's week as one page of PDF, and a month as two to three."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from reports.kinds import Kind, Paper
from reports.person_report import PersonReport
from reports.print_person import person_data
from reports.typesetting import NotTypeset, TooLong, pdf

__all__ = ["NotTypeset", "person_pdf"]

_TEMPLATES: Final[dict[Kind, str]] = {"weekly": "person_week.typ", "monthly": "person_month.typ"}

# How tightly a page is set, from 0 on (`levels` of the template).
_TIGHTEST: Final = 4
# Up to so many lines of what is not of one length the levels fit, on A4; Letter is shorter by about six lines.
_MOST_LINES: Final = (4, 8, 13, 19)
_LETTER_LINES, _TABLE_LINES = 6, 9
_LETTERS, _NARROW_LETTERS, _TITLE_LETTERS = 140, 62, 55


def person_pdf(report: PersonReport, *, generated_at: datetime, paper: Paper = "a4") -> bytes:
    """The report as PDF/UA-1: one page of a week, two to three of a month.

    Args:
        report: the week or month and its main sleeps.
        generated_at: when the report was made, with its zone; in its foot and properties.
        paper: the size of its pages.

    Raises:
        NotTypeset: it cannot be set; the message says why.
        ValueError: `generated_at` has no time zone.
    """
    data = person_data(report, generated_at=generated_at.astimezone(UTC))
    title = f"{data['title']} – {data['header']['left']}"
    template = _TEMPLATES[report.kind]
    set_as = partial(pdf, template, title=title, generated_at=generated_at, paper=paper)
    if report.kind == "monthly":
        with suppress(TooLong):
            return set_as(data, pages=3 if data["table"]["rows"] else 2)
        return set_as(data)
    for level in range(_level(data, paper), _TIGHTEST):
        with suppress(TooLong):
            return set_as(data | {"level": level}, pages=1)
    # Nothing is left to be set tighter: what does not fit by now goes on a second page.
    return set_as(data | {"level": _TIGHTEST})


def _level(data: Mapping[str, Any], paper: Paper) -> int:
    """The level to begin with: one at which the page probably fits, because each that is refused takes its time."""
    lines = _lines(data) + (_LETTER_LINES if paper == "letter" else 0)
    return sum(lines > most for most in _MOST_LINES)


def _lines(data: Mapping[str, Any]) -> int:
    """About how many lines there are of what is not of one length every week."""
    insights = [f"{each['observation']} {each['evidence']} {each['suggestion']}" for each in data["insights"]]
    notes = [night["note"] for night in data["nights"]["rows"] if night["note"]]
    long = [*data["quality"]["left_out"], *data["quality"]["remarks"], data["method"], *insights, *notes]
    long += ["; ".join(data["nights"]["naps"])]
    narrow = data["regularity"]["notes"]
    return (
        sum(-(-len(text) // _LETTERS) for text in long)
        + sum(-(-len(text) // _NARROW_LETTERS) for text in narrow)
        + len(data["title"]) // _TITLE_LETTERS
        + (2 if insights else 0)
        - (0 if data["table"]["rows"] else _TABLE_LINES)
    )
