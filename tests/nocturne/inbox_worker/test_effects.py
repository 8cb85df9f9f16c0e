"""What becomes of webhooks: true events of a true vendor, in any order, any number of times, and forged ones."""

from collections.abc import Iterable
from itertools import permutations
from pathlib import Path

import pytest

from asleep.simulator.server import Running, serve
from nocturne.inbox_retries import TRIES
from nocturne.inbox_worker import InboxWorker
from tests.nocturne.inbox_worker.scene import Scene, at_work
from tests.nocturne.webhooks import (
    Clock,
    GoingOn,
    attempts,
    block,
    complete,
    going_on,
    live,
    newest_night,
    opened,
)


def test_the_first_block_of_a_night_is_asked_about_once_and_the_rest_are_only_placed(
    scene: Scene, worker: InboxWorker
) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=60)
    scene.accept(*scene.blocks(person, session, range(4)))
    worker.run_once()
    scene.accept(*scene.blocks(person, session, range(4, 9)))
    worker.run_once()
    assert scene.client.sessions_asked == [session]
    night = scene.live()[session]
    assert night.state == "recording"
    assert night.zone
    # Beside the blocks that came, what the API had by then: sixty epochs in one piece.
    assert sorted((each.seq, len(each.stages)) for each in night.blocks) == sorted(
        [*((seq, 10) for seq in range(9)), (5, 60)]
    )
    assert scene.done == 9
    assert scene.kept(person) == {}


def test_a_session_counts_only_as_the_api_tells_it(scene: Scene, worker: InboxWorker) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=300)
    scene.accept(scene.complete(person, session))
    worker.run_once()
    assert scene.kept(person) == {}, "the API does not call it complete"
    assert scene.live()[session].state == "recording"
    for _ in range(30):
        scene.clock.pass_by(minutes=5)
        worker.run_once()
    assert scene.state.dead == 0, "an analysis that takes long costs no tries"
    assert attempts(scene.application) == [0]
    scene.diary.finish(session)
    scene.clock.pass_by(minutes=6)
    worker.run_once()
    assert scene.kept(person) == {session: "COMPLETE"}
    night = scene.live()[session]
    assert (night.state, night.blocks) == ("complete", ())
    assert night.end is not None
    assert scene.state.waiting == 0


def test_pages_find_another_version_and_no_answer_from_before(scene: Scene, worker: InboxWorker) -> None:
    person, asleep, archive = scene.people[0], scene.application.asleep, scene.application.archive
    session, vendor_id = scene.night(person), person.vendor_id

    def listed() -> str:
        return {item.session_id: item.state for item in asleep.list_sessions(vendor_id).value}[session]

    scene.diary.record(session, epochs=300)
    assert (asleep.get_session(vendor_id, session).value.state, listed()) == ("OPEN", "OPEN")
    version = archive.version(scene.application.organisation)
    scene.diary.finish(session)
    assert (asleep.get_session(vendor_id, session).value.state, listed()) == ("OPEN", "OPEN"), "for a minute"
    scene.accept(scene.complete(person, session))
    worker.run_once()
    assert archive.version(scene.application.organisation) != version
    assert (asleep.get_session(vendor_id, session).value.state, listed()) == ("COMPLETE", "COMPLETE")


def test_the_order_of_events_and_their_number_make_no_difference(tmp_path: Path) -> None:
    world, diary = going_on()
    with serve(world) as vendor:
        ends = {
            the_end_of(order, tmp_path / str(place), vendor, diary)
            for place, order in enumerate(permutations(range(3)))
        }
    assert len(ends) == 1, "every order ends in the same rows"


def the_end_of(order: Iterable[int], folder: Path, vendor: Running, diary: GoingOn) -> tuple[str, str]:
    """The live night and the archive, as text, after two blocks and the completion have come in that order."""
    with opened(folder, vendor, Clock()) as application, at_work(application) as worker:
        person = application.people()[0]
        session = newest_night(vendor, person).id
        events = [block(application, person.vendor_id, session, seq) for seq in range(2)]
        events.append(complete(application, person.vendor_id, session))
        diary.record(session, epochs=30)
        for place in order:
            if events[place].kind == "complete":
                diary.finish(session)
            application.inbox.accept([events[place]])
            worker.run_once()
            application.inbox.accept([events[place], events[0]])
            worker.run_once()
        state = application.inbox.state(application.organisation, "live")
        assert (state.waiting, state.dead) == (0, 0)
        assert application.inbox.done(application.organisation, "live") == 3
        sessions = application.archive.sessions(application.organisation, person.person_id)
        assert len(sessions) == 1
        assert sessions.stages.values.size > 0
        return repr(live(application)[session]), sessions.frame.drop(columns="received").to_csv()


def test_a_block_after_the_end_has_no_effect(scene: Scene, worker: InboxWorker) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.accept(scene.complete(person, session))
    worker.run_once()
    before = scene.live()[session]
    assert before.state == "complete"
    scene.accept(*scene.blocks(person, session, [0]))
    worker.run_once()
    with at_work(scene.application) as ignorant:
        scene.accept(*scene.blocks(person, session, [1]))
        ignorant.run_once()
    assert scene.live()[session] == before
    assert scene.done == 3
    assert scene.client.sessions_asked == [session]


@pytest.mark.parametrize("kind", ["block", "complete"])
def test_what_is_forged_about_a_foreign_session_never_shows_and_ends_as_a_dead_letter(
    scene: Scene, worker: InboxWorker, kind: str
) -> None:
    person, other = scene.people[:2]
    foreign = scene.night(other)
    forged = scene.blocks(person, foreign, [0])[0] if kind == "block" else scene.complete(person, foreign)
    scene.accept(forged)
    for tried in range(1, TRIES + 1):
        worker.run_once()
        assert scene.live() == {}
        assert scene.kept(person) == scene.kept(other) == {}
        assert (scene.state.dead == 1) == (tried == TRIES)
        scene.clock.pass_by(minutes=5)
    (letter,) = scene.dead_letters
    assert letter.attempts == TRIES
    assert "404" in letter.error
    assert person.vendor_id not in letter.error
    assert foreign not in letter.error
