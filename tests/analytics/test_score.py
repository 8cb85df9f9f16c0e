"""The score of a person is what its parts say, in numbers and in words; a cohort is everyone alone."""

import math
from dataclasses import astuple
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.score import (
    EVIDENCE,
    SCORE_COLUMNS,
    VENDOR,
    Part,
    ScoreRules,
    Weights,
    band,
    duration_part,
    efficiency_part,
    night_score,
    overall,
    period_score,
    period_scores,
    recommended_hours,
)
from analytics.wording import NBSP

DAY = 2880
FIRST, LAST = date(2026, 2, 1), date(2026, 2, 28)
END_OF_WEEK = date(2026, 2, 7)


def nights(count: int, person_id: str = "ada", start: str = "2026-02-01", **columns: Any) -> pd.DataFrame:
    """Consecutive equal nights; each agrees with the one before in nine slots of ten."""
    frame = pd.DataFrame({"night": pd.date_range(start, periods=count), "day_index": np.arange(count) + 100})
    given: dict[str, Any] = {
        "person_id": person_id,
        "kind": "main",
        "valid": True,
        "se_pct": 90.0,
        "se_known_pct": 90.0,
        "unknown_share": 0.0,
        "tst_min": 450.0,
        "midsleep_clock_h": 3.5,
        "sri_agree": 0.9 * DAY,
        "sri_known": DAY,
    }
    return frame.assign(**(given | columns))


def plain(text: str) -> str:
    """The text as a reader types it: values and units are held together by non-breaking spaces."""
    return text.replace(NBSP, " ")


def score_of(frame: pd.DataFrame, age_years: float | None = 40, last: date = LAST) -> Any:
    return period_score(frame, age_years=age_years, first=FIRST, last=last)


def test_weights_make_one() -> None:
    assert sum(astuple(EVIDENCE.weights)) == pytest.approx(1)
    assert overall(100, 100, 100) == pytest.approx(100)


def test_efficiency_edges_of_the_norms_are_edges_of_the_bands() -> None:
    assert efficiency_part([30, 45, 75, 85, 90, 95, 99]).tolist() == [0, 0, 60, 80, 90, 100, 100]
    assert math.isnan(efficiency_part(math.nan))


@pytest.mark.parametrize("age", [0, 0.5, 2, 4, 10, 16, 22, 40, 70, math.nan])
def test_duration_falls_without_steps_from_the_recommended_range(age: float) -> None:
    hours = np.linspace(0, 24, 2_401)
    found = duration_part(hours, age)
    assert np.abs(np.diff(found)).max() <= 0.21
    assert found.min() == 0
    best = hours[found == 100]
    assert (np.diff(found[hours < best[0]]) >= 0).all()
    assert (np.diff(found[hours > best[-1]]) <= 0).all()


def test_an_unknown_age_is_an_adult() -> None:
    hours = np.linspace(0, 14, 29)
    assert (duration_part(hours, math.nan) == duration_part(hours, 40)).all()


def test_ages_change_group_on_the_birthday() -> None:
    assert duration_part(10.5, 17.99) == pytest.approx(90)
    assert duration_part(10.5, 18) == pytest.approx(85)
    assert duration_part(10.5, 25.99) == pytest.approx(85)
    assert duration_part(10.5, 26) == pytest.approx(70)


def test_an_age_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match="check the year of birth"):
        duration_part(8, [40, -1])


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (100, "Excellent"),
        (90, "Excellent"),
        (89.95, "Excellent"),
        (89.94, "Good"),
        (80, "Good"),
        (79.94, "Fair"),
        (60, "Fair"),
        (59.9, "Poor"),
        (0, "Poor"),
        (math.nan, ""),
    ],
)
def test_the_word_fits_the_number_that_is_shown(score: float, word: str) -> None:
    assert band(score) == word


def test_a_plain_month_in_numbers_and_words() -> None:
    found = score_of(nights(28))
    assert found.overall == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 100)
    assert (found.nights, found.day_pairs, found.estimator) == (28, 27, "sri")
    assert (found.mean_se_pct, found.mean_tst_min) == (pytest.approx(90), pytest.approx(450))
    assert (found.version, found.reason) == (EVIDENCE.version, "")
    assert [part.weight for part in (found.efficiency, found.consistency, found.duration)] == [0.4, 0.3, 0.3]
    assert plain(found.efficiency.reason) == "asleep 90 % of the time in bed, mean of 28 nights"
    assert plain(found.consistency.reason) == "sleep regularity index 80, from 27 pairs of consecutive nights"
    assert plain(found.duration.reason) == (
        "asleep 7 h 30 min, mean of 28 nights; 7 h to 9 h are recommended for age 40"
    )


