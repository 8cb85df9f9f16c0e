"""One sleep as a value: everything the night page, its chart, its alternative text and its table read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import pandas as pd

from analytics import wording
from analytics.beside_vendor import Beside, beside_vendor
from analytics.grades import REASONS, first_exclusion, in_a_phrase, sentences
from analytics.night_drawing import (
    EPOCH_MIN,
    joined_stages,
    long_awakenings,
    pieces_of,
    served_shares,
    snoring_runs,
    stage_runs,
    stage_shares,
)
from analytics.sessions import SessionSet
from analytics.sleep_cycles import SleepCycles, no_cycles, sleep_cycles
from analytics.usual import (
    REFERENCE_NIGHTS,
    Against,
    against_usual,
    comparable,
    length_finding,
    no_usual,
    reference_columns,
)
from analytics.zones import HOUR_US, MINUTE_US, clock_changes

__all__ = ["Against", "Beside", "NightView", "UnknownNight", "night_view"]


Row: TypeAlias = "pd.Series[Any]"


class UnknownNight(LookupError):
    """No sleep of the person has that session; the message says so.

    Attributes:
        session_id: the one that was asked for.
    """

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session {session_id!r} among this person's nights.")
        self.session_id = session_id


@dataclass(frozen=True, kw_only=True, eq=False)
class NightView:
    """One sleep, ready to be shown.

    Attributes:
        session_id: the first session of the sleep; `person` links carry it.
        start: when recording began, aware, in the sleep's own zone.
        end: when it ended, likewise (on clock-change nights the two offsets differ).
        zone: IANA name.
        dates: both dates in words ("Night of Tue 10 to Wed 11 February 2026").
        clock_note: a sentence on nights when the clocks changed or the zone is not the usual one, else "".
        kind: "main", "nap" or "unusable".
        grade: "A", "B" or "X"; "provisional" before the stages of a sleep that counts have arrived.
        basis: "stages", or "vendor" while only the vendor's statistics are here; then there are no runs and no cycles.
        reasons: one sentence per flag or exclusion; empty for a plain night.
        title: the finding ("Slept 6 h 39 min, 41 min less than usual").
        runs: one row per run: `what` ("awake", "rem", "light", "deep", "unknown", "not recorded"), `start_min` and
            `end_min` since `start`, `minutes`.
        snoring: one row per run of snoring: `start_min`, `end_min`, `minutes`.
        long_awakenings: awakenings over 5 min: `start_min`, `end_min`, `minutes`.
        cycles: the cycles of a main sleep or nap with stages; none of an unusable session.
        latency_min: from start to sleep onset; NaN without sleep.
        final_wake_min: known wake after the last sleep; NaN without sleep.
        statistics: the row of the nights frame.
        shares: minutes and percent of time asleep per stage: index awake, rem, light, deep, unknown; columns `minutes`,
            `pct` (NaN for awake and unknown, which are not part of sleep).
        against: this night against the last 28 valid nights before it.
        beside: ours and the vendor's; a sleep with the remark that they differ has a line that does.
    """

    session_id: str
    start: datetime
    end: datetime
    zone: str
    dates: str
    clock_note: str
    kind: str
    grade: str
    basis: str
    reasons: tuple[str, ...]
    title: str
    runs: pd.DataFrame
    snoring: pd.DataFrame
    long_awakenings: pd.DataFrame
    cycles: SleepCycles
    latency_min: float
    final_wake_min: float
    statistics: "pd.Series[float]"
    shares: pd.DataFrame
    against: tuple[Against, ...]
    beside: tuple[Beside, ...]

    @property
    def unreadable(self) -> bool:
        """Whether the vendor's answer with the stages could not be read."""
        return "STAGES_UNREADABLE" in str(self.statistics["reasons"]).split(";")


