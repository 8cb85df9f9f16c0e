"""What a request asks for: headers and parameters, read or refused with the contract's status and text."""

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from starlette.requests import Request

_USER_ID = re.compile(r"G-\d{14}-[A-Za-z0-9]{10,40}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_GENDERS = (None, "male", "female", "non_binary", "other", "prefer_not_to_say")
_METADATA_RANGES = {
    "birth_year": (1900, 2100),
    "birth_month": (1, 12),
    "birth_day": (1, 31),
    "height": (0, 300),
    "weight": (0, 1000),
}


class RefusalError(Exception):
    """An answer other than success: status and text of the contract."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def user_header(request: Request) -> str:
    """The identifier in x-user-id; 401 if it is missing or not in the issued form."""
    user_id: str = request.headers.get("x-user-id", "")
    if not _USER_ID.fullmatch(user_id):
        raise RefusalError(401, "x-user-id is invalid")
    return user_id


def zone(request: Request) -> ZoneInfo:
    """The zone of the timezone header, UTC without one; 400 if there is no such zone."""
    name = request.headers.get("timezone", "UTC")
    if name not in _zone_names():
        raise RefusalError(400, "The invalid timezone is provided")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def calendar_date(request: Request, name: str, *, required: bool = False) -> date | None:
    """The date of a query parameter, None without one; 422 if it is malformed or missing though required."""
    text = request.query_params.get(name)
    if text is None:
        if required:
            invalid(name, "field required", "value_error.missing")
        return None
    try:
        # The format first: newer Python also reads dates without hyphens.
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        invalid(name, "invalid date format", "value_error.date")
    return found


def whole_number(request: Request, name: str, *, default: int, largest: int | None = None) -> int:
    """The number of a query parameter, at least 0; 422 if it is none or too large."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"-?\d{1,18}", text):
        invalid(name, "value is not a valid integer", "type_error.integer")
    value = int(text)
    if value < 0:
        invalid(name, "ensure this value is greater than or equal to 0", "value_error.number.not_ge")
    if largest is not None and value > largest:
        invalid(name, f"ensure this value is less than or equal to {largest}", "value_error.number.not_le")
    return value


def invalid(name: str, message: str, kind: str, *, place: str = "query") -> NoReturn:
    """Refuses a parameter with 422 and the list form of `detail`."""
    raise RefusalError(422, [{"loc": [place, name], "msg": message, "type": kind}])


def user_metadata(body: bytes) -> dict[str, Any] | None:
    """The metadata in the body of Create User, None without any; 422 if a value is out of its range."""
    try:
        content = msgspec.json.decode(body) if body.strip() else {}
    except msgspec.DecodeError:
        invalid("metadata", "value is not valid JSON", "value_error.jsondecode", place="body")
    metadata = content.get("metadata") if isinstance(content, dict) else content
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        invalid("metadata", "value is not a valid dict", "type_error.dict", place="body")
    for name, (low, high) in _METADATA_RANGES.items():
        value = metadata.get(name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and low <= value <= high):
            invalid(name, f"ensure this value is between {low} and {high}", "value_error", place="body")
    if metadata.get("gender") not in _GENDERS:
        invalid("gender", "value is not a valid enumeration member", "enum", place="body")
    if (metadata.get("birth_year") or 0) > datetime.now(UTC).year:
        invalid("birth_year", "the year has not begun", "value_error", place="body")
    return metadata
