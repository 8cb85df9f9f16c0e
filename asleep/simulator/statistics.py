"""The statistics the vendor sends with a session, computed from its stages by section 4 of the contract."""

from typing import Any

import numpy as np
import numpy.typing as npt

Stages = npt.NDArray[np.int8]
Stat = dict[str, Any]

EPOCH_S = 30
UNKNOWN, WAKE, LIGHT, DEEP, REM = -1, 0, 1, 2, 3

# Contract, section 4: REM entries at most this far apart are one group; a group counts from this size up.
REM_GROUP_GAP_EPOCHS = 20
REM_GROUP_SIZE_EPOCHS = 20

# The order in which one share is moved so that the four add up to 1.
_CORRECTION_ORDER = ("light", "rem", "deep", "wake")


def vendor_statistics(stages: Stages, snoring: Stages | None, *, start_s: int, end_s: int) -> Stat:
    """Statistics of one analysed session, in the contract's field order.

    Seconds are whole; ratios have two decimals, halves to even. `sleep_time`, `wake_time` and the entries of
    `sleep_cycle_time` are instants in seconds since 1970, for the payload to render in a zone. Entries of -1
    belong to no stage: they end a wake run and count as a non-REM entry between two REM groups. Without any
    sleep the form is that of NEVER_SLEPT. Snoring fields are None where `snoring` is None.
    Source: ../shared/asleep-api/README.md, section 4.
    """
    asleep = np.flatnonzero(stages > WAKE)
    if asleep.size == 0:
        return _never_slept(end_s - start_s)
    first, last = int(asleep[0]), int(asleep[-1])
    period = stages[first : last + 1]
    latency_s = first * EPOCH_S
    wakeup_latency_s = (len(stages) - 1 - last) * EPOCH_S
    onset_s = start_s + latency_s
    tib_s = end_s - start_s
    seconds = _stage_seconds(period)
    sleep_s = seconds["light"] + seconds["deep"] + seconds["rem"]
    wake_runs = _run_lengths(period == WAKE)
    snoring_in_period = None if snoring is None else (snoring[first : last + 1] == 1) & (period != UNKNOWN)
    latencies = {
        name: _latency_s(period, code) for name, code in (("light", LIGHT), ("deep", DEEP), ("rem", REM))
    }
    cycles = _cycle_fields(period, onset_s)
    awakenings = len(wake_runs)
    return _in_contract_order(
        sleep_time=onset_s,
        wake_time=end_s - wakeup_latency_s,
        sleep_index=_sleep_index(sleep_s=sleep_s, efficiency=sleep_s / tib_s, awakenings=awakenings),
        sleep_latency=latency_s,
        wakeup_latency=wakeup_latency_s,
        light_latency=latencies["light"],
        deep_latency=latencies["deep"],
        rem_latency=latencies["rem"],
        time_in_bed=tib_s,
        time_in_sleep_period=sleep_s + seconds["wake"],
        time_in_sleep=sleep_s,
        time_in_wake=seconds["wake"],
        time_in_light=seconds["light"],
        time_in_deep=seconds["deep"],
        time_in_rem=seconds["rem"],
        sleep_efficiency=round(sleep_s / tib_s, 2),
        waso_count=awakenings,
        longest_waso=int(wake_runs.max(initial=0)) * EPOCH_S,
        **_ratios(seconds),
        **_snoring_fields(snoring_in_period, sleep_s + seconds["wake"]),
        **cycles,
    )


def _stage_seconds(period: Stages) -> dict[str, int]:
    counts = np.bincount(period + 1, minlength=5)  # shifted by one because -1 is a code
    return {name: int(counts[code + 1]) * EPOCH_S for name, code in _CODES.items()}


_CODES = {"wake": WAKE, "light": LIGHT, "deep": DEEP, "rem": REM}


