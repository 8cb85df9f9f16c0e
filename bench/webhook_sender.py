"""Sends blocks of simulated sleepers to a receiver over a few connections, cheaply, and notes what was acknowledged.

`python -m bench.webhook_sender` takes a `Task` as JSON on its standard input and prints an `Outcome`: a process of its
own, so that its work is not measured with the server's.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

import msgspec

BLOCKS_OF_A_NIGHT = 60


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: the events `first` to `first + count`, each another block, over so many connections."""

    url: str
    key: str
    first: int
    count: int
    connections: int = 16


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers there were by status, what each took (ms), and how long all of it (s)."""

    statuses: dict[int, int]
    latencies_ms: list[float]
    spent_s: float


@dataclass(kw_only=True)
class Progress:
    """What has been answered so far, also where the server is killed in between.

    Attributes:
        acknowledged: numbers of the events that were answered with 200.
        statuses: answers by status.
        latencies_ms: from a request's first byte to the end of its answer.
        lost: connections that ended with a question open.
    """

    acknowledged: list[int] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    lost: int = 0


def vendor_id(number: int) -> str:
    """Whose the event of that number is: every night is somebody else's."""
    return f"G-20260105081500-Sleeper{number // BLOCKS_OF_A_NIGHT:013d}"


def session_id(number: int) -> str:
    """Which session the event of that number is about."""
    return f"20260214220530_{number // BLOCKS_OF_A_NIGHT:05d}"


def body(number: int) -> bytes:
    """A block of 5 minutes as V3 has it."""
    step = number % BLOCKS_OF_A_NIGHT
    stages = ", ".join([str(step % 4)] * 10)
    return (
        f'{{"event": "INFERENCE_COMPLETE", "version": "V3", "data": {{"user_id": "{vendor_id(number)}", '
        f'"session_id": "{session_id(number)}", "seq_num": {10 * step + 9}, "inference_seq_num": {step}, '
        f'"sleep_stages": [{stages}], "breath_stages": null, "snoring_stages": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}}}}'
    ).encode()


def request(path: str, key: str, number: int) -> bytes:
    """The event of that number as it travels."""
    content = body(number)
    return (
        f"POST {path} HTTP/1.1\r\nHost: nocturne.example\r\nx-api-key: {key}\r\nx-user-id: {vendor_id(number)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def send(task: Task, progress: Progress) -> None:
    """Sends what the task says, each connection its next event when the last was answered.

    A connection that is lost stays so; the rest of the events is sent over the others.
    """
    parts = urlsplit(task.url)
    host, port = parts.hostname or "", parts.port or 80
    loop = asyncio.get_running_loop()
    numbers = iter(range(task.first, task.first + task.count))
    lines = []
    for _ in range(task.connections):
        line = _Line(parts.path, task.key, numbers, progress, loop.create_future())
        lines.append(line)
        await loop.create_connection(partial(_itself, line), host, port)
    await asyncio.gather(*(line.ended for line in lines))


def _itself(line: "_Line") -> "_Line":
    return line


class _Line(asyncio.Protocol):
    """One connection, which asks its next question when the last is answered."""

    def __init__(
        self, path: str, key: str, numbers: Iterator[int], progress: Progress, ended: "asyncio.Future[None]"
    ) -> None:
        self._path, self._key, self._numbers, self._progress = path, key, numbers, progress
        self.ended = ended
        self._number: int | None = None
        self._received = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP has no other
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head):
            return
        self._progress.latencies_ms.append((time.perf_counter() - self._began) * 1000)
        status = int(head[9:12])
        self._progress.statuses[status] += 1
        if status == 200 and self._number is not None:
            self._progress.acknowledged.append(self._number)
        self._received = b""
        if b"\r\nconnection: close" in head.lower():
            self._number = None
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - lost is lost
        if self._number is not None:
            self._progress.lost += 1
        if not self.ended.done():
            self.ended.set_result(None)

    def _ask(self) -> None:
        self._number = next(self._numbers, None)
        if self._number is None:
            self._transport.close()
            return
        asked = request(self._path, self._key, self._number)
        self._began = time.perf_counter()
        self._transport.write(asked)


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])


def main() -> None:
    """Does the task and says how it went."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    progress = Progress()
    began = time.perf_counter()
    asyncio.run(send(task, progress))
    outcome = Outcome(
        statuses=dict(progress.statuses),
        latencies_ms=progress.latencies_ms,
        spent_s=time.perf_counter() - began,
    )
    sys.stdout.buffer.write(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
