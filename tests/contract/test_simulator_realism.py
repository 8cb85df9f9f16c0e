"""Two hundred simulated people sleep as people in the calibration file do, by the statistics the dashboard shows.

A band spans the figures of the sets of nights it was taken from and no more than a stated tolerance beside them, half
on each side: the tolerance stands for what small sets leave open (17 and 59 nights; one person of oura_a). Deep sleep
is not taken from boas_human, which holds little of it; nothing about transitions is taken from oura_a, whose epochs
last 5 minutes.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics.stages import AWAKE as WAKE
from analytics.stages import DEEP, LIGHT, REM, night_statistics
from asleep.simulator.recordings import nights_of
from asleep.simulator.world import World, simulated_world

CALIBRATION = Path(__file__).parents[3] / "shared" / "real-nights" / "calibration_shared.json"
STAGES = {"wake": WAKE, "light": LIGHT, "deep": DEEP, "rem": REM}
PEOPLE, NIGHTS = 200, 90


Calibration = dict[str, Any]
Source = Callable[[Calibration], float]


@dataclass(frozen=True)
class Band:
    """Where a simulated figure may lie: between the figures of some sets and half a tolerance beyond them."""

    low: float
    high: float
    tolerance: float
    sources: tuple[Source, ...]


def field(path: str, times: float = 1.0) -> tuple[Source]:
    """A figure of the calibration file by the names on the way to it."""

    def read(calibration: Calibration) -> float:
        value: Any = calibration
        for step in path.split("/"):
            value = value[int(step) if isinstance(value, list) else step]
        return times * float(value)

    return (read,)


def both(path: str) -> tuple[Source, ...]:
    return field(f"boas_human/{path}") + field(f"dodh_majority/{path}")


def per_night(name: str) -> tuple[Source, ...]:
    return both(f"per_night/{name}/mean")


def runs(stage: str, share: str) -> tuple[Source, ...]:
    return both(f"run_lengths_min_within_sleep_period/{stage}/{share}")


def by_hour(hour: int, stage: int) -> tuple[Source, ...]:
    return both(f"transition/by_hour_since_onset/{hour}/occupancy/{stage}")


def leaving(stage: int, to: int) -> tuple[Source, ...]:
    """Of the runs of a stage that end in another one, the share that ends in `to`: transition/overall_counts."""

    def share(name: str, calibration: Calibration) -> float:
        counts = calibration[name]["transition"]["overall_counts"][stage]
        return float(counts[to] / (sum(counts) - counts[stage]))

    return partial(share, "boas_human"), partial(share, "dodh_majority")


def slope(name: str) -> tuple[Source, ...]:
    return field(f"boas_human/slope_per_decade_first_night_per_person/{name}")


def more_of_men(name: str) -> Source:
    """How much higher the mean of boas_human's men is than that of its women."""

    def read(calibration: Calibration) -> float:
        means = [calibration["boas_human"]["cohorts"][sex][name]["mean"] for sex in ("sexM", "sexF")]
        return float(means[0] - means[1])

    return read


def cohort(path: str) -> tuple[Source, ...]:
    return field(f"boas_human/cohorts/{path}/mean")


DODH_DEEP_RUNS = "dodh_majority/run_lengths_min_within_sleep_period/deep"
DODH_HOURS = "dodh_majority/transition/by_hour_since_onset"
LIFESNAPS, ONE_PERSON = "lifesnaps_daily", "within_person/oura_a"

