"""The charts of a cohort's page: how people are spread, everybody a dot, and people by nights."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import pandas as pd

from analytics import wording
from analytics.cohort_nights import CohortNights
from analytics.cohort_spread import Spread, cohort_spread
from analytics.cohort_words import map_title
from charts.cohort import people_map
from charts.people_spread import people_spread
from reports.plots import Plot, plot

__all__ = ["METRICS", "CohortPlots", "cohort_plots"]

ASLEEP: Final = "tst_min"
METRICS: Final = (ASLEEP, "se_pct", "midsleep_clock_h")
"""What people are spread in, the first one also by night."""

_MAP_ROWS: Final = 100
# A table of every night of more people than these would weigh more than all else on the page.
_MOST_IN_TABLE: Final = 100


@dataclass(frozen=True, kw_only=True)
class CohortPlots:
    """The charts of a page.

    Attributes:
        spreads: how people are spread, a metric each.
        people: people by nights, so many to a chart; the first holds whom to look at first.
        map_title: the finding of the nights.
    """

    spreads: tuple[Plot, ...]
    people: tuple[Plot, ...]
    map_title: str

    @property
    def every(self) -> tuple[Plot, ...]:
        """All of them."""
        return (*self.spreads, *self.people)


def cohort_plots(seen: dict[str, CohortNights]) -> CohortPlots:
    """The charts of a cohort; without anybody there are none.

    Args:
        seen: of each of `METRICS`, by its name.
    """
    if not seen:
        return CohortPlots(spreads=(), people=(), map_title="Nobody is in this cohort")
    asleep = seen[ASLEEP]
    return CohortPlots(
        spreads=tuple(_spread(name, cohort_spread(nights)) for name, nights in seen.items()),
        people=tuple(_map(asleep, first) for first in range(0, len(asleep.ids), _MAP_ROWS)),
        map_title=map_title(pd.DataFrame(asleep.values, columns=asleep.dates), asleep.metric),
    )


def _spread(name: str, found: Spread) -> Plot:
    drawn = "A bar counts people" if found.bins else "A dot a person"
    caption = (
        f"{drawn}: the mean of the valid nights; {wording.of(len(found.values), found.of)} people have enough. Pale "
        "band: the middle half. Line: the mean of people’s means, with its 95 % interval. Dashed: the median."
    )
    if found.apart and not found.bins:
        caption += f" Diamond: {wording.plural(len(found.apart), 'person lies', 'people lie')} apart from the others."
    return plot(
        f"spread-{name.replace('_', '-')}", partial(people_spread, found), title=found.title, caption=caption
    )


def _map(nights: CohortNights, first: int) -> Plot:
    people = len(nights.ids)
    beyond = min(first + _MAP_ROWS, people)
    made = plot(
        f"people-{first}",
        partial(people_map, nights.part(first, beyond)),
        title=f"People {wording.number(first + 1, 0)} to {wording.of(beyond, people)}",
    )
    return made if people <= _MOST_IN_TABLE else replace(made, headings=(), rows=())
