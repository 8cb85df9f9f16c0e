"""The raster of a year: every epoch in the five minutes of its own wall clock, missing days apart from waking."""

import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.nights import night_table
from analytics.raster import ASLEEP, AWAKE, NO_SIGNAL, NOTHING, OUTSIDE, SLOT_MIN, SLOTS, Raster, raster
from tests.analytics.recordings import Recording, at, session_set

MIDNIGHT_SLEEP = ((0, 20), (1, 880), (0, 20))


def drawn(recordings: Sequence[Recording], first: date, last: date, zone: str = "UTC") -> Raster:
    sessions = session_set(recordings)
    return raster(sessions, night_table(sessions, zone=zone), first=first, last=last)


def codes_at(found: Raster, row: int, clock: str) -> int:
    since = int(clock[:2]) * 60 + int(clock[3:]) - round(found.anchor_h * 60)
    return int(found.codes[row, since % (24 * 60) // SLOT_MIN])


def nightly(
    days: int, zone: str = "UTC", clock: str = "23:00", missing: Sequence[int] = ()
) -> list[Recording]:
    first = date(2026, 3, 1)
    return [
        Recording(start=at(f"{first + timedelta(days=n)} {clock}", zone), stages=MIDNIGHT_SLEEP, zone=zone)
        for n in range(days)
        if n not in missing
    ]


def test_a_night_is_in_bed_awake_then_asleep_then_awake_and_elsewhere_not_recorded() -> None:
    found = drawn(nightly(7), date(2026, 3, 2), date(2026, 3, 8))
    assert found.codes.dtype == np.uint8
    assert found.codes.shape == (7, SLOTS)
    assert [codes_at(found, 0, clock) for clock in ("22:55", "23:00", "23:10", "06:25", "06:35", "06:40")] == [
        OUTSIDE, AWAKE, ASLEEP, ASLEEP, AWAKE, OUTSIDE,
    ]  # fmt: skip
    assert np.count_nonzero(found.codes[0] == ASLEEP) == 880 * 30 / 60 / SLOT_MIN


def test_a_day_without_a_recording_is_no_waking_and_no_hour_out_of_bed() -> None:
    found = drawn(nightly(7, missing=(3,)), date(2026, 3, 2), date(2026, 3, 8))
    assert set(found.codes[3].tolist()) == {NOTHING}
    assert found.days["recorded"].tolist() == [True, True, True, False, True, True, True]
    assert found.recorded == 6


def test_lost_signal_is_a_state_of_its_own() -> None:
    lost = Recording(start=at("2026-03-01 23:00"), stages=((0, 20), (1, 300), (-1, 120), (1, 300)))
    found = drawn([lost], date(2026, 3, 2), date(2026, 3, 2))
    assert np.count_nonzero(found.codes == NO_SIGNAL) == 12


def test_the_most_frequent_state_of_five_minutes_is_drawn_and_asleep_where_two_are() -> None:
    half = Recording(start=at("2026-03-01 23:00"), stages=((0, 5), (1, 5), (0, 6), (1, 4), (1, 800)))
    found = drawn([half], date(2026, 3, 2), date(2026, 3, 2))
    assert [codes_at(found, 0, clock) for clock in ("23:00", "23:05")] == [ASLEEP, AWAKE]


def test_a_day_sleeper_has_every_sleep_whole_in_the_row_of_its_own_date() -> None:
    found = drawn(nightly(8, clock="08:00"), date(2026, 3, 1), date(2026, 3, 8))
    for row in found.codes:
        asleep = np.flatnonzero(row == ASLEEP)
        assert len(asleep) == 880 / 2 / SLOT_MIN
        assert asleep[-1] - asleep[0] + 1 == len(asleep)


def test_where_the_clocks_change_it_is_marked_and_the_rows_stay_on_the_wall_clock() -> None:
    # In Berlin clocks go forward on 29 March 2026 at 02:00.
    found = drawn(nightly(35, "Europe/Berlin"), date(2026, 3, 2), date(2026, 4, 4), zone="Europe/Berlin")
    (mark,) = found.marks
    assert (mark.day, mark.text) == (date(2026, 3, 29), "clocks +1\u00a0h")
    assert mark.words == "the clocks went forward by 1\u00a0h"
    night = (date(2026, 3, 29) - date(2026, 3, 2)).days
    assert [codes_at(found, night, clock) for clock in ("01:55", "02:00", "02:55", "03:00")] == [
        ASLEEP, OUTSIDE, OUTSIDE, ASLEEP,
    ]  # fmt: skip
    assert {codes_at(found, row, "23:10") for row in range(len(found.codes))} == {ASLEEP}


def test_a_move_to_another_zone_is_marked_and_drawn_by_the_clock_there() -> None:
    here = nightly(10)
    there = [
        Recording(start=at(f"2026-03-{11 + n} 23:00", "Asia/Tokyo"), stages=MIDNIGHT_SLEEP, zone="Asia/Tokyo")
        for n in range(8)
    ]
    found = drawn([*here, *there], date(2026, 3, 2), date(2026, 3, 19))
    assert [(mark.day, mark.text) for mark in found.marks] == [(date(2026, 3, 12), "Tokyo")]
    assert [codes_at(found, row, "02:00") for row in (0, 8, 12, 16)] == [ASLEEP] * 4


def test_what_no_stages_are_here_of_is_drawn_by_its_edges() -> None:
    sessions = session_set(nightly(7))
    nights = night_table(sessions, zone="UTC")
    found = raster(session_set([]), nights, first=date(2026, 3, 2), last=date(2026, 3, 8))
    whole = raster(sessions, nights, first=date(2026, 3, 2), last=date(2026, 3, 8))
    assert np.array_equal(found.codes, whole.codes)


def wrong(nights: pd.DataFrame, row: int, column: str, by: timedelta) -> pd.DataFrame:
    moments = nights[column]
    return nights.assign(**{column: moments.where(nights.index != row, moments + by)})


def test_an_end_a_hundred_years_late_takes_no_room_and_is_drawn_to_the_end_of_the_period() -> None:
    nights = night_table(session_set(nightly(7)), zone="UTC")
    broken = wrong(nights, 2, "end", timedelta(days=36_525))
    tracemalloc.start()
    try:
        found = raster(session_set([]), broken, first=date(2026, 3, 2), last=date(2026, 3, 8))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
    whole = raster(session_set([]), nights, first=date(2026, 3, 2), last=date(2026, 3, 8))
    assert np.array_equal(found.codes[:2], whole.codes[:2])
    assert np.array_equal(found.codes[2:] == ASLEEP, whole.codes[2:] == ASLEEP)
    assert set(found.codes[3:].ravel().tolist()) == {AWAKE, ASLEEP}


def test_a_start_long_before_the_period_and_an_onset_before_it_are_drawn_as_far_as_they_reach() -> None:
    nights = night_table(session_set(nightly(7)), zone="UTC")
    first, last = date(2026, 3, 2), date(2026, 3, 8)
    early = wrong(nights, 0, "start", timedelta(days=-36_525))
    early = wrong(early, 4, "onset", timedelta(minutes=-40))
    whole, found = (raster(session_set([]), each, first=first, last=last) for each in (nights, early))
    assert np.array_equal(found.codes[0] == ASLEEP, whole.codes[0] == ASLEEP)
    assert [codes_at(found, 4, clock) for clock in ("22:55", "23:00", "06:25", "06:35")] == [
        OUTSIDE, ASLEEP, ASLEEP, AWAKE,
    ]  # fmt: skip


def test_a_period_without_anything_and_one_that_ends_before_it_begins() -> None:
    found = drawn(nightly(7), date(2025, 1, 1), date(2025, 12, 31))
    assert set(found.codes.ravel().tolist()) == {NOTHING}
    assert (found.recorded, found.marks) == (0, ())
    assert found.codes.nbytes * 4 / 3 < 200_000
    with pytest.raises(ValueError, match="before it begins"):
        drawn(nightly(7), date(2026, 3, 8), date(2026, 3, 2))


def by_hand(recordings: Sequence[Recording], found: Raster, zone: str) -> list[Counter[int]]:
    """The epochs of each state by slot of all rows, counted one by one."""
    slots = [Counter[int]() for _ in range(found.codes.size)]
    anchor = timedelta(hours=found.anchor_h)
    origin = found.days.index[0].date()
    for each in recordings:
        states = [stage for stage, length in each.stages for _ in range(length)]
        for n, stage in enumerate(states):
            wall = (each.start.astimezone(UTC) + n * timedelta(seconds=30)).astimezone(ZoneInfo(zone))
            moment = wall.replace(tzinfo=None) - anchor
            # The first row's sleep day began on the day before its label.
            row = (moment.date() - origin).days + 1
            slot = (moment.hour * 60 + moment.minute) // SLOT_MIN
            if 0 <= row < len(found.codes):
                slots[row * SLOTS + slot][1 if stage > 0 else stage] += 1
    return slots


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-100, 100), st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2, 3]), st.integers(1, 90)))
        ),
        min_size=6,
        max_size=10,
    )
)
def test_every_slot_has_the_state_that_most_of_its_epochs_have(
    nights: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    zone = "Europe/Berlin"
    recordings = [
        Recording(
            start=at(f"2026-03-{24 + n} 23:00" if n < 8 else f"2026-04-0{n - 7} 23:00", zone)
            + timedelta(minutes=later),
            stages=((1, 400), *stages, (1, 300)),
            zone=zone,
        )
        for n, (later, stages) in enumerate(nights)
    ]
    found = drawn(recordings, date(2026, 3, 25), date(2026, 4, 3), zone=zone)
    code = {1: ASLEEP, 0: AWAKE, -1: NO_SIGNAL}
    for drawn_code, epochs in zip(
        found.codes.ravel().tolist(), by_hand(recordings, found, zone), strict=True
    ):
        if epochs:
            best = max((1, 0, -1), key=lambda state: epochs[state])
            assert drawn_code == code[best]
        else:
            assert drawn_code in {NOTHING, OUTSIDE}
