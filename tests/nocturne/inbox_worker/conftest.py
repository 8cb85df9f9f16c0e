"""What the tests of the inbox's worker start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from asleep.simulator.server import serve
from nocturne.inbox_worker import InboxWorker
from tests.nocturne.inbox_worker.scene import Scene, at_work
from tests.nocturne.syncing import NotingClient
from tests.nocturne.webhooks import (
    Clock,
    going_on,
    opened,
)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world, diary = going_on()
    clock = Clock()
    with serve(world) as vendor:
        client = NotingClient(vendor)
        with opened(tmp_path / "data", vendor, clock, client=client) as application:
            yield Scene(vendor=vendor, diary=diary, clock=clock, client=client, application=application)


@pytest.fixture
def worker(scene: Scene) -> Iterator[InboxWorker]:
    with at_work(scene.application) as made:
        yield made
