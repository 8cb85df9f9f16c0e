"""`POST /webhooks/asleep/{token}`: a webhook is checked, stored, and then acknowledged.

What is answered, in the order in which it is looked at:

| status | when |
|---|---|
| 404 | no organisation has that token, or webhooks are off |
| 405 | another method than POST |
| 401 | the header x-api-key is missing or holds none of the keys |
| 415 | the body is not said to be JSON |
| 413 | the body is larger than 256 kB, or said to be |
| 503 | too many events wait, the disk is nearly full, the inbox was replaced or cannot be written: with Retry-After |
| 408 | the body was not here after 5 s; the connection is closed |
| 400 | the body is no event, or names another user than the header |
| 200 | the event is on disk, or was before |

A failure while an event has its effect later changes no answer: what was acknowledged is there and is tried again.
"""

import asyncio
import hmac
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from asleep.webhooks import ForeignUser, WebhookEvent, WebhookUnreadable, read_webhook
from nocturne.instruments import Instruments
from nocturne.logs import bound
from nocturne.webhook_access import PATH
from service.answers import REQUEST_ID, Refusal, Refused, Word, error_body, new_id, sane_id, send_json
from service.bodies import BODY_LIMIT_S, LARGE, LARGEST_BODY, SLOW, Gone, declared_bytes, dropped, read_body
from service.patience import Patience
from store.errors import StoreError
from store.inbox import Accepted, Arrival

log = logging.getLogger(__name__)

_UNCOUNTED: Final = 10_000
_ACCEPTED: Final = b'{"status":"accepted"}'
_RETRY_SOON: Final = ((b"retry-after", b"5"),)
_RETRY_LATER: Final = ((b"retry-after", b"30"),)

_UNKNOWN: Final = Refusal(
    status=404, error="unknown_address", message="Nobody receives webhooks at this address. Copy it again."
)
_METHOD: Final = Refusal(
    status=405,
    error="method_not_allowed",
    message="Webhooks are sent with POST.",
    headers=((b"allow", b"POST"),),
)
_KEY: Final = Refusal(
    status=401,
    error="wrong_key",
    message="The header x-api-key is missing or holds no key that webhooks are sent with.",
)
_TYPE: Final = Refusal(
    status=415, error="not_json", message="Webhooks are JSON: send the header content-type: application/json."
)
_STARTING: Final = Refusal(
    status=503,
    error="starting",
    message="Nocturne is starting or stopping. Send the event again.",
    headers=_RETRY_SOON,
)
_NOT_STORED: Final = Refusal(
    status=503,
    error="not_stored",
    message="The event could not be stored. Send it again.",
    headers=_RETRY_SOON,
)

Ticket = asyncio.Future[None]


@dataclass(frozen=True, kw_only=True)
class Door:
    """What the receiver asks while it is open.

    Attributes:
        organisation, environment: whose events arrive here, and of which of the vendor's data sets.
        token: what the path has to end in.
        keys: one of which a webhook has to carry.
        mark: by vendor id, what the inbox knows those by who were erased.
        full: why no more events are taken in just now, as a sentence; "" as a rule. It is asked for every event and
            answers from memory.
        submit: has an arrival written; the ticket is settled when it is on disk, or not.
    """

    organisation: str
    environment: Any
    token: bytes = field(repr=False)
    keys: tuple[bytes, ...] = field(repr=False)
    mark: Callable[[str], bytes]
    full: Callable[[], str]
    submit: Callable[[Arrival, Ticket], None]


class Receiver:
    """The route, as an ASGI application; until `open` and after `close` it asks to be tried again.

    Every answer is counted, whether it is open or not: those of before `count_with` are counted then.
    """

    def __init__(self) -> None:
        self._instruments: Instruments | None = None
        self._uncounted: deque[tuple[str, int, float]] = deque(maxlen=_UNCOUNTED)
        self._door: Door | None = None
        self._refusal: Refusal = _STARTING
        self._patience = Patience(BODY_LIMIT_S)

    def count_with(self, instruments: Instruments) -> None:
        """Counts there from now on."""
        self._instruments = instruments
        while self._uncounted:
            instruments.webhook(*self._uncounted.popleft())

    def open(self, door: Door) -> None:
        """Lets events in from now on."""
        self._door = door

    def close(self, *, for_good: bool = False) -> None:
        """Lets none in; for good: webhooks are off, and the address is one like any other that there is not."""
        self._door = None
        self._refusal = _UNKNOWN if for_good else _STARTING

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        headers = dict(scope["headers"])
        given = headers.get(REQUEST_ID)
        request = new_id() if given is None else sane_id(given)
        body: bytes | None = None
        name, began_s = "", time.perf_counter()
        try:
            door = self._admitted(scope, headers)
            try:
                body = await read_body(receive, self._patience)
            finally:
                began_s = time.perf_counter()  # how long the sender took is no time of ours
            event = _event(door, body, headers, request)
            name = event.event
            await _stored(door, event, body, request)
        except Refused as refused:
            self._answered(name, refused.refusal.status, began_s)
            all_read = body is not None or await _drained(receive, headers, refused.refusal)
            await _refuse(receive, send, refused.refusal, request, all_read=all_read)
        except Gone:
            return
        else:
            self._answered(name, 200, began_s)
            await send_json(send, 200, _ACCEPTED, request)

    def _answered(self, event: str, status: int, began_s: float) -> None:
        took_s = time.perf_counter() - began_s
        if self._instruments is None:
            self._uncounted.append((event, status, took_s))
        else:
            self._instruments.webhook(event, status, took_s)

    def _admitted(self, scope: Scope, headers: dict[bytes, bytes]) -> Door:
        """The door, for a request that may come in so far as its head tells."""
        door = self._door
        if door is None:
            raise Refused(self._refusal)
        token = scope["path"].partition(PATH)[2].encode()
        if not hmac.compare_digest(token, door.token):
            raise Refused(_UNKNOWN)
        if scope["method"] != "POST":
            raise Refused(_METHOD)
        place = _place(headers.get(b"x-api-key", b""), door.keys)
        if not place:
            raise Refused(_KEY)
        if self._instruments is not None:
            self._instruments.webhook_key(place)
        if not _is_json(headers.get(b"content-type", b"")):
            raise Refused(_TYPE)
        if declared_bytes(headers) > LARGEST_BODY:
            raise Refused(LARGE)
        if reason := door.full():
            raise Refused(Refusal(status=503, error="full", message=reason, headers=_RETRY_LATER))
        return door


