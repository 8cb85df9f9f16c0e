"""Our statistics of sleeps of which only the vendor's figures are known: what it sends, in our units, and no more.

The table, by our column. Seconds and counts are the vendor's of docs/definitions.md; whatever is not in it is NaN.

| our column | from the vendor's |
|---|---|
| `tib_min` | `time_in_bed` in whole epochs of 30 s, because an incomplete last epoch has no stage |
| `tst_min`, `waso_min` | `time_in_sleep`, `time_in_wake` |
| `spt_min` | `tib_min` less `sleep_latency` and `wakeup_latency`, so with lost signal, as ours |
| `sol_min`, `final_wake_min` | `sleep_latency`, `wakeup_latency` |
| `waso_total_min` | `time_in_wake` + `wakeup_latency` |
| `wake_min` | `sleep_latency` + `time_in_wake` + `wakeup_latency` |
| `se_pct`, `sme_pct` | `time_in_sleep` of `tib_min`, of `spt_min`; the served ratio has only 2 decimals |
| `light_min` and the like, `light_pct` and the like | `time_in_light`; as a share of `time_in_sleep` |
| `latency_light_min` and the like | `sleep_latency` + `light_latency`, which the vendor counts from onset |
| `rem_latency_min` | `rem_latency` |
| `awakenings`, `longest_wake_min` | `waso_count`, `longest_waso` |
| `mid_epoch` | `sleep_latency` + half of `spt_min`, in epochs |

The vendor's own `time_in_sleep_period` leaves lost signal out, as far as is known, and stands in for a missing
`wakeup_latency` only.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analytics.sessions import VENDOR_FIGURES, SessionColumns
from analytics.stages import EPOCH_S, STATISTIC_AT, STATISTICS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]

_COLUMNS: Final = [f"vendor_{name}" for name in VENDOR_FIGURES]
_AT: Final = {name: place for place, name in enumerate(VENDOR_FIGURES)}
_STAGES: Final = ("light", "deep", "rem")
_ADDED: Final = (
    "time_in_bed_s",
    "time_in_sleep_s",
    *(f"time_in_{stage}_s" for stage in _STAGES),
    "time_in_snoring_s",
)
_OF_FIRST: Final = ("sleep_latency_s", *(f"{stage}_latency_s" for stage in _STAGES))
_OF_SINGLE: Final = ("sleep_efficiency_ratio", "sleep_index")
_ACROSS: Final = (
    "wakeup_latency_s",
    "time_in_sleep_period_s",
    "time_in_wake_s",
    "longest_waso_s",
    "waso_count",
)
_LONGEST_S: Final = 30 * 86_400.0
_SLACK_S: Final = 60.0

_OWN_IN_SECONDS: Final = {
    "time_in_bed_s": "tib_min",
    "time_in_sleep_s": "tst_min",
    "time_in_sleep_period_s": "spt_min",
    "time_in_wake_s": "waso_min",
    "sleep_latency_s": "sol_min",
    "wakeup_latency_s": "final_wake_min",
    "time_in_light_s": "light_min",
    "time_in_deep_s": "deep_min",
    "time_in_rem_s": "rem_min",
    "longest_waso_s": "longest_wake_min",
}
_ENDS: Final = ("wakeup_latency_s", "time_in_sleep_period_s")


def served_figures(columns: SessionColumns) -> Floats:
    """The vendor's figures of sessions, [sessions, figures] in the order of `VENDOR_FIGURES`; NaN where not sent.

    Args:
        columns: of the sessions, as `SessionSet.columns`.
    """
    return np.array([columns[name] for name in _COLUMNS]).T


def named_figures(figures: Floats) -> dict[str, Floats]:
    """The `vendor_` columns of `SESSION_COLUMNS` from `served_figures`."""
    return dict(zip(_COLUMNS, figures.T, strict=True))


def has_statistics(columns: SessionColumns) -> Flags:
    """Which sessions have figures that give a sleep its length and its place in time, and that can be true.

    Time in bed, time asleep, latency, and final wake or sleep period; none of them negative, and latency, sleep and
    final wake together no longer than the time in bed by more than a minute.

    Args:
        columns: of the sessions, as `SessionSet.columns`.
    """
    names = ("time_in_bed_s", "time_in_sleep_s", "sleep_latency_s", *_ENDS)
    bed, asleep, latency, final, period = (columns[f"vendor_{name}"] for name in names)
    ends = np.where(np.isnan(final), period, final)
    after = np.where(np.isnan(final), 0.0, final)
    lengths = np.array([bed, asleep, latency, ends])
    sound = np.isfinite(lengths).all(axis=0) & (lengths >= 0).all(axis=0) & (bed > 0) & (bed <= _LONGEST_S)
    # Figures that are no lengths of time can be anything, and their sum as well.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(sound & (latency + asleep + after <= bed + _SLACK_S))


def joined_figures(vendor: Floats, first: Counts) -> dict[str, Floats]:
    """The vendor's figures of each sleep, in seconds, counts and ratios; NaN where it served none.

    A sleep of several pieces has their amounts added up, wake on both sides of a gap as wake after onset, as ours has;
    it has no ratio and no sleep index, which cannot be added up.

    Args:
        vendor: `served_figures`, a row per piece, those of one sleep together and in order.
        first: position of the first piece of each sleep.
    """
    read = (*_ADDED, *_OF_FIRST, *_OF_SINGLE, *_ACROSS)
    of = {name: vendor[:, _AT[name]] for name in read}
    if not len(first):
        return of
    last = np.append(first[1:], len(vendor)) - 1
    at_seam = of["wakeup_latency_s"] + np.append(of["sleep_latency_s"][1:], np.nan)
    at_seam[last] = 0.0
    single = first == last
    return {
        **{name: np.add.reduceat(of[name], first) for name in _ADDED},
        **{name: of[name][first] for name in _OF_FIRST},
        **{name: np.where(single, of[name][first], np.nan) for name in _OF_SINGLE},
        "wakeup_latency_s": of["wakeup_latency_s"][last],
        "time_in_sleep_period_s": np.add.reduceat(of["time_in_sleep_period_s"] + at_seam, first),
        "time_in_wake_s": np.add.reduceat(of["time_in_wake_s"] + at_seam, first),
        "longest_waso_s": np.maximum.reduceat(np.maximum(of["longest_waso_s"], at_seam), first),
        "waso_count": np.add.reduceat(of["waso_count"] + np.minimum(at_seam, 1), first),
    }


def own_figures(statistics: Floats, vendor: Floats, staged: Flags) -> Floats:
    """`served_figures` with our own amounts, in seconds, in the rows of which the stages are known.

    Args:
        statistics: `stages.statistics_of` the same rows.
        vendor: `served_figures`.
        staged: which rows have stages.
    """
    figures = vendor.copy()
    for name, ours in _OWN_IN_SECONDS.items():
        figures[staged, _AT[name]] = 60 * statistics[staged, STATISTIC_AT[ours]]
    figures[staged, _AT["waso_count"]] = statistics[staged, STATISTIC_AT["awakenings"]]
    return figures


def vendor_statistics(figures: Mapping[str, Floats]) -> Floats:
    """`STATISTICS` of each sleep by the table above, [sleeps, statistics].

    Args:
        figures: those of `joined_figures`.
    """
    in_bed_s = figures["time_in_bed_s"] // EPOCH_S * EPOCH_S
    asleep_s, awake_s = figures["time_in_sleep_s"], figures["time_in_wake_s"]
    latency_s, final_s = figures["sleep_latency_s"], figures["wakeup_latency_s"]
    period_s = np.where(np.isnan(final_s), figures["time_in_sleep_period_s"], in_bed_s - latency_s - final_s)
    known = {
        "tib_min": in_bed_s / 60,
        "tst_min": asleep_s / 60,
        "spt_min": period_s / 60,
        "waso_min": awake_s / 60,
        "final_wake_min": final_s / 60,
        "waso_total_min": (awake_s + final_s) / 60,
        "wake_min": (latency_s + awake_s + final_s) / 60,
        "se_pct": _percent(asleep_s, in_bed_s),
        "sme_pct": _percent(asleep_s, period_s),
        "sol_min": latency_s / 60,
        "rem_latency_min": figures["rem_latency_s"] / 60,
        "awakenings": figures["waso_count"],
        "longest_wake_min": figures["longest_waso_s"] / 60,
        "mid_epoch": (latency_s + period_s / 2) / EPOCH_S,
    }
    for stage in _STAGES:
        stage_s = figures[f"time_in_{stage}_s"]
        known[f"{stage}_min"] = stage_s / 60
        known[f"{stage}_pct"] = _percent(stage_s, asleep_s)
        known[f"latency_{stage}_min"] = (latency_s + figures[f"{stage}_latency_s"]) / 60
    statistics = np.full((len(STATISTICS), len(in_bed_s)), np.nan)
    for name, values in known.items():
        statistics[STATISTIC_AT[name]] = values
    return statistics.T


def of_sessions(vendor: Floats) -> Floats:
    """`STATISTICS` of each session by itself, [sessions, statistics].

    Args:
        vendor: `served_figures`.
    """
    return vendor_statistics(joined_figures(vendor, np.arange(len(vendor))))


def _percent(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(part), np.nan)
    with np.errstate(over="ignore"):  # figures are whatever a vendor sends
        np.divide(part, whole, out=share, where=whole > 0)
        share *= 100
    share[np.isinf(share)] = np.nan
    return share
