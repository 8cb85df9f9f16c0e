"""When an event is tried again, and whose fault it was: as pure functions."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asleep.errors import (
    DeadlineExceeded,
    MalformedAnswer,
    NotAsked,
    Stopped,
    Unreachable,
    UnusableIdentifier,
    status_error,
)
from cache.archive import NewerFormat
from nocturne.inbox_retries import (
    FIRST_S,
    LONGEST_S,
    TRIES,
    asks_for_s,
    fault_of,
    keeps_everybody_out,
    patience_s,
    pause_s,
)
from store.errors import InvalidEntry, StoreUnavailable


def answered(status: int, detail: str = "") -> Exception:
    return status_error(status=status, detail=detail, operation="GET /data/v3/sessions/{session_id}")


@pytest.mark.parametrize(
    ("problem", "fault", "everybody"),
    [
        (answered(404, "session does not exist"), "event", False),
        (answered(404, "user does not exist"), "event", False),
        (answered(401, "x-user-id is invalid"), "event", False),
        (answered(422, "Validation Error"), "event", False),
        (MalformedAnswer("state is no text"), "event", False),
        (UnusableIdentifier("An id with a slash."), "hopeless", False),
        (answered(404), "vendor", True),
        (answered(401, "Unauthorized"), "vendor", True),
        (answered(403, "Plan is expired"), "vendor", True),
        (answered(403, "Quota exceeded"), "vendor", True),
        (answered(403, "Rate limit exceeded"), "vendor", True),
        (answered(429), "vendor", True),
        (NotAsked("It rests.", retry_after_s=3), "vendor", True),
        (Unreachable("Refused."), "vendor", True),
        (Stopped("The end."), "vendor", False),
        (OSError(28, "No space left on device"), "here", False),
        (StoreUnavailable("It is locked."), "here", False),
        (NewerFormat("A newer program wrote this file."), "event", False),
        (InvalidEntry("The seq is too large."), "event", False),
        (ValueError("Nobody had thought of this."), "event", False),
    ],
)
def test_whose_fault_it_was(problem: Exception, fault: str, everybody: bool) -> None:
    assert fault_of(problem, others_answered=False) == fault
    assert fault_of(problem, others_answered=True) == fault
    for others_answered in (False, True):
        assert keeps_everybody_out(problem, others_answered=others_answered) == everybody


@pytest.mark.parametrize(
    "problem", [answered(500), answered(503), DeadlineExceeded("Too late."), answered(302)]
)
def test_a_fault_is_the_events_own_only_where_others_are_answered(problem: Exception) -> None:
    assert fault_of(problem, others_answered=False) == "vendor"
    assert fault_of(problem, others_answered=True) == "event"
    assert not keeps_everybody_out(problem, others_answered=False)
    assert not keeps_everybody_out(problem, others_answered=True)


def test_a_refusal_without_a_reason_is_about_one_session_where_others_are_answered() -> None:
    refused = answered(403, "No")
    assert fault_of(refused, others_answered=False) == "vendor"
    assert keeps_everybody_out(refused, others_answered=False)
    assert fault_of(refused, others_answered=True) == "event"
    assert not keeps_everybody_out(refused, others_answered=True)


@pytest.mark.parametrize(
    ("wanted_s", "left_alone_s"), [(None, 0.0), (0.0, 0.0), (30.0, 30.0), (86_400.0, 900.0)]
)
def test_the_vendor_is_left_alone_as_it_asks_but_not_for_a_day(
    wanted_s: float | None, left_alone_s: float
) -> None:
    refused = status_error(
        status=429, detail="", operation="GET /data/v3/sessions/{session_id}", retry_after_s=wanted_s
    )
    assert asks_for_s(refused) == left_alone_s
    assert asks_for_s(ValueError("Nobody had thought of this.")) == 0.0


def test_pauses_double_to_five_minutes_and_make_about_four_at_most() -> None:
    longest = [pause_s(failures, draw=max) for failures in range(TRIES + 3)]
    assert longest == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert sum(longest[: TRIES - 1]) == 254


@given(failures=st.integers(0, 10_000))
def test_a_pause_is_drawn_from_nothing_up_to_the_whole(failures: int) -> None:
    assert 0 <= pause_s(failures) <= LONGEST_S
    assert pause_s(failures, draw=min) == 0


@given(waited=st.timedeltas(timedelta(seconds=-10), timedelta(days=60)))
def test_patience_grows_with_what_was_waited_and_stays_within_bounds(waited: timedelta) -> None:
    assert FIRST_S / 2 <= patience_s(waited) <= LONGEST_S
    assert patience_s(waited + timedelta(minutes=1), draw=max) >= patience_s(waited, draw=max)


def test_an_hour_of_patience_is_some_twenty_looks_and_no_more() -> None:
    waited, looks = timedelta(), 0
    while waited < timedelta(hours=1):
        waited += timedelta(seconds=patience_s(waited, draw=lambda low, high: (low + high) / 2))
        looks += 1
    assert 15 <= looks <= 40
