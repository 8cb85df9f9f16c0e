"""Connections that say too little for too long, or too much, are cut: uvicorn itself has no such limits.

A request's head has to be here 5 s after its first byte, on a new connection after it was opened, and it may have
32 kB. The body has a limit of its own in the receiver. Between requests a connection may rest until uvicorn's
keep-alive ends it. There are only so many connections at once; who comes on top is told to try again.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service.answers import error_body, new_id, plain_refusal

HEAD_LIMIT_S: Final = 5.0
LARGEST_HEAD: Final = 32_768
MOST_CONNECTIONS: Final = 1_000


class Connection(HttpToolsProtocol):
    """One connection of the service, with limits to its heads."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = True
        self._head_bytes = 0
        self._began_behind = False
        self._last_word = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts to wait for the first head, or sends away whoever is one too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._end(503, (b"retry-after", b"5"))
            return
        self._patience = self.loop.call_later(HEAD_LIMIT_S, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops waiting."""
        self._calm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, and waits for the rest of a head that is not complete."""
        if self._last_word:
            return  # nothing more is read
        self._began_behind = False
        super().data_received(data)
        if self._in_head:
            # What came together with the end of an earlier request is for the most part not of this head.
            self._head_bytes += 0 if self._began_behind else len(data)
        elif not self._idle():
            return
        if self.transport.is_closing():
            return
        if self._head_bytes > LARGEST_HEAD:
            self._end(431)
        elif self._patience is None:
            self._patience = self.loop.call_later(HEAD_LIMIT_S, self._cut)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        self._began_behind = self.cycle is not None
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete."""
        self._in_head = False
        self._head_bytes = 0
        self._calm()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """An answer is out; what had to wait for it is said."""
        super().on_response_complete()
        if self._last_word and not self._owes_an_answer() and not self.transport.is_closing():
            self._end(self._last_word)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are not in our shape
        """Answers what is no HTTP, in the shape of all refusals."""
        self._end(400)

    def _cut(self) -> None:
        self._patience = None
        if self._in_head and self._owes_an_answer():
            self._patience = self.loop.call_later(HEAD_LIMIT_S, self._cut)
        elif (self._in_head or self._idle()) and not self.transport.is_closing():
            self.transport.abort()

    def _idle(self) -> bool:
        """Whether everything asked is answered, and uvicorn has stopped to count because something came.

        What comes then without beginning a head, an empty line or more of a body that nobody wants, would otherwise
        hold the connection for ever.
        """
        return (
            self.timeout_keep_alive_task is None and self.cycle is not None and self.cycle.response_complete
        )

    def _owes_an_answer(self) -> bool:
        """Whether a request is here whole, or one before it, that is not answered yet."""
        return bool(self.pipeline) or (
            self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        )

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _end(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        """Answers outside of any request, and closes; after what is owed, whose answer it would be taken for."""
        if self._owes_an_answer():
            self._last_word = status
            self.flow.pause_reading()
            return
        self._calm()
        request = new_id()
        body = error_body(plain_refusal(status), request)
        lines = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request.encode()),
            (b"connection", b"close"),
            *headers,
        ]
        self.transport.write(
            STATUS_LINE[status] + b"".join(b"%s: %s\r\n" % each for each in lines) + b"\r\n" + body
        )
        self.transport.close()
