"""The stage vocabulary and the statistics of a night, computed for many nights at once.

Definitions are those of docs/definitions.md (AASM terms; Berry et al., The AASM Manual for the Scoring of
Sleep and Associated Events), with two rules for unknown epochs that differ on purpose: an awakening is one
bout even where the signal was lost inside it (unknown epochs are deleted before bouts are counted), while a
transition is never assumed across a gap. Stages are never interpolated.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.bitplanes import NOT_FOUND, Counts
from analytics.epoch_counts import epoch_counts
from analytics.ragged import Offsets, Ragged, as_int8, as_offsets
from analytics.transitions import transition_counts

__all__ = [
    "AWAKE",
    "DEEP",
    "EPOCH_S",
    "LIGHT",
    "REM",
    "STAGE_NAMES",
    "STATISTICS",
    "STATISTIC_AT",
    "UNKNOWN",
    "Ragged",
    "night_statistics",
    "runs",
    "statistics_of",
    "transition_counts",
]

UNKNOWN, AWAKE, LIGHT, DEEP, REM = -1, 0, 1, 2, 3
EPOCH_S = 30
STAGE_NAMES = {UNKNOWN: "unknown", AWAKE: "awake", LIGHT: "light", DEEP: "deep", REM: "rem"}

# In the order of the statistics table; the unit is in the name.
STATISTICS = (
    "tib_min",
    "unknown_min",
    "unknown_share",
    "wake_min",
    "tst_min",
    "spt_min",
    "waso_min",
    "final_wake_min",
    "waso_total_min",
    "se_pct",
    "se_known_pct",
    "se_lower_pct",
    "se_upper_pct",
    "sme_pct",
    "sol_min",
    "sol_5min_min",
    "sol_10min_min",
    "latency_light_min",
    "latency_deep_min",
    "latency_rem_min",
    "rem_latency_min",
    "awakenings",
    "awakenings_over_5min",
    "longest_wake_min",
    "sfi_per_h",
    "stage_shifts",
    "shift_rate_per_h",
    "light_min",
    "deep_min",
    "rem_min",
    "light_pct",
    "deep_pct",
    "rem_pct",
    "mid_epoch",
)

STATISTIC_AT = {name: place for place, name in enumerate(STATISTICS)}
"""Name of a statistic -> its column in `statistics_of`."""

# Made once: for one night, making it would be an eighth of the work.
_COLUMNS = pd.Index(STATISTICS)

# Nights are taken some at a time, so that what is made of them stays in the cache whatever their number.
_EPOCHS_AT_A_TIME = 1 << 23


class Runs(NamedTuple):
    """A night as runs of one stage, in order: stages (int8), first epochs and ends (half-open), each 1-d."""

    stage: NDArray[np.int8]
    start_epoch: NDArray[np.intp]
    end_epoch: NDArray[np.intp]


def run_bounds(stages: ArrayLike) -> Runs:
    """The night as runs of one stage: of `[0, 0, 1]` stage 0 from 0 to 2 and stage 1 from 2 to 3."""
    values = as_int8(stages)
    starts = np.flatnonzero(np.diff(values, prepend=values[:1] + np.int8(1)))
    ends = np.append(starts[1:], len(values))[: len(starts)]
    return Runs(values[starts], starts, ends)


def runs(stages: ArrayLike) -> pd.DataFrame:
    """The same as a table with the columns `stage`, `start_epoch` and `end_epoch`."""
    return pd.DataFrame(run_bounds(stages)._asdict())


def night_statistics(values: ArrayLike, offsets: ArrayLike, epoch_s: float = EPOCH_S) -> pd.DataFrame:
    """One row of statistics per night, columns as in `STATISTICS`, float64, NaN where a value is not defined.

    Let a and b be the first and last epoch of sleep. Time in bed is the whole recording, latencies count from
    its start (`rem_latency_min` from a), and unknown is not sleep. `waso_min`, `awakenings`,
    `awakenings_over_5min`, `longest_wake_min` and `stage_shifts` look at [a, b] only; `sol_5min_min` and
    `sol_10min_min` are where the first 5 and 10 minutes of uninterrupted sleep begin; `sfi_per_h` counts
    sleep-to-wake transitions per hour of sleep; shares of stages are percent of total sleep time; `mid_epoch`
    is (a + b + 1) / 2.

    Args:
        values: stages of all nights, -1 unknown, 0 awake, 1 light, 2 deep, 3 REM.
        offsets: where each night begins in `values`, and the end of the last one.
        epoch_s: length of an epoch in seconds.

    Raises:
        ValueError: a stage outside -1 to 3, offsets that are not offsets, or an epoch that is not above 0 s.

    Example:
        `night_statistics([0, 0, 1, 0, 1], [0, 5])` has `sol_min` 1.0, `waso_min` 0.5 and `awakenings` 1.
    """
    return pd.DataFrame(statistics_of(values, offsets, epoch_s), columns=_COLUMNS, copy=False)


def statistics_of(values: ArrayLike, offsets: ArrayLike, epoch_s: float = EPOCH_S) -> NDArray[np.float64]:
    """`night_statistics` as a plain array, [nights, statistics] in the order of `STATISTICS`; raises likewise."""
    if not (math.isfinite(epoch_s) and epoch_s > 0):
        raise ValueError(f"epoch_s must be a number of seconds above 0, not {epoch_s}")
    nights = _checked(np.asarray(values), np.asarray(offsets))
    table = np.empty((len(STATISTICS), len(nights)))
    for begin, end in _windows(nights.offsets):
        bounds = nights.offsets[begin : end + 1]
        found = epoch_counts(nights.values[bounds[0] : bounds[-1]], bounds - bounds[0], epoch_s)
        for row, column in zip(table, _columns(found, epoch_s / 60), strict=True):
            row[begin:end] = column
    return table.T


def _windows(offsets: Offsets) -> Iterator[tuple[int, int]]:
    """Which nights to take together: from the first until before the second, at least one."""
    begin = 0
    while begin < len(offsets) - 1:
        reach = int(np.searchsorted(offsets, offsets[begin] + _EPOCHS_AT_A_TIME, side="right")) - 1
        end = max(reach, begin + 1)
        yield begin, end
        begin = end


def _columns(found: dict[str, Counts], epoch_min: float) -> list[NDArray[np.float64]]:
    """The statistics in their order, in minutes and percent, from counts and indices of epochs."""
    epochs = found["epochs"]
    sleep = found["light"] + found["deep"] + found["rem"]
    unknown = found["unknown"]
    slept = np.where(sleep > 0, 1.0, np.nan)
    onset, offset = found["onset"], found["offset"]
    period = offset - onset + 1
    first = {
        name: np.where(index == NOT_FOUND, np.nan, index * epoch_min)
        for name, index in found.items()
        if name.startswith(("onset", "first"))
    }
    hours = sleep * (epoch_min / 60)
    columns = {
        "tib_min": np.where(epochs > 0, epochs * epoch_min, np.nan),
        "unknown_min": unknown * epoch_min,
        "unknown_share": _ratio(unknown, epochs),
        "wake_min": found["wake"] * epoch_min,
        "tst_min": sleep * epoch_min,
        "spt_min": slept * period * epoch_min,
        "waso_min": slept * found["wake_inside"] * epoch_min,
        "final_wake_min": slept * found["wake_after"] * epoch_min,
        "waso_total_min": slept * (found["wake_inside"] + found["wake_after"]) * epoch_min,
        "se_pct": 100 * _ratio(sleep, epochs),
        "se_known_pct": 100 * _ratio(sleep, epochs - unknown),
        "se_lower_pct": 100 * _ratio(sleep, epochs),
        "se_upper_pct": 100 * _ratio(sleep + unknown, epochs),
        "sme_pct": slept * 100 * _ratio(sleep, period),
        "sol_min": first["onset"],
        "sol_5min_min": first["onset_5min"],
        "sol_10min_min": first["onset_10min"],
        "latency_light_min": first["first_light"],
        "latency_deep_min": first["first_deep"],
        "latency_rem_min": first["first_rem"],
        "rem_latency_min": first["first_rem"] - first["onset"],
        "awakenings": slept * found["bouts"],
        "awakenings_over_5min": slept * found["long_bouts"],
        "longest_wake_min": slept * found["longest_bout"] * epoch_min,
        "sfi_per_h": _ratio(found["falls"], hours),
        "stage_shifts": slept * found["shifts"],
        "shift_rate_per_h": _ratio(found["shifts"], hours),
        "mid_epoch": slept * (onset + offset + 1) / 2,
    }
    for stage in ("light", "deep", "rem"):
        columns[f"{stage}_min"] = found[stage] * epoch_min
        columns[f"{stage}_pct"] = 100 * _ratio(found[stage], sleep)
    return [columns[name] for name in STATISTICS]


def _ratio(part: NDArray[np.number], whole: NDArray[np.number]) -> NDArray[np.float64]:
    ratio = np.full(len(part), np.nan)
    np.divide(part, whole, out=ratio, where=whole > 0)
    return ratio


def _checked(values: NDArray[Any], offsets: NDArray[Any]) -> Ragged:
    bounds = as_offsets(offsets, len(values))
    if values.size and (values.min() < UNKNOWN or values.max() > REM):
        at = int(np.flatnonzero((values < UNKNOWN) | (values > REM))[0])
        night = int(np.searchsorted(bounds, at, side="right")) - 1
        legal = ", ".join(f"{code} {name}" for code, name in STAGE_NAMES.items())
        raise ValueError(
            f"night {night} has the stage {values[at]} at epoch {at - bounds[night]}; stages are {legal}"
        )
    return Ragged(as_int8(values), bounds)
