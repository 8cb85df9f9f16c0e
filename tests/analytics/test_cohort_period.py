"""A cohort's week or month: people are the unit, each against their own weeks, and only so much leaves the team."""

import math
import time
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.cohort_metrics import METRICS
from analytics.cohort_period import CohortPeriod, cohort_month, cohort_period, cohort_week
from analytics.cohort_triage import cohort_triage
from analytics.disclosure import SHARED
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.person_period import person_week
from analytics.person_values import person_spreads
from analytics.shared_period import SharedFigure, shared_period
from analytics.sleeper import Sleeper
from analytics.time_of_day import clock_statistics
from analytics.usual_spread import usual_spreads, windows_before
from analytics.wording import NBSP
from tests.analytics.lives import LAST, Minutes, life, person, scattered


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def lives(people: Sequence[Sleeper], *, week_min: float = 0.0) -> pd.DataFrame:
    """35 nights of each, around a level of their own; in the last week `week_min` more."""
    return pd.concat(
        [
            life(sleeper, days=35, asleep_min=nights_of(n, week_min), later_min=scattered(100 + n, 30))
            for n, sleeper in enumerate(people)
        ],
        ignore_index=True,
    )


def nights_of(number: int, week_min: float) -> Minutes:
    noise, level, more = scattered(number, 25), 400 + 8 * (number % 9), week_min + 4 * (number % 3)
    return lambda day: level + noise(day) + (more if day >= 28 else 0)


def people(count: int) -> list[Sleeper]:
    return [person(n, tags=("squad",)) for n in range(count)]


SQUAD = people(14)
NIGHTS = lives(SQUAD, week_min=30)


def week(squad: Sequence[Sleeper] = SQUAD, nights: pd.DataFrame = NIGHTS) -> CohortPeriod:
    return cohort_week("Squad", squad, nights, ending=LAST, synced={})


def test_figures_are_of_people_s_own_means() -> None:
    found = week().figures["mean_tst_min"]
    means = np.array([person_week(sleeper, NIGHTS, ending=LAST).valid["tst_min"].mean() for sleeper in SQUAD])
    assert (found.people, found.of, found.nights) == (14, 14, 98)
    assert found.mean == math.floor(means.mean() + 0.5)
    assert found.sd == math.floor(means.std(ddof=1) + 0.5)
    assert plain(found.counted) == "14 of 14 people, 98 nights"


def test_the_change_is_that_of_scipy_on_people_s_differences() -> None:
    inside = NIGHTS["night"] > pd.Timestamp(LAST - timedelta(days=7))
    after, before = (
        NIGHTS[part].groupby("person_id")["tst_min"].mean().to_numpy() for part in (inside, ~inside)
    )
    change = week().figures["mean_tst_min"].change
    assert change is not None
    found = stats.ttest_rel(after, before)
    interval = found.confidence_interval()
    assert change.people == 14
    assert change.p == pytest.approx(found.pvalue)
    assert [change.difference, change.low, change.high] == [
        math.floor(value + 0.5) for value in ((after - before).mean(), interval.low, interval.high)
    ]
    assert change.direction == "up"


def test_declared_metrics_are_adjusted_together_and_apart_from_the_others() -> None:
    figures = week().figures
    declared = [metric.id for metric in METRICS if metric.primary]
    assert declared == ["mean_tst_min", "mean_se_pct", "sd_midsleep_min"]
    changes = [figures[name].change for name in declared]
    known = [change for change in changes if change is not None]
    assert [change.p_adjusted for change in known] == pytest.approx(
        holm([change.p for change in known]).tolist()
    )
    others = [each.change for each in figures.values() if not each.primary]
    explored = [change for change in others if change is not None]
    assert len(explored) == len(METRICS) - 3
    assert [change.p_adjusted for change in explored] == pytest.approx(
        benjamini_hochberg([change.p for change in explored]).tolist(), nan_ok=True
    )


def test_the_table_has_the_digits_of_each_person_s_own_week() -> None:
    table = week().people
    for sleeper in SQUAD:
        own = person_week(sleeper, NIGHTS, ending=LAST).figures
        for metric in METRICS:
            shown = table.at[sleeper.person_id, metric.id]
            assert shown == pytest.approx(own[metric.id].value, nan_ok=True), (sleeper.person_id, metric.id)


