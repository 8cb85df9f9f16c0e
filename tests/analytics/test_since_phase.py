"""Since a phase began: one person against their own weeks before, only with nights enough on both sides."""

from datetime import date, timedelta

from analytics.marked import Marked
from analytics.since_phase import SincePhase, since_phases
from tests.analytics.lives import LAST, life, person

FIRST = LAST - timedelta(days=55)


def since(
    begun_days_ago: int, *, name: str = "Camp", ended: date | None = None, kind: str = "phase"
) -> tuple[SincePhase, ...]:
    start = LAST - timedelta(days=begun_days_ago)
    nights = life(person(1), asleep_min=lambda day: 440.0 if 55 - day > begun_days_ago else 470.0)
    event = Marked(first=start, last=ended, label=name, kind=kind)  # type: ignore[arg-type]
    return since_phases(nights, [event], first=FIRST, last=LAST)


def test_the_change_is_of_the_first_weeks_against_the_four_before() -> None:
    (found,) = since(13)
    assert (found.days, found.nights_before, found.nights_after) == (14, 28, 14)
    assert found.changes[0] == "asleep +30\u00a0min"
    assert found.words == (
        "In the 14\u00a0days since Camp began: asleep +30\u00a0min, efficiency +0.4\u00a0points, "
        "mid-sleep +15\u00a0min against the 4\u00a0weeks before (28 nights before, 14 since)."
    )


def test_more_than_four_weeks_later_it_is_still_of_the_first_four() -> None:
    (found,) = since(27 + 1)
    assert (found.days, found.nights_after) == (28, 28)


def test_what_began_yesterday_has_no_change_and_says_so() -> None:
    (found,) = since(1)
    assert found.words == ("Since Camp began: too few nights in the 4\u00a0weeks before or since to compare.")


def test_nights_after_its_end_do_not_count() -> None:
    (found,) = since(20, ended=LAST - timedelta(days=13))
    assert (found.days, found.nights_after) == (8, 8)


def test_groups_and_what_began_before_the_weeks_are_left_out() -> None:
    assert since(10, kind="group") == ()
    assert since(60) == ()
