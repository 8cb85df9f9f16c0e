"""When a person records: evenings turned into sessions, the same ones whatever the range asked for.

Every draw depends on the seed, the person and the date, never on the length of the range, so that a demo
restarted tomorrow has the same history plus one night. Only the days on which stories turn depend on the
range; they move in steps, to leave yesterday's history mostly as it was.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from asleep.simulator.people import Habits, Person

Kind = Literal[
    "night", "nap", "gaps", "defects", "broken_off", "too_short", "never_slept", "left_running", "replayed"
]
State = Literal["OPEN", "CLOSED", "COMPLETE"]

EPOCH_S = 30
HOUR_S = 3600

# What becomes of a recorded evening: cumulative shares, the rest are ordinary nights.
_KINDS: tuple[tuple[float, Kind], ...] = (
    (0.040, "gaps"),
    (0.047, "defects"),
    (0.058, "broken_off"),
    (0.066, "too_short"),
    (0.069, "never_slept"),
    (0.0695, "left_running"),
)
# Lengths of gaps in a person's evenings: mostly one (within_person.oura_a and lifesnaps_daily, gap_lengths).
_GAP_TWO, _GAP_THREE = 0.80, 0.93
_MEAN_GAP_EVENINGS = 1.27

# Whose last session is still recorded or analysed, by place in each 48.
_STILL_ANALYSED, _STILL_RECORDED = 7, 23

_BLOCK = 32  # evenings drawn at once
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SUFFIXES = len(_DIGITS) ** 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One recording: instants in seconds since 1970, the state it is in, what is peculiar about it.

    `evening` is the ordinal of the date it belongs to and `slot` its place that day; together with the person
    they seed its stages. `end_s` is None while OPEN, `complete_s` None until COMPLETE. `recorded_s` is how
    long the recorder ran; `wake_factor` and `latency_factor` say how this night differs from the usual.
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
    wake_factor: float = 1.0
    latency_factor: float = 1.0

    @property
    def epochs(self) -> int:
        """Whole 30 s epochs recorded; an incomplete last one has no entry."""
        return self.recorded_s // EPOCH_S


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The range of evenings, and the evenings on which stories turn.

    `until` is the date of the last evening, `nights` how many there are. Nothing that ends after `now` has
    been recorded yet.
    """

    until: date
    nights: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def last(self) -> int:
        """Ordinal of the last evening."""
        return self.until.toordinal()

    @property
    def first(self) -> int:
        """Ordinal of the first evening."""
        return self.last - self.nights + 1

    @cached_property
    def intervention(self) -> int:
        """From here on the Intervention arm sleeps better: near the middle, in steps of four weeks."""
        return (self.last - self.nights // 2) // 28 * 28

    @property
    def decline(self) -> int:
        """From here on some sleep clearly less: the last 7 to 10 evenings."""
        return (self.last - 6) // 4 * 4

    @property
    def silence(self) -> int:
        """From here on some deliver nothing: the last 9 to 15 evenings."""
        return (self.last - 8) // 7 * 7

    @property
    def trip(self) -> range:
        """The nine evenings that travellers spend far away, in steps of four weeks."""
        start = (self.last - 2 * self.nights // 5) // 28 * 28
        return range(start, start + 9)


def sessions_of(person: Person, *, seed: int, calendar: Calendar) -> tuple[Session, ...]:
    """Every session of a person within the calendar, oldest first; they never overlap."""
    if person.habits is None:
        return ()
    diary = _Diary(person=person, habits=person.habits, seed=seed, calendar=calendar)
    kept: list[Session] = []
    for evening in range(calendar.first, calendar.last + 1):
        for session in diary.evening(evening):
            # One recorder: whoever left it running cannot start it again.
            if not kept or session.start_s >= kept[-1].start_s + kept[-1].recorded_s + 60:
                kept.append(session)
    now_s = int(calendar.now.timestamp())
    unfinished = [_unfinished(person, session) for session in kept if session.evening == calendar.last][-1:]
    finished = kept[: len(kept) - len(unfinished)]
    return tuple(
        session
        for session in (*finished, *unfinished)
        if session.start_s + session.recorded_s < now_s and (session.complete_s or 0) < now_s
    )


def _unfinished(person: Person, session: Session) -> Session:
    place = person.number % 48
    if session.kind != "night" or place not in (_STILL_ANALYSED, _STILL_RECORDED):
        return session
    if place == _STILL_ANALYSED:
        return replace(session, state="CLOSED", complete_s=None)
    so_far_s = int(session.recorded_s * 0.65)
    return replace(session, state="OPEN", end_s=None, complete_s=None, recorded_s=so_far_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """One evening's intentions on the wall clock of `zone`."""

    evening: int
    bed: datetime
    rise: datetime
    zone: str
    wake_factor: float
    latency_factor: float


@dataclass(kw_only=True)
class _Diary:
    person: Person
    habits: Habits
    seed: int
    calendar: Calendar
    _uniforms: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = field(default_factory=dict)
    _normals: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = field(default_factory=dict)

    def evening(self, evening: int) -> list[Session]:
        """The sessions that begin on an evening or on the day after it."""
        if self.person.story == "stopped" and evening >= self.calendar.silence:
            return []
        plan = self._plan(evening)
        sessions = [] if self._is_missing(evening) else self._night(evening, plan)
        return sessions + self._nap(evening, plan)

    def _draws(self, evening: int) -> tuple[list[float], list[float]]:
        block, row = divmod(evening, _BLOCK)
        if block not in self._uniforms:
            rng = np.random.default_rng([self.seed, self.person.number, 1, block])
            self._uniforms[block] = rng.random((_BLOCK, 8))
            self._normals[block] = rng.normal(0, 1, (_BLOCK, 4))
        return self._uniforms[block][row].tolist(), self._normals[block][row].tolist()

    def _is_missing(self, evening: int) -> bool:
        # A gap starts with a chance that makes the share right, and lasts one to three evenings.
        for back in range(3):
            starts, length, *_ = self._draws(evening - back)[0]
            evenings = 1 + (length > _GAP_TWO) + (length > _GAP_THREE)
            if starts < self.habits.missing_ratio / _MEAN_GAP_EVENINGS and evenings > back:
                return True
        return False

    def _plan(self, evening: int) -> _Plan:
        habits, calendar = self.habits, self.calendar
        bed_n, rise_n, *_ = self._draws(evening)[1]
        day = date.fromordinal(evening)
        improved = self._improvement(evening)
        declined = self.person.story == "declines" and evening >= calendar.decline
        spread = 0.6 if declined else 1 - 0.35 * improved
        weekend_min = (
            habits.weekend_later_min if day.weekday() in (4, 5) and not self._works(evening) else 0.0
        )
        usual_bed_h = (32.4 if self._works(evening) else habits.bed_h) - 0.5 * improved
        bed_off_min = weekend_min + habits.bed_sd_min * spread * bed_n
        zone, jet_lag_h = self.person.zone, 0.0
        if self.person.trip_zone is not None and evening in calendar.trip:
            zone = self.person.trip_zone
            jet_lag_h = 2.5 * 0.7 ** (evening - calendar.trip.start)
        if declined:
            bed_off_min += 105.0
        # Rising follows a late bedtime only in part: alarms do not move. That is what ties late to short.
        rise_h = usual_bed_h + habits.in_bed_h + 0.45 * improved
        rise_off_min = (
            0.35 * habits.bed_sd_min * bed_n + 1.3 * weekend_min + habits.rise_sd_min * spread * rise_n
        )
        bed_h = usual_bed_h + bed_off_min / 60 + jet_lag_h
        rise_h = max(rise_h + rise_off_min / 60, bed_h + 3.2)
        rise_h = min(rise_h, bed_h + 11.5)
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall clock; the zone follows
        return _Plan(
            evening=evening,
            bed=midnight + timedelta(hours=bed_h),
            rise=midnight + timedelta(hours=rise_h),
            zone=zone,
            wake_factor=1 - 0.4 * improved,
            latency_factor=(1 - 0.3 * improved) * (1.6 if jet_lag_h > 0.3 else 1.0),
        )

    def _improvement(self, evening: int) -> float:
        if self.person.story != "improves":
            return 0.0
        return min(max((evening - self.calendar.intervention) / 14, 0.0), 1.0)

    def _works(self, evening: int) -> bool:
        if self.habits.rhythm == "rotating":
            return (evening + self.person.number) % 8 < 4
        return self.habits.rhythm == "nights"

    def _night(self, evening: int, plan: _Plan) -> list[Session]:
        uniforms = self._draws(evening)[0]
        kind: Kind = next((kind for share, kind in _KINDS if uniforms[2] < share), "night")
        start_s, end_s = _instant(plan.bed, plan.zone), _instant(plan.rise, plan.zone)
        share = uniforms[3]
        if kind == "too_short":
            stopped_s = start_s + 60 + int(1080 * share)
            short = self._session(plan, kind, start_s, stopped_s, slot=1)
            if share < 0.3:
                return [short]
            return [
                short,
                self._session(plan, "night", stopped_s + 240 + int(600 * share), end_s),
            ]
        if kind == "broken_off":
            end_s = start_s + int((end_s - start_s) * (0.3 + 0.45 * share))
        elif kind == "never_slept":
            end_s = start_s + 1500 + int(3600 * share)
        elif kind == "left_running":
            end_s = start_s + 24 * HOUR_S + 900 + int(5400 * share)
        return [self._session(plan, kind, start_s, end_s)]

    def _nap(self, evening: int, plan: _Plan) -> list[Session]:
        uniforms, normals = self._draws(evening)
        if uniforms[4] >= self.habits.nap_ratio or self._works(evening):
            return []
        midnight = plan.rise.replace(hour=0, minute=0, second=0, microsecond=0)
        start_s = _instant(midnight + timedelta(hours=14 + 0.8 * normals[2]), plan.zone)
        return [self._session(plan, "nap", start_s, start_s + 1560 + int(4200 * uniforms[5]), slot=2)]

    def _session(self, plan: _Plan, kind: Kind, start_s: int, end_s: int, *, slot: int = 0) -> Session:
        analysis_s = 130 + int(300 * self._draws(plan.evening)[0][6])
        recorded_s = end_s - start_s
        return Session(
            id=session_id(start_s, seed=self.seed, number=self.person.number, turn=plan.evening * 3 + slot),
            kind=kind,
            state="COMPLETE",
            start_s=start_s,
            end_s=end_s,
            recorded_s=recorded_s,
            complete_s=end_s + analysis_s,
            unexpected_end_s=end_s - recorded_s % EPOCH_S if kind in ("broken_off", "defects") else None,
            zone=plan.zone,
            evening=plan.evening,
            slot=slot,
            wake_factor=plan.wake_factor,
            latency_factor=plan.latency_factor,
        )


def _instant(wall_clock: datetime, zone: str) -> int:
    return int(wall_clock.replace(tzinfo=ZoneInfo(zone)).timestamp())


def session_id(start_s: int, *, seed: int, number: int, turn: int) -> str:
    """The UTC start in 14 digits and five characters; unique: equal starts differ in person or turn."""
    # A step that shares no factor with 36 visits every suffix once before it repeats.
    place = ((number * 16 + turn % 16) * 24_362_417 + seed * 7919) % _SUFFIXES
    suffix = ""
    for _ in range(5):
        place, digit = divmod(place, len(_DIGITS))
        suffix += _DIGITS[digit]
    return f"{datetime.fromtimestamp(start_s, UTC):%Y%m%d%H%M%S}_{suffix}"