def test_order_of_people_and_nights_changes_nothing() -> None:
    one = week()
    other = week(SQUAD[::-1], NIGHTS.sample(frac=1, random_state=1))
    assert repr(one.figures) == repr(other.figures)
    assert one.title == other.title
    pd.testing.assert_frame_equal(one.people.sort_index(), other.people.sort_index())


def test_counts_add_up_to_the_ledger() -> None:
    period = week()
    assert period.coverage.expected == 14 * 7
    assert period.coverage.valid == period.ledger.valid_nights == period.people["valid_nights"].sum() == 98
    assert period.size == len(period.people) == 14


def test_somebody_without_nights_is_in_the_table_and_in_no_mean() -> None:
    silent = person(99)
    period = week([*SQUAD, silent])
    assert period.people.at[silent.person_id, "valid_nights"] == 0
    assert period.people["mean_tst_min"].isna()[silent.person_id]
    assert (period.figures["mean_tst_min"].people, period.figures["mean_tst_min"].of) == (14, 15)
    assert period.coverage.expected == 15 * 7


def test_few_nights_are_said() -> None:
    short = pd.concat([NIGHTS[NIGHTS["person_id"] != "p_00"], life(SQUAD[0], days=35, missing=range(28, 31))])
    period = week(nights=short)
    assert period.people.at["p_00", "few_nights"]
    assert not period.people.at["p_01", "few_nights"]
    assert "few nights of 1 person" in plain(period.figures["mean_tst_min"].note)
    # A spread of a week takes six nights.
    assert period.people["sd_midsleep_min"].isna()["p_00"]
    assert "1 person left out" in plain(period.figures["sd_midsleep_min"].note)


@pytest.mark.parametrize(
    ("more", "title"),
    [
        (60, "more than in the 28 days before"),
        (8, "much as in the 28 days before"),
        (-4, "no clear change against the 28 days before"),
        (-90, "less than in the 28 days before"),
    ],
)
def test_the_title_says_what_moved(more: float, title: str) -> None:
    period = week(nights=lives(SQUAD, week_min=more))
    assert plain(period.title).endswith(title)
    assert plain(period.lead).startswith("98 of 98 nights valid.")


def test_four_people_are_no_group() -> None:
    four = people(4)
    period = week(four, lives(four))
    assert plain(period.title) == "Squad: 4 people with nights enough, too few for a mean of the group"
    assert math.isnan(period.figures["mean_tst_min"].mean)
    assert period.figures["mean_tst_min"].change is None
    assert not period.people["mean_tst_min"].isna().any()


def test_an_empty_cohort_and_an_empty_period_say_so() -> None:
    assert week([], NIGHTS).title == "Squad: nobody is in this cohort"
    later = LAST + timedelta(days=60)
    empty = cohort_week("Squad", SQUAD, NIGHTS, ending=later, synced={})
    assert empty.title == "Squad: nothing was recorded in this period"


def test_a_month_ends_with_its_night() -> None:
    period = cohort_month("Squad", SQUAD, NIGHTS, ending=LAST, synced={})
    assert (period.first.isoformat(), period.days) == ("2026-01-12", 31)


def test_bad_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="swap the two dates"):
        cohort_period("Squad", SQUAD, NIGHTS, first=LAST, last=LAST - timedelta(days=1), synced={})
    with pytest.raises(ValueError, match="twice"):
        week([SQUAD[0], SQUAD[0]])


def test_a_change_is_told_from_its_adjusted_p_value_only() -> None:
    # Alone the change of time asleep would be told; of three declared metrics it is one.
    found = week(nights=lives(SQUAD, week_min=5)).figures["mean_tst_min"].change
    assert found is not None
    assert found.low > 0
    assert found.p < 0.05 < found.p_adjusted
    assert found.direction == "unclear"


def test_five_to_nine_people_are_a_small_sample() -> None:
    six = people(6)
    period = week(six, lives(six, week_min=60))
    change = period.figures["mean_tst_min"].change
    assert change is not None
    assert plain(change.note) == "small sample: 6 people with both periods"
    assert "small sample: 6 people with both periods" in plain(period.lead)


