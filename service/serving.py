"""One way to serve: uvicorn with our limits, a line when it is ready, and an ordered end."""

import signal
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from service.connections import Connection

_GRACE_S: Final = 8
"""For what is under way when the end is asked for; the rest of 10 s is for what is written after."""
_KEEP_ALIVE_S: Final = 20
_BACKLOG: Final = 1_024


class CannotListen(RuntimeError):
    """Nobody can be served at the address; the message says why, and what to do."""


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens at the address; port 0 is any that is free.

    Raises:
        CannotListen: the port is taken, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as problem:
        # What is no port overflows before the machine is asked.
        reason = problem.strerror if isinstance(problem, OSError) else "a port is a number from 0 to 65535"
        raise CannotListen(
            f"It cannot listen at {host}, port {port}: {reason}. Name another --port or --host."
        ) from problem


def serve(application: ASGIApp, at: socket.socket) -> None:
    """Serves until SIGTERM or Ctrl-C; what is under way then is answered first.

    A line on standard output says where it answers, once it does.
    """
    server = _Server(_config(application))

    def end(*_: object) -> None:
        server.should_exit = True

    for asked_to_stop in (signal.SIGTERM, signal.SIGINT):
        # Uvicorn takes these while it serves, and afterwards raises them again; an ordered end is no fault. What comes
        # before it takes them counts too.
        signal.signal(asked_to_stop, end)
    with at:
        server.run(sockets=[at])


def _config(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=Connection,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            print(f"Nocturne's service is ready at http://{shown}:{port}", flush=True)
