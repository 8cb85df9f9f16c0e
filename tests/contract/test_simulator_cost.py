"""What an answer costs the server, without sockets and without the client: the load tests stand on these figures.

Measured as processor time of the whole application, from the request to the last byte, best of several calls:
another process that works at the same time must not make the figure worse.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from starlette.types import Message, Scope

from asleep.simulator import payloads
from asleep.simulator.service import Conditions, Service
from asleep.simulator.world import World, simulated_world

UNTIL = date(2026, 4, 12)
PERIOD = b"start_date=2026-01-04&end_date=2026-04-13"  # 100 days
ZONE = (b"timezone", b"Europe/Berlin")


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(people=620, nights=365, until=UNTIL, now=datetime(2026, 4, 15, 12, tzinfo=UTC))


class Application:
    """The application of a world, asked without a socket."""

    def __init__(self, world: World) -> None:
        self._call = Service(world, Conditions()).application()
        self._key = (b"x-api-key", world.api_key.encode())
        # A thread of its own: a browser that other tests keep open runs a loop in the main one.
        self._thread = ThreadPoolExecutor(1)

    def answer(self, path: str, *headers: tuple[bytes, bytes], query: bytes = b"") -> tuple[float, Any]:
        """Processor time in ms, and the body."""
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "http_version": "1.1",
            "scheme": "http",
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "client": None,
            "headers": [self._key, *headers],
            "server": ("127.0.0.1", 80),
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        async def ask() -> float:
            started = time.thread_time()
            await self._call(scope, receive, send)
            return (time.thread_time() - started) * 1000

        cost_ms = self._thread.submit(asyncio.run, ask()).result()
        assert sent[0]["status"] == 200
        return cost_ms, msgspec.json.decode(sent[1]["body"])["result"]

    def close(self) -> None:
        self._thread.shutdown()


@pytest.fixture
def application(world: World) -> Iterator[Application]:
    asked = Application(world)
    yield asked
    asked.close()


def best_ms(answers: Iterable[tuple[float, Any]]) -> float:
    return min(cost_ms for cost_ms, _ in answers)


def averages(application: Application, user_id: str) -> tuple[float, Any]:
    return application.answer(f"/data/v1/users/{user_id}/average-stats", ZONE, query=PERIOD)


def test_a_session_that_nobody_asked_for_costs_less_than_2_ms(application: Application, world: World) -> None:
    person = world.people[0]
    nights = [session for session in world.diary.sessions(person) if session.kind == "night"][:30]
    user = (b"x-user-id", person.user_id.encode())
    answers = [application.answer(f"/data/v3/sessions/{night.id}", user, ZONE) for night in nights]
    assert all(len(result["session"]["sleep_stages"]) > 300 for _, result in answers)
    assert best_ms(answers) < 2


def test_writing_100_days_of_averages_costs_less_than_2_ms(world: World) -> None:
    person = world.people[1]
    sessions = [one for one in world.diary.sessions(person)[-110:] if one.state == "COMPLETE"]
    figures = world.diary.figures(person, sessions)
    nights = [(session, found.stat) for session, found in zip(sessions, figures, strict=True)]

    def written() -> float:
        started = time.process_time()
        result = payloads.average_stats(
            nights, zone=ZoneInfo("Europe/Berlin"), start=UNTIL - timedelta(days=99), end=UNTIL
        )
        assert len(msgspec.json.encode(result)) > 80_000
        return (time.process_time() - started) * 1000

    assert min(written() for _ in range(600)) < 2


def test_a_full_page_of_the_list_costs_less_than_1_ms(application: Application, world: World) -> None:
    user = (b"x-user-id", world.people[2].user_id.encode())
    answers = [application.answer("/data/v1/sessions", user, ZONE, query=b"limit=100") for _ in range(20)]
    assert len(answers[0][1]["sleep_session_list"]) == 100
    assert best_ms(answers) < 1


def test_100_days_of_averages_that_nobody_asked_for_cost_less_than_8_ms(
    application: Application, world: World
) -> None:
    answers = [averages(application, person.user_id) for person in world.people[3:603]]
    assert sum(len(result["slept_sessions"]) for _, result in answers) > 600 * 60
    assert best_ms(answers) < 8
