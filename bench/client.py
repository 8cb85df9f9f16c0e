"""The client against a simulator in a process of its own: how near it keeps to the rate, and what it adds to a call."""

import itertools
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import requests

from asleep.client import AsleepClient
from asleep.pacing import Pacer
from bench.results import Figure
from bench.vendor import Account, vendor

_SESSIONS = 2_000
_RATE_PER_S = 50.0
_LATENCY_MS = 50.0
_THREADS = 8
_CALLS = 600
_NIGHTS_IN_TURN = 30
_ACCOUNT = Account(people=12, nights=300)

Session = tuple[str, str]
"""The id of a person and of one of their sessions."""


def figures() -> list[Figure]:
    """What 2,000 sessions take at 50 calls per second, and one call beside the same call with bare `requests`."""
    return [*_paced(), *_overhead()]


def _paced() -> list[Figure]:
    with (
        vendor(replace(_ACCOUNT, latency_ms=_LATENCY_MS, rate_per_s=_RATE_PER_S)) as served,
        AsleepClient(
            base_url=served.address, api_key=served.api_key, pacer=Pacer(_RATE_PER_S), pool=_THREADS
        ) as client,
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        start = time.perf_counter()
        results = list(threads.map(lambda session: client.get_session(*session), served.sessions[:_SESSIONS]))
        spent_s = time.perf_counter() - start
        refused = served.refused()
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
        vendor(_ACCOUNT) as served,
        AsleepClient(base_url=served.address, api_key=served.api_key) as client,
        requests.Session() as bare,
    ):
        bare.headers.update({"x-api-key": served.api_key, "timezone": "UTC"})
        bare.trust_env = (
            False  # as the client: no look at the machine's proxies and passwords before each call
        )

        def ask_barely(user: str, session: str) -> object:
            path = f"{served.address}/data/v3/sessions/{session}"
            answer = bare.get(path, headers={"x-user-id": user}, timeout=10)
            answer.raise_for_status()
            return answer.json()

        ours, theirs = _paired(client.get_session, ask_barely, served.sessions[:_NIGHTS_IN_TURN])
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
