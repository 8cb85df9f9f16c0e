"""Two sets of a person's sessions as one, the same whatever the order in which they came."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.sessions import NO_INSTANT, SessionSet, texts


def merged(old: SessionSet, new: SessionSet) -> tuple[SessionSet, int, int]:
    """Both sets as one with each session once, by start; how many came in; how many became different.

    Of two rows of one session the one that is COMPLETE and could be read stays, of two such rows the one with stages,
    otherwise the one received later; a session goes forward only, so the order in which deliveries arrive does not
    matter. What the average statistics last said of the session, and why its stages could not be read, are kept
    beside whichever row stays.
    """
    if not len(old) and _is_in_order(new):
        return new, len(new), 0
    both = SessionSet.concat([old, new]) if len(old) else new
    ids = both.columns["session_id"].tolist()
    chosen = _one_of_each(both, ids)
    came = chosen[chosen >= len(old)].tolist()
    place = {session_id: row for row, session_id in enumerate(ids[: len(old)])}
    again = [(place[ids[row]], row) for row in came if ids[row] in place]
    result = both if np.array_equal(chosen, np.arange(len(ids))) else both.take(chosen)
    if len(chosen) < len(ids):
        result = _with_what_was_said(result, both)
    return result, len(came) - len(again), _differing(both, again)


def _is_in_order(sessions: SessionSet) -> bool:
    """Whether each session is there once, by start; ids decide between equal starts."""
    ids = sessions.columns["session_id"].tolist()
    places = list(zip(_missing_last(sessions.columns["start"]), ids, strict=True))
    return len(set(ids)) == len(ids) and places == sorted(places)


def _one_of_each(sessions: SessionSet, ids: Sequence[str]) -> NDArray[np.int64]:
    """The rows that stay, one for each id, in the order of starts; ids decide between equal starts."""
    columns = sessions.columns
    staged = columns["basis"] == "stages"
    readable = (columns["problem"] == "") | ~staged
    whole = (readable & (columns["state"] == "COMPLETE")).tolist()
    with_stages = staged.tolist()
    received, start = (_missing_last(columns[name]) for name in ("received", "start"))
    best = dict[str, tuple[bool, bool, int, int]]()
    for row, session_id in enumerate(ids):
        rank = (whole[row], with_stages[row], received[row], row)
        if session_id not in best or rank > best[session_id]:
            best[session_id] = rank
    order = sorted((start[row], session_id, row) for session_id, (*_, row) in best.items())
    return np.array([row for _, _, row in order], dtype=np.int64)


def _missing_last(instants: NDArray[np.int64]) -> list[int]:
    """Microseconds; a missing instant comes after all others."""
    integers: list[int] = np.where(instants == NO_INSTANT, np.iinfo(np.int64).max, instants).tolist()
    return integers


def _with_what_was_said(sessions: SessionSet, received: SessionSet) -> SessionSet:
    """The chosen rows with the last summary of each session, and with why stages are missing where they are."""
    ids, basis, problems = (sessions.columns[name].tolist() for name in ("session_id", "basis", "problem"))
    summary = _last_said(received, "summary", "summary_at")
    problem = _last_said(received, "problem", "received")
    never = (NO_INSTANT, "")
    unstaged = zip(ids, (each == "vendor" for each in basis), problems, strict=True)
    said = {
        "summary": texts([summary.get(name, never)[1] for name in ids]),
        "summary_at": np.array([summary.get(name, never)[0] for name in ids], dtype=np.int64),
        "problem": texts([problem.get(name, never)[1] if waits else own for name, waits, own in unstaged]),
    }
    return replace(sessions, columns={**sessions.columns, **said})


def _last_said(sessions: SessionSet, text: str, at: str) -> dict[str, tuple[int, str]]:
    """By session id when what was received last in that column came, and its text; without those who have none."""
    columns = sessions.columns
    last: dict[str, tuple[int, str]] = {}
    for session_id, said in zip(
        columns["session_id"].tolist(),
        zip(columns[at].tolist(), columns[text].tolist(), strict=True),
        strict=True,
    ):
        # Of two of one moment the text decides, which is as good as any, and the same in every order.
        if said[1] and said > last.get(session_id, (NO_INSTANT, "")):
            last[session_id] = said
    return last


def without(sessions: SessionSet, session_id: str) -> SessionSet:
    """The set without that session."""
    kept = np.flatnonzero(sessions.columns["session_id"] != session_id)
    return sessions.take(kept)


def _differing(both: SessionSet, pairs: Sequence[tuple[int, int]]) -> int:
    """How many pairs of rows differ in anything but the moments they, and what was said of them, were received."""
    if not pairs:
        return 0
    before, after = np.array(pairs).T
    same = np.ones(len(pairs), dtype=bool)
    for name, values in both.columns.items():
        if name not in {"received", "summary_at"}:
            one, other = values[before], values[after]
            # Two missing values are the same here: nothing was learnt between them.
            same &= ((one == other) | (pd.isna(one) & pd.isna(other))).astype(bool)
    for place, (one_row, other_row) in enumerate(pairs):
        for ragged in (both.stages, both.snoring):
            same[place] &= np.array_equal(ragged[one_row], ragged[other_row])
    return int((~same).sum())
