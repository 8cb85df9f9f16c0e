"""One sleep as every picture of it needs it: its stages on the clock of its place, and what to say of that clock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.night_drawing import EPOCH_MIN, Piece, joined_stages, pieces_of, stage_runs
from analytics.sessions import SessionSet
from analytics.usual import REFERENCE_NIGHTS
from analytics.zones import HOUR_US, MINUTE_US, clock_changes

__all__ = ["DrawnNight", "PersonSleeps", "Sleep", "UnknownNight", "drawn_nights"]

Row: TypeAlias = "pd.Series[Any]"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownNight(LookupError):
    """No sleep of the person has that session; the message says so.

    Attributes:
        session_id: the one that was asked for.
    """

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session {session_id!r} among this person's nights.")
        self.session_id = session_id


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnNight:
    """One sleep, ready to be drawn; `night_view.NightView` is the same with everything that is said of it.

    Attributes:
        session_id: the first session of the sleep; `person` links carry it.
        start: when recording began, aware, in the sleep's own zone.
        end: when it ended, likewise (on clock-change nights the two offsets differ).
        zone: IANA name.
        clock_note: a sentence on nights when the clocks changed or the zone is not the usual one, else "".
        kind: "main", "nap" or "unusable".
        runs: one row per run: `what` ("awake", "rem", "light", "deep", "unknown", "not recorded"), `start_min` and
            `end_min` since `start`, `minutes`.
        statistics: the row of the nights frame.
    """

    session_id: str
    start: datetime
    end: datetime
    zone: str
    clock_note: str
    kind: str
    runs: pd.DataFrame
    statistics: "pd.Series[float]"


@dataclass(frozen=True, kw_only=True, eq=False)
class Sleep:
    """One row of a nights table with its recordings.

    Attributes:
        row: the row.
        places: where its sessions stand among all, in the sleep's own order.
        pieces: what each of them recorded of it.
        start, end: in the sleep's own zone; an open end is taken for that of the stages.
    """

    row: Row
    places: list[int]
    pieces: tuple[Piece, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True, eq=False)
class PersonSleeps:
    """A person's sleeps and what they were made of, in the order in which single ones are looked for.

    Attributes:
        sessions: all sessions of the person.
        nights: `night_table` of them (also as an archive hands it out, with narrower numbers).
    """

    sessions: SessionSet
    nights: pd.DataFrame

    @cached_property
    def latest(self) -> SessionSet:
        """Each session once."""
        return self.sessions.latest()

    def sleep(self, session_id: str) -> Sleep:
        """The sleep that has a session.

        Raises:
            UnknownNight: no sleep has it.
        """
        if session_id not in self._rows:
            raise UnknownNight(session_id)
        row = self.nights.iloc[self._rows[session_id]]
        names = str(row["session_ids"]).split(";")
        places = [self._places[name] for name in names if name in self._places]
        start, end = _moments(row)
        pieces = pieces_of(self.latest, places, _us(start))
        if end is None:
            # Through UTC, because adding to a local time would add to its clock.
            so_far = timedelta(minutes=len(joined_stages(pieces)) * EPOCH_MIN)
            end = (start.astimezone(UTC) + so_far).astimezone(start.tzinfo)
        return Sleep(row=row, places=places, pieces=pieces, start=start, end=end)

    def before(self, row: Row) -> NDArray[np.int64]:
        """Where the last valid main sleeps before a sleep stand among the nights, by start."""
        positions, starts = self._mains
        begun = row["start"].to_datetime64()
        if np.isnat(begun):
            return positions[:0]
        end = int(np.searchsorted(starts, begun))
        return positions[max(end - REFERENCE_NIGHTS, 0) : end]

    def clock_note(self, sleep: Sleep) -> str:
        """What a reader must know of the clock of a sleep."""
        zone = str(sleep.row["zone"])
        first, last = _us(sleep.start), _us(sleep.end)
        changes = clock_changes(zone, first, last)
        if changes:
            moved = (changes[0].after_us - changes[0].before_us) / MINUTE_US
            at = wording.clock((changes[0].at_us + changes[0].before_us) / HOUR_US)
            way = "forward" if moved > 0 else "back"
            return (
                f"The clocks went {way} by {wording.duration(abs(moved))} at {at}; this recording lasted "
                f"{wording.duration((last - first) / MINUTE_US)}."
            )
        zones = Counter(self._zones[self.before(sleep.row)].tolist())
        usual = min(zones, key=lambda name: (-zones[name], name), default=zone)
        return "" if usual == zone else f"Recorded in {zone}; most of the nights before were in {usual}."

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Which row has each session: of several the first."""
        rows: dict[str, int] = {}
        for at, names in enumerate(self.nights["session_ids"].tolist()):
            for name in names.split(";"):
                rows.setdefault(name, at)
        return rows

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.latest.columns["session_id"].tolist())}

    @cached_property
    def _mains(self) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
        """Where the valid main sleeps with a start stand, by start, and their starts."""
        starts = self.nights["start"].to_numpy(dtype="datetime64[us]")
        counted = (self.nights["valid"] & (self.nights["kind"] == "main")).to_numpy(dtype=bool)
        positions = np.flatnonzero(counted & ~np.isnat(starts))
        positions = positions[np.argsort(starts[positions], kind="stable")]
        return positions, starts[positions]

    @cached_property
    def _zones(self) -> NDArray[np.object_]:
        return self.nights["zone"].to_numpy(dtype=object)


def drawn_nights(
    sessions: SessionSet, nights: pd.DataFrame, session_ids: Sequence[str]
) -> tuple[DrawnNight, ...]:
    """Rows of a nights table, ready to be drawn, in the order of the session ids; arguments as `night_view.night_view`.

    Raises:
        UnknownNight: no sleep has one of these sessions.
    """
    sleeps = PersonSleeps(sessions, nights)
    return tuple(_drawn(sleeps, sleeps.sleep(session_id)) for session_id in session_ids)


def _drawn(sleeps: PersonSleeps, sleep: Sleep) -> DrawnNight:
    row = sleep.row
    return DrawnNight(
        session_id=str(row["session_id"]),
        start=sleep.start,
        end=sleep.end,
        zone=str(row["zone"]),
        clock_note=sleeps.clock_note(sleep),
        kind=str(row["kind"]),
        runs=stage_runs(sleep.pieces),
        statistics=row,
    )


def _moments(row: Row) -> tuple[datetime, datetime | None]:
    """Start and end in the sleep's own zone; a missing start is the next best instant, an open end is None."""
    zone = ZoneInfo(str(row["zone"]))
    start, end, received = (_local(row[name], zone) for name in ("start", "end", "received"))
    return start or end or received or datetime.fromtimestamp(0, tz=zone), end


def _local(moment: pd.Timestamp, zone: ZoneInfo) -> datetime | None:
    return None if pd.isna(moment) else moment.to_pydatetime(warn=False).astimezone(zone)


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
