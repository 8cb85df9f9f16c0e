"""Two groups of people, or two periods of one group: whose nights, and answers that are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from analytics.comparison import Compared, two_groups, two_periods
from analytics.comparison_detail import Resampled, modelled, resampled, why_no_model
from analytics.comparison_people import METRICS, GroupValues, group_values, metric_nights
from analytics.mixed import MixedComparison
from analytics.summary import Sleeper
from nocturne.access import Actor, Permission, authorize
from nocturne.application import Application
from nocturne.cohorts import Cohort, cohort_people
from nocturne.documents import Document
from nocturne.grounds import kept, sleeper, statistics
from reports.comparison_csv import comparison_csv, comparison_file_name
from store.people import Person

__all__ = [
    "METRICS",
    "Groups",
    "Periods",
    "Question",
    "compared",
    "comparison_sheet",
    "just_before",
    "likely_pair",
    "mixed_model",
    "without_means",
]

_ARMS: Final = (("intervention", "control"), ("treatment", "control"), ("intervention", "comparison"))


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Two groups over one period: b against a.

    Attributes:
        a, b: the cohorts.
        first, last: first and last night label, inclusive.
    """

    a: Cohort
    b: Cohort
    first: date
    last: date


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Two periods of one cohort: `first` to `last` against `before_first` to `before_last`."""

    cohort: Cohort
    before_first: date
    before_last: date
    first: date
    last: date


Question = Groups | Periods


@dataclass(frozen=True, kw_only=True)
class _Side:
    """A group in a period, and by how many days it is judged how many nights a person needs."""

    cohort: Cohort
    first: date
    last: date
    days: int


def compared(application: Application, actor: Actor, question: Question) -> Compared:
    """Every metric of both, by means; quick, and kept.

    Raises:
        NotAllowed, UnknownCohort.
    """
    sides = _sides(question)
    people = tuple(_people(application, actor, side) for side in sides)

    def _made() -> Compared:
        a, b = (_values(application, actor, side, each) for side, each in zip(sides, people, strict=True))
        return two_groups(a, b) if isinstance(question, Groups) else two_periods(a, b)

    return kept(application, ("compared", actor, question), _made, grounds=people)


def without_means(
    application: Application, actor: Actor, question: Question, metric: str
) -> Resampled | None:
    """Ranks and bootstrap of one metric, which takes longer; None below 5 people a group.

    Raises:
        NotAllowed, UnknownCohort.
        KeyError: no such metric.
    """
    found = compared(application, actor, question)
    people = tuple(_people(application, actor, side) for side in _sides(question))
    return kept(
        application,
        ("compared without means", actor, question, metric),
        lambda: resampled(found.metrics[metric]),
        grounds=people,
    )


def mixed_model(
    application: Application, actor: Actor, question: Question, metric: str
) -> MixedComparison | str:
    """The mixed model of one metric's nights, which takes longest; a sentence where it is not asked.

    Raises:
        NotAllowed, UnknownCohort.
        KeyError: no such metric.
    """
    of = compared(application, actor, question).metrics[metric]
    if reason := why_no_model(of, nights=of.a.nights + of.b.nights):
        return reason
    sides = _sides(question)
    people = tuple(_people(application, actor, side) for side in sides)

    def _made() -> MixedComparison:
        a, b = (
            metric_nights(
                of.metric, _sleepers(each), statistics(application, each), first=side.first, last=side.last
            )
            for side, each in zip(sides, people, strict=True)
        )
        return modelled(of, a, b, days=sides[0].days)

    return kept(application, ("compared by a model", actor, question, metric), _made, grounds=people)


def comparison_sheet(
    application: Application, actor: Actor, found: Compared, names: Mapping[str, str]
) -> Document:
    """The people of a comparison with the values that it was computed from, one row each, as CSV.

    Raises:
        NotAllowed: the actor may not make reports.
    """
    authorize(actor, Permission.MAKE_REPORTS, application.organisation)
    content = comparison_csv(
        found, names, application.night_rules, score_version=application.score_rules.version
    )
    return Document(name=comparison_file_name(found), media_type="text/csv", content=content)


def likely_pair(choices: Sequence[Cohort]) -> tuple[Cohort, Cohort] | None:
    """An intervention and its control among the cohorts, by their names: control first; None where there are none."""
    named = {cohort.label.casefold(): cohort for cohort in reversed(choices)}
    for arm, control in _ARMS:
        if arm in named and control in named:
            return named[control], named[arm]
    return None


def just_before(first: date, last: date) -> tuple[date, date]:
    """The equally long period that ends on the day before."""
    length = last - first
    ends = first - timedelta(days=1)
    return ends - length, ends


def _sides(question: Question) -> tuple[_Side, _Side]:
    if isinstance(question, Groups):
        days = (question.last - question.first).days + 1
        a, b = (
            _Side(cohort=cohort, first=question.first, last=question.last, days=days)
            for cohort in (question.a, question.b)
        )
        return a, b
    before, now = (question.before_first, question.before_last), (question.first, question.last)
    days = min((last - first).days + 1 for first, last in (before, now))
    one, other = (
        _Side(cohort=question.cohort, first=first, last=last, days=days) for first, last in (before, now)
    )
    return one, other


def _people(application: Application, actor: Actor, side: _Side) -> tuple[Person, ...]:
    return cohort_people(application, actor, side.cohort.name, on=side.last)


def _sleepers(people: Sequence[Person]) -> list[Sleeper]:
    return [sleeper(person) for person in people]


def _values(application: Application, actor: Actor, side: _Side, people: tuple[Person, ...]) -> GroupValues:
    """One value a person of every metric, made once for a group and a period."""
    return kept(
        application,
        ("compared people", actor, side),
        lambda: group_values(
            side.cohort.label,
            _sleepers(people),
            statistics(application, people),
            first=side.first,
            last=side.last,
            days=side.days,
            rules=application.score_rules,
        ),
        grounds=people,
    )
