"""A dask scheduler with two workers, each a process of its own, on this machine only."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LIMIT_S = 60.0
_SETTINGS = {
    "PYTHONPATH": str(ROOT),
    # A task is given up with the first worker that it ends, and not with the fourth: the same, sooner.
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
}


@contextmanager
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler without workers."""
    file = folder / "scheduler.json"
    command = ["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file"]
    with _running([*command, str(file)], folder / "scheduler.log") as process:
        until = time.monotonic() + _LIMIT_S
        while not file.exists() or not file.read_text().strip():
            said = (folder / "scheduler.log").read_text()
            assert process.poll() is None, f"no scheduler: {said}"
            assert time.monotonic() < until, f"no scheduler in {_LIMIT_S} s: {said}"
            time.sleep(0.1)
        yield str(json.loads(file.read_text())["address"])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a scheduler with two workers of one thread each."""
    with ExitStack() as held:
        address = held.enter_context(scheduler(folder))
        for number in (1, 2):
            command = ["dask_worker", address, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"]
            command += ["--local-directory", str(folder / f"worker-{number}")]
            held.enter_context(_running(command, folder / f"worker-{number}.log"))
        _wait_for_workers(address, folder)
        yield address


def _wait_for_workers(address: str, folder: Path) -> None:
    look = (
        "import sys; from distributed import Client\n"
        "with Client(sys.argv[1], timeout=30) as client: client.wait_for_workers(2, timeout=60)"
    )
    found = subprocess.run([sys.executable, "-c", look, address], capture_output=True, text=True, check=False)
    logs = "".join(path.read_text() for path in sorted(folder.glob("worker-*.log")))
    assert found.returncode == 0, f"no workers: {found.stderr}\n{logs}"


@contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    module, *arguments = command
    whole = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            whole, cwd=log.parent, env={**os.environ, **_SETTINGS}, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
