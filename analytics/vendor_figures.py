"""What the vendor says of a sleep, in our units, so that it can stand beside our own statistics."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics.episodes import EPOCH_MIN, Episodes
from analytics.ragged import Ragged

Floats = NDArray[np.float64]

VENDOR_COLUMNS = (
    "vendor_tib_min",
    "vendor_tst_min",
    "vendor_sol_min",
    "vendor_waso_min",
    "vendor_final_wake_min",
    "vendor_se_pct",
    "vendor_awakenings",
    "vendor_sleep_index",
)


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
        "vendor_sol_min": latency[first] / 60,
        "vendor_waso_min": np.add.reduceat(seconds["time_in_wake_s"] + at_seam, first) / 60,
        "vendor_final_wake_min": final_wake[last] / 60,
        "vendor_se_pct": 100 * np.where(single, seconds["sleep_efficiency_ratio"][first], _share(tst, tib)),
        "vendor_awakenings": np.add.reduceat(seconds["waso_count"] + np.minimum(at_seam, 1), first),
        "vendor_sleep_index": np.where(single, seconds["sleep_index"][first], np.nan),
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
    "time_in_wake_s",
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
