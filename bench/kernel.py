"""The night-statistics kernel: nanoseconds per epoch over many nights."""

import statistics
import time

import numpy as np

from analytics.stages import night_statistics
from bench.results import Figure

_NIGHTS, _EPOCHS, _ROUNDS = 20_000, 960, 5


def figures() -> list[Figure]:
    """Median of a few rounds over 20,000 nights of 8 h, and of a plain read of the same bytes in the same run."""
    values, offsets = _hypnograms()
    night_statistics(values[: offsets[100]], offsets[:101])
    kernel, read = [], []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        night_statistics(values, offsets)
        kernel.append(time.perf_counter() - start)
        start = time.perf_counter()
        int(values.sum(dtype=np.int64))
        read.append(time.perf_counter() - start)
    per_epoch = statistics.median(kernel) / len(values) * 1e9
    floor = statistics.median(read) / len(values) * 1e9
    return [
        Figure(name="kernel, one thread", value=per_epoch, unit="ns/epoch", bound=8.0),
        Figure(name="kernel beside a plain sum of the same bytes", value=per_epoch / floor, unit="ratio"),
    ]


def _hypnograms() -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.int8]]", "np.ndarray[tuple[int], np.dtype[np.int64]]"
]:
    # Runs of 1 to 40 epochs; what the stages mean does not matter to the time, how often they change does.
    rng = np.random.default_rng(1)
    total = _NIGHTS * _EPOCHS
    lengths = rng.integers(1, 41, size=total // 18)
    stages = rng.choice(
        np.array([-1, 0, 1, 2, 3], dtype=np.int8), p=[0.01, 0.14, 0.5, 0.15, 0.2], size=len(lengths)
    )
    values = np.repeat(stages, lengths)[:total]
    return values, np.arange(_NIGHTS + 1, dtype=np.int64) * _EPOCHS
