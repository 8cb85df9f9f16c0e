"""The index of recordings by the local wall clock or one fixed zone: clock changes, journeys, and when it is null."""

import math
from datetime import datetime

import numpy as np
import pytest

from analytics.daily_slots import Recorded
from analytics.regularity_index import RegularityIndex, regularity_index
from analytics.wording import NBSP
from tests.analytics.recordings import Recording, at
from tests.analytics.test_day_words import recorded_of
from tests.analytics.test_nights import nightly

SLEEP = ((1, 960),)
HOME, AWAY = "America/New_York", "Europe/Berlin"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def index_of(recordings: list[Recording], *, clock: str = "", awake: bool = False) -> RegularityIndex:
    """The index of sleeps that fill their recordings; their midsleep is in the middle."""
    parts = [recorded_of([each], each.zone) for each in recordings]
    recorded = Recorded(
        start_us=np.concatenate([each.start_us for each in parts]),
        zones=np.concatenate([each.zones for each in parts]),
        slots=np.concatenate([each.slots for each in parts]) * np.uint8(not awake),
        offsets=np.cumsum([0, *(len(each.slots) for each in parts)]).astype(np.int64),
    )
    midsleep = recorded.start_us + np.diff(recorded.offsets) * 15_000_000
    return regularity_index(
        recorded, midsleep_us=midsleep, zones=[each.zone for each in recordings], clock=clock
    )


def spring() -> list[Recording]:
    """23:00 to 7:00 at home, 6 to 13 March 2024; the clocks skip an hour on the 10th."""
    return [
        Recording(start=each.start, zone=HOME, stages=((1, 840 if each.start.day == 9 else 960),))
        for each in nightly("2024-03-06 23:00", 8, HOME)
    ]


def test_by_the_wall_clock_a_change_of_clocks_costs_an_hour_and_no_agreement() -> None:
    found = index_of(spring())
    assert (found.value, found.days, found.clock) == (100, 8, "")
    assert found.day_pairs == pytest.approx(6.9167, abs=1e-4)
    assert plain(found.reason) == (
        "sleep regularity index 100 from recorded sessions, 6.9 pairs of consecutive nights, by the local wall clock"
    )


def test_by_a_clock_that_never_changes_it_shows() -> None:
    found = index_of(spring(), clock="Etc/GMT+5")
    assert found.value == pytest.approx(97.619, abs=1e-3)
    assert found.day_pairs == 7
    assert found.reason.endswith("by the clock of Etc/GMT+5")


def journey() -> list[Recording]:
    """A week at home, then a week six hours ahead, always from 23:00 to 7:00 local time."""
    return [
        *nightly("2026-06-01 23:00", 7, HOME, stages=SLEEP),
        *nightly("2026-06-08 23:00", 7, AWAY, stages=SLEEP),
    ]


def test_a_journey_moves_nothing_by_the_local_clock() -> None:
    assert index_of(journey()).value == 100


def test_a_journey_shows_by_the_clock_of_home() -> None:
    found = index_of(journey(), clock=HOME)
    # One of 13 pairs differs by six hours at either end of the night.
    assert found.value == pytest.approx(100 - 200 * 12 / 24 / 13)
    assert found.day_pairs == 13


def test_two_sleeps_of_a_traveller_on_one_day_of_home_are_one_day() -> None:
    nights = [
        *nightly("2026-06-01 23:00", 7, HOME, stages=SLEEP),
        *nightly("2026-06-09 02:00", 1, HOME, stages=SLEEP),
    ]
    extra = Recording(start=at("2026-06-08 17:00", HOME), zone=HOME, stages=((1, 240),))
    found = index_of([*nights, extra], clock=HOME)
    assert found.days == 8


def test_who_never_slept_has_no_index() -> None:
    found = index_of(spring(), awake=True)
    assert math.isnan(found.value)
    assert found.reason == "the regularity index needs sleep; there is none"


def test_4_pairs_are_too_few() -> None:
    found = index_of(nightly("2026-06-01 23:00", 5, HOME, stages=SLEEP))
    assert math.isnan(found.value)
    assert (
        plain(found.reason) == "the regularity index needs 5 pairs of consecutive nights; there are 4 pairs"
    )


def test_a_night_worker_is_as_regular_as_anybody() -> None:
    assert index_of(nightly("2026-06-01 08:00", 8, HOME, stages=SLEEP)).value == 100


def test_a_clock_is_a_zone() -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        index_of(spring(), clock="Mars/Olympus")
    nothing = recorded_of([], "UTC")
    with pytest.raises(ValueError, match="one for each"):
        regularity_index(nothing, midsleep_us=np.array([0]), zones=[])


def test_nothing_recorded_is_no_index() -> None:
    found = regularity_index(recorded_of([], "UTC"), midsleep_us=np.empty(0, np.int64), zones=[])
    assert (math.isnan(found.value), found.days, found.day_pairs) == (True, 0, 0)


@pytest.mark.parametrize("moment", [datetime(2026, 6, 1), datetime(2026, 11, 1)])  # noqa: DTZ001  (wall clocks)
def test_identical_days_are_100_by_every_clock(moment: datetime) -> None:
    nights = nightly(f"{moment:%Y-%m-%d} 23:00", 10, "Asia/Kathmandu", stages=SLEEP)
    for clock in ("", "UTC", "Asia/Tokyo", "Pacific/Auckland"):
        assert index_of(nights, clock=clock).value == 100
