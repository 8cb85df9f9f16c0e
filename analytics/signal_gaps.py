"""The longest gap of signal in the middle of a sleep, for a list of nights: what `LONG_GAP` is decided by."""

from collections.abc import Sequence

import numpy as np

from analytics.grades import gap_inside_sleep_min
from analytics.sessions import SessionSet

__all__ = ["longest_gaps_min"]


def longest_gaps_min(sessions: SessionSet, named: Sequence[str]) -> list[float]:
    """The longest run of lost signal between the first and the last epoch of each sleep, in minutes.

    NaN where no stages are known. The time between two recordings of a sleep is none of its signal.

    Args:
        sessions: all of one person.
        named: `session_ids` of each sleep, as the nights table has them, joined by ";".
    """
    at = {str(name): row for row, name in enumerate(sessions.columns["session_id"].tolist())}
    stages, offsets = sessions.stages.values, sessions.stages.offsets
    found = []
    for ids in named:
        rows = [at[name] for name in ids.split(";") if name in at]
        pieces = [stages[offsets[row] : offsets[row + 1]] for row in rows]
        joined = np.concatenate(pieces) if pieces else stages[:0]
        found.append(gap_inside_sleep_min(joined) if len(joined) else float("nan"))
    return found
