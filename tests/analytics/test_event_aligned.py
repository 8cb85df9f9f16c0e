"""People around an event of their own: worked by hand, who counts, the clock, and what is said."""

import math
import time
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analytics.event_aligned import METRICS, EventAligned, Window, event_aligned, event_aligned_metrics
from analytics.multiplicity import benjamini_hochberg, holm
from analytics.shifts import Metric

START = date(2026, 1, 29)
BY_NAME = {metric.name: metric for metric in METRICS}
TST, MIDSLEEP = BY_NAME["tst_min"], BY_NAME["midsleep_clock_h"]
Values = dict[int, float]


def nights(people: dict[str, Values], *, column: str = "tst_min", start: date = START) -> pd.DataFrame:
    """One valid main sleep for each day from the start that has a value."""
    rows = [
        (who, pd.Timestamp(start + timedelta(days=day)), value)
        for who, values in people.items()
        for day, value in values.items()
    ]
    frame = pd.DataFrame(rows, columns=["person_id", "night", column])
    return frame.assign(kind="main", valid=True, reasons="")


def steady(before: float, after: float, *, last: int = 55) -> Values:
    return {day: before if day < 0 else after for day in range(-28, last + 1)}


def around(
    people: dict[str, Values],
    *,
    column: str = "tst_min",
    window: Window | None = None,
    others: Sequence[str] = (),
) -> EventAligned:
    starts = dict.fromkeys([*people, *others], START)
    return event_aligned(
        nights(people, column=column),
        starts,
        phase="Camp",
        metric=BY_NAME[column],
        window=window or Window(),
    )


def test_five_people_by_hand() -> None:
    # Means of a week minus the mean of the four before: 10, 20, 30, 40, 50; sd 15.811, t(4) 2.776, half 19.63.
    found = around({f"p{n}": steady(400 + 7 * n, 400 + 17 * n) for n in range(1, 6)})
    assert found.values[0].tolist() == [10, 20, 30, 40, 50]
    assert found.values[-4].tolist() == [0] * 5
    week = found.steps.loc[0]
    assert week["mean"] == 30
    assert (week["low"], week["high"]) == pytest.approx((10.3676, 49.6324), abs=1e-4)
    assert (week["people"], week["nights"], week["too_few"], week["position"]) == (5, 35, 0, 0.5)
    assert found.steps.index.tolist() == list(range(-4, 8))
    assert (found.change.difference.value, found.change.people) == (30, 5)
    assert found.change.difference.low == pytest.approx(10.3676, abs=1e-4)
    assert (found.change.nights_before, found.change.nights_after) == (140, 140)
    assert found.baseline.tolist() == [407, 414, 421, 428, 435]


def test_interval_and_p_are_those_of_scipy_over_people() -> None:
    draw = np.random.default_rng(4)
    people = {
        f"p{n:02d}": {day: float(draw.normal(420 + 5 * n, 40)) for day in range(-28, 56)} for n in range(12)
    }
    found = around(people)
    for step in found.steps.index:
        away = found.values[step].dropna()
        low, high = stats.t.interval(0.95, len(away) - 1, away.mean(), stats.sem(away))
        assert tuple(found.steps.loc[step, ["low", "high"]]) == pytest.approx((low, high))
    before = [np.mean([value for day, value in nights_.items() if day < 0]) for nights_ in people.values()]
    after = [np.mean([nights_[day] for day in range(28)]) for nights_ in people.values()]
    assert found.change.p == pytest.approx(stats.ttest_rel(after, before).pvalue)


def test_a_person_counts_once_however_many_nights_they_have() -> None:
    few = {f"p{n}": {day: 400.0 + (day >= 0) * 10 for day in range(-28, 56, 2)} for n in range(4)}
    found = around({**few, "p4": steady(400, 460)})
    assert found.steps.loc[0, "mean"] == pytest.approx((4 * 10 + 60) / 5)


