"""From a wall clock to instants for many evenings at once, as zoneinfo says for each of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Seconds = npt.NDArray[np.int64]

DAY_S = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_STEP = timedelta(days=7)  # no zone keeps an offset for less than a month


def midnight_s(ordinals: Seconds) -> Seconds:
    """Seconds from 1970 to the midnights that begin these dates, on a wall clock without zone."""
    return (ordinals - _EPOCH_ORDINAL) * DAY_S


def instants(wall_s: Seconds, zone: str) -> Seconds:
    """Seconds since 1970 UTC of wall-clock times in a zone.

    A time that occurs twice in autumn is its first occurrence, one that a spring change skips counts on from the
    offset before it: as for a datetime with fold 0.
    """
    if not wall_s.size:
        return wall_s
    clock = _clock(zone, _year(int(wall_s.min()) - 2 * DAY_S), _year(int(wall_s.max()) + 2 * DAY_S))
    found: Seconds = wall_s - clock.offsets_s[np.searchsorted(clock.changes_wall_s, wall_s, side="right")]
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Clock:
    """Offsets of a zone: `offsets_s[i]` holds before `changes_wall_s[i]`, the last one after all."""

    changes_wall_s: Seconds
    offsets_s: Seconds


@lru_cache(1024)
def _clock(zone: str, first_year: int, last_year: int) -> _Clock:
    place = ZoneInfo(zone)
    at, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    offsets, changes = [_offset_s(at, place)], []
    while at < end:
        following = at + _STEP
        after = _offset_s(following, place)
        if after != offsets[-1]:
            # The first wall-clock time that is read with the new offset; see PEP 495 on fold 0.
            changes.append(_change_s(at, following, place) + max(offsets[-1], after))
            offsets.append(after)
        at = following
    return _Clock(
        changes_wall_s=np.array(changes, dtype=np.int64), offsets_s=np.array(offsets, dtype=np.int64)
    )


def _change_s(before: datetime, after: datetime, place: ZoneInfo) -> int:
    old = _offset_s(before, place)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_s(datetime.fromtimestamp(middle, UTC), place) == old:
            low = middle
        else:
            high = middle
    return high


def _offset_s(moment: datetime, place: ZoneInfo) -> int:
    offset = moment.astimezone(place).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _year(seconds: int) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).year
