"""How fast calls came."""

from collections.abc import Sequence


def most_in_a_second(moments_s: Sequence[float]) -> int:
    """The most calls in any span of one second."""
    ordered = sorted(moments_s)
    first, most = 0, 0
    for last, moment_s in enumerate(ordered):
        while moment_s - ordered[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most
