"""The service's routes, in the dashboard's process and in a process of their own.

Routes are made before there is an application: Streamlit wants them when the launcher is read, and the application
comes with the start of the server. So they hold the receiver, which `receiving` opens, and a function that returns the
application once it runs.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from nocturne.webhook_access import PATH
from service.answers import refused_by_routing
from service.asked import ApplicationNow
from service.metrics import metrics_routes
from service.probes import probe_routes
from service.receiver import Receiver

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

_ROUTE: Final = PATH + "{token:path}"


def routes(receiver: Receiver, application: ApplicationNow, *, beside_pages: bool = False) -> list[BaseRoute]:
    """What the service answers.

    Args:
        receiver: of webhooks.
        application: who is asked by probes and for metrics, once it is there.
        beside_pages: whether the dashboard's pages are in the same process, of which `/live` is one.
    """
    return [
        Route(_ROUTE, receiver),
        *probe_routes(application, beside_pages=beside_pages),
        *metrics_routes(application),
    ]


class Service:
    """The routes as an application of their own, all of whose refusals have one shape.

    Webhooks do not pass through Starlette's layers, which take longer than the receiver itself and have nothing to add.
    """

    def __init__(self, receiver: Receiver, lifespan: Lifespan, application: ApplicationNow) -> None:
        self._receiver: ASGIApp = receiver
        self._others = Starlette(
            routes=routes(receiver, application),
            lifespan=lifespan,
            exception_handlers={HTTPException: refused_by_routing, Exception: refused_by_routing},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or lives through the lifespan."""
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            await self._receiver(scope, receive, send)
        else:
            await self._others(scope, receive, send)
