"""Statistics of nights short enough to count by hand, and what the kernel refuses."""

import numpy as np
import pandas as pd
import pytest

from analytics.stages import AWAKE, DEEP, LIGHT, REM, STATISTICS, UNKNOWN, Ragged, night_statistics, runs
from tests.analytics.plain_statistics import plain_statistics

W, L, D, R, U = AWAKE, LIGHT, DEEP, REM, UNKNOWN


def one(*pieces: tuple[int, int], epoch_s: float = 30) -> "pd.Series[float]":
    stages = [stage for stage, epochs in pieces for _ in range(epochs)]
    return night_statistics(stages, [0, len(stages)], epoch_s=epoch_s).iloc[0]


def assert_as_defined(rows: list[list[int]]) -> None:
    nights = Ragged.from_arrays(rows)
    found = night_statistics(nights.values, nights.offsets)
    expected = pd.DataFrame([plain_statistics(row) for row in rows])[list(STATISTICS)]
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def test_columns_stand_in_the_agreed_order() -> None:
    agreed = (
        "tib_min unknown_min unknown_share wake_min tst_min spt_min waso_min final_wake_min waso_total_min "
        "se_pct se_known_pct se_lower_pct se_upper_pct sme_pct sol_min sol_5min_min sol_10min_min "
        "latency_light_min latency_deep_min latency_rem_min rem_latency_min awakenings awakenings_over_5min "
        "longest_wake_min sfi_per_h stage_shifts shift_rate_per_h light_min deep_min rem_min light_pct "
        "deep_pct rem_pct mid_epoch"
    )
    found = night_statistics([W, L], [0, 2])
    assert list(found.columns) == agreed.split() == list(STATISTICS)
    assert (found.dtypes == np.float64).all()


def test_wake_around_lost_signal_is_one_awakening() -> None:
    night = one((L, 20), (W, 6), (U, 10), (W, 6), (L, 20))
    assert (night.awakenings, night.longest_wake_min, night.awakenings_over_5min) == (1, 6, 1)
    assert night.stage_shifts == 2


def test_lost_signal_inside_sleep_is_no_awakening() -> None:
    night = one((L, 20), (U, 30), (L, 20))
    assert (night.awakenings, night.longest_wake_min, night.waso_min, night.stage_shifts) == (0, 0, 0, 0)


def test_a_change_of_stage_across_lost_signal_is_not_a_shift() -> None:
    assert one((L, 20), (U, 1), (R, 20)).stage_shifts == 0
    assert one((L, 20), (R, 20)).stage_shifts == 1


def test_exactly_5_minutes_awake_is_not_over_5_minutes() -> None:
    assert one((L, 20), (W, 10), (L, 20)).awakenings_over_5min == 0
    assert one((L, 20), (W, 11), (L, 20)).awakenings_over_5min == 1


def test_awakenings_are_counted_across_the_words_of_the_kernel() -> None:
    night = one((L, 60), (W, 70), (L, 64), (W, 1), (L, 63))
    assert (night.awakenings, night.longest_wake_min) == (2, 35)


@pytest.mark.parametrize(("epochs", "latency"), [(9, 9.5), (10, 4.0)])
def test_sleep_counts_as_lasting_from_exactly_5_minutes(epochs: int, latency: float) -> None:
    assert one((W, 8), (L, epochs), (W, 2), (L, 30)).sol_5min_min == latency


def test_lost_signal_interrupts_lasting_sleep() -> None:
    night = one((L, 9), (U, 1), (L, 25))
    assert (night.sol_min, night.sol_5min_min, night.sol_10min_min) == (0, 5, 5)


def test_the_last_awakening_counts_among_transitions_but_not_awakenings() -> None:
    night = one((L, 120), (W, 20))
    assert (night.sfi_per_h, night.awakenings, night.final_wake_min, night.waso_min) == (1, 0, 10, 0)


