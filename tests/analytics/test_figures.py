"""A number is rounded once, and what is printed says what it rests on."""

import math
import re
from datetime import timedelta

import pandas as pd
import pytest

from analytics.chronotype import WorkCalendar
from analytics.cohort_metrics import METRICS
from analytics.figures import QUANTITIES, figure
from analytics.person_period import Profile, month_up_to, person_month, person_period, person_week
from analytics.reliability import week_mean, week_variability
from analytics.score import EVIDENCE, VENDOR
from analytics.sleep_debt import sleep_need
from analytics.wording import NBSP, NOTHING
from tests.analytics.lives import LAST, life, person, scattered
from tests.serving import ROOT

ONE = person(1)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("name", "value", "rounded", "text"),
    [
        ("mean_tst_min", 424.5, 425, "7 h 5 min"),
        ("mean_se_pct", 91.5, 92, "92 %"),
        ("mean_bed_h", 23.9999, 0, "00:00"),
        ("mean_bed_h", 23 + 29.5 / 60, 23.5, "23:30"),
        ("sjl_h", 1.2036, 72 / 60, "1 h 12 min"),
        ("score", 79.95, 80.0, "80"),
        ("score", 81.44, 81.4, "81.4"),
        ("sri", -3.25, -3.3, "−3.3"),
        ("score_change", -0.25, -0.3, "−0.3 points"),
        ("score_change", 3.0, 3, "+3 points"),
        ("short_nights", 3.0, 3, "3"),
    ],
)
def test_value_and_words_are_rounded_alike(name: str, value: float, rounded: float, text: str) -> None:
    found = figure(name, value, nights=7, of=7)
    assert found.value == pytest.approx(rounded, abs=1e-12)
    assert plain(found.text) == text


def test_a_gate_withholds_the_number_and_says_why() -> None:
    found = figure("mean_tst_min", 420.0, nights=2, of=7, gate=week_mean(2))
    assert math.isnan(found.value)
    assert not found.shown
    assert (found.text, found.verdict) == (NOTHING, "suppressed")
    assert plain(found.note) == "a mean of a week needs 3 nights; there are 2"
    assert found.counted == "2 of 7 nights"


def test_few_nights_are_marked() -> None:
    found = figure("mean_tst_min", 420.0, nights=4, of=7, gate=week_mean(4))
    assert (found.value, found.verdict) == (420, "low")
    assert plain(found.note) == "low confidence: 4 nights, 5 are good"


def test_what_cannot_be_computed_has_its_own_reason_and_no_gate_s() -> None:
    found = figure("sd_bed_min", math.nan, nights=7, of=7, gate=week_variability(7), reason="no typical time")
    assert (found.verdict, found.note, found.text) == ("suppressed", "no typical time", NOTHING)


def test_a_period_has_every_quantity_once_in_order() -> None:
    found = person_week(ONE, life(ONE), ending=LAST).figures
    assert set(found) == set(QUANTITIES)
    assert all(name == each.id for name, each in found.items())


def test_every_quantity_has_its_line_in_the_definitions() -> None:
    page = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    section = page.partition("\n## The figures of a period\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \| [^|]* ?\|$", section, flags=re.MULTILINE)
    assert [name for name, _ in told] == list(QUANTITIES)
    assert [label for _, label in told] == [each.label for each in QUANTITIES.values()]
    assert {metric.id for metric in METRICS} <= set(QUANTITIES)


def test_a_week_of_a_plain_life() -> None:
    nights = life(ONE, asleep_min=lambda day: 440 if day < 49 else 400 + 10 * (day - 49))
    found = person_week(ONE, nights, ending=LAST).figures
    assert found["mean_tst_min"].value == 430
    assert (found["least_tst_min"].value, found["most_tst_min"].value) == (400, 460)
    assert (found["short_nights"].value, found["short_nights"].nights) == (2, 7)
    assert (found["mean_sol_min"].value, found["mean_waso_min"].value) == (10, 20)
    assert found["mean_se_pct"].text == f"93{NBSP}%"
    assert [found[f"period_{stage}_pct"].value for stage in ("light", "deep", "rem")] == [60, 20, 20]
    assert found["mean_bed_h"].text == "23:00"
    assert found["sd_bed_min"].value == 0
    assert found["debt_net_min"].value == 7 * 40 + 80 + 70 + 60 + 50 + 40 + 30 + 20


def test_stages_of_a_period_are_shares_of_all_its_sleep_not_means_of_shares() -> None:
    nights = life(ONE, asleep_min=lambda day: 300 if day % 2 else 600)
    nights.loc[nights["tst_min"] < 400, ["deep_min", "light_min"]] = [0.0, 240.0]
    found = person_period(ONE, nights, first=LAST - timedelta(days=27), last=LAST).figures
    assert found["period_deep_pct"].value == 13  # 120 of 900 min; the mean of 0 % and 20 % would be 10


