"""A person's sessions with the place of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.sessions import SessionColumns, SessionSet
from analytics.zones import is_zone

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Names = NDArray[np.object_]
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Received:
    """Sessions, each once, with the zone that its clock is read in.

    Attributes:
        sessions: in any order.
        places: the zone of each.
        located: whether that zone is known; where it is not, it is UTC.
        misnamed: whether the session names a zone that does not exist.
    """

    sessions: SessionSet
    places: Names
    located: Flags
    misnamed: Flags

    def __len__(self) -> int:
        return len(self.sessions)

    @property
    def columns(self) -> SessionColumns:
        """The columns of the sessions, as `SessionSet.columns`."""
        return self.sessions.columns


def placed(sessions: SessionSet, home: str) -> Received:
    """The sessions in their own zones, else in that of the person, else in UTC, which is no knowledge."""
    fallback = home if is_zone(home) else ""
    given = sessions.columns["created_timezone"].tolist()
    names = [name if is_zone(name) else fallback for name in given]
    return Received(
        sessions=sessions,
        places=np.array([name or "UTC" for name in names], dtype=object),
        located=np.array([bool(name) for name in names], dtype=np.bool_),
        misnamed=np.array([bool(name) and not is_zone(name) for name in given], dtype=np.bool_),
    )


def midway(begin: Counts, end: Counts) -> Counts:
    """The instants half-way between two."""
    return begin + (end - begin) // 2
