"""Averages of long periods are those of the whole, not of the pieces they were asked for in."""

from datetime import date, timedelta

import msgspec
import pytest

from asleep import models
from asleep.averages import joined
from tests.contract.reading import read, utc


def piece_of_week(nights: slice, first: date, last: date) -> models.AverageStats:
    week: models.AverageStats = read("average_stats")
    return msgspec.structs.replace(
        week, first=first, last=last, days=1, average=None, slept=week.slept[nights]
    )


def test_a_joined_mean_is_the_mean_of_the_whole() -> None:
    week = read("average_stats")
    whole = joined(
        [
            piece_of_week(slice(0, 2), date(2026, 2, 9), date(2026, 2, 11)),
            piece_of_week(slice(1, 3), date(2026, 2, 12), date(2026, 2, 15)),
        ]
    )
    assert (whole.first, whole.last, whole.days, whole.timezone) == (week.first, week.last, 7, week.timezone)
    assert whole.slept == week.slept
    assert whole.never_slept == week.never_slept
    assert whole.average is not None
    for name, served in msgspec.structs.asdict(week.average).items():
        if served is not None:
            tolerance = 0.002 if name.endswith("_ratio") else 0.51
            assert getattr(whole.average, name) == pytest.approx(served, abs=tolerance), name


def test_pieces_without_statistics_are_weighted_with_their_nights() -> None:
    week = read("average_stats_reference_shape")
    one = msgspec.structs.replace(
        week, slept=week.slept[:1], average=models.AverageFigures(time_in_bed_s=100, start_clock_s=82800)
    )
    two = msgspec.structs.replace(
        week, slept=week.slept[1:], average=models.AverageFigures(time_in_bed_s=400, start_clock_s=82800)
    )
    whole = joined([one, two]).average
    assert whole is not None
    assert whole.time_in_bed_s == pytest.approx(300)
    assert whole.start_clock_s == pytest.approx(82800)
    assert whole.sleep_efficiency_ratio is None


def test_times_around_midnight_average_to_midnight() -> None:
    start, bed = utc(2026, 2, 9, 23, 0), models.SessionStat(time_in_bed_s=1.0)
    nights = [
        models.SleptSession(session_id=str(place), start=moment, stat=bed)
        for place, moment in enumerate([start, start + timedelta(hours=2)])
    ]
    pieces = [
        models.AverageStats(
            timezone="UTC", first=date(2026, 2, 9), last=date(2026, 2, 9), days=1, slept=(night,)
        )
        for night in nights
    ]
    average = joined(pieces).average
    assert average is not None
    assert min(average.start_clock_s or 0, 86400 - (average.start_clock_s or 0)) == pytest.approx(0, abs=1e-6)


def test_one_piece_is_itself_and_none_is_a_mistake() -> None:
    week = read("average_stats")
    assert joined([week]) is week
    with pytest.raises(ValueError, match="nothing to join"):
        joined([])


def test_pieces_without_sleep_have_no_average() -> None:
    empty = read("average_stats_no_sleep")
    assert joined([empty, empty]).average is None
