"""What the vendor deleted, changed or sent late, however old it is: noticed a day later, asked for by its id, once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from asleep.models import AverageStats, SessionResult
from asleep.simulator.diary import Session
from asleep.simulator.faults import FaultKind
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from cache.archive import Known
from nocturne.progress import SyncProgress
from tests.nocturne.syncing import A_DAY_LATER, NOW, UNTIL, NotingClient, nights_of, opened, synchronised_all

LONGER_S = 1800.0


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=1, nights=24, seed=11, until=UNTIL, now=NOW)


@pytest.fixture
def vendor(world: World) -> Iterator[Running]:
    with serve(world) as running:
        yield running


@pytest.fixture
def old(world: World) -> Session:
    """A night of three weeks ago: no list of a later synchronisation goes back so far."""
    session = next(one for one in world.diary.sessions(world.people[0]) if one.kind == "night")
    assert session.start_s < (NOW - timedelta(days=18)).timestamp()
    return session


Synchronise = Callable[..., tuple[SyncProgress, list[str]]]


@pytest.fixture
def synchronise(tmp_path: Path, vendor: Running) -> Synchronise:
    """A synchronisation so long after the first one: how it ended, and which sessions it asked for."""

    def at(after: timedelta = timedelta(), **hooks: object) -> tuple[SyncProgress, list[str]]:
        client = NotingClient(vendor)
        for name, hook in hooks.items():
            setattr(client, name, hook)
        with opened(tmp_path, vendor, now=NOW + after, client=client) as application:
            return synchronised_all(application), client.sessions_asked

    return at


@pytest.fixture
def kept(tmp_path: Path, vendor: Running) -> Callable[[], dict[str, Known]]:
    def known() -> dict[str, Known]:
        with opened(tmp_path, vendor) as application:
            (person,) = application.people()
            return application.archive.known(application.organisation, person.person_id)

    return known


def lengthened(session_id: str) -> Callable[[AverageStats], AverageStats]:
    """The statistics in which that session had half an hour more of sleep."""

    def alter(averages: AverageStats) -> AverageStats:
        slept = []
        for one in averages.slept:
            stat = one.stat
            if one.session_id == session_id and stat is not None and stat.time_in_sleep_s is not None:
                longer = msgspec.structs.replace(stat, time_in_sleep_s=stat.time_in_sleep_s + LONGER_S)
                one = msgspec.structs.replace(one, stat=longer)  # noqa: PLW2901 - the same session, altered
            slept.append(one)
        return msgspec.structs.replace(averages, slept=tuple(slept))

    return alter


def restaged(session_id: str) -> Callable[[SessionResult], SessionResult]:
    """The session with another first stage, and with that half an hour more."""

    def alter(session: SessionResult) -> SessionResult:
        if session.session_id != session_id:
            return session
        assert session.sleep_stages
        assert session.stat
        assert session.stat.time_in_sleep_s
        stages = (3, 3, *session.sleep_stages[2:])
        stat = msgspec.structs.replace(session.stat, time_in_sleep_s=session.stat.time_in_sleep_s + LONGER_S)
        return msgspec.structs.replace(session, sleep_stages=stages, stat=stat)

    return alter


def test_a_session_deleted_long_after_its_night_leaves_the_archive(
    vendor: Running, old: Session, synchronise: Synchronise, kept: Callable[[], dict[str, Known]]
) -> None:
    synchronise()
    before = kept()
    vendor.account.delete_session(vendor.world.people[0], old.id)
    _, asked = synchronise(timedelta(hours=6))
    assert asked == []
    assert set(kept()) == set(before), "the list alone does not go back so far"
    progress, asked = synchronise(timedelta(days=1))
    assert asked == [old.id]
    assert not progress.failures
    assert set(before) - set(kept()) == {old.id}
    assert synchronise(timedelta(days=2))[1] == []


def test_a_session_that_changed_is_fetched_again_once_and_replaced(
    tmp_path: Path,
    vendor: Running,
    old: Session,
    synchronise: Synchronise,
    kept: Callable[[], dict[str, Known]],
) -> None:
    synchronise()
    before = kept()
    hooks = {"altered_averages": lengthened(old.id), "altered_session": restaged(old.id)}
    _, asked = synchronise(timedelta(days=1), **hooks)
    assert asked == [old.id]
    after = kept()
    assert [one for one in after if after[one] != before[one]] == [old.id]
    was_s, is_s = before[old.id].asleep_s, after[old.id].asleep_s
    assert was_s is not None
    assert is_s == was_s + LONGER_S
    assert after[old.id].whole
    with opened(tmp_path, vendor) as application:
        (person,) = application.people()
        sessions = application.archive.sessions(application.organisation, person.person_id)
        row = sessions.frame["session_id"].tolist().index(old.id)
        assert sessions.stages[row][:2].tolist() == [3, 3]
    assert synchronise(timedelta(days=2), **hooks)[1] == []


@pytest.mark.parametrize("fault", ["server-error", "malformed"])
def test_a_change_whose_session_could_not_be_had_is_noticed_again(
    vendor: Running,
    old: Session,
    synchronise: Synchronise,
    kept: Callable[[], dict[str, Known]],
    fault: FaultKind,
) -> None:
    synchronise()
    before = kept()
    hooks = {"altered_averages": lengthened(old.id), "altered_session": restaged(old.id)}
    tries = 3 if fault == "server-error" else 1
    progress, asked = synchronise(
        timedelta(days=1), **hooks, before_session=lambda _: vendor.plan_faults(*[fault] * tries)
    )
    assert asked == [old.id]
    assert bool(progress.failures) == (fault == "server-error")
    assert kept() == before, "what was there stays until there is something better"
    later = timedelta(days=1, minutes=15) if progress.failures else timedelta(days=2)
    progress, asked = synchronise(later, **hooks)
    assert asked == [old.id]
    assert not progress.failures
    assert kept()[old.id] != before[old.id]
    assert synchronise(later + timedelta(days=1), **hooks)[1] == []


@pytest.fixture
def late(vendor: Running, old: Session) -> Callable[[], None]:
    """The old session is not at the vendor yet; it is when this is called."""
    vendor.account.delete_session(vendor.world.people[0], old.id)
    return vendor.account._deleted_sessions.clear


def test_a_session_that_comes_weeks_late_arrives(
    old: Session, late: Callable[[], None], synchronise: Synchronise, kept: Callable[[], dict[str, Known]]
) -> None:
    synchronise()
    before = kept()
    assert old.id not in before
    late()
    progress, asked = synchronise(timedelta(days=1))
    assert asked == [old.id]
    assert progress.nights == progress.nights_done == 1
    after = kept()
    assert after[old.id].whole
    assert {one: after[one] for one in before} == before
    assert synchronise(timedelta(days=2))[1] == []


@pytest.mark.parametrize("fault", ["malformed", "wrong-types"])
def test_stages_that_cannot_be_read_leave_the_vendors_statistics_and_are_tried_again(
    tmp_path: Path,
    vendor: Running,
    old: Session,
    late: Callable[[], None],
    synchronise: Synchronise,
    fault: FaultKind,
) -> None:
    synchronise()
    late()
    progress, asked = synchronise(timedelta(days=1), before_session=lambda _: vendor.plan_faults(fault))
    assert asked == [old.id]
    assert progress.people_complete == 1
    with opened(tmp_path, vendor) as application:
        row = nights_of(application).set_index("session_id").loc[old.id]
    assert row["basis"] == "vendor"
    assert bool(row["valid"])
    assert row["tst_min"] > 0
    assert "STAGES_UNREADABLE" in row["reasons"].split(";")
    _, asked = synchronise(timedelta(days=1, minutes=15))
    assert asked == [old.id]
    with opened(tmp_path, vendor) as application:
        row = nights_of(application).set_index("session_id").loc[old.id]
    assert row["basis"] == "stages"
    assert "STAGES" not in row["reasons"]
    assert synchronise(timedelta(days=2))[1] == []


@pytest.mark.parametrize("back", [timedelta(hours=-1), timedelta(days=-5), timedelta(days=-60)])
def test_a_clock_that_was_set_back_makes_nothing_vanish_and_costs_no_session(
    synchronise: Synchronise, kept: Callable[[], dict[str, Known]], back: timedelta
) -> None:
    synchronise()
    before = kept()
    progress, asked = synchronise(back)
    assert not progress.failures
    assert asked == []
    assert kept() == before
    assert synchronise(timedelta(days=1))[1] == []
    assert kept() == before


def test_an_answer_without_any_session_empties_no_archive(
    vendor: Running, synchronise: Synchronise, kept: Callable[[], dict[str, Known]]
) -> None:
    synchronise()
    before = kept()
    emptied = lambda averages: msgspec.structs.replace(averages, slept=(), never_slept=())  # noqa: E731
    progress, _ = synchronise(timedelta(days=1), altered_averages=emptied)
    assert not progress.failures
    assert kept() == before, "each was asked for by its id, and is there"


def test_whoever_lost_all_sessions_at_the_vendor_loses_here_all_that_statistics_had_named(
    vendor: Running, synchronise: Synchronise, kept: Callable[[], dict[str, Known]]
) -> None:
    synchronise()
    before = kept()
    (person,) = vendor.world.people
    for session in vendor.account.sessions(person):
        vendor.account.delete_session(person, session.id)
    synchronise(A_DAY_LATER - NOW)
    # A list without any session proves nothing, and a recording too short for statistics is in no other answer.
    assert set(kept()) == {one.session_id for one in before.values() if not one.summary}
    assert len(kept()) < 3
