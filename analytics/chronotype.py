"""Sleep on work days against free days: social jetlag and chronotype, as the Munich Chronotype Questionnaire has them.

A night belongs to the day on which its sleep ends: what ends on a free day is a free night. Formulas: Roenneberg et al.
2019 (PMC6784249), the ones that the ropensci/mctq package documents; the corrected social jetlag after Jankowski 2017.
They do not hold for shift workers, for whom `circadian.composite_phase_deviation` and the regularity index do.
SPEC 2.5.
"""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics import wording
from analytics.time_of_day import Floats, circular_mean_h, wrap_h

MINIMUM_FREE_NIGHTS = 1
MINIMUM_WORK_NIGHTS = 3
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """Which days are free of work: by weekday, and by date where a date differs from its weekday.

    Attributes:
        free_weekdays: 0 for Monday to 6 for Sunday.
        free_dates: free whatever their weekday, such as holidays.
        work_dates: worked whatever their weekday.
        assumed: whether this is a guess and not the person's own calendar; results say so.
        alarm_on_free_days: whether an alarm ends sleep on free days; None when nobody has asked.
        shift_work: whether the person works in shifts; then nothing here can be computed.

    Raises:
        ValueError: a weekday that is none, or a date that is both free and worked.
    """

    free_weekdays: frozenset[int] = frozenset()
    free_dates: frozenset[date] = frozenset()
    work_dates: frozenset[date] = frozenset()
    assumed: bool = False
    alarm_on_free_days: bool | None = None
    shift_work: bool = False

    def __post_init__(self) -> None:
        strange = sorted(self.free_weekdays - set(range(7)))
        if strange:
            raise ValueError(f"a weekday is 0 (Monday) to 6 (Sunday), not {strange[0]}")
        both = sorted(self.free_dates & self.work_dates)
        if both:
            raise ValueError(f"{both[0]} is both free and worked; name it once")

    def free(self, days: pd.DatetimeIndex) -> NDArray[np.bool_]:
        """Whether each date is free."""
        free = days.day_of_week.isin(list(self.free_weekdays))
        free |= days.isin(pd.DatetimeIndex(sorted(self.free_dates)))
        return np.asarray(free & ~days.isin(pd.DatetimeIndex(sorted(self.work_dates))), dtype=np.bool_)

    def work_days_per_week(self, first: date, last: date) -> float:
        """Work days in an average week; counted over the dates from first to last where single dates are named."""
        if not (self.free_dates or self.work_dates):
            return float(7 - len(self.free_weekdays))
        return 7 * float(1 - self.free(pd.date_range(first, last)).mean())


WEEKENDS = WorkCalendar(free_weekdays=frozenset({SATURDAY, SUNDAY}), assumed=True)
"""Stands in for a work calendar that nobody has given: sleep that ends on Saturday or Sunday is free."""


@dataclass(frozen=True, kw_only=True)
class FreeAndWork:
    """What follows from typical sleep on free and on work days.

    Attributes:
        sjl_h: social jetlag, |mid-sleep on free − on work days| the short way round, hours.
        sd_week_h: sleep of an average day of the week, hours.
        msfsc_h: mid-sleep on free days, corrected for sleep caught up on; hours after midnight.
        sjlsc_h: corrected social jetlag, hours; negative when sleep on free days is earlier.
    """

    sjl_h: float
    sd_week_h: float
    msfsc_h: float
    sjlsc_h: float


def free_and_work(
    *, sd_work_h: float, sd_free_h: float, msw_h: float, msf_h: float, work_days: float
) -> FreeAndWork:
    """Social jetlag and chronotype from typical sleep on work and on free days; NaN goes through.

    SJL = |MSF − MSW|; SDweek = (SDw · WD + SDf · (7 − WD)) / 7; MSFsc = MSF − (SDf − SDweek) / 2 if SDf > SDw, else
    MSF; SJLsc = MSFsc − MSWsc, with MSWsc = MSW − (SDw − SDweek) / 2 if SDw > SDf, else MSW. Differences of times go
    the short way round. Sleep of 6.5 h around 3:15 on 5 work days and of 8.5 h around 5:15 on free days: SJL 2 h,
    SDweek 7.0714 h, MSFsc 4.5357 h, SJLsc 1.2857 h.

    Args:
        sd_work_h: sleep duration on work days, from onset to final wake.
        sd_free_h: likewise on free days.
        msw_h: mid-sleep on work days, hours after midnight.
        msf_h: mid-sleep on free days, likewise.
        work_days: work days a week, 0 to 7.

    Raises:
        ValueError: more than 7 work days a week, or fewer than none.
    """
    if not 0 <= work_days <= 7:
        raise ValueError(f"a week has 0 to 7 work days, not {work_days}")
    sd_week = (sd_work_h * work_days + sd_free_h * (7 - work_days)) / 7
    msf_corrected = msf_h - (sd_free_h - sd_week) / 2 if sd_free_h > sd_work_h else msf_h
    msw_corrected = msw_h - (sd_work_h - sd_week) / 2 if sd_work_h > sd_free_h else msw_h
    return FreeAndWork(
        sjl_h=abs(wrap_h(msf_h - msw_h)),
        sd_week_h=sd_week,
        msfsc_h=msf_corrected % 24,
        sjlsc_h=wrap_h(msf_corrected - msw_corrected),
    )


