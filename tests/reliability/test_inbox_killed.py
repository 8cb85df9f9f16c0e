"""`python -m nocturne worker` killed at any moment: every event that was accepted has its effect, and has it once."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from asleep.simulator.server import Running, serve
from nocturne.application import Application
from nocturne.inbox_worker import InboxWorker
from store.inbox import Arrival
from store.people import Person
from tests.nocturne.webhooks import (
    Clock,
    block,
    complete,
    going_on,
    in_archive,
    live,
    opened,
    whole_nights,
)
from tests.serving import ROOT, clean_environment

PEOPLE, BLOCKS = 6, 60
_LIMIT_S: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class Evening:
    """People of whom one night each is under way and the one before is complete, and all that is sent about them.

    Attributes:
        open, complete: the session of each person's night.
        events: every event once, in the order in which they are sent.
    """

    open: dict[Person, str]
    complete: dict[Person, str]
    events: list[Arrival]


@contextmanager
def an_evening(folder: Path, *, seed: int) -> Iterator[tuple[Running, Application, Evening]]:
    # Made now, because the command reads the clock of this machine.
    world, diary = going_on(people=PEOPLE, nights=6, seed=7, now=None)
    clock = Clock(datetime.now(UTC))
    with serve(world, latency_ms=3) as vendor, opened(folder, vendor, clock) as application:
        open_, complete_ = dict[Person, str](), dict[Person, str]()
        for person in application.people():
            *_, before, newest = whole_nights(vendor, person)
            open_[person], complete_[person] = newest.id, before.id
            diary.record(newest.id, epochs=40)
        events = [
            block(application, person.vendor_id, session, seq)
            for sessions in (open_, complete_)
            for person, session in sessions.items()
            for seq in range(BLOCKS)
        ]
        events += [complete(application, who.vendor_id, session) for who, session in complete_.items()]
        random.Random(seed).shuffle(events)
        yield vendor, application, Evening(open=open_, complete=complete_, events=events)


@contextmanager
def worker_process(vendor: Running, folder: Path) -> Iterator[subprocess.Popen[str]]:
    environment = clean_environment(
        {
            "ASLEEP_API_KEY": vendor.api_key,
            "ASLEEP_BASE_URL": vendor.address,
            "NOCTURNE_DATA_DIR": str(folder),
            "NOCTURNE_RATE_LIMIT_PER_SECOND": "1000",
        }
    )
    command = [sys.executable, "-m", "nocturne", "worker"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def sent(application: Application, events: list[Arrival], *, seed: int) -> threading.Thread:
    """A thread that hands the events over a few at a time, some of them twice; all are accepted when it has ended."""
    rng = random.Random(seed)

    def send() -> None:
        for place in range(0, len(events), 12):
            some = events[place : place + 12]
            application.inbox.accept([*some, *rng.sample(some, 3)])
            time.sleep(0.002)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def done(application: Application) -> int:
    return application.inbox.done(application.organisation, "live")


def until_done(application: Application, count: int, process: subprocess.Popen[str]) -> None:
    """Returns when so many events are done."""
    until_s = time.monotonic() + _LIMIT_S
    while done(application) < count:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until_s, f"{done(application)} of {count} were done"
        time.sleep(0.002)


def every_event_had_its_effect_once(application: Application, evening: Evening) -> None:
    state = application.inbox.state(application.organisation, "live")
    assert (state.waiting, state.dead, state.quarantined) == (0, 0, 0)
    assert done(application) == len(evening.events)
    nights = live(application)
    assert set(nights) >= {*evening.open.values()}
    for person, session in evening.open.items():
        assert [each.seq for each in nights[session].blocks if len(each.stages) == 10] == list(range(BLOCKS))
        assert session not in in_archive(application, person)
    for person, session in evening.complete.items():
        assert in_archive(application, person) == {session: "COMPLETE"}
        kept = application.archive.sessions(application.organisation, person.person_id)
        told = application.asleep.get_session(person.vendor_id, session, fresh=True).value
        np.testing.assert_array_equal(kept.stages[0], np.array(told.sleep_stages, dtype=np.int8))
        assert session not in nights or nights[session].state == "complete"


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.chaos) for seed in range(3, 23))]
)
def test_a_worker_killed_at_any_moment_leaves_every_accepted_event_to_the_next_one(
    tmp_path: Path, seed: int
) -> None:
    folder = tmp_path / "data"
    with an_evening(folder, seed=seed) as (vendor, application, evening):
        sender = sent(application, evening.events, seed=seed)
        with worker_process(vendor, folder) as process:
            until_done(application, random.Random(seed).randint(1, int(0.9 * len(evening.events))), process)
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL
        sender.join()
        assert done(application) < len(evening.events), "something was left to do"
        # Leases have run out by then, and what was put off is due.
        application.now.now += timedelta(minutes=10)  # type: ignore[attr-defined]
        workers = [InboxWorker(application, name=f"after-{place}") for place in range(2)]
        threads = [threading.Thread(target=each.run_once) for each in workers]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        for worker in workers:
            worker.stop()
        every_event_had_its_effect_once(application, evening)


def test_a_worker_that_is_told_to_end_gives_back_what_it_has_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with an_evening(folder, seed=1) as (vendor, application, evening):
        sender = sent(application, evening.events, seed=1)
        with worker_process(vendor, folder) as process:
            until_done(application, 40, process)
            began_s = time.monotonic()
            process.terminate()
            said, complaints = process.communicate(timeout=_LIMIT_S)
            took_s = time.monotonic() - began_s
        assert (process.returncode, complaints) == (0, "")
        assert took_s < 10
        assert "SIGTERM" in said.splitlines()[0]
        sender.join()
        # No lease has to run out: what was put off for a moment is all that is not due at once.
        application.now.now += timedelta(seconds=30)  # type: ignore[attr-defined]
        worker = InboxWorker(application, name="after")
        worker.run_once()
        worker.stop()
        every_event_had_its_effect_once(application, evening)
