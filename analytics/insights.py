"""At most three things worth saying about a person's nights, the largest first.

Each says what was observed, on what it rests, how sure it is, and a neutral thing to do next; what a gate withholds is
not said, and nothing is said again within 14 days unless it grew. Nights show that something moved and never why: no
sentence names a cause or a condition. Source: SPEC 5.9 [P]; Khosla 2018 (doi 10.5664/jcsm.7128).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from analytics import insight_words
from analytics.person_figures import SHORT_NIGHT_MIN
from analytics.reliability import period_gate
from analytics.shifts import METRICS, RED_Z, Metric
from analytics.standing import Standing
from analytics.trends import PRACTICAL, Trend
from analytics.triage import SHORT_SLEEP_MIN
from analytics.weekdays import FreeMinusWork

__all__ = [
    "Insight",
    "Shown",
    "choose_insights",
    "free_days_insight",
    "irregular_insight",
    "shift_insights",
    "short_sleep_insight",
    "trend_insight",
]

Confidence = Literal["high", "moderate", "low"]

MOST: Final = 3
QUIET_DAYS: Final = 14
# Mid-sleep that varies by so much counts as irregular (PMC9992262, table 2).
IRREGULAR_SD_MIN: Final = 65.0
# Free days that differ by less are the rule (median social jetlag is about an hour, PMC6784249).
FREE_DAYS_MIN: Final = 60.0
_SURE_NIGHTS_RECENT: Final = 5
_SURE_NIGHTS_BEFORE: Final = 20
_SURE_P: Final = 0.01


@dataclass(frozen=True, kw_only=True)
class Insight:
    """One thing worth saying.

    Attributes:
        key: what it is about and which way it went; the same thing said again has the same key.
        metric: column it is about; of one metric only the strongest insight is chosen.
        observation: the number beside the person's own usual.
        evidence: the nights it rests on, with interval or spread; the place in the cohort where there is one.
        confidence: "high", "moderate" or "low".
        suggestion: a neutral thing to do next.
        source: where definition and threshold come from.
        effect: how large it is.
        threshold: from which size it is worth saying, in the same unit.
    """

    key: str
    metric: str
    observation: str
    evidence: str
    confidence: Confidence
    suggestion: str
    source: str
    effect: float
    threshold: float

    @property
    def strength(self) -> float:
        """The effect's size in thresholds, at least 1."""
        return abs(self.effect) / self.threshold


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An insight that was shown before: its key, the day, and its strength then."""

    key: str
    on: date
    strength: float


def choose_insights(
    candidates: Iterable[Insight | None], *, today: date, shown: Iterable[Shown] = ()
) -> tuple[Insight, ...]:
    """At most three of the candidates, the strongest first, one for each metric.

    What was shown in the 14 days before `today` is left out, unless it is stronger now by a tenth of its threshold.

    Args:
        candidates: insights of the makers below; None is what a gate withheld.
        today: the day of the report.
        shown: what was shown before, in any order.
    """
    before: dict[str, float] = {}
    for past in shown:
        if 0 <= (today - past.on).days <= QUIET_DAYS:
            before[past.key] = max(past.strength, before.get(past.key, 0.0))
    told: dict[str, Insight] = {}
    for insight in sorted(filter(None, candidates), key=lambda each: (-each.strength, each.key)):
        repeated = insight.strength < before.get(insight.key, -math.inf) + 0.1
        if insight.strength >= 1 and not repeated:
            told.setdefault(insight.metric, insight)
    return tuple(told.values())[:MOST]


def shift_insights(
    row: "dict[str, object]", *, standings: "dict[str, Standing] | None" = None
) -> tuple[Insight, ...]:
    """What moved in the last 7 days against the 28 before: one insight for each metric that is amber or red.

    Args:
        row: a person's row of `triage.triage`, by column.
        standings: by metric the person's place in the cohort, where it may be said.
    """
    places = standings or {}
    return tuple(
        _shift(metric, _Moved.of(row, metric.name), places.get(metric.name))
        for metric in METRICS
        if row.get(f"{metric.name}_flag") in {"amber", "red"}
    )


@dataclass(frozen=True, kw_only=True)
class _Moved:
    before: float
    recent: float
    delta: float
    mad: float
    scale: float
    z: float
    nights_before: int
    nights_recent: int

    @classmethod
    def of(cls, row: "dict[str, object]", metric: str) -> "_Moved":
        value = {part: float(str(row[f"{metric}_{part}"])) for part in cls.__dataclass_fields__}
        return cls(
            before=value["before"],
            recent=value["recent"],
            delta=value["delta"],
            mad=value["mad"],
            scale=value["scale"],
            z=value["z"],
            nights_before=int(value["nights_before"]),
            nights_recent=int(value["nights_recent"]),
        )


def _shift(metric: Metric, moved: _Moved, place: Standing | None) -> Insight:
    enough = moved.nights_recent >= _SURE_NIGHTS_RECENT and moved.nights_before >= _SURE_NIGHTS_BEFORE
    return Insight(
        key=f"{metric.name} {_way(moved.delta)} within a week",
        metric=metric.name,
        observation=insight_words.moved(metric, before=moved.before, recent=moved.recent, by=moved.delta),
        evidence=insight_words.moved_evidence(
            metric,
            z=moved.z,
            mad=moved.mad,
            scale=moved.scale,
            nights=(moved.nights_recent, moved.nights_before),
            place=place,
        ),
        confidence="high" if enough and abs(moved.z) >= RED_Z else "moderate" if enough else "low",
        suggestion=insight_words.ASK_WHAT_DIFFERED,
        source=insight_words.source("Triage", metric, metric.practical),
        effect=moved.delta,
        threshold=metric.practical,
    )


def trend_insight(metric_name: str, trend: Trend) -> Insight | None:
    """A trend that passed its gates; None for every other.

    Args:
        metric_name: "tst_min", "se_pct" or "midsleep_clock_h" (its trend in minutes).
        trend: of the person's nights.
    """
    if trend.verdict not in {"rising", "falling"}:
        return None
    metric = next(each for each in METRICS if each.name == metric_name)
    change = trend.value_last - trend.value_first
    threshold = PRACTICAL["midsleep" if metric.kind == "clock" else metric_name]
    return Insight(
        key=f"{metric_name} {trend.verdict} over weeks",
        metric=metric_name,
        observation=insight_words.trended(metric, change, trend.span_days),
        evidence=insight_words.trend_evidence(metric, trend),
        confidence="high" if trend.p < _SURE_P else "moderate",
        suggestion=insight_words.COMPARE_WEEKS,
        source=insight_words.source("Trends", metric, threshold),
        effect=change,
        threshold=threshold,
    )


def irregular_insight(
    sd_min: float, *, nights: int, days: int, usual_sd_min: float = math.nan
) -> Insight | None:
    """Mid-sleep that varies by 65 min or more; None below, where it usually varies more, and with too few nights.

    Args:
        sd_min: standard deviation of mid-sleep in minutes.
        nights: how many nights it is of.
        days: calendar days of the period.
        usual_sd_min: the same of windows as long before it (`usual_spread`); NaN where there is none.
    """
    gate = period_gate(nights, days=days, statistic="variability")
    if not gate.shown or not sd_min >= IRREGULAR_SD_MIN or sd_min < usual_sd_min:
        return None
    return Insight(
        key="midsleep irregular",
        metric="midsleep_sd_min",
        observation=insight_words.irregular(sd_min, usual_sd_min, days),
        evidence=insight_words.counted(nights, days, gate.words),
        confidence="moderate" if gate.verdict == "good" else "low",
        suggestion=insight_words.LOOK_AT_TIMES,
        source=insight_words.IRREGULAR_SOURCE,
        effect=sd_min,
        threshold=IRREGULAR_SD_MIN,
    )


def free_days_insight(
    difference: FreeMinusWork, *, what: Literal["tst_min", "midsleep_clock_h"]
) -> Insight | None:
    """Free days that differ from working days by an hour or more, with an interval that leaves 0 out; else None.

    Args:
        difference: of free and working days in minutes.
        what: which metric it is about.
    """
    low, high = difference.low, difference.high
    if not (low > 0 or high < 0) or abs(difference.median_difference) < FREE_DAYS_MIN:
        return None
    return Insight(
        key=f"{what} {_way(difference.median_difference)} on free days",
        metric=what,
        observation=insight_words.free_days(what, difference.median_difference, difference.basis),
        evidence=insight_words.free_days_evidence(difference),
        confidence="moderate",
        suggestion=insight_words.COMPARE_DAYS,
        source=insight_words.FREE_DAYS_SOURCE,
        effect=difference.median_difference,
        threshold=FREE_DAYS_MIN,
    )


def short_sleep_insight(mean_tst_min: float, *, nights: int, days: int = 7) -> Insight | None:
    """A mean time asleep under 6 h; None otherwise, and with too few nights for a mean."""
    gate = period_gate(nights, days=days, statistic="mean")
    if not gate.shown or not mean_tst_min < SHORT_SLEEP_MIN:
        return None
    return Insight(
        key="tst_min short",
        metric="tst_min",
        observation=insight_words.short(mean_tst_min, days),
        evidence=insight_words.counted(nights, days, gate.words),
        confidence="high" if gate.verdict == "good" else "low",
        suggestion=insight_words.LOOK_AT_RECORDINGS,
        source=insight_words.SHORT_SOURCE,
        # From the least that is recommended for adults to the mean from which it is told.
        effect=SHORT_NIGHT_MIN - mean_tst_min,
        threshold=SHORT_NIGHT_MIN - SHORT_SLEEP_MIN,
    )


def _way(change: float) -> str:
    return "up" if change > 0 else "down"
