"""What was never delivered is found: nights that ended in silence, lost blocks, and sessions that nobody announced."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from asleep.errors import NotAsked, status_error
from asleep.models import SessionResult
from asleep.simulator.server import Running, serve
from nocturne.access import local_actor
from nocturne.application import Application
from nocturne.background import BackgroundSync
from nocturne.erasure import erase_person
from nocturne.inbox_worker import InboxWorker
from nocturne.reconciliation import QUIET, Reconciled, Reconciler, gaps
from nocturne.roster import add_person
from nocturne.sync import synchronise
from nocturne.tombstones import mark
from store.inbox import Opened
from store.people import NewPerson, Person
from tests.nocturne.syncing import NotingClient, synchronised_all
from tests.nocturne.test_background import until
from tests.nocturne.webhooks import (
    Clock,
    GoingOn,
    block,
    complete,
    going_on,
    in_archive,
    live,
    newest_night,
    opened,
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A vendor whose nights go on, an application that webhooks may or may not reach, and a clock."""

    vendor: Running
    diary: GoingOn
    clock: Clock
    client: NotingClient
    application: Application
    session: str

    @property
    def person(self) -> Person:
        return self.application.people()[0]

    def delivered(self, *seqs: int, completed: bool = False) -> None:
        """These blocks of the person's night reach the inbox, and are worked through."""
        person, session = self.person, self.session
        arrivals = [block(self.application, person.vendor_id, session, seq) for seq in seqs]
        arrivals += [complete(self.application, person.vendor_id, session)] if completed else []
        self.application.inbox.accept(arrivals)
        worker = InboxWorker(self.application, name="test")
        worker.run_once()
        worker.stop()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world, diary = going_on()
    clock = Clock()
    with serve(world) as vendor:
        client = NotingClient(vendor)
        with opened(tmp_path / "data", vendor, clock, client=client) as application:
            session = newest_night(vendor, application.people()[0]).id
            yield Scene(
                vendor=vendor,
                diary=diary,
                clock=clock,
                client=client,
                application=application,
                session=session,
            )


def reconcile(application: Application) -> Reconciled:
    """What comes of the first round of a process."""
    return Reconciler(application).run()


def test_a_night_that_ends_in_silence_is_asked_for_and_kept(scene: Scene) -> None:
    session = scene.session
    scene.diary.record(session, epochs=40)
    scene.delivered(0, 1, 2)
    assert reconcile(scene.application).asked == 0, "a block has just come"
    scene.diary.finish(session)
    scene.clock.pass_by(minutes=31)
    done = reconcile(scene.application)
    assert (done.asked, done.completed, done.halted) == (1, 1, "")
    assert in_archive(scene.application, scene.person) == {session: "COMPLETE"}
    assert live(scene.application)[session].state == "complete"
    assert reconcile(scene.application).asked == 0


def test_blocks_that_were_lost_are_filled_by_what_the_api_has(scene: Scene) -> None:
    session = scene.session
    scene.diary.record(session, epochs=25)
    scene.delivered(0)
    scene.diary.record(session, epochs=118)
    scene.clock.pass_by(minutes=31)
    assert reconcile(scene.application).asked == 1
    newest = max(live(scene.application)[session].blocks, key=lambda each: each.seq)
    assert (newest.seq, len(newest.stages)) == (10, 110), "eleven blocks of ten epochs, from the beginning"
    assert set(newest.stages) <= {0, 1, 2, 3, 255}


def test_a_quiet_night_is_asked_for_now_and_then_only(scene: Scene) -> None:
    session = scene.session
    scene.diary.record(session, epochs=5)  # nothing to place: blocks would say that it is not quiet
    scene.delivered(0)
    reconciler = Reconciler(scene.application)
    scene.client.asked.clear()
    for _ in range(60):
        scene.clock.pass_by(minutes=2)
        reconciler.run()
    assert 3 <= len(scene.client.sessions_asked) <= 5


def test_a_night_that_the_vendor_has_no_more_is_not_shown_any_more(scene: Scene) -> None:
    session = scene.session
    scene.diary.record(session, epochs=25)
    scene.delivered(0)
    scene.diary.hide(session)
    scene.clock.pass_by(minutes=31)
    done = reconcile(scene.application)
    assert (done.asked, done.gone) == (1, 1)
    assert live(scene.application) == {}


