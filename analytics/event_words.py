"""What averages around an event say in words: the finding, how to read the marks, how they came about."""

import math
from typing import TYPE_CHECKING, Final, Literal

from analytics import wording
from analytics.cohorts import ENOUGH_PEOPLE, MINIMUM_PEOPLE
from analytics.event_weeks import Window
from analytics.reliability import WEEK_DAYS, least_nights
from analytics.shifts import Metric
from analytics.trends import SIGNIFICANT_P
from analytics.wording import NBSP

if TYPE_CHECKING:
    from analytics.event_aligned import EventAligned

NOUNS: Final = {
    "tst_min": ("time asleep", "longer", "shorter"),
    "se_pct": ("efficiency", "higher", "lower"),
    "midsleep_clock_h": ("mid-sleep", "later", "earlier"),
    "waso_min": ("time awake after onset", "longer", "shorter"),
    "score": ("score", "higher", "lower"),
}
"""Per metric what it is called in a sentence, and what more and less of it are."""


def amount(metric: Metric, value: float, *, signed: bool = True) -> str:
    """A difference as it is printed: `+32 min`, `−3.5 points`; unsigned `32 min`."""
    if metric.kind in {"duration", "clock"}:
        return wording.signed_duration(value) if signed else wording.duration(abs(value))
    text = wording.signed_quantity(value if signed else abs(value), "points")
    return text if signed else text.removeprefix("+")


def interval(metric: Metric, low: float, high: float) -> str:
    """The ends of an interval: `+10 min to +54 min`; "" where there is none."""
    return "" if math.isnan(low) else f"{amount(metric, low)} to {amount(metric, high)}"


def direction(found: "EventAligned") -> Literal["up", "down", "unclear"]:
    """See `EventAligned.direction`."""
    low, high = (
        _printed(found.metric, edge) for edge in (found.change.difference.low, found.change.difference.high)
    )
    if not found.change.p_adjusted < SIGNIFICANT_P:
        return "unclear"
    return "up" if low > 0 else "down" if high < 0 else "unclear"


def title(found: "EventAligned") -> str:
    """See `EventAligned.title`."""
    noun, more, less = NOUNS[found.metric.name]
    when = f"in the first {_days(found.change.days)} of {found.phase}"
    people = found.change.people
    if not found.starts:
        return f"Nobody has a start of {found.phase}"
    if not found.people:
        return f"Nobody has enough nights before and after the start of {found.phase}"
    if people < MINIMUM_PEOPLE:
        return f"{wording.plural(people, 'person', 'people')}: too few for an average around the start of {found.phase}"
    value = found.change.difference.value
    if math.isnan(found.change.p):
        return f"Everybody's {noun} changed alike {when}: {amount(found.metric, value)}"
    way = direction(found)
    if way == "unclear":
        return f"No clear change in {noun} {when}"
    size = amount(found.metric, value, signed=False)
    return f"{noun.capitalize()} {size} {more if way == 'up' else less} {when}"


def caption(found: "EventAligned") -> str:
    """See `EventAligned.caption`."""
    window, steps = found.window, found.steps
    unit = window.step
    if not found.people:
        return _flow(found)
    before = span_before(window)
    if steps["mean"].isna().all():
        marks = f"Dots: people's differences from their own {before} before; too few people for a mean."
    else:
        marks = (
            f"Line: mean of people's differences from their own {before} before; band: its 95{NBSP}% interval over "
            f"people, each {unit} by itself; broken where fewer than {MINIMUM_PEOPLE} people have a value."
        )
    parts = (marks, _flow(found), _behind(found), _change_words(found))
    return " ".join(part for part in parts if part)


def method(found: "EventAligned") -> str:
    """See `EventAligned.method`."""
    window = found.window
    if window.step == "week":
        value = f"mean of a week (from {window.nights_a_step} of {WEEK_DAYS} valid nights)"
    else:
        value = "valid night"
    kind = (
        "circular mean, differences the short way round the clock; " if found.metric.kind == "clock" else ""
    )
    score = (
        "; a night's score holds the consistency of the 14 days up to it, so it follows a change over two weeks"
        if found.metric.name == "score"
        else ""
    )
    before = span_before(window)
    return (
        f"Each person's {value} minus their own mean of the {before} before (from "
        f"{least_nights(days=window.before_days)} nights); {kind}then the mean over people with Student's 95{NBSP}% "
        f"interval. A person counts once, however many nights they have{score}. The {before} before are their "
        "own baseline and so lie around zero. What else changed at the same time is not taken out: no cause is shown."
    )


