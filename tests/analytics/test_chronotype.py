"""Free days against work days: which nights are which, what may be said of them, and in which words."""

import math
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.chronotype import WEEKENDS, WorkCalendar, chronotype, free_and_work, in_words
from analytics.time_of_day import wrap_h
from analytics.wording import NBSP

# A Monday.
MONDAY = "2026-02-02"
clocks = st.floats(0, 24, exclude_max=True)
durations = st.floats(0, 16)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def week(weeks: int = 1, **columns: Any) -> pd.DataFrame:
    """Whole weeks from a Monday: mid-sleep at 3:15 after 6.5 h, on weekends at 5:15 after 8.5 h."""
    night = pd.date_range(MONDAY, periods=7 * weeks)
    free = night.day_of_week >= 5
    given: dict[str, Any] = {
        "kind": "main",
        "valid": True,
        "midsleep_clock_h": np.where(free, 5.25, 3.25),
        "spt_min": np.where(free, 510.0, 390.0),
    }
    return pd.DataFrame({"night": night}).assign(**(given | columns))


def test_a_week_of_work_and_a_weekend() -> None:
    found = chronotype(
        week(), calendar=WorkCalendar(free_weekdays=frozenset({5, 6}), alarm_on_free_days=False)
    )
    assert (found.work_nights, found.free_nights, found.work_days) == (5, 2, 5)
    values = (found.sjl_h, found.msfsc_h, found.sjlsc_h, found.sd_week_h)
    assert values == pytest.approx((2, 4.5357, 1.2857, 7.0714), abs=1e-4)
    assert (found.msw_h, found.msf_h) == pytest.approx((3.25, 5.25))
    assert (found.sd_work_h, found.sd_free_h) == (6.5, 8.5)
    assert plain(found.reason) == (
        "2 free nights against 5 work nights; work calendar: free on Saturday, Sunday; not valid for shift workers"
    )
    assert found.msfsc_reason == "mid-sleep on free days, corrected for the longer sleep on them"


def test_weekends_that_stand_in_for_a_calendar_are_named() -> None:
    found = chronotype(week())
    assert found.sjl_h == pytest.approx(2)
    assert "nights that end on Saturday or Sunday stand in for free nights" in found.reason
    assert found.msfsc_reason.endswith(
        "whether an alarm ends sleep on free days is not known, none is assumed"
    )


def test_a_night_belongs_to_the_day_on_which_it_ends() -> None:
    # The sleep of Friday to Saturday is labelled Saturday.
    days = pd.DatetimeIndex(["2026-02-06", "2026-02-07", "2026-02-08", "2026-02-09"])
    assert WEEKENDS.free(days).tolist() == [False, True, True, False]


def test_dates_outweigh_weekdays() -> None:
    calendar = WorkCalendar(
        free_weekdays=frozenset({5, 6}),
        free_dates=frozenset({date(2026, 2, 4)}),
        work_dates=frozenset({date(2026, 2, 7)}),
    )
    assert np.flatnonzero(calendar.free(pd.date_range(MONDAY, periods=7))).tolist() == [2, 6]
    assert plain(in_words(calendar)) == (
        "work calendar: free on Saturday, Sunday, free on 1 named date, at work on 1 named date"
    )


def test_a_calendar_of_dates_alone_counts_its_own_week() -> None:
    calendar = WorkCalendar(free_dates=frozenset({date(2026, 2, 2), date(2026, 2, 3), date(2026, 2, 4)}))
    found = chronotype(week(), calendar=calendar)
    assert found.free_nights == 3
    assert found.work_days == pytest.approx(4)


def test_a_calendar_must_make_sense() -> None:
    with pytest.raises(ValueError, match="not 7"):
        WorkCalendar(free_weekdays=frozenset({7}))
    with pytest.raises(ValueError, match="2026-02-04 is both"):
        WorkCalendar(free_dates=frozenset({date(2026, 2, 4)}), work_dates=frozenset({date(2026, 2, 4)}))
    with pytest.raises(ValueError, match="0 to 7 work days"):
        free_and_work(sd_work_h=7, sd_free_h=7, msw_h=3, msf_h=3, work_days=8)


