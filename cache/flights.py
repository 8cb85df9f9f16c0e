"""One call for equal questions that are asked at the same time."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Flight:
    began_s: float
    landing: "Future[Any]" = field(default_factory=Future)


class Flights:
    """Runs work once for everybody who asks for it under the same key meanwhile; safe between threads.

    Values are handed to several threads as they are, so they must be immutable. An error is raised for all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[Hashable, _Flight] = {}

    def share(
        self,
        key: Hashable,
        work: Callable[[], T],
        *,
        begun_after_s: float = float("-inf"),
        within_s: float = threading.TIMEOUT_MAX,
    ) -> T:
        """What the work gave, done by this thread or by another that asked first.

        Only work that began at `begun_after_s` (monotonic) or later counts; whoever needs a newer answer than the one
        under way waits for that to end, and shares the next. Nobody waits longer than `within_s` for the work of
        others; then they do it themselves.
        """
        until_s = time.monotonic() + within_s
        while True:
            with self._lock:
                flight = self._flying.get(key)
                if flight is None:
                    mine = self._flying[key] = _Flight(began_s=time.monotonic())
                    break
            try:
                value: T = flight.landing.result(timeout=max(until_s - time.monotonic(), 0.0))
            except TimeoutError:
                if not flight.landing.done():
                    return work()
                raise
            except CancelledError:
                continue  # the thread that did the work was stopped, which is no answer to ours
            except Exception:
                if flight.began_s >= begun_after_s:
                    raise
            else:
                if flight.began_s >= begun_after_s:
                    return value
        return self._flown(key, mine, work)

    def _flown(self, key: Hashable, flight: _Flight, work: Callable[[], T]) -> T:
        try:
            value = work()
        except Exception as error:
            self._land(key)
            flight.landing.set_exception(error)
            raise
        except BaseException:
            self._land(key)
            flight.landing.cancel()
            raise
        self._land(key)
        flight.landing.set_result(value)
        return value

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._flying[key]
