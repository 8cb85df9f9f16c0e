"""What the receiver is measured beside: a Starlette route that answers 200 and does nothing, served as we serve."""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.serving import listening, serve


async def _answer(_request: Request) -> Response:
    return Response(b'{"status":"accepted"}', media_type="application/json")


def main() -> None:
    """Serves on any free port until told to stop."""
    sys.setswitchinterval(0.0005)
    with listening("127.0.0.1", 0) as at:
        serve(Starlette(routes=[Route("/bare", _answer, methods=["POST"])]), at)


if __name__ == "__main__":
    main()
