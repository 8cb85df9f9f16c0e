"""Whatever the table: every filling that fits what is shown is tried, and none gives a small count away."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.disclosure import SHARED, TEAM, DisclosedTable, Disclosure

counts = st.integers(0, 6)
RULE = Disclosure(k=5)


def tables(rows: int, columns: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(counts, min_size=rows * columns, max_size=rows * columns).map(
        lambda cells: np.array(cells).reshape(rows, columns)
    )


small_tables = st.sampled_from([(2, 2), (2, 3), (3, 2), (1, 3)]).flatmap(lambda shape: tables(*shape))


# Counts are 0 to 6, so a total that is shown is 18 at most; what no total bounds is tried up to here.
MOST = 14


def possible(shown: DisclosedTable) -> list[list[set[int]]]:
    """What each cell, and in the last place each row's total, can be: every filling is tried, row by row."""
    columns = shown.column_totals if len(shown.column_totals) else np.full(shown.counts.shape[1], np.nan)
    rows = [_rows(cells, total, columns) for cells, total in zip(shown.counts, shown.row_totals, strict=True)]
    picked = np.meshgrid(*[np.arange(len(row)) for row in rows], indexing="ij")
    trials = np.stack([row[at.ravel()] for row, at in zip(rows, picked, strict=True)], axis=1)
    sums = trials.sum(axis=1, dtype=np.int16)
    fits = (np.isnan(columns) | (sums == columns)).all(axis=1)
    fits &= np.isnan(shown.total) | (sums.sum(axis=1) == shown.total)
    whole = np.concatenate([trials, trials.sum(axis=2, keepdims=True)], axis=2)[fits]
    return [[set(np.unique(cell).tolist()) for cell in row.T] for row in whole.transpose(1, 0, 2)]


def _rows(cells: np.ndarray, total: float, columns: np.ndarray) -> np.ndarray:
    """Every row of counts that agrees with the cells and the total that are shown."""
    bounds = [int(np.nanmin([total, column, 3 * MOST])) for column in columns]
    free = np.isnan(total)
    choices = [
        np.arange(min(bound, MOST if free else bound) + 1) if np.isnan(cell) else np.array([cell])
        for cell, bound in zip(cells, bounds, strict=True)
    ]
    tried = np.stack([values.ravel() for values in np.meshgrid(*choices)], axis=1).astype(np.int8)
    return tried if free else tried[tried.sum(axis=1) == total]


@settings(max_examples=50, deadline=None)
@given(table=small_tables)
def test_no_small_count_can_be_worked_out_from_what_is_shown(table: np.ndarray) -> None:
    shown = RULE.table(table)
    whole = np.column_stack([table, table.sum(axis=1)])
    can_be = possible(shown)
    for (row, column), count in np.ndenumerate(whole):
        if RULE.hides(int(count)):
            values = can_be[row][column]
            assert len(values) >= 2, f"{count} at {row}, {column} is the only number that fits"
            assert max(values) >= RULE.k, f"{count} at {row}, {column} is known to be small"


@settings(max_examples=50, deadline=None)
@given(row=st.lists(counts, min_size=1, max_size=3))
def test_no_small_count_of_a_list_can_be_worked_out_from_its_total(row: list[int]) -> None:
    shown = RULE.list(row)
    for column, values in enumerate(possible(shown)[0]):
        count = [*row, sum(row)][column]
        if RULE.hides(count):
            assert len(values) >= 2
            assert max(values) >= RULE.k


@settings(max_examples=40, deadline=None)
@given(table=small_tables | tables(3, 4))
def test_what_is_shown_is_true_and_nothing_small_is_shown(table: np.ndarray) -> None:
    for rule in (RULE, TEAM, SHARED):
        shown = rule.table(table)
        pairs = [
            *zip(shown.counts.ravel(), table.ravel(), strict=True),
            *zip(shown.row_totals, table.sum(axis=1), strict=True),
            *zip(shown.column_totals, table.sum(axis=0), strict=True),
            (shown.total, table.sum()),
        ]
        for seen, count in pairs:
            assert not (rule.hides(int(count)) and not np.isnan(seen))
            if not np.isnan(seen):
                assert seen == rule.count(int(count))
                assert abs(seen - count) < rule.round_to
                assert seen == 0 or seen >= rule.k
        assert shown.hidden == sum(np.isnan(seen) for seen, _ in pairs)


@settings(max_examples=40, deadline=None)
@given(table=small_tables)
def test_percentages_tell_no_more_than_the_counts(table: np.ndarray) -> None:
    shown = SHARED.table(table)
    percentages = shown.percentages()
    assert np.isnan(percentages[np.isnan(shown.counts)]).all()
    assert np.isnan(percentages[np.isnan(shown.row_totals)]).all()


@settings(max_examples=60, deadline=None)
@given(table=tables(3, 4))
def test_nothing_is_hidden_without_a_small_count(table: np.ndarray) -> None:
    assert RULE.table(np.where(table == 0, 0, table + RULE.k)).hidden == 0
