"""The report of a person as PDF: one page of a week, every figure on it, nothing over anything else."""

import re
from datetime import UTC, datetime
from io import BytesIO
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from analytics.clock_face import clock_face
from analytics.followed import followed
from analytics.pattern_words import weekdays_title
from charts.theme import theme
from reports.kinds import PAPERS, Paper
from reports.person_pdf import person_pdf
from reports.person_report import PersonReport
from reports.typesetting import BOX
from tests.reports.made_months import MONTHS
from tests.reports.made_up import report_of, week_of_nights
from tests.reports.made_weeks import WEEKS, napping_week
from tests.reports.pdfs import Run, pages_of, root_of, runs_of, size_of, structure, text_of

NOW = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
MARGIN = 18 / 25.4 * 72
HAIR = 1.5
"""How far the edge of a letter may reach over the edge of a line, in points."""
LEAST_PT = 7
"""The smallest type."""


def made(report: PersonReport, paper: Paper = "a4") -> bytes:
    return person_pdf(report, generated_at=NOW, paper=paper)


def joined(text: str) -> str:
    """Words with every kind of white space as one blank, as `text_of` has them, without marks of where to break."""
    return " ".join(text.replace("\u00ad", "").replace("\u200b", "").split())


def overlapping(runs: list[Run]) -> list[tuple[str, str]]:
    """Runs of text that lie over each other by more than the tail of a letter."""
    return [
        (a.text, b.text)
        for a, b in combinations(runs, 2)
        if a.page == b.page
        and min(a.right, b.right) - max(a.left, b.left) > 1
        and min(a.top, b.top) - max(a.bottom, b.bottom) > 1.2
    ]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("week", WEEKS)
def test_a_week_is_one_page_on_which_nothing_lies_over_anything_or_leaves_the_margins(
    week: str, paper: Paper
) -> None:
    document = made(WEEKS[week], paper)
    width, height = size_of(document)
    runs = runs_of(document)

    assert (width, height) == pytest.approx((595, 842) if paper == "a4" else (612, 792), abs=1)
    assert len(pages_of(document)) == 1
    assert [run.text for run in runs if run.left < MARGIN - HAIR or run.right > width - MARGIN + HAIR] == []
    assert [run.text for run in runs if run.bottom < 14 or run.top > height - 14] == []
    assert overlapping(runs) == []


@pytest.mark.parametrize("week", WEEKS)
def test_every_figure_of_the_week_is_printed(week: str) -> None:
    found = text_of(made(WEEKS[week]))
    missing = [
        figure.id for figure in WEEKS[week].period.figures.values() if joined(figure.text) not in found
    ]
    assert missing == []


@pytest.mark.parametrize("week", ["seven nights", "everything left out", "no night"])
def test_the_page_says_whose_when_where_how_made_and_what_it_is_not(week: str) -> None:
    report = WEEKS[week]
    found = text_of(made(report))
    for said in (
        "Weekly sleep report · Person A",
        "5 to 11 February 2026 · America/Los_Angeles",
        f"{report.period.coverage.valid} valid, {report.period.coverage.recorded} recorded, 7 expected",
        "score evidence-2",
        "made 12 February 2026, 07:30 UTC",
        "Not a medical device and not a diagnosis.",
        "page 1 of 1",
    ):
        assert said in found, said
    for said in (report.period.title, report.period.lead, report.period.talk, report.period.method):
        assert joined(said) in found


def test_a_person_is_named_in_the_properties_and_the_language_is_told() -> None:
    document = made(WEEKS["seven nights"])
    root = root_of(document)
    assert root["/Lang"] == "en"
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    title = f"{WEEKS['seven nights'].period.title} – Weekly sleep report · Person A".encode()
    assert title in root["/Metadata"].get_object().get_data()


def test_every_picture_has_its_numbers_in_words_and_headings_are_in_order() -> None:
    tags = list(structure(made(WEEKS["naps"])))
    alts = [alt for tag, alt in tags if tag == "Figure"]
    assert len(alts) == 7 + 7 + 1
    assert all(re.search(r"\d", alt) for alt in alts)
    assert sum("in bed" in alt and "REM" in alt for alt in alts) == 7
    headings = [tag for tag, _ in tags if re.fullmatch("H[1-6]", tag)]
    assert headings[0] == "H1"
    assert set(headings[1:]) == {"H2"}
    tables = [tag for tag, _ in tags if tag in {"Table", "TH"}]
    assert tables.count("Table") == 4
    assert tables.count("TH") >= 4 * 4


def painted(document: bytes, page: int, colour: str, *, left: float, right: float) -> int:
    """How many dots of a page are of a colour, between two edges in points."""
    scale = 2
    picture = (
        PdfDocument(document)[page].render(scale=scale).to_numpy()[:, int(left * scale) : int(right * scale)]
    )
    blue_green_red = [int(colour[n : n + 2], 16) for n in (5, 3, 1)]
    return int((abs(picture[:, :, :3].astype(int) - blue_green_red).max(axis=2) <= 3).sum())


