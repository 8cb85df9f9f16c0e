"""How webhooks are doing is said in sentences that follow from what is counted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from nocturne.access import Actor, NotAllowed, local_actor
from nocturne.application import Application
from nocturne.dead_letters import given_up, try_again, unknown_people
from nocturne.webhook_health import health_now, webhook_health
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
    assert "NOCTURNE_WEBHOOKS is off" in said(off, actor)


def test_what_comes_and_waits_is_counted(application: Application, actor: Actor) -> None:
    application.inbox.accept([arrival(application, "G-1", seq=seq) for seq in range(3)])
    health = health_now(application, actor)
    assert health.well
    assert health.title == "Webhooks arrive as they should"
    assert said(application, actor) == (
        "The last event came at 18:00; 3 events since midnight UTC. 3 events wait for the worker at this moment."
    )


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
    assert "the oldest since 18:00 (20 min): the worker does not run" in said(late, actor)


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


def test_who_may_not_synchronise_may_not_look_into_the_inbox(application: Application) -> None:
    stranger = local_actor("another")
    for ask in (given_up, try_again, unknown_people, health_now, webhook_health):
        with pytest.raises(NotAllowed):
            ask(application, stranger)
