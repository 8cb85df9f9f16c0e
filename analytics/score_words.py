"""A score as a value that explains itself: each part with its weight, inputs, estimator and a reason in words."""

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd

from analytics import wording
from analytics.regularity import MINIMUM_DAY_PAIRS, Consistency, Estimator
from analytics.reliability import Gate, there_are
from analytics.score_parts import VENDOR_CONSISTENCY, overall, recommended_hours, without_consistency
from analytics.score_rules import ScoreRules

_ESTIMATORS: Final = {
    "sri": "sleep regularity index",
    "midsleep_sd": "spread of mid-sleep",
}


@dataclass(frozen=True, kw_only=True)
class ScoreInput:
    """One number that a part was computed from.

    Attributes:
        name: what it is, as in docs/definitions.md.
        value: NaN when it is not known.
        unit: "%", "min", "h", "years", "nights", "pairs", "points"; "" for an index.
    """

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a score.

    Attributes:
        name: "efficiency", "consistency" or "duration".
        value: 0 to 100; NaN when it cannot be given.
        weight: its share of the score.
        reason: what it rests on, or why there is none, in words.
        inputs: the numbers it was computed from.
        estimator: how it was obtained where there is more than one way, in words; "" when there is no value.
    """

    name: str
    value: float
    weight: float
    reason: str
    inputs: tuple[ScoreInput, ...] = ()
    estimator: str = ""


@dataclass(frozen=True, kw_only=True)
class PeriodScore:
    """The score of a period, or of a night, with its parts and what they rest on.

    Attributes:
        overall: 0 to 100; NaN when a part is missing.
        efficiency: mean of the nights' efficiency parts (vendor profile: mean efficiency itself).
        consistency: of the whole period (of a night: of the 14 nights up to it).
        duration: mean of the nights' duration parts (vendor profile: of mean time asleep).
        nights: valid nights.
        day_pairs: pairs of consecutive days the regularity index has.
        estimator: what consistency comes from; None when there is none, or when it is the vendor's constant.
        mean_se_pct: mean sleep efficiency, of known time where some signal was lost (vendor profile: of the time in
            bed); NaN below 3 nights of up to 7 days, below 5 of a longer period.
        mean_tst_min: mean total sleep time of the main sleeps; NaN likewise.
        version: how it was computed; scores of different versions must not be compared.
        reason: why there is no overall score, or how far to trust it; "" when there is nothing to say.
        sri: Sleep Regularity Index of the same nights, whatever consistency comes from; NaN when there is none.
        sri_nights: how many nights it could rest on: those of a journey are left out.
        sri_reason: what it rests on, or why there is none, in words.
        provisional: where only consistency is missing, the weighted mean of the other two. It is no score: show it
            under the name "provisional, without consistency" or not at all.
    """

    overall: float
    efficiency: Part
    consistency: Part
    duration: Part
    nights: int
    day_pairs: float
    estimator: Estimator | None
    mean_se_pct: float
    mean_tst_min: float
    version: str
    reason: str
    sri: float = math.nan
    sri_nights: int = 0
    sri_reason: str = ""
    provisional: float = math.nan

    @property
    def parts(self) -> tuple[Part, Part, Part]:
        """Efficiency, consistency and duration."""
        return self.efficiency, self.consistency, self.duration


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the words about a score rest on.

    Attributes:
        row: one person's row of `analytics.score.period_scores`, and `counted_tst_min`: what duration is judged on.
        regular: consistency as measured.
        journey_nights: valid nights left out of it because of a change of time zone.
        age_years: None when not known.
        gate: whether the nights make a mean of the period; None for the score of one night, which is no mean.
        whole: whether no signal was lost in any night that counts.
    """

    row: "pd.Series[float]"
    regular: Consistency
    journey_nights: int
    age_years: float | None
    gate: Gate | None
    whole: bool

    @property
    def nights(self) -> int:
        """Valid nights."""
        return int(self.row["nights"])

    @property
    def age(self) -> float:
        """The age in years, NaN when not known."""
        return math.nan if self.age_years is None else float(self.age_years)


def period_score_of(facts: Facts, rules: ScoreRules) -> PeriodScore:
    """The score with its parts, in numbers and in words."""
    row = facts.row
    parts = (_efficiency(facts, rules), _consistency(facts, rules), _duration(facts, rules))
    efficiency, regular, duration = (part.value for part in parts)
    # Two parts may be missing for one and the same reason, which is said once.
    missing = dict.fromkeys(part.reason for part in parts if math.isnan(part.value))
    doubt = facts.gate.words if facts.gate else ""
    return PeriodScore(
        overall=float(overall(efficiency, regular, duration, rules.weights)),
        efficiency=parts[0],
        consistency=parts[1],
        duration=parts[2],
        nights=facts.nights,
        day_pairs=facts.regular.day_pairs,
        estimator=None if rules.placeholder else facts.regular.estimator,
        mean_se_pct=float(row["mean_se_pct"]),
        mean_tst_min=float(row["mean_tst_min"]),
        version=rules.version,
        reason="; ".join(missing) or doubt,
        sri=facts.regular.sri if facts.regular.day_pairs >= MINIMUM_DAY_PAIRS else math.nan,
        sri_nights=facts.nights - facts.journey_nights,
        sri_reason=_regularity(facts),
        provisional=without_consistency(efficiency, duration, rules.weights)
        if math.isnan(regular)
        else math.nan,
    )


