"""The worked examples of the specification, at their stated tolerances."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from analytics.regularity import POINTS_PER_HOUR, clock_statistics, consistency, sleep_regularity_index
from analytics.score import duration_part, efficiency_part, overall
from analytics.stages import night_statistics
from analytics.trends import PRACTICAL, rolling_mean, trend

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
SPECIFICATION = Path(__file__).resolve().parents[3] / "shared" / "analytics" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
}
NIGHT_COLUMNS = {
    "TIB": "tib_min",
    "UNK": "unknown_min",
    "unk_frac": "unknown_share",
    "WAKE": "wake_min",
    "LIGHT": "light_min",
    "DEEP": "deep_min",
    "REM": "rem_min",
    "TST": "tst_min",
    "SE": "se_pct",
    "SE_strict": "se_pct",
    "SE_known": "se_known_pct",
    "SE_lower": "se_lower_pct",
    "SE_upper": "se_upper_pct",
    "SPT": "spt_min",
    "WASO": "waso_min",
    "FWT": "final_wake_min",
    "WASO_total": "waso_total_min",
    "SME": "sme_pct",
    "SOL": "sol_min",
    "SOL_5min": "sol_5min_min",
    "SOL_10min": "sol_10min_min",
    "Lat_LIGHT": "latency_light_min",
    "Lat_DEEP": "latency_deep_min",
    "Lat_REM": "latency_rem_min",
    "REM_lat_AASM": "rem_latency_min",
    "pct_LIGHT": "light_pct",
    "pct_DEEP": "deep_pct",
    "pct_REM": "rem_pct",
    "NAWK": "awakenings",
    "NAWK_gt5": "awakenings_over_5min",
    "longest_wake": "longest_wake_min",
    "SFI": "sfi_per_h",
    "shifts": "stage_shifts",
    "shift_rate": "shift_rate_per_h",
    "mid_epoch": "mid_epoch",
}


def test_our_copy_is_the_specification() -> None:
    if not SPECIFICATION.is_file():
        pytest.skip("the specification is not part of the repository; put it in ../shared/analytics")
    assert ORACLE.read_bytes() == SPECIFICATION.read_bytes()


def number(value: float | None) -> float:
    return math.nan if value is None else value


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("night_stats.")])
def test_statistics_of_a_night(name: str) -> None:
    example = EXAMPLES[name]
    stages = [stage for stage, epochs in example["inputs"]["stage_runs"] for _ in range(epochs)]
    epoch_s = example["inputs"].get("epoch_s", 30)
    found = night_statistics(stages, [0, len(stages)], epoch_s=epoch_s).iloc[0]
    for key, value in example["expected"].items():
        tolerance = example["tolerance"]
        assert found[NIGHT_COLUMNS[key]] == pytest.approx(number(value), abs=tolerance, nan_ok=True), key


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("sri.") and "dst" not in name])
def test_regularity_index(name: str) -> None:
    example = EXAMPLES[name]
    days = example["inputs"]["sleep_intervals_h_after_noon"]
    sleep, known = np.zeros((2, len(days), 2880), dtype=bool)
    for row, intervals in enumerate(days):
        known[row] = intervals is not None
        for start, end in intervals or []:
            sleep[row, round(start * 120) : round(end * 120)] = True
    sri, day_pairs = sleep_regularity_index(sleep, known)
    expected = example["expected"]
    assert sri == pytest.approx(number(expected["sri"]), abs=example["tolerance"], nan_ok=True)
    if "valid_day_pairs" in expected:
        assert day_pairs == pytest.approx(expected["valid_day_pairs"], abs=example["tolerance"])


def test_regularity_index_when_the_clocks_change() -> None:
    example = EXAMPLES["sri.dst_local_clock_vs_elapsed"]
    zone = ZoneInfo(example["inputs"]["tz"])
    nights = [datetime(2024, 3, 6 + n, 23, tzinfo=zone).astimezone(UTC) for n in range(8)]
    mornings = [datetime(2024, 3, 7 + n, 7, tzinfo=zone).astimezone(UTC) for n in range(8)]
    wall, by_wall = _days(nights, mornings, zone)
    elapsed, by_elapsed = _days(nights, mornings, ZoneInfo("Etc/GMT+5"))
    expected, tolerance = example["expected"], example["tolerance"]
    sri, day_pairs = sleep_regularity_index(wall, by_wall)
    assert sri == pytest.approx(expected["sri_local_wall_clock"], abs=tolerance)
    assert day_pairs == pytest.approx(expected["valid_day_pairs_local"], abs=tolerance)
    assert sleep_regularity_index(elapsed, by_elapsed)[0] == pytest.approx(
        expected["sri_elapsed_24h_lag"], abs=tolerance
    )


def _days(
    starts: list[datetime], ends: list[datetime], zone: ZoneInfo
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Noon to noon by the wall clock of a zone; what the clock skips stays unknown."""
    sleep, known = np.zeros((2, len(starts), 2880), dtype=bool)
    anchor = datetime(2024, 3, 6, 12, tzinfo=zone)
    for moment in _half_minutes(anchor.astimezone(UTC), (anchor + timedelta(days=8)).astimezone(UTC)):
        since = moment.astimezone(zone).replace(tzinfo=None) - anchor.replace(tzinfo=None)
        day, slot = divmod(since, timedelta(days=1))
        at = slot // timedelta(seconds=30)
        known[day, at] = True
        sleep[day, at] = any(start <= moment < end for start, end in zip(starts, ends, strict=True))
    return sleep, known


