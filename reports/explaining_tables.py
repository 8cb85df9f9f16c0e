"""The sheets that explain the others: what every column and figure means, and how the report was made."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from analytics import wording
from reports.definitions import definition
from reports.summary_forms import column
from reports.tables import Table

__all__ = ["READING", "definitions_table", "made_at", "method_table"]

READING: Final = (
    (
        "Durations",
        (
            "Columns that end in _min. A workbook keeps them in days and shows them as hours:minutes, so 24 times a "
            "cell is hours and 1440 times a cell is minutes; a CSV file has minutes."
        ),
    ),
    (
        "Times of day",
        (
            "Columns that end in _h and are times of day. A workbook keeps them as times; a CSV file has hours after "
            "midnight."
        ),
    ),
    (
        "Differences",
        (
            "Numbers of minutes or points with their sign in every format, because a spreadsheet shows no time below "
            "0. A vendor's duration below 0 stays in days and is shown as a number of days."
        ),
    ),
    ("Percentages", "Numbers on 0 to 100 in every format."),
    (
        "Dates and instants",
        (
            "A column that ends in _utc is in UTC, one that ends in _local on the clock of the place at that moment; "
            "in a CSV file it carries its offset from UTC, in a workbook the offset stands in a column of its own."
        ),
    ),
    (
        "Rounding",
        (
            "Figures of Summary and People are rounded once, as they are printed everywhere; Nights and Excluded are "
            "not rounded."
        ),
    ),
    ("Empty cells", "No value: it is undefined, was not recorded, or rests on too few nights or people."),
    (
        "Text",
        (
            "In CSV files an apostrophe stands before text that a spreadsheet could take for a formula; workbooks "
            "keep text as text and need none. A character that no workbook can hold is shown as \ufffd."
        ),
    ),
)
"""How the cells of a report's tables are to be read, by what they hold."""

DISCLAIMER: Final = "Not a medical device and not a diagnosis."


def definitions_table(tables: Sequence[Table]) -> Table:
    """Every column and figure of these tables with its sentence of docs/definitions.md.

    Raises:
        Undefined: one has no entry there.
    """
    used: dict[str, list[str]] = {}
    for table in tables:
        for name in _names(table):
            used.setdefault(name, []).append(table.name)
    return Table(
        name="Definitions",
        title="What every column and figure means",
        columns=(column("name"), column("sheets"), column("definition", wide=True)),
        rows=tuple(
            (name, ", ".join(dict.fromkeys(sheets)), definition(name)) for name, sheets in used.items()
        ),
        held=1,
    )


def _names(table: Table) -> Iterator[str]:
    """The columns, then the figures where each has a row of its own."""
    names = [each.name for each in table.columns]
    yield from names
    if "id" in names:
        at = names.index("id")
        yield from dict.fromkeys(str(row[at]) for row in table.rows)


def method_table(facts: Sequence[tuple[str, str]]) -> Table:
    """How a report was made and is to be read, an item a row; items without a text are left out."""
    rows = (*facts, ("Not a medical device", DISCLAIMER), *READING)
    return Table(
        name="Method",
        title="How this report was made and how to read it",
        columns=(column("item"), column("text", wide=True)),
        rows=tuple((item, text) for item, text in rows if text),
    )


def made_at(moment: datetime) -> str:
    """When a report was made, in UTC: `12 February 2026, 07:30 UTC`."""
    utc = moment.astimezone(UTC)
    return f"{wording.day(utc, weekday=False)}, {wording.clock_of(utc)} UTC"
