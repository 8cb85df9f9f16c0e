"""What repeats and what moved in a person's weeks, and what is said of it at most."""

import math
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.chronotype import WEEKENDS, WorkCalendar
from analytics.cohort_triage import cohort_standings
from analytics.insights import Shown
from analytics.nightly_scores import nightly_scores
from analytics.patterns import Patterns, patterns
from analytics.person_insights import person_insights
from analytics.sleep_debt import sleep_need
from analytics.standing import Standing
from analytics.wording import NBSP
from tests.analytics.lives import LAST, Minutes, always, life, person, scattered

ONE = person(1)
FIRST = LAST - timedelta(days=55)


def weekday_of(day: int) -> int:
    """Of the date on which night number `day` ends: 0 is Monday."""
    return (FIRST + timedelta(days=day)).weekday()


def found_in(nights: pd.DataFrame, calendar: WorkCalendar = WEEKENDS) -> Patterns:
    return patterns(ONE, nights, first=FIRST, last=LAST, calendar=calendar)


def weekends_later(minutes: float) -> Minutes:
    noise = scattered(4, 15)
    return lambda day: (minutes if weekday_of(day) >= 5 else 0) + noise(day)


class TestPatterns:
    def test_later_weekends_are_seen_in_free_days_and_social_jetlag(self) -> None:
        found = found_in(life(ONE, later_min=weekends_later(90)))
        assert found.free_midsleep.median_difference == pytest.approx(90, abs=15)
        assert found.free_midsleep.low > 0
        assert found.free_midsleep.basis == "weekends"
        assert found.chronotype.sjl_h == pytest.approx(1.5, abs=0.2)
        assert found.free_asleep.median_difference == 0

    def test_a_work_calendar_takes_the_place_of_weekends(self) -> None:
        mondays = WorkCalendar(free_weekdays=frozenset({0}))
        found = found_in(life(ONE, later_min=weekends_later(90)), mondays)
        assert found.free_midsleep.basis == "work calendar"
        assert found.free_midsleep.free == 8
        assert found.free_midsleep.median_difference < 30

    def test_nights_of_a_journey_bend_no_hours(self) -> None:
        nights = life(ONE, later_min=lambda day: 420 if 30 <= day < 33 else 0)
        told = nights.assign(reasons=["TRAVEL" if 30 <= n < 33 else "" for n in range(len(nights))])
        assert found_in(told).phase.mean_h == 0
        assert found_in(told).chronotype.sjl_h == 0
        assert found_in(nights).phase.mean_h > 0.3

    def test_weeks_begin_on_mondays_and_need_three_nights(self) -> None:
        found = found_in(life(ONE, missing=range(5, 10)))
        assert set(pd.DatetimeIndex(found.weeks.index).day_of_week) == {0}
        assert found.weeks["nights"].sum() == 51
        few = found.weeks["nights"] < 3
        assert few.any()
        assert found.weeks.loc[few, "tst_min"].isna().all()
        whole = found.weeks[~few]
        assert whole["tst_min"].tolist() == pytest.approx([440.0] * len(whole))
        parts = whole[["deep_min", "light_min", "rem_min"]].sum(axis=1)
        assert parts.tolist() == pytest.approx(whole["tst_min"].tolist())

    def test_debt_counts_naps_and_only_days_with_a_main_sleep(self) -> None:
        nights = life(ONE, missing=[50])
        nap = nights.iloc[[-1]].assign(kind="nap", tst_min=30.0)
        lonely = nights.iloc[[-1]].assign(
            kind="nap", tst_min=45.0, night=pd.Timestamp(FIRST + timedelta(days=50))
        )
        found = found_in(pd.concat([nights, nap, lonely]))
        assert found.debt.nights == 13
        assert found.debt.net_min == pytest.approx(13 * 40 - 30)
        own = patterns(ONE, nights, first=FIRST, last=LAST, need=sleep_need(own_h=7))
        assert own.debt.net_min == 0

    def test_a_lasting_change_is_found_and_the_smooth_line_follows_it(self) -> None:
        noise = scattered(5, 20)
        found = found_in(life(ONE, asleep_min=lambda day: (460 if day < 28 else 370) + noise(day)))
        (step,) = found.changes.steps
        assert step.first_after == pd.Timestamp(FIRST + timedelta(days=28))
        assert step.shift == pytest.approx(-90, abs=12)
        assert len(found.line) == 56
        assert found.line.iloc[0] > 430
        assert found.line.iloc[-1] < 400

    def test_a_person_without_a_night_has_patterns_that_say_so(self) -> None:
        found = patterns(ONE, life(ONE).iloc[:0], first=FIRST, last=LAST)
        assert found.asleep.verdict == "too few"
        assert found.line.empty
        assert math.isnan(found.debt.net_min)
        assert found.chronotype.reason.startswith("social jetlag needs")
        assert found.weeks["nights"].sum() == 0


