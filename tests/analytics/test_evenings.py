"""Which evening a late bedtime belongs to, and how one point is written."""

from datetime import UTC, date, datetime

import pytest

from analytics import wording


@pytest.mark.parametrize(
    ("start", "evening"),
    [
        (datetime(2026, 2, 10, 23, 5, tzinfo=UTC), date(2026, 2, 10)),
        (datetime(2026, 2, 11, 0, 40, tzinfo=UTC), date(2026, 2, 10)),
        (datetime(2026, 2, 11, 5, 59, tzinfo=UTC), date(2026, 2, 10)),
        (datetime(2026, 2, 11, 6, 0, tzinfo=UTC), date(2026, 2, 11)),
        (datetime(2026, 3, 1, 1, 0, tzinfo=UTC), date(2026, 2, 28)),
    ],
)
def test_a_sleep_begun_past_midnight_belongs_to_the_evening_before(start: datetime, evening: date) -> None:
    assert wording.evening_of(start) == evening


def test_one_point_is_one_point() -> None:
    assert wording.signed_quantity(1, "points", 0) == "+1\u00a0point"
    assert wording.signed_quantity(-1, "points", 0) == "\u22121\u00a0point"
    assert wording.signed_quantity(1.4, "points") == "+1.4\u00a0points"
