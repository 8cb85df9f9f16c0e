"""Cohorts of made-up lives as values, so that a cohort's report can be asked for any cohort one can think of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache

import pandas as pd

from analytics.cohort_part import cohort_part
from analytics.cohort_period import cohort_of_parts
from analytics.nights import night_table
from analytics.person_period import month_up_to
from analytics.sleeper import Sleeper
from reports.cohort_report import CohortReport
from reports.kinds import Kind
from tests.analytics.lives import LAST, Minutes, life, person, scattered
from tests.analytics.recordings import Recording, at, session_set

_LIVES = 14
_DAYS = 63


def sleepers(
    count: int, *, names: Sequence[str] = (), zones: Sequence[str] = ("Europe/Berlin",)
) -> tuple[Sleeper, ...]:
    return tuple(
        Sleeper(
            person_id=f"p_{n:03d}",
            name=names[n % len(names)] if names else f"Person {n}",
            zone=zones[n % len(zones)],
            birth_year=1986,
        )
        for n in range(count)
    )


def nights_of(people: Sequence[Sleeper]) -> pd.DataFrame:
    """Nine weeks of each: most sleep much as before, some less in the last week, some were not recorded at its end."""
    if not people:
        return _life(0).iloc[:0].assign(person_id=pd.Series([], dtype="str"))
    frames = [_owned(_life(n % _LIVES), each) for n, each in enumerate(people)]
    return pd.concat(frames, ignore_index=True)


def partial_nights_of(people: Sequence[Sleeper]) -> pd.DataFrame:
    """A recording every night, each with three hours without a signal: none of them is valid."""
    made = [
        Recording(
            start=at(f"{LAST - timedelta(days=n + 1)} 23:00"),
            stages=((0, 20), (1, 300), (-1, 360), (1, 200)),
            session_id=f"partial-{n}",
        )
        for n in range(35)
    ]
    nights = night_table(session_set(made), zone="UTC")
    return pd.concat([_owned(nights, each) for each in people], ignore_index=True)


def cohort_report(
    people: Sequence[Sleeper],
    nights: pd.DataFrame | None = None,
    *,
    kind: Kind = "weekly",
    name: str = "Rowing squad",
    unserved: Mapping[str, str] | None = None,
) -> CohortReport:
    """The report of these people; everything but the nights follows from them."""
    known = nights_of(people) if nights is None else nights
    out = dict(unserved or {})
    first = LAST - timedelta(days=6) if kind == "weekly" else month_up_to(LAST)
    asked = (LAST - timedelta(days=_DAYS), LAST)
    part = cohort_part(
        [each for each in people if each.person_id not in out],
        known,
        first=first,
        last=LAST,
        synced={each.person_id: asked for each in people},
    )
    period = cohort_of_parts(name, people, [part], first=first, last=LAST, unserved=out)
    inside = known["night"].between(pd.Timestamp(first), pd.Timestamp(LAST))
    return CohortReport(
        kind=kind,
        period=period,
        nights=known[inside].reset_index(drop=True),
        sleepers=tuple(people),
    )


@cache
def _life(number: int) -> pd.DataFrame:
    missing = [day for day in range(_DAYS) if (7 * day + 13 * number) % 17 == 0]
    missing += [60, 61, 62] if number % 11 == 3 else []
    spread = 90 if number % 5 == 0 else 30
    return life(
        person(number),
        days=_DAYS,
        asleep_min=_asleep(number),
        later_min=scattered(100 + number, spread),
        missing=missing,
    )


def _asleep(number: int) -> Minutes:
    noise, level = scattered(number, 25), 400 + 8 * (number % 9)
    moved = -80 if number % 7 == 0 else 5 * (number % 3)
    return lambda day: level + noise(day) + (moved if day >= _DAYS - 7 else 0)


def _owned(nights: pd.DataFrame, whose: Sleeper) -> pd.DataFrame:
    owner = pd.Series(whose.person_id, index=nights.index, dtype="str")
    return nights.assign(person_id=owner, session_id=nights["session_id"] + "-" + whose.person_id)
