"""When a person records: evenings turned into sessions, the same ones whatever the range asked for.

Every draw depends on the seed, the person and the date, never on the length of the range, so that a demo
restarted tomorrow has the same history plus one night. Only the days on which stories turn depend on the
range; they move in steps, to leave yesterday's history mostly as it was.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Literal, NamedTuple

import msgspec

from asleep.simulator.clock import DAY_S
from asleep.simulator.draws import LEVELS, Draws
from asleep.simulator.lives import CAST_SIZE, STILL_ANALYSED, STILL_RECORDED, Habits
from asleep.simulator.people import Person
from asleep.simulator.plans import (
    DEVICE_KIND,
    DEVICE_SHARE,
    KIND,
    NAP_LENGTH,
    SHARE,
    TROUBLED_SHARE,
    Plans,
    plans,
)
from asleep.simulator.stories import Calendar

Kind = Literal[
    "night",
    "second_sleep",
    "nap",
    "gaps",
    "defects",
    "broken_off",
    "too_short",
    "never_slept",
    "left_running",
    "second_device",
    "replayed",
]
State = Literal["OPEN", "CLOSED", "COMPLETE"]

EPOCH_S = 30
HOUR_S = 3600

# What becomes of a recorded evening: cumulative shares up to TROUBLED_SHARE, the rest are ordinary nights.
_KINDS: tuple[tuple[float, Kind], ...] = (
    (0.040, "gaps"),
    (0.047, "defects"),
    (0.058, "broken_off"),
    (0.066, "too_short"),
    (0.069, "never_slept"),
    (TROUBLED_SHARE, "left_running"),
)

# Places of an evening's sessions; a second device hears what the session of NIGHT hears.
NIGHT, TOO_SHORT, NAP, SECOND_SLEEP, SECOND_DEVICE = range(5)
_SLOTS = 8

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SUFFIXES = len(_DIGITS) ** 5


# A struct is made thirteen times as fast as a frozen dataclass; without cycles the collector need not look at it.
class Session(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One recording: instants in seconds since 1970, the state it is in, what is peculiar about it.

    `evening` is the ordinal of the date it belongs to and `slot` its place that day; together with the person
    they seed its stages. `end_s` is None while OPEN, `complete_s` None until COMPLETE. `recorded_s` is how
    long the recorder ran; `latency_factor` says how falling asleep differs from the usual. `heard_s` are start
    and end of the night that a second device hears from its own start on, None for any other session.
    """

    id: str
    kind: Kind
    state: State
    start_s: int
    end_s: int | None
    recorded_s: int
    complete_s: int | None
    unexpected_end_s: int | None
    zone: str
    evening: int
    slot: int
    latency_factor: float = 1.0
    heard_s: tuple[int, int] | None = None

    @property
    def epochs(self) -> int:
        """Whole 30 s epochs recorded; an incomplete last one has no entry."""
        return self.recorded_s // EPOCH_S


def sessions_of(person: Person, *, seed: int, calendar: Calendar) -> tuple[Session, ...]:
    """Every session of a person within the calendar, oldest first.

    Only the sessions of a second device overlap others.
    """
    if person.habits is None:
        return ()
    recorder = _Recorder(person=person, habits=person.habits, seed=seed, calendar=calendar)
    kept = sorted(recorder.sessions(), key=attrgetter("start_s"))
    now_s = int(calendar.now.timestamp())
    unfinished = [_unfinished(person, session) for session in kept if session.evening == calendar.last][-1:]
    finished = kept[: len(kept) - len(unfinished)]
    return tuple(
        [
            session
            for session in (*finished, *unfinished)
            if session.start_s + session.recorded_s < now_s and (session.complete_s or 0) < now_s
        ]
    )


