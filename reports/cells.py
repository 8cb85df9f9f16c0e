"""Rows become CSV that a spreadsheet cannot be made to execute.

A text cell that a spreadsheet could read as a formula gets an apostrophe (OWASP, "CSV Injection"). That holds for the
start of the cell, also behind blanks and quotes, and for what follows a character that some locale takes for the field
separator: a German spreadsheet opens our comma file split at semicolons. Numbers are written as numbers, whatever
their sign.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date

Cell = str | float | int | bool | date | None

_STARTERS = "=+@\uff1d\uff0b\uff20\uff0d\\-"
_SEPARATORS = ",;|\t\r\n"
# Before a starter a spreadsheet skips blanks of every kind, invisible marks and opening quotes.
_SKIPPED = '\\s\u200b-\u200f\u2060\ufeff\\x00-\\x1f"'
_AT_START = re.compile(f"[{_SEPARATORS}{_SKIPPED}]*[{_STARTERS}]|[\t\r\n]")
_AFTER_SEPARATOR = re.compile(f"([{_SEPARATORS}][{_SKIPPED}]*)([{_STARTERS}])")


def safe_text(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could start a formula; other text unchanged.

    Example:
        `=1+1` becomes `'=1+1`, `Ann; =1` becomes `Ann; '=1`, and `a-b` stays.
    """
    guarded = _AFTER_SEPARATOR.sub(r"\1'\2", text)
    return f"'{guarded}" if _AT_START.match(text) else guarded


def cell(value: Cell) -> str:
    """One value as its CSV cell: text guarded, a float's shortest exact text, ISO dates, empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if math.isfinite(value) else ""


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A header row and its rows as RFC 4180 CSV: commas, CRLF, quotes doubled, plain UTF-8.

    A lone surrogate, which no encoding can carry, becomes a question mark.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", errors="replace")
