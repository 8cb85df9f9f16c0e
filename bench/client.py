"""The client against a simulator in a process of its own: how near it keeps to the rate, and what it adds to a call."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import requests

from asleep.client import AsleepClient
from asleep.pacing import Pacer
from asleep.simulator.server import serve
from asleep.simulator.world import simulated_world
from bench.results import Figure

_SESSIONS = 2_000
_RATE_PER_S = 50.0
_LATENCY_MS = 50.0
_THREADS = 8
_CALLS = 600
_NIGHTS_IN_TURN = 30
_PEOPLE, _NIGHTS = 12, 300
_ANSWER_LIMIT_S = 60.0

Session = tuple[str, str]
"""The id of a person and of one of their sessions."""


def figures() -> list[Figure]:
    """What 2,000 sessions take at 50 calls per second, and one call beside the same call with bare `requests`."""
    return [*_paced(), *_overhead()]


@dataclass(frozen=True, kw_only=True)
class _Vendor:
    address: str
    api_key: str
    sessions: list[Session]
    line: Connection

    def refused(self) -> int:
        """How many calls met the rate limit or another refusal."""
        self.line.send("refused")
        return int(_answer(self.line))


def _paced() -> list[Figure]:
    with (
        _vendor(latency_ms=_LATENCY_MS, rate_limit_per_s=_RATE_PER_S) as vendor,
        AsleepClient(
            base_url=vendor.address, api_key=vendor.api_key, pacer=Pacer(_RATE_PER_S), pool=_THREADS
        ) as client,
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        start = time.perf_counter()
        results = list(threads.map(lambda session: client.get_session(*session), vendor.sessions[:_SESSIONS]))
        spent_s = time.perf_counter() - start
        refused = vendor.refused()
    if len({result.session_id for result in results}) != _SESSIONS:
        raise RuntimeError("The figure is of no use: not every session came, each once.")
    least_s = _SESSIONS / _RATE_PER_S
    return [
        Figure(name="2,000 sessions at 50 ms and 50 calls per second", value=spent_s, unit="s"),
        Figure(
            name="2,000 sessions beside what the rate allows",
            value=spent_s / least_s,
            unit="ratio",
            bound=1.05,
        ),
        Figure(name="calls that the vendor refused meanwhile", value=refused, unit="calls", bound=0),
    ]


def _overhead() -> list[Figure]:
    with (
        _vendor() as vendor,
        AsleepClient(base_url=vendor.address, api_key=vendor.api_key) as client,
        requests.Session() as bare,
    ):
        bare.headers.update({"x-api-key": vendor.api_key, "timezone": "UTC"})
        bare.trust_env = (
            False  # as the client: no look at the machine's proxies and passwords before each call
        )

        def ask_barely(user: str, session: str) -> object:
            path = f"{vendor.address}/data/v3/sessions/{session}"
            answer = bare.get(path, headers={"x-user-id": user}, timeout=10)
            answer.raise_for_status()
            return answer.json()

        ours, theirs = _paired(client.get_session, ask_barely, vendor.sessions[:_NIGHTS_IN_TURN])
    call_s, bare_s = statistics.median(ours), statistics.median(theirs)
    return [
        Figure(name="a call, to a typed value", value=call_s * 1000, unit="ms"),
        Figure(name="the same call with bare requests, to parsed JSON", value=bare_s * 1000, unit="ms"),
        Figure(name="what the client adds to a call", value=(call_s - bare_s) * 1000, unit="ms"),
        # Room for the deadline, pace, breaker and typed values, and for noise; a connection made anew, a thread per
        # call or a second exchange does not fit in.
        Figure(name="a call beside bare requests", value=call_s / bare_s, unit="ratio", bound=1.3),
    ]


def _paired(
    one: Callable[..., object], other: Callable[..., object], sessions: list[Session]
) -> tuple[list[float], list[float]]:
    """Seconds of each, taken in turn for the same session: what the machine does besides meets both alike."""
    spent: tuple[list[float], list[float]] = ([], [])
    for session in sessions:
        one(*session)
        other(*session)  # now nothing is new to either
    for session in itertools.islice(itertools.cycle(sessions), _CALLS):
        for act, seconds in zip((one, other), spent, strict=True):
            start = time.perf_counter()
            act(*session)
            seconds.append(time.perf_counter() - start)
    return spent


@contextmanager
def _vendor(*, latency_ms: float = 0.0, rate_limit_per_s: float | None = None) -> Iterator[_Vendor]:
    """A simulator in a process of its own, so that it does not wait for our interpreter nor we for its."""
    spawn = multiprocessing.get_context("spawn")
    line, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, latency_ms, rate_limit_per_s), daemon=True)
    process.start()
    theirs.close()  # so that its end is noticed here
    try:
        address, api_key, sessions = _answer(line)
        yield _Vendor(address=address, api_key=api_key, sessions=sessions, line=line)
    finally:
        line.send("end")
        process.join(_ANSWER_LIMIT_S)


def _answer(line: Connection) -> Any:
    if not line.poll(_ANSWER_LIMIT_S):
        raise RuntimeError(
            "The simulator's process did not answer; run it by hand: python -m asleep.simulator."
        )
    return line.recv()


def _serve(line: Connection, latency_ms: float, rate_limit_per_s: float | None) -> None:
    world = simulated_world(people=_PEOPLE, nights=_NIGHTS)
    with serve(world, latency_ms=latency_ms, rate_limit_per_s=rate_limit_per_s) as running:
        sessions = [
            (person.user_id, session.id)
            for person in world.people
            for session in world.diary.sessions(person)
        ]
        line.send((running.address, running.api_key, sessions))
        while line.recv() == "refused":
            line.send(running.refused.total())
