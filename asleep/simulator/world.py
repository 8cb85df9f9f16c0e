"""The world the simulator serves: people, sessions and recordings, and the account that changes them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from asleep.simulator.diary import Session, sessions_of
from asleep.simulator.people import Person, cast, issued_user_id
from asleep.simulator.recordings import Figures, Recording, simulated_figures, simulated_recording
from asleep.simulator.stories import Calendar

__all__ = ["Account", "Diary", "Figures", "Recording", "SimulatedDiary", "World", "simulated_world"]


# Sessions of so many persons, and recordings of so many sessions, stay in memory (about 150 MB when full).
_PERSONS_KEPT = 512
_RECORDINGS_KEPT = 16_384


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
        self.calendar = calendar
        self._seed = seed

    def _sessions(self, person: Person) -> tuple[Session, ...]:
        return self.sessions_on(person, self.calendar)

    def sessions_on(self, person: Person, calendar: Calendar) -> tuple[Session, ...]:
        """The person's sessions on the evenings of another calendar, oldest first."""
        return sessions_of(person, seed=self._seed, calendar=calendar)

    def _recording(self, person: Person, session: Session) -> Recording:
        return simulated_recording(person, session, seed=self._seed)

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        """Labels and statistics of many of the person's sessions, in their order."""
        return simulated_figures(person, sessions, seed=self._seed)


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
