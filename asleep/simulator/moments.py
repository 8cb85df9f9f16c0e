"""Moments as the service writes them: date and time with offset, thousands of them in a few milliseconds."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

_DAY_S = 86_400
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))
_MINUTES_OF_TWO_DAYS = 2 * _MINUTES
_MINUTE_STARTS_S = {text: 60 * minute for minute, text in enumerate(_MINUTES)}
_SECOND_PLACES = {text: second for second, text in enumerate(_SECONDS)}


class _Day(NamedTuple):
    """A day of UTC with one offset: the midnight in the zone before it, and the two dates there that it touches."""

    midnight_s: int
    dates: tuple[str, str]
    suffix: str


class Writer:
    """Writes moments in one zone.

    As `datetime.isoformat`, which takes many times as long: a day without a clock change is looked up once. No zone
    keeps an offset for less than a week, so equal ends mean that nothing changed.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._days: dict[int, _Day | None] = {}

    def text(self, seconds: int) -> str:
        """The moment so many seconds after 1970: 2026-02-09T22:41:07+01:00."""
        day = seconds // _DAY_S
        try:
            steady = self._days[day]
        except KeyError:
            steady = self._days[day] = self._steady(day)
        if steady is None:
            return datetime.fromtimestamp(seconds, self._zone).isoformat()
        midnight_s, dates, suffix = steady
        second = seconds - midnight_s
        minute = _MINUTES_OF_TWO_DAYS[second // 60]
        return f"{dates[second // _DAY_S]}T{minute}:{_SECONDS[second % 60]}{suffix}"

    def text_or_none(self, seconds: int | None) -> str | None:
        """The same of a moment that may not have come."""
        return None if seconds is None else self.text(seconds)

    def _steady(self, day: int) -> _Day | None:
        first = datetime.fromtimestamp(day * _DAY_S, self._zone)
        last = datetime.fromtimestamp((day + 1) * _DAY_S - 1, self._zone)
        if last.utcoffset() != first.utcoffset():
            return None
        since_midnight = timedelta(hours=first.hour, minutes=first.minute, seconds=first.second)
        return _Day(
            midnight_s=day * _DAY_S - int(since_midnight.total_seconds()),
            dates=(first.date().isoformat(), (first.date() + timedelta(days=1)).isoformat()),
            suffix=first.isoformat()[19:],
        )


@lru_cache(64)
def writer(zone: ZoneInfo) -> Writer:
    """The writer of a zone."""
    return Writer(zone)


def second_of_day(text: str) -> int:
    """Seconds since midnight on the clock of a moment that was written here."""
    return _MINUTE_STARTS_S[text[11:16]] + _SECOND_PLACES[text[17:19]]
