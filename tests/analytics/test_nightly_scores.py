"""The score of each night of many people: what `night_score` says of it alone, for the price of columns."""

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from analytics.nightly_scores import nightly_scores
from analytics.nights import night_table
from analytics.score import ScoreRules, night_score
from tests.analytics.recordings import Recording, session_set
from tests.analytics.test_score import nights

FORTY = pd.Series({"ada": 40.0, "ben": 40.0})


def test_a_night_has_its_own_sleep_and_the_consistency_of_the_14_days_up_to_it() -> None:
    frame = nights(28, tst_min=np.r_[np.full(27, 450.0), 330.0])
    found = nightly_scores(frame, ages=FORTY)
    assert found[-1] == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 70)
    assert found[20] == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 100)


def test_five_nights_have_a_score_by_the_spread_of_mid_sleep_and_four_have_none() -> None:
    frame = nights(14, sri_agree=0, sri_known=0)
    found = nightly_scores(frame, ages=FORTY)
    assert np.isnan(found).tolist() == [True] * 4 + [False] * 10
    assert found[4] == pytest.approx(0.4 * 90 + 0.3 * 100 + 0.3 * 100)


def test_days_that_left_the_window_do_not_count() -> None:
    frame = nights(28, sri_agree=2880 * np.r_[np.full(14, 0.5), np.full(14, 1.0)])
    regular = (nightly_scores(frame, ages=FORTY) - 0.4 * 90 - 0.3 * 100) / 0.3
    # The first day of the last window has its pair outside.
    assert regular[[13, 14, 27]] == pytest.approx([0.0, 100 / 13, 100.0])


def test_naps_and_what_is_not_valid_have_no_score() -> None:
    frame = pd.concat([nights(14), nights(14, kind="nap", tst_min=60.0)], ignore_index=True)
    frame.loc[3, "valid"] = False
    found = nightly_scores(frame, ages=FORTY)
    assert np.isnan(found[14:]).all()
    assert np.isnan(found[3])
    assert not np.isnan(found[6:14]).any()


def test_the_nights_of_a_journey_are_left_out_of_consistency_only() -> None:
    frame = nights(14, reasons=["TRAVEL" if day == 13 else "" for day in range(14)], midsleep_clock_h=3.5)
    frame.loc[13, "sri_agree"] = 0
    assert nightly_scores(frame, ages=FORTY)[13] == pytest.approx(0.4 * 90 + 0.3 * 80 + 0.3 * 100)


def test_neighbours_in_the_table_share_no_window() -> None:
    ada, ben = nights(10, "ada"), nights(3, "ben")
    found = nightly_scores(pd.concat([ada, ben]), ages=FORTY)
    assert np.isnan(found[10:]).all()


def test_who_is_not_among_the_ages_is_judged_as_an_adult() -> None:
    frame = nights(14, "zoe", tst_min=540.0)
    known = nightly_scores(frame, ages=pd.Series({"zoe": 70.0}))
    assert nightly_scores(frame, ages=FORTY)[-1] - known[-1] == pytest.approx(0.3 * 20)


def test_naps_count_where_the_rules_say_so() -> None:
    frame = pd.concat([nights(14, tst_min=390.0), nights(14, kind="nap", tst_min=60.0)], ignore_index=True)
    apart, together = (
        nightly_scores(frame, ages=FORTY, rules=ScoreRules(naps_count=how))[13] for how in (False, True)
    )
    assert together - apart == pytest.approx(0.3 * 10)


def test_nobody_and_nothing_that_counts_have_no_scores() -> None:
    assert nightly_scores(nights(5).iloc[:0], ages=FORTY).shape == (0,)
    assert np.isnan(nightly_scores(nights(5, kind="nap"), ages=FORTY)).all()
    assert np.isnan(nightly_scores(nights(5, valid=False), ages=FORTY)).all()


def test_nights_as_an_archive_keeps_them_have_the_score_of_the_night_page() -> None:
    begun = datetime(2026, 2, 1, 22, tzinfo=UTC)
    random = np.random.default_rng(7)
    recorded = [
        Recording(
            start=begun + timedelta(days=n, minutes=int(random.integers(-90, 90))),
            stages=((0, int(random.integers(5, 60))), (1, int(random.integers(600, 1000)))),
        )
        for n in range(30)
        if n not in {4, 5, 19}
    ]
    table = night_table(session_set(recorded), zone="UTC").assign(person_id="ada")
    narrow = table.astype(dict.fromkeys(table.select_dtypes("float64"), "float32"))
    found = nightly_scores(narrow, ages=FORTY)
    alone = [night_score(narrow, age_years=40, night=label.date()).overall for label in narrow["night"]]
    assert np.isnan(alone).sum() < 10
    np.testing.assert_allclose(found, alone, rtol=0, atol=1e-9)


def test_a_year_of_500_people_takes_about_a_microsecond_a_night_at_most() -> None:
    one = nights(365, reasons="", midsleep_clock_h=np.random.default_rng(0).normal(3.5, 1, 365))
    frame = pd.concat([one] * 500, ignore_index=True)
    frame["person_id"] = pd.Series(np.repeat([f"p{n:03d}" for n in range(500)], 365), dtype="str")
    took = []
    for _ in range(3):
        begun = time.process_time()
        found = nightly_scores(frame, ages=FORTY)
        took.append(time.process_time() - begun)
    assert np.isnan(found).sum() == 500 * 4
    assert min(took) < 1.5e-6 * len(frame)
