"""What each number means: the sentence that a screen hands out is the one of docs/definitions.md."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "definitions.md"
_NAME = re.compile(r"`([a-z][a-z0-9_]*)`")
_MEANING: Final = ("definition", "what it is", "of one person")
"""Headings of the column that says what a row's names mean."""


class Undefined(LookupError):
    """A number without an entry in docs/definitions.md."""


def definition(name: str) -> str:
    """What a number means, as a sentence of plain text, e.g. "Mean time in bed.".

    Args:
        name: of a column or figure, as docs/definitions.md has it in its tables.

    Raises:
        Undefined: no table has it.
    """
    try:
        return _definitions()[name]
    except KeyError:
        raise Undefined(f"docs/definitions.md has no entry for {name!r}; add a row for it there.") from None


@cache
def _definitions() -> Mapping[str, str]:
    """By name the sentence of the first table that has it."""
    found: dict[str, str] = {}
    for names, meaning in _rows(_PAGE.read_text(encoding="utf-8")):
        for name in names:
            found.setdefault(name, _sentence(meaning))
    return found


def _rows(page: str) -> Iterator[tuple[list[str], str]]:
    """The names and the meaning of every row of a table that has a column of meanings."""
    at = -1
    for line in page.splitlines():
        if not line.startswith("|"):
            at = -1
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        headings = [n for n, cell in enumerate(cells) if cell in _MEANING]
        if headings:
            at = headings[0]
        elif 0 < at < len(cells) and (names := _NAME.findall(cells[0])):
            yield names, cells[at]


def _sentence(meaning: str) -> str:
    plain = meaning.replace("`", "").replace(" [P]", "").strip()
    return f"{plain[:1].upper()}{plain[1:]}" + ("" if plain.endswith(".") else ".")
