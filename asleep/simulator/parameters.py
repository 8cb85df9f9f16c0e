"""What a request asks for: headers and parameters, read or refused with the contract's status and text."""

import re
from datetime import date
from functools import cache
from typing import NoReturn
from zoneinfo import ZoneInfo, available_timezones

from starlette.requests import Request

_USER_ID = re.compile(r"G-[0-9]{14}-[A-Za-z0-9]{10,40}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]{1,4000}")  # Python reads no longer ones
# Files of a zone folder that name no place of the IANA list.
_NO_ZONES = {"localtime", "Factory"}


class RefusalError(Exception):
    """An answer other than success: status and text of the contract."""

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def header(request: Request, name: str) -> str | None:
    """The value of a header, None without one; of a header sent twice with two values, both of them.

    Both together are no key, identifier or zone, so such a call is refused like any other wrong value.
    """
    values = dict.fromkeys(request.headers.getlist(name))
    return ", ".join(values) if values else None


def user_header(request: Request) -> str:
    """The identifier in x-user-id; 401 if it is missing or not in the issued form."""
    user_id = header(request, "x-user-id") or ""
    if not _USER_ID.fullmatch(user_id):
        raise RefusalError(401, "x-user-id is invalid")
    return user_id


def zone(request: Request) -> ZoneInfo:
    """The zone of the timezone header, UTC without one; 400 if there is no such zone."""
    name = header(request, "timezone")
    if name is None:
        return ZoneInfo("UTC")
    if name not in _zone_names():
        raise RefusalError(400, "The invalid timezone is provided")
    return ZoneInfo(name)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)


def text(request: Request, name: str) -> str | None:
    """The value of a query parameter, None without one; 422 if it is there twice with two values."""
    values = dict.fromkeys(request.query_params.getlist(name))
    if len(values) > 1:
        invalid(name, "the parameter is there more than once", "value_error")
    return next(iter(values), None)


def calendar_date(request: Request, name: str) -> date | None:
    """The date of a query parameter, None without one; 422 if it is malformed."""
    written = text(request, name)
    if written is None:
        return None
    try:
        # The format first: newer Python also reads dates without hyphens.
        found = date.fromisoformat(written) if _DATE.fullmatch(written) else None
    except ValueError:
        found = None
    if found is None:
        invalid(name, "invalid date format", "value_error.date")
    return found


def required_date(request: Request, name: str) -> date:
    """The date of a query parameter; 422 if it is malformed or missing."""
    found = calendar_date(request, name)
    if found is None:
        invalid(name, "field required", "value_error.missing")
    return found


def whole_number(request: Request, name: str, *, default: int, largest: int | None = None) -> int:
    """The number of a query parameter, at least 0; 422 if it is none or too large."""
    written = text(request, name)
    if written is None:
        return default
    if not _NUMBER.fullmatch(written):
        invalid(name, "value is not a valid integer", "type_error.integer")
    value = int(written)
    if value < 0:
        invalid(name, "ensure this value is greater than or equal to 0", "value_error.number.not_ge")
    if largest is not None and value > largest:
        invalid(name, f"ensure this value is less than or equal to {largest}", "value_error.number.not_le")
    return value


def order(request: Request) -> str:
    """The value of order_by, DESC without one; 422 if it is neither ASC nor DESC."""
    written = text(request, "order_by")
    if written is None:
        return "DESC"
    if written not in ("ASC", "DESC"):
        message = "value is not a valid enumeration member; permitted: 'ASC', 'DESC'"
        invalid("order_by", message, "type_error.enum")
    return written


def invalid(name: str, message: str, kind: str, *, place: str = "query") -> NoReturn:
    """Refuses a parameter with 422 and the list form of `detail`."""
    raise RefusalError(422, [{"loc": [place, name], "msg": message, "type": kind}])
