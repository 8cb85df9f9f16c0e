"""The world the simulator serves: people, sessions and recordings, and the account that changes them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from asleep.simulator.diary import EPOCH_S, NIGHT, Session, sessions_of
from asleep.simulator.nights import sleep_stages, snoring_stages, unknown_ratio, with_gaps
from asleep.simulator.people import Person, cast, issued_user_id
from asleep.simulator.statistics import WAKE, Stages, Stat, vendor_statistics
from asleep.simulator.stories import Calendar

# Sessions of so many persons, and recordings of so many sessions, stay in memory (about 150 MB when full).
_PERSONS_KEPT = 512
_RECORDINGS_KEPT = 16_384

_EPOCHS_PER_BLOCK = 10  # an unfinished session is analysed in blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """What the service knows of a session beside its times.

    `stages` and `snoring` are int8 arrays, one entry per 30 s, or None where nothing may be shown; `stat` as
    in `vendor_statistics`, or None under the labels that forbid it.
    """

    stages: Stages | None
    snoring: Stages | None
    missing_data_ratio: float
    peculiarities: tuple[str, ...]
    stat: Stat | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What the averages need of a session: its labels and the vendor's statistics, as in `Recording`."""

    peculiarities: tuple[str, ...]
    stat: Stat | None


class Diary(Protocol):
    """Where a world's sessions come from: the simulation or a file of real nights."""

    def sessions(self, person: Person) -> tuple[Session, ...]:
        """Every session of the person, oldest first."""

    def recording(self, person: Person, session: Session) -> Recording:
        """Stages, labels and statistics of one of the sessions."""

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        """Labels and statistics of many of the person's sessions, in their order; as in `recording`."""


@dataclass(frozen=True, kw_only=True)
class World:
    """People and where their sessions come from; nothing in it changes."""

    seed: int
    people: tuple[Person, ...]
    diary: Diary

    @property
    def api_key(self) -> str:
        """The one key the service accepts: follows from the seed, plainly not a real one."""
        rng = np.random.default_rng([self.seed, 4])
        return f"simulated-key-{self.seed}-{int(rng.integers(0x1000000)):06x}"


class SimulatedDiary:
    """Sessions and recordings made on demand from the seed; the last ones used are kept."""

    def __init__(self, *, seed: int, calendar: Calendar) -> None:
        self.sessions: Callable[[Person], tuple[Session, ...]] = lru_cache(_PERSONS_KEPT)(self._sessions)
        self.recording: Callable[[Person, Session], Recording] = lru_cache(_RECORDINGS_KEPT)(self._recording)
        self._seed = seed
        self._calendar = calendar

    def _sessions(self, person: Person) -> tuple[Session, ...]:
        return sessions_of(person, seed=self._seed, calendar=self._calendar)

    def _recording(self, person: Person, session: Session) -> Recording:
        slot = NIGHT if session.heard_s else session.slot
        rng = np.random.default_rng([self._seed, person.number, 2, session.evening, slot])
        return simulated_recording(rng, person, session)

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        """Labels and statistics of many of the person's sessions, in their order."""
        return tuple(figures_of(self.recording(person, session)) for session in sessions)


def figures_of(recording: Recording) -> Figures:
    """The part of a recording that the averages need."""
    return Figures(peculiarities=recording.peculiarities, stat=recording.stat)


def simulated_world(
    *,
    people: int = 48,
    nights: int = 90,
    seed: int = 1,
    until: date | None = None,
    now: datetime | None = None,
) -> World:
    """A world of simulated people whose last evening is `until`, by default yesterday's in UTC.

    Sessions that would end after `now` (default: this moment) are not there yet, so with the default `until`
    people far west of Greenwich may still be asleep. Equal arguments give equal worlds.
    """
    moment = now or datetime.now(UTC)
    last_evening = until or (moment.astimezone(UTC) - timedelta(days=1)).date()
    calendar = Calendar(until=last_evening, nights=nights, now=moment)
    return World(
        seed=seed, people=cast(people=people, seed=seed), diary=SimulatedDiary(seed=seed, calendar=calendar)
    )


def simulated_recording(rng: np.random.Generator, person: Person, session: Session) -> Recording:
    """Stages, snoring, labels and statistics of a simulated session."""
    if session.kind == "too_short":
        return labelled(session, stages=None, snoring=None, label="TOO_SHORT_FOR_ANALYSIS")
    stages = _stages(rng, person, session)
    snoring = snoring_stages(rng, stages, person.sleeper.snoring_ratio)
    if session.state != "COMPLETE":
        analysed = len(stages) // _EPOCHS_PER_BLOCK * _EPOCHS_PER_BLOCK
        return labelled(session, stages=stages[:analysed], snoring=snoring[:analysed], label="IN_PROGRESS")
    label = {"defects": "TOO_MANY_DEFECTS_IN_SLEEP_STAGES", "left_running": "TOO_LONG_FOR_ANALYSIS"}.get(
        session.kind
    )
    return labelled(session, stages=stages, snoring=snoring, label=label)


