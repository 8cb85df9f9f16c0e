"""`python -m service`: the service in a process of its own, without the dashboard.

It listens on this machine unless told otherwise, and speaks plain HTTP: in front of it belongs a proxy that speaks
TLS, because the key travels with every webhook. Exit status: 0 after SIGTERM or Ctrl-C, 2 where it cannot start.
"""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette

from nocturne import logs
from nocturne.application import Application
from nocturne.starting import TURN_S, CannotStart, started
from nocturne.tombstones import mark
from nocturne.webhook_access import address
from service.application import Service
from service.receiver import Receiver
from service.receiving import receiving
from service.serving import CannotListen, listening, serve
from store.errors import StoreError

_CANNOT: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until told to stop; the exit status."""
    asked = _parser().parse_args(arguments)
    logs.begin()
    sys.setswitchinterval(TURN_S)
    try:
        with started() as application:
            logs.set_up(application.settings)
            _refuse_without_keys(application)
            # A database that cannot be written refuses now, with its sentence.
            address(application)
            mark(application, "")
            with listening(asked.host, asked.port) as at:
                serve(_service(application), at)
    except (CannotStart, CannotListen, StoreError) as problem:
        print(f"Nocturne's service cannot start. {problem}", file=sys.stderr, flush=True)
        return _CANNOT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m service",
        description="Receives webhooks and answers an operator's questions, without the dashboard.",
        epilog="It speaks plain HTTP: let others reach it through a proxy that speaks TLS, and never directly.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; this machine only unless another is named"
    )
    parser.add_argument("--port", type=int, default=8510, help="0: any that is free (default: 8510)")
    return parser


def _refuse_without_keys(application: Application) -> None:
    """Returns when there is a key to let webhooks in by, or none are let in."""
    settings = application.settings
    if settings.webhook_keys or settings.nocturne_webhooks == "off":
        return
    raise CannotStart(
        "There is no key that webhooks could be let in by: set ASLEEP_API_KEY, or for the demo "
        "NOCTURNE_WEBHOOK_KEYS, or NOCTURNE_WEBHOOKS=off."
    )


def _service(application: Application) -> Service:
    receiver = Receiver()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        with receiving(receiver, application):
            yield

    return Service(receiver, lifespan, lambda: application)


if __name__ == "__main__":
    sys.exit(main())
