"""What was acknowledged is there: after the service was killed, and after it was asked to stop, at whatever moment."""

import random
import signal
import time
from pathlib import Path

import pytest

from bench.webhook_sender import body
from tests.service.running import (
    STOP_LIMIT_S,
    Sender,
    Service,
    answer,
    connected,
    head,
    kept,
    named,
    sent,
    settings,
    start,
    stop,
)

MANY = 1_000_000
"""More than any sender gets to send."""


def killed_after(folder: Path, *, first: int, acknowledged: int) -> list[int]:
    """The events that were acknowledged by a service that was killed when so many had been."""
    service = start(folder, settings(folder))
    sender = Sender(service, first=first, count=MANY)
    wait_for(sender, acknowledged, service)
    stop(service, signal.SIGKILL)
    sender.wait()
    assert sender.progress.lost > 0, "Nothing was under way, so nothing could be lost."
    return sender.progress.acknowledged


def wait_for(sender: Sender, acknowledged: int, service: Service) -> None:
    deadline = time.monotonic() + 60
    while len(sender.progress.acknowledged) < acknowledged:
        assert time.monotonic() < deadline, service.log
        assert service.process.poll() is None, service.log
        time.sleep(0.001)


def trials(folder: Path, *, count: int, at_least: int) -> int:
    """How many events were acknowledged in so many trials on one folder, none of which was lost."""
    chosen = random.Random(7)  # the moments are chosen anew by what the machine does besides
    acknowledged: list[int] = []
    for trial in range(count):
        wanted = at_least + chosen.randrange(at_least)
        acknowledged += killed_after(folder, first=trial * MANY, acknowledged=wanted)
        lost = {named(number) for number in acknowledged} - kept(folder)
        assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged events are lost."
    return len(acknowledged)


def test_nothing_acknowledged_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    assert trials(tmp_path / "data", count=3, at_least=100) >= 300


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_nothing_of_ten_thousand_acknowledged_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    assert trials(tmp_path / "data", count=20, at_least=500) >= 10_000


def test_who_is_asked_to_stop_under_load_ends_in_order_and_has_kept_all_it_acknowledged(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    service = start(folder, settings(folder))
    sender = Sender(service, first=0, count=MANY)
    wait_for(sender, 300, service)
    began = time.monotonic()
    assert stop(service) == 0
    assert time.monotonic() - began <= STOP_LIMIT_S
    sender.wait()
    assert set(sender.progress.statuses) == {200}
    assert {named(number) for number in sender.progress.acknowledged} <= kept(folder)
    assert "Traceback" not in service.log


def test_who_is_asked_to_stop_still_takes_in_what_has_begun_to_arrive(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    service = start(folder, settings(folder))
    event = body(0)
    with connected(service.url) as begun, connected(service.url) as silent:
        silent.sendall(head(service.url, sent(), length=len(event)) + event[:50])
        begun.sendall(head(service.url, sent(user=None), length=len(event)) + event[:50])
        time.sleep(0.2)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        begun.sendall(event[50:])
        assert answer(begun).status == 200
        assert answer(silent).status == 408
    assert service.process.wait(STOP_LIMIT_S) == 0
    assert kept(folder) == {named(0)}
    stop(service)
