"""What triage sees of everybody on a day: how far the last week moved, and whether a level is out of bounds.

Somebody needs attention with a red or amber shift, or with a flag on a level. Left out are shifts that nobody has too
much of: a higher efficiency, less time awake after onset, a higher score. They are flagged and told, but a week that is
better in every way that moved is no reason to be called. Longer sleep is not among them: it may be either.

Source: SPEC 5.8 [P].
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import NEVER
from analytics.efficiency import counted_efficiency_pct
from analytics.reliability import week_mean
from analytics.shifts import BEFORE_DAYS, METRICS, RECENT_DAYS, Shifts, clock_shifts, shifts
from analytics.travel import left_out_of_consistency

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SHORT_SLEEP_MIN: Final = 360.0
LOW_EFFICIENCY_PCT: Final = 75.0
NO_DATA_DAYS: Final = 3
MUCH_UNKNOWN_SHARE: Final = 0.20
BETTER: Final = frozenset({("se_pct", True), ("waso_min", False), ("score", True)})
"""Shifts that nobody has too much of: the metric, and whether it rose."""
LOOKED_BACK: Final = 13
"""For so many days before the last it is asked whether somebody needed attention on them too."""

_WINDOW: Final = BEFORE_DAYS + RECENT_DAYS
_DAYS: Final = _WINDOW + LOOKED_BACK


@dataclass(frozen=True, kw_only=True, eq=False)
class Days:
    """The nights of the last weeks as tables people x days, the last day at the end.

    Attributes:
        metrics: values of the valid main sleeps by name of the metric; NaN without one, and for mid-sleep in the nights
            of a journey.
        lost_min: minutes without a signal in main sleeps, valid or not.
        in_bed_min: minutes in bed likewise.
        recorded: whether anything was.
        older: the day of the last recording before these days, as days since 1970; `NEVER` without one.
        begun: the first day of which it is known whether it was recorded: that of the first recording, however long
            ago; without any, the first that nights have been asked for.
        until: the last day that nights have been asked for; `NEVER` for none.
        last: the last day.
    """

    metrics: dict[str, Floats]
    lost_min: Floats
    in_bed_min: Floats
    recorded: Flags
    older: Counts
    begun: Counts
    until: Counts
    last: int

    def of(self, people: Counts) -> "Days":
        """The days of some of the people."""
        return replace(
            self,
            metrics={name: grid[people] for name, grid in self.metrics.items()},
            **{
                name: getattr(self, name)[people]
                for name in ("lost_min", "in_bed_min", "recorded", "older", "begun", "until")
            },
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What there is to see of everybody on one day; every array has one entry a person.

    Attributes:
        shifts: by name of the metric.
        levels: the values and flags that `triage.triage` names, from `newest` (a day since 1970) to `much_unknown`.
    """

    shifts: dict[str, Shifts]
    levels: dict[str, NDArray[np.generic]]


def placed(nights: pd.DataFrame, owner: Counts, asked: tuple[Counts, Counts], last: int) -> Days:
    """The nights as tables.

    Args:
        nights: as in `triage.triage`.
        owner: whose each row is, 0 to n - 1; -1 for nobody's.
        asked: first and last day that each person's nights have been asked for, as `asked.asked_days` gives them.
        last: the last day, in days since 1970.
    """
    until = np.minimum(asked[1], last)
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    first = last - _DAYS + 1
    wanted = (owner >= 0) & (label <= last)
    inside = np.flatnonzero(wanted & (label >= first))
    rows = nights.iloc[inside]
    cell = owner[inside] * _DAYS + label[inside] - first
    main = (rows["kind"] == "main").to_numpy(dtype=bool)
    valid = np.flatnonzero(main & rows["valid"].to_numpy(dtype=bool))
    asleep = _floats(rows, "tst_min")[valid]
    # What is lost of a night is not known before its stages are here: it counts in neither sum.
    lost_share = _floats(rows, "missing_share")
    in_bed = np.where(main & ~np.isnan(lost_share), _floats(rows, "tib_min"), 0.0)
    shape = (len(until), _DAYS)
    earlier = np.flatnonzero(wanted & (label < first))
    older = np.full(len(until), NEVER)
    np.maximum.at(older, owner[earlier], label[earlier])
    return Days(
        metrics={
            metric.name: _longest(_values(rows, metric.name)[valid], asleep, cell[valid], shape)
            for metric in METRICS
            if metric.name != "score" or "score" in nights
        },
        lost_min=_sums(in_bed * np.nan_to_num(lost_share), cell, shape),
        in_bed_min=_sums(in_bed, cell, shape),
        recorded=_sums(np.ones(len(cell)), cell, shape) > 0,
        older=older,
        begun=_begun(owner[wanted], label[wanted], asked[0], until),
        until=until,
        last=last,
    )


