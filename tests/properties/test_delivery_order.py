"""A person's file is the same, byte for byte, in whatever order statistics and stages are delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Final

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.sessions import SessionSet
from asleep.models import AverageStats, SessionResult, SessionStat, SessionState, SleptSession
from cache.answers import Unreadable, session_set
from cache.archive import Delivery, NightArchive
from cache.columns import PersonFile, encode_person
from cache.merging import merged
from cache.seal import PlainSeal
from cache.summaries import summarised
from tests.cache.samples import night

FIRST: Final = datetime(2026, 2, 1, 12, tzinfo=UTC)
STAGES: Final = ((0,) * 6 + (1,) * 20 + (2,) * 14 + (3,) * 8) * 18


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What one delivery brings: results, unreadable sessions, statistics of these nights; received after so long."""

    at: timedelta
    results: tuple[SessionResult, ...] = ()
    problems: tuple[Unreadable, ...] = ()
    slept: tuple[SleptSession, ...] = ()


def small(day: int, *, state: SessionState = "COMPLETE") -> SessionResult:
    stages = STAGES[: 700 + 4 * day]
    return night(day, state=state, stages=stages[:20] if state == "OPEN" else stages)


def said(day: int, *, longer_s: float = 0) -> SleptSession:
    """What the vendor's statistics say of the same night."""
    whole = small(day)
    stat = SessionStat(
        time_in_bed_s=21_000.0,
        time_in_sleep_s=18_000.0 + longer_s,
        sleep_latency_s=180.0,
        wakeup_latency_s=240.0,
        waso_count=1.0,
    )
    return SleptSession(
        session_id=whole.session_id,
        start=whole.start,
        end=whole.end,
        created_timezone="Europe/Berlin",
        stat=stat,
    )


def unreadable(day: int) -> Unreadable:
    one = small(day)
    return Unreadable(session_id=one.session_id, start=one.start, end=one.end, reason="A field is missing.")


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


# As synchronisations would bring it: newest nights first, one night still recorded, one unreadable at first, the same
# statistics twice, and the stages of one run received at the moment of its statistics.
HISTORY: Final = (
    Brought(at=minutes(0), slept=tuple(said(day) for day in range(5))),
    Brought(at=minutes(0), results=(small(4), small(3))),
    Brought(at=minutes(0), problems=(unreadable(2),)),
    Brought(at=minutes(10), results=(small(5, state="OPEN"),)),
    Brought(at=minutes(20), results=(small(1),)),
    Brought(at=minutes(900), slept=tuple(said(day) for day in range(7))),
    Brought(at=minutes(901), results=(small(5),)),
    Brought(at=minutes(902), results=(small(2), small(0))),
    Brought(at=minutes(903), problems=(unreadable(6),)),
    Brought(at=minutes(904), problems=(unreadable(3),)),
)


@cache
def delivery(one: Brought) -> SessionSet:
    received = FIRST + one.at
    period = AverageStats(
        timezone="UTC", first=date(2026, 1, 1), last=date(2026, 2, 1), days=32, slept=one.slept
    )
    brought = session_set(one.results, one.problems, received=received)
    return SessionSet.concat([summarised(period, received=received), brought])


def delivered(history: Sequence[Brought]) -> bytes:
    """The bytes of the person's file when it came in that order; the nights are a function of them."""
    sessions = SessionSet.empty()
    for one in history:
        sessions, _, _ = merged(sessions, delivery(one))
    return encode_person(PersonFile(sessions=sessions, zone="UTC", synced_at=FIRST))


def archived(history: Sequence[Brought], folder: Path) -> tuple[bytes, pd.DataFrame]:
    """The same by way of the archive."""
    archive = NightArchive(folder, PlainSeal())
    for one in history:
        archive.put_many(
            "north",
            [Delivery(person_id="p_1", zone="UTC", sessions=delivery(one), synced_at=FIRST)],
        )
    file = folder / "north" / "people" / "p_1.parquet"
    return file.read_bytes(), archive.nights("north", "p_1")


@pytest.fixture(scope="module")
def in_order() -> bytes:
    return delivered(HISTORY)


def test_the_archive_keeps_that_file_and_the_same_nights_whatever_came_first(
    tmp_path: Path, in_order: bytes
) -> None:
    data, nights = archived(HISTORY, tmp_path / "in order")
    assert data == in_order
    by_session = nights.set_index("session_id")
    assert by_session.index.tolist() == [f"s{day}" for day in range(7)]
    assert by_session.index[by_session["basis"] == "vendor"].tolist() == ["s6"]
    unread = by_session["reasons"].str.contains("STAGES_UNREADABLE")
    assert by_session.index[unread].tolist() == ["s6"]
    data, others = archived(HISTORY[::-1], tmp_path / "backwards")
    assert data == in_order
    pd.testing.assert_frame_equal(others, nights)


def test_the_oldest_and_the_newest_nights_first_give_one_file(in_order: bytes) -> None:
    by_night = sorted(HISTORY, key=lambda one: [result.start for result in one.results])
    assert delivered(by_night) == in_order
    assert delivered(by_night[::-1]) == in_order


@settings(max_examples=10, deadline=None)
@given(st.permutations(HISTORY))
def test_every_order_gives_one_file(in_order: bytes, history: list[Brought]) -> None:
    assert delivered(history) == in_order


@settings(max_examples=6, deadline=None)
@given(st.permutations(HISTORY), st.integers(6, 9))
def test_every_order_of_a_part_of_it_gives_one_file(history: list[Brought], length: int) -> None:
    chosen = history[:length]
    assert delivered(chosen) == delivered(sorted(chosen, key=HISTORY.index))


def test_what_is_delivered_twice_changes_nothing(in_order: bytes) -> None:
    assert delivered([*HISTORY, *HISTORY[::-1]]) == in_order


def test_a_session_that_changed_and_was_fetched_again_stays_the_new_one_in_every_order() -> None:
    fetched_again = Brought(
        at=minutes(900), slept=(said(1, longer_s=600),), results=(night(1, stages=STAGES[::-1]),)
    )
    history = (
        Brought(at=minutes(0), slept=(said(1),)),
        Brought(at=minutes(5), results=(small(1),)),
        fetched_again,
    )
    assert len({delivered(order) for order in permutations(history)}) == 1


def test_statistics_that_changed_before_the_stages_came_are_the_last_ones_in_every_order() -> None:
    history = (
        Brought(at=minutes(0), slept=(said(1),)),
        Brought(at=minutes(900), slept=(said(1, longer_s=600),)),
        Brought(at=minutes(905), results=(small(1),)),
    )
    assert len({delivered(order) for order in permutations(history)}) == 1
