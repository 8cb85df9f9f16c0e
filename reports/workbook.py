"""The tables of a report as an XLSX workbook that statistics programs load and people can read and print.

Rows are written as XML at once instead of cell by cell: a cohort's nights have a million cells, for which xlsxwriter's
own way takes 5 s. Everything around the rows is xlsxwriter's.
"""

import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from analytics import wording
from charts.theme import theme
from reports.sheet_cells import cell_body, clean, number_format
from reports.summary_forms import TEXT
from reports.tables import Column, Form, Measured, Table, Tables, Value

__all__ = ["MOST_ROWS", "TooManyRows", "sheet_name", "xlsx_bytes"]

MOST_ROWS: Final = 1_048_576
"""Rows that a sheet has, its header included."""
_A4: Final = 9
_LONGEST_NAME: Final = 31
_NARROWEST, _WIDEST, _SENTENCES = 8.0, 42.0, 70.0
_PAGE_WIDTH: Final = 150.0  # characters on a landscape page that can still be read
_LOOKED_AT: Final = 200
_LINE_PT, _TALLEST_PT = 15, 405
_ROOM_FOR_FILTER: Final = 4.5
_WIDTHS: Final = {"date": 11.0, "moment": 19.0, "duration": 10.0, "hours": 10.0, "clock": 10.0, "unit": 15.0}


class TooManyRows(ValueError):
    """A table that does not fit a sheet."""


def xlsx_bytes(tables: Tables) -> bytes:
    """The workbook of a report: a sheet a table, the same bytes for the same tables.

    Every sheet has a header that stays in sight, a filter, columns as wide as what they hold, and a landscape page that
    repeats the header. Text is text: nothing in it can become a formula or a link.

    Raises:
        TooManyRows: a table has more rows than a sheet.
    """
    for table in tables.tables:
        _refuse_too_many(table)
    out = io.BytesIO()
    book = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    _describe(book, tables)
    styles = _Styles(book)
    taken: set[str] = set()
    for table in tables.tables:
        name = sheet_name(table.name, taken)
        taken.add(name.casefold())
        sheet = book.add_worksheet(name, worksheet_class=_Sheet)
        sheet.hold(table, styles)
        _lay_out(sheet, table, tables.stem)
    book.close()
    return out.getvalue()


def _refuse_too_many(table: Table) -> None:
    if len(table.rows) < MOST_ROWS:
        return
    rows, most = (wording.number(count, 0) for count in (len(table.rows), MOST_ROWS - 1))
    raise TooManyRows(
        f"the table {table.name} has {rows} rows and a sheet of a workbook holds {most}; choose a shorter period or "
        "fewer people, or take the CSV files"
    )


def sheet_name(name: str, taken: set[str] | frozenset[str] = frozenset()) -> str:
    r"""A name that any spreadsheet takes: 31 characters, none of `[]:*?/\`, no apostrophe at an end, not there yet.

    Args:
        name: what the sheet should be called.
        taken: names of the other sheets, casefolded.
    """
    kept = re.sub(r"[\[\]:*?/\\\n\t]", " ", clean(name)).strip("' ")[:_LONGEST_NAME].rstrip("' ")
    if kept.casefold() in {"", "history"}:
        kept = f"Sheet {kept}".strip()
    number, unique = 2, kept
    while unique.casefold() in taken:
        ending = f" {number}"
        number, unique = number + 1, kept[: _LONGEST_NAME - len(ending)] + ending
    return unique


