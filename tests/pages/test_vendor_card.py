"""Person: the vendor's own averages, asked for when somebody opens them; without the vendor the page goes on."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.roster import add_person
from nocturne.vendor_averages import vendor_averages
from nocturne.views import period
from pages.parts import escape
from store.people import NewPerson
from tests.nocturne.conftest import NIGHTS, NOW, UNTIL, make_application  # noqa: F401
from tests.pages.test_pages import ROUTER, empty, filled, plain, words  # noqa: F401

LABEL = "The vendor’s own averages of this period"


@pytest.fixture
def simulator() -> Iterator[Running]:
    """Of each test its own: it is put out of order here."""
    with serve(simulated_world(people=3, nights=NIGHTS, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


def person_page(
    person_id: str, *, opened: bool = True, first: date | None = None, last: date | None = None
) -> AppTest:
    app = AppTest.from_file(str(ROUTER), default_timeout=60)
    app.query_params["person"] = person_id
    for name, day in (("from", first), ("to", last)):
        if day is not None:
            app.query_params[name] = day.isoformat()
    app.session_state["vendor_averages"] = opened
    app.run()
    app.switch_page(str(ROUTER.with_name("person.py"))).run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return plain(words(app)).replace("\\", "")


def shown(app: AppTest) -> list[dict[Any, Any]]:
    """The rows of the card's table; [] while it has none."""
    tables = [each.value for each in app.table if "Vendor" in each.value.columns]
    return [] if not tables else tables[0].to_dict("records")


def goes_on(app: AppTest, application: Application, person_id: str) -> bool:
    """Whether the page has its score and what comes after the score."""
    score = period(application, local_actor(application.organisation), person_id).figures["score"].text
    return f"Score {score} of 100" in said(app) and "sessions recorded" in said(app)


def test_the_vendor_is_asked_when_the_card_is_opened_and_not_before(
    filled: Application,  # noqa: F811
    simulator: Running,
) -> None:
    person = filled.people()[0]
    before = simulator.requests["getAverageStats"]
    app = person_page(person.person_id, opened=False)
    assert LABEL in [each.label for each in app.expander]
    assert shown(app) == []
    assert simulator.requests["getAverageStats"] == before
    assert shown(person_page(person.person_id))
    assert simulator.requests["getAverageStats"] == before + 1


def test_both_columns_stand_on_the_page_and_what_differs_is_marked(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    marked = set()
    for person in filled.people():
        last = filled.archive.nights(filled.organisation, person.person_id)["night"].max().date()
        first = last - timedelta(days=6)
        found = vendor_averages(filled, actor, person.person_id, first=first, last=last)
        app = person_page(person.person_id, first=first, last=last)
        assert len(found.rows) == 9
        assert shown(app) == [
            {"Mean": row.label, "Ours": row.ours, "Vendor": row.vendor + (" ◆" if row.differs else "")}
            for row in found.rows
        ]
        assert f"Ours: {found.nights} valid main sleeps. Vendor: {found.slept} sessions" in said(app)
        marked |= {row.differs for row in found.rows}
    assert marked == {True, False}, "either nothing agreed or nothing differed, so half was not checked"


@pytest.mark.parametrize("fault", ["unavailable", "quota", "malformed"])
def test_a_vendor_that_does_not_answer_is_a_sentence_and_the_page_goes_on(
    filled: Application,  # noqa: F811
    simulator: Running,
    fault: Any,
) -> None:
    person = filled.people()[0]
    filled.asleep.forget_all()
    simulator.fail_all(fault)
    app = person_page(person.person_id)
    (warning,) = [each.value for each in app.warning]
    assert warning.startswith("The vendor’s averages cannot be shown now.")
    assert len(warning) > len("The vendor’s averages cannot be shown now.") + 20, "it says why"
    assert simulator.api_key not in said(app)
    assert "Everything else on this page rests on what has arrived" in said(app)
    assert shown(app) == []
    assert goes_on(app, filled, person.person_id)


def test_what_was_kept_is_shown_with_its_age_while_the_vendor_is_down(
    filled: Application,  # noqa: F811
    make_application: Callable[..., Application],  # noqa: F811
    simulator: Running,
) -> None:
    person = filled.people()[0]
    before = shown(person_page(person.person_id))
    simulator.fail_all("unavailable")
    applications.register(make_application(now=NOW + timedelta(hours=1)), request_sync=lambda: None)
    app = person_page(person.person_id)
    assert shown(app) == before != []
    assert f"as of {NOW:%a %-d %b %H:%M}" in said(app)
    assert "The vendor could not be asked again" in said(app)
    assert not app.warning


def test_a_person_whom_the_vendor_does_not_know_any_more_has_a_page(
    filled: Application,  # noqa: F811
    simulator: Running,
) -> None:
    person = filled.people()[0]
    filled.asleep.forget_all()
    assert simulator.account.delete_user(person.vendor_id)
    app = person_page(person.person_id)
    assert "The vendor’s averages cannot be shown now." in said(app)
    assert goes_on(app, filled, person.person_id)


def test_a_period_without_a_night_leads_to_another_and_the_vendor_is_not_asked(
    filled: Application,  # noqa: F811
    simulator: Running,
) -> None:
    before = simulator.requests["getAverageStats"]
    app = person_page(filled.people()[0].person_id, first=date(2025, 6, 1), last=date(2025, 6, 7))
    assert "No night in this period" in said(app)
    assert LABEL not in [each.label for each in app.expander]
    assert simulator.requests["getAverageStats"] == before


def test_somebody_without_nights_is_said_to_have_none_and_the_vendor_is_not_asked(
    filled: Application,  # noqa: F811
    simulator: Running,
) -> None:
    silent = add_person(
        filled, local_actor(filled.organisation), NewPerson(vendor_id="G-none", name="Noa", zone="UTC")
    )
    before = simulator.requests["getAverageStats"]
    app = person_page(silent.person_id)
    assert escape("No night of Noa yet") in words(app)
    assert LABEL not in [each.label for each in app.expander]
    assert simulator.requests["getAverageStats"] == before
