"""A simulated night depends on the seed, the person and the date alone, and its parts do what they say."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asleep.simulator import draws
from asleep.simulator.calibration import light_factor
from asleep.simulator.nights import GAP_DRAWS, SNORING_WIDTH, cut_gaps, snoring_of_nights, unknown_ratio
from asleep.simulator.recordings import Figures, nights_of
from asleep.simulator.sleepers import Sleeper
from asleep.simulator.statistics import Stages
from asleep.simulator.walk import WIDTH, Walkers, walk
from asleep.simulator.world import World, simulated_world

UNTIL = date(2026, 4, 12)
NOW = datetime(2026, 4, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(until=UNTIL, now=NOW)


def walked(
    count: int,
    *,
    epochs: int = 960,
    seed: int = 1,
    restful: int | None = None,
    sleeper: Sleeper | None = None,
) -> list[Stages]:
    """The first nights of a stream, each of so many epochs."""
    who = sleeper or Sleeper()
    drawn = draws.rows(seed=seed, number=0, purpose=draws.RECORDING, first=0, count=count, width=WIDTH)
    walkers = Walkers(
        epochs=np.full(count, epochs),
        restful_epochs=np.full(count, epochs if restful is None else restful),
        latency_median_epochs=np.full(count, 2 * who.latency_median_min),
        wake_factor=np.full(count, who.wake_factor),
        light_factor=np.full(count, light_factor(who.wake_factor)),
        deep_factor=np.full(count, who.deep_factor),
        rem_factor=np.full(count, who.rem_factor),
    )
    return list(walk(drawn, walkers).reshape(count, epochs))


# Same seed, same bytes


@settings(deadline=None)
@given(st.integers(0, 47), st.lists(st.integers(0, 200), min_size=1, max_size=12))
def test_many_nights_at_once_are_the_nights_one_by_one_in_any_order(number: int, places: list[int]) -> None:
    world = simulated_world(until=UNTIL, now=NOW)
    person = world.people[number]
    everything = world.diary.sessions(person)
    chosen = [everything[place % len(everything)] for place in places]
    together = world.diary.figures(person, chosen)
    alone = [world.diary.recording(person, session) for session in chosen]
    assert together == tuple(
        Figures(peculiarities=recording.peculiarities, stat=recording.stat) for recording in alone
    )
    # repr tells 0.1 from 0.1000000001 and 1 from 1.0.
    assert repr([found.stat for found in together]) == repr([recording.stat for recording in alone])
    complete = [session for session in chosen if session.state == "COMPLETE" and session.kind != "too_short"]
    if complete:
        values, offsets, snoring = nights_of(person, complete, seed=world.seed)
        for place, session in enumerate(complete):
            recording = world.diary.recording(person, session)
            night = slice(int(offsets[place]), int(offsets[place + 1]))
            assert recording.stages is not None
            assert recording.snoring is not None
            assert recording.stages.tobytes() == values[night].tobytes()
            assert recording.snoring.tobytes() == snoring[night].tobytes()


def test_all_nights_of_everybody_at_once_are_the_nights_one_by_one(world: World) -> None:
    for person in world.people[::5]:
        sessions = world.diary.sessions(person)
        together = world.diary.figures(person, sessions)
        alone = [world.diary.recording(person, session) for session in sessions]
        assert [found.stat for found in together] == [recording.stat for recording in alone]
        assert [found.peculiarities for found in together] == [recording.peculiarities for recording in alone]


def test_no_sessions_have_no_figures(world: World) -> None:
    assert world.diary.figures(world.people[0], ()) == ()


def test_a_night_is_the_same_in_a_world_of_another_length(world: World) -> None:
    longer = simulated_world(until=UNTIL, now=NOW, nights=365, people=400)
    for number in (1, 8, 26, 44):  # nobody whose story turns with the range
        person = world.people[number]
        before = {session.id: session for session in world.diary.sessions(person)}
        found = {session.id: session for session in longer.diary.sessions(longer.people[number])}
        common = [before[name] for name in before if name in found and before[name] == found[name]]
        assert len(common) >= len(before) - 14
        again = [found[session.id] for session in common]
        assert longer.diary.figures(person, again) == world.diary.figures(person, common)


def test_another_seed_gives_other_nights() -> None:
    one, other = (walked(3, seed=seed) for seed in (1, 2))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_draws_of_an_evening_do_not_depend_on_where_the_reading_begins() -> None:
    whole = draws.rows(seed=3, number=5, purpose=draws.LIFE, first=739_000, count=50, width=16)
    for first in (0, 1, 17, 49):
        part = draws.rows(seed=3, number=5, purpose=draws.LIFE, first=739_000 + first, count=1, width=16)
        assert np.array_equal(part[0], whole[first])
    assert not np.array_equal(whole[0], whole[1])


def test_draws_are_even_and_their_normals_normal() -> None:
    drawn = draws.rows(seed=3, number=5, purpose=draws.LIFE, first=0, count=5000, width=16)
    assert abs(float(draws.uniform(drawn).mean()) - 0.5) < 0.005
    normal = draws.normal(drawn)
    assert abs(float(normal.mean())) < 0.02
    assert abs(float(normal.std()) - 1) < 0.01


# Stages


@given(st.integers(0, 2**31), st.integers(0, 1400))
def test_any_length_yields_as_many_known_stages(seed: int, epochs: int) -> None:
    (stages,) = walked(1, epochs=epochs, seed=seed)
    assert len(stages) == epochs
    assert set(stages.tolist()) <= {0, 1, 2, 3}


def test_a_night_begins_and_mostly_ends_awake() -> None:
    nights = walked(300)
    assert all(night[0] == 0 for night in nights)
    assert 0.75 <= float(np.mean([night[-1] == 0 for night in nights])) <= 0.97


def test_whoever_is_up_is_awake_to_the_end_of_the_recording() -> None:
    for night in walked(50, epochs=3000, restful=1000):
        assert not night[1000:].any()
        assert night[:1000].any()


def test_a_session_still_recorded_holds_the_beginning_of_the_night() -> None:
    whole, so_far = walked(20, epochs=960), walked(20, epochs=600, restful=960)
    for night, beginning in zip(whole, so_far, strict=True):
        assert np.array_equal(night[:600], beginning)


def test_deep_sleep_comes_early_and_rem_late() -> None:
    nights = np.stack(walked(400))
    early, late = nights[:, 30:270], nights[:, 600:840]
    assert np.mean(early == 2) > 2.5 * np.mean(late == 2)
    assert np.mean(late == 3) > 2.5 * np.mean(early == 3)


def test_sleepers_differ_as_their_factors_say() -> None:
    def share(sleeper: Sleeper, stage: int) -> float:
        return float(np.mean(np.stack(walked(150, sleeper=sleeper)) == stage))

    assert share(Sleeper(wake_factor=2.0), 0) > 1.3 * share(Sleeper(), 0)
    assert share(Sleeper(deep_factor=0.4), 2) < 0.7 * share(Sleeper(), 2)
    assert share(Sleeper(rem_factor=0.6), 3) < 0.8 * share(Sleeper(), 3)
    first_sleep = [
        float(np.median([np.flatnonzero(night)[0] for night in walked(150, sleeper=sleeper)]))
        for sleeper in (Sleeper(), replace(Sleeper(), latency_median_min=28.0))
    ]
    assert first_sleep[1] > 1.6 * first_sleep[0]


# Snoring


def snored(nights: list[Stages], ratio: float) -> Stages:
    drawn = draws.rows(
        seed=1, number=0, purpose=draws.SNORING, first=0, count=len(nights), width=SNORING_WIDTH
    )
    lengths = np.array([len(night) for night in nights])
    return snoring_of_nights(drawn, np.concatenate(nights), lengths, ratio)


@pytest.mark.parametrize("ratio", [0.05, 0.2, 0.35])
def test_snoring_is_in_sleep_only_and_about_as_much_as_asked(ratio: float) -> None:
    nights = walked(400)
    heard = snored(nights, ratio)
    asleep = np.concatenate(nights) > 0
    assert not heard[~asleep].any()
    assert abs(float(heard[asleep].mean()) - ratio) <= 0.15 * ratio
    assert not snored(nights, 0.0).any()


# Gaps


def gaps_of(night: Stages) -> list[tuple[int, int]]:
    """Where each run of -1 begins and how long it is."""
    found, at = [], 0
    for stage, run in groupby(night.tolist()):
        length = len(list(run))
        if stage == -1:
            found.append((at, length))
        at += length
    return found


@pytest.fixture(scope="module")
def holed() -> list[Stages]:
    nights = walked(600)
    drawn = draws.rows(seed=9, number=0, purpose=draws.LIFE, first=0, count=len(nights), width=GAP_DRAWS)
    for night, row in zip(nights, drawn, strict=True):
        cut_gaps(night, row)
    return nights


def test_gaps_last_from_one_entry_to_hours_and_touch_both_ends(holed: list[Stages]) -> None:
    gaps = [gap for night in holed for gap in gaps_of(night)]
    lengths = [length for _, length in gaps]
    assert min(lengths) == 1
    assert sum(length <= 5 for length in lengths) >= 100
    assert sum(length >= 60 for length in lengths) >= 100
    assert sum(start == 0 for start, _ in gaps) >= 60
    assert sum(start + length == 960 for start, length in gaps) >= 60
    assert {len(gaps_of(night)) for night in holed} >= {1, 2, 3}


def test_a_night_with_gaps_stays_analysable(holed: list[Stages]) -> None:
    assert max(unknown_ratio(night) for night in holed) <= 0.3
    assert min(unknown_ratio(night) for night in holed) >= 0


def test_a_night_with_too_many_defects_lacks_a_third_or_more() -> None:
    nights = walked(100)
    drawn = draws.rows(seed=9, number=0, purpose=draws.LIFE, first=0, count=len(nights), width=GAP_DRAWS)
    for night, row in zip(nights, drawn, strict=True):
        cut_gaps(night, row, defective=True)
    shares = [unknown_ratio(night) for night in nights]
    assert min(shares) >= 0.32
    assert max(shares) >= 0.6


def test_a_hole_of_more_than_an_hour_occurs_in_nights_that_are_analysed() -> None:
    world = simulated_world(people=240, until=UNTIL, now=NOW)
    longest = 0
    for person in world.people:
        holed = [session for session in world.diary.sessions(person) if session.kind == "gaps"]
        if holed:
            values, offsets, _ = nights_of(person, holed, seed=world.seed)
            for place in range(len(holed)):
                night = values[offsets[place] : offsets[place + 1]]
                longest = max([longest, *(length for _, length in gaps_of(night))])
    assert longest >= 180  # an hour and a half


def test_unknown_ratio_is_the_share_of_missing_entries() -> None:
    assert unknown_ratio(np.array([-1, 0, 1], dtype=np.int8)) == 0.33
    assert unknown_ratio(np.array([], dtype=np.int8)) == 0.0