def test_an_unknown_age_is_named() -> None:
    assert score_of(nights(28), age_years=None).duration.reason.endswith(
        "recommended for an adult; the age is not known"
    )


def test_the_mean_is_of_the_nights_scores() -> None:
    hours = np.tile([300.0, 540.0], 14)
    found = score_of(nights(28, tst_min=hours))
    assert found.duration.value == pytest.approx(80)
    assert found.mean_tst_min == pytest.approx(420)


def test_lost_signal_is_left_out_of_efficiency_up_to_a_fifth() -> None:
    shares = np.array([0.0, 0.1, 0.2, 0.2001, 0.3] + [0.0] * 5)
    frame = nights(10, unknown_share=shares, se_pct=70.0, se_known_pct=90.0)
    assert score_of(frame).mean_se_pct == pytest.approx((8 * 70 + 2 * 90) / 10)


@pytest.mark.parametrize("age", [0, 0.5, 2, 4, 10, 16, 22, 40, 70, math.nan])
def test_the_recommended_hours_are_those_judged_best(age: float) -> None:
    hours = np.arange(0, 24.5, 0.5)
    best = hours[duration_part(hours, age) == 100]
    assert recommended_hours(age) == (best[0], best[-1])


def test_without_an_age_an_adults_hours_are_recommended() -> None:
    assert recommended_hours(None) == recommended_hours(40) == (7, 9)
    with pytest.raises(ValueError, match="0 years or more"):
        recommended_hours(-1)


def test_a_fifth_lost_is_a_fifth_also_as_an_archive_keeps_it() -> None:
    frame = nights(10, unknown_share=0.2, se_pct=70.0, se_known_pct=90.0)
    narrow = frame.astype(dict.fromkeys(frame.select_dtypes("float64"), "float32"))
    assert float(narrow["unknown_share"].iloc[0]) > 0.2
    for kept in (narrow, narrow.astype(dict.fromkeys(narrow.select_dtypes("float32"), "float64"))):
        assert score_of(kept).mean_se_pct == pytest.approx(90)
        assert night_score(kept, age_years=40, night=date(2026, 2, 10)).mean_se_pct == pytest.approx(90)


def test_a_reason_says_which_time_the_efficiency_is_of() -> None:
    lost = nights(10, unknown_share=[0.0] * 9 + [0.1], se_pct=70.0, se_known_pct=90.0)
    assert plain(score_of(lost).efficiency.reason) == (
        "asleep 72 % of the known time in bed, mean of 10 nights"
    )
    last, before = (night_score(lost, age_years=40, night=date(2026, 2, day)) for day in (10, 9))
    assert plain(last.efficiency.reason) == "asleep 90 % of the known time in bed"
    assert plain(before.efficiency.reason) == "asleep 70 % of the time in bed"


def test_naps_and_invalid_nights_are_not_counted() -> None:
    nap = nights(10, kind="nap", tst_min=60.0)
    bad = nights(8, start="2026-02-11", valid=False, tst_min=100.0, midsleep_clock_h=12.0)
    bad["day_index"] += 10
    found = score_of(pd.concat([nights(10), nap, bad]))
    assert (found.nights, found.mean_tst_min) == (10, pytest.approx(450))


def test_nights_outside_the_period_are_not_counted() -> None:
    frame = nights(40, start="2026-01-25")
    found = score_of(frame)
    assert found.nights == 28
    # The first night's pair reaches back out of the period.
    assert found.day_pairs == 27


def test_a_pair_whose_first_day_is_missing_is_not_counted() -> None:
    frame = nights(10).drop(index=4)
    assert score_of(frame).day_pairs == 7


