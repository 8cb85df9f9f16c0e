"""The worked examples of the specification on change within a person, by name, at their stated tolerances."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.change_points import change_points
from analytics.reliability import mean_sd_ratio, median_sd_ratio
from analytics.sleep_debt import sleep_debt, sleep_need
from analytics.smoothing import lowess, rolling_mean
from analytics.trends import PRACTICAL, mann_kendall, trend
from analytics.weekdays import free_minus_work

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
    if example["group"] == "trend"
}
START = pd.Timestamp("2024-03-01")

Found = dict[str, Any]


def by_day_index(inputs: dict[str, Any]) -> tuple[pd.DatetimeIndex, list[float]]:
    return START + pd.to_timedelta(inputs["day_index"], unit="D"), inputs["TST_min"]


def slope_and_test(inputs: dict[str, Any]) -> Found:
    days, values = by_day_index(inputs)
    found, test = trend(days, values, practical=PRACTICAL["tst_min"]), mann_kendall(values)
    assert (test.tau, test.p) == (found.tau, found.p)
    without_gaps = trend(pd.date_range(START, periods=len(values)), values, practical=15)
    return {
        "slope_min_per_day": found.slope_per_week / 7,
        "slope_ci95": [found.low_per_week / 7, found.high_per_week / 7],
        "intercept": found.value_first,
        "slope_min_per_week": found.slope_per_week,
        "S": test.s,
        "tau": found.tau,
        "z_mk": test.z,
        "p_mk": found.p,
        # The example prints scipy's p beside ours; ours has the correction for continuity.
        "p_kendalltau_asymptotic": math.erfc(abs(test.z) * abs(test.s) / (abs(test.s) - 1) / math.sqrt(2)),
        # What the slope must not be: that of the rows.
        "slope_if_gaps_ignored_WRONG": without_gaps.slope_per_week / 7,
    }


def constant(inputs: dict[str, Any]) -> Found:
    found = trend(*by_day_index(inputs), practical=PRACTICAL["tst_min"])
    # Ten nights are too few to say even that; the same over four weeks is told as no trend.
    assert found.verdict == "too few"
    long = trend(pd.date_range(START, periods=28), inputs["TST_min"][:1] * 28, practical=15)
    verdict = {"none": "no trend"}[long.verdict]
    return {"slope": found.slope_per_week, "tau": found.tau, "p": found.p, "verdict": verdict}


def rolling(inputs: dict[str, Any]) -> Found:
    values = np.array(inputs["TST_min_by_day_null_is_missing"], dtype=float)
    days = pd.date_range(inputs["start"], periods=len(values))
    kept = ~np.isnan(values)
    found = rolling_mean(days[kept], values[kept])
    assert found.index.equals(days)
    return {"rolling": found.tolist()}


def fitted(inputs: dict[str, Any]) -> Found:
    assert (inputs["frac"], inputs["it"]) == (0.5, 3)
    return {"fitted": lowess(*by_day_index(inputs)).tolist()}


def steps(inputs: dict[str, Any]) -> Found:
    values = inputs["TST_min"]
    found = change_points(pd.date_range(START, periods=len(values)), values)
    (step,) = found.steps
    return {
        "sigma": found.sigma,
        "pen": found.penalty,
        "breakpoints": [step.nights_before, step.nights_before + step.nights_after],
        "mean_before": step.mean_before,
        "mean_after": step.mean_after,
        "shift": step.shift,
    }


def debt(inputs: dict[str, Any]) -> Found:
    slept = 60 * np.array(inputs["TST_h"], dtype=float)
    days = pd.date_range(START, periods=len(slept))
    found = sleep_debt(days, slept, need=sleep_need(own_h=inputs["need_h"]), last=days[-1])
    assert found.need.minutes == sleep_need().minutes == sleep_need(age_years=40).minutes
    return {
        "nights_used": found.nights,
        "net_debt_h": found.net_min / 60,
        "net_debt_scaled_to_14_h": found.scaled_min / 60,
        "shortfall_only_h": found.shortfall_only_min / 60,
    }


def weekend(inputs: dict[str, Any]) -> Found:
    values = np.array(inputs["weeks_Mon_to_Sun_TST_min"], dtype=float).ravel()
    days = pd.date_range("2024-03-04", periods=len(values))
    assert days[0].day_name() == "Monday"
    found = free_minus_work(days, values)
    return {
        "median_free_minus_work": found.median_difference,
        "mean_diff": found.mean_difference,
        "hodges_lehmann": found.hodges_lehmann,
        "mwu_p": found.p,
    }


def bias_of_the_mean(inputs: dict[str, Any]) -> Found:
    return {"c4": [mean_sd_ratio(nights) for nights in inputs["n"]]}


def bias_of_the_median(inputs: dict[str, Any]) -> Found:
    return {"median_ratio": median_sd_ratio(inputs["n"])}


COMPUTED = {
    "trend.theil_sen_mann_kendall_with_gaps": slope_and_test,
    "trend.constant_series": constant,
    "trend.rolling_7d_min4": rolling,
    "trend.lowess_frac05": fitted,
    "trend.change_point_pelt": steps,
    "trend.sleep_debt_14d": debt,
    "trend.weekend_effect": weekend,
    "reliability.sd_small_n_bias_c4": bias_of_the_mean,
    "reliability.median_sd_bias_n7": bias_of_the_median,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_the_specification(name: str) -> None:
    example = EXAMPLES[name]
    found = COMPUTED[name](example["inputs"])
    assert found.keys() == example["expected"].keys()
    for key, value in example["expected"].items():
        if isinstance(value, str):
            assert found[key] == value
            continue
        expected = np.array(value, dtype=float)
        # A p value is written to 6 places, far finer than the tolerance of minutes beside it.
        tolerance = 1e-6 if "p" in key.split("_") else example["tolerance"]
        np.testing.assert_allclose(found[key], expected, rtol=0, atol=tolerance, err_msg=key)
