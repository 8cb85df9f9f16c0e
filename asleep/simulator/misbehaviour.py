"""What each kind of fault does to a call: a refusal, a false answer, or bytes that come late or never."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from asleep.simulator.connections import Hangup, Line
from asleep.simulator.faults import FaultKind

SLOW_S = 3.0
DRIP_S = 0.2
_COME_BACK = {"retry-after": "1"}


def refusal(status: int, detail: object, *, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in the contract's form of errors."""
    body = msgspec.json.encode({"detail": detail})
    return Response(body, status_code=status, headers=headers, media_type="application/json")


def _gateway_page(status: int) -> Response:
    # Not JSON: a fault on the service's side often comes from something in front of it.
    page = f"<html><body>{status} {HTTPStatus(status).phrase}</body></html>"
    return Response(page, status_code=status, media_type="text/html")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that meets a fault: what was asked, the connection it came on and the true answer.

    Asking for the true answer does what the call asks.
    """

    request: Request
    line: Line
    truth: Callable[[], Awaitable[Response]]


async def misbehave(kind: FaultKind, call: Call) -> ASGIApp:
    """The answer of a call that meets this fault.

    Faults that delay or distort an answer (slow, drip, drip-headers, malformed, wrong-types) begin with the
    true one, so a user is created or deleted; the others leave the account as it was. A true answer that is
    an error is not distorted.
    """
    answer = _ANSWERS.get(kind)
    return await _DEEDS[kind](call) if answer is None else answer()


# Faults that answer the same to every call.
_ANSWERS: dict[FaultKind, Callable[[], Response]] = {
    "rate-limit": lambda: refusal(403, "Rate limit exceeded"),
    "too-many": lambda: refusal(429, "Too Many Requests", headers=_COME_BACK),
    "quota": lambda: refusal(403, "Quota exceeded"),
    "plan": lambda: refusal(403, "Plan is expired"),
    "internal": lambda: refusal(500, "Internal Server Error"),
    "server-error": lambda: _gateway_page(502),
    "unavailable": lambda: refusal(503, "Service Unavailable", headers=_COME_BACK),
    "gateway-timeout": lambda: _gateway_page(504),
    "empty": lambda: Response(media_type="application/json"),
}


async def _slow(call: Call) -> ASGIApp:
    return await call.truth() if await call.line.pause(SLOW_S) else Hangup(call.line)


async def _reset(call: Call) -> ASGIApp:
    return Hangup(call.line)


async def _hang(call: Call) -> ASGIApp:
    await call.line.pause(None)
    return Hangup(call.line)


async def _drip(call: Call) -> ASGIApp:
    return _Drip(await call.truth(), call.line)


async def _drip_headers(call: Call) -> ASGIApp:
    return _HeaderDrip(await call.truth(), call.line)


async def _malformed(call: Call) -> ASGIApp:
    return _distorted(await call.truth(), _broken_off)


async def _wrong_types(call: Call) -> ASGIApp:
    return _distorted(await call.truth(), _of_wrong_types)


async def _redirect(call: Call) -> ASGIApp:
    # Another origin by name, but this server by address: a client that follows is counted a second time.
    target = call.request.url.replace(hostname="localhost")
    return Response(status_code=302, headers={"location": str(target)})


_DEEDS: dict[FaultKind, Callable[[Call], Awaitable[ASGIApp]]] = {
    "slow": _slow,
    "reset": _reset,
    "hang": _hang,
    "drip": _drip,
    "drip-headers": _drip_headers,
    "malformed": _malformed,
    "wrong-types": _wrong_types,
    "redirect": _redirect,
}


def _distorted(truth: Response, change: Callable[[bytes], bytes]) -> Response:
    if truth.status_code >= 400:
        return truth
    return Response(change(bytes(truth.body)), media_type="application/json")


def _broken_off(body: bytes) -> bytes:
    return body[: 2 * len(body) // 3] or b'{"detail": "OK", "result": {'


def _of_wrong_types(body: bytes) -> bytes:
    return msgspec.json.encode(_wrong(msgspec.json.decode(body)) if body else [None])


def _wrong(value: Any) -> Any:
    """The value with texts for numbers, numbers for texts and truths, and objects for lists."""
    match value:
        case dict():
            return {name: _wrong(inner) for name, inner in value.items()}
        case list():
            return {str(place): _wrong(inner) for place, inner in enumerate(value)}
        case str() | bool():
            return len(str(value))
        case int() | float():
            return f"about {value}"
        case _:
            return value


class _Drip:
    """The true answer: status and headers at once, the body a byte at a time."""

    def __init__(self, truth: Response, line: Line) -> None:
        self._truth = truth
        self._line = line

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        truth = self._truth
        await send({"type": "http.response.start", "status": truth.status_code, "headers": truth.raw_headers})
        for byte in bytes(truth.body):
            if not await self._line.pause(DRIP_S):
                await self._line.cut()
                return
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class _HeaderDrip:
    """The true answer: status and headers a byte at a time, then the body, then the end of the connection."""

    def __init__(self, truth: Response, line: Line) -> None:
        self._truth = truth
        self._line = line

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        truth, line = self._truth, self._line
        status = HTTPStatus(truth.status_code)
        fields = b"".join(b"%s: %s\r\n" % field for field in (*truth.raw_headers, (b"connection", b"close")))
        for byte in b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, status.phrase.encode(), fields):
            if not await line.pause(DRIP_S):
                await line.cut()
                return
            line.write(bytes([byte]))
        line.write(bytes(truth.body))
        await line.end()
