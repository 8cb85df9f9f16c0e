"""The simulator's own work: a world, a night, and a hundred days of statistics, without HTTP."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime

from asleep.simulator.people import Person
from asleep.simulator.world import World, simulated_world
from bench.results import Figure

_UNTIL, _NOW = date(2026, 4, 12), datetime(2026, 4, 15, 12, tzinfo=UTC)
_DAYS, _PEOPLE, _ROUNDS = 100, 40, 5


def figures() -> list[Figure]:
    """Best of a few worlds of 5,000 people, and medians over people nobody asked about before."""
    starts = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        world = simulated_world(people=5000, nights=365, until=_UNTIL, now=_NOW)
        starts.append(time.perf_counter() - start)
    days_ms, night_ms = _days_ms(world), _night_ms(world)
    return [
        Figure(name="simulator, 5,000 people and 365 nights", value=min(starts), unit="s", bound=2.0),
        Figure(name="simulator, a night nobody asked for", value=night_ms, unit="ms", bound=1.0),
        Figure(name="simulator, 100 days of somebody new", value=days_ms, unit="ms", bound=5.0),
    ]


def _days_ms(world: World) -> float:
    def ask(person: Person) -> None:
        sessions = world.diary.sessions(person)
        first = _UNTIL.toordinal() - _DAYS + 1
        world.diary.figures(person, [session for session in sessions if session.evening >= first])

    return _median_ms(world.people[:_PEOPLE], ask)


def _night_ms(world: World) -> float:
    def ask(person: Person) -> None:
        world.diary.recording(person, world.diary.sessions(person)[100])

    for person in world.people[:_PEOPLE]:
        world.diary.sessions(person)
    return _median_ms(world.people[:_PEOPLE], ask)


def _median_ms(people: tuple[Person, ...], ask: Callable[[Person], None]) -> float:
    taken = []
    for person in people:
        start = time.perf_counter()
        ask(person)
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)
