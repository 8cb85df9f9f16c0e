"""Home: what is done about a flag, how it comes back, and what the page says when there is little to say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.flag_state import flag_state
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.attention import ActedMeanwhile, act, attention, back_on, history, last_hidden
from nocturne.delivered import Delivered, delivered, missing
from nocturne.roster import EVERYONE, add_person
from pages.home_people import _last_night_words
from pages.parts import escape
from store.people import NewPerson
from tests.nocturne.conftest import NOW, make_application, roster_csv, simulator  # noqa: F401
from tests.pages.lives import night
from tests.pages.test_pages import empty, filled, plain, run, words  # noqa: F401

NOTES = (
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("http://x","y")',
    "שלום עולם",
    "tired 😴",
    "w" * 200,
)


@pytest.fixture
def actor(empty: Application) -> Actor:  # noqa: F811
    return local_actor(empty.organisation)


@pytest.fixture
def worst(filled: Application, actor: Actor) -> str:  # noqa: F811
    found = attention(filled, actor, EVERYONE)
    return next(who for who, row in found.day.in_order if row["attention"])


def labels(app: AppTest) -> list[str]:
    return [folded.label for folded in app.expander]


def opened(app: AppTest, person_id: str) -> AppTest:
    app.button(key=f"act_{person_id}").click().run()
    assert not app.exception
    return app


def did(filled: Application, actor: Actor, person_id: str) -> list[str]:  # noqa: F811
    return [entry.action for entry in history(filled, actor, person_id)]


def test_a_note_stands_on_the_card_with_who_and_when(filled: Application, actor: Actor, worst: str) -> None:  # noqa: F811
    app = opened(run(), worst)
    app.text_area(key="acting_text").input("Called.")
    app.button(key="acting_note_Save note").click().run()
    assert not app.exception
    (entry,) = history(filled, actor, worst)
    assert (entry.action, entry.text, entry.by) == ("note", "Called.", "local")
    assert "note by local," in words(run())
    assert attention(filled, actor, EVERYONE).state(worst) == "open"


def test_the_lines_of_a_note_stay_lines_in_the_dialog_and_in_the_history(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    seen = attention(filled, actor, EVERYONE).seen(worst)
    act(filled, actor, worst, "note", seen=seen, text="Late flight\n\n# *slept* in a hotel")
    for app in (opened(run(), worst), run("person.py", person=worst)):
        assert "Late flight  \n&nbsp;  \n\\# \\*slept\\* in a hotel" in words(app)


def test_why_a_night_is_not_valid_goes_on_in_the_sentence() -> None:
    row = {"last_state": "no valid night", "last_reason": "The recording is too short to stand for a night."}
    assert _last_night_words(row) == "No valid night: the recording is too short to stand for a night."


def test_a_note_without_words_is_answered_with_a_sentence(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    app = opened(run(), worst)
    app.button(key="acting_note_Save note").click().run()
    assert not app.exception
    assert app.warning
    assert not history(filled, actor, worst)


def test_a_night_that_came_after_the_synchronisation_is_said_with_its_moment(filled: Application) -> None:  # noqa: F811
    assert "The newest came at" not in plain(words(run()))
    person = filled.people()[0]
    newest = filled.archive.nights(filled.organisation, person.person_id)["start"].max().to_pydatetime()
    filled.archive.put(
        filled.organisation,
        person.person_id,
        zone=person.zone,
        results=[night(newest.date() + timedelta(days=1))],
        received=NOW + timedelta(minutes=5),
        synced_at=None,
    )
    assert "The newest came at Wed 11 Mar 18:05." in plain(words(run()))


def test_what_is_done_leaves_the_list_and_can_be_opened_again(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    before = attention(filled, actor, EVERYONE).in_need
    app = opened(run(), worst)
    app.button(key="acting_done_Done").click().run()
    assert not app.exception
    found = attention(filled, actor, EVERYONE)
    assert found.in_need == before - 1
    assert plain(app.title[0].value) == plain(escape(found.title))
    assert "1 done" in labels(app)
    app.session_state[f"home_aside_{EVERYONE}"] = True
    app.run()
    assert "Done by local" in words(app)
    app.button(key=f"reopen_{worst}").click().run()
    assert not app.exception
    assert attention(filled, actor, EVERYONE).in_need == before
    assert did(filled, actor, worst) == ["reopen", "done"]
    assert "opened again by local" in words(app)


def test_a_snooze_hides_until_its_day_and_says_when_it_is_over(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    app = opened(run(), worst)
    app.button(key="acting_snooze_3 days").click().run()
    assert not app.exception
    assert "1 snoozed" in labels(app)
    (entry,) = history(filled, actor, worst)
    assert back_on(entry) == NOW.date() + timedelta(days=3)
    found = attention(filled, actor, EVERYONE)
    assert found.state(worst) == "snoozed"
    flag = found.day.flags([worst])[worst]
    by_night = [flag_state(flag, entry, NOW.date() + timedelta(days=days)) for days in range(4)]
    assert by_night == ["snoozed", "snoozed", "snoozed", "over"]


def test_a_snooze_until_a_date_takes_the_date(filled: Application, actor: Actor, worst: str) -> None:  # noqa: F811
    app = opened(run(), worst)
    app.date_input(key="acting_until").set_value(NOW.date() + timedelta(days=5))
    app.button(key="acting_snooze_Until that day").click().run()
    assert not app.exception
    (entry,) = history(filled, actor, worst)
    assert back_on(entry) == NOW.date() + timedelta(days=5)


def test_a_snoozed_flag_returns_when_it_gets_worse_and_says_so(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    seen = attention(filled, actor, EVERYONE).seen(worst)
    milder = replace(seen, flag=replace(seen.flag, red=0, levels=(), max_abs_z=0.0))
    act(filled, actor, worst, "snooze", seen=milder, until=last_hidden(filled, 7))
    found = attention(filled, actor, EVERYONE)
    assert found.state(worst) == "worse"
    assert not found.aside
    assert "returned: worse than when it was snoozed on" in words(run())


def test_two_sessions_that_act_on_one_person_do_not_overrule_each_other_unseen(
    filled: Application,  # noqa: F811
    actor: Actor,
    worst: str,
) -> None:
    one, other = opened(run(), worst), opened(run(), worst)
    one.button(key="acting_done_Done").click().run()
    other.button(key="acting_snooze_A week").click().run()
    assert not other.exception
    assert "in the meantime" in other.warning[0].value
    assert did(filled, actor, worst) == ["done"]
    seen = attention(filled, actor, EVERYONE).seen(worst)
    with pytest.raises(ActedMeanwhile, match="local marked it done"):
        act(filled, actor, worst, "reopen", seen=replace(seen, last=None))
    act(filled, actor, worst, "note", seen=replace(seen, last=None), text="Seen by both.")
    assert did(filled, actor, worst) == ["note", "done"]


@pytest.mark.parametrize("note", NOTES)
def test_a_note_may_hold_anything(filled: Application, actor: Actor, worst: str, note: str) -> None:  # noqa: F811
    act(filled, actor, worst, "note", seen=attention(filled, actor, EVERYONE).seen(worst), text=note)
    filled.store.update_person(filled.organisation, replace(filled.person(worst), name=note))
    for app in (opened(run(), worst), run("person.py", person=worst)):
        assert not app.exception
        said = words(app)
        assert escape(note) in said
        assert note == escape(note) or note not in said


def test_the_person_page_has_the_history_newest_first(filled: Application, actor: Actor, worst: str) -> None:  # noqa: F811
    assert "Nothing was noted or done about a flag yet" in words(run("person.py", person=worst))
    seen = attention(filled, actor, EVERYONE).seen(worst)
    act(filled, actor, worst, "note", seen=seen, text="First.")
    act(filled, actor, worst, "done", seen=seen, text="Second.")
    said = plain(words(run("person.py", person=worst))).replace("\\", "")
    assert "What was noticed and done" in said
    assert said.index("Second.") < said.index("First.")


def test_who_is_missing_has_a_reason(filled: Application, actor: Actor) -> None:  # noqa: F811
    add_person(filled, actor, NewPerson(vendor_id="G-new", name="Zoe <b>", zone="UTC"))
    day = attention(filled, actor, EVERYONE).day
    found = missing(filled, day.overview)
    states = [row["last_state"] for _, row in day.in_order]
    assert len(found) == len(states) - states.count("valid")
    assert {each.name: each.reason for each in found}["Zoe <b>"] == "Never synchronised yet."
    app = run()
    app.session_state[f"home_missing_{EVERYONE}"] = True
    app.run()
    assert not app.exception
    assert "Never synchronised yet\\." in words(app)


def test_a_cohort_without_anybody_says_what_to_do(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nocturne.views.cohort_people", lambda *_, **__: ())
    app = run()
    assert not app.exception
    assert app.title[0].value == "Nobody is in this cohort"
    assert "Choose another" in words(app)
    assert "Show everyone" in [button.label for button in app.button]


def test_before_the_first_night_home_says_what_to_do(empty: Application, actor: Actor) -> None:  # noqa: F811
    add_person(empty, actor, NewPerson(vendor_id="G-1", name="Noa", zone="UTC"))
    app = run()
    assert not app.exception
    assert "has arrived yet" in plain(app.title[0].value)
    assert "There is nothing to look at before the first nights are here" in words(app)


def test_while_only_statistics_are_here_home_says_so(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_stages(*args: Any, **wanted: Any) -> Delivered:
        return replace(delivered(*args, **wanted), staged=0)

    assert "vendor's own statistics, and so do the flags" not in words(run())
    monkeypatch.setattr("nocturne.delivered.delivered", without_stages)
    assert "vendor's own statistics, and so do the flags" in words(run())


def test_everybody_dealt_with_is_not_everybody_well(filled: Application, actor: Actor) -> None:  # noqa: F811
    found = attention(filled, actor, EVERYONE)
    for who, row in found.day.in_order:
        if row["attention"]:
            act(filled, actor, who, "done", seen=found.seen(who))
    app = run()
    assert not app.exception
    assert "Nobody else needs attention" in plain(app.title[0].value)
    assert "has been dealt with" in words(app)


def test_at_most_three_who_are_better_than_usual_stand_beside_the_list(
    filled: Application,  # noqa: F811
    actor: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day = attention(filled, actor, EVERYONE).day
    assert "Better than usual" not in words(run()) or any(row["better"] for _, row in day.in_order)
    better = [
        (who, {**row, "better": ("efficiency 5 points higher, 7 nights",)}) for who, row in day.in_order
    ]
    monkeypatch.setitem(vars(day), "in_order", tuple(better))
    said = words(run())
    assert "Better than usual" in said
    assert said.count("Efficiency 5 points higher, 7 nights") == 3
