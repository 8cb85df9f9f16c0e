"""One metric of a cohort night by night: people's means, what is usual for each, and how people are spread."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import cohort_words
from analytics.cohort_narrowed import narrowed
from analytics.cohort_nights import CohortNights, cohort_nights
from analytics.cohort_nights_words import beside_usual, panels_title
from analytics.cohort_overview import CohortOverview, cohort_overview
from analytics.cohort_period import cohort_period
from analytics.cohort_spread import EACH_AS_A_DOT, Spread, cohort_spread
from analytics.night_metrics import NIGHT_METRICS
from analytics.nightly_scores import nightly_scores
from analytics.sleeper import Sleeper
from tests.analytics.lives import LAST, life, person, scattered

DAYS = 42
FIRST = LAST - timedelta(days=DAYS - 1)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


PEOPLE = [person(n) for n in range(1, 8)]
NIGHTS = pd.concat(
    [life(each, later_min=scattered(n, 20 + 10 * n)) for n, each in enumerate(PEOPLE)], ignore_index=True
)


def overview(
    people: Sequence[Sleeper] = PEOPLE, nights: pd.DataFrame = NIGHTS, days: int = DAYS
) -> CohortOverview:
    return cohort_overview(people, nights, night=LAST, days=days, synced={})


def seen(metric: str = "tst_min", nights: pd.DataFrame = NIGHTS, days: int = DAYS) -> CohortNights:
    return cohort_nights(overview(nights=nights, days=days), nights, NIGHT_METRICS[metric], people=PEOPLE)


def nights_of_means(values: Sequence[float], metric: str = "tst_min") -> CohortNights:
    """People with these means; everything else of their nights is not read."""
    people = len(values)
    nothing = np.full(people, math.nan)
    return CohortNights(
        metric=NIGHT_METRICS[metric],
        ids=pd.Index([f"p{n}" for n in range(people)]),
        names=tuple(f"Person {n}" for n in range(people)),
        dates=pd.date_range("2026-01-01", periods=42),
        values=np.zeros((people, 42), dtype=np.float32),
        states=np.full((people, 42), 2, dtype=np.uint8),
        means=np.array(values, dtype=np.float64),
        counts=np.full(people, 30),
        few=np.zeros(people, dtype=bool),
        band_low=nothing,
        band_high=nothing,
        recent=nothing,
        centre=math.nan,
    ).recentred()


def of_means(values: Sequence[float], metric: str = "tst_min") -> Spread:
    return cohort_spread(nights_of_means(values, metric))


@pytest.mark.parametrize("metric", [name for name in NIGHT_METRICS if name not in {"score", "start_clock_h"}])
def test_a_person_s_mean_is_the_one_that_reports_print(metric: str) -> None:
    period = cohort_period("All", PEOPLE, NIGHTS, first=FIRST, last=LAST, synced={})
    found = seen(metric)
    figure = NIGHT_METRICS[metric].figure
    for who, value in zip(found.ids, found.means, strict=True):
        printed = float(period.people[figure].loc[who])
        assert NIGHT_METRICS[metric].words(value) == NIGHT_METRICS[metric].words(printed)


def test_the_score_of_a_square_is_that_of_the_night() -> None:
    ages = pd.Series({each.person_id: each.age_years(LAST.year) for each in PEOPLE}, dtype="float64")
    scores = nightly_scores(NIGHTS, ages=ages)
    found = seen("score")
    mains = NIGHTS.assign(score=scores)
    mains = mains[mains["valid"] & (mains["kind"] == "main") & (mains["night"] >= pd.Timestamp(FIRST))]
    assert len(mains) > 100
    for row in mains.itertuples():
        at = found.values[found.ids.get_loc(row.person_id), found.dates.get_loc(row.night)]
        assert at == pytest.approx(row.score, abs=1e-3, nan_ok=True)


def test_rows_stand_in_the_order_of_the_table_and_can_be_taken_apart() -> None:
    whole = seen()
    assert whole.ids.tolist() == overview().people.index.tolist()
    some = whole.of(whole.ids[[4, 1]])
    assert some.names == (whole.names[4], whole.names[1])
    assert np.array_equal(some.values, whole.values[[4, 1]], equal_nan=True)
    assert whole.part(5, 99).ids.tolist() == whole.ids[5:].tolist()
    with pytest.raises(ValueError, match="not in this cohort"):
        whole.of(["nobody"])


def test_a_narrowed_overview_is_that_of_a_cohort_without_the_others() -> None:
    some = PEOPLE[2:5]
    ids = [each.person_id for each in some]
    one, other = narrowed(overview(), ids), overview(some)
    assert (one.title, one.table_title, one.map_title, one.attention_title) == (
        other.title,
        other.table_title,
        other.map_title,
        other.attention_title,
    )
    assert (one.valid, one.expected, one.map_range) == (other.valid, other.expected, other.map_range)
    pd.testing.assert_frame_equal(one.map_values, other.map_values)
    columns = [name for name in one.people if name != "rank"]
    pd.testing.assert_frame_equal(one.people[columns], other.people[columns])
    assert narrowed(overview(), ["nobody"]).title == "Nobody is in this cohort"


def test_whoever_leaves_the_band_in_the_last_week_is_outside_their_usual() -> None:
    moved = NIGHTS.copy()
    ill = moved["person_id"].eq(PEOPLE[0].person_id) & (
        moved["night"] > pd.Timestamp(LAST - timedelta(days=7))
    )
    moved.loc[ill, "tst_min"] = 120.0
    found = seen(nights=moved)
    at = found.ids.get_loc(PEOPLE[0].person_id)
    assert found.outside[at] == -1
    assert beside_usual(found.metric, -1) == "below usual"
    assert beside_usual(NIGHT_METRICS["start_clock_h"], 1) == "later than usual"
    assert beside_usual(found.metric, 0) == ""
    assert plain(panels_title(np.array([-1, 0, 1], dtype=np.int8), 44)) == (
        "2 of 44 people are outside their own usual in the last 7 nights"
    )
    assert plain(panels_title(np.array([0], dtype=np.int8), 1)).startswith("Nobody is outside")
    assert panels_title(np.array([0], dtype=np.int8), 0) == "Too few nights to tell what is usual for anybody"


@pytest.mark.parametrize("days", [1, 3, 28])
def test_a_period_of_a_few_nights_has_squares_and_where_they_are_too_few_no_means(days: int) -> None:
    found = seen(days=days)
    assert found.values.shape == (len(PEOPLE), days)
    assert np.isnan(found.means).all() == (days == 1)
    if days == 1:
        assert plain(cohort_spread(found).title) == "Nobody of 7 people has nights enough for a mean: Asleep"


@pytest.mark.parametrize("metric", list(NIGHT_METRICS))
def test_where_nothing_is_known_every_metric_says_so(metric: str) -> None:
    none = NIGHTS.assign(valid=False)
    found = seen(metric, nights=none)
    spread = cohort_spread(found)
    assert np.isnan(found.values).all()
    assert len(spread.values) == 0
    assert "has nights enough for a mean" in spread.title
    assert cohort_words.map_title(pd.DataFrame(found.values, columns=found.dates), found.metric) == (
        "No valid night in this period"
    )


def test_a_metric_that_nobody_has_is_no_zero() -> None:
    found = seen("rem_min", nights=NIGHTS.assign(rem_min=math.nan))
    assert np.isnan(found.means).all()
    assert (found.states == 2).any()


@pytest.mark.parametrize(
    ("metric", "values", "title"),
    [
        (
            "tst_min",
            (372, 400, 420, 430, 440),
            "The middle half sleep 6 h 40 min to 7 h 10 min a night",
        ),
        ("sol_min", (5, 12, 20, 31, 70), "The middle half fall asleep within 12 to 31 min"),
        (
            "se_pct",
            (80, 84, 88, 91, 95),
            "The middle half are asleep for 84 to 91 % of their time in bed",
        ),
        ("start_clock_h", (22.5, 23, 23.5, 0.25, 1), "The middle half go to bed from 23:00 to 00:15"),
    ],
)
def test_the_title_says_what_the_middle_half_do(metric: str, values: tuple[float, ...], title: str) -> None:
    assert plain(of_means(values, metric).title) == title


def test_four_people_are_dots_without_an_average() -> None:
    spread = of_means((400, 410, 420, 430))
    assert math.isnan(spread.mean)
    assert math.isnan(spread.median)
    assert (
        plain(spread.title) == "Asleep of 4 people: 6 h 40 min to 7 h 10 min, too few people for an average"
    )


def test_who_has_too_few_nights_is_said_in_the_title() -> None:
    spread = of_means((math.nan, 400, 405, 410, 420, 430))
    assert plain(spread.title).startswith("The middle half of 5 of 6 people sleep")


def test_who_lies_apart_is_beyond_the_fences() -> None:
    usual = [400.0 + n for n in range(12)]
    assert of_means([*usual, 250.0]).apart == ("p12",)
    assert of_means([*usual, 600.0, 401.0]).apart == ("p12",)
    assert of_means(usual).apart == ()
    assert of_means([*usual[:8], 250.0]).apart == (), "nine people have no fences"


@given(st.lists(st.floats(120, 700), min_size=EACH_AS_A_DOT + 1, max_size=EACH_AS_A_DOT + 60))
@settings(max_examples=25, deadline=None)
def test_bins_count_everybody_once_where_they_are(values: list[float]) -> None:
    spread = of_means(values)
    assert 1 <= len(spread.bins) <= 42
    assert sum(each.people for each in spread.bins) == len(values)
    for each in spread.bins:
        inside = sum(each.low - 1e-3 <= value < each.high + 1e-3 for value in values)
        assert each.people <= inside
    assert not of_means(values[:EACH_AS_A_DOT]).bins


def test_the_mean_and_its_interval_are_student_s() -> None:
    values = (400.0, 420.0, 430.0, 445.0, 470.0)
    spread = of_means(values)
    half = 2.7764451 * np.std(values, ddof=1) / math.sqrt(5)
    assert spread.mean == pytest.approx(433)
    assert (spread.low, spread.high) == pytest.approx((433 - half, 433 + half))


def test_a_map_names_a_night_in_the_words_of_its_metric() -> None:
    found = seen("start_clock_h")
    late = found.values.copy()
    late[:, 20] = (late[:, 20] + 3) % 24
    steady = replace(found, values=late)
    frame = pd.DataFrame(steady.values, columns=steady.dates)
    title = plain(cohort_words.map_title(frame, steady.metric))
    assert "people went to bed" in title
    assert "later than usual" in title
    assert isinstance(found.dates[20].date(), date)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("round_the_clock", "title"),
    [
        (0, "On the night to Thu 22 January people went to bed 2 h 56 min later than usual (12 of 12)"),
        (4, "On the night to Thu 22 January people went to bed 2 h 56 min later than usual (8 of 12)"),
        (7, "Too few people have a typical time to compare 42 nights"),
        (12, "Too few people have a typical time to compare 42 nights"),
    ],
)
def test_a_map_counts_only_who_has_a_typical_time(round_the_clock: int, title: str) -> None:
    hours = 23 + 0.1 * (-1.0) ** np.add.outer(np.arange(12), np.arange(42))
    hours[:, 21] = (hours[:, 21] + 3) % 24
    hours[:round_the_clock] = np.arange(42) * 3 % 24
    frame = pd.DataFrame(hours, columns=pd.date_range("2026-01-01", periods=42))
    assert plain(cohort_words.map_title(frame, NIGHT_METRICS["start_clock_h"])) == title
    few = "Too few valid nights to compare 42 nights"
    assert plain(cohort_words.map_title(frame.iloc[:4], NIGHT_METRICS["start_clock_h"])) == few


def test_the_hours_of_a_journey_are_on_the_map_and_in_no_mean() -> None:
    away = NIGHTS.copy()
    who = PEOPLE[0].person_id
    rows = away.index[away["person_id"].eq(who) & (away["night"] > pd.Timestamp(LAST - timedelta(days=5)))]
    away.loc[rows, "midsleep_clock_h"] = (away.loc[rows, "midsleep_clock_h"] + 7) % 24
    marked = away.copy()
    marked.loc[rows, "reasons"] = "TRAVEL"
    home, moved, left_out = (
        seen("midsleep_clock_h"),
        seen("midsleep_clock_h", nights=away),
        seen("midsleep_clock_h", nights=marked),
    )
    at = home.ids.get_loc(who)
    at_moved, at_left = moved.ids.get_loc(who), left_out.ids.get_loc(who)
    assert moved.means[at_moved] > home.means[at] + 0.3
    assert abs(left_out.means[at_left] - home.means[at]) < 0.2
    assert left_out.counts[at_left] == home.counts[at] - len(rows)
    assert not np.isnan(left_out.values[at_left, -len(rows) :]).any()


def by_day(sleeper: Sleeper, seed: int, *, last_week_later_min: float = 0.0) -> pd.DataFrame:
    """Somebody who goes to bed about 11:20, so that mid-sleep is about 15:20."""
    spread = scattered(seed, 40)
    return life(sleeper, later_min=lambda day: 740 + spread(day) + last_week_later_min * (day >= 49))


def with_day_sleeper(*, last_week_later_min: float = 0.0) -> CohortNights:
    nights = pd.concat(
        [
            NIGHTS[NIGHTS["person_id"] != PEOPLE[0].person_id],
            by_day(PEOPLE[0], 1, last_week_later_min=last_week_later_min),
        ],
        ignore_index=True,
    )
    return seen("midsleep_clock_h", nights=nights)


def test_the_usual_of_who_sleeps_by_day_among_others_is_their_own() -> None:
    found = with_day_sleeper()
    at = found.ids.get_loc(PEOPLE[0].person_id)
    own = life(PEOPLE[0], later_min=scattered(1, 40))
    alone = cohort_nights(
        overview(PEOPLE[:1], own), own, NIGHT_METRICS["midsleep_clock_h"], people=PEOPLE[:1]
    )
    usual, by_night = (
        np.array([each.band_low[row], each.band_high[row], each.recent[row], each.means[row]])
        for each, row in ((found, at), (alone, 0))
    )
    assert np.mod(usual, 24) == pytest.approx(by_night + 740 / 60, abs=0.02)
    assert found.outside[at] == 0
    assert found.band_low[at] < found.mean_line[at] < found.band_high[at]
    assert np.nanmax(np.abs(found.on_line[at] - found.mean_line[at])) < 3


def test_whoever_sleeps_by_day_is_outside_their_usual_as_others_are() -> None:
    at = with_day_sleeper().ids.get_loc(PEOPLE[0].person_id)
    assert with_day_sleeper(last_week_later_min=90).outside[at] == 1
    assert with_day_sleeper(last_week_later_min=-90).outside[at] == -1


@pytest.mark.parametrize("later_h", [11.5, 12, 12.5])
def test_a_week_on_the_other_side_of_the_clock_is_not_the_usual_one(later_h: float) -> None:
    found = with_day_sleeper(last_week_later_min=60 * later_h)
    at = found.ids.get_loc(PEOPLE[0].person_id)
    away = found.recent[at] - (found.band_low[at] + found.band_high[at]) / 2
    assert 11 < abs(away) <= 12
    assert found.outside[at] == np.sign(away)


def test_times_all_round_the_clock_have_no_usual() -> None:
    round_the_clock = life(PEOPLE[0], later_min=lambda day: 180 * (day % 8))
    nights = pd.concat(
        [NIGHTS[NIGHTS["person_id"] != PEOPLE[0].person_id], round_the_clock], ignore_index=True
    )
    found = seen("start_clock_h", nights=nights)
    at = found.ids.get_loc(PEOPLE[0].person_id)
    assert np.isnan([found.band_low[at], found.band_high[at], found.means[at]]).all()
    assert found.outside[at] == 0


def test_those_who_are_shown_are_spread_around_their_own_typical_time() -> None:
    night_sleepers, day_sleepers = (
        [2.5 + n / 20 for n in range(40)],
        [13.6, 14.0, 14.5, 15.0, 15.1, 15.4, 15.8, 16.2],
    )
    whole = nights_of_means([*night_sleepers, *day_sleepers], "midsleep_clock_h")
    some = cohort_spread(whole.of(whole.ids[40:]))
    assert plain(some.title) == "The middle half have their mid-sleep from 14:23 to 15:30"
    assert some.mean == pytest.approx(np.mean(day_sleepers))
    assert 13.6 < some.low < some.mean < some.high < 16.2
    assert whole.of(whole.ids[40:]).centre == pytest.approx(np.mean(day_sleepers), abs=0.05)
    assert whole.part(40, 48).centre == whole.centre, "a page of the map has the scale of all"
    alike = cohort_spread(whole.part(40, 48))
    assert (alike.title, alike.mean) == (some.title, some.mean)
