"""The vendor's statistics, normalised: units in the names, efficiency a ratio, cycles a count and times."""

import math
import operator
from datetime import datetime
from typing import Any, Final

from asleep import models, wire
from asleep.moments import clock_s, moment_in, shifted, utc

EFFICIENCY_TOLERANCE: Final = 0.02
"""Served and recomputed efficiency may differ by this much (rounding); beyond it the seconds are believed."""

_CONTRACT_NAMES: Final = {
    field: {"sleep_efficiency_ratio": "sleep_efficiency"}.get(field, field.removesuffix("_s"))
    for field in models.Figures.__struct_fields__
}

_read_figures: Final = operator.attrgetter(*_CONTRACT_NAMES.values())
_STAT: Final = wire.Stat.__struct_fields__


def says_nothing(raw: wire.Stat) -> bool:
    """Whether no statistic at all was served; the older shape lists sessions by id alone."""
    return all(getattr(raw, name) is None for name in _STAT)


def session_stat(raw: wire.Stat, *, start: datetime | None, end: datetime | None) -> models.SessionStat:
    """The statistics of one session, from onset and end of its recording where a moment has to be derived.

    An efficiency above 1 is a percentage; one that is then more than `EFFICIENCY_TOLERANCE` away from
    time_in_sleep / time_in_bed is replaced by it and marked; one outside 0 to 1 that cannot be recomputed is
    None (contract README, section 2, rows 1 to 3).

    Raises:
        MalformedAnswer: a time of a cycle lies outside the calendar.
    """
    figures = _figures(raw)
    recomputed = _other_efficiency(
        served=_ratio(raw.sleep_efficiency), asleep_s=raw.time_in_sleep, in_bed_s=raw.time_in_bed
    )
    if recomputed is not None:
        figures["sleep_efficiency_ratio"] = recomputed
    # Without sleep the latencies mean nothing, whatever was served: no moment follows from them.
    slept = raw.time_in_sleep is None or raw.time_in_sleep > 0
    backwards = None if raw.wakeup_latency is None else -raw.wakeup_latency
    return models.SessionStat(
        **figures,
        sleep_time=moment_in(raw.sleep_time) or (shifted(start, raw.sleep_latency) if slept else None),
        wake_time=moment_in(raw.wake_time) or (shifted(end, backwards) if slept else None),
        sleep_cycle_times=_cycle_times(raw),
        breathing_pattern=raw.breathing_pattern,
        sleep_efficiency_recomputed=recomputed is not None,
    )


def _figures(raw: wire.Figures) -> dict[str, Any]:
    figures = dict(zip(_CONTRACT_NAMES, _read_figures(raw), strict=True))
    served = _ratio(raw.sleep_efficiency)
    figures["sleep_efficiency_ratio"] = served if served is None or 0 <= served <= 1 else None
    if isinstance(raw.sleep_cycle, list):
        count = len(raw.sleep_cycle)
        lengths = [_seconds_between(cycle) for cycle in raw.sleep_cycle]
        figures["sleep_cycle_s"] = sum(lengths) / count if count else None
        if raw.sleep_cycle_count is None:
            figures["sleep_cycle_count"] = float(count)
    return figures


def _seconds_between(cycle: wire.Cycle) -> float:
    start, end = _cycle_span(cycle)
    return (end - start).total_seconds()


def _cycle_span(cycle: wire.Cycle) -> tuple[datetime, datetime]:
    return utc(cycle.start_time, "start_time of a cycle"), utc(cycle.end_time, "end_time of a cycle")


def _ratio(served: float | None) -> float | None:
    return served / 100 if served is not None and served > 1 else served


def _other_efficiency(
    *, served: float | None, asleep_s: float | None, in_bed_s: float | None
) -> float | None:
    """The efficiency that the seconds give, where it contradicts the served one; None where they agree."""
    if served is None or asleep_s is None or not in_bed_s:
        return None
    recomputed = asleep_s / in_bed_s
    contradicts = math.isfinite(recomputed) and abs(served - recomputed) > EFFICIENCY_TOLERANCE
    return recomputed if contradicts else None


def _cycle_times(raw: wire.Stat) -> tuple[datetime, ...]:
    times: list[datetime | None]
    if isinstance(raw.sleep_cycle, list) and raw.sleep_cycle:
        times = [_cycle_span(raw.sleep_cycle[0])[0], *(_cycle_span(cycle)[1] for cycle in raw.sleep_cycle)]
    else:
        times = [moment_in(entry) for entry in raw.sleep_cycle_time or ()]
    # One newer text of the vendor calls the entries durations; a list that is not all moments says nothing.
    return tuple(time for time in times if time) if all(times) else ()


def average_figures(raw: wire.Averages) -> models.AverageFigures:
    """The means of a period; identities between means are not checked, because the vendor's own do not hold.

    Raises:
        MalformedAnswer: a time of day is not one.
    """
    return models.AverageFigures(
        **_figures(raw),
        start_clock_s=clock_s(raw.start_time, "result.average_stats.start_time"),
        end_clock_s=clock_s(raw.end_time, "result.average_stats.end_time"),
        sleep_clock_s=clock_s(raw.sleep_time, "result.average_stats.sleep_time"),
        wake_clock_s=clock_s(raw.wake_time, "result.average_stats.wake_time"),
    )
