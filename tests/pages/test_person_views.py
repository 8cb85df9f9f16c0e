"""Person: a metric and a year in the link, the clock face, the calendar, and whatever somebody's nights are like."""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from analytics.followed import METRICS, FollowedMetric
from asleep.models import SessionResult
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.journal import NewPhase, add_phase
from nocturne.person_views import followed
from tests.nocturne.conftest import UNTIL, make_application, simulator  # noqa: F401
from tests.pages.lives import SHORT, UNKNOWN, lives, night, nights
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

PERIODS = ("4-weeks", "6-weeks", "3-months", "1-year")


def page(who: str, **params: str) -> AppTest:
    app = run("person.py", person=who, **params)
    assert not app.exception
    assert len(app.title) == 1
    return app


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def alts(app: AppTest) -> str:
    return plain(" ".join(each.proto.alt for each in app.get("plotly_chart")))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_trend_and_calendar_are_of_the_metric_that_the_link_names(
    empty: Application,  # noqa: F811
    metric: FollowedMetric,
) -> None:
    who = lives(empty, nights(40, missing=(12,)))
    app = page(who, metric=metric.id)
    found = followed(
        empty, local_actor(empty.organisation), who, metric=metric.id,
        first=UNTIL - timedelta(days=27), last=UNTIL,
    )  # fmt: skip
    assert plain(found.title) in said(app)
    assert plain(found.caption) in said(app)
    assert f"Calendar of {metric.noun}" in alts(app)
    assert "27 of 28 nights with a value; 0 without a valid night; 1 without a recording" in alts(app)


def test_a_chosen_metric_stands_in_the_link_and_the_first_is_not_named(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(30))
    app = page(who)
    assert "metric" not in app.session_state["view"] or app.session_state["view"]["metric"] is None
    app.selectbox(key="person_metric").select("waso_min").run()
    assert not app.exception
    assert app.query_params["metric"] in ("waso_min", ["waso_min"])
    assert "time awake after onset" in said(app)
    assert app.session_state["view"]["metric"] == "waso_min"


def test_a_link_with_another_metric_shows_time_asleep_and_says_so(empty: Application) -> None:  # noqa: F811
    app = page(lives(empty, nights(30)), metric="moonlight")
    assert "names a metric that does not exist; time asleep is shown" in plain(app.info[0].value)
    assert "in time asleep" in said(app)


def test_up_to_six_weeks_are_a_strip_and_a_longer_period_is_a_row_a_day(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(100, missing=(30, 31)))
    for period in PERIODS:
        told = alts(page(who, period=period))
        rows = "A row a day from" in told
        assert rows == (period in {"3-months", "1-year"}), period
        assert ("Bedtime to rise" in told) != rows
    assert "98 of 365 days with a recording" in told
    assert "267 days without a recording" in told


def test_a_year_reaches_the_browser_small(empty: Application) -> None:  # noqa: F811
    app = page(lives(empty, nights(365)), period="1-year")
    sizes = [len(each.proto.spec) for each in app.get("plotly_chart")]
    assert sum(sizes) < 1_500_000
    assert max(sizes) < 200_000


def test_the_clock_face_says_how_close_the_hours_are(empty: Application) -> None:  # noqa: F811
    told = alts(page(lives(empty, nights(28))))
    assert "bedtime: 23:00 ± 0 min (R 1, 28 nights)" in told


def test_the_newest_night_is_named_with_its_date(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(30))
    assert "newest night: to Tue 10 Mar" in said(page(who))
    earlier = (UNTIL - timedelta(days=5)).isoformat()
    assert "newest night: to Tue 10 Mar" in said(page(who, to=earlier))


def test_what_changed_since_a_phase_began_is_told_beside_it(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(56))
    start = UNTIL - timedelta(days=13)
    add_phase(
        empty,
        local_actor(empty.organisation),
        [who],
        NewPhase(kind="phase", name="*Camp* [x](y)", first=start),
    )
    app = page(who)
    assert "In the 14 days since *Camp* [x](y) began: asleep 0 min" in said(app)
    assert "(28 nights before, 14 since)" in said(app)
    assert "since *Camp*" not in plain(words(app)), "the name reached the page as markup"


