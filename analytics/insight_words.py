"""The sentences of insights: numbers, nights, and questions; no cause, no condition, no instruction."""

import math
from typing import Final

from analytics import wording
from analytics.shifts import BEFORE_DAYS, RECENT_DAYS, Metric
from analytics.standing import Standing
from analytics.trends import Trend
from analytics.triage_words import least_spread, spread, written
from analytics.weekdays import FreeMinusWork

ASK_WHAT_DIFFERED: Final = f"A question for the conversation: what was different in these {RECENT_DAYS} days?"
COMPARE_WEEKS: Final = (
    "Look at the first and the last of these weeks side by side, and ask what changed in between."
)
LOOK_AT_TIMES: Final = "Look at the times of these nights together, and ask which of them were chosen."
COMPARE_DAYS: Final = "Look at nights before free days and before working days side by side."
LOOK_AT_RECORDINGS: Final = (
    "Look first whether these recordings hold all of the sleep, naps too; then ask how the days felt."
)
IRREGULAR_SOURCE: Final = "Told from 65\u00a0min on (PMC9992262, table 2). Defined under Regularity."
FREE_DAYS_SOURCE: Final = "Told from 1\u00a0h on, our own choice. Defined under Days of the week."
SHORT_SOURCE: Final = "Told below 6\u00a0h, our own choice. Defined under Triage."


def moved(metric: Metric, *, before: float, recent: float, by: float) -> str:
    """The last 7 days beside the 28 before, with the difference."""
    now, usual = written(metric, recent), written(metric, before)
    return (
        f"{metric.label}, median night: {now} in the last {RECENT_DAYS} days, {difference(metric, by)} than in the "
        f"{BEFORE_DAYS} before ({usual})."
    )


def moved_evidence(
    metric: Metric, *, z: float, mad: float, scale: float, nights: tuple[int, int], place: Standing | None
) -> str:
    """The nights of both windows, the shift in units of the spread that counts, and the place in the cohort."""
    recent, before = (wording.plural(count, "night") for count in nights)
    unit = (
        least_spread(metric, scale)
        if scale > mad
        else f"the person's night-to-night spread of {spread(metric, scale)}"
    )
    text = f"{recent} against {before}; {wording.number(abs(z))} times {unit}; not a p value."
    return f"{text} {standing_text(metric, place)}".strip() if place is not None else text


def standing_text(metric: Metric, place: Standing) -> str:
    """The place in the cohort: `These nights lie above those of 84 % of 28 others.`; "" where there is none."""
    if place.reason or math.isnan(place.percentile):
        return ""
    others = wording.plural(place.people - place.with_person, "other")
    way = "later than" if metric.kind == "clock" else "above"
    return f"These nights lie {way} those of {wording.percent(place.percentile)} of {others}."


def trended(metric: Metric, change: float, span_days: int) -> str:
    """How far a metric went over the span of its trend."""
    days = wording.plural(span_days, "day")
    return f"{metric.label}: {difference(metric, change)} at the end of {days} than at the start."


def trend_evidence(metric: Metric, trend: Trend) -> str:
    """The slope a week with its interval, and the nights."""
    low, high = (_change(metric, edge) for edge in (trend.low_per_week, trend.high_per_week))
    return (
        f"Slope {_change(metric, trend.slope_per_week)} a week (95\u00a0% interval {low} to {high}), "
        f"{wording.plural(trend.nights, 'night')}."
    )


def irregular(sd_min: float, usual_sd_min: float, days: int) -> str:
    """How much mid-sleep varied in the last days, and how much it usually does."""
    usual = "" if math.isnan(usual_sd_min) else f", usually {wording.duration(usual_sd_min)}"
    return (
        f"Mid-sleep varied by {wording.duration(sd_min)} (standard deviation) in the last {days} days{usual}."
    )


def counted(nights: int, days: int, caution: str) -> str:
    """How many nights of the period a figure rests on: `6 of 7 nights.`, with the gate's words."""
    return f"{wording.of(nights, days)} nights{f' ({caution})' if caution else ''}."


def free_days(what: str, minutes: float, basis: str) -> str:
    """How free days differ from working days."""
    name, up, down = (
        ("Mid-sleep", "later", "earlier") if what == "midsleep_clock_h" else ("Sleep", "longer", "shorter")
    )
    days = "free days" if basis == "work calendar" else "Saturdays and Sundays (standing in for free days)"
    return f"{name} is {wording.duration(abs(minutes))} {up if minutes > 0 else down} on {days} than on working days."


def free_days_evidence(difference_: FreeMinusWork) -> str:
    """The interval of the difference, and the nights of each kind."""
    low, high = (wording.signed_duration(edge) for edge in (difference_.low, difference_.high))
    return (
        f"95\u00a0% interval {low} to {high}; {wording.plural(difference_.free, 'night')} before free days, "
        f"{wording.number(difference_.work, 0)} before working days; exploratory."
    )


def short(mean_tst_min: float, days: int) -> str:
    """The mean time asleep of short nights."""
    return f"Asleep {wording.duration(mean_tst_min)} a night on average in the last {days} days."


def source(definition: str, metric: Metric, threshold: float) -> str:
    """From which size on it is told, and the entry of the definitions."""
    return f"Told from {spread(metric, threshold)} on, our own choice. Defined under {definition}."


def difference(metric: Metric, by: float) -> str:
    """A change in words that end before "than": `40 min less`, `1 h later`, `5 points higher`."""
    up = by > 0
    if metric.kind == "clock":
        return f"{wording.duration(abs(by))} {'later' if up else 'earlier'}"
    if metric.kind == "duration":
        return f"{wording.duration(abs(by))} {'more' if up else 'less'}"
    size = wording.signed_quantity(abs(by), "points").removeprefix("+")
    return f"{size} {'higher' if up else 'lower'}"


def _change(metric: Metric, value: float) -> str:
    if metric.kind in {"clock", "duration"}:
        return wording.signed_duration(value)
    return wording.signed_quantity(value, "points")