def test_thresholds_stay_in_minutes_when_epochs_are_longer() -> None:
    night = one((W, 3), (L, 5), (W, 6), (L, 10), epoch_s=60)
    assert (night.sol_min, night.sol_5min_min, night.sol_10min_min) == (3, 3, 14)
    assert (night.awakenings_over_5min, night.tib_min) == (1, 24)


def test_transitions_per_hour_do_not_depend_on_the_length_of_epochs() -> None:
    coarse = one((L, 60), (W, 4), (D, 56), (W, 10))
    fine = one((L, 120), (W, 8), (D, 112), (W, 20), epoch_s=15)
    assert coarse.sfi_per_h == fine.sfi_per_h == pytest.approx(2 / (58 / 60))


def test_an_empty_recording_has_no_time_in_bed_and_no_sleep() -> None:
    night = night_statistics([], [0, 0]).iloc[0]
    defined = night.dropna()
    assert set(defined.index) == {
        "unknown_min",
        "wake_min",
        "tst_min",
        "light_min",
        "deep_min",
        "rem_min",
    }
    assert (defined == 0).all()


def test_no_nights_are_an_empty_table() -> None:
    found = night_statistics([], [0])
    assert found.shape == (0, len(STATISTICS))
    assert (found.dtypes == np.float64).all()


def test_nights_of_very_different_lengths_do_not_touch_each_other() -> None:
    rows = [[L], [W, L] * 6_000, [], [R] * 64, [U] * 3 + [D] * 130 + [U] * 3, [W] * 900] * 5
    assert_as_defined(rows)


def test_more_nights_than_one_block_holds_come_back_in_order() -> None:
    random = np.random.default_rng(7)
    rows = [np.sort(random.integers(-1, 4, random.integers(1, 900))).tolist() for _ in range(3_000)]
    nights = Ragged.from_arrays(rows)
    found = night_statistics(nights.values, nights.offsets)
    for at in range(0, 3_000, 97):
        expected = pd.Series(plain_statistics(rows[at]))[list(STATISTICS)]
        pd.testing.assert_series_equal(found.iloc[at], expected, rtol=1e-12, check_names=False)


def test_recordings_of_24_h_are_counted_to_their_last_epoch() -> None:
    random = np.random.default_rng(24)
    scattered = random.integers(-1, 4, 2_880).tolist()
    assert_as_defined(
        [
            [L] * 2_880,
            [W] * 2_880,
            [U] * 2_880,
            [W, L] * 1_440,
            scattered,
            [W] * 2_879 + [R],
            [D] + [U] * 2_879,
        ]
    )


@pytest.mark.parametrize("epochs", [1, 63, 64, 65, 127, 128, 960])
@pytest.mark.parametrize("last", [U, W, L, R])
def test_what_the_last_epoch_is_counts_wherever_a_word_of_the_kernel_ends(epochs: int, last: int) -> None:
    for stage in (U, W, D, R):
        assert_as_defined([[stage] * (epochs - 1) + [last], [last] * epochs, [last] + [stage] * (epochs - 1)])


def test_lost_signal_at_the_end_of_one_night_is_not_wake_of_the_next() -> None:
    assert_as_defined(
        [[L] * 30 + [U] * 34, [U] * 10 + [W] * 3 + [L], [W, U], [U, W], [U, L, U], [L, U, W, U, L]]
    )


def test_nights_on_both_sides_of_what_is_taken_at_a_time_keep_their_places() -> None:
    random = np.random.default_rng(3)
    piece = np.repeat(random.integers(-1, 4, 3_000), random.integers(1, 40, 3_000))[:40_000].astype(np.int8)
    lengths = [960, 0, 1, 1_201, 64, 7, 2_880, 500]
    repeats = 20_000_000 // sum(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths * repeats)])
    values = np.resize(piece, offsets[-1])
    found = night_statistics(values, offsets)
    for at in [*range(12), *range(len(offsets) - 13, len(offsets) - 1), *range(0, len(offsets) - 1, 1_733)]:
        expected = plain_statistics(values[offsets[at] : offsets[at + 1]].tolist())
        pd.testing.assert_series_equal(
            found.iloc[at], pd.Series(expected)[list(STATISTICS)], rtol=1e-12, check_names=False
        )


