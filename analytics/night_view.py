"""One sleep as a value: everything the night page, its chart, its alternative text and its table read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from analytics import wording
from analytics.beside_vendor import Beside, beside_vendor
from analytics.drawn_night import DrawnNight, PersonSleeps, Row, Sleep, UnknownNight
from analytics.grades import REASONS, first_exclusion, in_a_phrase, sentences
from analytics.night_drawing import (
    joined_stages,
    long_awakenings,
    served_shares,
    snoring_runs,
    stage_runs,
    stage_shares,
)
from analytics.sessions import SessionSet
from analytics.sleep_cycles import SleepCycles, no_cycles, sleep_cycles
from analytics.usual import (
    Against,
    against_usual,
    comparable,
    length_finding,
    no_usual,
    reference_columns,
)

__all__ = ["Against", "Beside", "NightView", "UnknownNight", "night_view", "night_views"]


@dataclass(frozen=True, kw_only=True, eq=False)
class NightView(DrawnNight):
    """One sleep, ready to be shown.

    Attributes:
        session_id, start, end, zone, clock_note, kind, runs, statistics: as in `drawn_night.DrawnNight`; no runs before
            the stages have arrived.
        dates: both dates in words ("Night of Tue 10 to Wed 11 February 2026").
        grade: "A", "B" or "X"; "provisional" before the stages of a sleep that counts have arrived.
        basis: "stages", or "vendor" while only the vendor's statistics are here; then there are no runs and no cycles.
        reasons: one sentence per flag or exclusion; empty for a plain night.
        title: the finding ("Slept 6 h 39 min, 41 min less than usual").
        snoring: one row per run of snoring: `start_min`, `end_min`, `minutes`.
        long_awakenings: awakenings over 5 min: `start_min`, `end_min`, `minutes`.
        cycles: the cycles of a main sleep or nap with stages; none of an unusable session.
        latency_min: from start to sleep onset; NaN without sleep.
        final_wake_min: known wake after the last sleep; NaN without sleep.
        shares: minutes and percent of time asleep per stage: index awake, rem, light, deep, unknown; columns `minutes`,
            `pct` (NaN for awake and unknown, which are not part of sleep).
        against: this night against the last 28 valid nights before it.
        beside: ours and the vendor's; a sleep with the remark that they differ has a line that does.
    """

    dates: str
    grade: str
    basis: str
    reasons: tuple[str, ...]
    title: str
    snoring: pd.DataFrame
    long_awakenings: pd.DataFrame
    cycles: SleepCycles
    latency_min: float
    final_wake_min: float
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
    sleeps = PersonSleeps(sessions, nights)
    return _view(sleeps, sleeps.sleep(session_id))


def night_views(
    sessions: SessionSet, nights: pd.DataFrame, session_ids: Sequence[str]
) -> tuple[NightView, ...]:
    """The same of several sleeps, in the order of the session ids."""
    sleeps = PersonSleeps(sessions, nights)
    return tuple(_view(sleeps, sleeps.sleep(session_id)) for session_id in session_ids)


def _view(sleeps: PersonSleeps, sleep: Sleep) -> NightView:
    row, pieces, start, end = sleep.row, sleep.pieces, sleep.start, sleep.end
    stages = joined_stages(pieces)
    compared = _against(row, sleeps.nights.iloc[sleeps.before(row)])
    staged = row["basis"] == "stages"
    cycles = sleep_cycles(pieces) if staged and row["kind"] != "unusable" else no_cycles()
    return NightView(
        session_id=str(row["session_id"]),
        start=start,
        end=end,
        zone=str(row["zone"]),
        dates=_dates(row, start, end),
        clock_note=sleeps.clock_note(sleep),
        kind=str(row["kind"]),
        grade=str(row["grade"]),
        basis=str(row["basis"]),
        reasons=(
            *sentences(str(row["reasons"]), valid=bool(row["valid"])),
            *_problems(sleeps.latest, sleep.places),
        ),
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
            vendor_cycles=sleeps.latest.columns["vendor_sleep_cycle_count"][sleep.places].tolist(),
        ),
    )


def _dates(row: Row, start: datetime, end: datetime) -> str:
    first = wording.evening_of(start) if row["kind"] == "main" else start.date()
    return wording.night_dates(first, end.date())


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
