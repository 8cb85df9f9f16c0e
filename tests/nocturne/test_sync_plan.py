"""What is asked of the vendor about one person: how many calls it costs, and that nothing is forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.nights import SESSION_COLUMNS, SessionSet
from analytics.ragged import Ragged
from asleep.client import PERIOD_DAYS
from asleep.models import SessionListItem, SessionStat
from cache.archive import UNREADABLE, Known
from cache.columns import SUMMARISED
from nocturne.sync_plan import due, list_since, statistics_period, told, vanished
from store.people import SyncState

NOW: Final = datetime(2026, 3, 11, 18, 0, tzinfo=UTC)
TODAY: Final = NOW.date()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

every_days = st.integers(1, 3650)
moments = st.timedeltas(-2000 * DAY, 4000 * DAY).map(lambda apart: NOW + apart)
unfinished = st.sampled_from(["OPEN", "CLOSED", UNREADABLE, SUMMARISED])
finished = st.just("COMPLETE")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def state(
    succeeded_at: datetime | None = NOW,
    *,
    asked_days: int | None = 90,
    statistics_at: datetime | None = None,
    listed: int = 5,
    error: str = "",
) -> SyncState:
    """Somebody whose last synchronisation went through then, having asked for so many days."""
    since = None
    if succeeded_at is not None and asked_days is not None:
        since = midnight((succeeded_at - timedelta(days=asked_days + 1)).date())
    return SyncState(
        person_id="p",
        attempted_at=succeeded_at or NOW,
        succeeded_at=succeeded_at,
        error=error,
        listed=listed,
        fetched=0,
        failed=0,
        asked_since=since,
        statistics_at=statistics_at,
    )


def known(
    session_id: str = "s", *, ago: timedelta = 3 * DAY, is_state: str = "COMPLETE", summary: str = ""
) -> Known:
    return Known(
        session_id=session_id, state=is_state, start=NOW - ago, summary=summary, in_bed_s=None, asleep_s=None
    )


def by_id(*sessions: Known) -> dict[str, Known]:
    return {one.session_id: one for one in sessions}


def calls_of(period: tuple[date, date] | None) -> int:
    """How many calls the client makes of it."""
    if period is None:
        return 0
    first, last = period
    return -(-((last - first).days + 1) // PERIOD_DAYS)


# Which days of statistics.


@given(days=every_days, now=moments)
def test_somebody_new_costs_a_call_for_each_hundred_days_and_never_one_more(days: int, now: datetime) -> None:
    period = statistics_period(now, days=days, state=None)
    assert period is not None
    first, last = period
    assert last == now.date()
    calls = -(-days // 100)
    assert calls_of(period) == calls
    asked = (last - first).days + 1
    # All the days and one more, but for those that would cost a call more.
    assert asked == min(days + 1, calls * PERIOD_DAYS)


@given(days=every_days, ago=st.timedeltas(12 * HOUR, 500 * DAY))
def test_somebody_known_costs_one_call_of_a_hundred_days_at_most(days: int, ago: timedelta) -> None:
    before = state(NOW - ago, asked_days=days, statistics_at=NOW - ago)
    period = statistics_period(NOW, days=days, state=before)
    assert period is not None
    assert calls_of(period) == 1
    assert period == (TODAY - timedelta(days=min(days, PERIOD_DAYS - 1)), TODAY)


@given(days=every_days, ago=st.timedeltas(timedelta(), 12 * HOUR - timedelta(microseconds=1)))
def test_within_twelve_hours_statistics_are_not_asked_for_again(days: int, ago: timedelta) -> None:
    before = state(NOW - ago, asked_days=days, statistics_at=NOW - ago)
    assert statistics_period(NOW, days=days, state=before) is None


def test_rounds_without_statistics_do_not_put_them_off() -> None:
    ten_minutes_ago = NOW - timedelta(minutes=10)
    assert statistics_period(NOW, days=90, state=state(ten_minutes_ago, statistics_at=NOW - 12 * HOUR))
    assert statistics_period(NOW, days=90, state=state(ten_minutes_ago, statistics_at=None)), (
        "statistics that never arrived are asked for again"
    )


def test_more_days_in_the_settings_ask_for_all_of_them_again_however_short_a_time_ago() -> None:
    before = state(NOW - HOUR, asked_days=90, statistics_at=NOW - HOUR)
    assert statistics_period(NOW, days=90, state=before) is None
    assert statistics_period(NOW, days=30, state=before) is None
    period = statistics_period(NOW, days=300, state=before)
    assert period == statistics_period(NOW, days=300, state=None)
    assert calls_of(period) == 3


@pytest.mark.parametrize(
    "before", [state(None), state(NOW - HOUR, asked_days=None, statistics_at=NOW - HOUR)]
)
def test_whoever_never_went_through_is_asked_for_everything(before: SyncState) -> None:
    assert statistics_period(NOW, days=365, state=before) == statistics_period(NOW, days=365, state=None)


def test_a_clock_set_back_asks_for_statistics_of_a_known_person() -> None:
    before = state(NOW + 2 * HOUR, statistics_at=NOW + 2 * HOUR)
    assert calls_of(statistics_period(NOW, days=90, state=before)) == 1


# From when on to list.


@given(days=every_days, now=moments)
def test_somebody_new_is_listed_for_all_days_and_the_night_before_them(days: int, now: datetime) -> None:
    since = list_since(now, days=days, state=None, known={})
    assert since == midnight(now.date() - timedelta(days=days + 1))


@given(days=every_days, ago=st.timedeltas(timedelta(), 400 * DAY))
def test_somebody_known_is_listed_from_two_weeks_before_the_last_time(days: int, ago: timedelta) -> None:
    before = state(NOW - ago, asked_days=days)
    since = list_since(NOW, days=days, state=before, known=by_id(known()))
    assert since is not None
    all_days = midnight(TODAY - timedelta(days=days + 1))
    assert since == max(all_days, midnight((NOW - ago).date() - 14 * DAY))


def test_whoever_had_sessions_and_has_none_in_the_archive_is_asked_for_all_there_are() -> None:
    assert list_since(NOW, days=3, state=state(NOW - DAY), known={}) is None


def test_whoever_never_had_a_session_is_not_taken_for_lost() -> None:
    assert list_since(NOW, days=90, state=state(NOW - DAY, listed=0), known={}) is not None
    assert list_since(NOW, days=90, state=state(None), known={}) is not None


def test_more_days_are_listed_from_their_beginning() -> None:
    before = state(NOW - DAY, asked_days=90)
    assert list_since(NOW, days=100, state=before, known=by_id(known())) == midnight(TODAY - 101 * DAY)
    assert list_since(NOW, days=90, state=before, known=by_id(known())) == midnight(TODAY - 15 * DAY)


@given(back=st.timedeltas(timedelta(0), 300 * DAY), days=every_days)
def test_a_clock_set_back_lists_two_weeks_before_its_own_time(back: timedelta, days: int) -> None:
    before = state(NOW, asked_days=3650)
    now = NOW - back
    since = list_since(now, days=days, state=before, known=by_id(known()))
    assert since is not None
    assert since <= now
    if (now - timedelta(days=days)).date() >= (NOW - timedelta(days=3650)).date():
        assert since == max(midnight(now.date() - timedelta(days=days + 1)), midnight(now.date() - 14 * DAY))


# What statistics tell.


def statistics(*rows: tuple[str, str, float | None]) -> SessionSet:
    """Sessions as statistics name them: id, digest and seconds asleep (None: not sent)."""
    frame = pd.DataFrame(
        [
            {
                "session_id": session_id,
                "summary": summary,
                "vendor_time_in_sleep_s": asleep_s,
                "vendor_time_in_bed_s": 28_800.0,
                "basis": "vendor",
                "state": "COMPLETE",
                "created_timezone": "",
                "peculiarities": "",
                "problem": "",
            }
            for session_id, summary, asleep_s in rows
        ],
        columns=list(SESSION_COLUMNS),
    )
    frame = frame.astype(dict(SESSION_COLUMNS))
    nothing = Ragged.from_arrays([np.empty(0, dtype=np.int8)] * len(rows))
    return SessionSet.of_frame(frame=frame, stages=nothing, snoring=nothing)


def kept(
    session_id: str, summary: str, *, asleep_s: float | None = 25_000.0, is_state: str = "COMPLETE"
) -> Known:
    return Known(
        session_id=session_id,
        state=is_state,
        start=NOW - 5 * DAY,
        summary=summary,
        in_bed_s=28_800.0,
        asleep_s=asleep_s,
    )


def tells(
    sessions: SessionSet, before: Mapping[str, Known], *, named: set[str] | None = None
) -> tuple[list[str], list[str], set[str]]:
    """Ids that are fresh, changed and gone."""
    found = told(
        sessions,
        before,
        named=set(sessions.frame["session_id"]) if named is None else named,
        first=TODAY - 90 * DAY,
        last=TODAY,
    )
    return (
        found.fresh.frame["session_id"].tolist(),
        found.changed.frame["session_id"].tolist(),
        set(found.gone),
    )


def test_a_new_session_is_fresh() -> None:
    assert tells(statistics(("a", "1", 25_000.0)), {}) == (["a"], [], set())


def test_an_unchanged_one_is_not_told_of() -> None:
    assert tells(statistics(("a", "1", 25_000.0)), by_id(kept("a", "1"))) == ([], [], set())


@pytest.mark.parametrize("is_state", ["OPEN", "CLOSED", UNREADABLE, SUMMARISED])
def test_an_unfinished_one_is_fresh_whatever_was_said_before(is_state: str) -> None:
    for summary in ("", "1", "2"):
        before = by_id(kept("a", summary, is_state=is_state))
        assert tells(statistics(("a", "1", 25_000.0)), before) == (["a"], [], set())


@pytest.mark.parametrize("asleep_s", [25_000.0, 25_000.9, 24_999.1, None])
def test_what_came_without_statistics_is_taken_as_described_where_the_figures_agree(
    asleep_s: float | None,
) -> None:
    assert tells(statistics(("a", "1", asleep_s)), by_id(kept("a", ""))) == (["a"], [], set())
    assert tells(statistics(("a", "1", asleep_s)), by_id(kept("a", "", asleep_s=None))) == (["a"], [], set())


def test_what_came_without_statistics_and_differs_has_changed() -> None:
    assert tells(statistics(("a", "1", 25_060.0)), by_id(kept("a", ""))) == ([], ["a"], set())


def test_whatever_is_said_differently_has_changed() -> None:
    assert tells(statistics(("a", "2", 25_000.0)), by_id(kept("a", "1"))) == ([], ["a"], set())


def test_what_statistics_named_before_and_name_no_more_is_gone() -> None:
    before = by_id(kept("a", "1"), kept("b", "1"), kept("never-said", ""))
    assert tells(statistics(("a", "1", 25_000.0)), before) == ([], [], {"b"})


def test_what_is_named_without_statistics_is_there() -> None:
    assert tells(statistics(), by_id(kept("a", "1"), kept("b", "1")), named={"a"}) == ([], [], {"b"})


@pytest.mark.parametrize(
    ("start", "gone"),
    [
        (midnight(TODAY - 90 * DAY), False),
        (midnight(TODAY - 89 * DAY) - HOUR, False),
        (midnight(TODAY - 89 * DAY), True),
        (midnight(TODAY) - HOUR, True),
        (NOW + 2 * DAY, False),
        (None, False),
    ],
)
def test_nothing_is_gone_that_the_statistics_are_not_of(start: datetime | None, gone: bool) -> None:
    one = Known(session_id="a", state="COMPLETE", start=start, summary="1", in_bed_s=None, asleep_s=None)
    assert tells(statistics(), by_id(one))[2] == ({"a"} if gone else set())


@settings(max_examples=40, deadline=None)  # frames are slow to make
@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.tuples(st.sampled_from(["", "1", "2"]), st.sampled_from(["COMPLETE", "OPEN", SUMMARISED])),
    ),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["1", "2"])),
)
def test_of_each_session_one_thing_is_told_and_of_unchanged_ones_nothing(
    before: dict[str, tuple[str, str]], now: dict[str, str]
) -> None:
    archive = by_id(*(kept(name, summary, is_state=is_state) for name, (summary, is_state) in before.items()))
    fresh, changed, gone = tells(statistics(*((name, word, 25_000.0) for name, word in now.items())), archive)
    unchanged = {
        name for name in now if name in archive and archive[name].whole and archive[name].summary == now[name]
    }
    assert sorted([*fresh, *changed, *unchanged]) == sorted(now)
    assert gone == {name for name, one in archive.items() if one.summary and name not in now}
    assert all(archive[name].whole for name in changed)


# What is fetched.


def listed(session_id: str, *, ago: timedelta) -> SessionListItem:
    return SessionListItem(session_id=session_id, state="COMPLETE", start=NOW - ago, end=NOW - ago + 8 * HOUR)


def test_new_unfinished_and_contradicted_sessions_are_due_newest_first_and_once() -> None:
    before = by_id(
        known("whole", ago=2 * DAY),
        known("open", ago=1 * DAY, is_state="OPEN"),
        known("contradicted", ago=4 * DAY),
        known("old-unfinished", ago=80 * DAY, is_state=SUMMARISED),
        known("old-contradicted", ago=70 * DAY),
        known("old-whole", ago=60 * DAY),
    )
    names = {"new": 3, "whole": 2, "open": 1, "contradicted": 4}
    items = [listed(name, ago=days * DAY) for name, days in names.items()]
    found = due(items, before, asked_again={"contradicted", "old-contradicted", "open"})
    assert [one.session_id for one in found] == [
        "open", "new", "contradicted", "old-contradicted", "old-unfinished"
    ]  # fmt: skip
    ends = {one.session_id: one.end for one in found}
    assert ends["new"] == NOW - 3 * DAY + 8 * HOUR
    assert ends["old-unfinished"] is None


def test_an_answer_of_an_earlier_day_is_held_against_what_the_statistics_say_now() -> None:
    said = replace(known("a", is_state=SUMMARISED), in_bed_s=28_800.0, asleep_s=25_000.0)
    for items in ([], [listed("a", ago=3 * DAY)]):
        (one,) = due(items, by_id(said), asked_again=())
        assert not one.contradicts(SessionStat(time_in_bed_s=28_800.0, time_in_sleep_s=25_000.5))
        assert not one.contradicts(SessionStat(time_in_sleep_s=25_000.0))
        assert not one.contradicts(None)
        assert one.contradicts(SessionStat(time_in_bed_s=28_800.0, time_in_sleep_s=26_000.0))
        assert one.contradicts(SessionStat(time_in_bed_s=28_000.0, time_in_sleep_s=25_000.0))
    (new,) = due([listed("a", ago=DAY)], {}, asked_again=())
    assert not new.contradicts(SessionStat(time_in_bed_s=1.0))


def test_what_begins_at_once_has_one_order() -> None:
    items = [listed(name, ago=DAY) for name in "bca"]
    assert [one.session_id for one in due(items, {}, asked_again=())] == ["c", "b", "a"]


ages = st.timedeltas(timedelta(), 400 * DAY)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), ages),
    st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(ages, finished | unfinished)),
    st.sets(st.sampled_from("abcdefgh")),
)
def test_exactly_what_is_missing_is_due(
    vendor: dict[str, timedelta], archive: dict[str, tuple[timedelta, str]], again: set[str]
) -> None:
    before = by_id(*(known(name, ago=ago, is_state=is_state) for name, (ago, is_state) in archive.items()))
    found = due([listed(name, ago=ago) for name, ago in vendor.items()], before, asked_again=again)
    names = [one.session_id for one in found]
    missing = {name for name in vendor if name not in archive}
    missing |= {name for name, (_, is_state) in archive.items() if is_state != "COMPLETE" or name in again}
    assert len(names) == len(set(names))
    assert set(names) == missing
    assert [one.start for one in found] == sorted((one.start for one in found), reverse=True)


# What has vanished.


@pytest.mark.parametrize(
    ("start", "gone"),
    [
        (midnight(TODAY - 15 * DAY), False),
        (midnight(TODAY - 14 * DAY) - HOUR, False),
        (midnight(TODAY - 14 * DAY), True),
        (NOW, True),
        (midnight(TODAY + DAY) - HOUR, True),
        (midnight(TODAY + DAY), False),
        (NOW + 3 * DAY, False),
        (None, False),
    ],
)
def test_only_within_the_days_that_were_listed_can_a_session_vanish(
    start: datetime | None, gone: bool
) -> None:
    one = Known(session_id="a", state="COMPLETE", start=start, summary="", in_bed_s=None, asleep_s=None)
    since, last = midnight(TODAY - 15 * DAY), TODAY + DAY
    assert vanished({"b"}, by_id(one), since=since, last=last) == (("a",) if gone else ())
    assert vanished({"a"}, by_id(one), since=since, last=last) == ()


def test_an_empty_list_removes_nothing_and_a_list_of_everything_reaches_back_to_the_beginning() -> None:
    before = by_id(known("a", ago=3000 * DAY), known("b"))
    for since in (None, midnight(TODAY - 90 * DAY)):
        assert vanished((), before, since=since, last=TODAY + DAY) == ()
    assert vanished({"b"}, before, since=None, last=TODAY + DAY) == ("a",)


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), ages), st.sets(st.sampled_from("abcdefgh"), min_size=1), ages
)
def test_what_is_listed_or_older_than_the_list_never_vanishes(
    archive: dict[str, timedelta], named: set[str], reach: timedelta
) -> None:
    before = by_id(*(known(name, ago=ago) for name, ago in archive.items()))
    since = midnight((NOW - reach).date())
    gone = vanished(named, before, since=since, last=TODAY + DAY)
    assert not named & set(gone)
    assert set(gone) == {
        name for name, ago in archive.items() if name not in named and NOW - ago >= since + DAY
    }
