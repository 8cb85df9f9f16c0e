"""What is worth saying of one person on a day: every finding that passes its gates competes for three places."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from analytics.insights import (
    Insight,
    Shown,
    choose_insights,
    free_days_insight,
    irregular_insight,
    shift_insights,
    short_sleep_insight,
    trend_insight,
)
from analytics.patterns import Patterns, without_journeys
from analytics.standing import Standing
from analytics.time_of_day import clock_statistics
from analytics.triage import explained, looked_at
from analytics.usual import REFERENCE_NIGHTS
from analytics.usual_spread import usual_spread_min

__all__ = ["person_insights"]

_WEEK_DAYS = 7
_OF_THE_WEEK: Final = ["night", "tst_min", "midsleep_clock_h", "reasons"]


def person_insights(
    nights: pd.DataFrame,
    *,
    person_id: str,
    last: date,
    found: Patterns,
    places: Callable[[], Mapping[str, Standing]] = dict,
    shown: Iterable[Shown] = (),
) -> tuple[Insight, ...]:
    """At most three insights of a person up to a day, the strongest first.

    The last 7 days are compared with the 28 before, and judged by themselves; trends and days of the week are those of
    the longer window that `found` is of.

    Args:
        nights: `night_table` of the person with `person_id`, and `score` where nights have one.
        person_id: who.
        last: the day; later nights are left out.
        found: what repeats in the weeks up to that day.
        places: gives by metric of triage the person's place in the cohort, where it may be said
            (`cohort_triage.cohort_standings`); asked only where something moved.
        shown: what was shown before.
    """
    looked = looked_at(nights, last, people=[person_id])
    moved = looked.verdicts["flag"].iloc[0] in {"red", "amber"}
    candidates = (
        *(shift_insights(_by_name(explained(looked)), standings=dict(places())) if moved else ()),
        trend_insight("tst_min", found.asleep),
        trend_insight("se_pct", found.efficiency),
        trend_insight("midsleep_clock_h", found.midsleep),
        free_days_insight(found.free_asleep, what="tst_min"),
        free_days_insight(found.free_midsleep, what="midsleep_clock_h"),
        *_of_the_week(nights, last),
    )
    return choose_insights(candidates, today=last, shown=shown)


def _by_name(table: pd.DataFrame) -> dict[str, object]:
    return {str(name): value for name, value in table.iloc[0].items()}


def _of_the_week(nights: pd.DataFrame, last: date) -> Iterator[Insight | None]:
    """The last 7 days by themselves: short sleep, and irregular hours."""
    mains = nights.loc[nights["valid"].astype(bool) & (nights["kind"] == "main"), _OF_THE_WEEK]
    first = last - timedelta(days=_WEEK_DAYS - 1)
    week = _between(mains, first, last)
    before = _between(mains, first - timedelta(days=REFERENCE_NIGHTS), first - timedelta(days=1))
    yield short_sleep_insight(float(week["tst_min"].mean()), nights=len(week), days=_WEEK_DAYS)
    now = clock_statistics(without_journeys(week)["midsleep_clock_h"].to_numpy(dtype=np.float64))
    usual_min = usual_spread_min(without_journeys(before), "midsleep_clock_h", first=first, days=_WEEK_DAYS)
    yield irregular_insight(now.sd_min, nights=now.nights, days=_WEEK_DAYS, usual_sd_min=usual_min)


def _between(nights: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    return nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]