def notes(found: "EventAligned") -> tuple[str, ...]:
    """See `EventAligned.notes`."""
    told = []
    if 0 < found.people < MINIMUM_PEOPLE:
        told.append(
            f"Fewer than {MINIMUM_PEOPLE} people: no mean and no interval, only the people themselves."
        )
    elif 0 < found.people < ENOUGH_PEOPLE:
        told.append(f"Small sample: {_people(found.people)}.")
    told += [f"Left out: {each.words}." for each in found.left_out]
    few, without = len(found.change.few_nights), len(found.change.left_out)
    if few:
        told.append(f"Few nights behind the change of {_people(few)}.")
    if without:
        told.append(
            f"Without nights enough for the change, though in some {found.window.step}: {_people(without)}."
        )
    after = found.steps["people"].loc[0:]
    if found.people >= MINIMUM_PEOPLE and after.min() < after.max():
        told.append(f"Not the same people in every {found.window.step}: means move also by who is in them.")
    return tuple(told)


def left_out(reason: str, people: int, window: Window) -> str:
    """How many are left out for a reason, with its number."""
    before, after = span_before(window), _several(window.after, window.step)
    why = {
        "no_night": f"without a valid night in the {before} before and the {after} after",
        "few_before": f"with fewer than {least_nights(days=window.before_days)} nights in the {before} before",
        "no_typical_time": "with times all round the clock before",
        "none_after": f"without a {window.step} after the start that has {_nights_a_step(window)}",
    }
    return f"{_people(people)} {why[reason]}"


def when(step: int, window: Window) -> str:
    """A step in words, counted from the start either way: `week 1 before`, `week 1`."""
    return f"{window.step}{NBSP}{-step} before" if step < 0 else f"{window.step}{NBSP}{step + 1}"


def counted(found: "EventAligned") -> str:
    """How many are counted of those with a start: `26 of 28 people`, `0 of 1 person`."""
    return f"{wording.of(found.people, found.starts)} {'person' if found.starts == 1 else 'people'}"


def span_before(window: Window) -> str:
    """The weeks of the baseline, as they stand after "own" or "the": `4 weeks`, `week`."""
    return _several(window.before, window.step)


def _printed(metric: Metric, value: float) -> float:
    return wording.rounded(value, 0 if metric.kind in {"duration", "clock"} else 1)


def _change_words(found: "EventAligned") -> str:
    change = found.change
    if math.isnan(change.difference.value):
        return ""
    ends = interval(found.metric, change.difference.low, change.difference.high)
    bounded = f", 95{NBSP}% interval {ends}" if ends else ""
    return (
        f"First {_days(change.days)}: {amount(found.metric, change.difference.value)}{bounded} "
        f"({_people(change.people)})."
    )


def _flow(found: "EventAligned") -> str:
    verb = "is" if 1 in {found.people, found.starts} else "are"
    return f"{counted(found)} with a start {verb} counted."


def _behind(found: "EventAligned") -> str:
    people, nights = found.steps["people"], wording.plural(int(found.steps["nights"].sum()), "night")
    least, most = (wording.number(float(edge), 0) for edge in (people.min(), people.max()))
    each = most if least == most else f"{least} to {most}"
    return f"{each} people a {found.window.step}, {nights}."


def _people(count: int) -> str:
    return wording.plural(count, "person", "people")


def _days(days: int) -> str:
    weeks, rest = divmod(days, WEEK_DAYS)
    return _several(days, "day") if rest else _several(weeks, "week")


def _several(count: int, noun: str) -> str:
    """What stands after "the" or "own": `4 weeks`, and of one just `week`."""
    return noun if count == 1 else wording.plural(count, noun)


def _nights_a_step(window: Window) -> str:
    return f"{window.nights_a_step} nights" if window.step == "week" else "a valid night"
