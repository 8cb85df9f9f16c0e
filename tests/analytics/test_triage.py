"""Whom to look at first: who moved away from their own usual, how it is said, and in which order."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.insights import choose_insights, shift_insights
from analytics.nights import night_table
from analytics.shifts import clock_shifts, medians, shifts
from analytics.triage import triage
from analytics.triage_words import HOW_TO_READ
from tests.analytics.recordings import Recording, session_set

TODAY = date(2026, 3, 31)
DAYS = 35
# Its median is 0 over the first 28 days and over the last 7.
WAVE = np.resize([10.0, -10.0, -5.0, 0.0, 5.0], DAYS)
LEAST = "the least spread that is counted"


def person(who: str, **columns: object) -> pd.DataFrame:
    """Five weeks of steady nights up to today; 7.2 min of spread asleep."""
    steady = {
        "person_id": who,
        "night": pd.date_range(end=TODAY, periods=DAYS, unit="us"),
        "kind": "main",
        "valid": True,
        "tib_min": 480.0,
        "missing_share": 0.0,
        "unknown_share": 0.0,
        "tst_min": 430 + WAVE,
        "se_pct": 90 + WAVE / 10,
        "se_known_pct": 90 + WAVE / 10,
        "midsleep_clock_h": np.mod(0.05 + WAVE / 60, 24),
        "waso_min": 20 + WAVE / 2,
    }
    return pd.DataFrame({**steady, **columns})


def moved(days: int, *, by: float, level: float = 430.0) -> np.ndarray:
    return level + WAVE + np.where(np.arange(DAYS) >= DAYS - days, by, 0)


def of(frame: pd.DataFrame, who: str = "p") -> dict[str, Any]:
    return {str(name): column[who] for name, column in triage(frame, TODAY).items()}


def test_a_steady_person_has_no_flag_and_no_reason() -> None:
    found = of(person("p"))
    assert (found["flag"], found["red"], found["amber"], found["reasons"]) == ("none", 0, 0, ())
    assert found["max_abs_z"] < 1
    assert not any(found[name] for name in ("short_sleep", "low_efficiency", "no_data", "much_unknown"))


@pytest.mark.parametrize(("by", "flag"), [(-29, "none"), (-31, "red"), (31, "red")])
def test_a_change_has_to_matter_however_far_it_is_from_usual(by: float, flag: str) -> None:
    found = of(person("p", tst_min=moved(7, by=by)))
    assert abs(found["tst_min_z"]) >= 2.5
    assert found["flag"] == flag


@pytest.mark.parametrize(("scatter", "flag"), [(10.0, "red"), (12.0, "amber"), (20.0, "none")])
def test_a_change_has_to_be_far_from_usual_however_much_it_matters(scatter: float, flag: str) -> None:
    nights = np.resize([-scatter, 0, scatter], DAYS) / 1.4826 + 430.0
    nights[-7:] -= 31
    found = of(person("p", tst_min=nights))
    assert found["tst_min_scale"] == pytest.approx(max(10.0, scatter))
    assert found["tst_min_flag"] == flag


@pytest.mark.parametrize(
    ("columns", "change", "times", "usual"),
    [
        ({"tst_min": moved(7, by=-40)}, "Slept 40 min less", f"4 times 10 min, {LEAST}", "7 h 10 min"),
        ({"tst_min": 3 * moved(7, by=-20, level=140)}, "Slept 1 h less", "2.7 times the usual spread", "7 h"),
        (
            {"se_pct": moved(7, by=-60, level=900) / 10, "se_known_pct": 90.0},
            "Efficiency 6 points lower",
            f"4 times 1.5 points, {LEAST}",
            "90 %",
        ),
        (
            {"waso_min": moved(7, by=50, level=20)},
            "Awake after onset 50 min more",
            "6.7 times the usual spread",
            "20 min",
        ),
        (
            {"score": moved(7, by=-96, level=640) / 8},
            "Score 12 points lower",
            f"4 times 3 points, {LEAST}",
            "80",
        ),
    ],
)
def test_the_reason_says_the_change_its_nights_its_spread_and_what_is_usual(
    columns: dict[str, object], change: str, times: str, usual: str
) -> None:
    (reason,) = of(person("p", **columns))["reasons"]
    assert reason.replace("\u00a0", " ") == (
        f"{change} than usual in the last 7 days (7 nights), {times}; usual {usual} (28 nights)."
    )
    assert "not a p value" in HOW_TO_READ
    assert LEAST in HOW_TO_READ


def test_later_nights_are_later_across_midnight() -> None:
    late = np.mod(moved(7, by=60, level=0) / 60 + 23.5, 24)
    found = of(person("p", midsleep_clock_h=late))
    assert found["midsleep_clock_h_flag"] == "red"
    assert found["midsleep_clock_h_delta"] == pytest.approx(60)
    (reason,) = (each.replace("\u00a0", " ") for each in found["reasons"])
    assert reason.startswith(
        "Mid-sleep 1 h later than usual in the last 7 days (7 nights), 6 times 10 min, the least spread"
    )
    assert reason.endswith("; usual 23:30 (28 nights).")


def test_hours_on_a_journey_are_no_shift_of_hours() -> None:
    """A stay of a week five hours to the west: three nights are left out, and hours then kept by the clock there."""
    clock = np.mod(0.05 + WAVE / 60 + np.r_[np.zeros(28), 5, 5, 3, np.zeros(4)], 24)
    away = ["", *[""] * 27, "TRAVEL", "PARTLY_MISSING;AFTER_TRAVEL", "AFTER_TRAVEL", *[""] * 4]
    found = of(person("p", midsleep_clock_h=clock, reasons=away))
    assert (found["midsleep_clock_h_nights_recent"], found["tst_min_nights_recent"]) == (4, 7)
    assert (found["midsleep_clock_h_flag"], found["label"], found["attention"]) == ("none", "", False)
    # Four later nights move the median of seven; of those four three are the journey's.
    late = np.mod(0.05 + WAVE / 60 + np.r_[np.zeros(28), 5, 5, 5, 5, np.zeros(3)], 24)
    assert of(person("p", midsleep_clock_h=late))["label"] == "Later sleep"
    assert of(person("p", midsleep_clock_h=late, reasons=away))["label"] == ""
    shorter = of(person("p", midsleep_clock_h=late, tst_min=moved(7, by=-40), reasons=away))
    assert shorter["label"] == "Shorter sleep"


def test_hours_all_round_the_clock_do_not_shift() -> None:
    around = np.resize([0.0, 8.0, 16.0], DAYS)
    found = of(person("p", midsleep_clock_h=around))
    assert found["midsleep_clock_h_flag"] == "insufficient data"
    assert np.isnan(found["midsleep_clock_h_z"])
    assert found["flag"] == "none"


@pytest.mark.parametrize(("before", "recent", "enough"), [(14, 4, True), (13, 7, False), (28, 3, False)])
def test_fourteen_nights_before_and_four_of_the_last_week_are_needed(
    before: int, recent: int, enough: bool
) -> None:
    frame = person("p")
    kept = np.r_[np.arange(before), np.arange(DAYS - recent, DAYS)]
    found = of(frame.take(kept))
    assert (found["flag"] == "none") is enough
    if not enough:
        assert found["reasons"][-1].startswith("Insufficient data: ")
        assert f"{before} of 28 nights before (needs 14)" in found["reasons"][-1]


def test_nights_that_are_not_valid_and_naps_do_not_count() -> None:
    bad = person("p", tst_min=moved(7, by=-200))
    bad.loc[28:, "valid"] = False
    assert of(bad)["flag"] == "insufficient data"
    nap = person("p").assign(kind="nap", tst_min=60.0)
    assert of(pd.concat([nap, person("p")]))["tst_min_before"] == 430


def test_where_nothing_arrives_that_is_why_there_are_too_few_nights() -> None:
    silent = of(person("p").iloc[:-4])
    assert (silent["flag"], silent["label"]) == ("insufficient data", "No data")
    assert [reason.replace("\u00a0", " ") for reason in silent["reasons"]] == [
        "Nothing was recorded for 4 days."
    ]


def test_levels_have_flags_of_their_own() -> None:
    short = of(person("p", tst_min=350.0, se_pct=70.0, se_known_pct=70.0))
    assert (short["flag"], short["short_sleep"], short["low_efficiency"]) == ("none", True, True)
    assert [reason.replace("\u00a0", " ") for reason in short["reasons"]] == [
        "Asleep 5 h 50 min a night on average in the last 7 days, under 6 h.",
        "Efficiency 70 % on average in the last 7 days, under 75 %.",
    ]
    silent = of(person("p").iloc[:-3])
    assert (silent["stale_days"], silent["no_data"]) == (3, True)
    assert not of(person("p").iloc[:-2])["no_data"]
    lost = person("p", missing_share=np.r_[np.zeros(28), np.full(7, 0.25)])
    assert of(lost)["much_unknown"]
    assert "25 % of the recordings" in of(lost)["reasons"][0].replace("\u00a0", " ")
    assert not of(person("p", missing_share=0.2))["much_unknown"]


def test_most_red_comes_first_then_the_largest_shift_then_the_oldest_data() -> None:
    two = person("two", tst_min=moved(7, by=-35), waso_min=moved(7, by=35, level=20))
    far, near = (person(who, tst_min=moved(7, by=by)) for who, by in (("far", -90), ("near", -40)))
    old, older = (person(who).iloc[:-days] for who, days in (("old", 8), ("older", 9)))
    frame = pd.concat([older, old, near, far, two])
    found = triage(frame, TODAY, people=["nobody", "two", "far", "near", "old", "older"])
    assert list(found.index) == ["two", "far", "near", "nobody", "older", "old"]
    assert np.isnan(found["stale_days"]["nobody"])
    assert "Nothing has been recorded yet." in found["reasons"]["nobody"]


def test_nobody_who_is_only_better_stands_before_somebody_who_needs_attention() -> None:
    better = person("better", **CALMER, **HIGHER)
    frame = pd.concat(
        [better, person("usual"), person("silent").iloc[:-4], person("short", tst_min=330 + WAVE)]
    )
    found = triage(frame, TODAY)
    assert list(found.index) == ["short", "silent", "better", "usual"]
    assert found["red"].to_dict() == {"short": 0, "silent": 0, "better": 2, "usual": 0}


def test_a_night_that_nobody_asked_for_is_not_one_that_was_not_recorded() -> None:
    frame = pd.concat([person("asked").iloc[:-4], person("late").iloc[:-4], person("arrived").iloc[:-4]])
    until = TODAY - timedelta(days=2)
    asked = {"asked": TODAY, "late": until, "silent": TODAY}
    found = triage(frame, TODAY, people=["asked", "late", "arrived", "silent", "new"], asked=asked)
    assert found["no_data"].to_dict() == {
        "asked": True, "late": False, "arrived": False, "silent": True, "new": False
    }  # fmt: skip
    assert found.loc[["asked", "late", "arrived"], "stale_days"].tolist() == [4, 2, 0]
    assert found.loc[["silent", "new"], "stale_days"].isna().all()
    assert found.at["late", "newest"] == pd.Timestamp(TODAY) - pd.Timedelta(days=4)
    assert found["newest"].isna()["new"]
    assert found["attention"].to_dict() == found["no_data"].to_dict()


LATER = {"midsleep_clock_h": np.mod(moved(7, by=60, level=0) / 60 + 23.5, 24)}
SHORTER, LONGER = {"tst_min": moved(7, by=-40)}, {"tst_min": moved(7, by=40)}
RESTLESS = {"se_pct": moved(7, by=-60, level=900) / 10, "se_known_pct": 90.0}
CALMER = {"waso_min": moved(7, by=-30, level=50)}
LOWER, HIGHER = ({"score": moved(7, by=by, level=640) / 8} for by in (-96, 96))
SHORT = {"tst_min": 330 + WAVE}


@pytest.mark.parametrize(
    ("columns", "label", "attention"),
    [
        ({}, "", False),
        (SHORTER, "Shorter sleep", True),
        (LONGER, "Longer sleep", True),
        (LATER, "Later sleep", True),
        (LATER | SHORTER, "Later and shorter", True),
        (SHORTER | {"waso_min": moved(7, by=50, level=20)}, "Shorter and restless", True),
        (RESTLESS, "Restless", True),
        (RESTLESS | LOWER, "Restless", True),
        (LOWER, "Lower score", True),
        (LOWER | SHORT, "Short sleep", True),
        (SHORT, "Short sleep", True),
        (SHORT | CALMER, "Short sleep", True),
        ({"se_pct": 70.0, "se_known_pct": 70.0}, "Low efficiency", True),
        ({"missing_share": 0.3}, "Much missing", True),
        (SHORTER | CALMER, "Shorter sleep", True),
        (CALMER, "Calmer", False),
        (CALMER | HIGHER, "Calmer", False),
        (HIGHER, "Higher score", False),
    ],
)
def test_a_label_says_what_moved_and_only_what_is_better_needs_no_attention(
    columns: dict[str, object], label: str, attention: bool
) -> None:
    found = of(person("p", **columns))
    assert (found["label"], found["attention"]) == (label, attention)


def test_of_three_that_moved_the_label_has_the_two_that_moved_most() -> None:
    found = of(person("p", **(LATER | {"tst_min": moved(7, by=-80)} | RESTLESS)))
    assert found["label"] == "Later and shorter"
    assert [reason.split()[0] for reason in found["reasons"]] == [
        "Slept",
        "Mid-sleep",
        "Efficiency",
        "Asleep",
    ]


def weeks(who: str, *, changed: int, by: float) -> pd.DataFrame:
    """Eight steady weeks up to today, of which so many last nights are longer or shorter."""
    night = pd.date_range(end=TODAY, periods=56, unit="us")
    asleep = 430 + np.resize(WAVE, 56) + np.where(np.arange(56) >= 56 - changed, by, 0)
    return pd.concat([person(who)] * 2, ignore_index=True).iloc[:56].assign(night=night, tst_min=asleep)


@pytest.mark.parametrize(("changed", "days"), [(4, 0), (6, 2), (9, 5), (17, 13)])
def test_since_is_the_first_of_the_days_on_which_attention_was_needed(changed: int, days: int) -> None:
    # A median of 7 nights has moved once 4 of them have; a fortnight is looked back.
    frame = weeks("p", changed=changed, by=-60)
    found = of(frame)
    assert found["since"] == pd.Timestamp(TODAY) - pd.Timedelta(days=days)
    flags = [triage(frame, TODAY - timedelta(days=n))["attention"].tolist() for n in range(15)]
    unbroken = [flag == [True] for flag in flags[: days + 1]]
    assert all(unbroken)
    assert flags[days + 1] == [False] or days == 13


def test_a_day_without_need_begins_it_anew() -> None:
    frame = pd.concat([weeks("now", changed=4, by=-60), weeks("well", changed=0, by=0)])
    silent = weeks("back", changed=0, by=0)
    # Silent for four days, back for one night, silent again for three.
    gap = silent["night"].isin(pd.Timestamp(TODAY) - pd.to_timedelta([0, 1, 2, 4, 5, 6, 7], unit="D"))
    found = triage(pd.concat([frame, silent[~gap]]), TODAY)
    today = pd.Timestamp(TODAY)
    assert found.at["now", "since"] == today
    assert found.at["back", "since"] == today
    assert found["since"].isna()["well"]


def test_a_day_before_the_first_recording_is_no_day_of_need() -> None:
    # One night, yesterday, with 30 % missing: there was nothing to miss before it.
    found = of(person("p", missing_share=0.3).iloc[-2:-1])
    assert (found["label"], found["since"]) == ("Much missing", pd.Timestamp(TODAY) - pd.Timedelta(days=1))
    silent = of(person("p").iloc[-5:-4])
    assert (silent["label"], silent["since"]) == ("No data", pd.Timestamp(TODAY) - pd.Timedelta(days=1))


@pytest.mark.parametrize(
    ("first", "last", "since"),
    [(0, 0, None), (1, 0, None), (2, 0, 0), (4, 0, 2), (60, 0, 13), (4, 3, None), (5, 3, 3), (6, 3, 4)],
)
def test_who_never_recorded_is_silent_once_3_days_have_been_asked_for(
    first: int, last: int, since: int | None
) -> None:
    asked = {"p": (TODAY - timedelta(days=first), TODAY - timedelta(days=last))}
    found = triage(person("p").iloc[:0], TODAY, people=["p"], asked=asked).loc["p"]
    assert found["attention"] == found["no_data"] == (since is not None)
    assert found["label"] == ("Too few nights" if since is None else "No data")
    if since is not None:
        assert found["since"] == pd.Timestamp(TODAY) - pd.Timedelta(days=since)


def test_who_has_too_few_nights_is_said_to_and_needs_no_attention() -> None:
    found = of(person("p").iloc[-9:])
    assert (found["flag"], found["label"], found["attention"]) == (
        "insufficient data",
        "Too few nights",
        False,
    )


def test_reasons_are_what_moved_then_levels_then_the_score() -> None:
    columns = {**LATER, **LOWER, "tst_min": moved(7, by=-40, level=380)}
    firsts = [reason.split()[0] for reason in of(person("p", **columns))["reasons"]]
    assert firsts == ["Mid-sleep", "Slept", "Asleep", "Score"]


def test_what_comes_after_today_and_before_the_five_weeks_is_not_looked_at() -> None:
    later = person("p", tst_min=100.0, night=pd.date_range("2026-04-01", periods=DAYS, unit="us"))
    earlier = person("p", tst_min=900.0, night=pd.date_range("2025-01-01", periods=DAYS, unit="us"))
    found = triage(pd.concat([earlier, person("p"), later]), TODAY)
    pd.testing.assert_frame_equal(found, triage(person("p"), TODAY))


def test_scores_are_looked_at_where_nights_have_one() -> None:
    found = of(person("p", score=moved(7, by=-12, level=80) - moved(7, by=0, level=0) / 2))
    assert found["score_flag"] in {"amber", "red"}
    assert "score_z" not in of(person("p"))


def test_nobody_makes_an_empty_table() -> None:
    assert triage(person("p").iloc[:0], TODAY).empty


def test_the_order_of_rows_changes_nothing() -> None:
    draw = np.random.default_rng(4)
    frame = pd.concat([person(f"p{n}", tst_min=430 + 40 * draw.standard_normal(DAYS)) for n in range(6)])
    twice = pd.concat([frame, frame.assign(tst_min=frame["tst_min"] - 100)])
    pd.testing.assert_frame_equal(triage(twice, TODAY), triage(twice.sample(frac=1, random_state=1), TODAY))
    pd.testing.assert_frame_equal(triage(twice, TODAY), triage(frame, TODAY))


def test_medians_are_those_of_numpy() -> None:
    table = np.random.default_rng(1).normal(size=(40, 9))
    table[np.random.default_rng(2).uniform(size=table.shape) < 0.4] = np.nan
    table[:, 0] = 1.0
    np.testing.assert_array_equal(medians(table), np.nanmedian(table, axis=1))
    assert np.isnan(medians(np.full((2, 3), np.nan))).all()
    assert medians(np.empty((0, 3))).shape == (0,)


def test_a_shift_on_the_clock_is_the_shift_of_the_minutes() -> None:
    before = 90 + np.random.default_rng(3).normal(scale=25, size=(5, 28))
    recent = 130 + np.random.default_rng(4).normal(scale=25, size=(5, 7))
    minutes = shifts(before, recent, floor=10, practical=45)
    clock = clock_shifts(before / 60 - 2, recent / 60 - 2, floor=10, practical=45)
    np.testing.assert_allclose(clock.z, minutes.z)
    np.testing.assert_allclose(clock.before, np.mod(minutes.before / 60 - 2, 24))
    assert list(clock.flag) == list(minutes.flag)


def test_five_thousand_people_take_half_a_second_at_most() -> None:
    one = person("p")
    frame = pd.concat([one] * 5_000, ignore_index=True)
    draw = np.random.default_rng(0)
    frame["person_id"] = pd.Series(np.repeat([f"p{n:05d}" for n in range(5_000)], DAYS), dtype="str")
    frame["tst_min"] = draw.normal(430, 35, len(frame))
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        assert len(triage(frame, TODAY)) == 5_000
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.5


def test_the_nights_table_has_all_that_triage_reads() -> None:
    """Seven nights end two hours earlier than the 28 before; narrow as an archive keeps them."""
    recorded = [
        Recording(
            start=datetime(2026, 2, 24, 23, tzinfo=UTC) + timedelta(days=n), stages=((0, 20), (1, length))
        )
        for n, length in enumerate([880, 900, 860, 890] * 7 + [640] * 7)
    ]
    nights = night_table(session_set(recorded), zone="UTC").assign(person_id="p")
    wide = of(nights)
    assert (wide["tst_min_flag"], wide["tst_min_nights_before"], wide["tst_min_nights_recent"]) == (
        "red",
        28,
        7,
    )
    assert wide["midsleep_clock_h_flag"] == "red"
    narrow = nights.astype({"tst_min": "float32", "midsleep_clock_h": "float32", "se_pct": "float32"})
    assert of(narrow)["reasons"] == wide["reasons"]
    assert choose_insights(shift_insights(wide), today=TODAY)[0].metric == "tst_min"
