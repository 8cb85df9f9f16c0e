"""Workers side by side, stopped, and with answers that come late."""

import time
from threading import Event, Semaphore

import msgspec
import pytest

from asleep.models import SessionResult
from nocturne import inbox_worker
from nocturne.inbox_worker import InboxWorker
from tests.nocturne.inbox_worker.scene import LIMIT_S, Scene, at_work, until
from tests.nocturne.webhooks import (
    opened,
)


def test_two_workers_share_the_work_and_do_nothing_twice(scene: Scene) -> None:
    nights = {person: scene.night(person) for person in scene.people}
    for session in nights.values():
        scene.diary.record(session, epochs=20)
    workers = [InboxWorker(scene.application, name="test") for _ in range(2)]
    for each in workers:
        each.start()
    for seq in range(60):
        for person, session in nights.items():
            scene.accept(*scene.blocks(person, session, [seq]))
        for each in workers:
            each.wake()
    until(lambda: scene.state.waiting == 0)
    for each in workers:
        each.stop()
    assert scene.done == 60 * len(nights)
    for night in scene.live().values():
        assert [each.seq for each in night.blocks if len(each.stages) == 10] == list(range(60))
    assert len(scene.client.sessions_asked) <= 2 * len(nights), "each asks at most once about a session"


def test_a_worker_that_is_stopped_gives_its_leases_back_while_the_vendor_says_nothing(scene: Scene) -> None:
    scene.vendor.fail_all("hang")
    worker = InboxWorker(scene.application, name="test")
    worker.start()
    scene.accept(scene.complete(scene.people[0], scene.night(scene.people[0])))
    worker.wake()
    until(lambda: scene.vendor.refused["hang"] > 0)
    worker.stop()
    scene.vendor.fail_all(None)
    with at_work(scene.application) as other:
        assert other.run_once() == 1, "nobody holds it any more"
    assert scene.done == 1


def test_a_lease_that_was_lost_does_nothing_a_second_time(scene: Scene) -> None:
    person = scene.people[0]
    session, folder = scene.night(person), scene.application.settings.folder
    done = list[int]()
    with opened(folder, scene.vendor, scene.clock) as another, at_work(another) as other:

        def overtaken(_: str) -> None:
            scene.clock.pass_by(minutes=10)
            done.append(other.run_once())

        scene.client.before_session = overtaken
        scene.accept(scene.complete(person, session))
        with at_work(scene.application) as worker:
            assert worker._round() == 1
            assert worker._events.wait(LIMIT_S)
    assert done == [1], "the other worker had it when the lease had run out"
    assert (scene.done, scene.state.waiting) == (1, 0)
    assert scene.kept(person) == {session: "COMPLETE"}


def test_a_completion_that_comes_while_the_vendor_is_asked_is_not_settled_with_an_older_answer(
    scene: Scene,
) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=60)

    def meanwhile(result: SessionResult) -> SessionResult:
        """The answer is on its way, and says that the session goes on; then it ends, and two events come."""
        if len(scene.client.sessions_asked) == 1:
            scene.diary.finish(session)
            scene.accept(*scene.blocks(person, session, [1]), scene.complete(person, session))
            assert asking._round() == 2
        return result

    scene.client.altered_session = meanwhile
    scene.accept(*scene.blocks(person, session, [0]))
    with at_work(scene.application) as asking:
        assert asking._round() == 1
        assert asking._events.wait(LIMIT_S)
    assert scene.kept(person) == {session: "COMPLETE"}
    assert (scene.done, scene.state.waiting) == (3, 0)
    assert scene.client.sessions_asked == [session, session]


def test_blocks_that_come_while_the_vendor_is_asked_share_its_answer(scene: Scene) -> None:
    person = scene.people[0]
    session = scene.night(person)
    scene.diary.record(session, epochs=60)

    def meanwhile(result: SessionResult) -> SessionResult:
        scene.accept(*scene.blocks(person, session, range(1, 4)))
        assert asking._round() == 3
        return result

    scene.client.altered_session = meanwhile
    scene.accept(*scene.blocks(person, session, [0]))
    with at_work(scene.application) as asking:
        assert asking._round() == 1
        assert asking._events.wait(LIMIT_S)
    assert (scene.done, scene.state.waiting) == (4, 0)
    assert scene.client.sessions_asked == [session]


def test_both_threads_of_a_worker_have_one_limit_to_their_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_worker, "_JOIN_LIMIT_S", 1.0)
    monkeypatch.setattr(inbox_worker, "_RECONCILE_EVERY_S", 0.01)
    over, held = Event(), Semaphore(0)

    def hang(*_: object, **__: object) -> tuple[()]:
        held.release()
        over.wait(LIMIT_S)
        return ()

    monkeypatch.setattr(scene.application.inbox, "lease", hang)
    worker = InboxWorker(scene.application, name="test")
    monkeypatch.setattr(worker._reconciler, "run", hang)
    worker.start()
    assert held.acquire(timeout=LIMIT_S)
    assert held.acquire(timeout=LIMIT_S)
    began = time.monotonic()
    worker.stop()
    assert time.monotonic() - began < 1.7
    over.set()


def test_an_answer_about_another_session_is_kept_of_nobody(scene: Scene) -> None:
    person, other = scene.people[:2]
    foreign = scene.night(other)

    def switched(result: SessionResult) -> SessionResult:
        return msgspec.structs.replace(result, session_id=foreign)

    scene.client.altered_session = switched
    with at_work(scene.application) as worker:
        scene.accept(scene.complete(person, scene.night(person)))
        worker.run_once()
    assert scene.kept(person) == {}
    assert scene.live() == {}