def labelled(
    session: Session, *, stages: Stages | None, snoring: Stages | None, label: str | None
) -> Recording:
    """A recording with the labels and statistics its stages and its own label allow.

    Without a label of its own, a session whose every known entry is wake is NEVER_SLEPT.
    """
    for shared in (stages, snoring):
        if shared is not None:
            shared.setflags(write=False)  # recordings are kept and handed out many times
    without_stat = label not in (None, "TOO_LONG_FOR_ANALYSIS")
    stat = None
    if stages is not None and session.end_s is not None and not without_stat:
        stat = vendor_statistics(stages, snoring, start_s=session.start_s, end_s=session.end_s)
        if not np.any(stages > WAKE):
            label = "NEVER_SLEPT"
    return Recording(
        stages=stages,
        snoring=snoring,
        missing_data_ratio=0.0 if stages is None else unknown_ratio(stages),
        peculiarities=(*((label,) if label else ()), "NO_BREATHING_STABILITY"),
        stat=stat,
    )


def _stages(rng: np.random.Generator, person: Person, session: Session) -> Stages:
    if session.kind == "never_slept":
        return np.zeros(session.epochs, dtype=np.int8)
    sleeper = replace(
        person.sleeper,
        # A nap begins when sleep is near.
        latency_median_min=person.sleeper.latency_median_min
        * (0.5 if session.kind == "nap" else session.latency_factor),
    )
    asleep_epochs = min(session.epochs, 1000) if session.kind == "left_running" else session.epochs
    stages = np.zeros(session.epochs, dtype=np.int8)
    if session.heard_s is not None:
        start_s, end_s = session.heard_s
        heard = sleep_stages(rng, (end_s - start_s) // EPOCH_S, sleeper)[
            (session.start_s - start_s) // EPOCH_S :
        ]
        stages[: len(heard)] = heard[: len(stages)]
        return stages
    stages[:asleep_epochs] = sleep_stages(rng, asleep_epochs, sleeper)
    if session.kind == "gaps":
        return with_gaps(rng, stages, float(rng.choice([0.01, 0.03, 0.06, 0.1, 0.18, 0.26])))
    return with_gaps(rng, stages, float(rng.uniform(0.32, 0.7))) if session.kind == "defects" else stages


class Account:
    """The changing side of a world: who was created or deleted since it began. Safe between threads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._people = {person.user_id: person for person in world.people}
        self._deleted_sessions: set[tuple[str, str]] = set()
        self._created = 0

    def person(self, user_id: str) -> Person | None:
        """The person with this identifier, or None."""
        with self._lock:
            return self._people.get(user_id)

    def sessions(self, person: Person) -> list[Session]:
        """The person's sessions that were not deleted, oldest first."""
        everything = self._world.diary.sessions(person)
        with self._lock:
            if not self._deleted_sessions:
                return list(everything)
            return [
                session
                for session in everything
                if (person.user_id, session.id) not in self._deleted_sessions
            ]

    def session(self, person: Person, session_id: str) -> Session | None:
        """One session of the person, or None."""
        return next((session for session in self.sessions(person) if session.id == session_id), None)

    def create_user(self, metadata: dict[str, Any] | None, *, now: datetime) -> str:
        """The identifier of a new person, who has no sessions."""
        with self._lock:
            rng = np.random.default_rng([self._world.seed, 5, self._created])
            self._created += 1
            user_id = issued_user_id(rng, f"{now:%Y%m%d%H%M%S}")
            self._people[user_id] = Person(
                number=-1,
                user_id=user_id,
                name="",
                zone="UTC",
                birth_year=None,
                sex=None,
                tags=(),
                metadata=metadata,
            )
            return user_id

    def delete_user(self, user_id: str) -> bool:
        """Whether there was such a person; there is none afterwards."""
        with self._lock:
            return self._people.pop(user_id, None) is not None

    def delete_session(self, person: Person, session_id: str) -> bool:
        """Whether the person had such a session; there is none afterwards."""
        if self.session(person, session_id) is None:
            return False
        with self._lock:
            self._deleted_sessions.add((person.user_id, session_id))
        return True
