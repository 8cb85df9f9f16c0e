"""What can be looked at night by night across a cohort: each with its unit, its scale and what change matters.

The names are columns of the nights table, and what links say; `score` is computed (`nightly_scores`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import figures, wording
from analytics.efficiency import counted_efficiency_pct
from analytics.figures import Kind
from analytics.nightly_scores import nightly_scores
from analytics.score import EVIDENCE, ScoreRules
from analytics.time_of_day import Floats
from analytics.travel import left_out_of_consistency

__all__ = ["DEFAULT", "NIGHT_METRICS", "NightMetric", "hours_count", "metric_values"]


Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class NightMetric:
    """What can be looked at night by night.

    Attributes:
        name: column of the nights table, or "score"; links name it so.
        figure: the same of a person's period, an id of `figures.QUANTITIES`.
        low, high: ends of the scale of the map, in its unit; on the clock hours before and after the usual time.
        step: between the labels of an axis, in its unit.
        matters: the smallest difference that is told of a night, in its unit (on the clock: minutes).
        middle: what the middle half of people do, with `{}` for the two values: "sleep {} a night".
        less, more: how people differed on a night, with `{}` for by how much: "slept {} less than their mean".
    """

    name: str
    figure: str
    low: float
    high: float
    step: float
    matters: float
    middle: str
    less: str
    more: str

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return figures.QUANTITIES[self.figure].label

    @property
    def kind(self) -> Kind:
        """How it is written."""
        return figures.QUANTITIES[self.figure].kind

    @property
    def circular(self) -> bool:
        """Whether it is a time of day."""
        return self.kind == "clock"

    def words(self, value: float) -> str:
        """A value as readers see it; on the clock any number of hours, taken modulo 24."""
        return figures.in_words(self.kind, figures.rounded(self.kind, value))

    @property
    def read(self) -> list[str]:
        """The columns of nights that it is made of: a few, and the rest need not be moved."""
        own = _READ.get(self.name, (self.name, "reasons") if self.circular else (self.name,))
        return [*_ALWAYS, *own]

    def difference(self, by: float) -> str:
        """The size of a difference as readers see it; on the clock of minutes."""
        if self.kind in {"percent", "points"}:
            return wording.signed_quantity(abs(by), "points").removeprefix("+")
        return wording.duration(abs(by))

    def between(self, low: float, high: float) -> str:
        """Two values as a range: `12 to 31 min`, `6 h 12 min to 7 h 20 min`, `23:05 to 00:10`."""
        first, last = self.words(low), self.words(high)
        for unit in (f"{wording.NBSP}min", f"{wording.NBSP}%"):
            short = first.removesuffix(unit)
            if first.endswith(unit) and last.endswith(unit) and f"{wording.NBSP}h" not in first + last:
                return first if first == last else f"{short} to {last}"
        return first if first == last else f"{first} to {last}"


NIGHT_METRICS: Final[Mapping[str, NightMetric]] = {
    metric.name: metric
    for metric in (
        NightMetric(
            name="tst_min",
            figure="mean_tst_min",
            low=300,
            high=540,
            step=30,
            matters=30,
            middle="sleep {} a night",
            less="slept {} less than their mean",
            more="slept {} more than their mean",
        ),
        NightMetric(
            name="se_pct",
            figure="mean_se_pct",
            low=70,
            high=100,
            step=5,
            matters=4,
            middle="are asleep for {} of their time in bed",
            less="slept with an efficiency {} below their mean",
            more="slept with an efficiency {} above their mean",
        ),
        NightMetric(
            name="score",
            figure="score",
            low=50,
            high=100,
            step=5,
            matters=8,
            middle="have nights that score {}",
            less="scored {} below their mean",
            more="scored {} above their mean",
        ),
        NightMetric(
            name="sol_min",
            figure="mean_sol_min",
            low=0,
            high=60,
            step=10,
            matters=15,
            middle="fall asleep within {}",
            less="fell asleep {} sooner than on average",
            more="took {} more than on average to fall asleep",
        ),
        NightMetric(
            name="waso_min",
            figure="mean_waso_min",
            low=0,
            high=90,
            step=15,
            matters=20,
            middle="lie awake for {} after falling asleep",
            less="lay awake for {} less than their mean",
            more="lay awake for {} more than their mean",
        ),
        NightMetric(
            name="deep_min",
            figure="mean_deep_min",
            low=0,
            high=120,
            step=15,
            matters=20,
            middle="have {} of deep sleep a night",
            less="had {} less deep sleep than their mean",
            more="had {} more deep sleep than their mean",
        ),
        NightMetric(
            name="rem_min",
            figure="mean_rem_min",
            low=30,
            high=150,
            step=15,
            matters=20,
            middle="have {} of REM sleep a night",
            less="had {} less REM sleep than their mean",
            more="had {} more REM sleep than their mean",
        ),
        NightMetric(
            name="midsleep_clock_h",
            figure="mean_midsleep_h",
            low=-2.5,
            high=2.5,
            step=0.5,
            matters=45,
            middle="have their mid-sleep from {}",
            less="slept {} earlier than usual",
            more="slept {} later than usual",
        ),
        NightMetric(
            name="start_clock_h",
            figure="mean_bed_h",
            low=-2.5,
            high=2.5,
            step=0.5,
            matters=45,
            middle="go to bed from {}",
            less="went to bed {} earlier than usual",
            more="went to bed {} later than usual",
        ),
    )
}
"""By name, in the order in which they are offered."""

DEFAULT: Final = NIGHT_METRICS["tst_min"]
_ALWAYS: Final = ("person_id", "night", "kind", "valid")
_READ: Final[Mapping[str, tuple[str, ...]]] = {
    "score": (
        *("day_index", "reasons", "sri_agree", "sri_known", "tst_min", "midsleep_clock_h"),
        *("se_pct", "se_known_pct", "unknown_share"),
    ),
    "se_pct": ("se_pct", "se_known_pct", "unknown_share"),
}


def metric_values(
    nights: pd.DataFrame, metric: NightMetric, *, ages: "pd.Series[float]", rules: ScoreRules = EVIDENCE
) -> Floats:
    """The value of each row in the metric's unit; NaN where the row has none, whether or not it is valid.

    Args:
        nights: rows of a nights table with the columns that the metric reads.
        metric: which value.
        ages: years by `person_id`, for the score.
        rules: how scores are made.
    """
    if metric.name == "score":
        return nightly_scores(nights, ages=ages, rules=rules)
    if metric.name == "se_pct":
        return counted_efficiency_pct(nights)
    return nights[metric.name].to_numpy(dtype=np.float64)


def hours_count(nights: pd.DataFrame) -> Flags:
    """Which rows count where somebody's usual hours are asked for: those of a journey do not."""
    return ~left_out_of_consistency(nights["reasons"])
