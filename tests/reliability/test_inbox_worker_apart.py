"""The worker runs in the dashboard, or apart from it where that is set: an event waits for the one that is to do it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asleep.simulator.server import Running, serve
from nocturne.application import Application
from tests.nocturne.webhooks import Clock, block, going_on, live, newest_night, opened
from tests.reliability.test_inbox_killed import done, worker_process
from tests.serving import serve_script

_LIMIT_S: Final = 30.0
_LONG_ENOUGH_S: Final = 4.0  # the worker looks at least every two seconds


def until(holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + _LIMIT_S
    while not holds():
        assert time.monotonic() < until_s, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def dashboard(folder: Path, vendor: Running, *, worker: str) -> Iterator[None]:
    settings = {
        "ASLEEP_API_KEY": vendor.api_key,
        "ASLEEP_BASE_URL": vendor.address,
        "NOCTURNE_DATA_DIR": str(folder),
        "NOCTURNE_INBOX_WORKER": worker,
        "NOCTURNE_SYNC_DAYS": "5",
    }
    with serve_script("streamlit_app.py", output=folder / "output.txt", environment=settings):
        yield


@contextmanager
def a_block_has_arrived(folder: Path) -> Iterator[tuple[Running, Application, str]]:
    world, diary = going_on(now=None)
    with serve(world) as vendor, opened(folder, vendor, Clock(datetime.now(UTC))) as application:
        person = application.people()[0]
        session = newest_night(vendor, person).id
        diary.record(session, epochs=40)
        application.inbox.accept([block(application, person.vendor_id, session, 7)])
        yield vendor, application, session


def test_the_dashboard_works_through_webhooks_itself(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with a_block_has_arrived(folder) as (vendor, application, session):
        with dashboard(folder, vendor, worker="inside"):
            until(lambda: done(application) == 1)
        assert 7 in {each.seq for each in live(application)[session].blocks}


def test_set_apart_it_leaves_them_to_a_process_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with (
        a_block_has_arrived(folder) as (vendor, application, session),
        dashboard(folder, vendor, worker="apart"),
    ):
        time.sleep(_LONG_ENOUGH_S)
        assert done(application) == 0
        with worker_process(vendor, folder):
            until(lambda: done(application) == 1)
        assert 7 in {each.seq for each in live(application)[session].blocks}
