"""One request and its answer over HTTP: the key, the address, the time-outs and the connections.

Errors are returned as values, so that no exception of a library below, with the request and its key inside, hangs on
what is raised above.
"""

import logging
import re
import ssl
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import requests
import urllib3.exceptions

from asleep.calls import REPEATABLE, Answer, Call
from asleep.credentials import ApiKey, service_address
from asleep.deadline import BoundedAdapter, Deadline, running
from asleep.errors import (
    AsleepError,
    DeadlineExceeded,
    MalformedAnswer,
    Stopped,
    TransportError,
    Unreachable,
    Untrusted,
    status_error,
)
from asleep.patience import Timeouts
from asleep.payloads import parse_detail

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""A longer answer is refused: the longest honest one, 24 hours of stages, is under 30 kB."""

MAX_DETAIL: Final = 200
"""So many characters of the vendor's sentence are passed on."""

# At DEBUG it writes every path, and with it the ids of people.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class _Session(requests.Session):
    """A session without surroundings: no proxy or .netrc of the machine, no cookies, no redirects."""

    def __init__(self, *, key: ApiKey, pool: int) -> None:
        super().__init__()
        self.trust_env = False
        self.auth = key
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": "nocturne", "Accept": "application/json", "timezone": "UTC"})
        for scheme in ("https://", "http://"):
            self.mount(scheme, BoundedAdapter(pool=pool))

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' own signature
        """None: there is nothing to follow, and nothing of the redirecting answer is read to the end."""
        return None


class Exchange:
    """Requests to one service under one key; safe to share between threads.

    Raises:
        ValueError: the address or the key cannot be used.
    """

    def __init__(self, *, base_url: str, key: ApiKey, timeouts: Timeouts, pool: int) -> None:
        self.base_url = service_address(base_url)
        self._key = key
        self._timeouts = timeouts
        self._session = _Session(key=key, pool=pool)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def send(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        """The answer if it is 2xx; otherwise the error that stands for what came, or did not come."""
        answer = self._sent(call, deadline=deadline, request_id=request_id)
        if not isinstance(answer, Answer) or 200 <= answer.status < 300:
            return answer
        return status_error(
            status=answer.status,
            detail=self._public(parse_detail(answer.body), call),
            operation=call.operation,
            request_id=request_id,
            retry_after_s=answer.retry_after_s,
        )

    def _sent(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        left_s = deadline.remaining_s()
        try:
            with (
                running(deadline),
                self._session.request(
                    call.method,
                    self.base_url + call.filled_path(),
                    params=dict(call.query),
                    data=call.body,
                    headers=_headers(call),
                    timeout=(min(self._timeouts.connect_s, left_s), min(self._timeouts.read_s, left_s)),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                body = _body(response)
                status = response.status_code
                said = None if 200 <= status < 300 else response.headers.get("Retry-After")
                retry_after_s = _retry_after_s(said)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            kind, what = _failure(error)
        else:
            if body is not None:
                return Answer(status=status, body=body, retry_after_s=retry_after_s)
            return MalformedAnswer(
                f"its body is longer than {MAX_BODY_BYTES} bytes",
                status=status,
                operation=call.operation,
                request_id=request_id,
            )
        if deadline.passed():
            return late(call, deadline, request_id)
        return kind(f"{call.operation}: {what} {_after(kind, call.method)}", request_id=request_id)

    def _public(self, detail: str, call: Call) -> str:
        # The key first, which might hold an id; cut last, because half a key would not be recognised.
        detail = self._key.scrubbed(detail)
        for one in (*call.ids.values(), call.user_id):
            detail = detail.replace(one, "[id]") if one else detail
        return detail[:MAX_DETAIL]


def late(call: Call, deadline: Deadline, request_id: str) -> DeadlineExceeded:
    """The error of a call whose time ran out while it was under way."""
    why = "work was stopped" if deadline.stopped else f"the {deadline.total_s:g} s for the whole call ran out"
    kind = Stopped if deadline.stopped else DeadlineExceeded
    after = _after(DeadlineExceeded, call.method)
    return kind(f"{call.operation} was given up: {why}. {after}", request_id=request_id)


def _headers(call: Call) -> dict[str, str]:
    headers = {} if call.user_id is None else {"x-user-id": call.user_id}
    return headers if call.body is None else {**headers, "Content-Type": "application/json"}


def _body(response: requests.Response) -> bytes | None:
    """The decoded body; empty for a redirect, whose body is of no use; None if it is too long."""
    if 300 <= response.status_code < 400:
        return b""
    chunks, size = [], 0
    for chunk in response.iter_content(65536):
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _retry_after_s(text: str | None) -> float | None:
    """Seconds to wait, from a number of seconds or a date; None where neither is given."""
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip(), re.ASCII):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _failure(error: Exception) -> tuple[type[TransportError], str]:
    """What kind of failure it is, and a sentence about it that quotes nothing of the request."""
    reason = getattr(error.args[0] if error.args else None, "reason", error)
    if isinstance(reason, urllib3.exceptions.SSLError) and _is_about_trust(reason):
        return Untrusted, "no trusted TLS connection could be made."
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return Unreachable, "the service's name could not be looked up."
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return Unreachable, "the service could not be reached."
    if isinstance(reason, urllib3.exceptions.ConnectTimeoutError):
        return Unreachable, "the service did not accept a connection in time."
    kinds: tuple[tuple[type[Exception], type[TransportError], str], ...] = (
        (requests.exceptions.SSLError, TransportError, "the TLS connection broke off."),
        (requests.exceptions.ReadTimeout, TransportError, "the service stopped sending."),
        (requests.exceptions.ChunkedEncodingError, TransportError, "the answer broke off."),
        (requests.exceptions.ContentDecodingError, TransportError, "the answer's compression is unreadable."),
        (requests.exceptions.ConnectionError, TransportError, "the service dropped the connection."),
    )
    return next(
        ((kind, what) for one, kind, what in kinds if isinstance(error, one)),
        (TransportError, "the exchange over HTTP failed."),
    )


def _is_about_trust(error: urllib3.exceptions.SSLError) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)


def _after(kind: type[TransportError], method: str) -> str:
    if issubclass(kind, Untrusted):
        return "Check the base address, this machine's clock and its certificates."
    if issubclass(kind, Unreachable):
        return "Nothing was sent. Check the network and the service's address, and try again later."
    if method in REPEATABLE:
        return "Check the network and the service's address, and try again later."
    return "Whether it took effect is unknown: check with the vendor before sending it again."


def new_request_id() -> str:
    """A fresh name for a call, for our own logs."""
    return uuid.uuid4().hex
