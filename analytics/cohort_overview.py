"""Last night of a cohort, and the nights up to it, as one value object that every view reads."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from analytics import cohort_words
from analytics.asked import Synced
from analytics.cohort_part import READ
from analytics.cohort_table import VALID, CohortTable, cohort_table
from analytics.cohort_triage import cohort_looked_at, cohort_told
from analytics.flag_state import Flag
from analytics.score import EVIDENCE, ScoreRules
from analytics.sleeper import Sleeper
from analytics.triage import LookedAt, flags_of

_COLUMNS: Final = (*READ, "session_id", "start")
"""The columns of nights that an overview is made of: a third of them, and the rest need not be moved."""

Rows = tuple[tuple[str, dict[Any, Any]], ...]
"""People by id with their columns as plain values: a page that shows a few of them need not search a table."""


@dataclass(frozen=True, kw_only=True)
class CohortOverview:
    """Everyone of a cohort on one night and over a period.

    Attributes:
        night: the night in question (label).
        first, last: the period of the table and of the map.
        people: one row per person, index person_id, columns: name, tags, last_state ("valid", "no valid night",
            "no data"), last_tst_min, last_se_pct, last_usual_tst_min (usual for that one night: median of the last 28
            valid nights before it, as in `NightView.against`; NaN below 5, and where no main sleep arrived),
            last_session_id, last_reason, score, score_e, score_c, score_d, estimator (of the last 7 nights),
            synced_at, and the columns of `cohort_means.week_beside_usual` (means of the last 7 nights, usual for them,
            how far both can be trusted, the sparkline with its band) and of `cohort_triage.cohort_triage` (flag,
            attention, since, label, reasons, newest, stale_days, no_data and the other levels, rank, better). Whose
            sleep fell most against usual comes first.
        map_dates: night labels of the map, oldest first.
        map_values: float array people x nights of `tst_min`, NaN = not valid.
        map_states: uint8 array people x nights: 0 not synced, 1 synced but no valid night, 2 valid.
        map_range: least, median and most `tst_min` of the valid nights of the map; NaN without any.
        title: the finding.
        attention_title: how many people need attention, as `triage` decides: by a red or amber shift that is not for
            the better only, or by a flag on a level (short sleep, low efficiency, no data, much missing).
        others_title: how many do not, and whether they are as usual or have too few nights to tell.
        table_title: the finding of the table.
        map_title: the finding of the map.
        valid, expected: valid nights of the period and nights expected.
    """

    night: date
    first: date
    last: date
    people: pd.DataFrame
    map_dates: pd.DatetimeIndex
    map_values: pd.DataFrame
    map_states: pd.DataFrame
    map_range: tuple[float, float, float]
    title: str
    attention_title: str
    others_title: str
    table_title: str
    map_title: str
    valid: int
    expected: int


def cohort_overview(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    days: int = 42,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> CohortOverview:
    """Everyone of a cohort on one night and over the nights up to it.

    On the map a night counts as not synced before the person's first recorded night, after the last synchronisation
    (by the date in the person's zone), and throughout for who was never synchronised.

    Args:
        people: everyone of the cohort.
        nights: `night_table` of all of them, with `person_id`; others in it are left out.
        night: label of the last night.
        days: nights of the map.
        synced: by person_id the moment of the last synchronisation, or first and last date; None or absent for never.
        rules: how scores are made.

    Raises:
        ValueError: a map of no nights.
    """
    return cohort_day(people, nights, night=night, days=days, synced=synced, rules=rules).overview


@dataclass(frozen=True, kw_only=True, eq=False)
class CohortDay:
    """What is asked of a cohort on one night; each answer is computed when it is first asked for, and once.

    A page can so say its finding before it has the rest. The fields are the arguments of `cohort_overview`.
    """

    people: Sequence[Sleeper]
    nights: pd.DataFrame
    night: date
    days: int
    synced: Mapping[str, Synced]
    rules: ScoreRules

    @property
    def first(self) -> date:
        """The first night of the map."""
        return self.night - timedelta(days=self.days - 1)

    @cached_property
    def title(self) -> str:
        """`CohortOverview.title`."""
        return cohort_words.title(self._table.people)

    @cached_property
    def attention_title(self) -> str:
        """`CohortOverview.attention_title`."""
        return cohort_words.attention_title(self._looked.verdicts)

    def attention_title_beside(self, aside: int) -> str:
        """As `attention_title`, without so many of those who need attention: somebody has dealt with them."""
        return cohort_words.attention_title(self._looked.verdicts, aside)

    def flags(self, people: Iterable[str]) -> dict[str, Flag]:
        """By person_id the flags of those of some people who are in the cohort; it takes nothing of the overview."""
        here = [who for who in people if who in self._looked.ids]
        unknown = [who for who in here if who not in self._flags]
        if unknown:
            self._flags.update(flags_of(self._looked, unknown))
        return {who: self._flags[who] for who in here}

    @cached_property
    def in_need(self) -> int:
        """How many people need attention."""
        return int(self._looked.attention.sum())

    @cached_property
    def valid(self) -> int:
        """Valid nights of the map."""
        return int((self._table.states == VALID).to_numpy().sum())

    @property
    def expected(self) -> int:
        """Nights expected on the map."""
        return self.days * len(self.people)

    @cached_property
    def overview(self) -> CohortOverview:
        """All of it."""
        table = self._table
        everyone = table.people.join(cohort_told(self._looked))
        return CohortOverview(
            night=self.night,
            first=self.first,
            last=self.night,
            people=everyone,
            map_dates=table.dates,
            map_values=table.values,
            map_states=table.states,
            map_range=range_of(table.values),
            title=self.title,
            attention_title=self.attention_title,
            others_title=cohort_words.others_title(everyone),
            table_title=cohort_words.table_title(everyone),
            map_title=cohort_words.map_title(table.values),
            valid=self.valid,
            expected=self.expected,
        )

    @cached_property
    def in_order(self) -> Rows:
        """Everybody's id and columns of `CohortOverview.people`, whom to look at first on top."""
        return _rows(self.overview.people.sort_values("rank"))

    @cached_property
    def calm(self) -> Rows:
        """Likewise those who need no attention, the lowest score first."""
        people = self.overview.people
        return _rows(people[~people["attention"]].sort_values(["score", "name"], na_position="last"))

    @cached_property
    def _table(self) -> CohortTable:
        return cohort_table(
            self.people,
            self.nights,
            night=self.night,
            days=self.days,
            synced=self.synced,
            rules=self.rules,
        )

    @cached_property
    def _flags(self) -> dict[str, Flag]:
        return {}

    @cached_property
    def _looked(self) -> LookedAt:
        return cohort_looked_at(
            self.people, self.nights, night=self.night, synced=self.synced, rules=self.rules
        )


def cohort_day(
    people: Sequence[Sleeper],
    nights: pd.DataFrame,
    *,
    night: date,
    days: int = 42,
    synced: Mapping[str, Synced],
    rules: ScoreRules = EVIDENCE,
) -> CohortDay:
    """What is asked of a cohort on one night; arguments and errors are those of `cohort_overview`."""
    if days < 1:
        raise ValueError(f"a map has 1 night or more, not {days}")
    narrow = nights[[name for name in _COLUMNS if name in nights]]
    return CohortDay(people=people, nights=narrow, night=night, days=days, synced=synced, rules=rules)


def _rows(people: pd.DataFrame) -> Rows:
    return tuple(zip(map(str, people.index), people.to_dict("records"), strict=True))


def range_of(values: pd.DataFrame) -> tuple[float, float, float]:
    """Least, median and most of the values; NaN without any."""
    known = values.to_numpy(dtype=np.float64)
    known = known[~np.isnan(known)]
    if not len(known):
        return math.nan, math.nan, math.nan
    least, median, most = np.quantile(known, (0, 0.5, 1)).tolist()
    return least, median, most
