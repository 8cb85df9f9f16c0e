"""Everyone at a glance: a person is one dot and one part of the mean, whatever number of nights is behind it."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.cohort_glance import Delivered, Glance, GlanceLine, cohort_glance
from analytics.cohort_overview import cohort_overview
from analytics.cohort_part import cohort_part
from analytics.cohort_period import cohort_of_parts, cohort_period
from analytics.sleeper import Sleeper
from analytics.wording import NBSP
from tests.analytics.lives import LAST, always, life, person, scattered

DAYS = 50
FIRST = LAST - timedelta(days=DAYS - 1)
# Two-sided 95 % points of Student's t, from a printed table, by degrees of freedom.
T_95 = {4: 2.776, 5: 2.571, 6: 2.447}


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def nights_of(lives: Mapping[Sleeper, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(lives.values(), ignore_index=True)


def glance(people: Sequence[Sleeper], nights: pd.DataFrame, *, first: date = FIRST) -> Glance:
    days = (LAST - first).days + 1
    return cohort_glance(
        cohort_period("Everyone", people, nights, first=first, last=LAST, synced={}),
        cohort_overview(people, nights, night=LAST, days=days, synced={}),
    )


def line(found: Glance, name: str) -> GlanceLine:
    return next(each for each in found.lines if each.id == name)


def newest(number: int, of: int = DAYS) -> range:
    """The days to leave out, so that only so many nights at the end are there."""
    return range(of - number)


def test_a_person_with_ten_times_the_nights_weighs_as_much_as_anybody() -> None:
    one, *others = [person(n) for n in range(6)]
    lives = {one: life(one, days=DAYS, asleep_min=always(300))}
    lives |= {each: life(each, days=DAYS, asleep_min=always(480), missing=newest(5)) for each in others}
    nights = nights_of(lives)
    assert [len(lives[one]), len(lives[others[0]])] == [50, 5]
    found = line(glance([one, *others], nights), "mean_tst_min")
    assert found.mean == 450.0  # (300 + 5 x 480) / 6
    assert nights["tst_min"].mean() < 400, "put together as nights it would be another"
    assert found.values.tolist() == [300.0, *[480.0] * 5]


LEVELS = (431.3, 402.8, 466.1, 389.6, 452.4, 418.9)


@pytest.fixture(scope="module")
def six() -> dict[Sleeper, pd.DataFrame]:
    """Six people, each around a level of their own, with 50, 45 ... 25 nights."""
    lives = {}
    for number, level in enumerate(LEVELS):
        noise = scattered(number, 20)
        lives[person(number)] = life(
            person(number),
            days=DAYS,
            asleep_min=lambda day, level=level, noise=noise: level + noise(day),  # type: ignore[misc]
            missing=newest(DAYS - 5 * number),
        )
    return lives


def half_up(value: float) -> float:
    return math.floor(value + 0.5)


@pytest.mark.parametrize(("name", "column"), [("mean_tst_min", "tst_min"), ("mean_se_pct", "se_pct")])
def test_mean_and_interval_are_those_of_the_people_s_means(
    six: dict[Sleeper, pd.DataFrame], name: str, column: str
) -> None:
    found = line(glance(list(six), nights_of(six)), name)
    means = {who.person_id: float(nights[column].mean()) for who, nights in six.items()}
    shown = {who: half_up(mean) for who, mean in means.items()}
    assert found.values.to_dict() == shown
    assert found.values.tolist() == sorted(shown.values()), "from the lowest"
    mean = sum(means.values()) / 6
    assert found.mean == half_up(mean)
    centre = sum(shown.values()) / 6
    sd = math.sqrt(sum((value - centre) ** 2 for value in shown.values()) / 5)
    half = T_95[5] * sd / math.sqrt(6)
    assert half > 0
    assert [found.low, found.high] == [half_up(half_up(mean) - half), half_up(half_up(mean) + half)]
    assert plain(found.interval) == plain(f"{found.words(found.low)} to {found.words(found.high)}")


def test_the_interval_of_the_time_asleep_leaves_one_of_rounded_values_within_a_minute(
    six: dict[Sleeper, pd.DataFrame],
) -> None:
    found = line(glance(list(six), nights_of(six)), "mean_tst_min")
    means = np.array([nights["tst_min"].mean() for nights in six.values()])
    half = T_95[5] * means.std(ddof=1) / math.sqrt(6)
    assert abs(found.low - (means.mean() - half)) <= 1
    assert abs(found.high - (means.mean() + half)) <= 1


def test_the_four_statistics_stand_in_the_same_order_and_say_what_they_are(
    six: dict[Sleeper, pd.DataFrame],
) -> None:
    found = glance(list(six), nights_of(six))
    assert [each.label for each in found.lines] == ["Asleep", "Efficiency", "Awake after onset", "Score"]
    assert all(len(each.values) == 6 for each in found.lines)
    asleep = found.lines[0]
    assert plain(found.title) == (
        f"6 of 6 people have a valid night; people sleep {plain(asleep.text)} on average"
    )
    assert plain(asleep.text) == f"{int(asleep.mean) // 60} h {int(asleep.mean) % 60} min"


def test_coverage_counts_nights_of_the_last_week_and_month_and_the_people_behind_them() -> None:
    steady, gone, new, unusable, silent = (person(n) for n in range(5))
    lives = {
        steady: life(steady, days=DAYS),
        gone: life(gone, days=DAYS, missing=range(40, DAYS)),  # none in the last 10 days, 18 of the last 28
        new: life(new, days=DAYS, missing=newest(2)),
        unusable: life(unusable, days=DAYS).assign(valid=False, grade="X", reasons="LONG_GAP"),
    }
    found = glance([steady, gone, new, unusable, silent], nights_of(lives))
    assert (found.people, found.with_night, found.days) == (5, 3, DAYS)
    assert found.delivered == (
        Delivered(days=7, people=2, of=5, nights=7 + 2, expected=7 * 5),
        Delivered(days=28, people=3, of=5, nights=28 + 18 + 2, expected=28 * 5),
    )


def test_who_has_too_few_nights_is_counted_and_has_no_dot() -> None:
    people = [person(n) for n in range(6)]
    lives = {each: life(each, days=DAYS, missing=newest(4 if each is people[0] else 5)) for each in people}
    found = glance(people, nights_of(lives))
    assert found.with_night == 6
    assert all(people[0].person_id not in each.values.index for each in found.lines)
    assert len(found.lines[0].values) == 5


def test_below_five_people_there_are_dots_and_no_mean() -> None:
    people = [person(n) for n in range(4)]
    lives = {each: life(each, days=DAYS, asleep_min=always(400 + 20 * n)) for n, each in enumerate(people)}
    found = glance(people, nights_of(lives))
    asleep = found.lines[0]
    assert asleep.values.tolist() == [400.0, 420.0, 440.0, 460.0]
    assert all(math.isnan(value) for value in (asleep.mean, asleep.low, asleep.high))
    assert asleep.interval == ""
    assert plain(found.title) == "4 of 4 people have a valid night: too few with enough for an average"


def test_five_people_are_enough_and_all_alike_they_have_no_interval() -> None:
    people = [person(n) for n in range(5)]
    alike = {each: life(each, days=DAYS) for each in people}
    asleep = glance(people, nights_of(alike)).lines[0]
    assert asleep.mean == 440.0
    assert math.isnan(asleep.low)
    assert asleep.interval == ""
    apart = {each: life(each, days=DAYS, asleep_min=always(400 + 20 * n)) for n, each in enumerate(people)}
    asleep = glance(people, nights_of(apart)).lines[0]
    half = T_95[4] * math.sqrt(1000) / math.sqrt(5)  # 400, 420 ... 480 vary by 1,000
    assert [asleep.low, asleep.high] == [half_up(440 - half), half_up(440 + half)]


def test_of_a_week_three_nights_are_enough() -> None:
    people = [person(n) for n in range(5)]
    lives = {each: life(each, days=DAYS, missing=newest(2 if each is people[0] else 3)) for each in people}
    found = glance(people, nights_of(lives), first=LAST - timedelta(days=6))
    assert found.days == 7
    assert len(found.lines[0].values) == 4
    assert math.isnan(found.lines[0].mean)


@pytest.mark.parametrize("count", [0, 3])
def test_where_nobody_has_a_night_everything_is_empty_and_nothing_divides_by_nobody(count: int) -> None:
    people = [person(n) for n in range(count)]
    nights = life(person(99), days=3).iloc[:0]
    found = glance(people, nights)
    assert (found.people, found.with_night) == (count, 0)
    assert all(each.values.empty and math.isnan(each.mean) and not each.interval for each in found.lines)
    assert [(each.people, each.nights, each.expected) for each in found.delivered] == [
        (0, 0, 7 * count),
        (0, 0, 28 * count),
    ]
    assert plain(found.title) == f"0 of {count} people have a valid night: too few with enough for an average"


def test_who_could_not_be_computed_does_not_make_more_people_deliver_than_there_are(
    six: dict[Sleeper, pd.DataFrame],
) -> None:
    people, nights = list(six), nights_of(six)
    served = people[1:]
    period = cohort_of_parts(
        "Everyone",
        people,
        [cohort_part(served, nights, first=FIRST, last=LAST, synced={})],
        first=FIRST,
        last=LAST,
        unserved={people[0].person_id: "The worker ended."},
    )
    found = cohort_glance(period, cohort_overview(people, nights, night=LAST, days=DAYS, synced={}))
    assert found.people == found.with_night == 5
    assert len(found.lines[0].values) == 5
    assert [(each.people, each.of, each.nights) for each in found.delivered] == [
        (6, 6, 42),
        (6, 6, 6 * 28 - 3),
    ]
