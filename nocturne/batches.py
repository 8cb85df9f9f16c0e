"""What travels to whoever works on some people, and what comes back; the same in this process and in any other.

There go: a function, which is a frozen value whose fields are its parameters (organisation, dates, rules), the place of
the archive, and the people. Nights of the archive do not travel there: they are read where the work is done. Statistics
that a synchronisation has received do, as deliveries to worker processes of this machine; never to dask.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from cache.archive import NightArchive
from cache.seal import PlainSeal
from nocturne.progress import Failure

log = logging.getLogger(__name__)


class EngineFailed(RuntimeError):
    """Nobody could be worked on, whoever they are; the message says what happened and what to do."""


class EngineMissing(EngineFailed):
    """The settings ask for an engine that is not installed here."""


class ArchiveNotThere(EngineFailed):
    """A worker does not find the nights where they are for everybody else."""


class Unserved(Exception):
    """Raised by a mapped function for one person: the message is the reason, in a sentence."""


class Someone(Protocol):
    """Whatever is mapped over: it has a person's id, and is as small as can be."""

    @property
    def person_id(self) -> str:
        """Whose turn it is."""
        ...


class BatchFunction(Protocol):
    """A pure function of some people and their nights; a frozen value of a module, so that it can travel by name."""

    def __call__(self, archive: NightArchive, people: tuple[Any, ...], /) -> Any:
        """The value of these people together."""
        ...


class PersonFunction(Protocol):
    """A pure function of one person and their nights; a frozen value likewise."""

    def __call__(self, archive: NightArchive, person: Any, /) -> Any:
        """The person's value; raises `Unserved` with a sentence where there is none."""
        ...


@dataclass(frozen=True, kw_only=True)
class Each:
    """A function of one person, asked of each person of a batch."""

    function: PersonFunction


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an organisation's nights lie.

    Attributes:
        folder: of the archive, absolute; the same on every machine that works.
        filled: whether anything lies there; a worker that finds nothing then looks at another disk.
    """

    organisation: str
    folder: Path
    filled: bool = False

    @classmethod
    def of(cls, organisation: str, folder: Path) -> "Place":
        """The place as it is now."""
        return cls(
            organisation=organisation, folder=folder.resolve(), filled=(folder / organisation).is_dir()
        )

    def checked(self) -> None:
        """Returns when this machine sees what is there; raises `ArchiveNotThere` otherwise."""
        if self.filled and not (self.folder / self.organisation).is_dir():
            raise ArchiveNotThere(
                f"A worker finds no nights of {self.organisation} in {self.folder}. Give every worker the data folder "
                "under the path that it has here, or unset NOCTURNE_DASK_SCHEDULER."
            )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some people, and what is to be made of their nights."""

    function: BatchFunction | Each
    place: Place
    people: tuple[Any, ...]

    def one_by_one(self) -> Iterator["Batch"]:
        """The same for each person alone."""
        for person in self.people:
            yield Batch(function=self.function, place=self.place, people=(person,))


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What became of a batch: values, one where all went well, and who could not be served."""

    values: tuple[Any, ...] = ()
    failures: tuple[Failure, ...] = ()

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(values=self.values + other.values, failures=self.failures + other.failures)


def outcome_of(batch: Batch, archive: NightArchive | None = None) -> Outcome:
    """What the function makes of a batch; when it raises, of each person alone, and of whom it still raises a failure.

    Args:
        batch: the people and the function.
        archive: the one at the batch's place where it is open already; else this process opens it once and keeps it.

    Raises:
        ArchiveNotThere: this machine does not see the place.
    """
    batch.place.checked()
    archive = archive or _opened(batch.place.folder)
    if isinstance(batch.function, Each):
        return _one_by_one(batch.function.function, archive, batch.people)
    function = batch.function
    try:
        return Outcome(values=(function(archive, batch.people),))
    except Exception as error:  # noqa: BLE001 - whatever one person's nights do, the others are served
        if len(batch.people) == 1:
            return Outcome(failures=(_failure(batch.people[0], error),))
    return _one_by_one(lambda archive, person: function(archive, (person,)), archive, batch.people)


def _one_by_one(function: PersonFunction, archive: NightArchive, people: tuple[Any, ...]) -> Outcome:
    values, failures = [], []
    for person in people:
        try:
            values.append(function(archive, person))
        except Exception as error:  # noqa: BLE001 - likewise
            failures.append(_failure(person, error))
    return Outcome(values=tuple(values), failures=tuple(failures))


def _failure(person: Someone, error: Exception) -> Failure:
    if isinstance(error, Unserved):
        return Failure(person_id=person.person_id, reason=str(error))
    log.error("Nothing could be made of the nights of %s.", person.person_id, exc_info=error)
    reason = f"Nothing could be made of this person's nights ({type(error).__name__}: {error}). The log says where."
    return Failure(person_id=person.person_id, reason=reason)


@lru_cache(maxsize=4)
def _opened(folder: Path) -> NightArchive:
    return NightArchive(folder, PlainSeal())
