"""What the statistics of a night are made of: numbers and indices of epochs, for many nights at once.

Stages become bit planes, which are counted as they are; sleep becomes a list of its runs, from which follow onset
and offset, lasting sleep, and wake with its bouts. The cost goes with the epochs for the first and with the
awakenings for the second, and hardly with the number of nights.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics import bitplanes
from analytics.bitplanes import NOT_FOUND, WORD, Counts, Plane, Words
from analytics.ragged import Values

Found = dict[str, Counts]

# About 4,096 nights of 8 h: smaller blocks spend more on calls, and two threads wait more for each other.
_WORDS_PER_BLOCK = 1 << 16
_NEVER = np.iinfo(np.int64).max


def epoch_counts(stages: Values, offsets: Counts, epoch_s: float) -> Found:
    """Counts of epochs, and indices of epochs (`NOT_FOUND` where there is none), per night.

    Args:
        stages: of all nights, from -1 to 3.
        offsets: where each night begins in `stages`, and the end of the last one; at least one night.
        epoch_s: length of an epoch in seconds.
    """
    starts, lengths = offsets[:-1], np.diff(offsets)
    packed = bitplanes.pack(stages)
    found: Found = {"epochs": lengths}
    for chosen in _blocks(lengths):
        for name, column in _block(packed, starts[chosen], lengths[chosen], epoch_s).items():
            found.setdefault(name, np.empty(len(lengths), np.int64))[chosen] = column
    return found


def _blocks(lengths: Counts) -> Iterator[Counts]:
    """The nights of each block, of like length, so that less than half of it lies beyond the end of its nights."""
    words = np.maximum(1, -(-lengths // WORD))
    order = np.argsort(words, kind="stable")
    words = words[order]
    begin = 0
    while begin < len(order):
        # Sorted by length, so the last night of a block is the longest and says how high all of its columns are.
        height = words[begin : begin + max(1, _WORDS_PER_BLOCK // int(words[begin]))]
        area = height * np.arange(1, len(height) + 1)
        fits = np.flatnonzero((area <= _WORDS_PER_BLOCK) & (area <= 2 * np.cumsum(height)))
        end = begin + (int(fits[-1]) + 1 if len(fits) else 1)
        yield order[begin:end]
        begin = end


def _block(packed: tuple[Words, ...], starts: Counts, lengths: Counts, epoch_s: float) -> Found:
    # Beyond the end of a night no bit is set, which reads as awake: what follows takes that back where it matters.
    low, high, unknown = bitplanes.columns(packed, starts, lengths)
    light, deep, rem = low & ~high, high & ~low, low & high & ~unknown
    number = {
        "light": bitplanes.count(light),
        "deep": bitplanes.count(deep),
        "rem": bitplanes.count(rem),
        "unknown": bitplanes.count(unknown),
    }
    runs = _runs_of_sleep(light | deep | rem, lengths)
    wake, falls = _wake_after_runs(runs, unknown)
    of_sleep = _of_the_sleep_period(runs, wake, falls, epoch_s)
    return {
        **number,
        **of_sleep,
        "wake": lengths - sum(number.values()),
        "first_light": bitplanes.first(light),
        "first_deep": bitplanes.first(deep),
        "first_rem": bitplanes.first(rem),
        "shifts": _shifts(low, high, unknown, of_sleep["onset"], of_sleep["offset"]),
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class _Runs:
    """The runs of sleep of all nights of a block, in order; epochs are counted from the beginning of the block.

    Attributes:
        start, end: the first epoch of each run, and the first after it.
        until: where the next run of the same night begins, or where the night ends.
        slept: which nights have a run; the last three have an entry for each of these only.
        base: the first epoch of the night.
        head, tail: the first and the last run of the night.
    """

    start: Counts
    end: Counts
    until: Counts
    slept: NDArray[np.bool_]
    base: Counts
    head: Counts
    tail: Counts


def _runs_of_sleep(asleep: Plane, lengths: Counts) -> _Runs:
    edges = bitplanes.edges(asleep)
    at = bitplanes.positions(edges)
    start, end = at[::2], at[1::2]
    number = bitplanes.count(edges) // 2
    slept = number > 0
    base = np.flatnonzero(slept) * (len(edges) * WORD)
    tail = np.cumsum(number[slept]) - 1
    until = np.empty_like(start)
    until[:-1] = start[1:]
    until[tail] = base + lengths[slept]
    return _Runs(
        start=start, end=end, until=until, slept=slept, base=base, head=tail + 1 - number[slept], tail=tail
    )


def _wake_after_runs(runs: _Runs, unknown: Plane) -> tuple[Counts, NDArray[np.bool_]]:
    """Per run of sleep: known epochs awake until the next, lost signal left out, and whether it ended in wake."""
    wake = runs.until - runs.end
    falls = wake > 0
    lost = bitplanes.positions(bitplanes.edges(unknown))
    if len(lost) and len(wake):
        start, end = lost[::2], lost[1::2]
        run = np.searchsorted(runs.start, start, side="right") - 1
        # Lost signal before the first sleep of a night finds no run, or one of the night before.
        inside = (run >= 0) & (start < runs.until[run])
        run = run[inside]
        wake -= np.bincount(run, (end - start)[inside], len(wake)).astype(np.int64)
        falls[run[start[inside] == runs.end[run]]] = False
    return wake, falls


def _of_the_sleep_period(runs: _Runs, wake: Counts, falls: NDArray[np.bool_], epoch_s: float) -> Found:
    """What the runs of sleep and the wake between them say of each night; 0 or `NOT_FOUND` without sleep."""
    inside = wake.copy()
    inside[runs.tail] = 0
    lasting = runs.end - runs.start
    counted = {
        "wake_inside": _per_night(np.add, inside, runs),
        "wake_after": _spread(wake[runs.tail], runs, 0),
        "falls": _per_night(np.add, falls.astype(np.int64), runs),
        "bouts": _per_night(np.add, (inside > 0).astype(np.int64), runs),
        "long_bouts": _per_night(np.add, (inside * epoch_s > 300).astype(np.int64), runs),
        "longest_bout": _per_night(np.maximum, inside, runs),
    }
    return counted | {
        "onset": _spread(runs.start[runs.head] - runs.base, runs, NOT_FOUND),
        "offset": _spread(runs.end[runs.tail] - 1 - runs.base, runs, NOT_FOUND),
        "onset_5min": _first_start(lasting >= math.ceil(300 / epoch_s), runs),
        "onset_10min": _first_start(lasting >= math.ceil(600 / epoch_s), runs),
    }


def _per_night(operation: np.ufunc, of_runs: Counts, runs: _Runs) -> Counts:
    return _spread(operation.reduceat(of_runs, runs.head) if len(runs.head) else runs.head, runs, 0)


def _first_start(wanted: NDArray[np.bool_], runs: _Runs) -> Counts:
    """Where the first wanted run of each night begins, counted from the beginning of the night."""
    start = np.where(wanted, runs.start, _NEVER)
    earliest = np.minimum.reduceat(start, runs.head) if len(runs.head) else runs.head
    return _spread(np.where(earliest == _NEVER, NOT_FOUND, earliest - runs.base), runs, NOT_FOUND)


def _spread(of_those_who_slept: Counts, runs: _Runs, otherwise: int) -> Counts:
    every = np.full(len(runs.slept), otherwise, dtype=np.int64)
    every[runs.slept] = of_those_who_slept
    return every


def _shifts(low: Plane, high: Plane, unknown: Plane, onset: Counts, offset: Counts) -> Counts:
    """Changes of stage between neighbours that are both known, from onset to offset; `low` and `high` are the code."""
    differ = (low ^ bitplanes.later(low)) | (high ^ bitplanes.later(high))
    changes = bitplanes.count(differ & ~(unknown | bitplanes.later(unknown)))
    # Outside the sleep period all that is known is awake, so two changes at most are too many: into the first epoch
    # of sleep and out of the last (beyond the end of the night counts as awake, too).
    into = (onset > 0) & ~bitplanes.at(unknown, onset - 1)
    out = (offset != NOT_FOUND) & ~bitplanes.at(unknown, offset + 1)
    shifts: Counts = changes - into - out
    return shifts
