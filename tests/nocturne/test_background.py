"""The synchronisation that runs beside the dashboard: on request, and never stuck."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from asleep.simulator.server import Running
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.background import BackgroundSync
from store.people import StoreUnavailable
from tests.nocturne.conftest import NOW, roster_csv
from tests.nocturne.importing import import_people


@pytest.fixture
def background(application: Application, actor: Actor, simulator: Running) -> Iterator[BackgroundSync]:
    import_people(application, actor, roster_csv(simulator))
    running = BackgroundSync(application)
    running.start()
    yield running
    running.stop()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not happen within half a minute"
        time.sleep(0.02)


def test_it_begins_by_itself_and_again_on_request(
    background: BackgroundSync, application: Application
) -> None:
    board = application.board
    until(lambda: board.progress.state == "done")
    first = board.progress
    assert first.people_complete == len(application.people())
    background.request()
    until(lambda: board.progress.state == "done" and board.progress is not first)
    assert board.progress.people_complete == len(application.people())


def test_a_database_that_fails_leaves_no_synchronisation_that_never_ends(
    background: BackgroundSync, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = application.board
    until(lambda: board.progress.state == "done")

    def fail(*_args: object, **_kwargs: object) -> object:
        raise StoreUnavailable("The database cannot be reached.")

    monkeypatch.setattr(type(application.store), "sync_states", fail)
    background.request()
    until(lambda: bool(board.progress.halted))
    assert not board.progress.running
    monkeypatch.undo()
    background.request()
    until(lambda: board.progress.state == "done" and not board.progress.halted)


def test_a_used_up_quota_pauses_and_ends_by_itself(
    application: Application, actor: Actor, simulator: Running
) -> None:
    import_people(application, actor, roster_csv(simulator))
    simulator.fail_all("quota")
    try:
        running = BackgroundSync(application, first_pause_s=0.3)
        running.start()
        board = application.board
        until(lambda: board.progress.resumes_at is not None)
        assert "quota" in board.progress.halted.lower()
        assert board.progress.people_complete == 0
    finally:
        simulator.fail_all(None)
    until(lambda: board.progress.state == "done" and not board.progress.halted)
    assert board.progress.people_complete == len(application.people())
    assert board.progress.resumes_at is None
    running.stop()


def test_pauses_grow_to_an_hour_and_no_further(application: Application) -> None:
    background = BackgroundSync(application)
    pauses = [background._pause_s(refused) for refused in (1, 2, 3, 4, 5, 9, 5000)]
    assert pauses == [300, 600, 1200, 2400, 3600, 3600, 3600]
    assert application.board.progress.resumes_at == NOW + timedelta(hours=1)
