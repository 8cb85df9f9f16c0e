"""What repeats and what moved in the weeks up to a day: trends, changes of level, weekdays, sleep debt, social jetlag.

Everything here is of the valid main sleeps of one person, and of one window: the period, or 8 weeks when it is shorter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd

from analytics.change_points import ChangePoints
from analytics.chronotype import WEEKENDS, Chronotype, WorkCalendar, chronotype
from analytics.circadian import PhaseDeviation, composite_phase_deviation
from analytics.efficiency import counted_efficiency_pct
from analytics.lasting_changes import lasting_changes
from analytics.reliability import week_mean
from analytics.sleep_debt import WINDOW_DAYS, SleepDebt, SleepNeed, sleep_debt, sleep_need
from analytics.sleeper import Sleeper
from analytics.smoothing import lowess, rolling_mean, unwrapped_h
from analytics.time_of_day import Floats
from analytics.travel import left_out_of_consistency
from analytics.trends import PRACTICAL, Trend, trend
from analytics.weekdays import FreeMinusWork, free_minus_work, weekday_profile

__all__ = ["LASTING_SHIFT_MIN", "STAGE_COLUMNS", "Patterns", "patterns", "without_journeys"]

LASTING_SHIFT_MIN: Final = 30.0
"""A change of level in time asleep is shown from this shift on: what matters in practice in SPEC 5.8 [P]."""
STAGE_COLUMNS: Final = ("deep_min", "light_min", "rem_min")


@dataclass(frozen=True, kw_only=True, eq=False)
class Patterns:
    """What repeats and what moved in a person's weeks.

    Attributes:
        first, last: the window, inclusive.
        asleep: trend of time asleep in minutes.
        efficiency: trend of efficiency in percent.
        midsleep: trend of mid-sleep in minutes, times unrolled around their circular mean.
        stages: trend of each of `STAGE_COLUMNS`, minutes.
        rolling: trailing 7-day mean of time asleep by date; NaN, which breaks the line, below 4 nights.
        line: local regression of time asleep at each night (LOWESS); empty below 14 nights.
        changes: lasting changes of the level of time asleep, of 30 min or more.
        weekdays: time asleep by day of waking: 7 rows, `nights`, `median`, `low`, `high` (`weekday_profile`).
        free_asleep: time asleep on free days minus on working days, minutes.
        free_midsleep: mid-sleep likewise, minutes.
        weeks: by Monday of each calendar week of the window: `nights`, and the means `deep_min`, `light_min`,
            `rem_min`, `tst_min`; NaN below 3 nights.
        debt: sleep debt of the 14 days up to `last`.
        chronotype: social jetlag and chronotype; nights of a journey left out.
        phase: composite phase deviation; likewise.
    """

    first: date
    last: date
    asleep: Trend
    efficiency: Trend
    midsleep: Trend
    stages: Mapping[str, Trend]
    rolling: "pd.Series[float]"
    line: "pd.Series[float]"
    changes: ChangePoints
    weekdays: pd.DataFrame
    free_asleep: FreeMinusWork
    free_midsleep: FreeMinusWork
    weeks: pd.DataFrame
    debt: SleepDebt
    chronotype: Chronotype
    phase: PhaseDeviation


def patterns(
    sleeper: Sleeper,
    nights: pd.DataFrame,
    *,
    first: date,
    last: date,
    calendar: WorkCalendar = WEEKENDS,
    need: SleepNeed | None = None,
) -> Patterns:
    """What repeats and what moved in a person's weeks from `first` to `last`.

    Args:
        sleeper: whose; the age decides the need for sleep where no own one is given.
        nights: `night_table` of the person; naps count in the debt, and everything else is of valid main sleeps.
        first: first night label of the window.
        last: last one, inclusive.
        calendar: which days are free; weekends stand in for it, and the results say so.
        need: the person's need for sleep; by default the least recommended at the age and an hour.
    """
    inside = nights[nights["night"].between(pd.Timestamp(first), pd.Timestamp(last))]
    counted = inside[inside["valid"].astype(bool)]
    mains = counted[counted["kind"] == "main"]
    days, asleep = mains["night"], mains["tst_min"]
    steady = without_journeys(mains)
    midsleep_min = 60 * unwrapped_h(steady["midsleep_clock_h"])
    need = need or sleep_need(age_years=sleeper.age_years(last.year))
    free = calendar.free(pd.DatetimeIndex(days))
    named = None if calendar.assumed else free
    of_steady = None if calendar.assumed else calendar.free(pd.DatetimeIndex(steady["night"]))
    return Patterns(
        first=first,
        last=last,
        asleep=trend(days, asleep, practical=PRACTICAL["tst_min"]),
        efficiency=trend(days, counted_efficiency_pct(mains), practical=PRACTICAL["se_pct"]),
        midsleep=trend(steady["night"], midsleep_min, practical=PRACTICAL["midsleep"]),
        stages={name: trend(days, mains[name], practical=PRACTICAL["tst_min"]) for name in STAGE_COLUMNS},
        rolling=rolling_mean(days, asleep),
        line=lowess(days, asleep),
        changes=lasting_changes(days, asleep, practical=LASTING_SHIFT_MIN),
        weekdays=weekday_profile(days, asleep),
        free_asleep=free_minus_work(days, asleep, free=named),
        free_midsleep=free_minus_work(steady["night"], midsleep_min, free=of_steady),
        weeks=_weeks(mains, first, last),
        debt=_debt(nights, need, last),
        chronotype=chronotype(steady, calendar=calendar),
        phase=composite_phase_deviation(_floats(steady["midsleep_clock_h"]), steady["day_index"]),
    )


def without_journeys(mains: pd.DataFrame) -> pd.DataFrame:
    """The nights that count where regular hours are judged: those of a journey are left out (SPEC 7.7)."""
    return mains[~left_out_of_consistency(mains["reasons"])]


def _debt(nights: pd.DataFrame, need: SleepNeed, last: date) -> SleepDebt:
    """The debt of days with a valid main sleep; their valid naps count as sleep."""
    end = pd.Timestamp(last)
    begun = end - pd.Timedelta(days=WINDOW_DAYS - 1)
    recent = nights[nights["night"].between(begun, end) & nights["valid"].astype(bool)]
    slept = recent.groupby("night")["tst_min"].sum()
    known = recent.loc[recent["kind"] == "main", "night"].unique()
    slept = slept[slept.index.isin(known)]
    return sleep_debt(pd.DatetimeIndex(slept.index), _floats(slept), need=need, last=end)


def _weeks(mains: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Mean minutes of each stage by calendar week, for weeks with nights enough for a mean."""
    names = [*STAGE_COLUMNS, "tst_min"]
    monday = mains["night"] - pd.to_timedelta(mains["night"].dt.day_of_week, unit="D")
    weeks = mains[names].astype("float64").groupby(monday.rename("week"))
    begun = pd.Timestamp(first - timedelta(days=first.weekday()))
    every = pd.date_range(begun, pd.Timestamp(last), freq="7D", name="week", unit="us")
    nights = weeks.size().reindex(every, fill_value=0)
    means = weeks.mean().reindex(every)
    means.loc[[not week_mean(int(count)).shown for count in nights]] = np.nan
    return means.assign(nights=nights)


def _floats(column: "pd.Series[float]") -> Floats:
    return np.asarray(column, dtype=np.float64)
