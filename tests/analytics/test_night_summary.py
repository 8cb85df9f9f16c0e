"""A period's nights in one line: mean and median behind their gate, least and most as they were."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.night_summary import night_summaries, night_summary, nights_below, nights_within


def minutes(*values: float) -> "pd.Series[float]":
    return pd.Series(values, dtype="float64")


def test_a_week_of_nights_in_numbers() -> None:
    found = night_summary(minutes(400, 420, 500, math.nan, 440, 410), days=7)
    assert (found.mean, found.median, found.least, found.most) == (434, 420, 400, 500)
    assert (found.gate.verdict, found.gate.nights) == ("good", 5)


@pytest.mark.parametrize(
    ("nights", "days", "verdict"),
    [
        (2, 7, "suppressed"),
        (3, 7, "low"),
        (5, 7, "good"),
        (4, 8, "suppressed"),
        (5, 8, "low"),
        (10, 56, "good"),
    ],
)
def test_mean_and_median_are_gated_by_the_days_and_least_and_most_are_not(
    nights: int, days: int, verdict: str
) -> None:
    found = night_summary(minutes(*range(nights)), days=days)
    assert found.gate.verdict == verdict
    assert math.isnan(found.mean) == math.isnan(found.median) == (verdict == "suppressed")
    assert (found.least, found.most) == (0, nights - 1)


def test_no_nights_have_nothing() -> None:
    found = night_summary(minutes(math.nan), days=7)
    assert np.isnan([found.mean, found.median, found.least, found.most]).all()


def test_each_column_counts_the_nights_that_have_a_value() -> None:
    nights = pd.DataFrame({"tst_min": [400.0] * 5, "sol_min": [10.0, math.nan, math.nan, 12, 14]})
    found = night_summaries(nights, ["tst_min", "sol_min"], days=7)
    assert (found["tst_min"].gate.nights, found["sol_min"].gate.nights) == (5, 3)
    assert found["sol_min"].mean == 12


def test_nights_are_counted_below_a_limit_and_within_two() -> None:
    asleep = minutes(419.5, 420, 480, 540, 540.5, math.nan)
    assert nights_below(asleep, 420) == 1
    assert nights_within(asleep, 420, 540) == 3


@given(st.lists(st.floats(0, 900), min_size=5, max_size=30))
def test_a_mean_and_a_median_lie_between_the_least_and_the_most(values: list[float]) -> None:
    found = night_summary(minutes(*values).astype("float32"), days=28)
    for centre in (found.mean, found.median):
        assert found.least - 1e-9 <= centre <= found.most + 1e-9
