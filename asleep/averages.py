"""Average statistics of several periods, joined into those of the whole.

The means are computed again from the nights (contract README, section 9): seconds, counts and indices as
plain means over the nights that have them, shares from sums of seconds, times of day as circular means.
Where the service lists ids without statistics, a period's own means stand for its nights, weighted with
their number.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asleep.models import (
    AverageFigures,
    AverageStats,
    Figures,
    NeverSlept,
    SessionStat,
    SleptSession,
    Unknown,
)

_DAY_S: Final = 86400.0
_PERIOD: Final = "time_in_sleep_period_s"
_SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "sleep_efficiency_ratio": ("time_in_sleep_s", "time_in_bed_s"),
    "sleep_ratio": ("time_in_sleep_s", _PERIOD),
    "wake_ratio": ("time_in_wake_s", _PERIOD),
    "light_ratio": ("time_in_light_s", _PERIOD),
    "deep_ratio": ("time_in_deep_s", _PERIOD),
    "rem_ratio": ("time_in_rem_s", _PERIOD),
    "stable_breath_ratio": ("time_in_stable_breath_s", _PERIOD),
    "unstable_breath_ratio": ("time_in_unstable_breath_s", _PERIOD),
    "snoring_ratio": ("time_in_snoring_s", _PERIOD),
    "no_snoring_ratio": ("time_in_no_snoring_s", _PERIOD),
}
_CLOCKS: Final = ("start_clock_s", "end_clock_s", "sleep_clock_s", "wake_clock_s")
_PLAIN: Final = tuple(name for name in Figures.__struct_fields__ if name not in _SHARES)


@dataclass(frozen=True, kw_only=True)
class _Row:
    """The figures of one night, or the means of several with their number as weight."""

    weight: float
    figures: Figures
    clocks: Mapping[str, float | None]

    def value(self, name: str) -> float | None:
        found: float | None = getattr(self.figures, name)
        return found


def joined(pieces: Sequence[AverageStats]) -> AverageStats:
    """The statistics of the whole period that the pieces, in order, make up; one piece is returned as it is.

    A session that two pieces list counts once, by its id.

    Raises:
        ValueError: there is no piece.
    """
    if not pieces:
        raise ValueError("There is nothing to join; give at least one period.")
    if len(pieces) == 1:
        return pieces[0]
    first, last = pieces[0].first, pieces[-1].last
    slept: dict[str, SleptSession] = {one.session_id: one for piece in pieces for one in piece.slept}
    never_slept: dict[str, NeverSlept] = {
        one.session_id: one for piece in pieces for one in piece.never_slept
    }
    return AverageStats(
        timezone=pieces[0].timezone,
        first=first,
        last=last,
        days=(last - first).days + 1,
        peculiarities=tuple(dict.fromkeys(label for piece in pieces for label in piece.peculiarities)),
        average=_mean(tuple(_rows(pieces)), _all_unknown(_unknown_means(pieces))),
        slept=tuple(slept.values()),
        never_slept=tuple(never_slept.values()),
        unknown=_all_unknown(piece.unknown for piece in pieces),
    )


def _all_unknown(pieces: Iterable[Unknown]) -> Unknown:
    return tuple(sorted({pair for piece in pieces for pair in piece}))


def _unknown_means(pieces: Iterable[AverageStats]) -> Iterator[Unknown]:
    # How they are averaged is unknown as well: each stands as the service gave it for its piece.
    return (piece.average.unknown for piece in pieces if piece.average is not None)


def _rows(pieces: Iterable[AverageStats]) -> Iterator[_Row]:
    seen: set[str] = set()
    for piece in pieces:
        fresh = [one for one in piece.slept if one.session_id not in seen]
        seen.update(one.session_id for one in fresh)
        if fresh and all(one.stat is not None for one in fresh):
            zone = _zone(piece.timezone)
            yield from (_night(one, one.stat, zone) for one in fresh if one.stat is not None)
        elif piece.average is not None:
            clocks = {name: getattr(piece.average, name) for name in _CLOCKS}
            yield _Row(weight=max(1, len(fresh)), figures=piece.average, clocks=clocks)


def _night(session: SleptSession, stat: SessionStat, zone: tzinfo) -> _Row:
    moments = (session.start, session.end, stat.sleep_time, stat.wake_time)
    clocks = {name: _clock_s(moment, zone) for name, moment in zip(_CLOCKS, moments, strict=True)}
    return _Row(weight=1, figures=stat, clocks=clocks)


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _clock_s(moment: datetime | None, zone: tzinfo) -> float | None:
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return local.hour * 3600.0 + local.minute * 60 + local.second + local.microsecond / 1e6


def _mean(rows: Sequence[_Row], unknown: Unknown) -> AverageFigures | None:
    if not rows:
        return None
    plain = {name: _plain_mean(rows, name) for name in _PLAIN}
    shares = {name: _share(rows, name, *parts) for name, parts in _SHARES.items()}
    clocks = {name: _circular_mean_s([(row.weight, row.clocks[name]) for row in rows]) for name in _CLOCKS}
    return AverageFigures(**{**plain, **shares, **clocks}, unknown=unknown)


def _plain_mean(rows: Iterable[_Row], name: str) -> float | None:
    known = [(row.weight, value) for row in rows if (value := row.value(name)) is not None]
    total = sum(weight for weight, _ in known)
    return sum(weight * value for weight, value in known) / total if known else None


def _share(rows: Sequence[_Row], name: str, part: str, whole: str) -> float | None:
    """Part of the whole over all nights that have both; the mean of the served shares where no night has."""
    known = [
        (row.weight * some, row.weight * everything)
        for row in rows
        if (some := row.value(part)) is not None and (everything := row.value(whole)) is not None
    ]
    total = sum(everything for _, everything in known)
    return sum(some for some, _ in known) / total if total > 0 else _plain_mean(rows, name)


def _circular_mean_s(weighted: Iterable[tuple[float, float | None]]) -> float | None:
    """The mean time of day; None where there is none, or where the times cancel out around the clock."""
    east = north = 0.0
    for weight, clock_s in weighted:
        if clock_s is not None:
            angle = 2 * math.pi * clock_s / _DAY_S
            east, north = east + weight * math.sin(angle), north + weight * math.cos(angle)
    if math.hypot(east, north) < 1e-9:
        return None
    return math.atan2(east, north) / (2 * math.pi) * _DAY_S % _DAY_S
