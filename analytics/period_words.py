"""What a person's period says in words: the finding as a title, the numbers behind it, a line to talk about, how."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from analytics import wording
from analytics.efficiency import MAXIMUM_UNKNOWN_SHARE
from analytics.grades import ValidNight
from analytics.patterns import without_journeys
from analytics.reliability import Gate, period_gate, period_reliability
from analytics.score import PeriodScore
from analytics.time_of_day import ClockStatistics, Floats, clock_statistics, wrap_h
from analytics.trends import Trend
from analytics.usual import REFERENCE_NIGHTS, Against, length_finding
from analytics.usual_spread import usual_spread_min

# A standard deviation of mid-sleep from which hours count as irregular (PMC9992262, table 2).
SHIFTING_SD_MIN = 65.0

_BEFORE: Final = f"in the {REFERENCE_NIGHTS} days before"
_HOURS: Final = {
    "shifting": "at shifting hours",
    "steady": "at steady hours",
    "around": "at hours all round the clock",
}


@dataclass(frozen=True, kw_only=True)
class PeriodFacts:
    """What the words about a period rest on.

    Attributes:
        name: whose period it is.
        first: its first day.
        days: its calendar days.
        recorded: nights with any session.
        valid: its valid main sleeps.
        reference: the valid main sleeps of the 28 days before it.
        asleep: time asleep against usual.
    """

    name: str
    first: date
    days: int
    recorded: int
    valid: pd.DataFrame
    reference: pd.DataFrame
    asleep: Against

    @property
    def gate(self) -> Gate:
        """Whether a mean of these nights is told, and with which caution."""
        return period_gate(int(self.valid["tst_min"].notna().sum()), days=self.days)

    @property
    def hours(self) -> str:
        """Hours that are "shifting", "steady" or "around" the clock; "" with too few nights for a spread."""
        found = _midsleep(self.valid)
        if period_reliability(found.nights, days=self.days, statistic="variability") == "suppressed":
            return ""
        spread = found.sd_min
        if math.isnan(spread):
            return "around"
        return "shifting" if spread >= SHIFTING_SD_MIN else "steady"


def title(facts: PeriodFacts) -> str:
    """The finding: how long against usual, and at which hours; or that there is nothing to find."""
    nights = len(facts.valid)
    if not facts.recorded:
        return f"{facts.name}: nothing was recorded in this period"
    if not nights:
        return f"{facts.name} has no valid night in this period"
    if not facts.gate.shown:
        return f"{facts.name}: {wording.plural(nights, 'valid night')}, too few for a finding"
    length = length_finding(facts.asleep, usual=_BEFORE).removeprefix("about ")
    slept = length or f"{facts.asleep.text} a night"
    hours = _HOURS.get(facts.hours, "")
    doubt = (
        f" (low confidence: {wording.plural(nights, 'night')})" if facts.gate.words else _few_before(facts)
    )
    return f"{facts.name} slept {slept}{', ' if length and hours else ' ' if hours else ''}{hours}{doubt}"


def _few_before(facts: PeriodFacts) -> str:
    """That the usual rests on few nights, where the period itself does not."""
    before = facts.asleep.nights
    few = facts.asleep.has_usual and period_gate(before, days=REFERENCE_NIGHTS).verdict == "low"
    return f" (low confidence: a usual of {wording.plural(before, 'night')})" if few else ""


def lead(facts: PeriodFacts) -> str:
    """The numbers behind the title, each with what it rests on."""
    counted = f"{wording.of(len(facts.valid), facts.days)} nights valid."
    if not facts.gate.shown:
        return counted
    sentences = [
        _length(facts),
        _bedtimes(facts.valid, "Bedtime ranged from {first} to {last}."),
        _spread(facts),
        counted,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def talk(facts: PeriodFacts) -> str:
    """One line for the conversation: what moved and what did not; a question where there is little to read."""
    if not len(facts.valid):
        return "There is no valid night to talk about: what kept nights from being recorded?"
    if not facts.gate.shown:
        nights = wording.plural(len(facts.valid), "valid night")
        return f"With {nights} there is little to read: what kept the others from being recorded?"
    extremes = _bedtimes(facts.valid, "The latest bedtime was {last}, the earliest {first}.")
    return " ".join(part for part in (_what_moved(facts), extremes) if part)


def method(facts: PeriodFacts, score: PeriodScore, trend: Trend, rules: ValidNight) -> str:
    """How everything was computed, with what it rests on; `rules` are those the nights were made by."""
    weights = " + ".join(f"{wording.number(part.weight)} × {part.name}" for part in score.parts)
    pairs = wording.quantity(score.day_pairs, "pairs of consecutive nights")
    reference = wording.of(len(facts.reference), REFERENCE_NIGHTS)
    sentences = (
        "Time asleep counts every epoch scored light, deep or REM between falling asleep and final wake.",
        *(
            (f"Usual is the mean of the valid nights in the {REFERENCE_NIGHTS} days before ({reference}).",)
            if facts.asleep.has_usual
            else ()
        ),
        *(("Its range is the middle 80 % of them.",) if facts.asleep.has_range else ()),
        valid_night_words(rules),
        f"Score {score.version}: {weights}, over {wording.plural(score.nights, 'night')} and {pairs}.",
        f"Trend: slope of Theil and Sen with Kendall's test over {wording.plural(trend.nights, 'night')}.",
        "Computed from recorded sessions; not a diagnosis.",
    )
    return " ".join(sentences)


def valid_night_words(rules: ValidNight) -> str:
    """When a night counts, in a sentence; and of what its efficiency is, where more may be missing than by default."""
    missing, gap = wording.percent(100 * rules.most_missing_share_b), wording.duration(rules.longest_gap_min)
    shortest, longest = (
        wording.duration(rules.shortest_in_bed_min),
        wording.duration(rules.longest_in_bed_min),
    )
    counts = (
        f"A night is valid with at most {missing} of the recording missing, no gap longer than {gap}, and between "
        f"{shortest} and {longest} in bed."
    )
    if rules.most_missing_share_b <= MAXIMUM_UNKNOWN_SHARE:
        return counts
    known = wording.percent(100 * MAXIMUM_UNKNOWN_SHARE)
    return f"{counts} With more than {known} missing, efficiency is of all time in bed, the missing time as not slept."


def _length(facts: PeriodFacts) -> str:
    asleep = f"{facts.asleep.text} a night"
    doubt = f" ({facts.gate.words})" if facts.gate.words else ""
    if math.isnan(facts.asleep.usual):
        return f"{asleep}{doubt}; a usual needs 5 valid nights before, there are {facts.asleep.nights}."
    by = facts.asleep.delta_text
    moved = (
        f"{by[1:]} {'more' if by.startswith('+') else 'less'} than "
        if by[0] in f"+{wording.MINUS}"
        else "as "
    )
    apart = f"{moved}{_BEFORE}"
    usual = wording.duration(facts.asleep.usual)
    return f"{asleep}{doubt}, {apart} ({usual}, {wording.plural(facts.asleep.nights, 'night')})."


def _bedtimes(valid: pd.DataFrame, sentence: str) -> str:
    hours = _clock(without_journeys(valid), "start_clock_h")
    centre = clock_statistics(hours).mean_h
    if math.isnan(centre):
        return ""
    away = wrap_h(hours - centre)
    first, last = (wording.clock(centre + float(edge)) for edge in (away.min(), away.max()))
    return sentence.format(first=first, last=last)


def _spread(facts: PeriodFacts) -> str:
    if facts.hours in {"", "around"}:
        return ""
    now = _midsleep(facts.valid).sd_min
    before = usual_spread_min(
        without_journeys(facts.reference), "midsleep_clock_h", first=facts.first, days=facts.days
    )
    usually = "" if math.isnan(before) else f", usually {wording.duration(before)}"
    return f"Mid-sleep varied by {wording.duration(now)} (standard deviation){usually}."


def _what_moved(facts: PeriodFacts) -> str:
    length = length_finding(facts.asleep)
    hours = facts.hours
    if not length:
        moved = f"Time asleep was {facts.asleep.text} a night"
        return f"{moved}, {_HOURS[hours]}." if hours else f"{moved}."
    if length.startswith("about"):
        return {
            "shifting": "Sleep length is as usual; the hours are what moved.",
            "around": "Sleep length is as usual; there was no usual time for it.",
            "steady": "Sleep length is as usual, and the hours kept steady.",
        }.get(hours, "Sleep length is as usual.")
    length = length.replace("less than", "shorter than").replace("more than", "longer than")
    return {
        "shifting": f"Nights were {length}, and the hours moved.",
        "around": f"Nights were {length}, with no usual time for sleep.",
        "steady": f"Nights were {length}; the hours kept steady.",
    }.get(hours, f"Nights were {length}.")


def _midsleep(nights: pd.DataFrame) -> ClockStatistics:
    """Mid-sleep where regular hours are judged: without the nights of a journey."""
    return clock_statistics(_clock(without_journeys(nights), "midsleep_clock_h"))


def _clock(nights: pd.DataFrame, name: str) -> Floats:
    return nights[name].to_numpy(dtype=np.float64)
