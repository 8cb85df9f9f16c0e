"""The night-statistics kernel: nanoseconds per epoch over many nights, and what it is beside other ways."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.stages import night_statistics
from bench.results import Figure

Nights = tuple[NDArray[np.int8], NDArray[np.int64]]

_NIGHTS, _EPOCHS, _ROUNDS = 20_000, 960, 15
_CURVE = (1_000, 10_000, 100_000, 1_000_000)
_YASA_NIGHTS = 50
_YASA_PYTHON = Path(__file__).parent.parent / ".venv-bench" / "bin" / "python"


def figures() -> list[Figure]:
    """Best of 15 rounds each: 20,000 nights of 8 h beside a control and a yasa loop, few nights, and very many."""
    nights = _hypnograms()
    return [*_many(nights), *_beside_yasa(nights), *_few(nights), *_curve(nights)]


def _many(nights: Nights) -> list[Figure]:
    """On one thread and on two, beside three compare-and-pack passes: what reading and packing alone cost here."""
    values, offsets = nights
    ragged = _of_many_lengths(values)
    half = _NIGHTS // 2
    halves = (
        (values[: offsets[half]], offsets[: half + 1]),
        (values[offsets[half] :], offsets[half:] - offsets[half]),
    )

    def control() -> None:
        for stage in range(3):
            np.packbits(values == stage)

    with ThreadPoolExecutor(2) as threads:

        def two_threads() -> None:
            list(threads.map(lambda part: night_statistics(*part), halves))

        one, two, uneven, passes = _best_s(
            lambda: night_statistics(*nights), two_threads, lambda: night_statistics(*ragged), control
        )
    ns = 1e9 / len(values)
    return [
        Figure(name="kernel, one thread", value=one * ns, unit="ns/epoch", bound=3.0),
        Figure(name="kernel, two threads", value=two * ns, unit="ns/epoch", bound=2.0),
        Figure(name="kernel, one thread, nights of 5 to 11 h", value=uneven * ns, unit="ns/epoch", bound=3.0),
        Figure(name="three compare-and-pack passes", value=passes * ns, unit="ns/epoch"),
        Figure(name="kernel beside the three passes", value=one / passes, unit="ratio"),
    ]


def _beside_yasa(nights: Nights) -> list[Figure]:
    """The kernel's time per epoch in percent of a yasa loop's; none, and a line that says so, without yasa."""
    if not _YASA_PYTHON.exists():
        print(
            "The kernel was not measured beside yasa: it is not installed. Make an environment .venv-bench and "
            "install requirements-bench.lock into it.",
            file=sys.stderr,
        )
        return []
    values, offsets = nights
    few = values[: offsets[_YASA_NIGHTS]], offsets[: _YASA_NIGHTS + 1]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "stages.npy", Path(folder) / "offsets.npy"]
        np.save(paths[0], few[0])
        np.save(paths[1], few[1])
        script = Path(__file__).with_name("yasa_loop.py")
        answer = subprocess.run([_YASA_PYTHON, script, *paths], stdout=subprocess.PIPE, check=True)
    yasa_ns = json.loads(answer.stdout)
    (kernel_s,) = _best_s(lambda: night_statistics(*nights))
    kernel_ns = kernel_s / len(values) * 1e9
    return [
        Figure(name="a yasa loop, Hypnogram", value=yasa_ns["hypnogram"], unit="ns/epoch"),
        Figure(name="a yasa loop, plain function", value=yasa_ns["function"], unit="ns/epoch"),
        # 25 times faster is 4 percent of the time; the faster of its two ways is the one to beat.
        Figure(
            name="kernel beside the faster yasa loop",
            value=100 * kernel_ns / min(yasa_ns.values()),
            unit="percent",
            bound=4.0,
        ),
    ]


def _few(nights: Nights) -> list[Figure]:
    values, offsets = nights

    def of(number: int) -> Callable[[], object]:
        return lambda: night_statistics(values[: offsets[number]], offsets[: number + 1])

    night, year = _best_s(of(1), of(365), rounds=200)
    return [
        Figure(name="statistics of one night", value=night * 1e3, unit="ms", bound=0.5),
        Figure(name="statistics of a person-year", value=year * 1e3, unit="ms", bound=1.5),
    ]


def _curve(nights: Nights) -> list[Figure]:
    """Microseconds per night from 1,000 nights to 1,000,000, and how much dearer the dearest is than the least."""
    per_night = {}
    for number in _CURVE:
        values = np.resize(nights[0], number * _EPOCHS)
        offsets = np.arange(number + 1, dtype=np.int64) * _EPOCHS
        (seconds,) = _best_s(partial(night_statistics, values, offsets))
        per_night[number] = seconds / number * 1e6
    return [
        *(
            Figure(name=f"kernel, {number:,} nights", value=cost, unit="us/night")
            for number, cost in per_night.items()
        ),
        Figure(
            name="kernel, dearest night of the curve beside the cheapest",
            value=max(per_night.values()) / min(per_night.values()),
            unit="ratio",
            bound=1.5,
        ),
    ]


def _best_s(*functions: Callable[[], object], rounds: int = _ROUNDS) -> list[float]:
    """The least time of each in seconds, taken in turns so that all meet the same machine."""
    best = [float("inf")] * len(functions)
    for _ in range(rounds):
        for n, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[n] = min(best[n], time.perf_counter() - start)
    return best


def _hypnograms() -> Nights:
    # Runs of 1 to 40 epochs; what the stages mean does not matter to the time, how often they change does.
    rng = np.random.default_rng(1)
    total = _NIGHTS * _EPOCHS
    lengths = rng.integers(1, 41, size=total // 18)
    stages = rng.choice(
        np.array([-1, 0, 1, 2, 3], dtype=np.int8), p=[0.01, 0.14, 0.5, 0.15, 0.2], size=len(lengths)
    )
    values = np.repeat(stages, lengths)[:total]
    return values, np.arange(_NIGHTS + 1, dtype=np.int64) * _EPOCHS


def _of_many_lengths(values: NDArray[np.int8]) -> Nights:
    """The same epochs cut into nights of 600 to 1,320 epochs: none begins with a word of the kernel but by chance."""
    lengths = np.random.default_rng(2).integers(600, 1_321, size=len(values) // 600)
    ends = np.cumsum(lengths)
    offsets = np.concatenate([[0], ends[ends < len(values)], [len(values)]]).astype(np.int64)
    return values, offsets