@pytest.mark.parametrize(("last", "count", "good"), [(END_OF_WEEK, 4, 5), (LAST, 9, 10)])
def test_few_nights_of_a_week_or_a_month_are_low_confidence(last: date, count: int, good: int) -> None:
    found = score_of(nights(count).assign(sri_agree=0.9 * DAY * 2, sri_known=2 * DAY), last=last)
    assert found.overall == pytest.approx(90)
    assert plain(found.reason) == f"low confidence: {count} nights, {good} are good"
    assert plain(found.efficiency.reason).endswith(
        f"mean of {count} nights (low confidence, {good} are good)"
    )


@pytest.mark.parametrize(("last", "count"), [(END_OF_WEEK, 5), (LAST, 10)])
def test_nights_enough_need_no_caveat(last: date, count: int) -> None:
    found = score_of(nights(count), last=last)
    assert not math.isnan(found.overall)
    assert found.reason == ""
    assert plain(found.efficiency.reason).endswith(f"mean of {count} nights")


@pytest.mark.parametrize(("last", "count", "needed"), [(END_OF_WEEK, 2, 3), (LAST, 4, 5)])
def test_too_few_nights_for_a_mean_are_suppressed(last: date, count: int, needed: int) -> None:
    found = score_of(nights(count), last=last)
    assert np.isnan(
        [found.overall, found.efficiency.value, found.duration.value, found.mean_se_pct, found.mean_tst_min]
    ).all()
    suppressed = f"suppressed: a mean needs {needed} nights, there are {count}"
    assert plain(found.efficiency.reason) == plain(found.duration.reason) == suppressed
    assert plain(found.reason).startswith(
        f"{suppressed}; consistency needs 5 pairs of consecutive nights, or 5 nights; there are {count - 1} pair"
    )


@pytest.mark.parametrize(("days", "given"), [(7, True), (8, False)])
def test_the_calendar_decides_whether_a_period_is_judged_as_a_week(days: int, given: bool) -> None:
    last = FIRST + timedelta(days=days - 1)
    alone = score_of(nights(4), last=last)
    table = period_scores(nights(4), ages=pd.Series({"ada": 40.0}), first=FIRST, last=last)
    assert (alone.mean_tst_min == 450, bool(table["mean_tst_min"].notna().all())) == (given, given)


def test_without_consistency_there_is_no_score_but_its_other_parts() -> None:
    found = score_of(nights(3), last=END_OF_WEEK)
    assert math.isnan(found.overall)
    assert found.efficiency.value == pytest.approx(90)
    assert plain(found.reason) == (
        "consistency needs 5 pairs of consecutive nights, or 5 nights; there are 2 pairs and 3 nights"
    )


def test_scattered_nights_are_judged_by_midsleep() -> None:
    frame = nights(28).iloc[::3]
    found = score_of(frame)
    assert (found.estimator, found.consistency.value, found.day_pairs) == ("midsleep_sd", 100, 0)


def test_midsleep_of_an_invalid_night_is_not_counted() -> None:
    scattered = nights(28).iloc[::3]
    odd = scattered.assign(midsleep_clock_h=[3.5] * 9 + [15.0], valid=[True] * 9 + [False])
    assert score_of(odd).consistency.value == 100


def test_no_nights_are_no_score() -> None:
    found = score_of(nights(10).iloc[:0])
    assert math.isnan(found.overall)
    assert (found.nights, found.estimator) == (0, None)


def test_nights_of_two_people_are_not_one_persons() -> None:
    both = pd.concat([nights(5), nights(5, "ben")])
    with pytest.raises(ValueError, match="of 2 people"):
        score_of(both)


def test_a_night_has_its_own_sleep_and_the_consistency_of_14_days() -> None:
    frame = nights(28, tst_min=np.r_[np.full(27, 450.0), 330.0])
    found = night_score(frame, age_years=40, night=LAST)
    assert (found.nights, found.day_pairs) == (1, 13)
    assert found.duration.value == pytest.approx(70)
    assert found.overall == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 70)
    assert plain(found.efficiency.reason) == "asleep 90 % of the time in bed"
    assert plain(found.duration.reason) == "asleep 5 h 30 min; 7 h to 9 h are recommended for age 40"
    assert plain(found.reason) == ""


def test_a_night_that_is_not_there_has_no_score() -> None:
    found = night_score(nights(10), age_years=40, night=date(2026, 2, 11))
    assert math.isnan(found.overall)
    assert [found.efficiency.reason, found.reason] == ["not a valid night"] * 2
    assert found.consistency.value == pytest.approx(80)


