"""Two numbers a night give the regularity of any window: they follow the wall clock, gaps and clock changes."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.nights import night_table
from analytics.regularity import sri_from_counts
from tests.analytics.plain_slots import plain_counts
from tests.analytics.recordings import Recording, at, session_set
from tests.analytics.test_nights import hours, nightly

EXAMPLES = {
    example["name"]: example
    for example in json.loads(
        (Path(__file__).resolve().parents[1] / "data" / "oracle.json").read_text(encoding="utf-8")
    )["examples"]
}
SLEEP = ((1, 960),)


def nights_of(recordings: list[Recording], zone: str = "UTC") -> pd.DataFrame:
    return night_table(session_set(recordings), zone=zone)


def index_of(nights: pd.DataFrame) -> tuple[float, float]:
    return sri_from_counts(nights["sri_agree"], nights["sri_known"])


def assert_index(nights: pd.DataFrame, sri: float, *, pairs: int) -> None:
    found, day_pairs = index_of(nights)
    assert found == pytest.approx(sri, abs=1e-4)
    assert day_pairs == pairs


class TestIndex:
    def test_identical_nights_agree_everywhere(self) -> None:
        nights = nights_of(nightly("2026-01-01 23:00", 8, stages=SLEEP))
        assert nights["sri_known"].tolist() == [0, *[2880] * 7]
        assert_index(nights, 100, pairs=7)

    def test_an_hour_later_every_other_day_costs_16_7_points(self) -> None:
        nights = nights_of([hours(23 + n % 2 + 24 * n, 31 + n % 2 + 24 * n) for n in range(8)])
        assert_index(nights, EXAMPLES["sri.alternate_by_1h_8d"]["expected"]["sri"], pairs=7)

    def test_a_missing_day_costs_two_pairs_and_no_agreement(self) -> None:
        nights = nights_of([hours(23 + n % 2 + 24 * n, 31 + n % 2 + 24 * n) for n in range(8) if n != 4])
        assert_index(nights, 83.3333, pairs=5)
        # The night after the gap has no pair with the day before.
        assert nights.set_index("day_index")["sri_known"].tolist() == [0, 2880, 2880, 2880, 0, 2880, 2880]

    def test_a_nap_is_sleep(self) -> None:
        nights = nights_of([*nightly("2026-01-01 23:00", 8, stages=SLEEP), hours(24 * 4 + 13, 24 * 4 + 14)])
        assert nights["kind"].tolist().count("nap") == 1
        assert_index(nights, 97.6190, pairs=7)

    def test_wake_in_the_night_is_wake(self) -> None:
        sleeps = nightly("2026-01-01 23:00", 8, stages=SLEEP)
        sleeps[4] = Recording(start=sleeps[4].start, stages=((1, 480), (0, 60), (1, 420)))
        assert_index(nights_of(sleeps), 98.8095, pairs=7)

    def test_unknown_epochs_are_left_out_of_both_pairs(self) -> None:
        sleeps = nightly("2026-01-01 23:00", 3, stages=SLEEP)
        sleeps[1] = Recording(start=sleeps[1].start, stages=((1, 400), (-1, 30), (1, 530)))
        assert nights_of(sleeps)["sri_known"].tolist() == [0, 2850, 2850]

    def test_a_night_that_is_not_valid_is_no_day_to_compare_with(self) -> None:
        sleeps = nightly("2026-01-01 23:00", 4, stages=SLEEP)
        sleeps[1] = Recording(start=sleeps[1].start, stages=SLEEP, missing=0.5)
        assert nights_of(sleeps)["sri_known"].tolist() == [0, 0, 0, 2880]

    def test_a_session_that_could_not_be_used_leaves_its_time_unknown(self) -> None:
        afternoon = at("2026-01-03 13:00")
        silent = Recording(start=afternoon, end=afternoon + timedelta(hours=1), stages=())
        nights = nights_of([*nightly("2026-01-01 23:00", 4, stages=SLEEP), silent])
        # With four nights days begin at noon: the hour is one of the third day.
        assert nights[nights["kind"] == "main"]["sri_known"].tolist() == [0, 2880, 2760, 2760]

    def test_an_hour_awake_in_bed_by_day_is_wake(self) -> None:
        awake = Recording(start=at("2026-01-03 13:00"), stages=((0, 120),))
        nights = nights_of([*nightly("2026-01-01 23:00", 3, stages=SLEEP), awake])
        assert nights[nights["kind"] == "main"]["sri_known"].tolist() == [0, 2880, 2880]

    def test_a_nap_across_the_anchor_counts_on_both_days(self) -> None:
        sleeps = [*nightly("2026-01-01 23:00", 6, stages=SLEEP), hours(24 * 4 + 13, 24 * 4 + 15.5)]
        nights = nights_of(sleeps)
        anchor = nights["anchor_clock_h"].iloc[0]
        assert 14 < anchor < 15.5
        mains = nights[nights["kind"] == "main"]
        found = zip(mains["sri_agree"], mains["sri_known"], strict=True)
        assert dict(zip(mains["day_index"], found, strict=True)) == plain_counts(sleeps, nights, "UTC")
        assert (mains["sri_agree"] < mains["sri_known"]).sum() == 3


class TestClockChanges:
    def test_the_skipped_hour_is_missing_from_both_pairs(self) -> None:
        example = EXAMPLES["sri.dst_local_clock_vs_elapsed"]
        zone = example["inputs"]["tz"]
        sleeps = [
            Recording(start=each.start, zone=zone, stages=((1, 840 if each.start.day == 9 else 960),))
            for each in nightly("2024-03-06 23:00", 8, zone)
        ]
        nights = nights_of(sleeps)
        assert nights["end_clock_h"].tolist() == [7.0] * 8
        sri, pairs = index_of(nights)
        assert sri == pytest.approx(example["expected"]["sri_local_wall_clock"], abs=example["tolerance"])
        assert pairs == pytest.approx(example["expected"]["valid_day_pairs_local"], abs=1e-4)

    @pytest.mark.parametrize(
        ("second_pass", "known"),
        [(((1, 120),), 2880), (((0, 120),), 2760), (((-1, 120),), 2760), (((1, 60), (0, 60)), 2820)],
    )
    def test_the_repeated_hour_counts_where_both_times_say_the_same(
        self, second_pass: tuple[tuple[int, int], ...], known: int
    ) -> None:
        zone = "Europe/Berlin"
        before, after = (
            Recording(start=at(f"2026-10-{d} 23:00", zone), zone=zone, stages=SLEEP) for d in (23, 25)
        )
        # From 23:00 to 2:00 and through the first hour from 2 to 3, then that hour again, then to 7:00.
        change = Recording(
            start=at("2026-10-24 23:00", zone),
            zone=zone,
            stages=((1, 360), (1, 120), *second_pass, (1, 480)),
        )
        nights = nights_of([before, change, after])
        assert nights["sri_known"].tolist() == [0, known, known]

    @pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
    @pytest.mark.parametrize("month", [3, 4, 10, 11])
    def test_equal_the_rules_spelled_out(self, zone: str, month: int) -> None:
        random = np.random.default_rng(month)
        sleeps = []
        for each in nightly(f"2026-{month:02d}-01 23:00", 12, zone):
            start = each.start + timedelta(seconds=int(random.integers(-5000, 5000)))
            stages = random.choice([-1, 0, 1, 2, 3], 90, p=[0.05, 0.2, 0.4, 0.15, 0.2])
            runs = tuple((int(stage), 10) for stage in stages)
            sleeps.append(Recording(start=start, zone=zone, stages=runs))
        nights = nights_of(sleeps)
        found = zip(nights["sri_agree"], nights["sri_known"], strict=True)
        assert nights["valid"].all()
        assert dict(zip(nights["day_index"], found, strict=True)) == plain_counts(sleeps, nights, zone)
