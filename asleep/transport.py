"""One call over HTTP: the key, the address, the pace, the deadline and the retries, in one place.

The layers, outermost first: deadline, retries with full jitter, pace, time-outs, pooled connections that
neither retry nor follow a redirect by themselves. Errors are returned as values up to the point where one
is raised, so that no exception of a library below, with the request and its key inside, hangs on what is
raised.
"""

import logging
import re
import time
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import requests
import urllib3.exceptions

from asleep.calls import Answer, Call
from asleep.credentials import ApiKey, service_address
from asleep.deadline import BoundedAdapter, Deadline, running
from asleep.errors import (
    AsleepError,
    DeadlineExceeded,
    MalformedAnswer,
    RateLimited,
    ServerFault,
    StatusError,
    TransportError,
    status_error,
)
from asleep.pacing import Pacer
from asleep.patience import Backoff, Timeouts
from asleep.payloads import parse_detail

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""A longer answer is refused: the longest honest one, 24 hours of stages, is under 30 kB."""

_AGAIN_METHODS: Final = frozenset({"GET", "DELETE"})
_AGAIN_STATUSES: Final = frozenset({500, 502, 503, 504})

_log = logging.getLogger(__name__)


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


class Transport:
    """Calls to one service under one key; safe to share between threads.

    Raises:
        ValueError: the address or the key cannot be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: ApiKey,
        timeouts: Timeouts,
        pacer: Pacer,
        backoff: Backoff,
        pool: int,
    ) -> None:
        self.base_url = service_address(base_url)
        self._key = key
        self._timeouts = timeouts
        self._pacer = pacer
        self._backoff = backoff
        self._session = _Session(key=key, pool=pool)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def call(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer:
        """The first 2xx answer, after as many tries as the method, the refusals and the deadline allow.

        Raises:
            AsleepError: the last failure.
        """
        maybe_done = False
        attempt = 1
        while True:
            outcome = self._try(call, deadline=deadline, request_id=request_id)
            if isinstance(outcome, Answer):
                return outcome
            if maybe_done and call.gone is not None and isinstance(outcome, call.gone):
                return Answer(status=204, body=b"")
            asked_s = outcome.retry_after_s if isinstance(outcome, StatusError) else None
            pause_s = self._backoff.pause_s(attempt, at_least_s=asked_s or 0.0)
            last = attempt >= self._backoff.tries or pause_s >= deadline.remaining_s()
            if last or not worth_again(call.method, outcome):
                raise outcome
            # A refusal for the rate did nothing; after any other failure the service may have done its part.
            maybe_done = maybe_done or not isinstance(outcome, RateLimited)
            time.sleep(pause_s)
            attempt += 1

    def _try(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        if not self._pacer.wait(within_s=deadline.remaining_s()):
            return DeadlineExceeded(
                f"{call.operation} was not sent: at {self._pacer.per_second} calls per second its turn comes "
                "after the deadline. Ask for less at once, or allow more time with Timeouts(total_s=...).",
                request_id=request_id,
            )
        began_s = time.monotonic()
        answer = self._exchange(call, deadline=deadline, request_id=request_id)
        status = answer.status if isinstance(answer, Answer) else type(answer).__name__
        took_ms = (time.monotonic() - began_s) * 1000
        _log.debug("%s %s: %s in %.0f ms", request_id, call.operation, status, took_ms)
        if not isinstance(answer, Answer) or 200 <= answer.status < 300:
            return answer
        return status_error(
            status=answer.status,
            detail=self._public(parse_detail(answer.body), call),
            operation=call.operation,
            request_id=request_id,
            retry_after_s=answer.retry_after_s,
        )

    def _exchange(self, call: Call, *, deadline: Deadline, request_id: str) -> Answer | AsleepError:
        left_s = deadline.remaining_s()
        if deadline.passed():
            return self._late(call, request_id)
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
                retry_after_s = _retry_after_s(response.headers.get("Retry-After"))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            what = _what_failed(error)
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
            return self._late(call, request_id)
        message = f"{call.operation}: {what} {_after_failure(call.method)}"
        return TransportError(message, request_id=request_id)

    def _late(self, call: Call, request_id: str) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{call.operation} was given up: the {self._timeouts.total_s:g} s for the whole call ran out. "
            f"{_after_failure(call.method)} Timeouts(total_s=...) allows more time.",
            request_id=request_id,
        )

    def _public(self, detail: str, call: Call) -> str:
        for one in (*call.ids.values(), call.user_id):
            detail = detail.replace(one, "[id]") if one else detail
        return self._key.scrubbed(detail)


def worth_again(method: str, outcome: AsleepError) -> bool:
    """Whether the same call may be sent again after this failure.

    GET and DELETE only, after a lost or silent connection, a rate limit, or a status 500, 502, 503 or 504.
    A POST is never repeated, because the service has no key that would tell a repetition from a second
    person.
    """
    if method not in _AGAIN_METHODS or isinstance(outcome, DeadlineExceeded):
        return False
    if isinstance(outcome, ServerFault):
        return outcome.status in _AGAIN_STATUSES
    return isinstance(outcome, TransportError | RateLimited)


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
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _what_failed(error: Exception) -> str:
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (requests.exceptions.SSLError, "no trusted TLS connection could be made."),
        (requests.exceptions.ConnectTimeout, "the service did not accept a connection in time."),
        (requests.exceptions.ReadTimeout, "the service stopped sending."),
        (requests.exceptions.ChunkedEncodingError, "the answer broke off."),
        (requests.exceptions.ContentDecodingError, "the answer's compression could not be read."),
        (requests.exceptions.ConnectionError, "the service could not be reached or dropped the connection."),
    )
    return next((what for kind, what in kinds if isinstance(error, kind)), "the exchange over HTTP failed.")


def _after_failure(method: str) -> str:
    if method in _AGAIN_METHODS:
        return "Check the network and the service's address, and try again later."
    return "Whether it took effect is unknown: check with the vendor before sending it again."


def new_request_id() -> str:
    """A fresh name for a call, for our own logs."""
    return uuid.uuid4().hex
