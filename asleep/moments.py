"""Moments and clock times out of the vendor's texts: aware, in UTC, without an offset meaning UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from asleep.errors import MalformedAnswer

_CLOCK: Final = re.compile(
    r"(?:\d{4}-\d\d-\d\dT)?([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)


def utc(moment: datetime, field: str) -> datetime:
    """The same moment in UTC.

    Raises:
        MalformedAnswer: its offset carries it out of the calendar; the sentence names `field`.
    """
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        problem = f"the field {field} lies outside the calendar"
    raise MalformedAnswer(problem)


def utc_or_none(moment: datetime | None, field: str) -> datetime | None:
    """As `utc`, with None for a moment that was not given."""
    return None if moment is None else utc(moment, field)


def moment_in(text: str | float | None) -> datetime | None:
    """The moment a text names, in UTC; None for anything else, a clock time or a number for instance."""
    if not isinstance(text, str):
        return None
    try:
        return utc(msgspec.convert(text, datetime), "moment")
    except (msgspec.ValidationError, MalformedAnswer):
        return None


def shifted(moment: datetime | None, seconds: float | None) -> datetime | None:
    """The moment so many seconds later; None where either is missing or the calendar ends before it."""
    if moment is None or seconds is None:
        return None
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def clock_s(text: str | None, field: str) -> float | None:
    """Seconds after midnight of an hh:mm:ss, or of the clock part of a date and time as written.

    Raises:
        MalformedAnswer: it is neither; the sentence names `field`.
    """
    if text is None:
        return None
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise MalformedAnswer(f"the field {field} is not a time of day")
    hours, minutes, seconds = (int(part) for part in clock.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
