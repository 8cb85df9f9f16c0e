"""Sessions become nights: dated, grouped and graded once for every view, and nothing received is lost."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from analytics.dating import anchor_clock_h, day_index, night_labels
from analytics.grades import grades, sentences
from analytics.nights import NIGHT_COLUMNS, REASONS, SessionSet, ValidNight, night_table
from analytics.stages import STATISTICS
from analytics.zones import HOUR_US
from tests.analytics.recordings import LATER, Recording, at, session_set

ORACLE = Path(__file__).resolve().parents[1] / "data" / "oracle.json"
EXAMPLES: dict[str, dict[str, Any]] = {
    example["name"]: example for example in json.loads(ORACLE.read_text(encoding="utf-8"))["examples"]
}
DAY0 = datetime(2026, 1, 1, tzinfo=UTC)


def table(*recordings: Recording, zone: str = "UTC", rules: ValidNight | None = None) -> pd.DataFrame:
    return night_table(session_set(recordings), zone=zone, rules=rules or ValidNight())


def hours(start_h: float, end_h: float, asleep_h: float | None = None, **more: Any) -> Recording:
    """A sleep given in hours since 2026-01-01 00:00 UTC: awake first, then asleep to its end."""
    length = round((end_h - start_h) * 120)
    asleep = length if asleep_h is None else round(asleep_h * 120)
    return Recording(
        start=DAY0 + timedelta(hours=start_h), stages=((0, length - asleep), (1, asleep)), **more
    )


def nightly(first: str, nights: int, zone: str = "UTC", **more: Any) -> list[Recording]:
    """The same sleep at the same local time on consecutive days."""
    begun = at(first, zone)
    days = [
        (begun.replace(tzinfo=None) + timedelta(days=n)).replace(tzinfo=ZoneInfo(zone)) for n in range(nights)
    ]
    return [Recording(start=day, zone=zone, **more) for day in days]


def reasons(row: "pd.Series[Any]") -> set[str]:
    return set(str(row["reasons"]).split(";")) - {""}


class TestTable:
    def test_has_its_columns_with_their_types_also_when_empty(self) -> None:
        for nights in (night_table(SessionSet.empty(), zone="UTC"), table(hours(23, 31))):
            assert nights.dtypes.astype(str).to_dict() == NIGHT_COLUMNS
        assert night_table(SessionSet.empty(), zone="UTC").empty

    def test_is_in_the_order_of_starts(self) -> None:
        nights = table(hours(71, 79), hours(23, 31), hours(38, 39), hours(47, 55))
        assert nights["start"].is_monotonic_increasing

    def test_a_plain_night_says_what_it_is(self) -> None:
        (night,) = table(
            Recording(
                start=at("2026-02-10 22:52:10", "Europe/Berlin"),
                zone="Europe/Berlin",
                stages=((0, 44), (1, 400), (0, 10), (2, 160), (3, 180), (0, 20)),
                snoring=((1, 40), (0, 10), (1, 30), (0, 734)),
            )
        ).to_dict("records")
        assert night["kind"] == "main"
        assert night["grade"] == "A"
        assert night["valid"]
        assert night["reasons"] == ""
        assert night["night"] == pd.Timestamp("2026-02-11")
        assert night["start_clock_h"] == pytest.approx(22 + 52 / 60 + 10 / 3600)
        assert night["onset"] == pd.Timestamp("2026-02-10 22:14:10", tz="UTC")
        assert night["final_wake"] == pd.Timestamp("2026-02-11 04:29:10", tz="UTC")
        assert night["midsleep"] == pd.Timestamp("2026-02-11 01:21:40", tz="UTC")
        assert night["start_offset_min"] == night["end_offset_min"] == 60
        assert night["tst_min"] == 370
        # Snoring counts within the sleep period: the first 40 epochs of it lie before sleep began.
        assert night["snoring_min"] == 15

    def test_snoring_that_was_not_recorded_is_not_zero(self) -> None:
        assert np.isnan(table(hours(23, 31))["snoring_min"].iloc[0])


class TestDating:
    def test_night_index_of_the_specification(self) -> None:
        example = EXAMPLES["night_date.personal_anchor"]
        for case, expected in zip(
            example["inputs"]["cases"], example["expected"]["night_index"], strict=True
        ):
            middle = np.array([(start + end) / 2 * HOUR_US for start, end in case["sessions_h"]])
            assert day_index(middle.astype(np.int64), case["anchor"]).tolist() == expected

    def test_a_day_sleepers_days_begin_at_midnight(self) -> None:
        nights = table(*(hours(8 + 24 * n, 16 + 24 * n) for n in range(7)))
        assert nights["anchor_clock_h"].unique().tolist() == [0.0]
        assert nights["day_index"].diff().dropna().eq(1).all()
        assert nights["night"].dt.date.tolist() == [date(2026, 1, 1) + timedelta(n) for n in range(7)]

    def test_hours_all_round_the_clock_or_few_nights_fall_back_to_noon(self) -> None:
        assert anchor_clock_h(np.array([3.0, 3.1, 2.9, 3.0])) == 12
        assert anchor_clock_h(np.array([3.0, 3.1, 2.9, 3.0, 3.0])) == 15
        assert anchor_clock_h(np.array([0.0, 8, 16, 0, 8, 16])) == 12

    def test_a_night_is_called_by_the_local_date_on_which_it_ends(self) -> None:
        early = Recording(start=at("2026-02-10 18:00", "Asia/Tokyo"), zone="Asia/Tokyo", stages=((1, 600),))
        late = Recording(start=at("2026-02-11 03:00", "Asia/Tokyo"), zone="Asia/Tokyo", stages=((1, 600),))
        assert table(early)["night"].tolist() == [pd.Timestamp("2026-02-10")]
        assert table(late)["night"].tolist() == [pd.Timestamp("2026-02-11")]

    def test_naps_and_unusable_sessions_are_called_by_the_main_sleep_of_their_day(self) -> None:
        nights = table(
            hours(23, 31),
            hours(20, 20.5, session_id="evening-nap"),
            hours(35.5, 36, session_id="before-noon", state="CLOSED"),
        )
        assert nights.groupby("kind")["night"].first().to_dict() == dict.fromkeys(
            ["main", "nap", "unusable"], pd.Timestamp("2026-01-02")
        )

    def test_two_sleeps_that_end_on_one_date_get_the_dates_they_usually_end_on(self) -> None:
        usual = [hours(23 + 24 * n, 31 + 24 * n) for n in range(8)]
        # From 4:00 to 12:00 on the 10th, then from 18:00 to 23:30 of the same day: two sleep days, one date.
        nights = table(*usual, hours(24 * 9 + 4, 24 * 9 + 12), hours(24 * 9 + 18, 24 * 9 + 23.5))
        mains = nights[nights["kind"] == "main"]
        assert len(mains) == 10
        assert mains["night"].is_unique
        assert mains["night"].dt.date.tolist()[-2:] == [date(2026, 1, 10), date(2026, 1, 11)]

    def test_a_sleeper_whose_nights_end_around_midnight_keeps_one_label_a_night(self) -> None:
        shift = [0.0, 0.5, -0.2, 0.4, -0.4, 0.3, -0.1, 0.2]
        nights = table(*(hours(17 + 24 * n + move, 24 + 24 * n + move) for n, move in enumerate(shift)))
        assert nights["kind"].eq("main").all()
        assert nights["night"].is_unique
        assert nights["night"].is_monotonic_increasing

    def test_one_late_night_does_not_push_all_that_follow(self) -> None:
        days, ends = np.arange(6), np.array([0, 2, 2, 3, 4, 5])
        assert night_labels(days, ends, np.full(6, 1, dtype=np.bool_)).tolist() == [0, 1, 2, 3, 4, 5]

    def test_labels_without_a_main_sleep_give_way_to_those_with_one(self) -> None:
        days, ends = np.array([10, 11, 12, 14]), np.array([11, 11, 13, 13])
        main = np.array([True, False, True, False])
        assert night_labels(days, ends, main).tolist() == [11, 12, 13, 14]
        # Neighbours that leave no date free: the earlier one's is shared.
        assert night_labels(np.array([10, 11, 12]), np.array([11, 11, 12]), np.array([True, False, True])).tolist() == [
            11, 11, 12,
        ]  # fmt: skip

    def test_tonights_open_session_does_not_hide_behind_last_night(self) -> None:
        nights = table(*nightly("2026-02-01 23:00", 6), Recording(
            start=at("2026-02-07 22:30"), stages=((1, 20),), state="OPEN", open=True, labels=("IN_PROGRESS",)
        ))  # fmt: skip
        assert nights["night"].iloc[-2:].dt.date.tolist() == [date(2026, 2, 7), date(2026, 2, 8)]
        assert nights["kind"].iloc[-1] == "unusable"

    @pytest.mark.parametrize(
        ("created", "home", "expected", "flagged"),
        [
            ("Asia/Seoul", "Europe/Berlin", "Asia/Seoul", False),
            ("", "Europe/Berlin", "Europe/Berlin", False),
            ("Mars/Base", "Europe/Berlin", "Europe/Berlin", False),
            ("../etc", "nowhere", "UTC", True),
            ("", "", "UTC", True),
        ],
    )
    def test_clocks_are_read_where_the_session_was_made_else_at_home(
        self, created: str, home: str, expected: str, flagged: bool
    ) -> None:
        night = table(hours(23, 31, zone=created), zone=home).iloc[0]
        assert night["zone"] == expected
        assert ("ZONE_UNKNOWN" in reasons(night)) == flagged
        assert night["valid"]

    def test_a_journey_keeps_each_night_on_the_clock_of_its_place(self) -> None:
        west = [
            Recording(start=at(f"2026-01-{d:02d} 22:30", zone), zone=zone, stages=((1, 960),))
            for d, zone in [(n, "America/Los_Angeles") for n in range(1, 7)] + [(7, "Pacific/Honolulu")]
        ]
        nights = table(*west)
        assert nights["start_clock_h"].tolist() == [22.5] * 7
        assert nights["night"].dt.date.tolist() == [date(2026, 1, n) for n in range(2, 9)]
        assert nights["start_offset_min"].tolist() == [-480] * 6 + [-600]


class TestClockChange:
    @pytest.mark.parametrize(
        "name", ["dst.spring_forward_NY", "dst.fall_back_NY", "dst.spring_forward_Berlin"]
    )
    def test_durations_come_from_instants(self, name: str) -> None:
        zone, expected = EXAMPLES[name]["inputs"]["tz"], EXAMPLES[name]["expected"]
        start, end = (at(EXAMPLES[name]["inputs"][edge].replace("T", " "), zone) for edge in ("start", "end"))
        epochs = round(expected["elapsed_h"] * 120)
        night = table(Recording(start=start, end=end, zone=zone, stages=((1, epochs),))).iloc[0]
        assert night["tib_min"] == expected["elapsed_h"] * 60
        assert (night["end"] - night["start"]) == pd.Timedelta(hours=expected["elapsed_h"])
        assert night["midsleep"] == pd.Timestamp(expected["mid_local"])
        middle = datetime.fromisoformat(expected["mid_local"])
        assert night["midsleep_clock_h"] == middle.hour + middle.minute / 60
        assert reasons(night) == {"CLOCK_CHANGE"}
        assert night["valid"]


class TestGrouping:
    def test_pieces_with_a_short_gap_are_one_sleep(self) -> None:
        example = EXAMPLES["validation.main_sleep_grouping_gap60"]
        sessions = [
            hours(each["start_h"], each["end_h"], each["tst_h"]) for each in example["inputs"]["sessions"]
        ]
        # Some weeks before, so that the person has an anchor: a nap at 14:00 belongs to the night before it.
        history = [hours(23 - 24 * n, 31 - 24 * n) for n in range(1, 8)]
        nights = table(*history, *sessions).tail(2)
        main, nap = nights.iloc[0], nights.iloc[1]
        assert nights["kind"].tolist() == ["main", "nap"]
        assert main["session_ids"] == ";".join(each.name for each in sessions[:2])
        assert main["session_id"] == sessions[0].name
        assert main["pieces"] == 2
        assert main["tst_min"] == example["expected"]["main_tst_h"] * 60
        assert main["gap_min"] == example["expected"]["gap_min"]
        assert nap["session_ids"] == sessions[2].name
        assert nights["tst_min"].sum() == example["expected"]["tst_24h_h"] * 60

    def test_the_gap_is_neither_wake_nor_sleep(self) -> None:
        night = table(hours(23, 27), hours(27.75, 31)).iloc[0]
        assert night["tib_min"] == night["tst_min"] == night["spt_min"] == 435
        assert night["waso_min"] == 0
        assert night["end"] - night["start"] == pd.Timedelta(hours=8)
        assert night["midsleep"] == night["start"] + pd.Timedelta(hours=4)

    @pytest.mark.parametrize(("gap_min", "sleeps"), [(0, 1), (60, 1), (60.5, 2)])
    def test_an_hour_is_the_longest_gap_that_is_bridged(self, gap_min: float, sleeps: int) -> None:
        assert len(table(hours(22, 25), hours(25 + gap_min / 60, 30))) == sleeps

    def test_what_depends_on_neighbours_does_not_reach_across_the_gap(self) -> None:
        first = Recording(start=at("2026-02-10 23:00"), stages=((1, 406),))
        second = Recording(start=at("2026-02-11 03:00"), stages=((0, 2), (2, 6), (0, 1), (3, 400)))
        night = table(first, second).iloc[0]
        # Light before the gap and wake after it are no transition; those within the second piece are.
        assert night["stage_shifts"] == 3
        assert night["sfi_per_h"] == pytest.approx(1 / (812 / 120))
        assert night["awakenings"] == 2

    def test_uninterrupted_sleep_is_not_made_of_two_pieces(self) -> None:
        first = Recording(start=at("2026-02-10 23:00"), stages=((0, 10), (1, 6)))
        second = Recording(start=at("2026-02-10 23:30"), stages=((1, 12), (0, 1), (2, 700)))
        night = table(first, second).iloc[0]
        # 6 epochs before the gap and 12 after it: no 5 min and no 10 min across it, but 5 min right after it.
        assert night["sol_min"] == 5
        assert night["sol_5min_min"] == 8
        assert night["sol_10min_min"] == 14.5

    def test_the_longest_sleep_of_a_day_is_its_main_one_then_the_longer_period_then_the_earlier(self) -> None:
        def main_of(*sleeps: Recording) -> str:
            nights = table(*sleeps)
            return str(nights.loc[nights["kind"] == "main", "session_id"].item())

        assert main_of(hours(20, 23.5, session_id="short"), hours(26, 30, session_id="long")) == "long"
        wakeful = Recording(
            session_id="wakeful", start=DAY0 + timedelta(hours=26), stages=((1, 300), (0, 9), (1, 180))
        )
        assert main_of(hours(20, 24, session_id="plain"), wakeful) == "wakeful"
        assert main_of(hours(20, 24, session_id="early"), hours(26, 30, session_id="late")) == "early"


class TestOverlap:
    @pytest.mark.parametrize("at_pair", range(3))
    def test_rule_of_the_specification(self, at_pair: int) -> None:
        example = EXAMPLES["validation.overlap_rule"]
        pair, expected = example["inputs"]["pairs_h"][at_pair], example["expected"][at_pair]
        nights = table(*(hours(*edges) for edges in pair))
        said = {reason for row in nights["reasons"] for reason in row.split(";")}
        rejected = said & {"DUPLICATE", "PARTIAL_OVERLAP"}
        flags = {"duplicate": {"DUPLICATE"}, "partial": {"PARTIAL_OVERLAP"}, "separate": set()}
        assert rejected == flags[expected["verdict"]]
        union = max(edge for edges in pair for edge in edges) - min(edge for edges in pair for edge in edges)
        total = nights["tst_min"].sum() / 60
        if expected["verdict"] == "partial":
            assert total == pytest.approx(union)

    def test_of_duplicates_the_one_with_less_missing_stays_then_the_longer_then_the_later(self) -> None:
        def kept(*sleeps: Recording) -> str:
            nights = table(*sleeps)
            assert nights["kind"].tolist().count("main") == 1
            return str(nights.loc[nights["kind"] == "main", "session_ids"].item())

        poor = hours(22.5, 31, session_id="longer", missing=0.1)
        assert kept(poor, hours(23, 31, session_id="whole")) == "whole"
        assert kept(hours(22.5, 31, session_id="longer"), hours(23, 31, session_id="shorter")) == "longer"
        sooner = LATER - timedelta(days=1)
        assert kept(hours(23, 31, session_id="a", received=sooner), hours(23.1, 31.1, session_id="b")) == "b"

    def test_half_of_the_shorter_one_is_the_same_sleep(self) -> None:
        assert reasons(table(hours(22, 30), hours(28, 32, session_id="half")).iloc[1]) == {"DUPLICATE"}
        assert table(hours(22, 30), hours(28.25, 32)).iloc[0]["pieces"] == 2

    def test_snoring_of_shared_time_is_counted_once_too(self) -> None:
        snored = ((1, 60), (0, 180))
        night = table(hours(23, 31, snoring=((0, 960),)), hours(30.75, 32.75, snoring=snored)).iloc[0]
        assert night["snoring_min"] == 15

    def test_shared_time_is_counted_once(self) -> None:
        night = table(hours(23, 31), hours(30.75, 32.75)).iloc[0]
        assert night["tst_min"] == 9.75 * 60
        assert night["gap_min"] == 0
        assert reasons(night) == {"PARTIAL_OVERLAP"}

    def test_a_sleep_that_lies_in_shared_time_only_is_a_duplicate(self) -> None:
        after = Recording(start=DAY0 + timedelta(hours=30), stages=((1, 100), (0, 400)), session_id="after")
        nights = table(hours(23, 31), after)
        assert nights.set_index("session_id").loc["after", "reasons"] == "DUPLICATE"

    def test_of_two_versions_of_a_session_the_last_received_stays(self) -> None:
        early = hours(23, 27, session_id="s", received=LATER - timedelta(days=1))
        nights = table(hours(23, 31, session_id="s"), early)
        assert nights["session_ids"].tolist() == ["s"]
        assert nights["tst_min"].tolist() == [480]


def _complete(**more: Any) -> Recording:
    return hours(23, 31, session_id="s", **more)


UNUSABLE = {
    "UNREADABLE": Recording(
        start=DAY0, end=DAY0 + timedelta(hours=8), state="", problem="field state is missing", stages=()
    ),
    "IN_PROGRESS": _complete(state="CLOSED"),
    "IN_FUTURE": _complete(received=DAY0),
    "NO_END": _complete(open=True),
    "END_BEFORE_START": _complete(end=DAY0),
    "TOO_SHORT": Recording(
        start=DAY0, end=DAY0 + timedelta(minutes=3), stages=(), labels=("TOO_SHORT_FOR_ANALYSIS",)
    ),
    "TOO_LONG": _complete(labels=("NO_BREATHING_STABILITY", "TOO_LONG_FOR_ANALYSIS")),
    "TOO_MANY_DEFECTS": _complete(labels=("TOO_MANY_DEFECTS_IN_SLEEP_STAGES",)),
    "NO_STAGES": Recording(start=DAY0, end=DAY0 + timedelta(hours=8), stages=()),
    "STAGE_CODE": Recording(start=DAY0, stages=((1, 500), (4, 1), (1, 400))),
    "NEVER_SLEPT": Recording(start=DAY0, stages=((0, 80), (-1, 4))),
}


class TestUnusable:
    @pytest.mark.parametrize("code", UNUSABLE)
    def test_a_session_that_cannot_be_a_sleep_says_why(self, code: str) -> None:
        night = table(UNUSABLE[code]).iloc[0]
        assert reasons(night) == {code}
        assert night["kind"] == "unusable"
        assert night["grade"] == "X"
        assert not night["valid"]
        assert night[list(STATISTICS)].isna().all()
        assert REASONS[code][1]

    def test_the_label_of_a_night_awake_is_believed(self) -> None:
        assert reasons(table(_complete(labels=("NEVER_SLEPT",))).iloc[0]) == {"NEVER_SLEPT"}

    def test_a_label_is_a_word_not_a_part_of_one(self) -> None:
        assert table(_complete(labels=("NOT_IN_PROGRESS", "NO_BREATHING_STABILITY")))["valid"].all()

    def test_a_session_without_a_start_still_has_a_row_and_a_date(self) -> None:
        sessions = session_set([hours(23, 31), hours(47, 55, session_id="lost")])
        frame = sessions.frame.assign(
            start=sessions.frame["start"].where(sessions.frame["session_id"] != "lost")
        )
        nights = night_table(SessionSet.of_frame(frame, sessions.stages, sessions.snoring), zone="UTC")
        assert nights["session_id"].tolist() == ["20260101230000", "lost"]
        assert reasons(nights.iloc[1]) == {"NO_START"}
        assert nights["night"].iloc[1] == pd.Timestamp("2026-01-03")


class TestGrades:
    def test_by_missing_share_as_the_specification_says(self) -> None:
        example = EXAMPLES["validation.unknown_grade"]
        assert grades(example["inputs"]["unknown_fraction"]).tolist() == example["expected"]["grade"]

    @pytest.mark.parametrize(
        ("unknown", "vendor", "grade", "reason"),
        [
            (0, 0.0, "A", ""),
            (48, 0.0, "A", ""),
            (49, 0.0, "B", "PARTLY_MISSING"),
            (0, 0.06, "B", "PARTLY_MISSING"),
            (193, 0.0, "X", "MOSTLY_MISSING"),
            (0, 0.21, "X", "MOSTLY_MISSING"),
        ],
    )
    def test_the_larger_of_the_vendors_share_and_ours_decides(
        self, unknown: int, vendor: float, grade: str, reason: str
    ) -> None:
        # Lost at the end, so that no gap lies inside the sleep.
        night = table(Recording(start=DAY0, stages=((1, 960 - unknown), (-1, unknown)), missing=vendor)).iloc[
            0
        ]
        assert night["grade"] == grade
        assert night["valid"] == (grade != "X")
        assert night["reasons"] == reason
        assert night["missing_share"] == max(unknown / 960, vendor)

    @pytest.mark.parametrize(("gap", "valid"), [(120, True), (121, False)])
    def test_one_long_gap_in_the_sleep_is_too_much(self, gap: int, valid: bool) -> None:
        night = table(Recording(start=DAY0, stages=((1, 400), (-1, gap), (1, 800)))).iloc[0]
        assert night["valid"] == valid
        assert ("LONG_GAP" in reasons(night)) != valid

    def test_a_long_gap_before_sleep_or_in_parts_is_not(self) -> None:
        stages = ((-1, 121), (1, 600), (-1, 61), (0, 1), (-1, 61), (1, 1000))
        assert table(Recording(start=DAY0, stages=stages))["valid"].all()

    @pytest.mark.parametrize(
        ("epochs", "reason"), [(359, "TIME_IN_BED_SHORT"), (360, ""), (1920, ""), (1921, "TIME_IN_BED_LONG")]
    )
    def test_a_main_sleep_takes_3_to_16_hours_in_bed(self, epochs: int, reason: str) -> None:
        night = table(Recording(start=DAY0, stages=((1, epochs),))).iloc[0]
        assert night["reasons"] == reason
        assert night["kind"] == "main"
        assert night["valid"] == (not reason)

    def test_a_nap_may_be_short(self) -> None:
        nap = table(hours(23, 31), hours(34, 34.5)).iloc[1]
        assert nap["kind"] == "nap"
        assert nap["valid"]

    def test_rules_can_be_changed_and_contradictions_are_refused(self) -> None:
        strict = ValidNight(most_missing_share_b=0.1)
        assert not table(hours(23, 31, missing=0.15), rules=strict)["valid"].any()
        with pytest.raises(ValueError, match="rise from A to B"):
            ValidNight(most_missing_share_a=0.3)
        with pytest.raises(ValueError, match="below the longest"):
            ValidNight(shortest_in_bed_min=1000)
        with pytest.raises(ValueError, match="duplicate_share"):
            ValidNight(duplicate_share=0)
        with pytest.raises(ValueError, match="bridge_min"):
            ValidNight(bridge_min=-1)


VENDOR = {
    "time_in_bed_s": 28800.0,
    "sleep_latency_s": 600.0,
    "wakeup_latency_s": 600.0,
    "time_in_sleep_s": 27000.0,
    "time_in_sleep_period_s": 27600.0,
    "time_in_wake_s": 600.0,
    "time_in_light_s": 13500.0,
    "time_in_deep_s": 6750.0,
    "time_in_rem_s": 6750.0,
    "longest_waso_s": 600.0,
    "waso_count": 1.0,
    "sleep_efficiency_ratio": 0.94,
    "sleep_index": 81.0,
}
CHECKED = Recording(
    start=at("2026-02-10 23:00"),
    stages=((0, 20), (1, 450), (0, 20), (2, 225), (3, 225), (0, 20)),
    vendor=VENDOR,
)


class TestFlags:
    def test_agreement_with_the_vendor_is_not_remarked(self) -> None:
        night = table(CHECKED).iloc[0]
        assert night["reasons"] == ""
        assert night["vendor_tib_min"] == 480
        assert night["vendor_tst_min"] == 450
        assert night["vendor_sol_min"] == 10
        assert night["vendor_waso_min"] == 10
        assert night["vendor_final_wake_min"] == 10
        assert night["vendor_se_pct"] == pytest.approx(94)
        assert night["vendor_awakenings"] == 1
        assert night["vendor_sleep_index"] == 81
        assert (night["vendor_spt_min"], night["vendor_longest_wake_min"]) == (460, 10)
        assert [night[f"vendor_{stage}_min"] for stage in ("light", "deep", "rem")] == [225, 112.5, 112.5]

    @pytest.mark.parametrize("figure", sorted(set(VENDOR) - {"sleep_index"}))
    def test_each_figure_of_the_vendor_is_compared(self, figure: str) -> None:
        step = {"waso_count": 1.0, "sleep_efficiency_ratio": 0.012}.get(figure, 31.0)
        near = {"waso_count": 0.0, "sleep_efficiency_ratio": 0.008}.get(figure, 30.0)
        for change, flagged in ((step, True), (near, False)):
            vendor = VENDOR | {figure: VENDOR[figure] + change}
            night = table(Recording(start=CHECKED.start, stages=CHECKED.stages, vendor=vendor)).iloc[0]
            assert ("DIFFERS_FROM_VENDOR" in reasons(night)) == flagged
            assert night["valid"]

    def test_a_night_with_lost_signal_is_not_compared(self) -> None:
        stages = (*CHECKED.stages[:-1], (-1, 20))
        assert table(Recording(start=CHECKED.start, stages=stages, vendor=VENDOR))["reasons"].tolist() == [""]

    def test_figures_of_pieces_are_added_up(self) -> None:
        half = {**VENDOR, "time_in_bed_s": 14400.0, "time_in_sleep_s": 13200.0, "time_in_wake_s": 0.0}
        first = hours(23, 27, vendor=half)
        night = table(first, hours(27.5, 31.5, vendor=half)).iloc[0]
        assert night["vendor_tib_min"] == 480
        assert night["vendor_tst_min"] == 440
        # Wake at the end of the first piece and at the beginning of the second lies inside the sleep.
        assert night["vendor_waso_min"] == 20
        assert night["vendor_awakenings"] == 3
        assert night["vendor_se_pct"] == pytest.approx(100 * 440 / 480)
        assert np.isnan(night["vendor_sleep_index"])

    def test_pieces_that_agree_with_the_vendor_agree_together(self) -> None:
        # 29 s of each piece are no whole epoch: together they are more than one.
        vendor = VENDOR | {"time_in_bed_s": 28829.0}
        pieces = [
            Recording(start=CHECKED.start + timedelta(hours=hour), stages=CHECKED.stages, vendor=vendor)
            for hour in (0, 8.5)
        ]
        night = table(*pieces).iloc[0]
        assert night["pieces"] == 2
        assert night["reasons"] == ""
        # Final wake and latency meet in the middle, and are one awakening.
        assert night["vendor_longest_wake_min"] == night["longest_wake_min"] == 20
        assert night["vendor_spt_min"] == night["spt_min"] == 940
        assert night["vendor_light_min"] == night["light_min"] == 450

    def test_time_that_sessions_share_is_not_compared(self) -> None:
        later = Recording(start=CHECKED.start + timedelta(hours=7.75), stages=CHECKED.stages, vendor=VENDOR)
        assert reasons(table(CHECKED, later).iloc[0]) == {"PARTIAL_OVERLAP"}

    @pytest.mark.parametrize(("extra_s", "flagged"), [(0, False), (60, False), (61, True), (-61, True)])
    def test_stages_that_do_not_fit_the_session(self, extra_s: int, flagged: bool) -> None:
        end = DAY0 + timedelta(hours=31, seconds=extra_s)
        night = table(hours(23, 31, end=end)).iloc[0]
        assert ("EPOCH_MISMATCH" in reasons(night)) == flagged
        assert night["valid"]

    def test_implausible_shares_and_broken_recordings_are_remarked(self) -> None:
        deep = Recording(start=DAY0, stages=((1, 300), (2, 500)))
        assert reasons(table(deep).iloc[0]) == {"STAGE_SHARE"}
        broken = hours(23, 31, unexpected_end=DAY0 + timedelta(hours=31))
        assert reasons(table(broken).iloc[0]) == {"BROKE_OFF"}

    def test_every_code_has_a_sentence(self) -> None:
        told = sentences("TOO_SHORT;BROKE_OFF", valid=False)
        assert told == (REASONS["TOO_SHORT"][0], REASONS["BROKE_OFF"][0])
        assert all(text[0].isupper() and text.endswith(".") for text, _ in REASONS.values())


class TestSessionSet:
    def test_refuses_what_does_not_belong_together(self) -> None:
        sessions = session_set([hours(23, 31)])
        with pytest.raises(ValueError, match="needs the columns received"):
            SessionSet.of_frame(sessions.frame.drop(columns="received"), sessions.stages, sessions.snoring)
        with pytest.raises(ValueError, match="1 sessions come with 0 rows"):
            SessionSet.of_frame(sessions.frame, sessions.stages.take([]), sessions.snoring)

    def test_concatenates_without_losing_stages(self) -> None:
        one, two = session_set([hours(23, 31)]), session_set([hours(47, 54), hours(71, 72)])
        both = SessionSet.concat([SessionSet.empty(), one, two])
        assert both.stages.lengths.tolist() == [960, 840, 120]
        assert both.frame["session_id"].tolist() == [*one.frame["session_id"], *two.frame["session_id"]]
        assert len(SessionSet.concat([])) == 0
