"""A night's statistics counted anew from epochs alone, by the recipe that a bundle's README gives a stranger."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.stages import night_statistics

ACROSS = ["sfi_per_h", "stage_shifts", "shift_rate_per_h"]
LASTING = ["sol_5min_min", "sol_10min_min"]


def statistics_anew(nights: Sequence[NDArray[np.int8]], segments: Sequence[NDArray[Any]]) -> pd.DataFrame:
    """`STATISTICS` of sleeps from the stage and the segment of each epoch."""
    seams = [np.flatnonzero(np.diff(each)) + 1 for each in segments]
    apart = [np.insert(stages, at, -1) for stages, at in zip(nights, seams, strict=True)]
    whole, unbridged = _statistics(nights), _statistics(apart)
    whole[ACROSS] = unbridged[ACROSS]
    for name in LASTING:
        before = [
            np.count_nonzero(at + np.arange(len(at)) < 2 * minutes)
            for at, minutes in zip(seams, unbridged[name], strict=True)
        ]
        whole[name] = unbridged[name] - 0.5 * np.array(before, dtype=float)
    return whole


def _statistics(nights: Sequence[NDArray[np.int8]]) -> pd.DataFrame:
    values = np.concatenate([np.empty(0, dtype=np.int8), *nights])
    return night_statistics(values, np.cumsum([0, *(len(each) for each in nights)]))