class _Styles:
    """The formats of a workbook, each made once, by their index in it."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[tuple[str, bool], int] = {}
        look = theme("print")
        self.header = _index(
            book.add_format(
                {
                    "bold": True,
                    "font_color": look.background,
                    "bg_color": look.accent,
                    "bottom": 1,
                    "bottom_color": look.accent,
                    "valign": "top",
                    "num_format": "@",
                    "align": "left",
                    "indent": 1,
                }
            )
        )

    def of(self, form: Form, *, wide: bool = False) -> int:
        """The index of the format in which a form is shown."""
        key = number_format(form), wide
        if key not in self._known:
            # Text keeps away from the number to its left, which touches the edge between them.
            aside = {"align": "left", "indent": 1} if key[0] == "@" else {}
            properties = {"num_format": key[0], "valign": "top", "text_wrap": wide, **aside}
            self._known[key] = _index(self._book.add_format(properties))
        return self._known[key]


def _index(made: Format) -> int:
    # By this index a cell names its format; xlsxwriter gives it when it writes a cell itself, which it does not here.
    return int(made._get_xf_index())  # noqa: SLF001


class _Sheet(Worksheet):  # type: ignore[misc]
    """A sheet whose rows are those of a table."""

    def hold(self, table: Table, styles: _Styles) -> None:
        """Take the rows that are written when the workbook is closed."""
        by_column = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
        self._columns = [
            [cell_body(styles.header, TEXT, column.name), *_bodies(column, values, styles)]
            for column, values in zip(table.columns, by_column, strict=True)
        ]
        self._heights = ["", *_heights(table)]
        self._check_dimensions(0, 0)
        self._check_dimensions(len(table.rows), len(table.columns) - 1)

    def _write_rows(self) -> None:
        starts = [f'<c r="{xl_col_to_name(at)}' for at in range(len(self._columns))]
        rows = zip(self._heights, zip(*self._columns, strict=True), strict=True)
        for number, (height, bodies) in enumerate(rows, start=1):
            cells = [f"{start}{number}{body}" for start, body in zip(starts, bodies, strict=True) if body]
            self.fh.write(f'<row r="{number}"{height}>{"".join(cells)}</row>')


def _bodies(column: Column, values: Sequence[Value], styles: _Styles) -> Iterable[str]:
    """The cells of a column; each value is made into a cell once, however often it is there."""
    style = styles.of(column.form, wide=column.wide)
    made = {
        value: cell_body(styles.of(value.form) if isinstance(value, Measured) else style, column.form, value)
        for value in dict.fromkeys(values)
    }
    return map(made.__getitem__, values)


def _heights(table: Table) -> list[str]:
    """The height of every row that wraps a sentence; "" for the usual one. Not every program finds it by itself."""
    widths = _widths(table)
    wraps = [(at, widths[at] - 4) for at, column in enumerate(table.columns) if column.wide]
    return [_height(max((_lines(row[at], room) for at, room in wraps), default=1)) for row in table.rows]


def _lines(value: Value, room: float) -> int:
    if not isinstance(value, str):
        return 1
    return sum(max(1, math.ceil(len(line) / room)) for line in value.split("\n"))


def _height(lines: int) -> str:
    if lines == 1:
        return ""
    return f' ht="{min(_LINE_PT * lines, _TALLEST_PT)}" customHeight="1"'


def _describe(book: Workbook, tables: Tables) -> None:
    book.set_properties(
        {
            "title": clean(tables.title),
            "subject": clean(tables.subject),
            "author": "Nocturne",
            "created": tables.generated_at.astimezone(UTC),
        }
    )


def _lay_out(sheet: Any, table: Table, stem: str) -> None:
    """What a reader sees before touching anything: header in sight, filter, widths, a page for the printer."""
    widths = _widths(table)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(1, table.held)
    sheet.autofilter(0, 0, len(table.rows), max(len(table.columns) - 1, 0))
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(0)
    if sum(widths) > _PAGE_WIDTH and table.held:
        sheet.repeat_columns(0, table.held - 1)
    sheet.fit_to_pages(max(1, round(sum(widths) / _PAGE_WIDTH)), 0)
    sheet.set_footer(f"&L&8Nocturne · {stem} · &A&R&8page &P of &N")


def _widths(table: Table) -> list[float]:
    """How wide each column is, in characters: of its header with room for the filter, and of what it holds."""
    return [_width(table, at) for at in range(len(table.columns))]


def _width(table: Table, at: int) -> float:
    column = table.columns[at]
    header = len(column.name) + _ROOM_FOR_FILTER
    held = [row[at] for row in table.rows[:_LOOKED_AT]]
    longest = max((len(value) for value in held if isinstance(value, str)), default=0) + 2.5
    content = max(_NARROWEST, longest, _WIDTHS.get(column.form.kind, 0.0))
    return max(header, min(content, _SENTENCES if column.wide else _WIDEST))
