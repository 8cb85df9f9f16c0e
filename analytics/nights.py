"""A person's sessions become nights: one row per main sleep, nap or session that could not be used.

This is the only place where sessions are grouped, dated and graded; every view and report reads these rows. The table
is a pure function of the whole set: it does not depend on the order in which sessions arrived. Definitions are those
of docs/definitions.md; what belongs to what is decided in `episodes`, the date in `dating`, the grade in `grades`, the
numbers for regularity in `day_words`.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.daily_slots import Recorded, joined
from analytics.dating import night_labels
from analytics.day_words import regularity_counts
from analytics.episodes import Episodes, episodes_of, settle_overlaps
from analytics.grades import DEFAULT_RULES, REASONS, Flags, Floats, ValidNight, unusable_sessions
from analytics.ragged import Ragged
from analytics.received import Columns, Counts, Received, placed
from analytics.recordings import Recordings, in_order
from analytics.sessions import NO_INSTANT, SESSION_COLUMNS, SessionSet, rows_of
from analytics.sleep_columns import recorded_sleep, recorded_unstaged, sleep_columns
from analytics.sleep_days import sleep_days
from analytics.stages import STATISTICS, statistics_of
from analytics.travel import left_out_of_consistency
from analytics.unusable_columns import recorded_unknown, unusable_columns
from analytics.vendor_figures import VENDOR_COLUMNS
from analytics.vendor_statistics import of_sessions, served_figures
from analytics.zones import DAY_US

__all__ = [
    "NIGHT_COLUMNS",
    "REASONS",
    "SESSION_COLUMNS",
    "SessionSet",
    "ValidNight",
    "night_columns",
    "night_table",
    "sleeps_among",
]

_INSTANT = "datetime64[us, UTC]"
NIGHT_COLUMNS: Final[dict[str, str]] = {
    "session_id": "str",
    "session_ids": "str",
    "pieces": "int64",
    "night": "datetime64[us]",
    "day_index": "int64",
    "kind": "str",
    "grade": "str",
    "basis": "str",
    "valid": "bool",
    "reasons": "str",
    "start": _INSTANT,
    "end": _INSTANT,
    "onset": _INSTANT,
    "final_wake": _INSTANT,
    "midsleep": _INSTANT,
    "zone": "str",
    "start_offset_min": "int64",
    "end_offset_min": "int64",
    "start_clock_h": "float64",
    "end_clock_h": "float64",
    "onset_clock_h": "float64",
    "wake_clock_h": "float64",
    "midsleep_clock_h": "float64",
    "anchor_clock_h": "float64",
    "gap_min": "float64",
    "missing_share": "float64",
    **dict.fromkeys(STATISTICS, "float64"),
    "sri_agree": "int64",
    "sri_known": "int64",
    "snoring_min": "float64",
    **dict.fromkeys(VENDOR_COLUMNS, "float64"),
    "received": _INSTANT,
}
"""Columns of the nights table and their types."""

_ARRAYS: Final = {_INSTANT: "int64", "datetime64[us]": "int64", "str": "object"}


def night_table(sessions: SessionSet, *, zone: str, rules: ValidNight = DEFAULT_RULES) -> pd.DataFrame:
    """One row per main sleep, nap or session that could not be used, `NIGHT_COLUMNS`, in the order of their starts.

    Every session is named once in `session_ids` (joined by ";"), whatever became of it. `night` is the date the sleep
    day is called by, for its naps and unusable sessions too; no two days with a main sleep share one (see
    `dating.night_labels`). `day_index` counts sleep days. `valid` is grade A, B or provisional. `reasons` are codes
    of `REASONS` joined by ";". Instants are in UTC; `_clock_h` are hours of the local day, in the zone in which the
    sleep ended. Statistics are those of `stages.night_statistics` over the joined stages, without the time between
    pieces (`gap_min`); an unusable session has none (NaN). `sri_agree` and `sri_known` count 30 s slots of the day of a
    valid main sleep against the day before (see `day_words`); days of a journey are left out (see `travel`), and days
    whose main sleep rests on the vendor's statistics (`basis`), of which the grade is "provisional" (see
    `vendor_statistics`).

    Args:
        sessions: all of one person, in any order; of several versions of a session the last received counts.
        zone: IANA name of where the person lives, for sessions that do not say where they were recorded.
        rules: how sleeps are grouped and graded.
    """
    columns = night_columns(sessions, zone=zone, rules=rules)
    made: dict[str, object] = {}
    for name, dtype in NIGHT_COLUMNS.items():
        values = columns[name]
        if dtype == _INSTANT:
            made[name] = pd.DatetimeIndex(values.view("datetime64[us]"), tz="UTC")
        elif name == "night":
            made[name] = values.view("datetime64[us]")
        else:
            made[name] = pd.Series(values, dtype=dtype) if dtype == "str" else values
    # The columns as they are: putting them together by type would cost more than it saves.
    return pd.DataFrame(made, copy=False)


def night_columns(sessions: SessionSet, *, zone: str, rules: ValidNight = DEFAULT_RULES) -> Columns:
    """`night_table` as plain arrays: text as objects, instants and `night` as int64 microseconds since 1970.

    An instant that is not known is `received.NO_INSTANT`, which is what numpy and pandas take for a missing one.
    """
    received = placed(sessions.latest(), zone)
    flags = unusable_sessions(received.columns, received.sessions.stages)
    anchor_h, episodes = _episodes_among(received, flags, rules)
    unusable = np.flatnonzero(np.any(list(flags.values()), axis=0))
    columns = sleep_columns(received, episodes, rules)
    if len(unusable):
        columns = _with_below(columns, unusable_columns(received, unusable, flags, anchor_h))
    columns["anchor_clock_h"] = np.full(len(columns["start"]), anchor_h)
    columns["night"] = _labels(columns) * DAY_US

    def recorded() -> Recorded:
        unknown = recorded_unknown(received, unusable, flags)
        return joined([recorded_sleep(received, episodes), recorded_unstaged(received, episodes), unknown])

    columns["sri_agree"], columns["sri_known"] = _regularity(columns, recorded, anchor_h, rules)
    # As an unsigned number a missing start is the largest: such a session comes last. Names decide among equals.
    order = in_order(columns["session_id"], columns["start"].astype(np.uint64))
    return {
        name: columns[name][order].astype(_ARRAYS.get(dtype, dtype), copy=False)
        for name, dtype in NIGHT_COLUMNS.items()
    }


def sleeps_among(sessions: SessionSet, *, zone: str, rules: ValidNight = DEFAULT_RULES) -> Episodes:
    """The sleeps that `night_table` has a row each of, with their stages; arguments likewise."""
    received = placed(sessions.latest(), zone)
    flags = unusable_sessions(received.columns, received.sessions.stages)
    return _episodes_among(received, flags, rules)[1]


def _episodes_among(received: Received, flags: dict[str, Flags], rules: ValidNight) -> tuple[float, Episodes]:
    """The anchor of the person's sleep days, and the sleeps; unusable sessions get their reason in `flags`."""
    recordings = _sleeps_among(received.sessions, flags, rules)
    anchor_h, day = sleep_days(recordings, received.places[recordings.row], rules)
    return anchor_h, episodes_of(recordings, day, rules)


