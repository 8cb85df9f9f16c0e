"""How LibreOffice opens our files: converted without a window into flat XML, in which every cell says what it is."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}
_WITHIN_S = 180


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A cell as LibreOffice holds it: its type, its value, the text it shows, its formula."""

    kind: str
    value: str
    shown: str
    formula: str


NOTHING = Opened(kind="", value="", shown="", formula="")
Sheets = dict[str, list[list[Opened]]]


def soffice() -> str:
    """The program; without it a test is skipped here and fails in CI."""
    path = shutil.which("soffice")
    if path is None:
        message = "LibreOffice is not installed, so no spreadsheet was opened: apt-get install libreoffice-calc-nogui"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path


def opened(files: Sequence[Path], folder: Path, *, csv_separator: str = "") -> dict[str, Sheets]:
    """Each file as LibreOffice opens it, by its stem; all in one process, whose profile and output lie in the folder.

    Args:
        files: workbooks, or CSV files.
        folder: a new one.
        csv_separator: how CSV files are split; formulas are evaluated and special numbers detected, which is the most
            that a person who opens them can switch on.
    """
    options = f"{ord(csv_separator)},34,76,1,,0,false,true,,,,,true" if csv_separator else ""
    command = [
        soffice(),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        *([f"--infilter=Text - txt - csv (StarCalc):{options}"] if options else []),
        *("--convert-to", "fods", "--outdir", str(folder)),
        *map(str, files),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    # It says on a machine without Java that it found none; spreadsheets need none.
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if "javaldx" not in line)
    assert done.returncode == 0, said
    assert not any(word in said.lower() for word in ("error", "warning", "repair", "corrupt", "failed")), said
    return {path.stem: _sheets(folder / f"{path.stem}.fods") for path in files}


def _sheets(path: Path) -> Sheets:
    root = ET.parse(path).getroot()  # noqa: S314 - LibreOffice has just written it
    return {
        sheet.attrib[_name("table", "name")]: _rows(sheet) for sheet in root.iter(_name("table", "table"))
    }


def _rows(sheet: ET.Element) -> list[list[Opened]]:
    """The rows up to the last that holds something; a header that is repeated when printed is one of them."""
    rows: list[list[Opened]] = []
    for row in sheet.iter(_name("table", "table-row")):
        cells = list(_cells(row))
        repeated = int(row.attrib.get(_name("table", "number-rows-repeated"), "1"))
        rows += [cells] * (repeated if cells else min(repeated, 1000))
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _cells(row: ET.Element) -> Iterator[Opened]:
    waiting = 0
    for cell in row:
        repeated = int(cell.attrib.get(_name("table", "number-columns-repeated"), "1"))
        found = _cell(cell)
        if found == NOTHING:
            waiting += repeated
            continue
        yield from [NOTHING] * waiting
        waiting = 0
        yield from [found] * repeated


def _cell(cell: ET.Element) -> Opened:
    kind = cell.attrib.get(_name("office", "value-type"), "")
    values = ("value", "date-value", "time-value", "boolean-value", "string-value")
    held = [cell.attrib[name] for name in (_name("office", each) for each in values) if name in cell.attrib]
    return Opened(
        kind=kind,
        value=held[0] if held else "",
        shown="\n".join(_text(each) for each in cell.findall("text:p", _NAMES)),
        formula=cell.attrib.get(_name("table", "formula"), ""),
    )


def _text(paragraph: ET.Element) -> str:
    parts = [paragraph.text or ""]
    for child in paragraph:
        tag = child.tag.partition("}")[2]
        assert tag in {"s", "tab", "line-break", "span"}, f"a cell holds {tag}"  # a link would be "a"
        inner = {"s": " " * int(child.attrib.get(_name("text", "c"), "1")), "tab": "\t", "line-break": "\n"}
        parts += [inner[tag] if tag in inner else _text(child), child.tail or ""]
    return "".join(parts)


def _name(space: str, name: str) -> str:
    return f"{{{_NAMES[space]}}}{name}"
