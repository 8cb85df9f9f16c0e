"""Validation and dating: the examples of the specification by name, and each limit on both sides of its edge."""

import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from analytics.dating import anchor_clock_h, day_index
from analytics.grades import REASONS, grades
from analytics.nights import night_table
from analytics.plausibility import epoch_mismatch, implausible_figures, recomputed
from analytics.rules import DEFAULT_RULES, ValidNight, limits
from analytics.sessions import VENDOR_FIGURES
from analytics.sleep_days import unbroken
from analytics.stages import night_statistics
from analytics.travel import left_out_of_consistency, travel_flags
from analytics.zones import HOUR_US
from tests.analytics.recordings import Recording, session_set

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example
    for example in json.loads((ROOT / "tests/data/oracle.json").read_text(encoding="utf-8"))["examples"]
    if example["group"] == "validation"
}
DAY0 = datetime(2026, 1, 1, tzinfo=UTC)


def hours(start_h: float, end_h: float, tst_h: float | None = None, **more: Any) -> Recording:
    length = round((end_h - start_h) * 120)
    asleep = length if tst_h is None else round(tst_h * 120)
    return Recording(
        start=DAY0 + timedelta(hours=start_h), stages=((1, asleep), (0, length - asleep)), **more
    )


def table(*recordings: Recording, zone: str = "UTC") -> pd.DataFrame:
    return night_table(session_set(recordings), zone=zone)