def test_a_vendor_that_is_down_ends_the_round_with_a_sentence(scene: Scene) -> None:
    scene.diary.record(scene.session, epochs=25)
    scene.delivered(0)
    scene.vendor.fail_all("quota")
    scene.clock.pass_by(minutes=31)
    done = reconcile(scene.application)
    assert "quota" in done.halted.lower()
    scene.vendor.fail_all(None)
    scene.clock.pass_by(minutes=1)
    assert reconcile(scene.application).halted == ""


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("Nobody had thought of this."),
        OSError(5, "Input/output error"),
        status_error(status=500, detail="", operation="GET /data/v3/sessions/{session_id}"),
        status_error(status=403, detail="No", operation="GET /data/v3/sessions/{session_id}"),
        NotAsked("It rests.", retry_after_s=3),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_night_that_fails_every_time_keeps_no_other_from_being_asked_for(
    scene: Scene, problem: Exception
) -> None:
    bad, *good = nights_in_silence(scene)
    poisoned = {bad}

    def fail(session_id: str) -> None:
        if session_id in poisoned:
            raise problem

    scene.client.before_session = fail
    reconciler = Reconciler(scene.application)
    scene.client.asked.clear()
    assert reconciler.run().asked >= 1
    scene.clock.pass_by(minutes=3)
    reconciler.run()
    assert scene.client.sessions_asked.count(bad) == 1
    states = {session: night.state for session, night in live(scene.application).items()}
    assert states == {bad: "recording"} | dict.fromkeys(good, "complete")
    poisoned.clear()
    scene.clock.pass_by(minutes=20)
    assert reconciler.run().completed == 1


def nights_in_silence(scene: Scene) -> list[str]:
    """Everybody's newest night, complete since and nobody has said so, in the order in which they are asked for."""
    people = scene.application.people()
    sessions = [newest_night(scene.vendor, person).id for person in people]
    for person, session in zip(people, sessions, strict=True):
        scene.diary.record(session, epochs=25)
        scene.application.inbox.accept([block(scene.application, person.vendor_id, session, 0)])
    worker = InboxWorker(scene.application, name="test")
    worker.run_once()
    worker.stop()
    scene.diary.finish(*sessions)
    scene.clock.pass_by(minutes=31)
    return list(live(scene.application))


def test_an_answer_about_another_session_is_kept_of_nobody(scene: Scene) -> None:
    first, *_ = sessions = nights_in_silence(scene)

    def switched(result: SessionResult) -> SessionResult:
        return msgspec.structs.replace(result, session_id="20260310220000_other")

    scene.client.altered_session = switched
    assert reconcile(scene.application).completed == 0
    assert {night.state for night in live(scene.application).values()} == {"recording"}
    synchronised_all(scene.application)
    kept = in_archive(scene.application, scene.person)
    assert "20260310220000_other" not in kept
    scene.client.altered_session = lambda result: result
    assert reconcile(scene.application).completed == len(sessions)
    assert live(scene.application)[first].state == "complete"


def test_who_is_erased_and_added_again_while_the_vendor_is_asked_loses_no_night(scene: Scene) -> None:
    person, session = scene.person, scene.session
    scene.diary.record(session, epochs=5)
    scene.delivered(0)
    started = live(scene.application)[session].start
    scene.diary.finish(session)
    scene.clock.pass_by(minutes=31)
    actor = local_actor(scene.application.organisation)
    to_be_erased = {person.person_id}

    def erased(_: str) -> None:
        if not to_be_erased:
            return
        erase_person(scene.application, actor, to_be_erased.pop(), at_vendor=False)
        new = NewPerson(vendor_id=person.vendor_id, name="Robin", zone="Europe/Berlin")
        add_person(scene.application, actor, new)
        scene.application.inbox.live.apply(
            scene.application.organisation,
            person.environment,
            Opened(vendor_id=person.vendor_id, session_id=session, start=started, zone=""),
            mark=mark(scene.application, person.vendor_id),
        )

    scene.client.before_session = erased
    reconciler = Reconciler(scene.application)
    assert reconciler.run().completed == 0
    assert live(scene.application)[session].state == "recording", "it is in the archive of nobody"
    scene.clock.pass_by(minutes=31)
    assert reconciler.run().completed == 1
    (again,) = [each for each in scene.application.people() if each.vendor_id == person.vendor_id]
    assert in_archive(scene.application, again) == {session: "COMPLETE"}


