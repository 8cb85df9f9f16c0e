"""The statistics the vendor sends with a session, computed from the stages of many by section 4 of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Stages = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int64]
Stat = dict[str, Any]

EPOCH_S = 30
UNKNOWN, WAKE, LIGHT, DEEP, REM = -1, 0, 1, 2, 3
_CODES = 5

# Contract, section 4: REM entries at most this far apart are one group; a group counts from this size up.
REM_GROUP_GAP_EPOCHS = 20
REM_GROUP_SIZE_EPOCHS = 20

# The order in which one share is moved so that the four add up to 1.
_CORRECTION_ORDER = (LIGHT, REM, DEEP, WAKE)


def vendor_statistics(stages: Stages, snoring: Stages | None, *, start_s: int, end_s: int) -> Stat:
    """Statistics of one analysed session; see `statistics_of_nights`."""
    offsets = np.array([0, len(stages)])
    return statistics_of_nights(stages, offsets, snoring, start_s=[start_s], end_s=[end_s])[0]


def statistics_of_nights(
    values: Stages, offsets: Counts, snoring: Stages | None, *, start_s: Sequence[int], end_s: Sequence[int]
) -> list[Stat]:
    """Statistics of many analysed sessions, in the contract's field order.

    Seconds are whole; ratios have two decimals, halves to even. `sleep_time`, `wake_time` and the entries of
    `sleep_cycle_time` are instants in seconds since 1970, for the payload to render in a zone. Entries of -1
    belong to no stage: they end a wake run and count as a non-REM entry between two REM groups. Without any
    sleep the form is that of NEVER_SLEPT. Snoring fields are None where `snoring` is None.
    Source: ../shared/asleep-api/README.md, section 4.

    Args:
        values: stages of all nights.
        offsets: where each night begins in `values`, and the end of the last one.
        snoring: 1 where there is snoring, as long as `values`, or None.
        start_s: when each session began, in seconds since 1970.
        end_s: when each session ended.
    """
    runs = runs_of(values, offsets)
    firsts = _firsts(runs, offsets)
    onset = firsts[:, LIGHT:].min(axis=1)
    last = _last_asleep(runs, offsets)
    wake_lengths = _wake_lengths(runs, onset, last)
    longest = np.zeros(len(onset), dtype=np.int64)
    np.maximum.at(longest, runs.nights, wake_lengths)
    columns = zip(
        (onset - offsets[:-1]).tolist(),
        (offsets[1:] - 1 - last).tolist(),
        _epochs_by_stage(runs, wake_lengths, len(onset)).tolist(),
        np.bincount(runs.nights[wake_lengths > 0], minlength=len(onset)).tolist(),
        longest.tolist(),
        np.where(firsts < offsets[1:, None], firsts - onset[:, None], -1)[:, LIGHT:].tolist(),
        _rem_group_ends(runs, onset),
        [None] * len(onset) if snoring is None else _snored(values, snoring, onset, last),
        start_s,
        end_s,
        strict=True,
    )
    nights = map(_Night._make, columns)
    return [_stat(night) if any(night.by_stage[LIGHT:]) else _never_slept(night) for night in nights]


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """The nights as runs of one stage, in order; `starts` and `ends` (half-open) are places in all the values.

    `cells` are places in a table of the nights by the codes of stages, -1 first.
    """

    stages: Stages
    starts: Counts
    ends: Counts
    lengths: Counts
    nights: Counts
    cells: Counts


def runs_of(values: Stages, offsets: Counts) -> Runs:
    """The runs of many nights; a run ends where its night does."""
    begins = np.empty(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    begins[offsets[:-1][offsets[:-1] < len(values)]] = True
    starts = np.flatnonzero(begins)
    ends = np.empty_like(starts)
    ends[:-1], ends[-1:] = starts[1:], len(values)
    bounds = np.searchsorted(starts, offsets)
    nights = np.repeat(np.arange(len(offsets) - 1), bounds[1:] - bounds[:-1])
    stages = values[starts]
    return Runs(
        stages=stages,
        starts=starts,
        ends=ends,
        lengths=ends - starts,
        nights=nights,
        cells=_CODES * nights + (stages - UNKNOWN),
    )


def _firsts(runs: Runs, offsets: Counts) -> Counts:
    """Where the first entry of wake, light, deep and REM of each night is, [nights, 4]; its end for none."""
    found = np.repeat(offsets[1:], _CODES)
    np.minimum.at(found, runs.cells, runs.starts)
    return found.reshape(-1, _CODES)[:, 1:]


def _last_asleep(runs: Runs, offsets: Counts) -> Counts:
    """The last epoch of sleep of each night, the one before the night where there is none."""
    last = offsets[:-1] - 1
    asleep = np.flatnonzero(runs.stages > WAKE)
    last[runs.nights[asleep]] = runs.ends[asleep] - 1
    return last


def _wake_lengths(runs: Runs, onset: Counts, last: Counts) -> Counts:
    """Epochs of each run that is wake within the sleep period, 0 for any other."""
    within = (runs.starts > onset[runs.nights]) & (runs.starts < last[runs.nights])
    lengths: Counts = runs.lengths * (within & (runs.stages == WAKE))
    return lengths


def _epochs_by_stage(runs: Runs, wake_lengths: Counts, nights: int) -> Counts:
    """Epochs of wake, light, deep and REM within the sleep period, [nights, 4]."""
    lengths = np.where(runs.stages == WAKE, wake_lengths, runs.lengths)
    found = np.bincount(runs.cells, weights=lengths, minlength=_CODES * nights)
    return found.astype(np.int64).reshape(nights, _CODES)[:, 1:]


def _rem_group_ends(runs: Runs, onset: Counts) -> list[list[int]]:
    """Epochs from sleep onset to the last one of each group of REM that counts, by night."""
    ends: list[list[int]] = [[] for _ in onset]
    rem = np.flatnonzero(runs.stages == REM)
    if not len(rem):
        return ends
    nights, rem_ends = runs.nights[rem], runs.ends[rem]
    begins = np.ones(len(rem) + 1, dtype=bool)
    apart = runs.starts[rem[1:]] - rem_ends[:-1] > REM_GROUP_GAP_EPOCHS
    np.logical_or(apart, nights[1:] > nights[:-1], out=begins[1:-1])
    bounds = np.flatnonzero(begins)
    counts = np.add.reduceat(runs.lengths[rem], bounds[:-1]) >= REM_GROUP_SIZE_EPOCHS
    last = bounds[1:][counts] - 1
    found = rem_ends[last] - 1 - onset[nights[last]]
    for night, end in zip(nights[last].tolist(), found.tolist(), strict=True):
        ends[night].append(end)
    return ends


def _snored(values: Stages, snoring: Stages, onset: Counts, last: Counts) -> list[tuple[int, int]]:
    """Epochs with snoring and runs of them within each sleep period."""
    heard = (snoring == 1) & (values != UNKNOWN)
    if not heard.any():
        return [(0, 0)] * len(onset)
    begins = heard.copy()
    begins[1:] &= ~heard[:-1]
    asleep = onset[onset <= last]
    begins[asleep] = heard[asleep]  # a run that began before sleep did
    edges = np.array((onset, np.maximum(last + 1, onset)))
    (epochs_before, epochs), (runs_before, runs) = (
        np.searchsorted(np.flatnonzero(found), edges) for found in (heard, begins)
    )
    return list(zip((epochs - epochs_before).tolist(), (runs - runs_before).tolist(), strict=True))


class _Night(NamedTuple):
    """What the statistics of one night are made of; epochs unless the name says seconds."""

    onset: int
    wakeup: int
    by_stage: list[int]
    awakenings: int
    longest_wake: int
    latencies: list[int]
    rem_group_ends: list[int]
    snored: tuple[int, int] | None
    start_s: int
    end_s: int


# The fields in the contract's order. Breathing stays None: the simulated contract is without its analysis
# (NO_BREATHING_STABILITY). A copy that is filled in takes half as long as a dictionary of so many fields.
_FORM: Final[Stat] = dict.fromkeys(
    (
        *("sleep_time", "wake_time", "sleep_index", "sleep_latency", "wakeup_latency"),
        *("light_latency", "deep_latency", "rem_latency", "time_in_bed", "time_in_sleep_period"),
        *("time_in_sleep", "time_in_wake", "time_in_light", "time_in_deep", "time_in_rem"),
        *("time_in_stable_breath", "time_in_unstable_breath", "time_in_snoring", "time_in_no_snoring"),
        *("sleep_efficiency", "sleep_ratio", "wake_ratio", "light_ratio", "deep_ratio", "rem_ratio"),
        *("stable_breath_ratio", "unstable_breath_ratio", "snoring_ratio", "no_snoring_ratio"),
        *("breathing_index", "breathing_pattern", "waso_count", "longest_waso", "sleep_cycle_count"),
        *("sleep_cycle", "sleep_cycle_time", "unstable_breath_count", "snoring_count"),
    )
)


def _stat(night: _Night) -> Stat:
    wake, light, deep, rem = night.by_stage
    sleep = light + deep + rem
    period = sleep + wake
    sleep_s, tib_s = EPOCH_S * sleep, night.end_s - night.start_s
    efficiency = sleep_s / tib_s
    stat = _FORM.copy()
    stat["sleep_time"] = onset_s = night.start_s + EPOCH_S * night.onset
    stat["wake_time"] = night.end_s - EPOCH_S * night.wakeup
    stat["sleep_index"] = _sleep_index(sleep_s=sleep_s, efficiency=efficiency, awakenings=night.awakenings)
    stat["sleep_latency"] = EPOCH_S * night.onset
    stat["wakeup_latency"] = EPOCH_S * night.wakeup
    stat["light_latency"], stat["deep_latency"], stat["rem_latency"] = [
        None if found < 0 else EPOCH_S * found for found in night.latencies
    ]
    stat["time_in_bed"] = tib_s
    stat["time_in_sleep_period"] = EPOCH_S * period
    stat["time_in_sleep"] = sleep_s
    stat["time_in_wake"] = EPOCH_S * wake
    stat["time_in_light"] = EPOCH_S * light
    stat["time_in_deep"] = EPOCH_S * deep
    stat["time_in_rem"] = EPOCH_S * rem
    stat["sleep_efficiency"] = round(efficiency, 2)
    wake_pct, light_pct, deep_pct, rem_pct = _hundredths(night.by_stage, period)
    stat["sleep_ratio"] = (100 - wake_pct) / 100
    stat["wake_ratio"] = wake_pct / 100
    stat["light_ratio"] = light_pct / 100
    stat["deep_ratio"] = deep_pct / 100
    stat["rem_ratio"] = rem_pct / 100
    stat["waso_count"] = night.awakenings
    stat["longest_waso"] = EPOCH_S * night.longest_wake
    _add_snoring(stat, night.snored, period)
    _add_cycles(stat, night.rem_group_ends, onset_s)
    return stat


def _add_snoring(stat: Stat, snored: tuple[int, int] | None, period: int) -> None:
    if snored is None:
        return
    epochs, stat["snoring_count"] = snored
    stat["time_in_snoring"] = EPOCH_S * epochs
    stat["time_in_no_snoring"] = EPOCH_S * (period - epochs)
    snoring_pct = _hundredth(epochs, period)
    stat["snoring_ratio"] = snoring_pct / 100
    stat["no_snoring_ratio"] = (100 - snoring_pct) / 100


def _add_cycles(stat: Stat, group_ends: list[int], onset_s: int) -> None:
    stat["sleep_cycle_count"] = cycles = len(group_ends)
    stat["sleep_cycle_time"] = []
    if cycles:
        stat["sleep_cycle"] = (2 * EPOCH_S * group_ends[-1] + cycles) // (2 * cycles)  # rounded half up
        stat["sleep_cycle_time"] = [onset_s, *[onset_s + EPOCH_S * end for end in group_ends]]


# What `round` makes of each two-hundredth and of what lies between it and the next, in hundredths: rounding every
# share itself takes several times as long as finding where it lies.
_HUNDREDTHS = tuple(round(round(place / 400, 2) * 100) for place in range(401))


def _hundredth(part: int, whole: int) -> int:
    """round(part / whole, 2) in hundredths, for parts that are no larger than the whole."""
    below, above = 200 * part // whole, -(-200 * part // whole)
    return _HUNDREDTHS[below + above]


def _hundredths(by_stage: list[int], period: int) -> list[int]:
    """Shares of the sleep period in hundredths that add up to 100."""
    shares = [_hundredth(epochs, period) for epochs in by_stage]
    while (missing := 100 - sum(shares)) != 0:
        step = 1 if missing > 0 else -1
        # A stage that did not occur keeps its zero.
        for code in _CORRECTION_ORDER:
            if by_stage[code] > 0 and shares[code] + step >= 0:
                shares[code] += step
                break
    return shares


def _sleep_index(*, sleep_s: int, efficiency: float, awakenings: int) -> int:
    """Our own stand-in, 50 to 100: the vendor's formula is not public.

    Half the range for duration (full from 8 h), a third for efficiency (none at 0.6, full at 1), the rest
    for awakenings (full with at most 5, none from 35).
    """
    duration = min(sleep_s / (8 * 3600), 1.0)
    quality = min(max((efficiency - 0.6) / 0.4, 0.0), 1.0)
    calm = min(max((35 - awakenings) / 30, 0.0), 1.0)
    return 50 + round(50 * (0.5 * duration + 0.33 * quality + 0.17 * calm))


_ZEROS: Final[Stat] = dict.fromkeys(
    (
        *("time_in_sleep_period", "time_in_sleep", "time_in_wake", "time_in_light", "time_in_deep"),
        *("time_in_rem", "waso_count", "longest_waso", "sleep_cycle_count"),
    ),
    0,
)


def _never_slept(night: _Night) -> Stat:
    in_bed = {"time_in_bed": night.end_s - night.start_s, "sleep_efficiency": 0.0, "sleep_cycle_time": []}
    return _FORM | _ZEROS | in_bed
