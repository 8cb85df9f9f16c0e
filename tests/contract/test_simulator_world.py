"""The simulated cast lives the lives that the demo promises, the same ones every time."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

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


def tst_min(world: World, person: Person, found: tuple[Session, ...]) -> list[float]:
    """Total sleep of the person's ordinary nights, oldest first."""
    stats = [world.diary.recording(person, session).stat for session in found if session.kind == "night"]
    return [stat["time_in_sleep"] / 60 for stat in stats if stat is not None]


def local_start(session: Session) -> datetime:
    return datetime.fromtimestamp(session.start_s, ZoneInfo(session.zone))


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


def test_everybody_belongs_to_a_group_large_enough_to_compare(world: World) -> None:
    groups = Counter(person.tags[0] for person in world.people)
    assert set(groups) == {"Intervention", "Control", "Night shift", "Rowing squad", "Community"}
    assert min(groups.values()) >= 5
    assert {person.sex for person in world.people} == {"male", "female", "non_binary"}
    assert all(1945 <= (person.birth_year or 0) <= 2006 for person in world.people)
    assert len({person.zone for person in world.people}) >= 12


def test_every_kind_and_state_of_session_occurs(sessions: dict[Person, tuple[Session, ...]]) -> None:
    everything = [session for found in sessions.values() for session in found]
    kinds = {session.kind for session in everything}
    assert kinds == {
        "night",
        "nap",
        "gaps",
        "defects",
        "broken_off",
        "too_short",
        "never_slept",
        "left_running",
    }
    assert Counter(session.state for session in everything)["OPEN"] == 1
    assert Counter(session.state for session in everything)["CLOSED"] == 1


def test_session_ids_are_unique_and_begin_with_the_utc_start(
    sessions: dict[Person, tuple[Session, ...]],
) -> None:
    everything = [session for found in sessions.values() for session in found]
    assert len({session.id for session in everything}) == len(everything)
    for session in everything:
        assert session.id[:14] == f"{datetime.fromtimestamp(session.start_s, UTC):%Y%m%d%H%M%S}"


def test_nobody_records_twice_at_once(sessions: dict[Person, tuple[Session, ...]]) -> None:
    for found in sessions.values():
        for before, after in pairwise(found):
            assert after.start_s >= before.start_s + before.recorded_s


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


def test_about_one_evening_in_twelve_is_missing(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    delivering = [person for person in world.people if person.story != "stopped"]
    recorded = sum(len({s.evening for s in sessions[person] if s.kind != "nap"}) for person in delivering)
    assert 0.05 <= 1 - recorded / (90 * len(delivering)) <= 0.11


def test_total_sleep_varies_within_a_person_as_much_as_in_real_lives(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    spreads = [float(np.std(tst_min(world, person, found), ddof=1)) for person, found in sessions.items()]
    # Among people who wear trackers, 5 % to 95 % of persons lie between 46 and 95 min; rowers keep hours.
    assert 45 <= float(np.median(spreads)) <= 85
    assert min(spreads) >= 28
    assert max(spreads) <= 120


def test_the_intervention_arm_improves_and_the_control_arm_does_not(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    def mean_change_min(tag: str) -> float:
        changes = []
        for person, found in sessions.items():
            if tag in person.tags:
                nights = tst_min(world, person, found)
                changes.append(float(np.mean(nights[-25:]) - np.mean(nights[:15])))
        return float(np.mean(changes))

    assert mean_change_min("Intervention") >= 25
    assert abs(mean_change_min("Control")) <= 12


def test_some_sleep_clearly_less_in_the_last_week(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    declining = [person for person in world.people if person.story == "declines"]
    assert len(declining) >= 2
    for person in declining:
        nights = tst_min(world, person, sessions[person])
        assert float(np.median(nights[-6:])) <= float(np.median(nights[-34:-10])) - 25


def test_some_stopped_delivering(world: World, sessions: dict[Person, tuple[Session, ...]]) -> None:
    stopped = [person for person in world.people if person.story == "stopped"]
    assert len(stopped) >= 2
    for person in stopped:
        assert 8 <= UNTIL.toordinal() - sessions[person][-1].evening <= 18


def test_night_workers_sleep_by_day(world: World, sessions: dict[Person, tuple[Session, ...]]) -> None:
    workers = [person for person in world.people if person.habits and person.habits.rhythm == "nights"]
    assert workers
    for person in workers:
        hours = [local_start(session).hour for session in sessions[person]]
        assert 6 <= float(np.median(hours)) <= 11


def test_travellers_record_in_another_zone_for_some_nights(
    world: World, sessions: dict[Person, tuple[Session, ...]]
) -> None:
    travellers = [person for person in world.people if person.story == "travels"]
    assert len(travellers) >= 2
    for person in travellers:
        away = {session.evening for session in sessions[person] if session.zone != person.zone}
        assert 5 <= len(away) <= 9


def test_bedtimes_follow_the_wall_clock_over_a_clock_change(
    sessions: dict[Person, tuple[Session, ...]],
) -> None:
    changed = 0
    for found in sessions.values():
        for session in found:
            if session.kind != "night" or session.end_s is None:
                continue
            start, end = (
                datetime.fromtimestamp(s, ZoneInfo(session.zone)) for s in (session.start_s, session.end_s)
            )
            changed += start.utcoffset() != end.utcoffset()
    assert changed >= 5


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


def test_a_world_of_thousands_for_a_year_is_there_at_once() -> None:
    large = simulated_world(people=5000, nights=365, until=UNTIL, now=NOW)
    assert len(large.diary.sessions(large.people[4999])) > 250
