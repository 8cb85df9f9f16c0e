"""The simulator's statistics are the vendor's, as the contract's composed examples state them."""

from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.contract import example
from asleep.simulator.payloads import mean_statistics
from asleep.simulator.statistics import statistics_of_nights, vendor_statistics

EXAMPLES = (
    "session_complete",
    "session_complete_utc",
    "session_dst_night",
    "session_nap",
    "session_never_slept",
    "session_with_gaps",
)


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def recomputed(result: dict[str, Any]) -> dict[str, Any]:
    session = result["session"]
    stat = vendor_statistics(
        np.array(session["sleep_stages"], dtype=np.int8),
        np.array(session["snoring_stages"], dtype=np.int8),
        start_s=seconds(session["start_time"]),
        end_s=seconds(session["end_time"]),
    )
    zone = ZoneInfo(result["timezone"])

    def rendered(moment: int | None) -> str | None:
        return None if moment is None else datetime.fromtimestamp(moment, zone).isoformat()

    times = {name: rendered(stat[name]) for name in ("sleep_time", "wake_time")}
    return stat | times | {"sleep_cycle_time": [rendered(moment) for moment in stat["sleep_cycle_time"]]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_field_but_the_score_is_the_contracts(name: str) -> None:
    result = example(name)["result"]
    expected = result["stat"]
    computed = recomputed(result)
    assert list(computed) == list(expected)
    # The vendor's formula of the score is not public.
    assert {**computed, "sleep_index": None} == {**expected, "sleep_index": None}


def statistics(stages: list[int], snoring: list[int] | None = None, extra_s: int = 0) -> dict[str, Any]:
    heard = None if snoring is None else np.array(snoring, dtype=np.int8)
    tib_s = 30 * len(stages) + extra_s
    return vendor_statistics(
        np.array(stages, dtype=np.int8), heard, start_s=1_000_000, end_s=1_000_000 + tib_s
    )


def test_a_night_counted_by_hand() -> None:
    # 2 wake, 4 light, 1 wake, 2 unknown, 1 wake, 3 REM, 2 wake; 29 s more in bed.
    stat = statistics(
        [0, 0, 1, 1, 1, 1, 0, -1, -1, 0, 3, 3, 3, 0, 0], [0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1], 29
    )
    assert (stat["sleep_latency"], stat["wakeup_latency"]) == (60, 60)
    assert (stat["time_in_bed"], stat["time_in_sleep_period"], stat["time_in_sleep"]) == (479, 270, 210)
    # The gap ends the first wake run: two runs of one epoch.
    assert (stat["waso_count"], stat["longest_waso"], stat["time_in_wake"]) == (2, 30, 60)
    assert (stat["rem_latency"], stat["deep_latency"]) == (240, None)
    # 2 + 1 + 1 snoring epochs inside the sleep period that are known; one of the run of two is unknown.
    assert (stat["time_in_snoring"], stat["time_in_no_snoring"], stat["snoring_count"]) == (120, 150, 3)
    assert stat["wake_time"] - stat["sleep_time"] == 270 + 60 + 29
    assert stat["sleep_cycle"] is None
    assert stat["sleep_cycle_time"] == []


def test_shares_that_round_to_less_than_one_are_corrected_at_light_first() -> None:
    # Thirds are 0.33 each: light takes what is missing.
    stat = statistics([1, 2, 3])
    assert (stat["light_ratio"], stat["deep_ratio"], stat["rem_ratio"]) == (0.34, 0.33, 0.33)


def test_a_share_of_a_stage_that_did_not_occur_stays_zero() -> None:
    # Without light, REM is next: 1/3 and 2/3 are 0.33 and 0.67; sevenths are 0.29, 0.29, 0.43 and sum to 1.01.
    stat = statistics([3, 3, 0, 0, 2, 2, 2])
    assert (stat["light_ratio"], stat["rem_ratio"], stat["wake_ratio"], stat["deep_ratio"]) == (
        0.0,
        0.28,
        0.29,
        0.43,
    )


@pytest.mark.parametrize(("gap", "cycles"), [(20, 1), (21, 2)])
def test_rem_entries_up_to_20_epochs_apart_are_one_group(gap: int, cycles: int) -> None:
    stat = statistics([1] * 10 + [3] * 20 + [1] * gap + [3] * 20 + [1])
    assert stat["sleep_cycle_count"] == cycles
    end_s = 30 * (10 + 20 + gap + 20 - 1)
    assert stat["sleep_cycle"] == end_s // cycles
    assert stat["sleep_cycle_time"][-1] == stat["sleep_time"] + end_s


def test_a_group_of_19_rem_epochs_is_no_cycle() -> None:
    assert statistics([1] * 10 + [3] * 19 + [1])["sleep_cycle_count"] == 0


@given(st.lists(st.sampled_from([-1, 0, 1, 2, 3]), min_size=1, max_size=200), st.integers(0, 29))
def test_identities_of_one_night_hold(stages: list[int], extra_s: int) -> None:
    stat = statistics(stages, extra_s=extra_s)
    asleep = [index for index, stage in enumerate(stages) if stage > 0]
    assert stat["time_in_bed"] == 30 * len(stages) + extra_s
    if not asleep:
        assert (stat["time_in_sleep"], stat["sleep_efficiency"], stat["sleep_latency"]) == (0, 0.0, None)
        return
    gaps_s = 30 * sum(stage == -1 for stage in stages[asleep[0] : asleep[-1]])
    in_bed_s = (
        stat["sleep_latency"] + stat["time_in_sleep_period"] + gaps_s + stat["wakeup_latency"] + extra_s
    )
    assert in_bed_s == stat["time_in_bed"]
    assert stat["time_in_sleep"] == 30 * len(asleep)
    assert stat["time_in_light"] == 30 * stages.count(1)
    shares = [round(100 * stat[f"{name}_ratio"]) for name in ("wake", "light", "deep", "rem")]
    assert sum(shares) == 100
    assert all(0 <= share <= 100 for share in shares)
    assert 50 <= stat["sleep_index"] <= 100
    assert stat["time_in_snoring"] is None


def plainly(stages: list[int], snoring: list[int], tib_s: int) -> dict[str, Any]:
    """The contract's section 4 entry by entry, for what it counts in epochs."""
    asleep = [place for place, stage in enumerate(stages) if stage > 0]
    first, last = asleep[0], asleep[-1]
    period = list(enumerate(stages))[first : last + 1]
    wake_runs, snoring_runs, groups = [0], 0, [[first - 100]]
    for place, stage in period:
        wake_runs = [*wake_runs[:-1], wake_runs[-1] + 1] if stage == 0 else [*wake_runs, 0]
        heard = snoring[place] == 1 and stage != -1
        before = place > first and snoring[place - 1] == 1 and stages[place - 1] != -1
        snoring_runs += heard and not before
        if stage == 3:
            # So many entries that are not REM lie between this one and the last.
            groups = (
                [*groups[:-1], [*groups[-1], place]]
                if place - groups[-1][-1] - 1 <= 20
                else [*groups, [place]]
            )
    ends = [group[-1] - first for group in groups if len(group) >= 20]
    known = [stage for _, stage in period]
    return {
        "sleep_latency": 30 * first,
        "wakeup_latency": 30 * (len(stages) - 1 - last),
        "time_in_bed": tib_s,
        **{
            f"time_in_{name}": 30 * known.count(code)
            for code, name in enumerate(("wake", "light", "deep", "rem"))
        },
        **{
            f"{name}_latency": 30 * known.index(code) if code in known else None
            for code, name in enumerate(("light", "deep", "rem"), start=1)
        },
        "time_in_snoring": 30 * sum(snoring[place] == 1 and stage != -1 for place, stage in period),
        "snoring_count": snoring_runs,
        "waso_count": sum(run > 0 for run in wake_runs),
        "longest_waso": 30 * max(wake_runs),
        "sleep_cycle_count": len(ends),
        "sleep_cycle_time": [1000 + 30 * end for end in (first, *(first + end for end in ends))]
        if ends
        else [],
        "sleep_efficiency": round(30 * len(asleep) / tib_s, 2),
    }


RUNS = st.lists(st.tuples(st.sampled_from([-1, 0, 1, 2, 3]), st.integers(1, 40)), min_size=1, max_size=12)


@given(st.lists(RUNS, min_size=1, max_size=5), st.integers(0, 29), st.randoms(use_true_random=False))
def test_statistics_of_many_nights_are_those_of_each_night_counted_entry_by_entry(
    nights: list[list[tuple[int, int]]], extra_s: int, chance: Random
) -> None:
    staged = [[stage for stage, length in runs for _ in range(length)] for runs in nights]
    heard = [[int(chance.random() < 0.3) for _ in stages] for stages in staged]
    offsets = np.cumsum([0, *map(len, staged)])
    ends_s = [1000 + 30 * len(stages) + extra_s for stages in staged]
    found = statistics_of_nights(
        np.array([stage for stages in staged for stage in stages], dtype=np.int8),
        offsets,
        np.array([entry for entries in heard for entry in entries], dtype=np.int8),
        start_s=[1000] * len(staged),
        end_s=ends_s,
    )
    for stages, snoring, stat, end_s in zip(staged, heard, found, ends_s, strict=True):
        if max(stages) > 0:
            expected = plainly(stages, snoring, end_s - 1000)
            assert {name: stat[name] for name in expected} == expected
        else:
            assert (stat["time_in_sleep"], stat["sleep_time"], stat["time_in_bed"]) == (0, None, end_s - 1000)


def test_means_are_those_of_the_contracts_example_week() -> None:
    result = example("average_stats")["result"]
    assert mean_statistics(result["slept_sessions"]) == result["average_stats"]


def test_means_of_the_reference_shape_keep_a_decimal_of_counts() -> None:
    slept = example("average_stats")["result"]["slept_sessions"]
    expected = example("average_stats_reference_shape")["result"]["average_stats"]
    means = mean_statistics(slept, whole=False)
    assert means is not None
    assert [means[name] for name in ("waso_count", "sleep_cycle_count", "snoring_count")] == [
        expected[name] for name in ("waso_count", "sleep_cycle_count", "snoring_count")
    ]


def test_no_night_has_no_mean() -> None:
    assert mean_statistics([]) is None
