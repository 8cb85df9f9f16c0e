"""Whose turn it is among several processes: numbered turns, each taken once, through Redis."""

import hashlib
import logging
import threading
import time
from typing import Final

from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

KEPT_S: Final = 5
"""So long a turn is remembered as taken: longer than anybody tries for it, and than clocks may be set back."""

_REDIS_ANSWERS_S = 0.5
_WITHOUT_REDIS_S = 10.0

log = logging.getLogger(__name__)


class Turns:
    """Numbered turns of one account. A turn belongs to the process that claims it first.

    `limits` counts the claims in the Redis at `redis_url`, one allowed for each turn, for every process that gives the
    same `account`. Turns are numbered by the common wall clock. While Redis does not answer, this process takes turns
    on its own, which the log says once; then the processes together may exceed the rate.

    Raises:
        ValueError: the address is not one of a Redis; the message does not repeat it, because it may hold a password.
    """

    def __init__(self, *, redis_url: str, account: str) -> None:
        self._once = RateLimitItemPerSecond(1, KEPT_S, namespace="asleep-turns")
        self._account = hashlib.sha256(account.encode()).hexdigest()[:16]
        self._connections = _connections(redis_url)
        storage = RedisStorage("redis://", connection_pool=self._connections, wrap_exceptions=True)
        self._common = FixedWindowRateLimiter(storage)
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._alone_until_s = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of the connections to Redis; a later claim opens new ones."""
        self._connections.disconnect()

    def claim(self, spacing_s: float, number: int) -> bool:
        """Whether the turn of this number, where turns are `spacing_s` apart, is now the caller's."""
        turn = (self._account, f"{spacing_s:.9f}", str(number))
        if time.monotonic() >= self._alone_until_s:
            try:
                mine = self._common.hit(self._once, *turn)
            except StorageError as error:
                self._without_redis(error)
            else:
                self._with_redis()
                return mine
        return self._own.hit(self._once, *turn)

    def _without_redis(self, error: StorageError) -> None:
        with self._lock:
            first = self._alone_until_s == 0.0
            self._alone_until_s = time.monotonic() + _WITHOUT_REDIS_S
        if first:
            log.warning(
                "Redis does not answer (%s), so this process keeps the rate by itself; several together may exceed "
                "it. Check NOCTURNE_REDIS_URL and the server.",
                type(error.storage_error).__name__,
            )

    def _with_redis(self) -> None:
        if self._alone_until_s == 0.0:
            return
        with self._lock:
            self._alone_until_s = 0.0
        log.info("Redis answers again; the rate is kept together with other processes.")


def _connections(url: str) -> ConnectionPool:
    try:
        if url.startswith(("redis://", "rediss://", "unix://")):
            # Nothing is tried again in here: a turn that comes late is no turn, and the caller goes on without Redis.
            return ConnectionPool.from_url(
                url,
                socket_timeout=_REDIS_ANSWERS_S,
                socket_connect_timeout=_REDIS_ANSWERS_S,
                retry=Retry(NoBackoff(), 0),
            )
    except ValueError:
        pass  # its message may quote the address with the password, and would hang on what is raised here
    raise ValueError("The address of Redis cannot be read. Write it like redis://127.0.0.1:6379/0.")
