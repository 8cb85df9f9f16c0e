"""What is remembered of the nights under way is what would be read and made of them now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest

from analytics.live_night import night_so_far
from nocturne.application import Application
from nocturne.nights_so_far import NightsSoFar, UnderWay
from store.people import Person
from tests.nocturne.conftest import NOW
from tests.nocturne.nights_under_way import ASLEEP, completes, opens


def asked(
    memory: NightsSoFar, application: Application, people: Sequence[Person], *, now: datetime = NOW
) -> list[UnderWay]:
    return memory.under_way(
        application.inbox,
        application.organisation,
        "live",
        {each.vendor_id: each for each in people},
        now=now,
        since=NOW - timedelta(hours=24),
    )


def test_every_step_of_an_evening_is_what_somebody_sees_who_asks_for_the_first_time(
    filled: Application,
) -> None:
    people = filled.people()
    first, second, *_ = people
    memory = NightsSoFar()
    minutes = 0

    def holds(count: int, people: Sequence[Person] = people) -> None:
        nonlocal minutes
        minutes += 1
        now = NOW + timedelta(minutes=minutes)
        found = asked(memory, filled, people, now=now)
        assert found == asked(NightsSoFar(), filled, people, now=now)
        assert len(found) == count

    holds(0)
    opens(filled, first, began_min=125)
    holds(1)
    opens(filled, first, began_min=125, stages=ASLEEP[:100], without=(3,))
    holds(1)
    opens(filled, second, began_min=30, stages=ASLEEP[:60], session_id="20260311173000_live1")
    holds(2)
    opens(filled, first, began_min=125, stages=ASLEEP[:100])  # the block that was missing
    holds(2)
    opens(filled, first, began_min=120, stages=ASLEEP[:100], zone="Asia/Tokyo")  # the vendor knows better
    holds(2)
    moved = [replace(each, zone="America/Lima") if each == second else each for each in people]
    holds(2, moved)
    holds(1, [second])
    holds(2)
    completes(filled, first)
    holds(1)


def test_what_has_not_changed_is_made_once(filled: Application) -> None:
    people, memory = filled.people(), NightsSoFar()
    for place in range(3):
        opens(
            filled,
            people[place],
            began_min=125,
            stages=ASLEEP[:100],
            session_id=f"20260311140000_live{place}",
        )
    with patch("nocturne.nights_so_far.night_so_far", wraps=night_so_far) as made:
        asked(memory, filled, people)
        asked(memory, filled, people, now=NOW + timedelta(minutes=5))
        assert made.call_count == 3
        opens(filled, people[1], began_min=125, stages=ASLEEP[:120], session_id="20260311140000_live1")
        asked(memory, filled, people, now=NOW + timedelta(minutes=6))
        assert made.call_count == 4


@pytest.mark.parametrize("minutes", [5, -5])
def test_a_block_that_lay_ahead_gets_its_place_when_its_time_has_come(
    filled: Application, minutes: int
) -> None:
    people, memory = filled.people(), NightsSoFar()
    opens(
        filled, people[0], began_min=30, stages=ASLEEP[:100]
    )  # 50 minutes of stages, 45 of which may be believed
    (ahead,) = asked(memory, filled, people)
    assert (ahead.so_far.untrustworthy, len(ahead.so_far.stages)) == (1, 90)
    (later,) = asked(memory, filled, people, now=NOW + timedelta(minutes=minutes))
    assert len(later.so_far.stages) == 90 + 2 * minutes


def test_organisations_and_environments_do_not_share_what_is_remembered(filled: Application) -> None:
    people, memory = filled.people(), NightsSoFar()
    opens(filled, people[0], began_min=30, stages=ASLEEP[:20])
    opens(filled, people[0], began_min=60, stages=ASLEEP[:80], organisation="south")
    (ours,) = asked(memory, filled, people)
    (theirs,) = asked(memory, replace(filled, organisation="south"), people)
    (again,) = asked(memory, filled, people)
    assert (len(ours.so_far.stages), len(theirs.so_far.stages)) == (20, 80)
    assert again == ours
