"""How many nights a mean or a spread needs, and the words beside it."""

import math

import numpy as np
import pytest

from analytics.reliability import (
    mean_sd_ratio,
    median_sd_ratio,
    month_mean,
    month_variability,
    period_gate,
    period_reliability,
    reliability,
    week_mean,
    week_mean_of_weekdays,
    week_variability,
)
from analytics.wording import NBSP


@pytest.mark.parametrize(
    ("nights", "weekly", "statistic", "verdict"),
    [
        (2, True, "mean", "suppressed"),
        (3, True, "mean", "low"),
        (4, True, "mean", "low"),
        (5, True, "mean", "good"),
        (4, False, "mean", "suppressed"),
        (9, False, "mean", "low"),
        (10, False, "mean", "good"),
        (5, True, "variability", "suppressed"),
        (6, True, "variability", "good"),
        (10, False, "variability", "suppressed"),
        (17, False, "variability", "low"),
        (18, False, "variability", "good"),
    ],
)
def test_how_many_nights_a_figure_needs(nights: int, weekly: bool, statistic: str, verdict: str) -> None:
    assert reliability(nights, weekly=weekly, statistic=statistic) == verdict  # type: ignore[arg-type]


def test_another_statistic_is_refused() -> None:
    with pytest.raises(ValueError, match='"mean" or "variability", not "median"'):
        reliability(5, statistic="median")  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "needed"), [(5, 6), (7, 6), (8, 11), (28, 11)])
def test_a_period_longer_than_a_week_is_judged_as_a_month(days: int, needed: int) -> None:
    verdicts = [period_reliability(n, days=days, statistic="variability") for n in (needed - 1, needed)]
    assert [verdict == "suppressed" for verdict in verdicts] == [True, False]


def test_working_days_of_a_week_need_2_nights() -> None:
    assert [week_mean_of_weekdays(nights).verdict for nights in (1, 2, 3)] == ["suppressed", "low", "good"]


def test_a_gate_says_what_is_missing_and_what_is_doubtful() -> None:
    words = {
        week_mean(0): "a mean of a week needs 3 nights; there is none",
        week_mean(1): "a mean of a week needs 3 nights; there is 1",
        week_mean(4): "low confidence: 4 nights, 5 are good",
        week_mean(5): "",
        week_mean_of_weekdays(1): "a mean of a week's working days needs 2 nights; there is 1",
        week_variability(5): "a spread of a week needs 6 nights; there are 5",
        month_mean(4): "a mean of a period longer than a week needs 5 nights; there are 4",
        month_variability(
            11
        ): "low confidence: 11 nights, 18 are good; on average a spread of so few is 2.5 % too small",
    }
    for gate, expected in words.items():
        assert gate.words.replace(NBSP, " ") == expected
        assert gate.shown == (gate.verdict != "suppressed")


def test_another_statistic_of_a_period_is_refused() -> None:
    with pytest.raises(ValueError, match='"mean" or "variability", not "range"'):
        period_gate(5, days=7, statistic="range")  # type: ignore[arg-type]


@pytest.mark.parametrize("nights", [2, 5, 9])
def test_the_spread_of_few_nights_is_too_small_by_what_is_said(nights: int) -> None:
    spreads = np.random.default_rng(nights).normal(0, 1, (200_000, nights)).std(axis=1, ddof=1)
    assert mean_sd_ratio(nights) == pytest.approx(spreads.mean(), abs=0.005)
    assert median_sd_ratio(nights) == pytest.approx(np.median(spreads), abs=0.006)


def test_one_night_has_no_spread() -> None:
    assert math.isnan(mean_sd_ratio(1))
    assert math.isnan(median_sd_ratio(1))