def _sleeps_among(sessions: SessionSet, flags: dict[str, Flags], rules: ValidNight) -> Recordings:
    """The sessions that are sleeps, without time in common; the others get their reason in `flags`."""
    candidates = _recordings(sessions, np.flatnonzero(~np.any(list(flags.values()), axis=0))).by_start()
    asleep = _asleep(candidates)
    flags["NEVER_SLEPT"][candidates.row[~asleep]] = True
    slept = candidates.take(np.flatnonzero(asleep))
    settled, duplicates, waiting = settle_overlaps(slept, rules)
    flags["DUPLICATE"] = np.zeros(len(sessions), dtype=np.bool_)
    flags["DUPLICATE"][slept.row[duplicates]] = True
    flags["STAGES_AWAITED"][slept.row[waiting]] = True
    # All sleep of a recording can lie in the time that an earlier one has already told of.
    asleep = _asleep(settled)
    flags["DUPLICATE"][settled.row[~asleep]] = True
    return settled.take(np.flatnonzero(asleep))


def _asleep(recordings: Recordings) -> Flags:
    return np.asarray(recordings.statistic("tst_min") > 0)


def _recordings(sessions: SessionSet, rows: Counts) -> Recordings:
    columns, stages = sessions.columns, rows_of(sessions.stages, rows)
    staged = (columns["basis"] != "vendor")[rows]
    vendor = served_figures(columns)[rows]
    return Recordings(
        row=rows,
        session_id=columns["session_id"][rows],
        start_us=columns["start"][rows],
        end_us=columns["end"][rows],
        received_us=columns["received"][rows],
        missing_share=np.nan_to_num(columns["missing_data_ratio"])[rows],
        skipped=np.zeros(len(rows), dtype=np.int64),
        overlapping=np.zeros(len(rows), dtype=np.bool_),
        staged=staged,
        stages=stages,
        statistics=_statistics(stages, vendor, staged),
        vendor=vendor,
    )


