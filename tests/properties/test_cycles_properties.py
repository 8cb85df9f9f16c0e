"""Cycles and transitions of any night, against the rules spelled out epoch by epoch."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cycles import find_cycles, night_cycles
from analytics.ragged import Ragged
from analytics.stages import night_statistics
from analytics.transitions import transition_counts, transition_probabilities

# Lengths around the limits of 5 and 15 min, so that both sides of them occur.
runs = st.lists(
    st.tuples(
        st.sampled_from([-1, 0, 1, 1, 2, 3, 3]), st.sampled_from([1, 2, 5, 9, 10, 11, 14, 29, 30, 31, 60])
    ),
    max_size=30,
)
nights = runs.map(lambda pairs: [stage for stage, length in pairs for _ in range(length)])
quick = settings(max_examples=200, deadline=None)


def plain_periods(h: list[int]) -> list[tuple[str, int, int]]:
    """The periods as SPEC section 1 lists its steps, one epoch after the other."""
    run = [0] * (len(h) + 1)
    rem_run = [0] * (len(h) + 1)
    for i in reversed(range(len(h))):
        run[i] = 0 if h[i] == 3 else run[i + 1] + 1
        rem_run[i] = rem_run[i + 1] + 1 if h[i] == 3 else 0
    nrem = [i for i in range(len(h)) if h[i] in (1, 2) and run[i] >= 30]
    rem = [i for i in range(len(h)) if h[i] == 3 and (rem_run[i] >= 10 or 3 not in h[:i])]
    starts = sorted(
        [(i, "nrem") for i in nrem if i - 1 not in nrem] + [(i, "rem") for i in rem if i - 1 not in rem]
    )
    kept: list[tuple[int, str]] = []
    for candidate in starts:
        if not kept or kept[-1][1] != candidate[1]:
            kept.append(candidate)
    last_sleep = max((i for i in range(len(h)) if h[i] > 0), default=-1) + 1
    if kept and kept[-1][1] == "nrem" and last_sleep - kept[-1][0] < 30:
        kept.pop()
    found = []
    for n, (start, kind) in enumerate(kept):
        if n + 1 < len(kept):
            end = kept[n + 1][0]
        elif kind == "rem":
            end = max(i for i in range(len(h)) if h[i] == 3) + 1
        else:
            end = last_sleep
        found.append((kind, start, end))
    return found


@quick
@given(nights)
def test_periods_are_those_of_the_rules_spelled_out(stages: list[int]) -> None:
    found = find_cycles(stages)
    assert list(zip(found["kind"], found["start_epoch"], found["end_epoch"], strict=True)) == plain_periods(
        stages
    )


@quick
@given(nights)
def test_periods_take_turns_without_gaps_inside_the_sleep_period(stages: list[int]) -> None:
    found = find_cycles(stages)
    kinds = found["kind"].tolist()
    assert all(one != other for one, other in pairwise(kinds))
    assert (found["end_epoch"] > found["start_epoch"]).all()
    assert found["start_epoch"].tolist()[1:] == found["end_epoch"].tolist()[:-1]
    if len(found):
        asleep = np.flatnonzero(np.array(stages) > 0)
        assert found["start_epoch"].iloc[0] >= asleep[0]
        assert found["end_epoch"].iloc[-1] <= asleep[-1] + 1


@quick
@given(nights)
def test_complete_periods_come_in_pairs_and_at_most_two_rows_stand_alone(stages: list[int]) -> None:
    found = night_cycles(stages)
    assert found.periods["complete"].sum() == 2 * found.complete
    assert found.incomplete <= 1
    assert len(found.periods) - 2 * found.complete <= 2


@quick
@given(nights, st.integers(0, 40), st.integers(0, 40))
def test_time_awake_before_and_after_the_night_only_moves_it(
    stages: list[int], before: int, after: int
) -> None:
    plain, moved = find_cycles(stages), find_cycles([0] * before + stages + [-1] * after)
    assert (moved["start_epoch"] - before).tolist() == plain["start_epoch"].tolist()
    assert (moved["end_epoch"] - before).tolist() == plain["end_epoch"].tolist()


def plain_counts(stages: list[int]) -> list[list[int]]:
    counts = [[0] * 4 for _ in range(4)]
    for before, after in pairwise(stages):
        if before >= 0 and after >= 0:
            counts[before][after] += 1
    return counts


@quick
@given(st.lists(nights, max_size=6))
def test_transitions_of_many_nights_are_those_of_each(many: list[list[int]]) -> None:
    ragged = Ragged.from_arrays(many)
    counts = transition_counts(ragged.values, ragged.offsets)
    assert counts.tolist() == [plain_counts(stages) for stages in many]
    shares = transition_probabilities(counts).sum(axis=-1)
    assert np.isclose(shares[~np.isnan(shares)], 1).all()
    assert (np.isnan(shares) == (counts.sum(axis=-1) == 0)).all()


@quick
@given(st.lists(nights, min_size=1, max_size=6))
def test_falls_from_sleep_to_wake_are_those_of_the_statistics(many: list[list[int]]) -> None:
    ragged = Ragged.from_arrays(many)
    falls = transition_counts(ragged.values, ragged.offsets)[:, 1:, 0].sum(axis=-1)
    statistics = night_statistics(ragged.values, ragged.offsets)
    hours = statistics["tst_min"].to_numpy() / 60
    expected = np.nan_to_num(statistics["sfi_per_h"].to_numpy() * hours)
    np.testing.assert_allclose(falls, expected, atol=1e-9)
