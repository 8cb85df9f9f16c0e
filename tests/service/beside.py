"""Routes served from a thread of the test's own process, over real connections."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from service.serving import listening

_START_LIMIT_S = 10.0


@contextmanager
def served(routes: Sequence[BaseRoute]) -> Iterator[str]:
    """The address at which the routes answer."""
    with listening("127.0.0.1", 0) as at:
        config = uvicorn.Config(
            Starlette(routes=routes), log_config=None, access_log=False, lifespan="off", ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
        thread.start()
        until = time.monotonic() + _START_LIMIT_S
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{at.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
