"""An HTML document taken apart, for tests that read what a reader, a browser or a screen reader would."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "hr", "img", "input", "link", "path"}


@dataclass
class Document:
    """What a document holds: elements in order, its visible text, its headings, pictures, styles and scripts."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list)
    pictures: list[tuple[dict[str, str], str]] = field(default_factory=list)
    style: str = ""
    scripts: list[tuple[dict[str, str], str]] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Document()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found.elements.append((tag, given))
        if re.fullmatch("h[1-6]", tag):
            self.found.headings.append((int(tag[1]), ""))
        if tag == "svg":
            self.found.pictures.append((given, ""))
        if tag == "script":
            self.found.scripts.append((given, ""))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.found.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        found = self.found
        if "style" in self.open:
            found.style += data
        elif "script" in self.open:
            attributes, script = found.scripts[-1]
            found.scripts[-1] = (attributes, script + data)
        elif "svg" in self.open:
            attributes, title = found.pictures[-1]
            found.pictures[-1] = (attributes, title + data)
        elif "head" not in self.open:
            found.text += data
            for tag in self.open:
                if re.fullmatch("h[1-6]", tag):
                    level, text = found.headings[-1]
                    found.headings[-1] = (level, text + data)


def read(html: bytes) -> Document:
    """The document of some HTML; white space in its text is single blanks."""
    reader = _Reader()
    reader.feed(html.decode("utf-8"))
    reader.close()
    reader.found.unclosed += reader.open
    reader.found.text = re.sub(r"[ \t\r\n]+", " ", reader.found.text)
    return reader.found
