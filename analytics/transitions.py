"""From which stage to which: counts of neighbouring epochs, and the shares that follow from them.

A transition is never assumed across lost signal: a pair counts only where both of its epochs are known (YASA keeps
the unknown as a state of its own instead; SPEC section 1).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.ragged import Values, as_int8, as_offsets

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

STATES = 4
_LOWEST, _HIGHEST = -1, 3
# Nights are taken some at a time, so that what is made of them stays in the cache.
_EPOCHS_AT_A_TIME = 1 << 20


def transition_counts(values: ArrayLike, offsets: ArrayLike) -> Counts:
    """How often one stage follows another, int64 [nights, 4, 4]: row is the stage before, column the one after.

    Rows and columns are awake, light, deep, REM. A pair of neighbouring epochs counts where both are known, so the
    counts of a night without lost signal add up to its epochs less one; a night of one epoch or none has only zeros.
    The unit is pairs of epochs, and so depends on their length.

    Args:
        values: stages of all nights, -1 unknown, 0 awake, 1 light, 2 deep, 3 REM.
        offsets: where each night begins in `values`, and the end of the last one.

    Raises:
        ValueError: a stage outside -1 to 3, or offsets that are not offsets.

    Example:
        `transition_counts([0, 1, 1, -1, 0], [0, 5])[0, 0, 1]` is 1 and `[0, 1, 1]` is 1; no pair touches the unknown.
    """
    stages = as_int8(values)
    bounds = as_offsets(offsets, len(stages))
    if stages.size and (stages.min() < _LOWEST or stages.max() > _HIGHEST):
        at = int(np.flatnonzero((stages < _LOWEST) | (stages > _HIGHEST))[0])
        raise ValueError(
            f"entry {at} is the stage {stages[at]}; stages are -1 unknown, 0 awake, 1 light, 2 deep, 3 REM"
        )
    counts = np.zeros((len(bounds) - 1, STATES, STATES), dtype=np.int64)
    begin = 0
    while begin < len(counts):
        reach = int(np.searchsorted(bounds, bounds[begin] + _EPOCHS_AT_A_TIME, side="right")) - 1
        end = min(max(reach, begin + 1), len(counts))
        inside = bounds[begin : end + 1]
        counts[begin:end] = _counted(stages[inside[0] : inside[-1]], inside - inside[0])
        begin = end
    return counts


def transition_probabilities(counts: ArrayLike) -> Floats:
    """The share of each stage's pairs that lead to each stage: rows add up to 1; a row without a pair is NaN.

    The shares of a person or a period come from the sum of its nights' counts (`counts.sum(axis=0)`), not from the mean
    of the nights' shares: a night with two pairs would weigh as much as one with hundreds.

    Args:
        counts: [..., 4, 4] of `transition_counts`.

    Raises:
        ValueError: the last two axes are not 4 by 4.
    """
    pairs = np.asarray(counts, dtype=np.float64)
    if pairs.shape[-2:] != (STATES, STATES):
        raise ValueError(f"transition counts are 4 by 4 in their last two axes; these are {pairs.shape}")
    whole = pairs.sum(axis=-1, keepdims=True)
    shares = np.full(pairs.shape, np.nan)
    np.divide(pairs, whole, out=shares, where=whole > 0)
    return shares


def _counted(stages: Values, bounds: Counts) -> Counts:
    """The counts from runs of one stage: a run of n epochs holds n - 1 pairs, and its end is one more."""
    nights = len(bounds) - 1
    begins = np.zeros(len(stages), dtype=np.bool_)
    np.not_equal(stages[1:], stages[:-1], out=begins[1:])
    begins[bounds[:-1][bounds[:-1] < len(stages)]] = True
    starts = np.flatnonzero(begins)
    night = np.searchsorted(bounds, starts, side="right") - 1
    stage = stages[starts].astype(np.int64)
    length = np.diff(np.append(starts, len(stages)))
    known = stage >= 0
    cell = night * (STATES * STATES) + stage * STATES
    stays = np.bincount((cell + stage)[known], (length - 1)[known], nights * STATES * STATES)
    moves = known[:-1] & known[1:] & (night[:-1] == night[1:])
    counts = np.bincount(cell[:-1][moves] + stage[1:][moves], minlength=nights * STATES * STATES)
    return (counts + stays.astype(np.int64)).reshape(nights, STATES, STATES)
