"""The service around the operations: who may ask, how often, and what goes wrong on purpose."""

import time
from collections import Counter, deque
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from asleep.simulator.connections import Connections, Hangup
from asleep.simulator.faults import Fault, RateLimit, Troublemaker
from asleep.simulator.misbehaviour import Call, misbehave, refusal
from asleep.simulator.operations import Handler, Operations
from asleep.simulator.parameters import RefusalError, header
from asleep.simulator.paths import Answering, Paths
from asleep.simulator.payloads import Shape
from asleep.simulator.world import World

ARRIVALS_KEPT = 100_000


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How the service behaves: shape of the answers, calls allowed per second, delay of each, faults."""

    shape: Shape = "current"
    rate_limit_per_s: float | None = None
    latency_ms: float = 0.0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Counted:
    """What happened so far.

    `requests`: calls with a valid key by operation of the contract; `refused`: those that met the rate limit
    or a fault, by kind; `arrivals`: when each of the newest calls with a valid key came, by the monotonic clock.
    """

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=ARRIVALS_KEPT))


class Service:
    """The operations of the contract over one account, under conditions."""

    def __init__(self, world: World, conditions: Conditions) -> None:
        self.operations = Operations(world, conditions.shape)
        self.trouble = Troublemaker(conditions.faults, seed=world.seed)
        self.counted = Counted()
        self.connections = Connections()
        self._api_key = world.api_key
        self._latency_s = conditions.latency_ms / 1000
        self._rate_limit: RateLimit | None = None
        self.limit_rate(conditions.rate_limit_per_s)

    def limit_rate(self, per_second: float | None) -> None:
        """Allows so many calls a second from now on; None allows any number."""
        self._rate_limit = None if per_second is None else RateLimit(per_second)

    def application(self) -> ASGIApp:
        """The operations of the contract; any other path or method answers 404 or 405 in the contract's form."""
        by_path: dict[str, dict[str, Answering]] = {}
        for name, method, path, handler in self.operations.routes():
            by_path.setdefault(path, {})[method] = self._operation(name, handler)
        return Paths(by_path)

    def _operation(self, name: str, handler: Handler) -> Answering:
        async def truth(request: Request) -> Response:
            try:
                return await handler(request)
            except RefusalError as refused:
                return refusal(refused.status, refused.detail)

        async def answer(request: Request) -> ASGIApp:
            if header(request, "x-api-key") != self._api_key:
                return refusal(401, "Unauthorized")
            self.counted.arrivals.append(time.monotonic())
            self.counted.requests[name] += 1
            call = Call(request=request, line=self.connections.of(request), truth=lambda: truth(request))
            if self._latency_s and not await call.line.pause(self._latency_s):
                return Hangup(call.line)
            return await self._troubled(call) or await truth(request)

        return answer

    async def _troubled(self, call: Call) -> ASGIApp | None:
        """The answer of a call that meets the rate limit or a fault; None for a call that meets none."""
        if self._rate_limit is not None and not self._rate_limit.admits():
            self.counted.refused["rate-limit"] += 1
            return refusal(403, "Rate limit exceeded")
        kind = self.trouble.next()
        if kind is None:
            return None
        self.counted.refused[kind] += 1
        return await misbehave(kind, call)
