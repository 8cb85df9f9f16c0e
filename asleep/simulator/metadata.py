"""The body of Create User: metadata within the contract's ranges, kept as they were sent."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from starlette.requests import Request

from asleep.simulator.parameters import RefusalError, invalid

_GENDERS = (None, "male", "female", "non_binary", "other", "prefer_not_to_say")
_WHOLE_NUMBERS = {"birth_year": (1900, 2100), "birth_month": (1, 12), "birth_day": (1, 31)}
_MEASURES = {"height": (0, 300), "weight": (0, 1000)}  # centimetres and kilograms, one decimal at most
_LARGEST_BODY_BYTES = 65_536
_DEEPEST = 16  # objects within objects; what is deeper could be read but not written back
_LEAP_YEAR = 2024


async def user_metadata(request: Request) -> dict[str, Any] | None:
    """The metadata in a body, None without any; 422 if the body or a value of it does not fit.

    Fields that the contract does not name are kept as well.
    """
    body = await _body(request)
    content = _decoded(body) if body else {}
    if not isinstance(content, dict):
        invalid("metadata", "value is not a valid dict", "type_error.dict", place="body")
    metadata = content.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        invalid("metadata", "value is not a valid dict", "type_error.dict", place="body")
    if _is_deeper(metadata, _DEEPEST):
        invalid("metadata", "value is nested too deeply", "value_error", place="body")
    _check_numbers(metadata)
    if metadata.get("gender") not in _GENDERS:
        invalid("gender", "value is not a valid enumeration member", "type_error.enum", place="body")
    _check_birthday(metadata)
    return metadata


async def _body(request: Request) -> bytes:
    """The body, read to its end even if it is too large: who is still sending does not read an answer."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= _LARGEST_BODY_BYTES:
            parts.append(part)
    if size > _LARGEST_BODY_BYTES:
        raise RefusalError(422, f"The body should be at most {_LARGEST_BODY_BYTES} bytes")
    return b"".join(parts)


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        invalid("metadata", "value is not valid JSON", "value_error.jsondecode", place="body")


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _check_numbers(metadata: dict[str, Any]) -> None:
    for name, (low, high) in (_WHOLE_NUMBERS | _MEASURES).items():
        value = metadata.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            invalid(name, "value is not a number", "type_error.number", place="body")
        if not low <= value <= high:
            invalid(name, f"ensure this value is between {low} and {high}", "value_error", place="body")
        if value != round(value, 0 if name in _WHOLE_NUMBERS else 1):
            invalid(name, "the value has too many decimals", "value_error", place="body")


def _check_birthday(metadata: dict[str, Any]) -> None:
    year, month, day = (metadata.get(name) for name in _WHOLE_NUMBERS)
    if year is not None and year > datetime.now(UTC).year:
        invalid("birth_year", "the year has not begun", "value_error", place="body")
    if month is None or day is None:
        return
    try:
        # Without a year any day that some year has.
        date(int(_LEAP_YEAR if year is None else year), int(month), int(day))
    except ValueError:
        invalid("birth_day", "the month has no such day", "value_error", place="body")