def test_a_week_needs_three_nights_and_says_who_lacks_them() -> None:
    people = {f"p{n}": steady(400, 430) for n in range(6)}
    for day in (2, 3, 4, 5, 6):
        del people["p0"][day]
    found = around(people)
    assert np.isnan(found.values[0]["p0"])
    assert [found.steps[name][0] for name in ("people", "nights", "too_few")] == [5, 35, 1]
    people["p0"][2] = 430.0
    assert around(people).values[0]["p0"] == 30


def test_a_baseline_needs_five_nights_of_four_weeks() -> None:
    enough = {**dict.fromkeys(range(-5, 0), 400.0), **dict.fromkeys(range(28), 420.0)}
    short = {day: value for day, value in enough.items() if day != -5}
    found = around({"enough": enough, "short": short})
    assert found.values.index.tolist() == ["enough"]
    (left,) = found.left_out
    assert (left.reason, left.people) == ("few_before", ("short",))
    assert left.words == "1\u00a0person with fewer than 5 nights in the 4\u00a0weeks before"
    assert found.change.few_nights == ("enough",)


def test_each_who_is_not_counted_is_named_with_the_first_reason() -> None:
    people = {f"p{n}": steady(400, 430) for n in range(5)}
    people["begins_late"] = dict.fromkeys(range(56), 400.0)
    people["ends_early"] = dict.fromkeys(range(-28, 0), 400.0)
    people["far_away"] = dict.fromkeys(range(-90, -60), 400.0)
    people["thin_after"] = {**people["ends_early"], 0: 400.0, 1: 400.0, 9: 400.0}
    found = around(people, others=["nobody"])
    assert {each.reason: each.people for each in found.left_out} == {
        "no_night": ("far_away", "nobody"),
        "few_before": ("begins_late",),
        "none_after": ("ends_early", "thin_after"),
    }
    assert (found.people, found.starts) == (5, 10)
    assert sum(len(each.people) for each in found.left_out) + found.people == found.starts
    assert found.notes[1] == (
        "Left out: 2\u00a0people without a valid night in the 4\u00a0weeks before and the 8\u00a0weeks after."
    )


@pytest.mark.parametrize(("last", "weeks"), [(31, 5), (29, 4), (30, 5), (6, 1), (70, 8)])
def test_weeks_that_nobody_can_have_reached_are_not_among_them(last: int, weeks: int) -> None:
    found = around({f"p{n}": steady(400, 430, last=last) for n in range(6)})
    assert found.steps.index.tolist() == list(range(-4, weeks))
    assert list(found.values) == list(range(-4, weeks))
    assert "6 people a week, " in found.caption.replace("\u00a0", " ")


def test_who_began_first_decides_how_many_weeks_there_are() -> None:
    people = {f"p{n}": steady(400, 430, last=20) for n in range(5)}
    starts = {**dict.fromkeys(people, START), "long_ago": START - timedelta(days=21)}
    found = event_aligned(nights(people), starts, phase="Camp", metric=TST)
    assert found.steps.index.tolist() == list(range(-4, 6))


def test_ragged_lives_are_counted_week_by_week() -> None:
    people = {f"p{n}": steady(400, 430 + n, last=7 * n + 6) for n in range(8)}
    found = around(people)
    assert found.steps["people"].loc[0:].tolist() == [8, 7, 6, 5, 4, 3, 2, 1]
    assert found.steps["mean"].notna().tolist() == [True] * 8 + [False] * 4
    assert "Not the same people in every week" in found.notes[-1]


def test_who_has_a_week_but_no_four_is_left_out_of_the_change_only() -> None:
    people = {f"p{n}": steady(400, 430 + n) for n in range(6)}
    people["p0"] = {day: value for day, value in people["p0"].items() if day < 3}
    found = around(people)
    assert found.values[0]["p0"] == 30
    assert (found.change.people, found.change.left_out) == (5, ("p0",))


