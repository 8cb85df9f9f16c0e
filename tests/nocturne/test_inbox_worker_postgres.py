"""The worker over an inbox in PostgreSQL, beside the store: whole, twice at once, and without who was erased."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from asleep.simulator.server import serve
from nocturne.access import local_actor
from nocturne.erasure import erase_person
from nocturne.inbox_worker import InboxWorker
from tests.nocturne.webhooks import Clock, block, complete, going_on, in_archive, live, opened, whole_nights
from tests.store.conftest import own_schema, postgres

__all__ = ["postgres"]


@pytest.fixture
def address(postgres: str) -> Iterator[str]:
    with own_schema(postgres) as url:
        yield url


def test_two_workers_do_everything_once_and_nothing_of_somebody_who_was_erased(
    tmp_path: Path, address: str
) -> None:
    world, diary = going_on()
    clock = Clock()
    with serve(world) as vendor, opened(tmp_path / "data", vendor, clock, database=address) as application:
        people = application.people()
        nights = {person: whole_nights(vendor, person)[-2:] for person in people}
        for _, newest in nights.values():
            diary.record(newest.id, epochs=20)
        events = [
            event
            for person, (before, newest) in nights.items()
            for event in (
                *(block(application, person.vendor_id, newest.id, seq) for seq in range(20)),
                complete(application, person.vendor_id, before.id),
            )
        ]
        application.inbox.accept(events)
        application.inbox.accept(events[::-1])
        workers = [InboxWorker(application, name="test") for _ in range(2)]
        threads = [threading.Thread(target=worker.run_once) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.now += timedelta(minutes=1)
        workers[0].run_once()
        state = application.inbox.state("main", "live")
        assert (state.waiting, state.dead) == (0, 0)
        assert application.inbox.done("main", "live") == len(events)
        for person, (before, newest) in nights.items():
            assert in_archive(application, person) == {before.id: "COMPLETE"}
            placed = live(application)[newest.id].blocks
            assert [each.seq for each in placed if len(each.stages) == 10] == list(range(20))
        erase_person(application, local_actor("main"), people[0].person_id, at_vendor=True)
        application.inbox.accept(events)
        workers[1].run_once()
        for worker in workers:
            worker.stop()
        _, gone = nights[people[0]]
        assert gone.id not in live(application)
        assert application.inbox.state("main", "live").quarantined == 0
