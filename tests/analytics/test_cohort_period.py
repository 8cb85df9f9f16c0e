"""A cohort's week or month: people are the unit, each against their own weeks, and only so much leaves the team."""

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.cohort_figures import METRICS
from analytics.cohort_period import CohortPeriod, cohort_month, cohort_period, cohort_week
from analytics.disclosure import SHARED
from analytics.multiplicity import holm
from analytics.person_period import person_week
from analytics.shared_period import shared_period
from analytics.sleeper import Sleeper
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
        (5, "much as in the 28 days before"),
        (-5, "no clear change against the 28 days before"),
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


class TestShared:
    def test_a_group_of_enough_people_is_shown_without_exact_counts(self) -> None:
        shared = shared_period(week())
        assert (shared.size, shared.valid_pct) == (15, 100)
        asleep = shared.figures["mean_tst_min"]
        assert (asleep.people, asleep.mean) == (15, week().figures["mean_tst_min"].mean)
        assert shared.title == week().title
        assert "rounded to 5" in shared.notes[0]

    def test_ten_people_are_not_shown(self) -> None:
        ten = people(10)
        shared = shared_period(week(ten, lives(ten, week_min=30)))
        assert math.isnan(shared.size)
        assert all(math.isnan(each.mean) and not each.change for each in shared.figures.values())
        assert {each.text for each in shared.figures.values()} == {"not shown"}
        assert shared.title == "Squad: fewer than 11 people, so no figure of the group is shown"
        assert math.isnan(shared.attention)
        assert math.isnan(shared.valid_pct)

    def test_a_change_of_fewer_people_is_left_out_of_the_title_too(self) -> None:
        recent = NIGHTS["night"] > pd.Timestamp(LAST - timedelta(days=7))
        newcomers = NIGHTS["person_id"].isin([sleeper.person_id for sleeper in SQUAD[:4]])
        shared = shared_period(week(nights=NIGHTS[recent | ~newcomers]))
        assert shared.figures["mean_tst_min"].change == ""
        assert plain(shared.title).endswith("asleep a night on average")

    def test_few_who_need_attention_are_not_counted(self) -> None:
        period = week()
        assert 0 <= period.attention < SHARED.k
        assert math.isnan(shared_period(period).attention) or period.attention == 0

    def test_nobody_can_be_found_in_what_is_shared(self) -> None:
        shared = shared_period(week())
        assert not any(sleeper.person_id in repr(shared) or sleeper.name in repr(shared) for sleeper in SQUAD)
