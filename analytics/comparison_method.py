"""How a comparison was made, in plain words to be copied into a paper or a protocol."""

from collections.abc import Iterator

from analytics import wording
from analytics.comparison import TOO_SMALL_SD, Compared
from analytics.comparison_people import GroupValues
from analytics.comparison_words import noun
from analytics.contrasts import MINIMUM_PEOPLE
from analytics.mixed import PEOPLE_FOR_MODEL
from analytics.period_words import valid_night_words
from analytics.reliability import least_nights
from analytics.resampling import RESAMPLES, SEED
from analytics.rules import ValidNight

__all__ = ["method"]


def method(compared: Compared, name: str, rules: ValidNight, *, score_version: str) -> str:
    """The whole method as plain text, paragraph by paragraph.

    Args:
        compared: what was compared.
        name: id of the metric that is shown.
        rules: those the nights were made by.
        score_version: of the score, by its rules.
    """
    return "\n\n".join(
        " ".join(part)
        for part in (
            _what(compared, name),
            _unit(compared, rules),
            _tests(compared),
            _adjustment(compared),
            _reading(compared, score_version),
        )
    )


def _what(compared: Compared, name: str) -> Iterator[str]:
    found, a, b = compared.metrics[name], compared.a, compared.b
    if compared.design == "paired":
        yield f"Two periods of the same people, {b.label}: {_dates(b)} against {_dates(a)}."
        yield f"{_people(found.b.people)} have a value of {noun(found.metric)} in both."
    else:
        yield f"Two groups over {_dates(b)}: {b.label} (b) against {a.label} (a)."
        yield f"{_people(found.b.people)} of b and {found.a.people} of a have a value of {noun(found.metric)}."
        yield "Whoever is in both groups is counted in neither."


def _unit(compared: Compared, rules: ValidNight) -> Iterator[str]:
    days = min(compared.a.days, compared.b.days)
    yield "The person is the unit: each person's nights become one value first, whatever their number."
    yield (
        "It is the mean of the valid main sleeps (the circular mean of times of day), from "
        f"{least_nights(days=days)} nights; a spread is their standard deviation, from "
        f"{least_nights(days=days, statistic='variability')} nights."
    )
    yield valid_night_words(rules)


def _tests(compared: Compared) -> Iterator[str]:
    yield (
        "Every difference is b minus a."
        if compared.design == "independent"
        else ("Every difference is the second period minus the first, within each person.")
    )
    draws = f"{RESAMPLES:,} draws of people with replacement, seed {SEED}"
    if compared.design == "independent":
        yield (
            "Difference of the means with Welch's t test and 95 % interval; Hedges' g with its interval from the t "
            "distribution; the chance that somebody of b lies above somebody of a (ties half)."
        )
        yield (
            "Beside it, without relying on means: the test of Mann and Whitney, the shift of Hodges and Lehmann, the "
            f"percentile bootstrap ({draws}), and from {PEOPLE_FOR_MODEL} people a group on a mixed model of nights "
            "with a random intercept per person (restricted maximum likelihood)."
        )
    else:
        yield (
            "Mean of the people's differences with Student's paired t test and 95 % interval; Hedges' g of the "
            "differences (d_z, corrected for small samples); the share of people who rose (ties half)."
        )
        yield (
            "Beside it, without relying on means: Wilcoxon's signed rank test, the pseudo-median of the differences, "
            f"and the percentile bootstrap ({draws})."
        )
    yield f"Below {MINIMUM_PEOPLE} people there is no test and no mean."


def _adjustment(compared: Compared) -> Iterator[str]:
    tested = compared.tested
    if not tested:
        yield "No statistic has people enough for a test, so no p value is adjusted."
    if tested:
        families = " and ".join(_families(compared))
        values = "The p value is adjusted" if len(tested) == 1 else "P values are adjusted"
        was = "was" if len(tested) == 1 else "were"
        yield f"{values} for the {wording.plural(len(tested), 'statistic')} that {was} tested: {families}."
    levels = {each.metric.primary: wording.percent(100 * each.confidence, 1) for each in tested}
    said = [
        f"{levels[key]} for {what}"
        for key, what in ((True, "those declared"), (False, "the others"))
        if key in levels
    ]
    if said:
        yield (
            f"Adjusted intervals ({' and '.join(said)}) leave 0 out exactly where the adjusted p value is under 0.05."
        )
    yield from compared.withheld.values()


def _families(compared: Compared) -> Iterator[str]:
    """Each family of p values that has any: how it was adjusted and what it holds."""
    declared = [noun(each.metric) for each in compared.tested if each.metric.primary]
    others = len(compared.tested) - len(declared)
    if declared:
        names = f"{', '.join(declared[:-1])} and {declared[-1]}" if len(declared) > 1 else declared[0]
        was = "was" if len(declared) == 1 else "were"
        yield f"by Holm {'among ' if len(declared) > 1 else 'for '}{names}, which {was} declared beforehand"
    if others:
        which = "other" if declared else "statistic"
        whom = f"among the {others} {which}s" if others > 1 else f"for the one {which}"
        yield f"by Benjamini and Hochberg {whom}, which {'are' if others > 1 else 'is'} exploratory"


def _reading(compared: Compared, score_version: str) -> Iterator[str]:
    yield (
        f"In the overview differences are in standard deviations of the people, pooled over both; under {TOO_SMALL_SD} "
        "they count as too small to matter."
    )
    if compared.design == "paired":
        lengths = "; in periods of different lengths only where that is the regularity index, not a spread"
        yield (
            "Scores are compared where their consistency comes from the same estimator in both periods"
            f"{lengths if compared.a.days != compared.b.days else ''}."
        )
    yield f"Score {score_version}."
    yield "A difference is no proof of a cause. Computed from recorded sessions; not a diagnosis."


def _dates(of: GroupValues) -> str:
    return f"{wording.span(of.first, of.last)} ({wording.plural(of.days, 'night')})"


def _people(count: int) -> str:
    return wording.plural(count, "person", "people")
