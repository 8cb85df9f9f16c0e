"""How webhooks are doing is said in sentences that follow from what is counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from nocturne.access import ROLES, Actor, NotAllowed, Permission, local_actor
from nocturne.application import Application
from nocturne.dead_letters import causes, given_up, try_again, unknown_people
from nocturne.webhook_health import health_now, webhook_health
from store.inbox import Leased
from tests.nocturne.conftest import NOW
from tests.nocturne.nights_under_way import arrival, buried


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def said(application: Application, actor: Actor) -> str:
    return plain(" ".join(health_now(application, actor).sentences(lambda moment: f"{moment:%H:%M}")))


def test_before_the_first_event_there_is_what_to_do(application: Application, actor: Actor) -> None:
    health = health_now(application, actor)
    assert health.title == "No webhook has arrived yet"
    assert not health.ever
    assert "Admin has the address." in said(application, actor)


def test_when_they_are_off_that_is_said(application: Application, actor: Actor) -> None:
    off = replace(application, settings=application.settings.model_copy(update={"nocturne_webhooks": "off"}))
    assert health_now(off, actor).title == "Webhooks are switched off"
    assert said(off, actor) == (
        "NOCTURNE_WEBHOOKS is off: nights come by synchronisation alone, and who is recording is known as of the last "
        "one."
    )


def test_what_comes_and_waits_is_counted(application: Application, actor: Actor) -> None:
    application.inbox.accept([arrival(application, "G-1", seq=seq) for seq in range(3)])
    health = health_now(application, actor)
    assert health.well
    assert health.title == "Webhooks arrive as they should"
    assert said(application, actor) == (
        "The last event came at 18:00; 3 events since midnight UTC. The worker keeps up."
    )


def test_what_has_just_come_does_not_wait_and_after_half_a_minute_it_does(
    make_application: Callable[..., Application], actor: Actor
) -> None:
    make_application().inbox.accept([arrival(make_application(), "G-1")])
    told = [
        said(make_application(now=NOW + timedelta(seconds=passed)), actor).split(". ")[-1]
        for passed in (0, 29, 31)
    ]
    assert told == [
        "The worker keeps up.",
        "The worker keeps up.",
        "1 event waits for the worker at this moment.",
    ]


def test_what_waits_too_long_says_that_nobody_works_it_off(
    make_application: Callable[..., Application], actor: Actor
) -> None:
    make_application().inbox.accept([arrival(make_application(), "G-1")])
    soon = make_application(now=NOW + timedelta(minutes=10))
    assert health_now(soon, actor).well
    late = make_application(now=NOW + timedelta(minutes=20))
    health = health_now(late, actor)
    assert not health.well
    assert health.title == "Webhooks arrive and wait"
    assert "1 event waits, due since 18:00 (20 min): the worker does not run" in said(late, actor)
    late.inbox.accept([arrival(late, "G-1", seq=seq) for seq in (5, 6)])
    assert "3 events wait, the first of them due since 18:00 (20 min)" in said(late, actor)


def leased(application: Application) -> Leased:
    (found,) = application.inbox.lease(
        application.organisation, application.settings.asleep_environment, worker="w"
    )
    return found


def test_an_analysis_that_takes_its_time_is_no_worker_that_does_not_run(
    make_application: Callable[..., Application], actor: Actor
) -> None:
    make_application().inbox.accept([arrival(make_application(), "G-1")])
    late = make_application(now=NOW + timedelta(minutes=40))
    event = leased(late)
    again = NOW + timedelta(minutes=45)
    late.inbox.put_off(event, error="The analysis is not finished.", next_at=again, counts=False)
    assert health_now(late, actor).well
    assert "1 event waits for the vendor: it has not finished its analysis" in said(late, actor)
    assert not health_now(make_application(now=again + timedelta(minutes=16)), actor).well


@pytest.mark.parametrize("how", ["replayed", "joined"])
def test_an_old_event_that_is_taken_up_again_is_due_from_then_on(
    make_application: Callable[..., Application], actor: Actor, how: str
) -> None:
    application = make_application()
    application.inbox.accept([arrival(application, "G-1")])
    mine = application.organisation, application.settings.asleep_environment
    later = make_application(now=NOW + timedelta(hours=30))
    if how == "replayed":
        application.inbox.bury(leased(application), error="The vendor does not know this session.")
        assert later.inbox.replay(*mine) == 1
    else:
        application.inbox.quarantine(leased(application))
        assert later.inbox.join(*mine, ["G-1"]) == 1
    assert health_now(later, actor).well
    assert "The worker keeps up." in said(later, actor)
    soon = make_application(now=NOW + timedelta(hours=30, minutes=1))
    assert "1 event waits for the worker at this moment." in said(soon, actor)
    assert not health_now(make_application(now=NOW + timedelta(hours=30, minutes=16)), actor).well


def test_several_are_spoken_of_as_several(application: Application, actor: Actor) -> None:
    application.inbox.accept([arrival(application, f"G-{n}") for n in range(2)])
    for event in application.inbox.lease(
        application.organisation, application.settings.asleep_environment, worker="w"
    ):
        application.inbox.quarantine(event)
    application.inbox.accept([arrival(application, f"G-{n}", seq=n, kind="other") for n in (3, 4)])
    sentences = said(application, actor)
    assert "2 events are about people who are not on the roster" in sentences
    assert (
        "2 events are of a kind that Nocturne does not know; kept, and nothing is done with them."
        in sentences
    )


def test_what_is_off_on_purpose_needs_no_look(application: Application, actor: Actor) -> None:
    buried(application, "G-1")
    assert not health_now(application, actor).well
    off = replace(application, settings=application.settings.model_copy(update={"nocturne_webhooks": "off"}))
    assert health_now(off, actor).well


def test_what_nobody_could_use_is_said_one_by_one(application: Application, actor: Actor) -> None:
    buried(application, "G-1", count=2)
    application.inbox.accept([arrival(application, "G-2", seq=7), arrival(application, "G-3", kind="other")])
    (waiting,) = application.inbox.lease(
        application.organisation, application.settings.asleep_environment, worker="w"
    )
    application.inbox.quarantine(waiting)
    health = health_now(application, actor)
    assert plain(health.title) == "2 events could not be used"
    sentences = said(application, actor)
    assert "2 events were given up" in sentences
    assert "1 event is about somebody who is not on the roster" in sentences
    assert "1 event is of a kind that Nocturne does not know" in sentences
    assert unknown_people(application, actor) == 1


def test_open_pages_share_a_count_for_some_seconds(application: Application, actor: Actor) -> None:
    assert webhook_health(application, actor) is webhook_health(application, actor)


def test_what_was_given_up_is_named_and_tried_again(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    buried(filled, person.vendor_id, count=2)
    first, second = given_up(filled, actor)
    assert (first.name, first.error) == (person.name, "The vendor does not know this session.")
    assert try_again(filled, actor, [second.event_id]) == 1
    assert given_up(filled, actor) == (first,)
    assert try_again(filled, actor) == 1
    assert given_up(filled, actor) == ()
    assert health_now(filled, actor).state.waiting == 2


def test_events_are_grouped_by_why_they_were_given_up(filled: Application, actor: Actor) -> None:
    first, second, *_ = filled.people()
    buried(filled, first.vendor_id, count=1)
    mine = filled.organisation, filled.settings.asleep_environment
    whose = (second.vendor_id, "G-stranger", second.vendor_id, first.vendor_id)
    filled.inbox.accept([arrival(filled, vendor_id, seq=7 + at) for at, vendor_id in enumerate(whose)])
    for leased in filled.inbox.lease(*mine, worker="w"):
        filled.inbox.bury(leased, error="The log says where.")
    most, one = causes(given_up(filled, actor))
    assert (most.error, len(most.letters), most.of_nobody) == ("The log says where.", 4, 1)
    assert most.names == tuple(sorted((first.name, second.name)))
    assert (one.error, one.names, one.of_nobody) == (
        "The vendor does not know this session.",
        (first.name,),
        0,
    )
    assert most.oldest_at == most.last_at == NOW
    assert causes(()) == ()


def test_who_may_not_synchronise_may_not_look_into_the_inbox(
    filled: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    buried(filled, filled.people()[0].vendor_id)
    monkeypatch.setitem(ROLES, "reader", frozenset(Permission) - {Permission.SYNCHRONISE})
    reader = replace(actor, role="reader")
    for ask in (given_up, try_again, unknown_people):
        with pytest.raises(NotAllowed):
            ask(filled, reader)
    assert health_now(filled, reader).state.dead == webhook_health(filled, reader).state.dead == 2
    assert len(given_up(filled, actor)) == 2, "nothing was tried again for them"


def test_who_may_not_see_people_is_told_nothing_of_webhooks(
    application: Application, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROLES, "clerk", frozenset(Permission) - {Permission.SEE_PEOPLE})
    for stranger in (local_actor("another"), replace(actor, role="clerk")):
        for ask in (health_now, webhook_health):
            with pytest.raises(NotAllowed):
                ask(application, stranger)
    for inside in (given_up, try_again, unknown_people):
        with pytest.raises(NotAllowed):
            inside(application, local_actor("another"))
