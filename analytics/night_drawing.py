"""What is drawn of a sleep: runs of stages, snoring and long awakenings in minutes since it began."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.sessions import NO_INSTANT, SessionSet
from analytics.stages import AWAKE, DEEP, EPOCH_S, LIGHT, REM, STAGE_NAMES, UNKNOWN, runs
from analytics.zones import MINUTE_US, SECOND_US

Stages = NDArray[np.int8]
Floats = NDArray[np.floating]

EPOCH_US = EPOCH_S * SECOND_US
EPOCH_MIN = EPOCH_S / 60
LONG_AWAKENING_MIN = 5.0
NOT_RECORDED = "not recorded"
RUN_COLUMNS = ("what", "start_min", "end_min", "minutes")


@dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """The part of one session that belongs to a sleep.

    Attributes:
        start_min: when it begins, since the sleep began.
        end_min: when the session ends; when its stages do for an open one.
        stages: its stages, without those that an earlier session has told of.
        snoring: likewise.
    """

    start_min: float
    end_min: float
    stages: Stages
    snoring: Stages


def pieces_of(sessions: SessionSet, rows: list[int], start_us: int) -> tuple[Piece, ...]:
    """The sessions of one sleep in order, each from where the one before ends.

    Args:
        sessions: the person's sessions.
        rows: which of them make the sleep.
        start_us: when it begins by the nights table, later than its first session where time was shared.
    """
    begins, ends = sessions.columns["start"], sessions.columns["end"]
    found: list[Piece] = []
    reach = start_us
    for row in sorted(rows, key=lambda row: (int(begins[row]), str(sessions.columns["session_id"][row]))):
        begin = int(begins[row]) if begins[row] != NO_INSTANT else start_us
        skipped = -(-max(reach - begin, 0) // EPOCH_US)
        stages = legal_stages(sessions.stages[row])[skipped:]
        begin += skipped * EPOCH_US
        end = int(ends[row]) if ends[row] != NO_INSTANT else begin + len(stages) * EPOCH_US
        found.append(
            Piece(
                start_min=(begin - start_us) / MINUTE_US,
                end_min=(end - start_us) / MINUTE_US,
                stages=stages,
                snoring=sessions.snoring[row][skipped:],
            )
        )
        reach = end
    return tuple(found)


def stage_runs(pieces: tuple[Piece, ...]) -> pd.DataFrame:
    """One row per run, `RUN_COLUMNS`; "not recorded" between pieces and where stages end over a minute early."""
    what: list[str] = []
    begins: list[float] = []
    ends: list[float] = []
    reach = 0.0
    for piece in pieces:
        if not len(piece.stages):
            continue
        if what and piece.start_min > reach:
            what.append(NOT_RECORDED)
            begins.append(reach)
            ends.append(piece.start_min)
        found = runs(piece.stages)
        what += [STAGE_NAMES[stage] for stage in found["stage"].tolist()]
        begins += (piece.start_min + found["start_epoch"].to_numpy() * EPOCH_MIN).tolist()
        ends += (piece.start_min + found["end_epoch"].to_numpy() * EPOCH_MIN).tolist()
        reach = ends[-1]
        if piece.end_min - reach > 1:
            what.append(NOT_RECORDED)
            begins.append(reach)
            ends.append(piece.end_min)
            reach = piece.end_min
    begin, end = np.array(begins), np.array(ends)
    columns = (pd.array(what, dtype="str"), begin, end, end - begin)
    return pd.DataFrame(dict(zip(RUN_COLUMNS, columns, strict=True)))


def snoring_runs(pieces: tuple[Piece, ...]) -> pd.DataFrame:
    """One row per run of snoring: `start_min`, `end_min`, `minutes`."""
    edges = [
        piece.start_min
        + EPOCH_MIN * np.flatnonzero(np.diff(np.concatenate([[False], piece.snoring == 1, [False]])))
        for piece in pieces
    ]
    return _stretches(_joined([each[::2] for each in edges]), _joined([each[1::2] for each in edges]))


def long_awakenings(pieces: tuple[Piece, ...]) -> pd.DataFrame:
    """Awakenings over 5 min after falling asleep: `start_min`, `end_min` and `minutes` of known wake.

    Lost signal does not end an awakening, so the minutes can be fewer than from start to end; the number of rows is
    the statistic `awakenings_over_5min`.
    """
    stages, at_min = joined_stages(pieces), _epoch_starts(pieces)
    known = stages != UNKNOWN
    stages, at_min = stages[known], at_min[known]
    asleep = np.flatnonzero(stages > AWAKE)
    if not len(asleep):
        return _stretches(np.empty(0), np.empty(0))
    inside = slice(asleep[0], asleep[-1] + 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stages[inside] == AWAKE, [False]])))
    first, end = edges[::2] + asleep[0], edges[1::2] + asleep[0]
    minutes = (end - first) * EPOCH_MIN
    chosen = minutes > LONG_AWAKENING_MIN
    frame = _stretches(at_min[first[chosen]], at_min[end[chosen] - 1] + EPOCH_MIN)
    return frame.assign(minutes=minutes[chosen])


def stage_shares(stages: Stages) -> pd.DataFrame:
    """`minutes` and `pct` of the time asleep by stage; awake and unknown, which are no sleep, have no pct."""
    order = (AWAKE, REM, LIGHT, DEEP, UNKNOWN)
    minutes = np.array([np.count_nonzero(stages == stage) for stage in order]) * EPOCH_MIN
    asleep = minutes[1:4].sum()
    pct = np.full(len(order), np.nan)
    if asleep > 0:
        pct[1:4] = 100 * minutes[1:4] / asleep
    return pd.DataFrame({"minutes": minutes, "pct": pct}, index=[STAGE_NAMES[stage] for stage in order])


def served_shares(row: "pd.Series[Any]") -> pd.DataFrame:
    """`stage_shares` of a sleep whose stages have not arrived, from its row of the nights table."""
    names = [STAGE_NAMES[stage] for stage in (AWAKE, REM, LIGHT, DEEP, UNKNOWN)]
    minutes = [row["wake_min"], *(row[f"{name}_min"] for name in names[1:])]
    pct = [np.nan, *(row[f"{name}_pct"] for name in names[1:4]), np.nan]
    return pd.DataFrame({"minutes": minutes, "pct": pct}, index=names, dtype=np.float64)


def joined_stages(pieces: tuple[Piece, ...]) -> Stages:
    """The stages of all pieces, one after the other."""
    return np.concatenate([np.empty(0, dtype=np.int8), *(piece.stages for piece in pieces)])


def _epoch_starts(pieces: tuple[Piece, ...]) -> Floats:
    return _joined([piece.start_min + np.arange(len(piece.stages)) * EPOCH_MIN for piece in pieces])


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate([np.empty(0), *parts])


def legal_stages(stages: Stages) -> Stages:
    """The stages, or none of them where one is not a stage: what cannot be named is not drawn."""
    foreign = stages.size and (stages.min() < UNKNOWN or stages.max() > REM)
    return stages[:0] if foreign else stages


def _stretches(begin: Floats, end: Floats) -> pd.DataFrame:
    return pd.DataFrame({"start_min": begin, "end_min": end, "minutes": end - begin})
