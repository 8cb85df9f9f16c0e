"""What the tests of the inbox begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from store.inbox import Arrival
from store.people import Environment

ORGANISATION: Final = "north"
ENVIRONMENT: Final[Environment] = "live"
MINE: Final[tuple[str, Environment]] = (ORGANISATION, ENVIRONMENT)
NOW = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until the test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def block(seq: int = 0, **changes: Any) -> Arrival:
    fields: dict[str, Any] = {
        "organisation": ORGANISATION,
        "environment": ENVIRONMENT,
        "kind": "block",
        "event": "INFERENCE_COMPLETE",
        "version": "V3",
        "vendor_id": "G-1",
        "session_id": "s-1",
        "seq": seq,
        "stages": bytes([seq % 4]) * 10,
        "body": b'{"seq": %d}' % seq,
        "mark": b"mark of G-1",
        "request_id": f"request-{seq}",
    }
    return Arrival(**{**fields, **changes})


def complete(**changes: Any) -> Arrival:
    fields: dict[str, Any] = {
        "kind": "complete",
        "event": "SESSION_COMPLETE",
        "seq": -1,
        "stages": b"",
        "body": b"complete",
    }
    return block(**{**fields, **changes})
