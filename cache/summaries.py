"""The average statistics of a period as sessions: what the vendor computed of each, before any stages are here."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import pandas as pd

from analytics.nights import SESSION_COLUMNS, SessionSet
from analytics.ragged import Ragged
from analytics.sessions import NO_INSTANT, VENDOR_FIGURES
from asleep.models import AverageStats, NeverSlept, SleptSession

UNNAMED: Final = "-"
"""Stands for the summary of a session that the statistics named once and do not name any more, though it is there."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def summarised(averages: AverageStats, *, received: datetime) -> SessionSet:
    """The sessions behind the means as columns, `basis` "vendor", without stages, all received then, by start.

    A session whose statistics the service does not send (the older shape lists ids only), or of which it does not say
    when it was, is not among them: the list of sessions brings it.
    """
    sessions: list[SleptSession | NeverSlept] = [
        *(one for one in averages.slept if one.stat is not None and one.start and one.end),
        *(one for one in averages.never_slept if one.start and one.end),
    ]
    sessions.sort(key=lambda one: (one.start or _EPOCH, one.session_id))
    slept = [one if isinstance(one, SleptSession) else None for one in sessions]
    columns: dict[str, object] = {
        "session_id": _text([one.session_id for one in sessions]),
        "state": _text(["COMPLETE"] * len(sessions)),
        "basis": _text(["vendor"] * len(sessions)),
        "start": _instants([one.start for one in sessions]),
        "end": _instants([one.end for one in sessions]),
        "unexpected_end": _instants([None] * len(sessions)),
        "created_timezone": _text([(one.created_timezone or "") if one else "" for one in slept]),
        "peculiarities": _text(["" if one else "NEVER_SLEPT" for one in slept]),
        "missing_data_ratio": np.full(len(sessions), np.nan),
        "received": _instants([received] * len(sessions)),
        "problem": _text([""] * len(sessions)),
        "summary": _text([_digest(one) for one in sessions]),
    }
    for name in VENDOR_FIGURES:
        served = [getattr(one.stat, name) if one else None for one in slept]
        columns[f"vendor_{name}"] = np.array(served, dtype=np.float64)
    nothing = Ragged.from_arrays([()] * len(sessions))
    return SessionSet(
        frame=pd.DataFrame({name: columns[name] for name in SESSION_COLUMNS}), stages=nothing, snoring=nothing
    )


def marked(sessions: SessionSet, unnamed: Collection[str]) -> SessionSet:
    """The sessions, those of these ids with the remark that the statistics do not name them any more."""
    if not unnamed:
        return sessions
    summary = [
        UNNAMED if name in unnamed else said
        for name, said in zip(sessions.frame["session_id"], sessions.frame["summary"], strict=True)
    ]
    return replace(sessions, frame=sessions.frame.assign(summary=_text(summary)))


def _text(values: list[str]) -> Any:
    return pd.array(values, dtype="str")


def _instants(moments: Sequence[datetime | None]) -> pd.DatetimeIndex:
    us = [NO_INSTANT if one is None else (one - _EPOCH) // _MICROSECOND for one in moments]
    return pd.DatetimeIndex(np.array(us, dtype=np.int64).view("datetime64[us]"), tz="UTC")


def _digest(one: SleptSession | NeverSlept) -> str:
    """A word that is another one when the vendor says anything else of the session that this program knows.

    A field that the vendor adds one day changes nothing, or everybody's sessions would be fetched again for it.
    """
    known = msgspec.structs.replace(one, unknown=()) if one.unknown else one
    return hashlib.blake2b(msgspec.json.encode(known), digest_size=6).hexdigest()