def test_the_change_of_the_score_is_that_of_the_printed_scores() -> None:
    shift = scattered(3, 40)
    nights = life(ONE, asleep_min=lambda day: 400 + shift(day), later_min=lambda day: 2 * shift(day + 60))
    period = person_week(ONE, nights, ending=LAST)
    before = person_period(ONE, nights, first=LAST - timedelta(days=34), last=LAST - timedelta(days=7))
    moved = period.figures["score"].value - before.figures["score"].value
    assert period.figures["score_change"].value == pytest.approx(moved)
    assert period.figures["score_change"].value != 0


def test_nights_of_a_journey_are_left_out_of_the_hours_and_counted_in_the_length() -> None:
    nights = life(ONE, later_min=lambda day: 0 if day < 53 else 360)
    nights.loc[nights.index[-3:], "reasons"] = ["TRAVEL", "AFTER_TRAVEL", "AFTER_TRAVEL"]
    period = person_period(ONE, nights, first=LAST - timedelta(days=27), last=LAST)
    bed = period.figures["mean_bed_h"]
    assert (bed.text, bed.nights, period.bed.nights) == ("23:00", 25, 25)
    assert plain(bed.note) == "3 nights of a journey left out"
    assert period.figures["mean_tst_min"].nights == 28
    against = next(row for row in period.against if row.name == "start_clock_h")
    assert against.text == "23:00"
    travelled = person_period(ONE, nights.assign(reasons=""), first=period.first, last=LAST)
    assert travelled.figures["mean_bed_h"].text != "23:00"


@pytest.mark.parametrize(
    ("ending", "first"),
    [("2026-02-28", "2026-02-01"), ("2026-02-11", "2026-01-12"), ("2024-02-29", "2024-02-01"),
     ("2026-03-31", "2026-03-01"), ("2026-01-31", "2026-01-01"), ("2026-03-30", "2026-02-28")],
)  # fmt: skip
def test_a_month_has_the_days_that_the_calendar_gives_it(ending: str, first: str) -> None:
    assert month_up_to(pd.Timestamp(ending).date()) == pd.Timestamp(first).date()


def test_a_month_of_few_nights_withholds_what_a_week_of_them_would_tell() -> None:
    nights = life(ONE, missing=range(52))
    month = person_month(ONE, nights, ending=LAST)
    week = person_week(ONE, nights, ending=LAST)
    assert (month.first.isoformat(), month.days) == ("2026-01-12", 31)
    assert not month.figures["mean_tst_min"].shown
    assert week.figures["mean_tst_min"].verdict == "low"
    assert plain(month.figures["mean_tst_min"].note).endswith("needs 5 nights; there are 4")


def test_a_period_takes_the_rules_the_calendar_and_the_need_of_its_profile() -> None:
    nights = life(ONE, later_min=scattered(9, 30))
    own = Profile(
        rules=VENDOR,
        calendar=WorkCalendar(free_weekdays=frozenset({0, 1}), alarm_on_free_days=True),
        need=sleep_need(own_h=7),
    )
    plain_period, other = (person_week(ONE, nights, ending=LAST, profile=each) for each in (None, own))
    assert (plain_period.score.version, other.score.version) == (EVIDENCE.version, VENDOR.version)
    assert VENDOR.version in other.method
    # The index is measured whatever the score is made of.
    assert other.figures["sri"].value == plain_period.figures["sri"].value
    assert other.figures["score_c"].value == 80
    assert "set for this person" in other.figures["debt_net_min"].note
    assert other.figures["debt_net_min"].value == 0
    assert not other.figures["msfsc_h"].shown
    assert "work calendar" in other.figures["sjl_h"].note


def test_scores_of_two_estimators_have_no_difference() -> None:
    nights = life(ONE, later_min=scattered(9, 30))
    whole = person_week(ONE, nights, ending=LAST).figures["score_change"]
    gaps = person_week(ONE, nights.drop(nights.index[[-2, -5]]), ending=LAST)
    assert whole.shown
    assert (gaps.score.estimator, gaps.before.estimator) == ("midsleep_sd", "sri")
    assert gaps.figures["score"].shown
    assert not gaps.figures["score_change"].shown
    assert "another estimator" in gaps.figures["score_change"].note


def test_a_score_of_few_nights_is_marked_like_any_mean() -> None:
    few = person_week(ONE, life(ONE, missing=range(49, 52)), ending=LAST).figures
    assert few["mean_tst_min"].verdict == few["score_e"].verdict == few["score_d"].verdict == "low"
    assert "low confidence" in few["score_e"].note
