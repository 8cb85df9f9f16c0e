"""A deadline for a whole call that holds whatever the other side does.

A read time-out counts from the last byte, so a service that sends one byte now and then is never late, be
it in the status line, the headers, a chunk's length or the body. Here every single read from the socket is
given no more than what is left of the call, and none begins after it. The same holds for looking up the name,
which the system does without a time-out of its own, for connecting to each address that it stands for, and for
the TLS handshake.
"""

import http.client
import io
import math
import queue
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests.adapters
import urllib3
import urllib3.connection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.wait import wait_for_read

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_STOP_SEEN_S = 0.25  # a read that was stopped ends so soon


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A moment on the monotonic clock after which a call does nothing more; it had `total_s` seconds.

    `stop` brings it about at once.
    """

    at_s: float
    total_s: float
    stop: threading.Event | None = None

    @classmethod
    def after(cls, seconds: float, *, stop: threading.Event | None = None) -> "Deadline":
        """The deadline so many seconds from now."""
        return cls(at_s=time.monotonic() + seconds, total_s=seconds, stop=stop)

    @property
    def stopped(self) -> bool:
        """Whether it came before its time."""
        return self.stop is not None and self.stop.is_set()

    def remaining_s(self) -> float:
        """What is left, in seconds; 0 once it has passed."""
        return 0.0 if self.stopped else max(0.0, self.at_s - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Wait so long, or until it is stopped."""
        if self.stop is None:
            time.sleep(seconds)
        else:
            self.stop.wait(seconds)

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
        self._await_bytes()
        self._sock.settimeout(max(min(self._deadline.remaining_s(), self._read_s), 0.001))
        return self._raw.readinto(buffer)

    def _await_bytes(self) -> None:
        """Return when there is something to read; look up now and then whether the call was stopped."""
        until_s = time.monotonic() + self._read_s
        while (left_s := min(self._deadline.remaining_s(), until_s - time.monotonic())) > 0:
            # What TLS has decrypted already is not seen at the socket any more.
            if getattr(self._sock, "pending", int)() or wait_for_read(self._sock, min(left_s, _STOP_SEEN_S)):
                return
        raise TimeoutError("the deadline of the call has passed, or its read time-out")

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


def _opened_within(connection: urllib3.connection.HTTPConnection) -> socket.socket:
    """A socket to the first address of the connection's host that answers, within the deadline that is running."""
    timeout_s = connection.timeout if isinstance(connection.timeout, int | float) else math.inf
    deadline = _running.get() or Deadline.after(timeout_s)
    try:
        addresses = _looked_up(connection.host, connection.port, within_s=deadline.remaining_s())
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from None
    except TimeoutError:
        addresses = []
    failure: OSError = TimeoutError()
    for address in addresses:
        left_s = max(min(timeout_s, deadline.remaining_s()), 0.001)  # 0 would mean: do not wait at all
        try:
            opened = _opened(address, connection.socket_options, within_s=left_s)
        except OSError as error:
            failure = error
            continue
        # What follows on this socket before the first read is the TLS handshake.
        opened.settimeout(max(min(timeout_s, deadline.remaining_s()), 0.001))
        return opened
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no connection in time")
    raise NewConnectionError(connection, "no connection")


Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


def _looked_up(host: str, port: int | None, *, within_s: float) -> Sequence[Address]:
    """The addresses of a host; TimeoutError if that takes too long, gaierror if there are none."""
    found: queue.SimpleQueue[Sequence[Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, socket.gaierror) else socket.gaierror(str(error)))

    # A thread of its own, left behind when it is late: nothing can interrupt the system's resolver.
    threading.Thread(target=look_up, name="asleep-look-up", daemon=True).start()
    try:
        answer = found.get(timeout=within_s)
    except queue.Empty:
        raise TimeoutError("the name was not looked up in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _opened(address: Address, options: Any, *, within_s: float) -> socket.socket:
    family, kind, protocol, _, place = address
    connection = socket.socket(family, kind, protocol)
    try:
        for option in options or ():
            connection.setsockopt(*option)
        connection.settimeout(within_s)
        connection.connect(place)
    except OSError:
        connection.close()
        raise
    return connection


class _Connection(urllib3.connection.HTTPConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        return _opened_within(self)


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        return _opened_within(self)


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
