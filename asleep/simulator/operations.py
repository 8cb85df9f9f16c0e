"""The seven operations of the contract: what each call asks of the account, and what it is answered."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from asleep.simulator import parameters, payloads
from asleep.simulator.diary import Session
from asleep.simulator.metadata import user_metadata
from asleep.simulator.parameters import RefusalError
from asleep.simulator.payloads import Payload, Shape
from asleep.simulator.people import Person
from asleep.simulator.world import Account, World

_LONGEST_PERIOD_DAYS = 100
_DEFAULT_PAGE, _LARGEST_PAGE = 20, 100

Handler = Callable[[Request], Awaitable[Response]]


class Operations:
    """The operations over one account, in one shape. Each raises RefusalError for what the contract refuses."""

    def __init__(self, world: World, shape: Shape) -> None:
        self.account = Account(world)
        self._world = world
        self._shape = shape

    def routes(self) -> tuple[tuple[str, str, str, Handler], ...]:
        """Name, method, path and handler of each, by the names of the contract."""
        return (
            ("createUser", "POST", "/ai/v1/users", self._create_user),
            ("getUser", "GET", "/ai/v1/users/{user_id}", self._get_user),
            ("deleteUser", "DELETE", "/ai/v1/users/{user_id}", self._delete_user),
            ("listSessions", "GET", "/data/v1/sessions", self._list_sessions),
            ("getSession", "GET", "/data/v3/sessions/{session_id}", self._get_session),
            ("deleteSession", "DELETE", "/ai/v1/sessions/{session_id}", self._delete_session),
            ("getAverageStats", "GET", "/data/v1/users/{user_id}/average-stats", self._average_stats),
        )

    async def _create_user(self, request: Request) -> Response:
        metadata = await user_metadata(request)
        user_id = self.account.create_user(metadata, now=datetime.now(UTC))
        return _json(payloads.envelope({"user_id": user_id}, users=True), status=201)

    async def _get_user(self, request: Request) -> Response:
        person = self._person(_identifier(request, "user_id"))
        sessions = self.account.sessions(person)
        result = payloads.user_result(person, sessions[-1] if sessions else None, self._shape)
        return _json(payloads.envelope(result, users=True))

    async def _delete_user(self, request: Request) -> Response:
        if not self.account.delete_user(_identifier(request, "user_id")):
            raise RefusalError(404, "user does not exist")
        return Response(status_code=204)

    async def _list_sessions(self, request: Request) -> Response:
        user_id, zone = parameters.user_header(request), parameters.zone(request)
        first, last = (
            parameters.calendar_date(request, "date_gte"),
            parameters.calendar_date(request, "date_lte"),
        )
        offset = parameters.whole_number(request, "offset", default=0)
        limit = parameters.whole_number(request, "limit", default=_DEFAULT_PAGE, largest=_LARGEST_PAGE)
        order = parameters.order(request)
        sessions = _within(self.account.sessions(self._person(user_id)), zone, first=first, last=last)
        if order == "DESC":
            sessions.reverse()
        result = payloads.session_list(sessions[offset : offset + limit], zone)
        return _json(payloads.envelope(result, shape=self._shape))

    async def _get_session(self, request: Request) -> Response:
        user_id, zone = parameters.user_header(request), parameters.zone(request)
        person = self._person(user_id)
        session = self.account.session(person, _identifier(request, "session_id"))
        if session is None:
            raise RefusalError(404, "session does not exist")
        recording = self._world.diary.recording(person, session)
        result = payloads.session_result(session, recording, zone, self._shape)
        return _json(payloads.envelope(result, shape=self._shape))

    async def _delete_session(self, request: Request) -> Response:
        person = self._person(parameters.user_header(request))
        if not self.account.delete_session(person, _identifier(request, "session_id")):
            raise RefusalError(404, "session does not exist")
        return Response(status_code=204)

    async def _average_stats(self, request: Request) -> Response:
        zone = parameters.zone(request)
        start = parameters.required_date(request, "start_date")
        end = parameters.required_date(request, "end_date")
        if end < start:
            parameters.invalid("end_date", "end_date is before start_date", "value_error")
        if (end - start).days + 1 > _LONGEST_PERIOD_DAYS:
            raise RefusalError(400, "The period should be less than or equal to 100 days")
        user_id = _identifier(request, "user_id")
        person = self.account.person(user_id)
        if person is None:
            raise RefusalError(404, f"Unable to find the user of id {user_id}")
        within = _within(self.account.sessions(person), zone, first=start, last=end)
        sessions = [session for session in within if session.state == "COMPLETE"]
        figures = self._world.diary.figures(person, sessions)
        nights = ((session, found.stat) for session, found in zip(sessions, figures, strict=True))
        result = payloads.average_stats(nights, zone=zone, start=start, end=end, shape=self._shape)
        return _json(payloads.envelope(result, shape=self._shape))

    def _person(self, user_id: str) -> Person:
        person = self.account.person(user_id)
        if person is None:
            raise RefusalError(404, "user does not exist")
        return person


def _identifier(request: Request, name: str) -> str:
    return unquote(request.path_params[name])  # the path is matched as it was sent


def _json(payload: Payload, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(payload), status_code=status, media_type="application/json")


def _within(
    sessions: list[Session], zone: ZoneInfo, *, first: date | None, last: date | None
) -> list[Session]:
    if first is None and last is None:
        return sessions

    def dated(session: Session) -> bool:
        day = datetime.fromtimestamp(session.start_s, zone).date()
        return (first is None or day >= first) and (last is None or day <= last)

    return [session for session in sessions if dated(session)]
