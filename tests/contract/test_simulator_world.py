"""The simulated cast lives the lives that the demo promises, the same ones every time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from asleep.simulator.diary import Session
from asleep.simulator.people import Person, cast
from asleep.simulator.world import World, simulated_world

# Ninety evenings with the spring clock change of Europe and North America and the autumn one of the south.
UNTIL = date(2026, 4, 12)
NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(until=UNTIL, now=NOW)


@pytest.fixture(scope="module")
def sessions(world: World) -> dict[Person, tuple[Session, ...]]:
    return {person: world.diary.sessions(person) for person in world.people}


def test_equal_arguments_give_equal_worlds(world: World, sessions: dict[Person, tuple[Session, ...]]) -> None:
    again = simulated_world(until=UNTIL, now=NOW)
    assert again.people == world.people
    assert again.api_key == world.api_key
    person = world.people[5]
    assert again.diary.sessions(person) == sessions[person]
    stages = world.diary.recording(person, sessions[person][3]).stages
    same = again.diary.recording(person, sessions[person][3]).stages
    assert stages is not None
    assert same is not None
    assert np.array_equal(same, stages)


def test_another_seed_gives_other_people_and_another_key(world: World) -> None:
    other = simulated_world(seed=2, until=UNTIL, now=NOW)
    assert not {person.user_id for person in other.people} & {person.user_id for person in world.people}
    assert other.api_key != world.api_key
    assert "simulated" in other.api_key


def test_a_larger_cast_begins_with_the_smaller_one() -> None:
    assert cast(people=60, seed=1)[:48] == cast(people=48, seed=1)


def test_names_and_identifiers_are_distinct_even_among_thousands() -> None:
    people = cast(people=5000, seed=1)
    assert len({person.user_id for person in people}) == 5000
    assert len({person.name for person in people}) == 5000


def test_session_ids_are_unique_and_begin_with_the_utc_start(
    sessions: dict[Person, tuple[Session, ...]],
) -> None:
    everything = [session for found in sessions.values() for session in found]
    assert len({session.id for session in everything}) == len(everything)
    for session in everything:
        assert session.id[:14] == f"{datetime.fromtimestamp(session.start_s, UTC):%Y%m%d%H%M%S}"


def test_length_of_the_stages_is_time_in_bed_in_whole_epochs(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    for person, found in sessions.items():
        for session in found:
            stages = world.diary.recording(person, session).stages
            if session.kind == "too_short":
                assert stages is None
            elif session.end_s is not None and session.state == "COMPLETE":
                assert stages is not None
                assert len(stages) == (session.end_s - session.start_s) // 30


def test_labels_and_statistics_go_together(world: World, sessions: dict[Person, tuple[Session, ...]]) -> None:
    expected = {
        "too_short": ("TOO_SHORT_FOR_ANALYSIS", False),
        "defects": ("TOO_MANY_DEFECTS_IN_SLEEP_STAGES", False),
        "never_slept": ("NEVER_SLEPT", True),
        "left_running": ("TOO_LONG_FOR_ANALYSIS", True),
    }
    for person, found in sessions.items():
        for session in found:
            recording = world.diary.recording(person, session)
            if session.state != "COMPLETE":
                label, has_stat = "IN_PROGRESS", False
            elif session.kind in expected:
                label, has_stat = expected[session.kind]
            else:
                continue
            assert label in recording.peculiarities
            assert (recording.stat is not None) is has_stat
            if session.kind == "gaps":
                assert recording.missing_data_ratio > 0
            if session.kind == "defects":
                assert recording.missing_data_ratio > 0.3


def test_figures_of_many_nights_are_those_of_their_recordings(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    person = world.people[3]
    figures = world.diary.figures(person, sessions[person])
    recordings = [world.diary.recording(person, session) for session in sessions[person]]
    assert [(found.peculiarities, found.stat) for found in figures] == [
        (found.peculiarities, found.stat) for found in recordings
    ]


def test_tomorrow_has_the_same_history_and_one_evening_more(world: World) -> None:
    tomorrow = simulated_world(until=UNTIL + timedelta(days=1), now=NOW)
    kept, known = 0, 0
    for person in world.people:
        before = {
            session.id for session in world.diary.sessions(person) if session.evening > UNTIL.toordinal() - 80
        }
        after = {session.id for session in tomorrow.diary.sessions(person)}
        kept += len(before & after)
        known += len(before)
    assert kept >= 0.97 * known


def test_nothing_ends_in_the_future() -> None:
    now = datetime(2026, 4, 13, 5, tzinfo=UTC)
    early = simulated_world(until=UNTIL, now=now)
    last_s = max(session.end_s or 0 for person in early.people for session in early.diary.sessions(person))
    assert last_s < now.timestamp()
    assert len([p for p in early.people if early.diary.sessions(p)[-1].evening == UNTIL.toordinal()]) < 40
