"""The epochs of a sleep are those that its statistics were counted of, whatever it was put together from."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.night_epochs import NightEpochs, night_epochs
from analytics.nights import night_table
from analytics.stages import STATISTICS
from tests.analytics.recordings import Recording, at, session_set
from tests.reports.counted_anew import statistics_anew

ZONE = "Europe/Berlin"


def table(*recordings: Recording) -> pd.DataFrame:
    return night_table(session_set(recordings), zone=ZONE)


def epochs(*recordings: Recording) -> NightEpochs:
    return night_epochs(session_set(recordings), zone=ZONE)


def check(recordings: list[Recording]) -> None:
    nights = table(*recordings)
    staged = nights[(nights["kind"] != "unusable") & (nights["basis"] == "stages")]
    found = night_epochs(session_set(recordings), zone=ZONE, only=staged["session_ids"].tolist())
    assert found.session_ids == tuple(staged["session_ids"])
    segments = np.split(found.segment, found.stages.offsets[1:-1]) if len(found) else []
    anew = statistics_anew([np.asarray(each) for each in found.stages], segments)
    pd.testing.assert_frame_equal(
        anew, staged[list(STATISTICS)].reset_index(drop=True), check_exact=True, check_names=False
    )
    starts = found.start_us[found.stages.offsets[:-1]] if len(found) else np.empty(0, np.int64)
    assert starts.tolist() == staged["start"].astype("int64").tolist()


def test_epochs_of_one_recording_are_its_stages_and_begin_every_half_minute() -> None:
    found = epochs(Recording(start=at("2026-02-10 23:00"), stages=((0, 4), (1, 700), (-1, 2))))
    assert found.stages[0].tolist() == [0] * 4 + [1] * 700 + [-1] * 2
    assert found.epoch.tolist() == list(range(706))
    assert set(np.diff(found.start_us)) == {30_000_000}
    assert not found.segment.any()


def test_the_time_between_two_pieces_is_a_gap_in_the_starts_and_a_new_segment() -> None:
    first = Recording(start=at("2026-02-10 23:00"), stages=((1, 406),))
    second = Recording(start=at("2026-02-11 03:00"), stages=((0, 2), (2, 6), (0, 1), (3, 400)))
    found = epochs(first, second)
    assert found.session_ids == (f"{first.name};{second.name}",)
    assert found.piece_epoch.tolist() == [0, 406]
    assert found.segment.tolist() == [0] * 406 + [1] * 409
    begun = pd.Timestamp("2026-02-11 03:00", tz="UTC")
    assert pd.Timestamp(int(found.start_us[406]), unit="us", tz="UTC") == begun
    counts = found.transitions()[0]
    assert counts[1, 0] == 0, "light before the gap and wake after it are no transition"
    assert counts.sum() == 405 + 408


def test_pieces_without_a_pause_are_one_segment() -> None:
    first = Recording(start=at("2026-02-10 23:00"), stages=((1, 300),))
    second = Recording(start=at("2026-02-11 01:30"), stages=((2, 400),))
    found = epochs(first, second)
    assert not found.segment.any()
    assert found.transitions()[0, 1, 2] == 1


def test_time_that_two_recordings_share_is_there_once() -> None:
    first = Recording(start=at("2026-02-10 23:00"), stages=((1, 600),))
    second = Recording(start=at("2026-02-11 03:30"), stages=((2, 500),))
    found = epochs(first, second)
    assert found.stages[0].tolist() == [1] * 600 + [2] * 440
    assert len(set(found.start_us.tolist())) == 1040


def test_what_is_no_sleep_has_no_epochs_and_what_is_asked_for_comes_in_that_order() -> None:
    slept = Recording(start=at("2026-02-10 23:00"))
    later = Recording(start=at("2026-02-11 23:00"))
    awake = Recording(start=at("2026-02-12 23:00"), stages=((0, 800),))
    sessions = session_set([slept, later, awake])
    assert night_epochs(sessions, zone=ZONE).session_ids == (slept.name, later.name)
    asked = [later.name, awake.name, slept.name, "nobody's"]
    found = night_epochs(sessions, zone=ZONE, only=asked)
    assert found.session_ids == (later.name, slept.name)
    assert found.transitions().shape == (2, 4, 4)


def test_nobody_has_no_epochs() -> None:
    found = epochs()
    assert len(found) == 0
    assert found.start_us.tolist() == found.segment.tolist() == found.epoch.tolist() == []
    assert found.transitions().shape == (0, 4, 4)


@st.composite
def lives(draw: st.DrawFn) -> list[Recording]:
    """Recordings over three days that may touch, overlap, leave gaps, or hold no sleep at all."""
    recordings = []
    for number in range(draw(st.integers(0, 6))):
        minutes = draw(st.integers(0, 3 * 24 * 60))
        runs = draw(
            st.lists(
                st.tuples(st.integers(-1, 3), st.sampled_from([1, 7, 15, 40, 200])), min_size=1, max_size=8
            )
        )
        begun = at("2026-02-10 20:00") + timedelta(
            minutes=minutes, seconds=draw(st.sampled_from([0, 10, 29]))
        )
        recordings.append(Recording(start=begun, stages=tuple(runs), session_id=f"s{number}"))
    return recordings


@settings(max_examples=300, deadline=None)
@given(lives())
def test_statistics_counted_anew_from_epochs_are_those_of_the_night(recordings: list[Recording]) -> None:
    check(recordings)


@pytest.mark.parametrize("pause_s", [0, 10, 29, 30, 31, 600])
def test_three_pieces_and_any_pause(pause_s: int) -> None:
    one = Recording(start=at("2026-02-10 23:00"), stages=((0, 10), (1, 6)))
    two = Recording(
        start=at("2026-02-10 23:08") + timedelta(seconds=pause_s), stages=((1, 12), (0, 1), (2, 300))
    )
    three = Recording(start=at("2026-02-11 01:50") + timedelta(seconds=pause_s), stages=((3, 400),))
    check([one, two, three])
