"""Whom to look at first: people whose last week moved away from their own four weeks before, and why, in words.

Everything is one pass over columns, whatever the number of people. Who needs attention is decided in `triage_reasons`.
Source: SPEC 5.8 [P].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.asked import NEVER, day_number
from analytics.efficiency import counted_efficiency_pct
from analytics.reliability import week_mean
from analytics.shifts import (
    BEFORE_DAYS,
    INSUFFICIENT,
    METRICS,
    RECENT_DAYS,
    Metric,
    Shifts,
    clock_shifts,
    shifts,
)
from analytics.triage_reasons import attention, labels, moves_of, reasons
from analytics.triage_words import HOW_TO_READ

__all__ = ["HOW_TO_READ", "METRICS", "triage"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SHORT_SLEEP_MIN: Final = 360.0
LOW_EFFICIENCY_PCT: Final = 75.0
NO_DATA_DAYS: Final = 3
MUCH_UNKNOWN_SHARE: Final = 0.20


@dataclass(frozen=True, kw_only=True, eq=False)
class _Days:
    """The nights of the 35 days, placed: row i is of person `owner[i]`, `day[i]` days after the first."""

    rows: pd.DataFrame
    owner: Counts
    day: Counts
    people: int

    def grid(self, values: Floats, counted: NDArray[np.bool_]) -> Floats:
        """People x 35 days; NaN where no counted row is. Of several the longest sleep counts."""
        size = BEFORE_DAYS + RECENT_DAYS
        at = np.flatnonzero(counted)
        cell = self.owner[at] * size + self.day[at]
        if np.bincount(cell).max(initial=0) > 1:
            asleep = self.rows["tst_min"].to_numpy(dtype=np.float64)
            order = np.lexsort((values[at], asleep[at]))
            at, cell = at[order], cell[order]
        table = np.full(self.people * size, np.nan)
        table[cell] = values[at]
        return table.reshape(self.people, size)


def triage(
    nights: pd.DataFrame,
    today: date,
    *,
    people: Sequence[str] | None = None,
    asked: Mapping[str, date] | None = None,
) -> pd.DataFrame:
    """Everybody, whom to look at first on top: most red metrics, then the largest |z|, then the oldest data.

    The last 7 days, `today` included, are compared with the 28 before. A metric of `METRICS` is red from |z| 3 and
    amber from |z| 2, each only with a change that matters in practice; see `shifts`. Beside it stand flags on levels,
    which say nothing of change.

    Args:
        nights: `night_table` of many people with `person_id`, and `score` where nights have one; rows after `today` are
            left out.
        today: label of the last night.
        people: ids of everybody wanted, also of those without a row; by default who is in `nights`.
        asked: until which day each person's nights have been asked for, who is not in it never; by default until
            `today`. A night that nobody asked for is not one that the person did not record.

    Returns:
        One row per person, index person_id:

        | column | meaning |
        |---|---|
        | flag | "red", "amber", "none", or "insufficient data" where no metric has nights enough |
        | attention | whether the person needs attention: a shift that is not for the better only, or a level |
        | label | why, in two or three words, as `triage_words.label` makes them; "" where there is nothing to say |
        | red, amber | how many metrics are |
        | max_abs_z | largest |z| of all metrics; NaN without any |
        | newest | label of the last recording; NaT without one |
        | stale_days | days from the last recording to `today`, or to when nights were asked for; NaN without one |
        | short_sleep | mean time asleep of the last 7 days under 6 h (from 3 nights) |
        | low_efficiency | mean efficiency of the last 7 days under 75 % (from 3 nights) |
        | no_data | nothing recorded for 3 days or more |
        | much_unknown | over 20 % of the main sleeps of the last 7 days is missing, valid or not |
        | reasons | tuple of sentences with the numbers: what moved, worst first, levels, and then the score |
        | METRIC_before, _recent, _delta, _scale, _z, _nights_before, _nights_recent, _flag | as in `shifts.Shifts` |
    """
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    last = day_number(today)
    ids = pd.Index(
        pd.unique(nights["person_id"].astype("str"))
        if people is None
        else pd.unique(pd.Series(people, dtype="str")),
        dtype="str",
        name="person_id",
    ).sort_values()
    owner = ids.get_indexer(pd.Index(nights["person_id"].astype("str")))
    wanted = (owner >= 0) & (label <= last)
    first = last - BEFORE_DAYS - RECENT_DAYS + 1
    inside = np.flatnonzero(wanted & (label >= first))
    days = _Days(rows=nights.iloc[inside], owner=owner[inside], day=label[inside] - first, people=len(ids))
    main = (days.rows["kind"] == "main").to_numpy(dtype=bool)
    valid = main & days.rows["valid"].to_numpy(dtype=bool)
    grids = {metric.name: days.grid(_values(days.rows, metric.name), valid) for metric in _metrics(nights)}
    found = {metric.name: _shifts(metric, grids[metric.name]) for metric in _metrics(nights)}
    table = pd.concat(
        [
            _verdicts(found, ids),
            _levels(days, grids, main, ids),
            _staleness(owner[wanted], label[wanted], _asked_until(asked, ids, last), ids),
            *(_columns(name, shift, ids) for name, shift in found.items()),
        ],
        axis=1,
    )
    moves = moves_of(found, len(table))
    table.insert(1, "attention", attention(table, moves))
    table.insert(2, "label", labels(table, moves))
    table.insert(7, "reasons", reasons(table, found, moves))
    return _ordered(table)


def _metrics(nights: pd.DataFrame) -> list[Metric]:
    return [metric for metric in METRICS if metric.name != "score" or "score" in nights]


def _values(rows: pd.DataFrame, name: str) -> Floats:
    return counted_efficiency_pct(rows) if name == "se_pct" else rows[name].to_numpy(dtype=np.float64)


def _shifts(metric: Metric, grid: Floats) -> Shifts:
    find = clock_shifts if metric.kind == "clock" else shifts
    return find(grid[:, :BEFORE_DAYS], grid[:, BEFORE_DAYS:], floor=metric.floor, practical=metric.practical)


def _verdicts(found: dict[str, Shifts], ids: pd.Index) -> pd.DataFrame:
    flags = np.stack([shift.flag for shift in found.values()], axis=1)
    sizes = np.stack([np.abs(shift.z) for shift in found.values()], axis=1)
    red, amber = ((flags == colour).sum(axis=1) for colour in ("red", "amber"))
    unknown = (flags == INSUFFICIENT).all(axis=1)
    largest = np.where(np.isnan(sizes), -np.inf, sizes).max(axis=1)
    return pd.DataFrame(
        {
            "flag": np.select([unknown, red > 0, amber > 0], [INSUFFICIENT, "red", "amber"], default="none"),
            "red": red,
            "amber": amber,
            "max_abs_z": np.where(np.isinf(largest), np.nan, largest),
        },
        index=ids,
    )


def _levels(days: _Days, grids: dict[str, Floats], main: NDArray[np.bool_], ids: pd.Index) -> pd.DataFrame:
    """The flags on levels, and the means that they are about."""
    asleep, efficiency = (_mean(grids[name][:, BEFORE_DAYS:]) for name in ("tst_min", "se_pct"))
    recent = np.flatnonzero(main & (days.day >= BEFORE_DAYS))
    in_bed = days.rows["tib_min"].to_numpy(dtype=np.float64)[recent]
    missing = in_bed * days.rows["missing_share"].to_numpy(dtype=np.float64)[recent]
    sums = [np.bincount(days.owner[recent], weight, days.people) for weight in (missing, in_bed)]
    share = sums[0] / np.where(sums[1] > 0, sums[1], np.nan)
    return pd.DataFrame(
        {
            "mean_tst_min": asleep,
            "mean_se_pct": efficiency,
            "unknown_share": share,
            "short_sleep": asleep < SHORT_SLEEP_MIN,
            "low_efficiency": efficiency < LOW_EFFICIENCY_PCT,
            "much_unknown": share > MUCH_UNKNOWN_SHARE,
        },
        index=ids,
    )


def _mean(values: Floats) -> Floats:
    nights = np.count_nonzero(~np.isnan(values), axis=1)
    sums: Floats = np.nansum(values, axis=1)
    return sums / np.where(nights >= week_mean(0).low_from, nights, np.nan)


def _asked_until(asked: Mapping[str, date] | None, ids: pd.Index, last: int) -> Counts:
    """The last day of each person's that is known to have or not to have a recording; `NEVER` without one."""
    if asked is None:
        return np.full(len(ids), last)
    days = [min(day_number(asked[who]), last) if who in asked else NEVER for who in ids]
    return np.array(days, dtype=np.int64)


