"""The synchronisation that runs beside the dashboard: on request, and never stuck."""

import time
from collections.abc import Callable, Iterator

import pytest

from asleep.simulator.server import Running
from nocturne.access import Actor
from nocturne.application import Application
from nocturne.background import BackgroundSync
from nocturne.roster import import_people
from store.people import StoreUnavailable
from tests.nocturne.conftest import roster_csv


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
