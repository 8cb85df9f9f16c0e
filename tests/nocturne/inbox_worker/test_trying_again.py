"""Events that fail: when they are tried again, whose fault it was, and when they are given up."""

import pytest

from asleep.errors import status_error
from asleep.patience import Timeouts
from asleep.simulator.faults import FaultKind
from nocturne.inbox_retries import GIVEN_UP, TRIES
from nocturne.inbox_worker import LEASE_S, InboxWorker
from nocturne.roster import add_person
from nocturne.session_questions import SESSIONS, THREADS
from store.people import NewPerson
from tests.nocturne.inbox_worker.scene import Scene, at_work
from tests.nocturne.webhooks import (
    attempts,
)


def test_a_poisoned_event_delays_nobody_and_can_be_tried_again(scene: Scene) -> None:
    nights = {person: scene.night(person) for person in scene.people}
    first, *others = nights
    poisoned = {nights[first]}

    def fail(session_id: str) -> None:
        if session_id in poisoned:
            raise ValueError("Nobody had thought of this.")

    scene.client.before_session = fail
    with at_work(scene.application) as worker:
        scene.accept(*(scene.complete(person, session) for person, session in nights.items()))
        worker.run_once()
        assert scene.done == len(others)
        assert all(scene.kept(person) == {nights[person]: "COMPLETE"} for person in others)
        for _ in range(TRIES):
            scene.clock.pass_by(minutes=5)
            worker.run_once()
        (letter,) = scene.dead_letters
        assert "ValueError" in letter.error
        assert "Nobody had thought of this." not in letter.error, "what an exception says may name somebody"
        poisoned.clear()
        assert scene.application.inbox.replay(scene.application.organisation, "live") == 1
        worker.run_once()
    assert scene.kept(first) == {nights[first]: "COMPLETE"}
    assert scene.state.dead == 0


@pytest.mark.parametrize("outage", ["unavailable", "quota", "reset", "internal"])
def test_an_hour_without_the_vendor_costs_no_event_its_tries(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, outage: FaultKind
) -> None:
    monkeypatch.setattr("nocturne.session_questions._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("nocturne.session_questions._LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr("asleep.transport._SHORT_FAILURE_S", 0.0)
    people = scene.people
    scene.vendor.fail_all(outage)
    scene.accept(*(scene.complete(person, scene.night(person)) for person in people))
    with at_work(scene.application) as worker:
        for _ in range(13):
            worker.run_once()
            scene.clock.pass_by(minutes=5)
        assert scene.state.dead == 0
        assert attempts(scene.application) == [0] * len(people)
        scene.vendor.fail_all(None)
        for _ in range(
            3
        ):  # while the first question finds out that the service is back, the others are not asked
            its_rests_are_over(scene, worker)
            worker.run_once()
    assert scene.done == len(people)


def its_rests_are_over(scene: Scene, worker: InboxWorker) -> None:
    """Those of the breaker and of the worker, which go by a clock that no test moves."""
    scene.client._transport._breaker._closes_at = 0.0
    worker._events._questions._paused_until_s = 0.0
    scene.clock.pass_by(minutes=6)


def test_what_fails_for_two_days_is_a_dead_letter_whoever_is_at_fault(
    scene: Scene, worker: InboxWorker
) -> None:
    scene.vendor.fail_all("quota")
    scene.accept(scene.complete(scene.people[0], scene.night(scene.people[0])))
    worker.run_once()
    assert scene.state.waiting == 1
    scene.clock.pass_by(seconds=GIVEN_UP.total_seconds())
    worker.run_once()
    (letter,) = scene.dead_letters
    assert "quota" in letter.error.lower()


def test_an_analysis_that_is_never_finished_ends_as_a_dead_letter(scene: Scene, worker: InboxWorker) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=300)
    scene.accept(scene.complete(person, session))
    worker.run_once()
    scene.clock.pass_by(seconds=GIVEN_UP.total_seconds() - 1)
    worker.run_once()
    assert scene.state.waiting == 1
    scene.clock.pass_by(minutes=6)
    worker.run_once()
    (letter,) = scene.dead_letters
    assert "has not finished" in letter.error


@pytest.mark.parametrize("waited", ["for its person", "for a worker"])
def test_what_waited_for_days_is_not_given_up_at_the_first_failure(
    scene: Scene, worker: InboxWorker, waited: str
) -> None:
    person, organisation = scene.people[0], scene.application.organisation
    session = scene.night(person)
    if waited == "for its person":
        scene.application.store.remove_person(organisation, person.person_id)
    scene.accept(scene.complete(person, session))
    if waited == "for its person":
        worker.run_once()
        assert scene.state.quarantined == 1
    scene.clock.pass_by(days=3)
    if waited == "for its person":
        new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
        person = add_person(scene.application, scene.actor, new)
    scene.vendor.fail_all("quota")
    worker.run_once()
    assert (scene.state.waiting, scene.state.dead) == (1, 0)
    scene.vendor.fail_all(None)
    its_rests_are_over(scene, worker)
    worker.run_once()
    assert scene.kept(person) == {session: "COMPLETE"}


def test_a_dead_letter_that_is_tried_again_has_two_days_again(scene: Scene, worker: InboxWorker) -> None:
    scene.vendor.fail_all("quota")
    scene.accept(scene.complete(scene.people[0], scene.night(scene.people[0])))
    worker.run_once()
    scene.clock.pass_by(seconds=GIVEN_UP.total_seconds())
    worker.run_once()
    assert scene.state.dead == 1
    assert scene.application.inbox.replay(scene.application.organisation, "live") == 1
    worker.run_once()
    assert (scene.state.waiting, scene.state.dead) == (1, 0)


def test_a_refusal_without_a_reason_of_one_session_is_that_events_alone(scene: Scene) -> None:
    nights = {person: scene.night(person) for person in scene.people}
    first, second, third = nights

    def refuse(session_id: str) -> None:
        if session_id == nights[first]:
            raise status_error(status=403, detail="No", operation="GET /data/v3/sessions/{session_id}")

    scene.client.before_session = refuse
    with at_work(scene.application) as worker:
        scene.accept(scene.complete(second, nights[second]))
        worker.run_once()
        scene.accept(scene.complete(first, nights[first]))
        worker.run_once()
        assert attempts(scene.application) == [1]
        scene.accept(scene.complete(third, nights[third]))
        worker.run_once()
        assert scene.kept(third) == {nights[third]: "COMPLETE"}, "nobody else is left alone for it"
        for _ in range(TRIES - 1):
            scene.clock.pass_by(minutes=5)
            worker.run_once()
    (letter,) = scene.dead_letters
    assert "403" in letter.error


def test_a_lease_outlasts_the_longest_wait_for_an_answer() -> None:
    one_after_the_other = -(-SESSIONS // THREADS)
    assert one_after_the_other * Timeouts().background_s + 10 <= LEASE_S


def test_blocks_of_known_nights_are_placed_while_the_vendor_says_nothing(
    scene: Scene, worker: InboxWorker
) -> None:
    known, unknown = scene.people[:2]
    session = scene.night(known)
    scene.diary.record(session, epochs=20)
    scene.accept(*scene.blocks(known, session, [0]))
    worker.run_once()
    scene.vendor.fail_all("hang")
    scene.accept(*scene.blocks(unknown, scene.night(unknown), range(60)))
    scene.accept(*scene.blocks(known, session, range(1, 4)))
    for _ in range(2):  # of fifty events each; nobody waits for answers
        worker._round()
    assert {each.seq for each in scene.live()[session].blocks} >= {0, 1, 2, 3}