def inputs_of(part: Part) -> dict[str, tuple[float, str]]:
    return {each.name: (each.value, each.unit) for each in part.inputs}


class TestPartsExplainThemselves:
    def test_each_names_the_numbers_it_was_computed_from(self) -> None:
        found = score_of(nights(28))
        assert inputs_of(found.efficiency) == {
            "mean_se_pct": (pytest.approx(90), "%"),
            "nights": (28, "nights"),
        }
        assert inputs_of(found.consistency) == {"sri": (pytest.approx(80), ""), "day_pairs": (27, "pairs")}
        assert inputs_of(found.duration) == {
            "mean_tst_min": (pytest.approx(450), "min"),
            "nights": (28, "nights"),
            "age_years": (40, "years"),
            "recommended_from_h": (7, "h"),
            "recommended_to_h": (9, "h"),
        }
        assert [part.estimator for part in (found.efficiency, found.consistency, found.duration)] == [
            "share of the time in bed",
            "sleep regularity index",
            "norm for the age",
        ]

    def test_the_spread_of_midsleep_is_named_where_it_stands_in(self) -> None:
        found = score_of(nights(5)).consistency
        assert found.estimator == "spread of mid-sleep"
        assert inputs_of(found) == {
            "midsleep_sd_min": (0, "min"),
            "nights": (5, "nights"),
            "day_pairs": (4, "pairs"),
        }

    def test_a_part_without_a_value_has_no_estimator_but_says_what_there_is(self) -> None:
        found = score_of(nights(2))
        for part in (found.efficiency, found.consistency, found.duration):
            assert (math.isnan(part.value), part.estimator) == (True, "")
            assert inputs_of(part)["nights"] == (2, "nights")

    def test_an_unknown_age_is_an_input_without_a_value(self) -> None:
        found = score_of(nights(28), age_years=None).duration
        assert math.isnan(inputs_of(found)["age_years"][0])
        assert found.estimator == "norm for adults, age unknown"

    def test_without_consistency_the_other_two_are_provisional_and_no_score(self) -> None:
        found = score_of(nights(3), last=END_OF_WEEK)
        assert math.isnan(found.overall)
        assert found.provisional == pytest.approx((0.4 * 90 + 0.3 * 100) / 0.7)
        assert math.isnan(score_of(nights(28)).provisional)
        assert math.isnan(score_of(nights(2)).provisional)


