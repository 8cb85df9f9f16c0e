"""Nights on their way into the archive, over real HTTP against the simulator."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest

from asleep.simulator.server import Running
from cache.columns import SUMMARISED
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.progress import SyncProgress
from nocturne.roster import add_person, update_person
from nocturne.sync import synchronise
from nocturne.views import freshness
from store.people import NewPerson
from tests.nocturne.conftest import NOW, roster_csv
from tests.nocturne.importing import import_people
from tests.serving import free_port


def test_every_session_received_ends_as_a_night_or_a_listed_exclusion(filled: Application) -> None:
    for person in filled.people():
        listed = {item.session_id for item in filled.asleep.list_sessions(person.vendor_id).value}
        nights = filled.archive.nights(filled.organisation, person.person_id)
        accounted = {part for ids in nights["session_ids"] for part in ids.split(";")}
        assert listed == accounted
        excluded = nights[nights["grade"] == "X"]
        assert (excluded["reasons"] != "").all()


def test_a_second_synchronisation_fetches_only_what_is_unfinished(
    filled: Application, actor: Actor, simulator: Running
) -> None:
    people = filled.people()
    unfinished = sum(
        not known.whole
        for person in people
        for known in filled.archive.known(filled.organisation, person.person_id).values()
    )
    before = simulator.requests["getSession"]
    progress = synchronise(filled, actor, people)
    assert progress.nights == unfinished
    assert simulator.requests["getSession"] - before <= unfinished
    assert not progress.failures


def test_what_was_stopped_goes_on_where_it_was(
    application: Application, actor: Actor, simulator: Running
) -> None:
    import_people(application, actor, roster_csv(simulator))
    stop = Event()
    show = application.board.show

    def stop_after_the_first_person(progress: object) -> None:
        show(progress)  # type: ignore[arg-type]
        if application.board.progress.nights_done:
            stop.set()

    application.board.show = stop_after_the_first_person  # type: ignore[method-assign]
    partial = synchronise(application, actor, application.people(), stop=stop)
    assert 0 < partial.nights_done < partial.nights
    states = application.store.sync_states(application.organisation).values()
    cut_off = [state for state in states if state.failed]
    assert cut_off
    assert all(state.succeeded_at is None and "stopped" in state.error for state in cut_off)
    assert partial.people_complete == len(states) - len(cut_off)
    application.board.show = show  # type: ignore[method-assign]
    unfinished = sum(
        known.state not in {"COMPLETE", SUMMARISED}
        for person in application.people()
        for known in application.archive.known(application.organisation, person.person_id).values()
    )
    rest = synchronise(application, actor, application.people())
    assert rest.nights == partial.nights - partial.nights_done + unfinished
    assert rest.nights_done == rest.nights
    assert rest.people_complete == len(application.people())


def test_a_person_whom_the_vendor_does_not_know_fails_alone(
    application: Application, actor: Actor, simulator: Running
) -> None:
    import_people(application, actor, roster_csv(simulator))
    stranger = add_person(
        application, actor, NewPerson(vendor_id="G-20250101000000-nobodyatall", name="X", zone="UTC")
    )
    progress = synchronise(application, actor, application.people())
    assert [failure.person_id for failure in progress.failures] == [stranger.person_id]
    states = application.store.sync_states(application.organisation)
    assert states[stranger.person_id].error
    assert states[stranger.person_id].succeeded_at is None
    assert sum(state.error == "" for state in states.values()) == len(simulator.world.people)


def test_a_refused_key_stops_everybody_with_one_sentence(
    make_application: Callable[..., Application], simulator: Running
) -> None:
    application = make_application(key="another-key-0123456789")
    actor = local_actor(application.organisation)
    import_people(application, actor, roster_csv(simulator))
    progress = synchronise(application, actor, application.people())
    assert "key" in progress.halted.lower()
    assert "another-key" not in progress.halted
    assert progress.nights_done == 0


def test_when_nothing_answers_what_was_there_stays_and_says_its_age(
    filled: Application, make_application: Callable[..., Application]
) -> None:
    before = filled.archive.statistics(filled.organisation)
    later = make_application(address=f"http://127.0.0.1:{free_port()}", now=NOW.replace(hour=23))
    progress = synchronise(later, local_actor(later.organisation), later.people())
    assert "could not be reached" in progress.halted, (
        "the reason behind it, and not only that it was left alone"
    )
    fresh = freshness(later, later.people())
    assert fresh.stale
    assert fresh.as_of == NOW
    assert fresh.in_words == "5\u00a0h old"
    assert fresh.reason
    assert len(later.archive.statistics(later.organisation)) == len(before)


def test_newest_nights_come_first(application: Application, actor: Actor, simulator: Running) -> None:
    import_people(application, actor, roster_csv(simulator))
    spans: list[tuple[int, int]] = []
    put = application.archive.put

    def noting(*args: object, **kwargs: object) -> object:
        starts = [result.start for result in kwargs["results"]]  # type: ignore[attr-defined]
        spans.append(((NOW - max(starts)).days, (NOW - min(starts)).days))
        return put(*args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(application.archive), "put", lambda _self, *a, **k: noting(*a, **k))
        synchronise(application, actor, application.people())
    first_round = spans[: len(simulator.world.people)]
    assert all(oldest <= 8 for _, oldest in first_round)
    assert max(oldest for _, oldest in spans) > 20


def test_a_full_disk_fails_the_person_and_not_the_synchronisation(
    application: Application, actor: Actor, simulator: Running
) -> None:
    import_people(application, actor, roster_csv(simulator))
    unlucky = application.people()[2]
    put = application.archive.put

    def full_for_one(*args: object, **kwargs: object) -> object:
        if args[1] == unlucky.person_id:
            raise OSError(28, "No space left on device")
        return put(*args, **kwargs)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(application.archive), "put", lambda _self, *a, **k: full_for_one(*a, **k))
        progress = synchronise(application, actor, application.people())
    assert [failure.person_id for failure in progress.failures] == [unlucky.person_id]
    assert "No space left on device" in progress.failures[0].reason
    assert not application.board.progress.running
    assert progress.people_complete == len(application.people()) - 1


def test_a_fault_of_our_own_fails_the_people_it_meets_and_ends_the_board(
    application: Application, actor: Actor, simulator: Running
) -> None:
    import_people(application, actor, roster_csv(simulator))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(application.archive), "put", lambda *_a, **_k: 1 / 0)
        progress = synchronise(application, actor, application.people())
    assert len(progress.failures) == len(application.people())
    assert all("ZeroDivisionError" in failure.reason for failure in progress.failures)
    assert not application.board.progress.running
    assert freshness(application, application.people()).as_of is None


def test_a_session_that_the_vendor_deleted_leaves_the_archive(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    nights = filled.archive.nights(filled.organisation, person.person_id)
    gone = str(nights["session_id"].iloc[-3])
    filled.asleep.delete_session(person.vendor_id, gone)
    synchronise(filled, actor, [person])
    after = filled.archive.nights(filled.organisation, person.person_id)
    assert gone not in set(after["session_id"])
    assert len(after) == len(nights) - 1


def test_a_lost_file_is_brought_back_whole(filled: Application, actor: Actor) -> None:
    person = filled.people()[0]
    before = len(filled.archive.nights(filled.organisation, person.person_id))
    filled.archive.erase(filled.organisation, person.person_id)
    synchronise(filled, actor, [person], days=3)
    assert len(filled.archive.nights(filled.organisation, person.person_id)) == before


def test_one_person_brought_up_to_date_does_not_make_the_others_fresh(
    filled: Application, make_application: Callable[..., Application]
) -> None:
    later = make_application(now=NOW + timedelta(days=5))
    people = later.people()
    synchronise(later, local_actor(later.organisation), people[:1])
    fresh = freshness(later, people)
    assert not fresh.stale
    assert fresh.behind == len(people) - 1
    assert freshness(later, people[:1]).behind == 0
    assert freshness(later, people[1:]).stale


def test_nights_are_dated_in_the_roster_s_zone_whatever_came_between(
    filled: Application, actor: Actor
) -> None:
    first, second = filled.people()[:2]
    # The roster has the zone, and the archive was never told: the disk refused, or the process ended.
    filled.store.update_person(filled.organisation, replace(first, zone="Asia/Tokyo"), by="Kim")
    stale = filled.people()
    # And of the other it is changed while a synchronisation has the former one in hand.
    show = filled.board.show

    def move_meanwhile(progress: SyncProgress) -> None:
        show(progress)
        if progress.state == "fetching" and filled.person(second.person_id).zone != "Asia/Seoul":
            update_person(filled, actor, replace(filled.person(second.person_id), zone="Asia/Seoul"))

    filled.board.show = move_meanwhile  # type: ignore[method-assign]
    synchronise(filled, actor, stale)
    zones = filled.archive.zones(filled.organisation)
    assert (zones[first.person_id], zones[second.person_id]) == ("Asia/Tokyo", "Asia/Seoul")
