"""A function over many people: in batches, on any engine, the same results in the order of the people.

The person is the unit of every statistic, so a map over people is all that has to be distributed. Nobody is lost
silently: who could not be served ends as a `Failure` with its reason, and the others are served.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from threading import Event
from types import FunctionType
from typing import Any, Final, TypeVar

from nocturne.batches import (
    Batch,
    BatchFunction,
    Each,
    EngineFailed,
    Outcome,
    PersonFunction,
    Someone,
    Unserved,
)
from nocturne.engines import Engine
from nocturne.progress import Failure

__all__ = [
    "Each",
    "Engine",
    "EngineFailed",
    "MapProgress",
    "Mapped",
    "Unserved",
    "map_batches",
    "map_people",
    "outcomes",
]

P = TypeVar("P", bound=Someone)

PEOPLE_PER_BATCH: Final = 100
DIED: Final = (
    "The process that worked on this person ended before it was done, perhaps for want of memory. "
    "The log of that machine says why; ask for this person alone."
)
STOPPED: Final = "It was stopped before this person's turn; ask again."
DEATHS_IN_A_ROW: Final = 5
"""After so many people who each ended a worker of their own, nobody else is tried."""
_LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class MapProgress:
    """How far a map is: people done, those who could not be served included, of all."""

    done: int
    people: int
    failed: int

    @property
    def share(self) -> float:
        """Share of the people done, 0 to 1."""
        return self.done / self.people if self.people else 1.0

    @property
    def in_words(self) -> str:
        """One line that says how far it is."""
        left_out = f", {self.failed} of them could not be served" if self.failed else ""
        return f"{self.done} of {self.people} people done{left_out}."


@dataclass(frozen=True, kw_only=True, eq=False)
class Mapped:
    """Values in the order of the people, and everybody who has none, likewise."""

    values: tuple[Any, ...]
    failures: tuple[Failure, ...]


def map_people(
    function: PersonFunction,
    people: Sequence[P],
    engine: Engine,
    *,
    people_per_batch: int = PEOPLE_PER_BATCH,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> Mapped:
    """A value for each person, in their order, the same on every engine.

    Args:
        function: of the archive and one person.
        people: each once.
        engine: who does the work.
        people_per_batch: so many people are handed over at a time.
        tell: hears how far it is after each batch.
        cancel: when set, no further batch is begun; whose turn had not come ends as a failure.

    Raises:
        ValueError: somebody is in it twice, or the function is of the main script or inside of
            another, so that it cannot travel.
        EngineFailed: nobody could be worked on: a scheduler that does not answer, processes that do not start, or one
            worker after the other that ends.
    """
    return map_batches(
        Each(function=function),
        people,
        engine,
        people_per_batch=people_per_batch,
        tell=tell,
        cancel=cancel,
    )


def map_batches(
    function: BatchFunction | Each,
    people: Sequence[P],
    engine: Engine,
    *,
    people_per_batch: int = PEOPLE_PER_BATCH,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> Mapped:
    """A value for each batch of people, in their order; where a batch failed, one for each person who did not.

    Arguments and errors are those of `map_people`, but that the function is of the archive and some people.
    """
    found = list(
        outcomes(function, people, engine, people_per_batch=people_per_batch, tell=tell, cancel=cancel)
    )
    return Mapped(
        values=tuple(value for outcome in found for value in outcome.values),
        failures=tuple(failure for outcome in found for failure in outcome.failures),
    )


def outcomes(
    function: BatchFunction | Each,
    people: Sequence[P],
    engine: Engine,
    *,
    people_per_batch: int = PEOPLE_PER_BATCH,
    tell: Callable[[MapProgress], None] = lambda _: None,
    cancel: Event | None = None,
) -> Iterator[Outcome]:
    """What becomes of each batch, in the order of the people and as soon as it is known; as `map_batches`."""
    ids = [person.person_id for person in people]
    if len(set(ids)) != len(ids):
        raise ValueError("somebody is among these people twice, and would be worked on twice")
    _check_that_it_travels(function.function if isinstance(function, Each) else function)
    place = engine.place
    batches = [
        Batch(function=function, place=place, people=tuple(people[at : at + people_per_batch]))
        for at in range(0, len(people), people_per_batch)
    ]
    done, failed = 0, 0
    early: dict[int, Outcome] = {}
    missing = {number: len(batch.people) for number, batch in enumerate(batches)}
    turn = 0
    for part in _worked(batches, engine, cancel or Event()):
        early[part.number] = early.get(part.number, Outcome()) + part.outcome
        missing[part.number] -= part.people
        done += part.people
        failed += len(part.outcome.failures)
        tell(MapProgress(done=done, people=len(people), failed=failed))
        while missing.get(turn) == 0:
            yield early.pop(turn)
            turn += 1


def _check_that_it_travels(function: object) -> None:
    """Returns when a worker finds the function, or the class it is of, by its name; raises `ValueError` otherwise."""
    named = function if isinstance(function, FunctionType | type) else type(function)
    if named.__module__ == "__main__":
        raise ValueError(
            f"{named.__name__} is of the main script, where no worker finds it; move it to a module"
        )
    if "<" in named.__qualname__:  # a lambda, or defined in a function
        raise ValueError(
            f"{named.__qualname__} has no name in its module, where no worker finds it; define it there by itself"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What became of some or all people of the batch of that number."""

    number: int
    people: int
    outcome: Outcome


