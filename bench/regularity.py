"""The Sleep Regularity Index of a person-year at 30 s, from its nights."""

import time
from collections.abc import Callable

import numpy as np

from analytics.daily_slots import Recorded, slots_of
from analytics.day_words import regularity_counts
from analytics.regularity import sri_from_counts
from analytics.zones import DAY_US, MINUTE_US
from bench.results import Figure

_NIGHTS, _ROUNDS = 365, 40
_ZONE = "America/Chicago"
_FIRST_DAY = 20_454


def figures() -> list[Figure]:
    """Best of 40 rounds, clock changes and lost signal included, and of three compare-and-pack passes in the same run.

    The passes go over the same year of slots: they are what reading and packing alone cost this machine.
    """
    start_us, stages, offsets = _year()
    zones = np.full(_NIGHTS, _ZONE, dtype=object)
    days = np.arange(_FIRST_DAY, _FIRST_DAY + _NIGHTS, dtype=np.int64)
    slots = np.zeros(_NIGHTS * 2880, dtype=np.int8)
    slots[: len(stages)] = stages

    def index() -> None:
        recorded = Recorded(start_us=start_us, zones=zones, slots=slots_of(stages), offsets=offsets)
        sri_from_counts(*regularity_counts(days, [_ZONE] * _NIGHTS, recorded, 12.0))

    def control() -> None:
        for stage in range(3):
            np.packbits(slots == stage)

    index_ms, control_ms = _best_ms(index, control)
    return [
        Figure(name="regularity index of a person-year", value=index_ms, unit="ms", bound=1.0),
        Figure(
            name="regularity index beside three compare-and-pack passes",
            value=index_ms / control_ms,
            unit="ratio",
        ),
    ]


def _best_ms(*functions: Callable[[], None]) -> list[float]:
    """The least time of each, taken in turns so that both meet the same machine."""
    best = [float("inf")] * len(functions)
    for _ in range(_ROUNDS):
        for n, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[n] = min(best[n], (time.perf_counter() - start) * 1e3)
    return best


def _year() -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.int64]]",
    "np.ndarray[tuple[int], np.dtype[np.int8]]",
    "np.ndarray[tuple[int], np.dtype[np.int64]]",
]:
    # To bed between 22:00 and 23:30 for about 8 h, in runs of 1 to 40 epochs, a hundredth of them without signal.
    rng = np.random.default_rng(1)
    days = np.arange(_FIRST_DAY, _FIRST_DAY + _NIGHTS, dtype=np.int64)
    start_us = days * DAY_US + (28 * 60 + rng.integers(0, 90, _NIGHTS)) * MINUTE_US
    offsets = np.concatenate([[0], np.cumsum(rng.integers(900, 1020, _NIGHTS))]).astype(np.int64)
    lengths = rng.integers(1, 41, size=offsets[-1] // 15)
    codes = rng.choice(
        np.array([-1, 0, 1, 2, 3], dtype=np.int8), p=[0.01, 0.09, 0.5, 0.2, 0.2], size=len(lengths)
    )
    return start_us, np.repeat(codes, lengths)[: offsets[-1]], offsets
