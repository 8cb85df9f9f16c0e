"""The stage vocabulary and the statistics of a night, computed for many nights at once.

Definitions are those of docs/definitions.md (AASM terms; Berry et al., The AASM Manual for the Scoring of
Sleep and Associated Events), with two rules for unknown epochs that differ on purpose: an awakening is one
bout even where the signal was lost inside it (unknown epochs are deleted before bouts are counted), while a
transition is never assumed across a gap. Stages are never interpolated.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analytics import bitplanes
from analytics.bitplanes import NOT_FOUND, WORD, Counts, Plane
from analytics.ragged import Ragged, Values, as_int8, as_offsets
from analytics.transitions import transition_counts

__all__ = [
    "AWAKE",
    "DEEP",
    "EPOCH_S",
    "LIGHT",
    "REM",
    "STAGE_NAMES",
    "STATISTICS",
    "UNKNOWN",
    "Ragged",
    "night_statistics",
    "runs",
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

# About 1,024 nights of 8 h: planes of this size stay in the second-level cache.
_WORDS_PER_CHUNK = 16_384


def runs(stages: ArrayLike) -> pd.DataFrame:
    """The night as runs of one stage: `stage` (int8), `start_epoch` and `end_epoch` (half-open), in order.

    `runs([0, 0, 1])` has two rows: stage 0 from 0 to 2 and stage 1 from 2 to 3.
    """
    values = as_int8(stages)
    starts = np.flatnonzero(np.diff(values, prepend=values[:1] + np.int8(1)))
    ends = np.append(starts[1:], len(values))[: len(starts)]
    return pd.DataFrame({"stage": values[starts], "start_epoch": starts, "end_epoch": ends})


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
    if not (math.isfinite(epoch_s) and epoch_s > 0):
        raise ValueError(f"epoch_s must be a number of seconds above 0, not {epoch_s}")
    nights = _checked(np.asarray(values), np.asarray(offsets))
    if not len(nights):
        return pd.DataFrame(columns=list(STATISTICS), dtype=np.float64)
    found: dict[str, Counts] = {"epochs": nights.lengths}
    for chosen, block in _blocks(nights):
        for name, column in _find(block, epoch_s).items():
            found.setdefault(name, np.empty(len(nights), np.int64))[chosen] = column
    return _table(found, epoch_s / 60)


def _blocks(nights: Ragged) -> Iterator[tuple[Counts, Values]]:
    """Nights of like length as rectangles padded with unknown: (which nights, [nights, epochs]).

    Unknown epochs after the end change nothing but the number of epochs, which is taken from the lengths.
    """
    lengths = nights.lengths
    order = np.argsort(lengths, kind="stable")
    begin = 0
    while begin < len(order):
        # Sorted by length, so the night that fits last is the longest of its block.
        end = begin + max(1, _WORDS_PER_CHUNK // _words(lengths[order[begin]]))
        end = min(end, len(order))
        while end > begin + 1 and (end - begin) * _words(lengths[order[end - 1]]) > 2 * _WORDS_PER_CHUNK:
            end = begin + (end - begin) // 2
        chosen = order[begin:end]
        yield chosen, _padded(nights, chosen)
        begin = end


def _words(epochs: int) -> int:
    return max(1, -(-int(epochs) // WORD))


def _padded(nights: Ragged, chosen: Counts) -> Values:
    starts, ends = nights.offsets[chosen], nights.offsets[chosen + 1]
    longest = int((ends - starts).max())
    block = np.full((len(chosen), _words(longest) * WORD), UNKNOWN, dtype=np.int8)
    if ((ends - starts) == longest).all() and (starts[1:] == ends[:-1]).all():
        block[:, :longest] = nights.values[starts[0] : ends[-1]].reshape(len(chosen), longest)
        return block
    for row, start, end in zip(block, starts.tolist(), ends.tolist(), strict=True):
        row[: end - start] = nights.values[start:end]
    return block


def _find(block: Values, epoch_s: float) -> dict[str, Counts]:
    """Counts of epochs, and indices of epochs (`NOT_FOUND` where there is none), per night of a block."""
    awake, light, deep, rem = _planes(block)
    asleep = light | deep | rem
    known = asleep | awake
    onset, offset = bitplanes.first(asleep), bitplanes.last(asleep)
    after = bitplanes.since(offset + 1, len(known))
    inside = bitplanes.since(onset, len(known)) & ~after
    gapped = ((inside & ~known) != 0).any(axis=0)
    bouts, long_bouts, longest_bout = _bouts(block, awake & inside, gapped, epoch_s)
    return {
        "wake": bitplanes.count(awake),
        "light": bitplanes.count(light),
        "deep": bitplanes.count(deep),
        "rem": bitplanes.count(rem),
        "onset": onset,
        "offset": offset,
        "wake_inside": bitplanes.count(awake & inside),
        "wake_after": bitplanes.count(awake & after),
        "onset_5min": bitplanes.first(bitplanes.run_starts(asleep, math.ceil(300 / epoch_s))),
        "onset_10min": bitplanes.first(bitplanes.run_starts(asleep, math.ceil(600 / epoch_s))),
        "first_light": bitplanes.first(light),
        "first_deep": bitplanes.first(deep),
        "first_rem": bitplanes.first(rem),
        "shifts": bitplanes.count(_shifts(light | rem, deep | rem, known & inside)),
        "falls": bitplanes.count(asleep & bitplanes.later(awake, 1)),
        "bouts": bouts,
        "long_bouts": long_bouts,
        "longest_bout": longest_bout,
    }


def _planes(block: Values) -> tuple[Plane, Plane, Plane, Plane]:
    """Awake, light, deep and REM; unknown is what is left."""
    # Both bits of the code and its sign say it all, which is one plane less to pack than one per stage.
    low, high, unknown = bitplanes.pack(block & 1), bitplanes.pack(block & 2), bitplanes.pack(block < 0)
    return ~(low | high), low & ~high, high & ~low, low & high & ~unknown


def _shifts(low: Plane, high: Plane, known: Plane) -> Plane:
    """Set where this epoch and the next are known and differ; `low` and `high` are the bits of the code."""
    differ = (low ^ bitplanes.later(low, 1)) | (high ^ bitplanes.later(high, 1))
    return differ & known & bitplanes.later(known, 1)


def _bouts(
    block: Values, awake_inside: Plane, gapped: NDArray[np.bool_], epoch_s: float
) -> tuple[Counts, Counts, Counts]:
    """Per night: bouts of wake inside the sleep period, those over 5 minutes, and epochs of the longest."""
    bouts = _measure(awake_inside, epoch_s)
    if gapped.any():
        # A bout goes on across lost signal: measure these nights again with the unknown epochs deleted.
        rows = block[gapped]
        kept = rows >= 0
        offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        dense = _padded(Ragged(rows[kept], offsets), np.arange(len(rows)))
        awake, light, deep, rem = _planes(dense)
        asleep = light | deep | rem
        first, end = bitplanes.first(asleep), bitplanes.last(asleep) + 1
        inside = bitplanes.since(first, len(awake)) & ~bitplanes.since(end, len(awake))
        for measured, again in zip(bouts, _measure(awake & inside, epoch_s), strict=True):
            measured[gapped] = again
    return bouts


def _measure(plane: Plane, epoch_s: float) -> tuple[Counts, Counts, Counts]:
    """Runs of set bits per night: how many, how many over 5 minutes, epochs of the longest (0 for none)."""
    words, nights = plane.shape
    # Sleep follows every run inside the sleep period, so a run's beginning and end are in the same night.
    at = bitplanes.positions(bitplanes.edges(plane))
    starts, lengths = at[::2], at[1::2] - at[::2]
    night = starts // (words * WORD)
    number = np.bincount(night, minlength=nights)
    over = np.bincount(night[lengths * epoch_s > 300], minlength=nights)
    longest = np.zeros(nights, dtype=np.int64)
    if len(starts):
        longest[number > 0] = np.maximum.reduceat(lengths, (np.cumsum(number) - number)[number > 0])
    return number, over, longest


def _table(found: dict[str, Counts], epoch_min: float) -> pd.DataFrame:
    """The statistics in minutes and percent from counts and indices of epochs."""
    epochs = found["epochs"]
    sleep = found["light"] + found["deep"] + found["rem"]
    unknown = epochs - sleep - found["wake"]
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
    return pd.DataFrame({name: columns[name] for name in STATISTICS}, dtype=np.float64)


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