@pytest.mark.parametrize("dtype", ["int8", "int64", "int16"])
def test_a_stage_outside_the_vocabulary_is_refused_by_night_and_value(dtype: str) -> None:
    values = np.array([0, 1, 2, 3, 0, 7]).astype(dtype)
    with pytest.raises(
        ValueError, match="night 2 has the stage 7 at epoch 1; stages are -1 unknown, 0 awake"
    ):
        night_statistics(values, [0, 2, 4, 6])


def test_a_stage_that_would_wrap_into_the_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="night 0 has the stage 256"):
        night_statistics(np.array([256, 0]), [0, 2])


def test_fractions_are_not_stages() -> None:
    with pytest.raises(ValueError, match="must be integers"):
        night_statistics(np.array([0.5, 1.0]), [0, 2])


@pytest.mark.parametrize("offsets", [[], [0], [1, 3], [0, 2], [0, 3, 2, 3], [[0, 3]], [0.0, 3.0]])
def test_offsets_that_do_not_divide_the_values_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets must"):
        night_statistics([0, 1, 2], offsets)


@pytest.mark.parametrize("epoch_s", [0, -30, float("nan"), float("inf")])
def test_an_epoch_has_a_length(epoch_s: float) -> None:
    with pytest.raises(ValueError, match="epoch_s must be a number of seconds above 0"):
        night_statistics([0], [0, 1], epoch_s=epoch_s)


def test_runs_are_half_open_and_in_order() -> None:
    found = runs([W, W, L, L, L, U, W])
    assert found.to_dict("list") == {
        "stage": [W, L, U, W],
        "start_epoch": [0, 2, 5, 6],
        "end_epoch": [2, 5, 6, 7],
    }
    assert found["stage"].dtype == np.int8


def test_an_empty_night_has_no_runs() -> None:
    assert runs([]).empty


class TestRagged:
    def test_rows_come_back_as_they_went_in(self) -> None:
        rows = Ragged.from_arrays([[1, 2], [], np.array([3])])
        assert [row.tolist() for row in rows] == [[1, 2], [], [3]]
        assert rows[-1].tolist() == [3]
        assert rows.lengths.tolist() == [2, 0, 1]
        assert rows.values.dtype == np.int8

    def test_no_rows_are_a_value_too(self) -> None:
        assert len(Ragged.from_arrays([])) == 0
        assert len(Ragged.from_arrays([]).take([])) == 0

    def test_rows_are_taken_by_index_in_any_order_or_by_mask(self) -> None:
        rows = Ragged.from_arrays([[1, 2], [], [3]])
        assert [row.tolist() for row in rows.take([2, 0, 2, -1])] == [[3], [1, 2], [3], [3]]
        assert [row.tolist() for row in rows.take([True, False, True])] == [[1, 2], [3]]

    def test_a_row_that_is_not_there_is_an_index_error(self) -> None:
        with pytest.raises(IndexError, match="there is no row 1; there are 1"):
            Ragged.from_arrays([[1]])[1]

    def test_values_cannot_be_changed_in_place(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            Ragged.from_arrays([[1]])[0][0] = 2

    def test_values_that_do_not_fit_a_byte_are_refused(self) -> None:
        with pytest.raises(ValueError, match="must fit 8 bits"):
            Ragged.from_arrays([[300]])

    def test_a_matrix_is_not_a_row(self) -> None:
        with pytest.raises(ValueError, match="must be 1-D; these have 2 dimensions"):
            Ragged.from_arrays([[[1, 2]]])