@dataclass(frozen=True, kw_only=True)
class Chronotype:
    """Sleep on free days against work days, and what that rests on; NaN is "not enough", and a reason says why.

    Attributes:
        sjl_h: social jetlag in hours.
        msfsc_h: chronotype: corrected mid-sleep on free days, hours after midnight.
        sjlsc_h: corrected social jetlag in hours; negative when free days are earlier.
        msw_h, msf_h: circular mean of mid-sleep on work and on free days.
        sd_work_h, sd_free_h: mean sleep period on work and on free days.
        sd_week_h: sleep period of an average day of the week.
        work_nights, free_nights: valid main sleeps that end on work and on free days.
        work_days: work days a week.
        calendar: which days were taken as free, in words.
        reason: what social jetlag rests on, or why there is none, in words.
        msfsc_reason: the same for the corrected values.
    """

    sjl_h: float
    msfsc_h: float
    sjlsc_h: float
    msw_h: float
    msf_h: float
    sd_work_h: float
    sd_free_h: float
    sd_week_h: float
    work_nights: int
    free_nights: int
    work_days: float
    calendar: str
    reason: str
    msfsc_reason: str


def chronotype(nights: pd.DataFrame, *, calendar: WorkCalendar = WEEKENDS) -> Chronotype:
    """Social jetlag and chronotype of one person; see `free_and_work` for the formulas.

    They need at least 1 valid free night and 3 valid work nights [P], each kind with a typical time (R ≥ 0.3).

    Args:
        nights: rows of the nights table: `night` (the date on which the sleep ends), `kind`, `valid`,
            `midsleep_clock_h` and `spt_min`.
        calendar: which days are free; weekends stand in for a calendar, and the result says so.
    """
    counted = nights["valid"].astype(bool) & (nights["kind"] == "main")
    counted &= nights["midsleep_clock_h"].notna() & nights["spt_min"].notna()
    used = nights.loc[counted, ["night", "midsleep_clock_h", "spt_min"]].sort_values("night")
    days = pd.DatetimeIndex(used["night"])
    free = calendar.free(days)
    work_days = calendar.work_days_per_week(days[0], days[-1]) if len(days) else math.nan
    msw, sd_work = _typical(used[~free])
    msf, sd_free = _typical(used[free])
    counts = (int((~free).sum()), int(free.sum()))
    missing = _missing(calendar, *counts, msw=msw, msf=msf)
    found = (
        FreeAndWork(sjl_h=math.nan, sd_week_h=math.nan, msfsc_h=math.nan, sjlsc_h=math.nan)
        if missing
        else free_and_work(sd_work_h=sd_work, sd_free_h=sd_free, msw_h=msw, msf_h=msf, work_days=work_days)
    )
    alarm = bool(calendar.alarm_on_free_days)
    return Chronotype(
        sjl_h=found.sjl_h,
        msfsc_h=math.nan if alarm else found.msfsc_h,
        sjlsc_h=math.nan if alarm else found.sjlsc_h,
        msw_h=msw,
        msf_h=msf,
        sd_work_h=sd_work,
        sd_free_h=sd_free,
        sd_week_h=found.sd_week_h,
        work_nights=counts[0],
        free_nights=counts[1],
        work_days=work_days,
        calendar=in_words(calendar),
        reason=missing or _rests_on(calendar, *counts),
        msfsc_reason=missing or _corrected(calendar, sd_free > sd_work),
    )


def in_words(calendar: WorkCalendar) -> str:
    """Which days are taken as free, as a reader should be told."""
    if calendar.assumed:
        return "no work calendar is known: nights that end on Saturday or Sunday stand in for free nights"
    names = [_WEEKDAYS[day] for day in sorted(calendar.free_weekdays)]
    parts = [f"free on {', '.join(names)}"] if names else []
    if calendar.free_dates:
        parts.append(f"free on {wording.plural(len(calendar.free_dates), 'named date')}")
    if calendar.work_dates:
        parts.append(f"at work on {wording.plural(len(calendar.work_dates), 'named date')}")
    return "work calendar: " + (", ".join(parts) or "no free day")


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _typical(nights: pd.DataFrame) -> tuple[float, float]:
    """Typical mid-sleep and mean sleep period, both in hours; NaN without nights."""
    if nights.empty:
        return math.nan, math.nan
    midsleep: Floats = nights["midsleep_clock_h"].to_numpy(dtype=np.float64)
    return circular_mean_h(midsleep)[0], float(nights["spt_min"].to_numpy(dtype=np.float64).mean()) / 60


def _missing(calendar: WorkCalendar, work: int, free: int, *, msw: float, msf: float) -> str:
    """Why nothing can be given; "" when it can."""
    if calendar.shift_work:
        return (
            "social jetlag and chronotype do not hold for shift work; "
            "composite phase deviation and the regularity index do"
        )
    if free < MINIMUM_FREE_NIGHTS or work < MINIMUM_WORK_NIGHTS:
        return (
            f"social jetlag needs {wording.plural(MINIMUM_FREE_NIGHTS, 'free night')} and "
            f"{wording.plural(MINIMUM_WORK_NIGHTS, 'work night')}; there are {free} and {work}"
        )
    if math.isnan(msw) or math.isnan(msf):
        return (
            f"social jetlag needs a typical time of sleep; {'work' if math.isnan(msw) else 'free'} nights "
            "lie all round the clock"
        )
    return ""


def _rests_on(calendar: WorkCalendar, work: int, free: int) -> str:
    counted = f"{wording.plural(free, 'free night')} against {wording.plural(work, 'work night')}"
    return f"{counted}; {in_words(calendar)}; not valid for shift workers"


def _corrected(calendar: WorkCalendar, slept_longer: bool) -> str:  # noqa: FBT001  (a finding, not a switch)
    if calendar.alarm_on_free_days:
        return "chronotype is undefined: an alarm ends sleep on free days"
    corrected = (
        "mid-sleep on free days, corrected for the longer sleep on them"
        if slept_longer
        else "mid-sleep on free days, without correction as sleep on them is no longer"
    )
    unasked = "; whether an alarm ends sleep on free days is not known, none is assumed"
    return corrected + (unasked if calendar.alarm_on_free_days is None else "")
