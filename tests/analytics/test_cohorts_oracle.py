"""The worked examples of groups `cohort` and `triage` of the specification, by name, at their stated tolerances."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.cohorts import compare, compare_people
from analytics.disclosure import Disclosure
from analytics.evidence import Evidence
from analytics.mixed import fit_mixed
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.person_values import PersonValues
from analytics.shifts import MINIMUM_BEFORE, MINIMUM_RECENT, shifts
from analytics.standing import standing_among

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
    if example["group"] in {"cohort", "triage"}
}


def check(found: dict[str, Any], name: str) -> None:
    """Every expected figure of an example, and no key forgotten."""
    expected, tolerance = EXAMPLES[name]["expected"], EXAMPLES[name]["tolerance"]
    assert set(found) == set(expected) - {"note"}
    for key, value in found.items():
        if isinstance(value, str | bool) or value is None:
            assert value == expected[key], key
        else:
            assert value == pytest.approx(expected[key], abs=tolerance), key


def people(values: list[float]) -> PersonValues:
    index = pd.Index([f"p{number:02d}" for number in range(len(values))], dtype="str", name="person_id")
    return PersonValues(
        values=pd.Series(values, index=index, dtype="float64"),
        nights=pd.Series(20, index=index),
        low_confidence=(),
        left_out=(),
    )


def test_two_groups_of_people_cohort_two_groups_person_means() -> None:
    example = EXAMPLES["cohort.two_groups_person_means"]["inputs"]
    a, b = people(example["A_TST_min"]), people(example["B_TST_min"])
    b.values.index = b.nights.index = pd.Index([f"q{n:02d}" for n in range(8)], dtype="str", name="person_id")
    found = compare_people(a, b).evidence
    assert isinstance(found, Evidence)
    size = found.standardised
    check(
        {
            "mean_diff": found.difference.value,
            "welch_t": found.t,
            "welch_df": found.degrees,
            "welch_p": found.p,
            "ci95": [found.difference.low, found.difference.high],
            "cohen_d": size.cohen_d,
            "J": size.correction,
            "hedges_g": size.hedges_g,
            "g_ci95_normal": [size.low_normal, size.high_normal],
            "g_ci95_t": [size.low, size.high],
            "mwu_U": found.rank_statistic,
            "mwu_p_exact": found.rank_p,
            "prob_superiority": found.superiority,
            "hodges_lehmann": found.shift.value,
            "boot_ci95_seed42": [found.bootstrap_low, found.bootstrap_high],
        },
        "cohort.two_groups_person_means",
    )


def test_adjusted_p_values_cohort_multiplicity() -> None:
    p = EXAMPLES["cohort.multiplicity"]["inputs"]["p"]
    check({"holm": holm(p).tolist(), "bh": benjamini_hochberg(p).tolist()}, "cohort.multiplicity")


def test_nights_are_not_people_cohort_nights_are_not_persons() -> None:
    rows = EXAMPLES["cohort.nights_are_not_persons"]["inputs"]["data"]
    nights = pd.DataFrame(rows, columns=["group", "person_id", "value"])
    a, b = (nights[nights["group"] == group] for group in "AB")
    found, model = compare(a, b, days=28).evidence, fit_mixed(a, b)
    assert found is not None
    assert not isinstance(model, str)
    check(
        {
            "naive_night_p_WRONG": stats.ttest_ind(a["value"], b["value"], equal_var=False).pvalue,
            "person_mean_welch_p": found.p,
            "person_mean_diff": found.difference.value,
            "mixedlm_B_minus_A": model.difference,
            "mixedlm_se": model.error,
            "mixedlm_p": model.p,
            "var_between": model.components.between,
            "var_within": model.components.within,
            "ICC1": model.components.icc,
            "reliability_of_20_night_mean": model.components.reliability(20),
            "nights_for_ICC_0.8": model.components.nights_needed,
            "design_effect": model.components.design_effect,
        },
        "cohort.nights_are_not_persons",
    )
    assert round(found.p, 4) == 0.0896


def test_a_person_among_others_cohort_percentile_and_z() -> None:
    example = EXAMPLES["cohort.percentile_and_z"]["inputs"]
    found = standing_among(example["cohort"], example["person"])
    check(
        {"percentile_midrank": found.percentile, "z": found.z, "robust_z": found.robust_z},
        "cohort.percentile_and_z",
    )


def test_small_counts_cohort_small_cell_suppression() -> None:
    example = EXAMPLES["cohort.small_cell_suppression"]
    counts, rule = example["inputs"]["counts"], Disclosure(k=example["inputs"]["k"])
    primary = [rule.count_text(count) if rule.hides(count) else count for count in counts]
    table = rule.list(counts)
    hidden_for_another = int(np.isnan(table.counts).sum() + np.isnan(table.row_totals).sum()) - 1
    assert primary == example["expected"]["primary"]
    assert (hidden_for_another > 0) is example["expected"]["needs_secondary"]
    np.testing.assert_array_equal(table.counts, [[24, np.nan, np.nan, 0]])
    assert table.total == example["inputs"]["total"]


def windows(before: list[float | None], recent: list[float | None]) -> tuple[np.ndarray, np.ndarray]:
    one, other = (
        np.array([[np.nan if night is None else night for night in days]]) for days in (before, recent)
    )
    return one, other


def test_a_week_against_four_triage_robust_z_7_vs_28() -> None:
    example = EXAMPLES["triage.robust_z_7_vs_28"]["inputs"]
    before, recent = windows(example["baseline_28_nights_before"], example["last_7_nights"])
    found = shifts(before, recent, floor=example["floor_min"], practical=30)
    check(
        {
            "n_base": found.nights_before[0],
            "n_acute": found.nights_recent[0],
            "baseline_median": found.before[0],
            "mad_scaled": found.mad[0],
            "scale_used": found.scale[0],
            "acute_median": found.recent[0],
            "delta": found.delta[0],
            "robust_z": found.z[0],
            "flag": str(found.flag[0]),
        },
        "triage.robust_z_7_vs_28",
    )


def test_nights_all_alike_triage_mad_zero_uses_floor() -> None:
    example = EXAMPLES["triage.mad_zero_uses_floor"]["inputs"]
    found = shifts(*windows(example["baseline"], example["acute"]), floor=example["floor_min"], practical=30)
    check(
        {
            "mad_scaled": found.mad[0],
            "scale_used": found.scale[0],
            "robust_z": found.z[0],
            "flag": str(found.flag[0]),
        },
        "triage.mad_zero_uses_floor",
    )


def test_too_few_nights_before_triage_insufficient_baseline() -> None:
    example = EXAMPLES["triage.insufficient_baseline"]["inputs"]
    assert (example["min_base"], example["min_acute"]) == (MINIMUM_BEFORE, MINIMUM_RECENT)
    before, recent = windows([430.0] * example["n_base"], [400.0] * example["n_acute"])
    found = shifts(before, recent, floor=10, practical=30)
    z = None if np.isnan(found.z[0]) else float(found.z[0])
    check({"robust_z": z, "flag": str(found.flag[0])}, "triage.insufficient_baseline")


def test_every_example_of_both_groups_has_its_test() -> None:
    tests = [name for name in globals() if name.startswith("test_")]
    for name in EXAMPLES:
        assert any(test.endswith("_" + name.replace(".", "_")) for test in tests), name
    assert len(EXAMPLES) == 8
