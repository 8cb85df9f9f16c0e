"""The state of every expected night, one a person and date: what a square of the grid says."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.fates import SENTENCES, Fates
from analytics.grades import PROVISIONAL

Counts = NDArray[np.int64]

NOT_SYNCED, NO_RECORDING, UNUSABLE, LEFT_OUT, NOT_ANALYSED, UNGRADED, GRADE_B, GRADE_A = range(8)

STATES: Final[Mapping[int, str]] = {
    GRADE_A: "grade A",
    GRADE_B: "grade B",
    UNGRADED: "provisional",
    NOT_ANALYSED: "left out, but valid",
    LEFT_OUT: "left out by a rule",
    UNUSABLE: "left out, unusable",
    NO_RECORDING: "no recording",
    NOT_SYNCED: "not synced",
}
"""Code of a state -> what it is called, the most complete first."""
UNRECORDED: Final[Mapping[str, int]] = {"NOT_SYNCED": NOT_SYNCED, "NO_RECORDING": NO_RECORDING}
"""Code of a reason for which an expected night is not among the recorded -> its state."""
REASON_SENTENCES: Final[Mapping[str, str]] = {
    "NOT_SYNCED": "The vendor has not been asked for this night yet.",
    "NO_RECORDING": "The vendor was asked and has no recording.",
    **SENTENCES,
}
"""Code of every reason why an expected night is not analysed -> its sentence, in the order of the steps."""
REASON_CODES: Final = ("", *REASON_SENTENCES)
"""No reason, which is to be analysed, and then the codes of `REASON_SENTENCES`."""


def recorded_states(found: Fates, at: Counts) -> NDArray[np.uint8]:
    """The states of recorded nights.

    Args:
        found: what becomes of all rows.
        at: the rows that decide about their nights.
    """
    rows, codes = found.rows.iloc[at], found.codes[at]
    valid = rows["valid"].to_numpy(dtype=bool)
    kind, grade = (rows[name].to_numpy(dtype=object) for name in ("kind", "grade"))
    return np.select(
        [kind == "unusable", ~valid, codes != "", grade == PROVISIONAL, grade == "B"],
        [UNUSABLE, LEFT_OUT, NOT_ANALYSED, UNGRADED, GRADE_B],
        GRADE_A,
    ).astype(np.uint8)
