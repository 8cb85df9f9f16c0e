"""Weeks of several people by hand, for statistics of periods and cohorts."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from analytics.nights import night_table
from analytics.sleeper import Sleeper
from tests.analytics.recordings import Recording, at, session_set

LAST = date(2026, 2, 11)
Minutes = Callable[[int], float]


def person(number: int, *, tags: Sequence[str] = ()) -> Sleeper:
    return Sleeper(
        person_id=f"p_{number:02d}", name=f"Person {number}", zone="UTC", birth_year=1986, tags=tuple(tags)
    )


def always(minutes: float) -> Minutes:
    return lambda _day: minutes


PLAIN_NIGHT, ON_TIME = always(440.0), always(0.0)


def life(
    sleeper: Sleeper,
    *,
    days: int = 56,
    asleep_min: Minutes = PLAIN_NIGHT,
    later_min: Minutes = ON_TIME,
    missing: Sequence[int] = (),
    last: date = LAST,
) -> pd.DataFrame:
    """The nights table of one person: day 0 is the first, `days` - 1 ends on `last`; to bed at 23:00, later by so much.

    Every night has 10 min to fall asleep and 20 min awake in its middle; a fifth is deep, a fifth REM.
    """
    made = []
    for day in range(days):
        if day in missing:
            continue
        evening = last - timedelta(days=days - day)
        start = at(f"{evening} 23:00") + timedelta(minutes=round(later_min(day)))
        epochs = round(2 * asleep_min(day))
        fifth = epochs // 5
        stages = ((0, 20), (1, fifth), (2, fifth), (0, 40), (3, fifth), (1, epochs - 3 * fifth))
        made.append(Recording(start=start, stages=stages, session_id=f"{sleeper.person_id}-{day}"))
    nights = night_table(session_set(made), zone=sleeper.zone)
    return nights.assign(person_id=pd.Series(sleeper.person_id, index=nights.index, dtype="str"))


def scattered(seed: int, spread: float) -> Minutes:
    """A number a day around 0 with a spread, the same for the same seed."""
    values = np.random.default_rng(seed).normal(0, spread, 400)
    return lambda day: float(values[day])
