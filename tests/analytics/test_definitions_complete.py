"""docs/definitions.md has an entry for every column that is handed out and every term that a score is made of."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from analytics.cohort_period import cohort_week
from analytics.cohort_triage import SHOWN
from analytics.nights import NIGHT_COLUMNS
from analytics.patterns import patterns
from analytics.score import SCORE_COLUMNS, PeriodScore, ScoreRules, period_score
from analytics.stages import STATISTICS
from analytics.trends import Trend
from tests.analytics.lives import LAST, life, person, scattered
from tests.serving import ROOT

PAGE = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([A-Za-z_0-9]+)`", PAGE))
ONE = person(1)
WILD = life(ONE, later_min=scattered(1, 40))


def scores() -> Iterator[PeriodScore]:
    """Scores of every profile and estimator, so that every input there can be is among them."""
    first = LAST - timedelta(days=13)
    away = WILD.assign(reasons=["TRAVEL" if n > 53 else "" for n in range(len(WILD))])
    apart = WILD.iloc[::2]
    options = (
        ScoreRules(),
        ScoreRules(naps_count=True),
        ScoreRules(profile="vendor", placeholder=True),
        ScoreRules(profile="vendor"),
    )
    for rules in options:
        for nights in (WILD, away, apart):
            yield period_score(nights, age_years=40, first=first, last=LAST, rules=rules)


@pytest.mark.parametrize("name", [*NIGHT_COLUMNS, *STATISTICS, *SCORE_COLUMNS, *SHOWN])
def test_a_column_has_its_entry(name: str) -> None:
    assert name in NAMED


def test_every_term_of_a_score_has_its_entry() -> None:
    terms = {
        each.name
        for score in scores()
        for part in (score.efficiency, score.consistency, score.duration)
        for each in part.inputs
    }
    assert {
        "sri",
        "midsleep_sd_min",
        "placeholder",
        "mean_tst_24h_min",
        "journey_nights",
        "age_years",
    } <= terms
    assert terms - NAMED == set()


def test_every_column_of_a_cohort_s_table_and_of_its_weeks_has_its_entry() -> None:
    period = cohort_week("Squad", [ONE], WILD, ending=LAST, synced={})
    assert set(period.people.columns) - NAMED - {"name", "tags"} == set()
    weeks = patterns(ONE, WILD, first=LAST - timedelta(days=55), last=LAST).weeks
    assert set(weeks.columns) - NAMED == set()


def test_every_figure_of_a_trend_has_its_entry() -> None:
    assert set(Trend.__dataclass_fields__) - NAMED == set()


def test_a_name_that_is_not_there_is_noticed() -> None:
    assert {"tst_min", "a_column_of_tomorrow"} - NAMED == {"a_column_of_tomorrow"}
