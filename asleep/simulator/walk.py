"""Hypnograms of many nights at once, from a semi-Markov model: a state, a duration in it, a transition at its end.

The model has two levels. A night is a sequence of cycles, each a non-REM and a REM phase with an aim for its length.
Inside a phase, runs follow one another: a run's length is drawn from the calibrated distribution of its stage, and
where it goes next from the calibrated transitions:

    non-REM:  light -> deep (by hour since onset, by person), else wake;  deep -> wake or light;  wake -> light
    REM:      REM -> wake or light;  wake -> REM or light;  light -> REM

A phase ends with the light (or REM) run that passes its aim, so REM is entered from light sleep or wake and never
from deep sleep, as in the scored nights. Every number is drawn beforehand in a fixed place of the night's row, so a
night is the same alone and among others.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from asleep.simulator import calibration as cal
from asleep.simulator import draws
from asleep.simulator.draws import Draws, Reals
from asleep.simulator.statistics import DEEP, LIGHT, REM, WAKE, Stages

Epochs = npt.NDArray[np.int64]
Epochs32 = npt.NDArray[np.int32]

EPOCHS_PER_HOUR = 120

# The row of a night: a head, then the phases of each cycle.
LATENCY, NO_FINAL_WAKE, FINAL_WAKE, RESTLESS, DEEP_NIGHT, FIRST_REM, GAPS = range(7)
HEAD = 18
_BOUTS, _REM_BOUTS = 12, 6
_PHASES = 4  # aims of both phases, the wake between two cycles: whether and how long
_CYCLE = _PHASES + 5 * _BOUTS + 5 * _REM_BOUTS
WIDTH = HEAD + cal.CYCLES * _CYCLE

# Stages of the runs of one cycle in order, some of length 0.
_CYCLE_STAGES = (WAKE, *(LIGHT, DEEP, WAKE) * _BOUTS, *(REM, WAKE, LIGHT) * _REM_BOUTS)
_RUN_STAGES = np.array((WAKE, *_CYCLE_STAGES * cal.CYCLES, LIGHT, WAKE), dtype=np.int8)

_BOUT_EPOCHS = 28  # mean length of light and what follows it, to know the hour of a bout beforehand
_EPOCHS_AFTER_FIRST = {stage: epochs - 1 for stage, epochs in cal.RUN_EPOCHS.items()}
_REM_RUNS = cal.RUN_EPOCHS[REM].astype(np.int32)  # nobody's runs of REM are longer than another's
_ODDS = cal.deep_after_light_odds()
_NON_REM_EPOCHS, _REM_EPOCHS = 2 * np.array(cal.NON_REM_MIN), 2 * np.array(cal.REM_MIN)
# The hour of each bout in a usual night, [cycles, bouts].
_CYCLE_BEGINS = np.cumsum([0.0, *(_NON_REM_EPOCHS + _REM_EPOCHS + _BOUT_EPOCHS)[:-1]])
_BOUT_HOURS = np.minimum(
    (_CYCLE_BEGINS[:, None] + _BOUT_EPOCHS * np.arange(_BOUTS)).astype(np.int64) // EPOCHS_PER_HOUR,
    len(_ODDS) - 1,
)

_BOUT_ODDS, _BOUT_DEEP_LENGTH = _ODDS[_BOUT_HOURS], np.array(cal.DEEP_LENGTH)[_BOUT_HOURS]


@dataclass(frozen=True, kw_only=True, slots=True)
class Walkers:
    """What the walk needs to know of each night; arrays of one entry a night.

    `epochs`: length of the recording; `restful_epochs`: after so many the person is up, whatever is recorded;
    `latency_median_epochs`, `wake_factor`, `light_factor`, `deep_factor`, `rem_factor`: of the person.
    """

    epochs: Epochs
    restful_epochs: Epochs
    latency_median_epochs: Reals
    wake_factor: Reals
    light_factor: Reals
    deep_factor: Reals
    rem_factor: Reals


def walk(drawn: Draws, walkers: Walkers) -> Stages:
    """The stages of every night one after another, int8: 0 wake, 1 light, 2 deep, 3 REM.

    `drawn` holds a row of `WIDTH` draws for each night. A recording too short for its latency holds wake only.
    """
    shares = draws.shares(drawn)
    onset = 1 + (walkers.latency_median_epochs * cal.LATENCY_SPREAD[shares[:, LATENCY]]).astype(np.int64)
    onset = np.minimum(onset, walkers.restful_epochs)
    end = walkers.restful_epochs - _final_wake(drawn, shares, walkers.restful_epochs - onset)
    onset, end = np.minimum(onset, walkers.epochs), np.minimum(end, walkers.epochs)
    nights, runs = len(drawn), len(_RUN_STAGES)
    bounds = np.zeros(nights * runs + 1, dtype=np.int32)
    # Where each run ends: the latency, the cycles cut at the final awakening, light if they did not last, wake.
    ends = bounds[1:].reshape(nights, runs)
    asleep = ends[:, :-2]
    asleep[:, 0] = onset
    _cycles(drawn, shares, walkers, asleep[:, 1:].reshape(nights, cal.CYCLES, len(_CYCLE_STAGES)))
    np.cumsum(asleep, axis=1, out=asleep)
    np.minimum(asleep, end.astype(np.int32)[:, None], out=asleep)
    ends[:, -2] = end
    ends[:, -1] = walkers.epochs
    ends += (np.cumsum(walkers.epochs) - walkers.epochs).astype(np.int32)[:, None]
    # Most runs last for no epoch: they are left out before the others are counted out.
    lasting = np.flatnonzero(bounds[1:] > bounds[:-1])
    stages: Stages = np.repeat(np.tile(_RUN_STAGES, nights)[lasting], bounds[lasting + 1] - bounds[lasting])
    return stages


def _final_wake(drawn: Draws, shares: Draws, asleep_epochs: Epochs) -> Epochs:
    epochs = 1 + (2 * cal.FINAL_WAKE_MEDIAN_MIN * cal.FINAL_WAKE_SPREAD[shares[:, FINAL_WAKE]]).astype(
        np.int64
    )
    epochs[draws.happens(drawn[:, NO_FINAL_WAKE], cal.NO_FINAL_WAKE)] = 0
    return np.minimum(np.minimum(epochs, cal.LONGEST_FINAL_WAKE_EPOCHS), asleep_epochs // 4)


def _cycles(drawn: Draws, shares: Draws, walkers: Walkers, lengths: Epochs32) -> None:
    """Fills `lengths` [nights, cycles, runs] with the runs of every cycle."""
    nights = len(drawn)
    cycles, cycle_shares = (found[:, HEAD:].reshape(nights, cal.CYCLES, _CYCLE) for found in (drawn, shares))
    restless = cal.RESTLESS_SPREAD[shares[:, RESTLESS]]
    wake = walkers.wake_factor * restless
    light = walkers.light_factor * cal.RESTLESS_LIGHT_SPREAD[shares[:, RESTLESS]]
    deep = walkers.deep_factor * cal.DEEP_SPREAD[shares[:, DEEP_NIGHT]]
    wake, light, deep = wake[:, None, None], light[:, None, None], deep[:, None, None]
    # Square roots are exact, so they are the same alone and in an array.
    aims = _NON_REM_EPOCHS * cal.PHASE_SPREAD[cycle_shares[:, :, 0]]
    aims /= np.sqrt(walkers.rem_factor)[:, None]
    rem_aims = _REM_EPOCHS * cal.REM_SPREAD[cycle_shares[:, :, 1]] * walkers.rem_factor[:, None]
    rem_aims[draws.happens(drawn[:, FIRST_REM], cal.FIRST_REM_SKIPPED), 0] = 0

    between = _run(WAKE, cycle_shares[:, :, 2:3], wake)[:, :, 0]
    between *= draws.happens(cycles[:, :, 3], cal.WAKE_AFTER_REM)
    between[:, 0] = 0  # the latency comes before the first cycle
    lengths[:, :, 0] = between
    split = _PHASES + 5 * _BOUTS
    non_rem = lengths[:, :, 1 : 1 + 3 * _BOUTS].reshape(nights, cal.CYCLES, _BOUTS, 3)
    bouts, bout_shares = (_bouts(found[:, :, _PHASES:split]) for found in (cycles, cycle_shares))
    _non_rem(bouts, bout_shares, aims, non_rem, wake=wake, light=light, deep=deep)
    rem = lengths[:, :, 1 + 3 * _BOUTS :].reshape(nights, cal.CYCLES, _REM_BOUTS, 3)
    bouts, bout_shares = (_bouts(found[:, :, split:]) for found in (cycles, cycle_shares))
    _rem(bouts, bout_shares, rem_aims, rem, wake=wake, light=light)


def _bouts(drawn: Draws) -> Draws:
    """The five draws of each bout of a phase, [5, nights, cycles, bouts]."""
    nights, cycles, width = drawn.shape
    return drawn.reshape(nights, cycles, 5, width // 5).transpose(2, 0, 1, 3)


def _run(stage: int, shares: Draws, factor: Reals) -> Epochs32:
    """Epochs of runs of a stage, at least 1; `factor` fits their shape."""
    epochs = _EPOCHS_AFTER_FIRST[stage].take(shares)
    epochs *= factor
    epochs += 1
    found: Epochs32 = np.rint(epochs, out=epochs).astype(np.int32)
    return found


def _non_rem(
    drawn: Draws, shares: Draws, aims: Reals, lengths: Epochs32, *, wake: Reals, light: Reals, deep: Reals
) -> None:
    """Fills `lengths` [nights, cycles, bouts, 3] with runs of light, deep and wake up to the aim."""
    _, chance, _, waking, _ = drawn
    in_light, _, in_deep, _, in_wake = shares
    odds = deep * _BOUT_ODDS
    deepens = draws.uniform(chance) < odds / (1 + odds)
    wakes = ~deepens | draws.happens(waking, cal.WAKE_AFTER_DEEP)
    light_epochs = _run(LIGHT, in_light, light)
    deep_epochs = _run(DEEP, in_deep, np.sqrt(deep) * _BOUT_DEEP_LENGTH)
    deep_epochs *= deepens
    wake_epochs = _run(WAKE, in_wake, wake)
    wake_epochs *= wakes
    _until(aims, lengths, light_epochs, deep_epochs, wake_epochs)


def _rem(drawn: Draws, shares: Draws, aims: Reals, lengths: Epochs32, *, wake: Reals, light: Reals) -> None:
    """Fills `lengths` [nights, cycles, bouts, 3] with runs of REM, wake and light up to the aim."""
    _, waking, _, returning, _ = drawn
    in_rem, _, in_wake, _, in_light = shares
    wakes = draws.happens(waking, cal.WAKE_AFTER_REM)
    returns = wakes & draws.happens(returning, cal.REM_AFTER_WAKE_IN_REM)
    rem_epochs = _REM_RUNS.take(in_rem)
    rem_epochs *= (aims > 0)[:, :, None]
    wake_epochs = _run(WAKE, in_wake, wake)
    wake_epochs *= wakes
    light_epochs = _run(LIGHT, in_light, light)
    light_epochs *= ~returns
    _until(aims, lengths, rem_epochs, wake_epochs, light_epochs)


def _until(
    aims: Reals,
    lengths: Epochs32,
    leading: Epochs32,
    second: Epochs32,
    third: Epochs32,
) -> None:
    """Keeps the runs up to the leading run that passes the aim."""
    following = second + third
    before_aim = np.cumsum(leading + following, axis=2, dtype=np.int32) - following < aims[:, :, None]
    before_aim[:, :, -1] = False
    leading[:, :, 1:] *= before_aim[:, :, :-1]
    lengths[..., 0] = leading
    np.multiply(second, before_aim, out=lengths[..., 1])
    np.multiply(third, before_aim, out=lengths[..., 2])