LIVES: dict[str, Sequence[SessionResult]] = {
    "one night": nights(1),
    "three nights": nights(3),
    "everything unknown": nights(20, runs=UNKNOWN),
    "all nights excluded": nights(20, runs=SHORT),
    "the clocks change": [
        night(date(2025, 10, 20) + timedelta(days=n), zone="Europe/Berlin") for n in range(120)
    ],
    "a trip across zones": [
        *(night(UNTIL - timedelta(days=60 - n), zone="Europe/Berlin") for n in range(30)),
        *(night(UNTIL - timedelta(days=30 - n), zone="Asia/Tokyo") for n in range(31)),
    ],
    "nights all round the clock": [
        night(UNTIL - timedelta(days=40 - n), clock=f"{(n * 5) % 24:02d}:00") for n in range(0, 41, 2)
    ],
}


@pytest.mark.parametrize("life", list(LIVES))
@pytest.mark.parametrize("period", ["4-weeks", "1-year"])
def test_whatever_the_nights_are_like_the_page_is_shown(empty: Application, life: str, period: str) -> None:  # noqa: F811
    who = lives(empty, LIVES[life])
    for metric in ("tst_min", "se_pct", "midsleep_clock_h"):
        page(who, period=period, metric=metric)


@pytest.mark.parametrize("life", ["everything unknown", "all nights excluded"])
def test_where_no_night_counts_the_page_says_so_in_words(empty: Application, life: str) -> None:  # noqa: F811
    told = said(page(lives(empty, LIVES[life])))
    for sentence in (
        "No valid night in this period",
        "No night with time asleep",
        "Time asleep by day: 0 nights",
        "No night to place on the clock",
        "No score for this period",
    ):
        assert sentence in told


def test_changes_of_zone_and_clocks_are_marked_in_the_year(empty: Application) -> None:  # noqa: F811
    who = lives(empty, LIVES["the clocks change"], zone="Europe/Berlin")
    assert "26 October 2025: the clocks went back by 1 h" in alts(page(who, period="1-year"))


def test_a_trip_is_marked_where_it_began(empty: Application) -> None:  # noqa: F811
    who = lives(empty, LIVES["a trip across zones"], zone="Europe/Berlin")
    assert "from then on in Asia/Tokyo" in alts(page(who, period="1-year"))


def test_times_all_round_the_clock_have_no_typical_time(empty: Application) -> None:  # noqa: F811
    who = lives(empty, LIVES["nights all round the clock"])
    app = page(who, period="6-weeks", metric="midsleep_clock_h")
    assert "There is no typical bedtime" in said(app)
    assert "no typical time" in alts(app)


def test_a_person_without_age_or_sex_is_judged_as_an_adult(empty: Application) -> None:  # noqa: F811
    told = said(page(lives(empty, nights(28))))
    assert "age not known" in told
    assert "7 to 9 h recommended for adults" in alts(page(empty.people()[0].person_id))


@pytest.mark.parametrize(
    ("params", "remark"),
    [
        ({"from": "2024-01-01", "to": "2024-02-01"}, ""),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "ends before it begins"),
        ({"from": "2020-03-02", "to": "2026-03-01"}, "is longer than a year"),
    ],
)
def test_a_period_that_cannot_be_shown_is_a_sentence(
    empty: Application,  # noqa: F811
    params: dict[str, str],
    remark: str,
) -> None:
    app = page(lives(empty, nights(30)), **params)
    if remark:
        assert remark in plain(app.info[0].value).replace("\\", "")
    else:
        assert app.title[0].value == "No night in this period"
        assert [button.label for button in app.button if "newest" in button.label]


def test_an_unknown_person_is_the_first_with_a_remark(empty: Application) -> None:  # noqa: F811
    lives(empty, nights(3))
    app = page("p_nobody", metric="se_pct", period="1-year")
    assert "a person who is not on the roster" in plain(app.info[0].value)


def test_a_day_of_the_calendar_carries_the_night_that_it_opens(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(28))
    app = page(who)
    (spec,) = [
        json.loads(each.proto.spec) for each in app.get("plotly_chart") if "Calendar of" in each.proto.alt
    ]
    (points,) = [trace for trace in spec["data"] if trace.get("name") == "Nights"]
    sessions = set(empty.archive.nights(empty.organisation, who)["session_id"])
    assert set(points["customdata"]) == sessions
