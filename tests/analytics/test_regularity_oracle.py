"""The worked examples of regularity and score, every one by its name and at its stated tolerance."""

import json
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.chronotype import free_and_work
from analytics.circadian import composite_phase_deviation, stability_ratio
from analytics.regularity import POINTS_PER_HOUR, consistency, sleep_regularity_index, sri_from_counts
from analytics.score import (
    VENDOR,
    duration_part,
    efficiency_part,
    overall,
    period_score,
    vendor_duration_part,
)
from analytics.time_of_day import clock_statistics

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
    if example["group"] in {"regularity", "score"}
}
SLOTS = 2880
Check = Callable[[Any, Any, float], None]
MINUTE_H = 0.5 / 60


def hours(text: str) -> float:
    whole, minutes = text.split(":")
    return int(whole) + int(minutes) / 60


def index_of_days(inputs: Any, expected: Any, tolerance: float) -> None:
    days = inputs["sleep_intervals_h_after_noon"]
    sleep, known = np.zeros((2, len(days), SLOTS), dtype=bool)
    for row, intervals in enumerate(days):
        known[row] = intervals is not None
        for start, end in intervals or []:
            sleep[row, round(start * 120) : round(end * 120)] = True
    sri, day_pairs = sleep_regularity_index(sleep, known)
    assert sri == pytest.approx(
        math.nan if expected["sri"] is None else expected["sri"], abs=tolerance, nan_ok=True
    )
    if "valid_day_pairs" in expected:
        assert day_pairs == pytest.approx(expected["valid_day_pairs"], abs=tolerance)
    if "raw_formula_value" in expected:
        agree = (sleep[1:] == sleep[:-1]) & known[1:] & known[:-1]
        raw, _ = sri_from_counts(agree.sum(), (known[1:] & known[:-1]).sum())
        assert raw == expected["raw_formula_value"]


def index_when_the_clocks_change(inputs: Any, expected: Any, tolerance: float) -> None:
    for zone, name in ((inputs["tz"], "sri_local_wall_clock"), ("Etc/GMT+5", "sri_elapsed_24h_lag")):
        sri, day_pairs = sleep_regularity_index(*_days_of_spring(ZoneInfo(inputs["tz"]), ZoneInfo(zone)))
        assert sri == pytest.approx(expected[name], abs=tolerance)
        if zone == inputs["tz"]:
            assert day_pairs == pytest.approx(expected["valid_day_pairs_local"], abs=tolerance)


