"""One sleep as a value: everything the night page, its chart, its alternative text and its table read."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Against:
    """One statistic of this night (or week) against the person's own usual.

    Attributes:
        name: column of the nights frame, e.g. `tst_min`.
        label: what a reader calls it, e.g. "Asleep".
        kind: how to write it: "duration", "percent", "clock", "count".
        value: this night's value; NaN when undefined.
        usual: median of the reference nights; NaN when there are fewer than 5.
        low: their 10th percentile, NaN likewise.
        high: their 90th percentile, NaN likewise.
        nights: how many reference nights had a value.
        text: the value in words, e.g. "6 h 39 min".
        usual_text: the range in words, e.g. "6 h 48 min to 7 h 58 min"; en dash when there is none.
        delta: value minus usual in the statistic's own unit (clock: minutes, wrapped).
        delta_text: the difference in words with its sign, e.g. "−41 min", "−9 points".
        outside: whether the value lies outside low to high.
    """

    name: str
    label: str
    kind: str
    value: float
    usual: float
    low: float
    high: float
    nights: int
    text: str
    usual_text: str
    delta: float
    delta_text: str
    outside: bool


@dataclass(frozen=True, kw_only=True)
class Beside:
    """One statistic as we compute it and as the vendor served it; both already in words."""

    label: str
    ours: str
    vendor: str
    differs: bool


@dataclass(frozen=True, kw_only=True)
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
        grade: "A", "B" or "X".
        reasons: one sentence per flag or exclusion; empty for a plain night.
        title: the finding ("Slept 6 h 39 min, 41 min less than usual").
        runs: one row per run: `what` ("awake", "rem", "light", "deep", "unknown", "not recorded"), `start_min` and
            `end_min` since `start`, `minutes`.
        snoring: one row per run of snoring: `start_min`, `end_min`, `minutes`.
        long_awakenings: awakenings over 5 min: `start_min`, `end_min`, `minutes`.
        latency_min: from start to sleep onset; NaN without sleep.
        final_wake_min: from the last sleep to the end; NaN without sleep.
        statistics: the row of the nights frame.
        shares: minutes and percent of time asleep per stage: index awake, rem, light, deep, unknown; columns `minutes`,
            `pct` (NaN for awake and unknown, which are not part of sleep).
        against: this night against the last 28 valid nights before it.
        beside: ours and the vendor's.
    """

    session_id: str
    start: datetime
    end: datetime
    zone: str
    dates: str
    clock_note: str
    kind: str
    grade: str
    reasons: tuple[str, ...]
    title: str
    runs: pd.DataFrame
    snoring: pd.DataFrame
    long_awakenings: pd.DataFrame
    latency_min: float
    final_wake_min: float
    statistics: "pd.Series[float]"
    shares: pd.DataFrame
    against: tuple[Against, ...]
    beside: tuple[Beside, ...]
