"""Dots along a line are moved to rows of their own where they would cover each other."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from charts.swarm import rows_beside, side_of


def test_dots_apart_stay_on_the_line_and_neighbours_go_above_and_below_in_turn() -> None:
    assert rows_beside([0.0, 2.0, 4.0], 1.0) == [0, 0, 0]
    assert [side_of(row) for row in rows_beside([0.0, 0.1, 0.2, 0.3, 0.4], 1.0)] == [0, 1, -1, 2, -2]
    assert rows_beside([], 1.0) == []


@given(st.lists(st.floats(-100, 100), max_size=40), st.floats(0.1, 10))
def test_no_two_dots_of_a_row_are_closer_than_a_dot_is_wide(values: list[float], width: float) -> None:
    ordered = sorted(values)
    rows = rows_beside(ordered, width)
    for row in set(rows):
        mine = [value for value, at in zip(ordered, rows, strict=True) if at == row]
        assert all(after - before >= width for before, after in pairwise(mine))
