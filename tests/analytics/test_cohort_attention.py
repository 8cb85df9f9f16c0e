"""Who of a cohort needs attention, and how far what is said of everyone can be trusted."""

import math
import time
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analytics import cohort_words
from analytics.cohort_period import cohort_period
from analytics.cohort_triage import cohort_standings, cohort_triage
from analytics.score import EVIDENCE, ScoreRules, night_score
from analytics.score_rules import VENDOR
from analytics.sleeper import Sleeper
from tests.analytics.test_nights import nightly
from tests.analytics.test_summary import BEFORE, LAST, SYNCED, cohort, nights_of, plain, several, sleeps

EVERYBODY = {"ana": SYNCED, "ben": SYNCED, "cem": SYNCED, "dee": SYNCED}
AS_USUAL = [*BEFORE, *sleeps("2026-02-04", [460.0] * 7)]
SHORTER = [*BEFORE, *sleeps("2026-02-04", [400.0] * 7)]


def of(people: pd.DataFrame, who: str) -> dict[str, Any]:
    return {str(name): column.to_dict()[who] for name, column in people.items()}


def test_the_title_counts_who_needs_attention_and_they_stand_first_in_rank() -> None:
    nights = several(ana=AS_USUAL, ben=SHORTER, cem=AS_USUAL[:-4])
    shown = cohort(nights, "ana", "ben", "cem", "dee", synced=EVERYBODY)
    people = shown.people.sort_values("rank")
    assert people.index.tolist() == ["ben", "dee", "cem", "ana"]
    assert people["attention"].tolist() == [True, True, True, False]
    assert people["label"].tolist() == ["Shorter sleep", "No data", "No data", ""]
    assert plain(shown.attention_title) == "3 of 4 people need attention"
    assert plain(shown.others_title) == "1 person without a flag"
    assert plain(of(people, "ben")["reasons"][0]).startswith("Slept 1 h less than usual")
    assert people.at["cem", "stale_days"] == 4


def test_who_was_not_asked_for_is_not_said_to_deliver_nothing() -> None:
    nights = several(ana=AS_USUAL[:-4])
    for synced, silent_4_days, never_recorded in (
        (SYNCED, True, True),
        (SYNCED - timedelta(days=2), False, True),
        ((LAST - timedelta(days=60), LAST), True, True),
        ((LAST - timedelta(days=2), LAST), True, True),
        ((LAST - timedelta(days=1), LAST), True, False),
        ((LAST, LAST), True, False),
        (None, False, False),
    ):
        shown = cohort(nights, "ana", "dee", synced={"ana": synced, "dee": synced})
        assert shown.people["attention"].to_dict() == {"ana": silent_4_days, "dee": never_recorded}, synced


@pytest.mark.parametrize("rules", [EVIDENCE, VENDOR])
def test_triage_takes_the_score_of_each_night_as_the_night_page_gives_it(rules: ScoreRules) -> None:
    lengths = [460.0] * 30 + [520.0, 400, 300, 640, 350, 610, 450]
    hours = [0.0] * 30 + [0, 3, -3, 4, -4, 3, -2]
    made = sleeps("2026-01-05", lengths, hours)
    nights = several(ana=made)
    ana = Sleeper(person_id="ana", name="Ana", zone="UTC")
    found = cohort_triage([ana], nights, night=LAST, synced=EVERYBODY, rules=rules)
    scores = [
        night_score(nights, age_years=None, night=LAST - timedelta(days=n), rules=rules).overall
        for n in range(35)
    ]
    recent, before = np.median(scores[:7]), np.nanmedian(scores[7:])
    (said,) = (reason for reason in of(found, "ana")["reasons"] if reason.startswith("Score"))
    assert plain(said).startswith(f"Score {before - recent:.1f} points lower than usual")
    place = cohort_standings([ana], nights, night=LAST, person_id="ana", rules=rules)["score"]
    assert place.value == pytest.approx(recent)
    period = cohort_period(
        "All", [ana], nights, first=LAST - timedelta(days=6), last=LAST, synced=EVERYBODY, rules=rules
    )
    assert said in of(period.people, "ana")["reasons"]


