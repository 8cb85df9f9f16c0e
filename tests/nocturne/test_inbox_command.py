"""`python -m nocturne inbox`: how it stands, why something is a dead letter, and trying it again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from asleep.simulator.server import serve
from nocturne.__main__ import main
from nocturne.access import ROLES, Permission
from nocturne.application import Application
from nocturne.inbox_retries import TRIES
from nocturne.inbox_worker import InboxWorker
from nocturne.webhook_access import address
from tests.nocturne.webhooks import Clock, complete, going_on, in_archive, newest_night, opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Application]:
    """An installation with a dead letter, an event that waits, and one about nobody on the roster."""
    world, _ = going_on()
    with serve(world) as vendor, opened(tmp_path / "data", vendor, clock) as application:
        monkeypatch.setenv("ASLEEP_API_KEY", vendor.api_key)
        monkeypatch.setenv("ASLEEP_BASE_URL", vendor.address)
        monkeypatch.setenv("NOCTURNE_DATA_DIR", str(tmp_path / "data"))
        first, second, _ = application.people()
        foreign = newest_night(vendor, second).id
        application.inbox.accept(
            [
                complete(application, first.vendor_id, foreign),
                complete(application, "G-20260101000000-nobodyKnowsThem", "20260310220000_abcde"),
            ]
        )
        worker = InboxWorker(application, name="test")
        for _ in range(TRIES):
            worker.run_once()
            clock.pass_by(minutes=5)
        worker.stop()
        application.inbox.accept([complete(application, second.vendor_id, foreign)])
        yield application


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was said, by the first words of each line."""
    said = capsys.readouterr().out.splitlines()
    return {line[:14].strip(): line[14:].strip() for line in said}


def test_the_state_is_told_line_by_line(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inbox"]) == 0
    said = lines(capsys)
    assert said["waiting"].startswith("1, the oldest since 2026-03-11 18:40 UTC")
    assert said["quarantined"].startswith("1 about people who are not on the roster")
    assert said["dead letters"] == "1: `python -m nocturne inbox dead` says why"
    assert said["last webhook"] == "2026-03-11 18:40 UTC"
    assert said["gaps"].startswith("0 sessions")
    assert said["gaps"].endswith("counted from the first webhook on")


def test_why_the_oldest_event_waits_is_told_once_it_was_tried_in_vain(
    application: Application, capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    main(["inbox"])
    assert "in vain" not in capsys.readouterr().out
    (leased,) = application.inbox.lease(application.organisation, "live", worker="test")
    later = clock() + timedelta(minutes=5)
    application.inbox.put_off(leased, error="The vendor was not there.", next_at=later)
    clock.pass_by(minutes=1)
    first, *_ = application.people()
    application.inbox.accept([complete(application, first.vendor_id, "20260310220000_fghij")])
    assert main(["inbox"]) == 0
    said = capsys.readouterr().out
    assert "              that one was tried in vain: The vendor was not there.\n" in said


def test_the_address_is_told_to_who_may_see_it_in_admin(
    application: Application, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address(application).path
    assert main(["inbox", "address"]) == 0
    assert capsys.readouterr() == (f"{path}\n", "")
    monkeypatch.setenv("NOCTURNE_WEBHOOKS", "off")
    assert main(["inbox", "address"]) == 0
    said, complained = capsys.readouterr()
    assert (said, "NOCTURNE_WEBHOOKS" in complained) == (f"{path}\n", True)
    for lacking in (Permission.MANAGE_PEOPLE, Permission.SYNCHRONISE):
        monkeypatch.setitem(ROLES, "local", frozenset(Permission) - {lacking})
        assert main(["inbox", "address"]) == 1
        said, complained = capsys.readouterr()
        assert path not in said + complained
        assert "may not" in complained


def test_a_worker_says_that_webhooks_are_off(
    application: Application, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nocturne.commands.inbox.Event.wait", lambda *_: True, raising=False)
    assert main(["worker"]) == 0
    assert "NOCTURNE_WEBHOOKS" not in capsys.readouterr().err
    monkeypatch.setenv("NOCTURNE_WEBHOOKS", "off")
    assert main(["worker"]) == 0
    assert "switched off by NOCTURNE_WEBHOOKS" in capsys.readouterr().err


def test_a_dead_letter_says_why_and_is_tried_again(
    application: Application, capsys: pytest.CaptureFixture[str], clock: Clock
) -> None:
    assert main(["inbox", "dead"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    event_id, received, event, tries, reason = line.split("\t")
    assert (received, event, tries) == ("2026-03-11 18:00 UTC", "SESSION_COMPLETE", f"{TRIES} tries")
    assert "was answered with 404" in reason
    assert "G-" not in line, "whom it is about is not for a terminal"
    assert main(["inbox", "replay", event_id]) == 0
    assert "1 event is tried again" in capsys.readouterr().out
    assert main(["inbox", "dead"]) == 0
    assert "There are no dead letters." in capsys.readouterr().out
    assert main(["inbox", "replay", event_id]) == 1
    assert capsys.readouterr() == ("", f"{event_id} is no dead letter.\n")
    assert main(["inbox", "replay", "98", "99"]) == 1
    assert capsys.readouterr() == ("", "98 is no dead letter.\n99 is no dead letter.\n")
    assert main(["inbox", "replay", "all"]) == 0
    for no_number in ("some", "9" * 20, "9" * 5000):
        assert main(["inbox", "replay", no_number]) == 2
        assert "takes numbers" in capsys.readouterr().err


def test_what_waited_is_done_by_the_next_worker(application: Application) -> None:
    worker = InboxWorker(application, name="test")
    worker.run_once()
    worker.stop()
    second = application.people()[1]
    assert list(in_archive(application, second).values()) == ["COMPLETE"]
