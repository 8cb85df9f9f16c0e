"""Many people's values by bins: where single dots would hide each other, or weigh too much to be sent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["PeopleBins", "people_bins"]

_BINS = 40


@dataclass(frozen=True, kw_only=True)
class PeopleBins:
    """How many people lie between neighbouring edges.

    Attributes:
        edges: one more than counts, evenly apart; the last bin holds its upper edge too.
        counts: people of each bin.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]


def people_bins(values: ArrayLike, *, low: float, high: float, bins: int = _BINS) -> PeopleBins:
    """How many of the values lie in each of so many bins between `low` and `high`.

    Args:
        values: one a person, none NaN, all between low and high.
        low: where the first bin begins.
        high: where the last one ends, above low.
        bins: how many.
    """
    counts, edges = np.histogram(np.asarray(values, dtype=np.float64), bins=bins, range=(low, high))
    return PeopleBins(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))
