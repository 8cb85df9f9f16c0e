"""The average statistics of a period as sessions: what the vendor computed of each, before any stages are here."""

import hashlib
import operator
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from analytics.nights import SessionSet
from analytics.ragged import Ragged
from analytics.sessions import VENDOR_FIGURES, microseconds, texts
from asleep.models import AverageStats, NeverSlept, SleptSession

UNNAMED: Final = "-"
"""Stands for the summary of a session that the statistics named once and do not name any more, though it is there."""

_figures: Final = operator.attrgetter(*VENDOR_FIGURES)
_NOTHING_SERVED: Final = (None,) * len(VENDOR_FIGURES)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
    columns = {
        "session_id": texts([one.session_id for one in sessions]),
        "state": texts(["COMPLETE"] * len(sessions)),
        "basis": texts(["vendor"] * len(sessions)),
        "start": microseconds([one.start for one in sessions]),
        "end": microseconds([one.end for one in sessions]),
        "unexpected_end": microseconds([None] * len(sessions)),
        "created_timezone": texts([(one.created_timezone or "") if one else "" for one in slept]),
        "peculiarities": texts(["" if one else "NEVER_SLEPT" for one in slept]),
        "missing_data_ratio": np.full(len(sessions), np.nan),
        "received": microseconds([received] * len(sessions)),
        "problem": texts([""] * len(sessions)),
        "summary": texts([_digest(one) for one in sessions]),
        "summary_at": microseconds([received] * len(sessions)),
    }
    served = [_NOTHING_SERVED if one is None else _figures(one.stat) for one in slept]
    figures = np.array(served, dtype=np.float64).reshape(len(served), len(VENDOR_FIGURES))
    for name, column in zip(VENDOR_FIGURES, figures.T.copy(), strict=True):
        columns[f"vendor_{name}"] = column
    nothing = Ragged.from_arrays([()] * len(sessions))
    return SessionSet(columns=columns, stages=nothing, snoring=nothing)


def marked(sessions: SessionSet, unnamed: Collection[str]) -> SessionSet:
    """The sessions, those of these ids with the remark that the statistics do not name them any more."""
    if not unnamed:
        return sessions
    columns, ids = sessions.columns, set(unnamed)
    told = np.array([one in ids for one in columns["session_id"].tolist()], dtype=np.bool_)
    said = {
        "summary": np.where(told, UNNAMED, columns["summary"]),
        "summary_at": np.where(told, columns["received"], columns["summary_at"]),
    }
    return replace(sessions, columns={**columns, **said})


def _digest(one: SleptSession | NeverSlept) -> str:
    """A word that is another one when the vendor says anything else of the session that this program knows.

    A field that the vendor adds one day changes nothing, or everybody's sessions would be fetched again for it.
    """
    known = msgspec.structs.replace(one, unknown=()) if one.unknown else one
    return hashlib.blake2b(msgspec.json.encode(known), digest_size=6).hexdigest()
