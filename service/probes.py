"""What an operator's machines ask: `/live`, `/ready` and `/health`.

| path | says | costs |
|---|---|---|
| `/live` | the process answers | nothing: no file, no database, no thread |
| `/ready` | events could be stored now; 503 with the reasons where not | a row written in each database |
| `/health` | how old data are, how many events wait, how the vendor was | reads the database and memory |

The row is taken back, so nothing is waited for on the disk: it shows that there is a right and a lock to write with.
None of them ever asks the vendor: a vendor that is down makes nobody restart Nocturne. No name, id, address or text of
an exception is in any answer.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from nocturne.application import Application
from nocturne.exposition import sync_age_s
from service.asked import ApplicationNow, AtMostOnce
from service.room import Lack, limits_of
from store.errors import StoreError

log = logging.getLogger(__name__)

OVERDUE: Final = timedelta(minutes=15)
"""An event that nobody has taken up for so long says that no worker is at it. One that was put off, because the vendor
is down, is not due."""

_NO_STORE: Final = {"cache-control": "no-store"}
_LACKS: Final[dict[Lack, str]] = {
    "disk": "The disk is nearly full: no more webhooks are taken in.",
    "backlog": "So many webhooks wait for their effect that no more are taken in.",
}
_STARTING: Final = "Nocturne is starting or stopping."
_UNANSWERED: Final = (
    "The database has not answered in time: another process may hold its lock, or its disk hangs."
)


def probe_routes(application: ApplicationNow, *, beside_pages: bool) -> list[BaseRoute]:
    """The routes of the three probes.

    Args:
        application: who is asked; while there is none `/ready` and `/health` answer 503.
        beside_pages: in the dashboard's process `/live` is a page for people too, so that there whoever accepts HTML is
            let through to it; put the routes before the dashboard's own.
    """
    live = _BesidePage if beside_pages else Route
    return [
        live("/live", _live, methods=["GET"]),
        Route("/ready", _asking(application, readiness), methods=["GET"]),
        Route("/health", _asking(application, health), methods=["GET"]),
    ]


class _BesidePage(Route):
    """A route that a browser does not meet: who accepts HTML is let through to the page of the same address."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match for a browser, nor for the page's own connections."""
        if scope["type"] == "http" and any(
            name == b"accept" and b"text/html" in value for name, value in scope["headers"]
        ):
            return Match.NONE, {}
        return super().matches(scope)


async def _live(_request: Request) -> Response:
    return PlainTextResponse("alive\n", headers=_NO_STORE)


def _asking(
    application: ApplicationNow, ask: Callable[[Application], tuple[int, dict[str, Any]]]
) -> Callable[[Request], Any]:
    kept: AtMostOnce[tuple[int, dict[str, Any]]] = AtMostOnce()

    async def answer(_request: Request) -> Response:
        found = application()
        if found is None:
            status, body = 503, _not_ready([_STARTING])
        else:
            try:
                status, body = await kept.answer(lambda: ask(found))
            except TimeoutError:
                status, body = 503, _not_ready([_UNANSWERED])
        return JSONResponse(body, status_code=status, headers=_NO_STORE)

    return answer


def readiness(application: Application) -> tuple[int, dict[str, Any]]:
    """200 when an event could be stored now and somebody sees to those that wait; else 503 with the reasons."""
    reasons = [*_databases(application), *_room(application), *_overdue(application)]
    if reasons:
        log.warning("Not ready: %s", " ".join(reasons))
        return 503, _not_ready(reasons)
    return 200, {"status": "ready"}


def health(application: Application) -> tuple[int, dict[str, Any]]:
    """Always 200: what an operator would look at first, from the database and from memory."""
    condition = application.instruments.vendor()
    sync_s = sync_age_s(application)
    return 200, {
        "status": "ok",
        "synchronised_s_ago": None if sync_s is None else round(sync_s),
        "inbox": _inbox(application),
        "vendor": {
            "state": "left_alone" if condition.is_left_alone else _vendor_state(condition.answered_s_ago),
            "answered_s_ago": _whole(condition.answered_s_ago),
            "failed_s_ago": _whole(condition.failed_s_ago),
            "next_probe_s": _whole(condition.next_probe_s),
            "held_back": condition.is_held_back,
        },
    }


def _databases(application: Application) -> list[str]:
    found: list[str] = []
    for name, standing, write in (
        ("the inbox", application.inbox.standing, application.inbox.writable),
        ("the store", application.store.standing, application.store.standing.writable),
    ):
        try:
            problems = standing.problems()
            if not problems:
                write()
        except StoreError as problem:
            log.warning("%s cannot be written: %s", name.capitalize(), problem)
            problems = (f"{name.capitalize()} cannot be written. The log says why.",)
        found += problems
    return found


def _room(application: Application) -> list[str]:
    """Why the receiver takes no more in."""
    try:
        lack = limits_of(application).lack()
    except OSError:
        return ["The folder of the inbox cannot be read."]
    except StoreError:
        return []  # said already
    return [] if lack is None else [_LACKS[lack]]


def _overdue(application: Application) -> list[str]:
    try:
        due = application.inbox.due_since(application.organisation, application.settings.asleep_environment)
    except StoreError:
        return []  # said already
    if due is not None and application.now() - due > OVERDUE:
        return ["Webhooks have been due for more than 15 minutes: is a worker running?"]
    return []


def _inbox(application: Application) -> dict[str, int | None]:
    try:
        state = application.inbox.state(application.organisation, application.settings.asleep_environment)
    except StoreError:
        return {"waiting": None}
    age = None if state.last_received_at is None else application.now() - state.last_received_at
    return {
        "waiting": state.waiting,
        "dead": state.dead,
        "quarantined": state.quarantined,
        "received_s_ago": None if age is None else round(age.total_seconds()),
    }


def _vendor_state(answered_s_ago: float | None) -> str:
    return "untried" if answered_s_ago is None else "answering"


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _not_ready(reasons: list[str]) -> dict[str, Any]:
    return {"status": "not_ready", "reasons": reasons}
