"""Where a person stands among others: a percentile and two distances in units of the others' spread.

Source: SPEC 5.7. A person makes up a noticeable part of a small group, so below 30 people they are compared with the
others only.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.time_of_day import circular_mean_h, wrap_h

Floats = NDArray[np.float64]

MINIMUM_OTHERS: Final = 5
COUNTED_WITH_THE_OTHERS_FROM: Final = 30
# Makes the median absolute deviation of a normal distribution equal to its standard deviation.
MAD_TO_SD: Final = 1.4826


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a value lies among those of a reference group.

    Attributes:
        value: the person's; NaN without one.
        percentile: midrank, 0 to 100: the share of the group below, ties half. On the clock 0 is earliest.
        z: (value - mean) / sd, sd with n - 1; NaN where nobody differs.
        robust_z: (value - median) / (1.4826 MAD); NaN where the MAD is 0.
        people: how many the reference group has.
        with_person: whether the person is one of them.
        reason: why there is no standing, in words; "" where there is.
    """

    value: float
    percentile: float
    z: float
    robust_z: float
    people: int
    with_person: bool
    reason: str


def standing(values: "pd.Series[float]", person_id: str, *, circular: bool = False) -> Standing:
    """Where a person stands in their cohort; among the others only when it has fewer than 30 people.

    Args:
        values: one value per person, index person_id; NaN is a person without one.
        person_id: who.
        circular: whether the values are times of day in hours; they are then taken as differences (the short way round)
            to the circular mean of the reference group.
    """
    known = values.dropna()
    if person_id not in known.index:
        return _none(math.nan, len(known), "This person has no value here.")
    value = float(known.loc[person_id])
    with_person = len(known) >= COUNTED_WITH_THE_OTHERS_FROM
    others = known if with_person else known.drop(person_id)
    return standing_among(others.sort_values(), value, circular=circular, with_person=with_person)


def standing_among(
    reference: ArrayLike, value: float, *, circular: bool = False, with_person: bool = False
) -> Standing:
    """Where a value lies among those of a reference group of at least 5; see `Standing`."""
    group = np.sort(np.asarray(reference, dtype=np.float64).reshape(-1))
    group = group[~np.isnan(group)]
    if len(group) < MINIMUM_OTHERS:
        return _none(value, len(group), f"Fewer than {MINIMUM_OTHERS} others have a value.")
    at = value
    if circular:
        centre = circular_mean_h(group)[0]
        if math.isnan(centre):
            return _none(value, len(group), "The others' times lie all round the clock.")
        # Whole turns leave rounding errors, and a tie is to stay one.
        group = np.sort(np.round(wrap_h(group - centre), 9))
        at = round(wrap_h(value - centre), 9)
    below, up_to = (np.searchsorted(group, at, side=side) for side in ("left", "right"))
    middle = float(np.median(group))
    return Standing(
        value=value,
        percentile=float(50 * (below + up_to) / len(group)),
        z=_over(at - float(group.mean()), float(group.std(ddof=1))),
        robust_z=_over(at - middle, MAD_TO_SD * float(np.median(np.abs(group - middle)))),
        people=len(group),
        with_person=with_person,
        reason="",
    )


def _over(distance: float, spread: float) -> float:
    return distance / spread if spread > 0 else math.nan


def _none(value: float, people: int, reason: str) -> Standing:
    return Standing(
        value=value,
        percentile=math.nan,
        z=math.nan,
        robust_z=math.nan,
        people=people,
        with_person=False,
        reason=reason,
    )
