"""How complete each person's nights are: one row a person, as the adherence sheet has it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import NEVER, day_number
from analytics.fates import NOT_ANALYSED, SENTENCES, Fates
from analytics.grades import PROVISIONAL, REASONS
from analytics.quality_states import NO_RECORDING, NOT_SYNCED
from analytics.sleeper import Sleeper
from analytics.wording import rounded_series

__all__ = ["COLUMNS", "REASON_COLUMNS", "adherence"]

Codes = NDArray[np.uint8]
Counts = NDArray[np.int64]
Days = tuple[Counts, Counts]
"""A first and a last day of each person, as days since 1970."""

_NIGHTS_NEVER: Final = frozenset({"SUPERSEDED", "NAP"})
"""Codes of what is no night by itself: a replaced version, a nap beside its main sleep."""
REASON_COLUMNS: Final[Mapping[str, str]] = {
    code: f"{'not_analysed' if code in NOT_ANALYSED else 'left_out'}_{code.lower().removesuffix('_nights')}_nights"
    for code in SENTENCES
    if code not in _NIGHTS_NEVER and (code in NOT_ANALYSED or REASONS[code][1])
}
"""Code of a reason -> its column, the same columns in every sheet."""
COLUMNS: Final = (
    *("name", "period_first", "period_last", "expected_nights", "not_synced_nights", "unrecorded_nights"),
    *("recorded_nights", "valid_a_nights", "valid_b_nights", "provisional_nights", "valid_nights"),
    *("left_out_nights", "analysed_nights", "valid_pct", "first_night", "last_night"),
    *("before_first_nights", "after_last_nights", "longest_run_unrecorded_nights"),
    *REASON_COLUMNS.values(),
    "last_synchronised_utc",
)
"""Columns of one row a person, index person_id; each is defined in docs/definitions.md."""


def adherence(
    people: Sequence[Sleeper],
    found: Fates,
    states: Codes,
    *,
    first: date,
    last: date,
    recorded: Days,
    synced_at: Mapping[str, pd.Timestamp],
) -> pd.DataFrame:
    """One row a person in the order given, `COLUMNS`.

    Args:
        people: whose rows `found.owner` counts.
        found: what has become of their nights in the period.
        states: of `quality_states`, people x nights.
        first: first night label of the period.
        last: its last one.
        recorded: of `quality.days_recorded`.
        synced_at: by person_id the moment of the last synchronisation.
    """
    ids = pd.Index([sleeper.person_id for sleeper in people], dtype="str", name="person_id")
    at = np.flatnonzero(found.deciding)
    rows, owner, codes = found.rows.iloc[at], found.owner[at], found.codes[at]

    def counted(of: NDArray[np.bool_]) -> Counts:
        return np.bincount(owner[of], minlength=len(ids))

    valid, grade = rows["valid"].to_numpy(dtype=bool), rows["grade"].to_numpy(dtype=object)
    every = np.ones(len(at), dtype=np.bool_)
    table: dict[str, object] = {
        "name": pd.Series([sleeper.name for sleeper in people], dtype="str", index=ids),
        "period_first": pd.Timestamp(first),
        "period_last": pd.Timestamp(last),
        "expected_nights": states.shape[1],
        "not_synced_nights": np.count_nonzero(states == NOT_SYNCED, axis=1),
        "unrecorded_nights": np.count_nonzero(states == NO_RECORDING, axis=1),
        "recorded_nights": counted(every),
        "valid_a_nights": counted(valid & (grade != "B") & (grade != PROVISIONAL)),
        "valid_b_nights": counted(valid & (grade == "B")),
        "provisional_nights": counted(valid & (grade == PROVISIONAL)),
        "valid_nights": counted(valid),
        "left_out_nights": counted(~valid),
        "analysed_nights": counted(codes == ""),
        "valid_pct": rounded_series(pd.Series(100 * counted(valid) / states.shape[1], index=ids), 1),
        **_edges(states, first),
        **_beyond(recorded, day_number(first), day_number(last)),
        "longest_run_unrecorded_nights": _longest_runs(states <= NO_RECORDING),
        **{column: counted(codes == code) for code, column in REASON_COLUMNS.items()},
        "last_synchronised_utc": pd.DatetimeIndex(
            [synced_at.get(person_id, pd.NaT) for person_id in ids], tz="UTC"
        ).as_unit("us"),
    }
    return pd.DataFrame(table, index=ids)[list(COLUMNS)]


def _edges(states: Codes, first: date) -> dict[str, pd.DatetimeIndex]:
    """First and last night of each person with a recording, NaT without one."""
    recorded = states > NO_RECORDING
    some = recorded.any(axis=1)
    found = {}
    for name, day in (
        ("first_night", recorded.argmax(axis=1)),
        ("last_night", states.shape[1] - 1 - recorded[:, ::-1].argmax(axis=1)),
    ):
        moments = np.datetime64(first, "D") + day.astype("timedelta64[D]")
        moments[~some] = np.datetime64("NaT")
        found[name] = pd.DatetimeIndex(moments).as_unit("us")
    return found


def _beyond(recorded: Days, first: int, last: int) -> dict[str, Counts]:
    """Nights of the period before each person's first recording ever, and after the last; 0 without any."""
    begun, ended = recorded
    days, some = last - first + 1, ended > NEVER
    return {
        "before_first_nights": np.where(some, np.clip(begun, first, last + 1) - first, 0),
        "after_last_nights": np.where(some, days - (np.clip(ended, first - 1, last) - first + 1), 0),
    }


def _longest_runs(found: NDArray[np.bool_]) -> Counts:
    """The longest run of True in each row."""
    run = np.zeros(len(found), dtype=np.int64)
    longest = run.copy()
    for column in found.T:
        run = np.where(column, run + 1, 0)
        np.maximum(longest, run, out=longest)
    return longest