def test_the_rules_of_scores_are_our_own_unless_said_otherwise() -> None:
    made = several(ana=[*BEFORE, *sleeps("2026-02-04", [600.0] * 7)])
    ana = Sleeper(person_id="ana", name="Ana", zone="UTC", birth_year=1940)
    told = [
        of(found, "ana")["reasons"]
        for found in (
            cohort_triage([ana], made, night=LAST, synced=EVERYBODY),
            cohort_triage([ana], made, night=LAST, synced=EVERYBODY, rules=EVIDENCE),
            cohort_triage([ana], made, night=LAST, synced=EVERYBODY, rules=VENDOR),
        )
    ]
    assert told[0] == told[1] != told[2]


def test_an_age_counts_in_the_scores_of_triage() -> None:
    nights = several(ana=[*BEFORE, *sleeps("2026-02-04", [600.0] * 7)])
    told = []
    for born in (1940, 1990):
        who = Sleeper(person_id="ana", name="Ana", zone="UTC", birth_year=born)
        found = cohort_triage([who], nights, night=LAST, synced=EVERYBODY)
        told.append("Score" in " ".join(of(found, "ana")["reasons"]))
    # Ten hours cost the older of the two 12 points, the younger 6, of which nobody is told.
    assert told == [True, False]


@pytest.mark.parametrize(
    ("week", "before", "verdicts"),
    [
        (2, 28, ("suppressed", "good")),
        (3, 4, ("low", "suppressed")),
        (4, 5, ("low", "low")),
        (5, 9, ("good", "low")),
        (7, 10, ("good", "good")),
    ],
)
def test_a_mean_carries_the_verdict_on_its_number_of_nights(
    week: int, before: int, verdicts: tuple[str, str]
) -> None:
    made = [*sleeps("2026-01-07", [460.0] * before), *sleeps("2026-02-04", [430.0] * week)]
    person = of(cohort(several(ana=made), "ana").people, "ana")
    assert (person["mean_reliability"], person["usual_reliability"]) == verdicts
    assert (person["valid_7"], person["valid_before"]) == (week, before)
    assert math.isnan(person["mean_tst_min"]) is (verdicts[0] == "suppressed")
    assert math.isnan(person["usual_tst_min"]) is (verdicts[1] == "suppressed")
    few = cohort_words.few_nights(cohort(several(ana=made), "ana").people)
    assert few == [
        "; ".join(
            words
            for verdict, words in zip(verdicts, (f"{week} of 7", f"usual {before} of 28"), strict=True)
            if verdict == "low"
        )
    ]


def test_the_band_is_the_usual_and_one_standard_deviation_of_the_28_nights_before() -> None:
    lengths = np.random.default_rng(3).normal(450, 40, 28).round()
    made = [*sleeps("2026-01-07", lengths.tolist()), *sleeps("2026-02-04", [300.0] * 7)]
    person = of(cohort(several(ana=made), "ana").people, "ana")
    mean, spread = lengths.mean() / 60, lengths.std(ddof=1) / 60
    assert person["band_low_h"] == pytest.approx(mean - spread)
    assert person["band_high_h"] == pytest.approx(mean + spread)


@pytest.mark.parametrize(("nights", "shown"), [(10, False), (11, True)])
def test_a_band_takes_11_nights(nights: int, shown: bool) -> None:
    made = [
        *sleeps("2026-01-07", [460.0, 440.0] * 5 + [450.0] * (nights - 10)),
        *sleeps("2026-02-04", [460.0] * 7),
    ]
    person = of(cohort(several(ana=made), "ana").people, "ana")
    assert math.isnan(person["band_low_h"]) is not shown
    assert math.isnan(person["band_high_h"]) is not shown


def test_the_map_says_its_least_median_and_most() -> None:
    made = sleeps("2026-02-04", [300.0, 400, 420, 460, 600, math.nan, 480])
    assert cohort(several(ana=made), "ana").map_range == pytest.approx((300, 440, 600))
    assert all(math.isnan(value) for value in cohort(several(ana=made).iloc[:0], "ana").map_range)


