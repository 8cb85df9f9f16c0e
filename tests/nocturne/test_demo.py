"""The demo's folder, filled anew when its people changed; and its simulator, which ends with whoever started it."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from nocturne.demo import DemoFailed, DemoFolder, DemoSimulator
from settings import Settings
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
