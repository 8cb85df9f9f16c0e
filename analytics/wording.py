"""How Nocturne writes numbers, times and dates: the one place where a value becomes text.

Screen, chart, report and command line all call these functions, so the same value reads the same everywhere.
A value and its unit are held together by a non-breaking space (U+00A0); minus is U+2212; a value that does not
exist is an en dash.
"""

import math
from datetime import date, datetime, timedelta

import pandas as pd

NBSP = "\u00a0"
MINUS = "\u2212"
NOTHING = "\u2013"

LATE_UNTIL_H = 6
# Sums of the same numbers in another order differ in the last places; a half is a half in all of them.
_EXACT_DECIMALS = 7

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_COUNTS = (
    *("No", "One", "Two", "Three", "Four", "Five", "Six"),
    *("Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"),
)


def duration(minutes: float) -> str:
    """Minutes as hours and minutes: `7 h 12 min`, `45 min`, `0 min`; en dash for NaN. Rounds half up."""
    if math.isnan(minutes):
        return NOTHING
    whole = _half_up(abs(minutes))
    sign = MINUS if minutes < 0 and whole else ""
    hours, rest = divmod(whole, 60)
    if not hours:
        return f"{sign}{rest}{NBSP}min"
    if not rest:
        return f"{sign}{hours}{NBSP}h"
    return f"{sign}{hours}{NBSP}h{NBSP}{rest}{NBSP}min"


def minutes(value: float) -> str:
    """Minutes under an hour's habit, never split into hours, one decimal at most: `12.5 min`, `90 min`."""
    return quantity(value, "min")


def signed_duration(minutes_: float) -> str:
    """A difference in minutes with its sign: `+32 min`, `−1 h 1 min`, `0 min`; en dash for NaN."""
    text = duration(minutes_)
    return f"+{text}" if not math.isnan(minutes_) and _half_up(minutes_) > 0 else text


def quantity(value: float, unit: str = "", decimals: int = 1) -> str:
    """A number with its unit, at most `decimals` places, no trailing zero: `92 %`, `92.4 %`, `−3.1 points`."""
    if math.isnan(value):
        return NOTHING
    text = number(value, decimals)
    return f"{text}{NBSP}{unit}" if unit else text


def number(value: float, decimals: int = 1) -> str:
    """A number with at most `decimals` places, half up, real minus and thin grouping of thousands: `1,204`."""
    if math.isnan(value):
        return NOTHING
    shown = rounded(value, decimals)
    text = f"{abs(shown):,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if shown < 0 else text


def rounded(value: float, decimals: int = 0) -> float:
    """The number that `number` writes: half away from zero, never a negative zero; NaN stays NaN.

    For tables that keep numbers as numbers: 86.5 becomes 87, where Python's own rounding makes 86.
    """
    if math.isnan(value):
        return math.nan
    scale = 10.0**decimals
    size = _half_up(abs(value) * scale) / scale
    return -size if value < 0 and size else size


def rounded_series(values: "pd.Series[float]", decimals: int = 0) -> "pd.Series[float]":
    """`rounded` of every value, as float64 with the same index; NaN stays NaN."""
    wide = values.astype("float64")
    scale = 10.0**decimals
    size = ((wide.abs() * scale).round(_EXACT_DECIMALS) + 0.5) // 1 / scale
    # Adding zero takes the sign off a negative zero.
    return size.where(wide >= 0, -size) + 0.0


def signed_quantity(value: float, unit: str = "", decimals: int = 1) -> str:
    """A difference with its sign: `+4 points`, `−9 points`, `0 points`."""
    text = quantity(value, unit, decimals)
    if unit == "points" and text.removeprefix(MINUS) == f"1{NBSP}points":
        text = text.removesuffix("s")
    return f"+{text}" if not math.isnan(value) and _half_up(value * 10**decimals) > 0 else text


