"""Dots of one column moved aside so that those of nearly the same height can be told apart."""

import math
from collections import defaultdict
from collections.abc import Sequence


def swarm(values: Sequence[float], *, tall: float, wide: float, most: float) -> list[float]:
    """How far each dot is moved from the middle of its column, in the order given.

    Dots of one row (as tall as a dot) stand side by side around the middle; where a row would be wider than there is
    room, its dots move closer together.

    Args:
        values: heights.
        tall: of a dot, in the unit of the values.
        wide: of a dot, in the unit of the column.
        most: how far a dot may be moved either way.
    """
    rows: dict[int, list[int]] = defaultdict(list)
    for at, value in enumerate(values):
        rows[math.floor(value / tall)].append(at)
    offsets = [0.0] * len(values)
    for row in rows.values():
        row.sort(key=lambda at: values[at])
        step = min(wide, 2 * most / max(len(row) - 1, 1))
        for place, at in enumerate(row):
            # From the middle outwards, right and left in turn.
            side = (place + 1) // 2 * (1 if place % 2 else -1)
            shift = 0.5 if len(row) % 2 == 0 else 0.0
            offsets[at] = max(-most, min(most, (side - shift) * step))
    return offsets
