"""What is known of nights under way, and what late, old and foreign answers do to it."""

import pytest

from nocturne.erasure import erase_person
from nocturne.inbox_worker import InboxWorker
from nocturne.roster import add_person
from nocturne.tombstones import mark
from store.errors import StoreUnavailable
from store.inbox import Gone
from store.people import NewPerson
from tests.nocturne.inbox_worker.scene import LIMIT_S, Scene
from tests.nocturne.webhooks import (
    attempts,
    whole_nights,
)


def test_a_night_that_could_not_be_opened_at_first_is_opened_later(
    scene: Scene, worker: InboxWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=20)
    scene.accept(*scene.blocks(person, session, [0]))

    def locked(*_: object) -> bool:
        raise StoreUnavailable("The database is locked.")

    with monkeypatch.context() as broken:
        broken.setattr(type(scene.application.inbox), "settle", locked)
        worker.run_once()
    assert attempts(scene.application) == [0], "a locked database is not the event's fault"
    scene.accept(*scene.blocks(person, session, [1]))
    scene.clock.pass_by(minutes=1)
    worker.run_once()
    assert {each.seq for each in scene.live()[session].blocks} >= {0, 1}


def test_late_blocks_of_a_session_of_last_week_are_asked_about_once_and_have_no_effect(
    scene: Scene, worker: InboxWorker
) -> None:
    person = scene.people[0]
    first = whole_nights(scene.vendor, person)[0].id
    scene.clock.pass_by(days=4)
    for seq in range(3):
        scene.accept(*scene.blocks(person, first, [seq]))
        worker.run_once()
    assert scene.client.sessions_asked == [first]
    assert scene.live() == {}
    assert scene.done == 3


def test_the_end_of_a_session_of_last_week_counts_although_its_analysis_takes_long(
    scene: Scene, worker: InboxWorker
) -> None:
    person = scene.people[0]
    first = whole_nights(scene.vendor, person)[0].id
    scene.diary.record(first, epochs=300)
    scene.clock.pass_by(days=4)
    scene.accept(scene.complete(person, first), *scene.blocks(person, first, [0]))
    worker.run_once()
    assert (scene.state.waiting, scene.done) == (1, 1)
    assert scene.live() == {}, "it began too long ago to be shown"
    scene.diary.finish(first)
    scene.clock.pass_by(minutes=6)
    worker.run_once()
    assert scene.kept(person) == {first: "COMPLETE"}
    assert scene.state.waiting == 0


def test_a_night_that_another_process_has_let_go_of_is_asked_about_again(
    scene: Scene, worker: InboxWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nocturne.known_nights.HOLD_S", 0.0)
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=20)
    scene.accept(*scene.blocks(person, session, [0]))
    worker.run_once()
    gone = Gone(vendor_id=person.vendor_id, session_id=session)
    environment = scene.application.settings.asleep_environment
    of_person = mark(scene.application, person.vendor_id)
    scene.application.inbox.live.apply(scene.application.organisation, environment, gone, mark=of_person)
    scene.accept(*scene.blocks(person, session, [1]))
    worker.run_once()
    assert scene.client.sessions_asked == [session, session]
    assert {each.seq for each in scene.live()[session].blocks} == {1}


def test_who_was_erased_and_added_again_is_asked_about_and_shown(
    scene: Scene, worker: InboxWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nocturne.known_nights.HOLD_S", 0.0)
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=20)
    scene.accept(*scene.blocks(person, session, [0]))
    worker.run_once()
    erase_person(scene.application, scene.actor, person.person_id, at_vendor=False)
    new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
    add_person(scene.application, scene.actor, new)
    scene.accept(*scene.blocks(person, session, [1]))
    worker.run_once()
    assert {each.seq for each in scene.live()[session].blocks} == {1}


def test_a_worker_whose_roster_is_a_moment_old_loses_no_night_of_who_was_added_again(
    scene: Scene, worker: InboxWorker
) -> None:
    person = scene.people[0]
    session = scene.night(person)
    before = worker._roster()
    erase_person(scene.application, scene.actor, person.person_id, at_vendor=False)
    new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
    again = add_person(scene.application, scene.actor, new)
    scene.accept(scene.complete(person, session))
    leased = scene.application.inbox.lease(
        scene.application.organisation, "live", worker=worker._worker, lease_s=60
    )
    worker._events.do(leased, before)
    assert worker._events.wait(LIMIT_S)
    assert (scene.state.waiting, scene.done) == (1, 0)
    assert attempts(scene.application) == [0]
    assert scene.live() == {}, "what is not in the archive is not complete here"
    scene.clock.pass_by(minutes=1)
    worker.run_once()
    assert scene.kept(again) == {session: "COMPLETE"}
