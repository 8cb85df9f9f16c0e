"""The file of a comparison: what a statistic was computed from can be taken out of it again, and nobody is silent."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest

from analytics.comparison import Compared, two_groups, two_periods
from analytics.comparison_people import METRICS, GroupValues
from analytics.rules import DEFAULT_RULES
from reports.comparison_csv import comparison_csv
from tests.charts.test_estimation import of


def rows(compared: Compared) -> pd.DataFrame:
    made = comparison_csv(compared, {}, DEFAULT_RULES, score_version="x").decode()
    return pd.DataFrame(list(csv.DictReader(io.StringIO(made)))).set_index("person_id")


def some_by_spread(group: GroupValues, count: int) -> GroupValues:
    estimators = group.estimators.copy()
    estimators.iloc[:count] = "midsleep_sd"
    return replace(group, estimators=estimators)


def test_scores_that_are_not_compared_say_so_and_by_what_estimator_they_were_made() -> None:
    found = two_periods(of("All", "p", 12, seed=1), some_by_spread(of("All", "p", 12, seed=2), 4))
    file = rows(found)
    counted = file[file["score_counted"] == "yes"]
    away = counted["second_score"].astype(float) - counted["first_score"].astype(float)
    metric = found.metrics["score"]
    assert metric.contrast.means is not None
    assert len(counted) == metric.a.people == 8
    assert away.mean() == pytest.approx(metric.contrast.means.difference.value, rel=1e-12)
    others = file[file["score_counted"] != "yes"]
    assert set(others["second_estimator"]) == {"midsleep_sd"}
    assert set(others["first_estimator"]) == {"sri"}
    assert others["score_counted"].str.startswith("no: Consistency of the score").all()
    assert set(file["mean_tst_min_counted"]) == {"yes"}


def test_a_withheld_spread_is_counted_for_nobody() -> None:
    before = replace(of("All", "p", 12, seed=1), last=of("All", "p", 1).last - timedelta(days=7))
    found = two_periods(before, of("All", "p", 12, seed=2))
    assert set(rows(found)["sd_midsleep_min_counted"]) == {f"no: {found.withheld['sd_midsleep_min']}"}


def test_who_has_no_value_is_not_said_to_be_counted() -> None:
    a, b = of("A", "a", 8), of("B", "b", 8)
    found_tst = a.values["mean_tst_min"]
    without = replace(
        found_tst, values=found_tst.values[2:], nights=found_tst.nights[2:], left_out=("a0000",)
    )
    compared = two_groups(replace(a, values={**a.values, "mean_tst_min": without}), b)
    file = rows(compared)
    assert str(file.loc["a0000", "mean_tst_min_counted"]).startswith("no: Too few nights for it")
    assert file.loc["a0001", "mean_tst_min_counted"] == "no: No valid night for it in A"
    assert set(file["score_counted"]) == {"yes"}
    assert set(file["side"]) == {"a", "b"}
    both = rows(two_groups(a, replace(b, people=(*b.people, "a0003"))))
    assert both.loc["a0003", "side"] == "both"


def test_every_statistic_has_its_value_nights_and_whether_it_counts() -> None:
    file = rows(two_groups(of("A", "a", 5), of("B", "b", 5)))
    assert {f"{name}{end}" for name in METRICS for end in ("", "_nights", "_counted")} <= set(file.columns)
