"""The nights that are recorded while the simulator runs: whose they are, and what is known of each at any moment.

Without speed-up they are tomorrow's: the evenings that the same people would have in a world made later, so that a demo
started tomorrow has as its history what was live today. With it, a few people record a night of the past once more, as
if the moment ran through it that much faster; until it begins they have not gone to bed, and nothing is ever later than
the true moment.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import islice
from operator import attrgetter

import msgspec

from asleep.simulator.diary import Session
from asleep.simulator.lives import CAST_SIZE, STILL_ANALYSED, STILL_RECORDED
from asleep.simulator.people import Person
from asleep.simulator.recordings import EPOCHS_PER_BLOCK, IN_PROGRESS, Figures, Recording, labelled
from asleep.simulator.stories import Calendar
from asleep.simulator.world import Diary, SimulatedDiary, World

FURTHER_EVENINGS = 30
FEW = 3  # so many record a night with speed-up, unless somebody says how many

# Evenings up to the world's last that may still be under way: a recorder that was left running cannot be started again.
_BEFORE = 3
_PERSONS_KEPT = 1024


@dataclass(frozen=True, kw_only=True)
class _Onward(Calendar):
    """The calendar of a world and the evenings after it, on which the stories go on as they were."""

    world: Calendar

    @cached_property
    def intervention(self) -> int:
        """As in the world."""
        return self.world.intervention

    @property
    def decline(self) -> int:
        """As in the world."""
        return self.world.decline

    @property
    def silence(self) -> int:
        """As in the world."""
        return self.world.silence

    @property
    def trip(self) -> range:
        """As in the world."""
        return self.world.trip


def _onward(calendar: Calendar) -> _Onward:
    until = date.fromordinal(calendar.last + FURTHER_EVENINGS)
    return _Onward(
        until=until,
        nights=_BEFORE + FURTHER_EVENINGS,
        now=datetime.combine(until + timedelta(days=7), datetime.min.time(), UTC),
        world=calendar,
    )


class Tonight:
    """Who records, which nights, and how far each of them is. Safe between threads.

    `world` is the world it was made for with these nights in it: the one to serve.
    """

    def __init__(
        self,
        world: World,
        *,
        speed: float = 1.0,
        people: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`people`: at most so many record; without it everybody, with speed-up a few. `clock`: seconds since 1970."""
        self._past = world.diary
        self.speed = speed
        self._clock = clock
        self._began_s = clock()
        self._nights: Callable[[Person], tuple[Session, ...]] = lru_cache(_PERSONS_KEPT)(
            self._nights_to_come if speed == 1 else self._night_again
        )
        limit = people if people is not None or speed == 1 else FEW
        self.people: tuple[Person, ...] = tuple(islice(self._recording(world), limit))
        self._places = frozenset(person.number for person in self.people)
        self.world = replace(world, diary=_DiaryOfTonight(tonight=self, past=world.diary))

    def nights(self, person: Person) -> tuple[Session, ...]:
        """The person's nights as they will be once they are complete, oldest first; sessions left open stay so."""
        return self._nights(person) if person.number in self._places else ()

    def now_s(self) -> float:
        """This moment by the clock, in seconds since 1970."""
        return self._clock()

    def due_s(self, session: Session, virtual_s: float) -> float:
        """When, by the clock, it is this moment of the session."""
        if self.speed == 1:
            return virtual_s
        return self._began_s + (virtual_s - session.start_s) / self.speed

    def so_far(self, session: Session) -> Session | None:
        """The session as it is at this moment: None before it began, then OPEN, CLOSED and COMPLETE."""
        if session.state != "COMPLETE":
            return session
        virtual_s = self._virtual_s(session)
        if virtual_s < session.start_s:
            return None
        if virtual_s >= (session.complete_s or session.start_s):
            return session
        if session.end_s is not None and virtual_s >= session.end_s:
            return msgspec.structs.replace(session, state="CLOSED", complete_s=None)
        recorded_s = int(virtual_s) - session.start_s
        return msgspec.structs.replace(
            session,
            state="OPEN",
            end_s=None,
            complete_s=None,
            unexpected_end_s=None,
            recorded_s=recorded_s,
        )

    def whole(self, person: Person, session_id: str) -> Session | None:
        """The night of this id as it will be, None for a session of the past."""
        return next((session for session in self.nights(person) if session.id == session_id), None)

    def recording(self, person: Person, session: Session) -> Recording:
        """What is known of a night that was under way when `session` was asked for: whole blocks of the same night."""
        whole = self.whole(person, session.id)
        known = self._past.recording(person, session if whole is None else whole)
        if whole is None or session.state == "COMPLETE" or whole.state != "COMPLETE":
            return known
        stages, snoring = known.stages, known.snoring
        if stages is not None:
            stages = stages[: analysed_epochs(session)]
        if snoring is not None:
            snoring = snoring[: analysed_epochs(session)]
        return labelled(session, stages=stages, snoring=snoring, label=IN_PROGRESS)

    def _virtual_s(self, session: Session) -> float:
        if self.speed == 1:
            return self._clock()
        return session.start_s + (self._clock() - self._began_s) * self.speed

    def _recording(self, world: World) -> Iterable[Person]:
        """Who may record, first those of whom the world says that they do."""
        in_order = sorted(world.people, key=lambda person: person.number % CAST_SIZE != STILL_RECORDED)
        if self.speed == 1:
            return in_order
        return (person for person in in_order if self._nights(person))

    def _nights_to_come(self, person: Person) -> tuple[Session, ...]:
        past = self._past.sessions(person)
        if person.habits is None or not isinstance(self._past, SimulatedDiary):
            return ()
        if person.number % CAST_SIZE in (STILL_ANALYSED, STILL_RECORDED):
            return tuple(session for session in past if session.state == "OPEN")
        known = {session.id for session in past}
        return tuple(
            session
            for session in self._past.sessions_on(person, _onward(self._past.calendar))
            if session.id not in known and (session.complete_s or 0) >= self._began_s
        )

    def _night_again(self, person: Person) -> tuple[Session, ...]:
        past = self._past.sessions(person)
        if not past:
            return ()
        last = past[-1]
        if isinstance(self._past, SimulatedDiary):
            later = self._past.sessions_on(person, _onward(self._past.calendar))
            last = next((session for session in later if session.id == last.id), last)
        ordinary = last.kind in ("night", "replayed") and last.state == "COMPLETE"
        return (last,) if ordinary and (last.complete_s or self._began_s) < self._began_s else ()


def analysed_epochs(session: Session) -> int:
    """Epochs of the whole blocks that were recorded so far."""
    return session.epochs // EPOCHS_PER_BLOCK * EPOCHS_PER_BLOCK


@dataclass(frozen=True, kw_only=True)
class _DiaryOfTonight:
    """The diary of a world in which some nights are only being recorded."""

    tonight: Tonight
    past: Diary

    def sessions(self, person: Person) -> tuple[Session, ...]:
        """Every session of the person that has begun, oldest first."""
        nights = self.tonight.nights(person)
        if not nights:
            return self.past.sessions(person)
        ids = {session.id for session in nights}
        begun = (self.tonight.so_far(session) for session in nights)
        found = [
            *(session for session in self.past.sessions(person) if session.id not in ids),
            *(session for session in begun if session is not None),
        ]
        return tuple(sorted(found, key=attrgetter("start_s")))

    def recording(self, person: Person, session: Session) -> Recording:
        """Stages, labels and statistics of one of the sessions, as far as it was analysed."""
        return self.tonight.recording(person, session)

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:
        """Labels and statistics of many of the person's complete sessions, in their order."""
        return self.past.figures(person, sessions)
