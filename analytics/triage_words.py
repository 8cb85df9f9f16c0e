"""The sentences of triage: what moved, by how much, and on how many nights it rests."""

import math
from collections.abc import Callable
from typing import Final

from analytics import wording
from analytics.shifts import (
    BEFORE_DAYS,
    MINIMUM_BEFORE,
    MINIMUM_RECENT,
    RECENT_DAYS,
    Metric,
    Shifts,
)

HOW_TO_READ: Final = (
    "A shift is counted in units of the person's own night-to-night spread; it is not a p value, "
    "and says nothing of why."
)


def moved(metric: Metric, shift: Shifts, at: int) -> str:
    """What moved for person number `at`, with both medians, their nights, and the night-to-night spread."""
    now, usual = (written(metric, float(values[at])) for values in (shift.recent, shift.before))
    change = float(shift.delta[at])
    if metric.kind == "duration":
        by = wording.signed_duration(change)
    elif metric.kind == "clock":
        by = f"{wording.duration(abs(change))} {'later' if change > 0 else 'earlier'}"
    else:
        by = wording.signed_quantity(change, "points")
    nights = wording.plural(int(shift.nights_recent[at]), "night")
    before = wording.plural(int(shift.nights_before[at]), "night")
    return (
        f"{metric.label}: median {now} in the last {RECENT_DAYS} days ({nights}), {usual} in the {BEFORE_DAYS} before "
        f"({before}): {by}, {wording.number(abs(float(shift.z[at])))} times the night-to-night spread of "
        f"{spread(metric, float(shift.scale[at]))}."
    )


def written(metric: Metric, value: float) -> str:
    """A value of a metric as readers see it."""
    if metric.kind == "duration":
        return wording.duration(value)
    if metric.kind == "clock":
        return wording.clock(value)
    return wording.percent(value, 1) if metric.kind == "percent" else wording.number(value)


def spread(metric: Metric, scale: float) -> str:
    """A night-to-night spread, or a threshold, as readers see it."""
    return (
        wording.duration(scale) if metric.kind in {"duration", "clock"} else wording.quantity(scale, "points")
    )


def too_few(before: int, recent: int) -> str:
    """Why there is no shift: how many nights there are of how many needed."""
    return (
        f"Insufficient data: {wording.of(before, BEFORE_DAYS)} nights before (needs {MINIMUM_BEFORE}), "
        f"{wording.of(recent, RECENT_DAYS)} in the last days (needs {MINIMUM_RECENT})."
    )


def _no_data(days: float) -> str:
    if math.isnan(days):
        return "Nothing has been recorded yet."
    return f"Nothing was recorded for {wording.plural(int(days), 'day')}."


LEVELS: Final[dict[str, tuple[str, Callable[[float], str]]]] = {
    "short_sleep": (
        "mean_tst_min",
        lambda minutes: (
            f"Asleep {wording.duration(minutes)} a night on average in the last {RECENT_DAYS} days, under 6\u00a0h."
        ),
    ),
    "low_efficiency": (
        "mean_se_pct",
        lambda value: (
            f"Efficiency {wording.percent(value, 1)} on average in the last {RECENT_DAYS} days, under 75\u00a0%."
        ),
    ),
    "no_data": ("stale_days", _no_data),
    "much_unknown": (
        "unknown_share",
        lambda share: (
            f"{wording.percent(100 * share)} of the recordings of the last {RECENT_DAYS} days is missing."
        ),
    ),
}
"""Flag on a level -> the column that it is about, and its sentence."""