@pytest.mark.parametrize(("work", "free"), [(2, 2), (5, 0)])
def test_too_few_nights_of_either_kind_are_not_enough(work: int, free: int) -> None:
    found = chronotype(week().iloc[[*range(work), *range(5, 5 + free)]])
    assert np.isnan([found.sjl_h, found.msfsc_h, found.sjlsc_h, found.sd_week_h]).all()
    assert plain(found.reason) == (
        f"social jetlag needs 1 free night and 3 work nights; there are {free} and {work}"
    )


def test_one_free_and_three_work_nights_are_enough() -> None:
    assert chronotype(week().iloc[[0, 1, 2, 5]]).sjl_h == pytest.approx(2)


def test_naps_and_invalid_nights_are_not_counted() -> None:
    extra = week(midsleep_clock_h=15.0)
    frame = pd.concat([week(), extra.assign(kind="nap"), extra.assign(valid=False)])
    assert chronotype(frame).sjl_h == pytest.approx(2)


def test_an_alarm_on_free_days_leaves_no_chronotype_but_social_jetlag() -> None:
    found = chronotype(
        week(), calendar=WorkCalendar(free_weekdays=frozenset({5, 6}), alarm_on_free_days=True)
    )
    assert found.sjl_h == pytest.approx(2)
    assert np.isnan([found.msfsc_h, found.sjlsc_h]).all()
    assert found.msfsc_reason == "chronotype is undefined: an alarm ends sleep on free days"


def test_shift_workers_are_told_what_holds_for_them() -> None:
    found = chronotype(week(), calendar=WorkCalendar(free_weekdays=frozenset({5, 6}), shift_work=True))
    assert math.isnan(found.sjl_h)
    assert "do not hold for shift work" in found.reason
    assert "composite phase deviation" in found.reason


def test_work_nights_all_round_the_clock_have_no_social_jetlag() -> None:
    frame = week(midsleep_clock_h=[3.0, 11, 19, 3, 11, 5, 5])
    frame = frame.drop(index=[3, 4])
    found = chronotype(frame)
    assert math.isnan(found.sjl_h)
    assert plain(found.reason).endswith("work nights lie all round the clock")


def test_social_jetlag_goes_the_short_way_round_midnight() -> None:
    found = free_and_work(sd_work_h=8, sd_free_h=8, msw_h=23.5, msf_h=0.5, work_days=5)
    assert (found.sjl_h, found.sjlsc_h, found.msfsc_h) == (1, 1, 0.5)


def test_longer_sleep_on_work_days_corrects_the_work_days() -> None:
    found = free_and_work(sd_work_h=9, sd_free_h=7, msw_h=4, msf_h=4, work_days=5)
    assert found.msfsc_h == 4
    assert found.sjlsc_h == pytest.approx((9 - (9 * 5 + 7 * 2) / 7) / 2)


def test_no_nights_are_not_enough() -> None:
    found = chronotype(week().iloc[:0])
    assert (found.work_nights, found.free_nights) == (0, 0)
    assert math.isnan(found.work_days)


@given(midsleep=st.tuples(clocks, clocks), slept=st.tuples(durations, durations), work_days=st.integers(0, 7))
def test_turning_the_clock_turns_the_chronotype_alone(
    midsleep: tuple[float, float], slept: tuple[float, float], work_days: int
) -> None:
    found, turned = (
        free_and_work(
            sd_work_h=slept[0],
            sd_free_h=slept[1],
            msw_h=(midsleep[0] + turn) % 24,
            msf_h=(midsleep[1] + turn) % 24,
            work_days=work_days,
        )
        for turn in (0, 9.5)
    )
    assert 0 <= found.sjl_h <= 12
    assert turned.sjl_h == pytest.approx(found.sjl_h, abs=1e-6)
    assert abs(wrap_h(turned.msfsc_h - found.msfsc_h - 9.5)) < 1e-6
    assert min(slept) - 1e-9 <= found.sd_week_h <= max(slept) + 1e-9


@given(order=st.permutations(range(14)))
def test_the_order_of_nights_does_not_matter(order: list[int]) -> None:
    frame = week(2, midsleep_clock_h=np.random.default_rng(5).normal(3, 1, 14) % 24)
    assert repr(chronotype(frame.iloc[list(order)])) == repr(chronotype(frame))
