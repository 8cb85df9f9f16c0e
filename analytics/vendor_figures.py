"""What the vendor says of a sleep, in our units, beside our own statistics, and where the two differ."""

from collections.abc import Mapping
from typing import Final

import numpy as np
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


def vendor_figures(episodes: Episodes) -> dict[str, Floats]:
    """The vendor's statistics of each sleep under `VENDOR_COLUMNS`; NaN where it served none.

    Pieces are added up as `vendor_statistics.joined_figures` says; the efficiency of several follows from the amounts.
    """
    figures = episodes.vendor
    in_bed_s, asleep_s = figures["time_in_bed_s"], figures["time_in_sleep_s"]
    efficiency = np.where(episodes.count == 1, figures["sleep_efficiency_ratio"], _share(asleep_s, in_bed_s))
    return {
        **{f"vendor_{name}": figures[served] / 60 for name, served in _IN_SECONDS.items()},
        "vendor_se_pct": 100 * efficiency,
        "vendor_awakenings": figures["waso_count"],
        "vendor_sleep_index": figures["sleep_index"],
    }


def differing_figures(columns: Mapping[str, ArrayLike], *, shared: Flags) -> dict[str, Flags]:
    """Per name of `COMPARED_FIGURES`, in which sleeps the vendor's figure differs by more than rounding explains.

    Durations may differ by one epoch for each piece of the sleep, efficiency by 0.011, awakenings not at all. A sleep
    with lost signal is never called different, because the vendor does not say how it counts that; nor is one with
    `shared` time, of which the vendor knows nothing. Where the vendor served nothing, nothing differs.

    Args:
        columns: of the nights table: `COMPARED_FIGURES`, `VENDOR_COLUMNS`, `pieces` and `unknown_min`.
        shared: which sleeps share time with another session, or have no stages to compute from.
    """
    comparable = ~(_as_kept(columns["unknown_min"]) > 0) & ~shared
    if not comparable.any():
        return dict.fromkeys(COMPARED_FIGURES, comparable)
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

    Of a sleep whose stages have not arrived they are the vendor's.

    Args:
        snoring: a row per piece in the order of `episodes.pieces`, as received.
        episodes: the sleeps.
    """
    served = episodes.vendor["time_in_snoring_s"] / 60
    if not episodes.staged.any():
        return served
    pieces = episodes.pieces
    latency, period = (
        np.where(pieces.staged, pieces.statistic(name), 0.0) for name in ("sol_min", "spt_min")
    )
    onset = pieces.skipped + np.rint(latency / EPOCH_MIN).astype(np.int64)
    end = onset + np.rint(period / EPOCH_MIN).astype(np.int64)
    lengths = snoring.lengths
    sums = np.concatenate([[0], np.cumsum(snoring.values == 1)])
    begin = snoring.offsets[:-1]
    minutes = (sums[begin + np.minimum(end, lengths)] - sums[begin + np.minimum(onset, lengths)]) * EPOCH_MIN
    ours = np.add.reduceat(np.where(lengths > 0, minutes, np.nan), episodes.first)
    return np.where(episodes.staged, ours, served)


_IN_SECONDS: Final = {
    "tib_min": "time_in_bed_s",
    "tst_min": "time_in_sleep_s",
    "spt_min": "time_in_sleep_period_s",
    "sol_min": "sleep_latency_s",
    "waso_min": "time_in_wake_s",
    "final_wake_min": "wakeup_latency_s",
    "light_min": "time_in_light_s",
    "deep_min": "time_in_deep_s",
    "rem_min": "time_in_rem_s",
    "longest_wake_min": "longest_waso_s",
}


def _share(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _as_kept(values: ArrayLike) -> Floats:
    """The values with the digits of an archive, so that a night read from one is judged as on the day it was made."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)
