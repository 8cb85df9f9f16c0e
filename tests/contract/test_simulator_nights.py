"""Simulated nights resemble scored human nights."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.simulator.nights import sleep_stages, snoring_stages, unknown_ratio, with_gaps
from asleep.simulator.sleepers import Sleeper
from asleep.simulator.statistics import Stages, vendor_statistics

CALIBRATION = Path(__file__).parents[3] / "shared" / "real-nights" / "calibration_shared.json"
STAGES = {"wake": 0, "light": 1, "deep": 2, "rem": 3}


@pytest.fixture(scope="module")
def nights() -> list[Stages]:
    rng = np.random.default_rng(7)
    return [sleep_stages(rng, int(rng.normal(980, 70)), Sleeper()) for _ in range(600)]


@pytest.fixture(scope="module")
def medians(nights: list[Stages]) -> dict[str, float]:
    rows = []
    for stages in nights:
        stat = vendor_statistics(stages, None, start_s=0, end_s=30 * len(stages))
        slept_s = stat["time_in_sleep"]
        rows.append(
            {
                "TST": slept_s / 60,
                "SE": 100 * slept_s / stat["time_in_bed"],
                "WASO": stat["time_in_wake"] / 60,
                "SOL": stat["sleep_latency"] / 60,
                "awakenings": stat["waso_count"],
                "rem_latency": (stat["rem_latency"] or np.nan) / 60,
                **{
                    f"{name}_pct": 100 * stat[f"time_in_{name}"] / slept_s
                    for name in ("light", "deep", "rem")
                },
            }
        )
    return {name: float(np.nanmedian([row[name] for row in rows])) for name in rows[0]}


def runs_min(nights: list[Stages], stage: int) -> list[float]:
    lengths = []
    for stages in nights:
        asleep = np.flatnonzero(stages > 0)
        period = stages[asleep[0] : asleep[-1] + 1].tolist()
        lengths += [len(list(run)) / 2 for code, run in groupby(period) if code == stage]
    return lengths


# Figure: lowest and highest median that passes. From the medians of two sets of nights scored by people
# (59 home nights and 17 laboratory nights), widened by the second column of TOLERANCES below; stated here so that
# this also runs where the calibration is absent.
STATED = {
    "TST": (385, 465),
    "SE": (83, 93),
    "WASO": (19, 36),
    "SOL": (8, 30),
    "awakenings": (14, 25),
    "rem_latency": (75, 135),
    "light_pct": (58, 76),
    "deep_pct": (9, 19),
    "rem_pct": (17, 24),
}
TOLERANCES = {
    "TST": 20,
    "SE": 3,
    "WASO": 6,
    "SOL": 4,
    "awakenings": 4,
    "rem_latency": 25,
    "light_pct": 5,
    "deep_pct": 4,
    "rem_pct": 3,
}


@pytest.mark.parametrize("figure", list(STATED))
def test_the_middle_night_is_within_stated_figures(medians: dict[str, float], figure: str) -> None:
    low, high = STATED[figure]
    assert low <= medians[figure] <= high


@pytest.mark.parametrize(
    ("stage", "low", "high"),
    [("wake", 0.5, 1.0), ("light", 2.5, 5.5), ("deep", 2.0, 6.5), ("rem", 7.0, 11.5)],
)
def test_the_middle_run_is_within_stated_lengths(
    nights: list[Stages], stage: str, low: float, high: float
) -> None:
    assert low <= float(np.median(runs_min(nights, STAGES[stage]))) <= high


@pytest.fixture(scope="module")
def calibration() -> dict[str, Any]:
    if not CALIBRATION.exists():
        pytest.skip("the calibration of real nights is not beside this checkout")
    found: dict[str, Any] = json.loads(CALIBRATION.read_text())
    return found


@pytest.mark.parametrize("figure", list(TOLERANCES))
def test_the_middle_night_lies_between_two_sets_of_human_nights(
    medians: dict[str, float], calibration: dict[str, Any], figure: str
) -> None:
    # Deep sleep after the laboratory nights only: the home nights hold too little of it.
    sets = ("dodh_majority",) if figure == "deep_pct" else ("boas_human", "dodh_majority")
    known = [calibration[name]["per_night"][figure]["p50"] for name in sets]
    assert min(known) - TOLERANCES[figure] <= medians[figure] <= max(known) + TOLERANCES[figure]


@pytest.mark.parametrize(
    ("stage", "tolerance_min"), [("wake", 0.5), ("light", 1.0), ("deep", 1.5), ("rem", 2.0)]
)
def test_the_middle_run_is_as_long_as_in_human_nights(
    nights: list[Stages], calibration: dict[str, Any], stage: str, tolerance_min: float
) -> None:
    sets = ("dodh_majority",) if stage == "deep" else ("boas_human", "dodh_majority")
    known = [calibration[name]["run_lengths_min_within_sleep_period"][stage]["p50"] for name in sets]
    median = float(np.median(runs_min(nights, STAGES[stage])))
    assert min(known) - tolerance_min <= median <= max(known) + tolerance_min


def share(nights: list[Stages], stage: int, *, hours: slice) -> float:
    known = []
    for stages in nights:
        onset = int(np.flatnonzero(stages > 0)[0])
        known.append(stages[onset:][hours.start * 120 : hours.stop * 120])
    return float(np.mean(np.concatenate(known) == stage))


def test_deep_sleep_falls_and_rem_rises_over_the_night(nights: list[Stages]) -> None:
    assert share(nights, 2, hours=slice(0, 2)) > 2 * share(nights, 2, hours=slice(5, 7))
    assert share(nights, 3, hours=slice(5, 7)) > 2 * share(nights, 3, hours=slice(0, 2))


def test_rem_returns_about_every_hour_and_a_half(nights: list[Stages]) -> None:
    cycles_min = []
    for stages in nights:
        rem = np.flatnonzero(stages == 3)
        # REM more than 25 minutes after the last one begins a new episode.
        starts = rem[np.concatenate(([True], np.diff(rem) > 50))]
        cycles_min += (np.diff(starts) / 2).tolist()
    assert 85 <= float(np.median(cycles_min)) <= 115


def test_sleepers_differ_as_their_factors_say() -> None:
    def mean_share(sleeper: Sleeper, stage: int) -> float:
        rng = np.random.default_rng(3)
        return float(np.mean([np.mean(sleep_stages(rng, 960, sleeper) == stage) for _ in range(60)]))

    assert mean_share(Sleeper(wake_factor=2.0), 0) > 1.3 * mean_share(Sleeper(), 0)
    assert mean_share(Sleeper(deep_factor=0.4), 2) < 0.7 * mean_share(Sleeper(), 2)
    assert mean_share(Sleeper(rem_factor=0.6), 3) < 0.8 * mean_share(Sleeper(), 3)


@given(st.integers(0, 2**32), st.integers(0, 1400))
def test_any_length_yields_as_many_known_stages(seed: int, epochs: int) -> None:
    stages = sleep_stages(np.random.default_rng(seed), epochs, Sleeper())
    assert len(stages) == epochs
    assert set(stages.tolist()) <= {0, 1, 2, 3}


def test_snoring_is_in_sleep_only_and_about_as_much_as_asked(nights: list[Stages]) -> None:
    rng = np.random.default_rng(5)
    heard = [snoring_stages(rng, stages, 0.2) for stages in nights]
    asleep = np.concatenate(nights) > 0
    assert not np.any(np.concatenate(heard)[~asleep])
    assert 0.16 <= float(np.mean(np.concatenate(heard)[asleep])) <= 0.24
    assert not snoring_stages(rng, nights[0], 0.0).any()


@pytest.mark.parametrize("ratio", [0.03, 0.1, 0.5])
def test_gaps_cover_about_the_share_asked_for(nights: list[Stages], ratio: float) -> None:
    rng = np.random.default_rng(5)
    holed = [with_gaps(rng, stages, ratio) for stages in nights]
    assert 0.8 * ratio <= float(np.mean(np.concatenate(holed) == -1)) <= ratio
    assert unknown_ratio(holed[0]) == round(float(np.mean(holed[0] == -1)), 2)
