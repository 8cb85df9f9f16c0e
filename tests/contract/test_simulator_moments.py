"""Moments are written as `datetime.isoformat` writes them, in every zone and around every clock change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.simulator.moments import second_of_day, writer

# From 1980: before, some zones had offsets in seconds, which no moment of the contract can carry.
FROM_S, UNTIL_S = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1980, 2038))
ZONES = sorted(available_timezones())


@given(zone=st.sampled_from(ZONES), seconds=st.integers(FROM_S, UNTIL_S))
def test_any_moment_in_any_zone(zone: str, seconds: int) -> None:
    expected = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    text = writer(ZoneInfo(zone)).text(seconds)
    assert text == expected.isoformat()
    assert second_of_day(text) == expected.hour * 3600 + expected.minute * 60 + expected.second


@pytest.mark.parametrize(
    "change",
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
        ("America/Santiago", datetime(2026, 9, 6, 4, tzinfo=UTC)),
    ],
)
def test_every_second_around_a_clock_change(change: tuple[str, datetime]) -> None:
    zone, moment = ZoneInfo(change[0]), change[1]
    offsets = set()
    for second in range(-1800, 1800, 7):
        at = (moment + timedelta(seconds=second)).astimezone(zone)
        assert writer(zone).text(int(at.timestamp())) == at.isoformat()
        offsets.add(at.utcoffset())
    assert len(offsets) == 2


def test_a_moment_that_did_not_come_is_none() -> None:
    assert writer(ZoneInfo("UTC")).text_or_none(None) is None
