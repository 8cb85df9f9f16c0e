"""A night's stages: sleep in cycles, with run lengths and shares close to those of scored human nights."""

import math

import numpy as np
import numpy.typing as npt

from asleep.simulator.sleepers import Sleeper
from asleep.simulator.statistics import DEEP, LIGHT, REM, UNKNOWN, WAKE, Stages

EPOCHS_PER_HOUR = 120

# Run lengths in epochs at cumulative shares, rounded from ../shared/real-nights/calibration_shared.json,
# run_lengths_min_within_sleep_period: wake and REM between boas_human and dodh_majority, light and deep after
# dodh_majority (boas_human has too little deep sleep to copy). The longest light and REM runs are lengthened,
# because the end of a phase cuts some of them.
_QUANTILE_SHARES = {
    WAKE: np.array([0, 0.54, 0.715, 0.81, 0.88, 0.925, 0.96, 0.976, 0.99, 1]),
    LIGHT: np.array([0, 0.17, 0.25, 0.31, 0.35, 0.44, 0.53, 0.61, 0.68, 0.77, 0.83, 0.92, 0.975, 1]),
    DEEP: np.array([0, 0.25, 0.33, 0.39, 0.43, 0.46, 0.52, 0.62, 0.66, 0.81, 0.89, 0.965, 1]),
    REM: np.array([0, 0.06, 0.1, 0.13, 0.16, 0.2, 0.28, 0.35, 0.43, 0.55, 0.7, 0.87, 1]),
}
_QUANTILE_EPOCHS = {
    WAKE: np.array([0, 1, 2, 3, 4, 6, 10, 16, 40, 90]),
    LIGHT: np.array([0, 1, 2, 3, 4, 6, 10, 15, 20, 30, 40, 60, 90, 150]),
    DEEP: np.array([0, 1, 2, 3, 4, 6, 10, 15, 20, 30, 40, 60, 90]),
    REM: np.array([0, 1, 2, 3, 4, 6, 10, 15, 20, 30, 40, 60, 90]),
}

# Of the light runs that end in wake or deep, the share that ends in deep, by hour since onset (dodh_majority,
# transition probabilities light to deep over light to deep plus light to wake).
_DEEP_AFTER_LIGHT = (0.46, 0.41, 0.32, 0.37, 0.26, 0.32, 0.17, 0.12, 0.09)
_WAKE_AFTER_DEEP = 0.15  # between boas_human (0.04) and dodh_majority (0.22)
_WAKE_AFTER_REM = 0.48  # both sets: wake and light follow REM about equally often
_REM_AFTER_WAKE_IN_REM = 0.35

# Minutes of the non-REM and the REM phase of each cycle; cycle lengths fall over the night and REM phases
# grow (cycle_length_by_order and occupancy by hour of the same file).
_NON_REM_MIN = (92.0, 78.0, 70.0, 62.0, 55.0)
_REM_MIN = (14.0, 25.0, 32.0, 33.0, 33.0)

_POOL = 96  # runs of one stage drawn at once; a night of 10 h uses about half


class _Runs:
    """Run lengths in epochs, drawn in blocks because a draw of one costs as much as a draw of many."""

    def __init__(self, rng: np.random.Generator, factors: dict[int, float]) -> None:
        self._rng = rng
        self._factors = factors
        self._pools: dict[int, list[int]] = {}

    def next(self, stage: int) -> int:
        """Epochs of the next run of a stage, at least 1."""
        pool = self._pools.get(stage)
        if not pool:
            drawn = np.interp(self._rng.random(_POOL), _QUANTILE_SHARES[stage], _QUANTILE_EPOCHS[stage])
            pool = np.maximum(np.ceil(drawn * self._factors[stage]), 1).astype(int).tolist()
            self._pools[stage] = pool
        return pool.pop()


