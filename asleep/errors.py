"""What can go wrong between us and the vendor, as one tree.

    AsleepError                     a call did not give what was asked for
    ├── UnusableIdentifier          an id that has no place in an address; nothing was sent
    ├── UnusableMetadata            facts of a person that the contract does not allow; nothing was sent
    ├── TransportError              could not talk: reset, cut off, no answer
    │   ├── Unreachable             no connection; nothing was sent
    │   │   └── NotAsked            it is left alone for a while, after failing or by its own wish
    │   ├── Untrusted               no TLS connection that could be trusted
    │   └── DeadlineExceeded        the time given to the whole call ran out
    │       └── Stopped             the work that the call belongs to was stopped
    ├── MalformedAnswer             the service answered, and not with what the contract says
    └── StatusError                 the service said no
        ├── Redirected              3xx: it pointed elsewhere; the key is never sent on
        ├── BadRequest              400
        │   ├── UnknownTimezone     the time zone is not one it knows
        │   └── PeriodTooLong       more days than it averages at once
        ├── InvalidKey              401: the API key is missing or wrong
        ├── InvalidUserId           401, in words about a user id
        ├── Forbidden               403 in words we do not know
        │   ├── PlanExpired         403: the account's plan has ended
        │   └── QuotaExceeded       403: the account's allowance is used up
        ├── RateLimited             403 in words about a rate limit, or 429
        ├── NotFound                404 without a sentence: hardly the API itself
        │   ├── UserNotFound        no such person under this key
        │   └── SessionNotFound     no such session for this person
        ├── InvalidParameter        422
        └── ServerFault             5xx

A message says what happened and what to do. Nothing here holds a key, an answer's body or a person's id:
`operation` is the path's template and `detail` is the vendor's sentence without the ids of the call.
`request_id` names the call in our own logs; the vendor never sees it.
"""

import re
from collections.abc import Mapping


class AsleepError(Exception):
    """A call did not give what was asked for."""

    def __init__(self, message: str, *, request_id: str = "") -> None:
        super().__init__(message)
        self.request_id = request_id


class UnusableIdentifier(AsleepError, ValueError):
    """An id that has no place in an address or a header; nothing was sent."""


class UnusableMetadata(AsleepError, ValueError):
    """Facts of a new person that the contract does not allow; nothing was sent."""


class TransportError(AsleepError):
    """We could not talk to the service: refused, reset, cut off, or no answer in time."""


class Unreachable(TransportError):
    """No connection was made: refused, unknown name, no route, not in time. Nothing was sent."""


