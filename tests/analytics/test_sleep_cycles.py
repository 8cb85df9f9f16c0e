"""The cycles of a sleep, of one recording or several, are where its clock says they are."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cycles import night_cycles
from analytics.night_drawing import Piece
from analytics.sleep_cycles import no_cycles, sleep_cycles
from tests.analytics.recordings import epochs

L, D, R, W, U = 1, 2, 3, 0, -1

some_stages = st.lists(st.tuples(st.sampled_from((U, W, L, D, R)), st.integers(1, 60)), max_size=12)


def piece(start_min: float, *runs: tuple[int, int]) -> Piece:
    stages = epochs(runs)
    return Piece(
        start_min=start_min,
        end_min=start_min + len(stages) / 2,
        stages=stages,
        snoring=np.zeros(len(stages), dtype=np.int8),
    )


def spans(*pieces: Piece) -> list[tuple[float, float, bool]]:
    return [
        (round(cycle.start_min, 6), round(cycle.end_min, 6), cycle.complete)
        for cycle in sleep_cycles(pieces).each
    ]


def test_a_cycle_is_nrem_with_the_rem_after_it() -> None:
    assert spans(piece(0, (W, 10), (L, 60), (R, 20), (L, 40))) == [(5, 45, True), (45, 65, False)]


def test_rem_before_the_first_nrem_is_in_no_cycle() -> None:
    assert spans(piece(0, (R, 12), (L, 60), (R, 20))) == [(6, 46, True)]


def test_the_time_between_two_pieces_belongs_to_the_cycle_around_it() -> None:
    assert spans(piece(0, (L, 40)), piece(50, (L, 20), (R, 20))) == [(0, 70, True)]


def test_what_begins_after_a_gap_begins_when_the_recording_does() -> None:
    # The gap is no whole number of epochs: 30 min 12 s.
    found = spans(piece(0, (L, 60), (R, 20)), piece(70.2, (L, 60), (R, 10)))
    assert found == [(0, 70.2, True), (70.2, 105.2, True)]


def test_after_a_gap_that_follows_rem_nothing_reaches_into_it() -> None:
    assert spans(piece(0, (L, 60), (R, 20)), piece(60, (W, 40))) == [(0, 40, True)]


def test_a_gap_is_neutral_for_the_15_minutes_of_nrem() -> None:
    # 10 min of light sleep, 5 min without a recording, REM: 15 min without REM.
    assert spans(piece(0, (L, 20)), piece(15, (R, 20))) == [(0, 25, True)]
    assert spans(piece(0, (L, 20)), piece(14, (R, 20))) == []


def test_rem_is_never_joined_across_a_gap() -> None:
    # 3 min of REM on either side of 10 min without a recording are no 5 min of REM.
    later = piece(70, (R, 6), (L, 60), (R, 20))
    found = spans(piece(0, (L, 60), (R, 2), (L, 50), (R, 6)), later)
    assert [whole for *_, whole in found] == [True, True]
    assert found[1] == (31, 113, True)


@pytest.mark.parametrize(("gap_min", "uncertain"), [(5.0, False), (5.01, True), (4.99, False), (5.5, True)])
def test_more_than_5_minutes_between_pieces_make_cycles_uncertain(gap_min: float, *, uncertain: bool) -> None:
    found = sleep_cycles((piece(0, (L, 60)), piece(30 + gap_min, (L, 60), (R, 20))))
    assert found.uncertain == uncertain
    assert len(found.notes) == uncertain


def test_lost_signal_on_both_sides_of_a_gap_is_one_stretch_with_it() -> None:
    assert sleep_cycles((piece(0, (L, 60), (U, 4)), piece(34, (U, 4), (L, 60)))).uncertain
    assert not sleep_cycles((piece(0, (L, 60), (U, 4)), piece(33, (U, 4), (L, 60)))).uncertain


def test_a_gap_before_sleep_begins_is_no_matter() -> None:
    assert not sleep_cycles((piece(0, (W, 60)), piece(60, (L, 60), (R, 20)))).uncertain


def test_a_piece_without_stages_is_part_of_the_gap() -> None:
    empty = piece(35)
    assert spans(piece(0, (L, 40)), empty, piece(50, (L, 20), (R, 20))) == [(0, 70, True)]
    assert spans(empty) == []


def test_words_say_how_many_and_so_where_there_are_none() -> None:
    assert sleep_cycles((piece(0, (L, 60), (R, 20)),)).words == "One complete cycle"
    without = sleep_cycles((piece(0, (L, 60)),))
    assert without.words == "No complete cycle"
    assert math.isnan(without.mean_min)
    assert (no_cycles().words, no_cycles().each) == ("", ())


@settings(deadline=None)
@given(runs=some_stages, cut=st.integers(0, 720))
def test_a_night_cut_in_two_without_a_gap_has_the_cycles_of_the_whole(
    runs: list[tuple[int, int]], cut: int
) -> None:
    stages = epochs(runs)
    whole = night_cycles(stages)
    parts = (stages[:cut], stages[cut:])
    first, second = (
        Piece(start_min=begun, end_min=begun + len(part) / 2, stages=part, snoring=np.zeros_like(part))
        for begun, part in zip((0, len(parts[0]) / 2), parts, strict=True)
    )
    found = sleep_cycles((first, second))
    assert (found.complete, found.uncertain, found.notes) == (whole.complete, whole.uncertain, whole.notes)
    assert len(found.each) == whole.complete + whole.incomplete
    assert found.mean_min == pytest.approx(whole.mean_min, nan_ok=True)


@settings(deadline=None)
@given(before=some_stages, after=some_stages, gap=st.integers(0, 7200))
def test_cycles_follow_each_other_and_lie_inside_the_sleep(
    before: list[tuple[int, int]], after: list[tuple[int, int]], gap: int
) -> None:
    first = piece(0, *before)
    second = piece(first.end_min + gap / 60, *after)
    found = sleep_cycles((first, second)).each
    edges = [edge for cycle in found for edge in (cycle.start_min, cycle.end_min)]
    assert (np.diff(edges) >= -1e-9).all()
    assert all(cycle.minutes >= 15 - 0.5 for cycle in found)
    assert not edges or (edges[0] >= 0 and edges[-1] <= second.end_min + 1e-9)
    assert all(cycle.complete for cycle in found[:-1])
    assert [cycle.number for cycle in found] == list(range(1, len(found) + 1))
