"""Admin's webhooks: the address for the vendor, how the inbox stands, and what was given up, tried again."""

from streamlit.testing.v1 import AppTest

from asleep.simulator.server import Running
from nocturne.application import Application
from nocturne.webhook_access import address
from tests.nocturne.conftest import make_application, simulator  # noqa: F401
from tests.nocturne.nights_under_way import arrival, buried
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401


def opened() -> AppTest:
    app = run("admin.py", section="webhooks")
    app.query_params["section"] = "webhooks"
    app.run()
    assert not app.exception
    return app


def test_the_address_is_shown_and_no_key_ever(filled: Application, simulator: Running) -> None:  # noqa: F811
    app = opened()
    (shown,) = (code.value for code in app.code)
    assert shown == f"https://YOUR-HOST{address(filled).path}"
    said = plain(words(app))
    assert "1 key is accepted" in said
    assert simulator.api_key not in said + shown


def test_before_anything_arrives_there_is_nothing_to_mend(filled: Application) -> None:  # noqa: F811
    app = opened()
    assert app.title[0].value == "No webhook has arrived yet"
    assert "Nothing was given up" in words(app)
    assert not [button for button in app.button if button.label.startswith("Replay")]


def test_what_was_given_up_stands_with_its_reason_and_is_tried_again(filled: Application) -> None:  # noqa: F811
    person = filled.people()[0]
    buried(filled, person.vendor_id, count=3)
    app = opened()
    assert plain(app.title[0].value) == "3 events could not be used"
    rows = app.dataframe[0].value
    assert set(rows["Person"]) == {person.name}
    assert set(rows["Why"]) == {"The vendor does not know this session."}
    assert set(rows["Tries"]) == {1}
    assert "several times" not in words(app), "they were tried once"
    assert set(rows["Age"]) == {"just now"}
    app.button(key="webhook_replay").click().run()
    assert "1 event is tried again now." in plain(app.success[0].value).replace("\\", "")
    assert len(app.dataframe[0].value) == 2
    app.button(key="webhook_replay_all").click().run()
    assert not app.exception
    assert "Nothing was given up" in words(app)
    state = filled.inbox.state(filled.organisation, filled.settings.asleep_environment)
    assert (state.dead, state.waiting) == (0, 3)


def test_people_who_are_not_known_are_counted_and_not_named(filled: Application) -> None:  # noqa: F811
    filled.inbox.accept([arrival(filled, "G-secret-stranger", seq=seq) for seq in range(2)])
    for leased in filled.inbox.lease(filled.organisation, filled.settings.asleep_environment, worker="w"):
        filled.inbox.quarantine(leased)
    said = plain(words(opened()))
    assert "Events of 1 person who is not on the roster" in said
    assert "G-secret-stranger" not in said.replace("\\", "")
