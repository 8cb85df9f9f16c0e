"""Days as bit words give the same numbers as reading the rules slot by slot, at any hour and in any zone."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.daily_slots import ASLEEP, AWAKE, UNKNOWN, Recorded, slots_of
from analytics.day_words import pair_counts_of_words, regularity_counts, words
from analytics.regularity import pair_counts
from tests.analytics.plain_slots import plain_counts
from tests.analytics.recordings import Recording, at, epochs

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")
# Around the changes of clocks in these zones, and far from any.
BEGINNINGS = (
    "2026-03-07",
    "2026-03-28",
    "2026-04-04",
    "2026-10-03",
    "2026-10-24",
    "2026-10-31",
    "2026-06-10",
)

stages = st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2, 3]), st.integers(1, 400)), max_size=6).map(tuple)


def recorded_of(recordings: list[Recording], zone: str) -> Recorded:
    rows = [epochs(each.stages) for each in recordings]
    return Recorded(
        start_us=np.array([round(each.start.timestamp() * 1e6) for each in recordings], dtype=np.int64),
        zones=np.full(len(rows), zone, dtype=object),
        slots=slots_of(np.concatenate([np.empty(0, np.int8), *rows])),
        offsets=np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64),
    )


def test_stages_are_asleep_awake_or_unknown() -> None:
    found = slots_of(np.array([-1, 0, 1, 2, 3], dtype=np.int8))
    assert found.tolist() == [UNKNOWN, AWAKE, ASLEEP, ASLEEP, ASLEEP]
    assert slots_of(np.empty(0, dtype=np.int8)).tolist() == []


def test_a_day_is_45_words() -> None:
    slots = np.zeros((2, 2880), dtype=np.uint8)
    slots[1, [0, 63, 64, 2879]] = 2
    found = words(slots)
    assert found.shape == (2, 45)
    assert found[0].sum() == 0
    assert [int(found[1, 0]), int(found[1, 1]), int(found[1, 44])] == [2**63 + 1, 1, 2**63]


@given(seed=st.integers(0, 9999), days=st.integers(1, 5))
def test_words_count_what_matrices_count(seed: int, days: int) -> None:
    random = np.random.default_rng(seed)
    state = random.choice(np.array([AWAKE, UNKNOWN, ASLEEP], dtype=np.uint8), (days, 2880))
    consecutive = random.random(days - 1) < 0.8
    agree, known = pair_counts_of_words(words(state), words(state & np.uint8(1)), consecutive)
    expected = pair_counts(state == ASLEEP, state != UNKNOWN)
    assert (agree[0], known[0]) == (0, 0)
    np.testing.assert_array_equal(agree[1:], np.where(consecutive, expected[0], 0))
    np.testing.assert_array_equal(known[1:], np.where(consecutive, expected[1], 0))


@settings(deadline=None, max_examples=40)
@given(
    zone=st.sampled_from(ZONES),
    beginning=st.sampled_from(BEGINNINGS),
    sleeps=st.lists(st.tuples(st.integers(0, 3 * 86_400), stages), max_size=4),
    covered=st.sets(st.integers(-1, 3)),
    anchor_min=st.integers(0, 1439),
)
def test_they_equal_the_rules_spelled_out(
    zone: str,
    beginning: str,
    sleeps: list[tuple[int, tuple[tuple[int, int], ...]]],
    covered: set[int],
    anchor_min: int,
) -> None:
    first = at(f"{beginning} 12:00", zone)
    # Slots that two recordings share have one state only where the heavier one wins: here they may overlap freely.
    recordings = [Recording(start=first + timedelta(seconds=s), zone=zone, stages=runs) for s, runs in sleeps]
    base = (pd.Timestamp(beginning) - pd.Timestamp(0)).days
    days = np.array(sorted(base + day for day in covered), dtype=np.int64)
    nights = pd.DataFrame(
        {"day_index": days, "kind": "main", "valid": True, "anchor_clock_h": anchor_min / 60}
    )
    agree, known = regularity_counts(days, [zone] * len(days), recorded_of(recordings, zone), anchor_min / 60)
    expected = plain_counts(recordings, nights, zone) if len(days) else {}
    found = zip(agree.tolist(), known.tolist(), strict=True)
    assert dict(zip(days.tolist(), found, strict=True)) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_a_stretch_of_days_lies_over_every_day_it_touches(zone: str) -> None:
    long = Recording(start=at("2026-06-10 23:00", zone), zone=zone, stages=((1, 3 * 2880),))
    days = np.arange(5) + (pd.Timestamp("2026-06-09") - pd.Timestamp(0)).days
    agree, known = regularity_counts(days, [zone] * 5, recorded_of([long], zone), 12.0)
    assert known.tolist() == [0, 2880, 2880, 2880, 2880]
    # Awake; asleep for the last 13 h of the day; asleep throughout, twice; asleep for its first 11 h.
    assert agree.tolist() == [0, 11 * 120, 13 * 120, 2880, 11 * 120]


def test_nothing_recorded_and_no_days_are_no_pairs() -> None:
    nothing = recorded_of([], "UTC")
    assert [column.tolist() for column in regularity_counts(np.empty(0, np.int64), [], nothing, 12.0)] == [
        [],
        [],
    ]
    days = np.array([5, 6], dtype=np.int64)
    agree, known = regularity_counts(days, ["UTC"] * 2, nothing, 12.0)
    assert (agree.tolist(), known.tolist()) == ([0, 2880], [0, 2880])
