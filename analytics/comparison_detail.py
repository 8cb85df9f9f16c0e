"""One compared metric without trusting means: ranks, bootstrap and its shape, and the mixed model where it may be used.

It is what takes long of a comparison, so a screen asks for it after it has said the rest.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics.comparison import ComparedMetric
from analytics.comparison_words import why_no_mean
from analytics.evidence import Sensitivity
from analytics.mixed import MixedComparison, mixed_comparison
from analytics.resampling import BootstrapShape

__all__ = ["Resampled", "modelled", "resampled", "why_no_model"]

MOST_NIGHTS_MODELLED: Final = 500_000
"""Beyond, the model takes half a minute and more, and says what people's means say [P]."""


@dataclass(frozen=True, kw_only=True)
class Resampled:
    """What does not rest on means, of one metric.

    Attributes:
        sensitivity: ranks and bootstrap.
        shape: of the bootstrap.
    """

    sensitivity: Sensitivity
    shape: BootstrapShape


def resampled(found: ComparedMetric) -> Resampled | None:
    """Ranks and bootstrap of a metric with the bootstrap's shape; None where there is no mean."""
    sensitivity, shape = found.contrast.sensitivity(), found.contrast.shape()
    if sensitivity is None or shape is None:
        return None
    return Resampled(sensitivity=sensitivity, shape=shape)


def why_no_model(found: ComparedMetric, *, nights: int) -> str:
    """Why the mixed model is not asked about a metric, in a sentence; "" where it is.

    Args:
        found: the metric.
        nights: how many nights of it both groups have.
    """
    if found.contrast.means is None:
        return why_no_mean(found)
    if found.contrast.design == "paired":
        return "The mixed model is for two groups; here everybody is compared with themselves."
    if not found.metric.column:
        return f"No single night has a value of it: {found.metric.label} is one value of all nights."
    if found.metric.circular:
        return "The mixed model knows no clock: a time of day has no mean on a line."
    if nights > MOST_NIGHTS_MODELLED:
        return (
            f"The mixed model is not made of more than {MOST_NIGHTS_MODELLED:,} nights: it would take long, and of so "
            "many people the means say the same."
        )
    return ""


def modelled(found: ComparedMetric, a: pd.DataFrame, b: pd.DataFrame, *, days: int) -> MixedComparison:
    """The mixed model of a metric's nights, without the people who are in both groups.

    Args:
        found: a metric for which `why_no_model` has no reason.
        a: nights of one group, `person_id` and `value` (`comparison_people.metric_nights`).
        b: of the other.
        days: calendar days of the period.
    """
    both = list(found.contrast.in_both)
    one, other = (each[~each["person_id"].isin(both)] for each in (a, b))
    return mixed_comparison(one, other, days=days)
