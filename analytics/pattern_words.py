"""What a person's patterns say in words: each finding is computed, and says so when nothing is clear."""

import math
from typing import Final

from analytics import wording
from analytics.change_points import ChangePoints
from analytics.patterns import STAGE_COLUMNS, Patterns
from analytics.trends import MINIMUM_NIGHTS, MINIMUM_SPAN_DAYS
from analytics.weekdays import FreeMinusWork

__all__ = ["changes", "method", "weekdays_title", "weeks_title"]

FREE_DAYS_MATTER_MIN: Final = 30.0
"""Free days that differ by less in time asleep are told as no clear difference: SPEC 5.8's practical change [P]."""
_STAGES: Final = {"deep_min": "deep sleep", "light_min": "light sleep", "rem_min": "REM"}


def weeks_title(found: Patterns) -> str:
    """Which stages are going up or down over the weeks, and which are not."""
    if all(found.stages[name].verdict == "too few" for name in STAGE_COLUMNS):
        nights = wording.plural(found.asleep.nights, "night")
        return f"{nights}: too few to say how stages move"
    moved = [
        f"{_STAGES[name]} is {found.stages[name].verdict}"
        for name in STAGE_COLUMNS
        if found.stages[name].verdict in {"rising", "falling"}
    ]
    weeks = wording.plural(max(1, round(found.asleep.span_days / 7)), "week")
    if not moved:
        return f"No clear trend in deep, light or REM sleep over {weeks}"
    sentence = " and ".join(moved)
    return f"{sentence[0].upper()}{sentence[1:]} over {weeks}"


def weekdays_title(found: Patterns) -> str:
    """How nights that end on free days differ from those that end on working days, in length."""
    free = found.free_asleep
    if math.isnan(free.median_difference):
        return "Too few nights to tell free from working days"
    if math.isnan(free.low):
        return f"Free and working days: {wording.plural(free.free + free.work, 'night')}, too few for an interval"
    if free.low <= 0 <= free.high or abs(free.median_difference) < FREE_DAYS_MATTER_MIN:
        return f"No clear difference in time asleep between {_free_days(free)} and working days"
    way = "longer" if free.median_difference > 0 else "shorter"
    by = wording.duration(abs(free.median_difference))
    return f"Sleep is {by} {way} on {_free_days(free)} than on working days"


def changes(found: ChangePoints) -> str:
    """The lasting changes of level as a sentence; "" where there is none."""
    told = [
        f"from {wording.day(step.first_after.date(), weekday=False, short=True)} on "
        f"{wording.signed_duration(step.shift)} ({wording.number(step.nights_before, 0)} nights before, "
        f"{wording.number(step.nights_after, 0)} after)"
        for step in found.steps
    ]
    return f"Dotted: lasting change of level, {'; '.join(told)}." if told else ""


def method(found: Patterns) -> str:
    """How everything was computed, with what it rests on."""
    weeks = f"{wording.span(found.first, found.last)}, valid main sleeps"
    gate = f"{MINIMUM_NIGHTS} nights over {MINIMUM_SPAN_DAYS} days, p under 0.05 and a change that matters"
    level = "one is shown from 30 min on, between levels of 14 nights or more, unless a straight line tells it as well"
    sentences = (
        f"Weeks looked at: {weeks}.",
        f"A trend (Theil and Sen, tested after Mann and Kendall) takes {gate}.",
        "Smooth line: local regression over the nearest half of the nights (LOWESS), nowhere beyond them.",
        f"Change of level: {found.changes.reason}; {level}.",
        f"Free days: {found.free_asleep.reason}; median difference with a bootstrap interval, exploratory.",
        f"Sleep debt: {found.debt.reason}; a convention, not a measurement.",
        f"Social jetlag: {found.chronotype.reason}.",
        "Nights of a journey are left out wherever hours are judged.",
    )
    return " ".join(sentences)


def _free_days(free: FreeMinusWork) -> str:
    return "Saturdays and Sundays" if free.basis == "weekends" else "free days"
