"""Time as an axis: minutes since a moment, labelled with the true wall clock of a zone.

On nights when the clocks change the wall clock is not a ruler: an hour comes twice or not at all. Positions are
therefore elapsed minutes, and each label is what the clock on the wall showed at that moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analytics.wording import MINUS, NBSP, clock_of, day, duration

# From a recording of so many minutes on, label every so many minutes of the wall clock.
_STEPS_MIN = ((240, 60), (120, 30), (40, 15), (0, 5))
_FIFTH = 5
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A label of the time axis: elapsed minutes, the clock at that moment, and a note under it ("" for none)."""

    at_min: float
    clock: str
    note: str

    @property
    def text(self) -> str:
        """The label as Plotly writes it."""
        return f"{self.clock}<br>{self.note}" if self.note else self.clock


def minutes_between(start: datetime, end: datetime) -> float:
    """Elapsed minutes between two aware moments, whatever the clocks did in between."""
    # Through UTC: two moments that share a zone object are subtracted on the wall clock.
    return (end.astimezone(UTC) - start.astimezone(UTC)) / _MINUTE


def moment_at(start: datetime, minutes: float) -> datetime:
    """The moment so many elapsed minutes after `start`, in the zone of `start`."""
    return (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(start.tzinfo)


def clock_at(start: datetime, minutes: float) -> str:
    """The wall clock so many elapsed minutes after `start`: `01:04`."""
    return clock_of(moment_at(start, minutes))


def clock_ticks(
    start: datetime, length_min: float, *, narrow: bool = False, apart_min: float = 0.0
) -> tuple[Tick, ...]:
    """The labels of a recording: every hour (closer for a nap, every 2 h when narrow), where the clock shows it.

    The first and each midnight carry the date; a label after a change of the clocks says by how much they moved. The
    date of the first gives way to a note that follows it too closely.

    Args:
        start: aware beginning, in the zone whose clock is shown.
        length_min: elapsed minutes to the end.
        narrow: half as many labels.
        apart_min: minutes of the axis that a date needs for itself.
    """
    step = next(step for least, step in _STEPS_MIN if length_min >= least) * (2 if narrow else 1)
    ticks: list[Tick] = []
    offset = start.utcoffset()
    for at_min, moment in _full_minutes(start, length_min):
        if (moment.hour * 60 + moment.minute) % step:
            continue
        moved, offset = (moment.utcoffset() or timedelta()) - (offset or timedelta()), moment.utcoffset()
        dated = not ticks or (moment.hour, moment.minute) == (0, 0)
        date = day(moment.date(), year=False, short=True) if dated else ""
        note = _moved(moved) if moved else date
        if note and ticks and at_min - ticks[0].at_min < apart_min:
            ticks[0] = replace(ticks[0], note="")
        ticks.append(Tick(at_min=at_min, clock=clock_of(moment), note=note))
    return tuple(ticks)


def _full_minutes(start: datetime, length_min: float) -> Iterator[tuple[float, datetime]]:
    """The full minutes of the clock at which a label may stand: those of every fifth where the zone's clock allows."""
    at_min = (60 - start.second - start.microsecond / 1e6) % 60 / 60
    stride = 1
    while at_min <= length_min:
        moment = moment_at(start, at_min)
        yield at_min, moment
        if stride == 1 and moment.minute % _FIFTH == 0 and _counts_in_fives(start, length_min):
            stride = _FIFTH
        at_min += stride


def _counts_in_fives(start: datetime, length_min: float) -> bool:
    """Whether the clock is ahead of UTC by whole five minutes at both ends: it was not where noon was the sun's."""
    ends = (start, moment_at(start, length_min))
    return all(
        (moment.utcoffset() or timedelta()) % timedelta(minutes=_FIFTH) == timedelta() for moment in ends
    )


def _moved(by: timedelta) -> str:
    sign = "+" if by > timedelta() else MINUS
    return f"clocks{NBSP}{sign}{duration(abs(by) / _MINUTE)}"