def _days_of_spring(home: ZoneInfo, clock: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """Sleep from 23:00 to 7:00 at home, 6 to 13 March 2024, in the slots of a clock; what it skips is unknown."""
    anchor = datetime(2024, 3, 6, 12)  # noqa: DTZ001  (a wall clock)
    sleep, known = np.zeros((2, 8, SLOTS), dtype=bool)
    moment, step = anchor.replace(tzinfo=home).astimezone(ZoneInfo("UTC")), timedelta(seconds=30)
    for _ in range(8 * SLOTS):
        day, slot = divmod(moment.astimezone(clock).replace(tzinfo=None) - anchor, timedelta(days=1))
        if 0 <= day < 8:
            known[day, slot // step] = True
            sleep[day, slot // step] = moment.astimezone(home).hour in {23, 0, 1, 2, 3, 4, 5, 6}
        moment += step
    return sleep, known


def bedtimes(inputs: Any, expected: Any, tolerance: float) -> None:
    found = clock_statistics(inputs["clock_h"])
    assert found.mean_h == pytest.approx(hours(expected["circular_mean_hhmm"]), abs=MINUTE_H)
    assert found.sd_min == pytest.approx(expected["sd_unwrapped_min"], abs=tolerance)
    if "R" in expected:
        assert found.mean_h == pytest.approx(expected["circular_mean_h"], abs=tolerance)
        assert found.median_h == pytest.approx(hours(expected["median_unwrapped_hhmm"]), abs=MINUTE_H)
        assert found.r == pytest.approx(expected["R"], abs=tolerance)
        assert found.circular_sd_min == pytest.approx(expected["circstd_min"], abs=tolerance)
        assert np.mean(inputs["clock_h"]) == pytest.approx(expected["arithmetic_mean_h_WRONG"], abs=tolerance)
    else:
        noon_anchored = np.mean(np.where(np.array(inputs["clock_h"]) < 12, 24, 0) + inputs["clock_h"]) % 24
        assert noon_anchored == pytest.approx(hours(expected["noon_anchored_mean_hhmm_WRONG"]), abs=MINUTE_H)


def no_typical_time(inputs: Any, expected: Any, tolerance: float) -> None:
    found = clock_statistics(inputs["clock_h"])
    assert found.r == pytest.approx(expected["R"], abs=tolerance)
    assert expected["mean"] is None
    assert np.isnan([found.mean_h, found.median_h, found.sd_min]).all()


def stability(inputs: Any, expected: Any, tolerance: float) -> None:
    week = np.tile(np.r_[np.ones(8), np.zeros(16)], (7, 1))
    table = np.array(inputs.get("matrix_days_x_bins", week))
    assert stability_ratio(table) == pytest.approx(expected["IS_witting"], abs=tolerance)
    # The defect of a peer, so that nobody brings it here: variances over n - 1.
    n, p = table.size, table.shape[1]
    defect = stability_ratio(table) * p * (n - 1) / ((p - 1) * n)
    assert defect == pytest.approx(expected["IS_pyActigraphy_ddof1"], abs=tolerance)


def phase_deviation(inputs: Any, expected: Any, tolerance: float) -> None:
    times = inputs["midsleep_h"]
    found = composite_phase_deviation(
        times, np.arange(len(times)), reference_h=inputs["reference_midsleep_h"]
    )
    daily = [math.nan if value is None else value for value in expected["daily"]]
    assert found.daily_h == pytest.approx(daily, abs=tolerance, nan_ok=True)
    assert found.mean_h == pytest.approx(expected["mean"], abs=tolerance)


def social_jetlag(inputs: Any, expected: Any, tolerance: float) -> None:
    found = free_and_work(
        sd_work_h=inputs["SD_work_h"],
        sd_free_h=inputs["SD_free_h"],
        msw_h=inputs["MSW_h"],
        msf_h=inputs["MSF_h"],
        work_days=inputs["workdays"],
    )
    values = (found.sjl_h, found.sd_week_h, found.msfsc_h, found.sjlsc_h)
    named = ("SJL_abs_h", "SD_week_h", "MSFsc_h", "SJLsc_rel_h(Jankowski: MSFsc-MSWsc)")
    assert values == pytest.approx([expected[name] for name in named], abs=tolerance)


def spread_stands_in(inputs: Any, expected: Any, tolerance: float) -> None:
    assert pytest.approx(expected["K_per_hour"], abs=1e-4) == POINTS_PER_HOUR
    columns = ("simulated_sri", "formula_100_minus_K_sd")
    for sd_h, simulated, formula in zip(
        inputs["midsleep_sd_h"], *(expected[name] for name in columns), strict=True
    ):
        assert _of_spread(sd_h) == pytest.approx(formula, abs=0.01)
        assert _of_spread(sd_h) == pytest.approx(simulated, abs=tolerance)
        found = _simulated_index(sd_h, inputs["sleep_h"], inputs["simulated_nights"])
        assert found == pytest.approx(simulated, abs=tolerance)
    assert _of_spread(65 / 60) == pytest.approx(expected["sd_65min_maps_to"], abs=0.01)
    assert _of_spread(expected["sri_81_maps_back_to_sd_min"] / 60) == pytest.approx(81, abs=0.02)


def _of_spread(sd_h: float) -> float:
    # Five nights whose standard deviation (n - 1) is exactly the one asked for.
    found = consistency(0, 0, any_sleep=True, midsleep_h=3 + sd_h * np.array([-1, -1, 0, 1, 1]))
    assert found.estimator == "midsleep_sd"
    return found.value


def _simulated_index(sd_h: float, sleep_h: float, nights: int) -> float:
    """The index of nights of one length around midsleeps of this spread, from what two neighbours have in common."""
    midsleep = stats.norm(0, sd_h).rvs(nights, random_state=np.random.default_rng(7))
    shift_h = np.abs(np.diff(midsleep))
    differ_h = 2 * np.minimum(shift_h, sleep_h)
    return float(100 - 200 * differ_h.mean() / 24)


def evidence_table(_: Any, expected: Any, tolerance: float) -> None:
    for row in expected:
        parts = (
            efficiency_part(row["SE"]),
            float(np.clip(row["SRI"], 0, 100)),
            duration_part(row["TST_h"], row["age"]),
        )
        found = (*parts, overall(*parts))
        assert found == pytest.approx([row[name] for name in ("E", "C", "D", "overall")], abs=tolerance), row


def vendor_table(_: Any, expected: Any, tolerance: float) -> None:
    for row in expected:
        found = _vendor_score(row["SE"], row["TST_h"])
        assert (found.consistency.value, found.duration.value) == (row["C_placeholder"], row["D"]), row
        assert found.overall == pytest.approx(row["overall"], abs=tolerance), row


def _vendor_score(se_pct: float, tst_h: float) -> Any:
    nights = pd.DataFrame({"night": pd.date_range("2026-02-01", periods=5), "day_index": np.arange(5)}).assign(
        person_id="ada", kind="main", valid=True, se_pct=se_pct, se_known_pct=99.0, unknown_share=0.1,
        tst_min=60 * tst_h, midsleep_clock_h=3.0, sri_agree=0, sri_known=0,
    )  # fmt: skip
    return period_score(nights, age_years=70, first=date(2026, 2, 1), last=date(2026, 2, 5), rules=VENDOR)


def continuous_and_steps(inputs: Any, expected: Any, tolerance: float) -> None:
    found = duration_part(inputs["TST_h"], inputs["age"])
    assert found == pytest.approx(np.array(expected["continuous"]), abs=tolerance)
    assert vendor_duration_part(inputs["TST_h"]).tolist() == expected["vendor_step"]


def mean_of_nights(inputs: Any, expected: Any, tolerance: float) -> None:
    of_nights = duration_part(inputs["TST_h"], inputs["age"]).mean()
    of_mean = duration_part(np.mean(inputs["TST_h"]), inputs["age"])
    assert of_nights == pytest.approx(expected["mean_of_night_D"], abs=tolerance)
    assert of_mean == pytest.approx(expected["D_of_mean_TST"], abs=tolerance)


def by_age(inputs: Any, expected: Any, tolerance: float) -> None:
    found = duration_part(inputs["TST_h"], inputs["ages"])
    assert found == pytest.approx(np.array(expected["D"]), abs=tolerance)


CHECKS: dict[str, Check] = {
    "sri.dst_local_clock_vs_elapsed": index_when_the_clocks_change,
    "circular.bedtimes_across_midnight": bedtimes,
    "circular.day_sleeper_noon": bedtimes,
    "circular.rotating_shift_undefined_mean": no_typical_time,
    "interdaily_stability.3d_x_4bins": stability,
    "interdaily_stability.identical_7d": stability,
    "cpd.week": phase_deviation,
    "mctq.social_jetlag": social_jetlag,
    "consistency.sd_to_sri_equivalence": spread_stands_in,
    "score.evidence_profile_table": evidence_table,
    "score.vendor_reference_profile_table": vendor_table,
    "score.duration_continuous_vs_step": continuous_and_steps,
    "score.period_mean_of_nights_not_score_of_mean": mean_of_nights,
    "score.duration_by_age": by_age,
    **{name: index_of_days for name in EXAMPLES if name.startswith("sri.") and "dst" not in name},
}


def test_there_are_17_examples_of_regularity_and_6_of_score() -> None:
    groups = [example["group"] for example in EXAMPLES.values()]
    assert (groups.count("regularity"), groups.count("score")) == (17, 6)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str) -> None:
    example = EXAMPLES[name]
    CHECKS[name](example["inputs"], example["expected"], example["tolerance"])