BANDS = {
    # Means of nights; minutes, percent, counts.
    "tst_min": Band(385, 465, 12, per_night("TST")),
    "se_pct": Band(81.4, 90.3, 2, per_night("SE")),
    "waso_min": Band(29.5, 39.5, 6, per_night("WASO")),
    "sol_min": Band(12.1, 38.0, 2.2, per_night("SOL")),
    "final_wake_min": Band(6.6, 10.1, 2.1, per_night("final_wake")),
    "light_pct": Band(63.2, 78.4, 2.1, per_night("light_pct")),
    "deep_pct": Band(12.5, 16.5, 4, field("dodh_majority/per_night/deep_pct/mean")),
    "rem_pct": Band(15.8, 22.2, 2, per_night("rem_pct")),
    "awakenings": Band(17.0, 23.9, 2, per_night("awakenings")),
    "stage_shifts": Band(55.0, 72.8, 4.1, per_night("stage_changes")),
    "rem_latency_min": Band(126.2, 144.0, 16, per_night("rem_latency")),
    "rem_episodes": Band(2.8, 4.0, 0.3, per_night("rem_episodes")),
    # Cycles, from the start of one REM episode to that of the next.
    "cycle_min": Band(94.0, 111.0, 10.1, both("cycle_length_min/mean")),
    "cycle_1_min": Band(105.4, 120.0, 10.2, both("cycle_length_by_order/1/mean")),
    "cycle_2_min": Band(94.9, 113.8, 10.2, both("cycle_length_by_order/2/mean")),
    "cycle_3_min": Band(85.0, 102.0, 17, both("cycle_length_by_order/3/mean")),
    # Quartiles of run lengths in minutes; a step of the figures is half a minute.
    "wake_p25": Band(0.25, 0.75, 0.5, runs("wake", "p25")),
    "wake_p50": Band(0.25, 0.75, 0.5, runs("wake", "p50")),
    "wake_p75": Band(1.0, 2.0, 1, runs("wake", "p75")),
    "light_p25": Band(0.5, 1.5, 1, runs("light", "p25")),
    "light_p50": Band(3.5, 4.75, 1, runs("light", "p50")),
    "light_p75": Band(12.0, 16.5, 1, runs("light", "p75")),
    "deep_p25": Band(0.25, 0.75, 0.5, field(f"{DODH_DEEP_RUNS}/p25")),
    "deep_p50": Band(3.5, 6.5, 3, field(f"{DODH_DEEP_RUNS}/p50")),
    "deep_p75": Band(11.0, 15.0, 4, field(f"{DODH_DEEP_RUNS}/p75")),
    "rem_p25": Band(2.5, 4.1, 1, runs("rem", "p25")),
    "rem_p50": Band(9.0, 10.5, 1, runs("rem", "p50")),
    "rem_p75": Band(17.2, 19.5, 1.1, runs("rem", "p75")),
    # Share of deep and REM sleep by hour since onset; dodh_majority has 17 nights in each hour, so 0.1 for deep.
    "deep_hour_0": Band(0.286, 0.387, 0.102, field(f"{DODH_HOURS}/0/occupancy/2")),
    "deep_hour_1": Band(0.236, 0.337, 0.102, field(f"{DODH_HOURS}/1/occupancy/2")),
    "deep_hour_2": Band(0.126, 0.227, 0.102, field(f"{DODH_HOURS}/2/occupancy/2")),
    "deep_hour_3": Band(0.095, 0.197, 0.103, field(f"{DODH_HOURS}/3/occupancy/2")),
    "deep_hour_4": Band(0.037, 0.138, 0.102, field(f"{DODH_HOURS}/4/occupancy/2")),
    "deep_hour_5": Band(0.000, 0.094, 0.102, field(f"{DODH_HOURS}/5/occupancy/2")),
    "deep_hour_6": Band(0.000, 0.076, 0.102, field(f"{DODH_HOURS}/6/occupancy/2")),
    "rem_hour_0": Band(0.000, 0.013, 0.02, by_hour(0, 3)),
    "rem_hour_1": Band(0.086, 0.133, 0.042, by_hour(1, 3)),
    "rem_hour_2": Band(0.091, 0.163, 0.042, by_hour(2, 3)),
    "rem_hour_3": Band(0.170, 0.218, 0.043, by_hour(3, 3)),
    "rem_hour_4": Band(0.187, 0.257, 0.041, by_hour(4, 3)),
    "rem_hour_5": Band(0.159, 0.382, 0.042, by_hour(5, 3)),
    "rem_hour_6": Band(0.231, 0.278, 0.042, by_hour(6, 3)),
    # Where runs of light sleep and of REM go when they end.
    "light_to_wake": Band(0.49, 0.61, 0.11, leaving(1, 0)),
    "light_to_deep": Band(0.203, 0.303, 0.1, leaving(1, 2)),
    "light_to_rem": Band(0.15, 0.23, 0.05, leaving(1, 3)),
    "rem_to_wake": Band(0.43, 0.54, 0.11, leaving(3, 0)),
    # From night to night and from person to person; minutes and hours. oura_a's clock hours are of one person.
    "tst_sd_within_min": Band(64.5, 86.3, 8.2,
        field(f"{LIFESNAPS}/within_person_sd_min/mean") + field(f"{ONE_PERSON}/tst_h/sd", 60)),
    "tst_sd_within_p5_min": Band(38.0, 54.0, 16, field(f"{LIFESNAPS}/within_person_sd_min/p5")),
    "tst_sd_within_p95_min": Band(85.0, 105.0, 20, field(f"{LIFESNAPS}/within_person_sd_min/p95")),
    "tst_sd_between_min": Band(31.7, 47.7, 16.1, field(f"{LIFESNAPS}/between_person_sd_min")),
    "midsleep_sd_h": Band(0.98, 1.58, 0.61, field(f"{ONE_PERSON}/sd_midsleep_h")),
    "onset_tst_correlation": Band(-0.79, -0.49, 0.31, field(f"{ONE_PERSON}/corr_onset_tst")),
    "missing_mean": Band(0.074, 0.205, 0.02,
        field(f"{ONE_PERSON}/missing_fraction") + field(f"{LIFESNAPS}/missing_fraction_per_person/mean")),
    "missing_p50": Band(0.074, 0.113, 0.021,
        field(f"{ONE_PERSON}/missing_fraction") + field(f"{LIFESNAPS}/missing_fraction_per_person/p50")),
    # With ten years of age; boas_human has 46 people with an age, so half the figure on each side and more.
    "tst_by_decade_min": Band(-23.0, -7.6, 15.4, slope("TST")),
    "se_by_decade_pct": Band(-5.0, -1.6, 3.4, slope("SE")),
    "waso_by_decade_min": Band(7.2, 21.9, 14.7, slope("WASO")),
    "rem_by_decade_pct": Band(-2.1, -0.1, 2.0, slope("rem_pct")),
    "awakenings_by_decade": Band(0.6, 1.95, 1.35, slope("awakenings")),
    # By age and sex; boas_human holds 33, 7 and 18 nights, and 35 of women and 24 of men (sd 6.6 and 10.4 awakenings).
    "waso_below_35_min": Band(16.4, 28.4, 12, cohort("age<35/WASO")),
    "waso_35_to_54_min": Band(32.7, 48.7, 16, cohort("age35-54/WASO")),
    "waso_from_55_min": Band(52.2, 72.3, 20.1, cohort("age>=55/WASO")),
    "awakenings_more_of_men": Band(0.6, 4.6, 4.01, (more_of_men("awakenings"),)),
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    return simulated_world(
        people=PEOPLE, nights=NIGHTS, until=date(2026, 4, 12), now=datetime(2026, 4, 15, 12, tzinfo=UTC)
    )


@dataclass(frozen=True)
class Sample:
    """Ordinary complete nights: `table` with statistics and whose they are, the stages of all, missing shares."""

    table: pd.DataFrame
    values: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
    offsets: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
    missing: np.ndarray[tuple[int, ...], np.dtype[np.float64]]

    def periods(self) -> Iterator[np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
        """Each night from sleep onset to the final awakening."""
        for start, end in pairwise(self.offsets.tolist()):
            night = self.values[start:end]
            asleep = np.flatnonzero(night > WAKE)
            if len(asleep):
                yield night[asleep[0] : asleep[-1] + 1]


@pytest.fixture(scope="module")
def sample(world: World) -> Sample:
    whose, stages, lengths, missing = [], [], [], []
    for person in world.people:
        everything = world.diary.sessions(person)
        nights = [night for night in everything if night.kind == "night" and night.state == "COMPLETE"]
        values, offsets, _ = nights_of(person, nights, seed=world.seed)
        stages.append(values)
        lengths.append(np.diff(offsets))
        whose += [
            (person.number, 2026 - (person.birth_year or 0), person.sex, night.start_s) for night in nights
        ]
        if person.story != "stopped":
            recorded = {session.evening for session in everything if session.kind != "nap"}
            missing.append(1 - len(recorded) / NIGHTS)
    values, offsets = np.concatenate(stages), np.concatenate(([0], np.cumsum(np.concatenate(lengths))))
    table = pd.DataFrame(whose, columns=["person", "age", "sex", "start_s"])
    table = pd.concat([table, night_statistics(values, offsets)], axis=1)
    return Sample(table=table, values=values, offsets=offsets, missing=np.array(missing))


@pytest.fixture(scope="module")
def figures(world: World, sample: Sample) -> dict[str, float]:
    statistics = (
        *("tst_min", "se_pct", "waso_min", "sol_min", "final_wake_min", "light_pct", "deep_pct", "rem_pct"),
        *("awakenings", "stage_shifts", "rem_latency_min"),
    )
    return {
        **{name: float(sample.table[name].mean()) for name in statistics},
        **cycles(sample),
        **run_lengths(sample),
        **hours(sample),
        **transitions(sample),
        **persons(world, sample),
        **cohorts(sample),
    }


def cycles(sample: Sample) -> dict[str, float]:
    """Episodes of REM of at least 3 min; REM less than 15 min after REM belongs to the same one.

    By this rule the calibration's own nights give its figures of episodes and cycles to the second decimal.
    """
    lengths_min: list[float] = []
    episodes: list[int] = []
    by_order: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for period in sample.periods():
        rem = np.flatnonzero(period == REM)
        groups = np.split(rem, np.flatnonzero(np.diff(rem) > 30) + 1)
        starts = [int(group[0]) for group in groups if len(group) >= 6]
        episodes.append(len(starts))
        for order, (before, after) in enumerate(pairwise(starts), start=1):
            lengths_min.append((after - before) / 2)
            if order in by_order:
                by_order[order].append((after - before) / 2)
    return {
        "rem_episodes": float(np.mean(episodes)),
        "cycle_min": float(np.mean(lengths_min)),
        **{f"cycle_{order}_min": float(np.mean(found)) for order, found in by_order.items()},
    }


def run_lengths(sample: Sample) -> dict[str, float]:
    found: dict[int, list[float]] = {code: [] for code in STAGES.values()}
    for period in sample.periods():
        starts = np.concatenate(([0], np.flatnonzero(np.diff(period)) + 1))
        lengths_min = np.diff(np.append(starts, len(period))) / 2
        for code in found:
            found[code] += lengths_min[period[starts] == code].tolist()
    return {
        f"{name}_p{share}": float(np.percentile(found[code], share))
        for name, code in STAGES.items()
        for share in (25, 50, 75)
    }


def hours(sample: Sample) -> dict[str, float]:
    counts = np.zeros((7, 4))
    for period in sample.periods():
        for hour in range(7):
            counts[hour] += np.bincount(period[120 * hour : 120 * (hour + 1)], minlength=4)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return {
        f"{name}_hour_{hour}": float(shares[hour, STAGES[name]])
        for name in ("deep", "rem")
        for hour in range(7)
    }


def transitions(sample: Sample) -> dict[str, float]:
    counts = np.zeros((4, 4))
    for period in sample.periods():
        changes = np.flatnonzero(np.diff(period))
        np.add.at(counts, (period[changes], period[changes + 1]), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    pairs = (("light", "wake"), ("light", "deep"), ("light", "rem"), ("rem", "wake"))
    return {f"{one}_to_{other}": float(shares[STAGES[one], STAGES[other]]) for one, other in pairs}


def persons(world: World, sample: Sample) -> dict[str, float]:
    by_person = sample.table.groupby("person")
    within = by_person["tst_min"].std()
    # Who sleeps in two blocks has half a day's sleep in each of them.
    whole = [p.number for p in world.people if p.habits and p.habits.rhythm != "split"]
    settled = [p.number for p in world.people if p.number in whole and p.story in ("steady", "improves")]
    onset_s = sample.table["start_s"] + 60 * sample.table["sol_min"]
    middle_h = (sample.table["start_s"] + 30 * sample.table["mid_epoch"]) / 3600 % 24
    clocks = pd.DataFrame(
        {"person": sample.table["person"], "onset_h": onset_s / 3600 % 24, "middle_h": middle_h}
    )
    clocks["tst_min"] = sample.table["tst_min"]
    correlations = []
    for person, nights in clocks.groupby("person"):
        habits = world.people[int(str(person))].habits
        if person in settled and habits is not None and habits.rhythm == "days":
            away = from_usual(nights["onset_h"])
            correlations.append(float(np.corrcoef(away, nights["tst_min"])[0, 1]))
    return {
        "tst_sd_within_min": float(within.mean()),
        "tst_sd_within_p5_min": float(np.percentile(within, 5)),
        "tst_sd_within_p95_min": float(np.percentile(within, 95)),
        "tst_sd_between_min": float(by_person["tst_min"].mean()[whole].std()),
        "midsleep_sd_h": float(
            np.mean([np.std(from_usual(found), ddof=1) for _, found in clocks.groupby("person")["middle_h"]])
        ),
        "onset_tst_correlation": float(np.mean(correlations)),
        "missing_mean": float(sample.missing.mean()),
        "missing_p50": float(np.median(sample.missing)),
    }


def from_usual(clock_h: "pd.Series[float]") -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Hours from the circular mean, the short way round the clock."""
    turns = np.exp(2j * np.pi * clock_h.to_numpy() / 24)
    away: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = (
        np.angle(turns / turns.mean()) / (2 * np.pi) * 24
    )
    return away


def cohorts(sample: Sample) -> dict[str, float]:
    statistics = ["tst_min", "se_pct", "waso_min", "rem_pct", "awakenings"]
    mean = sample.table.groupby("person")[[*statistics, "age"]].mean()
    sex = sample.table.groupby("person")["sex"].first()
    slopes = {name: float(np.polyfit(mean["age"] / 10, mean[name], 1)[0]) for name in statistics}
    waso, age = mean["waso_min"], mean["age"]
    return {
        "tst_by_decade_min": slopes["tst_min"],
        "se_by_decade_pct": slopes["se_pct"],
        "waso_by_decade_min": slopes["waso_min"],
        "rem_by_decade_pct": slopes["rem_pct"],
        "awakenings_by_decade": slopes["awakenings"],
        "waso_below_35_min": float(waso[age < 35].mean()),
        "waso_35_to_54_min": float(waso[(age >= 35) & (age < 55)].mean()),
        "waso_from_55_min": float(waso[age >= 55].mean()),
        "awakenings_more_of_men": float(
            mean["awakenings"][sex == "male"].mean() - mean["awakenings"][sex == "female"].mean()
        ),
    }


@pytest.mark.parametrize("name", list(BANDS))
def test_two_hundred_people_sleep_within_the_band(figures: dict[str, float], name: str) -> None:
    band = BANDS[name]
    assert band.low <= figures[name] <= band.high


def test_every_figure_has_a_band(figures: dict[str, float]) -> None:
    assert set(figures) == set(BANDS)


def test_rem_sleep_never_follows_deep_sleep(sample: Sample) -> None:
    """As in both scored sets: transition/overall_counts has no change from deep to REM, and none from REM to deep."""
    for period in sample.periods():
        changes = set(zip(period[:-1].tolist(), period[1:].tolist(), strict=True))
        assert not changes & {(DEEP, REM), (REM, DEEP)}


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    if not CALIBRATION.exists():
        pytest.skip("the calibration of real nights is not beside this checkout")
    found: Calibration = json.loads(CALIBRATION.read_text())
    return found


@pytest.mark.parametrize("name", list(BANDS))
def test_a_band_holds_the_figures_it_was_taken_from_and_little_more(
    calibration: Calibration, name: str
) -> None:
    band = BANDS[name]
    known = [source(calibration) for source in band.sources]
    assert known
    assert band.low <= min(known)
    assert max(known) <= band.high
    assert band.high - band.low <= max(known) - min(known) + band.tolerance
