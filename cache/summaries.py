"""The average statistics of a period as sessions: what the vendor computed of each, before any stages are here."""

import hashlib
from datetime import datetime

import msgspec
import pandas as pd

from analytics.nights import SESSION_COLUMNS, SessionSet
from analytics.ragged import Ragged
from asleep.models import AverageStats, NeverSlept, SleptSession
from cache.columns import figure_columns


def summarised(averages: AverageStats, *, received: datetime) -> SessionSet:
    """The sessions behind the means as columns, `basis` "vendor", without stages, all received then.

    A session whose statistics the service does not send (the older shape lists ids only), or of which it does not say
    when it was, is not among them: the list of sessions brings it.
    """
    rows = [_slept_row(one) for one in averages.slept if one.stat is not None and one.start and one.end]
    rows += [_never_slept_row(one) for one in averages.never_slept if one.start and one.end]
    frame = pd.DataFrame(rows, columns=list(SESSION_COLUMNS))
    frame["received"] = pd.Timestamp(received)
    nothing = Ragged.from_arrays([()] * len(rows))
    return SessionSet(frame=frame.astype(dict(SESSION_COLUMNS)), stages=nothing, snoring=nothing)


def _slept_row(one: SleptSession) -> dict[str, object]:
    return figure_columns(one.stat) | _facts(one) | {"created_timezone": one.created_timezone or ""}


def _never_slept_row(one: NeverSlept) -> dict[str, object]:
    return figure_columns(None) | _facts(one) | {"created_timezone": "", "peculiarities": "NEVER_SLEPT"}


def _facts(one: SleptSession | NeverSlept) -> dict[str, object]:
    return {
        "session_id": one.session_id,
        "state": "COMPLETE",
        "basis": "vendor",
        "start": one.start,
        "end": one.end,
        "peculiarities": "",
        "problem": "",
        "summary": _digest(one),
    }


def _digest(one: SleptSession | NeverSlept) -> str:
    """A word that is another one when the vendor says anything else of the session."""
    return hashlib.blake2b(msgspec.json.encode(one), digest_size=6).hexdigest()
