"""How the service answers: one shape for everything that is refused, and an id for every request.

    {"error": "wrong_key", "message": "...", "request_id": "..."}

`error` is a word for programs, one of few; `message` says what to do; the id is also the header X-Request-Id and
stands in the log line about the same request. Nothing that was received is repeated.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Final, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

Word = Literal[
    "bad_request", "foreign_user", "full", "headers_too_large", "internal_error", "method_not_allowed", "not_found",
    "not_json", "not_stored", "starting", "too_large", "too_slow", "unavailable", "unknown_address", "unreadable",
    "wrong_key",
]  # fmt: skip
"""What `error` may be."""

REQUEST_ID: Final = b"x-request-id"
_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_JSON: Final = (b"content-type", b"application/json")
_OURS: Final = secrets.token_hex(4)
_count: Final = count(1)

_WORDS: Final[dict[int, tuple[Word, str]]] = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is nothing at this address."),
    405: (
        "method_not_allowed",
        "This address does not answer that method; the header Allow names those it does.",
    ),
    431: ("headers_too_large", "The headers of the request are larger than 32 kB."),
    503: ("unavailable", "The service takes no more connections just now. Try again."),
}
_FAULT: Final[tuple[Word, str]] = (
    "internal_error",
    "Something went wrong here. The log of the service has more under the request's id.",
)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An error as an answer.

    Attributes:
        status: of HTTP.
        error: the word for programs.
        message: a sentence: what is the case, and what to do.
        headers: to send besides.
    """

    status: int
    error: Word
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Refused(Exception):
    """A request ends with this refusal. Made for each one anew: an exception keeps the way it was raised on."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.error)
        self.refusal = refusal


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id of a request: the one it came with where that is short and plain, else a new one."""
    for name, value in headers:
        if name == REQUEST_ID:
            return sane_id(value)
    return new_id()


def sane_id(given: bytes) -> str:
    """The given id where it is short and plain, else a new one."""
    return given.decode() if _SANE.fullmatch(given) else new_id()


def new_id() -> str:
    """An id that no other request has: of this process, and a number."""
    return f"{_OURS}-{next(_count)}"


def error_body(refusal: Refusal, request: str) -> bytes:
    """The JSON of a refusal."""
    return msgspec.json.encode({"error": refusal.error, "message": refusal.message, "request_id": request})


async def send_json(
    send: Send,
    status: int,
    body: bytes,
    request: str,
    headers: Iterable[tuple[bytes, bytes]] = (),
    *,
    more: bool = False,
) -> None:
    """Sends an answer; `more`: whoever calls ends it with an empty piece later, because something is left to read."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                _JSON,
                (b"content-length", b"%d" % len(body)),
                (REQUEST_ID, request.encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": more})


def plain_refusal(status: int) -> Refusal:
    """A refusal that its status explains."""
    error, message = _WORDS.get(status, _FAULT)
    return Refusal(status=status, error=error, message=message)


def refused_by_routing(request: Request, problem: Exception) -> Response:
    """What Starlette refuses by itself, in our shape: an address or a method that there is not."""
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    headers = dict(problem.headers or {}) if isinstance(problem, HTTPException) else {}
    made = request_id(request.scope["headers"])
    return Response(
        error_body(plain_refusal(status), made),
        status_code=status,
        headers={**headers, "X-Request-Id": made},
        media_type="application/json",
    )
