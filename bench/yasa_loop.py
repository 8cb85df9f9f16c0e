"""`python yasa_loop.py STAGES.npy OFFSETS.npy`: nanoseconds per epoch of a yasa loop over these nights, as JSON.

Runs in an environment of its own (requirements-bench.lock), because nothing of the product needs yasa, and imports
nothing of the product. Its two ways are measured: a `Hypnogram` for each night, as its documentation now says, and
the older function on plain integers, which is faster and will go away. Their statistics are fewer than ours.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import yasa  # type: ignore[import-not-found, unused-ignore]

_ROUNDS = 15
_NAMES = np.array(["WAKE", "LIGHT", "DEEP", "REM", "UNS"])
# Its integers: 0 wake, 2 and 3 for N2 and N3, 4 REM, -2 unscored.
_CODES = np.array([0, 2, 3, 4, -2])


def main(stages: str, offsets: str) -> None:
    """Prints the best of 15 rounds over these nights for each way: {"hypnogram": ..., "function": ...}."""
    values, bounds = np.load(stages), np.load(offsets)
    # Unknown is -1, which is the last entry.
    named = [_NAMES[values[begin:end]] for begin, end in pairwise(bounds)]
    coded = [_CODES[values[begin:end]] for begin, end in pairwise(bounds)]
    best = {"hypnogram": _best_s(_of_hypnogram, named), "function": _best_s(_of_integers, coded)}
    print(json.dumps({way: seconds / len(values) * 1e9 for way, seconds in best.items()}))


def _of_hypnogram(night: Any) -> object:
    return yasa.Hypnogram(night, n_stages=4, freq="30s").sleep_statistics()


def _of_integers(night: Any) -> object:
    return yasa.sleep_statistics(night, sf_hyp=1 / 30)


def _best_s(statistics: Callable[[Any], object], nights: Sequence[object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for night in nights:
            statistics(night)
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
