"""Where the level of a series of nights stepped up or down: the exact optimum of squared error and a price per step.

The price is 2 sigma^2 ln n, sigma from the differences of neighbouring nights, so that a step does not count as noise
(SPEC 4.4). The search is PELT (Killick et al. 2012, doi 10.1080/01621459.2012.737745) with a smallest segment: every
night is tried as the start of a new level, and a start is dropped only when it can no longer be the best. What people
are shown is in `lasting_changes`.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import wording
from analytics.by_day import Days, Floats, mean_by_day

MINIMUM_NIGHTS = 21
MINIMUM_SEGMENT = 5
# The median absolute deviation of normal values times this is their standard deviation.
MAD_TO_SD = 1.4826
# Values that vary by less than this share of their range vary by rounding alone.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Step:
    """One change of level.

    Attributes:
        last_before: the last night of the old level.
        first_after: the first night of the new one; a gap may lie between the two.
        mean_before: mean of the nights from the step before it (or the start).
        mean_after: mean of the nights up to the next step (or the end).
        nights_before: how many nights the first mean rests on; at least 5, of a lasting change 14.
        nights_after: how many the second.
    """

    last_before: pd.Timestamp
    first_after: pd.Timestamp
    mean_before: float
    mean_after: float
    nights_before: int
    nights_after: int

    @property
    def shift(self) -> float:
        """The new level minus the old one, in the values' unit."""
        return self.mean_after - self.mean_before


@dataclass(frozen=True, kw_only=True)
class ChangePoints:
    """The steps of a series, and what they rest on.

    Attributes:
        steps: oldest first; empty when there are none or they cannot be looked for.
        nights: how many values went in.
        sigma: the spread that counts as noise, in the values' unit (of nights, and for a lasting change of their means
            times the root of their number); NaN when not looked for.
        penalty: the price of a step, in the unit squared; NaN likewise.
        reason: what was found, or why it was not looked for, in words.
    """

    steps: tuple[Step, ...]
    nights: int
    sigma: float
    penalty: float
    reason: str


def change_points(days: Days, values: ArrayLike) -> ChangePoints:
    """The nights at which the level of the values changed.

    Looked for from 21 nights on; every level lasts at least 5 nights. Gaps are not counted as nights. Times of day
    come as `smoothing.unwrapped_h`. Where the values do not scatter (all equal, or on a straight line), no step can
    be told from noise and none is given.

    A step describes the nights and is no test. The price takes nights to be independent; where neighbours resemble each
    other it is too low, and most series without any step get one. What people are shown comes from `lasting_changes`.

    Args:
        days: one date per value, in any order.
        values: NaN is a missing night; several values of one day count as their mean.
    """
    daily = mean_by_day(days, values).dropna()
    nights = len(daily)
    if nights < MINIMUM_NIGHTS:
        counted = wording.plural(nights, "night")
        return not_looked_for(nights, f"a change of level needs {MINIMUM_NIGHTS} nights, not {counted}")
    y: Floats = np.asarray(daily, dtype=np.float64)
    sigma = noise_sd(y)
    if not sigma:
        return not_looked_for(nights, "the nights do not scatter, so a change cannot be told from noise")
    penalty = 2 * sigma**2 * math.log(nights)
    steps = steps_at(daily, segment_ends(y, penalty=penalty, minimum=MINIMUM_SEGMENT))
    many = wording.plural(len(steps), "change of level", "changes of level")
    return ChangePoints(
        steps=steps,
        nights=nights,
        sigma=sigma,
        penalty=penalty,
        reason=f"{many if steps else 'no change of level'} in {wording.plural(nights, 'night')}",
    )


def noise_sd(values: ArrayLike) -> float:
    """The standard deviation of the scatter around a level that may step: 1.4826 MAD(differences) / sqrt 2.

    Steps touch few of the differences between neighbours, which the median does not see. Where more than half of the
    differences are equal it sees nothing else either; then it is their standard deviation / sqrt 2. 0 when the values
    are equal, on a straight line, or fewer than 3.
    """
    y = np.asarray(values, dtype=np.float64)
    if len(y) < 3:
        return 0.0
    differences = np.diff(y)
    least = _ROUNDING * float(np.ptp(y))
    for spread in (MAD_TO_SD * _mad(differences), float(np.std(differences, ddof=1))):
        if spread > least:
            return spread / math.sqrt(2)
    return 0.0


def segment_ends(values: ArrayLike, *, penalty: float, minimum: int = MINIMUM_SEGMENT) -> tuple[int, ...]:
    """Where the best segments end, the number of values included: (14, 28) is one change after 14 of 28 values.

    The best segments have the least sum of squared distances to their means plus `penalty` for every segment, among
    all ways to cut the values into segments of at least `minimum`. Where several are equally good, the one whose last
    segment is longest. Fewer values than `minimum` are one segment; no values, none.

    Args:
        values: in order; none is NaN.
        penalty: the price of a segment, in the values' unit squared.
        minimum: the fewest values of a segment.

    Raises:
        ValueError: a smallest segment below 1.
    """
    y = np.asarray(values, dtype=np.float64)
    if minimum < 1:
        raise ValueError(f"a segment has 1 value or more, not {minimum}")
    if len(y) < 2 * minimum:
        return (len(y),) if len(y) else ()
    start_of = _best_starts(y, penalty, minimum)
    ends = [len(y)]
    while start_of[ends[-1]]:
        ends.append(int(start_of[ends[-1]]))
    return tuple(reversed(ends))


def steps_at(daily: "pd.Series[float]", ends: tuple[int, ...]) -> tuple[Step, ...]:
    """The steps between levels that end after so many nights each, the number of nights included (`segment_ends`)."""
    edges = (0, *ends)
    parts = [daily.iloc[first:last] for first, last in pairwise(edges)]
    return tuple(
        Step(
            last_before=before.index[-1],
            first_after=after.index[0],
            mean_before=float(before.mean()),
            mean_after=float(after.mean()),
            nights_before=len(before),
            nights_after=len(after),
        )
        for before, after in pairwise(parts)
    )


def not_looked_for(nights: int, reason: str) -> ChangePoints:
    """No step, and why none was looked for."""
    return ChangePoints(steps=(), nights=nights, sigma=math.nan, penalty=math.nan, reason=reason)


def _best_starts(y: Floats, penalty: float, minimum: int) -> NDArray[np.int64]:
    """For every end, where the last segment of the best segments up to it starts."""
    count = len(y)
    # Around the median the sums stay small, and exact where the values are whole numbers.
    centred = y - np.median(y)
    sums, squares = (np.concatenate(([0.0], np.cumsum(part))) for part in (centred, centred**2))
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    start_of = np.zeros(count + 1, dtype=np.int64)
    # A start that another beats at some end is beaten for good only once the other's next segment is long enough.
    dropped_at = np.full(count + 1, count + 1, dtype=np.int64)
    starts = np.zeros(0, dtype=np.int64)
    for end in range(minimum, count + 1):
        fresh = end - minimum
        starts = starts[dropped_at[starts] > end]
        if fresh == 0 or fresh >= minimum:
            starts = np.append(starts, fresh)
        sum_ = sums[end] - sums[starts]
        without_price = best[starts] + (squares[end] - squares[starts]) - sum_**2 / (end - starts)
        at = int(np.argmin(without_price))
        best[end], start_of[end] = without_price[at] + penalty, starts[at]
        beaten = starts[without_price > best[end]]
        dropped_at[beaten] = np.minimum(dropped_at[beaten], end + minimum)
    return start_of


def _mad(values: Floats) -> float:
    return float(np.median(np.abs(values - np.median(values))))
