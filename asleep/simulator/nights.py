"""What lies over a night's stages: snoring beside them, and gaps where audio never arrived."""

import math

import numpy as np
import numpy.typing as npt

from asleep.simulator.draws import LEVELS, TABLE_BITS, Draws
from asleep.simulator.statistics import UNKNOWN, WAKE, Stages

# Snoring comes in runs of 8 min in the mean; so many pairs of quiet and loud runs outlast any sleep.
_SNORING_EPOCHS, _PAIRS = 16, 48
SNORING_WIDTH = 2 * _PAIRS
_QUIET_AND_LOUD = np.array((*(0, 1) * _PAIRS, 0), dtype=np.int8)

_SHARES = 1 << TABLE_BITS
_EXPONENTIAL = np.array([-math.log1p(-(place + 0.5) / _SHARES) for place in range(_SHARES)])

# Gaps from one entry to four hours, each length as likely as its half; at most this share of a recording that is
# still analysed, and at least the other one of a recording that is not.
_LONGEST_GAP_EPOCHS = 480
_MOST_ANALYSED, _LEAST_DEFECTIVE, _MOST_DEFECTIVE = 0.28, 0.32, 0.7
_AT_START, _AT_END = 0.15, 0.30  # cumulative shares
GAP_DRAWS = 8


def snoring_of_nights(drawn: Draws, stages: Stages, epochs: npt.NDArray[np.int64], ratio: float) -> Stages:
    """Snoring beside the stages of many nights, int8 of the same length: 1 over about `ratio` of the sleep."""
    if ratio <= 0:
        return np.zeros(len(stages), dtype=np.int8)
    means = np.array([_SNORING_EPOCHS * (1 - ratio) / ratio, _SNORING_EPOCHS])
    pairs = _EXPONENTIAL[drawn >> (16 - TABLE_BITS)].reshape(len(drawn), _PAIRS, 2)
    lengths = 1 + (pairs * means).astype(np.int64).reshape(len(drawn), SNORING_WIDTH)
    ends = np.empty((len(drawn), len(_QUIET_AND_LOUD)), dtype=np.int64)
    np.minimum(np.cumsum(lengths, axis=1), epochs[:, None], out=ends[:, :-1])
    ends[:, -1] = epochs
    runs = ends.copy()
    runs[:, 1:] -= ends[:, :-1]
    snoring: Stages = np.repeat(np.tile(_QUIET_AND_LOUD, len(drawn)), runs.ravel())
    snoring[stages <= WAKE] = 0
    return snoring


def cut_gaps(stages: Stages, drawn: Draws, *, defective: bool = False) -> None:
    """Puts -1 into the stages of one night: one to three gaps, or one so long that the night is not analysed."""
    pieces, length, *rest = ((drawn[:GAP_DRAWS] + 0.5) / LEVELS).tolist()
    if defective:
        share = _LEAST_DEFECTIVE + (_MOST_DEFECTIVE - _LEAST_DEFECTIVE) * length
        _cut(stages, math.ceil(share * len(stages)), *rest[:2])
        return
    count = 1 + int(pieces * 3)
    most = int(_MOST_ANALYSED * len(stages)) // count
    for piece in range(count):
        epochs = round(math.exp(math.log(_LONGEST_GAP_EPOCHS) * ((length + piece * rest[-1]) % 1)))
        _cut(stages, min(epochs, max(most, 1)), *rest[2 * piece : 2 * piece + 2])


def _cut(stages: Stages, epochs: int, where: float, place: float) -> None:
    room = max(len(stages) - epochs, 0)
    start = 0 if where < _AT_START else room if where < _AT_END else int(place * (room + 1))
    stages[start : start + epochs] = UNKNOWN


def unknown_ratio(stages: Stages) -> float:
    """Share of -1 among the entries, two decimals; 0.0 for none."""
    return round(float(np.count_nonzero(stages == UNKNOWN)) / len(stages), 2) if len(stages) else 0.0
