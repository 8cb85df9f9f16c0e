"""Bedtimes and rise times on the clock: each night once, no usual time where there is none."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.clock_face import BINS, ClockFace, clock_face
from analytics.person_period import person_period
from tests.analytics.lives import LAST, ON_TIME, PLAIN_NIGHT, Minutes, always, life, person


def face(later: Minutes = ON_TIME, *, days: int = 28, asleep: Minutes = PLAIN_NIGHT) -> ClockFace:
    nights = life(person(1), days=max(days, 28), later_min=later, asleep_min=asleep)
    return clock_face(person_period(person(1), nights, first=LAST - timedelta(days=days - 1), last=LAST))


def test_alike_nights_fill_one_half_hour_each() -> None:
    found = face()
    assert found.bed.counts.tolist()[46] == 28  # 23:00 to 23:30
    assert found.rise.counts.tolist()[13] == 28  # 470 min later: 06:50
    assert (round(found.bed.r, 6), found.bed.words) == (1.0, "23:00 ± 0\u00a0min")
    assert found.title == "To bed about 23:00, up about 06:50"
    assert found.bed.rests_on == "R 1, 28\u00a0nights"


def test_bedtimes_all_round_the_clock_have_no_typical_time() -> None:
    # Each night two and a half hours later than the one before, so that every sleep has a day of its own.
    found = face(lambda day: 150.0 * day, asleep=always(400.0))
    assert found.bed.nights > 20
    assert found.bed.r < 0.3
    assert np.isnan(found.bed.mean_h)
    assert found.bed.words == "no typical time"
    assert found.title == "There is no typical bedtime or rise time"


def test_few_nights_are_shown_and_have_no_usual_time() -> None:
    found = face(days=2)
    assert found.bed.counts.sum() == 2
    assert found.bed.words == "too few nights"
    assert found.title == "2\u00a0nights: too few for a usual time"


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-300, 300), min_size=28, max_size=28))
def test_every_night_is_in_the_half_hour_of_its_own_bedtime(later: list[int]) -> None:
    found = face(lambda day: float(later[day]))
    expected = np.bincount([(23 * 60 + minutes) // 30 % BINS for minutes in later], minlength=BINS)
    assert found.bed.counts.sum() == found.bed.nights
    if found.bed.nights == 28:
        assert np.array_equal(found.bed.counts, expected)


def test_a_bedtime_seconds_before_midnight_is_in_the_first_half_hour_of_the_day() -> None:
    nights = life(person(1), days=28)
    period = person_period(person(1), nights, first=LAST - timedelta(days=27), last=LAST)
    found = clock_face(replace(period, valid=period.valid.assign(start_clock_h=23.9999)))
    assert len(found.bed.counts) == BINS
    assert found.bed.counts[0] == 28
