"""A cohort's report as HTML: whole for nobody, for one person and for 500, and with the digits of its figures."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from analytics import figures, wording
from analytics.night_metrics import NIGHT_METRICS
from analytics.summary import cohort_period
from reports.cohort_html import cohort_html
from reports.cohort_report import CohortReport
from tests.analytics.lives import life, person
from tests.reports.documents import Document, read
from tests.reports.months import FIRST, LAST, cohort_month_of

MADE = datetime(2026, 2, 12, 7, 42, tzinfo=UTC)
SQUAD = [f"Person {n}" for n in range(12)]
SIX_MEGABYTES = 6_000_000


def document(report: CohortReport) -> Document:
    return read(cohort_html(report, generated_at=MADE, plotly="beside"))


@pytest.fixture(scope="module")
def month() -> CohortReport:
    return cohort_month_of(SQUAD)


def test_it_begins_with_the_finding_and_says_what_it_rests_on(month: CohortReport) -> None:
    found, period = document(month), month.period

    assert found.headings[0] == (1, period.title)
    assert period.lead in found.text
    assert period.method in found.text
    assert wording.span(FIRST, LAST) in found.text
    assert f"{wording.of(period.coverage.valid, period.coverage.expected)} nights valid" in found.text
    assert "Not a medical device and not a diagnosis." in found.text


def test_every_figure_has_the_digits_of_the_period(month: CohortReport) -> None:
    text = document(month).text

    assert len(month.period.figures) == 9
    for figure in month.period.figures.values():
        assert figure.change is not None
        row = f"{figure.label} {figure.text} {figure.change.text} "
        assert re.sub(r"\s+", "", row) in re.sub(r"\s+", "", text), figure.id
        assert figure.counted in text


def test_every_person_has_a_row_with_their_values_as_rounded_once(month: CohortReport) -> None:
    text = re.sub(r"\s+", "", document(month).text)

    for _, row in month.period.people.iterrows():
        asleep = figures.in_words("duration", row["mean_tst_min"])
        change = wording.signed_duration(row["change_tst_min"])
        nights = wording.of(int(row["valid_nights"]), 28)
        assert re.sub(r"\s+", "", f"{row['name']}{row['label']}{asleep}{change}") in text
        assert re.sub(r"\s+", "", nights) in text


def test_the_charts_say_the_mean_that_the_figures_say(month: CohortReport) -> None:
    told = [a["aria-label"] for tag, a in document(month).elements if a.get("class") == "chart"]

    assert len(told) == 4
    for name, words in zip(("tst_min", "se_pct", "midsleep_clock_h"), told, strict=False):
        figure = month.period.figures[NIGHT_METRICS[name].figure]
        assert f"mean {figure.text}" in words


def test_who_needs_attention_is_named_with_every_reason() -> None:
    people = [person(n) for n in range(6)]
    lives = [life(each) for each in people[1:]]
    lives.append(life(people[0], asleep_min=lambda day: 440.0 if day < 49 else 280.0 + day % 3))
    nights = pd.concat(lives, ignore_index=True)
    period = cohort_period("Squad", people, nights, first=FIRST, last=LAST, synced={})
    assert period.attention

    found = document(CohortReport(kind="monthly", period=period, nights=nights, sleepers=tuple(people)))

    told = period.people[period.people["attention"].astype(bool)]
    for _, row in told.iterrows():
        assert row["label"] in found.text
        for reason in row["reasons"]:
            assert reason in found.text
    assert f"{wording.of(period.attention, 6)} people" in found.text


def test_it_is_well_formed_and_its_headings_are_in_order(month: CohortReport) -> None:
    found = document(month)

    assert found.unclosed == []
    levels = [level for level, _ in found.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "name", ['<script>alert("1")</script>', "{{ 7 * 7 }}", "'\"><img src=x onerror=alert(1)>", "🛶 مرحبا"]
)
def test_a_name_is_only_ever_text(name: str) -> None:
    report = cohort_month_of([name, *SQUAD[:5]], tags=(name,))
    renamed = replace(report, period=replace(report.period, name=name))

    found = document(renamed)

    assert found.text.count(name) >= 3
    assert [tag for tag, _ in found.elements if tag in {"img", "iframe", "b"} and tag == "img"] == []
    assert len(found.scripts) == 3


def test_one_person_is_shown_and_nothing_is_averaged() -> None:
    found = document(cohort_month_of(["Ana"]))

    assert "1 person with nights enough, too few for a mean of the group" in found.text.replace("\xa0", " ")
    assert "no mean of 1\xa0person" in found.text
    assert "Ana" in found.text
    assert not re.search(r"\b(nan|NaN|NaT|None)\b", found.text)


def test_nobody_is_said_in_words() -> None:
    found = document(cohort_month_of([]))

    assert found.headings[0] == (1, "Rowers: nobody is in this cohort")
    assert found.scripts == []
    assert not re.search(r"\b(nan|NaN|NaT|None)\b", found.text)


def test_people_of_whom_nothing_was_recorded_are_there_with_dashes() -> None:
    report = cohort_month_of(SQUAD[:6])
    later = LAST + timedelta(days=90)
    nights = report.nights
    empty = cohort_period(
        "Rowers", report.sleepers, nights, first=later - timedelta(days=6), last=later, synced={}
    )

    found = document(replace(report, kind="weekly", period=empty, nights=nights.iloc[:0]))

    assert "nothing was recorded in this period" in found.headings[0][1]
    assert found.text.count("0 of 7") >= 6
    assert wording.NOTHING in found.text


def test_somebody_who_could_not_be_computed_is_named_with_the_reason_and_counted_nowhere() -> None:
    report = cohort_month_of(SQUAD[:6])
    served = replace(report.period, unserved={"p_lost": "The archive of this person could not be read."})
    lost = replace(report.sleepers[0], person_id="p_lost", name="Lost One")

    found = document(replace(report, period=served, sleepers=(*report.sleepers, lost)))

    assert "Lost One: The archive of this person could not be read." in found.text
    assert found.text.count("Lost One") == 1


def test_five_hundred_people_fit_into_six_megabytes_with_the_library_inside() -> None:
    report = crowd(500)

    made = cohort_html(report, generated_at=MADE)

    assert len(made) < SIX_MEGABYTES
    found = read(made)
    assert sum(a.get("data-plot", "").startswith("people-") for _, a in found.elements) == 5
    assert len([a for tag, a in found.elements if a.get("class") == "line"]) == 500
    assert "People 401 to 500 of 500" in found.text


def test_beyond_five_hundred_people_they_are_counted_in_bars() -> None:
    assert "A bar counts people" in document(crowd(501)).text


def crowd(size: int) -> CohortReport:
    """So many people, each with the nights of one of twelve, some minutes longer or shorter."""
    some = cohort_month_of(SQUAD)
    random = np.random.default_rng(4)
    sleepers, nights = [], []
    for n in range(size):
        like = some.sleepers[n % 12]
        sleepers.append(replace(like, person_id=f"q_{n:03d}", name=f"Somebody {n}"))
        own = some.nights[some.nights["person_id"] == like.person_id]
        nights.append(
            own.assign(person_id=f"q_{n:03d}", tst_min=own["tst_min"] + random.normal(0, 30, len(own)))
        )
    table = pd.concat(nights, ignore_index=True)
    period = cohort_period("Everyone", sleepers, table, first=FIRST, last=LAST, synced={})
    return CohortReport(kind="monthly", period=period, nights=table, sleepers=tuple(sleepers))


def test_a_moment_without_a_zone_is_refused(month: CohortReport) -> None:
    with pytest.raises(ValueError, match="pass an aware datetime"):
        cohort_html(month, generated_at=datetime(2026, 2, 12))  # noqa: DTZ001
