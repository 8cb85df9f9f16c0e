"""Time zones for many instants at once: whether a name is one, its offset at each instant, when clocks change.

Instants are int64 microseconds since 1970 in UTC. A wall clock is the same number with the offset added, so that
`wall // DAY_US` is the local date as days since 1970.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

Instants = NDArray[np.int64]

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

# Rules outside of these years are guesses; instants beyond them get the offset of the nearest year.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, kw_only=True)
class ClockChange:
    """One change of a zone's clocks.

    Attributes:
        at_us: the instant from which the new offset holds.
        before_us: offset from UTC before it.
        after_us: offset from it on.
    """

    at_us: int
    before_us: int
    after_us: int


@lru_cache(maxsize=4096)
def is_zone(name: str) -> bool:
    """Whether the name is one of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def offsets_us(zone: str, instants: Instants) -> Instants:
    """The zone's offset from UTC at each instant, in microseconds."""
    if not len(instants):
        return np.empty(0, dtype=np.int64)
    times, offsets = _table(zone, _year(int(instants.min())), _year(int(instants.max())))
    return offsets[np.searchsorted(times, instants, side="right")]


def wall_us(instants: Instants, zones: NDArray[np.object_]) -> Instants:
    """The wall clock of each instant in its own zone."""
    names = dict.fromkeys(zones.tolist())
    if len(names) == 1:
        return instants + offsets_us(next(iter(names)), instants)
    wall = instants.copy()
    for zone in names:
        mine = zones == zone
        wall[mine] += offsets_us(zone, instants[mine])
    return wall


def clock_changes(zone: str, first_us: int, last_us: int) -> tuple[ClockChange, ...]:
    """The changes of the zone's clocks from the first to the last instant, in order."""
    times, offsets = _table(zone, _year(first_us), _year(last_us))
    return tuple(
        ClockChange(at_us=at, before_us=before, after_us=after)
        for at, before, after in zip(times.tolist(), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        if first_us <= at <= last_us
    )


def _year(instant: int) -> int:
    year = 1970 + int(np.int64(instant).view("datetime64[us]").astype("datetime64[Y]").astype(np.int64))
    return min(max(year, _FIRST_YEAR), _LAST_YEAR)


@lru_cache(maxsize=1024)
def _table(zone: str, first_year: int, last_year: int) -> tuple[Instants, Instants]:
    """Instants of all changes in these years, and the offsets before, between and after them."""
    changes = [change for year in range(first_year, last_year + 1) for change in _changes_of_year(zone, year)]
    first = _offset_us(ZoneInfo(zone), datetime(first_year, 1, 1, tzinfo=UTC))
    times = np.array([change.at_us for change in changes], dtype=np.int64)
    offsets = np.array([first, *(change.after_us for change in changes)], dtype=np.int64)
    times.flags.writeable = offsets.flags.writeable = False
    return times, offsets


@lru_cache(maxsize=8192)
def _changes_of_year(zone: str, year: int) -> tuple[ClockChange, ...]:
    place = ZoneInfo(zone)
    # From midnight to midnight, so that neighbouring years share no change and miss none.
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    days = [begin + timedelta(days=day) for day in range((end - begin).days + 1)]
    offsets = [_offset_us(place, day) for day in days]
    return tuple(
        _change(place, days[n], days[n + 1]) for n in range(len(days) - 1) if offsets[n] != offsets[n + 1]
    )


def _change(place: ZoneInfo, low: datetime, high: datetime) -> ClockChange:
    """The one change between two instants, found to the second."""
    before, after = _offset_us(place, low), _offset_us(place, high)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset_us(place, middle) == before:
            low = middle
        else:
            high = middle
    return ClockChange(at_us=int(high.timestamp()) * SECOND_US, before_us=before, after_us=after)


def _offset_us(place: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(place).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)
