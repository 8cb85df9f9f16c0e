"""Nights become one value per person: the unit of every comparison of people.

A person with 200 nights says no more about people than one with 20; nights put together as if each were somebody make
chance look like a finding (the worked example of SPEC 5.1: p = 5.8e-06 for what is 0.09 between people).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.reliability import Statistic, period_reliability
from analytics.time_of_day import Counts, Floats, clocks_by_group, wrap_h

Reduce = Literal["mean", "median"]
# Sums of the same nights in another order differ in the last places; such differences are no differences of people.
_DECIMALS = 9


@dataclass(frozen=True, kw_only=True, eq=False)
class PersonValues:
    """One value per person, and how many nights each rests on.

    Attributes:
        values: float64 by person_id, sorted by it; on the clock in hours, 0 to 24.
        nights: nights with a value behind each, same index.
        low_confidence: ids of those whose nights are few for the period, though enough to be counted.
        left_out: ids of those with a value but too few nights, or with no typical time of day.
    """

    values: "pd.Series[float]"
    nights: "pd.Series[int]"
    low_confidence: tuple[str, ...]
    left_out: tuple[str, ...]


def person_values(
    nights: pd.DataFrame, *, days: int, reduce: Reduce = "mean", circular: bool = False
) -> PersonValues:
    """Each person's mean or median over their nights, for those with nights enough for a mean.

    Up to 7 days it takes 3 nights of the period, beyond 5 (`reliability.period_reliability`). On the clock the mean
    is the circular one, the median the circular mean plus the median of the differences to it; without a typical time
    (R < 0.3) the person is left out.

    Args:
        nights: one row per night, columns `person_id` and `value`; NaN is a night without a value.
        days: calendar days of the period.
        reduce: "mean" or "median".
        circular: whether the values are times of day in hours.
    """
    known = nights.loc[nights["value"].notna(), ["person_id", "value"]].sort_values(["person_id", "value"])
    code, ids = pd.factorize(known["person_id"].astype("str"))
    value = known["value"].to_numpy(dtype=np.float64)
    index = pd.Index(ids, dtype="str", name="person_id")
    if circular:
        centre = clocks_by_group(code.astype(np.int64), value, len(ids))[0]
        if reduce == "median":
            away = wrap_h(value - centre[code])
            centre = np.mod(centre + _by_person(away, code, len(ids), reduce), 24)
    else:
        centre = _by_person(value, code, len(ids), reduce)
    count = np.bincount(code, minlength=len(ids))
    return gated_values(index, centre, count, days=days)


def person_spreads(nights: pd.DataFrame, *, days: int) -> PersonValues:
    """Each person's standard deviation of a time of day in minutes, for those with nights enough for a spread.

    Up to 7 days it takes 6 nights of the period, beyond 11; without a typical time (R < 0.3) the person is left out.

    Args:
        nights: one row per night, columns `person_id` and `value`, hours of the day; NaN is a night without one.
        days: calendar days of the period.
    """
    known = nights.loc[nights["value"].notna(), ["person_id", "value"]].sort_values(["person_id", "value"])
    code, ids = pd.factorize(known["person_id"].astype("str"))
    value = known["value"].to_numpy(dtype=np.float64)
    _, spread, _, count = clocks_by_group(code.astype(np.int64), value, len(ids))
    return gated_values(
        pd.Index(ids, dtype="str", name="person_id"), spread, count, days=days, statistic="variability"
    )


def gated_values(
    ids: pd.Index, values: Floats, nights: Counts, *, days: int, statistic: Statistic = "mean"
) -> PersonValues:
    """One value a person as `PersonValues`: who has too few nights for it, or none (NaN), is left out.

    Args:
        ids: the people, each once.
        values: one each; NaN for none.
        nights: how many nights each rests on.
        days: calendar days of the period.
        statistic: what the value is of a person's nights.
    """
    counts, at = np.unique(nights, return_inverse=True)
    gates = [period_reliability(n, days=days, statistic=statistic) for n in counts.tolist()]
    trust = np.array(gates, dtype=object)[at]
    kept = (trust != "suppressed") & ~np.isnan(values)
    return PersonValues(
        values=pd.Series(np.round(values[kept], _DECIMALS), index=ids[kept], name="value"),
        nights=pd.Series(nights[kept], index=ids[kept], name="nights"),
        low_confidence=tuple(ids[kept & (trust == "low")]),
        left_out=tuple(ids[~kept & (nights > 0)]),
    )


def joined(parts: Sequence[PersonValues], *, by_id: bool = True) -> PersonValues:
    """The values of all people of these parts, as if all had been computed at once.

    Args:
        parts: at least one; nobody is in two of them.
        by_id: sorted by person_id; else in the order of the parts.
    """
    if len(parts) == 1:
        return parts[0]
    values = pd.concat([part.values for part in parts])
    nights = pd.concat([part.nights for part in parts])
    low, out = (
        [who for part in parts for who in getattr(part, name)] for name in ("low_confidence", "left_out")
    )
    if by_id:
        values, nights, low, out = values.sort_index(), nights.sort_index(), sorted(low), sorted(out)
    return PersonValues(values=values, nights=nights, low_confidence=tuple(low), left_out=tuple(out))


def _by_person(values: Floats, code: NDArray[np.intp], people: int, reduce: Reduce) -> Floats:
    if not people:
        return np.empty(0)
    return pd.Series(values).groupby(code).agg(reduce).to_numpy(dtype=np.float64)
