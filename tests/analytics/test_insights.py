"""What is said about a person's nights: the three largest things, with their evidence, and never a cause."""

import math
import re
from datetime import date, timedelta
from itertools import product

import numpy as np
import pandas as pd
import pytest

from analytics import insight_words, triage_words
from analytics.insights import (
    Insight,
    Shown,
    choose_insights,
    free_days_insight,
    irregular_insight,
    shift_insights,
    short_sleep_insight,
    trend_insight,
)
from analytics.shifts import METRICS
from analytics.standing import standing_among
from analytics.trends import Trend, trend
from analytics.weekdays import FreeMinusWork

TODAY = date(2026, 3, 31)
FORBIDDEN = (
    r"caus\w*|because|due to|lead\w* to|result\w* (of|in)|owing|reason for|thanks to|affect\w*|improve\w*|harm\w*|"
    r"diagnos\w*|disorder\w*|insomnia\w*|apn\w*|narcolep\w*|disease\w*|illness\w*|sick\w*|condition\w*|syndrome\w*|"
    r"patient\w*|symptom\w*|clinic\w*|treat\w*|therap\w*|medic\w*|doctor\w*|pill\w*|drug\w*|melatonin|"
    r"caffeine|coffee|alcohol|screen time|exercise|stress\w*|anxi\w*|depress\w*|"
    r"should|must|has to|ought|avoid\w*|try|recommend\w*|advise\w*|"
    r"(un)?healthy|(ab)?normal\w*|risk\w*|danger\w*|poor\w*|bad\w*|worse\w*|better|worrying|alarming|deficien\w*"
)


def insight(key: str, strength: float, *, metric: str | None = None) -> Insight:
    return Insight(
        key=key,
        metric=metric or key,
        observation="",
        evidence="",
        confidence="high",
        suggestion="",
        source="",
        effect=-30 * strength,
        threshold=30,
    )


def moved(
    metric: str, delta: float, z: float, *, before: float = 430, nights: tuple[int, int] = (7, 28)
) -> dict[str, object]:
    spread = abs(delta / z)
    values = {
        "before": before,
        "recent": before + delta,
        "delta": delta,
        "mad": spread,
        "scale": spread,
        "z": z,
    }
    counts = {"nights_recent": nights[0], "nights_before": nights[1]}
    flag = {"flag": "red" if abs(z) >= 3 else "amber" if abs(z) >= 2 else "none"}
    return {f"{metric}_{part}": value for part, value in {**values, **counts, **flag}.items()}


def falling(per_day: float = -2.0, days: int = 42) -> Trend:
    index = pd.date_range("2026-01-01", periods=days, unit="us")
    noise = np.random.default_rng(1).normal(scale=8, size=days)
    return trend(index, 430 + per_day * np.arange(days) + noise, practical=15)


def free(difference: float, half: float, basis: str = "weekends") -> FreeMinusWork:
    return FreeMinusWork(
        median_difference=difference,
        low=difference - half,
        high=difference + half,
        mean_difference=difference,
        hodges_lehmann=difference,
        on_free=(difference,) * 8,
        on_work=(0.0,) * 20,
        basis="weekends" if basis == "weekends" else "work calendar",
        reason="",
    )


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_at_most_three_are_said_the_strongest_first() -> None:
    found = choose_insights([insight(f"k{n}", 1 + n) for n in range(5)], today=TODAY)
    assert [each.key for each in found] == ["k4", "k3", "k2"]


def test_of_one_metric_only_the_strongest_is_said() -> None:
    found = choose_insights(
        [insight("a", 2, metric="tst_min"), None, insight("b", 3, metric="tst_min"), insight("c", 1)],
        today=TODAY,
    )
    assert [each.key for each in found] == ["b", "c"]


def test_what_is_below_its_threshold_is_not_said() -> None:
    assert choose_insights([insight("a", 0.99)], today=TODAY) == ()


@pytest.mark.parametrize(
    ("days_ago", "strength", "said"),
    [(14, 2.0, False), (15, 2.0, True), (0, 2.0, False), (5, 1.8, True), (5, 1.95, False)],
)
def test_nothing_is_said_again_within_14_days_unless_it_grew(
    days_ago: int, strength: float, said: bool
) -> None:
    shown = [Shown(key="a", on=TODAY - timedelta(days=days_ago), strength=strength)]
    assert bool(choose_insights([insight("a", 2.0)], today=TODAY, shown=shown)) is said


def test_what_was_said_the_other_way_round_is_something_new() -> None:
    (down,), (up,) = (shift_insights(moved("tst_min", delta, delta / 10)) for delta in (-40.0, 40.0))
    shown = [Shown(key=down.key, on=TODAY, strength=down.strength)]
    assert choose_insights([down, up], today=TODAY, shown=shown) == (up,)


def test_a_shift_is_told_with_its_usual_its_nights_and_its_spread() -> None:
    place = standing_among([400.0, 410, 420, 430, 440, 380, 370, 450], 390)
    (found,) = shift_insights(moved("tst_min", -40.0, -4.0), standings={"tst_min": place})
    assert plain(found.observation) == (
        "Asleep, median night: 6 h 30 min in the last 7 days, 40 min less than in the 28 before (7 h 10 min)."
    )
    assert plain(found.evidence) == (
        "7 nights against 28 nights; 4 times the person's night-to-night spread of 10 min; not a p value. "
        "These nights lie above those of 25 % of 8 others."
    )
    assert found.confidence == "high"
    assert found.strength == pytest.approx(40 / 30)
    assert plain(found.source) == "Told from 30 min on, our own choice. Defined under Triage."


