"""The example payloads, read, and what every value that was read has to hold."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from asleep import contract, models
from asleep.payloads import (
    parse_average_stats,
    parse_created_user,
    parse_session,
    parse_session_list,
    parse_user,
)

PARSERS: dict[str, Callable[[bytes], Any]] = {
    "session_list": parse_session_list,
    "session": parse_session,
    "average_stats": parse_average_stats,
    "user_created": parse_created_user,
    "user": parse_user,
}
READABLE = [
    name
    for name in contract.example_names()
    if name.startswith(tuple(PARSERS)) and name != "user_create_request"
]


def parser_of(name: str) -> Callable[[bytes], Any]:
    return next(parse for prefix, parse in PARSERS.items() if name.startswith(prefix))


def read(name: str) -> Any:
    return parser_of(name)(contract.example_bytes(name))


def assert_survives(value: Any) -> None:
    """The value, or each of a page, is equal to itself after encoding and decoding."""
    for one in value if isinstance(value, tuple) else (value,):
        assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a decoded payload, of lists the first two entries only."""
    found = [path] if path else []
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        found += places(inner, (*path, key))
    return found


def night_with(**changes: Any) -> models.SessionResult:
    """The complete example with changes: `session__end_time=None` sets that field, the value `...` removes it."""
    body = contract.example("session_complete")
    for path, value in changes.items():
        *folders, field = path.split("__")
        place = body["result"]
        for folder in folders:
            place = place[folder]
        if value is ...:
            del place[field]
        else:
            place[field] = value
    return parse_session(json.dumps(body).encode())


def stat_with(**changes: Any) -> models.SessionStat:
    """The statistics of the complete example with changes as for `night_with`."""
    found = night_with(**{f"stat__{field}": value for field, value in changes.items()}).stat
    assert found is not None
    return found


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