def _half_minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(seconds=30)


def test_bedtimes_on_both_sides_of_midnight_have_a_mean_near_midnight() -> None:
    example = EXAMPLES["circular.bedtimes_across_midnight"]
    found, expected = clock_statistics(example["inputs"]["clock_h"]), example["expected"]
    tolerance = example["tolerance"]
    assert found.mean_h == pytest.approx(expected["circular_mean_h"], abs=tolerance)
    assert found.median_h == pytest.approx(_hours(expected["median_unwrapped_hhmm"]), abs=0.5 / 60)
    assert found.sd_min == pytest.approx(expected["sd_unwrapped_min"], abs=tolerance)
    assert found.r == pytest.approx(expected["R"], abs=tolerance)
    assert abs(found.mean_h - expected["arithmetic_mean_h_WRONG"]) > 10


def test_a_day_sleeper_goes_to_bed_around_noon() -> None:
    example = EXAMPLES["circular.day_sleeper_noon"]
    found = clock_statistics(example["inputs"]["clock_h"])
    assert found.mean_h == pytest.approx(_hours(example["expected"]["circular_mean_hhmm"]), abs=0.5 / 60)
    assert found.sd_min == pytest.approx(example["expected"]["sd_unwrapped_min"], abs=example["tolerance"])


def test_a_rotating_shift_has_no_typical_time() -> None:
    example = EXAMPLES["circular.rotating_shift_undefined_mean"]
    found = clock_statistics(example["inputs"]["clock_h"])
    assert found.r == pytest.approx(example["expected"]["R"], abs=example["tolerance"])
    assert np.isnan([found.mean_h, found.median_h, found.sd_min]).all()


def _hours(text: str) -> float:
    hours, minutes = text.split(":")
    return int(hours) + int(minutes) / 60


def test_the_spread_of_midsleep_stands_in_for_the_index() -> None:
    example = EXAMPLES["consistency.sd_to_sri_equivalence"]
    expected, tolerance = example["expected"], example["tolerance"]
    assert pytest.approx(expected["K_per_hour"], abs=1e-4) == POINTS_PER_HOUR
    formulas = zip(example["inputs"]["midsleep_sd_h"], expected["formula_100_minus_K_sd"], strict=True)
    for (sd_h, value), simulated in zip(formulas, expected["simulated_sri"], strict=True):
        found = _consistency_of_spread(sd_h)
        assert found == pytest.approx(value, abs=0.01)
        assert found == pytest.approx(simulated, abs=tolerance)
    assert _consistency_of_spread(65 / 60) == pytest.approx(expected["sd_65min_maps_to"], abs=0.01)
    assert _consistency_of_spread(expected["sri_81_maps_back_to_sd_min"] / 60) == pytest.approx(81, abs=0.02)


def _consistency_of_spread(sd_h: float) -> float:
    # Five nights whose standard deviation (n - 1) is exactly the one asked for.
    found = consistency(0, 0, any_sleep=True, midsleep_h=3 + sd_h * np.array([-1, -1, 0, 1, 1]))
    assert found.estimator == "midsleep_sd"
    return found.value


