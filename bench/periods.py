"""A person's year and a cohort's week as the values that screens read, from nights that are there."""

import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analytics.change_points import change_points
from analytics.cohort_period import cohort_week
from analytics.lasting_changes import lasting_changes
from analytics.person_period import person_period
from analytics.sleeper import Sleeper
from analytics.smoothing import lowess
from analytics.stages import night_statistics
from bench.cohort import FIRST, NIGHTS, ids_of, nights_of, stages_of
from bench.results import Figure

_ROUNDS, _PEOPLE = 15, 500
_LAST: date = (FIRST + np.timedelta64(NIGHTS - 1, "D")).astype(date)


def figures() -> list[Figure]:
    """Best of 15 rounds of a person's year, of 3 of a cohort's week."""
    nights = nights_of_people(1)
    asleep = nights["tst_min"]
    one = sleepers_of(1)[0]
    many, squad = nights_of_people(_PEOPLE), sleepers_of(_PEOPLE)
    first = _LAST - timedelta(days=NIGHTS - 1)

    def lines() -> None:
        lowess(nights["night"], asleep)
        change_points(nights["night"], asleep)
        lasting_changes(nights["night"], asleep, practical=30)

    return [
        Figure(
            name="LOWESS and change points of a person-year",
            value=_best_ms(lines, _ROUNDS),
            unit="ms",
            bound=600.0,
        ),
        Figure(
            name="a person's year as one value",
            value=_best_ms(lambda: person_period(one, nights, first=first, last=_LAST), _ROUNDS),
            unit="ms",
        ),
        Figure(
            name=f"a cohort's week of {_PEOPLE} people as one value",
            value=_best_ms(lambda: cohort_week("Squad", squad, many, ending=_LAST, synced={}), 3),
            unit="ms",
        ),
    ]


def nights_of_people(people: int) -> pd.DataFrame:
    """A year of made-up nights of so many people, `NIGHTS` of each."""
    values, offsets = stages_of(people)
    owner, day = np.repeat(np.arange(people), NIGHTS), np.tile(np.arange(NIGHTS), people)
    nights = nights_of(night_statistics(values, offsets), ids_of(people), owner, day)
    start = pd.to_datetime(nights["night"], utc=True)
    return nights.assign(grade="A", pieces=1, start=start, start_clock_h=23.0, end_clock_h=7.0)


def sleepers_of(people: int, *, called: str = "") -> list[Sleeper]:
    """The people of `nights_of_people`; they are called by their ids, or by these words before them."""
    return [
        Sleeper(person_id=name, name=f"{called}{name}", zone="UTC", birth_year=1985)
        for name in ids_of(people).tolist()
    ]


def _best_ms(function: Callable[[], object], rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        best = min(best, (time.perf_counter() - start) * 1e3)
    return best
