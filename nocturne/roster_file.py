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


class RosterError(ValueError):
    """A person or a file that cannot be taken in; the message says what and why."""


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """One person's line.

    Attributes:
        line: where it begins in the file, from 1.
        cells: by name of `HEADER` what is written there, without outer blanks; "" where nothing is.
        surplus: whether there are more cells than the header names.
    """

    line: int
    cells: Mapping[str, str]
    surplus: bool


@dataclass(frozen=True, kw_only=True)
class RosterFile:
    """The rows of a list that are not empty, and in sentences what was taken for granted in reading it."""

    rows: tuple[RosterRow, ...]
    remarks: tuple[str, ...]


def read_roster(data: bytes | str) -> RosterFile:
    """The list in a CSV whose first line names the columns of `HEADER`, in any order.

    Bytes are read as the mark at their beginning says, else as UTF-8, else as Windows-1252. Cells are parted by commas,
    semicolons, tabs or bars, lines end in LF, CR or both. Columns with other names are left out.

    Raises:
        RosterError: it is no text, the header lacks a required column or names one twice, or there is nobody below it.
    """
    text, encoding = _decoded(data) if isinstance(data, bytes) else (data.removeprefix("\ufeff"), "")
    separator, text = _separator(text)
    lines = _lines(text, separator)
    _, header = next(lines, (1, []))
    names = _columns(header)
    rows = tuple(_row(line, names, cells) for line, cells in lines if any(cell.strip() for cell in cells))
    if not rows:
        raise RosterError("The file has a header but no person below it.")
    return RosterFile(rows=rows, remarks=_remarks(encoding, separator, header, names))


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


def _separator(text: str) -> tuple[str, str]:
    """What parts the cells, and the text without a first line that only says so."""
    said = _SEPARATOR_LINE.match(text)
    if said is not None:
        return said[1], text[said.end() :]
    first = re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]
    return max(_SEPARATORS, key=lambda mark: _known_among(first.split(mark))), text


def _known_among(header: Sequence[str]) -> int:
    return len({name for name in map(_column, header) if name})


def _lines(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The number of the line on which each record begins, and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise RosterError(f"Line {begins} cannot be read as CSV: {problem}.") from problem
        if cells is None:
            return
        yield begins, cells
        begins = reader.line_num + 1


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


def _row(line: int, names: Sequence[str], cells: Sequence[str]) -> RosterRow:
    found = dict.fromkeys(HEADER, "")
    found.update((name, cell.strip()) for name, cell in zip(names, cells, strict=False) if name)
    surplus = any(cell.strip() for cell in cells[len(names) :])
    return RosterRow(line=line, cells=found, surplus=surplus)


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
