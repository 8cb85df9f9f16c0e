"""A service on 127.0.0.1 that answers as a script says: refusals, redirects, drips, silence, resets."""

import json
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[["Line", Seen], None]


@dataclass(kw_only=True)
class Line:
    """The server's side of one connection."""

    connection: socket.socket
    closing: threading.Event

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Waits; False once the server is closing."""
        return not self.closing.wait(seconds)

    def reset(self) -> None:
        """Closes with a TCP reset instead of an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(kw_only=True)
class Hostile:
    """The running service: where it is, and what it was asked."""

    address: str
    seen: list[Seen] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        return [one.target for one in self.seen]


@contextmanager
def hostile(*replies: Reply) -> Iterator[Hostile]:
    """Answers the n-th request with the n-th reply, and every later one with the last."""
    closing, lock = threading.Event(), threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):  # the client hung up, which is what most of these scripts provoke
                self._answer()

        def _answer(self) -> None:
            method, target, _ = self.rfile.readline().decode("latin-1").split(" ", 2)
            headers = dict(_headers(self.rfile))
            body = self.rfile.read(int(headers.get("content-length", "0")))
            request = Seen(method=method, target=target, headers=headers, body=body)
            with lock:
                reply = replies[min(len(service.seen), len(replies) - 1)]
                service.seen.append(request)
            reply(Line(connection=self.connection, closing=closing), request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    service = Hostile(address=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


def _headers(lines: Any) -> Iterator[tuple[str, str]]:
    while line := lines.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        yield name.lower(), value.strip()


def answers(status: int, body: bytes | Any = b"", **headers: str) -> Reply:
    """The whole answer at once; anything but bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def reply(line: Line, _: Seen) -> None:
        line.send(_head(status, {"Content-Length": str(len(content)), **headers}) + content)

    return reply


def refuses(status: int, detail: str, **headers: str) -> Reply:
    """The vendor's form of a refusal."""
    return answers(status, {"detail": detail}, **headers)


def drips(data: bytes, *, every_s: float, head: bytes | None = None) -> Reply:
    """One byte at a time, for ever from the start again; `head` goes out at once."""

    def reply(line: Line, _: Seen) -> None:
        line.send(_head(200, {"Content-Length": "100000"}) if head is None else head)
        while True:
            for byte in data:
                line.send(bytes([byte]))
                if not line.pause(every_s):
                    return

    return reply


def floods(head: bytes) -> Reply:
    """Bytes without end, as fast as they are taken."""

    def reply(line: Line, _: Seen) -> None:
        line.send(head)
        until = time.monotonic() + 20
        while not line.closing.is_set() and time.monotonic() < until:
            line.send(b"0" * 65536)

    return reply


def hangs(line: Line, _: Seen) -> None:
    """Takes the request and says nothing."""
    line.pause(30)


def resets(line: Line, _: Seen) -> None:
    """Takes the request and resets the connection."""
    line.reset()


def hangs_up(line: Line, _: Seen) -> None:
    """Takes the request and ends the connection without a byte."""
    line.connection.shutdown(socket.SHUT_RDWR)


def breaks_off(line: Line, _: Seen) -> None:
    """Promises a hundred bytes and sends ten."""
    line.send(_head(200, {"Content-Length": "100"}) + b'{"result":')


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join([*lines, "Connection: close"]) + "\r\n\r\n").encode()
