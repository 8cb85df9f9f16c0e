"""What a comparison says in words: the finding as a title, who is left out, how values and differences are written."""

import math
from dataclasses import dataclass
from typing import Final

from analytics import figures, wording
from analytics.cohort_figures import apart
from analytics.cohort_metrics import CohortMetric
from analytics.comparison import Compared, ComparedMetric, MetricPeople
from analytics.contrasts import MINIMUM_PEOPLE, NO_TYPICAL_CHANGE, NO_TYPICAL_TIME
from analytics.effects import Estimate

__all__ = [
    "Told",
    "difference_text",
    "forest_title",
    "interval_text",
    "left_out",
    "noun",
    "people_heading",
    "rests_on",
    "title",
    "told",
    "value_text",
    "why_no_mean",
]


@dataclass(frozen=True, kw_only=True)
class _Nouns:
    """What a metric is called within a sentence, and what more and less of it are."""

    noun: str
    more: str
    less: str


_NOUNS: Final = {
    "mean_tst_min": _Nouns(noun="time asleep", more="more sleep", less="less sleep"),
    "mean_se_pct": _Nouns(noun="efficiency", more="higher efficiency", less="lower efficiency"),
    "sd_midsleep_min": _Nouns(
        noun="spread of mid-sleep", more="more spread of mid-sleep", less="less spread of mid-sleep"
    ),
    "score": _Nouns(noun="score", more="higher score", less="lower score"),
    "mean_midsleep_h": _Nouns(noun="mid-sleep", more="later mid-sleep", less="earlier mid-sleep"),
    "mean_sol_min": _Nouns(noun="latency", more="longer latency", less="shorter latency"),
    "mean_waso_min": _Nouns(
        noun="wake after onset", more="more wake after onset", less="less wake after onset"
    ),
    "mean_deep_min": _Nouns(noun="deep sleep", more="more deep sleep", less="less deep sleep"),
    "mean_rem_min": _Nouns(noun="REM sleep", more="more REM sleep", less="less REM sleep"),
    "sri": _Nouns(noun="regularity index", more="higher regularity index", less="lower regularity index"),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """The figures of one compared metric as they are printed; en dash for what there is not.

    Attributes:
        difference: `+31 min`.
        interval: its 95 % interval, `+13 min to +50 min`.
        adjusted: the wider one, adjusted for the number of metrics.
        confidence: of the wider one, `98.3 %`.
        g: Hedges' g with its interval, `0.98 (0.34 to 1.61)`.
        superiority: `75 %`.
        p, p_adjusted: `0.012`.
        a, b: who and what is behind each: `21 people, 512 of 588 nights`.
    """

    difference: str
    interval: str
    adjusted: str
    confidence: str
    g: str
    superiority: str
    p: str
    p_adjusted: str
    a: str
    b: str


def noun(metric: CohortMetric) -> str:
    """What a metric is called within a sentence: `time asleep`."""
    return _NOUNS[metric.id].noun


def value_text(metric: CohortMetric, value: float) -> str:
    """A person's value, or a mean of them: `7 h 12 min`."""
    return figures.in_words(metric.kind, figures.rounded(metric.kind, value))


def difference_text(metric: CohortMetric, value: float) -> str:
    """A difference of two values with its sign: `+31 min`, `−0.8 points`."""
    kind = apart(metric.kind)
    return figures.in_words(kind, figures.rounded(kind, value), signed=True)


def interval_text(metric: CohortMetric, found: Estimate) -> str:
    """The ends of an interval: `+13 min to +50 min`; en dash where there is none."""
    if math.isnan(found.low):
        return wording.NOTHING
    return f"{difference_text(metric, found.low)} to {difference_text(metric, found.high)}"


def told(found: ComparedMetric) -> Told:
    """The figures of a metric in words."""
    means, none = found.contrast.means, wording.NOTHING
    return Told(
        difference=none if means is None else difference_text(found.metric, means.difference.value),
        interval=none if means is None else interval_text(found.metric, means.difference),
        adjusted=interval_text(found.metric, found.adjusted),
        confidence=none if math.isnan(found.confidence) else wording.percent(100 * found.confidence, 1),
        g=none if means is None else _g(found),
        superiority=none if means is None else wording.percent(100 * means.superiority),
        p=none if means is None else wording.p_value(means.p),
        p_adjusted=wording.p_value(found.p_adjusted),
        a=_behind(found.a),
        b=_behind(found.b),
    )


def _behind(of: MetricPeople) -> str:
    people = wording.plural(of.people, "person", "people")
    return f"{people}, {wording.of(of.nights, of.of)} nights" if of.people else people


def title(compared: Compared, name: str) -> str:
    """The finding about a metric: how much more or less, between what; or why there is none."""
    found = compared.metrics[name]
    who = compared.b.label
    if name in compared.withheld:
        return f"{who}: {noun(found.metric)} of these periods is not compared"
    means = found.contrast.means
    if means is None:
        return _without_test(compared, found)
    if math.isnan(means.p):
        size = difference_text(found.metric, means.difference.value)
        alike = (
            ", the same for everybody"
            if compared.design == "paired"
            else "; nobody differs from the others of their group"
        )
        return f"{who}: {size} {noun(found.metric)}{alike}, so there is no interval"
    if found.way == "unclear":
        what = "change" if compared.design == "paired" else "difference"
        # The interval of the statistic alone may leave 0 out, which would contradict that nothing is clear.
        between = _either_way(found, found.adjusted)
        return f"{who}: no clear {what} in {noun(found.metric)}, somewhere between {between}"
    nouns = _NOUNS[name]
    words = nouns.more if found.way == "more" else nouns.less
    then = " than before" if compared.design == "paired" else ""
    size = _size(found.metric, means.difference.value)
    return f"{who}: {size} {words}{then}, somewhere between {_between(found.metric, means.difference)}"


def rests_on(compared: Compared, name: str) -> str:
    """On how many people and nights the means rest, in words: `each mean rests on 14 or more valid nights`."""
    found = compared.metrics[name]
    least = [group.nights_least for group in (found.contrast.a, found.contrast.b) if group.people]
    if not least:
        return "nobody has enough valid nights"
    value = "mean" if found.metric.column else "value"
    return f"each person’s {value} rests on {min(least)} or more valid nights"


def people_heading(compared: Compared, name: str) -> str:
    """What a dot is, as the heading of the chart of people."""
    found = compared.metrics[name]
    if found.contrast.design == "paired":
        return f"Each line is one person’s {noun(found.metric)} in both periods"
    mean = "mean " if found.metric.column and not found.metric.circular else ""
    return f"Each dot is one person’s {mean}{noun(found.metric)}"


def forest_title(compared: Compared) -> str:
    """Which of all metrics differ: `Time asleep and efficiency differ; the other eight do not clearly`."""
    tested = compared.tested
    if not tested:
        return "No statistic has people enough for a test"
    clear = [each for each in tested if each.way != "unclear"]
    names = [noun(each.metric) for each in clear]
    rest = len(tested) - len(clear)
    verb = "differs" if len(clear) == 1 else "differ"
    if compared.design == "paired":
        verb = "changed"
    if not clear:
        if rest == 1:
            verb = "has not changed" if compared.design == "paired" else "does not differ"
            return f"The one statistic with a test {verb} clearly"
        verb = "changed" if compared.design == "paired" else "differs"
        return f"None of {wording.plural(rest, 'statistic')} {verb} clearly"
    head = _listed(names) if len(names) <= 4 else wording.spelled(len(names), "statistic")
    head = f"{head[0].upper()}{head[1:]} {verb}"
    if not rest:
        return head
    others = "the other one does" if rest == 1 else f"the other {_lower(rest)} do"
    if compared.design == "paired":
        others = "the other one did" if rest == 1 else f"the other {_lower(rest)} did"
    return f"{head}; {others} not clearly"


def left_out(compared: Compared, name: str) -> list[tuple[str, tuple[str, ...]]]:
    """Who is not counted and why: a sentence each, with the ids of the people it is about."""
    found = compared.metrics[name]
    paired = compared.design == "paired"
    sides = (
        ((found.a, "the first period"), (found.b, "the second period"))
        if paired
        else (
            (found.a, compared.a.label),
            (found.b, compared.b.label),
        )
    )
    told_: list[tuple[str, tuple[str, ...]]] = []
    if name in compared.withheld:
        return []
    if found.contrast.in_both:
        told_.append(("In both groups, and counted in neither", found.contrast.in_both))
    other_score = set(found.a.not_compared) & set(found.b.not_compared) if paired else set()
    if other_score:
        ids = tuple(who for who in found.a.not_compared if who in other_score)
        told_.append((_other_score(compared), ids))
    for people, where in sides:
        once = tuple(who for who in people.not_compared if who not in other_score)
        if paired and once:
            told_.append((f"In {where} only, without such a value of the other period", once))
        if people.too_few:
            told_.append((f"Too few nights for it, or no typical time, in {where}", people.too_few))
        if people.without:
            told_.append((f"No valid night for it in {where}", people.without))
    return told_


def why_no_mean(found: ComparedMetric) -> str:
    """Why a metric has no mean and no test, in a sentence; "" where it has."""
    if found.contrast.means is not None:
        return ""
    if found.withheld:
        return found.withheld
    paired = found.contrast.design == "paired"
    least = min(found.a.people, found.b.people)
    if not found.a.people and not found.b.people:
        return f"Nobody has a value of {noun(found.metric)} to compare."
    if least < MINIMUM_PEOPLE:
        which = "with both periods" if paired else "a group"
        return f"Too few people for a test or a mean: fewer than {MINIMUM_PEOPLE} {which}."
    return NO_TYPICAL_CHANGE if paired else NO_TYPICAL_TIME


def _other_score(compared: Compared) -> str:
    """Why scores of people who have both periods are not compared."""
    if compared.a.days != compared.b.days:
        return "Consistency of the score from another estimator, or from a spread, in periods of different lengths"
    return "Consistency of the score from another estimator in the other period"


def _without_test(compared: Compared, found: ComparedMetric) -> str:
    a, b = found.contrast.a.people, found.contrast.b.people
    what = noun(found.metric)
    if min(a, b) >= MINIMUM_PEOPLE:
        typical = f"typical change in {what}" if compared.design == "paired" else f"typical {what}"
        return f"{compared.b.label}: no {typical}, so nothing to compare"
    if set(found.a.not_compared) & set(found.b.not_compared) and compared.design == "paired":
        return f"{wording.plural(b, 'person', 'people')} with comparable scores in both periods: too few to compare"
    if (
        not a
        and not b
        and not found.contrast.in_both
        and not found.a.not_compared
        and not found.b.not_compared
    ):
        return f"{what[0].upper()}{what[1:]}: nobody has enough valid nights in these dates"
    if compared.design == "paired":
        return f"{wording.plural(b, 'person', 'people')} with both periods: too few to compare"
    if found.contrast.in_both and not min(a, b):
        emptied = compared.a.label if not a else compared.b.label
        return f"Everybody of {emptied} is in the other group too: nobody is left to compare"
    return f"{wording.number(a, 0)} and {wording.plural(b, 'person', 'people')}: too few to compare"


def _g(found: ComparedMetric) -> str:
    means = found.contrast.means
    if means is None or math.isnan(means.standardised.hedges_g):
        return wording.NOTHING
    g = means.standardised
    value, low, high = (wording.number(each, 2) for each in (g.hedges_g, g.low, g.high))
    return f"{value} ({low} to {high})"


def _size(metric: CohortMetric, value: float) -> str:
    return difference_text(metric, abs(value)).removeprefix("+")


def _between(metric: CohortMetric, found: Estimate) -> str:
    """Both ends of an interval without their common sign; minutes under an hour, points and indices as bare numbers."""
    ends = sorted((abs(found.low), abs(found.high)))
    kind = apart(metric.kind)
    scale = 60 if kind == "hours" else 1
    if kind in {"duration", "hours"}:
        if scale * ends[1] < 59.5:
            return " and ".join(wording.number(scale * end, 0) for end in ends)
        return " and ".join(_size(metric, end) for end in ends)
    return " and ".join(wording.number(end) for end in ends)


def _either_way(found: ComparedMetric, interval: Estimate) -> str:
    """Both ends of an interval around nothing: `5 min less and 21 min more`."""
    nouns = _NOUNS[found.metric.id]

    def end(value: float) -> str:
        size = _size(found.metric, value)
        if size.split(wording.NBSP)[0] == "0":
            return "nothing"
        return f"{size} {(nouns.more if value > 0 else nouns.less).split()[0]}"

    return f"{end(interval.low)} and {end(interval.high)}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lower(count: int) -> str:
    return wording.spelled(count, "of them", "of them").split()[0].lower()
