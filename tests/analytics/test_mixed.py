"""Nights within people: the model is that of statsmodels, and gives way to people's means where it must."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from analytics.cohorts import compare
from analytics.mixed import MixedFit, fit_mixed, mixed_comparison, nights_needed


def group(
    prefix: str,
    people: int,
    *,
    mean: float,
    seed: int,
    nights: int = 12,
    between: float = 30,
    within: float = 45,
) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    level = mean + between * draw.standard_normal(people)
    rows = [
        {
            "person_id": f"{prefix}{who:02d}",
            "value": level[who] + within * draw.standard_normal() + 25 * (night % 7 >= 5),
            "weekend": float(night % 7 >= 5),
            "day": float(night),
        }
        for who in range(people)
        for night in range(nights + who % 3)
    ]
    return pd.DataFrame(rows, columns=["person_id", "value", "weekend", "day"])


def settled(found: MixedFit | str) -> MixedFit:
    assert isinstance(found, MixedFit), found
    return found


@pytest.mark.parametrize("covariates", [(), ("weekend", "day")])
def test_the_model_is_that_of_statsmodels(covariates: tuple[str, ...]) -> None:
    a, b = group("a", 12, mean=420, seed=1), group("b", 14, mean=450, seed=2)
    both = pd.concat([a.assign(group=0.0), b.assign(group=1.0)])
    fixed = np.column_stack([np.ones(len(both)), both["group"], *(both[name] for name in covariates)])
    theirs = MixedLM(both["value"].to_numpy(), fixed, both["person_id"].to_numpy()).fit(reml=True)
    ours = settled(fit_mixed(a, b, covariates=covariates))
    assert ours.difference == pytest.approx(theirs.fe_params[1], rel=1e-4)
    assert ours.error == pytest.approx(theirs.bse_fe[1], rel=1e-3)
    assert ours.components.between == pytest.approx(theirs.cov_re[0, 0], rel=5e-3)
    assert ours.components.within == pytest.approx(theirs.scale, rel=1e-3)
    assert ours.low < ours.difference < ours.high


def test_with_ten_people_a_group_the_model_is_shown() -> None:
    a, b = group("a", 10, mean=420, seed=1), group("b", 10, mean=450, seed=2)
    found, model = mixed_comparison(a, b, days=28), settled(fit_mixed(a, b))
    assert (found.method, found.reason) == ("mixed model", "")
    assert (found.difference, found.p) == (model.difference, model.p)
    assert (found.people_a, found.people_b, found.nights_a, found.nights_b) == (10, 10, len(a), len(b))


def test_with_fewer_people_the_difference_is_that_of_peoples_means_and_the_nights_are_still_described() -> (
    None
):
    a, b = group("a", 9, mean=420, seed=1), group("b", 20, mean=450, seed=2)
    found, means = mixed_comparison(a, b, days=28), compare(a, b, days=28).evidence
    assert means is not None
    assert found.method == "person means"
    assert "Fewer than 10 people" in found.reason
    assert (found.difference, found.p) == (means.difference.value, means.p)
    assert found.components is not None
    assert 0 < found.components.icc < 1


def test_below_five_people_there_is_no_figure() -> None:
    found = mixed_comparison(group("a", 4, mean=420, seed=1), group("b", 20, mean=450, seed=2), days=28)
    assert found.method == "none"
    assert math.isnan(found.difference)
    nobody = group("a", 0, mean=420, seed=1)
    assert mixed_comparison(nobody, nobody, days=28).reason == "There are too few people."


def test_people_with_too_few_nights_are_left_out_as_in_every_comparison() -> None:
    a, b = group("a", 10, mean=420, seed=1), group("b", 10, mean=450, seed=2)
    few = group("few", 1, mean=900, seed=3, nights=4)
    assert mixed_comparison(pd.concat([a, few]), b, days=28) == mixed_comparison(a, b, days=28)


def test_people_who_are_all_the_same_within_have_no_model() -> None:
    # Everybody has the same nights, so that no variance is left between people.
    nights = np.concatenate([np.linspace(400, 460, 30)] * 12)
    a, b = (
        pd.DataFrame({"person_id": np.repeat([f"{who}{n}" for n in range(12)], 30), "value": nights})
        for who in "ab"
    )
    found = mixed_comparison(a, b, days=28)
    assert found.method == "person means"
    assert found.components is None
    assert found.reason


def test_nights_that_never_differ_have_no_model() -> None:
    a, b = (
        pd.DataFrame({"person_id": np.repeat([f"{who}{n}" for n in range(12)], 9), "value": 430.0})
        for who in "ab"
    )
    found = mixed_comparison(a, b, days=28)
    assert (found.method, found.components) == ("person means", None)
    assert found.reason == "All nights are alike: there is no variance to split."
    assert math.isnan(found.p)


def test_a_covariate_that_says_nothing_new_ends_in_a_sentence() -> None:
    a, b = (group(who, 12, mean=430, seed=3).assign(twin=number) for number, who in enumerate("ab"))
    found = mixed_comparison(a, b, days=28, covariates=["twin"])
    assert found.method == "person means"
    assert found.reason.endswith("Means of people leave twin out of account.")


def test_somebody_in_both_groups_is_refused_with_a_way_out() -> None:
    a = group("a", 12, mean=420, seed=1)
    with pytest.raises(ValueError, match="12 people are in both groups; take them out of one"):
        mixed_comparison(a, a, days=28)


def test_weekends_are_taken_into_account_when_asked() -> None:
    a, b = group("a", 12, mean=420, seed=1), group("b", 12, mean=420, seed=2)
    free = b[b["weekend"] == 1.0]
    uneven = pd.concat([b, free, free])
    plain, aware = (settled(fit_mixed(a, uneven, covariates=names)) for names in ((), ("weekend",)))
    assert aware.difference < plain.difference


def test_the_order_of_nights_and_a_swap_of_groups_change_nothing_else() -> None:
    a, b = group("a", 11, mean=420, seed=1), group("b", 12, mean=450, seed=2)
    one = mixed_comparison(a, b, days=28)
    shuffled = (frame.sample(frac=1, random_state=5) for frame in (a, b))
    assert mixed_comparison(*shuffled, days=28) == one
    turned = mixed_comparison(b, a, days=28)
    assert turned.difference == pytest.approx(-one.difference, rel=1e-5)
    assert (turned.low, turned.high) == pytest.approx((-one.high, -one.low), rel=1e-4)


@pytest.mark.parametrize(("icc", "nights"), [(0.5, 4), (0.8, 1), (0.2, 16), (0.0, math.inf)])
def test_less_alike_nights_take_more_of_them(icc: float, nights: float) -> None:
    assert nights_needed(icc) == pytest.approx(nights)
