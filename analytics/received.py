"""A person's sessions with the place of each, and instants as whole microseconds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.sessions import SessionSet
from analytics.zones import is_zone

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Names = NDArray[np.object_]
Columns = dict[str, NDArray[np.generic]]

NO_INSTANT = int(np.iinfo(np.int64).min)
"""What a missing instant is as microseconds, which is what numpy and pandas take it for."""


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
    def frame(self) -> pd.DataFrame:
        """The columns of the sessions."""
        return self.sessions.frame


def placed(sessions: SessionSet, home: str) -> Received:
    """The sessions in their own zones, else in that of the person, else in UTC, which is no knowledge."""
    fallback = home if is_zone(home) else ""
    given = sessions.frame["created_timezone"].tolist()
    names = [name if is_zone(name) else fallback for name in given]
    return Received(
        sessions=sessions,
        places=np.array([name or "UTC" for name in names], dtype=object),
        located=np.array([bool(name) for name in names], dtype=np.bool_),
        misnamed=np.array([bool(name) and not is_zone(name) for name in given], dtype=np.bool_),
    )


def instants(column: "pd.Series[pd.Timestamp]") -> Counts:
    """Microseconds since 1970 in UTC, `NO_INSTANT` where there is none."""
    return column.to_numpy(dtype="datetime64[us]").view(np.int64)


def midway(begin: Counts, end: Counts) -> Counts:
    """The instants half-way between two."""
    return begin + (end - begin) // 2
