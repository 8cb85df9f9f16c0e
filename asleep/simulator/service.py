"""The operations of the contract: who may ask, what goes wrong on purpose, and what is answered."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from asleep.simulator import parameters, payloads
from asleep.simulator.diary import Session
from asleep.simulator.faults import SLOW_S, Fault, RateLimit, Troublemaker
from asleep.simulator.parameters import RefusalError
from asleep.simulator.payloads import Payload, Shape
from asleep.simulator.people import Person
from asleep.simulator.world import Account, World

_LONGEST_PERIOD_DAYS = 100
_DEFAULT_PAGE, _LARGEST_PAGE = 20, 100

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How the service behaves: shape of the answers, calls allowed per second, delay of each, faults."""

    shape: Shape = "current"
    rate_limit_per_s: float | None = None
    latency_ms: float = 0.0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Calls with a valid key by operation of the contract, and those that met a limit or a fault, by kind."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Service:
    """The operations of the contract over one account."""

    def __init__(self, world: World, conditions: Conditions) -> None:
        self.account = Account(world)
        self.trouble = Troublemaker(conditions.faults, seed=world.seed)
        self.counted = Counted()
        self._world = world
        self._conditions = conditions
        self._shape = conditions.shape
        rate = conditions.rate_limit_per_s
        self._rate_limit = None if rate is None else RateLimit(rate)
        # Open connections by the client's address, so that a reset can cut the one a request came on.
        self._connections: dict[tuple[str, int], asyncio.Transport] = {}

    def application(self) -> Starlette:
        """The routes of the contract; any other path or method answers 404 or 405 in the contract's form."""
        operations: tuple[tuple[str, str, str, Handler], ...] = (
            ("createUser", "POST", "/ai/v1/users", self._create_user),
            ("getUser", "GET", "/ai/v1/users/{user_id}", self._get_user),
            ("deleteUser", "DELETE", "/ai/v1/users/{user_id}", self._delete_user),
            ("listSessions", "GET", "/data/v1/sessions", self._list_sessions),
            ("getSession", "GET", "/data/v3/sessions/{session_id}", self._get_session),
            ("deleteSession", "DELETE", "/ai/v1/sessions/{session_id}", self._delete_session),
            ("getAverageStats", "GET", "/data/v1/users/{user_id}/average-stats", self._average_stats),
        )
        return Starlette(
            routes=[
                Route(path, self._operation(name, handler), methods=[method])
                for name, method, path, handler in operations
            ],
            exception_handlers={HTTPException: _no_such_operation},
        )

    def protocol(self) -> type[asyncio.Protocol]:
        """The HTTP protocol of uvicorn, which also remembers whose connection is whose."""
        connections = self._connections

        class Remembering(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client is not None:
                    connections[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.client is not None:
                    connections.pop(self.client, None)
                super().connection_lost(exc)

        return Remembering

    def _operation(self, name: str, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            if request.headers.get("x-api-key") != self._world.api_key:
                return _json({"detail": "Unauthorized"}, status=401)
            try:
                self.counted.requests[name] += 1
                await asyncio.sleep(self._conditions.latency_ms / 1000)
                return await self._troubled(request) or await handler(request)
            except RefusalError as refusal:
                return _json({"detail": refusal.detail}, status=refusal.status)

        return answer

    async def _troubled(self, request: Request) -> Response | None:
        """The answer of a call that meets the rate limit or a fault; None for a call that meets none."""
        if self._rate_limit is not None and not self._rate_limit.admits():
            self.counted.refused["rate-limit"] += 1
            raise RefusalError(403, "Rate limit exceeded")
        fault = self.trouble.next()
        if fault is None:
            return None
        self.counted.refused[fault] += 1
        if fault == "rate-limit":
            raise RefusalError(403, "Rate limit exceeded")
        if fault == "server-error":
            # Not JSON: a fault on the service's side often comes from something in front of it.
            return Response(
                "<html><body>502 Bad Gateway</body></html>", status_code=502, media_type="text/html"
            )
        if fault == "slow":
            await asyncio.sleep(SLOW_S)
            return None
        self._cut(request)
        return Response(status_code=500)  # nobody is left to read it

    def _cut(self, request: Request) -> None:
        client = request.client
        transport = None if client is None else self._connections.get((client.host, client.port))
        if transport is None:
            return
        connection: socket.socket = transport.get_extra_info("socket")
        # Without lingering the close becomes a reset instead of an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    async def _create_user(self, request: Request) -> Response:
        metadata = parameters.user_metadata(await request.body())
        user_id = self.account.create_user(metadata, now=datetime.now(UTC))
        return _json(payloads.envelope({"user_id": user_id}, users=True), status=201)

    async def _get_user(self, request: Request) -> Response:
        person = self._person(request.path_params["user_id"])
        sessions = self.account.sessions(person)
        result = payloads.user_result(person, sessions[-1] if sessions else None, self._shape)
        return _json(payloads.envelope(result, users=True))

    async def _delete_user(self, request: Request) -> Response:
        if not self.account.delete_user(request.path_params["user_id"]):
            raise RefusalError(404, "user does not exist")
        return Response(status_code=204)

    async def _list_sessions(self, request: Request) -> Response:
        user_id, zone = parameters.user_header(request), parameters.zone(request)
        query = request.query_params
        first, last = (
            parameters.calendar_date(request, "date_gte"),
            parameters.calendar_date(request, "date_lte"),
        )
        offset = parameters.whole_number(request, "offset", default=0)
        limit = parameters.whole_number(request, "limit", default=_DEFAULT_PAGE, largest=_LARGEST_PAGE)
        order = query.get("order_by", "DESC")
        if order not in ("ASC", "DESC"):
            parameters.invalid(
                "order_by", "value is not a valid enumeration member; permitted: 'ASC', 'DESC'", "enum"
            )
        sessions = _within(self.account.sessions(self._person(user_id)), zone, first=first, last=last)
        if order == "DESC":
            sessions.reverse()
        result = payloads.session_list(sessions[offset : offset + limit], zone)
        return _json(payloads.envelope(result, shape=self._shape))

    async def _get_session(self, request: Request) -> Response:
        user_id, zone = parameters.user_header(request), parameters.zone(request)
        person = self._person(user_id)
        session = self.account.session(person, request.path_params["session_id"])
        if session is None:
            raise RefusalError(404, "session does not exist")
        recording = self._world.diary.recording(person, session)
        result = payloads.session_result(session, recording, zone, self._shape)
        return _json(payloads.envelope(result, shape=self._shape))

    async def _delete_session(self, request: Request) -> Response:
        person = self._person(parameters.user_header(request))
        if not self.account.delete_session(person, request.path_params["session_id"]):
            raise RefusalError(404, "session does not exist")
        return Response(status_code=204)

    async def _average_stats(self, request: Request) -> Response:
        zone = parameters.zone(request)
        start, end = (
            parameters.calendar_date(request, "start_date", required=True),
            parameters.calendar_date(request, "end_date", required=True),
        )
        if start is None or end is None or end < start:
            parameters.invalid("end_date", "end_date is before start_date", "value_error")
        if (end - start).days + 1 > _LONGEST_PERIOD_DAYS:
            raise RefusalError(400, "The period should be less than or equal to 100 days")
        user_id = request.path_params["user_id"]
        person = self.account.person(user_id)
        if person is None:
            raise RefusalError(404, f"Unable to find the user of id {user_id}")
        sessions = _within(self.account.sessions(person), zone, first=start, last=end)
        nights = [
            (found, self._world.diary.recording(person, found))
            for found in sessions
            if found.state == "COMPLETE"
        ]
        result = payloads.average_stats(nights, zone=zone, start=start, end=end, shape=self._shape)
        return _json(payloads.envelope(result, shape=self._shape))

    def _person(self, user_id: str) -> Person:
        person = self.account.person(user_id)
        if person is None:
            raise RefusalError(404, "user does not exist")
        return person


def _json(payload: Payload, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(payload), status_code=status, media_type="application/json")


async def _no_such_operation(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _json({"detail": "Method Not Allowed" if status == 405 else "Not Found"}, status=status)


def _within(
    sessions: list[Session], zone: ZoneInfo, *, first: date | None, last: date | None
) -> list[Session]:
    if first is None and last is None:
        return sessions

    def dated(session: Session) -> bool:
        day = datetime.fromtimestamp(session.start_s, zone).date()
        return (first is None or day >= first) and (last is None or day <= last)

    return [session for session in sessions if dated(session)]
