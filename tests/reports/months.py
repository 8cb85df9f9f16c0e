"""A month of a person and of a cohort, made from recordings as an archive would be: every number is computed."""

from datetime import date, timedelta

import pandas as pd

from analytics.night_view import night_view
from analytics.nights import night_table
from analytics.raster import raster
from analytics.sleeper import Sleeper
from analytics.summary import cohort_period, person_period
from reports.cohort_report import CohortReport
from reports.person_report import PersonReport
from tests.analytics.lives import LAST, life, scattered
from tests.analytics.recordings import Recording, at, session_set

FIRST = LAST - timedelta(days=27)
__all__ = ["FIRST", "LAST", "cohort_month_of", "person_month_of"]


def person_month_of(name: str = "Person A", *, nights: int = 60, person_id: str = "p_1") -> PersonReport:
    """The 28 days up to `LAST` of somebody with so many nights up to then, longer at weekends."""
    sleeper = Sleeper(person_id=person_id, name=name, zone="UTC", birth_year=1986)
    sessions = session_set([_recording(LAST - timedelta(days=n), n) for n in reversed(range(nights))])
    table = night_table(sessions, zone="UTC").assign(person_id=person_id)
    period = person_period(sleeper, table, first=FIRST, last=LAST)
    mains = period.nights[period.nights["kind"] == "main"]["session_id"]
    return PersonReport(
        kind="monthly",
        period=period,
        hypnograms=tuple(night_view(sessions, table, str(session_id)) for session_id in mains),
        raster=raster(sessions, table, first=FIRST, last=LAST),
    )


def cohort_month_of(names: list[str], *, tags: tuple[str, ...] = (), days: int = 56) -> CohortReport:
    """The 28 days up to `LAST` of people who sleep about 6 to 8 h, each in their own way."""
    people = tuple(
        Sleeper(person_id=f"p_{n:03d}", name=name, zone="UTC", birth_year=1986, tags=tags)
        for n, name in enumerate(names)
    )
    lives = [_life(sleeper, n, days) for n, sleeper in enumerate(people)]
    nights = (
        pd.concat(lives, ignore_index=True)
        if lives
        else life(Sleeper(person_id="p", name="", zone="UTC")).iloc[:0]
    )
    period = cohort_period("Rowers", people, nights, first=FIRST, last=LAST, synced={})
    inside = nights[nights["night"].between(pd.Timestamp(FIRST), pd.Timestamp(LAST))]
    return CohortReport(kind="monthly", period=period, nights=inside, sleepers=people)


def _life(sleeper: Sleeper, n: int, days: int) -> pd.DataFrame:
    varied, hours = scattered(n, 25), 370 + 7 * (n % 12)
    return life(sleeper, days=days, asleep_min=lambda day: hours + varied(day), missing=(n % 9 + 30, 50))


def _recording(ended: date, n: int) -> Recording:
    evening = ended - timedelta(days=1)
    light = 420 + 30 * (ended.weekday() >= 5) + 7 * (n % 5)
    return Recording(
        start=at(f"{evening} 23:{10 + n % 20}"),
        stages=((0, 20), (1, light // 2), (2, 150), (0, 20), (1, light // 2), (3, 170), (0, 10)),
        session_id=f"s{n}",
    )
