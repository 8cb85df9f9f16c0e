"""The simulated API as a running server on 127.0.0.1."""

import socket
import threading
from collections import Counter
from types import TracebackType
from typing import Self

import uvicorn

from asleep.simulator.connections import Connections
from asleep.simulator.faults import Fault, FaultKind
from asleep.simulator.payloads import Shape
from asleep.simulator.service import Conditions, Service
from asleep.simulator.world import Account, World

_START_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 10.0


class Running:
    """A server that answers until stopped; a context manager.

    `address` and `api_key` are what a client needs. `requests` counts calls with a valid key by operation of
    the contract (`listSessions`, `getSession`, ...), `refused` those that met a rate limit or a fault, by kind.
    """

    def __init__(self, world: World, *, port: int, conditions: Conditions) -> None:
        self.world = world
        self.api_key = world.api_key
        self._service = Service(world, conditions)
        self._socket = _listening(port)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._service.application(),
            http=self._service.connections.protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            # Longer than a client keeps an idle connection, so that the client closes first.
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config, self._service.connections)
        self._thread = threading.Thread(target=self._serve, name="asleep-simulator", daemon=True)
        self._thread.start()
        self._wait_until_started()

    @property
    def account(self) -> Account:
        """What was created and deleted since the start."""
        return self._service.operations.account

    @property
    def requests(self) -> Counter[str]:
        """Calls with a valid key, by operation of the contract."""
        return self._service.counted.requests

    @property
    def refused(self) -> Counter[str]:
        """Calls that met the rate limit or a fault, by kind."""
        return self._service.counted.refused

    @property
    def arrivals(self) -> tuple[float, ...]:
        """When each of the newest 100,000 calls with a valid key came, by `time.monotonic()`; refused ones too."""
        # A copy first: it is made in one step, while the server's thread may add to the original.
        return tuple(self._service.counted.arrivals.copy())

    def plan_faults(self, *kinds: FaultKind) -> None:
        """Lets the next calls with a valid key meet these faults, one each, in this order."""
        self._service.trouble.plan(*kinds)

    def fail_all(self, kind: FaultKind | None) -> None:
        """Lets every call with a valid key meet this fault from now on; None ends it."""
        self._service.trouble.fail_all(kind)

    def limit_rate(self, per_second: float | None) -> None:
        """Allows so many calls per second from now on; None allows any number."""
        self._service.limit_rate(per_second)

    def stop(self) -> None:
        """Ends the server and frees its port; stopping twice is allowed."""
        self._server.should_exit = True
        self._thread.join(timeout=_STOP_TIMEOUT_S)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def _wait_until_started(self) -> None:
        pause = threading.Event()
        for _ in range(int(_START_TIMEOUT_S / 0.01)):
            if self._server.started:
                return
            if not self._thread.is_alive():
                break
            pause.wait(0.01)
        self.stop()
        raise RuntimeError(f"The simulator did not start on {self.address}; see its log lines.")


class _Server(uvicorn.Server):
    """Uvicorn's server, which lets no call that is held on purpose delay its end."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._held = connections

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._held.interrupt()
        await super().shutdown(sockets)


def _listening(port: int) -> socket.socket:
    # The protocol is named because asyncio turns Nagle's delay off (40 ms an answer) only where it reads TCP.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    return listening


def serve(
    world: World,
    *,
    port: int = 0,
    shape: Shape = "current",
    rate_limit_per_s: float | None = None,
    latency_ms: float = 0.0,
    faults: tuple[Fault, ...] = (),
) -> Running:
    """A running server of the world on 127.0.0.1, in a thread of this process; port 0 takes a free one.

    Each server has its own account: what is created or deleted on one is unknown to another of the same
    world. Raises OSError if the port is taken, ValueError if the shares of the faults add up
    to more than 1.
    """
    conditions = Conditions(
        shape=shape, rate_limit_per_s=rate_limit_per_s, latency_ms=latency_ms, faults=faults
    )
    return Running(world, port=port, conditions=conditions)