def people(*rows: tuple[bool, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["attention", "flag", "stale_days"])


FINE, MOVED, BETTER = (False, "none", 0.0), (True, "amber", 0.0), (False, "red", 0.0)
NEW, SILENT = (False, "insufficient data", 0.0), (False, "insufficient data", math.nan)


@pytest.mark.parametrize(
    ("rows", "title", "others"),
    [
        ([MOVED, FINE, FINE], "1 of 3 people needs attention", "2 people without a flag"),
        ([MOVED, MOVED], "2 of 2 people need attention", ""),
        ([FINE, FINE], "Nobody needs attention, of 2 people", "2 people without a flag"),
        (
            [FINE, BETTER, NEW],
            "Nobody needs attention, of 3 people",
            "1 person without a flag, 1 better than usual, 1 with too few nights to tell",
        ),
        ([NEW, NEW], "Too few nights to tell who needs attention", "2 people with too few nights to tell"),
        ([SILENT, SILENT], "No night of 2 people has arrived yet", "2 people with too few nights to tell"),
        ([], "Nobody is in this cohort", ""),
    ],
)
def test_the_title_says_how_many_or_that_there_is_nobody_or_too_little(
    rows: list[tuple[bool, str, float]], title: str, others: str
) -> None:
    found = people(*rows).astype({"attention": bool})
    assert plain(cohort_words.attention_title(found)) == title
    assert plain(cohort_words.others_title(found)) == others


def test_what_all_well_means_is_said_with_its_limits() -> None:
    for limit in ("28 days before", "6 h", "75 %", "3 days", "20 %"):
        assert limit in plain(cohort_words.ALL_WELL)
    assert "3 or 4 of 7 nights" in cohort_words.LOW_CONFIDENCE
    assert "5 to 9 of 28" in cohort_words.LOW_CONFIDENCE


class TestMapTitle:
    """The night that a map names, if one stands out."""

    def made(self, seed: int, people_: int, nights: int = 42) -> pd.DataFrame:
        dates = pd.date_range("2026-01-01", periods=nights, freq="D")
        return pd.DataFrame(np.random.default_rng(seed).normal(450, 60, (people_, nights)), columns=dates)

    @pytest.mark.parametrize("people_", [5, 8, 20])
    def test_where_nothing_differs_at_most_one_map_in_twenty_names_a_night(self, people_: int) -> None:
        titles = [cohort_words.map_title(self.made(seed, people_)) for seed in range(400)]
        named = sum(not title.startswith("No night stands out") for title in titles)
        assert named <= 0.05 * len(titles)

    def test_a_night_that_differs_is_named(self) -> None:
        values = self.made(1, 12)
        values.iloc[:, 20] -= 150
        assert plain(cohort_words.map_title(values)).startswith(
            "On the night to Wed 21 January people slept 2 h"
        )

    def test_of_the_nights_that_stand_out_the_farthest_is_named_and_not_one_of_a_few_extremes(self) -> None:
        values = self.made(2, 12) / 10 + 400
        values.iloc[:, 5] -= 40
        values.iloc[:, 8] += 60
        values.iloc[:2, 30] -= 420
        assert plain(cohort_words.map_title(values)).startswith(
            "On the night to Fri 9 January people slept 1 h"
        )


def test_triage_of_500_people_with_a_year_each_takes_a_fifth_of_a_second_at_most() -> None:
    one = nights_of(*nightly("2025-02-11 23:00", 365))
    nights = pd.concat([one] * 500, ignore_index=True)
    nights["person_id"] = pd.Series(np.repeat([f"p{n:03d}" for n in range(500)], len(one)), dtype="str")
    sleepers = [Sleeper(person_id=f"p{n:03d}", name=f"N{n}", zone="UTC") for n in range(500)]
    synced = {sleeper.person_id: SYNCED for sleeper in sleepers}
    took = []
    for _ in range(3):
        begun = time.process_time()
        found = cohort_triage(sleepers, nights, night=LAST, synced=synced)
        took.append(time.process_time() - begun)
    assert len(found) == 500
    assert min(took) < 0.2
