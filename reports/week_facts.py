"""The facts of a week in words: the score and its sum, regularity, the weeks before."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from analytics import wording
from analytics.figures import Figure
from analytics.night_summary import night_summary, nights_within
from analytics.reliability import period_gate
from analytics.score import Part, PeriodScore, band, recommended_hours
from analytics.summary import ClockSpread, PersonPeriod, Sleeper
from analytics.trends import Trend
from reports.periods import called

_PLUS_MINUS = "\u00b1"
_SHARES: Final = ("period_light_pct", "period_deep_pct", "period_rem_pct")
_OVER_WEEKS: Final = ("phase_deviation_h", "sjl_h", "msfsc_h", "debt_net_min")
_TIMES = "\u00d7"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One figure with its name and what it rests on; `value` is empty when only the note can be said."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoreText:
    """The score in words.

    Attributes:
        value: one decimal; empty when there is no score.
        band: "Good", or empty.
        change: against the four weeks before, in words.
        parts: each with its value, weight and reason.
        sum: how the parts make the score; or why there is none.
    """

    value: str
    band: str
    change: str
    parts: tuple["PartText", ...]
    sum: str


@dataclass(frozen=True, kw_only=True)
class PartText:
    """One part of the score: its name, value, weight and reason in words."""

    name: str
    value: str
    weight: str
    reason: str


def score_text(period: PersonPeriod) -> ScoreText:
    """The score of the period, how it is made, and how it moved against the four weeks before."""
    score, figures = period.score, period.figures
    parts = tuple(_part(part, figures[f"score_{part.name[0]}"]) for part in score.parts)
    if not figures["score"].shown:
        return ScoreText(
            value="",
            band="",
            change=_before(period.before),
            parts=parts,
            sum=f"No score for this {called(period.days)}: {score.reason}",
        )
    terms = " + ".join(
        f"{wording.number(part.weight)} {_TIMES} {text.value}"
        for part, text in zip(score.parts, parts, strict=True)
    )
    return ScoreText(
        value=figures["score"].text,
        band=band(score.overall),
        change=_change(figures["score_change"], period.before),
        parts=parts,
        sum=f"{terms} = {figures['score'].text}",
    )


def regularity_facts(period: PersonPeriod) -> tuple[Fact, ...]:
    """Regularity by the estimator that was used, bedtime and rise time with their spread."""
    return (
        _regularity(period.score),
        _clock("Bedtime", period.bed, period.days),
        _clock("Rise time", period.rise, period.days),
    )


def further_facts(period: PersonPeriod) -> tuple[Fact, ...]:
    """How the sleep of the period divides into stages, and what the weeks up to its end say."""
    told = [period.figures[name] for name in _SHARES]
    shares = Fact(
        label="Stages, of all sleep",
        value=", ".join(f"{each.label.removesuffix(', of sleep')} {each.text}" for each in told),
        note=told[0].note or told[0].counted,
    )
    return (shares, *(_counted(period.figures[name]) for name in _OVER_WEEKS))


def trend_text(trend: Trend) -> tuple[str, str]:
    """What the weeks show, as a title and as numbers; says so when nothing is clear or the nights are too few."""
    nights = wording.plural(trend.nights, "night")
    if trend.verdict == "too few":
        return f"{nights}, too few for a trend", "one dot a night"
    title = {"rising": "time asleep is rising", "falling": "time asleep is falling"}.get(
        trend.verdict, "no clear trend in time asleep"
    )
    return title, (
        f"{nights}, {wording.signed_duration(trend.slope_per_week)} a week (95 % interval "
        f"{wording.signed_duration(trend.low_per_week)} to {wording.signed_duration(trend.high_per_week)})"
    )


def weeks_in_numbers(
    history: pd.DataFrame, trend: str, recommended_h: tuple[float, float], *, days: int
) -> str:
    """The picture of the weeks as a sentence with its numbers.

    Args:
        history: the valid nights.
        trend: what was found, in words.
        recommended_h: hours of sleep recommended, from and to.
        days: calendar days of the weeks; they decide how many nights a median needs.
    """
    low_h, high_h = recommended_h
    asleep = night_summary(history["tst_min"], days=days)
    inside = nights_within(history["tst_min"], low_h * 60, high_h * 60)
    median = f", median {wording.duration(asleep.median)}" if asleep.gate.shown else ""
    doubt = f" ({asleep.gate.words})" if asleep.gate.verdict == "low" else ""
    return (
        f"Time asleep on {wording.plural(len(history), 'night')}: {wording.duration(asleep.least)} to "
        f"{wording.duration(asleep.most)}{median}{doubt}; "
        f"{wording.of(inside, len(history))} within {wording.number(low_h)} to {wording.quantity(high_h, 'h')}. "
        f"Trend: {trend}."
    )


def recommended_h(sleeper: Sleeper, on: date) -> tuple[float, float, str]:
    """The recommended hours of sleep for the person's age in the year of a date, and for whom they hold."""
    age = sleeper.age_years(on.year)
    whom = "adults, as the age is not known" if age is None else f"age {wording.number(age, 0)}"
    return *recommended_hours(age), whom


