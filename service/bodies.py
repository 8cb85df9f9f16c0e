"""The body of a webhook: whole, in time and not too large; and what is done with one that nobody wants."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from starlette.types import Receive

from service.answers import Refusal, Refused
from service.patience import Patience

LARGEST_BODY: Final = 256_000
"""Bytes. A session of 24 h as the vendor sends it has about 30,000."""
BODY_LIMIT_S: Final = 5.0
_DROP_LIMIT_S: Final = 1.0
"""For a body that nobody wants."""

LARGE: Final = Refusal(
    status=413, error="too_large", message=f"The body is larger than {LARGEST_BODY:,} bytes; no event is."
)
SLOW: Final = Refusal(
    status=408, error="too_slow", message=f"The body was not here after {BODY_LIMIT_S:g} s. Send it again."
)


class Gone(Exception):
    """The sender has left; there is nobody to answer."""


def declared_bytes(headers: dict[bytes, bytes]) -> int:
    """The size that the head names; 0 where it names none."""
    given = headers.get(b"content-length", b"0")
    return int(given) if given.isdigit() else 0


async def read_body(receive: Receive, patience: Patience) -> bytes:
    """The body, whole and in time."""
    task = patience.begin()
    try:
        message = await receive()
        body: bytes = message.get("body", b"")
        if message["type"] == "http.request" and not message.get("more_body") and len(body) <= LARGEST_BODY:
            return body
        return await _rest(receive, message, body)
    except asyncio.CancelledError:
        if patience.was_cut(task):
            raise Refused(SLOW) from None
        raise
    finally:
        patience.end(task)


async def _rest(receive: Receive, message: Any, body: bytes) -> bytes:
    parts, size = [body], len(body)
    while message["type"] == "http.request":
        if size > LARGEST_BODY:
            raise Refused(LARGE)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    raise Gone


async def dropped(receive: Receive) -> bool:
    """Whether the body has ended within the limits of size and time."""
    size = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DROP_LIMIT_S):
            while size <= LARGEST_BODY:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return True
    return False
