"""Documents as PDF: a template of `reports/templates` compiled in this process, with our fonts and no other.

Every PDF keeps PDF/UA-1, the standard for documents that everybody can read: tagged, with a title, a language and words
for each picture; typst refuses what does not. Words reach a template as values and never as markup, so a name like
`#import` or `*x*` stays what it is.

A template is a function of its data, which are all that changes from one document to the next: what typst has read and
set of everything else is still there. Pages are numbered without being counted where their number is known beforehand,
because a document that counts its own pages is set twice.
"""

import json
import re
import unicodedata
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from charts.theme import theme
from reports.kinds import Paper

__all__ = ["BOX", "MISSING", "NotTypeset", "TooLong", "pdf"]

BOX: Final = "\u25af"
"""What is printed for a letter that our fonts do not have."""
MISSING: Final = f"{BOX} stands for a letter or sign that the fonts of this document do not have."

_HERE: Final = Path(__file__).parent
_FONTS, _TEMPLATES = _HERE / "fonts", _HERE / "templates"
_INSTEAD: Final = "The same report can be had as HTML, XLSX and CSV."
_PAPERS: Final[Mapping[Paper, str]] = {"a4": "a4", "letter": "us-letter"}
# Marks that are not seen: of direction, joiners, selectors of a letter's form. Nothing here is set from right to left.
_UNSEEN: Final = (
    "\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
)
# What no font has and what yet prints: a place where a word may be broken.
_BREAK: Final = "\u00ad"
# A word that no line has room for may be broken after any so many letters; what is JSON's own is not part of it.
_LONG_WORD: Final = re.compile(r'[^ "\\]{30,}')
_PIECE: Final = re.compile(".{1,10}")
# The compilers of a template that nobody uses now: one serves one thread at a time, and a warm one is far quicker.
_IDLE: "Final[defaultdict[str, deque[typst.Compiler]]]" = defaultdict(deque)
# How many pages a document has stands in its first object.
_PAGES: Final = re.compile(rb"/Type/Pages/Count (\d+)")
# The short escapes of JSON that stand for something seen; every other one is a control character.
_SEEN_ESCAPES: Final = frozenset(('\\"', "\\\\"))


class NotTypeset(RuntimeError):
    """A document that could not be made; the message says why, and what it can be asked for instead."""


class TooLong(NotTypeset):
    """A document that has more pages than it may have, set as it was."""


def pdf(
    template: str,
    data: Mapping[str, Any],
    *,
    title: str,
    generated_at: datetime,
    paper: Paper = "a4",
    pages: int | None = None,
) -> bytes:
    """The PDF of a template; the same values and the same moment give the same bytes.

    A letter that no shipped font has (an emoji, Hebrew, Arabic, Hangul) becomes `BOX`, and the document says so in
    `MISSING`; a control character becomes a blank, and marks of direction are dropped. Safe to call from many threads.

    Args:
        template: the name of a file of `reports/templates`, e.g. "person_week.typ".
        data: what the template reads: finished words, and places as numbers; whatever JSON has.
        title: the title in the document's properties.
        generated_at: when it was made, with its zone; in the properties, too.
        paper: the size of its pages.
        pages: how many pages it has, one for each part of the template; None where that is not known.

    Raises:
        TooLong: it has more pages than that.
        NotTypeset: typst refuses it.
        ValueError: `generated_at` has no time zone, or `data` holds a number that is none.
    """
    if generated_at.tzinfo is None:
        raise ValueError(
            "generated_at has no time zone: pass an aware datetime, for example datetime.now(UTC)"
        )
    made = generated_at.astimezone(UTC).replace(microsecond=0)  # typst knows whole seconds
    document = {
        "title": title,
        "made": [made.year, made.month, made.day, made.hour, made.minute, made.second],
        "paper": _PAPERS[paper],
        "pages": pages,
    }
    given = json.dumps({**data, "document": document}, ensure_ascii=False, allow_nan=False)
    told, missing = _printable(given)
    compiler = _taken(template)
    try:
        made_pdf = compiler.compile(
            _call(template, told, MISSING if missing else ""),
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=made,
        )
    except typst.TypstError as refused:
        raise NotTypeset(f"The PDF could not be set: {refused.message}. {_INSTEAD}") from refused
    _IDLE[template].append(compiler)
    assert isinstance(made_pdf, bytes)  # noqa: S101 - a PDF is one file, whatever the stub of typst allows
    if pages is not None and _count(made_pdf) != pages:
        raise TooLong(f"The PDF has {_count(made_pdf)} pages instead of {pages}. {_INSTEAD}")
    return made_pdf


def _call(template: str, data: str, missing: str) -> bytes:
    """The document as typst reads it: the template applied to its data, a string within which nothing is markup."""
    quoted = data.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'#import "{template}": report\n'
        f'#let data = json(bytes("{quoted}"))\n'
        f'#report(data + (document: data.document + (missing: "{missing}")))\n'
    ).encode()


def _count(document: bytes) -> int:
    """How many pages it has."""
    found = _PAGES.search(document)
    if found is None:
        raise NotTypeset(f"The pages of the PDF could not be counted. {_INSTEAD}")
    return int(found.group(1))


def _printable(text: str) -> tuple[str, bool]:
    """JSON whose words hold only letters that our fonts have, and whether any was missing."""
    if not text.isascii():
        # Letters with their marks put together: fonts have é and not always e with a mark behind it.
        text = unicodedata.normalize("NFC", text)
    missing = False

    def replaced(found: re.Match[str]) -> str:
        nonlocal missing
        sign = found.group()
        if sign.startswith("\\"):
            return sign if sign in _SEEN_ESCAPES else " "
        if found.lastgroup == "unseen":
            return ""
        missing = True
        return BOX * len(sign)

    told = _odd().sub(replaced, text)
    return _LONG_WORD.sub(lambda word: "\u200b".join(_PIECE.findall(word.group())), told), missing


@cache
def _odd() -> re.Pattern[str]:
    """An escape of JSON, or letters that are not printed as they are."""
    return re.compile(rf"\\(?:u[0-9a-f]{{4}}|.)|(?P<unseen>[{_UNSEEN}]+)|[^{_letters()}{_BREAK}\n]+")


@cache
def _letters() -> str:
    """The letters of our fonts as ranges of a pattern; `scripts/build_fonts.py` writes them down."""
    ranges = (_FONTS / "letters.txt").read_text(encoding="ascii").split()
    edges = (part.split("-") for part in ranges)
    return "".join(f"\\U{first:0>8}-\\U{last:0>8}" for first, last in edges)


@cache
def _palette() -> str:
    """The colours of print by name, stages by theirs, as JSON."""
    return json.dumps({name: value for name, value in asdict(theme("print")).items() if name != "name"})


@cache
def _fonts() -> "typst.Fonts":
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(_FONTS)])


def _taken(template: str) -> "typst.Compiler":
    try:
        return _IDLE[template].pop()
    except IndexError:
        return typst.Compiler(root=str(_TEMPLATES), font_paths=_fonts(), sys_inputs={"colours": _palette()})
