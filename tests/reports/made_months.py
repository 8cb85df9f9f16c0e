"""Months of made-up sleep, computed as real ones are, for the pages of a month."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from analytics.raster import ASLEEP, AWAKE, NO_SIGNAL, NOTHING, OUTSIDE, SLOTS, ClockMark, Raster
from analytics.summary import PersonPeriod, Sleeper, person_period
from reports.person_report import PersonReport
from tests.reports.made_up import ZONE, Sleep, at, frame_of, stages_of_a_night, view_of
from tests.reports.made_weeks import EXCLUDING, REMARKING

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


def month_report(sleeps: list[Sleep], *, name: str = "Person A", drawn: bool = True) -> PersonReport:
    """The month of some sleeps, those before it for its weeks and its usual."""
    frame = frame_of(sleeps)
    sleeper = Sleeper(person_id="p_abc", name=name, zone=ZONE, birth_year=1986)
    period = person_period(sleeper, frame, first=FIRST, last=LAST)
    inside = set(period.nights["session_id"])
    views = tuple(
        view
        for sleep in sleeps
        if sleep.kind == "main" and (view := view_of(sleep, frame)).session_id in inside
    )
    return PersonReport(
        kind="monthly", period=period, hypnograms=views, raster=_raster(period) if drawn else None
    )


def nights(days: int) -> list[Sleep]:
    """So many nights up to the end of the month, one a day."""
    found = []
    for n in range(days):
        evening = LAST - timedelta(days=days - n)
        minute = 30 + (37 * n) % 60
        begun = datetime.fromisoformat(f"{evening} 22:00") + timedelta(minutes=minute)
        found.append(Sleep(begun=begun, stages=stages_of_a_night(7.2 + (n % 5) * 0.4, n)))
    return found


def _raster(period: PersonPeriod) -> Raster:
    """Five codes in stripes; the test of the codes themselves is that of `analytics.raster`."""
    days = (period.last - period.first).days + 1
    codes = np.full((days, SLOTS), OUTSIDE, dtype=np.uint8)
    codes[:, 100:110], codes[:, 110:190], codes[::3, 140:150] = AWAKE, ASLEEP, NO_SIGNAL
    codes[7] = NOTHING
    table = frame_of([])[["tst_min"]].reindex(range(days)).assign(recorded=[n != 7 for n in range(days)])
    table.index = _labels(period)
    mark = ClockMark(day=date(2026, 3, 8), text="clocks +1 h", words="the clocks went forward by 1\u00a0h")
    return Raster(anchor_h=15.5, codes=codes, days=table, marks=(mark,))


def _labels(period: PersonPeriod) -> pd.DatetimeIndex:
    return pd.date_range(period.first, period.last, freq="D", unit="us")


def full() -> list[Sleep]:
    """Every night of two months."""
    return nights(62)


def patchy() -> list[Sleep]:
    """Nights left out for long reasons, remarks, gaps and naps."""
    found = []
    for n, night in enumerate(nights(62)):
        if n % 7 == 3:
            continue
        if n % 5 == 1:
            found.append(replace(night, grade="X", reasons=";".join(EXCLUDING[-3:])))
        elif n % 11 == 4:
            found.append(replace(night, grade="B", reasons=";".join(REMARKING[-2:])))
        else:
            found.append(night)
    naps = [
        Sleep(begun=at(f"2026-03-{day:02d} 14:10"), stages=(0,) * 6 + (1,) * 50, kind="nap")
        for day in range(2, 30, 3)
    ]
    return [*found, *naps]


MONTHS: dict[str, PersonReport] = {
    "every night": month_report(full()),
    "patches": month_report(patchy()),
    "no raster": month_report(full(), drawn=False),
    "three nights": month_report(nights(3)),
    "no night": month_report([]),
    "a long name": month_report(patchy(), name="Maximiliane Konstantinopolska " * 6 + "of the far end"),
}
"""By name a month whose pages have to hold."""
