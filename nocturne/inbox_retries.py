"""When an event is tried again, and whose fault it was that it failed, as pure functions.

| what failed | counts as a try | next time |
|---|---|---|
| the event itself: no such session, or an answer that says nothing | yes | full jitter, 2 s doubling to 5 min |
| what no repetition changes: an id that has no place in an address | | never |
| the vendor: down, refusing everybody, asking for patience | no | the later the longer it has waited, up to 5 min |
| a fault that the vendor answered to this question, while it answers others well | yes | as the event itself |
| a refusal without a reason, likewise | yes | as the event itself |
| this machine: a full disk, a locked database | no | as the vendor |
| nothing: the vendor has not finished its analysis | no | as the vendor |

So an outage of an hour costs no event its tries, and an event that nobody can do anything with ends among the dead
letters after eight tries, in about two minutes. What has been tried for two days in vain is one too, for whatever
reason; for how long it waited before that, for its person to be known or for a worker, is not counted.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Literal

from asleep.errors import (
    AsleepError,
    BadRequest,
    DeadlineExceeded,
    Forbidden,
    InvalidKey,
    InvalidParameter,
    InvalidUserId,
    MalformedAnswer,
    NotAsked,
    NotFound,
    RateLimited,
    SessionNotFound,
    StatusError,
    Stopped,
    TransportError,
    UnusableIdentifier,
    UserNotFound,
)
from cache.archive import NewerFormat
from cache.disk import CacheBusy
from store.errors import StoreUnavailable

TRIES: Final = 8
"""So often an event may fail by its own fault; then it is a dead letter."""
GIVEN_UP: Final = timedelta(days=2)
"""An event that has been tried for so long in vain is a dead letter, whoever's fault it is."""
FIRST_S: Final = 2.0
LONGEST_S: Final = 300.0
LONGEST_ASKED_S: Final = 900.0
"""After so long the vendor is asked again, whatever it asked for: a day's `Retry-After` must not cost a night."""

Fault = Literal["hopeless", "event", "vendor", "here"]

Draw = Callable[[float, float], float]


def pause_s(failures: int, *, draw: Draw = random.uniform) -> float:
    """Seconds until an event is tried again that failed so many times before: anything up to 2, 4, 8, ... 300."""
    return draw(0.0, min(FIRST_S * 2.0 ** min(failures, 20), LONGEST_S))


def patience_s(waited: timedelta, *, draw: Draw = random.uniform) -> float:
    """Seconds until an event is looked at again that can do nothing for its delay: about half of what it has waited.

    At least 1 s and at most 300 s, drawn between half and the whole, so that what failed together does not come
    back together.
    """
    whole_s = min(max(waited.total_seconds() * 0.75, FIRST_S), LONGEST_S)
    return draw(whole_s / 2, whole_s)


def fault_of(problem: Exception, *, others_answered: bool) -> Fault:
    """Whose fault a failure is.

    Args:
        problem: what was raised.
        others_answered: whether the vendor has answered questions about other sessions well a moment ago.
    """
    if isinstance(problem, UnusableIdentifier):
        return "hopeless"
    if isinstance(problem, AsleepError):
        return _vendors(problem, others_answered=others_answered)
    if isinstance(problem, (StoreUnavailable, CacheBusy)):
        return "here"
    if isinstance(problem, OSError) and not isinstance(problem, NewerFormat):
        return "here"
    return "event"


def _vendors(problem: AsleepError, *, others_answered: bool) -> Fault:
    own = (SessionNotFound, UserNotFound, BadRequest, InvalidUserId, InvalidParameter, MalformedAnswer)
    if isinstance(problem, own):
        return "event"
    if isinstance(problem, Stopped) or keeps_everybody_out(problem, others_answered=others_answered):
        return "vendor"
    return "event" if others_answered else "vendor"


def keeps_everybody_out(problem: Exception, *, others_answered: bool) -> bool:
    """Whether it is of no use to ask the vendor about anybody else now.

    A 403 that gives no reason is about the one session where others are answered well.
    """
    if type(problem) is Forbidden and others_answered:
        return False
    if isinstance(problem, DeadlineExceeded):
        return False
    if isinstance(problem, (SessionNotFound, UserNotFound)):
        return False
    refusals = (InvalidKey, Forbidden, RateLimited, NotFound)
    return isinstance(problem, (TransportError, *refusals))


def asks_for_s(problem: Exception) -> float:
    """For how long the vendor is left alone because it wants to be; 0 where it did not say."""
    if isinstance(problem, (NotAsked, StatusError)):
        return min(problem.retry_after_s or 0.0, LONGEST_ASKED_S)
    return 0.0
