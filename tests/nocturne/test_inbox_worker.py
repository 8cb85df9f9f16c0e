"""What becomes of webhooks: true events of a true vendor, in any order, any number of times, and forged ones."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from threading import Event, Semaphore
from typing import Final

import msgspec
import pytest

from asleep.errors import status_error
from asleep.models import SessionResult
from asleep.patience import Timeouts
from asleep.simulator.faults import FaultKind
from asleep.simulator.server import Running, serve
from nocturne import inbox_worker
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.erasure import erase_person, erase_session
from nocturne.inbox_retries import GIVEN_UP, TRIES
from nocturne.inbox_worker import LEASE_S, InboxWorker
from nocturne.roster import add_person
from nocturne.session_questions import SESSIONS, THREADS
from nocturne.tombstones import mark
from store.errors import StoreUnavailable
from store.inbox import Arrival, DeadLetter, Gone, InboxState, LiveNight
from store.people import NewPerson, Person
from tests.nocturne.syncing import NotingClient
from tests.nocturne.webhooks import (
    Clock,
    GoingOn,
    attempts,
    block,
    complete,
    going_on,
    in_archive,
    live,
    newest_night,
    opened,
    whole_nights,
)

_LIMIT_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A vendor whose nights go on, an application, a clock that the test moves, and what the client was asked."""

    vendor: Running
    diary: GoingOn
    clock: Clock
    client: NotingClient
    application: Application

    @property
    def actor(self) -> Actor:
        return local_actor(self.application.organisation)

    @property
    def people(self) -> tuple[Person, ...]:
        return self.application.people()

    @property
    def state(self) -> InboxState:
        environment = self.application.settings.asleep_environment
        return self.application.inbox.state(self.application.organisation, environment)

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        return self.application.inbox.dead_letters(self.application.organisation, "live")

    def night(self, person: Person) -> str:
        """The id of the person's newest whole night."""
        return newest_night(self.vendor, person).id

    def accept(self, *arrivals: Arrival) -> None:
        self.application.inbox.accept(arrivals)

    def blocks(self, person: Person, session: str, seqs: Iterable[int]) -> list[Arrival]:
        return [block(self.application, person.vendor_id, session, seq) for seq in seqs]

    def complete(self, person: Person, session: str) -> Arrival:
        return complete(self.application, person.vendor_id, session)

    def live(self) -> dict[str, LiveNight]:
        return live(self.application)

    def kept(self, person: Person) -> dict[str, str]:
        return in_archive(self.application, person)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world, diary = going_on()
    clock = Clock()
    with serve(world) as vendor:
        client = NotingClient(vendor)
        with opened(tmp_path / "data", vendor, clock, client=client) as application:
            yield Scene(vendor=vendor, diary=diary, clock=clock, client=client, application=application)


@contextmanager
def at_work(application: Application) -> Iterator[InboxWorker]:
    """A worker that nobody has started."""
    made = InboxWorker(application, name="test")
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def worker(scene: Scene) -> Iterator[InboxWorker]:
    with at_work(scene.application) as made:
        yield made


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
    assert scene.state.done == 9
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
        assert (state.done, state.waiting, state.dead) == (3, 0, 0)
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
    assert scene.state.done == 3
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
        assert scene.state.done == len(others)
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
    assert scene.state.done == len(people)


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
    assert (scene.state.quarantined, scene.state.done) == (0, 2)


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
    assert (scene.state.waiting, scene.state.done, scene.state.dead) == (0, 0, 0)


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
    assert (scene.state.waiting, scene.state.dead, scene.state.done) == (0, 0, len(events))


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
    assert scene.state.done == 3


def test_the_end_of_a_session_of_last_week_counts_although_its_analysis_takes_long(
    scene: Scene, worker: InboxWorker
) -> None:
    person = scene.people[0]
    first = whole_nights(scene.vendor, person)[0].id
    scene.diary.record(first, epochs=300)
    scene.clock.pass_by(days=4)
    scene.accept(scene.complete(person, first), *scene.blocks(person, first, [0]))
    worker.run_once()
    assert (scene.state.waiting, scene.state.done) == (1, 1)
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
    assert worker._events.wait(_LIMIT_S)
    assert (scene.state.waiting, scene.state.done) == (1, 0)
    assert attempts(scene.application) == [0]
    assert scene.live() == {}, "what is not in the archive is not complete here"
    scene.clock.pass_by(minutes=1)
    worker.run_once()
    assert scene.kept(again) == {session: "COMPLETE"}


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
    assert scene.state.done == 60 * len(nights)
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
    assert scene.state.done == 1


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
            assert worker._events.wait(_LIMIT_S)
    assert done == [1], "the other worker had it when the lease had run out"
    assert (scene.state.done, scene.state.waiting) == (1, 0)
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
        assert asking._events.wait(_LIMIT_S)
    assert scene.kept(person) == {session: "COMPLETE"}
    assert (scene.state.done, scene.state.waiting) == (3, 0)
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
        assert asking._events.wait(_LIMIT_S)
    assert (scene.state.done, scene.state.waiting) == (4, 0)
    assert scene.client.sessions_asked == [session]


def test_both_threads_of_a_worker_have_one_limit_to_their_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_worker, "_JOIN_LIMIT_S", 1.0)
    monkeypatch.setattr(inbox_worker, "_RECONCILE_EVERY_S", 0.01)
    over, held = Event(), Semaphore(0)

    def hang(*_: object, **__: object) -> tuple[()]:
        held.release()
        over.wait(_LIMIT_S)
        return ()

    monkeypatch.setattr(scene.application.inbox, "lease", hang)
    worker = InboxWorker(scene.application, name="test")
    monkeypatch.setattr(worker._reconciler, "run", hang)
    worker.start()
    assert held.acquire(timeout=_LIMIT_S)
    assert held.acquire(timeout=_LIMIT_S)
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


def until(holds: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(int(_LIMIT_S / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    pytest.fail("It did not happen in time.")