@pytest.mark.parametrize(("people", "mean"), [(4, False), (5, True)])
def test_below_five_people_there_is_neither_mean_nor_interval(people: int, *, mean: bool) -> None:
    found = around({f"p{n}": steady(400, 430 + n) for n in range(people)})
    assert found.steps[["mean", "low", "high"]].loc[0:].notna().all(axis=None) is np.bool_(mean)
    assert math.isnan(found.change.difference.value) is not mean
    assert len(found.values) == people
    words = found.title if mean is False else found.notes[0]
    assert ("4\u00a0people: too few" in words) or ("Small sample: 5\u00a0people." in words)


def test_nobody_differs_so_there_is_no_interval() -> None:
    found = around({f"p{n}": steady(400, 430) for n in range(6)})
    assert found.steps.loc[0, "mean"] == 30
    assert np.isnan(found.steps.loc[0, ["low", "high"]].to_numpy(dtype=float)).all()
    assert (
        found.title == "Everybody's time asleep changed alike in the first 4\u00a0weeks of Camp: +30\u00a0min"
    )


def test_times_of_day_are_compared_the_short_way_round_midnight() -> None:
    # Before: 23:30 and 00:30, circular mean 00:00. After: 23:00 to 00:20 in steps of 20 min a person.
    people = {
        f"p{n}": {day: (23.5 if day % 2 else 0.5) if day < 0 else (23 + n / 3) % 24 for day in range(-28, 56)}
        for n in range(5)
    }
    found = around(people, column="midsleep_clock_h")
    assert found.values[0].tolist() == pytest.approx([-60, -40, -20, 0, 20])
    assert np.cos(found.baseline.to_numpy() * np.pi / 12) == pytest.approx(np.ones(5))
    assert found.title == "No clear change in mid-sleep in the first 4\u00a0weeks of Camp"
    later = {who: {day: (at + 11) % 24 for day, at in values.items()} for who, values in people.items()}
    assert around(later, column="midsleep_clock_h").steps["mean"].to_numpy() == pytest.approx(
        found.steps["mean"].to_numpy(), abs=1e-6
    )


def test_times_all_round_the_clock_are_no_baseline_and_no_week() -> None:
    people = {f"p{n}": steady(3, 4 + n / 10) for n in range(5)}
    people["round"] = {day: (6.0 * day) % 24 for day in range(-28, 56)}
    people["p0"].update({day: (6.0 * day) % 24 for day in range(4)})
    for day in (4, 5, 6):
        del people["p0"][day]
    found = around(people, column="midsleep_clock_h")
    assert [(each.reason, each.people) for each in found.left_out] == [("no_typical_time", ("round",))]
    assert np.isnan(found.values[0]["p0"])
    assert found.steps.loc[0, "too_few"] == 1


def test_nights_of_a_journey_have_no_time_of_day_and_all_else() -> None:
    frame = nights({f"p{n}": steady(3, 4 + n / 10) for n in range(5)}, column="midsleep_clock_h")
    frame["tst_min"] = 420.0
    frame.loc[(frame["person_id"] == "p0") & (frame["night"] >= pd.Timestamp(START)), "reasons"] = "TRAVEL"
    starts = dict.fromkeys(frame["person_id"], START)
    clock = event_aligned(frame, starts, phase="Camp", metric=MIDSLEEP)
    assert [each.people for each in clock.left_out] == [("p0",)]
    assert event_aligned(frame, starts, phase="Camp", metric=TST).people == 5


def test_efficiency_is_the_one_that_counts() -> None:
    frame = nights({f"p{n}": steady(80, 80 + n) for n in range(5)}, column="se_pct")
    frame = frame.assign(se_known_pct=frame["se_pct"] + 10, unknown_share=0.0)
    frame.loc[frame["night"] >= pd.Timestamp(START), "unknown_share"] = 0.1
    found = event_aligned(
        frame, dict.fromkeys(frame["person_id"], START), phase="Camp", metric=BY_NAME["se_pct"]
    )
    assert found.values[0].tolist() == [10, 11, 12, 13, 14]


