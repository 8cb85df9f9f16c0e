"""Dots of one column, or along one line, moved aside so that those of nearly the same value can be told apart."""

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


def rows_beside(values: Sequence[float], width: float) -> list[int]:
    """The row of each dot along a line so that none covers another: 0 on the line, then rows above and below in turn.

    Args:
        values: in ascending order.
        width: of a dot, in the unit of the values.
    """
    ends: list[float] = []
    rows = []
    for value in values:
        row = next((n for n, end in enumerate(ends) if value - end >= width), len(ends))
        if row == len(ends):
            ends.append(value)
        ends[row] = value
        rows.append(row)
    return rows


def side_of(row: int) -> int:
    """How many rows a row of `rows_beside` lies above the line; negative below it."""
    return (row + 1) // 2 * (1 if row % 2 else -1)
