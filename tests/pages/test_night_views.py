"""Night: both dates, zone and offset, clock changes, when it arrived, and whatever a night is like."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from asleep.models import SessionResult
from nocturne.application import Application
from tests.nocturne.conftest import UNTIL, make_application, simulator  # noqa: F401
from tests.pages.lives import NIGHT, SHORT, UNKNOWN, lives, night, nights
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

BERLIN = "Europe/Berlin"
FORWARD, BACK = date(2025, 3, 30), date(2025, 10, 26)


def page(who: str, session: str = "") -> AppTest:
    app = run("night.py", person=who, **({"session": session} if session else {}))
    assert not app.exception
    assert len(app.title) == 1
    return app


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def drawn(app: AppTest) -> dict[str, dict[str, Any]]:
    """The traces of the hypnogram by name."""
    (spec,) = [
        json.loads(each.proto.spec)
        for each in app.get("plotly_chart")
        if each.proto.alt.startswith("Hypnogram")
    ]
    return {trace["name"]: trace for trace in spec["data"]}


def test_the_night_says_both_dates_its_zone_and_when_it_arrived(empty: Application) -> None:  # noqa: F811
    told = said(page(lives(empty, nights(20, zone=BERLIN), zone=BERLIN)))
    assert "Night of Mon 9 to Tue 10 March 2026 · Europe/Berlin, UTC+01:00" in told
    assert "synced Wed 11 Mar 18:00" in told


@pytest.mark.parametrize(
    ("label", "words_", "hours"),
    [
        (
            FORWARD,
            "The clocks went forward by 1 h at 02:00; this recording lasted 7 h 33 min",
            "UTC+01:00, then UTC+02:00",
        ),
        (
            BACK,
            "The clocks went back by 1 h at 03:00; this recording lasted 7 h 33 min",
            "UTC+02:00, then UTC+01:00",
        ),
    ],
)
def test_a_night_of_23_or_25_hours_is_said_to_be_one(
    empty: Application,  # noqa: F811
    label: date,
    words_: str,
    hours: str,
) -> None:
    who = lives(empty, [night(label - timedelta(days=n), zone=BERLIN) for n in range(10)], zone=BERLIN)
    told = said(page(who))
    assert words_ in told
    assert hours in told


def test_a_night_in_another_zone_than_usual_is_said_to_be_one(empty: Application) -> None:  # noqa: F811
    home = [night(UNTIL - timedelta(days=n), zone=BERLIN) for n in range(1, 20)]
    told = said(page(lives(empty, [*home, night(UNTIL, zone="Asia/Tokyo")], zone=BERLIN)))
    assert "Recorded in Asia/Tokyo; most of the nights before were in Europe/Berlin." in told


def test_what_is_drawn_says_itself_in_a_sentence_each(empty: Application) -> None:  # noqa: F811
    runs = ((0, 20), (1, 300), (2, 100), (-1, 40), (1, 200), (0, 20), (3, 200), (0, 20))
    snoring = ((0, 100), (1, 60), (0, 740))
    traces = drawn(page(lives(empty, [night(UNTIL, runs=runs, snoring=snoring)])))
    assert [plain(each) for each in traces["Deep"]["hovertext"]] == ["Deep for 50 min, 01:40 to 02:30"]
    assert [plain(each) for each in traces["Unknown"]["hovertext"]] == [
        "No signal for 20 min, 02:30 to 02:50"
    ]
    assert [plain(each) for each in traces["Snoring"]["hovertext"]] == ["Snoring for 30 min, 23:50 to 00:20"]


def test_previous_and_next_are_buttons_that_lead_through_the_nights(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(3))
    sessions = empty.archive.nights(empty.organisation, who)["session_id"].tolist()
    app = page(who)
    assert app.button(key="night_next").disabled
    for expected in (sessions[1], sessions[0]):
        app.button(key="night_previous").click().run()
        assert not app.exception
        assert app.session_state["view"]["session"] == expected
    assert app.button(key="night_previous").disabled
    assert not app.button(key="night_next").disabled


NIGHTS: dict[str, list[SessionResult]] = {
    "one night": [night(UNTIL)],
    "everything unknown": nights(5, runs=UNKNOWN),
    "all nights excluded": nights(5, runs=SHORT),
    "no sleep at all": [night(UNTIL, runs=((0, 900),))],
    "one epoch": [night(UNTIL, runs=((1, 1),))],
    "no stages": [night(UNTIL, runs=())],
    "a day sleeper": nights(20, clock="08:00"),
    "two recordings of one night": [
        night(UNTIL, runs=((0, 20), (1, 300))),
        night(UNTIL, clock="23:00", runs=NIGHT),
    ],
}


@pytest.mark.parametrize("life", list(NIGHTS))
def test_whatever_a_night_is_like_the_page_is_shown(empty: Application, life: str) -> None:  # noqa: F811
    page(lives(empty, NIGHTS[life]))


@pytest.mark.parametrize(
    ("life", "sentence"),
    [
        ("everything unknown", "No usable night"),
        ("no sleep at all", "No usable night"),
        ("one night", "Nothing to compare it with"),
    ],
)
def test_what_a_night_lacks_is_said(empty: Application, life: str, sentence: str) -> None:  # noqa: F811
    assert sentence in said(page(lives(empty, NIGHTS[life])))


def test_a_person_without_age_or_sex_has_a_night_like_everybody(empty: Application) -> None:  # noqa: F811
    assert "Slept 7 h 10 min" in said(page(lives(empty, nights(20)))).replace("slept", "Slept")


def test_a_night_that_is_not_there_is_the_newest_with_a_remark(empty: Application) -> None:  # noqa: F811
    who = lives(empty, nights(3))
    app = page(who, session="20200101000000_aaaaa")
    assert "has not arrived; the newest is shown" in plain(app.info[0].value)
    assert "to Tue 10 March 2026" in said(app)
