"""Person: its cards print the figures of the period as they are, and say until when."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.views import period
from tests.nocturne.conftest import NOW, make_application, simulator  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401


def person_page(application: Application, person_id: str) -> AppTest:
    app = run("person.py", person=person_id)
    assert not app.exception
    return app


def test_every_hour_and_regularity_figure_stands_on_the_page_as_it_is(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    for person in filled.people():
        shown = period(filled, actor, person.person_id)
        said = plain(words(person_page(filled, person.person_id))).replace("\\", "")
        for name in (
            "mean_bed_h",
            "mean_rise_h",
            "mean_midsleep_h",
            "sri",
            "sjl_h",
            "msfsc_h",
            "debt_net_min",
        ):
            figure = shown.figures[name]
            assert figure.label in said
            assert f"**{plain(figure.text)}" in said, (name, figure)
        spread = shown.figures["sd_bed_min"]
        assert (f"± {plain(spread.text)}" in said) == spread.shown
        assert f"Score {shown.figures['score'].text} of 100" in said


def test_insights_stand_with_observation_evidence_suggestion_and_source(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    told = 0
    for person in filled.people():
        shown = period(filled, actor, person.person_id)
        said = plain(words(person_page(filled, person.person_id))).replace("\\", "")
        for insight in shown.insights:
            told += 1
            for text in (insight.observation, insight.evidence, insight.suggestion, insight.source):
                assert plain(text) in said, text
        if not shown.insights:
            assert "Nothing passed its threshold" in said
    assert told, "nobody of the simulated people has an insight, so nothing was checked"


def test_what_was_left_out_is_counted_by_reason(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    left_out = 0
    for person in filled.people():
        shown = period(filled, actor, person.person_id)
        said = plain(words(person_page(filled, person.person_id))).replace("\\", "")
        for exclusion in shown.ledger.exclusions:
            left_out += 1
            assert exclusion.reason in said
        assert f"{shown.ledger.recorded} sessions recorded" in said
    assert left_out, "nothing of the simulated people was left out, so nothing was checked"


@pytest.mark.parametrize(("days_later", "told"), [(1, False), (9, True)])
def test_a_person_who_has_gone_silent_is_said_to_be(
    make_application: Callable[..., Application],  # noqa: F811
    filled: Application,  # noqa: F811
    days_later: int,
    told: bool,
) -> None:
    later = make_application(now=NOW + timedelta(days=days_later))
    applications.register(later, request_sync=lambda: None)
    person = later.people()[0]
    newest = later.archive.nights(later.organisation, person.person_id)["night"].max().date()
    days = (later.now().date() - newest).days - 1  # last night is yesterday's
    said = plain(words(person_page(later, person.person_id)))
    assert (f"nothing recorded for {days} days" in said) == told


def test_a_trend_that_is_none_says_why_beside_its_interval(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    trends = {person.person_id: period(filled, actor, person.person_id).trend for person in filled.people()}
    without = {who: trend for who, trend in trends.items() if trend.verdict == "none"}
    assert without
    for who, trend in without.items():
        said = plain(words(person_page(filled, who))).replace("\\", "")
        assert "No clear trend in time asleep" in said
        assert plain(trend.reason)[1:] in said
