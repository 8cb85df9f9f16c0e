"""What the vendor deleted, changed or sent late, however old it is: noticed a day later, asked for by its id, once."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from asleep.models import AverageStats, SessionResult
from asleep.simulator.diary import Session
from asleep.simulator.faults import FaultKind
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from cache.archive import Known
from nocturne.progress import SyncProgress
from tests.nocturne.syncing import (
    A_DAY_LATER,
    NOW,
    UNTIL,
    NotingClient,
    kept_sessions,
    nights_of,
    opened,
    synchronised_all,
)

LONGER_S = 1800.0


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=1, nights=24, seed=11, until=UNTIL, now=NOW)


@pytest.fixture
def vendor(world: World) -> Iterator[Running]:
    with serve(world) as running:
        (person,) = world.people
        for session in running.account.sessions(person)[4:-4]:
            running.account.delete_session(person, session.id)
        yield running


@pytest.fixture
def old(world: World) -> Session:
    """A night of three weeks ago: no list of a later synchronisation goes back so far."""
    session = next(one for one in world.diary.sessions(world.people[0]) if one.kind == "night")
    assert session.start_s < (NOW - timedelta(days=18)).timestamp()
    return session


@dataclass(frozen=True, kw_only=True)
class Story:
    """One person's archive through several synchronisations, and a night of three weeks ago."""

    folder: Path
    vendor: Running
    old: Session

    def synchronise(self, after: timedelta = timedelta(), **hooks: object) -> tuple[SyncProgress, list[str]]:
        """How one so long after the first one ended, and which sessions it asked for."""
        client = NotingClient(self.vendor)
        for name, hook in hooks.items():
            setattr(client, name, hook)
        with opened(self.folder, self.vendor, now=NOW + after, client=client) as application:
            return synchronised_all(application), client.sessions_asked

    def kept(self) -> dict[str, Known]:
        with opened(self.folder, self.vendor) as application:
            (person,) = application.people()
            return application.archive.known(application.organisation, person.person_id)

    def night(self) -> Mapping[Hashable, Any]:
        """The row of the old night."""
        with opened(self.folder, self.vendor) as application:
            rows = nights_of(application).to_dict("records")
        return next(row for row in rows if row["session_id"] == self.old.id)

    def first_stages(self) -> list[int]:
        with opened(self.folder, self.vendor) as application:
            (sessions,) = kept_sessions(application).values()
            row = sessions.frame["session_id"].tolist().index(self.old.id)
            return list(sessions.stages[row][:2])

    def delete(self) -> None:
        self.vendor.account.delete_session(self.vendor.world.people[0], self.old.id)

    def bring_back(self) -> None:
        self.vendor.account._deleted_sessions.discard((self.vendor.world.people[0].user_id, self.old.id))


@pytest.fixture
def story(tmp_path: Path, vendor: Running, old: Session) -> Story:
    return Story(folder=tmp_path, vendor=vendor, old=old)


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


def test_a_session_deleted_long_after_its_night_leaves_the_archive(story: Story) -> None:
    story.synchronise()
    before = story.kept()
    story.delete()
    _, asked = story.synchronise(timedelta(hours=6))
    assert asked == []
    assert set(story.kept()) == set(before), "the list alone does not go back so far"
    progress, asked = story.synchronise(timedelta(days=1))
    assert asked == [story.old.id]
    assert not progress.failures
    assert set(before) - set(story.kept()) == {story.old.id}
    assert story.synchronise(timedelta(days=2))[1] == []


def test_a_session_that_changed_is_fetched_again_once_and_replaced(story: Story) -> None:
    story.synchronise()
    before = story.kept()
    hooks = {"altered_averages": lengthened(story.old.id), "altered_session": restaged(story.old.id)}
    _, asked = story.synchronise(timedelta(days=1), **hooks)
    assert asked == [story.old.id]
    after = story.kept()
    assert [one for one in after if after[one] != before[one]] == [story.old.id]
    was_s, is_s = before[story.old.id].asleep_s, after[story.old.id].asleep_s
    assert was_s is not None
    assert is_s == was_s + LONGER_S
    assert after[story.old.id].whole
    assert story.first_stages() == [3, 3]
    assert story.synchronise(timedelta(days=2), **hooks)[1] == []