def _staleness(owner: Counts, label: Counts, until: Counts, ids: pd.Index) -> pd.DataFrame:
    newest = np.full(len(ids), NEVER)
    np.maximum.at(newest, owner, label)
    # What arrived was evidently asked for.
    stale = np.where(newest == NEVER, np.nan, np.maximum(until, newest) - newest.astype(np.float64))
    no_data = np.where(newest == NEVER, until != NEVER, stale >= NO_DATA_DAYS)
    return pd.DataFrame({"newest": _dates(newest), "stale_days": stale, "no_data": no_data}, index=ids)


def _dates(days: Counts) -> NDArray[np.datetime64]:
    return np.where(days == NEVER, np.datetime64("NaT", "D"), days.astype("datetime64[D]")).astype(
        "datetime64[us]"
    )


def _columns(name: str, shift: Shifts, ids: pd.Index) -> pd.DataFrame:
    kept = ("before", "recent", "delta", "scale", "z", "nights_before", "nights_recent", "flag")
    return pd.DataFrame({f"{name}_{part}": getattr(shift, part) for part in kept}, index=ids)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Most red first, then the largest |z|, then the oldest data, then by id."""
    size = table["max_abs_z"].fillna(-1.0).to_numpy()
    stale = table["stale_days"].fillna(np.inf).to_numpy()
    return table.iloc[np.lexsort((np.arange(len(table)), -stale, -size, -table["red"].to_numpy()))]