def night_view(sessions: SessionSet, nights: pd.DataFrame, session_id: str) -> NightView:
    """One row of the nights table, main sleep, nap or unusable session, ready to be shown.

    Args:
        sessions: all sessions of the person.
        nights: `night_table` of them (also as an archive hands it out, with narrower numbers).
        session_id: any session of the sleep.

    Raises:
        UnknownNight: no sleep has that session.
    """
    row = _row_of(nights, session_id)
    current = sessions.latest()
    rows = _recordings(current, row)
    start, end = _moments(row)
    pieces = pieces_of(current, rows, _us(start))
    stages = joined_stages(pieces)
    if end is None:
        # Through UTC, because adding to a local time would add to its clock.
        so_far = timedelta(minutes=len(stages) * EPOCH_MIN)
        end = (start.astimezone(UTC) + so_far).astimezone(start.tzinfo)
    reference = _reference(nights, row)
    compared = _against(row, reference)
    staged = row["basis"] == "stages"
    cycles = sleep_cycles(pieces) if staged and row["kind"] != "unusable" else no_cycles()
    return NightView(
        session_id=str(row["session_id"]),
        start=start,
        end=end,
        zone=str(row["zone"]),
        dates=_dates(row, start, end),
        clock_note=_clock_note(start, end, row, reference),
        kind=str(row["kind"]),
        grade=str(row["grade"]),
        basis=str(row["basis"]),
        reasons=(*sentences(str(row["reasons"]), valid=bool(row["valid"])), *_problems(current, rows)),
        title=_title(row, compared),
        runs=stage_runs(pieces),
        snoring=snoring_runs(pieces),
        long_awakenings=long_awakenings(pieces),
        cycles=cycles,
        latency_min=float(row["sol_min"]),
        final_wake_min=float(row["final_wake_min"]),
        statistics=row,
        shares=stage_shares(stages) if staged else served_shares(row),
        against=compared,
        beside=beside_vendor(
            row,
            cycles=cycles.complete,
            vendor_cycles=current.columns["vendor_sleep_cycle_count"][rows].tolist(),
        ),
    )


def _dates(row: Row, start: datetime, end: datetime) -> str:
    first = wording.evening_of(start) if row["kind"] == "main" else start.date()
    return wording.night_dates(first, end.date())


def _row_of(nights: pd.DataFrame, session_id: str) -> Row:
    for at, names in enumerate(nights["session_ids"].tolist()):
        if session_id in names.split(";"):
            return nights.iloc[at]
    raise UnknownNight(session_id)


def _recordings(sessions: SessionSet, row: Row) -> list[int]:
    """Where the sessions of a sleep stand among all, in the sleep's own order."""
    at = {session_id: place for place, session_id in enumerate(sessions.columns["session_id"].tolist())}
    return [at[session_id] for session_id in str(row["session_ids"]).split(";") if session_id in at]


def _moments(row: Row) -> tuple[datetime, datetime | None]:
    """Start and end in the sleep's own zone; a missing start is the next best instant, an open end is None."""
    zone = ZoneInfo(str(row["zone"]))
    start, end, received = (_local(row[name], zone) for name in ("start", "end", "received"))
    return start or end or received or datetime.fromtimestamp(0, tz=zone), end


def _local(moment: pd.Timestamp, zone: ZoneInfo) -> datetime | None:
    return None if pd.isna(moment) else moment.to_pydatetime(warn=False).astimezone(zone)


def _us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _reference(nights: pd.DataFrame, row: Row) -> pd.DataFrame:
    """The last valid main sleeps before this sleep."""
    counted = (nights["valid"] & (nights["kind"] == "main")).to_numpy(dtype=bool)
    before: pd.DataFrame = nights[counted & (nights["start"] < row["start"]).to_numpy(dtype=bool)]
    return before.sort_values("start").tail(REFERENCE_NIGHTS)


def _against(row: Row, reference: pd.DataFrame) -> tuple[Against, ...]:
    if row["kind"] == "unusable":
        return ()
    values = {str(name): float(value) for name, value in comparable(row.to_frame().T).iloc[0].items()}
    if row["kind"] == "nap":
        return no_usual(values)
    return against_usual(values, reference_columns(reference))


def _title(row: Row, compared: tuple[Against, ...]) -> str:
    reason = first_exclusion(str(row["reasons"]), valid=bool(row["valid"]))
    phrase = in_a_phrase(REASONS[reason][0]) if reason else ""
    if row["kind"] == "unusable":
        return f"No usable night: {phrase}"
    asleep = wording.duration(float(row["tst_min"]))
    if row["kind"] == "nap":
        return f"Nap of {asleep}"
    if phrase:
        return f"Slept {asleep}, not counted: {phrase}"
    finding = length_finding(compared[0])
    return f"Slept {asleep}, {finding}" if finding else f"Slept {asleep}"


def _problems(sessions: SessionSet, rows: list[int]) -> tuple[str, ...]:
    return tuple(text for text in sessions.columns["problem"][rows].tolist() if text)


def _clock_note(start: datetime, end: datetime, row: Row, reference: pd.DataFrame) -> str:
    zone = str(row["zone"])
    first, last = (_us(moment) for moment in (start, end))
    changes = clock_changes(zone, first, last)
    if changes:
        moved = (changes[0].after_us - changes[0].before_us) / MINUTE_US
        at = wording.clock((changes[0].at_us + changes[0].before_us) / HOUR_US)
        way = "forward" if moved > 0 else "back"
        return (
            f"The clocks went {way} by {wording.duration(abs(moved))} at {at}; this recording lasted "
            f"{wording.duration((last - first) / MINUTE_US)}."
        )
    if len(reference) and (usual := str(reference["zone"].mode().iloc[0])) != zone:
        return f"Recorded in {zone}; most of the nights before were in {usual}."
    return ""