def test_a_lost_archive_is_not_filled_with_what_was_kept_of_a_session_that_changed_since(
    story: Story,
) -> None:
    story.synchronise()
    before = story.kept()
    with opened(story.folder, story.vendor) as application:
        (person,) = application.people()
        application.archive.erase(application.organisation, person.person_id)
    hooks = {"altered_averages": lengthened(story.old.id), "altered_session": restaged(story.old.id)}
    _, asked = story.synchronise(timedelta(days=1), **hooks)
    assert asked == [story.old.id], "all others are as they were kept in the cache of answers"
    assert set(story.kept()) == set(before)
    assert story.first_stages() == [3, 3]
    assert story.synchronise(timedelta(days=2), **hooks)[1] == []


@pytest.mark.parametrize("fault", ["server-error", "malformed"])
def test_a_change_whose_session_could_not_be_had_is_noticed_again(story: Story, fault: FaultKind) -> None:
    story.synchronise()
    before = story.kept()
    hooks = {"altered_averages": lengthened(story.old.id), "altered_session": restaged(story.old.id)}
    tries = 3 if fault == "server-error" else 1
    progress, asked = story.synchronise(
        timedelta(days=1), **hooks, before_session=lambda _: story.vendor.plan_faults(*[fault] * tries)
    )
    assert asked == [story.old.id]
    assert bool(progress.failures) == (fault == "server-error")
    assert story.kept() == before, "what was there stays until there is something better"
    later = timedelta(days=1, minutes=15) if progress.failures else timedelta(days=2)
    progress, asked = story.synchronise(later, **hooks)
    assert asked == [story.old.id]
    assert not progress.failures
    assert story.kept()[story.old.id] != before[story.old.id]
    assert story.synchronise(later + timedelta(days=1), **hooks)[1] == []


def test_a_session_that_comes_weeks_late_arrives(story: Story) -> None:
    story.delete()
    story.synchronise()
    before = story.kept()
    assert story.old.id not in before
    story.bring_back()
    progress, asked = story.synchronise(timedelta(days=1))
    assert asked == [story.old.id]
    assert progress.nights == progress.nights_done == 1
    after = story.kept()
    assert after[story.old.id].whole
    assert {one: after[one] for one in before} == before
    assert story.synchronise(timedelta(days=2))[1] == []


@pytest.mark.parametrize("fault", ["malformed", "wrong-types"])
def test_stages_that_cannot_be_read_leave_the_vendors_statistics_and_are_tried_again(
    story: Story, fault: FaultKind
) -> None:
    story.delete()
    story.synchronise()
    story.bring_back()
    progress, asked = story.synchronise(
        timedelta(days=1), before_session=lambda _: story.vendor.plan_faults(fault)
    )
    assert asked == [story.old.id]
    assert progress.people_complete == 1
    row = story.night()
    assert row["basis"] == "vendor"
    assert bool(row["valid"])
    assert row["tst_min"] > 0
    assert "STAGES_UNREADABLE" in row["reasons"].split(";")
    _, asked = story.synchronise(timedelta(days=1, minutes=15))
    assert asked == [story.old.id]
    row = story.night()
    assert row["basis"] == "stages"
    assert "STAGES" not in row["reasons"]
    assert story.synchronise(timedelta(days=2))[1] == []


@pytest.mark.parametrize("back", [timedelta(hours=-1), timedelta(days=-5), timedelta(days=-60)])
def test_a_clock_that_was_set_back_makes_nothing_vanish_and_costs_no_session(
    story: Story, back: timedelta
) -> None:
    story.synchronise()
    before = story.kept()
    progress, asked = story.synchronise(back)
    assert not progress.failures
    assert asked == []
    assert story.kept() == before
    assert story.synchronise(timedelta(days=1))[1] == []
    assert story.kept() == before


def test_an_answer_without_any_session_empties_no_archive(story: Story) -> None:
    story.synchronise()
    before = story.kept()
    emptied = lambda averages: msgspec.structs.replace(averages, slept=(), never_slept=())  # noqa: E731
    progress, _ = story.synchronise(timedelta(days=1), altered_averages=emptied)
    assert not progress.failures
    assert story.kept() == before, "each was asked for by its id, and is there"


def test_whoever_lost_all_sessions_at_the_vendor_loses_here_all_that_statistics_had_named(
    story: Story,
) -> None:
    story.synchronise()
    before = story.kept()
    (person,) = story.vendor.world.people
    for session in story.vendor.account.sessions(person):
        story.vendor.account.delete_session(person, session.id)
    story.synchronise(A_DAY_LATER - NOW)
    # A list without any session proves nothing, and a recording too short for statistics is in no other answer.
    assert set(story.kept()) == {one.session_id for one in before.values() if not one.summary}
    assert len(story.kept()) < 3