def percent(value: float, decimals: int = 0) -> str:
    """A percentage that is already on 0 to 100: `92 %`."""
    return quantity(value, "%", decimals)


def p_value(value: float) -> str:
    """A p value with three places, the least as `< 0.001`; en dash for NaN."""
    if math.isnan(value):
        return NOTHING
    return f"<{NBSP}0.001" if value < 0.001 else f"{value:.3f}"


def clock(hours: float) -> str:
    """A time of day from hours after midnight (any real number, wrapped to 24 h): `23:05`; en dash for NaN."""
    if math.isnan(hours):
        return NOTHING
    of_day = _half_up(hours * 60) % (24 * 60)
    return f"{of_day // 60:02d}:{of_day % 60:02d}"


def clock_of(moment: datetime) -> str:
    """The wall clock of a moment in its own zone: `23:05`."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def day(value: date, *, year: bool = True, weekday: bool = True, short: bool = False) -> str:
    """A date: `Wed 11 February 2026`; shorter on request: `Wed 11 Feb`, `11 Feb`."""
    month = _MONTHS[value.month - 1]
    parts = [_DAYS[value.weekday()]] if weekday else []
    parts += [str(value.day), month[:3] if short else month]
    if year:
        parts.append(str(value.year))
    return NBSP.join(parts)


def night_dates(start: date, end: date) -> str:
    """Both dates of a sleep: `Night of Tue 10 to Wed 11 February 2026`, or `Sleep of Wed 11 February 2026`.

    Args:
        start: the date of the evening it began on (`evening_of`).
        end: the local date on which it ended; this one is the night's label.
    """
    if start == end:
        return f"Sleep of {day(end)}"
    same_month = (start.year, start.month) == (end.year, end.month)
    first = f"{_DAYS[start.weekday()]}{NBSP}{start.day}"
    if not same_month:
        first += f"{NBSP}{_MONTHS[start.month - 1]}"
    if start.year != end.year:
        first += f"{NBSP}{start.year}"
    return f"Night of {first} to {day(end)}"


def evening_of(start: datetime) -> date:
    """The date of the evening to which a sleep belongs that began at this local time.

    Somebody who goes to bed at 00:40 goes to bed late on the evening before: a start before 06:00 counts to that.
    """
    return start.date() - timedelta(days=1) if start.hour < LATE_UNTIL_H else start.date()


def span(first: date, last: date) -> str:
    """A period by its two dates: `16 January to 11 February 2026`; one date when they are the same."""
    if first == last:
        return day(last, weekday=False)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last, weekday=False)}"
    return f"{day(first, weekday=False, year=first.year != last.year)} to {day(last, weekday=False)}"


def age(minutes_: float) -> str:
    """How old something is, coarse on purpose: `just now`, `4 min old`, `9 h old`, `3 days old`."""
    if minutes_ < 1:
        return "just now"
    if minutes_ < 60:
        return f"{int(minutes_)}{NBSP}min old"
    if minutes_ < 48 * 60:
        return f"{int(minutes_ // 60)}{NBSP}h old"
    return f"{int(minutes_ // (24 * 60))}{NBSP}days old"


def of(count: int, total: int) -> str:
    """`26 of 28`, with thousands grouped: every aggregate says how much it rests on."""
    return f"{number(count, 0)} of {number(total, 0)}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: `1 night`, `7 nights`, `0 people`."""
    return f"{number(count, 0)}{NBSP}{one if count == 1 else (many or one + 's')}"


def spelled(count: int, one: str, many: str | None = None) -> str:
    """A count at the head of a sentence, in letters up to twelve: `No cycle`, `Four cycles`, `13 cycles`."""
    noun = one if count <= 1 else (many or one + "s")
    return f"{_COUNTS[count] if count < len(_COUNTS) else number(count, 0)} {noun}"


def _half_up(value: float) -> int:
    return math.floor(round(value, _EXACT_DECIMALS) + 0.5)