def seen(days: Days, *, back: int = 0) -> Seen:
    """What there was to see so many days before the last: the week up to that day, beside the 28 days before it."""
    window = slice(_DAYS - back - _WINDOW, _DAYS - back)
    grids = {name: grid[:, window] for name, grid in days.metrics.items()}
    found = {}
    for metric in METRICS:
        if metric.name in grids:
            before, recent = np.split(grids[metric.name], [BEFORE_DAYS], axis=1)
            find = clock_shifts if metric.kind == "clock" else shifts
            found[metric.name] = find(before, recent, floor=metric.floor, practical=metric.practical)
    asleep, efficiency = (_mean(grids[name][:, BEFORE_DAYS:]) for name in ("tst_min", "se_pct"))
    lost, in_bed = (grid[:, window][:, BEFORE_DAYS:].sum(axis=1) for grid in (days.lost_min, days.in_bed_min))
    share = lost / np.where(in_bed > 0, in_bed, np.nan)
    newest, stale, no_data = _staleness(days, back)
    return Seen(
        shifts=found,
        levels={
            "mean_tst_min": asleep,
            "mean_se_pct": efficiency,
            "unknown_share": share,
            "newest": newest,
            "stale_days": stale,
            "no_data": no_data,
            "short_sleep": asleep < SHORT_SLEEP_MIN,
            "low_efficiency": efficiency < LOW_EFFICIENCY_PCT,
            "much_unknown": share > MUCH_UNKNOWN_SHARE,
        },
    )


def needs_attention(found: Seen) -> Flags:
    """Who needs attention, by the rule at the top of this module."""
    needs = np.zeros(len(found.levels["newest"]), dtype=np.bool_)
    for name in ("no_data", "short_sleep", "low_efficiency", "much_unknown"):
        needs |= found.levels[name].astype(np.bool_)
    for name, shift in found.shifts.items():
        moved = (shift.flag == "red") | (shift.flag == "amber")
        better = np.where(shift.z > 0, (name, True) in BETTER, (name, False) in BETTER)
        needs |= moved & ~better
    return needs


def attention_since(days: Days, attention: Flags) -> Counts:
    """The first of the unbroken days, up to the last, on which each of these people needed attention.

    In days since 1970, at most `LOOKED_BACK` before the last, and not before the first recording or, without any, the
    first day asked for; `NEVER` for who needs none. Earlier days are seen with what is known by now.

    Args:
        days: of everybody.
        attention: who needs attention on the last day.
    """
    since = np.where(attention, days.last, NEVER)
    still = np.flatnonzero(attention)
    for back in range(1, LOOKED_BACK + 1):
        if not len(still):
            break
        still = still[needs_attention(seen(days.of(still), back=back))]
        since[still] = days.last - back
    return since


def _begun(owner: Counts, label: Counts, first: Counts, until: Counts) -> Counts:
    """The first recording of each person; without any, the first day asked for.

    Where that is not known, it is taken for as late as lets silence up to `until` count, and no earlier day be blamed.
    """
    recorded = np.full(len(first), -NEVER)
    np.minimum.at(recorded, owner, label)
    asked = np.where(first == -NEVER, until - NO_DATA_DAYS + 1, first)
    return np.where(recorded == -NEVER, asked, recorded)


def _staleness(days: Days, back: int) -> tuple[Counts, Floats, Flags]:
    """The last day with a recording, how long ago that was, and whether it is too long.

    Before the first recording no day is too long: whoever had none yet was not silent.
    """
    known = days.recorded[:, : _DAYS - back]
    day = np.arange(days.last - _DAYS + 1, days.last - back + 1)
    newest = np.maximum(days.older, np.where(known, day, NEVER).max(axis=1))
    until = np.minimum(days.until, days.last - back)
    # What arrived was evidently asked for.
    stale = np.where(newest == NEVER, np.nan, np.maximum(until, newest) - newest.astype(np.float64))
    asked = until - days.begun + 1
    no_data = np.where(newest == NEVER, (until != NEVER) & (asked >= NO_DATA_DAYS), stale >= NO_DATA_DAYS)
    return newest, stale, no_data


def _longest(values: Floats, asleep: Floats, cell: Counts, shape: tuple[int, int]) -> Floats:
    """The values by person and day; of several sleeps of a day the longest counts, whatever the order of rows."""
    if np.bincount(cell).max(initial=0) > 1:
        order = np.lexsort((values, asleep))
        values, cell = values[order], cell[order]
    table = np.full(shape, np.nan)
    table.reshape(-1)[cell] = values
    return table


def _sums(values: Floats, cell: Counts, shape: tuple[int, int]) -> Floats:
    sums = np.bincount(cell, np.nan_to_num(values), shape[0] * shape[1]).astype(np.float64)
    return sums.reshape(shape)


def _values(rows: pd.DataFrame, name: str) -> Floats:
    """What triage takes of each sleep; after a journey the wall clock says nothing of the person's hours (SPEC 7.7)."""
    if name == "se_pct":
        return counted_efficiency_pct(rows)
    values = _floats(rows, name)
    if name == "midsleep_clock_h" and "reasons" in rows:
        return np.where(left_out_of_consistency(rows["reasons"]), np.nan, values)
    return values


def _floats(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=np.float64)


def _mean(values: Floats) -> Floats:
    nights = np.count_nonzero(~np.isnan(values), axis=1)
    sums: Floats = np.nansum(values, axis=1)
    return sums / np.where(nights >= week_mean(0).low_from, nights, np.nan)
