"""Starts the service as an operator does, as a process of its own on this machine, and talks to it."""

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from asleep.contract import example_bytes
from bench.webhook_sender import Progress, Task, send, session_id, vendor_id
from nocturne.application import build
from nocturne.webhook_access import address
from service.receiver import Receiver
from settings import Settings
from tests.loops import run
from tests.serving import ROOT, clean_environment

KEY = "a-key-of-the-tests-0123456789"
USER = "G-20260105081500-QmVubml0b1NsZWVwUVo"
NO_VENDOR = "http://127.0.0.1:9"
STOP_LIMIT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service: where webhooks go, its data folder, its process and the file of what it says."""

    url: str
    folder: Path
    process: "subprocess.Popen[str]"
    output: Path

    @property
    def log(self) -> str:
        return self.output.read_text()

    def at(self, path: str) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{path}"

    def resident_bytes(self) -> int:
        """The memory of the process that is in use now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def settings(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a service whose vendor is nowhere."""
    return {"ASLEEP_API_KEY": KEY, "ASLEEP_BASE_URL": NO_VENDOR, "NOCTURNE_DATA_DIR": str(folder), **more}


def path_of(folder: Path) -> str:
    """The path of the webhooks' address, which the store of the folder knows."""
    application = build(
        Settings(asleep_api_key=SecretStr(KEY), asleep_base_url=NO_VENDOR, nocturne_data_dir=folder)
    )
    try:
        return address(application).path
    finally:
        application.close()


def start(folder: Path, environment: Mapping[str, str], *, port: int = 0) -> Service:
    """A service that says that it is ready.

    Raises:
        RuntimeError: it ended instead; the message holds what it said.
    """
    path = path_of(folder)
    output = folder.parent / f"{folder.name}.log"
    with output.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "--port", str(port)],
            cwd=ROOT,
            env=clean_environment(environment),
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
        )
    assert process.stdout is not None
    ready = process.stdout.readline()
    if not ready:
        raise RuntimeError(f"The service ended with {process.wait()}. It said:\n{output.read_text()}")
    return Service(url=ready.split()[-1] + path, folder=folder, process=process, output=output)


def stop(service: Service, how: signal.Signals = signal.SIGTERM) -> int:
    """The exit status, after the signal."""
    service.process.send_signal(how)  # nothing, where the process has ended and was waited for
    try:
        status = service.process.wait(STOP_LIMIT_S + 5)
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise
    finally:
        if service.process.stdout is not None:
            service.process.stdout.close()
    return status


@contextmanager
def running(folder: Path, **more: str) -> Iterator[Service]:
    """A service from ready to stopped."""
    service = start(folder, settings(folder, **more))
    try:
        yield service
    finally:
        if service.process.returncode is None:
            stop(service)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


def connected(url: str) -> socket.socket:
    """A connection to the service."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def head(
    url: str, headers: Mapping[str, str], *, method: str = "POST", length: int | None, path: str | None = None
) -> bytes:
    """The head of a request, with a content-length where one is given."""
    lines = [f"{method} {urlsplit(url).path if path is None else path} HTTP/1.1", "Host: nocturne.example"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def sent(
    key: str | None = KEY, user: str | None = USER, kind: str | None = "application/json"
) -> dict[str, str]:
    """The headers of a webhook, those that are None left out."""
    headers = {"x-api-key": key, "x-user-id": user, "content-type": kind}
    return {name: value for name, value in headers.items() if value is not None}


def post(url: str, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
    """What is answered to a body that is sent whole."""
    with connected(url) as line:
        line.sendall(head(url, headers, length=len(body), **more) + body)
        return answer(line)


def answer(line: socket.socket) -> Answer:
    """The next answer on a connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(line)
    first, _, body = received.partition(b"\r\n\r\n")
    status, *fields = first.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    while len(body) < int(headers.get("content-length", 0)):
        body += _more(line)
    return Answer(status=int(status.split()[1]), headers=headers, body=body)


def is_closed(line: socket.socket) -> bool:
    """Whether the service has closed the connection; waits for it as long as the connection's time-out says."""
    try:
        return line.recv(65_536) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def _more(line: socket.socket) -> bytes:
    data = line.recv(65_536)
    if not data:
        raise ConnectionError("The service closed the connection before its answer was complete.")
    return data


class Sender:
    """Sends events in a thread of this process, and knows at any moment what was acknowledged."""

    def __init__(self, service: Service, *, first: int, count: int, connections: int = 16) -> None:
        self.progress = Progress()
        task = Task(url=service.url, key=KEY, first=first, count=count, connections=connections)
        self._thread = threading.Thread(target=self._run, args=(task,), daemon=True)
        self._thread.start()

    def wait(self, limit_s: float = 60.0) -> None:
        """Returns when everything was sent, or every connection lost."""
        self._thread.join(limit_s)
        assert not self._thread.is_alive(), "The sender has not come to its end."

    def _run(self, task: Task) -> None:
        asyncio.run(send(task, self.progress))


def kept(folder: Path) -> set[tuple[str, str, int]]:
    """Who, which session and which block: of every event in the inbox's file."""
    with closing(sqlite3.connect(folder / "inbox.sqlite3")) as inbox:
        return set(inbox.execute("SELECT vendor_id, session_id, seq FROM inbox_events"))


def named(number: int) -> tuple[str, str, int]:
    """The same of an event of the sender."""
    return vendor_id(number), session_id(number), number % 60


def answered(receiver: Receiver, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of the answer to an event with these headers at the token `token`, without a server."""
    body = example_bytes("webhook_v3_inference_complete")
    statuses: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(int(str(message["status"])))

    scope = {"type": "http", "method": "POST", "path": "/webhooks/asleep/token"}
    coming = [*headers, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    run(receiver({**scope, "headers": coming}, receive, send))  # type: ignore[arg-type]
    return statuses[0]
