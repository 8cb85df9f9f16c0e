"""What the vendor says of a sleep, in our units, beside our own statistics, and where the two differ."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics.episodes import EPOCH_MIN, Episodes
from analytics.ragged import Ragged

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

_AMOUNTS: Final = (
    "tib_min",
    "tst_min",
    "spt_min",
    "sol_min",
    "waso_min",
    "final_wake_min",
    "light_min",
    "deep_min",
    "rem_min",
    "longest_wake_min",
)
COMPARED_FIGURES: Final = (*_AMOUNTS, "se_pct", "awakenings")
"""Our statistics that the vendor has too; its figure of each is in the column of that name after `vendor_`."""

VENDOR_COLUMNS: Final = (*(f"vendor_{name}" for name in COMPARED_FIGURES), "vendor_sleep_index")

# What rounding explains: an epoch in every piece, 0.011 of a ratio; a little more, because both sides are binary.
_EPOCH_TOLERANCE_MIN, _RATIO_TOLERANCE_PCT, _BINARY = EPOCH_MIN, 1.1, 1e-3


def vendor_figures(vendor: pd.DataFrame, episodes: Episodes) -> dict[str, Floats]:
    """The vendor's statistics of each sleep under `VENDOR_COLUMNS`; NaN where it served none.

    A sleep of several pieces has their amounts added up, wake on both sides of a gap as wake after onset, as ours has;
    its efficiency follows from the amounts, and it has no sleep index, which cannot be added up.

    Args:
        vendor: the `vendor_` columns of `SESSION_COLUMNS`, a row per piece in the order of `episodes.pieces`.
        episodes: the sleeps.
    """
    first, last, single = episodes.first, episodes.last, episodes.count == 1
    if not len(episodes):
        return {name: np.empty(0) for name in VENDOR_COLUMNS}
    seconds = {name: vendor[f"vendor_{name}"].to_numpy(dtype=np.float64) for name in _READ}
    latency, final_wake = seconds["sleep_latency_s"], seconds["wakeup_latency_s"]
    at_seam = final_wake + np.append(latency[1:], np.nan)
    at_seam[last] = 0.0
    tib = np.add.reduceat(seconds["time_in_bed_s"], first) / 60
    tst = np.add.reduceat(seconds["time_in_sleep_s"], first) / 60
    return {
        "vendor_tib_min": tib,
        "vendor_tst_min": tst,
        "vendor_spt_min": np.add.reduceat(seconds["time_in_sleep_period_s"] + at_seam, first) / 60,
        "vendor_sol_min": latency[first] / 60,
        "vendor_waso_min": np.add.reduceat(seconds["time_in_wake_s"] + at_seam, first) / 60,
        "vendor_final_wake_min": final_wake[last] / 60,
        **{
            f"vendor_{stage}_min": np.add.reduceat(seconds[f"time_in_{stage}_s"], first) / 60
            for stage in ("light", "deep", "rem")
        },
        "vendor_longest_wake_min": np.maximum.reduceat(np.maximum(seconds["longest_waso_s"], at_seam), first)
        / 60,
        "vendor_se_pct": 100 * np.where(single, seconds["sleep_efficiency_ratio"][first], _share(tst, tib)),
        "vendor_awakenings": np.add.reduceat(seconds["waso_count"] + np.minimum(at_seam, 1), first),
        "vendor_sleep_index": np.where(single, seconds["sleep_index"][first], np.nan),
    }


def differing_figures(columns: Mapping[str, ArrayLike], *, shared: Flags) -> dict[str, Flags]:
    """Per name of `COMPARED_FIGURES`, in which sleeps the vendor's figure differs by more than rounding explains.

    Durations may differ by one epoch for each piece of the sleep, efficiency by 0.011, awakenings not at all. A sleep
    with lost signal is never called different, because the vendor does not say how it counts that; nor is one with
    `shared` time, of which the vendor knows nothing. Where the vendor served nothing, nothing differs.

    Args:
        columns: of the nights table: `COMPARED_FIGURES`, `VENDOR_COLUMNS`, `pieces` and `unknown_min`.
        shared: which sleeps share time with another session.
    """
    comparable = ~(_as_kept(columns["unknown_min"]) > 0) & ~shared
    per_piece = _EPOCH_TOLERANCE_MIN * _as_kept(columns["pieces"])
    tolerances = {
        **dict.fromkeys(_AMOUNTS, per_piece),
        "se_pct": np.full_like(per_piece, _RATIO_TOLERANCE_PCT),
        "awakenings": np.zeros_like(per_piece),
    }
    return {
        name: comparable
        & (np.abs(_as_kept(columns[name]) - _as_kept(columns[f"vendor_{name}"])) > tolerance + _BINARY)
        for name, tolerance in tolerances.items()
    }


def snoring_minutes(snoring: Ragged, episodes: Episodes) -> Floats:
    """Minutes of snoring within the sleep period of each sleep's pieces; NaN where snoring was not recorded.

    Args:
        snoring: a row per piece in the order of `episodes.pieces`, as received.
        episodes: the sleeps.
    """
    if not len(episodes):
        return np.empty(0)
    pieces = episodes.pieces
    onset = pieces.skipped + np.rint(pieces.statistics["sol_min"].to_numpy() / EPOCH_MIN).astype(np.int64)
    end = onset + np.rint(pieces.statistics["spt_min"].to_numpy() / EPOCH_MIN).astype(np.int64)
    lengths = snoring.lengths
    sums = np.concatenate([[0], np.cumsum(snoring.values == 1)])
    begin = snoring.offsets[:-1]
    minutes = (sums[begin + np.minimum(end, lengths)] - sums[begin + np.minimum(onset, lengths)]) * EPOCH_MIN
    return np.add.reduceat(np.where(lengths > 0, minutes, np.nan), episodes.first)


_READ = (
    "time_in_bed_s",
    "time_in_sleep_s",
    "time_in_sleep_period_s",
    "time_in_wake_s",
    "time_in_light_s",
    "time_in_deep_s",
    "time_in_rem_s",
    "longest_waso_s",
    "sleep_latency_s",
    "wakeup_latency_s",
    "waso_count",
    "sleep_efficiency_ratio",
    "sleep_index",
)


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _as_kept(values: ArrayLike) -> Floats:
    """The values with the digits of an archive, so that a night read from one is judged as on the day it was made."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)