def _unfinished(person: Person, session: Session) -> Session:
    place = person.number % CAST_SIZE
    if session.kind != "night" or place not in (STILL_ANALYSED, STILL_RECORDED):
        return session
    if place == STILL_ANALYSED:
        return msgspec.structs.replace(session, state="CLOSED", complete_s=None)
    so_far_s = int(session.recorded_s * 0.65)
    return msgspec.structs.replace(session, state="OPEN", end_s=None, complete_s=None, recorded_s=so_far_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recorder:
    """Turns a person's plans into sessions, evening by evening."""

    person: Person
    habits: Habits
    seed: int
    calendar: Calendar

    def sessions(self) -> Iterator[Session]:
        """The sessions that were recorded; whoever left a recorder running cannot start it again."""
        free_s = 0
        silent_from = self.calendar.silence if self.person.story == "stopped" else math.inf
        for evening in _evenings(plans(self.person, self.habits, seed=self.seed, calendar=self.calendar)):
            if evening.ordinal >= silent_from:
                return
            for session in self._evening(evening):
                if session.kind == "second_device":
                    yield session
                elif session.start_s >= free_s:
                    free_s = session.start_s + session.recorded_s + 60
                    yield session

    def _evening(self, evening: "_Evening") -> list[Session]:
        found = [] if evening.missing else self._night(evening)
        if evening.napping:
            nap_s = 1560 + int(4200 * evening.uniform(NAP_LENGTH))
            found.append(self._session(evening, "nap", evening.nap_s, evening.nap_s + nap_s, slot=NAP))
        return found

    def _night(self, evening: "_Evening") -> list[Session]:
        if evening.troubled:
            found = self._troubled_night(evening)
        else:
            found = [self._session(evening, "night", evening.bed_s, evening.rise_s)]
            if evening.doubled:
                found.append(self._second_device(evening))
        if self.habits.rhythm == "split":
            second_s, rise_s = evening.second_s, evening.second_rise_s
            found.append(self._session(evening, "second_sleep", second_s, rise_s, slot=SECOND_SLEEP))
        return found

    def _troubled_night(self, evening: "_Evening") -> list[Session]:
        where = evening.uniform(KIND) / self.habits.trouble_ratio
        kind = next(kind for limit, kind in _KINDS if where < limit)
        start_s, end_s, share = evening.bed_s, evening.rise_s, evening.uniform(SHARE)
        if kind == "too_short":
            stopped_s = start_s + 60 + int(1080 * share)
            short = self._session(evening, kind, start_s, stopped_s, slot=TOO_SHORT)
            if share < 0.3:
                return [short]
            return [short, self._session(evening, "night", stopped_s + 240 + int(600 * share), end_s)]
        if kind == "broken_off":
            end_s = start_s + int((end_s - start_s) * (0.3 + 0.45 * share))
        elif kind == "never_slept":
            end_s = start_s + 1500 + int(3600 * share)
        elif kind == "left_running":
            end_s = start_s + 24 * HOUR_S + 900 + int(5400 * share)
        return [self._session(evening, kind, start_s, end_s)]

    def _second_device(self, evening: "_Evening") -> Session:
        """The same night once more: whole, or from somewhere in its middle on."""
        share = evening.uniform(DEVICE_SHARE)
        night_s = evening.rise_s - evening.bed_s
        whole = evening.uniform(DEVICE_KIND) < 0.5
        later_s = 20 + int(90 * share) if whole else int(night_s * (0.25 + 0.5 * share))
        end_s = evening.rise_s - 60 + int(180 * share)
        return self._session(
            evening,
            "second_device",
            evening.bed_s + later_s,
            end_s,
            slot=SECOND_DEVICE,
            heard_s=(evening.bed_s, evening.rise_s),
        )

    def _session(
        self,
        evening: "_Evening",
        kind: Kind,
        start_s: int,
        end_s: int,
        *,
        slot: int = NIGHT,
        heard_s: tuple[int, int] | None = None,
    ) -> Session:
        recorded_s = end_s - start_s
        turn = evening.ordinal * _SLOTS + slot
        person = self.person
        return Session(
            id=session_id(start_s, seed=self.seed, number=person.number, turn=turn),
            kind=kind,
            state="COMPLETE",
            start_s=start_s,
            end_s=end_s,
            recorded_s=recorded_s,
            complete_s=end_s + evening.analysis_s,
            unexpected_end_s=end_s - recorded_s % EPOCH_S if kind in ("broken_off", "defects") else None,
            zone=person.trip_zone if person.trip_zone and evening.away else person.zone,
            evening=evening.ordinal,
            slot=slot,
            latency_factor=evening.latency_factor,
            heard_s=heard_s,
        )


class _Evening(NamedTuple):
    """One row of `Plans`, as plain numbers but for the draws, which few evenings need."""

    ordinal: int
    draws: Draws
    bed_s: int
    rise_s: int
    nap_s: int
    second_s: int
    second_rise_s: int
    napping: bool
    missing: bool
    troubled: bool
    doubled: bool
    away: bool
    analysis_s: int
    latency_factor: float

    def uniform(self, place: int) -> float:
        """One of the evening's random numbers, above 0 and below 1."""
        return (int(self.draws[place]) + 0.5) / LEVELS


def _evenings(found: Plans) -> Iterator[_Evening]:
    columns = (
        *(found.bed_s, found.rise_s, found.nap_s, found.second_s, found.second_rise_s),
        *(found.napping, found.missing, found.troubled, found.doubled, found.away),
        *(found.analysis_s, found.latency_factor),
    )
    rows = zip(found.evenings.tolist(), found.draws, *(column.tolist() for column in columns), strict=True)
    return map(_Evening._make, rows)


def session_id(start_s: int, *, seed: int, number: int, turn: int) -> str:
    """The UTC start in 14 digits and five characters; unique: equal starts differ in person or turn."""
    day, second = divmod(start_s, DAY_S)
    return f"{_day_digits(day)}{_MINUTES[second // 60]}{_SECONDS[second % 60]}_{_suffix(number, turn % 16, seed)}"


_MINUTES = tuple(f"{minute // 60:02d}{minute % 60:02d}" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@lru_cache(4096)
def _day_digits(day: int) -> str:
    return f"{date.fromordinal(day + _EPOCH_ORDINAL):%Y%m%d}"


@lru_cache(4096)
def _suffix(number: int, turn: int, seed: int) -> str:
    # A step that shares no factor with 36 visits every suffix once before it repeats.
    place = ((number * 16 + turn) * 24_362_417 + seed * 7919) % _SUFFIXES
    suffix = ""
    for _ in range(5):
        place, digit = divmod(place, len(_DIGITS))
        suffix += _DIGITS[digit]
    return suffix