@pytest.mark.parametrize("stage", ["awake", "rem", "light", "deep"])
def test_every_stage_of_the_nights_is_drawn_in_its_colour(stage: str) -> None:
    document = made(WEEKS["seven nights"])
    pictures = (MARGIN + 20 / 25.4 * 72 + 30, MARGIN + 96 / 25.4 * 72)
    colour = getattr(theme("print").stages, stage)
    assert painted(document, 0, colour, left=pictures[0], right=pictures[1]) > 100


@pytest.mark.parametrize(("what", "least"), [("light", 50_000), ("awake", 5_000)])
def test_the_hours_of_a_month_are_drawn_in_their_colours(what: str, least: int) -> None:
    colour = getattr(theme("print").stages, what)
    assert painted(made(MONTHS["every night"]), 1, colour, left=MARGIN, right=595 - MARGIN) > least


def test_a_night_left_out_says_why_and_a_date_without_one_that_nothing_was_recorded() -> None:
    found = text_of(made(WEEKS["a bit of everything"]))
    assert "Left out for 2 reasons" in found
    assert "No recording" in found
    assert "Another session covers the same time and is better or as good." in found


def test_naps_and_a_change_of_the_clocks_are_told() -> None:
    assert "Fri 6 Feb, 14:05 to 14:45, asleep 35 min" in text_of(made(WEEKS["naps"]))
    assert "The clocks went forward by 1 h at 02:00" in text_of(made(WEEKS["a clock change"]))


@pytest.mark.parametrize(
    "name",
    [
        '#import "x"; *bold* _it_ $a$ <b>&amp;</b>',
        "Ann \U0001f600",
        "שלום עולם",
        "مرحبا",
        "한국어",
        "a\x00b\x07c",
        "a\ud800b",
        "a\u202eb",
        "../../etc/passwd",
        "",
        " ",
    ],
)
def test_a_name_is_only_ever_text(name: str) -> None:
    found = text_of(made(report_of(week_of_nights(), name=name)))
    assert "slept as long as usual, at shifting hours" in found
    if name.isascii() and name.isprintable():
        assert joined(name) in found
    elif not name.startswith("a"):
        assert BOX in found


def test_the_same_report_and_moment_give_the_same_bytes() -> None:
    first = made(report_of(napping_week()))
    assert made(report_of(week_of_nights())) != first
    assert made(report_of(napping_week())) == first


def test_no_type_is_too_small_to_read() -> None:
    sizes: set[float] = set()

    def seen(text: str, matrix: object, place: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(size * abs(place[3]), 2))

    for week in ("everything left out", "naps"):
        PdfReader(BytesIO(made(WEEKS[week], "letter"))).pages[0].extract_text(visitor_text=seen)
    assert sizes
    assert min(sizes) >= LEAST_PT


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("month", MONTHS)
def test_a_month_is_at_most_three_pages_on_which_nothing_lies_over_anything_or_leaves_the_margins(
    month: str, paper: Paper
) -> None:
    document = made(MONTHS[month], paper)
    width, height = size_of(document)
    runs = runs_of(document)

    assert 2 <= len(pages_of(document)) <= 3
    assert [run.text for run in runs if run.left < MARGIN - HAIR or run.right > width - MARGIN + HAIR] == []
    assert [run.text for run in runs if run.bottom < 14 or run.top > height - 14] == []
    assert overlapping(runs) == []


@pytest.mark.parametrize("month", MONTHS)
def test_every_figure_of_the_month_is_printed(month: str) -> None:
    found = text_of(made(MONTHS[month]))
    missing = [
        figure.id for figure in MONTHS[month].period.figures.values() if joined(figure.text) not in found
    ]
    assert missing == []


def test_every_page_of_a_month_says_whose_it_is_and_which_of_how_many() -> None:
    for number, page in enumerate(pages_of(made(MONTHS["every night"])), start=1):
        text = " ".join(page.split())
        assert "Monthly sleep report · Person A" in text
        assert "1 to 31 March 2026 · America/Los_Angeles" in text
        assert "score evidence-2" in text
        assert f"page {number} of 3" in text


def test_a_month_tells_its_trend_its_weekdays_its_hours_and_the_changed_clocks() -> None:
    found = text_of(made(MONTHS["every night"]))
    period = MONTHS["every night"].period
    for said in (
        followed(period).caption,
        weekdays_title(period.patterns),
        clock_face(period).title,
        "Sun 8 Mar: the clocks went forward by 1 h",
    ):
        assert joined(said) in found
    alts = [alt for tag, alt in structure(made(MONTHS["every night"])) if tag == "Figure"]
    for begun in (
        "Time asleep between",
        "Clock of 24 hours",
        "Median time asleep by day",
        "Every five minutes of",
    ):
        assert [alt for alt in alts if alt.startswith(begun)], begun


@settings(max_examples=15, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_a_week_of_any_name_is_a_page(name: str) -> None:
    assert len(pages_of(made(report_of(week_of_nights(), name=name)))) == 1
