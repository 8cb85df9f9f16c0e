"""What one metric of a cohort says in words: how people are spread, and who is outside what is usual for them."""

import numpy as np

from analytics import wording
from analytics.night_metrics import NightMetric
from analytics.reliability import WEEK_DAYS
from analytics.time_of_day import Floats


def spread_title(metric: NightMetric, values: Floats, *, of: int, quartiles: tuple[float, float]) -> str:
    """What the middle half of people do; what there is instead where they are too few.

    Args:
        metric: which one.
        values: people's means, from the lowest.
        of: how many people there are, with nights enough or without.
        quartiles: of the means; NaN where people are too few for them.
    """
    if not of:
        return "Nobody is in this cohort"
    if not len(values):
        return (
            f"Nobody of {wording.plural(of, 'person', 'people')} has nights enough for a mean: {metric.label}"
        )
    if np.isnan(quartiles[0]):
        counted = wording.plural(len(values), "person", "people")
        ends = metric.between(float(values[0]), float(values[-1]))
        return f"{metric.label} of {counted}: {ends}, too few people for an average"
    whom = "The middle half" + (f" of {wording.of(len(values), of)} people" if len(values) < of else "")
    return f"{whom} {metric.middle.format(metric.between(*quartiles))}"


def panels_title(outside: "np.typing.NDArray[np.int8]", known: int) -> str:
    """How many people's last 7 nights lie outside what is usual for them.

    Args:
        outside: by person -1, 0 or 1, as `CohortNights.outside`.
        known: of how many people both are known.
    """
    if not known:
        return "Too few nights to tell what is usual for anybody"
    whom = wording.plural(known, "person", "people")
    count = int(np.count_nonzero(outside))
    finding = f"outside their own usual in the last {WEEK_DAYS} nights"
    if not count:
        return f"Nobody is {finding}, of {whom}"
    return f"{wording.number(count, 0)} of {whom} {'is' if count == 1 else 'are'} {finding}"


def beside_usual(metric: NightMetric, outside: int) -> str:
    """Where somebody's last 7 nights lie: "below usual", "later than usual"; "" within it."""
    if not outside:
        return ""
    less, more = (
        ("earlier than usual", "later than usual") if metric.circular else ("below usual", "above usual")
    )
    return less if outside < 0 else more
