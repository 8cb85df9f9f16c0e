"""The server's side of every open connection, so that a fault can hold, drip onto or cut the one it came on."""

import asyncio
import socket
import struct

from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class Line:
    """One connection. Its pauses end at once when the client leaves or the server stops.

    Without a transport it is one that is closed already.
    """

    def __init__(self, transport: asyncio.Transport | None) -> None:
        self._transport = transport
        self._over = asyncio.Event()
        self._gone = asyncio.Event()
        if transport is None:
            self.lost()

    async def pause(self, seconds: float | None) -> bool:
        """Whether the wait, without a number an endless one, was served in full."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return True
        return False

    def write(self, data: bytes) -> None:
        """Sends bytes past the HTTP layer, which must not answer this call any more."""
        if self._transport is not None:
            self._transport.write(data)

    async def end(self) -> None:
        """Closes in order, once everything written has left."""
        if self._transport is not None:
            self._transport.close()
        await self._gone.wait()

    async def cut(self) -> None:
        """Closes with a TCP reset, unless the client closed before."""
        if self._transport is None or self._gone.is_set():
            return
        connection: socket.socket = self._transport.get_extra_info("socket")
        # Without lingering the close becomes a reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        # The HTTP layer complains of a call without an answer unless it knows that nobody is left to read one.
        await self._gone.wait()

    def interrupt(self) -> None:
        """Ends every pause."""
        self._over.set()

    def lost(self) -> None:
        """Notes that the connection is closed."""
        self._over.set()
        self._gone.set()


class Hangup:
    """An answer that is none: the connection is reset."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        """Answers nothing."""
        await self._line.cut()


class Connections:
    """Every open connection, by the client's address."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, int], Line] = {}

    def of(self, request: Request) -> Line:
        """The connection that a request came on; a closed one if the client has left since."""
        client = request.client
        found = None if client is None else self._lines.get((client.host, client.port))
        return found or Line(None)

    def interrupt(self) -> None:
        """Ends every pause on every connection: the server stops. Call it in the server's loop."""
        for line in self._lines.values():
            line.interrupt()

    def protocol(self) -> type[asyncio.Protocol]:
        """The HTTP protocol of uvicorn, which also remembers whose connection is whose."""
        lines = self._lines

        class Remembering(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client is not None:
                    lines[self.client] = Line(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                if self.client is not None:
                    lines.pop(self.client).lost()

        return Remembering
