"""A person's month as HTML: its parts in their order, its digits those of the period, and honest with few nights."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from analytics import wording
from analytics.calendar_days import calendar_days
from analytics.clock_face import clock_face
from analytics.followed import METRICS, followed
from analytics.pattern_words import weekdays_title, weeks_title
from reports.person_html import person_html
from reports.person_report import PersonReport
from tests.reports.documents import Document, read
from tests.reports.made_up import NAN, report_of, week_of_nights
from tests.reports.months import person_month_of

MADE = datetime(2026, 2, 12, 7, 42, tzinfo=UTC)
SIX_MEGABYTES = 6_000_000


def document(report: PersonReport) -> Document:
    return read(person_html(report, generated_at=MADE, plotly="beside"))


@pytest.fixture(scope="module")
def month() -> PersonReport:
    return person_month_of()


def test_its_parts_are_in_the_order_in_which_they_are_read(month: PersonReport) -> None:
    period = month.period
    wanted = [
        period.title,
        "Score",
        "What stands out",
        clock_face(period).title,
        calendar_days(period, METRICS[0]).title,
        followed(period).title,
        weeks_title(period.patterns),
        weekdays_title(period.patterns),
        "This month against the 28 days before",
        "Hours on the clock",
        "Regularity",
        "Every recording, a row a day",
        "Night by night",
        "Each night",
        "For the conversation",
        "Data quality",
    ]

    headings = [text for _, text in document(month).headings]

    places = [next(n for n, text in enumerate(headings) if text.startswith(each)) for each in wanted]
    assert places == sorted(places)


def test_it_prints_the_figures_of_the_period(month: PersonReport) -> None:
    text = re.sub(r"\s+", "", document(month).text)

    figures = month.period.figures
    for name in (
        *("mean_tst_min", "mean_tib_min", "mean_sol_min", "mean_waso_min", "mean_se_pct"),
        *("mean_light_min", "mean_deep_min", "mean_rem_min", "least_tst_min", "most_tst_min"),
        *("mean_bed_h", "mean_rise_h", "sd_bed_min", "sd_rise_min", "score", "score_e", "score_c", "score_d"),
    ):
        assert figures[name].shown, name
        assert re.sub(r"\s+", "", figures[name].text) in text, name
    assert wording.of(month.period.coverage.valid, 28).replace(" ", "") in text


def test_every_insight_has_its_evidence_and_its_suggestion(month: PersonReport) -> None:
    found = document(month)

    assert len(month.period.insights) <= 3
    for insight in month.period.insights:
        for part in (insight.observation, insight.evidence, insight.suggestion, insight.source):
            assert part in found.text
    without = document(replace(month, period=replace(month.period, insights=())))
    assert "Nothing passed its threshold." in without.text


def test_every_chart_has_its_numbers_in_words_and_as_a_table(month: PersonReport) -> None:
    found = document(month)

    charts = [a for tag, a in found.elements if a.get("class") == "chart"]
    assert len(charts) == 7 + 28
    for each in charts:
        assert each["role"] == "img"
        assert re.search(r"\d", each["aria-label"]), each["data-plot"]
    assert [a.get("class") for tag, a in found.elements if tag == "details"].count("twin") == len(charts)


def test_it_is_well_formed_and_its_headings_are_in_order(month: PersonReport) -> None:
    found = document(month)

    assert found.unclosed == []
    levels = [level for level, _ in found.headings]
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("nights", [0, 1, 3, 7])
def test_with_few_nights_it_says_so_and_stays_whole(nights: int) -> None:
    few = report_of(
        week_of_nights()[:nights],
        score=NAN,
        before=NAN,
        history_nights=nights,
        estimator=None,
        title="Few nights",
    )

    found = document(replace(few, kind="monthly"))

    assert found.unclosed == []
    assert not re.search(r"\b(nan|NaN|NaT|None|inf)\b", found.text)
    assert wording.of(nights, 7) in found.text


def test_a_month_of_nights_fits_into_six_megabytes_with_the_library_inside(month: PersonReport) -> None:
    assert len(person_html(month, generated_at=MADE)) < SIX_MEGABYTES


def test_without_the_recordings_the_raster_is_left_out(month: PersonReport) -> None:
    assert "Every recording, a row a day" not in document(replace(month, raster=None)).text