def test_naps_and_what_is_not_valid_do_not_count() -> None:
    frame = nights({f"p{n}": steady(400, 430 + n) for n in range(5)})
    other = frame.assign(tst_min=9.0)
    every = pd.concat([frame, other.assign(kind="nap"), other.assign(valid=False)])
    starts = dict.fromkeys(frame["person_id"], START)
    pd.testing.assert_frame_equal(
        event_aligned(every, starts, phase="Camp", metric=TST).values,
        event_aligned(frame, starts, phase="Camp", metric=TST).values,
    )


def test_the_event_s_night_has_the_date_of_the_start_as_label() -> None:
    people = {f"p{n}": {day: 400.0 + (day == 0) * 70 for day in range(-28, 56)} for n in range(5)}
    found = around(people)
    assert found.values[0].tolist() == [10] * 5
    assert found.values[-1].tolist() == [0] * 5


def test_days_stand_for_themselves() -> None:
    window = Window(before=14, after=28, step="day")
    people = {f"p{n}": steady(400, 430 + n) for n in range(5)}
    del people["p0"][3]
    found = around(people, window=window)
    assert found.steps.index.tolist() == list(range(-14, 28))
    assert found.steps["people"].loc[2:4].tolist() == [5, 4, 5]
    assert (found.change.days, found.change.difference.value) == (28, 32)
    assert "valid night minus their own mean of the 14\u00a0days before" in found.method


def test_a_short_window_makes_a_short_change() -> None:
    found = around({f"p{n}": steady(400, 430 + n) for n in range(5)}, window=Window(before=1, after=2))
    assert found.change.days == 14
    assert found.title == "Time asleep 32\u00a0min longer in the first 2\u00a0weeks of Camp"


def test_what_is_no_window_and_no_start_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one week before"):
        Window(before=0)
    with pytest.raises(ValueError, match="week"):
        Window(step="month")  # type: ignore[arg-type]
    twice = pd.Series([pd.Timestamp(START)] * 2, index=["p0", "p0"])
    with pytest.raises(ValueError, match="two events"):
        event_aligned(nights({"p0": steady(1, 1)}), twice, phase="Camp", metric=TST)


def test_nobody_and_nothing_are_told() -> None:
    nothing = nights({"p0": steady(400, 430)}).iloc[:0]
    assert event_aligned(nothing, {}, phase="Camp", metric=TST).title == "Nobody has a start of Camp"
    found = event_aligned(nothing, {"p0": START}, phase="Camp", metric=TST)
    assert found.title == "Nobody has enough nights before and after the start of Camp"
    assert found.caption == "0 of 1 person with a start is counted."
    missing = pd.Series([pd.NaT], index=["p0"])
    assert event_aligned(nothing, missing, phase="Camp", metric=TST).starts == 0


def test_a_person_without_a_start_is_not_in_question() -> None:
    frame = nights({**{f"p{n}": steady(400, 430 + n) for n in range(5)}, "other": steady(9, 900)})
    found = event_aligned(frame, {f"p{n}": START for n in range(5)}, phase="Camp", metric=TST)
    assert (found.starts, found.people) == (5, 5)


@pytest.mark.parametrize(
    ("column", "gain", "title"),
    [
        ("tst_min", -25, "Time asleep 23\u00a0min shorter in the first 4\u00a0weeks of Camp"),
        ("tst_min", 65, "Time asleep 1\u00a0h\u00a07\u00a0min longer in the first 4\u00a0weeks of Camp"),
        ("waso_min", 20, "Time awake after onset 22\u00a0min longer in the first 4\u00a0weeks of Camp"),
        ("score", -3, "Score 1\u00a0point lower in the first 4\u00a0weeks of Camp"),
        ("midsleep_clock_h", 1, "Mid-sleep 3\u00a0h later in the first 4\u00a0weeks of Camp"),
    ],
)
def test_the_title_says_what_moved_and_by_how_much(column: str, gain: float, title: str) -> None:
    scale = 0.25 if column == "score" else 1
    people = {f"p{n}": steady(10, 10 + gain + n * scale + (scale < 1) * 1.5) for n in range(5)}
    found = around(people, column=column)
    assert found.title == title
    assert found.direction == ("up" if gain > 0 else "down")