def test_table_of_scores() -> None:
    example = EXAMPLES["score.evidence_profile_table"]
    for row in example["expected"]:
        efficiency = efficiency_part(row["SE"])
        duration = duration_part(row["TST_h"], row["age"])
        regular = float(np.clip(row["SRI"], 0, 100))
        found = (efficiency, regular, duration, overall(efficiency, regular, duration))
        expected = (row["E"], row["C"], row["D"], row["overall"])
        assert found == pytest.approx(expected, abs=example["tolerance"]), row


def test_duration_by_age() -> None:
    example = EXAMPLES["score.duration_by_age"]
    found = duration_part(example["inputs"]["TST_h"], example["inputs"]["ages"])
    assert found == pytest.approx(np.array(example["expected"]["D"]), abs=example["tolerance"])


def test_duration_has_no_steps() -> None:
    example = EXAMPLES["score.duration_continuous_vs_step"]
    found = duration_part(example["inputs"]["TST_h"], example["inputs"]["age"])
    assert found == pytest.approx(np.array(example["expected"]["continuous"]), abs=example["tolerance"])


def test_a_period_is_the_mean_of_its_nights_scores() -> None:
    example = EXAMPLES["score.period_mean_of_nights_not_score_of_mean"]
    hours, age = example["inputs"]["TST_h"], example["inputs"]["age"]
    expected, tolerance = example["expected"], example["tolerance"]
    assert duration_part(hours, age).mean() == pytest.approx(expected["mean_of_night_D"], abs=tolerance)
    assert duration_part(np.mean(hours), age) == pytest.approx(expected["D_of_mean_TST"], abs=tolerance)


def test_trend_with_gaps() -> None:
    example = EXAMPLES["trend.theil_sen_mann_kendall_with_gaps"]
    days = pd.Timestamp("2024-03-01") + pd.to_timedelta(example["inputs"]["day_index"], unit="D")
    found = trend(days, example["inputs"]["TST_min"], practical=PRACTICAL["tst_min"])
    expected, tolerance = example["expected"], example["tolerance"]
    slope_per_day = (found.value_last - found.value_first) / (found.span_days - 1)
    assert slope_per_day == pytest.approx(expected["slope_min_per_day"], abs=tolerance)
    assert found.slope_per_week == pytest.approx(expected["slope_min_per_week"], abs=tolerance)
    interval = np.array([found.low_per_week, found.high_per_week]) / 7
    assert interval == pytest.approx(np.array(expected["slope_ci95"]), abs=tolerance)
    assert found.value_first == pytest.approx(expected["intercept"], abs=tolerance)
    assert found.tau == pytest.approx(expected["tau"], abs=tolerance)
    assert found.p == pytest.approx(expected["p_mk"], abs=1e-6)
    assert (found.nights, found.span_days, found.verdict) == (18, 21, "rising")


def test_a_constant_series_has_no_trend() -> None:
    example = EXAMPLES["trend.constant_series"]
    days = pd.Timestamp("2024-03-01") + pd.to_timedelta(example["inputs"]["day_index"], unit="D")
    found = trend(days, example["inputs"]["TST_min"], practical=PRACTICAL["tst_min"])
    assert found.slope_per_week == example["expected"]["slope"] == 0
    assert math.isnan(found.tau)
    assert math.isnan(found.p)
    # Ten nights are too few to say even that; with enough of them the verdict is "none".
    assert found.verdict == "too few"
    many = trend(pd.date_range("2024-03-01", periods=28), [420] * 28, practical=PRACTICAL["tst_min"])
    assert many.verdict == "none"


def test_rolling_mean() -> None:
    example = EXAMPLES["trend.rolling_7d_min4"]
    values = np.array(example["inputs"]["TST_min_by_day_null_is_missing"], dtype=float)
    days = pd.date_range(example["inputs"]["start"], periods=len(values))
    expected = np.array(example["expected"]["rolling"], dtype=float)
    for kept in (np.ones(len(values), dtype=bool), ~np.isnan(values)):
        found = rolling_mean(days[kept], values[kept])
        assert found.index.equals(days)
        np.testing.assert_allclose(found.to_numpy(), expected, atol=example["tolerance"])
