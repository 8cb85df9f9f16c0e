"""`GET /metrics`: what Prometheus reads. docs/operating.md says what each metric means."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from nocturne.exposition import CONTENT_TYPE, exposition
from service.asked import ApplicationNow, AtMostOnce


def metrics_routes(application: ApplicationNow) -> list[BaseRoute]:
    """The route of the metrics.

    Args:
        application: whose metrics; while there is none the answer is 503.
    """
    kept: AtMostOnce[bytes] = AtMostOnce()

    async def metrics(_request: Request) -> Response:
        found = application()
        if found is None:
            return PlainTextResponse("Nocturne is starting or stopping.\n", status_code=503)
        try:
            body = await kept.answer(lambda: exposition(found))
        except TimeoutError:
            return PlainTextResponse("The metrics could not be read in time.\n", status_code=503)
        return Response(body, headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})

    return [Route("/metrics", metrics, methods=["GET"])]
