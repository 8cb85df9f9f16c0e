"""The receiver of webhooks in a process of its own, beside a bare route that is served the same way in the same run."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import urlopen

import msgspec
from pydantic import SecretStr

from bench.results import Figure
from bench.webhook_sender import Outcome, Task
from nocturne.application import build
from nocturne.webhook_access import address
from settings import Settings

_ROUNDS: Final = 4
_EVENTS: Final = 2_000
_WARM_UP: Final = 500
_CONNECTIONS: Final = 16
_KEY: Final = "a-key-that-opens-nothing"
_ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class _Served:
    url: str
    pid: int

    def cpu_s(self) -> float:
        """What the process and its threads have used of the processors so far, theirs and the system's for them."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def commits(self) -> float:
        """How many transactions the receiver has written so far; each waits for the disk once."""
        parts = urlsplit(self.url)
        with urlopen(f"{parts.scheme}://{parts.netloc}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        [line] = [line for line in lines if line.startswith("nocturne_arrival_groups_total ")]
        return float(line.split()[1])


@dataclass(frozen=True, kw_only=True)
class _Round:
    cpu_s: float
    latencies_ms: list[float]


def figures() -> list[Figure]:
    """CPU of the server for each durable event, and how long it took; 18,000 requests in all."""
    with tempfile.TemporaryDirectory() as folder, _receiver(Path(folder)) as ours, _bare() as bare:
        numbers = iter(range(0, 10**9, _EVENTS))
        for each in (ours, bare):
            _measured(each, next(numbers), _WARM_UP)
        before = ours.commits()
        pairs = [
            tuple(_measured(each, next(numbers), _EVENTS) for each in (ours, bare)) for _ in range(_ROUNDS)
        ]
        commits = ours.commits() - before
    mine, theirs = zip(*pairs, strict=True)
    event_us = 1e6 * sum(each.cpu_s for each in mine) / (_ROUNDS * _EVENTS)
    bare_us = 1e6 * sum(each.cpu_s for each in theirs) / (_ROUNDS * _EVENTS)
    latencies_ms = [one for each in mine for one in each.latencies_ms]
    return [
        Figure(
            name="CPU of a durable event, all threads of the receiver", value=event_us, unit="us", bound=400
        ),
        Figure(name="CPU of a bare Starlette route, served the same way", value=bare_us, unit="us"),
        Figure(
            name="a durable event beside the bare route", value=event_us / bare_us, unit="ratio", bound=4.5
        ),
        Figure(name="durable events in a second of CPU", value=1e6 / event_us, unit="events"),
        Figure(
            name="commits to disk for each durable event", value=commits / (_ROUNDS * _EVENTS), unit="commits"
        ),
        Figure(
            name="an event until it is acknowledged, 16 connections, median",
            value=statistics.median(latencies_ms),
            unit="ms",
        ),
        Figure(
            name="an event until it is acknowledged, 16 connections, p99",
            value=statistics.quantiles(latencies_ms, n=100)[98],
            unit="ms",
            bound=50,
        ),
    ]


def _measured(served: _Served, first: int, count: int) -> _Round:
    task = Task(url=served.url, key=_KEY, first=first, count=count, connections=_CONNECTIONS)
    before = served.cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", "bench.webhook_sender"],
        input=msgspec.json.encode(task),
        capture_output=True,
        check=True,
        cwd=_ROOT,
        timeout=120,
    )
    cpu_s = served.cpu_s() - before
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    if outcome.statuses != {200: count}:
        raise RuntimeError(f"The figure is of no use: the answers were {outcome.statuses}.")
    return _Round(cpu_s=cpu_s, latencies_ms=outcome.latencies_ms)


@contextmanager
def _receiver(folder: Path) -> Iterator[_Served]:
    application = build(
        Settings(
            asleep_api_key=SecretStr(_KEY), asleep_base_url="http://127.0.0.1:9", nocturne_data_dir=folder
        )
    )
    path = address(application).path
    application.close()
    environment = {
        "ASLEEP_API_KEY": _KEY,
        "ASLEEP_BASE_URL": "http://127.0.0.1:9",
        "NOCTURNE_DATA_DIR": str(folder),
    }
    with _process("service", "--port", "0", environment=environment) as (url, pid):
        yield _Served(url=url + path, pid=pid)


@contextmanager
def _bare() -> Iterator[_Served]:
    with _process("bench.bare_route", environment={}) as (url, pid):
        yield _Served(url=f"{url}/bare", pid=pid)


@contextmanager
def _process(module: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Where the module serves, from its ready line until it has stopped, and the number of its process."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASLEEP_", "NOCTURNE_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=_ROOT,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        ready = process.stdout.readline() if process.stdout else ""
        if not ready:
            raise RuntimeError(f"{module} did not start (exit status {process.wait()}).")
        yield ready.split()[-1], process.pid
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()
