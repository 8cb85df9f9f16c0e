"""A vendor on loopback that misbehaves as asked, clients of it, and a Redis where one is installed."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from asleep.client import AsleepClient, Backoff, Timeouts
from asleep.simulator.server import Running, serve
from asleep.simulator.world import World, simulated_world
from cache.client import CachedAsleep
from cache.disk import DiskCache
from cache.seal import PlainSeal
from tests.serving import free_port

UNTIL, NOW = date(2026, 3, 10), datetime(2026, 3, 11, 18, 0, tzinfo=UTC)

MakeClient = Callable[..., AsleepClient]
MakeCached = Callable[..., CachedAsleep]


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[str]:
    """The address of a Redis on loopback that keeps nothing on disk."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("redis-server is not installed: one pace for several processes was not tested.")
    command = [binary, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as server:
        try:
            until_s = time.monotonic() + 10
            while not _listens(port):
                if server.poll() is not None or time.monotonic() > until_s:
                    raise RuntimeError(f"redis-server did not start on port {port}.")
                time.sleep(0.02)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url


@pytest.fixture(scope="session")
def world() -> World:
    return simulated_world(people=4, nights=40, seed=5, until=UNTIL, now=NOW)


@pytest.fixture
def vendor(world: World) -> Iterator[Running]:
    with serve(world) as running:
        yield running


@pytest.fixture
def make_client(vendor: Running) -> Iterator[MakeClient]:
    with ExitStack() as stack:

        def make(**options: Any) -> AsleepClient:
            options.setdefault("backoff", Backoff(first_s=0.01, longest_s=0.05))
            options.setdefault("timeouts", Timeouts(connect_s=1, read_s=1, total_s=2))
            client = AsleepClient(base_url=vendor.address, api_key=vendor.api_key, **options)
            return stack.enter_context(client)

        yield make


@pytest.fixture
def make_cached(make_client: MakeClient, tmp_path: Path) -> Iterator[MakeCached]:
    disk = DiskCache(tmp_path / "answers", PlainSeal())

    def make(now: Callable[[], datetime] = lambda: NOW, **options: Any) -> CachedAsleep:
        client = make_client(**options)
        return CachedAsleep(client, disk, organisation="north", environment="live", now=now)

    yield make
    disk.close()


def sessions_of(vendor: Running, place: int = 0) -> tuple[str, list[str]]:
    """A person's vendor id and the ids of their COMPLETE sessions, oldest first."""
    person = vendor.world.people[place]
    sessions = vendor.world.diary.sessions(person)
    return person.user_id, [session.id for session in sessions if session.state == "COMPLETE"]
