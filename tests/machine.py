"""How much slower this machine is just now than the one that bounds in milliseconds were set on."""

import json
import time

import numpy as np

# What the work below takes there: today's figure over the ratio of today's and that day's figures of `bench.simulator`.
_THERE_MS = 3.7


def slowness() -> float:
    """A factor of 1 or more, from the best of a few rounds of fixed work of the same kind, measured in the same run."""
    return max(1.0, min(_work_ms() for _ in range(20)) / _THERE_MS)


def _work_ms() -> float:
    """Arrays, objects and text in the mixture that the simulator makes of them."""
    start = time.process_time()
    rng = np.random.default_rng(1)
    for _ in range(8):
        values = rng.normal(size=10_000).cumsum()
        runs = np.flatnonzero(np.diff(values > values.mean()))
        rows = [{"first": int(first), "minutes": first / 2} for first in np.repeat(runs, 3)[:250].tolist()]
        assert json.dumps([*rows, *({"number": number} for number in range(400))])
    return (time.process_time() - start) * 1000
