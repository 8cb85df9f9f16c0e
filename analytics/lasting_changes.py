"""The changes of level that people are shown: steps that a drift, a run of alike nights or wild nights do not explain.

`change_points` describes nights by the best steps there are (SPEC 4.4); simulated lives without any step get one often,
because nights resemble their neighbours, drift, and have wild ones among them. Everything here is our own choice [P]:
levels of two weeks at least, wild nights drawn in, a price that grows with the resemblance of neighbouring nights, and
a straight line that competes with the steps. How often it errs is measured in tests/analytics/test_lasting_changes.py.
"""

import math
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from analytics import wording
from analytics.by_day import Days, Floats, nights_by_number
from analytics.change_points import ChangePoints, not_looked_for, steps_at

MINIMUM_LEVEL: Final = 14
"""The fewest nights of a level that counts as lasting."""
MINIMUM_NIGHTS: Final = 2 * MINIMUM_LEVEL
STEP_PRICE: Final = 1.6
"""Times the noise of means and ln n: what a step must save; 2 in SPEC 4.4, whose shorter levels have more places."""
LINE_PRICE: Final = 0.9
"""Likewise of a straight line, which has a slope and, unlike a step, no place that is searched for."""
_LEAST_CORRELATION, _MOST_CORRELATION = 0.3, 0.8
# A night further off the median of the nights around it than so many standard deviations is drawn in to there.
_WILD, _NIGHTS_AROUND = 2.5, 15
_MEAN_DEVIATION_TO_SD = math.sqrt(math.pi / 2)
# What is less than this share of the values is rounding alone.
_ROUNDING = 1e-9

Edges = tuple[int, ...]


def lasting_changes(days: Days, values: ArrayLike, *, practical: float) -> ChangePoints:
    """The lasting changes of level: the cheapest of no change, a straight line, and steps that each are worth it [P].

    Looked for from 28 nights on; every level lasts 14 nights or more. Of the best cuts at 1, 2, 3... places, each found
    anew, those stand in which all shifts are `practical` or more and every step saves its price. The cost of a cut is
    what is left of the squares, plus 1.6 · v · ln n for each step; a straight line through the calendar days costs
    0.9 · v · ln n, and where it is as cheap there are no steps. v is the noise of means (`noise_of_means`). Nights are
    searched as `drawn_in`; means and shifts are those of the nights themselves.

    Args:
        days: one date per value, in any order.
        values: NaN is a missing night; several values of one day count as their mean.
        practical: the smallest shift worth speaking of, in the values' unit.
    """
    daily, number = nights_by_number(days, values)
    nights = len(daily)
    if nights < MINIMUM_NIGHTS:
        counted = wording.plural(nights, "night")
        return not_looked_for(
            nights, f"a lasting change of level needs {MINIMUM_NIGHTS} nights, not {counted}"
        )
    y: Floats = np.asarray(daily, dtype=np.float64)
    if np.abs(_off_line(y, number)).max() <= _ROUNDING * np.abs(y).max():
        return not_looked_for(nights, "the nights do not scatter, so a change cannot be told from noise")
    drawn = drawn_in(y)
    off_line = _off_line(drawn, number)
    unit = _noise(drawn, off_line) * math.log(nights)
    line = float(off_line @ off_line) + LINE_PRICE * unit
    edges = _cheapest(y, drawn, line=line, price=STEP_PRICE * unit, practical=practical)
    steps = steps_at(daily, edges[1:])
    found = (
        wording.plural(len(steps), "change of level", "changes of level")
        if steps
        else "no lasting change of level"
    )
    return ChangePoints(
        steps=steps,
        nights=nights,
        sigma=math.sqrt(unit / math.log(nights)),
        penalty=STEP_PRICE * unit,
        reason=f"{found} in {wording.plural(nights, 'night')}",
    )