def _part(number: int, batch: Batch, outcome: Outcome) -> _Part:
    return _Part(number=number, people=len(batch.people), outcome=outcome)


def _worked(batches: Sequence[Batch], engine: Engine, cancel: Event) -> Iterator[_Part]:
    """What becomes of the batches, in any order; the people of one batch in theirs."""
    waiting = deque(enumerate(batches))
    alone = _Alone(engine, cancel)
    under_way: dict[Future[Outcome], int] = {}
    at_once = engine.at_once if batches else 0
    try:
        while waiting or under_way:
            while waiting and len(under_way) < at_once and not cancel.is_set():
                number, batch = waiting.popleft()
                under_way[engine.submit(batch)] = number
            if cancel.is_set():
                yield from (_part(number, batch, _all(batch, STOPPED)) for number, batch in waiting)
                waiting.clear()
            died = []
            for future in wait(under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
                number = under_way.pop(future)
                outcome = _result(future, engine)
                if outcome is None:
                    died.append(number)
                else:
                    yield _part(number, batches[number], outcome)
            if died:
                # Whoever was under way with them may be the one: each of these people is tried once more, alone.
                yield from alone.after_a_death(under_way, batches, died)
    finally:
        for future in under_way:
            future.cancel()


class _Alone:
    """Tries people one at a time; gives up when worker after worker ends, whoever it works on."""

    def __init__(self, engine: Engine, cancel: Event) -> None:
        self._engine = engine
        self._cancel = cancel
        self._in_a_row = 0

    def after_a_death(
        self, under_way: "dict[Future[Outcome], int]", batches: Sequence[Batch], died: Iterable[int]
    ) -> Iterator[_Part]:
        """What becomes of the batches that died and of those under way beside them, which are no more afterwards."""
        suspects = list(died)
        for future, number in [*under_way.items()]:
            del under_way[future]
            outcome = _result(future, self._engine)
            if outcome is None:
                suspects.append(number)
            else:
                yield _part(number, batches[number], outcome)
        for number in suspects:
            yield from self._each(number, batches[number])

    def _each(self, number: int, batch: Batch) -> Iterator[_Part]:
        """What becomes of each person of the batch."""
        for one in batch.one_by_one():
            stopped = self._cancel.is_set()
            yield _part(number, one, _all(one, STOPPED) if stopped else self._tried(one))

    def _tried(self, one: Batch) -> Outcome:
        outcome = _result(self._engine.submit(one), self._engine)
        self._in_a_row = 0 if outcome is not None else self._in_a_row + 1
        if self._in_a_row >= DEATHS_IN_A_ROW:
            raise EngineFailed(
                f"{DEATHS_IN_A_ROW} people after each other ended the process that worked on them, so it is not the "
                "people. Look for the reason in the log of that machine (perhaps it has too little memory)."
            )
        return outcome or _all(one, DIED)


def _result(future: "Future[Outcome]", engine: Engine) -> Outcome | None:
    """The outcome; None when the worker ended before it was done."""
    try:
        return future.result()
    except engine.deaths:
        return None
    except EngineFailed:
        raise
    except Exception as error:
        raise EngineFailed(
            f"A worker could not take a batch of people ({type(error).__name__}: {error}). Let it import this project "
            "in the same version (PYTHONPATH), or work without it: unset NOCTURNE_DASK_SCHEDULER."
        ) from error


def _all(batch: Batch, reason: str) -> Outcome:
    return Outcome(
        failures=tuple(Failure(person_id=person.person_id, reason=reason) for person in batch.people)
    )
