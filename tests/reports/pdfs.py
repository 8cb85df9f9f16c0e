"""A PDF taken apart, for tests that read what a reader, a printer or a screen reader would."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdfium2
from pypdf import PdfReader


@dataclass(frozen=True)
class Run:
    """A stretch of text on one page as pdfium sees it: its edges in points, from the page's lower left corner."""

    page: int
    left: float
    bottom: float
    right: float
    top: float
    text: str


def pages_of(document: bytes) -> list[str]:
    """The text of each page; lines are parted by a blank, and a non-breaking space is what it is."""
    opened = pypdfium2.PdfDocument(document)
    return [" ".join(page.get_textpage().get_text_bounded().split("\r\n")) for page in opened]


def text_of(document: bytes) -> str:
    """All of it, with every kind of white space as one blank: what can be looked for whatever line it stands on."""
    return " ".join(" ".join(pages_of(document)).split())


def root_of(document: bytes) -> dict[str, Any]:
    """The catalogue of the document."""
    return dict(PdfReader(BytesIO(document)).root_object)


def structure(document: bytes) -> Iterator[tuple[str, str]]:
    """Every tag of the structure tree in the order of reading, with its alternative text."""
    root = PdfReader(BytesIO(document)).root_object["/StructTreeRoot"]

    def walked(element: Any) -> Iterator[tuple[str, str]]:
        element = element.get_object() if hasattr(element, "get_object") else element
        if isinstance(element, list):
            for kid in element:
                yield from walked(kid)
        elif isinstance(element, dict):
            if "/S" in element:
                yield str(element["/S"]).removeprefix("/"), str(element.get("/Alt", ""))
            yield from walked(element.get("/K", []))

    yield from walked(root)


def size_of(document: bytes) -> tuple[float, float]:
    """Width and height of the first page in points."""
    width, height = pypdfium2.PdfDocument(document)[0].get_size()
    return width, height


def runs_of(document: bytes) -> list[Run]:
    """Every run of text with its edges; runs of blanks are left out."""
    found = []
    for number, page in enumerate(pypdfium2.PdfDocument(document)):
        text = page.get_textpage()
        for n in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(n)
            said = text.get_text_bounded(left, bottom, right, top).strip()
            if said:
                found.append(Run(page=number, left=left, bottom=bottom, right=right, top=top, text=said))
    return found
