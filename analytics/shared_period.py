"""A cohort's period as it may leave the team: no single person, no small group, no exact number of people.

What would give an exact number away goes too: counts of nights (everybody has at most one a day), sessions left out,
and the table of people. Source: SPEC 5.6.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from analytics import wording
from analytics.cohort_figures import CohortFigure
from analytics.cohort_period import CohortPeriod
from analytics.disclosure import HIDDEN_TEXT, SHARED, Disclosure
from analytics.figures import Kind

__all__ = ["SharedFigure", "SharedPeriod", "shared_period"]


@dataclass(frozen=True, kw_only=True)
class SharedFigure:
    """One quantity of a cohort as it may be shown; NaN and "not shown" where too few people have it.

    Attributes:
        id: its entry in docs/definitions.md.
        label: what a reader calls it.
        kind: how it is written.
        people: how many people have a value, rounded as the rule says.
        mean, sd, median, q1, q3: of their values, rounded as printed.
        text: the mean in words.
        spread: standard deviation and middle half in words; "" where not shown.
        change: against the 28 days before, with its interval, in words; "" where not shown.
    """

    id: str
    label: str
    kind: Kind
    people: float
    mean: float
    sd: float
    median: float
    q1: float
    q3: float
    text: str
    spread: str
    change: str


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
        valid_pct: nights valid of those expected, whole percent; NaN where the cohort is not shown.
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
    valid_pct: float
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
    enough = period.size >= rule.k
    coverage = period.coverage
    share = 100 * coverage.valid / coverage.expected if enough and coverage.expected else math.nan
    notes = [f"Numbers of people are rounded to {rule.round_to}."] if rule.round_to > 1 else []
    hidden = [each.label for each in shown.values() if math.isnan(each.mean)]
    if hidden:
        notes.append(f"Not shown, with fewer than {rule.k} people: {', '.join(hidden)}.")
    return SharedPeriod(
        name=period.name,
        first=period.first,
        last=period.last,
        size=rule.count(period.size),
        title=_title(period, shown["mean_tst_min"], rule),
        figures=shown,
        attention=float(counts.counts[0, 0]) if enough else math.nan,
        valid_pct=wording.rounded(share),
        notes=tuple(notes),
        method=period.method,
    )


def _title(period: CohortPeriod, asleep: SharedFigure, rule: Disclosure) -> str:
    """The finding, without what the rule keeps back: its mean, or the change of too few people."""
    if math.isnan(asleep.mean):
        return f"{period.name}: fewer than {rule.k} people, so no figure of the group is shown"
    if not asleep.change:
        return f"{period.name}: {asleep.text} asleep a night on average"
    return period.title


def _figure(figure: CohortFigure, rule: Disclosure) -> SharedFigure:
    mean, sd, median, q1, q3 = (
        rule.figure(value, figure.people)
        for value in (figure.mean, figure.sd, figure.median, figure.q1, figure.q3)
    )
    told = not math.isnan(mean)
    change = figure.change
    return SharedFigure(
        id=figure.id,
        label=figure.label,
        kind=figure.kind,
        people=rule.count(figure.people),
        mean=mean,
        sd=sd,
        median=median,
        q1=q1,
        q3=q3,
        text=figure.text if told else HIDDEN_TEXT,
        spread=figure.spread if told else "",
        change=change.text if change and change.people >= rule.k else "",
    )
