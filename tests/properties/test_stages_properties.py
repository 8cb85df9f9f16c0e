"""Whatever the nights, the fast kernel says what the plain definitions say."""

import math

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.stages import STATISTICS, Ragged, night_statistics, runs
from tests.analytics.plain_statistics import plain_statistics

epochs = st.integers(-1, 3)
# Single epochs make bouts of every shape; runs make nights that cross many words.
scattered = st.lists(epochs, max_size=150)
in_runs = st.lists(st.tuples(epochs, st.integers(1, 90)), max_size=14).map(
    lambda pairs: [stage for stage, length in pairs for _ in range(length)]
)
night = st.one_of(scattered, in_runs)
nights = st.lists(night, max_size=8)
epoch_lengths = st.sampled_from([30, 15, 20, 60, 7.5])


def expected(rows: list[list[int]], epoch_s: float) -> pd.DataFrame:
    return pd.DataFrame(
        [plain_statistics(row, epoch_s) for row in rows], columns=list(STATISTICS), dtype=float
    )


@settings(max_examples=300, deadline=None)
@given(rows=nights, epoch_s=epoch_lengths)
@example(rows=[], epoch_s=30)
@example(rows=[[], [-1], [0], [1], [2], [3]], epoch_s=30)
@example(rows=[[-1] * 60, [0] * 60, [1] * 64, [0, 1] * 64, [1, 0] * 500, [1, -1] * 65], epoch_s=30)
@example(rows=[[1] * 63 + [0] * 11 + [1], [1] * 64 + [0] * 10 + [1], [1], [0, 3] * 2000], epoch_s=30)
@example(rows=[[-1] * 70 + [1] + [0, -1] * 40 + [1] + [-1] * 70], epoch_s=30)
def test_statistics_are_those_of_the_plain_definitions(rows: list[list[int]], epoch_s: float) -> None:
    found = night_statistics(*_arrays(rows), epoch_s=epoch_s)
    pd.testing.assert_frame_equal(found, expected(rows, epoch_s), rtol=1e-12, check_index_type=False)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(night, min_size=1, max_size=6), data=st.data())
def test_a_night_has_the_same_statistics_in_any_company(rows: list[list[int]], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    together = night_statistics(*_arrays(rows))
    shuffled = night_statistics(*_arrays([rows[i] for i in order]))
    alone = pd.concat([night_statistics(*_arrays([row])) for row in rows], ignore_index=True)
    pd.testing.assert_frame_equal(shuffled, together.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(alone, together)


@settings(max_examples=100, deadline=None)
@given(stages=night, lost=st.integers(1, 70), data=st.data())
def test_lost_signal_never_adds_sleep_or_wake(stages: list[int], lost: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(stages)))
    added = night_statistics(*_arrays([stages[:at] + [-1] * lost + stages[at:]])).iloc[0]
    before = night_statistics(*_arrays([stages])).iloc[0]
    same = [
        "wake_min",
        "tst_min",
        "waso_min",
        "awakenings",
        "longest_wake_min",
        "light_min",
        "deep_min",
        "rem_min",
    ]
    pd.testing.assert_series_equal(added[same], before[same])
    assert added.unknown_min == before.unknown_min + lost / 2
    assert not added.stage_shifts > before.stage_shifts


@settings(max_examples=100, deadline=None)
@given(stages=night)
def test_the_same_sleep_at_15_s_and_30_s_has_the_same_statistics(stages: list[int]) -> None:
    coarse = night_statistics(*_arrays([stages]))
    fine = night_statistics(*_arrays([[stage for stage in stages for _ in range(2)]]), epoch_s=15)
    fine["mid_epoch"] /= 2
    pd.testing.assert_frame_equal(fine, coarse, rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(rows=nights)
def test_parts_add_up(rows: list[list[int]]) -> None:
    found = night_statistics(*_arrays(rows)).dropna(subset=["tib_min"])
    np.testing.assert_allclose(found.light_min + found.deep_min + found.rem_min, found.tst_min)
    np.testing.assert_allclose(found.tst_min + found.wake_min + found.unknown_min, found.tib_min)
    slept = found[found.tst_min > 0]
    np.testing.assert_allclose(slept.light_pct + slept.deep_pct + slept.rem_pct, 100)
    before = slept.wake_min - slept.waso_total_min
    assert (before >= 0).all()
    assert (before <= slept.sol_min + 1e-9).all()
    assert (slept.longest_wake_min <= slept.waso_min).all()
    assert (slept.se_lower_pct <= slept.se_upper_pct).all()
    assert (slept.se_upper_pct <= 100 + 1e-9).all()


@given(stages=night)
def test_runs_put_together_are_the_night(stages: list[int]) -> None:
    found = runs(stages)
    rebuilt = np.repeat(found["stage"].to_numpy(), (found["end_epoch"] - found["start_epoch"]).to_numpy())
    assert rebuilt.tolist() == stages
    assert (np.diff(found["stage"].to_numpy()) != 0).all()


@given(rows=nights, data=st.data())
def test_taking_rows_is_listing_them(rows: list[list[int]], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=10)) if rows else []
    taken = Ragged.from_arrays(rows).take(chosen)
    assert [row.tolist() for row in taken] == [rows[i] for i in chosen]


def _arrays(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    nights_ = Ragged.from_arrays(rows)
    assert math.fsum(nights_.lengths) == len(nights_.values)
    return nights_.values, nights_.offsets
