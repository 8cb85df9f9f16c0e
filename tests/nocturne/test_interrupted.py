"""Ctrl+C on the command line: one sentence, exit status 130, and what was done before is kept."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asleep.simulator.server import Running
from nocturne.__main__ import main
from tests.nocturne.conftest import roster_csv
from tests.serving import ROOT, clean_environment

LIMIT_S = 60


@pytest.fixture
def environment(tmp_path: Path, simulator: Running, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of an installation with a roster and without nights."""
    named = {
        "ASLEEP_API_KEY": simulator.api_key,
        "ASLEEP_BASE_URL": simulator.address,
        "NOCTURNE_DATA_DIR": str(tmp_path / "data"),
        "NOCTURNE_RATE_LIMIT_PER_SECOND": "1000",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    roster = tmp_path / "people.csv"
    roster.write_text(roster_csv(simulator), encoding="utf-8")
    assert main(["people", "import", str(roster)]) == 0
    return clean_environment(named)


def interrupted(
    arguments: list[str],
    environment: dict[str, str],
    output: Path,
    when: Callable[["subprocess.Popen[str]"], bool],
) -> tuple[str, str]:
    """What the command said on both streams that got Ctrl+C as soon as `when` is so."""
    complaints = output / "complaints"
    with complaints.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "nocturne", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + LIMIT_S
        while not when(process):
            assert process.poll() is None, complaints.read_text()
            assert time.monotonic() < until
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the command
        said, _ = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
        process.wait()
    complained = complaints.read_text()
    assert process.returncode == 130, complained
    assert "Traceback" not in complained
    return said, complained


@pytest.mark.parametrize("as_json", [False, True])
def test_a_synchronisation_keeps_what_it_brought(
    environment: dict[str, str], tmp_path: Path, *, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = {**environment, "NOCTURNE_RATE_LIMIT_PER_SECOND": "15"}

    def told() -> str:
        return (tmp_path / "complaints").read_text()

    said, complained = interrupted(
        ["sync", "--days", "400", *["--json"][: int(as_json)]],
        slow,
        tmp_path,
        lambda _: '"fetching"' in told() or " sessions of " in told(),
    )
    assert "Stopped; what was brought is kept" in complained.splitlines()[-1]
    assert ('"state": "done"' in said) is as_json
    capsys.readouterr()
    assert main(["status"]) in (0, 1)
    assert "valid nights  0" not in capsys.readouterr().out
    assert main(["sync", "--days", "400"]) == 0


def test_a_run_of_reports_keeps_those_it_has_written(environment: dict[str, str], tmp_path: Path) -> None:
    assert main(["sync", "--days", "400"]) == 0
    out = tmp_path / "reports"
    said, complained = interrupted(
        ["report", "weekly", "--ending", "2026-03-10", "--format", "pdf,html", "--out", str(out)],
        environment,
        tmp_path,
        lambda _: out.is_dir() and any(out.glob("*.pdf")),
    )
    assert said == ""
    *_how_far, last = complained.splitlines()
    assert last == "Stopped; what was done before is kept."
    written = list(out.glob("*.pdf"))
    assert written
    assert all(path.read_bytes().rstrip().endswith(b"%%EOF") for path in written)


def test_also_while_a_command_is_still_being_read(environment: dict[str, str], tmp_path: Path) -> None:
    said, complained = interrupted(
        ["verify"],
        environment,
        tmp_path,
        lambda process: "numpy" in Path(f"/proc/{process.pid}/maps").read_text(),
    )
    assert (said, complained) == ("", "Stopped; what was done before is kept.\n")
