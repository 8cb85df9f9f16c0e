"""Two groups by every metric: the figures are those of `cohorts.compare` and of scipy, adjusted together."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analytics.cohort_metrics import CohortMetric
from analytics.cohorts import compare, paired
from analytics.comparison import Compared, two_groups, two_periods
from analytics.comparison_detail import modelled, resampled, why_no_model
from analytics.comparison_method import method
from analytics.comparison_people import METRICS, GroupValues, group_values, metric_nights
from analytics.comparison_words import forest_title, left_out, rests_on, title, told, why_no_mean
from analytics.evidence import both_of
from analytics.mixed import mixed_comparison
from analytics.period_words import valid_night_words
from analytics.rules import DEFAULT_RULES
from analytics.sleeper import Sleeper
from analytics.wording import NBSP
from tests.analytics.lives import LAST, Minutes, life, person, scattered
from tests.charts.test_estimation import of

DAYS = 28
FIRST = LAST - timedelta(days=DAYS - 1)
SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven")
MEANS = [metric for metric in METRICS.values() if metric.column]


def added(own: float, at: Minutes) -> Minutes:
    return lambda day: own + at(day)


def lives(
    people: Sequence[Sleeper], *, longer_min: float = 0.0, days: int = 56, seed: int = 0
) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    each = []
    for sleeper in people:
        own, at = 430 + longer_min + 25 * draw.standard_normal(), scattered(int(draw.integers(1, 999)), 25)
        hours = scattered(int(draw.integers(1, 999)), 20)
        each.append(life(sleeper, days=days, asleep_min=added(own, at), later_min=hours))
    return pd.concat(each, ignore_index=True)


def values(label: str, people: Sequence[Sleeper], nights: pd.DataFrame) -> GroupValues:
    return group_values(label, people, nights, first=FIRST, last=LAST)


A, B = [person(n) for n in range(12)], [person(n) for n in range(20, 31)]
NIGHTS = pd.concat([lives(A, seed=1), lives(B, longer_min=30, seed=2)], ignore_index=True)


@pytest.fixture(scope="module")
def groups() -> Compared:
    return two_groups(values("Usual", A, NIGHTS), values("Later", B, NIGHTS))


@pytest.fixture(scope="module")
def periods() -> Compared:
    before = group_values(
        "All", A, NIGHTS, first=FIRST - timedelta(days=DAYS), last=FIRST - timedelta(days=1), days=DAYS
    )
    return two_periods(before, group_values("All", A, NIGHTS, first=FIRST, last=LAST, days=DAYS))


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize("metric", MEANS, ids=lambda metric: metric.id)
def test_every_figure_is_that_of_compare_on_the_same_nights_bit_for_bit(
    groups: Compared, metric: CohortMetric
) -> None:
    a, b = (metric_nights(metric, people, NIGHTS, first=FIRST, last=LAST) for people in (A, B))
    whole = compare(a, b, days=DAYS, circular=metric.circular)
    found = groups.metrics[metric.id].contrast
    sensitivity = found.sensitivity()
    assert found.means is not None
    assert sensitivity is not None
    assert repr(both_of(found.means, sensitivity)) == repr(whole.evidence)  # NaN is no NaN for ==

    assert found.notes == whole.notes
    for one, other in ((found.a, whole.a), (found.b, whole.b)):
        assert (one.people, one.nights, one.mean, one.sd) == (
            other.people,
            other.nights,
            other.mean,
            other.sd,
        )


@pytest.mark.parametrize("metric", MEANS, ids=lambda metric: metric.id)
def test_two_periods_are_those_of_paired_bit_for_bit(periods: Compared, metric: CohortMetric) -> None:
    earlier = (FIRST - timedelta(days=DAYS), FIRST - timedelta(days=1))
    one = metric_nights(metric, A, NIGHTS, first=earlier[0], last=earlier[1])
    other = metric_nights(metric, A, NIGHTS, first=FIRST, last=LAST)
    whole = paired(one, other, days=DAYS, circular=metric.circular)
    found = periods.metrics[metric.id].contrast
    sensitivity = found.sensitivity()
    assert found.means is not None
    assert sensitivity is not None
    assert repr(both_of(found.means, sensitivity)) == repr(whole.evidence)  # NaN is no NaN for ==


def test_the_difference_is_that_of_scipy_on_means_of_people(groups: Compared) -> None:
    mains = NIGHTS[NIGHTS["valid"] & (NIGHTS["kind"] == "main") & (NIGHTS["night"] >= pd.Timestamp(FIRST))]
    mean = mains.groupby("person_id")["tst_min"].mean()
    x, y = (mean[[each.person_id for each in people]] for people in (A, B))
    welch = stats.ttest_ind(y, x, equal_var=False)
    found = groups.metrics["mean_tst_min"]
    assert found.contrast.means is not None
    assert found.contrast.means.p == pytest.approx(welch.pvalue)
    ends = welch.confidence_interval(found.confidence)
    assert (found.adjusted.low, found.adjusted.high) == pytest.approx((ends.low, ends.high))
    around = stats.t.interval(0.95, len(x) - 1, x.mean(), stats.sem(x))
    assert (found.mean_a.low, found.mean_a.high) == pytest.approx(around)
    sd = math.sqrt((x.var() * (len(x) - 1) + y.var() * (len(y) - 1)) / (len(x) + len(y) - 2))
    assert found.in_sd.value == pytest.approx((y.mean() - x.mean()) / sd)


def test_p_values_are_adjusted_over_all_metrics_within_their_family(groups: Compared) -> None:
    for primary, way in ((True, "holm"), (False, "fdr_bh")):
        family = [each for each in groups.metrics.values() if each.metric.primary == primary]
        tested = [each for each in family if each.contrast.means and not math.isnan(each.contrast.means.p)]
        p = [each.contrast.means.p for each in tested if each.contrast.means]
        assert [each.p_adjusted for each in tested] == pytest.approx(list(multipletests(p, method=way)[1]))
    assert sum(each.metric.primary for each in groups.tested) == 3


def test_an_adjusted_interval_leaves_zero_out_exactly_where_the_adjusted_p_value_is_small(
    groups: Compared, periods: Compared
) -> None:
    for each in (*groups.tested, *periods.tested):
        outside = not each.adjusted.low <= 0 <= each.adjusted.high
        assert outside == (each.p_adjusted < 0.05) == (each.way != "unclear"), each.metric.id
        if each.contrast.means:
            assert each.adjusted.low <= each.contrast.means.difference.low + 1e-9


def test_the_title_says_how_much_more_and_between_what(groups: Compared) -> None:
    found = groups.metrics["mean_tst_min"]
    assert found.contrast.means is not None
    of = found.contrast.means.difference
    assert plain(title(groups, "mean_tst_min")) == (
        f"Later: {round(of.value)} min more sleep, somewhere between {round(of.low)} and {round(of.high)}"
    )
    turned = two_groups(groups.b, groups.a)
    assert plain(title(turned, "mean_tst_min")) == (
        f"Usual: {round(of.value)} min less sleep, somewhere between {round(of.low)} and {round(of.high)}"
    )


def test_where_nothing_is_clear_the_title_says_so_and_how_far_it_could_go(groups: Compared) -> None:
    assert groups.metrics["mean_waso_min"].way == "unclear"
    assert plain(title(groups, "mean_waso_min")) == (
        "Later: 0 min wake after onset; nobody differs from the others of their group, so there is no interval"
    )
    same = two_groups(values("One", A[:6], NIGHTS), values("Other", A[6:], NIGHTS))
    said = plain(title(same, "mean_tst_min"))
    assert said.startswith("Other: no clear difference in time asleep, somewhere between ")
    assert "min less and " in said
    assert said.endswith(" min more")


def test_the_overview_counts_what_differs(groups: Compared) -> None:
    clear = sum(each.way != "unclear" for each in groups.tested)
    assert 0 < clear < len(groups.tested)
    head, _, rest = forest_title(groups).partition("; ")
    assert head.endswith(" differ")
    assert rest == f"the other {SPELLED[len(groups.tested) - clear]} do not clearly"


def test_where_nothing_differs_the_overview_says_of_how_many() -> None:
    same = two_groups(of("One", "a", 12, seed=1), of("Other", "b", 12, seed=1))
    assert plain(forest_title(same)) == "None of 10 statistics differs clearly"
    assert plain(forest_title(two_periods(only(same.a, "score"), only(same.a, "score")))) == (
        "No statistic has people enough for a test"
    )
    one = two_groups(only(same.a, "score"), only(same.b, "score"))
    assert forest_title(one) == "The one statistic with a test does not differ clearly"


def given(group: GroupValues, name: str, x: ArrayLike) -> GroupValues:
    """The same people with other values of a metric."""
    found = group.values[name]
    series = pd.Series(np.array(x, dtype=np.float64), index=found.values.index)
    return replace(group, values={**group.values, name: replace(found, values=series)})


def only(group: GroupValues, name: str) -> GroupValues:
    """The same people with values of one metric alone."""
    nothing = {
        key: each if key == name else replace(each, values=each.values[:0], nights=each.nights[:0])
        for key, each in group.values.items()
    }
    return replace(group, values=nothing)


def test_an_unclear_difference_is_printed_with_the_interval_that_holds_zero() -> None:
    a, b = of("One", "a", 12, seed=1), of("Other", "b", 12, seed=1)
    x = np.linspace(400, 460, 12)
    found = two_groups(given(a, "mean_tst_min", x), given(b, "mean_tst_min", x + 18))
    metric = found.metrics["mean_tst_min"]
    assert metric.contrast.means is not None
    assert metric.contrast.means.difference.low > 0
    assert metric.way == "unclear"
    said = plain(title(found, "mean_tst_min"))
    assert said == (
        f"Other: no clear difference in time asleep, somewhere between {round(-metric.adjusted.low)} min less and "
        f"{round(metric.adjusted.high)} min more"
    )


def test_changes_that_are_the_same_for_everybody_are_said_to_be() -> None:
    before = of("All", "p", 6, seed=1)
    after = given(before, "mean_tst_min", before.values["mean_tst_min"].values + 30)
    assert plain(title(two_periods(before, after), "mean_tst_min")) == (
        "All: +30 min time asleep, the same for everybody, so there is no interval"
    )


def test_who_has_a_score_by_another_estimator_has_both_periods() -> None:
    before = of("All", "p", 12, seed=1)
    others = before.estimators.copy()
    others.iloc[:4] = "midsleep_sd"
    found = two_periods(before, replace(of("All", "p", 12, seed=2), estimators=others))
    assert found.metrics["score"].a.people == 8
    assert left_out(found, "score") == [
        ("Consistency of the score from another estimator in the other period", before.people[:4])
    ]
    few = two_periods(
        before, replace(of("All", "p", 12, seed=2), estimators=others.replace("sri", "midsleep_sd"))
    )
    assert "enough valid nights" not in title(few, "score")
    assert "too few to compare" in title(few, "score")


def test_scores_that_rest_on_a_spread_are_not_compared_in_periods_of_different_lengths() -> None:
    after = of("All", "p", 12, seed=2)
    estimators = after.estimators.copy()
    estimators.iloc[:4] = "midsleep_sd"
    after = replace(after, estimators=estimators)
    before = replace(of("All", "p", 12, seed=1), estimators=estimators)
    shorter = replace(before, first=before.first + timedelta(days=7))
    assert two_periods(before, after).metrics["score"].a.people == 12
    found = two_periods(shorter, after)
    assert found.metrics["score"].a.people == 8
    ((why, ids),) = left_out(found, "score")
    assert "spread" in why
    assert ids == before.people[:4]
    said = method(found, "score", DEFAULT_RULES, score_version="x")
    assert "only where that is the regularity index, not a spread" in said
    assert "not a spread" not in method(two_periods(before, after), "score", DEFAULT_RULES, score_version="x")


def test_a_withheld_metric_gives_its_reason_and_no_other() -> None:
    before = of("All", "p", 12, seed=1)
    found = two_periods(replace(before, first=before.first + timedelta(days=7)), of("All", "p", 12, seed=2))
    metric = found.metrics["sd_midsleep_min"]
    assert metric.contrast.notes == ()
    assert why_no_mean(metric) == why_no_model(metric, nights=0) == found.withheld["sd_midsleep_min"]
    assert why_no_mean(found.metrics["mean_tst_min"]) == ""


def test_the_reason_for_no_mean_is_the_one_that_holds() -> None:
    a, b = of("One", "a", 12, seed=1), of("Other", "b", 12, seed=1)
    clock = two_groups(given(a, "mean_midsleep_h", np.arange(12) * 2.0), b)
    assert "no typical time" in why_no_mean(clock.metrics["mean_midsleep_h"])
    few = two_groups(of("One", "a", 3), b).metrics["mean_tst_min"]
    assert why_no_mean(few).startswith("Too few people for a test")
    nobody = two_groups(only(a, "score"), only(b, "score")).metrics["mean_tst_min"]
    assert why_no_mean(nobody) == "Nobody has a value of time asleep to compare."


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "score",
            "1 statistic that was tested: by Benjamini and Hochberg for the one statistic, which is exploratory",
        ),
        (
            "mean_tst_min",
            "1 statistic that was tested: by Holm for time asleep, which was declared beforehand.",
        ),
    ],
)
def test_the_method_speaks_of_the_statistics_that_were_tested(name: str, said: str) -> None:
    found = two_groups(only(of("One", "a", 12), name), only(of("Other", "b", 12, seed=1), name))
    text = plain(method(found, name, DEFAULT_RULES, score_version="x"))
    assert said in text
    assert ("Holm" in text) == (name == "mean_tst_min")


def test_fewer_than_five_are_dots_and_a_sentence() -> None:
    few = two_groups(values("One", A[:3], NIGHTS), values("Other", B[:4], NIGHTS))
    found = few.metrics["mean_tst_min"]
    assert plain(title(few, "mean_tst_min")) == "3 and 4 people: too few to compare"
    assert (len(found.contrast.a.values), len(found.contrast.b.values)) == (3, 4)
    assert found.contrast.means is None
    assert math.isnan(found.mean_a.value)
    assert math.isnan(found.p_adjusted)
    assert few.tested == ()
    assert forest_title(few) == "No statistic has people enough for a test"


def test_five_to_nine_are_a_small_sample() -> None:
    found = two_groups(values("One", A[:5], NIGHTS), values("Other", B, NIGHTS)).metrics["mean_tst_min"]
    assert found.contrast.means is not None
    assert "Small sample: 5 people a group." in [plain(note) for note in found.contrast.notes]


def test_who_is_in_both_is_counted_in_neither_and_named(groups: Compared) -> None:
    both = two_groups(values("One", A, NIGHTS), values("Other", [*A[:2], *B], NIGHTS))
    found = both.metrics["mean_tst_min"]
    assert (found.a.people, found.b.people) == (10, 11)
    said = dict(left_out(both, "mean_tst_min"))
    assert said["In both groups, and counted in neither"] == ("p_00", "p_01")


def test_everybody_behind_and_left_out_adds_up_to_the_group() -> None:
    silent, rare = person(50), person(51)
    few = life(rare, days=56, missing=range(1, 54))
    nights = pd.concat([NIGHTS, few], ignore_index=True)
    found = two_groups(values("One", [*A, silent, rare], nights), values("Other", B, nights))
    of = found.metrics["mean_tst_min"].a
    assert of.people + len(of.too_few) + len(of.without) + len(of.not_compared) == of.size == 14
    assert (of.too_few, of.without) == (("p_51",), ("p_50",))
    assert of.of == of.people * DAYS
    assert of.nights <= of.of


def test_spreads_of_periods_of_different_lengths_are_not_compared() -> None:
    week = group_values(
        "All", A, NIGHTS, first=FIRST - timedelta(days=7), last=FIRST - timedelta(days=1), days=7
    )
    found = two_periods(week, group_values("All", A, NIGHTS, first=FIRST, last=LAST, days=7))
    assert set(found.withheld) == {"sd_midsleep_min"}
    assert found.metrics["sd_midsleep_min"].contrast.means is None
    assert found.metrics["mean_tst_min"].contrast.means is not None
    assert "is not compared" in title(found, "sd_midsleep_min")
    assert "different lengths" in method(found, "sd_midsleep_min", DEFAULT_RULES, score_version="x")


def test_two_groups_of_different_periods_are_refused(periods: Compared) -> None:
    with pytest.raises(ValueError, match="two_periods"):
        two_groups(periods.a, periods.b)


def test_the_regularity_index_is_one_value_a_person_like_the_others(groups: Compared) -> None:
    found = groups.a.values["sri"]
    assert len(found.values) == len(A)
    assert ((found.values > 0) & (found.values <= 100)).all()


def test_the_method_names_groups_dates_rule_tests_adjustment_seed_and_no_cause(groups: Compared) -> None:
    said = method(groups, "mean_tst_min", DEFAULT_RULES, score_version="evidence-2")
    for part in ("Later (b) against Usual (a)", "2026", "The person is the unit", valid_night_words(DEFAULT_RULES),
                 "Welch", "Hedges", "Mann and Whitney", "Holm", "Benjamini and Hochberg", "seed 42", "9,999",
                 "no proof of a cause", "evidence-2"):  # fmt: skip
        assert plain(part) in plain(said), part


def test_what_is_printed_is_what_was_computed(groups: Compared) -> None:
    found = groups.metrics["mean_tst_min"]
    words = told(found)
    means = found.contrast.means
    assert means is not None
    assert plain(words.difference) == f"+{round(means.difference.value)} min"
    assert (
        plain(words.interval) == f"+{round(means.difference.low)} min to +{round(means.difference.high)} min"
    )
    assert plain(words.a) == f"12 people, {found.contrast.a.nights} of {12 * DAYS} nights"
    assert plain(words.b) == f"11 people, {found.contrast.b.nights} of {11 * DAYS} nights"
    assert plain(rests_on(groups, "mean_tst_min")).endswith("28 or more valid nights")


class TestDetail:
    def test_the_model_is_that_of_the_nights_without_who_is_in_both(self) -> None:
        both = two_groups(values("One", A, NIGHTS), values("Other", [*A[:1], *B], NIGHTS))
        found = both.metrics["mean_tst_min"]
        a, b = (
            metric_nights(found.metric, people, NIGHTS, first=FIRST, last=LAST)
            for people in (A, [*A[:1], *B])
        )
        assert why_no_model(found, nights=len(a) + len(b)) == ""
        expected = mixed_comparison(a[a["person_id"] != "p_00"], b[b["person_id"] != "p_00"], days=DAYS)
        assert modelled(found, a, b, days=DAYS) == expected
        assert expected.method == "mixed model"

    def test_the_shape_of_the_bootstrap_has_its_peak_at_the_difference(self, groups: Compared) -> None:
        found = groups.metrics["mean_tst_min"]
        answer = resampled(found)
        assert answer is not None
        assert found.contrast.means is not None
        peak = answer.shape.at[int(np.argmax(answer.shape.density))]
        assert peak == pytest.approx(found.contrast.means.difference.value, abs=3)
        assert answer.shape.at[0] < answer.sensitivity.bootstrap_low < answer.sensitivity.bootstrap_high

    @pytest.mark.parametrize(
        ("name", "why"),
        [("score", "No single night"), ("mean_midsleep_h", "knows no clock"), ("sri", "No single night")],
    )
    def test_where_no_model_is_made_it_says_why(self, groups: Compared, name: str, why: str) -> None:
        assert why in why_no_model(groups.metrics[name], nights=500)

    def test_two_periods_have_no_model(self, periods: Compared) -> None:
        assert "compared with themselves" in why_no_model(periods.metrics["mean_tst_min"], nights=500)

    def test_too_many_nights_have_no_model(self, groups: Compared) -> None:
        assert "500,000" in why_no_model(groups.metrics["mean_tst_min"], nights=500_001)
