"""Night: one recording is deleted after a question, at the vendor and here, and nothing is left that rested on it."""

import math
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from asleep.simulator.server import Running, serve
from asleep.simulator.world import simulated_world
from nocturne import access, views
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.erasure import erase_session
from nocturne.sync import synchronise
from pages.parts import escape
from store.people import Person
from tests.nocturne.conftest import NOW, UNTIL, make_application  # noqa: F401
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

ASK, DO = "night_delete", "night_delete_do"


@pytest.fixture
def simulator() -> Iterator[Running]:
    """Of each test its own: sessions are deleted here."""
    with serve(simulated_world(people=2, nights=12, seed=3, until=UNTIL, now=NOW)) as running:
        yield running


@pytest.fixture
def person(filled: Application) -> Person:  # noqa: F811
    return filled.people()[0]


def said(app: AppTest) -> str:
    told = (*app.success, *app.error)
    return plain(words(app) + "\n".join(each.value for each in told)).replace("\\", "")


def keys(app: AppTest) -> set[str]:
    return {str(each.key) for each in app.button}


def at_vendor(simulator: Running, person: Person) -> set[str]:
    """The sessions that the vendor has of somebody now."""
    there = simulator.account.person(person.vendor_id)
    assert there is not None
    return {session.id for session in simulator.account.sessions(there)}


def here(application: Application, person: Person) -> set[str]:
    return set(application.archive.known(application.organisation, person.person_id))


def asked(person: Person, **params: str) -> AppTest:
    """The page with the question open."""
    app = run("night.py", person=person.person_id, **params)
    assert not app.exception
    assert DO not in keys(app), "nothing is deleted by one click"
    app.button(key=ASK).click().run()
    assert not app.exception
    return app


def a_night(application: Application, person: Person) -> str:
    """A valid main sleep of one recording that is not the newest."""
    nights = application.archive.nights(application.organisation, person.person_id)
    one = nights[nights["valid"] & (nights["kind"] == "main") & (nights["pieces"] == 1)].sort_values("start")
    return str(one["session_id"].iloc[-3])


def test_the_question_says_whose_and_which_night_and_deletes_nothing(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
) -> None:
    session_id = a_night(filled, person)
    before = at_vendor(simulator, person), here(filled, person)
    app = asked(person, session=session_id)
    view = views.night(filled, local_actor(filled.organisation), person.person_id, session_id).view
    assert f"**{escape(person.name)}**, {escape(view.dates)}." in words(app)
    assert DO in keys(app)
    assert (at_vendor(simulator, person), here(filled, person)) == before
    assert simulator.requests["deleteSession"] == 0


def test_a_question_that_is_dismissed_changes_nothing_and_may_be_asked_again(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
) -> None:
    before = at_vendor(simulator, person), here(filled, person)
    app = asked(person, session=a_night(filled, person))
    dismiss(app)
    assert DO not in keys(app)
    assert not app.success
    assert (at_vendor(simulator, person), here(filled, person)) == before
    assert simulator.requests["deleteSession"] == 0
    app.button(key=ASK).click().run()
    assert DO in keys(app)


def dismiss(app: AppTest) -> None:
    """What the browser sends when a dialog is closed by its cross or by Escape."""
    (dialog,) = [
        node.proto.dialog.id for node in app._tree if isinstance(node, Block) and node.type == "dialog"
    ]
    states = app._tree.get_widget_states()
    state = states.widgets.add()
    state.id, state.trigger_value = dialog, True
    app._run(states)
    assert not app.exception


def by_hand(application: Application, person: Person) -> tuple[int, float]:
    """How many valid main sleeps of the newest 28 days there are, and their mean time asleep in minutes."""
    nights = application.archive.nights(application.organisation, person.person_id)
    valid = nights[nights["valid"] & (nights["kind"] == "main")]
    recent = valid[valid["night"] > nights["night"].max() - timedelta(days=28)]
    return len(recent), sum(recent["tst_min"]) / len(recent)


def test_what_is_confirmed_is_gone_at_the_vendor_and_here_and_figures_are_computed_anew(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
) -> None:
    actor = local_actor(filled.organisation)
    session_id, other = a_night(filled, person), filled.people()[1]
    vendor_before, here_before, other_before = (
        at_vendor(simulator, person),
        here(filled, person),
        here(filled, other),
    )
    nights_before, mean_before = by_hand(filled, person)
    assert views.period(filled, actor, person.person_id).figures["mean_tst_min"].nights == nights_before
    dates = views.night(filled, actor, person.person_id, session_id).view.dates
    app = asked(person, session=session_id)
    app.button(key=DO).click().run()
    assert not app.exception
    assert at_vendor(simulator, person) == vendor_before - {session_id}
    assert here(filled, person) == here_before - {session_id}
    assert here(filled, other) == other_before
    assert session_id not in set(filled.archive.statistics(filled.organisation)["session_id"])
    nights_after, mean_after = by_hand(filled, person)
    figure = views.period(filled, actor, person.person_id).figures["mean_tst_min"]
    assert figure.nights == nights_after == nights_before - 1
    assert figure.value == math.floor(mean_after + 0.5) != math.floor(mean_before + 0.5)
    assert plain(f"The recording of {dates} is deleted.") in said(app)
    assert DO not in keys(app)
    assert not app.info, "nobody followed a link to a night that is gone"
    newest = views.night(filled, actor, person.person_id)
    assert newest.view.session_id != session_id
    assert plain(newest.view.dates) in said(app)


