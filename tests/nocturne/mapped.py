"""Functions that the tests map over people; in a module of their own, because workers import them by name."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analytics.summary import Sleeper
from cache.archive import NightArchive
from nocturne.mapping import Unserved


@dataclass(frozen=True, kw_only=True)
class Year:
    """Everything the archive has of some people."""

    organisation: str

    def __call__(self, archive: NightArchive, people: tuple[Sleeper, ...], /) -> pd.DataFrame:
        frames = [archive.nights(self.organisation, person.person_id) for person in people]
        return pd.concat(frames, ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class Asleep:
    """A person's nights and the minutes asleep in them; raises for some."""

    organisation: str
    silent: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()

    def __call__(self, archive: NightArchive, person: Sleeper, /) -> tuple[str, int, float]:
        if person.person_id in self.silent:
            raise Unserved("Nothing was recorded.")
        if person.person_id in self.broken:
            raise ZeroDivisionError("no such luck")
        nights = archive.nights(self.organisation, person.person_id)
        return person.person_id, len(nights), float(nights["tst_min"].sum())


@dataclass(frozen=True, kw_only=True)
class AllOf:
    """The ids of a batch; raises whenever one of some people is in it."""

    broken: frozenset[str] = frozenset()

    def __call__(self, _archive: NightArchive, people: tuple[Sleeper, ...], /) -> tuple[str, ...]:
        if any(person.person_id in self.broken for person in people):
            raise ZeroDivisionError("no such luck")
        return tuple(person.person_id for person in people)


@dataclass(frozen=True, kw_only=True)
class Deadly:
    """The ids of a batch; ends the process at some people: `always`, or at `once` while the mark is not there."""

    always: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    mark: Path = Path()

    def __call__(self, _archive: NightArchive, people: tuple[Sleeper, ...], /) -> tuple[str, ...]:
        ids = tuple(person.person_id for person in people)
        if self.always.intersection(ids):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.once.intersection(ids) and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return ids


@dataclass(frozen=True, kw_only=True)
class Pid:
    """Which process works, after a while."""

    def __call__(self, _archive: NightArchive, _person: Sleeper, /) -> int:
        time.sleep(0.2)
        return os.getpid()
