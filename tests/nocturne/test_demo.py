"""The demo's folder, filled anew when its people changed; and its simulator, which ends with whoever started it."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from nocturne.demo import DemoFailed, DemoFolder, DemoSimulator
from settings import Settings
from tests.contract.receiving import receiving
from tests.serving import ROOT, clean_environment

TODAY, TOMORROW = date(2026, 3, 10), date(2026, 3, 11)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(asleep_api_key=None, nocturne_data_dir=tmp_path / "data")


def kept(settings: Settings) -> Path:
    path = settings.folder / "kept"
    path.write_text("nights")
    return path


def test_the_same_people_keep_their_nights(settings: Settings) -> None:
    DemoFolder(settings, until=TODAY).release()
    path = kept(settings)
    DemoFolder(settings, until=TODAY).release()
    assert path.exists()


def test_other_people_get_an_empty_folder(settings: Settings) -> None:
    DemoFolder(settings, until=TODAY).release()
    path = kept(settings)
    DemoFolder(settings, until=TOMORROW).release()
    assert not path.exists()


def test_a_folder_in_use_is_left_alone(settings: Settings) -> None:
    using = DemoFolder(settings, until=TODAY)
    path = kept(settings)
    DemoFolder(settings, until=TOMORROW).release()
    assert path.exists()
    using.release()
    DemoFolder(settings, until=TOMORROW).release()
    assert not path.exists()


PARENT = """
import os, sys, time
from datetime import date
from nocturne.demo import DemoSimulator
from settings import Settings

settings = Settings(asleep_api_key=None, nocturne_demo_people=1, nocturne_demo_nights=3)
simulator = DemoSimulator.start(settings, until=date(2026, 3, 10))
heir = os.fork() if sys.argv[1] == "with-heir" else 0
if heir or sys.argv[1] == "alone":
    print(simulator.process.pid, simulator.address, heir, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("company", ["alone", "with-heir"])
def test_the_simulator_ends_with_its_parent_also_when_that_is_killed(company: str) -> None:
    # The heir is a fork of the parent: it holds the parent's end of the pipe and outlives it.
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, company],
        cwd=ROOT,
        env=clean_environment({}),
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        try:
            simulator, address, heir = parent.stdout.readline().split()
            assert answers(address)
        finally:
            parent.kill()
            parent.wait()
        killed = time.monotonic()
        try:
            while is_alive(int(simulator)) or answers(address):
                assert time.monotonic() - killed < 5
                time.sleep(0.05)
            assert company == "alone" or is_alive(int(heir))
        finally:
            if int(heir):
                os.kill(int(heir), signal.SIGKILL)


def answers(address: str) -> bool:
    """Whether somebody listens there."""
    place = urlsplit(address)
    try:
        socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


def is_alive(process: int) -> bool:
    """Whether the process runs; one that has ended and was not yet asked for its status does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def small() -> Settings:
    return Settings(asleep_api_key=None, nocturne_demo_people=1, nocturne_demo_nights=3)


def test_the_simulator_outlives_the_thread_that_started_it() -> None:
    with ThreadPoolExecutor(1) as starter:
        simulator = starter.submit(DemoSimulator.start, small(), until=TODAY).result()
    try:
        time.sleep(1.2)
        assert answers(simulator.address)
    finally:
        simulator.stop()
    assert not answers(simulator.address)
    simulator.stop()


@pytest.fixture
def simulator() -> Iterator[DemoSimulator]:
    started = DemoSimulator.start(small(), until=TODAY)
    yield started
    started.stop()


def nights(simulator: DemoSimulator) -> bytes:
    return requests.get(
        f"{simulator.address}/data/v1/sessions",
        headers={"x-api-key": simulator.api_key, "x-user-id": simulator.people[0].user_id},
        timeout=5,
    ).content


def until_it_holds(holds: Callable[[], bool], *, limit_s: float = 20.0) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < limit_s
        time.sleep(0.05)


def test_a_simulator_that_was_killed_answers_the_same_again_at_the_same_address(
    simulator: DemoSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    before, killed = nights(simulator), simulator.process.pid
    for _ in range(2):
        os.kill(simulator.process.pid, signal.SIGKILL)
        until_it_holds(lambda: not answers(simulator.address))
        until_it_holds(lambda: answers(simulator.address))
        assert nights(simulator) == before
    assert not Path(f"/proc/{killed}").exists(), "a zombie is left"
    assert "The demo's simulator has ended (exit status -9)" in caplog.text
    simulator.stop()
    assert not answers(simulator.address)
    assert not Path(f"/proc/{simulator.process.pid}").exists()


def test_a_simulator_whose_port_was_taken_meanwhile_says_so_and_comes_back_when_it_is_free(
    simulator: DemoSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    before = nights(simulator)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        os.kill(simulator.process.pid, signal.SIGKILL)
        until_it_holds(lambda: simulator.process.poll() is not None)
        stranger.bind(("127.0.0.1", int(urlsplit(simulator.address).port or 0)))
        stranger.listen()
        until_it_holds(lambda: "(exit status 2); see its lines above" in caplog.text)
    until_it_holds(lambda: answers(simulator.address))
    assert nights(simulator) == before


def test_a_simulator_that_was_stopped_stays_stopped(simulator: DemoSimulator) -> None:
    os.kill(simulator.process.pid, signal.SIGKILL)
    simulator.stop()
    time.sleep(1.5)
    assert not answers(simulator.address)
    assert not is_alive(simulator.process.pid)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("raise SystemExit(3)", "exit status 3"),
        ("print('hello', flush=True); input()", "something else than that it is ready"),
    ],
)
def test_a_simulator_that_does_not_start_says_so(
    program: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = tmp_path / "python"
    another.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(program)}\n")
    another.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(another))
    with pytest.raises(DemoFailed, match=sentence):
        DemoSimulator.start(small(), until=TODAY)


def test_it_announces_where_it_is_told_to_also_after_it_was_started_again(settings: Settings) -> None:
    # So long ago that the session which stays open is all there is to announce.
    many = settings.model_copy(update={"nocturne_demo_people": 24, "nocturne_demo_nights": 3})
    simulator = DemoSimulator.start(many, until=TODAY)
    try:
        with receiving() as receiver:
            assert receiver.url not in Path(f"/proc/{simulator.process.pid}/cmdline").read_text()
            simulator.announce_to(receiver.url)
            first = receiver.wait_for(lambda found: len(found) > 3)
            assert {one.key for one in first} == {simulator.api_key}
            os.kill(simulator.process.pid, signal.SIGKILL)
            killed = time.time()
            again = receiver.wait_for(lambda found: found[-1].at_s > killed + 0.5)
            assert again[-1].user_id == first[0].user_id
    finally:
        simulator.stop()
