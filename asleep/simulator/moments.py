"""Moments as the service writes them: date and time with offset, thousands of them in a few milliseconds."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY_S = 86_400
_WEEK_S = 7 * _DAY_S
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_HOURS = tuple(f"T{hour:02d}:" for hour in range(24))
_MINUTES = tuple(f"{second // 60:02d}:{second % 60:02d}" for second in range(3600))


class Writer:
    """Writes moments in one zone.

    As `datetime.isoformat`, which takes seven times as long: the offset of a week without a clock change is
    looked up once. No zone keeps an offset for less than a week, so equal ends mean that nothing changed.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._weeks: dict[int, tuple[int, str] | None] = {}

    def text(self, seconds: int) -> str:
        """The moment so many seconds after 1970: 2026-02-09T22:41:07+01:00."""
        week = seconds // _WEEK_S
        if week not in self._weeks:
            self._weeks[week] = self._steady_offset(week)
        steady = self._weeks[week]
        if steady is None:
            return datetime.fromtimestamp(seconds, self._zone).isoformat()
        offset_s, suffix = steady
        day, second = divmod(seconds + offset_s, _DAY_S)
        return _date(day) + _HOURS[second // 3600] + _MINUTES[second % 3600] + suffix

    def text_or_none(self, seconds: int | None) -> str | None:
        """The same of a moment that may not have come."""
        return None if seconds is None else self.text(seconds)

    def _steady_offset(self, week: int) -> tuple[int, str] | None:
        first = datetime.fromtimestamp(week * _WEEK_S, self._zone)
        last = datetime.fromtimestamp((week + 1) * _WEEK_S - 1, self._zone)
        offset = first.utcoffset() or timedelta()
        if last.utcoffset() != offset:
            return None
        return int(offset.total_seconds()), first.isoformat()[19:]


@lru_cache(4096)
def _date(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


@lru_cache(64)
def writer(zone: ZoneInfo) -> Writer:
    """The writer of a zone."""
    return Writer(zone)


def second_of_day(text: str) -> int:
    """Seconds since midnight on the clock of a moment that was written here."""
    return int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
