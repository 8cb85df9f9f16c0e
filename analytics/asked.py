"""For which days the vendor has been asked for each person's nights: a night beyond them is unknown, not missing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.sleeper import Sleeper
from analytics.zones import is_zone

Counts = NDArray[np.int64]
Synced = datetime | tuple[date, date] | None
"""The moment of somebody's last synchronisation, or the first and last date asked for; None for never."""

NEVER: Final = np.iinfo(np.int64).min // 2
"""Stands for the day before all others."""


def asked_days(people: Sequence[Sleeper], synced: Mapping[str, Synced]) -> tuple[Counts, Counts]:
    """First and last day of each person for which nights have been asked for, as days since 1970.

    A moment is read on the calendar of the person's zone, and says nothing of the first day (-`NEVER`, after all
    others). Who was never synchronised has no last day either (`NEVER`).

    Args:
        people: in this order.
        synced: by person_id; absent for never.
    """
    first = np.full(len(people), -NEVER, dtype=np.int64)
    last = np.full(len(people), NEVER, dtype=np.int64)
    for at, sleeper in enumerate(people):
        moment = synced.get(sleeper.person_id)
        if isinstance(moment, datetime):
            zone = ZoneInfo(sleeper.zone if is_zone(sleeper.zone) else "UTC")
            last[at] = day_number(moment.astimezone(zone).date())
        elif moment is not None:
            first[at], last[at] = (day_number(edge) for edge in moment)
    return first, last


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()
