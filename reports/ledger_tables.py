"""What was left out as a table, and the ledger it adds up with as rows of the Summary."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd

from analytics.fates import SENTENCES, fates
from analytics.ledger import ANALYSED, VALID, Ledger
from analytics.sleeper import Sleeper
from reports.night_table import night_table
from reports.tables import Table

__all__ = ["excluded_table", "ledger_lines"]

_COLUMNS: Final = (
    *("person_id", "person_name", "night", "step", "code", "reason", "reasons", "reasons_in_words"),
    *("kind", "grade", "sessions", "nights_left_out", "start_local", "start_utc", "end_local", "end_utc"),
    *("tib_min", "session_ids"),
)
_LEDGER: Final = (
    ("received_sessions", "Sessions received", "received"),
    ("recorded_sessions", "Sessions recorded", "recorded"),
    ("valid_sessions", "Sessions valid", "valid"),
    ("analysed_sessions", "Sessions analysed", "analysed"),
    ("recorded_nights", "Nights recorded", "recorded_nights"),
    ("valid_nights", "Nights valid", "valid_nights"),
    ("analysed_nights", "Nights analysed", "analysed_nights"),
)


def excluded_table(nights: pd.DataFrame, sleepers: Sequence[Sleeper]) -> Table:
    """Every sleep that is not analysed, with the one code that decides and every reason in words.

    The `sessions` of a `step` and `code` add up to those of the ledger, and so do `nights_left_out`.

    Args:
        nights: of the period; of one sleeper alone they need no `person_id`.
        sleepers: whose.
    """
    whole = night_table(_left_out(nights, [sleeper.person_id for sleeper in sleepers]), sleepers)
    at = {column.name: n for n, column in enumerate(whole.columns)}
    picked = [at[name] for name in _COLUMNS]
    return Table(
        name="Excluded",
        title="One row a recording that is not analysed, with its reasons",
        columns=tuple(whole.columns[n] for n in picked),
        rows=tuple(tuple(row[n] for n in picked) for row in whole.rows),
        held=3,
    )


def _left_out(nights: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """The rows that are not analysed, with what decides it of each."""
    owned = nights if "person_id" in nights else nights.assign(person_id=ids[0])
    found = fates(owned, ids)
    out = np.flatnonzero(found.codes != "")
    rows, codes = found.rows.iloc[out], found.codes[out]
    step = np.where(rows["valid"].to_numpy(dtype=bool), ANALYSED, VALID)
    return rows.assign(
        step=pd.Series(step, index=rows.index, dtype="str"),
        code=pd.Series(codes, index=rows.index, dtype="str"),
        reason=pd.Series([SENTENCES[code] for code in codes], index=rows.index, dtype="str"),
        sessions=rows["pieces"],
        nights_left_out=found.deciding[out].astype(np.int64),
    )


def ledger_lines(ledger: Ledger) -> Iterator[tuple[str, str, int, str]]:
    """The ledger line by line: id, what it is, how many, and for one that is left out why."""
    for name, label, attribute in _LEDGER:
        yield name, label, getattr(ledger, attribute), ""
    for each in ledger.exclusions:
        where = f"sessions not {each.step}: {each.code}"
        yield "excluded_sessions", where, each.sessions, each.reason
        if each.nights:
            yield "excluded_nights", where.replace("sessions", "nights", 1), each.nights, each.reason
