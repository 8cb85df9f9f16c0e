"""The nights under way: every order of the same events ends in the same rows, and what is complete stays complete."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, text

from store import live_nights
from store.inbox import (
    Arrival,
    Block,
    BlockPlaced,
    Completed,
    Effect,
    Gone,
    Inbox,
    Leased,
    LiveNight,
    LiveState,
    Opened,
    Session,
)
from tests.store.arrivals import ENVIRONMENT, MINE, NOW, ORGANISATION, Clock, block, complete

START, END = NOW, NOW + timedelta(hours=7)
MARK = b"mark of G-1"
OF_NIGHT: dict[str, Any] = {"vendor_id": "G-1", "session_id": "s-1"}
OPENED = Opened(**OF_NIGHT, start=START, zone="Europe/Berlin")
COMPLETED = Completed(**OF_NIGHT, start=START, end=END, zone="Europe/Berlin")


def placed(seq: int, stages: bytes = b"\1" * 10) -> BlockPlaced:
    return BlockPlaced(**OF_NIGHT, seq=seq, stages=stages)


def apply(inbox: Inbox, *effects: Effect) -> bool:
    return inbox.live.apply(ORGANISATION, ENVIRONMENT, *effects, mark=MARK)


def nights(inbox: Inbox, since: datetime = NOW) -> tuple[LiveNight, ...]:
    return inbox.live.nights(ORGANISATION, "live", since=since)


def rows(inbox: Inbox) -> list[list[tuple[object, ...]]]:
    """Every cell of the nights and blocks, and how each event stands."""
    questions = (
        "SELECT * FROM live_nights ORDER BY 1, 2, 3, 4",
        "SELECT * FROM live_blocks ORDER BY 1, 2, 3, 4, 5, 6",
        "SELECT event, seq, length, state, attempts, body, stages FROM inbox_events ORDER BY 1, 2, 3",
    )
    with inbox._database.reading() as connection:
        return [[tuple(row) for row in connection.execute(text(question))] for question in questions]


def test_a_night_grows_and_is_complete(inbox: Inbox, clock: Clock) -> None:
    version = inbox.live.version(*MINE)
    apply(inbox, OPENED)
    clock.pass_s(300)
    apply(inbox, placed(1))
    clock.pass_s(300)
    apply(inbox, placed(0, b"\0" * 10))
    last = clock.now
    (night,) = nights(inbox)
    assert night == LiveNight(
        **OF_NIGHT, state="recording", start=START, end=None, zone="Europe/Berlin", seen_at=NOW,
        last_block_at=last, completed_at=None,
        blocks=(
            Block(seq=0, stages=b"\0" * 10), Block(seq=1, stages=b"\1" * 10)
        ),
    )  # fmt: skip
    clock.pass_s(300)
    apply(inbox, COMPLETED)
    (night,) = nights(inbox)
    assert (night.state, night.end, night.completed_at, night.seen_at) == ("complete", END, clock.now, NOW)
    assert (night.blocks, night.last_block_at) == ((), None)
    assert inbox.live.version(*MINE) == version + 4


def test_what_changes_nothing_leaves_the_version_as_it_is(inbox: Inbox) -> None:
    apply(inbox, OPENED, placed(0))
    version = inbox.live.version(*MINE)
    apply(inbox, OPENED, placed(0), placed(0, b"\2" * 10))
    apply(inbox, Gone(vendor_id="G-2", session_id="s-1"))
    assert inbox.live.version(*MINE) == version
    apply(inbox, Opened(**OF_NIGHT, start=START + timedelta(seconds=1), zone="Europe/Berlin"))
    assert inbox.live.version(*MINE) > version
    assert nights(inbox)[0].start == START + timedelta(seconds=1)
    assert inbox.live.version("south", "live") == inbox.live.version(ORGANISATION, "test") == 0


def test_nothing_that_comes_late_touches_a_completed_night(inbox: Inbox, clock: Clock) -> None:
    apply(inbox, COMPLETED)
    before, version = rows(inbox), inbox.live.version(*MINE)
    clock.pass_s(60)
    apply(inbox, placed(3))
    apply(inbox, Opened(**OF_NIGHT, start=START + timedelta(hours=1), zone="UTC"), placed(4))
    assert rows(inbox) == before
    assert inbox.live.version(*MINE) == version


def test_a_night_that_is_completed_again_gets_the_newer_end_and_keeps_the_moment(
    inbox: Inbox, clock: Clock
) -> None:
    apply(inbox, COMPLETED)
    clock.pass_s(60)
    apply(inbox, Completed(**OF_NIGHT, start=START, end=END + timedelta(minutes=5)))
    (night,) = nights(inbox)
    assert (night.end, night.completed_at) == (END + timedelta(minutes=5), NOW)


def test_blocks_of_a_session_that_nobody_has_opened_are_seen_by_nobody_until_it_is(inbox: Inbox) -> None:
    apply(inbox, placed(0))
    assert nights(inbox) == ()
    apply(inbox, OPENED)
    assert [each.seq for each in nights(inbox)[0].blocks] == [0]


def test_what_the_vendor_has_no_more_is_gone(inbox: Inbox) -> None:
    apply(inbox, OPENED, placed(0))
    apply(inbox, Gone(**OF_NIGHT))
    assert nights(inbox) == ()
    assert rows(inbox)[1] == []


def test_the_states_are_those_of_the_same_nights(inbox: Inbox, clock: Clock) -> None:
    of_others = [{"vendor_id": f"G-{number}", "session_id": "s-1"} for number in (2, 3)]
    apply(inbox, OPENED, placed(0))
    clock.pass_s(300)
    apply(inbox, placed(1), Opened(**of_others[0], start=START - timedelta(hours=1), zone="UTC"))
    apply(inbox, Completed(**of_others[1], start=START, end=END))
    apply(
        inbox, BlockPlaced(vendor_id="G-9", session_id="s-9", seq=0, stages=b"\1" * 10)
    )  # nobody has opened it
    for since_s in (-1, 0, 1, 300, 301):
        since = NOW + timedelta(seconds=since_s)
        assert inbox.live.states(*MINE, since=since) == tuple(
            LiveState(
                vendor_id=night.vendor_id, session_id=night.session_id, state=night.state, start=night.start,
                seen_at=night.seen_at, last_block_at=night.last_block_at,
            )
            for night in nights(inbox, since)
        )  # fmt: skip
    assert len(inbox.live.states(*MINE, since=NOW)) == 3
    assert inbox.live.states("south", "live", since=NOW) == ()


def test_nights_without_a_sign_since_are_left_out(inbox: Inbox, clock: Clock) -> None:
    apply(inbox, OPENED)
    apply(inbox, Opened(vendor_id="G-2", session_id="s-2", start=START - timedelta(hours=1), zone="UTC"))
    apply(inbox, Completed(vendor_id="G-3", session_id="s-3", start=START, end=END))
    clock.pass_s(3600)
    apply(inbox, placed(0))
    assert [night.vendor_id for night in nights(inbox)] == ["G-2", "G-1", "G-3"], "by start"
    assert [night.vendor_id for night in nights(inbox, since=clock.now)] == ["G-1"]


def test_no_organisation_or_environment_sees_the_nights_of_another(inbox: Inbox) -> None:
    apply(inbox, OPENED, placed(0))
    assert inbox.live.nights("south", "live", since=NOW) == ()
    assert inbox.live.nights(ORGANISATION, "test", since=NOW) == ()
    inbox.live.apply("south", "live", Completed(**OF_NIGHT, start=START, end=END), mark=MARK)
    assert nights(inbox)[0].state == "recording"


def test_nights_are_let_go_of_three_days_after_they_were_completed_and_seven_without_a_sign(
    inbox: Inbox, clock: Clock
) -> None:
    apply(inbox, COMPLETED)
    apply(inbox, Opened(vendor_id="G-2", session_id="s-2", start=START, zone="UTC"))
    apply(inbox, BlockPlaced(vendor_id="G-9", session_id="never opened", seq=0, stages=b"\1" * 10))
    clock.pass_s(3 * 86_400 - 1)
    apply(inbox, BlockPlaced(vendor_id="G-2", session_id="s-2", seq=0, stages=b"\1" * 10))
    assert inbox.purge(*MINE).nights == 0
    clock.pass_s(2)
    version = inbox.live.version(*MINE)
    assert inbox.purge(*MINE).nights == 1
    assert inbox.live.version(*MINE) > version
    assert [row[2] for row in rows(inbox)[1]] == ["G-2"], "the block that nobody ever saw is gone"
    clock.pass_s(7 * 86_400)
    assert inbox.purge(*MINE).nights == 1
    assert rows(inbox)[:2] == [[], []]


def effects_of(leased: Leased) -> Sequence[Effect]:
    """What the worker makes of an event, without the API: it says that the session is there, or that it is complete."""
    of_night = {"vendor_id": leased.vendor_id, "session_id": leased.session_id}
    if leased.kind == "complete":
        return (Completed(**of_night, start=START, end=END, zone="UTC"),)
    return (
        Opened(**of_night, start=START, zone="UTC"),
        BlockPlaced(**of_night, seq=leased.seq, stages=leased.stages),
    )


def played(inbox: Inbox, order: Sequence[Arrival]) -> list[list[tuple[object, ...]]]:
    """The rows after the events came and were worked off one by one in this order."""
    for arrival in order:
        inbox.accept([arrival])
        for leased in inbox.lease(ORGANISATION, "live", worker="w"):
            assert inbox.settle(leased, *effects_of(leased))
    return rows(inbox)


SHORT_NIGHT = (block(0), block(1), block(2, stages=b"\2" * 20), block(1), complete())


def empty(inbox: Inbox) -> None:
    with inbox._database.writing() as connection:
        for table in ("live_nights", "live_blocks", "live_versions", "inbox_events"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - the names above


def test_every_order_of_a_short_night_ends_in_the_same_rows(inbox: Inbox) -> None:
    wanted = played(inbox, SHORT_NIGHT)
    assert [len(part) for part in wanted] == [1, 0, 4]
    for order in permutations(SHORT_NIGHT):
        empty(inbox)
        assert played(inbox, order) == wanted, [each.seq for each in order]


_sessions = st.fixed_dictionaries(
    {"vendor_id": st.sampled_from(["G-1", "G-2"]), "session_id": st.sampled_from(["s-1", "s-2"])}
)


def _one(kind: type, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Effect]:
    return st.builds(lambda session, rest: kind(**session, **rest), _sessions, st.fixed_dictionaries(values))


_starts = st.sampled_from([START, START + timedelta(minutes=1)])
_effects = st.one_of(
    _one(Opened, start=_starts, zone=st.sampled_from(["", "UTC"])),
    _one(BlockPlaced, seq=st.integers(0, 3), stages=st.sampled_from([b"\1" * 10, b"\2" * 10, b"\1" * 20])),
    _one(Completed, start=_starts, end=st.sampled_from([None, END])),
    _one(Gone),
)


@given(st.lists(st.lists(_effects, max_size=4), max_size=12), st.integers(0, 3))
def test_whoever_knows_what_was_there_reads_what_is_there_now(
    tmp_path_factory: pytest.TempPathFactory, steps: list[list[Effect]], few: int
) -> None:
    clock = Clock()
    inbox = Inbox(f"sqlite:///{_kept(tmp_path_factory)}/known.db", now=clock)
    empty(inbox)
    known: dict[Session, LiveNight] = {}
    with patch.object(live_nights, "_FEW", few):
        for step in steps:
            clock.pass_s(60)
            apply(inbox, *step)
            found = inbox.live.nights(*MINE, since=NOW, known=known)
            anew = inbox.live.nights(*MINE, since=NOW)
            assert found == anew
            assert [each.blocks for each in found] == [each.blocks for each in anew]
            known = {(each.vendor_id, each.session_id): each for each in found}
    inbox.close()


def test_what_is_as_it_was_is_the_same_object_and_its_blocks_are_not_read(inbox: Inbox) -> None:
    apply(inbox, OPENED, placed(0), Opened(vendor_id="G-2", session_id="s-2", start=END, zone=""))
    first, second = nights(inbox)
    known = {("G-1", "s-1"): first, ("G-2", "s-2"): second}
    asked: list[str] = []
    event.listen(inbox._database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    again = inbox.live.nights(*MINE, since=NOW, known=known)
    assert all(one is other for one, other in zip(again, (first, second), strict=True))
    assert not any("live_blocks" in statement for statement in asked)
    apply(inbox, placed(1))
    first_now, second_now = inbox.live.nights(*MINE, since=NOW, known=known)
    assert second_now is second
    assert [each.seq for each in first_now.blocks] == [0, 1]


@given(st.permutations([0, 1, 2, 3, 4, 5, 6]), st.integers(0, 7))
def test_every_order_of_a_night_under_way_ends_in_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], again: int
) -> None:
    folder = _kept(tmp_path_factory)
    events = [block(seq) for seq in order]
    ours, sorted_ones = (
        Inbox(f"sqlite:///{folder}/one.db", now=Clock()),
        Inbox(f"sqlite:///{folder}/two.db", now=Clock()),
    )
    empty(ours)
    empty(sorted_ones)
    found = played(ours, [*events, *events[:again]])
    assert found == played(sorted_ones, sorted(events, key=lambda event: event.seq))
    assert [len(part) for part in found] == [1, 7, 7]
    ours.close()
    sorted_ones.close()


def _kept(factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples: making the tables costs more than an example."""
    folder = factory.getbasetemp() / "orders"
    folder.mkdir(exist_ok=True)
    return folder