def test_it_is_told_once_and_the_old_link_shows_another_night(
    filled: Application,  # noqa: F811
    person: Person,
) -> None:
    session_id = a_night(filled, person)
    app = asked(person, session=session_id)
    app.button(key=DO).click().run()
    assert "is deleted." in said(app)
    app.run()
    assert "is deleted." not in said(app)
    linked = run("night.py", person=person.person_id, session=session_id)
    assert not linked.exception
    (remark,) = [plain(each.value).replace("\\", "") for each in linked.info]
    assert remark == f"The link names a night of {person.name} that has not arrived; the newest is shown."


def test_the_newest_night_deleted_shows_the_one_before(filled: Application, person: Person) -> None:  # noqa: F811
    actor = local_actor(filled.organisation)
    newest = views.night(filled, actor, person.person_id)
    before = views.night(filled, actor, person.person_id, newest.previous_session_id)
    app = asked(person)
    assert plain(newest.view.dates) in said(app)
    app.button(key=DO).click().run()
    assert not app.exception
    assert newest.view.session_id not in here(filled, person)
    assert f"{plain(before.view.dates)} · " in said(app)


def test_a_synchronisation_does_not_bring_it_back(
    filled: Application,  # noqa: F811
    person: Person,
) -> None:
    session_id, before = a_night(filled, person), here(filled, person)
    app = asked(person, session=session_id)
    app.button(key=DO).click().run()
    assert not synchronise(filled, local_actor(filled.organisation), filled.people()).failures
    assert here(filled, person) == before - {session_id}


def test_what_the_vendor_has_no_more_goes_here_too(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
) -> None:
    session_id = a_night(filled, person)
    there = simulator.account.person(person.vendor_id)
    assert there is not None
    assert simulator.account.delete_session(there, session_id)
    app = asked(person, session=session_id)
    app.button(key=DO).click().run()
    assert not app.exception
    assert "is deleted." in said(app)
    assert session_id not in here(filled, person)


@pytest.mark.parametrize("fault", ["unavailable", "quota", "reset"])
def test_while_the_vendor_is_down_it_is_said_and_nothing_is_deleted(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
    fault: Any,
) -> None:
    session_id = a_night(filled, person)
    before = at_vendor(simulator, person), here(filled, person)
    app = asked(person, session=session_id)
    simulator.fail_all(fault)
    app.button(key=DO).click().run()
    assert not app.exception
    (error,) = [each.value for each in app.error]
    assert error.startswith(escape("Nothing was deleted. "))
    assert len(error) > 40, "it says why"
    assert not app.success
    assert (at_vendor(simulator, person), here(filled, person)) == before
    simulator.fail_all(None)
    app.button(key=DO).click().run()
    assert "is deleted." in said(app)
    assert session_id not in at_vendor(simulator, person) | here(filled, person)


def test_what_the_disk_refuses_is_said_and_the_next_synchronisation_ends_it(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
) -> None:
    session_id, before = a_night(filled, person), here(filled, person)
    app = asked(person, session=session_id)
    with unwritable(filled.settings.folder / "archive" / "main" / "people" / f"{person.person_id}.parquet"):
        app.button(key=DO).click().run()
    assert not app.exception
    (error,) = [each.value.replace("\\", "") for each in app.error]
    assert error.startswith("It is not deleted here yet: ")
    assert "Operation not permitted" in error
    assert here(filled, person) == before
    assert session_id not in at_vendor(simulator, person)
    assert not synchronise(filled, local_actor(filled.organisation), filled.people()).failures
    assert here(filled, person) == before - {session_id}


@contextmanager
def unwritable(file: Path) -> Iterator[None]:
    """A file that not even root may write, replace or remove."""
    if subprocess.run(["chattr", "+i", str(file)], check=False, capture_output=True).returncode:
        pytest.skip("Only root may make a file immutable, and not on every file system.")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", str(file)], check=True)


def test_the_last_recording_of_somebody_is_deleted_and_that_is_said(
    filled: Application,  # noqa: F811
    person: Person,
) -> None:
    last, *others = sorted(here(filled, person))
    for session_id in others:
        erase_session(filled, local_actor(filled.organisation), person.person_id, session_id)
    app = asked(person, session=last)
    app.button(key=DO).click().run()
    assert not app.exception
    assert here(filled, person) == set()
    assert f"No night of {person.name} yet" in said(app)
    assert "is deleted." in said(app)


def test_who_may_not_manage_people_has_no_button_and_no_open_question(
    filled: Application,  # noqa: F811
    simulator: Running,
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session_id = a_night(filled, person)
    app = asked(person, session=session_id)
    fewer = access.ROLES["local"] - {access.Permission.MANAGE_PEOPLE}
    monkeypatch.setitem(access.ROLES, "local", fewer)
    assert ASK not in keys(run("night.py", person=person.person_id, session=session_id))
    app.button(key=DO).click().run()
    assert not app.exception
    assert {ASK, DO}.isdisjoint(keys(app))
    assert session_id in at_vendor(simulator, person) & here(filled, person)
    assert simulator.requests["deleteSession"] == 0