def sleep_stages(rng: np.random.Generator, epochs: int, sleeper: Sleeper) -> Stages:
    """Stages of one recording, int8 of length `epochs`: 0 wake, 1 light, 2 deep, 3 REM.

    Latency, cycles of non-REM and REM, brief awakenings, a final wake. A recording too short for its latency
    holds wake only.
    """
    stages = np.zeros(epochs, dtype=np.int8)
    onset = 1 + int(2 * sleeper.latency_median_min * math.exp(rng.normal(0, 0.6)))
    final_wake = 0 if rng.random() < 0.12 else 1 + int(8 * math.exp(rng.normal(0, 1.0)))
    final_wake = min(final_wake, 120, max((epochs - onset) // 4, 0))
    # One factor for the whole night: nights are calm or restless, not only their runs.
    restless = sleeper.wake_factor * math.exp(rng.normal(0, 0.3))
    factors = {WAKE: restless, LIGHT: restless**-0.3, DEEP: sleeper.deep_factor**0.5, REM: 1.0}
    sleep = _Sleep(rng=rng, runs=_Runs(rng, factors), sleeper=sleeper, stages=stages, onset=onset)
    sleep.fill(epochs - final_wake)
    return stages


class _Sleep:
    """Fills one array of stages, phase by phase, from sleep onset to the final awakening."""

    def __init__(
        self, *, rng: np.random.Generator, runs: _Runs, sleeper: Sleeper, stages: Stages, onset: int
    ) -> None:
        self._runs = runs
        self._sleeper = sleeper
        self._stages = stages
        self._onset = onset
        self._at = onset
        self._rng = rng
        self._phase_factors: list[float] = np.exp(rng.normal(0, 0.22, 40)).tolist()

    def fill(self, end: int) -> None:
        cycle = 0
        while self._at < end:
            order = min(cycle, len(_REM_MIN) - 1)
            non_rem = 2 * _NON_REM_MIN[order] * self._phase_factors[2 * cycle % 40]
            rem = (
                2
                * _REM_MIN[order]
                * self._sleeper.rem_factor
                * self._phase_factors[(2 * cycle + 1) % 40] ** 1.5
            )
            self._phase(LIGHT, min(self._at + max(int(non_rem), 20), end))
            self._phase(REM, min(self._at + max(int(rem), 4), end))
            cycle += 1
        # The last run before the final awakening is sleep by definition.
        if 0 < end <= len(self._stages) and end > self._onset and self._stages[end - 1] == WAKE:
            self._stages[end - 1] = LIGHT

    def _phase(self, first_stage: int, phase_end: int) -> None:
        stage = first_stage
        while self._at < phase_end:
            run_end = min(self._at + self._runs.next(stage), phase_end)
            self._stages[self._at : run_end] = stage
            self._at = run_end
            stage = self._after_in_rem(stage) if first_stage == REM else self._after_in_non_rem(stage)

    def _after_in_non_rem(self, stage: int) -> int:
        if stage == WAKE:
            return LIGHT
        if stage == DEEP:
            return WAKE if self._chance(_WAKE_AFTER_DEEP) else LIGHT
        hour = min((self._at - self._onset) // EPOCHS_PER_HOUR, len(_DEEP_AFTER_LIGHT) - 1)
        odds = self._sleeper.deep_factor * _DEEP_AFTER_LIGHT[hour] / (1 - _DEEP_AFTER_LIGHT[hour])
        return DEEP if self._chance(odds / (1 + odds)) else WAKE

    def _after_in_rem(self, stage: int) -> int:
        if stage == REM:
            return WAKE if self._chance(_WAKE_AFTER_REM) else LIGHT
        if stage == WAKE:
            return REM if self._chance(_REM_AFTER_WAKE_IN_REM) else LIGHT
        return REM

    def _chance(self, share: float) -> bool:
        return float(self._rng.random()) < share


def snoring_stages(rng: np.random.Generator, stages: Stages, ratio: float) -> Stages:
    """Snoring beside the stages, int8 of the same length: runs of 1 over about `ratio` of the sleep."""
    snoring = np.zeros(len(stages), dtype=np.int8)
    if ratio <= 0 or not len(stages):
        return snoring
    loud = rng.exponential(16, 80) + 1
    quiet = rng.exponential(16 * (1 - ratio) / ratio, 80) + 1
    edges = np.cumsum(np.stack([quiet, loud], axis=1).ravel()).astype(int)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if start >= len(stages):
            break
        snoring[start:end] = 1
    snoring[(stages == WAKE) | (stages == UNKNOWN)] = 0
    return snoring


def with_gaps(rng: np.random.Generator, stages: Stages, ratio: float) -> Stages:
    """A copy of the stages with runs of -1 covering about `ratio` of them: audio that never arrived."""
    holed = stages.copy()
    pieces = 1 if ratio > 0.3 else int(rng.integers(1, 4))
    length = max(int(len(stages) * ratio / pieces), 1)
    for start in rng.integers(0, max(len(stages) - length, 1), pieces):
        holed[start : start + length] = UNKNOWN
    return holed


def unknown_ratio(stages: npt.NDArray[np.int8]) -> float:
    """Share of -1 among the entries, two decimals; 0.0 for none."""
    return round(float(np.count_nonzero(stages == UNKNOWN)) / len(stages), 2) if len(stages) else 0.0