class NotAsked(Unreachable):
    """The service is left alone for a while: it failed several times in a row, or asked for it. Nothing was sent.

    `retry_after_s` is when it may be asked again; `faulty` is whether it answers, though with faults of its own, so
    that another operation may do well.
    """

    def __init__(
        self, message: str, *, retry_after_s: float, faulty: bool = False, request_id: str = ""
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.retry_after_s = retry_after_s
        self.faulty = faulty


class Untrusted(TransportError):
    """No TLS connection that could be trusted: asking again meets the same certificate."""


class DeadlineExceeded(TransportError):
    """The time given to the whole call, waiting and retries included, ran out."""


class Stopped(DeadlineExceeded):
    """The work that the call belongs to was stopped before the service had answered."""


class MalformedAnswer(AsleepError):
    """The service answered, and not with what the contract says.

    `problem` names the field and what is wrong with it, never its value; `status` is None and `operation`
    empty where a payload was read outside a call.
    """

    def __init__(
        self, problem: str, *, status: int | None = None, operation: str = "", request_id: str = ""
    ) -> None:
        where = (
            f"{operation} answered {status}, but " if operation else "This is not what the contract says: "
        )
        super().__init__(
            f"{where}{problem}. Compare the service's answer with asleep/contract/openapi.yaml; "
            "if the vendor changed it, the parser has to follow.",
            request_id=request_id,
        )
        self.problem = problem
        self.status = status
        self.operation = operation


class StatusError(AsleepError):
    """The service answered and said no, with a status we have no closer name for.

    `status` is the HTTP status, `detail` the vendor's own sentence ("" when the body was not JSON),
    `operation` the method and path template, `retry_after_s` how long the vendor asks us to wait (None: not
    said).
    """

    advice = "The contract has no such answer here; check the address and try again later."

    def __init__(
        self,
        *,
        status: int,
        detail: str,
        operation: str,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        said = f" ({detail})" if detail else ""
        super().__init__(
            f"{operation} was answered with {status}{said}. {self.advice}", request_id=request_id
        )
        self.status = status
        self.detail = detail
        self.operation = operation
        self.retry_after_s = retry_after_s


class Redirected(StatusError):
    """The service pointed to another address, which we do not follow because the key would travel along."""

    advice = "Redirects are not followed, so that the key stays here. Set the base address to the final one."


class BadRequest(StatusError):
    """The service could not read the question."""

    advice = "The same question will fail again; correct it."


class UnknownTimezone(BadRequest):
    """The service does not know the time zone that was named."""

    advice = "Name a zone of the IANA list, such as Europe/Berlin or UTC."


class PeriodTooLong(BadRequest):
    """The period has more days than the service averages at once."""

    advice = "Ask for 99 days or fewer at a time."


class InvalidKey(StatusError):
    """The API key is missing, wrong or revoked."""

    advice = "Check ASLEEP_API_KEY and its environment (live or test); every other call will fail as well."


class InvalidUserId(StatusError):
    """The service does not accept this id as a person's id."""

    advice = "Check the vendor id in the roster; it looks like G-20260105081500-..."


class Forbidden(StatusError):
    """The service refuses this call for a reason in words we do not know."""

    advice = "Ask again only after the account's permissions were checked with the vendor."


class PlanExpired(Forbidden):
    """The account's plan has ended."""

    advice = "Renew the plan with the vendor; until then every call will be refused."


class QuotaExceeded(Forbidden):
    """The account's allowance is used up."""

    advice = (
        "Wait for the next billing period or have the vendor raise the quota; asking again does not help."
    )


class RateLimited(StatusError):
    """Too many calls in a short time."""

    advice = "Wait and ask again; if it happens often, lower NOCTURNE_RATE_LIMIT_PER_SECOND."


class NotFound(StatusError):
    """Nothing is at this address, and the answer does not say what is missing."""

    advice = "Check the base address: the service names what it misses, and this answer does not."


class UserNotFound(NotFound):
    """No person has this id under this key."""

    advice = (
        "Check the vendor id in the roster and that the key belongs to the same environment (live or test)."
    )


class SessionNotFound(NotFound):
    """This person has no session with this id."""

    advice = "It was deleted or belongs to another person; list the sessions again."


class InvalidParameter(StatusError):
    """A parameter does not fit."""

    advice = "The same question will fail again; correct the parameter."


class ServerFault(StatusError):
    """The service failed on its own side."""

    advice = "Nothing is wrong with the question; try again later."


# By status, the texts that tell conditions apart, first match first. The texts differ between the vendor's
# pages, so they are read loosely; "rate limit" alone is read strictly, because it alone makes us ask again.
_BY_TEXT: Mapping[int, tuple[tuple[re.Pattern[str], type[StatusError]], ...]] = {
    400: (
        (re.compile(r"time.?zone", re.IGNORECASE), UnknownTimezone),
        (re.compile(r"period|\bdays\b", re.IGNORECASE), PeriodTooLong),
    ),
    401: ((re.compile(r"user[\s_-]*id", re.IGNORECASE), InvalidUserId),),
    403: (
        (re.compile(r"rate limit", re.IGNORECASE), RateLimited),
        (re.compile(r"quota", re.IGNORECASE), QuotaExceeded),
        (re.compile(r"plan.*expir|expir.*plan", re.IGNORECASE), PlanExpired),
    ),
    404: (
        (re.compile(r"session", re.IGNORECASE), SessionNotFound),
        (re.compile(r"user", re.IGNORECASE), UserNotFound),
    ),
}
_BY_STATUS: Mapping[int, type[StatusError]] = {
    400: BadRequest,
    401: InvalidKey,
    403: Forbidden,
    404: NotFound,
    422: InvalidParameter,
    429: RateLimited,
}


def status_error(
    *,
    status: int,
    detail: str,
    operation: str,
    request_id: str = "",
    retry_after_s: float | None = None,
) -> StatusError:
    """The error that stands for an answer other than 2xx, not yet raised.

    Decided by status; where one status covers several conditions, by the text of `detail` (contract README
    section 7).
    """
    by_text = (kind for pattern, kind in _BY_TEXT.get(status, ()) if pattern.search(detail))
    kind = next(by_text, None) or _by_status(status, told=bool(detail), operation=operation)
    return kind(
        status=status, detail=detail, operation=operation, request_id=request_id, retry_after_s=retry_after_s
    )


def _by_status(status: int, *, told: bool, operation: str) -> type[StatusError]:
    if status == 404 and told:  # its words are new to us, so the path says what was looked for
        return SessionNotFound if "{session_id}" in operation else UserNotFound
    by_class = {3: Redirected, 5: ServerFault}
    return _BY_STATUS.get(status) or by_class.get(status // 100, StatusError)
