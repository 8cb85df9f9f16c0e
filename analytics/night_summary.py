"""The nights of a period in one line a statistic: mean, median, least and most, and how many lie where.

Mean and median stand for the period and are gated by how many nights have a value (SPEC 4.7, `reliability`); least and
most are nights that were, and need no gate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics.reliability import Gate, period_gate
from analytics.time_of_day import Floats


@dataclass(frozen=True, kw_only=True)
class NightSummary:
    """One statistic over the nights of a period, in its own unit.

    Attributes:
        mean: of the nights that have a value; NaN where they are too few for a mean.
        median: likewise.
        least: the smallest of them; NaN where no night has a value.
        most: the largest of them, likewise.
        gate: whether mean and median may be shown, and with which words.
    """

    mean: float
    median: float
    least: float
    most: float
    gate: Gate


def night_summary(values: "pd.Series[float]", *, days: int) -> NightSummary:
    """What a statistic of the nights of a period was: mean, median, least and most.

    400, 420, 440 and 460 min in a week have mean and median 430, of low confidence; in a month they have neither.

    Args:
        values: one per night; NaN is left out. No times of day, which have no mean but on the circle.
        days: calendar days of the period.
    """
    known = _known(values)
    gate = period_gate(len(known), days=days)
    return NightSummary(
        mean=float(known.mean()) if gate.shown else np.nan,
        median=float(np.median(known)) if gate.shown else np.nan,
        least=float(known.min()) if len(known) else np.nan,
        most=float(known.max()) if len(known) else np.nan,
        gate=gate,
    )


def night_summaries(nights: pd.DataFrame, names: Iterable[str], *, days: int) -> dict[str, NightSummary]:
    """`night_summary` of each named column of some nights."""
    return {name: night_summary(nights[name], days=days) for name in names}


def nights_below(values: "pd.Series[float]", limit: float) -> int:
    """How many nights lie below a limit; the limit itself does not, nor does NaN."""
    return int(np.count_nonzero(_known(values) < limit))


def nights_within(values: "pd.Series[float]", low: float, high: float) -> int:
    """How many nights lie from one value to another, both included; NaN does not."""
    known = _known(values)
    return int(np.count_nonzero((known >= low) & (known <= high)))


def _known(values: "pd.Series[float]") -> Floats:
    wide = np.asarray(values, dtype=np.float64)
    return wide[~np.isnan(wide)]
