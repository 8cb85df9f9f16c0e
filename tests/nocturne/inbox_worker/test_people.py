"""Events about people who are not there yet, not there any more, or there again."""

from collections.abc import Iterable

import pytest

from nocturne.application import Application
from nocturne.erasure import erase_person, erase_session
from nocturne.inbox_worker import InboxWorker
from nocturne.roster import add_person
from store.people import NewPerson
from tests.nocturne.inbox_worker.scene import Scene, at_work
from tests.nocturne.webhooks import (
    complete,
    whole_nights,
)


def test_events_about_somebody_unknown_wait_until_the_person_is_added(
    scene: Scene, worker: InboxWorker
) -> None:
    stranger = scene.people[0]
    session = scene.night(stranger)
    scene.application.store.remove_person(scene.application.organisation, stranger.person_id)
    scene.accept(scene.complete(stranger, session), *scene.blocks(stranger, session, [0]))
    worker.run_once()
    assert scene.state.quarantined == 2
    assert scene.client.asked == []
    new = NewPerson(vendor_id=stranger.vendor_id, name="Robin", zone="Europe/Berlin")
    added = add_person(scene.application, scene.actor, new)
    assert scene.state.waiting == 2
    worker.run_once()
    assert scene.kept(added) == {session: "COMPLETE"}
    assert (scene.state.quarantined, scene.done) == (0, 2)


def test_a_person_who_comes_by_another_way_is_joined_by_the_worker_itself(
    scene: Scene, worker: InboxWorker
) -> None:
    stranger, organisation = scene.people[0], scene.application.organisation
    session = scene.night(stranger)
    scene.application.store.remove_person(organisation, stranger.person_id)
    scene.accept(scene.complete(stranger, session))
    worker.run_once()
    new = NewPerson(vendor_id=stranger.vendor_id, name="Robin", zone="UTC")
    added = scene.application.store.add_person(organisation, new)
    worker.run_once()
    assert scene.kept(added) == {session: "COMPLETE"}


def test_who_stays_unknown_for_a_week_is_let_go_of(scene: Scene, worker: InboxWorker) -> None:
    scene.accept(complete(scene.application, "G-20260101000000-nobodyKnowsThem", "20260310220000_abcde"))
    worker.run_once()
    assert scene.state.quarantined == 1
    scene.clock.pass_by(days=8)
    worker._purge()
    assert scene.state.quarantined == 0


def test_a_person_who_was_erased_stays_erased_whatever_is_delivered_again(
    scene: Scene, worker: InboxWorker
) -> None:
    person, other = scene.people[:2]
    *_, before, newest = [session.id for session in whole_nights(scene.vendor, person)]
    scene.diary.record(newest, epochs=40)
    events = [
        *scene.blocks(person, newest, range(4)),
        scene.complete(person, before),
        scene.complete(person, newest),
        scene.complete(other, scene.night(other)),
    ]
    scene.accept(*events)
    worker.run_once()
    assert scene.kept(person) == {before: "COMPLETE"}
    assert set(scene.live()) == {newest, scene.night(other)}
    marks = [person.vendor_id.encode(), newest.encode(), before.encode()]
    assert traces(scene.application, marks)
    erase_person(scene.application, scene.actor, person.person_id, at_vendor=True)
    for again in (events, events[::-1]):
        scene.accept(*again)
        worker.run_once()
    assert set(scene.live()) == {scene.night(other)}
    assert traces(scene.application, marks) == []
    assert (scene.state.waiting, scene.state.quarantined, scene.state.dead) == (0, 0, 0)


@pytest.mark.parametrize("state", ["recording", "complete"])
def test_a_person_who_is_erased_while_the_vendor_is_asked_leaves_nothing(scene: Scene, state: str) -> None:
    person = scene.people[0]
    session, actor = scene.night(person), scene.actor
    if state == "recording":
        scene.diary.record(session, epochs=40)

    def erased(_: str) -> None:
        erase_person(scene.application, actor, person.person_id, at_vendor=False)

    scene.client.before_session = erased
    scene.accept(*scene.blocks(person, session, range(2)), scene.complete(person, session))
    with at_work(scene.application) as worker:
        worker.run_once()
    assert scene.live() == {}
    assert scene.application.archive.known(scene.application.organisation, person.person_id) == {}
    marks = [person.vendor_id.encode(), session.encode(), person.person_id.encode()]
    assert traces(scene.application, marks) == []
    assert (scene.state.waiting, scene.done, scene.state.dead) == (0, 0, 0)


def traces(application: Application, marks: Iterable[bytes]) -> list[str]:
    """The files below the data folder that hold any of the marks."""
    files = [path for path in application.settings.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(mark in path.read_bytes() for mark in marks)]


def test_somebody_who_is_added_again_is_heard_of_again(scene: Scene, worker: InboxWorker) -> None:
    person = scene.people[0]
    session = scene.night(person)
    erase_person(scene.application, scene.actor, person.person_id, at_vendor=False)
    scene.accept(scene.complete(person, session))
    assert scene.state.last_received_at is None, "nothing was kept"
    new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
    again = add_person(scene.application, scene.actor, new)
    scene.accept(scene.complete(person, session))
    worker.run_once()
    assert scene.kept(again) == {session: "COMPLETE"}


def test_a_mark_that_stayed_by_mistake_is_taken_away_again(scene: Scene, worker: InboxWorker) -> None:
    person, organisation = scene.people[0], scene.application.organisation
    erase_person(scene.application, scene.actor, person.person_id, at_vendor=False)
    new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
    again = scene.application.store.add_person(
        organisation, new
    )  # and the process ended before the inbox knew
    session = scene.night(person)
    worker._purge()
    scene.accept(scene.complete(person, session))
    worker.run_once()
    assert scene.kept(again) == {session: "COMPLETE"}


def test_a_recording_that_was_erased_alone_does_not_come_back(scene: Scene, worker: InboxWorker) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=40)
    events = scene.blocks(person, session, range(3))
    scene.accept(*events)
    worker.run_once()
    assert session in scene.live()
    scene.diary.finish(session)
    events += [scene.complete(person, session), *scene.blocks(person, session, [7])]
    scene.accept(*events)
    erase_session(scene.application, scene.actor, person.person_id, session)
    assert session not in scene.live()
    assert scene.state.waiting == 0
    scene.accept(*events)
    worker.run_once()
    assert session not in scene.live()
    assert session not in scene.kept(person)
    assert (scene.state.waiting, scene.state.dead, scene.done) == (0, 0, len(events))
