"""A simulator in a process of its own, so that it does not wait for our interpreter nor we for its."""

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Any, Final

from asleep.simulator.diary import Session
from asleep.simulator.people import Person
from asleep.simulator.recordings import Recording
from asleep.simulator.server import serve
from asleep.simulator.world import Diary, Figures, simulated_world

_ANSWER_LIMIT_S: Final = 120.0


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who is in the vendor's account, and how it answers.

    Attributes:
        people, nights: so many, and so many nights of each.
        latency_ms: what an answer takes besides being made.
        rate_per_s: calls allowed per second; None allows any number.
        known: whether the statistics of all nights are there before anybody asks. The service that this stands in for
            has machines of its own; here it would invent them on the cores on which our work is measured.
    """

    people: int
    nights: int
    latency_ms: float = 0.0
    rate_per_s: float | None = None
    known: bool = False


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """Where the account answers, whom it has, and what it counts.

    Attributes:
        people: id, name and zone of each.
        sessions: the id of a person and of one of their sessions, all of them.
    """

    address: str
    api_key: str
    people: list[tuple[str, str, str]]
    sessions: list[tuple[str, str]]
    line: Connection

    def refused(self) -> int:
        """How many calls met the rate limit or another refusal."""
        return self._count("refused")

    def calls(self) -> int:
        """How many calls were answered or refused."""
        return self._count("calls")

    def _count(self, what: str) -> int:
        self.line.send(what)
        return int(_answer(self.line))


@dataclass(frozen=True, kw_only=True)
class _Known:
    """A diary whose statistics have all been made."""

    diary: Diary
    made: dict[str, Figures] = field(default_factory=dict)

    def sessions(self, person: Person) -> tuple[Session, ...]:
        return self.diary.sessions(person)

    def recording(self, person: Person, session: Session) -> Recording:
        return self.diary.recording(person, session)

    def figures(self, person: Person, sessions: Sequence[Session]) -> tuple[Figures, ...]:  # noqa: ARG002
        return tuple(self.made[session.id] for session in sessions)


@contextmanager
def vendor(account: Account) -> Iterator[Vendor]:
    """The account from when it answers until it is not needed any more."""
    spawn = multiprocessing.get_context("spawn")
    line, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, account), daemon=True)
    process.start()
    theirs.close()  # so that its end is noticed here
    try:
        address, api_key, people, sessions = _answer(line)
        yield Vendor(address=address, api_key=api_key, people=people, sessions=sessions, line=line)
    finally:
        line.send("end")
        process.join(_ANSWER_LIMIT_S)


def _answer(line: Connection) -> Any:
    if not line.poll(_ANSWER_LIMIT_S):
        raise RuntimeError(
            "The simulator's process did not answer; run it by hand: python -m asleep.simulator."
        )
    return line.recv()


def _serve(line: Connection, account: Account) -> None:
    world = simulated_world(people=account.people, nights=account.nights)
    if account.known:
        known = _Known(diary=world.diary)
        for person in world.people:
            sessions = world.diary.sessions(person)
            found = world.diary.figures(person, sessions)
            known.made.update(zip((session.id for session in sessions), found, strict=True))
        world = replace(world, diary=known)
    with serve(world, latency_ms=account.latency_ms, rate_limit_per_s=account.rate_per_s) as running:
        people = [(person.user_id, person.name, person.zone) for person in world.people]
        sessions_of_all = [
            (person.user_id, session.id)
            for person in world.people
            for session in world.diary.sessions(person)
        ]
        line.send((running.address, running.api_key, people, sessions_of_all))
        while (asked := line.recv()) in {"refused", "calls"}:
            line.send((running.refused if asked == "refused" else running.requests).total())
