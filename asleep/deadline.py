"""A deadline for a whole call that holds whatever the other side does.

A read time-out counts from the last byte, so a service that sends one byte now and then is never late, be
it in the status line, the headers, a chunk's length or the body. Here every single read from the socket is
given no more than what is left of the call, and none begins after it. Connecting and the TLS handshake have
the connect time-out, for each address that the name stands for; looking the name up is the system's and is
not bounded here.
"""

import http.client
import io
import math
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests.adapters
import urllib3
import urllib3.connection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A moment on the monotonic clock after which a call does nothing more."""

    at_s: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline so many seconds from now."""
        return cls(at_s=time.monotonic() + seconds)

    def remaining_s(self) -> float:
        """What is left, in seconds; 0 once it has passed."""
        return max(0.0, self.at_s - time.monotonic())

    def passed(self) -> bool:
        """Whether nothing worth waiting for is left: a read cut by the deadline may return just before it."""
        return self.remaining_s() < 0.01


_running: ContextVar[Deadline | None] = ContextVar("asleep_deadline", default=None)


@contextmanager
def running(deadline: Deadline) -> Iterator[None]:
    """Within it, answers that this thread begins to read end at the deadline."""
    token = _running.set(deadline)
    try:
        yield
    finally:
        _running.reset(token)


class _BoundedReads(io.RawIOBase):
    """A socket's incoming bytes: each read has what is left of the deadline, at most the read time-out."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline
        self._read_s = sock.gettimeout() or math.inf

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left_s = min(self._deadline.remaining_s(), self._read_s)
        if left_s <= 0:
            raise TimeoutError("the deadline of the call has passed")
        self._sock.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """An answer whose reads are bounded, if a deadline is running where it begins."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        deadline = _running.get()
        if deadline is not None:
            self.fp = io.BufferedReader(_BoundedReads(self.fp.detach(), sock, deadline))


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _BoundedResponse


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class BoundedAdapter(requests.adapters.HTTPAdapter):
    """Connections whose answers obey the deadline that is `running`; nothing is retried here."""

    def __init__(self, *, pool: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=pool, max_retries=0, pool_block=False)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools as usual, of connections that obey deadlines."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
