"""The client's verbs as functions of a client, and a client that talks to a scripted service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from asleep import contract
from asleep.client import AsleepClient, Backoff, Timeouts
from tests.contract.hostile import (
    Hostile,
    Reply,
    answers,
    hostile,
)

KEY = "canary-7f3d91-key"
USER = "G-20260105081500-QmVubml0b1NsZWVwUVo"
SESSION = "20260209214107_k3p9x"
QUICK = Backoff(first_s=0.005, longest_s=0.01)


@contextmanager
def talking_to(
    *replies: Reply, timeouts: Timeouts | None = None, **options: Any
) -> Iterator[tuple[AsleepClient, Hostile]]:
    with (
        hostile(*replies) as service,
        AsleepClient(
            base_url=service.address,
            api_key=KEY,
            timeouts=timeouts or Timeouts(connect_s=1, read_s=2, total_s=5),
            backoff=QUICK,
            **options,
        ) as client,
    ):
        yield client, service


def example(name: str, status: int = 200) -> Reply:
    return answers(status, contract.example_bytes(name))


Ask = Callable[[AsleepClient], Any]


def get_user(client: AsleepClient) -> Any:
    return client.get_user(USER)


def get_session(client: AsleepClient) -> Any:
    return client.get_session(USER, SESSION)


def list_sessions(client: AsleepClient) -> Any:
    return client.list_sessions(USER)


def average_stats(client: AsleepClient) -> Any:
    return client.average_stats(USER, first=date(2026, 2, 9), last=date(2026, 2, 15))


def create_user(client: AsleepClient) -> Any:
    return client.create_user()


def delete_user(client: AsleepClient) -> Any:
    return client.delete_user(USER)


def delete_session(client: AsleepClient) -> Any:
    return client.delete_session(USER, SESSION)


def listed(place: int, state: str = "COMPLETE") -> dict[str, Any]:
    start = datetime(2026, 2, 1, tzinfo=UTC) - timedelta(hours=place)
    return {"session_id": f"s{place}", "state": state, "session_start_time": start.isoformat()}


READS: list[Ask] = [get_user, get_session, list_sessions, average_stats]
DELETIONS: list[Ask] = [delete_user, delete_session]
EVERY: list[Ask] = [*READS, *DELETIONS, create_user]
ANSWERED: dict[Ask, Reply] = {
    get_user: example("user"),
    get_session: example("session_complete"),
    list_sessions: example("session_list_page"),
    average_stats: example("average_stats"),
    delete_user: answers(204),
    delete_session: answers(204),
    create_user: example("user_created", 201),
}

LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