def test_a_shift_of_somebody_steadier_than_the_least_spread_is_told_in_that() -> None:
    (found,) = shift_insights({**moved("tst_min", -35.0, -3.5), "tst_min_mad": 9.9})
    assert plain(found.evidence) == (
        "7 nights against 28 nights; 3.5 times 10 min, the least spread that is counted; not a p value."
    )
    (own,) = shift_insights(moved("tst_min", -35.0, -3.5))
    assert "3.5 times the person's night-to-night spread of 10 min; not a p value." in plain(own.evidence)


@pytest.mark.parametrize(
    ("z", "nights", "confidence"),
    [(-4.0, (7, 28), "high"), (-2.5, (7, 28), "moderate"), (-4.0, (4, 28), "low"), (-4.0, (7, 15), "low")],
)
def test_confidence_falls_with_the_nights_and_the_shift(
    z: float, nights: tuple[int, int], confidence: str
) -> None:
    (found,) = shift_insights(moved("tst_min", -40.0, z, nights=nights))
    assert found.confidence == confidence


def test_what_triage_does_not_flag_is_no_insight() -> None:
    assert shift_insights(moved("tst_min", -40.0, -1.5)) == ()
    assert shift_insights({"tst_min_flag": "insufficient data"}) == ()


def test_a_trend_is_told_only_when_it_is_one() -> None:
    found = trend_insight("tst_min", falling())
    assert found is not None
    assert plain(found.observation).startswith("Asleep: 1 h 2")
    assert plain(found.observation).endswith("less at the end of 42 days than at the start.")
    assert found.confidence == "high"
    assert trend_insight("tst_min", falling(0.0)) is None
    assert trend_insight("tst_min", falling(days=10)) is None


def test_a_spread_is_told_from_65_minutes_and_through_its_gate() -> None:
    assert irregular_insight(64.9, nights=7, days=7) is None
    assert irregular_insight(90, nights=5, days=7) is None
    assert irregular_insight(math.nan, nights=7, days=7) is None
    found = irregular_insight(90, nights=6, days=7, usual_sd_min=40)
    assert found is not None
    assert plain(found.observation) == (
        "Mid-sleep varied by 1 h 30 min (standard deviation) in the last 7 days, usually 40 min."
    )
    assert "6 of 7 nights" in found.evidence


def test_free_days_are_told_from_an_hour_and_with_an_interval_off_zero() -> None:
    assert free_days_insight(free(59, 10), what="tst_min") is None
    assert free_days_insight(free(90, 95), what="tst_min") is None
    assert free_days_insight(free(90, math.nan), what="tst_min") is None
    found = free_days_insight(free(90, 30), what="midsleep_clock_h")
    assert found is not None
    assert "standing in for free days" in found.observation
    assert "8 nights before free days, 20 before working days" in plain(found.evidence)


def test_short_sleep_is_told_with_nights_enough_for_a_mean() -> None:
    assert short_sleep_insight(350, nights=2) is None
    assert short_sleep_insight(360, nights=7) is None
    found = short_sleep_insight(350, nights=4)
    assert found is not None
    assert found.confidence == "low"
    assert found.strength == pytest.approx(70 / 60)


def every_sentence() -> list[str]:
    """Every template of insights and triage, rendered both ways for every metric."""
    places = {metric.name: standing_among(np.arange(40.0), 7) for metric in METRICS}
    said: list[Insight | None] = []
    for metric in METRICS:
        for delta, nights in product((-60.0, 60.0), ((7, 28), (4, 14))):
            row = moved(metric.name, delta, delta / 10, before=23, nights=nights)
            said += shift_insights(row, standings=places)
    for name, way in product(("tst_min", "se_pct", "midsleep_clock_h"), (-2, 2)):
        said.append(trend_insight(name, falling(way)))
    for (count, days), usual in product(((7, 7), (12, 28)), (40, math.nan)):
        said.append(irregular_insight(90, nights=count, days=days, usual_sd_min=usual))
    for size, basis in product((-90, 90), ("weekends", "calendar")):
        said.append(free_days_insight(free(size, 20, basis), what="tst_min"))
        said.append(free_days_insight(free(size, 20, basis), what="midsleep_clock_h"))
    said += [short_sleep_insight(300, nights=count) for count in (3, 7)]
    assert None not in said
    assert len(said) >= 38
    texts = [
        text
        for each in said
        if each
        for text in (each.observation, each.evidence, each.suggestion, each.source)
    ]
    constants = [
        value
        for module in (insight_words, triage_words)
        for name, value in vars(module).items()
        if name.isupper() and name != "NBSP" and isinstance(value, str)
    ]
    levels = [sentence(3.0) for _, sentence in triage_words.LEVELS.values()]
    return [*texts, *constants, *levels, triage_words.too_few(9, 6)]


def test_no_sentence_names_a_cause_or_a_condition_or_gives_an_order() -> None:
    for text in every_sentence():
        assert not re.search(rf"\b({FORBIDDEN})\b", text, re.IGNORECASE), text


def test_the_list_of_words_would_catch_the_advice_that_is_not_to_be_copied() -> None:
    for text in (
        "Less deep sleep: no caffeine after 2 PM.",
        "This may be due to stress.",
        "You should go to bed earlier.",
        "Signs of insomnia.",
    ):
        assert re.search(rf"\b({FORBIDDEN})\b", text, re.IGNORECASE)


def test_every_sentence_is_whole() -> None:
    for text in every_sentence():
        assert text.strip()
        assert "nan" not in text.lower().split()
        assert text[-1] in ".?"


def test_a_place_that_is_not_known_is_not_said() -> None:
    assert insight_words.standing_text(METRICS[0], standing_among([1.0, 2], 1)) == ""
