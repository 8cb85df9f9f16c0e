"""Admin's webhooks: the address for the vendor, how the inbox stands, and what was given up, tried again."""

from dataclasses import replace
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from asleep.simulator.server import Running
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.webhook_access import address
from nocturne.webhook_health import health_now
from pages.admin_webhooks import webhooks_said
from tests.nocturne.conftest import NOW, make_application, simulator  # noqa: F401
from tests.nocturne.nights_under_way import arrival, buried
from tests.pages.test_pages import empty, filled, plain, run, way_to, words  # noqa: F401

UNKNOWN = "The vendor does not know this session."
REFUSED = "The vendor refuses the key."


def opened() -> AppTest:
    app = run("admin.py", section="webhooks")
    app.query_params["section"] = "webhooks"
    app.run()
    assert not app.exception
    return app


def unfolded() -> AppTest:
    app = opened()
    app.session_state["webhook_single"] = True
    return app.run()


def chosen(app: AppTest, row: int) -> AppTest:
    app.session_state["webhook_dead"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def labels(app: AppTest) -> list[str]:
    return [plain(button.label) for button in app.button if button.label.startswith("Replay")]


def press(app: AppTest, label: str) -> AppTest:
    (button,) = (button for button in app.button if plain(button.label) == label)
    app = button.click().run()
    assert not app.exception
    return app


def counts(app: AppTest) -> dict[str, int]:
    return dict(app.table[0].value.itertuples(index=False)) if app.table else {}


def test_the_address_is_shown_and_no_key_ever(filled: Application, simulator: Running) -> None:  # noqa: F811
    app = opened()
    (code,) = app.code
    assert code.value == f"https://YOUR-HOST{address(filled).path}"
    assert code.proto.wrap_lines, "on a phone its end would be out of sight"
    said = plain(words(app))
    assert "To copy it" in said
    assert "1 key is accepted" in said
    assert simulator.api_key not in said + code.value


def test_before_anything_arrives_there_is_nothing_to_mend(filled: Application) -> None:  # noqa: F811
    app = opened()
    assert app.title[0].value == "No webhook has arrived yet"
    said = words(app)
    assert "Nothing was given up" in said
    assert "Every event was used" not in said, "there was none"
    assert "Admin has the address" not in said, "this is Admin"
    assert not labels(app)
    assert not counts(app)


def test_where_they_are_off_nothing_is_said_of_keys_and_events(filled: Application) -> None:  # noqa: F811
    off = replace(filled, settings=filled.settings.model_copy(update={"nocturne_webhooks": "off"}))
    applications.forget()
    applications.register(off, request_sync=lambda: None)
    app = opened()
    said = plain(words(app))
    assert "Webhooks are switched off" in said
    assert "accepted" not in said
    assert "given up" not in said
    assert not counts(app)
    buried(off, off.people()[0].vendor_id, count=2)
    press(app.run(), "Replay all 2")
    said = plain(words(app))
    assert "What came before webhooks were switched off was used, or is still tried." in said
    assert counts(app) == {"Waiting": 2, "Done in 30 days": 0}


def test_only_counts_that_mean_something_are_listed(filled: Application) -> None:  # noqa: F811
    filled.inbox.accept([arrival(filled, filled.people()[0].vendor_id)])
    assert counts(opened()) == {"Waiting": 1, "Done in 30 days": 0}


def test_what_was_given_up_stands_with_its_reason_and_is_tried_again(filled: Application) -> None:  # noqa: F811
    person = filled.people()[0]
    buried(filled, person.vendor_id, count=3)
    app = unfolded()
    assert plain(app.title[0].value) == "3 events could not be used"
    said = plain(words(app)).replace("\\", "")
    assert f"**3 events**: {UNKNOWN}" in said
    assert f"{person.name} · the oldest: just now · last given up" in said
    rows = app.dataframe[0].value
    assert set(rows["Person"]) == {person.name}
    assert set(rows["Why"]) == {UNKNOWN}
    assert set(rows["Age"]) == {"just now"}
    assert labels(app) == ["Replay all 3"], "one reason needs one button"
    press(app, "Replay all 3")
    assert "Nothing was given up" in words(app)
    assert told_in(app) == "Nothing was given up"
    state = filled.inbox.state(filled.organisation, filled.settings.asleep_environment)
    assert (state.dead, state.waiting) == (0, 3)


def told_in(app: AppTest) -> str:
    """The heading of the card in which the message stands."""
    (message,) = app.success
    way = way_to(app, message)
    cards = {header.value: way_to(app, header)[:-1] for header in app.header}
    (heading,) = (plain(heading) for heading, card in cards.items() if way[: len(card)] == card)
    return heading


def two_reasons(application: Application) -> None:
    buried(application, application.people()[0].vendor_id, count=3)
    mine = application.organisation, application.settings.asleep_environment
    application.inbox.accept([arrival(application, "G-secret-stranger", seq=7)])
    (leased,) = application.inbox.lease(*mine, worker="w")
    application.inbox.bury(leased, error=REFUSED)


def test_events_of_one_reason_are_tried_again_together(filled: Application) -> None:  # noqa: F811
    two_reasons(filled)
    app = opened()
    assert labels(app) == ["Replay these 3", "Replay this 1", "Replay all 4"]
    assert "1 event of nobody on the roster" in plain(words(app))
    assert "G-secret-stranger" not in words(app).replace("\\", "")
    press(app, "Replay this 1")
    assert "1 event is tried again now." in plain(app.success[0].value).replace("\\", "")
    assert told_in(app) == "3 events were given up"
    assert labels(app) == ["Replay all 3"]
    assert REFUSED not in words(app).replace("\\", "")


def test_one_event_is_chosen_and_tried_again_alone(filled: Application) -> None:  # noqa: F811
    buried(filled, filled.people()[0].vendor_id, count=3)
    app = unfolded()
    assert "Replay this event" not in labels(app), "none is chosen"
    chosen(app, 1)
    press(app, "Replay this event")
    assert "1 event is tried again now." in plain(app.success[0].value).replace("\\", "")
    assert "Replay this event" not in labels(app), "it is gone, and another must not take its place"
    assert len(app.dataframe[0].value) == 2
    (again,) = filled.inbox.lease(filled.organisation, filled.settings.asleep_environment, worker="w")
    assert again.seq == 1


def test_a_choice_follows_its_event_when_others_go(filled: Application) -> None:  # noqa: F811
    buried(filled, filled.people()[0].vendor_id, count=3)
    app = chosen(unfolded(), 2)
    mine = filled.organisation, filled.settings.asleep_environment
    first, _, last = (letter.event_id for letter in filled.inbox.dead_letters(*mine))
    filled.inbox.replay(*mine, [first])
    app.run()
    press(app, "Replay this event")
    assert last not in {letter.event_id for letter in filled.inbox.dead_letters(*mine)}


def test_a_message_stays_while_the_page_is_drawn_again_and_then_goes(
    filled: Application,  # noqa: F811
) -> None:
    moment = NOW
    ticking = replace(filled, now=lambda: moment)
    applications.forget()
    applications.register(ticking, request_sync=lambda: None)
    two_reasons(ticking)
    app = press(opened(), "Replay these 3")
    moment = NOW + timedelta(seconds=10)
    assert app.run().success
    moment = NOW + timedelta(seconds=20)
    press(app, "Replay all 1")
    moment = NOW + timedelta(seconds=45)
    assert "1 event is" in plain(app.run().success[0].value), "it is told anew"
    moment = NOW + timedelta(seconds=80)
    app.run()
    assert not app.run().success


def test_the_page_notes_what_it_shows_and_differs_once_something_comes(filled: Application) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    shown = opened().session_state["webhooks_shown"]
    assert webhooks_said(filled, health_now(filled, actor)) == shown
    filled.inbox.accept([arrival(filled, filled.people()[0].vendor_id)])
    assert webhooks_said(filled, health_now(filled, actor)) != shown


def test_people_who_are_not_known_are_counted_and_not_named(filled: Application) -> None:  # noqa: F811
    filled.inbox.accept([arrival(filled, "G-secret-stranger", seq=seq) for seq in range(2)])
    for leased in filled.inbox.lease(filled.organisation, filled.settings.asleep_environment, worker="w"):
        filled.inbox.quarantine(leased)
    app = opened()
    said = plain(words(app))
    assert counts(app)["Of unknown people"] == 2
    assert "Events of 1 person who is not on the roster" in said
    assert "G-secret-stranger" not in said.replace("\\", "")
