"""How much sleep a person has fallen short of the need over the last two weeks, in three readings.

The need is the person's own figure, or else the least that is recommended at the age plus an hour (SPEC 4.6). All of
it is a convention: nobody measures sleep debt.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analytics import wording
from analytics.by_day import Days
from analytics.score import recommended_hours

WINDOW_DAYS = 14
MINIMUM_NIGHTS = 10
_ABOVE_LEAST_H = 1.0


@dataclass(frozen=True, kw_only=True)
class SleepNeed:
    """How much sleep a person needs in 24 h.

    Attributes:
        minutes: the need.
        source: where the figure comes from, in words.
    """

    minutes: float
    source: str


def sleep_need(*, own_h: float | None = None, age_years: float | None = None) -> SleepNeed:
    """The person's own need, else the least hours recommended at the age plus one: 8 h for an adult.

    Args:
        own_h: the need as the person has set it, in hours.
        age_years: age; None is judged as an adult's.

    Raises:
        ValueError: an own need that is not above 0 and below 24 h, or an age below 0.
    """
    if own_h is not None:
        if not 0 < own_h < 24:
            raise ValueError(f"a need for sleep lies above 0 h and below 24 h; {own_h} h does not")
        return SleepNeed(minutes=60 * own_h, source="set for this person")
    least, _ = recommended_hours(age_years)
    who = (
        "an adult (age not known)" if age_years is None else f"age {wording.number(math.floor(age_years), 0)}"
    )
    return SleepNeed(
        minutes=60 * (least + _ABOVE_LEAST_H),
        source=f"the least recommended for {who}, {wording.duration(60 * least)}, plus an hour",
    )


@dataclass(frozen=True, kw_only=True)
class SleepDebt:
    """The debt of the last 14 days.

    Attributes:
        net_min: what the nights fell short of the need in sum, sleep above it set off; never below 0, and NaN below
            10 of 14 nights.
        scaled_min: the same for 14 nights, from the mean of those there are; NaN likewise.
        shortfall_only_min: the sum over the nights that fell short, nothing set off; NaN likewise.
        mean_deficit_min: need minus sleep, mean of the nights; below 0 for sleep above the need; NaN likewise.
        need: the need it is measured against.
        nights: how many nights of the 14 have a value.
        reason: what it rests on, or why there is none, in words.
    """

    net_min: float
    scaled_min: float
    shortfall_only_min: float
    mean_deficit_min: float
    need: SleepNeed
    nights: int
    reason: str


def sleep_debt(days: Days, tst24_min: ArrayLike, *, need: SleepNeed, last: pd.Timestamp) -> SleepDebt:
    """The sleep debt over the 14 calendar days up to and including one.

    deficit_d = need - time asleep in 24 h; net = max(0, sum over the nights there are); scaled = 14 * max(0, mean);
    shortfall only = sum of max(0, deficit_d). Missing nights are neither debt nor recovery. Catching up on free days
    is judged beneficial (National Sleep Foundation 2023), so that net is the figure to show first.

    Args:
        days: one date per value, in any order and each once.
        tst24_min: time asleep of the main sleep and the naps of each day; NaN is a missing night.
        need: from `sleep_need`.
        last: the last of the 14 days.

    Raises:
        ValueError: a day comes twice: naps belong to their day's sum.
    """
    index = pd.DatetimeIndex(days).normalize()
    if index.has_duplicates:
        twice = wording.day(index[index.duplicated()][0])
        raise ValueError(f"each day may come once; {twice} comes twice: add its naps to its main sleep")
    slept = np.asarray(tst24_min, dtype=np.float64)
    end = pd.Timestamp(last).normalize()
    inside = np.asarray((index > end - pd.Timedelta(days=WINDOW_DAYS)) & (index <= end)) & ~np.isnan(slept)
    deficit = need.minutes - slept[inside]
    nights = len(deficit)
    counted = wording.of(nights, WINDOW_DAYS)
    if nights < MINIMUM_NIGHTS:
        return _none(
            need, nights, f"a sleep debt needs {MINIMUM_NIGHTS} of {WINDOW_DAYS} nights, not {nights}"
        )
    return SleepDebt(
        net_min=max(0.0, float(deficit.sum())),
        scaled_min=WINDOW_DAYS * max(0.0, float(deficit.mean())),
        shortfall_only_min=float(np.maximum(deficit, 0).sum()),
        mean_deficit_min=float(deficit.mean()),
        need=need,
        nights=nights,
        reason=f"{counted} nights, naps counted, against {wording.duration(need.minutes)}: {need.source}",
    )


def _none(need: SleepNeed, nights: int, reason: str) -> SleepDebt:
    return SleepDebt(
        net_min=math.nan,
        scaled_min=math.nan,
        shortfall_only_min=math.nan,
        mean_deficit_min=math.nan,
        need=need,
        nights=nights,
        reason=reason,
    )