class TestRules:
    def by(self, rules: ScoreRules, frame: pd.DataFrame, last: date = LAST) -> Any:
        return period_score(frame, age_years=40, first=FIRST, last=last, rules=rules)

    def test_weights_are_taken_as_given(self) -> None:
        weights = Weights(efficiency=0.5, consistency=0.25, duration=0.25)
        found = self.by(ScoreRules(weights=weights), nights(28))
        assert found.overall == pytest.approx(0.5 * 90 + 0.25 * 80 + 0.25 * 100)
        parts = (found.efficiency, found.consistency, found.duration)
        assert [part.weight for part in parts] == [0.5, 0.25, 0.25]

    @pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (-0.1, 0.6, 0.5), (math.nan, 0.5, 0.5), (0, 0, 0)])
    def test_weights_must_make_1(self, shares: tuple[float, float, float]) -> None:
        with pytest.raises(ValueError, match="shares that make 1; these are"):
            Weights(efficiency=shares[0], consistency=shares[1], duration=shares[2])

    def test_consistency_alone_has_nothing_provisional(self) -> None:
        weights = Weights(efficiency=0, consistency=1, duration=0)
        found = self.by(ScoreRules(weights=weights), nights(3), last=END_OF_WEEK)
        assert not math.isnan(found.efficiency.value)
        assert math.isnan(found.provisional)

    def test_long_sleep_may_lose_no_points(self) -> None:
        frame = nights(28, tst_min=660.0)
        found = self.by(ScoreRules(long_sleep_counts=False), frame)
        assert [score_of(frame).duration.value, found.duration.value] == pytest.approx([60, 100])
        assert found.duration.reason.endswith("age 40; longer sleep loses no points")
        short = nights(28, tst_min=330.0)
        assert self.by(ScoreRules(long_sleep_counts=False), short).duration.value == pytest.approx(70)

    def test_naps_may_count_towards_duration_alone(self) -> None:
        main = nights(10, tst_min=330.0)
        naps = nights(3, kind="nap", tst_min=90.0, se_pct=10.0)
        bad = nights(10, kind="nap", tst_min=60.0, valid=False)
        other = nights(10, "ben", kind="nap", tst_min=200.0)
        found = self.by(ScoreRules(naps_count=True), pd.concat([main, naps, bad]))
        assert found.duration.value == pytest.approx((3 * 100 + 7 * 70) / 10)
        assert inputs_of(found.duration)["mean_tst_24h_min"][0] == pytest.approx(357)
        assert (found.mean_tst_min, found.mean_se_pct) == (pytest.approx(330), pytest.approx(90))
        assert plain(found.duration.reason).startswith("asleep 5 h 57 min in 24 h, naps included, mean of 10")
        table = period_scores(
            pd.concat([other, naps, main]),
            ages=pd.Series({"ada": 40.0}),
            first=FIRST,
            last=LAST,
            rules=ScoreRules(naps_count=True),
        )
        assert table.loc["ada", "score_d"] == pytest.approx(found.duration.value)

    def test_the_tag_names_whatever_differs(self) -> None:
        half = Weights(efficiency=0.5, consistency=0.25, duration=0.25)
        rules = [
            EVIDENCE,
            VENDOR,
            ScoreRules(profile="vendor"),
            ScoreRules(weights=half),
            ScoreRules(naps_count=True),
            ScoreRules(long_sleep_counts=False),
            ScoreRules(naps_count=True, long_sleep_counts=False, weights=half),
        ]
        versions = [each.version for each in rules]
        assert versions == [
            "evidence-2",
            "vendor-2",
            "vendor-2+own-consistency",
            "evidence-2+0.5/0.25/0.25",
            "evidence-2+24h",
            "evidence-2+long-sleep-free",
            "evidence-2+long-sleep-free+24h+0.5/0.25/0.25",
        ]
        assert self.by(rules[-1], nights(28)).version == versions[-1]

    def test_the_rules_can_be_read(self) -> None:
        assert EVIDENCE.words == "0.4 × efficiency + 0.3 × consistency + 0.3 × duration"
        assert VENDOR.words == (
            "0.4 × efficiency + 0.3 × consistency + 0.3 × duration; as the vendor's sample code computes it, from "
            "averages; consistency is the vendor's constant 80 and measures nothing"
        )
        assert ScoreRules(naps_count=True, long_sleep_counts=False).words.endswith(
            "long sleep loses no points; duration is all sleep of 24 h, naps included"
        )

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"profile": "oura"}, '"evidence" or "vendor", not "oura"'),
            ({"profile": "vendor", "naps_count": True}, "no choice of naps"),
            ({"profile": "vendor", "long_sleep_counts": False}, "or long sleep"),
            ({"placeholder": True}, "only the vendor profile"),
        ],
    )
    def test_options_that_a_profile_does_not_have_are_refused(
        self, given: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            ScoreRules(**given)


class TestJourneys:
    def away(self) -> pd.DataFrame:
        """Four weeks; the 10th night is the first in another zone, and the two after it are still of that journey."""
        reasons = [
            "TRAVEL" if n == 9 else "PARTLY_MISSING;AFTER_TRAVEL" if n in {10, 11} else "" for n in range(28)
        ]
        agree = np.where([bool(reason) for reason in reasons], 0.0, 0.9 * DAY)
        return nights(28, reasons=reasons, sri_agree=agree)

    def test_their_nights_are_left_out_of_consistency_alone_and_it_says_so(self) -> None:
        found = score_of(self.away())
        # Three nights away make four pairs with a night of the journey.
        assert (found.nights, found.day_pairs) == (28, 23)
        assert found.consistency.value == pytest.approx(80)
        assert plain(found.consistency.reason).endswith(
            "23 pairs of consecutive nights; 3 nights of a journey left out"
        )
        assert inputs_of(found.consistency)["journey_nights"] == (3, "nights")

    def test_they_may_be_counted(self) -> None:
        rules = ScoreRules(journeys_count=True)
        found = period_score(self.away(), age_years=40, first=FIRST, last=LAST, rules=rules)
        assert (found.day_pairs, found.version) == (27, "evidence-2+journeys")
        assert "journey" not in found.consistency.reason
        with pytest.raises(ValueError, match="one option or the other"):
            ScoreRules(profile="vendor", placeholder=True, journeys_count=True)

    def test_midsleep_of_a_journey_is_not_in_the_spread_either(self) -> None:
        scattered = self.away().iloc[::2].assign(midsleep_clock_h=[3.5] * 5 + [11.0] + [3.5] * 8)
        found = score_of(scattered)
        assert (found.estimator, found.consistency.value) == ("midsleep_sd", 100)
        assert inputs_of(found.consistency)["nights"] == (13, "nights")
        table = period_scores(scattered, ages=pd.Series({"ada": 40.0}), first=FIRST, last=LAST)
        assert table["score_c"].tolist() == [100]

    @pytest.mark.parametrize(("at_home", "given"), [(4, False), (5, True)])
    def test_the_spread_takes_5_nights_besides_those_of_a_journey(self, at_home: int, given: bool) -> None:
        scattered = nights(28).iloc[::2].head(at_home + 2)
        reasons = ["TRAVEL", "AFTER_TRAVEL"] + [""] * at_home
        found = score_of(scattered.assign(reasons=reasons, midsleep_clock_h=[11.0, 10.0] + [3.5] * at_home))
        assert found.nights == at_home + 2
        assert (found.consistency.value == 100, found.estimator == "midsleep_sd") == (given, given)
        assert math.isnan(found.overall) != given

    def test_tables_and_nights_leave_them_out_too(self) -> None:
        frame = self.away()
        table = period_scores(frame, ages=pd.Series({"ada": 40.0}), first=FIRST, last=LAST)
        assert table["day_pairs"].tolist() == [23]
        night = night_score(frame, age_years=40, night=date(2026, 2, 14))
        assert night.day_pairs == 9
        assert night.efficiency.value == pytest.approx(90)

    def test_people_do_not_share_a_journey(self) -> None:
        away = nights(7, "ada", reasons=[""] * 6 + ["TRAVEL"])
        home = nights(7, "ben", reasons="")
        table = period_scores(pd.concat([away, home]), ages=pd.Series({"ada": 40.0}), first=FIRST, last=LAST)
        assert table["day_pairs"].tolist() == [5, 6]


class TestVendorProfile:
    def test_it_judges_the_averages(self) -> None:
        frame = nights(28, tst_min=np.tile([300.0, 540.0], 14), se_pct=np.tile([80.0, 90.0], 14))
        found = period_score(frame, age_years=70, first=FIRST, last=LAST, rules=VENDOR)
        assert [found.efficiency.value, found.duration.value] == pytest.approx([85, 100])
        assert found.overall == pytest.approx(0.4 * 85 + 0.3 * 80 + 0.3 * 100)
        assert plain(found.duration.reason) == (
            "asleep 7 h, mean of 28 nights; the vendor's steps give 7 h to 9 h the most"
        )

    def test_its_constant_is_named_as_one_and_is_no_estimator_of_ours(self) -> None:
        found = period_score(nights(3), age_years=40, first=FIRST, last=END_OF_WEEK, rules=VENDOR)
        assert (found.estimator, found.consistency.value, found.consistency.estimator) == (
            None,
            80,
            "constant",
        )
        assert found.consistency.reason == "the vendor's constant of 80; it measures nothing"
        assert found.overall == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 100)

    def test_our_own_consistency_may_stand_in_it(self) -> None:
        rules = ScoreRules(profile="vendor")
        found = period_score(nights(28), age_years=40, first=FIRST, last=LAST, rules=rules)
        assert found.estimator == "sri"
        assert found.consistency.value == pytest.approx(80)
        few = period_score(nights(3), age_years=40, first=FIRST, last=END_OF_WEEK, rules=rules)
        assert math.isnan(few.overall)

    def test_it_knows_nothing_of_lost_signal(self) -> None:
        frame = nights(28, unknown_share=0.1, se_pct=70.0, se_known_pct=90.0)
        found = period_score(frame, age_years=40, first=FIRST, last=LAST, rules=VENDOR)
        assert found.efficiency.value == pytest.approx(70)
        assert plain(found.efficiency.reason) == "asleep 70 % of the time in bed, mean of 28 nights"

    def test_a_table_of_people_has_its_scores_too(self) -> None:
        ages = pd.Series({"ada": 40.0, "zoe": 30.0})
        found = period_scores(nights(28), ages=ages, first=FIRST, last=LAST, rules=VENDOR)
        assert found["score"].tolist() == pytest.approx(
            [0.4 * 90 + 0.3 * 80 + 0.3 * 100, math.nan], nan_ok=True
        )
        assert found["estimator"].isna().all()

    def test_a_night_has_its_own_average(self) -> None:
        frame = nights(28, tst_min=np.r_[np.full(27, 450.0), 330.0])
        found = night_score(frame, age_years=40, night=LAST, rules=VENDOR)
        assert found.duration.value == 60