class TestInsights:
    def told(self, nights: pd.DataFrame, **more: object) -> "list[str]":
        chosen = person_insights(
            nights,
            person_id=ONE.person_id,
            last=LAST,
            found=found_in(nights),
            **more,  # type: ignore[arg-type]
        )
        return [insight.key for insight in chosen]

    def test_a_plain_life_has_none(self) -> None:
        assert self.told(life(ONE)) == []

    def test_a_short_week_is_told_once_and_not_as_a_trend_too(self) -> None:
        noise = scattered(6, 12)
        nights = life(ONE, asleep_min=lambda day: (450 if day < 49 else 330) + noise(day))
        keys = self.told(nights)
        assert len([key for key in keys if key.startswith("tst_min")]) == 1
        assert keys[0] == "tst_min down within a week"

    def test_later_weekends_are_told(self) -> None:
        assert self.told(life(ONE, later_min=weekends_later(90))) == ["midsleep_clock_h up on free days"]

    def test_the_score_of_the_nights_takes_part(self) -> None:
        noise = scattered(7, 12)
        nights = life(ONE, asleep_min=lambda day: (450 if day < 49 else 300) + noise(day))
        assert "score down within a week" not in self.told(nights)
        scored = nights.assign(score=nightly_scores(nights, ages=pd.Series({ONE.person_id: 40.0})))
        assert "score down within a week" in self.told(scored)

    def test_nothing_is_repeated_within_two_weeks(self) -> None:
        nights = life(ONE, later_min=weekends_later(90))
        before = [Shown(key="midsleep_clock_h up on free days", on=LAST - timedelta(days=3), strength=9.0)]
        assert self.told(nights, shown=before) == []

    def test_later_nights_than_the_day_do_not_count(self) -> None:
        noise = scattered(6, 12)
        nights = life(ONE, asleep_min=lambda day: (450 if day < 49 else 330) + noise(day))
        earlier = date.fromordinal(LAST.toordinal() - 7)
        chosen = person_insights(
            nights,
            person_id=ONE.person_id,
            last=earlier,
            found=patterns(ONE, nights, first=FIRST, last=earlier),
        )
        assert chosen == ()

    def test_the_place_in_the_cohort_is_told_among_enough_people(self) -> None:
        noise = scattered(6, 12)
        mine = life(ONE, asleep_min=lambda day: (450 if day < 49 else 330) + noise(day))
        others = [life(person(n), asleep_min=always(400.0 + 5 * n)) for n in range(2, 10)]
        everyone = [person(n) for n in range(1, 10)]
        places = cohort_standings(everyone, pd.concat([mine, *others]), night=LAST, person_id=ONE.person_id)
        assert places["tst_min"].percentile == 0
        chosen = person_insights(
            mine, person_id=ONE.person_id, last=LAST, found=found_in(mine), places=lambda: places
        )
        assert "These nights lie above those of 0 % of 8 others." in chosen[0].evidence.replace(NBSP, " ")

    def test_the_cohort_is_not_asked_where_nothing_moved(self) -> None:
        def asked() -> dict[str, Standing]:
            raise AssertionError("nothing moved")

        nights = life(ONE, later_min=weekends_later(90))
        person_insights(nights, person_id=ONE.person_id, last=LAST, found=found_in(nights), places=asked)

    def test_no_sentence_is_said_without_numbers(self) -> None:
        nights = life(ONE, later_min=weekends_later(90), asleep_min=lambda day: 450 if day < 49 else 330)
        chosen = person_insights(nights, person_id=ONE.person_id, last=LAST, found=found_in(nights))
        assert chosen
        for insight in chosen:
            assert np.isfinite(insight.strength)
            assert any(letter.isdigit() for letter in insight.observation)
            assert "night" in insight.evidence
