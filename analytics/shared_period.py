"""A cohort's period as it may leave the team: no single person, no small group, no exact number of people.

What would give an exact number away goes too: counts of nights and shares of them (everybody has at most one a day),
sessions left out, the table of people. Medians and quartiles are somebody's own value, and a spread of 0 everybody's:
neither is shown. Figures are coarse, so that the difference of two groups that share most of their people tells little
of the others; still, overlapping cohorts or periods should not both be shared. Source: SPEC 5.6.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from analytics import figures, wording
from analytics.cohort_figures import CohortFigure, apart
from analytics.cohort_period import CohortPeriod
from analytics.disclosure import HIDDEN_TEXT, SHARED, Disclosure
from analytics.figures import Kind
from analytics.trends import PRACTICAL
from analytics.usual import REFERENCE_NIGHTS

__all__ = ["SharedFigure", "SharedPeriod", "shared_period"]

_STEPS: Final[dict[Kind, float]] = {
    "duration": 5.0,
    "hours": 5 / 60,
    "clock": 5 / 60,
    "percent": 1.0,
    "points": 1.0,
    "index": 1.0,
    "count": 1.0,
}
"""To what a figure is rounded before it leaves the team: 5 min, 1 %, 1 point [P]."""


@dataclass(frozen=True, kw_only=True)
class SharedFigure:
    """One quantity of a cohort as it may be shown; NaN and "not shown" where it is kept back.

    Attributes:
        id: its entry in docs/definitions.md.
        label: what a reader calls it.
        kind: how it is written.
        people: how many people have a value, rounded as the rule says; NaN where they are too few.
        mean, sd: of their values, coarse; the spread is NaN where it rounds to 0.
        text: the mean in words.
        spread: the standard deviation in words; "" where not shown.
        change: against the 28 days before, with its interval, in words; "" where not shown.
        reason: why it is not shown, in words; "" where it is.
    """

    id: str
    label: str
    kind: Kind
    people: float
    mean: float
    sd: float
    text: str
    spread: str
    change: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SharedPeriod:
    """A cohort's period as it may be shown outside the team.

    Attributes:
        name: of the cohort.
        first, last: first and last night label, inclusive.
        size: how many people it has, rounded; NaN where it is not shown.
        title: the finding.
        figures: by id, in the order in which they are read.
        attention: how many need attention on `last`, rounded; NaN where it, or the number of the others, is small.
        notes: what was left out and rounded, in words.
        method: how it was computed.
    """

    name: str
    first: date
    last: date
    size: float
    title: str
    figures: Mapping[str, SharedFigure]
    attention: float
    notes: tuple[str, ...]
    method: str


def shared_period(period: CohortPeriod, rule: Disclosure = SHARED) -> SharedPeriod:
    """The part of a cohort's period that a rule lets out.

    Args:
        period: of `cohort_period`.
        rule: what may be shown; by default groups from 11 people on, rounded to 5.
    """
    shown = {name: _figure(each, rule) for name, each in period.figures.items()}
    counts = rule.list([period.attention, period.size - period.attention])
    rounding = f"Numbers of people are rounded to {rule.round_to}, figures to 5 min, 1 % or 1 point."
    reasons = {
        reason: [each.label for each in shown.values() if each.reason == reason]
        for reason in dict.fromkeys(each.reason for each in shown.values() if each.reason)
    }
    return SharedPeriod(
        name=period.name,
        first=period.first,
        last=period.last,
        size=rule.count(period.size),
        title=_title(period, shown["mean_tst_min"], rule),
        figures=shown,
        attention=float(counts.counts[0, 0]) if period.size >= rule.k else math.nan,
        notes=(
            rounding,
            *(f"Not shown, {reason}: {', '.join(labels)}." for reason, labels in reasons.items()),
        ),
        method=period.method,
    )


def _title(period: CohortPeriod, asleep: SharedFigure, rule: Disclosure) -> str:
    """The finding, without what the rule keeps back: its mean, or the change of too few people."""
    if asleep.reason:
        return f"{period.name}: no figure of time asleep is shown, {asleep.reason}"
    finding = f"{period.name}: {asleep.text} asleep a night on average"
    change = period.figures["mean_tst_min"].change
    if change is None or change.people < rule.k:
        return finding
    before = f"the {REFERENCE_NIGHTS} days before"
    if change.direction == "unclear":
        return f"{finding}, no clear change against {before}"
    by = _coarse("duration", abs(change.difference))
    if by < PRACTICAL["tst_min"]:
        return f"{finding}, much as in {before}"
    return f"{finding}, {wording.duration(by)} {'less' if change.difference < 0 else 'more'} than in {before}"


def _figure(figure: CohortFigure, rule: Disclosure) -> SharedFigure:
    reason = ""
    if figure.people < rule.k:
        reason = f"with fewer than {rule.k} people"
    elif math.isnan(figure.mean):
        reason = "without a typical time"
    mean = math.nan if reason else _coarse(figure.kind, figure.mean)
    sd = math.nan if reason else _coarse(apart(figure.kind), figure.sd)
    sd = sd if sd > 0 else math.nan
    change = figure.change
    told = change is not None and change.people >= rule.k and not reason
    return SharedFigure(
        id=figure.id,
        label=figure.label,
        kind=figure.kind,
        people=rule.count(figure.people),
        mean=mean,
        sd=sd,
        text=HIDDEN_TEXT if reason else figures.in_words(figure.kind, mean),
        spread="" if math.isnan(sd) else f"SD {figures.in_words(apart(figure.kind), sd)}",
        change=_change(figure) if told else "",
        reason=reason,
    )


def _change(figure: CohortFigure) -> str:
    """The change with its interval, coarse."""
    change, kind = figure.change, apart(figure.kind)
    edges = () if change is None else (change.difference, change.low, change.high)
    words = [figures.in_words(kind, _coarse(kind, edge), signed=True) for edge in edges]
    return f"{words[0]} ({words[1]} to {words[2]})" if words else ""


def _coarse(kind: Kind, value: float) -> float:
    step = _STEPS[kind]
    rounded = step * wording.rounded(value / step)
    return rounded % 24 if kind == "clock" else rounded
