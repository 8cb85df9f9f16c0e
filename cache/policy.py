"""What may be kept of the vendor's answers, for how long, and under which key: pure functions."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from asleep.models import AverageStats, SessionResult, User

Operation = Literal["get_session", "list_sessions", "average_stats", "get_user"]
Parameter = str | int | bool | date | None

_COMPACT = json.JSONEncoder(separators=(",", ":"))
MINUTE_S = 60.0
DAY_S = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How long an answer is good.

    Attributes:
        fresh_s: so long it is handed out without asking again.
        stale_s: so long, from the same beginning, it is handed out when the vendor cannot answer.
    """

    fresh_s: float
    stale_s: float


_LONG = Keep(fresh_s=7 * DAY_S, stale_s=90 * DAY_S)
_BRIEF = Keep(fresh_s=MINUTE_S, stale_s=MINUTE_S)
_BY_ANSWER: Mapping[tuple[str, type], Keep] = {
    ("list_sessions", tuple): Keep(fresh_s=MINUTE_S, stale_s=7 * DAY_S),
    ("average_stats", AverageStats): Keep(fresh_s=15 * MINUTE_S, stale_s=7 * DAY_S),
    ("get_user", User): Keep(fresh_s=5 * MINUTE_S, stale_s=7 * DAY_S),
}


def keep(operation: str, value: object) -> Keep | None:
    """How long the answer to an operation may be kept, or None when it may not be kept at all.

    | answer | fresh | when the vendor fails |
    |---|---|---|
    | a COMPLETE session | 7 days | 90 days |
    | an OPEN or CLOSED session | 60 s | 60 s: it changes while we look |
    | a list of sessions | 60 s | 7 days |
    | average statistics | 15 min | 7 days |
    | a user | 5 min | 7 days |
    | anything else: what was written, what was not found | never | never |
    """
    if operation == "get_session" and isinstance(value, SessionResult):
        return _LONG if value.state == "COMPLETE" else _BRIEF
    return _BY_ANSWER.get((operation, type(value)))


def cache_key(
    *,
    organisation: str,
    environment: str,
    user_id: str,
    operation: str,
    parameters: Mapping[str, Parameter],
    schema: int,
) -> str:
    """The key of an answer, as 64 hexadecimal digits; two different questions never share one.

    The API key is no part of it: an answer stays right when the key is exchanged, and no trace of the key
    reaches the disk. The hash keeps ids out of the file as well.

    Raises:
        TypeError: a parameter is of a kind that has no one spelling (a float, a moment, a list).
    """
    question = [
        schema,
        organisation,
        environment,
        user_id,
        operation,
        [[name, *_spelled(parameters[name])] for name in sorted(parameters)],
    ]
    # JSON of nested lists can be read back in one way only, so different questions have different texts.
    return hashlib.sha256(_COMPACT.encode(question).encode()).hexdigest()


def cache_tag(*, organisation: str, environment: str = "", user_id: str = "", operation: str = "") -> str:
    """The drawer an answer lies in, from the organisation down to the operation, each part ending with "/".

    Left out from the right, it begins the name of every drawer below: all of a person, of an organisation.

    Raises:
        ValueError: a part is given without the part before it.
    """
    person = _pseudonym(organisation, environment, user_id) if user_id else ""
    parts = [organisation, environment, person, operation]
    while parts and not parts[-1]:
        parts.pop()
    if not parts or not all(parts) or "/" in "".join(parts):
        raise ValueError(
            "Name the organisation, then environment, user and operation in that order, without /."
        )
    return "/".join([*parts, ""])


# A person is asked about many times in a row, and the name of their drawer is a good part of what a hit costs.
@lru_cache(maxsize=4096)
def _pseudonym(organisation: str, environment: str, user_id: str) -> str:
    text = json.dumps([organisation, environment, user_id])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _spelled(value: Parameter) -> tuple[str, str | int | bool | None]:
    """The kind and the plain value: an enumeration's member is the text or number that it stands for."""
    if value is None or isinstance(value, bool):
        return type(value).__name__, value
    if isinstance(value, str):
        return "str", str.__str__(value)
    if isinstance(value, int):
        return "int", int(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return "date", date.isoformat(value)
    raise TypeError(f"A {type(value).__name__} cannot be part of a cache key; give text, a number or a date.")