def _statistics(stages: Ragged, vendor: Floats, staged: Flags) -> Floats:
    """`STATISTICS`, [sessions, statistics], of the stages where there are any, else of the vendor's figures."""
    if not staged.any():
        return of_sessions(vendor)
    statistics = statistics_of(stages.values, stages.offsets)
    if not staged.all():
        statistics[~staged] = of_sessions(vendor)[~staged]
    return statistics


def _with_below(sleeps: Columns, unusable: Columns) -> Columns:
    """The columns of sleeps, and below them those of unusable sessions, which have nothing where they lack one."""
    rows = len(unusable["start"])
    return {
        name: np.concatenate([values, unusable[name] if name in unusable else _nothing(name, rows)])
        for name, values in sleeps.items()
    }


def _nothing(column: str, rows: int) -> NDArray[np.generic]:
    dtype = NIGHT_COLUMNS[column]
    if dtype == _INSTANT:
        return np.full(rows, NO_INSTANT)
    return np.full(rows, np.nan) if dtype == "float64" else np.zeros(rows, dtype=dtype)


def _labels(columns: Columns) -> Counts:
    """The date each row's sleep day is called by, as days since 1970."""
    days, at = np.unique(columns["day_index"].astype(np.int64), return_inverse=True)
    date, main = columns["date"].astype(np.int64), np.asarray(columns["kind"] == "main")
    ends = np.full(len(days), NO_INSTANT, dtype=np.int64)
    np.maximum.at(ends, at, date)
    ends[at[main]] = date[main]
    has_main = np.zeros(len(days), dtype=np.bool_)
    has_main[at[main]] = True
    return night_labels(days, ends, has_main)[at]


def _regularity(
    columns: Columns, recorded: Callable[[], Recorded], anchor_h: float, rules: ValidNight
) -> tuple[Counts, Counts]:
    day = columns["day_index"].astype(np.int64)
    agree, known = (np.zeros(len(day), dtype=np.int64) for _ in range(2))
    counted = columns["valid"] & (columns["kind"] == "main") & (columns["basis"] == "stages")
    covered = np.flatnonzero(np.asarray(counted))
    if not len(covered):  # everybody whose stages are still to come: nothing has to be laid out for them
        return agree, known
    covered = covered[~left_out_of_consistency(columns["reasons"][covered], rules)]
    covered = covered[np.argsort(day[covered])]
    agree[covered], known[covered] = regularity_counts(
        day[covered], columns["zone"][covered].tolist(), recorded(), anchor_h
    )
    return agree, known
