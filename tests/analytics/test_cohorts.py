"""Groups of people side by side: who counts, what is said of few, and the figures of scipy called directly."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analytics.cohorts import RESAMPLED, compare, paired
from analytics.effects import hedges_g, hodges_lehmann, paired_g, probability_of_superiority, pseudo_median
from analytics.evidence import Evidence
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.resampling import bootstrap_centre, bootstrap_difference
from analytics.standing import standing, standing_among


def nights(people: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(who, value) for who, values in people.items() for value in values]
    return pd.DataFrame(rows, columns=["person_id", "value"]).astype({"value": "float64"})


def group(prefix: str, people: int, *, mean: float, seed: int, count: int = 10) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return nights(
        {
            f"{prefix}{who}": list(mean + 30 * draw.standard_normal() + 45 * draw.standard_normal(count))
            for who in range(people)
        }
    )


def evidence(found: Evidence | None) -> Evidence:
    assert found is not None
    return found


def test_figures_are_those_of_scipy_on_the_means_of_people() -> None:
    a, b = group("a", 14, mean=420, seed=1), group("b", 11, mean=450, seed=2)
    x, y = (frame.groupby("person_id")["value"].mean().to_numpy() for frame in (a, b))
    found = evidence(compare(a, b, days=28).evidence)
    welch = stats.ttest_ind(y, x, equal_var=False)
    interval = welch.confidence_interval()
    rank = stats.mannwhitneyu(y, x)
    assert found.p == pytest.approx(welch.pvalue)
    assert (found.t, found.degrees) == pytest.approx((welch.statistic, welch.df))
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high))
    assert (found.rank_statistic, found.rank_p) == pytest.approx((rank.statistic, rank.pvalue))
    assert found.superiority == pytest.approx(rank.statistic / (14 * 11))


def test_figures_of_two_periods_are_those_of_scipy_on_the_differences() -> None:
    first, second = group("p", 12, mean=420, seed=3), group("p", 12, mean=440, seed=4)
    x, y = (frame.groupby("person_id")["value"].mean().to_numpy() for frame in (first, second))
    found = evidence(paired(first, second, days=28).evidence)
    student = stats.ttest_rel(y, x)
    interval = student.confidence_interval()
    assert (found.t, found.p) == pytest.approx((student.statistic, student.pvalue))
    assert (found.difference.low, found.difference.high) == pytest.approx((interval.low, interval.high))
    assert found.rank_p == pytest.approx(stats.wilcoxon(y - x).pvalue)


def test_below_five_people_there_are_only_the_people() -> None:
    found = compare(group("a", 4, mean=420, seed=1), group("b", 30, mean=450, seed=2), days=28)
    assert found.evidence is None
    assert len(found.a.values) == 4
    assert np.isnan([found.a.mean, found.a.sd, found.a.median, found.a.q1]).all()
    assert found.b.mean == pytest.approx(450, abs=30)
    assert "Fewer than 5 people a group: no test and no mean, only the people themselves." in found.notes


@pytest.mark.parametrize(("people", "small"), [(5, True), (9, True), (10, False)])
def test_five_to_nine_people_are_called_a_small_sample(people: int, small: bool) -> None:
    found = compare(group("a", people, mean=420, seed=1), group("b", 20, mean=450, seed=2), days=28)
    assert found.evidence is not None
    assert any("Small sample" in note for note in found.notes) is small
    assert RESAMPLED in found.notes


def test_unequal_numbers_of_nights_are_told_and_weigh_nothing() -> None:
    a = nights({f"a{n}": [400.0 + n] * (5 + 10 * n) for n in range(6)})
    b = nights({f"b{n}": [430.0 + n] * 10 for n in range(6)})
    found = compare(a, b, days=60)
    assert found.a.mean == pytest.approx(402.5)
    assert "People have from 5 to 55\u00a0nights; each counts once, whatever the number." in found.notes
    assert (found.a.nights, found.a.nights_least, found.a.nights_most) == (180, 5, 55)


def test_people_with_too_few_nights_are_named_and_left_out() -> None:
    a = pd.concat([group("a", 6, mean=420, seed=1), nights({"few": [900.0, np.nan, 900.0]})])
    found = compare(a, group("b", 6, mean=450, seed=2), days=7)
    assert found.a.left_out == ("few",)
    assert found.a.people == 6
    assert "Left out, with too few nights or no typical time: 1\u00a0person." in found.notes


def test_who_is_in_both_groups_counts_in_neither() -> None:
    a, b = group("a", 6, mean=420, seed=1), group("b", 6, mean=450, seed=2)
    both = nights({"x": [430.0] * 10})
    found = compare(pd.concat([a, both]), pd.concat([b, both]), days=28)
    assert found.in_both == ("x",)
    assert (found.a.people, found.b.people) == (6, 6)
    assert found.notes[0] == "In both groups and counted in neither: 1\u00a0person."


def test_who_lacks_a_period_is_counted_and_named() -> None:
    first, second = group("p", 8, mean=420, seed=3), group("p", 7, mean=440, seed=4)
    found = paired(first, pd.concat([second, nights({"new": [500.0] * 9})]), days=28)
    assert (found.only_a, found.only_b) == (("p7",), ("new",))
    assert (found.a.people, found.b.people) == (7, 7)
    assert found.notes[:2] == (
        "Left out, without the second period: 1\u00a0person.",
        "Left out, without the first period: 1\u00a0person.",
    )


def test_people_who_are_all_alike_are_no_proof_of_anything() -> None:
    a = nights({f"a{n}": [420.0] * 10 for n in range(6)})
    b = nights({f"b{n}": [430.0] * 10 for n in range(6)})
    found = evidence(compare(a, b, days=28).evidence)
    assert found.difference.value == 10
    assert np.isnan([found.p, found.difference.low, found.standardised.hedges_g]).all()
    unmoved = evidence(paired(a, a, days=28).evidence)
    assert np.isnan([unmoved.p, unmoved.rank_p]).all()
    assert unmoved.superiority == 0.5


def test_the_last_places_of_floating_point_are_no_spread_of_people() -> None:
    a, b = np.full(6, 7.1), np.full(6, 7.3)
    assert a.var(ddof=1) > 0, "the mean of equal numbers is not quite one of them"
    assert np.isnan([hedges_g(a, b).hedges_g, paired_g(b - a).hedges_g, hedges_g(a, b).low]).all()
    found = evidence(
        compare(
            nights({f"a{n}": [7.1] * 10 for n in range(6)}),
            nights({f"b{n}": [7.3] * 10 for n in range(6)}),
            days=28,
        ).evidence
    )
    assert np.isnan(found.standardised.hedges_g)


def test_bedtimes_are_compared_across_midnight() -> None:
    early = nights({f"a{n}": [22.5 + n / 10, 23.5 + n / 10, 23.0 + n / 10] * 3 for n in range(10)})
    late = nights({f"b{n}": [23.9 + n / 10, 0.1 + n / 10, 0.0 + n / 10] * 3 for n in range(10)})
    found = compare(early, late, days=14, circular=True)
    assert evidence(found.evidence).difference.value == pytest.approx(1.0)
    assert found.a.mean % 24 == pytest.approx(23.45)
    assert found.b.mean % 24 == pytest.approx(0.45)
    same = late.assign(person_id=early["person_id"])
    assert evidence(paired(early, same, days=14, circular=True).evidence).difference.value == pytest.approx(1)


def test_times_all_round_the_clock_have_no_difference() -> None:
    a = nights({f"a{n}": [float(4 * n)] * 10 for n in range(6)})
    b = nights({f"b{n}": [4.0 * n + 2] * 10 for n in range(6)})
    found = compare(a, b, days=28, circular=True)
    assert found.evidence is None
    assert np.isnan(found.a.mean)
    assert "no typical time" in found.notes[-1]


def clock_times(prefix: str, people: int, *, mean: float, sd: float, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return nights({f"{prefix}{n}": [(mean + sd * draw.standard_normal()) % 24] * 10 for n in range(people)})


@pytest.mark.parametrize("mean", [13.8, 14.4, 15.0, 15.6, 16.2])
def test_a_small_group_half_a_day_from_the_other_is_not_cut_in_two(mean: float) -> None:
    many, few = clock_times("a", 60, mean=3.2, sd=0.7, seed=1), clock_times("b", 8, mean=mean, sd=1.2, seed=2)
    found = compare(many, few, days=28, circular=True)
    x, y = (frame.groupby("person_id")["value"].mean() for frame in (many, few))
    away = (y.mean() - x.mean() + 12) % 24 - 12
    assert evidence(found.evidence).difference.value == pytest.approx(away)
    assert found.b.mean % 24 == pytest.approx(y.mean())
    assert found.b.sd == pytest.approx(y.std())
    welch = stats.ttest_ind(y - y.mean() + away, x - x.mean(), equal_var=False)
    assert evidence(found.evidence).p == pytest.approx(welch.pvalue)
    turned = evidence(compare(few, many, days=28, circular=True).evidence)
    assert turned.difference.value == pytest.approx(-away)


def test_people_who_all_move_by_half_a_day_are_not_cut_in_two() -> None:
    draw = np.random.default_rng(3)
    nightly = {f"p{n}": 3 + 0.5 * draw.standard_normal() for n in range(20)}
    daily = {who: value + 12 + 0.6 * draw.standard_normal() for who, value in nightly.items()}
    before, after = (nights({who: [at] * 10 for who, at in times.items()}) for times in (nightly, daily))
    away = np.array([daily[who] - nightly[who] for who in nightly])
    assert away.min() < 12 < away.max()
    found = paired(before, after, days=28, circular=True)
    assert evidence(found.evidence).difference.value % 24 == pytest.approx(away.mean())
    assert found.b.mean % 24 == pytest.approx(np.mean(list(daily.values())))
    assert found.b.sd == pytest.approx(np.std(list(daily.values()), ddof=1))


def test_changes_all_round_the_clock_are_no_typical_change() -> None:
    before = nights({f"p{n}": [3.0 + n / 10] * 10 for n in range(6)})
    after = nights({f"p{n}": [(3.0 + 4.1 * n) % 24] * 10 for n in range(6)})
    found = paired(before, after, days=28, circular=True)
    assert found.evidence is None
    assert "no typical change" in found.notes[-1]


def test_periods_without_a_typical_time_have_a_change_and_no_mean_time() -> None:
    before = nights({f"p{n}": [4.0 * n] * 10 for n in range(6)})
    after = nights({f"p{n}": [(4.0 * n + 1 + n / 100) % 24] * 10 for n in range(6)})
    found = paired(before, after, days=28, circular=True)
    assert evidence(found.evidence).difference.value == pytest.approx(1.025)
    for period in (found.a, found.b):
        assert np.isnan([period.mean, period.sd, period.median, period.q1, period.q3]).all()
    assert "no typical time" in found.notes[-1]


def test_groups_of_nobody_are_said_to_be_too_small() -> None:
    nobody = nights({})
    for found in (
        compare(nobody, nobody, days=28),
        compare(nobody, nobody, days=28, circular=True),
        paired(nobody, nobody, days=28),
    ):
        assert found.evidence is None
        assert (found.a.people, found.b.nights) == (0, 0)


def test_adjusted_p_values_are_those_of_statsmodels() -> None:
    p = np.random.default_rng(7).uniform(size=23) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])


def test_a_comparison_without_a_test_is_not_counted_among_the_tests() -> None:
    with_gap = holm([0.012, np.nan, 0.034])
    np.testing.assert_allclose(with_gap[[0, 2]], holm([0.012, 0.034]))
    assert np.isnan(with_gap[1])
    assert np.isnan(benjamini_hochberg([np.nan])).all()
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.2])


def test_the_bootstrap_is_that_of_scipy_with_the_seed_that_is_stated() -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 9))
    first, second = sorted([x.tolist(), y.tolist()], reverse=True)

    def apart(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.asarray(np.mean(one, axis=axis) - np.mean(other, axis=axis))

    theirs = stats.bootstrap(
        (first, second), apart, n_resamples=9999, method="percentile", rng=np.random.default_rng(42)
    ).confidence_interval
    assert bootstrap_difference(second, first) == pytest.approx((theirs.low, theirs.high))
    assert bootstrap_difference(first, second) == pytest.approx((-theirs.high, -theirs.low))
    assert bootstrap_difference(x, x)[0] == -bootstrap_difference(x, x)[1]
    assert np.isnan([*bootstrap_difference([], x), *bootstrap_centre([])]).all()


def test_large_groups_are_drawn_piece_by_piece_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(5).normal(size=(2, 50))
    whole = bootstrap_difference(x, y, centre="median")
    monkeypatch.setattr("analytics.resampling._NUMBERS_AT_ONCE", 3_333)
    assert bootstrap_difference(x, y, centre="median") == whole


@pytest.mark.parametrize(
    ("n", "m", "outside"), [(5, 5, 2), (8, 8, 13), (20, 20, 127), (3, 3, 0), (21, 20, 134)]
)
def test_the_interval_of_a_shift_leaves_out_what_the_rank_sum_table_says(
    n: int, m: int, outside: int
) -> None:
    draw = np.random.default_rng(n * m)
    x, y = draw.normal(size=n), draw.normal(size=m)
    away = np.sort((y[:, None] - x[None, :]).ravel())
    found = hodges_lehmann(x, y)
    assert (found.low, found.value, found.high) == (away[outside], np.median(away), away[-1 - outside])


def test_a_shift_is_excluded_by_its_interval_exactly_when_the_rank_test_rejects_it() -> None:
    x, y = np.random.default_rng(11).normal(size=(2, 7))
    found = hodges_lehmann(x, y)
    for edge, outwards in ((found.low, -1e-6), (found.high, 1e-6)):
        assert stats.mannwhitneyu(x + edge + outwards, y, method="exact").pvalue < 0.05
        assert stats.mannwhitneyu(x + edge - outwards, y, method="exact").pvalue >= 0.05
    moved = pseudo_median(x)
    for edge, outwards in ((moved.low, -1e-6), (moved.high, 1e-6)):
        assert stats.wilcoxon(x - edge - outwards, method="exact").pvalue < 0.05
        assert stats.wilcoxon(x - edge + outwards, method="exact").pvalue >= 0.05


def test_the_chance_of_lying_higher_counts_ties_half() -> None:
    assert probability_of_superiority([1, 2, 2], [2, 3]) == pytest.approx((1 + 0.5 + 0.5 + 3) / 6)
    assert np.isnan(probability_of_superiority([], [1]))


def test_a_person_in_a_small_cohort_is_compared_with_the_others_only() -> None:
    ids = pd.Index([f"p{n}" for n in range(30)], dtype="str")
    values = pd.Series(np.arange(30.0), index=ids)
    small, large = standing(values.iloc[:29], "p28"), standing(values, "p29")
    assert (small.people, small.with_person, small.percentile) == (28, False, 100)
    assert (large.people, large.with_person) == (30, True)
    assert large.percentile == pytest.approx(stats.percentileofscore(values, 29, kind="mean"))


def test_there_is_no_standing_among_fewer_than_five_or_without_a_value() -> None:
    assert standing_among([1, 2, 3, 4], 2).reason == "Fewer than 5 others have a value."
    assert standing(pd.Series({"a": np.nan, "b": 1.0}), "a").reason == "This person has no value here."
    assert np.isnan(standing_among([2, 2, 2, 2, 2], 2).z)


def test_a_late_bedtime_is_late_on_both_sides_of_midnight() -> None:
    others = [22.5, 23.0, 23.5, 0.0, 0.5, 23.25]
    assert standing_among(others, 1.0, circular=True).percentile == 100
    assert standing_among(others, 22.0, circular=True).percentile == 0
    assert standing_among(others, 23.75, circular=True).z > 0
    around = standing_among([0, 4, 8, 12, 16, 20], 3, circular=True)
    assert around.reason == "The others' times lie all round the clock."