def _efficiency(facts: Facts, rules: ScoreRules) -> Part:
    value, se_pct = float(facts.row["score_e"]), float(facts.row["mean_se_pct"])
    time = "time in bed" if facts.whole or rules.profile == "vendor" else "known time in bed"
    return Part(
        name="efficiency",
        value=value,
        weight=rules.weights.efficiency,
        reason=_over(f"asleep {wording.percent(se_pct)} of the {time}", facts),
        inputs=(ScoreInput(name="mean_se_pct", value=se_pct, unit="%"), _nights(facts.nights)),
        estimator="" if math.isnan(value) else f"share of the {time}",
    )


def _consistency(facts: Facts, rules: ScoreRules) -> Part:
    regular, weight = facts.regular, rules.weights.consistency
    if rules.placeholder:
        return Part(
            name="consistency",
            value=VENDOR_CONSISTENCY,
            weight=weight,
            reason=f"the vendor's constant of {wording.number(VENDOR_CONSISTENCY)}; it measures nothing",
            inputs=(ScoreInput(name="placeholder", value=VENDOR_CONSISTENCY, unit="points"),),
            estimator="constant",
        )
    pairs = ScoreInput(name="day_pairs", value=regular.day_pairs, unit="pairs")
    measured = {
        "sri": (ScoreInput(name="sri", value=regular.sri), pairs),
        "midsleep_sd": (
            ScoreInput(name="midsleep_sd_min", value=regular.midsleep_sd_min, unit="min"),
            _nights(regular.nights),
            pairs,
        ),
    }
    inputs = measured.get(regular.estimator or "", (pairs, _nights(regular.nights)))
    away = facts.journey_nights
    return Part(
        name="consistency",
        value=regular.value,
        weight=weight,
        reason=_regularity(facts),
        inputs=(*inputs, ScoreInput(name="journey_nights", value=float(away), unit="nights"))
        if away
        else inputs,
        estimator=_ESTIMATORS.get(regular.estimator or "", ""),
    )


def _regularity(facts: Facts) -> str:
    """What consistency rests on, or why there is none, with how many nights of a journey it leaves out."""
    away = facts.journey_nights
    left_out = f"; {wording.plural(away, 'night')} of a journey left out" if away else ""
    return f"{facts.regular.reason}{left_out}"


def _duration(facts: Facts, rules: ScoreRules) -> Part:
    value, tst_min = float(facts.row["score_d"]), float(facts.row["counted_tst_min"])
    asleep = f"asleep {wording.duration(tst_min)}{' in 24 h, naps included' if rules.naps_count else ''}"
    found = _over(asleep, facts)
    name = "mean_tst_24h_min" if rules.naps_count else "mean_tst_min"
    inputs = [ScoreInput(name=name, value=tst_min, unit="min"), _nights(facts.nights)]
    if rules.profile == "vendor":
        judged, estimator = "the vendor's steps give 7 h to 9 h the most", "the vendor's steps, any age"
    else:
        judged, estimator = _recommended(facts, rules)
        low, high = recommended_hours(facts.age)
        inputs += [
            ScoreInput(name="age_years", value=facts.age, unit="years"),
            ScoreInput(name="recommended_from_h", value=low, unit="h"),
            ScoreInput(name="recommended_to_h", value=high, unit="h"),
        ]
    return Part(
        name="duration",
        value=value,
        weight=rules.weights.duration,
        reason=found if math.isnan(value) else f"{found}; {judged}",
        inputs=tuple(inputs),
        estimator="" if math.isnan(value) else estimator,
    )


def _recommended(facts: Facts, rules: ScoreRules) -> tuple[str, str]:
    """How long sleep is recommended to be and for whom, and by which norm it was judged."""
    low, high = recommended_hours(facts.age)
    unknown = math.isnan(facts.age)
    who = "an adult; the age is not known" if unknown else f"age {wording.number(math.floor(facts.age), 0)}"
    longer = "" if rules.long_sleep_counts else "; longer sleep loses no points"
    judged = (
        f"{wording.duration(low * 60)} to {wording.duration(high * 60)} are recommended for {who}{longer}"
    )
    return judged, f"norm for {'adults, age unknown' if unknown else 'the age'}"


def _nights(count: int) -> ScoreInput:
    return ScoreInput(name="nights", value=float(count), unit="nights")


def _over(finding: str, facts: Facts) -> str:
    """The finding with how many nights it is the mean of, or why there is no finding."""
    nights, gate = facts.nights, facts.gate
    if gate is None:
        return finding if nights else "not a valid night"
    if not gate.shown:
        return f"suppressed: a mean needs {wording.plural(gate.low_from, 'night')}, {there_are(nights)}"
    doubt = f" (low confidence, {gate.good_from} are good)" if gate.verdict == "low" else ""
    return f"{finding}, mean of {wording.plural(nights, 'night')}{doubt}"
