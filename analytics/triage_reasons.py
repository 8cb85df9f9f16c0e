"""Why somebody is looked at: in two words, and in sentences."""

import numpy as np
import pandas as pd

from analytics import triage_words
from analytics.shifts import INSUFFICIENT, METRICS, Metric, Shifts

Move = tuple[Metric, float]
"""A metric that is red or amber, and its z."""


def moves_of(found: dict[str, Shifts], people: int) -> list[list[Move]]:
    """What moved for each person, the largest |z| first."""
    moves: list[list[Move]] = [[] for _ in range(people)]
    for metric in METRICS:
        if metric.name in found:
            shift = found[metric.name]
            for at in np.flatnonzero((shift.flag == "red") | (shift.flag == "amber")).tolist():
                moves[at].append((metric, float(shift.z[at])))
    return [sorted(each, key=lambda move: -abs(move[1])) for each in moves]


def labels(table: pd.DataFrame, moves: list[list[Move]]) -> pd.Series:
    """The label of each person, as `triage_words.label` makes it."""
    levels = table[list(triage_words.LEVELS)].to_numpy(dtype=bool)
    few = (table["flag"] == INSUFFICIENT).tolist()
    words = [
        triage_words.label(
            [(metric.name, z > 0) for metric, z in each],
            [name for name, is_so in zip(triage_words.LEVELS, level, strict=True) if is_so],
            too_few=too_few,
        )
        for each, level, too_few in zip(moves, levels.tolist(), few, strict=True)
    ]
    return pd.Series(words, index=table.index, dtype="str")


def reasons(table: pd.DataFrame, found: dict[str, Shifts], moves: list[list[Move]]) -> pd.Series:
    """The sentences of each person; only what is flagged is worded."""
    said: list[list[str]] = [[] for _ in moves]
    _say_moves(said, found, moves, score=False)
    for name, (column, sentence) in triage_words.LEVELS.items():
        values = table[column].to_numpy(dtype=np.float64)
        for at in np.flatnonzero(table[name].to_numpy(dtype=bool)).tolist():
            said[at].append(sentence(float(values[at])))
    _say_moves(said, found, moves, score=True)
    asleep = found["tst_min"]
    # Where nothing arrives, that is why there are too few nights.
    few = (table["flag"] == INSUFFICIENT) & ~table["no_data"]
    for at in np.flatnonzero(few.to_numpy()).tolist():
        said[at].append(triage_words.too_few(int(asleep.nights_before[at]), int(asleep.nights_recent[at])))
    return pd.Series([tuple(each) for each in said], index=table.index, dtype=object)


def _say_moves(
    said: list[list[str]], found: dict[str, Shifts], moves: list[list[Move]], *, score: bool
) -> None:
    for at, each in enumerate(moves):
        said[at] += [
            triage_words.moved(metric, found[metric.name], at)
            for metric, _ in each
            if (metric.name == "score") == score
        ]


def better(table: pd.DataFrame, found: dict[str, Shifts]) -> pd.Series:
    """What moved for the better in those who need no attention, the largest shift first; an empty tuple without any.

    Args:
        table: as `triage.triage` gives it, in any order.
        found: the shifts by name of the metric.
    """
    said: list[list[tuple[float, str]]] = [[] for _ in range(len(table))]
    calm = ~table["attention"].to_numpy(dtype=bool)
    for metric in METRICS:
        if metric.name not in found:
            continue
        moved = table[f"{metric.name}_flag"].isin(("red", "amber")).to_numpy() & calm
        columns = (f"{metric.name}_{part}" for part in ("z", "delta", "nights_recent"))
        z, delta, nights = (table[name].to_numpy() for name in columns)
        for at in np.flatnonzero(moved).tolist():
            words = triage_words.moved_in_short(metric, float(delta[at]), int(nights[at]))
            said[at].append((-abs(float(z[at])), words))
    told = [tuple(words for _, words in sorted(each)) for each in said]
    return pd.Series(told, index=table.index, dtype=object)
