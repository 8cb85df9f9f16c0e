"""A report as tables: typed columns and rows, from which its workbook and its CSV files are written alike.

A cell holds a value in the unit that the name of its column says; only the writers know how a format keeps it: a
duration is minutes here and in CSV, and a fraction of a day in a workbook, where it adds up and is read as 7:05.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Literal

from reports.cells import Cell, csv_bytes

__all__ = [
    "NIGHTS",
    "Column",
    "ColumnKind",
    "Form",
    "Measured",
    "Table",
    "Tables",
    "Value",
    "csv_documents",
    "table_csv",
]

ColumnKind = Literal[
    "text",
    "date",
    "moment",
    "duration",
    "hours",
    "clock",
    "number",
    "p_value",
    "percent",
    "count",
    "boolean",
    "unit",
    "measured",
]

NIGHTS: Final = "Nights"
"""The table that is a report's own CSV file, without a suffix in its name."""

CSV_UNITS: Final[dict[str, str]] = {
    "duration": "min",
    "hours": "h",
    "clock": "h after midnight",
    "percent": "%",
}
"""In what unit a CSV file keeps a value of a kind; the others have none."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a value is kept and shown.

    Attributes:
        kind: "text"; "date"; "moment", an aware date-time of which a workbook keeps the wall clock; "duration" in
            minutes; "hours", a length in hours; "clock" in hours after midnight; "number"; "p_value", a number;
            "percent" on 0 to 100; "count"; "boolean"; "unit", the form of the value beside it; "measured", a value with
            a form of its own.
        decimals: how many places of a number or percentage a workbook shows; the cell keeps them all. None for as many
            as there are, where a value is rounded already.
        signed: whether a number is a difference, shown with its sign.
        seconds: whether durations and times of day are shown to the second: what is not rounded to minutes is.
        unit: of a number, in words; "" for none.
    """

    kind: ColumnKind
    decimals: int | None = 1
    signed: bool = False
    seconds: bool = False
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A value of a column in which every cell has a form of its own.

    Attributes:
        value: NaN for none.
        form: how it is kept.
    """

    value: float
    form: Form


Value = str | float | int | bool | date | datetime | Measured | Form | None
"""What a cell holds; None and NaN for nothing."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its name, of which docs/definitions.md has an entry, and the form of its cells.

    Attributes:
        name: the header in every format.
        form: of each cell.
        wide: whether it holds sentences, which a workbook wraps.
    """

    name: str
    form: Form
    wide: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table that loads as it is: one header row, one row a thing, nothing before or after.

    Attributes:
        name: of its sheet.
        title: what it holds, in words.
        columns: in order; no name twice.
        rows: each as long as `columns`.
        held: how many of the first columns stay in sight when one scrolls to the right.

    Raises:
        ValueError: a name is there twice, or a row is of another length.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    held: int = 0

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"a table must not have a column twice: {', '.join(twice)}")
        if any(len(row) != len(names) for row in self.rows):
            raise ValueError(f"every row of {self.name} must have {len(names)} cells, one for each column")


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables of a report, in order.

    Attributes:
        stem: what its files are called, without an ending; made of ids and dates, never of a person's name.
        title: of the document.
        subject: whom or what it is about, and when.
        generated_at: when it was made; aware.
        tables: no name twice.

    Raises:
        ValueError: `generated_at` has no time zone, or two tables have one name.
    """

    stem: str
    title: str
    subject: str
    generated_at: datetime
    tables: tuple[Table, ...]

    def __post_init__(self) -> None:
        if self.generated_at.tzinfo is None:
            raise ValueError(
                "generated_at has no time zone: pass an aware datetime, for example datetime.now(UTC)"
            )
        if len({table.name.casefold() for table in self.tables}) != len(self.tables):
            raise ValueError("two tables of a report must not have the same name")

    def of(self, name: str) -> Table:
        """The table of a name.

        Raises:
            KeyError: there is none.
        """
        return {table.name: table for table in self.tables}[name]


def csv_documents(tables: Tables) -> tuple[tuple[str, bytes], ...]:
    """Every table as a CSV file: its name, and its bytes as `table_csv` writes them.

    The nights come first, as `<stem>.csv`; the others are `<stem>-summary.csv` and so on.
    """
    ordered = sorted(tables.tables, key=lambda table: table.name != NIGHTS)
    return tuple(
        (
            f"{tables.stem}{'' if table.name == NIGHTS else f'-{table.name.lower()}'}.csv",
            table_csv(table),
        )
        for table in ordered
    )


def table_csv(table: Table) -> bytes:
    """The table as plain UTF-8, RFC 4180: a header row, minutes and hours as numbers, ISO dates and instants."""
    return csv_bytes(
        [column.name for column in table.columns], ([_cell(value) for value in row] for row in table.rows)
    )


def _cell(value: Value) -> Cell:
    if isinstance(value, Measured):
        return None if math.isnan(value.value) else float(value.value)
    if isinstance(value, Form):
        return value.unit or CSV_UNITS.get(value.kind, "")
    if isinstance(value, datetime):
        return _instant(value)
    # A number of numpy is a float too, whose text would name its type.
    return float(value) if isinstance(value, float) else value


def _instant(moment: datetime) -> str:
    text = moment.isoformat(timespec="seconds")
    return text.replace("+00:00", "Z") if moment.tzinfo is UTC else text
