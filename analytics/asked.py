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
Asked = date | tuple[date, date] | None
"""The last day that somebody's nights have been asked for, or the first and the last; None for never."""

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
    first, last = np.empty((2, len(people)), dtype=np.int64)
    for at, sleeper in enumerate(people):
        first[at], last[at] = edges_of(asked_of(sleeper, synced.get(sleeper.person_id)))
    return first, last


def known_days(
    people: Sequence[Sleeper], synced: Mapping[str, Synced], *, owner: Counts, label: Counts
) -> tuple[Counts, Counts]:
    """First and last day of each person for which nights have been asked for, or that have arrived without.

    Args:
        people: in this order.
        synced: as in `asked_days`.
        owner: of every night there is, whenever, the place of its person among these people; negative for others.
        label: the night's label likewise, as days since 1970.
    """
    first, last = asked_days(people, synced)
    known = owner >= 0
    np.minimum.at(first, owner[known], label[known])
    return first, last


def asked_of(sleeper: Sleeper, synced: Synced) -> Asked:
    """For which days somebody's nights have been asked for, a moment read on the calendar of their zone."""
    if not isinstance(synced, datetime):
        return synced
    zone = ZoneInfo(sleeper.zone if is_zone(sleeper.zone) else "UTC")
    return synced.astimezone(zone).date()


def edges_of(asked: Asked) -> tuple[int, int]:
    """First and last day asked for, as `asked_days` gives them: -`NEVER` and `NEVER` where they are not known."""
    if asked is None:
        return -NEVER, NEVER
    first, last = asked if isinstance(asked, tuple) else (None, asked)
    return -NEVER if first is None else day_number(first), day_number(last)


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()
