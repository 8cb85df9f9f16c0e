"""Whether there is room is looked at now and then, and never by an event itself."""

import logging
import time
from pathlib import Path

import pytest

from service import room
from service.room import Room
from store.errors import StoreUnavailable


class Backlog:
    """So many events wait; it counts how often it was asked."""

    def __init__(self, waiting: int) -> None:
        self.waiting, self.asked = waiting, 0

    def __call__(self) -> int:
        self.asked += 1
        return self.waiting


def test_a_backlog_is_full_at_its_limit_and_open_below_it() -> None:
    backlog = Backlog(99)
    found = Room(backlog, at_most=100, folder=None)
    found.look()
    assert found.full() == ""
    backlog.waiting = 100
    found.look()
    assert found.full().startswith("Too many events wait")
    backlog.waiting = 99
    found.look()
    assert found.full() == ""


def test_a_nearly_full_disk_takes_no_more_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Room(Backlog(0), at_most=100, folder=tmp_path)
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
    found = Room(backlog, at_most=100, folder=None)
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

    found = Room(unreadable, at_most=100, folder=None)
    found.look()
    assert found.full() == ""
    assert "is not known: The database is in use." in caplog.text


def test_that_events_are_turned_away_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    backlog = Backlog(100)
    found = Room(backlog, at_most=100, folder=None)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            found.look()
        backlog.waiting = 0
        found.look()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
