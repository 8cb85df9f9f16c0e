"""Whom to look at first: people whose last week moved away from their own four weeks before, and why, in words.

Everything is one pass over columns, whatever the number of people. Source: SPEC 5.8 [P].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import triage_words
from analytics.efficiency import counted_efficiency_pct
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
from analytics.triage_words import HOW_TO_READ

__all__ = ["HOW_TO_READ", "METRICS", "triage"]

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SHORT_SLEEP_MIN: Final = 360.0
LOW_EFFICIENCY_PCT: Final = 75.0
NO_DATA_DAYS: Final = 3
MUCH_UNKNOWN_SHARE: Final = 0.20
# A mean of a week is shown from 3 nights (SPEC 4.7).
_MINIMUM_OF_MEAN: Final = 3


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


def triage(nights: pd.DataFrame, today: date, *, people: Sequence[str] | None = None) -> pd.DataFrame:
    """Everybody, whom to look at first on top: most red metrics, then the largest |z|, then the oldest data.

    The last 7 days, `today` included, are compared with the 28 before. A metric of `METRICS` is red from |z| 3 and
    amber from |z| 2, each only with a change that matters in practice; see `shifts`. Beside it stand flags on levels,
    which say nothing of change.

    Args:
        nights: `night_table` of many people with `person_id`, and `score` where nights have one; rows after `today` are
            left out.
        today: label of the last night.
        people: ids of everybody wanted, also of those without a row; by default who is in `nights`.

    Returns:
        One row per person, index person_id:

        | column | meaning |
        |---|---|
        | flag | "red", "amber", "none", or "insufficient data" where no metric has nights enough |
        | red, amber | how many metrics are |
        | max_abs_z | largest |z| of all metrics; NaN without any |
        | stale_days | days from the last recording to `today`; NaN when there is none |
        | short_sleep | mean time asleep of the last 7 days under 6 h (from 3 nights) |
        | low_efficiency | mean efficiency of the last 7 days under 75 % (from 3 nights) |
        | no_data | nothing recorded for 3 days or more |
        | much_unknown | over 20 % of the main sleeps of the last 7 days is missing, valid or not |
        | reasons | tuple of sentences with the numbers, worst metric first |
        | METRIC_before, _recent, _delta, _scale, _z, _nights_before, _nights_recent, _flag | as in `shifts.Shifts` |
    """
    label = nights["night"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    last = today.toordinal() - date(1970, 1, 1).toordinal()
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
            _staleness(owner[wanted], label[wanted], last, ids),
            *(_columns(name, shift, ids) for name, shift in found.items()),
        ],
        axis=1,
    )
    table.insert(5, "reasons", _reasons(table, found))
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
    return sums / np.where(nights >= _MINIMUM_OF_MEAN, nights, np.nan)


def _staleness(owner: Counts, label: Counts, last: int, ids: pd.Index) -> pd.DataFrame:
    newest = np.full(len(ids), np.iinfo(np.int64).min)
    np.maximum.at(newest, owner, label)
    stale = np.where(newest == np.iinfo(np.int64).min, np.nan, last - newest.astype(np.float64))
    return pd.DataFrame({"stale_days": stale, "no_data": ~(stale < NO_DATA_DAYS)}, index=ids)


def _columns(name: str, shift: Shifts, ids: pd.Index) -> pd.DataFrame:
    kept = ("before", "recent", "delta", "scale", "z", "nights_before", "nights_recent", "flag")
    return pd.DataFrame({f"{name}_{part}": getattr(shift, part) for part in kept}, index=ids)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Most red first, then the largest |z|, then the oldest data, then by id."""
    size = table["max_abs_z"].fillna(-1.0).to_numpy()
    stale = table["stale_days"].fillna(np.inf).to_numpy()
    return table.iloc[np.lexsort((np.arange(len(table)), -stale, -size, -table["red"].to_numpy()))]


def _reasons(table: pd.DataFrame, found: dict[str, Shifts]) -> pd.Series:
    """The sentences of each person; only what is flagged is worded."""
    said: list[list[tuple[float, str]]] = [[] for _ in range(len(table))]
    for metric in METRICS:
        if metric.name not in found:
            continue
        shift = found[metric.name]
        for at in np.flatnonzero((shift.flag == "red") | (shift.flag == "amber")).tolist():
            said[at].append((-abs(float(shift.z[at])), triage_words.moved(metric, shift, at)))
    for name, (column, sentence) in triage_words.LEVELS.items():
        values = table[column].to_numpy(dtype=np.float64)
        for at in np.flatnonzero(table[name].to_numpy(dtype=bool)).tolist():
            said[at].append((0.0, sentence(float(values[at]))))
    asleep = found["tst_min"]
    for at in np.flatnonzero((table["flag"] == INSUFFICIENT).to_numpy()).tolist():
        said[at].append(
            (1.0, triage_words.too_few(int(asleep.nights_before[at]), int(asleep.nights_recent[at])))
        )
    words = [tuple(sentence for _, sentence in sorted(each, key=lambda pair: pair[0])) for each in said]
    return pd.Series(words, index=table.index, dtype=object)
