"""The figures of the semi-Markov model of a night, each beside what it was taken from.

All come from ../shared/real-nights/calibration_shared.json, from two sets of nights scored by people in 30 s
epochs: boas_human (59 nights) and dodh_majority (17 nights). Deep sleep follows dodh_majority alone, because boas_human
holds little of it; nothing follows oura_a, whose epochs last 5 minutes.
"""

import math

import numpy as np

from asleep.simulator import draws
from asleep.simulator.draws import Reals
from asleep.simulator.statistics import DEEP, LIGHT, REM, WAKE

# Runs by length: run_lengths_min_within_sleep_period, `hist` of boas_human and of dodh_majority, by the upper edges of
# its bars in minutes. Both sets weigh the same; deep sleep has dodh_majority alone.
_EDGES_MIN = (0.5, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 45, 60, 90)
_RUNS = {
    WAKE: (
        (603, 165, 81, 42, 49, 49, 20, 8, 16, 7, 9, 3, 2, 3),
        (206, 73, 40, 28, 17, 14, 5, 1, 4, 0, 1, 0, 1, 0),
    ),
    LIGHT: (
        (327, 157, 105, 67, 92, 109, 120, 95, 128, 97, 126, 109, 52, 23),
        (103, 46, 33, 21, 54, 49, 47, 44, 52, 27, 56, 27, 4, 1),
    ),
    DEEP: ((36, 10, 9, 5, 5, 8, 15, 5, 21, 11, 11, 4, 1, 0),),
    REM: (
        (18, 16, 18, 14, 19, 37, 24, 27, 43, 47, 38, 23, 2, 1),
        (12, 7, 4, 4, 3, 10, 11, 13, 15, 20, 16, 8, 3, 0),
    ),
}


def _run_length_table(stage: int) -> Reals:
    """Whole epochs of a run by equal shares, even within each bar of the histogram."""
    shares = np.mean([np.cumsum((0, *runs)) / sum(runs) for runs in _RUNS[stage]], axis=0)
    edges = 2 * np.array((0.0, *_EDGES_MIN))
    middles = (np.arange(1 << draws.TABLE_BITS) + 0.5) / (1 << draws.TABLE_BITS)
    found: Reals = np.ceil(np.interp(middles, shares, edges))
    return found


RUN_EPOCHS = {stage: _run_length_table(stage) for stage in _RUNS}

# Of the light runs that end in wake or deep, the share that ends in deep, by hour since onset: dodh_majority,
# transition, by_hour_since_onset, light to deep over light to deep plus light to wake (0.46, 0.41, 0.32, 0.37, 0.26,
# 0.32, 0.17, 0.12, 0.09), smoothed to fall throughout.
DEEP_AFTER_LIGHT = (0.45, 0.39, 0.31, 0.30, 0.25, 0.23, 0.16, 0.12, 0.09)
# Runs of deep sleep shorten: 1 / (1 - p(deep to deep)) of the same matrices over that of the whole night is 1.3, 1.15,
# 0.8, 1.5, 0.7 and about 0.5 from then on; smoothed, and raised at first because the hours are those of a usual night.
DEEP_LENGTH = (1.65, 1.65, 1.05, 0.85, 0.65, 0.5, 0.45, 0.45, 0.4)

# overall_counts: deep to wake over deep to wake plus deep to light is 0.04 (boas_human) and 0.22 (dodh_majority).
WAKE_AFTER_DEEP = 0.2
# REM to wake over REM to wake plus REM to light: 0.48 and 0.49.
WAKE_AFTER_REM = 0.485
# Of the awakenings inside REM phases, those that lead back to REM; with it 3 % of all runs of wake end in REM, as 4 and
# 6 % do in overall_counts.
REM_AFTER_WAKE_IN_REM = 0.35

# Aims of the non-REM and the REM phase of each cycle in minutes. A phase ends with the run that passes its aim, so it
# lasts about half a run longer. Cycles shorten over the night and REM phases grow: the aims were set so that the nights
# agree with cycle_length_by_order, rem_latency and the occupancy of REM by hour of both sets.
NON_REM_MIN = (91.0, 72.0, 66.0, 52.0, 42.0, 40.0, 40.0, 40.0, 40.0)
REM_MIN = (9.0, 12.0, 20.0, 22.0, 24.0, 24.0, 24.0, 24.0, 24.0)
CYCLES = len(NON_REM_MIN)
# The first REM phase often fails to come: rem_latency has means of 134 and 136 min and medians of 119 and 110 min.
FIRST_REM_SKIPPED = 0.24

# cycle_length_min: sd of 35 and 27 min.
PHASE_SPREAD = draws.lognormal_table(0.3)
REM_SPREAD = draws.lognormal_table(0.35)

# SOL: p75 over p50 is 1.8 (boas_human) and 1.3 (dodh_majority).
LATENCY_SPREAD = draws.lognormal_table(0.6)
# final_wake: 1.0 and 5.5 min in the median, 7.6 and 9.1 in the mean; none after some nights.
NO_FINAL_WAKE = 0.12
FINAL_WAKE_MEDIAN_MIN = 3.5
FINAL_WAKE_SPREAD = draws.lognormal_table(1.2)
LONGEST_FINAL_WAKE_EPOCHS = 120

# Nights of one person differ: repeat_nights, pooled_within_sd of boas_human (WASO 19.6 min, REM 5.0 %).
RESTLESS_SPREAD = draws.lognormal_table(0.3)
DEEP_SPREAD = draws.lognormal_table(0.2)
LIGHT_BY_RESTLESSNESS = -0.3
RESTLESS_LIGHT_SPREAD = draws.lognormal_table(0.3 * LIGHT_BY_RESTLESSNESS)


def deep_after_light_odds() -> Reals:
    """`DEEP_AFTER_LIGHT` as odds, by hour since onset."""
    return np.array([share / (1 - share) for share in DEEP_AFTER_LIGHT])


def light_factor(wake_factor: float) -> float:
    """How light runs shorten for people who wake up more."""
    return math.pow(wake_factor, LIGHT_BY_RESTLESSNESS)
