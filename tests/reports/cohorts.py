"""Reports of made-up cohorts, with naps, nights that are left out, and people of whom there is nothing."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from analytics.cohort_period import cohort_week
from analytics.nights import night_table
from analytics.sleeper import Sleeper
from reports.cohort_report import CohortReport
from tests.analytics.lives import LAST, life, person, scattered
from tests.analytics.recordings import Recording, at, session_set

FIRST = LAST - timedelta(days=6)


def squad(count: int) -> list[Sleeper]:
    return [person(n, tags=("squad", "early")) for n in range(count)]


def nights_of(people: Sequence[Sleeper]) -> pd.DataFrame:
    """35 nights of each around a level of their own; the second lacks two, the third naps and lost some nights."""
    lives = []
    for n, sleeper in enumerate(people):
        noise, level = scattered(n, 25), 400.0 + 8 * (n % 9)
        lives.append(
            life(
                sleeper,
                days=35,
                asleep_min=lambda day, noise=noise, level=level: level + noise(day),  # type: ignore[misc]
                later_min=scattered(100 + n, 30),
                missing=(30, 31) if n == 1 else (),
            )
        )
    if len(people) > 2:
        lives.append(_odd_ones(people[2]))
    return pd.concat(lives, ignore_index=True) if lives else life(person(0)).iloc[:0]


def _odd_ones(sleeper: Sleeper) -> pd.DataFrame:
    """A nap, a recording in which nobody slept, and one that is too short for a night, in the week."""
    made = [
        Recording(start=at("2026-02-07 14:00"), stages=((0, 6), (1, 60)), session_id="nap"),
        Recording(start=at("2026-02-08 15:00"), stages=((0, 80),), session_id="awake"),
        Recording(start=at("2026-02-09 13:00"), stages=((1, 40), (-1, 30)), session_id="lost"),
    ]
    nights = night_table(session_set(made), zone=sleeper.zone)
    owner = pd.Series(sleeper.person_id, index=nights.index, dtype="str")
    return nights.assign(
        person_id=owner, night=nights["start"].dt.tz_localize(None).dt.normalize().astype("datetime64[us]")
    )


def report_of_cohort(
    people: Sequence[Sleeper], nights: pd.DataFrame | None = None, *, name: str = "Squad"
) -> CohortReport:
    """The week of a cohort, as values are in an archive: in 32 bits."""
    known = nights_of(people) if nights is None else nights
    wide = list(known.select_dtypes("float64"))
    known = known.astype(dict.fromkeys(wide, np.float32)).astype(dict.fromkeys(wide, np.float64))
    inside = known[known["night"].between(pd.Timestamp(FIRST), pd.Timestamp(LAST))]
    period = cohort_week(name, people, known, ending=LAST, synced={})
    return CohortReport(period=period, nights=inside, sleepers=tuple(people))
