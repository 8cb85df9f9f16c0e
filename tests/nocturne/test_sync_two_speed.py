"""Statistics of everybody first, then stages: what pages have when, what it costs, what either can do alone."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import pandas as pd
import pytest

from asleep.simulator.faults import FaultKind
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from nocturne.progress import SyncProgress
from tests.nocturne.syncing import (
    A_DAY_LATER,
    NOW,
    UNTIL,
    NotingClient,
    by_sessions_alone,
    kept_sessions,
    nights_of,
    opened,
    synchronised_all,
    synchronised_at,
)

PEOPLE = 2


@pytest.fixture(scope="module")
def world() -> World:
    # With so few people nobody's last session is unfinished.
    return simulated_world(people=PEOPLE, nights=22, seed=11, until=UNTIL, now=NOW)


@pytest.fixture
def vendor(world: World) -> Iterator[Running]:
    with serve(world) as running:
        yield running


@pytest.fixture
def brief() -> Iterator[Running]:
    """A vendor whose people recorded for two days, where only calls are counted."""
    with serve(simulated_world(people=PEOPLE, nights=2, seed=11, until=UNTIL, now=NOW)) as running:
        yield running


def asked(running: Running) -> dict[str, int]:
    """How often each operation was asked for since the last time."""
    counted = dict(running.requests)
    running.requests.clear()
    return counted


def test_everybodys_statistics_are_on_the_pages_before_the_first_session_is_asked_for(
    tmp_path: Path, vendor: Running
) -> None:
    client = NotingClient(vendor)
    with opened(tmp_path, vendor, client=client) as application:
        show = application.board.show
        seen: list[pd.DataFrame] = []

        def look(progress: SyncProgress) -> None:
            if progress.state == "listing" and not seen:
                assert vendor.requests["getAverageStats"] == PEOPLE
                assert not vendor.requests["listSessions"] + vendor.requests["getSession"]
                seen.append(nights_of(application))
            show(progress)

        application.board.show = look  # type: ignore[method-assign]
        progress = synchronised_all(application)
        first = seen[0]
        assert set(first["person_id"]) == {person.user_id for person in vendor.world.people}
        assert set(first["basis"]) == {"vendor"}
        after = nights_of(application)
        assert set(after["basis"]) == {"stages"}
        assert set(first["session_id"]) <= {one for named in after["session_ids"] for one in named.split(";")}
        assert progress.people_complete == PEOPLE
        alone = by_sessions_alone(tmp_path / "alone", vendor, application)
        pd.testing.assert_frame_equal(after, alone)
    operations = [operation for operation, _ in client.asked]
    assert operations[:PEOPLE] == ["average_stats"] * PEOPLE


@pytest.mark.parametrize(("days", "calls"), [(90, 1), (99, 1), (100, 1), (101, 2), (200, 2), (365, 4)])
def test_a_first_synchronisation_costs_a_call_for_each_hundred_days(
    tmp_path: Path, brief: Running, days: int, calls: int
) -> None:
    synchronised_at(tmp_path, brief, days=days)
    counted = asked(brief)
    assert counted["getAverageStats"] == PEOPLE * calls
    assert counted["listSessions"] == PEOPLE
    assert counted["getSession"] == sum(len(brief.account.sessions(person)) for person in brief.world.people)


@pytest.mark.parametrize("days", [60, 100, 365])
def test_a_day_later_somebody_unchanged_costs_two_calls_and_soon_after_one(
    tmp_path: Path, brief: Running, days: int
) -> None:
    synchronised_at(tmp_path, brief, days=days)
    asked(brief)
    synchronised_at(tmp_path, brief, now=A_DAY_LATER, days=days)
    assert asked(brief) == {"getAverageStats": PEOPLE, "listSessions": PEOPLE}
    synchronised_at(tmp_path, brief, now=A_DAY_LATER + timedelta(hours=11), days=days)
    assert asked(brief) == {"listSessions": PEOPLE}


def test_a_dashboard_that_synchronises_every_few_hours_asks_for_statistics_twice_a_day(
    tmp_path: Path, brief: Running
) -> None:
    synchronised_at(tmp_path, brief)
    asked(brief)
    for hours in range(4, 49, 4):
        synchronised_at(tmp_path, brief, now=NOW + timedelta(hours=hours))
    assert asked(brief) == {"getAverageStats": 4 * PEOPLE, "listSessions": 12 * PEOPLE}


def test_statistics_that_did_not_arrive_are_asked_for_again_soon(tmp_path: Path, vendor: Running) -> None:
    fault: FaultKind = "malformed"
    vendor.plan_faults(*repeat(fault, PEOPLE))
    progress = synchronised_at(tmp_path, vendor)
    assert progress.people_complete == PEOPLE, "lists and sessions bring what the statistics did not"
    asked(vendor)
    synchronised_at(tmp_path, vendor, now=NOW + timedelta(minutes=15))
    assert asked(vendor) == {"getAverageStats": PEOPLE, "listSessions": PEOPLE}
    with opened(tmp_path, vendor) as application:
        for sessions in kept_sessions(application).values():
            frame = sessions.frame
            # What the statistics name is known by what they said of it, for the day when they say something else.
            assert (frame["summary"] != "").sum() >= 0.9 * len(frame)
            assert set(frame["basis"]) == {"stages"}


def test_where_statistics_are_ids_only_lists_and_sessions_bring_everything(
    tmp_path: Path, world: World
) -> None:
    with serve(world, shape="reference") as vendor, opened(tmp_path, vendor) as application:
        show = application.board.show
        bases: set[str] = set()

        def look(progress: SyncProgress) -> None:
            bases.update(application.archive.statistics("main")["basis"])
            show(progress)

        application.board.show = look  # type: ignore[method-assign]
        progress = synchronised_all(application)
        assert not progress.failures
        assert bases <= {"stages"}, "no row ever rests on statistics that were not sent"
        after = nights_of(application)
        pd.testing.assert_frame_equal(after, by_sessions_alone(tmp_path / "alone", vendor, application))
        assert len(after)


def test_a_vendor_that_goes_back_to_ids_only_is_not_asked_for_every_session_again(
    tmp_path: Path, world: World
) -> None:
    with serve(world) as vendor:
        synchronised_at(tmp_path, vendor)
    with serve(world, shape="reference") as vendor:
        progress = synchronised_at(tmp_path, vendor, now=A_DAY_LATER)
        assert not progress.failures
        assert asked(vendor) == {"getAverageStats": PEOPLE, "listSessions": PEOPLE}
