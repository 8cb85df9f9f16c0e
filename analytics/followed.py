"""One metric of a person's nights followed over weeks: its values, slope, smooth line and lasting changes.

What is told of time asleep is what `patterns` has found; the other metrics go through the same functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from analytics import wording
from analytics.change_points import ChangePoints
from analytics.efficiency import counted_efficiency_pct
from analytics.lasting_changes import lasting_changes
from analytics.night_summary import night_summary
from analytics.patterns import without_journeys
from analytics.person_period import PersonPeriod
from analytics.score import recommended_hours
from analytics.smoothing import lowess, rolling_mean, unwrapped_h
from analytics.time_of_day import Floats
from analytics.trends import PRACTICAL, Trend, trend

__all__ = ["METRICS", "Band", "Followed", "FollowedMetric", "followed", "values_of"]

Kind = Literal["duration", "percent", "clock"]


@dataclass(frozen=True, kw_only=True)
class FollowedMetric:
    """What can be followed over weeks; all in minutes, a percentage apart.

    Attributes:
        id: its name in a link and its entry in docs/definitions.md; a column of the nights table.
        label: what a reader calls it.
        noun: in a sentence, as in "no clear trend in time asleep".
        kind: how a value is written: "duration", "percent", or "clock" (minutes from midnight, before it below 0).
        practical: the smallest change over the span worth speaking of.
        shift: the smallest lasting change of level that is shown.
        low, high: what the colours of a calendar span; for a clock the distance from the usual time.
        more, less: what a rise and a fall are called.
    """

    id: str
    label: str
    noun: str
    kind: Kind
    practical: float
    shift: float
    low: float
    high: float
    more: str = "longer"
    less: str = "shorter"

    def text(self, value: float) -> str:
        """A value as readers see it: `7 h 12 min`, `92 %`, `03:10`."""
        if self.kind == "percent":
            return wording.percent(value)
        return wording.clock(value / 60) if self.kind == "clock" else wording.duration(value)

    def brief(self, value: float) -> str:
        """A value where there is room for a few characters only: `7:12` of hours, `35` of minutes, `92 %`, `03:10`."""
        if self.kind != "duration":
            return self.text(value)
        # An hour of the clock has two digits, so that 7:12 is not read as one.
        return wording.clock(value / 60).removeprefix("0") if self.high > 180 else wording.number(value, 0)

    def change(self, value: float) -> str:
        """A difference as readers see it: `+12 min`, `−1.2 points`."""
        if self.kind == "percent":
            return wording.signed_quantity(value, "points")
        return wording.signed_duration(value)


_STAGE: Final = PRACTICAL["tst_min"]
METRICS: Final = (
    FollowedMetric(
        id="tst_min", label="Asleep", noun="time asleep", kind="duration",
        practical=PRACTICAL["tst_min"], shift=30, low=300, high=540,
    ),
    FollowedMetric(
        id="se_pct", label="Efficiency", noun="efficiency", kind="percent",
        practical=PRACTICAL["se_pct"], shift=4, low=65, high=95, more="higher", less="lower",
    ),
    FollowedMetric(
        id="sol_min", label="Latency", noun="latency", kind="duration", practical=10, shift=20, low=0, high=60,
    ),
    FollowedMetric(
        id="waso_min", label="Awake after onset", noun="time awake after onset", kind="duration",
        practical=15, shift=30, low=0, high=120,
    ),
    FollowedMetric(
        id="deep_min", label="Deep", noun="deep sleep", kind="duration", practical=_STAGE, shift=30, low=0, high=150,
    ),
    FollowedMetric(
        id="rem_min", label="REM", noun="REM sleep", kind="duration", practical=_STAGE, shift=30, low=0, high=150,
    ),
    FollowedMetric(
        id="midsleep_clock_h", label="Mid-sleep", noun="mid-sleep", kind="clock",
        practical=PRACTICAL["midsleep"], shift=30, low=-120, high=120, more="later", less="earlier",
    ),
)  # fmt: skip
"""In the order in which they are offered; the limits that SPEC does not name are our own choice [P]."""

_BY_ID: Final = {metric.id: metric for metric in METRICS}


@dataclass(frozen=True, kw_only=True)
class Band:
    """The recommended range of a metric, in its unit, and for whom it is."""

    low: float
    high: float
    who: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """A metric over the weeks of a period.

    Attributes:
        metric: which.
        values: of each valid main sleep by its label, in order, in the metric's unit; nights without one are not there.
        trend: its robust slope with the gates of `trends`.
        line: local regression at each night; empty below 14 nights.
        rolling: trailing 7-day mean by date; NaN below 4 nights.
        changes: lasting changes of its level.
        band: the recommended range; None where there is none.
        days: calendar days of the window.
        last: the last day of it.
        note: what is to be known of the values; "" for nothing.
    """

    metric: FollowedMetric
    values: "pd.Series[float]"
    trend: Trend
    line: "pd.Series[float]"
    rolling: "pd.Series[float]"
    changes: ChangePoints
    band: Band | None
    days: int
    last: pd.Timestamp
    note: str

    @property
    def title(self) -> str:
        """The finding, or that there is none: `Nights are getting shorter, by 12 min a week`."""
        found, metric = self.trend, self.metric
        if not len(self.values):
            return f"No night with {metric.noun}"
        if found.verdict == "too few":
            return f"{wording.plural(found.nights, 'night')}: too few for a trend"
        weeks = wording.plural(max(1, round(found.span_days / 7)), "week")
        if found.verdict == "none":
            return f"No clear trend in {metric.noun} over {weeks}"
        way = metric.more if found.slope_per_week > 0 else metric.less
        by = metric.change(abs(found.slope_per_week)).removeprefix("+")
        subject = "Nights are" if metric.id == "tst_min" else f"{metric.noun[0].upper()}{metric.noun[1:]} is"
        return f"{subject} getting {way}, by {by} a week"

    @property
    def caption(self) -> str:
        """How to read the marks, the slope with its interval and what it rests on, the lasting changes, the note."""
        line = "smooth (local regression)" if len(self.line) else "the mean of the last 7 days"
        found, change = self.trend, self.metric.change
        if found.verdict == "too few":
            words = f"Dots are nights; the line is {line} and breaks where nights are missing."
            return " ".join(part for part in (words, self.note) if part)
        # An interval without zero beside "no clear trend" reads as a contradiction unless the page says why.
        why = f"{found.reason[0].upper()}{found.reason[1:]}. " if found.verdict == "none" else ""
        words = (
            f"{why}Slope {change(found.slope_per_week)} a week, 95 % interval {change(found.low_per_week)} to "
            f"{change(found.high_per_week)} (Theil–Sen, {wording.number(found.nights, 0)} nights over "
            f"{wording.plural(found.span_days, 'day')}). Line: {line}; dashed with band: slope and its interval; gaps "
            "stay gaps."
        )
        return " ".join(part for part in (words, self._steps(), self.note) if part)

    def _steps(self) -> str:
        told = [
            f"from {wording.day(step.first_after.date(), weekday=False, short=True)} on "
            f"{self.metric.change(step.shift)} ({wording.number(step.nights_before, 0)} nights before, "
            f"{wording.number(step.nights_after, 0)} after)"
            for step in self.changes.steps
        ]
        return f"Dotted: lasting change of level, {'; '.join(told)}." if told else ""

    @property
    def range(self) -> tuple[float, float, float]:
        """Least, median and most of the values; the median NaN where there are too few nights for one."""
        found = night_summary(self.values, days=self.days)
        return found.least, found.median, found.most


def followed(period: PersonPeriod, metric: str = "tst_min") -> Followed:
    """A metric over the weeks that the trend of a period looks at (`PersonPeriod.history`).

    Times of day are unrolled around their circular mean, and nights of a journey left out; where the times lie all
    round the clock there is nothing to follow, and the note says so.

    Args:
        period: whose nights.
        metric: the id of one of `METRICS`.

    Raises:
        ValueError: another name; the message has those that exist.
    """
    if metric not in _BY_ID:
        raise ValueError(f"a metric to follow is one of {', '.join(_BY_ID)}, not {metric!r}")
    chosen, found = _BY_ID[metric], period.patterns
    values, note = values_of(period.history, chosen)
    days = pd.DatetimeIndex(values.index)
    own: dict[str, Trend] = {
        "tst_min": found.asleep, "se_pct": found.efficiency, "midsleep_clock_h": found.midsleep, **found.stages,
    }  # fmt: skip
    asleep = metric == "tst_min"
    return Followed(
        metric=chosen,
        values=values,
        trend=own[metric] if metric in own else trend(days, values, practical=chosen.practical),
        line=found.line if asleep else lowess(days, values),
        rolling=found.rolling if asleep else rolling_mean(days, values),
        changes=found.changes if asleep else lasting_changes(days, values, practical=chosen.shift),
        band=_recommended(period) if asleep else None,
        days=(found.last - found.first).days + 1,
        last=pd.Timestamp(period.last),
        note=note,
    )


def values_of(mains: pd.DataFrame, metric: FollowedMetric) -> tuple["pd.Series[float]", str]:
    """The values of main sleeps by their label, in order, without NaN; and what is to be known of them.

    Args:
        mains: valid main sleeps, rows of the nights table.
        metric: in whose unit they are given.
    """
    if mains.empty:
        return pd.Series(np.empty(0), index=pd.DatetimeIndex([])), ""
    counted = without_journeys(mains) if metric.kind == "clock" else mains
    numbers: Floats = _COLUMNS.get(metric.id, _as_they_are(metric.id))(counted)
    values: pd.Series[float] = pd.Series(numbers, index=pd.DatetimeIndex(counted["night"]))
    found = values.dropna().sort_index()
    note = ""
    if metric.kind == "clock" and found.empty and counted["midsleep_clock_h"].notna().any():
        note = "These nights lie all round the clock, so there is no usual time to follow."
    elif len(counted) < len(mains):
        note = f"{wording.plural(len(mains) - len(counted), 'night')} of a journey left out."
    return found, note


def _as_they_are(column: str) -> Callable[[pd.DataFrame], Floats]:
    return lambda mains: np.asarray(mains[column], dtype=np.float64)


_COLUMNS: Final[dict[str, Callable[[pd.DataFrame], Floats]]] = {
    "se_pct": counted_efficiency_pct,
    "midsleep_clock_h": lambda mains: 60 * unwrapped_h(mains["midsleep_clock_h"]),
}


def _recommended(period: PersonPeriod) -> Band:
    """The range that the score judges by, in minutes."""
    age = period.sleeper.age_years(period.last.year)
    who = "adults" if age is None or age >= 26 else f"age {wording.number(age, 0)}"
    if age is not None and age >= 65:
        who = "adults from 65"
    low_h, high_h = recommended_hours(age)
    return Band(low=60 * low_h, high=60 * high_h, who=who)