def _counted(figure: Figure) -> Fact:
    """A figure of the weeks up to the end of the period, with the nights behind it or why there is none."""
    return Fact(
        label=figure.label, value=figure.text if figure.shown else "", note=figure.note or figure.counted
    )


def _part(part: Part, figure: Figure) -> PartText:
    return PartText(
        name=part.name.capitalize(),
        value=figure.text,
        weight=f"{_TIMES} {wording.number(part.weight)}",
        reason=part.reason,
    )


def _change(change: Figure, before: PeriodScore) -> str:
    if not change.shown:
        return _before(before)
    nights = wording.plural(before.nights, "night")
    return f"{change.text} against the 4 weeks before ({wording.number(before.overall)} from {nights})"


def _before(before: PeriodScore) -> str:
    if math.isnan(before.overall):
        return f"No score for the 4 weeks before: {before.reason}"
    return (
        f"The 4 weeks before: {wording.number(before.overall)} from {wording.plural(before.nights, 'night')}"
    )


def _regularity(score: PeriodScore) -> Fact:
    if score.estimator is None:
        return Fact(label="Regularity", value="", note=score.consistency.reason)
    value = wording.number(score.consistency.value)
    if score.estimator == "midsleep_sd":
        return Fact(label="Regularity of midsleep", value=value, note=score.consistency.reason)
    pairs = wording.quantity(score.day_pairs, "pairs of nights")
    return Fact(label="Sleep Regularity Index", value=value, note=f"from recorded sessions, {pairs}")


def _clock(label: str, spread: ClockSpread, days: int) -> Fact:
    nights = wording.plural(spread.nights, "night")
    mean_gate = period_gate(spread.nights, days=days)
    if not spread.nights:
        return Fact(label=label, value="", note="no valid night")
    if not mean_gate.shown:
        return Fact(label=label, value="", note=mean_gate.words)
    if math.isnan(spread.mean_h):
        return Fact(label=label, value="", note=f"no typical time in {nights}")
    mean = wording.clock(spread.mean_h)
    if math.isnan(spread.sd_min):
        # One line of the printed sheet has no room for more.
        few = "; too few for a spread" if mean_gate.verdict == "good" else ", low confidence, no spread"
        return Fact(label=label, value=mean, note=f"mean of {nights}{few}")
    spread_gate = period_gate(spread.nights, days=days, statistic="variability")
    doubt = "" if spread_gate.verdict == "good" else ", low confidence"
    return Fact(
        label=label,
        value=f"{mean} {_PLUS_MINUS} {wording.duration(spread.sd_min)}",
        note=f"mean {_PLUS_MINUS} SD of {nights}{doubt}",
    )
