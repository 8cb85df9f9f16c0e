"""Which operation a path and a method name, and the refusal of those that name none."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from asleep.simulator.misbehaviour import refusal

Answering = Callable[[Request], Awaitable[ASGIApp]]


class Paths:
    """The application: answers by path and method; 404 for another path, 405 for another method.

    Paths are matched as they were sent, still encoded: an identifier with an encoded slash in it is an
    identifier. Nothing is redirected, and no method is added to those of the contract, not even HEAD.
    """

    def __init__(self, answers: Mapping[str, Mapping[str, Answering]]) -> None:
        self._router = Router(
            [Route(path, _Methods(of_path), methods=None) for path, of_path in answers.items()],
            redirect_slashes=False,
            default=_no_such_path,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one call."""
        as_sent = {**scope, "path": scope["raw_path"].decode("latin-1")}
        await self._router(as_sent, receive, send)


class _Methods:
    def __init__(self, answers: Mapping[str, Answering]) -> None:
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answering = self._answers.get(request.method)
        if answering is None:
            response: ASGIApp = refusal(
                405, "Method Not Allowed", headers={"allow": ", ".join(sorted(self._answers))}
            )
        else:
            response = await answering(request)
        await response(scope, receive, send)


async def _no_such_path(scope: Scope, receive: Receive, send: Send) -> None:
    await refusal(404, "Not Found")(scope, receive, send)
