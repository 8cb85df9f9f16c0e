"""A cohort's week and month as a PDF: every figure as the page prints it, everybody in it, and no word out of place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from analytics import wording
from analytics.figures import QUANTITIES, in_words
from analytics.sleeper import Sleeper
from reports.cohort_dots import EACH_AS_A_DOT, spreads
from reports.cohort_pdf import cohort_pdf
from reports.cohort_report import CohortReport
from reports.cohort_rows import MOST_IN_NEED
from reports.cohort_squares import squares
from reports.kinds import Kind, Paper
from tests.reports.made_up_cohorts import cohort_report, nights_of, partial_nights_of, sleepers
from tests.reports.pdfs import Run, pages_of, root_of, runs_of, size_of, structure, text_of

NOW = datetime(2026, 2, 12, 7, 30, tzinfo=UTC)
MARGIN_PT, EDGE_PT, LEAST_PT = 18 / 25.4 * 72, 14, 7
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 6
HOSTILE = (
    '*bold* #import "x" $y$ <label> @ref',
    "שלום עולם",
    "😀👩‍👩‍👧 Ann",
    "../../etc/passwd",
    LONG,
    "x " * 100,
    "=1+1",
    "",
)


@cache
def squad(count: int, kind: Kind = "weekly") -> CohortReport:
    return cohort_report(sleepers(count), kind=kind)


def made(report: CohortReport, paper: Paper = "a4") -> bytes:
    return cohort_pdf(report, generated_at=NOW, paper=paper)


def plain(text: str) -> str:
    return " ".join(text.replace("\u200b", "").split())


@cache
def reports() -> dict[str, CohortReport]:
    few = sleepers(6)
    return {
        "nobody": squad(0),
        "one person": squad(1),
        "four people": squad(4),
        "a month of 48": squad(48, "monthly"),
        "a week of 48": squad(48),
        "hostile names": cohort_report(sleepers(16, names=HOSTILE), name=HOSTILE[0]),
        "a long name of the cohort": cohort_report(few, name=LONG),
        "everything left out": cohort_report(few, partial_nights_of(few)),
        "nothing recorded": cohort_report(few, nights_of(few).iloc[:0]),
        "several zones": cohort_report(sleepers(9, zones=("UTC", "Asia/Seoul", "America/Los_Angeles"))),
        "some not computed": cohort_report(few, unserved={"p_001": "Their archive cannot be read."}),
    }


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_every_figure_of_the_cohort_stands_in_it_as_it_is_printed_everywhere(kind: Kind) -> None:
    report = squad(48, kind)
    said = text_of(made(report))
    for figure in report.period.figures.values():
        change = figure.change
        assert change is not None
        words = [figure.label, figure.text, figure.spread, change.text]
        told = f"{' '.join(words)} {wording.plural(change.people, 'person', 'people')}"
        assert plain(f"{told} {wording.p_value(change.p_adjusted)} {figure.counted}") in said
        assert plain(figure.note) in said
        assert plain(change.note) in said
    assert plain(report.period.title) in said
    assert plain(report.period.lead) in said
    assert plain(report.period.method) in said


def test_everybody_has_a_row_with_their_nights_and_numbers() -> None:
    report = squad(48)
    said = text_of(made(report))
    for row in report.period.people.to_dict("records"):
        cells = [
            str(row["name"]),
            str(row["label"]) if row["attention"] else "",
            wording.of(int(row["valid_nights"]), 7),
            in_words("duration", row["mean_tst_min"]),
            in_words("duration", row["change_tst_min"], signed=True),
            *(
                in_words(QUANTITIES[name].kind, row[name])
                for name in ("mean_se_pct", "mean_midsleep_h", "score")
            ),
            "few nights" if row["few_nights"] else "",
        ]
        assert plain(" ".join(cells)) in said


def test_who_needs_attention_stands_first_with_since_when_and_why() -> None:
    report = squad(48)
    needing = report.period.people[report.period.people["attention"]]
    assert 0 < len(needing) <= MOST_IN_NEED
    said = pages_of(made(report))[0]
    for row in needing.to_dict("records"):
        since = wording.day(row["since"].date(), year=False, weekday=False, short=True)
        assert plain(f"{row['name']} {since} {row['label']} {row['reasons'][0]}") in plain(said)


def test_a_dozen_who_need_attention_are_told_of_and_how_many_more_there_are() -> None:
    report = squad(120)
    needing = report.period.people[report.period.people["attention"]]["name"].tolist()
    assert len(needing) > MOST_IN_NEED
    said = text_of(made(report)).partition("The group")[0]
    assert [name for name in needing if f"{name} " in said] == needing[:MOST_IN_NEED]
    assert f"{len(needing) - MOST_IN_NEED} more: they are marked in the table of people." in said


def test_the_nights_add_up_with_every_reason_counted() -> None:
    people = sleepers(12)
    whole = nights_of(people[:8])
    report = cohort_report(people, whole_and_partial(whole, people))
    said = text_of(made(report))
    ledger, counted = report.period.ledger, report.period.coverage
    assert f"Expected {counted.expected} 100 %" in said
    assert f"less: Nothing was recorded. {counted.expected - counted.recorded} " in said
    assert f"Recorded {counted.recorded} " in said
    assert f"Valid {counted.valid} " in said
    assert f"Analysed {ledger.analysed_nights} " in said
    assert ledger.exclusions
    for each in ledger.exclusions:
        assert plain(f"less: {each.reason} {each.nights} {each.sessions}") in said


def whole_and_partial(whole: pd.DataFrame, people: Sequence[Sleeper]) -> pd.DataFrame:
    return pd.concat([whole, partial_nights_of(people[8:])], ignore_index=True)


def test_a_square_stands_for_each_night_and_keeps_three_states_apart() -> None:
    people = sleepers(12)
    report = cohort_report(people, whole_and_partial(nights_of(people[:8]), people))
    drawn = squares(report)
    assert drawn is not None
    counts = {
        "valid": sum(len(places) for block in drawn["blocks"] for places in block["filled"]),
        "left out": sum(len(block["left_out"]) for block in drawn["blocks"]),
        "not recorded": sum(len(block["not_recorded"]) for block in drawn["blocks"]),
    }
    counted = report.period.coverage
    assert counts == {
        "valid": counted.valid,
        "left out": counted.recorded - counted.valid,
        "not recorded": counted.expected - counted.recorded,
    }
    assert min(counts.values()) > 0
    told = [name for block in drawn["blocks"] for name in block["people"]]
    assert told == report.period.people["name"].tolist()


def test_of_many_people_the_squares_say_whom_they_show() -> None:
    said = text_of(made(squad(500, "monthly")))
    assert "A square a night; 72 of 500 people, those to look at first." in said


@pytest.mark.parametrize("count", [1, 4, 48, EACH_AS_A_DOT])
def test_every_person_is_a_dot_and_none_covers_another(count: int) -> None:
    found = squad(count, "monthly").period
    random = np.random.default_rng(count)
    own = {
        "mean_tst_min": random.normal(430, 40, count).round(),
        "mean_midsleep_h": (60 * random.normal(3, 0.7, count)).round() / 60 % 24,
    }
    for picture in spreads(replace(found, people=found.people.assign(**own))):
        drawn = picture["drawn"]
        assert not drawn["bars"]
        assert len(drawn["dots"]) == count
        wide, high = 84 / (2 * drawn["radius_mm"]), drawn["height_mm"] / (2 * drawn["radius_mm"])
        for one, other in combinations(drawn["dots"], 2):
            assert ((one[0] - other[0]) * wide) ** 2 + ((one[1] - other[1]) * high) ** 2 >= 0.999
        assert all(0 < x < 1 and 0 < y < 1 for x, y in drawn["dots"])


def test_more_people_than_dots_have_room_are_counted_in_bars() -> None:
    for picture in spreads(squad(500, "monthly").period):
        drawn = picture["drawn"]
        assert not drawn["dots"]
        assert max(height for _, _, height in drawn["bars"]) == 1
        assert picture["note"].startswith("Bars count 500 of 500 people, the highest ")


def test_of_fewer_than_five_people_there_are_dots_and_no_statistics() -> None:
    report = squad(4)
    for picture in spreads(report.period):
        assert len(picture["drawn"]["dots"]) == 4
        assert [picture["drawn"][name] for name in ("band", "mean", "median")] == [None] * 3
    said = text_of(made(report))
    assert "too few people for an average" in said
    assert "no mean of 4 people" in said
    assert (
        plain(f"Asleep {wording.NOTHING} {wording.NOTHING} {wording.NOTHING} {wording.NOTHING} 4 of 4")
        in said
    )


def test_people_of_the_day_and_of_the_night_are_not_cut_apart_by_midnight() -> None:
    report = squad(9)
    late = report.period.people["mean_midsleep_h"].where(report.period.people.index != "p_001", 23.5)
    moved = replace(report.period, people=report.period.people.assign(mean_midsleep_h=late))
    xs = [x for x, _ in spreads(moved)[1]["drawn"]["dots"]]
    assert xs[0] == min(xs)
    assert max(xs) - min(xs) < 1


def test_who_could_not_be_computed_is_named_with_the_reason_and_counted_nowhere() -> None:
    said = text_of(made(reports()["some not computed"]))
    assert plain("1 person counted nowhere in this report") in said
    assert "Person 1 Their archive cannot be read." in said
    assert "of 5 people" in said


@pytest.mark.parametrize("case", list(reports()))
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_no_word_leaves_the_page_or_covers_another(case: str, paper: Paper) -> None:
    document = made(reports()[case], paper)
    width, height = size_of(document)
    for letter, left, bottom, right, top in letters_of(document):
        assert MARGIN_PT - 1 <= left <= right <= width - MARGIN_PT + 1, letter
        assert EDGE_PT <= bottom <= top <= height - EDGE_PT, letter
    assert list(covering(runs_of(document))) == []


def letters_of(document: bytes) -> Iterator[tuple[str, float, float, float, float]]:
    """Every letter that is seen, with its left, lower, right and upper edge in points."""
    for page in PdfDocument(document):
        text = page.get_textpage()
        for n, letter in enumerate(text.get_text_range()):
            if letter.strip():
                yield letter, *text.get_charbox(n)


def test_no_type_is_smaller_than_seven_points() -> None:
    sizes: set[float] = set()

    def seen(text: str, matrix: object, place: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(size * abs(place[3]), 2))

    for page in PdfReader(BytesIO(made(squad(48)))).pages:
        page.extract_text(visitor_text=seen)
    assert sizes
    assert min(sizes) >= LEAST_PT


def covering(runs: Sequence[Run]) -> Iterator[tuple[str, str]]:
    """Pairs of stretches of text that stand upon each other."""
    by_page: dict[int, list[Run]] = {}
    for run in runs:
        by_page.setdefault(run.page, []).append(run)
    for page in by_page.values():
        for one, other in combinations(page, 2):
            wide = min(one.right, other.right) - max(one.left, other.left)
            high = min(one.top, other.top) - max(one.bottom, other.bottom)
            if wide > 0.6 and high > 0.6:
                yield one.text, other.text


@pytest.mark.parametrize(
    ("count", "kind", "most"),
    [
        (0, "weekly", 1),
        (1, "weekly", 1),
        (4, "monthly", 2),
        (48, "weekly", 3),
        (48, "monthly", 3),
        (500, "monthly", 11),
    ],
)
def test_it_has_as_many_pages_as_its_people_need(count: int, kind: Kind, most: int) -> None:
    pages = pages_of(made(squad(count, kind)))
    assert len(pages) <= most
    for number, page in enumerate(pages, 1):
        assert f"page {number} of {len(pages)}" in plain(page)
        assert "Rowing squad" in page
        assert "Not a medical device" in page
        assert f"score {squad(count, kind).period.version}" in page
        assert "11 February 2026" in plain(page)


def test_the_table_of_people_repeats_its_head_on_every_page() -> None:
    pages = pages_of(made(squad(500, "monthly")))
    going_on = pages[3:-1]
    assert going_on
    assert all("Person Needs attention Valid nights Asleep Change" in plain(page) for page in going_on)


@pytest.mark.parametrize("case", list(reports()))
def test_everybody_can_read_it(case: str) -> None:
    document = made(reports()[case])
    root = root_of(document)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_object().get_data()
    tags = list(structure(document))
    names = [name for name, _ in tags]
    assert names.count("H1") == 1
    assert all(alt for name, alt in tags if name == "Figure")
    if case in {"a week of 48", "a month of 48"}:
        assert names.count("Table") == 4
        assert names.count("TH") == 3 + 6 + 4 + 9
        assert names.count("Figure") == 3
        alts = " ".join(alt for name, alt in tags if name == "Figure")
        period = reports()[case].period
        assert (
            f"{wording.of(period.coverage.valid, period.coverage.expected)} nights of everybody valid" in alts
        )
        assert f"mean {period.figures['mean_tst_min'].text}" in alts


def test_the_zones_of_the_people_are_said() -> None:
    pages = pages_of(made(reports()["several zones"]))
    assert plain("America/Los_Angeles and 2 other zones") in plain(pages[0])
    assert "the clock of their own zone: America/Los_Angeles, Asia/Seoul, UTC." in plain(" ".join(pages))


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("nobody", "Rowing squad: nobody is in this cohort"),
        ("nothing recorded", "Rowing squad: nothing was recorded in this period"),
        ("everything left out", "0 of 42 nights are valid"),
        ("hostile names", HOSTILE[0]),
    ],
)
def test_what_there_is_not_is_said(case: str, sentence: str) -> None:
    assert sentence in text_of(made(reports()[case]))


def test_the_same_value_and_moment_give_the_same_bytes() -> None:
    report = squad(48)
    assert made(report) == made(report)
    assert made(report) != cohort_pdf(report, generated_at=NOW.replace(minute=31))


def test_it_is_refused_without_a_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        cohort_pdf(squad(1), generated_at=NOW.replace(tzinfo=None))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(alphabet=st.characters(codec=None), max_size=60), min_size=5, max_size=5))
def test_no_name_keeps_it_from_being_made_or_leaves_its_place(names: list[str]) -> None:
    report = squad(5)
    called = report.period.people.assign(name=names)
    document = made(replace(report, period=replace(report.period, name=names[0], people=called)))
    width, _ = size_of(document)
    for letter, left, _, right, _ in letters_of(document):
        assert MARGIN_PT - 1 <= left <= right <= width - MARGIN_PT + 1, letter