def test_scores_of_different_estimators_are_not_compared() -> None:
    # With every other night gone there are no pairs of days, and consistency comes from the spread of mid-sleep.
    recent = NIGHTS["night"] > pd.Timestamp(LAST - timedelta(days=7))
    third = NIGHTS["night"].isin([pd.Timestamp(LAST - timedelta(days=n)) for n in (1, 4)])
    mine = NIGHTS["person_id"].isin(["p_00", "p_01"])
    period = week(nights=NIGHTS[~(mine & recent & third)])
    assert not period.people.loc[["p_00", "p_01"], "score"].isna().any()
    change = period.figures["score"].change
    assert change is not None
    assert change.people == 12
    assert week().figures["score"].change is not None


class TestSpreads:
    """A week's spread stands beside that of weeks, so that nothing seems to change where nothing does."""

    def hours(self, people_: int, correlation: float, seed: int) -> pd.DataFrame:
        chance = np.random.default_rng(seed)
        noise = chance.standard_normal((people_, 35))
        around = noise.copy()
        for day in range(1, 35):
            around[:, day] = correlation * around[:, day - 1] + noise[:, day] * math.sqrt(1 - correlation**2)
        hours = (3 + around * chance.uniform(0.5, 1.5, people_)[:, None]) % 24
        return pd.DataFrame(
            {
                "person_id": np.repeat([f"p_{n:03d}" for n in range(people_)], 35),
                "night": np.tile(pd.date_range(end=pd.Timestamp(LAST), periods=35), people_),
                "value": hours.ravel(),
            }
        )

    @pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5])
    def test_where_nothing_changes_a_change_is_found_in_one_of_twenty(self, correlation: float) -> None:
        first = LAST - timedelta(days=6)
        away, found, unequal = [], 0, 0
        for seed in range(120):
            hours = self.hours(60, correlation, seed)
            now = person_spreads(hours[hours["night"] >= pd.Timestamp(first)], days=7).values
            moved = (now - usual_spreads(hours, first=first, days=7).values).dropna()
            away.append(float(moved.mean()))
            found += bool(stats.ttest_1samp(moved, 0).pvalue < 0.05)
            before = person_spreads(hours[hours["night"] < pd.Timestamp(first)], days=28).values
            unequal += bool(stats.ttest_1samp(now - before, 0).pvalue < 0.05)
        print(
            f"correlation {correlation}: mean {np.mean(away):.2f} min, found in {found}, unequal {unequal} of 120"
        )
        assert abs(np.mean(away)) < 0.6
        assert found <= 12
        assert unequal > found, "windows of different lengths would have done as well"

    def test_the_usual_is_the_mean_of_the_weeks_before(self) -> None:
        hours = self.hours(1, 0, 4)
        first = LAST - timedelta(days=6)
        weeks = [
            clock_statistics(hours["value"].iloc[start : start + 7].to_numpy()).sd_min
            for start in (0, 7, 14, 21)
        ]
        usual = usual_spreads(hours, first=first, days=7).values
        assert usual.to_numpy() == pytest.approx([np.mean(weeks)])
        assert usual_spreads(hours.iloc[14:], first=first, days=7).values.to_numpy() == pytest.approx(
            [np.mean(weeks[2:])]
        )
        assert usual_spreads(hours.iloc[21:], first=first, days=7).values.empty

    @pytest.mark.parametrize(
        ("days", "windows"),
        [(7, (4, 7)), (14, (2, 14)), (15, (0, 0)), (28, (1, 28)), (31, (1, 28)), (42, (0, 0))],
    )
    def test_windows_are_as_long_as_the_period(self, days: int, windows: tuple[int, int]) -> None:
        assert windows_before(days) == windows


def test_five_thousand_people_are_summed_up_in_seconds() -> None:
    many = [f"p_{n:05d}" for n in range(5_000)]
    one = life(person(0), days=35)
    nights = pd.concat([one] * 5_000, ignore_index=True).assign(person_id=np.repeat(many, len(one)))
    nights["tst_min"] += np.random.default_rng(1).normal(0, 30, len(nights))
    squad = [Sleeper(person_id=name, name=name, zone="UTC") for name in many]
    start = time.perf_counter()
    period = week(squad, nights)
    spent = time.perf_counter() - start
    print(f"a week of 5,000 people: {spent:.2f} s")
    assert period.figures["mean_tst_min"].people == 5_000
    assert spent < 8


