"""Live: who is asleep now and how far each night is, what is said when nobody is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from analytics.live_night import PROVISIONAL
from analytics.wording import plural
from nocturne import application as applications
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.live import LiveView, live_view
from nocturne.webhook_health import WebhookHealth, health_now
from pages import live_aside, live_parts, live_people
from pages.parts import escape
from tests.nocturne.conftest import NOW, UNTIL, make_application, simulator  # noqa: F401
from tests.nocturne.nights_under_way import ASLEEP, announces, arrival, buried, opens
from tests.pages.lives import night
from tests.pages.test_pages import empty, filled, plain, run, ways, words  # noqa: F401
from tests.pages.test_parts import HOSTILE


def strips(app: AppTest) -> list[str]:
    """The alternative texts of the strips, in the order of the page."""
    return [image.alt for element in app.get("image") for image in element.proto.imgs]


def title(app: AppTest) -> str:
    (found,) = app.title
    return plain(found.value)


def test_live_says_that_nobody_is_recording_and_how_that_would_change(filled: Application) -> None:  # noqa: F811
    app = run("live.py")
    assert not app.exception
    assert title(app) == "Nobody is recording now"
    said = plain(words(app))
    assert "none has arrived yet" in said
    assert "No webhook has arrived yet" in said
    assert "have last night here" in said
    assert "Webhooks in Admin" in ways(app)


def test_after_the_first_event_the_calm_page_says_when_the_last_one_came(filled: Application) -> None:  # noqa: F811
    filled.inbox.accept([arrival(filled, "G-1")])
    said = plain(words(run("live.py"))).replace("\\", "")
    assert (
        "Whoever begins to record appears here by itself, some minutes after the start. The last event came at "
        "Wed 11 Mar 18:00." in said
    )
    assert "none has arrived yet" not in said


def test_live_shows_who_is_asleep_and_how_far_the_night_is(filled: Application) -> None:  # noqa: F811
    announces(filled)
    first, second, *_ = filled.people()
    opens(filled, first, began_min=125, stages=ASLEEP, without=(3, 4), zone="Europe/Berlin")
    opens(filled, second, began_min=3, session_id="20260311175700_live1")
    app = run("live.py")
    assert not app.exception
    assert title(app) == "1 person is asleep now"
    said = plain(words(app)).replace("\\", "")
    assert "2 recording: 1 asleep, 1 not known yet" in said
    assert f"All of it is {PROVISIONAL}." in said
    assert "since 16:55 · 2 h 5 min · 19:00 there now" in said
    assert "In REM sleep at 18:55" in said
    assert "Asleep 1 h 40 min so far" in said
    assert "10 min not known, in 1 gap (8 %)" in said
    assert "No stages yet" in said
    alts = [plain(alt) for alt in strips(app)]
    assert "3 min so far; no stages have arrived yet." in alts[0]
    assert "stages until 18:55, 92 % of them known" in alts[1]
    assert {escape(first.name), escape(second.name)} <= {
        label.removeprefix(":blue[**").removesuffix("**]") for label in ways(app)
    }


def test_a_score_is_never_given_to_a_night_under_way(filled: Application) -> None:  # noqa: F811
    opens(filled, filled.people()[0], began_min=125, stages=ASLEEP)
    app = run("live.py")
    assert not app.metric
    (alt,) = strips(app)
    said = plain(words(app)).replace("\\", "")
    assert PROVISIONAL in said, "it says that a score comes later, and nothing else speaks of one"
    of_the_night = f"{said.replace(PROVISIONAL, '')} {plain(alt)}".lower()
    assert "asleep 1 h 50 min so far" in of_the_night
    judgements = ("score", "grade", "efficiency", "valid", "good", "poor", "short night", "usual", "target")
    assert not [
        word for word in judgements if word in of_the_night.replace("usually have a night by now", "")
    ]


def state(application: Application) -> tuple[LiveView, WebhookHealth]:
    actor = local_actor(application.organisation)
    return live_view(application, actor), health_now(application, actor)


def as_shown(view: LiveView, health: WebhookHealth) -> dict[str, object]:
    return {
        live_parts.TITLE: live_parts.of_title(view),
        live_parts.NIGHTS: live_parts.of_nights(view, health),
        live_parts.ARRIVED: live_parts.of_arrived(view),
        live_parts.AWAITED: live_parts.of_awaited(view),
        live_parts.HEALTH: live_parts.of_health(health),
    }


def test_every_part_of_the_page_notes_what_it_shows(filled: Application) -> None:  # noqa: F811
    app = run("live.py")
    assert set(app.session_state["live_shown"]) == set(as_shown(*state(filled)))
    assert live_parts.parts_changed(app.session_state["live_shown"], *state(filled)) == []


def test_the_words_of_an_empty_page_go_with_what_comes(filled: Application) -> None:  # noqa: F811
    shown = as_shown(*state(filled))
    filled.inbox.accept([arrival(filled, "G-1")])
    assert live_parts.parts_changed(shown, *state(filled)) == [live_parts.NIGHTS, live_parts.HEALTH]


def test_beside_nights_under_way_events_draw_the_words_about_them_alone(filled: Application) -> None:  # noqa: F811
    opens(filled, filled.people()[0], began_min=40, stages=ASLEEP[:60])
    shown = as_shown(*state(filled))
    filled.inbox.accept([arrival(filled, "G-1")])
    assert live_parts.parts_changed(shown, *state(filled)) == [live_parts.HEALTH]


def test_a_count_that_nobody_reads_draws_nothing_anew(filled: Application) -> None:  # noqa: F811
    first = arrival(filled, "G-1")
    filled.inbox.accept([first])
    view, health = state(filled)
    filled.inbox.accept([replace(first, body=b"another")])
    _, later = state(filled)
    assert later != health, "it was sent again with another content"
    assert live_parts.parts_changed(as_shown(view, health), view, later) == []


def test_what_is_off_on_purpose_is_nothing_to_look_at(
    make_application: Callable[..., Application],  # noqa: F811
    filled: Application,  # noqa: F811
) -> None:
    buried(filled, filled.people()[0].vendor_id)
    settings = filled.settings.model_copy(update={"nocturne_webhooks": "off"})
    applications.register(replace(filled, settings=settings), request_sync=lambda: None)
    said = words(run("live.py"))
    assert "Webhooks are switched off" in said
    assert "needs a look" not in said


def test_the_fold_says_how_many_it_holds_and_what_is_not_in_it(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_aside, "_SHOWN", 1)
    monkeypatch.setattr(live_aside, "_LISTED", 3)
    total = len(state(filled)[0].arrived)
    assert total > 3
    app = run("live.py")
    app.session_state["live_arrived_more"] = True
    app.run()
    (fold,) = (each for each in app.expander if each.label.endswith("more"))
    assert fold.label == "2 more"
    assert len(fold.get("page_link")) == 3, "two people, and the way to everybody"
    rest = plural(total - 3, "more sleep")
    assert f"And {rest}." in words(app).replace("\\", "")
    assert "Cohort's map shows everybody" in ways(app)


def test_on_a_phone_fewer_who_are_missing_are_named_and_home_has_the_rest(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_aside, "_SHOWN_NARROW", 1)
    assert len(state(filled)[0].awaited) == 2
    app = run("live.py")
    assert "Home says who is missing, and why" not in ways(app)
    app.session_state["narrow_window"] = True
    app.run()
    assert "And 1 more person." in plain(words(app)).replace("\\", "")
    assert "Home says who is missing, and why" in ways(app)


def test_a_name_may_hold_anything_on_live(filled: Application) -> None:  # noqa: F811
    person = filled.people()[0]
    filled.store.update_person(filled.organisation, replace(person, name=HOSTILE))
    opens(filled, filled.person(person.person_id), began_min=40, stages=ASLEEP[:60])
    app = run("live.py")
    assert not app.exception
    assert f":blue[**{escape(HOSTILE)}**]" in ways(app)


def test_many_people_are_turned_over_in_pages(filled: Application, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(live_people, "_CARDS", 3)
    monkeypatch.setattr(live_people, "_ROWS_PER_PAGE", 2)
    announces(filled)
    for place, person in enumerate(filled.people()[:5]):
        opens(filled, person, began_min=30 + place, session_id=f"20260311173000_live{place}")
    app = run("live.py")
    assert not app.exception
    assert title(app) == "5 people are recording now"
    assert len(strips(app)) == 2
    first = strips(app)
    app.query_params["page"] = "3"
    last = strips(app.run())
    assert len(last) == 1
    app.query_params["page"] = "9"
    assert strips(app.run()) == last, "there are fewer by now"
    app.query_params["page"] = "next"
    assert strips(app.run()) == first


def test_where_there_are_many_each_has_a_row_and_the_strip_says_the_rest(
    filled: Application,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    announces(filled)
    first, second, *_ = filled.people()
    opens(filled, first, began_min=125, stages=ASLEEP, without=(3, 4), zone="UTC")
    opens(filled, second, began_min=60, stages=ASLEEP[:100], zone="UTC", session_id="another")
    monkeypatch.setattr(live_people, "_CARDS", 1)
    app = run("live.py")
    said = plain(words(app)).replace("\\", "")
    assert "since 15:55" in said
    assert "so far" not in said
    (alt,) = (plain(alt) for alt in strips(app) if "since 15:55" in alt.replace("\u00a0", " "))
    assert "Deep 30 min" in alt
    assert "10 min not known, in 1 gap (8 %)" in alt


def test_whom_nothing_is_heard_of_stands_first_and_in_orange(
    make_application: Callable[..., Application],  # noqa: F811
    filled: Application,  # noqa: F811
) -> None:
    announces(filled)
    first, second, *_ = filled.people()
    opens(filled, first, began_min=300, stages=ASLEEP, zone="UTC")
    opens(filled, second, began_min=60, stages=ASLEEP[:100], zone="UTC", session_id="another")
    later = make_application(now=NOW + timedelta(minutes=6))
    applications.register(later, request_sync=lambda: None)
    said = plain(words(run("live.py"))).replace("\\", "")
    assert ":orange-badge[No sign]" in said
    assert said.index("No sign") < said.index("In light sleep at")
    assert "since 13:00 · until 15:00" in said
    assert "Asleep 1 h 50 min until 15:00" in said


def test_without_webhooks_the_title_says_of_when_it_is(filled: Application) -> None:  # noqa: F811
    opens(filled, filled.people()[0], began_min=60, stages=ASLEEP[:100])
    app = run("live.py")
    assert title(app) == "1 person was recording at the last synchronisation"
    assert "As of Wed 11 Mar 18:00 · " in plain(words(app)).replace("\\", "")
    assert "-badge[In light sleep" in plain(words(app))
    assert ":blue-badge" not in words(app)


def test_what_came_at_one_moment_says_it_once(filled: Application) -> None:  # noqa: F811
    said = plain(words(run("live.py"))).replace("\\", "")
    assert "all came at Wed 11 Mar 18:00" in said
    assert said.count("Wed 11 Mar 18:00") == 1


@pytest.mark.parametrize("well", [True, False])
def test_on_a_phone_what_needs_a_look_comes_before_the_nights(filled: Application, well: bool) -> None:  # noqa: F811
    announces(filled)
    opens(filled, filled.people()[0], began_min=60, stages=ASLEEP[:100])
    if not well:
        buried(filled, filled.people()[0].vendor_id)
    app = run("live.py")
    app.session_state["narrow_window"] = True
    app.run()
    said = plain("\n".join(str(getattr(each, "value", "")) for each in app.main))
    nights = ["In light sleep", "last night here"]
    expected = (
        ["still missing", *nights, "Webhooks arrive"] if well else ["still missing", "not be used", *nights]
    )
    assert sorted(expected, key=said.index) == expected


def test_a_card_on_another_page_and_seconds_draw_nothing_anew(
    filled: Application,  # noqa: F811
    make_application: Callable[..., Application],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_people, "_CARDS", 1)
    monkeypatch.setattr(live_people, "_ROWS_PER_PAGE", 1)
    first, second, *_ = filled.people()
    opens(filled, first, began_min=30, stages=ASLEEP[:50])
    opens(filled, second, began_min=60, stages=ASLEEP[:50], session_id="20260311170000_live1")
    shown = as_shown(*state(filled))
    opens(filled, second, began_min=60, stages=ASLEEP[:60], session_id="20260311170000_live1")
    seconds = make_application(now=NOW + timedelta(seconds=20))
    assert live_parts.parts_changed(shown, *state(seconds)) == []
    opens(filled, first, began_min=30, stages=ASLEEP[:60])
    assert live_parts.parts_changed(shown, *state(seconds)) == [live_parts.NIGHTS]
    minute = make_application(now=NOW + timedelta(seconds=80))
    assert live_parts.NIGHTS in live_parts.parts_changed(as_shown(*state(filled)), *state(minute))


def test_two_people_may_have_sessions_of_one_name(filled: Application) -> None:  # noqa: F811
    first, second, *_ = filled.people()
    for person in (first, second):
        opens(filled, person, began_min=30, stages=ASLEEP[:50])
        filled.archive.put(
            filled.organisation,
            person.person_id,
            zone=person.zone,
            results=[night(UNTIL + timedelta(days=1))],
            received=NOW,
            synced_at=NOW,
        )
    app = run("live.py")
    assert not app.exception
    assert len(strips(app)) == 2
    assert {first.name, second.name} <= {each.name for each in state(filled)[0].arrived}


def test_silence_is_said_and_nobody_is_called_asleep_for_it(
    make_application: Callable[..., Application],  # noqa: F811
    filled: Application,  # noqa: F811
) -> None:
    announces(filled)
    opens(filled, filled.people()[0], began_min=130, stages=ASLEEP, zone="UTC")
    later = make_application(now=NOW + timedelta(minutes=75))
    applications.register(later, request_sync=lambda: None)
    app = run("live.py")
    assert title(app) == "Nobody is known to be recording"
    assert "Nothing after 17:50: it may have ended" in plain(words(app)).replace("\\", "")
    assert "No sign" in words(app)


def test_what_is_wrong_with_webhooks_stands_beside(filled: Application) -> None:  # noqa: F811
    buried(filled, filled.people()[0].vendor_id)
    said = plain(words(run("live.py")))
    assert "2 events could not be used" in said
    assert "needs a look" in said


def test_an_inbox_that_cannot_be_read_is_a_sentence_and_no_fault(filled: Application) -> None:  # noqa: F811
    run("live.py")
    filled.inbox.close()
    broken = filled.settings.folder / "inbox.sqlite3"
    for path in broken.parent.glob("inbox.sqlite3*"):
        path.unlink()
    broken.mkdir()
    app = run("live.py")
    assert not app.exception
    assert "cannot be read" in plain(words(app))