def test_an_archive_that_cannot_be_looked_into_costs_a_synchronisation_no_session(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> tuple[str, ...]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(type(scene.application.archive), "removed_sessions", unreadable)
    monkeypatch.setattr("nocturne.reconciliation._AT_ONCE", 1)
    assert not synchronised_all(scene.application).failures
    for person in scene.application.people():
        assert in_archive(scene.application, person)[newest_night(scene.vendor, person).id] == "COMPLETE"


def test_every_complete_session_is_here_after_a_round_although_no_webhook_was_delivered(scene: Scene) -> None:
    people = scene.application.people()
    sessions = {person: newest_night(scene.vendor, person).id for person in people}
    first, *others = people
    scene.diary.hide(*sessions.values())
    synchronised_all(scene.application)
    scene.clock.pass_by(minutes=20)
    assert all(sessions[person] not in in_archive(scene.application, person) for person in people)
    scene.diary.finish(*sessions.values())
    scene.diary.record(sessions[first], epochs=50)
    progress = synchronised_all(scene.application)
    assert not progress.failures
    for person in others:
        assert in_archive(scene.application, person)[sessions[person]] == "COMPLETE"
    night = live(scene.application)[sessions[first]]
    assert (night.state, len(night.blocks)) == ("recording", 1), "who is asleep is shown without any webhook"
    assert {live(scene.application)[sessions[person]].state for person in others} == {"complete"}


def test_a_round_lists_nobody_twice(scene: Scene) -> None:
    scene.diary.record(scene.session, epochs=50)
    scene.vendor.requests.clear()
    background = BackgroundSync(scene.application)
    background.start()
    board = scene.application.board
    until(lambda: board.progress.state == "done")
    background.stop()
    assert board.progress.people_complete == len(scene.application.people())
    assert scene.vendor.requests["listSessions"] == len(scene.application.people())
    sessions = scene.client.sessions_asked
    assert len(sessions) == len(set(sessions))
    assert scene.session in live(scene.application)


def test_sessions_that_no_webhook_announced_are_counted_once_webhooks_are_in_use(scene: Scene) -> None:
    mine = newest_night(scene.vendor, scene.person)
    webhooks_since_s = mine.start_s + 3600
    others = [
        session.id
        for sleeper in scene.vendor.world.people
        for session in scene.vendor.world.diary.sessions(sleeper)
        if (session.end_s or 0) > webhooks_since_s and session.id != mine.id
    ]
    assert others
    scene.diary.hide(*others)
    scene.diary.record(mine.id, epochs=120)
    scene.clock.now = datetime.fromtimestamp(webhooks_since_s, tz=UTC)
    synchronised_all(scene.application)
    scene.delivered(0)  # the first webhook ever
    scene.clock.pass_by(hours=30)
    scene.diary.finish(mine.id, *others)
    synchronised_all(scene.application)
    assert gaps(scene.application) == 0, "a webhook may still be on its way"
    scene.clock.pass_by(minutes=16)
    assert gaps(scene.application) == 1 + len(others)
    scene.delivered(completed=True)
    assert gaps(scene.application) == len(others), "it came after all"


def test_without_any_webhook_nothing_is_counted_as_missing(scene: Scene) -> None:
    synchronised_all(scene.application)
    scene.clock.pass_by(hours=1)
    assert {night.state for night in live(scene.application).values()} == {"complete"}
    assert gaps(scene.application) == 0


def test_somebody_who_is_erased_while_they_are_asked_about_is_not_shown(scene: Scene) -> None:
    person, session = scene.person, scene.session
    scene.diary.record(session, epochs=50)
    actor = local_actor(scene.application.organisation)

    def erased(session_id: str) -> None:
        if session_id == session:
            erase_person(scene.application, actor, person.person_id, at_vendor=False)

    scene.client.before_session = erased
    synchronise(scene.application, actor, [person])
    assert session not in live(scene.application)


def test_a_worker_reconciles_by_itself(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    session = scene.session
    scene.diary.record(session, epochs=40)
    scene.delivered(0)
    scene.diary.finish(session)
    scene.clock.pass_by(seconds=QUIET.total_seconds() + 1)
    monkeypatch.setattr("nocturne.inbox_worker._RECONCILE_EVERY_S", 0.05)
    worker = InboxWorker(scene.application, name="test")
    worker.start()
    until(lambda: session in in_archive(scene.application, scene.person))
    worker.stop()
