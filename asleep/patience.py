"""How long a call may take and how often it is tried."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a call may take, in seconds: to connect, between two bytes, and altogether.

    `total_s` covers everything one method of the client does: waiting for a turn, every try, every page.

    Raises:
        ValueError: a value is not a finite number above 0.
    """

    connect_s: float = 3.0
    read_s: float = 10.0
    total_s: float = 10.0

    def __post_init__(self) -> None:
        for name in ("connect_s", "read_s", "total_s"):
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
        """The pause after the attempt of that number (from 1): full jitter, at least what was asked for."""
        return max(at_least_s, random.uniform(0, min(self.longest_s, self.first_s * 2 ** (attempt - 1))))
