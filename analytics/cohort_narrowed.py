"""An overview of some of its people: their rows, with the findings counted anew."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from analytics import cohort_words
from analytics.cohort_overview import CohortOverview, range_of
from analytics.cohort_table import VALID


def narrowed(overview: CohortOverview, people: Collection[str]) -> CohortOverview:
    """The overview of those people only, as if the cohort had no others; ranks keep their order and have gaps.

    Args:
        overview: of a cohort.
        people: ids; who is not in the cohort is left out.
    """
    kept = overview.people.index.isin(list(people))
    rows = overview.people[kept]
    values, states = overview.map_values[kept], overview.map_states[kept]
    return replace(
        overview,
        people=rows,
        map_values=values,
        map_states=states,
        map_range=range_of(values),
        title=cohort_words.title(rows),
        attention_title=cohort_words.attention_title(rows),
        others_title=cohort_words.others_title(rows),
        table_title=cohort_words.table_title(rows),
        map_title=cohort_words.map_title(values),
        valid=int(np.count_nonzero(states.to_numpy() == VALID)),
        expected=int(states.size),
    )