class TestShared:
    def test_a_group_of_enough_people_is_shown_coarsely_and_without_exact_counts(self) -> None:
        shared, exact = shared_period(week()), week().figures["mean_tst_min"]
        asleep = shared.figures["mean_tst_min"]
        assert (shared.size, asleep.people) == (15, 15)
        assert asleep.mean % 5 == 0
        assert abs(asleep.mean - exact.mean) <= 2.5
        assert asleep.sd % 5 == 0
        assert plain(shared.title).endswith("more than in the 28 days before")
        assert "rounded to 5" in shared.notes[0]
        assert len(shared.notes) == 1

    def test_nobody_s_own_value_is_among_what_is_shared(self) -> None:
        names = set(SharedFigure.__dataclass_fields__)
        assert not names & {"median", "q1", "q3", "nights", "least", "most"}
        same = lives(SQUAD).assign(tst_min=440.0)
        assert math.isnan(shared_period(week(nights=same)).figures["mean_tst_min"].sd)
        shared = repr(shared_period(week()))
        assert not any(sleeper.person_id in shared or sleeper.name in shared for sleeper in SQUAD)

    def test_ten_people_are_not_shown(self) -> None:
        ten = people(10)
        shared = shared_period(week(ten, lives(ten, week_min=30)))
        assert math.isnan(shared.size)
        assert all(math.isnan(each.mean) and not each.change for each in shared.figures.values())
        assert {each.text for each in shared.figures.values()} == {"not shown"}
        assert shared.title == "Squad: no figure of time asleep is shown, with fewer than 11 people"
        assert math.isnan(shared.attention)

    def test_what_has_no_typical_time_is_not_said_to_have_too_few_people(self) -> None:
        turned = NIGHTS.copy()
        number = turned["person_id"].str.removeprefix("p_").astype(int)
        turned["midsleep_clock_h"] = (3 + 24 * number / 14) % 24
        shared = shared_period(week(nights=turned))
        midsleep = shared.figures["mean_midsleep_h"]
        assert (midsleep.reason, midsleep.people) == ("without a typical time", 15)
        assert "Not shown, without a typical time: Mid-sleep." in shared.notes

    def test_a_change_of_fewer_people_is_left_out_of_the_title_too(self) -> None:
        recent = NIGHTS["night"] > pd.Timestamp(LAST - timedelta(days=7))
        newcomers = NIGHTS["person_id"].isin([sleeper.person_id for sleeper in SQUAD[:4]])
        shared = shared_period(week(nights=NIGHTS[recent | ~newcomers]))
        assert shared.figures["mean_tst_min"].change == ""
        assert plain(shared.title).endswith("asleep a night on average")

    def test_few_who_need_attention_are_not_counted(self) -> None:
        period = week()
        assert 0 < period.attention < SHARED.k
        assert math.isnan(shared_period(period).attention)

    def test_overlapping_groups_tell_little_of_the_one_between_them(self) -> None:
        whole, rest = shared_period(week()), shared_period(week(SQUAD[1:], NIGHTS))
        worked_out = 14 * whole.figures["mean_tst_min"].mean - 13 * rest.figures["mean_tst_min"].mean
        own = NIGHTS.loc[
            (NIGHTS["person_id"] == "p_00") & (NIGHTS["night"] > pd.Timestamp(LAST - timedelta(days=7))),
            "tst_min",
        ].mean()
        # Each mean may be 2.5 min off, which is 67 min for the difference.
        assert abs(worked_out - own) <= 14 * 2.5 + 13 * 2.5 + 1


def test_since_when_somebody_needs_attention_is_what_triage_says() -> None:
    nights = lives(SQUAD, week_min=-70)
    period = week(nights=nights)
    told = cohort_triage(SQUAD, nights, night=LAST, synced={})
    assert period.people["attention"].any()
    assert period.people["since"].to_dict() == told["since"].reindex(period.people.index).to_dict()
    assert period.version in period.method
