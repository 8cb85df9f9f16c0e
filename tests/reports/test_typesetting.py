"""Documents as PDF: our fonts and no other, PDF/UA-1, words that stay words, the same bytes, from many threads."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from reports import typesetting
from reports.typesetting import BOX, MISSING, NotTypeset, TooLong, pdf
from tests.reports.pdfs import root_of, structure, text_of

NOW = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
FONTS = Path(typesetting.__file__).parent / "fonts"
SHEET = """#import "parts.typ": *
#let report(data) = furniture(data.document, left: data.name, right: "r", foot: "f")[
  = #data.name
  #section("Part")
  #picture("what it shows: " + data.name, area(0, 0, 1, 1, colour.accent))
  #statistics(("Night", "Asleep"), (("Thu", "7 h"),), (1fr, 1fr))
]
"""


@pytest.fixture(autouse=True)
def sheet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A template of one name, beside the parts that every template is made of."""
    for file in typesetting._TEMPLATES.glob("*.typ"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "sheet.typ").write_text(SHEET, encoding="utf-8")
    monkeypatch.setattr(typesetting, "_TEMPLATES", tmp_path)
    yield
    typesetting._IDLE.clear()


def made(name: str, generated_at: datetime = NOW) -> bytes:
    return pdf("sheet.typ", {"name": name}, title=name, generated_at=generated_at)


def test_a_document_says_who_made_it_when_in_which_language_and_that_everybody_can_read_it() -> None:
    document = PdfReader(BytesIO(made("Ann")))
    assert document.metadata is not None
    assert (document.metadata.title, document.metadata.author) == ("Ann", "Nocturne")
    assert document.metadata.creation_date == NOW
    root = root_of(made("Ann"))
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()


def test_headings_tables_and_pictures_are_tagged_as_what_they_are() -> None:
    tags = list(structure(made("Ann")))
    names = [name for name, _ in tags]
    assert {"Document", "H1", "H2", "Table", "TH", "TD", "Figure"} <= set(names)
    assert [alt for name, alt in tags if name == "Figure"] == ["what it shows: Ann"]


def test_only_our_fonts_are_used() -> None:
    used = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(BytesIO(made("Zoë Ωμέγα Жанна Đặng Łódź"))).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert used
    assert all("NocturneSans" in name for name in used)


@pytest.mark.parametrize(
    "name", ["Zoë Čapková", "Ωμέγα", "Жанна", "Đặng Thị", "O’Neill – 7 × 8 ± 9", "e\u0301"]
)
def test_letters_of_our_fonts_are_printed_as_they_are(name: str) -> None:
    found = text_of(made(name))
    assert BOX not in found
    assert name.replace("e\u0301", "é") in found


@pytest.mark.parametrize(
    "name",
    [
        "*bold* _it_ `code` $x$",
        '#import "/etc/passwd"',
        '#read("/etc/passwd")',
        "= heading <label> @ref",
        "// comment /* more */",
        'a"b\\c\\u0041 \\n',
        "#{",
        "]",
        "~ -- --- ...",
    ],
)
def test_what_looks_like_markup_stays_what_it_is(name: str) -> None:
    assert name in text_of(made(name))


@pytest.mark.parametrize(
    "name", ["a\U0001f600b", "שלום", "مرحبا 12", "한국", "a\ud800b", "a\ue000b", "✓", "→"]
)
def test_a_letter_no_font_has_becomes_a_box_and_the_document_says_so(name: str) -> None:
    found = text_of(made(name))
    assert BOX in found.split("Part")[0]
    assert MISSING in found


def test_what_directs_writing_or_controls_a_terminal_leaves_no_trace() -> None:
    found = text_of(made("a\u202eb\u2066c\u200dd\ufefff\x07g\x00h\x1b[31mi\tj\nk"))
    assert "abcdf g h [31mi j k" in found
    assert MISSING not in found


def test_the_same_value_and_moment_give_the_same_bytes_in_whatever_zone_it_is_told() -> None:
    first = made("Ann")
    assert made("Bo") != first
    assert made("Ann") == first
    assert made("Ann", NOW.astimezone(timezone(timedelta(hours=-8)))) == first
    assert made("Ann", NOW + timedelta(seconds=1)) != first


def test_many_threads_get_each_their_own_document() -> None:
    names = [f"Person {n}" for n in range(8)]
    alone = {name: made(name) for name in names}
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert dict(zip(names, pool.map(made, names), strict=True)) == alone


def test_a_refusal_is_a_sentence_that_says_what_else_there_is() -> None:
    (typesetting._TEMPLATES / "sheet.typ").write_text("#no-such-thing")
    with pytest.raises(NotTypeset, match=r"could not be set: unknown variable.*HTML, XLSX and CSV"):
        made("Ann")


def test_pages_are_numbered_and_a_document_that_has_more_than_it_may_have_is_refused() -> None:
    two = """#import "parts.typ": *
#let report(data) = furniture(data.document, [One], for n in range(data.lines) [Line #n \\ ])
"""
    (typesetting._TEMPLATES / "two.typ").write_text(two, encoding="utf-8")

    def set_as(lines: int, pages: int | None) -> list[str]:
        document = pdf("two.typ", {"lines": lines}, title="t", generated_at=NOW, pages=pages)
        return re.findall(r"page \d+ of \d+", text_of(document))

    assert set_as(3, pages=2) == ["page 1 of 2", "page 2 of 2"]
    assert set_as(3, pages=None) == ["page 1 of 2", "page 2 of 2"]
    with pytest.raises(TooLong, match=r"3 pages instead of 2.*HTML, XLSX and CSV"):
        set_as(100, pages=2)
    assert set_as(100, pages=None) == ["page 1 of 3", "page 2 of 3", "page 3 of 3"]


def test_a_moment_without_a_zone_and_a_number_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        made("Ann", NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="JSON compliant"):
        pdf("sheet.typ", {"name": "Ann", "x": float("nan")}, title="t", generated_at=NOW)


def test_the_list_of_letters_is_what_every_one_of_our_fonts_has() -> None:
    listed = {
        point
        for line in (FONTS / "letters.txt").read_text().split()
        for first, last in [line.split("-")]
        for point in range(int(first, 16), int(last, 16) + 1)
    }
    fonts = sorted(FONTS.glob("*.ttf"))
    assert [font.stem for font in fonts] == [
        "NocturneSans-Medium",
        "NocturneSans-Regular",
        "NocturneSans-SemiBold",
    ]
    for path in fonts:
        with TTFont(path) as font:
            glyphs = font.getBestCmap()
            assert {point for point in glyphs if point >= 32} == listed
            assert len({font["hmtx"][glyphs[ord(digit)]][0] for digit in "0123456789"}) == 1
            assert font["name"].getDebugName(1) == "Nocturne Sans"
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE.txt").read_text()
    assert sum(path.stat().st_size for path in FONTS.iterdir()) < 1_500_000


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_no_name_keeps_a_document_from_being_made(name: str) -> None:
    assert made(f"x{name}").startswith(b"%PDF")