def test_the_specification_has_nine_examples_and_each_is_here() -> None:
    assert set(EXAMPLES) == {
        "dst.spring_forward_NY",
        "dst.fall_back_NY",
        "dst.spring_forward_Berlin",
        "night_date.personal_anchor",
        "vendor.stat_consistency",
        "vendor.average_consistency",
        "validation.overlap_rule",
        "validation.main_sleep_grouping_gap60",
        "validation.unknown_grade",
    }


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.startswith("dst.")])
def test_a_night_of_a_clock_change_lasts_as_long_as_it_did(name: str) -> None:
    example = EXAMPLES[name]
    zone = ZoneInfo(example["inputs"]["tz"])
    start, end = (
        datetime.fromisoformat(example["inputs"][key]).replace(tzinfo=zone) for key in ("start", "end")
    )
    epochs = round((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 30)
    (night,) = table(Recording(start=start, stages=((1, epochs),), zone=zone.key)).to_dict("records")
    expected, tolerance = example["expected"], example["tolerance"]
    assert (night["end"] - night["start"]).total_seconds() / 3600 == pytest.approx(
        expected["elapsed_h"], abs=tolerance
    )
    assert night["tib_min"] / 60 == pytest.approx(expected["elapsed_h"], abs=tolerance)
    assert expected["elapsed_h"] != expected["naive_wall_h_WRONG"]
    assert night["midsleep"] == datetime.fromisoformat(expected["mid_local"])
    local = datetime.fromisoformat(expected["mid_local"])
    assert night["midsleep_clock_h"] == pytest.approx(local.hour + local.minute / 60, abs=tolerance)
    assert "CLOCK_CHANGE" in night["reasons"]


@pytest.mark.parametrize("case", range(3))
def test_night_date_personal_anchor(case: int) -> None:
    example = EXAMPLES["night_date.personal_anchor"]
    given, expected = example["inputs"]["cases"][case], example["expected"]["night_index"][case]
    middle = np.array([round((start + end) / 2 * HOUR_US) for start, end in given["sessions_h"]])
    assert day_index(middle, given["anchor"]).tolist() == expected


def test_vendor_stat_consistency() -> None:
    example = EXAMPLES["vendor.stat_consistency"]
    given, expected = example["inputs"], example["expected"]
    found = 100 * given["time_in_sleep_s"] / given["time_in_bed_s"]
    stages = [1] * (given["time_in_sleep_s"] // 30) + [0] * (
        (given["time_in_bed_s"] - given["time_in_sleep_s"]) // 30
    )
    ours = night_statistics(stages, [0, len(stages)])["se_pct"].item()
    assert ours == pytest.approx(expected["recomputed_SE"], abs=example["tolerance"])
    assert ours == pytest.approx(found)
    agrees = abs(ours - given["sleep_efficiency"]) <= 1.1
    assert agrees == expected["ok"]


def test_vendor_average_consistency() -> None:
    example = EXAMPLES["vendor.average_consistency"]
    given, expected, tolerance = example["inputs"], example["expected"], example["tolerance"]
    found = recomputed(
        time_in_bed_s=given["time_in_bed"],
        sleep_latency_s=given["sleep_latency"],
        wakeup_latency_s=given["wakeup_latency"],
        time_in_sleep_period_s=given["time_in_sleep_period"],
        time_in_sleep_s=given["time_in_sleep"],
        time_in_wake_s=given["time_in_wake"],
    )
    assert found.is_sleep_and_wake == expected["period_eq_sleep_plus_wake"]
    assert found.period_s == expected["period_expected_from_TIB_minus_latencies"]
    assert found.mismatch_s == expected["mismatch_s"]
    assert found.efficiency_pct == pytest.approx(expected["SE"], abs=tolerance)
    assert found.wake_ratio == pytest.approx(expected["wake_ratio_from_period"], abs=1e-4)
    light = round(given["light_ratio"] * given["time_in_sleep"] / 30)
    stages = [1] * light + [2] * (given["time_in_sleep"] // 30 - light)
    share = night_statistics(stages, [0, len(stages)])["light_pct"].item() / 100
    assert share == pytest.approx(expected["light_ratio_from_TST"], abs=tolerance)


@pytest.mark.parametrize("pair", range(3))
def test_validation_overlap_rule(pair: int) -> None:
    example = EXAMPLES["validation.overlap_rule"]
    (one, other), expected = example["inputs"]["pairs_h"][pair], example["expected"][pair]
    shared = max(min(one[1], other[1]) - max(one[0], other[0]), 0)
    shorter = min(one[1] - one[0], other[1] - other[0])
    assert shared == pytest.approx(expected["overlap_h"], abs=example["tolerance"])
    assert shared / shorter == pytest.approx(expected["frac_of_shorter"], abs=example["tolerance"])
    nights = table(hours(*one), hours(*other))
    verdicts = {"DUPLICATE": "duplicate", "PARTIAL_OVERLAP": "partial"}
    said = [verdicts[code] for row in nights["reasons"] for code in row.split(";") if code in verdicts]
    assert (said or ["separate"]) == [expected["verdict"]]
    if expected["verdict"] == "partial":
        assert nights["tst_min"].sum() / 60 == pytest.approx(other[1] - one[0])


def test_validation_main_sleep_grouping_gap60() -> None:
    example = EXAMPLES["validation.main_sleep_grouping_gap60"]
    given, expected = example["inputs"], example["expected"]
    assert DEFAULT_RULES.bridge_min == given["max_gap_min"]
    sessions = [
        hours(each["start_h"], each["end_h"], each["tst_h"], session_id=str(n))
        for n, each in enumerate(given["sessions"])
    ]
    # A week before, so that the person has an anchor: a nap at 14:00 belongs to the night before it.
    history = [hours(23 - 24 * n, 31 - 24 * n) for n in range(1, 8)]
    nights = table(*history, *sessions).iloc[len(history) :]
    tolerance = example["tolerance"]
    groups = [[int(name) for name in names.split(";")] for names in nights["session_ids"]]
    assert groups == expected["groups"]
    assert nights["kind"].tolist().index("main") == expected["main_group"]
    main = nights.iloc[expected["main_group"]]
    assert main["tst_min"] / 60 == pytest.approx(expected["main_tst_h"], abs=tolerance)
    assert main["gap_min"] == pytest.approx(expected["gap_min"], abs=tolerance)
    assert [int(name) for name in nights.loc[nights["kind"] == "nap", "session_ids"]] == expected["naps"]
    assert nights["tst_min"].sum() / 60 == pytest.approx(expected["tst_24h_h"], abs=tolerance)


def test_validation_unknown_grade() -> None:
    example = EXAMPLES["validation.unknown_grade"]
    found = grades(example["inputs"]["unknown_fraction"])
    assert found.tolist() == example["expected"]["grade"]
    assert (found != "X").tolist() == example["expected"]["in_aggregates"]


class TestRules:
    def test_every_limit_says_its_unit_meaning_and_source(self) -> None:
        assert [each.name for each in limits()] == [each.name for each in fields(ValidNight)]
        for each in limits():
            assert each.unit
            assert each.meaning
            assert each.source.startswith("SPEC 7.")
            assert each.default == getattr(DEFAULT_RULES, each.name)

    def test_the_defaults_are_those_of_the_specification(self) -> None:
        assert (DEFAULT_RULES.epoch_mismatch_s, DEFAULT_RULES.bridge_min) == (60, 60)
        assert (DEFAULT_RULES.default_anchor_h, DEFAULT_RULES.minimum_anchor_sleeps) == (12, 5)
        assert (DEFAULT_RULES.minimum_anchor_r, DEFAULT_RULES.duplicate_share) == (0.3, 0.5)
        assert (DEFAULT_RULES.most_missing_share_a, DEFAULT_RULES.most_missing_share_b) == (0.05, 0.2)
        assert (DEFAULT_RULES.shortest_in_bed_min, DEFAULT_RULES.longest_in_bed_min) == (180, 960)
        assert (DEFAULT_RULES.travel_zone_change_h, DEFAULT_RULES.travel_days_after) == (2, 2)
        assert DEFAULT_RULES.leave_out_travel

    def test_they_cannot_be_changed_in_place(self) -> None:
        with pytest.raises(FrozenInstanceError):
            DEFAULT_RULES.bridge_min = 30  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"most_missing_share_a": 0.3}, "rise from A to B"),
            ({"shortest_in_bed_min": 1000}, "below the longest"),
            ({"duplicate_share": 0}, "duplicate_share is above 0"),
            ({"default_anchor_h": 24}, "hour of the day"),
            ({"minimum_anchor_r": 0.2}, "times have no mean"),
            ({"travel_days_after": -1}, "travel_days_after is 0 sleep days or more"),
        ],
    )
    def test_contradictions_are_refused(self, change: dict[str, float], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            replace(DEFAULT_RULES, **change)  # type: ignore[arg-type]


class TestAnchor:
    def test_lies_opposite_the_usual_midsleep_from_five_sleeps_on(self) -> None:
        workers = np.array([12.0, 12.5, 11.5, 12.0, 12.0])
        assert anchor_clock_h(workers) == 0
        assert anchor_clock_h(workers[:4]) == 12
        assert anchor_clock_h(workers[:4], ValidNight(minimum_anchor_sleeps=4)) == 0

    def test_is_the_default_when_sleeps_lie_all_round_the_clock(self) -> None:
        assert anchor_clock_h(np.array([1.0, 7, 13, 19, 1, 7, 13, 19])) == 12
        loose = np.array([0.0, 2, 4, 6, 8])
        assert anchor_clock_h(loose) == 16
        assert anchor_clock_h(loose, ValidNight(minimum_anchor_r=0.9, default_anchor_h=18)) == 18


def test_recordings_with_less_than_an_epoch_between_them_are_unbroken() -> None:
    edges = np.array([[0, 100], [100, 200], [229, 300], [330, 400], [400, 500]]) * 1_000_000
    assert unbroken(edges[:, 0], edges[:, 1]).tolist() == [0, 0, 0, 1, 1]
    assert len(unbroken(edges[:0, 0], edges[:0, 1])) == 0


def test_recordings_round_the_clock_stand_for_themselves() -> None:
    edges = np.array([[0, 8], [8, 15.9], [30, 38], [38, 46]]) * HOUR_US
    assert unbroken(edges[:, 0].astype(int), edges[:, 1].astype(int)).tolist() == [0, 0, 1, 2]


class TestPlausibility:
    @staticmethod
    def codes(**figures: float) -> set[str]:
        columns = {f"vendor_{name}": np.array([figures.get(name, np.nan)]) for name in VENDOR_FIGURES}
        return {code for code, flags in implausible_figures(columns).items() if flags[0]}

    def test_nothing_served_is_nothing_wrong(self) -> None:
        assert self.codes() == set()

    @pytest.mark.parametrize(
        ("figures", "code"),
        [
            ({"time_in_bed_s": 100, "time_in_sleep_s": 131}, "VENDOR_SLEEP_OVER_BED"),
            ({"sleep_latency_s": -1}, "VENDOR_NEGATIVE_LATENCY"),
            ({"wakeup_latency_s": -30}, "VENDOR_NEGATIVE_LATENCY"),
            (
                {"time_in_sleep_s": 300, "time_in_light_s": 200, "time_in_deep_s": 69, "time_in_rem_s": 0},
                "VENDOR_STAGE_SUM",
            ),
            ({"sleep_efficiency_ratio": 1.01}, "VENDOR_EFFICIENCY"),
        ],
    )
    def test_what_cannot_be_has_a_code_and_a_sentence(self, figures: dict[str, float], code: str) -> None:
        assert self.codes(**figures) == {code}
        assert REASONS[code][0].endswith(".")
        assert not REASONS[code][1]

    def test_what_rounding_explains_is_plausible(self) -> None:
        stages = {"time_in_light_s": 200, "time_in_deep_s": 70, "time_in_rem_s": 0}
        assert self.codes(time_in_bed_s=270, time_in_sleep_s=300, **stages) == set()
        assert self.codes(sleep_efficiency_ratio=1, sleep_latency_s=0, wakeup_latency_s=0) == set()

    @pytest.mark.parametrize(
        ("epochs", "elapsed_s", "expected"),
        [
            (960, 28860, set()),
            (960, 28861, {"EPOCH_MISMATCH"}),
            (960, 28739, {"EPOCH_MISMATCH"}),
            (1920, 28800, {"EPOCH_MISMATCH", "EPOCH_LENGTH"}),
            (480, 28800, {"EPOCH_MISMATCH", "EPOCH_LENGTH"}),
            (0, 30, set()),
        ],
    )
    def test_stages_that_do_not_fit_their_session(
        self, epochs: int, elapsed_s: float, expected: set[str]
    ) -> None:
        found = epoch_mismatch(np.array([epochs]), np.array([elapsed_s], dtype=float))
        assert {code for code, flags in found.items() if flags[0]} == expected

    def test_figures_without_time_have_no_shares(self) -> None:
        found = recomputed(
            time_in_bed_s=0,
            sleep_latency_s=0,
            wakeup_latency_s=0,
            time_in_sleep_period_s=0,
            time_in_sleep_s=0,
            time_in_wake_s=0,
        )
        assert np.isnan([found.efficiency_pct, found.wake_ratio]).all()


def flags_of(
    *sleeps: tuple[int, str, int], start: dict[int, int] | None = None, **more: Any
) -> dict[str, list[int]]:
    """Which of the sleeps (day, zone, offset in h) are flagged; `start` gives another offset at the beginning."""
    ends = np.array([offset * 60 for _, _, offset in sleeps])
    starts = ends.copy()
    for at, offset in (start or {}).items():
        starts[at] = offset * 60
    arguments = {
        "main": np.ones(len(sleeps), bool),
        "located": np.ones(len(sleeps), bool),
        "zone": np.array([zone for _, zone, _ in sleeps], dtype=object),
        "day": np.array([day for day, _, _ in sleeps]),
    }
    found = travel_flags(**(arguments | more), start_offset_min=starts, end_offset_min=ends)
    return {code: np.flatnonzero(flags).tolist() for code, flags in found.items() if flags.any()}


class TestTravel:
    def test_a_change_by_two_hours_or_more_flags_that_sleep_and_the_next_two_days(self) -> None:
        away = [(day, "Pacific/Honolulu", -10) for day in range(3, 8)]
        home = [(day, "America/Los_Angeles", -8) for day in (1, 2)]
        assert flags_of(*home, *away) == {"TRAVEL": [2], "AFTER_TRAVEL": [3, 4]}

    def test_a_change_by_less_is_nothing(self) -> None:
        assert flags_of((1, "Europe/Berlin", 1), (2, "Europe/London", 0)) == {}
        strict = ValidNight(travel_zone_change_h=1)
        assert flags_of((1, "Europe/Berlin", 1), (2, "Europe/London", 0), rules=strict) == {"TRAVEL": [1]}

    def test_the_days_after_are_days_not_recordings(self) -> None:
        nights = [
            (1, "Asia/Tokyo", 9),
            (2, "Europe/Paris", 1),
            (4, "Europe/Paris", 1),
            (5, "Europe/Paris", 1),
        ]
        assert flags_of(*nights) == {"TRAVEL": [1], "AFTER_TRAVEL": [2]}

    def test_clocks_that_change_at_home_are_told_and_are_no_journey(self) -> None:
        nights = [(1, "Europe/Berlin", 1), (2, "Europe/Berlin", 2), (3, "Europe/Berlin", 2)]
        assert flags_of(*nights) == {"CLOCK_CHANGE_BEFORE": [1]}
        # During the sleep it is told by another code.
        assert flags_of(*nights, start={1: 1}) == {}
        # A summer later it is not worth telling.
        assert flags_of((1, "Europe/Berlin", 1), (90, "Europe/Berlin", 2)) == {}

    def test_the_date_line_is_no_change_of_the_clock(self) -> None:
        assert flags_of((1, "Pacific/Apia", 13), (2, "Pacific/Pago_Pago", -11)) == {}
        assert flags_of((1, "Pacific/Apia", 13), (2, "Pacific/Honolulu", -10)) == {}

    def test_the_order_of_rows_does_not_matter(self) -> None:
        nights = [(2, "Europe/Paris", 1), (1, "Asia/Tokyo", 9), (3, "Europe/Paris", 1)]
        assert flags_of(*nights) == {"TRAVEL": [0], "AFTER_TRAVEL": [2]}

    def test_naps_and_unknown_zones_are_not_compared(self) -> None:
        nights = [(1, "Asia/Tokyo", 9), (2, "UTC", 0), (3, "Asia/Tokyo", 9)]
        assert flags_of(*nights, located=np.array([True, False, True])) == {}
        assert flags_of(*nights, main=np.array([True, False, True])) == {}

    def test_what_is_flagged_is_left_out_of_consistency_unless_the_rules_count_it(self) -> None:
        reasons = ["", "TRAVEL", "PARTLY_MISSING;AFTER_TRAVEL", "CLOCK_CHANGE_BEFORE"]
        assert left_out_of_consistency(reasons).tolist() == [False, True, True, False]
        assert not left_out_of_consistency(reasons, ValidNight(leave_out_travel=False)).any()
        assert len(left_out_of_consistency([])) == 0


def test_a_sleep_in_two_parts_that_touch_has_the_statistics_of_the_whole() -> None:
    whole = Recording(start=DAY0, stages=((0, 20), (1, 6), (2, 300), (0, 11), (3, 200), (1, 400), (0, 9)))
    minutes = timedelta(minutes=1)
    parts = (
        Recording(start=DAY0, stages=((0, 20), (1, 4)), session_id="a"),
        Recording(start=DAY0 + 12 * minutes, stages=((1, 2), (2, 300)), session_id="b"),
        Recording(start=DAY0 + 163 * minutes, stages=((0, 11), (3, 200), (1, 400), (0, 9)), session_id="c"),
    )
    one, several = table(whole).iloc[0], table(*parts).iloc[0]
    assert several["pieces"] == 3
    same = [
        "tib_min",
        "tst_min",
        "sfi_per_h",
        "stage_shifts",
        "sol_5min_min",
        "sol_10min_min",
        "se_pct",
        "night",
    ]
    assert several[same].tolist() == one[same].tolist()
