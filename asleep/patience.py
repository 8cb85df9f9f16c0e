"""How long a call may take, how often it is tried, and how many repetitions all calls together may cost."""

import math
import random
import threading
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a call may take, in seconds: to connect, between two bytes, and altogether.

    `total_s` covers everything one method of the client does: waiting for a turn, every try, every page.
    `background_s` takes its place for work that nobody is waiting for.

    Raises:
        ValueError: a value is not a finite number above 0.
    """

    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 10.0
    background_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("connect_s", "read_s", "total_s", "background_s"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
                raise ValueError(
                    f"{name} is {value!r}; write a number of seconds above 0, such as {name}=10. "
                    "A call without a limit is not offered."
                )


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How often a call is tried; the longest pause after the first try, which doubles up to `longest_s`."""

    tries: int = 3
    first_s: float = 0.5
    longest_s: float = 4.0

    def pause_s(self, attempt: int, *, at_least_s: float = 0.0) -> float:
        """The pause after the attempt of that number (from 1): full jitter, on top of what was asked for.

        Everybody who was told to come back in a second would otherwise come back in the same instant.
        """
        return at_least_s + random.uniform(0, min(self.longest_s, self.first_s * 2 ** (attempt - 1)))


class RetryBudget:
    """Tokens that repetitions cost and answers earn, shared by all calls; safe between threads.

    A repetition costs `cost` tokens, `silent_cost` after a connection that brought nothing, because those cost the
    service and us the most. Whoever was answered gets their tokens back, and a first try that was answered earns
    one. So single failures are repeated freely, and while nothing is answered the repetitions end with the tokens:
    a service that is down meets our first tries only.
    """

    def __init__(self, *, capacity: int = 100, cost: int = 5, silent_cost: int = 10) -> None:
        self._capacity = capacity
        self._left = capacity
        self._cost = cost
        self._silent_cost = silent_cost
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Tokens left."""
        with self._lock:
            return self._left

    def spend(self, *, silent: bool) -> int:
        """The tokens that a repetition took, 0 if there are not enough and it must not be made."""
        cost = self._silent_cost if silent else self._cost
        with self._lock:
            if self._left < cost:
                return 0
            self._left -= cost
            return cost

    def answered(self, spent: int) -> None:
        """Take note that a call was answered whose repetitions had taken `spent` tokens."""
        with self._lock:
            self._left = min(self._capacity, self._left + max(spent, 1))
