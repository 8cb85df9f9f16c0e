"""What becomes of every session and every night on the way from recorded to analysed: one fate each.

A session has the first code that keeps it out; a night has the fate of its main sleep, else of its first unusable
session. `ledger` counts them, `quality` shows them by person and night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.grades import REASONS, first_exclusion
from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.travel import LEFT_OUT_OF_CONSISTENCY

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Names = NDArray[np.object_]

NOT_ANALYSED: Final[dict[str, str]] = {
    "SUPERSEDED": "A later version of the same session was received.",
    "NAP": "A nap; the analysis is of main sleeps.",
    **{code: REASONS[code][0] for code in LEFT_OUT_OF_CONSISTENCY},
    "NO_VALUE": "The night has no value of the quantity analysed.",
    "TOO_FEW_NIGHTS": "The person has too few nights left for the analysis.",
}
"""Code -> sentence of what keeps a session from the analysis although its sleep may be valid."""

SENTENCES: Final = {code: sentence for code, (sentence, _) in REASONS.items()} | NOT_ANALYSED
"""Code -> sentence of everything that keeps a session from being valid or analysed, in the order of the steps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Fates:
    """What becomes of the rows of a nights table; arrays of one entry a row.

    Attributes:
        rows: the rows of the people in question.
        owner: whose each is, as the place of the person among those asked for.
        codes: the one code of `SENTENCES` that keeps it out; "" where it is analysed.
        deciding: whether it is the one row that decides what becomes of its night.
    """

    rows: pd.DataFrame
    owner: Counts
    codes: Names
    deciding: Flags


def fates(
    nights: pd.DataFrame,
    person_ids: Sequence[str],
    *,
    measure: str | None = None,
    consistency: bool = False,
    minimum_nights: int = 0,
    rules: ValidNight = DEFAULT_RULES,
) -> Fates:
    """What becomes of the nights of these people; rows of others are not looked at.

    Args:
        nights: `night_table` of them with `person_id`, or its rows of a period.
        person_ids: whose.
        measure: the column that is analysed; nights in which it is NaN are left out.
        consistency: whether the analysis is of consistency, which leaves out the nights of a journey.
        minimum_nights: a person with fewer nights left is left out with all of them.
        rules: `leave_out_travel`.
    """
    owner = pd.Index(list(person_ids), dtype="str").get_indexer(pd.Index(nights["person_id"], dtype="str"))
    rows, owner = nights.iloc[np.flatnonzero(owner >= 0)], owner[owner >= 0]
    codes = _fates(rows, measure=measure, consistency=consistency, rules=rules)
    deciding = _deciding(rows, owner)
    kept = np.bincount(owner[deciding & (codes == "")], minlength=len(person_ids))
    codes[(codes == "") & (kept < minimum_nights)[owner]] = "TOO_FEW_NIGHTS"
    return Fates(rows=rows, owner=owner, codes=codes, deciding=deciding)


def _fates(rows: pd.DataFrame, *, measure: str | None, consistency: bool, rules: ValidNight) -> Names:
    """Per row the one code that keeps it out, the first that holds; "" where it is analysed."""
    valid = rows["valid"].to_numpy(dtype=bool)
    of_row, reasons = pd.factorize(rows["reasons"].to_numpy(dtype=object))
    fates = np.array([first_exclusion(str(each), valid=False) for each in reasons], dtype=object)[of_row]
    fates[valid] = ""
    main = rows["kind"].to_numpy(dtype=object) == "main"
    _mark(fates, valid & ~main, "NAP")
    if consistency and rules.leave_out_travel:
        for code in LEFT_OUT_OF_CONSISTENCY:
            told = np.array([code in str(each).split(";") for each in reasons], dtype=np.bool_)
            _mark(fates, valid & told[of_row], code)
    if measure is not None:
        _mark(fates, valid & rows[measure].isna().to_numpy(), "NO_VALUE")
    return fates


def _mark(fates: Names, where: Flags, code: str) -> None:
    fates[where & (fates == "")] = code


def _deciding(rows: pd.DataFrame, owner: Counts) -> Flags:
    """The one row of each person's night that decides its fate: the main sleep, else the first unusable session."""
    deciding = np.zeros(len(rows), dtype=np.bool_)
    if not len(rows):
        return deciding
    night = rows["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    kind = rows["kind"].to_numpy(dtype=object)
    rank = np.select([kind == "main", kind == "unusable"], [0, 1], 2)
    order = np.lexsort((np.arange(len(rows)), rank, night, owner))
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (np.diff(night[order]) != 0) | (np.diff(owner[order]) != 0)
    deciding[order[first]] = True
    return deciding
