"""A vendor whose nights go on, and a worker that nobody has started."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Final

import pytest

from asleep.simulator.server import Running
from nocturne.access import Actor, local_actor
from nocturne.application import Application
from nocturne.inbox_worker import InboxWorker
from store.inbox import Arrival, DeadLetter, InboxState, LiveNight
from store.people import Person
from tests.nocturne.syncing import NotingClient
from tests.nocturne.webhooks import (
    Clock,
    GoingOn,
    block,
    complete,
    in_archive,
    live,
    newest_night,
)

LIMIT_S: Final = 30.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A vendor whose nights go on, an application, a clock that the test moves, and what the client was asked."""

    vendor: Running
    diary: GoingOn
    clock: Clock
    client: NotingClient
    application: Application

    @property
    def actor(self) -> Actor:
        return local_actor(self.application.organisation)

    @property
    def people(self) -> tuple[Person, ...]:
        return self.application.people()

    @property
    def state(self) -> InboxState:
        environment = self.application.settings.asleep_environment
        return self.application.inbox.state(self.application.organisation, environment)

    @property
    def done(self) -> int:
        return self.application.inbox.done(self.application.organisation, "live")

    @property
    def dead_letters(self) -> tuple[DeadLetter, ...]:
        return self.application.inbox.dead_letters(self.application.organisation, "live")

    def night(self, person: Person) -> str:
        """The id of the person's newest whole night."""
        return newest_night(self.vendor, person).id

    def accept(self, *arrivals: Arrival) -> None:
        self.application.inbox.accept(arrivals)

    def blocks(self, person: Person, session: str, seqs: Iterable[int]) -> list[Arrival]:
        return [block(self.application, person.vendor_id, session, seq) for seq in seqs]

    def complete(self, person: Person, session: str) -> Arrival:
        return complete(self.application, person.vendor_id, session)

    def live(self) -> dict[str, LiveNight]:
        return live(self.application)

    def kept(self, person: Person) -> dict[str, str]:
        return in_archive(self.application, person)


@contextmanager
def at_work(application: Application) -> Iterator[InboxWorker]:
    """A worker that nobody has started."""
    made = InboxWorker(application, name="test")
    try:
        yield made
    finally:
        made.stop()


def until(holds: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(int(LIMIT_S / 0.02)):
        if holds():
            return
        pause.wait(0.02)
    pytest.fail("It did not happen in time.")
