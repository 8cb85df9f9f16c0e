"""What in a session contradicts itself: figures of the vendor that cannot be, stages that do not fit their session.

Nothing here leaves a sleep out: ours is computed from the stages, and the vendor's stands beside it (SPEC 7.1, 7.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.rules import DEFAULT_RULES, ValidNight
from analytics.stages import EPOCH_S

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

# Ratios come with two decimals; a rounding error above 1 is none.
_ABOVE_ONE = 1 + 1e-6


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """The figures that follow from the vendor's others, beside which the served ones can be put.

    Attributes:
        efficiency_pct: 100 * time asleep / time in bed; NaN without time in bed.
        period_s: time in bed less the wake before and after the sleep period.
        mismatch_s: the sleep period as served less `period_s`; 0 where the figures agree.
        wake_ratio: wake inside the sleep period as a share of it; NaN without one.
        is_sleep_and_wake: whether the sleep period is sleep and wake together, within the tolerance.
    """

    efficiency_pct: float
    period_s: float
    mismatch_s: float
    wake_ratio: float
    is_sleep_and_wake: bool


def implausible_figures(vendor: Mapping[str, Floats], rules: ValidNight = DEFAULT_RULES) -> dict[str, Flags]:
    """Per code of a reason, in which sessions the vendor's figures cannot all be true.

    A figure that it did not send is not judged.

    Args:
        vendor: the `vendor_` columns of `SESSION_COLUMNS`, in seconds and ratios.
        rules: `vendor_tolerance_s`.
    """

    def of(name: str) -> Floats:
        return vendor[f"vendor_{name}"]

    asleep, tolerance = of("time_in_sleep_s"), rules.vendor_tolerance_s
    stages = of("time_in_light_s") + of("time_in_deep_s") + of("time_in_rem_s")
    return {
        "VENDOR_SLEEP_OVER_BED": asleep > of("time_in_bed_s") + tolerance,
        "VENDOR_NEGATIVE_LATENCY": (of("sleep_latency_s") < 0) | (of("wakeup_latency_s") < 0),
        "VENDOR_STAGE_SUM": np.abs(stages - asleep) > tolerance,
        "VENDOR_EFFICIENCY": of("sleep_efficiency_ratio") > _ABOVE_ONE,
    }


def epoch_mismatch(epochs: Counts, elapsed_s: Floats, rules: ValidNight = DEFAULT_RULES) -> dict[str, Flags]:
    """Where stages of 30 s do not fit the time between start and end, and where epochs of another length would.

    `EPOCH_MISMATCH` is a difference of more than 60 s; `EPOCH_LENGTH` besides a mean length of an epoch that is more
    than 1 s from 30 s, as when stages come every 15 or 60 s, or a part of them is missing.

    Args:
        epochs: number of stages of each session.
        elapsed_s: seconds between its instants of start and end, never between wall clocks.
        rules: `epoch_mismatch_s`, `epoch_length_tolerance_s`.
    """
    mismatch = np.abs(epochs * EPOCH_S - elapsed_s) > rules.epoch_mismatch_s
    away = np.abs(elapsed_s - epochs * EPOCH_S) > rules.epoch_length_tolerance_s * epochs
    return {"EPOCH_MISMATCH": mismatch, "EPOCH_LENGTH": mismatch & away}


def recomputed(
    *,
    time_in_bed_s: float,
    sleep_latency_s: float,
    wakeup_latency_s: float,
    time_in_sleep_period_s: float,
    time_in_sleep_s: float,
    time_in_wake_s: float,
    rules: ValidNight = DEFAULT_RULES,
) -> Recomputed:
    """What the vendor's durations say its other figures should be (definitions of the vendor: asleep-api README).

    In bed is latency, sleep period and final wake; the sleep period is sleep and the wake inside it. Means over several
    sessions need not obey this, because each may be over other sessions.
    """
    period = time_in_bed_s - sleep_latency_s - wakeup_latency_s
    return Recomputed(
        efficiency_pct=100 * time_in_sleep_s / time_in_bed_s if time_in_bed_s > 0 else float("nan"),
        period_s=period,
        mismatch_s=time_in_sleep_period_s - period,
        wake_ratio=time_in_wake_s / time_in_sleep_period_s if time_in_sleep_period_s > 0 else float("nan"),
        is_sleep_and_wake=abs(time_in_sleep_period_s - time_in_sleep_s - time_in_wake_s)
        <= rules.vendor_tolerance_s,
    )
