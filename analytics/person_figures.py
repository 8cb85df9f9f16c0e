"""The figures of a person's period: means, ranges, hours and their spread, regularity, debt and score, rounded once.

Where a mean stands for a period the gates of SPEC 4.7 decide whether it is printed. The list holds what a published
physician sleep report has (doi 10.1186/2193-8636-1-7, table 3) and what this product adds.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from analytics import wording
from analytics.efficiency import counted_efficiency_pct
from analytics.figures import Figure, figure
from analytics.night_summary import night_summaries
from analytics.patterns import Patterns, without_journeys
from analytics.reliability import Gate, period_gate
from analytics.score import PeriodScore
from analytics.sleep_debt import WINDOW_DAYS
from analytics.time_of_day import ClockStatistics, clock_statistics
from analytics.usual import REFERENCE_NIGHTS

__all__ = ["SHORT_NIGHT_MIN", "ClockSpread", "PeriodNights", "person_figures"]

SHORT_NIGHT_MIN: Final = 420.0
"""Less than this asleep is a short night: the least recommended for adults (SPEC 3.2)."""

_MEANS: Final = {
    "mean_tst_min": "tst_min",
    "mean_se_pct": "se_pct",
    "mean_tib_min": "tib_min",
    "mean_sol_min": "sol_min",
    "mean_waso_min": "waso_min",
    "mean_awakenings": "awakenings",
    "mean_light_min": "light_min",
    "mean_deep_min": "deep_min",
    "mean_rem_min": "rem_min",
}
_CLOCKS: Final = {
    "bed": "start_clock_h",
    "rise": "end_clock_h",
    "midsleep": "midsleep_clock_h",
}


@dataclass(frozen=True, kw_only=True)
class ClockSpread:
    """Typical time of day and its spread; nights of a journey are left out.

    Attributes:
        mean_h: circular mean; NaN when there is no typical time (R < 0.3), and where the nights are too few for a mean.
        sd_min: standard deviation; NaN likewise, and where the nights are too few for a spread: it takes 6 of a period
            up to 7 days and 11 of a longer one (`reliability.period_gate`).
        nights: how many nights went in.
    """

    mean_h: float
    sd_min: float
    nights: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PeriodNights:
    """The valid main sleeps of a period, and what their figures rest on.

    Attributes:
        valid: the valid main sleeps.
        naps: how many valid naps there are.
        days: calendar days of the period.
    """

    valid: pd.DataFrame
    naps: int
    days: int

    @property
    def mean_gate(self) -> Gate:
        """Whether a mean of these nights is printed."""
        return period_gate(len(self.valid), days=self.days)

    def clock(self, edge: str) -> ClockSpread:
        """The typical "bed", "rise" or "midsleep" time, gated."""
        found = self.clock_statistics(edge)
        spread = period_gate(found.nights, days=self.days, statistic="variability")
        mean = period_gate(found.nights, days=self.days)
        return ClockSpread(
            mean_h=found.mean_h if mean.shown else math.nan,
            sd_min=found.sd_min if spread.shown else math.nan,
            nights=found.nights,
        )

    def clock_statistics(self, edge: str) -> ClockStatistics:
        """The same as it is, before any gate."""
        return clock_statistics(without_journeys(self.valid)[_CLOCKS[edge]].to_numpy(dtype=np.float64))


def person_figures(
    nights: PeriodNights, *, found: Patterns, score: PeriodScore, before: PeriodScore
) -> Mapping[str, Figure]:
    """The figures of a period by id, in the order in which they are read; each id is one of `figures.QUANTITIES`.

    Args:
        nights: the valid main sleeps of the period.
        found: what repeats in the weeks up to its end; debt, social jetlag and chronotype come from there.
        score: of the period.
        before: of the 28 days before it.
    """
    listed = (
        *_lengths(nights),
        *_stages(nights),
        *_hours(nights),
        *_regularity(score, found, nights.days),
        *_scores(score, before, nights.days),
    )
    return {each.id: each for each in listed}


def _lengths(nights: PeriodNights) -> Iterator[Figure]:
    valid, of, count = nights.valid, nights.days, len(nights.valid)
    columns = valid.assign(se_pct=counted_efficiency_pct(valid))
    found = night_summaries(columns, _MEANS.values(), days=nights.days)
    for name, column in _MEANS.items():
        each = found[column]
        yield figure(name, each.mean, nights=each.gate.nights, of=of, gate=each.gate)
    for column in ("tst_min", "sol_min"):
        yield figure(f"least_{column}", found[column].least, nights=count, of=of)
        yield figure(f"most_{column}", found[column].most, nights=count, of=of)
    short = float((valid["tst_min"] < SHORT_NIGHT_MIN).sum()) if count else math.nan
    reason = f"of {wording.plural(count, 'valid night')}" if count else "there is no valid night"
    yield figure("short_nights", short, nights=count, of=of, reason=reason)
    yield figure("naps", float(nights.naps), nights=count, of=of)


def _stages(nights: PeriodNights) -> Iterator[Figure]:
    """Each stage in percent of all the time asleep of the period, so that long nights weigh more than short ones."""
    valid = nights.valid
    asleep = float(valid["tst_min"].sum())
    for stage in ("light", "deep", "rem"):
        share = 100 * float(valid[f"{stage}_min"].sum()) / asleep if asleep else math.nan
        yield figure(f"period_{stage}_pct", share, nights=len(valid), of=nights.days, gate=nights.mean_gate)


def _hours(nights: PeriodNights) -> Iterator[Figure]:
    for edge in _CLOCKS:
        found = nights.clock_statistics(edge)
        count = found.nights
        away = len(nights.valid) - count
        round_the_clock = count and math.isnan(found.mean_h)
        reasons = [f"{wording.plural(away, 'night')} of a journey left out"] if away else []
        reasons += ["no typical time: these nights lie all round the clock"] if round_the_clock else []
        reason = "; ".join(reasons)
        mean = period_gate(count, days=nights.days)
        spread = period_gate(count, days=nights.days, statistic="variability")
        for name, value, gate in (
            (f"mean_{edge}_h", found.mean_h, mean),
            (f"sd_{edge}_min", found.sd_min, spread),
        ):
            yield figure(name, value, nights=count, of=nights.days, gate=gate, reason=reason)


def _regularity(score: PeriodScore, found: Patterns, days: int) -> Iterator[Figure]:
    yield figure("sri", score.sri, nights=score.sri_nights, of=days, reason=score.sri_reason)
    window = (found.last - found.first).days + 1
    phase, free = found.phase, found.chronotype
    yield figure("phase_deviation_h", phase.mean_h, nights=phase.pairs, of=window, reason=phase.reason)
    counted = free.free_nights + free.work_nights
    yield figure("sjl_h", free.sjl_h, nights=counted, of=window, reason=free.reason)
    yield figure("msfsc_h", free.msfsc_h, nights=counted, of=window, reason=free.msfsc_reason)
    debt = found.debt
    yield figure("debt_net_min", debt.net_min, nights=debt.nights, of=WINDOW_DAYS, reason=debt.reason)


def _scores(score: PeriodScore, before: PeriodScore, days: int) -> Iterator[Figure]:
    """The score and its parts, each mean behind the gate of a mean: what the parts say already is not said again."""
    gate = period_gate(score.nights, days=days)
    for part in score.parts:
        found = figure(f"score_{part.name[0]}", part.value, nights=score.nights, of=days, reason=part.reason)
        yield replace(found, verdict=gate.verdict) if found.shown else found
    whole = figure("score", score.overall, nights=score.nights, of=days, reason=score.reason)
    yield replace(whole, verdict=gate.verdict) if whole.shown else whole
    # Of the printed scores, so that a reader who subtracts them finds the same.
    change = wording.rounded(score.overall, 1) - wording.rounded(before.overall, 1)
    missing = math.isnan(before.overall) or math.isnan(score.overall)
    same = score.estimator == before.estimator
    earlier = period_gate(before.nights, days=REFERENCE_NIGHTS)
    note = before.reason if math.isnan(before.overall) else f"{wording.number(before.overall)} before"
    if not missing and not same:
        note = f"{note}; consistency comes from another estimator, so the two do not compare"
    moved = figure(
        "score_change",
        change if same else math.nan,
        nights=before.nights,
        of=REFERENCE_NIGHTS,
        gate=earlier,
        reason=note,
    )
    yield replace(moved, verdict="low") if moved.shown and gate.verdict == "low" else moved
