"""What repeats and what moved in the weeks up to a day: trends, changes of level, weekdays, sleep debt, social jetlag.

Everything here is of the valid main sleeps of one person, and of one window: the period, or 8 weeks when it is shorter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    """What repeats and what moved in a person's weeks; each answer is computed when it is first asked for.

    Attributes:
        first, last: the window, inclusive.
        mains: the valid main sleeps of the window.
        slept: the valid sleeps of the days that a debt is of, naps included.
        calendar: which days are free.
        need: the person's need for sleep.
    """

    first: date
    last: date
    mains: pd.DataFrame
    slept: pd.DataFrame
    calendar: WorkCalendar
    need: SleepNeed

    @cached_property
    def asleep(self) -> Trend:
        """Trend of time asleep in minutes."""
        return trend(self._days, self._asleep, practical=PRACTICAL["tst_min"])

    @cached_property
    def efficiency(self) -> Trend:
        """Trend of efficiency in percent."""
        return trend(self._days, counted_efficiency_pct(self.mains), practical=PRACTICAL["se_pct"])

    @cached_property
    def midsleep(self) -> Trend:
        """Trend of mid-sleep in minutes, times unrolled around their circular mean; nights of a journey left out."""
        return trend(self._steady["night"], self._midsleep_min, practical=PRACTICAL["midsleep"])

    @cached_property
    def stages(self) -> Mapping[str, Trend]:
        """Trend of each of `STAGE_COLUMNS`, minutes."""
        practical = PRACTICAL["tst_min"]
        return {name: trend(self._days, self.mains[name], practical=practical) for name in STAGE_COLUMNS}

    @cached_property
    def rolling(self) -> "pd.Series[float]":
        """Trailing 7-day mean of time asleep by date; NaN, which breaks the line, below 4 nights."""
        return rolling_mean(self._days, self._asleep)

    @cached_property
    def line(self) -> "pd.Series[float]":
        """Local regression of time asleep at each night (LOWESS); empty below 14 nights."""
        return lowess(self._days, self._asleep)

    @cached_property
    def changes(self) -> ChangePoints:
        """Lasting changes of the level of time asleep, of 30 min or more."""
        return lasting_changes(self._days, self._asleep, practical=LASTING_SHIFT_MIN)

    @cached_property
    def weekdays(self) -> pd.DataFrame:
        """Time asleep by day of waking: 7 rows, `nights`, `median`, `low`, `high` (`weekday_profile`)."""
        return weekday_profile(self._days, self._asleep)

    @cached_property
    def free_asleep(self) -> FreeMinusWork:
        """Time asleep on free days minus on working days, minutes."""
        return free_minus_work(self._days, self._asleep, free=self._free(self._days))

    @cached_property
    def free_midsleep(self) -> FreeMinusWork:
        """Mid-sleep likewise, minutes."""
        days = self._steady["night"]
        return free_minus_work(days, self._midsleep_min, free=self._free(days))

    @cached_property
    def weeks(self) -> pd.DataFrame:
        """By Monday of each week: `nights`, and the means of `STAGE_COLUMNS` and `tst_min`; NaN below 3 nights."""
        return _weeks(self.mains, self.first, self.last)

    @cached_property
    def debt(self) -> SleepDebt:
        """Sleep debt of the 14 days up to `last`."""
        return _debt(self.slept, self.need, self.last)

    @cached_property
    def chronotype(self) -> Chronotype:
        """Social jetlag and chronotype; nights of a journey left out."""
        return chronotype(self._steady, calendar=self.calendar)

    @cached_property
    def phase(self) -> PhaseDeviation:
        """Composite phase deviation; likewise."""
        return composite_phase_deviation(_floats(self._steady["midsleep_clock_h"]), self._steady["day_index"])

    @property
    def _days(self) -> "pd.Series[pd.Timestamp]":
        return self.mains["night"]

    @property
    def _asleep(self) -> "pd.Series[float]":
        return self.mains["tst_min"]

    @cached_property
    def _steady(self) -> pd.DataFrame:
        return without_journeys(self.mains)

    @cached_property
    def _midsleep_min(self) -> Floats:
        return 60 * unwrapped_h(self._steady["midsleep_clock_h"])

    def _free(self, days: "pd.Series[pd.Timestamp]") -> NDArray[np.bool_] | None:
        """Which days are free by a calendar of the person's own; None where weekends stand in for it."""
        return None if self.calendar.assumed else self.calendar.free(pd.DatetimeIndex(days))


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
    day = nights["night"]
    until = nights["valid"].astype(bool) & (day <= pd.Timestamp(last))
    return Patterns(
        first=first,
        last=last,
        mains=nights[until & (day >= pd.Timestamp(first)) & (nights["kind"] == "main")],
        slept=nights[until & (day >= pd.Timestamp(last - timedelta(days=WINDOW_DAYS - 1)))],
        calendar=calendar,
        need=need or sleep_need(age_years=sleeper.age_years(last.year)),
    )


def without_journeys(mains: pd.DataFrame) -> pd.DataFrame:
    """The nights that count where regular hours are judged: those of a journey are left out (SPEC 7.7)."""
    left_out = left_out_of_consistency(mains["reasons"])
    return mains[~left_out] if left_out.any() else mains


def _debt(slept: pd.DataFrame, need: SleepNeed, last: date) -> SleepDebt:
    """The debt of days with a valid main sleep; their valid naps count as sleep."""
    of_day = slept.groupby("night")["tst_min"].sum()
    known = slept.loc[slept["kind"] == "main", "night"].unique()
    of_day = of_day[of_day.index.isin(known)]
    return sleep_debt(pd.DatetimeIndex(of_day.index), _floats(of_day), need=need, last=pd.Timestamp(last))


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
