"""Nights that come while a page is looked at: when it is shown anew by itself, and which page asked for that."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from nocturne import application as applications
from nocturne.application import Application
from tests.nocturne.conftest import NOW, make_application, simulator  # noqa: F401
from tests.pages.lives import lives, nights


@pytest.fixture
def watched(make_application: Callable[..., Application]) -> Iterator[Application]:  # noqa: F811
    application = make_application()
    lives(application, nights(5))
    yield application
    applications.forget()


# It shows what was here before another night came.
PAGE = """
from datetime import timedelta

import streamlit as st

from nocturne.access import Permission
from nocturne.newcomers import nights_here
from pages.access import require
from pages.new_nights import watch_nights
from tests.nocturne.conftest import NOW, UNTIL
from tests.pages.lives import night

application, actor = require(Permission.SEE_PEOPLE)
people = application.people()
shown = nights_here(application, actor, people, whose="everyone")
application.archive.put(
    application.organisation,
    people[0].person_id,
    zone="UTC",
    results=[night(UNTIL + timedelta(days=1))],
    received=NOW,
    synced_at=NOW,
)
watch_nights(application, actor, people, shown, page="home", rests_s=st.session_state["rests_s"])
"""


def is_shown_anew(application: Application, *, rests_s: float, looked_after_s: float) -> bool:
    """Whether the browser is asked to, so many seconds after the page was drawn."""
    drawn = iter([NOW])

    def clock() -> datetime:
        return next(drawn, NOW + timedelta(seconds=looked_after_s))

    applications.register(replace(application, now=clock), request_sync=lambda: None)
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.session_state["rests_s"] = rests_s
    app.run()
    assert not app.exception
    return any(
        each.proto.component_name.endswith("nocturne_new_nights") for each in app.get("bidi_component")
    )


@pytest.mark.parametrize(
    ("rests_s", "looked_after_s", "shown_anew"), [(45, 40, False), (45, 46, True), (0, 5, True)]
)
def test_a_page_is_left_alone_for_as_long_as_it_wants_to_rest(
    watched: Application, rests_s: float, looked_after_s: float, shown_anew: bool
) -> None:
    assert is_shown_anew(watched, rests_s=rests_s, looked_after_s=looked_after_s) is shown_anew


ASKS = """
import streamlit as st

from pages.new_nights import for_new_nights

st.session_state["for_night"] = for_new_nights("night")
"""


@pytest.mark.parametrize(("asked_by", "for_night"), [("home", False), ("night", True)])
def test_what_home_asked_for_is_not_taken_for_what_night_asked_for(asked_by: str, for_night: bool) -> None:
    app = AppTest.from_string(ASKS)
    app.session_state["new_nights_anew"] = asked_by
    assert app.run().session_state["for_night"] is for_night
    assert app.run().session_state["for_night"] is False, "it is true once"