def _run_lengths(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    return edges[1::2] - edges[::2]


def _latency_s(period: Stages, code: int) -> int | None:
    found = np.flatnonzero(period == code)
    return int(found[0]) * EPOCH_S if found.size else None


def _ratios(seconds: dict[str, int]) -> dict[str, float]:
    total_s = sum(seconds.values())
    hundredths = {name: round(round(value / total_s, 2) * 100) for name, value in seconds.items()}
    while (missing := 100 - sum(hundredths.values())) != 0:
        step = 1 if missing > 0 else -1
        # A stage that did not occur keeps its zero.
        moved = next(name for name in _CORRECTION_ORDER if seconds[name] > 0 and hundredths[name] + step >= 0)
        hundredths[moved] += step
    ratios = {f"{name}_ratio": value / 100 for name, value in hundredths.items()}
    return {"sleep_ratio": (100 - hundredths["wake"]) / 100, **ratios}


def _snoring_fields(snoring: npt.NDArray[np.bool_] | None, period_s: int) -> dict[str, int | float | None]:
    if snoring is None:
        return {}
    snoring_s = int(np.count_nonzero(snoring)) * EPOCH_S
    hundredths = round(round(snoring_s / period_s, 2) * 100)
    return {
        "time_in_snoring": snoring_s,
        "time_in_no_snoring": period_s - snoring_s,
        "snoring_ratio": hundredths / 100,
        "no_snoring_ratio": (100 - hundredths) / 100,
        "snoring_count": len(_run_lengths(snoring)),
    }


def _cycle_fields(period: Stages, onset_s: int) -> dict[str, Any]:
    rem = np.flatnonzero(period == REM)
    breaks = np.flatnonzero(np.diff(rem) > REM_GROUP_GAP_EPOCHS + 1) + 1
    groups = [group for group in np.split(rem, breaks) if group.size >= REM_GROUP_SIZE_EPOCHS]
    if not groups:
        return {"sleep_cycle_count": 0, "sleep_cycle": None, "sleep_cycle_time": []}
    ends_s = [int(group[-1]) * EPOCH_S for group in groups]
    return {
        "sleep_cycle_count": len(groups),
        "sleep_cycle": (2 * ends_s[-1] + len(groups)) // (2 * len(groups)),  # rounded half up
        "sleep_cycle_time": [onset_s, *(onset_s + end_s for end_s in ends_s)],
    }


def _sleep_index(*, sleep_s: int, efficiency: float, awakenings: int) -> int:
    """Our own stand-in, 50 to 100: the vendor's formula is not public.

    Half the range for duration (full from 8 h), a third for efficiency (none at 0.6, full at 1), the rest
    for awakenings (full with at most 5, none from 35).
    """
    duration = min(sleep_s / (8 * 3600), 1.0)
    quality = min(max((efficiency - 0.6) / 0.4, 0.0), 1.0)
    calm = min(max((35 - awakenings) / 30, 0.0), 1.0)
    return 50 + round(50 * (0.5 * duration + 0.33 * quality + 0.17 * calm))


def _never_slept(tib_s: int) -> Stat:
    zeros = (
        "time_in_sleep_period",
        "time_in_sleep",
        "time_in_wake",
        "time_in_light",
        "time_in_deep",
        "time_in_rem",
    )
    counts = ("waso_count", "longest_waso", "sleep_cycle_count")
    return _in_contract_order(
        time_in_bed=tib_s,
        sleep_efficiency=0.0,
        sleep_cycle_time=[],
        **dict.fromkeys((*zeros, *counts), 0),
    )


_FIELDS = (
    "sleep_time",
    "wake_time",
    "sleep_index",
    "sleep_latency",
    "wakeup_latency",
    "light_latency",
    "deep_latency",
    "rem_latency",
    "time_in_bed",
    "time_in_sleep_period",
    "time_in_sleep",
    "time_in_wake",
    "time_in_light",
    "time_in_deep",
    "time_in_rem",
    "time_in_stable_breath",
    "time_in_unstable_breath",
    "time_in_snoring",
    "time_in_no_snoring",
    "sleep_efficiency",
    "sleep_ratio",
    "wake_ratio",
    "light_ratio",
    "deep_ratio",
    "rem_ratio",
    "stable_breath_ratio",
    "unstable_breath_ratio",
    "snoring_ratio",
    "no_snoring_ratio",
    "breathing_index",
    "breathing_pattern",
    "waso_count",
    "longest_waso",
    "sleep_cycle_count",
    "sleep_cycle",
    "sleep_cycle_time",
    "unstable_breath_count",
    "snoring_count",
)


def _in_contract_order(**values: object) -> Stat:
    # Breathing stays None: the simulated contract is without the breathing analysis (NO_BREATHING_STABILITY).
    return {name: values.get(name) for name in _FIELDS}