def settle(tickets: Sequence[Ticket], outcome: Accepted | BaseException) -> None:
    """Ends the waiting of those whose events were written, or were not; call it in the loop they wait in."""
    failed = isinstance(outcome, BaseException)
    if failed:
        # What the store says is made for people and names nobody; of anything else only the kind is told.
        reason = outcome if isinstance(outcome, StoreError) else type(outcome).__name__
        log.error("%d webhooks could not be stored: %s", len(tickets), reason)
    for ticket in tickets:
        if ticket.done():  # whoever waited was cancelled
            continue
        if failed:
            ticket.set_exception(Refused(_NOT_STORED))
        else:
            ticket.set_result(None)


def _place(given: bytes, keys: tuple[bytes, ...]) -> int:
    """Which of the keys it is, from 1; 0: none. Every key is compared, so that the time tells of none."""
    found = 0
    for place, key in enumerate(keys, 1):
        found = max(found, place * hmac.compare_digest(given, key))
    return found


def _is_json(content_type: bytes) -> bool:
    kind = content_type.partition(b";")[0].strip().lower()
    return kind == b"application/json" or (kind.startswith(b"application/") and kind.endswith(b"+json"))


def _event(door: Door, body: bytes, headers: dict[bytes, bytes], request: str) -> WebhookEvent:
    named = headers.get(b"x-user-id")
    try:
        return read_webhook(body, user_header=None if named is None else named.decode())
    except ForeignUser as problem:
        mark = door.mark(named.decode() if named else "").hex()[:12]
        with bound(request_id=request):
            log.warning("Security: a webhook names two users in header and body (header %s).", mark)
        raise Refused(_unreadable("foreign_user", str(problem))) from None
    except WebhookUnreadable as problem:
        raise Refused(_unreadable("unreadable", str(problem))) from None
    except UnicodeDecodeError:
        raise Refused(_unreadable("unreadable", "The header x-user-id is not UTF-8.")) from None


async def _stored(door: Door, event: WebhookEvent, body: bytes, request: str) -> None:
    """Returns when the event is on disk."""
    ticket: Ticket = asyncio.get_running_loop().create_future()
    try:
        arrival = Arrival(
            organisation=door.organisation,
            environment=door.environment,
            kind=event.kind,
            event=event.event,
            version=event.version,
            vendor_id=event.vendor_id,
            session_id=event.session_id,
            seq=event.seq,
            stages=event.stages,
            body=body,
            mark=door.mark(event.vendor_id),
            request_id=request,
        )
        door.submit(arrival, ticket)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the event is not stored, and its text may name people
        with bound(request_id=request):
            log.error("A webhook could not be handed over: %s", type(problem).__name__)  # noqa: TRY400
        raise Refused(_NOT_STORED) from None
    await ticket


def _unreadable(error: Word, message: str) -> Refusal:
    return Refusal(status=400, error=error, message=message)


async def _refuse(receive: Receive, send: Send, refusal: Refusal, request: str, *, all_read: bool) -> None:
    """Sends a refusal; where a large or slow body is still on its way, the connection ends with it.

    A connection that is closed while the sender still writes is reset, and the answer may be lost on the way. So the
    answer goes first, and some of the rest is read and dropped before the end.
    """
    body = error_body(refusal, request)
    if all_read:
        await send_json(send, refusal.status, body, request, refusal.headers)
        return
    closing = (*refusal.headers, (b"connection", b"close"))
    lingers = refusal is not SLOW
    await send_json(send, refusal.status, body, request, closing, more=lingers)
    if lingers:
        await dropped(receive)
        await send({"type": "http.response.body", "body": b""})


async def _drained(receive: Receive, headers: dict[bytes, bytes], refusal: Refusal) -> bool:
    """Whether nothing of the body is left to come; what is small and quick is read and dropped before the answer."""
    if refusal.status in {SLOW.status, LARGE.status}:
        return False
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return True
    return await dropped(receive)
