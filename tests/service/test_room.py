"""Whether there is room is looked at now and then, and never by an event itself."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service import room
from service.room import Limits, Room
from store.errors import StoreUnavailable


class Backlog:
    """So many events wait; it counts how often it was asked."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.asked = waiting, 0

    def __call__(self) -> int:
        self.asked += 1
        return self.waiting


def room_of(
    waiting: Callable[[], int],
    folder: Path | None = None,
    problems: Callable[[], tuple[str, ...]] = lambda: (),
) -> Room:
    """Room for a hundred events."""
    return Room(Limits(waiting=waiting, at_most=100, folder=folder), problems=problems)


def test_a_backlog_is_full_at_its_limit_and_open_below_it() -> None:
    backlog = Backlog(99)
    found = room_of(backlog)
    found.look()
    assert found.full() == ""
    backlog.waiting = 100
    found.look()
    assert found.full().startswith("Too many events wait")
    backlog.waiting = 99
    found.look()
    assert found.full() == ""


def test_a_nearly_full_disk_takes_no_more_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = room_of(Backlog(0), tmp_path)
    found.look()
    assert found.full() == ""
    monkeypatch.setattr(room, "DISK_FLOOR_BYTES", 10**18)
    monkeypatch.setattr(room, "DISK_FLOOR_SHARE", 1.0)
    found.look()
    assert found.full().startswith("The disk is nearly full")


def test_a_thousand_events_ask_the_inbox_once_a_second_at_most_and_silence_asks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY_S", 0.1)
    backlog = Backlog(0)
    found = room_of(backlog)
    found.start()
    began = time.monotonic()
    while time.monotonic() - began < 0.5:
        found.full()
    busy = backlog.asked
    time.sleep(0.2)
    quiet = backlog.asked
    time.sleep(0.5)
    found.stop()
    assert 2 <= busy <= 6
    assert quiet <= busy + 1
    assert backlog.asked == quiet


def test_an_inbox_that_does_not_answer_is_not_taken_for_a_full_one(caplog: pytest.LogCaptureFixture) -> None:
    def unreadable() -> int:
        raise StoreUnavailable("The database is in use.")

    found = room_of(unreadable)
    found.look()
    assert found.full() == ""
    assert "is not known: The database is in use." in caplog.text


def test_that_events_are_turned_away_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(100)
    found = room_of(backlog)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found.look()
        backlog.waiting = 0
        found.look()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@contextmanager
def looking(found: Room, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The room is looked at by its thread, fifty times a second."""
    monkeypatch.setattr(room, "LOOK_EVERY_S", 0.02)
    found.start()
    try:
        yield
    finally:
        found.stop()


def test_full_is_not_remembered_through_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(100)
    found = room_of(backlog)
    with looking(found, monkeypatch):
        assert found.full()
        time.sleep(0.2)
        backlog.waiting = 0
        time.sleep(0.5)  # the hours without an event
        assert found.full() == ""


def test_whatever_fails_the_room_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    backlog = Backlog(100)
    broken = False

    def waiting() -> int:
        if broken:
            raise RuntimeError("Nobody had thought of this.")
        return backlog()

    found = room_of(waiting)
    with looking(found, monkeypatch):
        assert found.full()
        broken = True
        time.sleep(0.3)
        assert found.full() == "", "what was found before holds no longer"
        broken = False
        time.sleep(0.3)
        assert found.full().startswith("Too many events wait"), "the thread lives"
    assert "is not known: RuntimeError" in caplog.text
    assert "Nobody had thought of this." not in caplog.text


def test_a_replaced_inbox_takes_nothing_in_and_neither_does_one_that_cannot_be_read() -> None:
    found = room_of(Backlog(0), problems=lambda: ("The file is not the one that was opened.",))
    found.look()
    assert found.full().startswith("The inbox is not the one that was opened")

    def unreadable() -> tuple[str, ...]:
        raise StoreUnavailable("No such table.")

    found = room_of(Backlog(0), problems=unreadable)
    found.look()
    assert found.full().startswith("The inbox cannot be read")