class TestCohort:
    @pytest.fixture
    def cohort(self) -> pd.DataFrame:
        random = np.random.default_rng(17)
        people = [
            nights(
                count,
                person_id,
                tst_min=random.normal(430, 60, count),
                se_pct=random.normal(88, 5, count),
                midsleep_clock_h=random.normal(3, 1, count) % 24,
                sri_agree=random.integers(1_800, 2_800, count),
            )
            for person_id, count in (("ada", 28), ("ben", 6), ("cy", 4), ("dee", 2), ("eve", 20))
        ]
        frame = pd.concat(people, ignore_index=True)
        return frame.drop(index=frame.index[frame["person_id"] == "eve"][::2])

    def test_everyone_has_a_row_and_the_columns_stand_in_order(self, cohort: pd.DataFrame) -> None:
        ages = pd.Series({"zoe": 30.0, "dee": math.nan, "ada": 40.0})
        found = period_scores(cohort, ages=ages, first=FIRST, last=LAST)
        assert found.index.tolist() == ["zoe", "dee", "ada", "ben", "cy", "eve"]
        assert found.index.name == "person_id"
        assert tuple(found.columns) == SCORE_COLUMNS
        assert found.loc["zoe", "nights"] == 0
        assert found["score"].isna()["zoe"]

    def test_a_cohort_is_everyone_alone(self, cohort: pd.DataFrame) -> None:
        ages = pd.Series({"ada": 40.0, "ben": 70.0, "cy": 16.0, "dee": 22.0, "eve": math.nan})
        mixed = cohort.sample(frac=1, random_state=3)
        together = period_scores(mixed, ages=ages, first=FIRST, last=LAST)
        assert set(together["estimator"].dropna()) == {"sri", "midsleep_sd"}
        for person_id, rows in cohort.groupby("person_id"):
            row = together.loc[person_id]
            alone = score_of(rows, age_years=ages[person_id])
            parts = (alone.efficiency.value, alone.consistency.value, alone.duration.value)
            assert (row.score, row.score_e, row.score_c, row.score_d) == pytest.approx(
                (alone.overall, *parts), nan_ok=True
            )
            assert (row.nights, row.day_pairs) == (alone.nights, alone.day_pairs)
            assert (row.mean_se_pct, row.mean_tst_min) == pytest.approx(
                (alone.mean_se_pct, alone.mean_tst_min), nan_ok=True
            )
            assert (None if pd.isna(row.estimator) else row.estimator) == alone.estimator

    def test_days_of_two_people_make_no_pair(self) -> None:
        after = nights(7, "ben", start="2026-02-08").assign(day_index=np.arange(107, 114))
        both = pd.concat([nights(7), after])
        found = period_scores(both, ages=pd.Series({"ada": 40.0}), first=FIRST, last=LAST)
        assert found["day_pairs"].tolist() == [6, 6]

    def test_how_ids_are_stored_does_not_matter(self, cohort: pd.DataFrame) -> None:
        ages = pd.Series({"ada": 40.0, "ben": 70.0})
        plain = period_scores(cohort, ages=ages, first=FIRST, last=LAST)
        categories = cohort.astype({"person_id": "category"})
        pd.testing.assert_frame_equal(period_scores(categories, ages=ages, first=FIRST, last=LAST), plain)

    def test_how_wide_numbers_are_stored_does_not_matter(self, cohort: pd.DataFrame) -> None:
        ages = pd.Series({"ada": 40.0})
        narrow = cohort.astype({"tst_min": "float32", "se_pct": "float32", "day_index": "int32"})
        found = period_scores(narrow, ages=ages, first=FIRST, last=LAST)
        wide = period_scores(cohort, ages=ages, first=FIRST, last=LAST)
        pd.testing.assert_frame_equal(found, wide, rtol=1e-5)
