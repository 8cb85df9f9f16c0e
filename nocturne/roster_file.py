"""A list of people as spreadsheets write it: any usual encoding, separator and line end, to rows of plain cells."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

HEADER: Final = ("vendor_id", "name", "zone", "birth_year", "sex", "tags")
REQUIRED: Final = ("vendor_id", "name", "zone")

_SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
# What people call the columns, letters and digits only.
_NAMES: Final = {
    **{name.replace("_", ""): name for name in HEADER},
    **dict.fromkeys(("userid", "vendoruserid", "asleepid", "asleepuserid", "id"), "vendor_id"),
    **dict.fromkeys(("timezone", "tz"), "zone"),
    **dict.fromkeys(("yearofbirth", "birthdate", "dateofbirth", "born"), "birth_year"),
    **dict.fromkeys(("gender",), "sex"),
    **dict.fromkeys(("tag", "groups", "group"), "tags"),
}
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SPOKEN: Final = {"cp1252": "Windows-1252", "utf-16": "UTF-16", "utf-32": "UTF-32"}
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
# How spreadsheets write text that they would else take for a number: ="00123".
_AS_TEXT: Final = re.compile(r'="([^"]*)"')
_TOO_MANY: Final = (
    "The row has more cells than the header; put quotes around a cell that holds what parts the cells."
)


class RosterError(ValueError):
    """A person or a file that cannot be taken in; the message says what and why."""


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """One person's line.

    Attributes:
        line: where it begins in the file, from 1.
        cells: what is written there, without outer blanks, by those names of `HEADER` that the list has a column of;
            "" where nothing is.
        problem: why nobody can be made of it; "" where somebody may be.
    """

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class RosterFile:
    """The rows of a list that are not empty, and in sentences what was taken for granted in reading it."""

    rows: tuple[RosterRow, ...]
    remarks: tuple[str, ...]


def read_roster(data: bytes | str) -> RosterFile:
    """The list in a CSV whose first line names the columns of `HEADER`, in any order.

    Bytes are read as the mark at their beginning says, else as UTF-8, else as Windows-1252. Cells are parted by commas,
    semicolons, tabs or bars, lines end in LF, CR or both. Columns with other names are left out. A quoted cell may hold
    line breaks as long as no line that it takes in could be somebody's own.

    Raises:
        RosterError: it is no text, the header lacks a required column or names one twice, or there is nobody below it.
    """
    text, encoding = _decoded(data) if isinstance(data, bytes) else (data.removeprefix("\ufeff"), "")
    separator, text, begins = _separator(text)
    records = _records(text, separator, begins)
    header = next(records, _Record(first=begins, last=begins, cells=()))
    if header.problem:
        raise RosterError(header.problem)
    names = _columns(header.cells)
    rows = tuple(_row(record, names) for record in records if any(cell.strip() for cell in record.cells))
    if not rows:
        raise RosterError("The file has a header but no person below it.")
    return RosterFile(rows=rows, remarks=_remarks(encoding, separator, header.cells, names))


def _decoded(data: bytes) -> tuple[str, str]:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    for attempt in dict.fromkeys((encoding, "cp1252")):
        try:
            text = data.decode(attempt)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, attempt
    raise RosterError("The file is not text. Save the list as CSV (UTF-8) and import that file.")


def _separator(text: str) -> tuple[str, str, int]:
    """What parts the cells, the text without a first line that only says so, and the line of the file it begins on."""
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        return said[1], text[said.end() :], 2
    first = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    return max(_SEPARATORS, key=lambda mark: _known_among(first.split(mark))), text, 1


def _known_among(header: Sequence[str]) -> int:
    return len({name for name in map(_column, header) if name})


@dataclass(frozen=True, kw_only=True)
class _Record:
    """The cells of one record, from the first to the last line of the file that it takes in."""

    first: int
    last: int
    cells: Sequence[str]
    problem: str = ""


def _records(text: str, separator: str, begins: int) -> Iterator[_Record]:
    """The records of the text, whose first line is that line of the file."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=separator)
    while (taken := reader.line_num) < len(lines):
        first = begins + taken
        try:
            cells = next(reader)
        except csv.Error as problem:
            last = begins + reader.line_num - 1
            reason = f"Line {first} cannot be read as CSV: {problem}."
            raise RosterError(reason if last == first else _run_together(first, last)) from problem
        last = begins + reader.line_num - 1
        doubtful = last > first and _may_swallow(lines[taken : reader.line_num], cells, separator)
        yield _Record(
            first=first, last=last, cells=cells, problem=_run_together(first, last) if doubtful else ""
        )


def _may_swallow(lines: Sequence[str], cells: Sequence[str], separator: str) -> bool:
    """Whether somebody's own line may be inside a cell: a quote is not closed, or a line within holds a separator."""
    try:
        list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return True
    return any(separator in line for cell in cells for line in re.split(r"[\r\n]", cell)[1:])


def _run_together(first: int, last: int) -> str:
    return (
        f"A quote makes one row of the lines {first} to {last}; nobody of them was taken in. Take the quote out, or "
        "close it; where it belongs to a text of several lines, take the line breaks out."
    )


def _columns(header: Sequence[str]) -> list[str]:
    """The name of each column, "" for one that is not used."""
    names = [_column(cell) for cell in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise RosterError(
            f"The first line must name the columns {','.join(HEADER)}; missing: {', '.join(missing)}."
        )
    twice = next((name for name in HEADER if names.count(name) > 1), None)
    if twice:
        raise RosterError(f"The first line names the column {twice} twice; leave one of them.")
    return names


def _column(cell: str) -> str:
    return _NAMES.get(re.sub(r"[\W_]", "", cell.lower()), "")


def _row(record: _Record, names: Sequence[str]) -> RosterRow:
    found = {name: "" for name in names if name}
    found.update((name, _content(cell)) for name, cell in zip(names, record.cells, strict=False) if name)
    problem = record.problem
    if not problem and any(cell.strip() for cell in record.cells[len(names) :]):
        problem = _TOO_MANY if record.first == record.last else _run_together(record.first, record.last)
    return RosterRow(line=record.first, cells=found, problem=problem)


def _content(cell: str) -> str:
    as_text = _AS_TEXT.fullmatch(cell.strip())
    return (as_text[1] if as_text else cell).strip()


def _remarks(encoding: str, separator: str, header: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    remarks = []
    if encoding in _SPOKEN:
        remarks.append(f"Read as {_SPOKEN[encoding]}: look at the accents in the names.")
    if separator != ",":
        remarks.append(f"Cells are parted by {_SEPARATORS.get(separator, separator)}.")
    unused = [cell.strip() for cell, name in zip(header, names, strict=True) if not name and cell.strip()]
    if unused:
        remarks.append(f"Not used: the columns {', '.join(unused)}.")
    return tuple(remarks)
