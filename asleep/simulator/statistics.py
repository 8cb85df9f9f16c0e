"""The statistics the vendor sends with a session, computed from the stages of many by section 4 of the contract."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Stages = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int64]
Stat = dict[str, Any]

EPOCH_S = 30
UNKNOWN, WAKE, LIGHT, DEEP, REM = -1, 0, 1, 2, 3

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
    first, last = _sleep_periods(runs, offsets)
    within = (runs.starts >= first[runs.nights]) & (runs.ends <= last[runs.nights] + 1)
    waking = np.flatnonzero(within & (runs.stages == WAKE))
    longest = np.zeros(len(first), dtype=np.int64)
    np.maximum.at(longest, runs.nights[waking], runs.lengths[waking])
    columns = zip(
        (first - offsets[:-1]).tolist(),
        (offsets[1:] - 1 - last).tolist(),
        _epochs_by_stage(runs, within, len(first)).tolist(),
        np.bincount(runs.nights[waking], minlength=len(first)).tolist(),
        longest.tolist(),
        (np.stack([_first_of(runs, code, first) for code in (LIGHT, DEEP, REM)], axis=1)).tolist(),
        _rem_group_ends(runs, first),
        [None] * len(first) if snoring is None else _snored(values, snoring, first, last),
        start_s,
        end_s,
        strict=True,
    )
    nights = map(_Night._make, columns)
    return [_stat(night) if any(night.by_stage[LIGHT:]) else _never_slept(night) for night in nights]


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """The nights as runs of one stage, in order; `starts` and `ends` (half-open) are places in all the values."""

    stages: Stages
    starts: Counts
    ends: Counts
    nights: Counts

    @property
    def lengths(self) -> Counts:
        """Epochs of each run."""
        return self.ends - self.starts


def runs_of(values: Stages, offsets: Counts) -> Runs:
    """The runs of many nights; a run ends where its night does."""
    begins = np.empty(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    begins[offsets[:-1][offsets[:-1] < len(values)]] = True
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(values))[: len(starts)]
    # An empty night has no run: the next night's first run counts for both.
    firsts = np.bincount(np.searchsorted(starts, offsets[:-1]), minlength=len(starts) + 1)
    return Runs(stages=values[starts], starts=starts, ends=ends, nights=np.cumsum(firsts)[: len(starts)] - 1)


def _sleep_periods(runs: Runs, offsets: Counts) -> tuple[Counts, Counts]:
    """First and last epoch of sleep of each night, the last before the first where there is none."""
    first, last = offsets[1:].copy(), offsets[:-1] - 1
    asleep = np.flatnonzero(runs.stages > WAKE)
    # Of values assigned to one place, the last one stays.
    first[runs.nights[asleep[::-1]]] = runs.starts[asleep[::-1]]
    last[runs.nights[asleep]] = runs.ends[asleep] - 1
    return first, last


def _epochs_by_stage(runs: Runs, within: npt.NDArray[np.bool_], nights: int) -> Counts:
    """Epochs of wake, light, deep and REM within the sleep period, [nights, 4]."""
    places = runs.nights[within] * 5 + runs.stages[within] + 1  # -1 is a code
    found = np.bincount(places, weights=runs.lengths[within], minlength=5 * nights)
    return found.astype(np.int64).reshape(nights, 5)[:, 1:]


def _first_of(runs: Runs, code: int, first: Counts) -> Counts:
    """Epochs from sleep onset to the first of a stage; -1 for none."""
    found = np.full(len(first), -1)
    of_stage = np.flatnonzero(runs.stages == code)[::-1]
    nights = runs.nights[of_stage]
    found[nights] = runs.starts[of_stage] - first[nights]
    return found


def _rem_group_ends(runs: Runs, first: Counts) -> list[list[int]]:
    """Epochs from sleep onset to the last one of each group of REM that counts, by night."""
    ends: list[list[int]] = [[] for _ in first]
    rem = np.flatnonzero(runs.stages == REM)
    if not len(rem):
        return ends
    nights = runs.nights[rem]
    apart = (np.diff(nights) > 0) | (runs.starts[rem[1:]] - runs.ends[rem[:-1]] > REM_GROUP_GAP_EPOCHS)
    begins = np.concatenate(([0], np.flatnonzero(apart) + 1))
    sizes = np.add.reduceat(runs.lengths[rem], begins)
    last_runs = np.append(begins[1:], len(rem)) - 1
    last_epochs = runs.ends[rem[last_runs]] - 1 - first[nights[begins]]
    counts = sizes >= REM_GROUP_SIZE_EPOCHS
    for night, end in zip(nights[begins[counts]].tolist(), last_epochs[counts].tolist(), strict=True):
        ends[night].append(end)
    return ends


def _snored(values: Stages, snoring: Stages, first: Counts, last: Counts) -> list[tuple[int, int]]:
    """Epochs with snoring and runs of them within each sleep period."""
    heard = (snoring == 1) & (values != UNKNOWN)
    begins = heard.copy()
    begins[1:] &= ~heard[:-1]
    asleep = first <= last
    begins[first[asleep]] = heard[first[asleep]]  # a run that began before sleep did
    edges = np.stack([first, np.maximum(last + 1, first)])
    epochs, runs = (
        np.diff(np.searchsorted(np.flatnonzero(found), edges), axis=0)[0] for found in (heard, begins)
    )
    return list(zip(epochs.tolist(), runs.tolist(), strict=True))


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


def _stat(night: _Night) -> Stat:
    wake_s, light_s, deep_s, rem_s = (EPOCH_S * epochs for epochs in night.by_stage)
    sleep_s = light_s + deep_s + rem_s
    period_s, tib_s, onset_s = (
        sleep_s + wake_s,
        night.end_s - night.start_s,
        night.start_s + EPOCH_S * night.onset,
    )
    light_latency, deep_latency, rem_latency = (
        None if found < 0 else EPOCH_S * found for found in night.latencies
    )
    efficiency = sleep_s / tib_s
    wake, light, deep, rem = _hundredths(wake_s, light_s, deep_s, rem_s)
    snoring_s = night.snored and EPOCH_S * night.snored[0]
    snoring = None if snoring_s is None else round(round(snoring_s / period_s, 2) * 100)
    group_ends = night.rem_group_ends
    cycles = len(group_ends)
    return {
        "sleep_time": onset_s,
        "wake_time": night.end_s - EPOCH_S * night.wakeup,
        "sleep_index": _sleep_index(sleep_s=sleep_s, efficiency=efficiency, awakenings=night.awakenings),
        "sleep_latency": EPOCH_S * night.onset,
        "wakeup_latency": EPOCH_S * night.wakeup,
        "light_latency": light_latency,
        "deep_latency": deep_latency,
        "rem_latency": rem_latency,
        "time_in_bed": tib_s,
        "time_in_sleep_period": period_s,
        "time_in_sleep": sleep_s,
        "time_in_wake": wake_s,
        "time_in_light": light_s,
        "time_in_deep": deep_s,
        "time_in_rem": rem_s,
        "time_in_stable_breath": None,
        "time_in_unstable_breath": None,
        "time_in_snoring": snoring_s,
        "time_in_no_snoring": None if snoring_s is None else period_s - snoring_s,
        "sleep_efficiency": round(efficiency, 2),
        "sleep_ratio": (100 - wake) / 100,
        "wake_ratio": wake / 100,
        "light_ratio": light / 100,
        "deep_ratio": deep / 100,
        "rem_ratio": rem / 100,
        "stable_breath_ratio": None,
        "unstable_breath_ratio": None,
        "snoring_ratio": None if snoring is None else snoring / 100,
        "no_snoring_ratio": None if snoring is None else (100 - snoring) / 100,
        "breathing_index": None,
        "breathing_pattern": None,
        "waso_count": night.awakenings,
        "longest_waso": EPOCH_S * night.longest_wake,
        "sleep_cycle_count": cycles,
        # Rounded half up.
        "sleep_cycle": (2 * EPOCH_S * group_ends[-1] + cycles) // (2 * cycles) if cycles else None,
        "sleep_cycle_time": [onset_s, *(onset_s + EPOCH_S * end for end in group_ends)] if cycles else [],
        "unstable_breath_count": None,
        "snoring_count": night.snored and night.snored[1],
    }


def _hundredths(wake_s: int, light_s: int, deep_s: int, rem_s: int) -> tuple[int, int, int, int]:
    """Shares of the sleep period in hundredths that add up to 100."""
    total_s = wake_s + light_s + deep_s + rem_s
    shares = [round(round(seconds / total_s, 2) * 100) for seconds in (wake_s, light_s, deep_s, rem_s)]
    while (missing := 100 - sum(shares)) != 0:
        step = 1 if missing > 0 else -1
        seconds = (wake_s, light_s, deep_s, rem_s)
        # A stage that did not occur keeps its zero.
        moved = next(code for code in _CORRECTION_ORDER if seconds[code] > 0 and shares[code] + step >= 0)
        shares[moved] += step
    return shares[WAKE], shares[LIGHT], shares[DEEP], shares[REM]


def _sleep_index(*, sleep_s: int, efficiency: float, awakenings: int) -> int:
    """Our own stand-in, 50 to 100: the vendor's formula is not public.

    Half the range for duration (full from 8 h), a third for efficiency (none at 0.6, full at 1), the rest
    for awakenings (full with at most 5, none from 35).
    """
    duration = min(sleep_s / (8 * 3600), 1.0)
    quality = min(max((efficiency - 0.6) / 0.4, 0.0), 1.0)
    calm = min(max((35 - awakenings) / 30, 0.0), 1.0)
    return 50 + round(50 * (0.5 * duration + 0.33 * quality + 0.17 * calm))


# Breathing is None everywhere: the simulated contract is without its analysis (NO_BREATHING_STABILITY).
_ZEROS = (
    *(
        "time_in_sleep_period",
        "time_in_sleep",
        "time_in_wake",
        "time_in_light",
        "time_in_deep",
        "time_in_rem",
    ),
    *("waso_count", "longest_waso", "sleep_cycle_count"),
)


def _never_slept(night: _Night) -> Stat:
    zeros: Stat = dict.fromkeys(_ZEROS, 0)
    known = zeros | {
        "time_in_bed": night.end_s - night.start_s,
        "sleep_efficiency": 0.0,
        "sleep_cycle_time": [],
    }
    some_night = _stat(night._replace(by_stage=[0, 1, 0, 0]))
    return {name: known.get(name) for name in some_night}