def drawn_in(values: ArrayLike) -> Floats:
    """The values with wild ones drawn in: none lies over 2.5 SD off the median of the 15 nights around it (winsorised).

    SD is the mean distance from that median times sqrt(pi / 2), which sees a spread even where most nights are equal.
    """
    y = np.asarray(values, dtype=np.float64)
    beside = np.full(_NIGHTS_AROUND // 2, np.nan)
    around = np.lib.stride_tricks.sliding_window_view(np.concatenate((beside, y, beside)), _NIGHTS_AROUND)
    middle = np.nanmedian(around, axis=1)
    off = y - middle
    most = _WILD * _MEAN_DEVIATION_TO_SD * float(np.abs(off).mean())
    return np.asarray(middle + np.clip(off, -most, most), dtype=np.float64)


def noise_of_means(left_over: Floats, *, steps: int) -> float:
    """The variance of a mean of many nights times their number: s² (1 + r) / (1 − r), in the values' unit squared.

    s² is the variance of what is left over, r its `neighbour_correlation` (values that forget as they go, first order).

    Args:
        left_over: what the best cut leaves of the nights; a level and, for each step, two numbers have been fitted.
        steps: how many steps the cut has; a straight line counts as one.
    """
    r = neighbour_correlation(left_over, steps=steps)
    return float(left_over @ left_over) / (len(left_over) - 1 - 2 * steps) * (1 + r) / (1 - r)


def neighbour_correlation(left_over: Floats, *, steps: int) -> float:
    """How much neighbouring nights resemble each other, held between 0.3 and 0.8.

    Each fitted step takes some (2 + 5 r) / n off, which is given back [P]. Few series of nights of one person lie below
    0.3 for certain, which is why no less is taken [P].
    """
    squares = float(left_over @ left_over)
    if squares <= 0:
        return _LEAST_CORRELATION
    plain = float(left_over[1:] @ left_over[:-1]) / squares
    taken = steps / len(left_over)
    return min(max((plain + 2 * taken) / (1 - 5 * taken), _LEAST_CORRELATION), _MOST_CORRELATION)


def _off_line(y: Floats, number: Floats) -> Floats:
    """What a straight line through the days leaves."""
    centred, since = y - y.mean(), number - number.mean()
    return np.asarray(centred - since * float(since @ centred) / float(since @ since), dtype=np.float64)


def _noise(y: Floats, off_line: Floats) -> float:
    """The noise of means by the better of a straight line and one step, and at most twice that by two steps.

    What went down and came up again is noise around a line and around one step; twice, because two steps also take much
    from nights that resemble each other and never stepped [P].
    """
    noises = [noise_of_means(off_line, steps=1)]
    for steps, (_, edges) in enumerate(islice(_best_cuts(_squares(y)), 2), start=1):
        off_steps = np.concatenate([y[first:last] - y[first:last].mean() for first, last in pairwise(edges)])
        noises.append(steps * noise_of_means(off_steps, steps=steps))
    return min(noises)


def _cheapest(y: Floats, drawn: Floats, *, line: float, price: float, practical: float) -> Edges:
    """The edges of the levels, 0 and the number of nights included: (0, n) where no step is worth it."""
    squares = _squares(drawn)
    best: Edges = (0, len(y))
    least = min(float(squares[0, -1]), line)
    for steps, (left, edges) in enumerate(_best_cuts(squares), start=1):
        if steps * price >= least:
            break
        if left + steps * price < least and _each_is_worth_it(y, drawn, edges, price, practical):
            best, least = edges, left + steps * price
    return best


def _each_is_worth_it(y: Floats, drawn: Floats, edges: Edges, price: float, practical: float) -> bool:
    """Whether every shift matters, and no two neighbouring levels could be one for less than the price of a step."""
    counts = np.diff(edges)
    shown, searched = (np.abs(np.diff(np.add.reduceat(each, edges[:-1]) / counts)) for each in (y, drawn))
    saved = searched**2 * counts[1:] * counts[:-1] / (counts[1:] + counts[:-1])
    # The last places of two means are no reason to turn away a step that is just large enough.
    return bool((shown >= practical * (1 - _ROUNDING)).all() and (saved >= price).all())


def _best_cuts(squares: Floats) -> Iterator[tuple[float, Edges]]:
    """The best cut at 1, 2, 3... places, until no level could last: what it leaves of the squares, and its edges."""
    count = len(squares) - 1
    left, starts_of = squares[0], []
    for _ in range(count // MINIMUM_LEVEL - 1):
        ways = left[:, None] + squares
        starts_of.append(ways.argmin(axis=0))
        left = ways.min(axis=0)
        edges = [count]
        for start_of in reversed(starts_of):
            edges.append(int(start_of[edges[-1]]))
        yield float(left[-1]), (0, *reversed(edges))


def _squares(y: Floats) -> Floats:
    """[start, end]: the squared distances of the nights between to their mean; infinite where they last too short."""
    centred = y - np.median(y)
    sums, squares = (np.concatenate(([0.0], np.cumsum(part))) for part in (centred, centred**2))
    at = np.arange(len(y) + 1)
    nights = at[None, :] - at[:, None]
    within = (squares[None, :] - squares[:, None]) - (sums[None, :] - sums[:, None]) ** 2 / np.maximum(
        nights, 1
    )
    return np.where(nights >= MINIMUM_LEVEL, within, np.inf)