def test_a_change_that_rounds_to_nothing_is_not_told_as_one() -> None:
    found = around({f"p{n}": steady(400, 400.2 + n / 100) for n in range(8)})
    assert found.change.p < 0.001
    assert found.title == "No clear change in time asleep in the first 4\u00a0weeks of Camp"


def test_the_caption_tells_marks_people_and_nights() -> None:
    found = around({f"p{n}": steady(400, 430 + n) for n in range(5)}, others=["gone"])
    words = found.caption.replace("\u00a0", " ")
    assert (
        "Line: mean of people's differences from their own 4 weeks before; band: its 95 % interval" in words
    )
    assert "5 of 6 people with a start are counted. 5 people a week, 420 nights." in words
    assert words.endswith("First 4 weeks: +32 min, 95 % interval +30 min to +34 min (5 people).")
    assert "no cause is shown" in found.method
    few = around({f"p{n}": steady(400, 430 + n) for n in range(3)}).caption
    assert few.startswith("Dots: people's differences")


def test_of_several_metrics_titles_go_by_adjusted_p_values() -> None:
    draw = np.random.default_rng(12)
    people = {f"p{n}": {day: float(draw.normal(420, 30)) for day in range(-28, 56)} for n in range(9)}
    frame = nights(people)
    more = {"waso_min": 30, "score": 70, "se_pct": 85, "se_known_pct": 85}
    for name, mean in more.items():
        frame[name] = draw.normal(mean, 5, len(frame))
    frame = frame.assign(unknown_share=0.0)
    found = event_aligned_metrics(frame, dict.fromkeys(people, START), phase="Camp")
    assert [each.metric.name for each in found] == ["tst_min", "se_pct", "waso_min", "score"]
    p = [each.change.p for each in found]
    assert [each.change.p_adjusted for each in found[:2]] == pytest.approx(holm(p[:2]).tolist())
    assert [each.change.p_adjusted for each in found[2:]] == pytest.approx(benjamini_hochberg(p[2:]).tolist())


def test_every_metric_of_triage_has_its_words() -> None:
    def titled(metric: Metric) -> str:
        return event_aligned(nights({}, column=metric.name), {}, phase="Camp", metric=metric).title

    assert {titled(metric) for metric in METRICS if metric.name != "se_pct"} == {"Nobody has a start of Camp"}


@pytest.mark.parametrize("metric", [TST, MIDSLEEP])
def test_a_year_of_five_thousand_people_takes_half_a_second(metric: Metric) -> None:
    people, days = 5_000, 365
    draw = np.random.default_rng(1)
    first = np.datetime64("2025-01-01", "s")
    ids = np.array([f"p_{n:04d}" for n in range(people)])
    frame = pd.DataFrame(
        {
            "person_id": pd.Series(np.repeat(ids, days), dtype="str"),
            "night": np.tile(first + np.arange(days) * np.timedelta64(1, "D"), people),
            "kind": pd.Series("main", index=range(people * days), dtype="str"),
            "valid": True,
            "reasons": pd.Series("", index=range(people * days), dtype="str"),
            metric.name: draw.normal(3.5, 0.7, people * days) % 24,
        }
    )
    begins = draw.integers(30, 300, people)
    starts = pd.Series(first + begins * np.timedelta64(1, "D"), index=ids)
    took = []
    for _ in range(3):
        begun = time.process_time()
        found = event_aligned(frame, starts, phase="Camp", metric=metric)
        took.append(time.process_time() - begun)
    assert found.people == people
    assert min(took) <= 0.5
